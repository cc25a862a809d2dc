"""JSON: one object an event, one line an object, lossless both ways.

Strategy: an item becomes plain Python data (`to_data`, `from_data`) by the registry's names, and
msgspec writes and reads the text. Reading flattens an object to attributes by id, the form that a
frame gives, and assembles the event from there, so JSON and frames cannot drift apart.

The form is described in docs/json.md. What JSON lacks is marked by an object with one ``$`` key:
``$binary`` and ``$string`` (bytes that are no UTF-8) in base64, ``$unicode`` for the other string
type of a key-value list. Members that are no attributes begin with ``$`` too: ``$violations``,
``$malformed``, ``$gap``, ``$time``, ``$source``.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from tlib_codec.formats import formats
from tlib_codec.json_text import text_to_data
from tlib_codec.records import Origin, iso
from tlib_codec.reference import Policy
from tlib_codec.stream import Gap, MalformedFrame, Missing, StreamItem
from tlib_schemas.declare import Composite
from tlib_schemas.enumerations import OpenEnum
from tlib_schemas.errors import CODES, DecodeError, EncodeError, LimitExceeded, Malformed, SchemaViolation, Truncated, Violation, quote
from tlib_schemas.errors import part as path_part
from tlib_schemas.events import Event, InvalidEvent, UnknownEvent
from tlib_schemas.kinds import INTEGERS, Kind
from tlib_schemas.limits import DEEPEST_LIST, Limits
from tlib_schemas.registry import Item, Registry
from tlib_schemas.tlibrary import TLIBRARY
from tlib_schemas.values import Attributes, KVList, RawValue, Unicode
from tlib_schemas.wire import Attribute, Enum

_DIGITS = re.compile(r"-?[0-9]{1,20}")
_TRUNCATED = re.compile(r"([0-9]{1,20}) bytes/([0-9]{1,20})")
_BEYOND_LIMITS = frozenset({"frame-too-long", "list-too-deep", "list-too-many-pairs"})
_WIDEST = Limits(list_depth=DEEPEST_LIST)  # the format judges a line; encoding applies the limits
_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder()


# -- to JSON -------------------------------------------------------------------------------------


def to_data(
    item: StreamItem, *, registry: Registry = TLIBRARY, time: int | None = None, source: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return `item` as dicts, lists, str and int that JSON can hold.

    `time`, in nanoseconds since 1970 UTC, becomes ``$time``, and `source` becomes ``$source``.
    """
    data: dict[str, Any]
    if isinstance(item, MalformedFrame):
        data = {"$malformed": _malformed(item)}
    elif isinstance(item, Gap):
        length = item.length if isinstance(item, Missing) else len(item.data)
        data = {"$gap": {"offset": item.offset, "length": length, "data": _base64(item.data)}}
    elif isinstance(item, Event):
        data = _event(item)
    else:
        name = registry.message_name(item.message) if isinstance(item.message, int) else None
        data = {"Event": name or item.message}
        data.update((label, value_to_data(value)) for label, value in item.attributes.items())
        if isinstance(item, InvalidEvent):
            data["$violations"] = [violation_to_data(violation) for violation in item.violations]
    if time is not None:
        data["$time"] = iso(time) + "Z"
    if source:
        data["$source"] = dict(source)
    return data


def _event(event: Event) -> dict[str, Any]:
    data: dict[str, Any] = {"Event": event.__schema__.name}
    for field in event.__schema__.fields:
        value = getattr(event, field.name)
        if value is None:
            continue
        if isinstance(value, Composite):
            parts = ((a.name, getattr(value, name)) for name, a in field.attributes)
            data[field.label] = value.to_text() or {label: value_to_data(part) for label, part in parts if part is not None}
        else:
            data[field.label] = value_to_data(value)
    data.update((label, value_to_data(value)) for label, value in event.extra.items())
    return data


def value_to_data(value: Any) -> Any:
    """Return the JSON value of an attribute's value."""
    kind = type(value)
    if kind is str:  # the usual ones first: matching a class pattern takes five times as long
        return value if value.isascii() else text_to_data(value)
    if kind is int:
        return value
    if isinstance(value, KVList):
        return _list(value)
    match value:
        case OpenEnum():
            return value.label or int(value)
        case str():
            return text_to_data(value)
        case int():
            return value
        case bytes() | bytearray() | memoryview():
            return {"$binary": _base64(value)}
        case RawValue():
            return {"type": value.type, "value": _base64(value.value)}
        case _:
            return _list(value if isinstance(value, KVList) else KVList(value))


