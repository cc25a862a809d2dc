"""The JSON Schema export: what `jsonl` writes validates, what breaks an event's table does not."""

import json
from typing import Annotated

import pytest
from hypothesis import given
from jsonschema import Draft202012Validator

from tlib_codec import (
    TLIBRARY,
    Attribute,
    Attributes,
    CallHistory,
    Event,
    EventCallCreated,
    EventCallDeleted,
    EventReleased,
    KVList,
    OpenEnum,
    RawValue,
    Registry,
    SchemaViolation,
    Severity,
    TCallState,
    TCallType,
    TCause,
    Timestamp,
    TReliability,
    Unicode,
    event,
)
from tlib_codec.exports.json_schema import json_schema
from tlib_codec.formats import jsonl
from tlib_fuzz.strategies import events
from tlib_schemas import wire
from tlib_schemas.attributes import abstract_dn, ordinary_dn

UUID = "01FES9JKSOFQLEKK3CSH5B5AES00JV1U"
CONN = "006c02462a161006"
SPECIAL = KVList(
    [
        ("twice", "a"),
        ("twice", -1),
        ("$mark", b"\xff"),
        ("\udcff", Unicode("ü")),
        ("", "\udcfe"),
        ("nested", KVList({"deeper": KVList(), "n": 2**31 - 1})),
    ]
)
RELEASED = {
    "call_id": 7,
    "call_state": TCallState.Ok,
    "call_type": TCallType.Inbound,
    "conn_id": CONN,
    "server": 3,
    "this_dn": "Switch::",
    "reliability": TReliability(99),
    "time": Timestamp(seconds=1_432_917_924, microseconds=594_200),
}
VALID = [
    EventCallCreated(call_uuid=UUID, conn_id=CONN),
    EventCallCreated(call_uuid="ill-shaped", conn_id=CONN, call_type=TCallType(77), user_data=SPECIAL, dnis="\udcc3"),
    EventCallCreated(
        call_uuid=UUID,
        conn_id=CONN,
        network_call_id=2**64 - 1,
        extra=Attributes(
            {
                "#200": RawValue(7, b"\x00"),
                "TimeinuSecs": 5,
                "InputMask": b"\x01",
                "ReferenceID": -1,
                "CLID": RawValue(0, b"x"),
                "Reasons": KVList({"$unicode": "x"}),
            }
        ),
    ),
    EventCallDeleted(call_uuid=UUID, conn_id=CONN, cause=TCause.Transfer, ref_conn_id=CONN, ref_call_uuid=UUID),
    EventCallDeleted(call_uuid=UUID, conn_id=CONN, ref_conn_id=CONN),
    EventReleased(**RELEASED),
    EventReleased(
        **{**RELEASED, "time": Timestamp(seconds=5, microseconds=4_000_000)},
        call_history=CallHistory(last_transfer_orig_dn="700", first_transfer_conn_id=CONN),
    ),
]


def errors(data, of=None, registry=TLIBRARY):
    return [e.message for e in Draft202012Validator(json_schema(of, registry=registry)).iter_errors(data)]


def as_json(item):
    return json.loads(jsonl.dumps(item))


@pytest.mark.parametrize("of", [None, *TLIBRARY.events])
def test_is_a_schema(of):
    Draft202012Validator.check_schema(json_schema(of))


@pytest.mark.parametrize("item", VALID, ids=lambda item: type(item).__name__)
def test_what_is_written_validates(item):
    data = jsonl.to_data(item)
    assert json.loads(jsonl.dumps(item)) == data
    assert errors(data, type(item)) == []
    assert errors({**data, "$source": {"file": "a.log"}, "$note": 1}) == []


def test_an_event_is_chosen_by_class_name_and_number():
    number = EventCallDeleted.message
    assert json_schema(EventCallDeleted) == json_schema("EventCallDeleted") == json_schema(number)
    assert errors({"Event": number, "CallUUID": UUID, "ConnID": CONN}, number) == []
    with pytest.raises(LookupError, match="EventCallDeleted"):
        json_schema("EventCallDelete")


@pytest.mark.parametrize(
    ("cls", "label"),
    [
        (cls, row.name)
        for cls in TLIBRARY.events
        for row in cls.__schema__.rows
        if row.mandatory and row.ids and not (row.name == "ThisDN" and cls.__schema__.when == ordinary_dn("this_dn"))
    ],
)
def test_a_missing_mandatory_attribute_is_refused(cls, label):
    data = complete(cls)
    assert errors(data, cls) == errors(data) == []
    del data[label]
    assert errors(data, cls) == [f"{label!r} is a required property"]
    assert errors(data) != []


def complete(cls):
    """The least object of an event, from its table."""
    samples = {"text": "x", "list": {}}
    schema = json_schema(cls)["$defs"][cls.__name__]
    found = {"Event": cls.__schema__.name} | {"EventAgentReserved": {"Place": "x"}}.get(cls.__name__, {})
    for label in schema["required"][1:]:
        kind = schema["properties"][label]
        if "pattern" in kind:
            found[label] = CONN
        elif "$ref" in kind:
            found[label] = samples.get(kind["$ref"].rpartition("/")[2], 0)
            if label == "ThisDN" and cls.__schema__.when == abstract_dn("this_dn"):
                found[label] = "x::"
        else:
            found[label] = "1970-01-01T00:00:05Z" if label == "time" else 1
    return found


BASE = {"Event": "EventCallCreated", "CallUUID": UUID, "ConnID": CONN}


