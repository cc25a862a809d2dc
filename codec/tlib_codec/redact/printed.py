"""The values of a message as a log prints them, made safe where they stand.

Strategy: a value is read by its declaration, as the reader of logs does, and printed again in the same form, so what is printed is a value
that `Redactor` has made safe. Text that is no value of its attribute (words where a number stands, a remark behind one) is a loose
text: all of it is replaced.
"""

from __future__ import annotations

import functools
import re
from typing import Any, Final

from tlib_codec.formats.logs.context import PREFIXES
from tlib_codec.formats.logs.values import Known, Names, Unreadable, looks_hex, printed_bytes, whole, wrap
from tlib_schemas.enumerations import AttributeID, OpenEnum
from tlib_schemas.errors import EncodeError
from tlib_schemas.kinds import WireType
from tlib_schemas.values import KVList, RawValue

from .items import UNNUMBERED, Redactor
from .loose import loose

_NUMBER: Final = re.compile(r"(-?)\d{1,20}(?!\d)", re.ASCII)
_HEX: Final = re.compile(r"[0-9a-fA-F]{14,16}(?![0-9a-fA-F])")
_LABEL: Final = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_CLOCK: Final = re.compile(r"\s*\((?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\)\s*", re.ASCII)
_HEAD: Final = re.compile(r"\[(\d{1,9})\]((?:\s+[0-9a-fA-F]{2})*)\s*(\.\.)?", re.ASCII)
_TYPE: Final = re.compile(r"\[(\w+)\]")
_TYPES: Final = frozenset({"str", "int", "long", "bstr", "bin", "list", "string", "integer", "binary"})
_CACHED: Final = 1 << 12  # pairs, of values up to `_SHORT` characters
_SHORT: Final = 100
_MOST: Final = 0xFFFF  # bytes of a packed list
_PAIR: Final = 3  # bytes of the shortest pair of a packed list
_SHOWN: Final = (
    4  # bytes of a packed list that a log prints: the number of pairs, and of the first one the type and half of its key's length
)