def _list(kv: KVList) -> Any:
    pairs = [(key, {"$unicode": str(value)} if type(value) is Unicode else value_to_data(value)) for key, value in kv]
    plain = dict(pairs)
    if (
        len(plain) == len(pairs)
        and all(key.isascii() or text_to_data(key) is key for key in plain)
        and not any(key[:1] == "$" for key in plain)
    ):
        return plain
    return [[text_to_data(key), value] for key, value in pairs]


def _malformed(item: MalformedFrame) -> dict[str, Any]:
    return {**item.error.detail(), "message": str(item.error), "start": item.offset, "frame": _base64(item.data)}


def violation_to_data(violation: Violation) -> dict[str, Any]:
    """Return a violation as an entry of ``$violations``; unknown members are left out."""
    data = {"code": violation.code, "severity": violation.severity.value, "path": violation.path}
    data.update(
        (key, value) for key in ("offset", "expected", "actual", "footnote") if (value := getattr(violation, key)) not in ("", None)
    )
    return data


def _base64(data: bytes | bytearray | memoryview) -> str:
    return base64.b64encode(data).decode()


def place_data(origin: Origin) -> dict[str, Any]:
    """Return the members ``$time`` and ``$source`` of an origin, as far as it has them."""
    time = {} if origin.time is None else {"$time": iso(origin.time) + "Z"}
    source = origin.to_data()
    return {**time, "$source": source} if source else time


def dumps(item: StreamItem, *, registry: Registry = TLIBRARY, time: int | None = None, source: Mapping[str, Any] | None = None) -> bytes:
    """Return `item` as one line of JSON, without the line end; `time` and `source` as in `to_data`."""
    return _ENCODER.encode(to_data(item, registry=registry, time=time, source=source))


# -- from JSON -----------------------------------------------------------------------------------


def loads(line: bytes | str, *, registry: Registry = TLIBRARY, policy: Policy = Policy.STRICT) -> StreamItem:
    """Return the item that one line of JSON is.

    Raises DecodeError (codes json-syntax and json-form) where the text has not the documented
    form, and under the strict policy SchemaViolation where the event breaks its schema.
    """
    try:
        data = _DECODER.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed("json-syntax", expected="one JSON object", actual=str(error)) from None
    except RecursionError:
        raise Malformed("json-syntax", expected="one JSON object", actual="nesting too deep") from None
    return from_data(data, registry=registry, policy=policy)


def from_data(data: object, *, registry: Registry = TLIBRARY, policy: Policy = Policy.STRICT) -> StreamItem:
    """Return the item that `to_data` made, or a person wrote. Raises as `loads` does."""
    if not isinstance(data, dict):
        raise _form("a JSON object", data)
    if "$malformed" in data:
        return _malformed_from(data["$malformed"])
    if "$gap" in data:
        gap = _object(data["$gap"], ".$gap")
        offset, lost = _int(gap.get("offset"), ".$gap.offset"), _bytes(gap.get("data"), ".$gap.data")
        return Missing(offset, lost, _int(gap["length"], ".$gap.length")) if not lost and gap.get("length") else Gap(offset, lost)
    message = _message(data.get("Event"), registry, policy)
    name = quote(message) if isinstance(message, str) else registry.message_name(message) or f"#{message}"
    values: dict[int, Any] = {}
    try:
        for label, value in data.items():
            if label != "Event" and label[:1] != "$":
                _take(label, value, values, registry)
    except DecodeError as error:
        raise error.within(name) from None
    if isinstance(message, str):
        return UnknownEvent(message, Attributes((registry.attribute_name(i), values[i]) for i in sorted(values)))
    source = data.get("$source")
    # Only a log gives an event a line: what the log could not print is not missing in the object either.
    item: Item = registry.assemble(message, values, printed=isinstance(source, dict) and "line" in source)
    if isinstance(item, InvalidEvent):
        item = _placed(item, data.get("$violations", []))
    if policy is Policy.STRICT and isinstance(item, InvalidEvent):
        raise SchemaViolation(item.violations)
    return item


