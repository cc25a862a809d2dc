"""protobuf: a message with every field of the event's table, its descriptor made by protobuf's own API.

Strategy: two peers. FromString alone leaves the values inside the message; the other reads every
field and every pair out of it, which is when protobuf makes Python objects. Enumerations stay the numbers
that protobuf gives.
"""

from __future__ import annotations

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from benchmarks.events import Column, Kind, Values, plain, table
from benchmarks.peers import Peer
from tlib_codec import Event

_Field = descriptor_pb2.FieldDescriptorProto
_PACKAGE = "benchmark"
_TYPES = {
    Kind.TEXT: _Field.TYPE_STRING,
    Kind.UINT32: _Field.TYPE_UINT32,
    Kind.UINT64: _Field.TYPE_UINT64,
    Kind.ENUM: _Field.TYPE_ENUM,
    Kind.LIST: _Field.TYPE_MESSAGE,
}
# a pair's value: one of these
_PAIR = {"text": _Field.TYPE_STRING, "number": _Field.TYPE_SINT32, "data": _Field.TYPE_BYTES, "unicode": _Field.TYPE_STRING}


def _pair_and_list(file: descriptor_pb2.FileDescriptorProto) -> None:
    pair = file.message_type.add(name="Pair")
    pair.field.add(name="key", number=1, type=_Field.TYPE_STRING, label=_Field.LABEL_OPTIONAL)
    pair.oneof_decl.add(name="value")
    for number, (name, kind) in enumerate(_PAIR.items(), 2):
        pair.field.add(name=name, number=number, type=kind, label=_Field.LABEL_OPTIONAL, oneof_index=0)
    pair.field.add(
        name="pairs", number=9, type=_Field.TYPE_MESSAGE, type_name=f".{_PACKAGE}.List", label=_Field.LABEL_OPTIONAL, oneof_index=0
    )
    pairs = file.message_type.add(name="List")
    pairs.field.add(name="pairs", number=1, type=_Field.TYPE_MESSAGE, type_name=f".{_PACKAGE}.Pair", label=_Field.LABEL_REPEATED)


def _add(file: descriptor_pb2.FileDescriptorProto, message: descriptor_pb2.DescriptorProto, number: int, column: Column) -> None:
    field = message.field.add(name=column.label, number=number, type=_TYPES[column.kind], label=_Field.LABEL_OPTIONAL)
    field.proto3_optional = True
    field.oneof_index = len(message.oneof_decl)
    message.oneof_decl.add(name=f"_{column.label}")
    if column.kind is Kind.LIST:
        field.type_name = f".{_PACKAGE}.List"
    if column.enumeration is not None:
        enumeration = file.enum_type.add(name=column.enumeration.__name__)
        for member in column.enumeration:
            enumeration.value.add(name=f"{column.enumeration.__name__}_{member.name}", number=member.value)
        field.type_name = f".{_PACKAGE}.{enumeration.name}"


def message_class(event: Event) -> Any:
    """The generated class of the event's message."""
    file = descriptor_pb2.FileDescriptorProto(name="benchmark.proto", package=_PACKAGE, syntax="proto3")
    _pair_and_list(file)
    message = file.message_type.add(name="Event")
    for number, column in enumerate(table(event), 1):
        _add(file, message, number, column)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.Event"))


def _fill(target: Any, pairs: list[Any]) -> None:
    target.SetInParent()
    for key, value in pairs:
        pair = target.pairs.add(key=key)
        if isinstance(value, list):
            _fill(pair.pairs, value)
        else:
            setattr(pair, "text" if isinstance(value, str) else "number", value)


def _pairs(pairs: Any) -> list[Any]:
    found = []
    for pair in pairs:
        name = pair.WhichOneof("value")
        found.append([pair.key, _pairs(pair.pairs.pairs) if name == "pairs" else getattr(pair, name)])
    return found


def peers(event: Event) -> list[Peer]:
    cls = message_class(event)
    message = cls()
    lists = frozenset(column.label for column in table(event) if column.kind is Kind.LIST)
    for name, value in plain(event).items():
        if name in lists:
            _fill(getattr(message, name), value)
        else:
            setattr(message, name, value)
    from_string = cls.FromString

    def read(found: Any) -> Values:
        return {field.name: _pairs(value.pairs) if field.name in lists else value for field, value in found.ListFields()}

    def decode(data: bytes) -> Values:
        return read(from_string(data))

    encoded = message.SerializeToString()
    return [
        Peer("protobuf, message", encoded, from_string, read, cls.SerializeToString, message),
        Peer("protobuf, message with all fields read", encoded, decode, dict),
    ]
