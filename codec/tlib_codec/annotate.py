"""Name every byte of a frame, also of a malformed one.

Strategy: the engine first decides whether a frame is malformed, and where. Then `annotate` follows the layout up to
that place only to name the bytes; each byte is in exactly one `Span`, in order. The broken place carries the engine's
error, and the bytes after it are `UNREAD`. No length is trusted: a span ends at the latest where the bytes end. Spans
come one by one, so a frame of millions of pairs needs no more memory than a small one.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator

import msgspec

from tlib_schemas.enumerations import OpenEnum, TKVType
from tlib_schemas.errors import DecodeError, Truncated, quote
from tlib_schemas.kinds import WireType
from tlib_schemas.limits import DEFAULT_LIMITS, Limits
from tlib_schemas.registry import Registry
from tlib_schemas.tlibrary import TLIBRARY
from tlib_schemas.wire import Attribute, KVList

from .reference import Buffer, as_bytes

_ATTRIBUTE, _PAIR = 6, 5  # bytes of their headers
_FIXED = {WireType.Int, WireType.Long}  # whose values may be too short


class Kind(enum.StrEnum):
    """The meaning of a span's bytes."""

    MAGIC = "magic"
    VERSION = "version"
    FLAGS = "flags"
    MESSAGE = "message"
    LENGTH = "length"
    ID = "id"
    TYPE = "type"
    COUNT = "count"
    KEY = "key"
    VALUE = "value"
    BROKEN = "broken"
    UNREAD = "unread"


class Span(msgspec.Struct, frozen=True):
    """`length` bytes from `offset` on, and their meaning.

    `label` names the field of the format, `path` the attribute or pair it belongs to, `value` is
    what the bytes say, on one printable line. `depth` is 0 in the frame's header, 1 in an attribute's, 2 in its
    value, and 1 more in each nested list. `error` is set where `kind` is BROKEN, which may be of no length.
    """

    offset: int
    length: int
    kind: Kind
    label: str
    value: str = ""
    path: str = ""
    depth: int = 0
    error: DecodeError | None = None


class _Broken(Exception):
    def __init__(self, length: int, depth: int, path: str) -> None:
        self.length: int = length
        self.depth: int = depth
        self.path: str = path


def annotate(
    frame: Buffer, *, registry: Registry = TLIBRARY, limits: Limits = DEFAULT_LIMITS, base: int = 0, error: DecodeError | None = None
) -> Iterator[Span]:
    """Yield the spans of one frame, well-formed or broken.

    `base` is its offset in the input: all offsets count from there. `error` is the error that a stream
    has found wrong with it (`MalformedFrame.error`); without it the frame is decoded to see. Never
    raises a DecodeError.
    """
    data = as_bytes(frame)
    construct = registry.frame(limits)
    checked = error is None  # everything in front of the broken place is sound
    if error is None:
        try:
            construct.unpack(data)
        except DecodeError as failure:
            error = failure.shift(base)
    stop = len(data) + 1 if error is None else (error.offset or base) - base
    if isinstance(error, Truncated):  # told of the frame as a whole; it breaks where the bytes end
        checked, stop = False, len(data)
    walk = _Walk(data, base, registry, limits, stop, checked=checked)
    try:
        yield from walk.frame(min(stop, len(data)) if error is not None and error.code == "trailing-bytes" else len(data))
        if error is not None:
            raise _Broken(len(data) - walk.at, 0, "")
    except _Broken as broken:
        at = walk.at
        length = min(broken.length, len(data) - at)
        said = "" if error is None else f"{_said(error)} [{error.code}]"
        yield Span(base + at, length, Kind.BROKEN, "broken", said, broken.path, broken.depth, error)
        if at + length < len(data):
            yield Span(base + at + length, len(data) - at - length, Kind.UNREAD, "unread", depth=broken.depth)


def _said(error: DecodeError) -> str:
    return f"expected {error.expected}, found {error.actual}"