def _message(message: object, registry: Registry, policy: Policy) -> int | str:
    number = registry.messages.get(message) if isinstance(message, str) else message
    if isinstance(number, int) and not isinstance(number, bool) and 0 <= number <= 0xFFFF:
        return number
    # A log may name a message whose number is not public: the lenient policy keeps the name.
    if isinstance(message, str) and policy is Policy.LENIENT:
        return message
    raise _form("the name of a message, or its number", message, ".Event")


def _placed(item: InvalidEvent, given: object) -> InvalidEvent:
    """Return `item` with the offsets of ``$violations``: everything else is validated anew."""
    if not isinstance(given, list):
        raise _form("an array", given, ".$violations")
    offsets = {_known_by(one): one["offset"] for one in given if isinstance(one, dict) and isinstance(one.get("offset"), int)}
    found = tuple(msgspec.structs.replace(one, offset=offsets.get(_known_by(violation_to_data(one)))) for one in item.violations)
    return InvalidEvent(item.message, item.attributes, found)


def _known_by(violation: dict[str, Any]) -> str:
    return repr([violation.get(key) for key in ("code", "path", "expected", "actual")])


def _take(label: str, data: object, values: dict[int, Any], registry: Registry) -> None:
    part = path_part(label)
    composite = registry.composites.get(label)
    if composite is not None:
        assert composite.composite is not None
        if isinstance(data, str):
            parts: dict[int, Any] = {}
            try:
                composite.put(composite.composite.from_text(data), parts)
            except ValueError as error:
                raise _form(f"a {composite.composite.__name__}", str(error), part) from None
            for number, value in parts.items():
                _put(number, value, values, registry, part)
            return
        for inner, value in _object(data, part).items():
            if inner not in {attribute.name for _, attribute in composite.attributes}:
                raise _form(f"an attribute of {label}", inner, part)
            _take(inner, value, values, registry)
        return
    try:
        number = registry.attribute_number(label)
    except EncodeError as error:
        raise _form(error.expected, label, part) from None
    _put(number, value_from_data(data, registry.dictionary.get(number), part), values, registry, part)


def _put(number: int, value: Any, values: dict[int, Any], registry: Registry, part: str) -> None:
    if number in values:
        raise _form(f"{registry.attribute_name(number)} once", "it again", part)
    attribute = registry.dictionary.get(number)
    if attribute is not None and attribute.value is not None:
        try:  # JSON's numbers and texts are wider than the attribute's: refuse a value that cannot be sent
            attribute.value.pack(value, _WIDEST)
        except EncodeError as error:
            raise Malformed("json-form", expected=error.expected, actual=error.actual, parts=(error.path, part)) from None
    values[number] = value


def value_from_data(data: object, attribute: Attribute | None, part: str = "") -> Any:
    """Return the value of an attribute as JSON holds it. Raises DecodeError (json-form).

    `attribute` is None for an id that the dictionary does not know.
    """
    if isinstance(data, dict) and data.keys() == {"type", "value"} and (attribute is None or attribute.value is None):
        kind = _int(data["type"], part)
        if not 0 <= kind <= 0xFF:
            raise _form("a type of 8 bits", kind, part)
        return RawValue(kind, _bytes(data["value"], part))
    if attribute is None or attribute.value is None:
        raise _form('{"type": number, "value": base64}, since the type is not declared', data, part)
    value = attribute.value
    if isinstance(value, Enum) and isinstance(data, str):
        member = value.enumeration.from_label(data)
        if member is None:
            raise _form(f"a name of {value.enumeration.__name__}, or a number", data, part)
        return member
    if isinstance(value, Enum):
        return value.enumeration(_int(data, part))
    if value.kind is Kind.LIST:
        return _list_from(data, part, 1)
    if value.kind is Kind.BINARY:
        marked = _object(data, part)
        if marked.keys() != {"$binary"}:
            raise _form('{"$binary": base64}', data, part)
        return _bytes(marked["$binary"], part)
    if value.kind in INTEGERS:
        return _int(data, part)
    return _text_from(data, part)


