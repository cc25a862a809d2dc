"""The construct schemas of the wire: value types, the attribute list, the frame.

Strategy: every attribute's value is a `Value`, a construct over all bytes of its stream;
`AttributeList` is a strict construct over a frame's attributes; `FrameConstruct` puts the header
around it. All three parse and build on their own and inside a user's Struct. They subclass
`Construct` instead of combining GreedyRange, Switch and Prefixed because those swallow errors,
ignore left-over bytes and trust lengths; here every length is checked against the bytes that are
there, and each loop moves forward by at least a header.

`unpack` and `pack` work on bytes and are what the engines call; `parse` and `build` are construct's
own interface over the same two. docs/wire-format.md specifies the bytes.
"""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec
from construct import SizeofError

from . import kvlist as packed_list
from .constructs import Construct
from .enumerations import OpenEnum
from .errors import DecodeError, EncodeError, LimitExceeded, Malformed, Truncated, quote
from .kinds import CATEGORY_OF, HARMLESS, Category, Identifies, Kind, WireType
from .limits import DEFAULT_LIMITS, Limits
from .values import Frame as FrameValue
from .values import KVList as KVListValue
from .values import RawAttribute, RawValue

MAGIC: Final = b"TL"
VERSION: Final = 1
HEADER: Final = struct.Struct(">2sBBHI")  # magic, version, flags, message, length of the attributes
ATTRIBUTE: Final = struct.Struct(">HI")  # id, then type (u8) and length (u24) in one word
_INT: Final = struct.Struct(">I")
_SIGNED: Final = struct.Struct(">i")
_LONG: Final = struct.Struct(">Q")
_CHUNK: Final = 1 << 16


class Value(Construct):
    """A construct for the value of one attribute: all the bytes of its stream.

    A subclass declares its `wire_type` and the type `python` that it gives and takes, and
    implements `unpack` and `pack`. Its `kind` follows from `python` unless the class declares one.
    `standard` is True where the bytes are exactly those that the kind has on the wire, so an engine
    may read them without a call; a subclass starts with False, because it may read them otherwise.
    """

    wire_type: WireType
    python: type[Any]
    kind: Kind = Kind.OTHER
    standard: bool = False
    signed: bool = False
    size: int | None = None
    code: str = ""  # the error of a value that is not `size` bytes

    def __init_subclass__(cls, *, standard: bool = False) -> None:
        super().__init_subclass__()
        cls.standard = standard
        if "python" in cls.__dict__ and "kind" not in cls.__dict__:
            kind = _KIND_OF.get(cls.python, Kind.OTHER)
            cls.kind = Kind.LONG if kind is Kind.UINT and cls.wire_type == WireType.Long else kind

    def unpack(self, data: bytes, limits: Limits = DEFAULT_LIMITS) -> Any:
        """Return the Python value of `data`. Raise DecodeError with the offset in `data`."""
        raise NotImplementedError

    def pack(self, value: Any, limits: Limits = DEFAULT_LIMITS) -> bytes:
        """Return the bytes of `value`. Raise EncodeError."""
        raise NotImplementedError

    def _parse(self, stream: io.BufferedIOBase, context: object, path: str) -> Any:
        return self.unpack(stream.read())

    def _build(self, obj: Any, stream: io.BufferedIOBase, context: object, path: str) -> Any:
        stream.write(self.pack(obj))
        return obj

    def _sizeof(self, context: object, path: str) -> int:
        if self.size is None:
            raise SizeofError("the size of a value is in its attribute's header", path=path)
        return self.size

    def __repr__(self) -> str:
        return f"<wire.{type(self).__name__.strip('_')}>"


_KIND_OF: Final[dict[type, Kind]] = {str: Kind.TEXT, int: Kind.UINT, bytes: Kind.BINARY, KVListValue: Kind.LIST}


def _refuse(value: object, expected: str) -> EncodeError:
    return EncodeError("value-type", expected=expected, actual=type(value).__name__)


class _String(Value, standard=True):
    wire_type = WireType.String
    python = str

    def unpack(self, data: bytes, limits: Limits = DEFAULT_LIMITS) -> str:
        return data.decode("utf-8", "surrogateescape")

    def pack(self, value: str, limits: Limits = DEFAULT_LIMITS) -> bytes:
        if not isinstance(value, str):
            raise _refuse(value, "str")
        return packed_list.pack_text(value)


