"""Hex as the usual tools print it, and as people paste it."""

from __future__ import annotations

import pytest

from tlib_codec.formats.hexdump import HexError, HexText

DATA = bytes(range(0x50, 0x50 + 40))


def rows(form, width=16):
    for start in range(0, len(DATA), width):
        row = DATA[start : start + width]
        yield form(start, row, "".join(map(chr, row)))


def read(lines):
    reader = HexText()
    data = b"".join(reader.line(line) for line in lines)
    reader.close()
    return data


def pairs(row):
    return " ".join(row[i : i + 2].hex() for i in range(0, len(row), 2))


FORMS = {
    "xxd": lambda at, row, text: f"{at:08x}: {pairs(row):<39}  {text}",
    "xxd -g1": lambda at, row, text: f"{at:08x}: {row.hex(' '):<47}  {text}",
    "hexdump -C": lambda at, row, text: f"{at:08x}  {row[:8].hex(' ')}  {row[8:].hex(' ')}  |{text}|",
    "wireshark": lambda at, row, text: f"{at:04x}  {row.hex(' '):<47}   {text}",
    "tcpdump -X": lambda at, row, text: f"\t0x{at:04x}:  {pairs(row):<39}  {text}",
    "od -Ax -tx1": lambda at, row, text: f"{at:06x} {row.hex(' ')}",
    "od -tx1": lambda at, row, text: f"{at:07o} {row.hex(' ')}",
    "spaces": lambda at, row, text: row.hex(" "),
    "one": lambda at, row, text: row.hex().upper(),
    "colons": lambda at, row, text: row.hex(":"),
    "0x": lambda at, row, text: ", ".join(f"{b:#x}" for b in row) + ",",
    "\\x": lambda at, row, text: '"' + "".join(f"\\x{b:02x}" for b in row) + '"',
}


@pytest.mark.parametrize("form", FORMS)
def test_forms(form):
    assert read(rows(FORMS[form])) == DATA


def test_a_dump_may_end_with_a_lone_offset_and_be_followed_by_another():
    lines = [*rows(FORMS["hexdump -C"]), "00000028", "", "# the next", *rows(FORMS["hexdump -C"]), "00000028"]
    assert read(lines) == DATA + DATA


def test_rows_that_end_inside_a_byte():
    assert read(["5", "152 5", "3"]) == b"\x51\x52\x53"


def test_plain_text_stays_plain_whatever_its_rows_look_like():
    assert read(["544c 0100", "0000 0010  0004", "0010: 00"[:4]]) == bytes.fromhex("544c010000000010 0004 0010")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["544c zz"], "hex digits"),
        (["00000000: 544c", "*"], "every row of the dump (hexdump -v prints them)"),
        (["00000000: 544c", "some words"], "a row of a dump"),
        (["00000000: zz"], "hex digits behind the offset"),
        (["544"], "an even number of hex digits"),
    ],
)
def test_what_is_no_hex(lines, expected):
    with pytest.raises(HexError) as raised:
        read(lines)
    assert raised.value.expected == expected
    assert raised.value.code == "hex-form"


def test_a_row_too_far_is_reported_and_kept():
    reader = HexText()
    reader.line("00000000: 544c")
    with pytest.raises(HexError, match="0x2") as raised:
        reader.line("00000010: 0100")
    assert raised.value.data == b"\x01\x00"
    assert reader.line("00000012: 02") == b"\x02"