class _Walk:
    """Follows the layout of `data` to `stop`, where it raises _Broken; `at` is how far it is.

    `checked` says that lists in front of `stop` are known to unpack.
    """

    def __init__(self, data: bytes, base: int, registry: Registry, limits: Limits, stop: int, *, checked: bool) -> None:
        self.data: bytes = data
        self.base: int = base
        self.registry: Registry = registry
        self.limits: Limits = limits
        self.stop: int = stop
        self.checked: bool = checked
        self.at: int = 0

    def _number(self, length: int) -> int:
        return int.from_bytes(self.data[self.at : self.at + length], "big")

    def _enter(self, length: int, depth: int, path: str) -> None:
        """Begin a structure of `length` bytes; refuse it where it is the broken place."""
        if self.at == self.stop:
            raise _Broken(length, depth, path)

    def _span(self, length: int, kind: Kind, label: str, value: str, path: str = "", depth: int = 0) -> Iterator[Span]:
        self._enter(length, depth, path)
        whole = min(length, len(self.data) - self.at, self.stop - self.at)
        if whole:
            yield Span(self.base + self.at, whole, kind, label, value if whole == length else "", path, depth)
            self.at += whole
        if whole < length:
            raise _Broken(length - whole, depth, path)

    def frame(self, end: int) -> Iterator[Span]:
        """Yield the whole frame, which ends at `end`."""
        yield from self._span(2, Kind.MAGIC, "magic", quote(self.data[:2].decode("latin-1")))
        yield from self._span(1, Kind.VERSION, "version", str(self._number(1)))
        yield from self._span(1, Kind.FLAGS, "flags", str(self._number(1)))
        number = self._number(2)
        name = self.registry.message_name(number)
        yield from self._span(2, Kind.MESSAGE, "message", f"{name} ({number})" if name else str(number))
        yield from self._span(4, Kind.LENGTH, "length", str(self._number(4)))
        while self.at < end:
            yield from self._attribute(end)

    def _attribute(self, end: int) -> Iterator[Span]:
        self._enter(min(_ATTRIBUTE, end - self.at), 1, "")
        number = self._number(2)
        attribute = self.registry.dictionary.get(number)
        path = self.registry.attribute_name(number)
        yield from self._span(2, Kind.ID, "id", f"{path} ({number})" if attribute else f"#{number}", path, 1)
        kind = WireType(self._number(1))
        yield from self._span(1, Kind.TYPE, "type", kind.label or str(int(kind)), path, 1)
        length = self._number(3)
        yield from self._span(3, Kind.LENGTH, "length", str(length), path, 1)
        raw = self.data[self.at : self.at + length]
        if kind == WireType.List and self._unpacks(raw, length):
            yield from self._list(self.at + length, path, 2)
        elif length or kind in _FIXED:
            yield from self._span(length, Kind.VALUE, "value", _shown(raw, kind, attribute), path, 2)

    def _unpacks(self, raw: bytes, length: int) -> bool:
        """Return whether the layout of a list can be followed: it is valid, or the broken place lies in it."""
        if self.checked or self.at + length > self.stop:
            return True
        try:
            KVList.unpack(raw, self.limits)
        except DecodeError:
            return False
        return True

    def _list(self, end: int, path: str, depth: int) -> Iterator[Span]:
        self._enter(min(2, end - self.at), depth, path)
        count = self._number(2)
        yield from self._span(2, Kind.COUNT, "pairs", str(count), path, depth)
        for _ in range(count):
            if self.at >= end:
                raise _Broken(0, depth, path)
            yield from self._pair(end, path, depth)
        if self.at < end:
            self._enter(end - self.at, depth, path)
            raise _Broken(end - self.at, depth, path)

    def _pair(self, end: int, path: str, depth: int) -> Iterator[Span]:
        if self.at == self.stop and end - self.at < _PAIR:
            raise _Broken(end - self.at, depth, path)
        kind = TKVType(self._number(1))
        at = self.at
        key_length = int.from_bytes(self.data[at + 1 : at + 3], "big")
        value_length = int.from_bytes(self.data[at + 3 : at + 5], "big")
        key = quote(self.data[at + _PAIR : at + _PAIR + key_length].decode("utf-8", "surrogateescape"))
        if at == self.stop and at + _PAIR + key_length + value_length > end:
            raise _Broken(_PAIR, depth, path)
        inner = f"{path}[{key}]"
        yield from self._span(1, Kind.TYPE, "type", kind.label or str(int(kind)), inner, depth)
        yield from self._span(2, Kind.LENGTH, "key length", str(key_length), inner, depth)
        yield from self._span(2, Kind.LENGTH, "value length", str(value_length), inner, depth)
        if key_length:
            yield from self._span(key_length, Kind.KEY, "key", key, inner, depth)
        if kind == TKVType.List:
            self._enter(value_length, depth, inner)
            yield from self._span(2, Kind.LENGTH, "list length", str(self._number(2)), inner, depth + 1)
            yield from self._list(self.at + value_length - 2, inner, depth + 1)
        elif value_length or kind == TKVType.Int:
            raw = self.data[self.at : self.at + value_length]
            yield from self._span(value_length, Kind.VALUE, "value", _pair_shown(raw, kind), inner, depth)


def _shown(raw: bytes, kind: WireType, attribute: Attribute | None) -> str:
    """Return an attribute's value as its declaration, or at least its type, understands it."""
    if attribute is not None and attribute.value is not None and attribute.value.wire_type == kind:
        try:
            value = attribute.value.unpack(raw)
        except DecodeError:
            return ""
        if isinstance(value, OpenEnum):
            return f"{value.label} ({int(value)})" if value.label else str(int(value))
        return quote(value) if isinstance(value, str) and kind == WireType.String else "" if isinstance(value, bytes) else str(value)
    if kind == WireType.String:
        return quote(raw.decode("utf-8", "surrogateescape"))
    return str(int.from_bytes(raw, "big")) if kind in {WireType.Int, WireType.Long} else ""


def _pair_shown(raw: bytes, kind: TKVType) -> str:
    if kind == TKVType.Int:
        return str(int.from_bytes(raw, "big", signed=True))
    return "" if kind == TKVType.Binary else quote(raw.decode("utf-8", "surrogateescape"))