@pytest.mark.parametrize(
    "change",
    [
        {"Event": "EventDNDOn"},
        {"ConnID": "6c02462a161006"},
        {"CallType": "Inbund"},
        {"CallType": -1},
        {"CallType": 2**32},
        {"CallID": -1},
        {"CallID": True},
        {"CallID": "12x"},
        {"NetworkCallID": 2**64},
        {"ReferenceID": 2**31},
        {"DNIS": 5},
        {"DNIS": {"$string": "not base64!"}},
        {"UserData": None},
        {"UserData": {"a": 1.5}},
        {"UserData": {"a": True}},
        {"UserData": {"a": 2**31}},
        {"UserData": {"$a": "x"}},
        {"UserData": {"a": {"$binary": 1}}},
        {"UserData": [["a"]]},
        {"UserData": [["a", 1, 2]]},
        {"UserData": [[1, 1]]},
        {"InputMask": "x"},
        {"#200": "x"},
        {"#200": {"type": 256, "value": ""}},
        {"Unheard": "x"},
        {"time": {}},
        {"time": {"TimeinuSecs": 1}},
        {"CallHistory": "x"},
        {"CallHistory": {"ANI": "x"}},
        {"$violations": [{}]},
    ],
    ids=str,
)
def test_what_is_wrong_is_refused(change):
    assert errors(BASE, "EventCallCreated") == []
    assert errors({**BASE, **change}, "EventCallCreated") != []


@pytest.mark.parametrize(
    ("cls", "change", "mend"),
    [
        ("EventCallDeleted", {"RefConnID": CONN, "Cause": "Busy"}, {"Cause": "Transfer"}),
        ("EventCallDeleted", {"RefConnID": CONN, "Cause": 200}, {"Cause": 12}),
        ("EventReleased", {"CallState": "Transferred"}, {"RefConnID": CONN}),
        ("EventReleased", {"CallState": 5}, {"RefConnID": CONN}),
        ("EventReleased", {"CallType": "Consult"}, {"PreviousConnID": CONN}),
        ("EventAddressInfo", {"InfoType": "CallsQuery"}, {"PreviousConnID": CONN, "ConnID": CONN}),
    ],
    ids=str,
)
def test_footnotes_of_severity_error_are_conditions(cls, change, mend):
    data = complete(TLIBRARY.event(cls)) | change
    assert errors(data, cls) != []
    with pytest.raises(SchemaViolation):
        jsonl.from_data(data)
    assert errors(data | mend, cls) == []
    jsonl.from_data(data | mend)


def test_every_rule_of_severity_error_is_in_the_schema():
    for cls in TLIBRARY.events:
        grave = [rule for rule in cls.__schema__.rules if rule.severity is Severity.ERROR]
        conditions = json_schema(cls)["$defs"][cls.__name__].get("allOf", [])
        assert len(conditions) == len(grave) + (cls.__schema__.when is not None)


def test_deprecated_events_and_footnotes_are_reported():
    assert json_schema("EventReleased")["$defs"]["EventReleased"]["deprecated"] is True
    note = json_schema("EventCallDeleted")["$defs"]["EventCallDeleted"]["properties"]["RefConnID"]["description"]
    assert "merge" in note


def test_a_registry_of_ones_own():
    class Colour(OpenEnum):
        Red = 1
        None_ = 2

    Mode = Annotated[Colour, Attribute(1, wire.Enum(Colour, signed=True), name="Mode")]
    Level = Annotated[int, Attribute(2, wire.Int, name="Level")]
    Note = Annotated[str, Attribute(3, wire.String, name="Note")]

    from tlib_codec import only_when, required_when
    from tlib_schemas.rules import Rule

    never = Rule(code="not-allowed", severity=Severity.ERROR, field="secret", present=True)
    lonely = only_when("note", "level", (1, 2), note="")[1]
    lonely = Rule(code="not-allowed", severity=Severity.ERROR, field="note", present=True, other="level", test=lonely.test)

    @event(9, rules=[required_when("level", "mode", (Colour.Red,), note=""), (never, lonely), only_when("note", "level", (1, 2), note="")])
    class Lamp(Event):
        mode: Mode | None = None
        level: Level | None = None
        note: Note | None = None
        secret: Annotated[bytes, Attribute(4, wire.Binary, name="Secret")] | None = None

    mine = Registry("Lamps", events=[Lamp])
    Draft202012Validator.check_schema(json_schema(registry=mine))
    for item in (Lamp(), Lamp(mode=Colour(-5)), Lamp(mode=Colour.None_), Lamp(mode=Colour.Red, level=1, note="n")):
        assert errors(jsonl.to_data(item, registry=mine), registry=mine) == []
    for wrong in ({"Mode": "Red"}, {"Mode": 1}, {"Secret": {"$binary": ""}}, {"Note": "x"}, {"Level": 3, "Note": "x"}, {"Mode": "None_"}):
        assert errors({"Event": "Lamp", **wrong}, Lamp, registry=mine) != []


VALIDATORS = {cls: Draft202012Validator(json_schema(cls)) for cls in TLIBRARY.events}


@given(item=events())
def test_any_event_validates_until_something_mandatory_is_gone(item):
    data = as_json(item)
    validator = VALIDATORS[type(item)]
    assert [error.message for error in validator.iter_errors(data)] == []
    for row in type(item).__schema__.rows:
        if row.mandatory and row.ids:
            assert not validator.is_valid({label: value for label, value in data.items() if label != row.name})