def _text_from(data: object, part: str) -> str:
    if isinstance(data, str):
        return data
    if isinstance(data, dict) and data.keys() == {"$string"}:
        return _bytes(data["$string"], part).decode("utf-8", "surrogateescape")
    raise _form("a string", data, part)


def _list_from(data: object, part: str, depth: int) -> KVList:
    if depth > DEEPEST_LIST:
        raise LimitExceeded("list-too-deep", expected=f"at most {DEEPEST_LIST} levels", actual=f"level {depth}")
    pairs: Iterable[tuple[object, object]]
    if isinstance(data, dict):
        pairs = data.items()
    elif isinstance(data, list) and all(isinstance(pair, list) and len(pair) == 2 for pair in data):
        pairs = ((pair[0], pair[1]) for pair in data)
    else:
        raise _form("an object, or an array of [key, value] pairs", data, part)
    found: list[tuple[str, Any]] = []
    for name, value in pairs:
        key = _text_from(name, part)
        try:
            found.append((key, _pair_from(value, depth)))
        except DecodeError as error:
            raise error.within(f"[{quote(key)}]", part) from None
    return KVList(found)


def _pair_from(data: object, depth: int) -> Any:
    if isinstance(data, str):
        return data
    if isinstance(data, int) and not isinstance(data, bool):
        return data
    if isinstance(data, dict) and len(data) == 1:
        mark, marked = next(iter(data.items()))
        if mark == "$unicode" and isinstance(marked, str):
            return Unicode(marked)
        if mark == "$binary":
            return _bytes(marked, "")
        if mark == "$string":
            return _text_from(data, "")
    if isinstance(data, dict) and any(key[:1] == "$" for key in data):
        raise _form("$binary, $string or $unicode, or a list whose keys have no $", data)
    if isinstance(data, dict | list):
        return _list_from(data, "", depth + 1)
    raise _form("a string, an integer, a list, or $binary, $string, $unicode", data)


def _malformed_from(data: object) -> MalformedFrame:
    part = ".$malformed"
    given = _object(data, part)
    texts = {key: given.get(key, "") for key in ("code", "path", "expected", "actual")}
    for key, text in texts.items():
        if not isinstance(text, str):
            raise _form("a string", text, f"{part}.{key}")
    formats()  # the code may be one of any format's
    if texts["code"] not in CODES:
        raise _form("a code of docs/errors.md", texts["code"], f"{part}.code")
    offset = None if given.get("offset") is None else _int(given["offset"], part)
    error: DecodeError
    if texts["code"].startswith("truncated"):
        sizes = _TRUNCATED.fullmatch(f"{texts['expected']}/{texts['actual']}")
        if sizes is None:
            raise _form("'<needed> bytes' expected and '<available>' actual", texts["expected"], part)
        error = Truncated(texts["code"], needed=int(sizes[1]), available=int(sizes[2]), offset=offset or 0).within(texts["path"])
    else:
        kind = LimitExceeded if texts["code"] in _BEYOND_LIMITS else Malformed
        error = kind(texts["code"], offset=offset, expected=texts["expected"], actual=texts["actual"], parts=(texts["path"],))
    return MalformedFrame(_int(given.get("start", 0), part), _bytes(given.get("frame"), part), error)


def _object(data: object, part: str) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise _form("an object", data, part)
    return data


def _int(data: object, part: str) -> int:
    if isinstance(data, int) and not isinstance(data, bool):
        return data
    if isinstance(data, str) and _DIGITS.fullmatch(data):  # as proto3 JSON does for 64 bits
        return int(data)
    raise _form("an integer", data, part)


def _bytes(data: object, part: str) -> bytes:
    try:
        return base64.b64decode(data, validate=True)  # type: ignore[arg-type]
    except (binascii.Error, ValueError, TypeError):
        raise _form("base64", data, part) from None


def _form(expected: str, actual: object, part: str = "") -> Malformed:
    shown = quote(actual) if isinstance(actual, str) else _SHOWN.get(type(actual), type(actual).__name__)
    if isinstance(actual, int) and not isinstance(actual, bool):
        shown = str(actual)
    return Malformed("json-form", expected=expected, actual=shown, parts=(part,) if part else ())


_SHOWN = {type(None): "null", dict: "an object", list: "an array", bool: "true or false", float: "a fraction"}