class _Binary(Value, standard=True):
    wire_type = WireType.Binary
    python = bytes

    def unpack(self, data: bytes, limits: Limits = DEFAULT_LIMITS) -> bytes:
        return data

    def pack(self, value: bytes, limits: Limits = DEFAULT_LIMITS) -> bytes:
        if not isinstance(value, bytes | bytearray | memoryview):
            raise _refuse(value, "bytes")
        return bytes(value)


class _Number(Value):
    """An integer of a fixed length, read and written by a struct of one field."""

    field: struct.Struct

    def unpack(self, data: bytes, limits: Limits = DEFAULT_LIMITS) -> Any:
        if len(data) != self.field.size:
            raise wrong_length(self, 0, len(data))
        return self.field.unpack(data)[0]

    def pack(self, value: Any, limits: Limits = DEFAULT_LIMITS) -> bytes:
        if not isinstance(value, int) or isinstance(value, bool):
            raise _refuse(value, "int")
        try:
            return self.field.pack(value)
        except struct.error:
            bits = self.field.size * 8
            sign = "a signed" if self.signed else "an unsigned"
            raise EncodeError("value-range", expected=f"{sign} {bits}-bit integer", actual=str(value)) from None


class _Int(_Number, standard=True):
    python: type[Any] = int
    field: struct.Struct = _INT
    wire_type: WireType = WireType.Int
    kind: Kind = Kind.UINT
    size: int | None = 4
    code: str = "int-length"


class _SignedInt(_Int, standard=True):
    kind: Kind = Kind.SINT
    signed: bool = True
    field: struct.Struct = _SIGNED


class _Long(_Number, standard=True):
    python: type[Any] = int
    field: struct.Struct = _LONG
    wire_type: WireType = WireType.Long
    kind: Kind = Kind.LONG
    size: int | None = 8
    code: str = "long-length"


class _ConnID(_Long, standard=True):
    """A Long as 16 lowercase hex digits, as a T-Server prints it."""

    python = str
    kind = Kind.HEX

    def unpack(self, data: bytes, limits: Limits = DEFAULT_LIMITS) -> str:
        if len(data) != 8:
            raise wrong_length(self, 0, len(data))
        return data.hex()

    def pack(self, value: str, limits: Limits = DEFAULT_LIMITS) -> bytes:
        if not isinstance(value, str):
            raise _refuse(value, "str of 16 hex digits")
        # Upper case would decode to another text than the one that was encoded.
        if not _HEX16.fullmatch(value):
            raise EncodeError("value-range", expected="16 lowercase hex digits", actual=quote(value))
        return bytes.fromhex(value)


_HEX16 = re.compile(r"[0-9a-f]{16}")


class Enum(_Int, standard=True):
    """An Int whose values have names; a number without a name is kept."""

    kind = Kind.ENUM

    def __init__(self, enumeration: type[OpenEnum], *, signed: bool = False) -> None:
        super().__init__()
        self.enumeration: type[OpenEnum]
        self.python = self.enumeration = enumeration
        self.signed: bool = signed
        self.field: struct.Struct = _SIGNED if signed else _INT
        self._members: dict[int, OpenEnum] = {int(m): m for m in enumeration}

    def unpack(self, data: bytes, limits: Limits = DEFAULT_LIMITS) -> Any:
        number = super().unpack(data)
        return self._members.get(number) or self.enumeration(number)

    def __repr__(self) -> str:
        return f"<wire.Enum {self.enumeration.__name__}>"


class _KVList(Value, standard=True):
    wire_type = WireType.List
    python = KVListValue
    kind = Kind.LIST

    def unpack(self, data: bytes, limits: Limits = DEFAULT_LIMITS) -> KVListValue:
        return packed_list.unpack(data, 0, len(data), 1, limits)

    def pack(self, value: Any, limits: Limits = DEFAULT_LIMITS) -> bytes:
        if not isinstance(value, KVListValue):
            if not isinstance(value, Mapping):
                raise _refuse(value, "KVList")
            try:
                value = KVListValue(value)
            except (TypeError, ValueError) as error:  # ValueError: a list whose items are no pairs
                raise EncodeError("value-type", expected="a KVList", actual=str(error)) from None
        return packed_list.pack(value, 1, limits)


String: Final = _String()
Int: Final = _Int()
SignedInt: Final = _SignedInt()
Binary: Final = _Binary()
KVList: Final = _KVList()
Long: Final = _Long()
ConnID: Final = _ConnID()

