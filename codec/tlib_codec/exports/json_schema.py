"""Build the JSON Schema (draft 2020-12) of the objects that `tlib_codec.formats.jsonl` writes.

Strategy: an attribute has one type in all events, so ``$defs/attributes`` defines each type once. An event refers to it
and adds its table: the Mandatory attributes, and the footnotes of severity ERROR. Warnings (shapes, advice) are not in
the schema, since an object with warnings is valid. Everything derives from the registry.

Known weakness: it describes the objects that the codec *writes*. The reader accepts a little more (the parts of a
composite may replace the whole).
"""

from __future__ import annotations

import re
from typing import Any, Final, TypeAlias

from tlib_schemas.declare import Composite, Field
from tlib_schemas.enumerations import OpenEnum
from tlib_schemas.errors import SCHEMA_CODES, Severity
from tlib_schemas.events import Event
from tlib_schemas.kinds import INTEGERS, Kind
from tlib_schemas.registry import Registry
from tlib_schemas.rules import Circumstance, Rule, While
from tlib_schemas.schema import EventSchema
from tlib_schemas.tlibrary import TLIBRARY
from tlib_schemas.wire import Attribute, Enum, Value

Schema: TypeAlias = dict[str, Any]

_BASE64: Final[Schema] = {"type": "string", "contentEncoding": "base64", "pattern": "^[A-Za-z0-9+/]*={0,2}$"}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _closed(properties: Schema, required: list[str] | None = None) -> Schema:
    """Return an object of these properties and no others; all of them are required unless said otherwise."""
    needed = list(properties) if required is None else required
    return {"type": "object", "properties": properties, "required": needed, "additionalProperties": False}


def _integer(bits: int, *, signed: bool) -> Schema:
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
    return {"type": "integer", "minimum": low, "maximum": high}


# The types that are the same in every protocol.
_TYPES: Final[dict[str, Schema]] = {
    "text": {
        "description": 'A text; {"$string": base64} where its bytes are not UTF-8.',
        "anyOf": [{"type": "string"}, _closed({"$string": _BASE64})],
    },
    "binary": {"description": "Bytes.", **_closed({"$binary": _BASE64})},
    "list": {
        "description": "A key-value list: an object where its keys are unique and plain, else an array of [key, value] pairs.",
        "anyOf": [
            {"type": "object", "propertyNames": {"pattern": "^([^$]|$)"}, "additionalProperties": _ref("value")},
            {"type": "array", "items": {"type": "array", "prefixItems": [_ref("text"), _ref("value")], "items": False, "minItems": 2}},
        ],
    },
    "value": {
        "description": "A value in a key-value list.",
        "anyOf": [_ref("text"), _integer(32, signed=True), _ref("list"), _ref("binary"), _closed({"$unicode": {"type": "string"}})],
    },
    "raw": {
        "description": "An attribute whose type is not declared: its wire type and its bytes.",
        **_closed({"type": _integer(8, signed=False), "value": _BASE64}),
    },
    "violation": {
        "type": "object",
        "properties": {
            "code": {"enum": list(SCHEMA_CODES)},
            "severity": {"enum": [severity.value for severity in Severity]},
            "offset": {"type": "integer", "minimum": 0},
            **{key: {"type": "string"} for key in ("path", "expected", "actual", "footnote")},
        },
        "required": ["code", "severity", "path"],
    },
}


def json_schema(event: type[Event] | str | int | None = None, *, registry: Registry = TLIBRARY) -> Schema:
    """Return the JSON Schema of one event, or, without `event`, of any event of the registry.

    `event` is a class, name or message number. What `jsonl.dumps` writes for a valid event
    validates; an object without a Mandatory attribute, or that breaks a footnote of severity ERROR,
    does not. Raises LookupError where the registry has no such event.
    """
    classes = registry.events if event is None else registry.events_of(event)
    definitions: dict[str, Schema] = {**_TYPES, "attributes": _attributes(registry)}
    for attribute in registry.dictionary.values():
        if isinstance(attribute.value, Enum):
            definitions[attribute.value.enumeration.__name__] = _enumeration(attribute.value)
    definitions.update((cls.__name__, _event(cls)) for cls in classes)
    top: Schema = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    if event is None:
        top |= {"title": f"{registry.name} event", "anyOf": [_ref(cls.__name__) for cls in classes]}
    elif len(classes) == 1:
        top |= {"title": classes[0].__name__, **_ref(classes[0].__name__)}
    else:
        top |= {"title": classes[0].__schema__.name, "anyOf": [_ref(cls.__name__) for cls in classes]}
    return {**top, "$defs": definitions}


