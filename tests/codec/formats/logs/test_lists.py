"""Printed key-value lists: over lines, nested, with quotes and newlines inside, filtered, without their indentation."""

import pytest

from tlib_codec import KVList, MessageType, RawValue
from tlib_codec.formats.logs.reader import read_log

HEAD = "@16:45:24.5942 [0] 8.1.101.25 distribute_event: message EventOnHook\n"


def read(body):
    (record,) = read_log([(HEAD + body).encode()])
    return record


def user_data(lines, head="[9] 00 {:02x} 00 00..", count=None, problems=()):
    record = read(f"\tAttributeUserData\t{head.format(count or 1)}\n" + lines + "\tAttributeThisDN\t'1'\n")
    assert record.item.attributes["ThisDN"] == "1"
    assert [problem.code for problem in record.problems] == list(problems)
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
    lines = "\t\t'a'(list) 'b'(list) \t'c'\t1\n\t\t\t'e'\t3\n"
    assert user_data(lines) == KVList([("a", KVList([("b", KVList([("c", 1)])), ("e", 3)]))])


def test_empty_lists():
    assert user_data("", head="[2] 00 00..") == KVList()
    assert user_data("", head="[2]") == KVList()
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


def test_a_list_whose_pairs_are_not_indented():
    assert user_data("'a'\t1\n'b'\t'c'\n", count=2) == KVList([("a", 1), ("b", "c")])
    # the printed number of pairs says where one nested list ends
    assert user_data("\t'a'\t1\n\t'n'(list)\n\t'x'\t2\n\t'y'\t3\n\t'b'\t4\n", count=3) == KVList(
        [("a", 1), ("n", KVList([("x", 2), ("y", 3)])), ("b", 4)]
    )
    assert user_data("'n'(list) 'x' 2\n'y' 3\n'b' 4\n", count=2) == KVList([("n", KVList([("x", 2), ("y", 3)])), ("b", 4)])


def test_what_lost_indentation_leaves_open_is_said():
    lines = "'n'(list)\n'x'\t1\n'm'(list)\n'y'\t2\n'b'\t3\n"
    expected = KVList([("n", KVList([("x", 1)])), ("m", KVList([("y", 2)])), ("b", 3)])
    assert user_data(lines, count=3, problems=["log-indentation"]) == expected
    assert user_data("'n'(list)\n'x'\t1\n", head="[20]", problems=["log-indentation"]) == KVList([("n", KVList([("x", 1)]))])


def test_filters():
    # pairs dropped: what is printed is kept; none printed is no empty list, which would say "deleted"
    assert user_data("\t\t'a'\t1\n", count=2, problems=["log-filtered"]) == KVList([("a", 1)])
    assert user_data("", count=2, problems=["log-filtered"]) is None
    # values hidden
    assert user_data("\t\t'a'\t1\n\t\t'pin'\t[output suppressed]\n", problems=["log-filtered"]) == KVList([("a", 1)])
    assert user_data("\t\t'a'\t1\n\t\t'pin'\t'****'\n", count=2) == KVList([("a", 1), ("pin", "****")])
    # a length that does not fit is no reason to doubt
    assert user_data("\t\t'a'\t1\n", head="[999] 00 01 00 00..") == KVList([("a", 1)])


def test_wrong_lines_in_a_list():
    body = "\tAttributeUserData\t[9] 00 03 00 00..\n\t\t'a'\t1\n\t\t'cut\n\t\t'k'\t\n\t\tnoise\n\t\t'n'(list) noise\n\t\t'v'\t'cut\n\t\t'b'\t2\n"
    record = read(body)
    assert record.item.attributes["UserData"] == KVList([("a", 1), ("n", KVList()), ("v", "cut"), ("b", 2)])
    assert [(problem.line, problem.code) for problem in record.problems] == [
        (4, "log-line"),
        (5, "log-line"),
        (6, "log-line"),
        (7, "log-pair"),
        (8, "log-unclosed-quote"),
        (2, "log-filtered"),
    ]


def test_depth_is_bounded():
    lines = "".join("\t" * (i + 2) + "'n'(list) \n" for i in range(40)) + "\t" * 50 + "'k'\t1\n"
    kv = user_data(lines, problems=["list-too-deep"] * 9)
    depth = 0
    while kv:
        kv = next((value for value in kv.values() if isinstance(value, KVList)), None)
        depth += 1
    assert depth == 32


def test_pairs_are_bounded():
    record = read("\tAttributeUserData\t[9]\n" + "\t''\t1\n" * 65_540)
    assert len(record.item.attributes["UserData"]) == 65_535
    assert [problem.code for problem in record.problems] == ["list-too-many-pairs"] * 5
    record = read("\tAttributeUserData\t[9]\n" + "\t''\t''\n" * 65_536)
    assert [problem.code for problem in record.problems] == ["list-too-many-pairs"]


def test_a_list_that_cannot_be_packed_again():
    record = read("\tAttributePartyID\t[9] 00 01 00 00..\n\t\t'k'\t'" + "x" * 70_000 + "'\n")
    assert (record.item.attributes, [problem.code for problem in record.problems]) == ({}, ["log-value"])
    assert read("\tAttributePartyID\t[2] 00 00..\n").item.attributes == {"PartyID": RawValue(3, b"\0\0")}
    assert record.item.message == MessageType.EventOnHook