# Values of these wire types are checked whatever their id, even where the type is not declared.
_CHECKED: Final[dict[int, Value]] = {WireType.Int: Int, WireType.List: KVList, WireType.Long: Long}


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """The usual shape of a text: a length, an alphabet, an ending. A breach is a WARNING.

    It is data, not a function, so that an engine in another language can check it too.
    """

    description: str
    length: int | None = None
    alphabet: str = ""
    suffix: str = ""

    def fits(self, text: str) -> bool:
        """Return whether `text` has the shape."""
        return (
            (self.length is None or len(text) == self.length)
            and (not self.alphabet or set(text) <= set(self.alphabet))
            and text.endswith(self.suffix)
        )


class Attribute(msgspec.Struct, frozen=True, repr_omit_defaults=True):
    """One line of the attribute dictionary.

    `value` is None where the type of the attribute is not known: any type is accepted and kept as
    a `RawValue`. `aliases` are other names under which logs and libraries print it. `category` is for redaction,
    which replaces the value unless its category is harmless; OTHER stands for that of `CATEGORY_OF`. `identifies` is
    for call tracking. `of_event` marks a value that describes the
    event (its time, its number, its sender) and so is no property of the call. `common` marks an attribute that any
    message may carry, also where its table does not list it; `client_side` one that the receiving client sets, so that
    no log prints it.
    """

    id: int
    value: Value | None
    name: str = ""
    aliases: tuple[str, ...] = ()
    shape: Shape | None = None
    category: Category = Category.OTHER
    identifies: Identifies | None = None
    of_event: bool = False
    common: bool = False
    client_side: bool = False

    def __post_init__(self) -> None:
        if not self.name and isinstance(self.id, OpenEnum) and self.id.label:
            msgspec.structs.force_setattr(self, "name", self.id.label)
        if self.category is Category.OTHER:
            by_kind = CATEGORY_OF.get(None if self.value is None else self.value.kind, Category.OTHER)
            msgspec.structs.force_setattr(self, "category", CATEGORY_OF.get(self.identifies, by_kind))

    @property
    def personal(self) -> bool:
        """Whether redaction replaces the value by default."""
        return self.category not in HARMLESS


# The errors of an attribute's header. The attribute list, a stream and other engines raise them.
# The arguments are byte positions.


def no_header(position: int, end: int) -> Malformed:
    return Malformed("attribute-header", offset=position, expected="6 bytes of attribute header", actual=str(end - position))


def overrun(position: int, after: int, end: int) -> Malformed:
    at = position + ATTRIBUTE.size
    return Malformed("attribute-overrun", offset=position, expected=f"at most {end - at} bytes", actual=str(after - at))


def wrong_length(value: Value, position: int, after: int) -> Malformed:
    return Malformed(value.code, offset=position, expected=f"{value.size} bytes", actual=str(after - position))


