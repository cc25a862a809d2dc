"""Conditions as trees: the grammar, the errors with their place, and the way back to text."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlib_codec.query import And, Compare, Field, Match, Not, Operator, Or, Query, QueryError, leaves, parse, to_text
from tlib_codec.query.parser import DEEPEST, parse_fields


def tree(text):
    return parse(text).expression


def equal(name, value, path=""):
    return Compare(Field(name, path), Operator.EQ, value)


A, B, C = equal("A", "1"), equal("B", "2"), equal("C", "3")


@pytest.mark.parametrize("operator", Operator)
@pytest.mark.parametrize("space", ["", " "])
def test_an_operator_needs_no_spaces(operator, space):
    assert tree(f"A{space}{operator.value}{space}1") == Compare(Field("A"), operator, "1")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A=1 and B=2", And((A, B))),
        ("A=1 AND B=2 and C=3", And((A, B, C))),
        ("A=1 or B=2", Or((A, B))),
        ("A=1 or B=2 and C=3", Or((A, And((B, C))))),
        ("(A=1 or B=2) and C=3", And((Or((A, B)), C))),
        ("not A=1 and B=2", And((Not(A), B))),
        ("not (A=1 and B=2)", Not(And((A, B)))),
        ("not not A=1", Not(Not(A))),
        ("((A=1))", A),
        ("(A=1)and(B=2)", And((A, B))),
    ],
)
def test_not_binds_more_than_and_and_and_more_than_or(text, expected):
    assert tree(text) == expected


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("A=John Smith", "John Smith"),
        ("A=John  Smith ", "John  Smith"),
        ("A=", ""),
        ('A=""', ""),
        ('A="a and b"', "a and b"),
        ("A='a \"quoted\" word'", 'a "quoted" word'),
        (r'A="a \"quoted\" \\ word"', 'a "quoted" \\ word'),
        (r'A="a\b"', r"a\b"),
        ("A=O'Brien", "O'Brien"),
        ("A=YWI=", "YWI="),
        ("A=call (urgent)", "call (urgent)"),
        ("A=x (a and b)", "x (a and b)"),
        ("(A=x (y))", "x (y)"),
        ("A=android", "android"),
        ("A=2026-03-14T21:39:12.5+01:00", "2026-03-14T21:39:12.5+01:00"),
    ],
)
def test_a_value_extends_to_the_next_keyword(text, value):
    assert tree(text) == equal("A", value)


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("UserData.Segment.Tier=1", Field("UserData", "Segment.Tier")),
        ("UserData.My key=1", Field("UserData", "My key")),
        ('UserData."My = key".x=1', Field("UserData", "My = key.x")),
        ("UserData.a.'b c'=1", Field("UserData", "a.b c")),
        ("any ConnID=1", Field("ConnID", any=True)),
        ("$unnumbered.AttributeX=1", Field("$unnumbered", "AttributeX")),
        ("#200=1", Field("#200")),
        ('"any"=1', Field("any")),
        ("UserData.Größe=1", Field("UserData", "Größe")),
    ],
)
def test_a_field_is_a_name_and_keys(text, field):
    assert tree(text).field == field


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A ~ 55*", Match(Field("A"), "55*")),
        ("A ~ /^55/", Match(Field("A"), "^55", regex=True)),
        ("A~/gold/i", Match(Field("A"), "gold", regex=True, ignore_case=True)),
        (r"A ~ /a\/b/", Match(Field("A"), r"a\/b", regex=True)),
        ('A ~ "/a/"', Match(Field("A"), "/a/")),
        ("(A ~ /(a|b)/)", Match(Field("A"), "(a|b)", regex=True)),
    ],
)
def test_a_pattern_is_a_glob_or_a_regular_expression(text, expected):
    assert tree(text) == expected


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("", 0, "expected a name"),
        ("A", 1, "expected = != < <= > >= or ~"),
        ("A B=1", 2, "expected = != < <= > >= or ~"),
        ("=5", 0, "expected a name"),
        ("and A=5", 0, "a name that is a keyword needs quotes"),
        ("A=1 and", 7, "expected a name"),
        ("A=and B=2", 2, "a value that is a keyword needs quotes"),
        ("A==5", 2, "a value with spaces and operators needs quotes"),
        ("A=1 B=2", 5, "a value with spaces and operators needs quotes"),
        ("A=1)", 3, "expected and, or, or the end"),
        ("(A=1", 4, "a closing parenthesis"),
        ("(A=)", 3, "expected a value"),
        ("A=a (b", 2, "open parenthesis"),
        ('A="b', 2, "the quote is not closed"),
        ('A="b"c', 5, "expected and, or, or the end"),
        ("A ~ /b", 4, "expected /regular expression/"),
        ("A ~ /b/x", 4, "expected /regular expression/"),
        ("UserData.=5", 9, "expected a key"),
        ("UserData.x and A=5", 11, "a key with this word needs quotes"),
        ("(" * (DEEPEST + 1), DEEPEST, f"more than {DEEPEST} levels"),
        ("not " * 10_000, DEEPEST * 4, f"more than {DEEPEST} levels"),
    ],
)
def test_an_error_has_its_place(text, place, message):
    with pytest.raises(QueryError) as caught:
        parse(text)
    assert (message in str(caught.value), caught.value.place) == (True, place)


def test_an_error_shows_its_place_with_a_caret():
    with pytest.raises(QueryError) as caught:
        parse("A=1 B=2")
    assert str(caught.value).endswith("(at ^: A=1 B^=2)")


def test_an_error_is_one_line():
    with pytest.raises(QueryError) as caught:
        parse("A\n\x1b")
    assert str(caught.value).isprintable()


def test_the_places_stand_in_reading_order():
    assert [(place.field, place.value) for place in parse("A=1 and (B=2 or not C=3)").places] == [(0, 2), (9, 11), (20, 22)]


def test_leaves_come_in_reading_order():
    assert list(leaves(tree("A=1 and (B=2 or not C=3)"))) == [A, B, C]


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("time", [Field("time")]),
        ("time, Event ,UserData.a b", [Field("time"), Field("Event"), Field("UserData", "a b")]),
        ('UserData."a,b",X', [Field("UserData", "a,b"), Field("X")]),
        ("UserData.a=b", [Field("UserData", "a=b")]),
    ],
)
def test_a_list_of_fields_has_commas_between(text, fields):
    assert [field for field, _ in parse_fields(text)] == fields


@pytest.mark.parametrize(("text", "message"), [("", "expected a name"), ("a,", "expected a name"), ("a b", "expected a comma")])
def test_a_list_of_fields_without_a_name_is_an_error(text, message):
    with pytest.raises(QueryError, match=message) as caught:
        parse_fields(text)
    assert caught.value.option == "select"


TEXTS = st.text(max_size=8) | st.sampled_from(["and", "OR", "not", "any", "a b", "5*", "a.b", "/x/", 'a"b', "a\\", "(", "x)", " ", "="])
FIELDS = st.builds(Field, TEXTS, TEXTS, any=st.booleans())
PATTERNS = st.lists(st.sampled_from([r"\/", "a", "^", ".*", r"\\", " ", "(", ")", "\n"]), max_size=5).map("".join)
LEAVES = (
    st.builds(Compare, FIELDS, st.sampled_from(Operator), TEXTS)
    | st.builds(Match, FIELDS, TEXTS)
    | st.builds(Match, FIELDS, PATTERNS, regex=st.just(value=True), ignore_case=st.booleans())
)
TREES = st.recursive(
    LEAVES,
    lambda inner: (
        st.builds(Not, inner)
        | st.builds(And, st.lists(inner, min_size=2, max_size=3).map(tuple))
        | st.builds(Or, st.lists(inner, min_size=2, max_size=3).map(tuple))
    ),
    max_leaves=8,
)
WORDS = st.lists(
    st.sampled_from(
        [
            "A",
            "ANI",
            "Cause",
            "UserData",
            ".",
            "=",
            "!=",
            "<",
            "~",
            "(",
            ")",
            "and",
            "or",
            "not",
            "any",
            '"',
            "'",
            "/",
            "\\",
            "i",
            " ",
            "5",
            "[",
            "*",
        ]
    )
    | st.characters(),
    max_size=25,
)


@given(TREES)
def test_a_tree_prints_as_the_condition_that_parses_to_it(expression):
    assert tree(to_text(expression)) == expression


@given(st.text() | WORDS.map("".join) | WORDS.map(" ".join))
def test_a_text_parses_or_raises_a_query_error(text):
    with contextlib.suppress(QueryError):
        assert tree(to_text(tree(text))) == tree(text)


@given(st.text() | WORDS.map("".join) | WORDS.map(" ".join))
def test_a_query_compiles_or_raises_a_query_error(text):
    with contextlib.suppress(QueryError):
        Query(where=text)
