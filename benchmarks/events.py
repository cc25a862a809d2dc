"""The two events that every peer carries, and their table in plain terms.

Strategy: two sizes that stand for the traffic. SMALL has only what a new call usually carries; LARGE
has twelve attributes, among them user data of eight pairs with a list inside and the links that a
client gets when it resynchronises. Both are written as events, so that their frames follow the
format whatever becomes of it. A peer that needs a schema makes it from `table`, so no peer can
leave an attribute out; `plain` is what each of them must have found.
"""

from __future__ import annotations

import enum
from typing import Any, NamedTuple

import msgspec

from tlib_codec import Event, EventCallCreated, KVList, TCallType, encode
from tlib_schemas import wire

SMALL = EventCallCreated(
    call_uuid="01FES9JKSOFQLEKK3CSH5B5AES00JV1U",
    conn_id="006c02462a161006",
    ani="5551000",
)

LARGE = EventCallCreated(
    call_uuid="01FES9JKSOFQLEKK3CSH5B5AES00JV1U",
    is_link_list=KVList({"Boston": "01FES9JKSOFQLEKK3CSH5B5AES00JV1T", "Leipzig": 272}),
    conn_id="006c02462a161006",
    call_type=TCallType.Inbound,
    call_id=40_312,
    node_id=1,
    network_call_id=7_700_412_905_331,
    network_node_id=3,
    ani="+14155551000",
    dnis="8005550199",
    user_data=KVList(
        {
            "RTargetAgentGroup": "VAG_Skill1",
            "RTR": 115,
            "Segment": "Gold",
            "CustomerNumber": "0049123456789",
            "Language": "de-DE",
            "Queue": "vq_billing",
            "SkillExpression": "Billing > 5",
            "ORSI": {
                "Session": "7HP3JO1A2T2VB8G4KT3K8UQ1MC00001V",
                "Node": 272,
                "Url": "http://ors:7005",
            },
        }
    ),
    customer_id="Environment",
)

EVENTS: dict[str, Event] = {"small": SMALL, "large": LARGE}
FRAMES: dict[str, bytes] = {name: encode(event) for name, event in EVENTS.items()}

Values = dict[str, Any]
"""Attributes by the specification's names; enumerations as numbers, lists as lists of [key, value]."""


class Kind(enum.Enum):
    """What an attribute's value is, as far as a schema of another format must know."""

    TEXT = "text"
    UINT32 = "u32"
    UINT64 = "u64"
    ENUM = "enumeration"
    LIST = "key-value list"


class Column(NamedTuple):
    """A row of an event's table: Python name, specification's name, kind, presence, attribute id."""

    field: str
    label: str
    kind: Kind
    mandatory: bool
    id: int
    enumeration: type[enum.IntEnum] | None


_KINDS = {str: Kind.TEXT, int: Kind.UINT32, KVList: Kind.LIST}


def table(event: Event) -> list[Column]:
    """Every field of the event's table, in the table's order."""
    found = []
    for field in type(event).__schema__.fields:
        ((_, attribute),) = field.attributes
        value = attribute.value
        assert value is not None
        enumeration = value.enumeration if isinstance(value, wire.Enum) else None
        kind = Kind.ENUM if enumeration else Kind.UINT64 if value is wire.Long else _KINDS[value.python]
        found.append(Column(field.name, field.label, kind, field.mandatory, attribute.id, enumeration))
    return found


def present(event: Event) -> list[Column]:
    """The rows of the table that this event has."""
    return [column for column in table(event) if getattr(event, column.field) is not None]


def pairs(kv: KVList) -> list[list[Any]]:
    """A key-value list as lists."""
    return [[key, pairs(value) if isinstance(value, KVList) else value] for key, value in kv]


def plain(event: Event) -> Values:
    """The event without any class of ours."""
    values: Values = {}
    for column in present(event):
        value = getattr(event, column.field)
        values[column.label] = pairs(value) if column.kind is Kind.LIST else int(value) if column.kind is Kind.ENUM else value
    return values


def many(event: Event, count: int) -> list[Event]:
    """`count` events like `event`, each a call of its own: same sizes, other numbers."""
    changed = {"conn_id", "call_id", "ani"} & {column.field for column in present(event)}
    found = []
    for i in range(count):
        new = {"conn_id": f"{0x6C0246_0000_0000 + i:016x}", "call_id": 40_312 + i, "ani": f"{5_551_000 + i:07}"}
        found.append(msgspec.structs.replace(event, **{name: new[name] for name in changed}))
    return found