class AttributeList(Construct):
    """Attributes back to back to the end of the stream, none twice, nothing left over.

    `dictionary` says which ids are known: their values come as their declared Python type, those
    of other ids as `RawValue`. Parses to a dict by id, in order of arrival; builds from such a
    dict in ascending order of id, which is the canonical form.
    """

    def __init__(self, dictionary: Mapping[int, Attribute] | None = None, limits: Limits = DEFAULT_LIMITS) -> None:
        super().__init__()
        self.dictionary: Mapping[int, Attribute] | dict[int, Attribute] = dictionary or {}
        self.limits: Limits = limits

    def unpack(self, data: bytes, start: int = 0) -> dict[int, Any]:
        """The attributes in ``data[start:]``. Raises DecodeError, with the offset counted in `data`."""
        values: dict[int, Any] = {}
        end = len(data)
        header = ATTRIBUTE.unpack_from
        known = self.dictionary.get
        limits = self.limits
        position = start
        while position < end:
            if end - position < 6:
                raise no_header(position, end)
            number, word = header(data, position)
            at = position + 6
            after = at + (word & 0xFF_FFFF)
            if after > end:
                raise overrun(position, after, end).within(self._part(number))
            if number in values:
                raise Malformed(
                    "duplicate-attribute", offset=position, expected=f"id {number} once", actual="it again", parts=(self._part(number),)
                )
            kind = word >> 24
            attribute = known(number)
            value = None if attribute is None else attribute.value
            try:
                if value is not None:
                    if value.wire_type != kind:
                        raise Malformed(
                            "attribute-type", offset=-6, expected=f"type {value.wire_type} ({value.wire_type.label})", actual=f"type {kind}"
                        )
                    values[number] = value.unpack(data[at:after], limits)
                else:
                    raw = data[at:after]
                    if kind in _CHECKED:
                        _CHECKED[kind].unpack(raw, limits)
                    values[number] = RawValue(kind, raw)
            except DecodeError as error:
                raise error.shift(at).within(self._part(number)) from None
            position = after
        return values

    def walk(self, data: bytes | bytearray, position: int, end: int) -> tuple[int, int, DecodeError | None]:
        """Follow the attribute headers in `data`, a frame's beginning that may still grow.

        `position` is where to go on, `end` where the frame's header says that the attributes end.
        Gives the position reached, the number of headers passed, and the error after which that
        end cannot be believed: a header or value that runs past it, or an Int or Long of another
        length than its own.
        """
        passed = 0
        while position < end:
            if end - position < 6:
                return position, passed, no_header(position, end)
            if len(data) - position < 6:
                break
            number, word = ATTRIBUTE.unpack_from(data, position)
            after = position + 6 + (word & 0xFF_FFFF)
            passed += 1
            if after > end:
                return position, passed, overrun(position, after, end).within(self._part(number))
            declared = _CHECKED.get(word >> 24)
            if declared is not None and declared.size not in (None, after - position - 6):
                return position, passed, wrong_length(declared, position + 6, after).within(self._part(number))
            position = after
        return position, passed, None

    def pack(self, values: Mapping[int, Any], *, strict: bool = True) -> bytes:
        """The bytes of `values`, ascending ids. Raises EncodeError.

        `strict` refuses a `RawValue` that would not decode: another type than the declared one, or
        bytes that do not fit their type. Without it such a value is written as it is.
        """
        out: list[bytes] = []
        for number in sorted(values):
            try:
                kind, packed = self._pack_value(number, values[number], strict)
            except EncodeError as error:
                raise error.within(self._part(number)) from None
            out += (pack_attribute(number, kind, packed, self._part(number)), packed)
        return b"".join(out)

    def _pack_value(self, number: int, value: Any, strict: bool) -> tuple[int, bytes]:
        attribute = self.dictionary.get(number)
        declared = None if attribute is None else attribute.value
        if not isinstance(value, RawValue):
            if declared is None:
                raise _refuse(value, "RawValue, since the attribute's type is not declared")
            return declared.wire_type, declared.pack(value, self.limits)
        if strict:
            if declared is not None:
                raise _refuse(value, declared.python.__name__)
            if value.type in _CHECKED:
                try:
                    _CHECKED[value.type].unpack(value.value, self.limits)
                except DecodeError as error:
                    raise EncodeError("value-range", expected=error.expected, actual=error.actual) from None
        return value.type, value.value

    def _part(self, number: int) -> str:
        attribute = self.dictionary.get(number)
        return f".#{number}" if attribute is None else f".{attribute.name}"

    def _parse(self, stream: io.BufferedIOBase, context: object, path: str) -> dict[int, Any]:
        return self.unpack(stream.read())

    def _build(self, obj: Mapping[int, Any], stream: io.BufferedIOBase, context: object, path: str) -> Mapping[int, Any]:
        stream.write(self.pack(obj))
        return obj

    def _sizeof(self, context: object, path: str) -> int:
        raise SizeofError("the size of an attribute list is in its frame's header", path=path)


def offsets(data: bytes, base: int = 0) -> dict[int, int]:
    """Where each attribute's header stands in a well-formed frame at `base`: offset by id."""
    places: dict[int, int] = {}
    position = HEADER.size
    while position < len(data):
        number, word = ATTRIBUTE.unpack_from(data, position)
        places[number] = base + position
        position += ATTRIBUTE.size + (word & 0xFF_FFFF)
    return places


def pack_attribute(number: int, kind: int, value: bytes, part: str) -> bytes:
    """An attribute's 6-byte header. Raises EncodeError where a field does not fit."""
    if not (0 <= number <= 0xFFFF and 0 <= kind <= 0xFF):
        raise EncodeError("value-range", expected="an id of 16 and a type of 8 bits", actual=f"{number} and {kind}", parts=(part,))
    if len(value) > 0xFF_FFFF:
        raise EncodeError("value-too-long", expected="at most 16777215 bytes", actual=str(len(value)), parts=(part,))
    return ATTRIBUTE.pack(number, kind << 24 | len(value))


