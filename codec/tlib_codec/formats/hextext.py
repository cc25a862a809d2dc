"""Bytes out of hex as people paste it.

Strategy: the first line that can be read settles which of two kinds the text is. *Dumps* have an
offset in front of each row and may have the characters behind it (xxd, ``hexdump -C``, od,
tcpdump, Wireshark); the spacing shows where the columns end, since the characters may look
like hex themselves. Anything else is *plain*: hex digits, with whatever separators and prefixes,
where a row may even end in the middle of a byte.
"""

from __future__ import annotations

import re

from tlib_schemas.errors import Malformed, quote, register_codes

register_codes([("hex-form", "A line is not hex, or not a row of its dump.", "Leave the line out, or make it a comment with #.")])

_OFFSET = re.compile(r"(?:0x)?([0-9A-Fa-f]{3,16})(:?)(?=\s|$)\s*")
_CELL = re.compile(r"(?<!\s)(\s*)(\S+)")
_BYTES = re.compile(r"(?:[0-9A-Fa-f]{2})+")
_SEPARATORS = re.compile(r"[\s,;:(){}\[\]\"'-]+|(?=\\x|0x)")
_TOKEN = re.compile(r"(0x|\\x)?([0-9A-Fa-f]+)")


class HexError(Malformed):
    """A line that is no hex; `data` are the bytes that it gave all the same."""

    def __init__(self, expected: str, actual: str, data: bytes = b"") -> None:
        super().__init__("hex-form", expected=expected, actual=actual)
        self.data: bytes = data


class HexText:
    """A reader of lines: `line` gives the bytes of one, `close` checks that the last one was complete."""

    def __init__(self) -> None:
        self._dump: bool | None = None  # not settled before the first line that can be read
        self._position = 0  # of the next row, in a dump
        self._digit = ""  # half a byte, in plain text

    def line(self, text: str) -> bytes:
        """Return the bytes of one line; none for a blank line or a ``#`` comment. Raises HexError."""
        text = text.strip().removeprefix("\ufeff")
        if not text or text[0] == "#":
            return b""
        row = _OFFSET.match(text) if self._dump is not False else None
        if row is not None and (self._dump or self._begins_dump(row, text)):
            return self._row(row, text[row.end() :])
        if self._dump:
            omitted = text == "*"
            raise HexError("every row of the dump (hexdump -v prints them)" if omitted else "a row of a dump", quote(text))
        return self._plain(text)

    def close(self) -> None:
        """Raise HexError if the text ends inside a byte."""
        if self._digit:
            raise HexError("an even number of hex digits", f"one {self._digit!r} too many")

    def _begins_dump(self, row: re.Match[str], text: str) -> bool:
        if row[2]:
            return True
        rest = text[row.end() :]
        return len(row[1]) > 3 and rest != "" and (int(row[1], 16) == 0 or rest.endswith("|"))

    def _row(self, row: re.Match[str], rest: str) -> bytes:
        first = self._dump is None
        data = bytearray()
        for cell in _CELL.finditer(rest.partition("|")[0]):
            gap = len(cell[1].expandtabs())
            middle = gap == 2 and len(data) == 8 and len(cell[2]) == 2
            if _BYTES.fullmatch(cell[2]) is None or (data and gap > 1 and not middle):
                break
            data += bytes.fromhex(cell[2])
        if rest and not data:
            raise HexError("hex digits behind the offset", quote(rest))
        self._dump = True
        offsets = {int(row[1], 16)} | ({int(row[1], 8)} if row[1].isdigit() and not set("89") & set(row[1]) else set())
        expected = self._position
        begins = first or offsets == {0}  # another dump may follow
        start = expected if expected in offsets else int(row[1], 16)
        self._position = start + len(data)
        if start != expected and not begins:
            raise HexError(f"the row at offset {expected:#x}", f"the one at {start:#x}", bytes(data))
        return bytes(data)

    def _plain(self, text: str) -> bytes:
        digits = [self._digit]
        for token in _SEPARATORS.split(text):
            if token:
                match = _TOKEN.fullmatch(token)
                if match is None:
                    raise HexError("hex digits", quote(token))
                digits.append("0" * (len(match[2]) % 2) + match[2] if match[1] else match[2])
        self._dump = False
        joined = "".join(digits)
        whole = len(joined) // 2 * 2
        self._digit = joined[whole:]
        return bytes.fromhex(joined[:whole])
