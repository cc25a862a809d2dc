"""Errors and violations: one printable line each, whatever the input held."""

from __future__ import annotations

from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st
from weather import Station

from tlib_codec import check, encode
from tlib_schemas import (
    CODES,
    Attribute,
    Event,
    EventCallCreated,
    LimitExceeded,
    Malformed,
    Registry,
    SchemaViolation,
    Severity,
    TLibError,
    Truncated,
    Violation,
    event,
    required_when,
    wire,
)
from tlib_schemas.errors import RegistryError, part, quote, register_codes
from tlib_schemas.values import Unicode

Level = Annotated[int, Attribute(3, wire.Int, "Level")]


def test_every_code_says_what_it_means_and_what_to_do():
    for code, row in CODES.items():
        assert code == row.code
        assert row.meaning.endswith(".")
        assert row.advice.endswith(".")
        assert TLibError(code).advice == row.advice
        assert str(TLibError(code)) == f"{row.meaning} [{code}]"


def test_a_code_is_registered_once():
    with pytest.raises(RegistryError, match="bad-magic is registered twice"):
        register_codes([("bad-magic", "Again.", "Choose another code.")])


def test_the_line_of_an_error():
    error = Malformed("int-length", offset=6, expected="4 bytes", actual="5").within('["k"]').within(".UserData", "EventX").shift(10)
    assert (error.path, error.offset) == ('EventX.UserData["k"]', 16)
    assert str(error) == 'EventX.UserData["k"] at byte 16: expected 4 bytes, found 5 [int-length]'
    assert str(Malformed("bad-magic", offset=0)) == "at byte 0: The frame does not begin with 'TL' (54 4C). [bad-magic]"
    assert LimitExceeded("list-too-deep").shift(5).offset is None
    assert error.detail() == {"code": "int-length", "offset": 16, "path": 'EventX.UserData["k"]', "expected": "4 bytes", "actual": "5"}


def test_errors_are_equal_by_class_and_detail():
    assert Malformed("bad-magic", offset=1) == Malformed("bad-magic", offset=1)
    assert Malformed("bad-magic", offset=1) != Malformed("bad-magic", offset=2)
    assert Malformed("bad-magic") != LimitExceeded("bad-magic")
    assert Malformed("bad-magic") != "bad-magic"
    assert (Truncated("truncated-frame", needed=9, available=5).needed, Truncated("truncated-frame", needed=9, available=5).available) == (
        9,
        5,
    )


def test_a_text_of_a_class_of_its_own_is_quoted_as_any_other():
    assert quote(Unicode("a")) == '"a"'


@given(text=st.text())
def test_quoted_text_is_one_printable_line(text):
    assert quote(text).isprintable()
    assert len(quote(text)) <= 12 * 66
    assert part(text).isprintable()


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("é", '"é"'),
        ("\n", '"\\n"'),
        ("\x9b31m", '"\\u009b31m"'),
        ("\u2028", '"\\u2028"'),
        ("\udcff", '"\\udcff"'),
        ("a" * 65, f'"{"a" * 64}…"'),
        (Unicode("x"), '"x"'),
    ],
)
def test_quoting(text, quoted):
    assert quote(text) == quoted


def test_a_path_quotes_what_would_not_read_as_a_name():
    assert (part("ANI"), part("A\tB"), part("A" * 65)[:3]) == (".ANI", '["A\\tB"]', '["A')


def test_the_line_of_a_violation():
    violation = Violation(
        code="shape", severity=Severity.WARNING, event="E", attribute="A", offset=3, expected="x", actual="y", footnote="Why."
    )
    assert (violation.path, str(violation)) == ("E.A", "E.A at byte 3: expected x, found y (Why.) [shape]")
    bare = Violation(code="deprecated", severity=Severity.WARNING, event="E", expected="x", actual="y")
    assert (bare.path, str(bare)) == ("E", "E: expected x, found y [deprecated]")


def test_a_schema_violation_shows_its_errors_and_holds_the_warnings():
    with pytest.raises(SchemaViolation) as refused:
        encode(EventCallCreated(call_uuid=None, conn_id=None, is_link_list={}))
    error = refused.value
    assert [v.code for v in error.violations] == ["mandatory-missing", "advisory", "mandatory-missing"]
    assert str(error).count("[mandatory-missing]") == 2
    assert "advisory" not in str(error)
    assert (error.code, error.path) == ("mandatory-missing", "EventCallCreated.CallUUID")
    assert str(error.within("line 3: ")).startswith("line 3: EventCallCreated.CallUUID: expected CallUUID, found nothing")


def test_a_hostile_text_makes_no_long_line():
    frame = encode(EventCallCreated(call_uuid="\x1b[31m\n" * 100_000, conn_id="0" * 16))
    (violation,) = check(frame)
    assert violation.code == "shape"
    assert str(violation).isprintable()
    assert len(str(violation)) < 1_000


def test_a_rule_on_a_plain_integer_shows_the_integer():
    @event(3, rules=[required_when("station", "level", (7,), note="")])
    class Plain(Event):
        station: Station | None = None
        level: Level | None = None

    registry = Registry("r", events=[Plain])
    (violation,) = registry.validate(Plain(level=7))
    assert (violation.expected, violation.actual) == ("Station where Level is 7", "Level 7 without it")
    assert registry.validate(Plain(level=8)) == ()