def _attributes(registry: Registry) -> Schema:
    """Return the schema of an object of the registry's attributes, known and unknown, besides ``$`` members."""
    properties: Schema = {"Event": {"type": ["string", "integer"]}}
    for attribute in registry.dictionary.values():
        properties.update(dict.fromkeys((attribute.name, *attribute.aliases), _attribute(attribute)))
    properties.update((label, _field(field)) for label, field in registry.composites.items())
    properties["$time"] = {"type": "string", "format": "date-time"}
    properties["$source"] = {"type": "object"}
    properties["$violations"] = {"type": "array", "items": _ref("violation")}
    return {
        "type": "object",
        "properties": properties,
        "patternProperties": {"^#[0-9]{1,5}$": _ref("raw"), r"^\$": True},
        "additionalProperties": False,
    }


def _event(cls: type[Event]) -> Schema:
    table = cls.__schema__
    properties: Schema = {"Event": {"enum": [table.name, table.message]}}
    for field in table.fields:
        notes = [note.text for note in table.footnotes if note.field == field.name]
        properties[field.label] = {**_field(field), **({"description": " ".join(notes)} if notes else {})}
    document: Schema = {
        **_ref("attributes"),
        "description": (cls.__doc__ or table.name).partition("\n")[0],
        "properties": properties,
        "required": ["Event", *(field.label for field in table.fields if field.mandatory)],
    }
    if table.deprecated:
        document["deprecated"] = True
    broken = [_broken(rule, table) for rule in table.rules if rule.severity is Severity.ERROR]
    if table.when is not None:
        broken.append(_elsewhere(table.when, table.by_name[table.when.field].label))
    if broken:
        document["allOf"] = [{"not": {"allOf": conditions}} for conditions in broken]
    return document


def _elsewhere(when: Circumstance, label: str) -> list[Schema]:
    """Return the conditions that hold together where another table judges the object; of a text that is not UTF-8 both may."""
    present = {"required": [label]}
    ends = {"type": "string", "pattern": f"{re.escape(when.suffix)}$"}
    if when.ends:
        return [present, {"properties": {label: {"type": "string", "not": ends}}}]
    return [{"not": {"allOf": [present, {"properties": {label: {"not": ends}}}]}}]


def _broken(rule: Rule, table: EventSchema) -> list[Schema]:
    """Return the conditions that hold together where `rule` is broken."""
    subject = {"required": [table.by_name[rule.field].label]}
    conditions: list[Schema] = [subject if rule.present else {"not": subject}]
    if rule.test is While.ALWAYS:
        return conditions
    other = table.by_name[rule.other]
    given = {"required": [other.label]}
    if rule.test is While.ABSENT:
        return [*conditions, {"not": given}, *({"not": {"required": [table.by_name[name].label]}} for name in rule.also)]
    listed = {"properties": {other.label: {"enum": _spellings(rule.values, other.attributes[0][1].value)}}}
    return [*conditions, given, listed if rule.test is While.IN else {"not": listed}]


def _spellings(values: frozenset[int], value: Value | None) -> list[str | int]:
    numbers = sorted(int(number) for number in values)
    if not isinstance(value, Enum):
        return [*numbers]
    return [*numbers, *(label for label in _labels(value.enumeration) if value.enumeration.from_label(label) in values)]


def _labels(enumeration: type[OpenEnum]) -> list[str]:
    return [name.rstrip("_") for name in enumeration.__members__]


def _enumeration(value: Enum) -> Schema:
    return {
        "description": "A name, or any number.",
        "anyOf": [{"enum": _labels(value.enumeration)}, _integer(32, signed=value.signed)],
    }


def _field(field: Field) -> Schema:
    if field.composite is None:
        return _attribute(field.attributes[0][1])
    parts = {attribute.name: _attribute(attribute) for _, attribute in field.attributes}
    needed = [attribute.name for _, attribute in field.attributes if attribute.id in field.needed]
    whole = {**_closed(parts, needed), "minProperties": 1}
    has_text = field.composite.to_text is not Composite.to_text
    return {"anyOf": [{"type": "string"}, whole]} if has_text else whole


def _attribute(attribute: Attribute) -> Schema:
    value = attribute.value
    if value is None:
        return _ref("raw")
    if isinstance(value, Enum):
        return _ref(value.enumeration.__name__)
    return _SCHEMAS[value.kind] if value.standard else _FREE.get(value.kind, _SCHEMAS[value.kind])


def _number(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "string", "pattern": "^-?[0-9]{1,20}$"}]}


_SCHEMAS: Final[dict[Kind, Schema]] = {
    Kind.TEXT: _ref("text"),
    Kind.UINT: _number(_integer(32, signed=False)),
    Kind.SINT: _number(_integer(32, signed=True)),
    Kind.LONG: _number(_integer(64, signed=False)),
    Kind.HEX: {"type": "string", "pattern": "^[0-9a-fA-F]{16}$"},
    Kind.BINARY: _ref("binary"),
    Kind.LIST: _ref("list"),
    Kind.OTHER: _ref("text"),
}
# A construct of the user's own sets the bounds of its numbers itself.
_FREE: Final[dict[Kind, Schema]] = dict.fromkeys(INTEGERS, _number({"type": "integer"}))