class Printed:
    """Rewrites the printed values of one log."""

    def __init__(self, redactor: Redactor, names: Names) -> None:
        self.redactor: Redactor = redactor
        self._names = names
        self._one = functools.lru_cache(maxsize=_CACHED)(self._made)

    # -- names -----------------------------------------------------------------------------------

    def name(self, printed: str) -> str:
        """Return the printed name of an attribute; of one that the registry does not have, the prefix stays and `Redactor.key` decides."""
        if printed in self._names.bare or self._names.find(printed) is not None:
            return printed
        prefix = next((one for one in PREFIXES if printed.startswith(one)), "")
        return prefix + self.redactor.key(printed.removeprefix(prefix))

    def types(self, text: str) -> str:
        """Return the text between a name and its value with the types in brackets that the Platform SDK has."""
        return _TYPE.sub(lambda match: match[0] if match[1] in _TYPES else self.redactor.text(match[0]), text)

    # -- attributes ------------------------------------------------------------------------------

    def quoted(self, known: Known | None, text: str) -> str:
        """Return the text in quotes of an attribute; None is one that the registry does not have."""
        if known is None or known.kind in {"text", "any"} or known.id in self.redactor.kept:
            return self.redactor.printed(None if known is None else known.id, text)
        return self.bare(known, text)

    def bare(self, known: Known | None, text: str) -> str:
        """Return the value without quotes of an attribute: a number, bytes, a ConnID, a name of an enumeration."""
        redactor = self.redactor
        if known is None:
            redactor.counts[UNNUMBERED] += 1
            return self.unknown(text)
        if known.id in redactor.kept:
            return text
        try:
            value = known.parse(text)
            safe = redactor.value(known.id, value)
        except (Unreadable, EncodeError):
            return loose(redactor, text)
        if known.id not in redactor.conn_ids:
            return self._again(known, text, value, safe)
        match = _HEX.match(text)
        if match is None:
            return loose(redactor, text)
        shown = match[0] if safe == value else safe[-len(match[0]) :]
        return shown + self._remark(text[match.end() :])

    def _again(self, known: Known, text: str, old: Any, new: Any) -> str:
        """Return the text in which `new` is printed where `old` was."""
        if isinstance(new, OpenEnum):
            match = _LABEL.match(text) or _NUMBER.match(text)
            assert match is not None
            return (match[0] if old == new else str(int(new) % (1 << 32))) + self._remark(text[match.end() :], new.label or "")
        if isinstance(new, RawValue):
            number = new.type in {WireType.Int, WireType.Long}
            return self._number(text, int.from_bytes(new.value), same=old == new) if number else self._data(text, new.value)
        if isinstance(new, bytes):
            return self._data(text, new)
        if text[0] == "[":  # the bytes of a list, or of a value that a construct of the caller's own reads
            return self.unknown(text)
        return self._number(text, new, same=old == new, clock=known.id == AttributeID.TimeinSecs)

    def _number(self, text: str, number: int, *, same: bool, clock: bool = False) -> str:
        digits = text.split(None, 1)[0]
        if looks_hex(digits):
            return (digits if same else f"{number:016x}") + self._remark(text[len(digits) :])
        match = _NUMBER.match(text)
        assert match is not None
        shown = match[0] if same else str(number if match[1] or number >= 0 else number % (1 << 32))
        rest = text[match.end() :]
        return shown + (rest if clock and _CLOCK.fullmatch(rest) else self._remark(rest))

    def _remark(self, text: str, label: str = "") -> str:
        """Return the text behind a number: the name of its value stays, all else is replaced."""
        return text if label and text.strip() in {f"[{label}]", f"({label})"} else loose(self.redactor, text)

    @staticmethod
    def _data(text: str, data: bytes) -> str:
        printed = printed_bytes(text.rstrip())
        dots = ".." if printed is not None and printed[2] else ""
        return (
            " ".join([f"[{len(data) if not dots or printed is None else min(printed[0], _MOST)}]", *(f"{byte:02x}" for byte in data)])
            + dots
        )

    def unknown(self, text: str) -> str:
        """Return a value without quotes of which nobody knows the type."""
        printed = printed_bytes(text)
        if printed is not None:
            return self._data(text, self.redactor.pseudonyms.data(printed[1]))
        digits = text.split(None, 1)[0]
        if looks_hex(digits):
            return self.redactor.long(digits) + loose(self.redactor, text[len(digits) :])
        return loose(self.redactor, text)

    # -- lists -----------------------------------------------------------------------------------

    def head(self, known: Known, text: str) -> str:
        """Return the head of a list, ``[N] b0 b1 b2 b3..``: of its bytes only the first, which hold no value."""
        match = _HEAD.match(text)
        if match is None or known.id in self.redactor.kept:
            return text  # KVList: of the Platform SDK
        data = bytes.fromhex(match[2])
        length = match[1] if int(match[1]) <= _MOST else self.redactor.text(match[1])
        counted = int.from_bytes(data[:2]) * _PAIR <= int(match[1])  # else a number of its own, which no list has
        first = data[:2] if counted else b"\0\1"[: len(data)]
        kept = first + bytes(byte if byte <= most else 0 for byte, most in zip(data[2:_SHOWN], (4, 0), strict=False))
        shown = " ".join([f"[{length}]", *(f"{byte:02x}" for byte in kept)])
        return shown + (".." if match[3] or len(data) > _SHOWN else "") + text[len(text.rstrip()) :]

    def pair(self, text: str) -> tuple[Any, str] | None:
        """Return the value of a pair without quotes, bytes or an integer, and the text behind it; None where it is neither."""
        printed = printed_bytes(text)
        if printed is not None:
            return None if printed[2] or printed[0] != len(printed[1]) else (printed[1], "")
        match = _NUMBER.match(text)
        try:
            return None if match is None else (wrap(whole(text), 32, signed=True), text[match.end() :])
        except Unreadable:
            return None

    def pair_again(self, text: str, old: Any, new: Any, rest: str) -> str:
        """Return the text in which the value `new` of a pair is printed where `old` was."""
        if isinstance(new, bytes):
            return text if new == old else self._data(text, new)
        return self._number(text[: len(text) - len(rest)], new, same=new == old) + loose(self.redactor, rest)

    def one(self, number: int | None, key: str, value: Any, path: str | None, inside: bool | None) -> tuple[str, Any]:
        """Return key and value of one pair of an attribute's list as `Redactor.list` gives them; `inside` None keeps both."""
        if inside is None or number in self.redactor.kept:
            return key, value
        short = isinstance(value, int) or len(value) <= _SHORT
        return (self._one if short else self._made)(number, key, value, path, inside)

    def _made(self, number: int | None, key: str, value: Any, path: str | None, inside: bool) -> tuple[str, Any]:
        ((name, safe),) = self.redactor.list(KVList([(key, value)]), number, path=path, inside=inside)
        return name, safe
