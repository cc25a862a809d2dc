"""Printed key-value lists: over lines, nested, with quotes and newlines inside, filtered, without their indentation."""

import pytest
from logtext import codes, message

from tlib_codec import KVList, MessageType, RawValue

HEAD = "@16:45:24.5942 [0] 8.1.101.25 distribute_event: message EventDNDOn\n"


def read(body):
    return message(HEAD + body)


def user_data(lines, head="[9] 00 {:02x} 00 00..", count=None, told=()):
    """Return the UserData of a message of these lines, which gives the diagnostics `told`."""
    record, diagnostics = read(f"\tAttributeUserData\t{head.format(count or 1)}\n" + lines + "\tAttributeThisDN\t'1'\n")
    assert record.item.attributes["ThisDN"] == "1"
    assert codes(diagnostics) == list(told)
    return record.item.attributes.get("UserData")


NESTED = KVList([("a", 1), ("n", KVList([("x", "y"), ("m", KVList([("d", 2)])), ("z", 3)])), ("b", "c")])


@pytest.mark.parametrize(
    "lines",
    [
        "\t\t'a'\t1\n\t\t'n'(list) \n\t\t\t'x'\t'y'\n\t\t\t'm'(list) \n\t\t\t\t'd'\t2\n\t\t\t'z'\t3\n\t\t'b'\t'c'\n",
        "\t\t'a'\t1\n\t\t'n'(list) \t'x'\t'y'\n\t\t\t'm'(list) 'd'\t2\n\t\t\t'z'\t3\n\t\t'b'\t'c'\n",
        "  'a' 1\n  'n'(list)\n    'x' 'y'\n    'm'(list)\n      'd' 2\n    'z' 3\n  'b' 'c'\n".replace("  ", "    "),
        "\t\t'a'\t1\n\t\t\t'n'(list) \n\t\t\t\t\t'x'\t'y'\n\t\t\t\t\t'm'(list) \n\t\t\t\t\t\t'd'\t2\n\t\t\t\t\t'z'\t3\n\t\t'b'\t'c'\n",
    ],
)
def test_nested_lists(lines):
    assert user_data(lines, count=3) == NESTED


def test_lists_opened_on_one_line():
    lines = "\t\t'a'(list) 'b'(list) \t'c'\t1\n\t\t\t\t'd'\t2\n\t\t\t'e'\t3\n\t\t'f'\t4\n"
    assert user_data(lines, count=2) == KVList([("a", KVList([("b", KVList([("c", 1), ("d", 2)])), ("e", 3)])), ("f", 4)])


def test_a_list_opened_on_one_line_ends_where_a_pair_is_less_indented():
    lines = "\t\t'a'(list) 'b'(list) \t'c'\t1\n\t\t\t'e'\t3\n"
    assert user_data(lines) == KVList([("a", KVList([("b", KVList([("c", 1)])), ("e", 3)]))])


@pytest.mark.parametrize("head", ["[2] 00 00..", "[2]"])
def test_a_list_of_no_pairs_is_empty(head):
    assert user_data("", head=head) == KVList()


def test_a_nested_list_of_no_pairs_is_empty():
    assert user_data("\t\t'n'(list) \n\t\t'b'\t2\n", count=2) == KVList([("n", KVList()), ("b", 2)])


@pytest.mark.parametrize(
    ("line", "pair"),
    [
        ("'k'\t''", ("k", "")),
        ("''\t'v'", ("", "v")),
        ("'k'\t'it's'", ("k", "it's")),
        ("'o'k'\t'v'", ("o'k", "v")),
        ("'o'k' 'v'", ("o'k", "v")),
        ("'k'\t'a'\t'b'", ("k", "a'\t'b")),
        ("'k' 'a' 'b'", ("k", "a' 'b")),
        ("'a b'\t'v'", ("a b", "v")),
        ("'a' 'b'\t'v'", ("a' 'b", "v")),
        ("'k'\t'has '(list) in it'", ("k", "has '(list) in it")),
        ("'k'\t'a\n\nb'", ("k", "a\n\nb")),
        ("'k'\t'\n'", ("k", "\n")),
        ("'k'\t 'v' ", ("k", "v")),
        ("'k'\t4294967295", ("k", -1)),
        ("'k' -7", ("k", -7)),
        ("'k'\t[2] 0a 0b", ("k", b"\x0a\x0b")),
        ("'k'\t[0]", ("k", b"")),
    ],
)
def test_pairs(line, pair):
    assert user_data(f"\t\t{line}\n") == KVList([pair])


def test_pairs_need_no_indentation():
    assert user_data("'a'\t1\n'b'\t'c'\n", count=2) == KVList([("a", 1), ("b", "c")])


