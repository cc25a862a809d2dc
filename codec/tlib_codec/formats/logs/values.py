"""Read printed values by the declaration of their attribute.

Strategy: a table by printed name, made once a registry, tells for each attribute how to read its
value, so that a line costs one look-up and one call. The declaration decides, not the look of the
text: a string of digits is quoted, a ConnID is 16 hex digits, an integer wraps into the declared
signedness (4294967295 is -1 where the attribute is signed).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeAlias

import msgspec

from tlib_schemas import wire
from tlib_schemas.errors import DecodeError, EncodeError
from tlib_schemas.kinds import Kind, WireType
from tlib_schemas.registry import Registry
from tlib_schemas.values import KVList, RawValue
from tlib_schemas.wire import Attribute

from .context import PREFIXES

# A name or a remark may follow a number: `1432917924 (16:45:24)`, `2 [Inbound]`.
_INT = re.compile(r"(-?\d{1,20})(?:\s*[(\[].*|\s*)", re.ASCII | re.DOTALL)
_HEX = re.compile(r"([0-9a-fA-F]{1,16})(?:\s*[(\[].*|\s*)", re.DOTALL)
_CONN_ID = re.compile(r"[0-9a-f]{16}").fullmatch
_LONG = re.compile(r"0[0-9a-f]{15}|(?=[0-9]*[a-f])[0-9a-f]{16}", re.IGNORECASE)
_NAME = re.compile(r"([A-Za-z_]\w*)(?:\s*[(\[].*|\s*)", re.ASCII | re.DOTALL)
_NUMBER = re.compile(r"#\d{1,5}", re.ASCII)
_BYTES = re.compile(r"\[(\d{1,9})\]((?:\s+[0-9a-fA-F]{2})*)\s*+(\.\.)?\s*", re.ASCII)

Parser: TypeAlias = Callable[[str], Any]


class Unreadable(Exception):
    """A printed value does not fit its attribute; the argument is the expectation."""


class Known(msgspec.Struct, frozen=True):
    """How an attribute's value is read: its id, and by its kind a parser, or none where the
    reader itself has to (texts and lists go over several lines).
    """

    id: int
    kind: str  # "text", "list", "any" or "plain"
    parse: Parser
    quick: Callable[[str], Any] | None = None  # the same for the usual look of a value, None for any other


def wrap(number: int, bits: int, *, signed: bool) -> int:
    """Return `number` modulo 2^bits with the declared signedness. Raises Unreadable if it never fitted."""
    if not -(1 << bits - 1) <= number < 1 << bits:
        raise Unreadable(f"an integer of {bits} bits")
    number &= (1 << bits) - 1
    return number - (1 << bits) if signed and number >> bits - 1 else number


def whole(text: str) -> int:
    """Return the decimal integer that `text` begins with. Raises Unreadable."""
    match = _INT.fullmatch(text)
    if match is None:
        raise Unreadable("a decimal integer")
    return int(match[1])


def _integer(*, signed: bool) -> Parser:
    return lambda text: wrap(whole(text), 32, signed=signed)


def _enumeration(value: wire.Enum) -> Parser:
    integer = _integer(signed=value.signed)

    def parse(text: str) -> Any:
        match = _NAME.fullmatch(text)
        if match is None:
            return value.enumeration(integer(text))
        label = value.enumeration.from_label(match[1])
        if label is None:
            raise Unreadable(f"a number or name of {value.enumeration.__name__}")
        return label

    return parse


def looks_hex(digits: str) -> bool:
    """Return whether the 16 digits of a Long must be hex: they have a leading zero or a letter."""
    return _LONG.fullmatch(digits) is not None


def long(text: str) -> int:
    """Return 64 bits: from 16 hex digits with a leading zero or a letter, else from decimal. Raises Unreadable."""
    digits = text.split(None, 1)[0]
    return int(digits, 16) if looks_hex(digits) else wrap(whole(text), 64, signed=False)


def conn_id(text: str) -> str:
    """Return 16 lowercase hex digits, with leading zeros that a library omitted. Raises Unreadable."""
    match = _HEX.fullmatch(text)
    if match is None:
        raise Unreadable("up to 16 hex digits")
    return match[1].lower().zfill(16)


def printed_bytes(text: str) -> tuple[int, bytes, bool] | None:
    """Return N, the bytes of ``[N] b0 b1..``, and whether dots replace the rest; None for another text."""
    match = _BYTES.fullmatch(text)
    return None if match is None else (int(match[1]), bytes.fromhex(match[2]), match[3] is not None)


def whole_bytes(text: str) -> bytes | None:
    """Return all N bytes of ``[N] b0 b1``; None for another text (a log usually prints only four)."""
    found = printed_bytes(text) if text[:1] == "[" else None
    return None if found is None or found[2] or found[0] != len(found[1]) else found[1]


def binary(text: str) -> bytes:
    """Return the bytes. Raises Unreadable."""
    data = whole_bytes(text)
    if data is None:
        raise Unreadable("[N] and all N bytes")
    return data


def raw(text: str) -> RawValue:
    """Return a value of an attribute nobody declared, as the wire type it looks like. Raises Unreadable."""
    digits = text.rstrip()
    if looks_hex(digits):
        return RawValue(WireType.Long, bytes.fromhex(digits))
    if digits.startswith("["):
        return RawValue(WireType.Binary, binary(digits))
    number = whole(text)
    try:
        return RawValue(WireType.Int, wire.Int.pack(wrap(number, 32, signed=False)))
    except Unreadable:
        return RawValue(WireType.Long, wire.Long.pack(wrap(number, 64, signed=False)))


def raw_text(text: str) -> RawValue:
    """Return a quoted value of an attribute nobody declared."""
    return RawValue(WireType.String, text.encode("utf-8", "surrogateescape"))


def raw_list(kv: KVList) -> RawValue:
    """Return a list of an attribute nobody declared. Raises Unreadable where it cannot be packed."""
    try:
        return RawValue(WireType.List, wire.KVList.pack(kv))
    except EncodeError as error:
        raise Unreadable(error.expected) from None


def _known(attribute: Attribute) -> Known:
    value = attribute.value
    if value is None:
        return Known(attribute.id, "any", raw)
    if isinstance(value, wire.Enum):
        members = {str(int(member)): member for member in value.enumeration}
        return Known(attribute.id, "plain", _enumeration(value), members.get)
    match value.kind:
        case Kind.UINT | Kind.SINT:
            return Known(attribute.id, "plain", _integer(signed=value.signed), _quick_integer)
        case Kind.LONG:
            return Known(attribute.id, "plain", long)
        case Kind.HEX:
            return Known(attribute.id, "plain", conn_id, _quick_conn_id)
        case Kind.LIST:
            return Known(attribute.id, "list", _unpacked(value))
        case Kind.TEXT:
            return Known(attribute.id, "text", binary, _quick_text)
        case Kind.OTHER:
            return Known(attribute.id, "plain", _unpacked(value))
    return Known(attribute.id, "plain", binary)


def _unpacked(value: wire.Value) -> Parser:
    def parse(text: str) -> Any:
        try:
            return value.unpack(binary(text))
        except DecodeError as error:
            raise Unreadable(error.expected) from None

    return parse


def _quick_text(text: str) -> str | None:
    return text[1:-1] if text[0] == text[-1] == "'" and len(text) > 1 else None


def _quick_integer(text: str) -> int | None:
    return int(text) if len(text) < 10 and text.isdecimal() and text.isascii() else None


def _quick_conn_id(text: str) -> str | None:
    return text if _CONN_ID(text) else None


def expectation(known: Known, text: str) -> str:
    """Return the expectation that a printed value does not meet."""
    try:
        value = known.parse(text)
    except Unreadable as error:
        return str(error)
    raise AssertionError(f"{text!r} is {value!r}")


class Names:
    """The attributes of a registry by the names under which logs print them."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self.exact: dict[str, Known] = {}
        self.bare: dict[str, Known] = {}  # without a prefix too, as StatServer prints them
        self._folded: dict[str, Known] = {}
        for attribute in registry.dictionary.values():
            known = _known(attribute)
            for label in (attribute.name, *attribute.aliases):
                for prefix in PREFIXES:
                    self.exact[prefix + label] = known
                self.bare[label] = known
                self._folded.setdefault(label.casefold(), known)
        self.bare |= self.exact

    def find(self, printed: str) -> Known | None:
        """Return the attribute of that printed name, if need be in other letter case."""
        known = self.exact.get(printed)
        if known is None and (name := bare(printed)):
            if _NUMBER.fullmatch(name) and int(name[1:]) <= 0xFFFF:  # as our own writer prints an id without a name
                attribute = self._registry.dictionary.get(int(name[1:]))
                return Known(int(name[1:]), "any", raw) if attribute is None else _known(attribute)
            known = self._folded.get(name.casefold())
        return known


def bare(printed: str) -> str | None:
    """Return the name without its prefix; None where it has none, and so is no attribute's."""
    for prefix in PREFIXES:
        name = printed[len(prefix) :]
        if printed.startswith(prefix) and (name[:1].isupper() or name[:1] == "#"):
            return name
    return None