class FrameConstruct(Construct):
    """Header and attributes. A subclass decides what the pair of message and attributes becomes.

    `names` names message numbers in errors.
    """

    def __init__(self, attributes: AttributeList, names: Mapping[int, str] | None = None) -> None:
        super().__init__()
        self.attributes: AttributeList = attributes
        self.names: Mapping[int, str] | dict[int, str] = names or {}

    def unpack(self, data: bytes) -> tuple[int, dict[int, Any]]:
        """Message number and attributes of the one frame that `data` is. Raises DecodeError."""
        message, length = parse_header(data, self.attributes.limits)
        if len(data) != 10 + length:
            if len(data) < 10 + length:
                raise Truncated("truncated-frame", needed=10 + length, available=len(data))
            raise Malformed("trailing-bytes", offset=10 + length, expected=f"{10 + length} bytes", actual=str(len(data)))
        try:
            return message, self.attributes.unpack(data, 10)
        except DecodeError as error:
            raise error.within(self.message_name(message)) from None

    def message_name(self, message: int) -> str:
        """The message's name in a path: ``#200`` where none is known."""
        return self.names.get(message, f"#{message}")

    def pack(self, message: int, body: bytes) -> bytes:
        """The frame around the packed attributes. Raises EncodeError where a field does not fit."""
        if not 0 <= message <= 0xFFFF:
            raise EncodeError("value-range", expected="a message number of 16 bits", actual=str(message))
        if len(body) > self.attributes.limits.frame_body:
            raise EncodeError(
                "value-too-long", expected=f"at most {self.attributes.limits.frame_body} bytes of attributes", actual=str(len(body))
            )
        return HEADER.pack(MAGIC, VERSION, 0, message, len(body)) + body

    def read(self, stream: io.BufferedIOBase) -> bytes:
        """The bytes of one frame from `stream`, read in steps so that no length is believed."""
        head = stream.read(10)
        _, length = parse_header(head, self.attributes.limits)
        chunks = [head]
        missing = length
        while missing:
            chunk = stream.read(min(missing, _CHUNK))
            if not chunk:
                raise Truncated("truncated-frame", needed=10 + length, available=10 + length - missing)
            chunks.append(chunk)
            missing -= len(chunk)
        return b"".join(chunks)

    def _sizeof(self, context: object, path: str) -> int:
        raise SizeofError("the size of a frame is in its header", path=path)


def parse_header(data: bytes, limits: Limits) -> tuple[int, int]:
    """Message number and length of the attributes. Raises DecodeError.

    Only as much of the header as is there is judged, so garbage is garbage from its first byte.
    """
    if data[:2] != MAGIC[: len(data)]:
        raise Malformed("bad-magic", offset=0, expected="54 4c", actual=data[:2].hex(" "))
    if len(data) > 2 and data[2] != VERSION:
        raise Malformed("bad-version", offset=2, expected=str(VERSION), actual=str(data[2]))
    if len(data) > 3 and data[3]:
        raise Malformed("bad-flags", offset=3, expected="0", actual=str(data[3]))
    if len(data) < 10:
        raise Truncated("truncated-header", needed=10, available=len(data))
    _, _, _, message, length = HEADER.unpack_from(data)
    if length > limits.frame_body:
        raise LimitExceeded("frame-too-long", offset=6, expected=f"at most {limits.frame_body} bytes of attributes", actual=str(length))
    return message, length


class _Frame(FrameConstruct):
    """The untyped frame: parses to and builds from `values.Frame`, in order of arrival."""

    def _parse(self, stream: io.BufferedIOBase, context: object, path: str) -> FrameValue:
        return self.frame(self.read(stream))

    def _build(self, obj: FrameValue, stream: io.BufferedIOBase, context: object, path: str) -> FrameValue:
        stream.write(self.bytes(obj))
        return obj

    def frame(self, data: bytes) -> FrameValue:
        """The one frame that `data` is. Raises DecodeError."""
        message, values = self.unpack(data)
        return FrameValue(message, tuple(RawAttribute(number, raw.type, raw.value) for number, raw in values.items()))

    def bytes(self, frame: FrameValue) -> bytes:
        """The bytes of `frame`, in its own order. Raises EncodeError."""
        return self.pack(frame.message, b"".join(_pieces(frame.attributes)))


def _pieces(attributes: Iterable[RawAttribute]) -> Iterable[bytes]:
    for a in attributes:
        yield pack_attribute(a.id, a.type, a.value, f".#{a.id}")
        yield a.value


def untyped_frame(limits: Limits = DEFAULT_LIMITS) -> _Frame:
    """The untyped frame with limits of its own."""
    return _Frame(AttributeList(limits=limits))


Frame: Final = untyped_frame()