@pytest.mark.parametrize(
    ("lines", "count", "pairs"),
    [
        ("\t'a'\t1\n\t'n'(list)\n\t'x'\t2\n\t'y'\t3\n\t'b'\t4\n", 3, [("a", 1), ("n", KVList([("x", 2), ("y", 3)])), ("b", 4)]),
        ("'n'(list) 'x' 2\n'y' 3\n'b' 4\n", 2, [("n", KVList([("x", 2), ("y", 3)])), ("b", 4)]),
    ],
)
def test_without_indentation_the_printed_count_says_where_one_nested_list_ends(lines, count, pairs):
    assert user_data(lines, count=count) == KVList(pairs)


def test_two_nested_lists_without_indentation_give_a_diagnostic():
    lines = "'n'(list)\n'x'\t1\n'm'(list)\n'y'\t2\n'b'\t3\n"
    expected = KVList([("n", KVList([("x", 1)])), ("m", KVList([("y", 2)])), ("b", 3)])
    assert user_data(lines, count=3, told=["log-indentation"]) == expected


def test_a_nested_list_without_indentation_and_without_a_count_gives_a_diagnostic():
    assert user_data("'n'(list)\n'x'\t1\n", head="[20]", told=["log-indentation"]) == KVList([("n", KVList([("x", 1)]))])


def test_of_a_filtered_list_the_printed_pairs_are_kept():
    assert user_data("\t\t'a'\t1\n", count=2, told=["log-filtered"]) == KVList([("a", 1)])


def test_a_filtered_list_without_pairs_is_absent_since_an_empty_one_says_deleted():
    assert user_data("", count=2, told=["log-filtered"]) is None


def test_a_pair_whose_value_is_suppressed_is_left_out():
    assert user_data("\t\t'a'\t1\n\t\t'pin'\t[output suppressed]\n", told=["log-filtered"]) == KVList([("a", 1)])


def test_a_value_of_asterisks_is_kept():
    assert user_data("\t\t'a'\t1\n\t\t'pin'\t'****'\n", count=2) == KVList([("a", 1), ("pin", "****")])


def test_a_printed_length_that_differs_gives_no_diagnostic():
    assert user_data("\t\t'a'\t1\n", head="[999] 00 01 00 00..") == KVList([("a", 1)])


WRONG = (
    "\tAttributeUserData\t[9] 00 03 00 00..\n\t\t'a'\t1\n\t\t'cut\n\t\t'k'\t\n\t\tnoise\n\t\t'n'(list) noise\n\t\t'v'\t'cut\n\t\t'b'\t2\n"
)


def test_wrong_lines_in_a_list_are_skipped():
    record, _ = read(WRONG)
    assert record.item.attributes["UserData"] == KVList([("a", 1), ("n", KVList()), ("v", "cut"), ("b", 2)])


def test_each_wrong_line_of_a_list_gives_a_diagnostic():
    _, diagnostics = read(WRONG)
    assert [(one.origin.line, one.code) for one in diagnostics] == [
        (4, "log-line"),
        (5, "log-line"),
        (6, "log-line"),
        (7, "log-pair"),
        (8, "log-unclosed-quote"),
        (2, "log-filtered"),
    ]


def depth(kv):
    """How many lists stand one in the other."""
    inner = next((value for value in kv.values() if isinstance(value, KVList)), None)
    return 1 if inner is None else 1 + depth(inner)


def test_lists_nest_at_most_32_deep():
    lines = "".join("\t" * (i + 2) + "'n'(list) \n" for i in range(40)) + "\t" * 50 + "'k'\t1\n"
    assert depth(user_data(lines, told=["list-too-deep"] * 9)) == 32


def test_a_list_has_at_most_65535_pairs():
    record, diagnostics = read("\tAttributeUserData\t[9]\n" + "\t''\t1\n" * 65_540)
    assert len(record.item.attributes["UserData"]) == 65_535
    assert codes(diagnostics) == ["list-too-many-pairs"] * 5


def test_a_pair_of_empty_texts_counts_too():
    _, diagnostics = read("\tAttributeUserData\t[9]\n" + "\t''\t''\n" * 65_536)
    assert codes(diagnostics) == ["list-too-many-pairs"]


def test_a_list_that_cannot_be_packed_again_is_left_out():
    record, diagnostics = read("\tAttributePartyID\t[9] 00 01 00 00..\n\t\t'k'\t'" + "x" * 70_000 + "'\n")
    assert (record.item.message, record.item.attributes) == (MessageType.EventDNDOn, {})
    assert codes(diagnostics) == ["log-value"]


def test_an_empty_list_of_an_undeclared_type_is_its_packed_bytes():
    record, diagnostics = read("\tAttributePartyID\t[2] 00 00..\n")
    assert record.item.attributes == {"PartyID": RawValue(3, b"\0\0")}
    assert diagnostics == []
