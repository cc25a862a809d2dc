"""asn1tools: a SEQUENCE with every field of the event's table, in aligned PER.

Strategy: the specification is written as text and compiled once. Values come as a dict; a pair's value
is a CHOICE.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import asn1tools

from benchmarks.events import Kind, Values, plain, table
from benchmarks.peers import Peer
from tlib_codec import Event

_TYPES = {
    Kind.TEXT: "UTF8String",
    Kind.UINT32: "INTEGER (0..4294967295)",
    Kind.UINT64: "INTEGER (0..18446744073709551615)",
    Kind.ENUM: "INTEGER (0..4294967295)",
    Kind.LIST: "List",
}
_SPECIFICATION = """
Benchmark DEFINITIONS AUTOMATIC TAGS ::= BEGIN
Event ::= SEQUENCE {{ {fields} }}
List ::= SEQUENCE OF Pair
Pair ::= SEQUENCE {{ key UTF8String, value Value }}
Value ::= CHOICE {{
    text UTF8String, number INTEGER (-2147483648..2147483647), data OCTET STRING, unicode UTF8String, pairs List
}}
END
"""


def _name(label: str) -> str:
    return label[0].lower() + label[1:]  # ASN.1 wants a small letter


def _choices(pairs: list[Any]) -> list[Any]:
    return [{"key": key, "value": _choice(value)} for key, value in pairs]


def _choice(value: Any) -> tuple[str, Any]:
    if isinstance(value, list):
        return "pairs", _choices(value)
    return ("text" if isinstance(value, str) else "number"), value


def _pairs(found: list[Any]) -> list[Any]:
    return [[pair["key"], _pairs(pair["value"][1]) if pair["value"][0] == "pairs" else pair["value"][1]] for pair in found]


def peers(event: Event) -> list[Peer]:
    columns = table(event)
    fields = ", ".join(f"{_name(c.label)} {_TYPES[c.kind]}{'' if c.mandatory else ' OPTIONAL'}" for c in columns)
    compiled = asn1tools.compile_string(_SPECIFICATION.format(fields=fields), "per")
    labels = {_name(c.label): c.label for c in columns}
    lists = {c.label for c in columns if c.kind is Kind.LIST}
    made = {_name(name): _choices(value) if name in lists else value for name, value in plain(event).items()}

    def values(found: Any) -> Values:
        return {labels[name]: _pairs(value) if labels[name] in lists else value for name, value in found.items()}

    encode = partial(compiled.encode, "Event")
    return [Peer("asn1tools, PER", encode(made), partial(compiled.decode, "Event"), values, encode, made)]
