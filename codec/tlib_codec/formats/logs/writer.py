"""Writes events as log text: T-Server form and Platform SDK form.

For simulators and tests: a written message reads back as the same item. A log is not lossless by
nature, though: quotes inside a value are not escaped, so text that looks like the log's own lines
reads back as those; Unicode pairs read back as String; Server is never printed where an event's
table lists it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any, NamedTuple

from tlib_schemas import wire
from tlib_schemas.enumerations import AttributeID, MessageType
from tlib_schemas.errors import DecodeError, EncodeError
from tlib_schemas.events import UnknownEvent
from tlib_schemas.kinds import Kind, WireType
from tlib_schemas.registry import Item, Registry
from tlib_schemas.tlibrary import TLIBRARY
from tlib_schemas.values import KVList, RawValue

from .context import messages_with_server
from .values import looks_hex

# A T-Server prints these before all others.
_FIRST = (AttributeID.EventSequenceNumber, AttributeID.TimeinuSecs, AttributeID.TimeinSecs)
_TIME = (AttributeID.TimeinuSecs, AttributeID.TimeinSecs)


def tserver_text(
    item: Item, time: dt.datetime, *, registry: Registry = TLIBRARY, how: str = "distribute_event", version: str = "8.1.101.25"
) -> str:
    """Return a message in T-Server form, header and closing empty line included.

    `time` is that of the log line, in the server's local time; `how` the words of the header, such as
    ``distribute call/party event`` or ``send_to_client``.

    Raises EncodeError where a value does not fit its attribute, or has a type that no log prints.
    """
    name, values = _laid_out(item, registry)
    lines = [f"@{time:%H:%M:%S}.{time.microsecond // 100:04d} [0] {version} {how}: message {name}"]
    lines += tserver_lines(values, time, registry=registry)
    return "\n".join([*lines, "", ""])


def tserver_lines(values: dict[int, Any], time: dt.datetime, *, registry: Registry = TLIBRARY) -> Iterator[str]:
    """Yield the lines of attributes by id, without header and end. Raises EncodeError."""
    for number in sorted(values, key=lambda i: _FIRST.index(i) if i in _FIRST else len(_FIRST)):
        name = registry.attribute_name(number)
        printed = _printed(number, values[number], registry, _TSERVER.quote)
        if isinstance(printed, KVList):
            packed = wire.KVList.pack(printed)
            yield f"\tAttribute{name}\t[{len(packed)}] {packed[:4].hex(' ')}.."
            yield from _pairs(printed, _TSERVER)
        else:
            remark = f" ({time:%H:%M:%S})" if number == AttributeID.TimeinSecs else ""
            yield f"\tAttribute{name}\t{printed}{remark}"


def platform_sdk_text(item: Item, *, registry: Registry = TLIBRARY) -> str:
    """Return a message in Platform SDK form, closing empty line included.

    Raises EncodeError as `tserver_text` does, and for a message without a number.
    """
    number, values = registry.lay_out(item)
    name = _named(number, values, registry)
    lines = [f"'{name}' ('{number}')", "message attributes:"]
    if _TIME[1] in values:
        lines.append("Time            = ComplexClass(TimeStamp):")
        lines += ["\t" + line for i in _TIME if i in values for line in _platform_lines(i, values[i], registry)]
    for i, value in values.items():
        if i not in _TIME or _TIME[1] not in values:
            lines += _platform_lines(i, value, registry)
    return "\n".join([*lines, "", ""])


def _laid_out(item: Item, registry: Registry) -> tuple[str, dict[int, Any]]:
    if isinstance(item.message, str) and item.message not in registry.messages:
        # a message whose number is not public: in this form, its name is enough
        return item.message, registry.lay_out(UnknownEvent(0, item.attributes))[1]
    number, values = registry.lay_out(item)
    return _named(number, values, registry), values


def _named(number: int, values: dict[int, Any], registry: Registry) -> str:
    """Return the message's printed name; remove the values that are not printed."""
    if number in messages_with_server(registry):
        values.pop(AttributeID.Server, None)
    return registry.message_name(number) or str(number)


def _printed(number: int, value: Any, registry: Registry, quote: str) -> str | KVList:
    """Return a value as it is printed on its attribute's line; a list as itself. Raises EncodeError."""
    try:
        return _print(number, value, registry, quote)
    except EncodeError as error:
        raise error.within(f".{registry.attribute_name(number)}") from None


def _print(number: int, value: Any, registry: Registry, quote: str) -> str | KVList:
    if isinstance(value, RawValue):
        declared = _RAW.get(value.type)
        if declared is None:
            raise EncodeError("value-type", expected="a type that logs print", actual=f"type {value.type}")
        try:
            value = declared.unpack(value.value)
        except DecodeError as error:
            raise EncodeError("value-range", expected=error.expected, actual=error.actual) from None
    else:
        attribute = registry.dictionary.get(number)
        if attribute is None or attribute.value is None:
            raise EncodeError("value-type", expected="RawValue, since the attribute's type is not declared", actual=type(value).__name__)
        declared = attribute.value
        declared.pack(value)
    match declared.kind:
        case Kind.LIST:
            return KVList(value)
        case Kind.HEX:
            return str(value)
        case Kind.LONG:
            return _long(value)
        case Kind.UINT | Kind.SINT | Kind.ENUM:
            # the one enumeration that is printed by name
            label = value.label if isinstance(value, MessageType) else None
            return label or str(value % (1 << 32))
        case Kind.BINARY:
            return _bytes(value)
        case Kind.OTHER:
            return _bytes(declared.pack(value))
    return f"{quote}{value}{quote}"


_RAW: dict[int, wire.Value] = {value.wire_type: value for value in (wire.String, wire.Int, wire.Binary, wire.KVList, wire.Long)}


def _long(value: int) -> str:
    digits = f"{value:016x}"
    return digits if looks_hex(digits) else str(value)


def _bytes(value: bytes) -> str:
    return " ".join([f"[{len(value)}]", *(f"{byte:02x}" for byte in value)])


class _Form(NamedTuple):
    """The way a kind of log prints pairs: the quote around a text, and the separator between the key and each kind of value."""

    quote: str
    text: str
    number: str
    data: str
    list: str


_TSERVER = _Form("'", "\t", "\t", "\t", "(list) ")
_PLATFORM = _Form('"', " [str] = ", " [int] = ", " [bstr] = ", " [bstr] = KVList: ")


def _pairs(kv: KVList, form: _Form, indent: str = "\t\t") -> Iterator[str]:
    for key, value in kv:
        before = f"{indent}'{key}'"
        match value:
            case KVList():
                yield before + form.list
                yield from _pairs(value, form, indent + "\t")
            case str():
                yield f"{before}{form.text}{form.quote}{value}{form.quote}"
            case int():
                yield f"{before}{form.number}{value}"
            case _:
                yield f"{before}{form.data}{_bytes(value)}"


_TYPES: dict[int, str] = {WireType.String: "str", WireType.Int: "int", WireType.Long: "long"}


def _platform_lines(number: int, value: Any, registry: Registry) -> Iterator[str]:
    printed = _printed(number, value, registry, _PLATFORM.quote)
    kind = _TYPES.get(value.type if isinstance(value, RawValue) else _wire_type(number, registry), "bstr")
    yield f"Attribute{registry.attribute_name(number)} [{kind}] = {'KVList: ' if isinstance(printed, KVList) else printed}"
    if isinstance(printed, KVList):
        yield from _pairs(printed, _PLATFORM)


def _wire_type(number: int, registry: Registry) -> int:
    value = registry.dictionary[number].value
    assert value is not None  # or it would not have been printed
    return value.wire_type
