"""The registry: look-up, and the refusal of every mistake a declaration can hold."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import pytest
from construct import SizeofError
from weather import WEATHER, Gust, Observation, OldObservation, Rain, Sky

from tlib_codec import decode, encode
from tlib_schemas import (
    TLIBRARY,
    Attribute,
    AttributeID,
    Attributes,
    Composite,
    EncodeError,
    Event,
    EventCallCreated,
    Footnote,
    InvalidEvent,
    KVList,
    MessageType,
    OpenEnum,
    RawValue,
    Registry,
    RegistryError,
    Rule,
    SchemaViolation,
    Severity,
    Shape,
    UnknownEvent,
    event,
    only_when,
    required_when,
    unusual,
    wire,
)

One = Annotated[int, Attribute(1, wire.Int, "One")]
Two = Annotated[int, Attribute(2, wire.Int, "Two")]
Private = Annotated[str, Attribute(0x9000, wire.String, "Weather")]


# -- look-up --------------------------------------------------------------------------------------


def test_events_are_found_by_name_number_and_class():
    for key in ("EventCallCreated", 160, MessageType.EventCallCreated, EventCallCreated):
        assert TLIBRARY.event(key) is EventCallCreated


@pytest.mark.parametrize("key", ["EventDNDOn", 77, 70_000, Observation, object, "", None])
def test_what_has_no_table_is_not_found(key):
    with pytest.raises(LookupError, match="T-Library has no event"):
        TLIBRARY.event(key)


def test_a_class_of_another_registry_with_the_same_number_is_not_found():
    @event(160)
    class EventCallCreated(Event):
        one: One | None = None

    with pytest.raises(LookupError):
        TLIBRARY.event(EventCallCreated)
    with pytest.raises(LookupError):
        TLIBRARY.construct(EventCallCreated)


def test_attributes_are_found_by_name_alias_and_number():
    for key in ("Reasons", "Reason", 17, AttributeID.Reason):
        assert TLIBRARY.attribute(key).name == "Reasons"
    assert TLIBRARY.attribute("CallUuid").id == 141


@pytest.mark.parametrize("key", ["Reasonz", 149, 70_000, "#17"])
def test_what_is_no_attribute_is_not_found(key):
    with pytest.raises(LookupError, match="T-Library has no attribute"):
        TLIBRARY.attribute(key)


def test_a_name_that_is_nearly_right_is_proposed():
    with pytest.raises(LookupError, match=r"did you mean EventCallCreated\?"):
        TLIBRARY.event("EventCallCraeted")
    with pytest.raises(LookupError, match=r"did you mean CallUUID\?"):
        TLIBRARY.attribute("CallUUIDs")


def test_names_and_numbers_of_messages_and_attributes():
    assert TLIBRARY.messages["EventRinging"] == 60
    assert (TLIBRARY.message_name(60), TLIBRARY.message_name(500)) == ("EventRinging", None)
    assert (TLIBRARY.attribute_name(56), TLIBRARY.attribute_name(200)) == ("InfoType", "#200")
    assert [TLIBRARY.attribute_number(name) for name in ("InfoType", "AddressInfoType", "#200", "#65535")] == [56, 56, 200, 65535]
    for name in ("#65536", "#", "#-1", "#1x", "#١", "x", ""):
        with pytest.raises(EncodeError, match="unknown-name"):
            TLIBRARY.attribute_number(name)


def test_look_ups_cannot_be_changed():
    for mapping in (TLIBRARY.messages, TLIBRARY.dictionary, TLIBRARY.schemas, TLIBRARY.composites):
        with pytest.raises(TypeError):
            mapping["x"] = 1


def test_what_a_registry_is_shows():
    assert repr(WEATHER) == "<Registry Weather: 2 events, 14 attributes, 3 messages>"
    assert repr(wire.Enum(Sky)) == "<wire.Enum Sky>"
    assert repr(wire.KVList) == "<wire.KVList>"


# -- extension ------------------------------------------------------------------------------------


def test_a_registry_is_extended_and_the_first_stays_as_it_was():
    @event(5000)
    class EventWeather(Event):
        conn_id: Annotated[str, TLIBRARY.attribute("ConnID")]
        weather: Private

    ours = TLIBRARY.extend("private", events=[EventWeather], attributes=[Attribute(0x9001, wire.Int, "Umbrella")])
    sent = EventWeather(conn_id="0" * 16, weather="rain", extra=Attributes({"Umbrella": 1}))
    assert decode(encode(sent, registry=ours), registry=ours) == sent
    assert ours.messages["EventRinging"] == 60
    assert ours.events == (*TLIBRARY.events, EventWeather)
    assert ours.composites.keys() == TLIBRARY.composites.keys()
    assert isinstance(decode(encode(sent, registry=ours)), UnknownEvent)
    assert 0x9000 not in TLIBRARY.dictionary


def test_an_event_inherits_the_rows_of_its_base():
    class Base(Event):
        one: One

    @event(7)
    class Derived(Base):
        two: Two | None = None

    assert [row.name for row in Derived.__schema__.rows] == ["One", "Two"]
    registry = Registry("r", events=[Derived])
    assert decode(encode(Derived(one=1, two=2), registry=registry), registry=registry) == Derived(one=1, two=2)
    with pytest.raises(RegistryError, match="Base is not declared with @event"):
        Registry("r", events=[Base])


def test_an_event_class_under_a_declared_one_must_be_declared_itself():
    class Undeclared(Observation):
        pass

    with pytest.raises(RegistryError, match="not declared"):
        Registry("r", events=[Undeclared])


def test_no_events_are_a_registry_too():
    empty = Registry("empty")
    assert decode(bytes.fromhex("544c 01 00 0001 00000000"), registry=empty) == UnknownEvent(1)
    assert (empty.events, dict(empty.dictionary), dict(empty.messages)) == ((), {}, {})


# -- mistakes -------------------------------------------------------------------------------------


def declare(message: int = 1, *, annotations: dict[str, Any], defaults: dict[str, Any] | None = None, name: str = "Wrong", **config: Any):
    return event(message, **config)(
        type(Event)(name, (Event,), {"__annotations__": annotations, "__module__": __name__, **(defaults or {})})
    )


class Pair(Composite):
    first: One
    second: Annotated[int, Attribute(3, wire.Int, "Three")] | None = None


class Twice(Composite):
    first: One
    second: One | None = None


class Empty(Composite):
    pass


class Outer(Composite):
    pair: Pair


class WithLabel(Composite):
    label: One  # type: ignore[misc]


MISTAKES = {
    "attribute id 1 is declared twice": lambda: declare(annotations={"a": One, "b": One}),
    "Wrong.b: attribute id 1 is declared twice": lambda: declare(annotations={"a": Pair, "b": One}),
    "Wrong.a: attribute id 1 is declared twice": lambda: declare(annotations={"a": Twice}),
    "the name One is declared twice": lambda: declare(annotations={"a": One, "b": Annotated[int, Attribute(9, wire.Int, "One")]}),
    "a rule names the unknown field 'b'": lambda: declare(annotations={"a": One}, rules=[required_when("b", "a", (1,), note="")]),
    "a rule names the unknown field 'c'": lambda: declare(annotations={"a": One}, rules=[only_when("a", "c", (1,), note="")]),
    "a footnote names the unknown field 'b'": lambda: declare(annotations={"a": One}, footnotes=[Footnote("a", "b", "x")]),
    "a shape names the unknown field 'b'": lambda: declare(annotations={"a": One}, shapes={"b": Shape(description="x")}),
    "names the unknown footnote 'z'": lambda: declare(annotations={"a": One}, rules=[unusual("a", note="z")]),
    "compares b, which has several values": lambda: declare(
        annotations={"a": Two, "b": Pair}, rules=[required_when("a", "b", (1,), note="")]
    ),
    "message number 65536 does not fit 16 bits": lambda: declare(65_536, annotations={"a": One}),
    "message number -1 does not fit 16 bits": lambda: declare(-1, annotations={"a": One}),
    "Wrong.a names no attribute": lambda: declare(annotations={"a": int}),
    "Wrong.b names no attribute": lambda: declare(annotations={"b": Annotated[int, "nothing"]}),
    "Wrong.c names no attribute": lambda: declare(annotations={"c": One | Two}),
    "Wrong: its annotations name 'Nowhere', which its module does not define": lambda: declare(annotations={"a": "Nowhere"}),
    "attribute 9 has no name": lambda: declare(annotations={"a": Annotated[int, Attribute(9, wire.Int)]}),
    "an optional field's default is None": lambda: declare(annotations={"a": One}, defaults={"a": 5}),
    "Wrong.message: message has a meaning in every Event": lambda: declare(annotations={"message": One}),
    "Wrong.extra: extra has a meaning in every Event": lambda: declare(annotations={"extra": One}),
    "WithLabel.label: label has a meaning in every Composite": lambda: declare(annotations={"a": WithLabel}),
    "Wrong.a: a composite's own fields are attributes": lambda: declare(annotations={"a": Empty}),
    "Wrong.b: a composite's own fields are attributes": lambda: declare(annotations={"b": Outer}),
}


@pytest.mark.parametrize("message", MISTAKES)
def test_a_mistake_in_a_declaration_is_refused(message):
    with pytest.raises(RegistryError) as refused:
        MISTAKES[message]()
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


def good(name: str, message: int, **annotations: Any):
    return declare(message, annotations=annotations, name=name)


class Times(Composite):
    label: ClassVar[str] = "Pair"

    one: One


class Reserved(Composite):
    label: ClassVar[str] = "$pair"

    one: One


CLASHES = {
    "B and A are both message 1": lambda: Registry("r", events=[good("A", 1, a=One), good("B", 1, a=One)]),
    "message 1 is Ping, not A": lambda: Registry("r", messages={"Ping": 1}, events=[good("A", 1, a=One)]),
    "A is message 2, not 1": lambda: Registry("r", messages={"A": 2}, events=[good("A", 1, a=One)]),
    "attribute id 1 is declared as": lambda: Registry("r", events=[good("A", 1, a=One)], attributes=[Attribute(1, wire.String, "One")]),
    "One names the attribute ids 1 and 5": lambda: Registry("r", attributes=[Attribute(1, wire.Int, "One"), Attribute(5, wire.Int, "One")]),
    "Alias names the attribute ids 1 and 5": lambda: Registry(
        "r", attributes=[Attribute(1, wire.Int, "Alias"), Attribute(5, wire.Int, "Five", aliases=("Alias",))]
    ),
    "needs an id of 16 bits": lambda: Registry("r", attributes=[Attribute(65_536, wire.Int, "Big")]),
    "and a name": lambda: Registry("r", attributes=[Attribute(5, wire.Int)]),
    "the name '#5' of attribute id 5 is Event, or begins with": lambda: Registry("r", attributes=[Attribute(5, wire.Int, "#5")]),
    "the name '$x' of attribute id 5": lambda: Registry("r", attributes=[Attribute(5, wire.Int, "X", aliases=("$x",))]),
    "the name 'Event' of attribute id 5": lambda: Registry("r", attributes=[Attribute(5, wire.Int, "Event")]),
    "r: A.a: the composite's name Pair is also the name of an attribute": lambda: Registry(
        "r", events=[good("A", 1, a=Pair)], attributes=[Attribute(9, wire.Int, "Pair")]
    ),
    "is also the name of another composite": lambda: Registry("r", events=[good("A", 1, a=Pair), good("B", 2, a=Times)]),
    "the composite's name $pair is Event, or begins": lambda: Registry("r", events=[good("A", 1, a=Reserved)]),
}


@pytest.mark.parametrize("message", CLASHES)
def test_declarations_that_disagree_are_refused(message):
    with pytest.raises(RegistryError) as refused:
        CLASHES[message]()
    assert message in str(refused.value)


def test_two_events_may_share_a_composite():
    registry = Registry("r", events=[good("A", 1, a=Pair), good("B", 2, b=Pair)])
    assert list(registry.composites) == ["Pair"]


def test_the_first_name_of_a_number_is_its_name():
    class Messages(OpenEnum):
        First = 1
        Second = 1

    registry = Registry("r", messages=Messages)
    assert registry.message_name(1) == "First"
    assert registry.messages == {"First": 1, "Second": 1}


# -- validation -----------------------------------------------------------------------------------


def codes(item, registry=TLIBRARY):
    return [(v.code, v.path) for v in registry.validate(item)]


def test_validation_gives_types_ranges_and_rules_at_once():
    wrong = EventCallCreated(call_uuid=5, conn_id="6c", call_type=2, dialed_number="1", user_data={"a": 1.5})
    assert codes(wrong) == [
        ("value-type", "EventCallCreated.CallUUID"),
        ("value-range", "EventCallCreated.ConnID"),
        ("value-type", "EventCallCreated.UserData"),
        ("advisory", "EventCallCreated.DialedNumber"),
    ]
    assert codes(EventCallCreated(call_uuid=None, conn_id=None)) == [
        ("mandatory-missing", "EventCallCreated.CallUUID"),
        ("mandatory-missing", "EventCallCreated.ConnID"),
    ]


def test_validation_of_what_cannot_be_laid_out_is_one_violation():
    assert codes(UnknownEvent("EventNothing")) == [("unknown-name", "EventNothing")]
    assert codes(UnknownEvent(60, Attributes({"Nothing": 1}))) == [("unknown-name", "EventRinging.Nothing")]
    assert codes(InvalidEvent(500, Attributes({"Nothing": 1}))) == [("unknown-name", "#500.Nothing")]
    assert codes(UnknownEvent(60, Attributes({"Reasons": KVList(), "Reason": KVList()}))) == [("value-range", "EventRinging.Reason")]
    assert [v.code for v in TLIBRARY.validate("an event")] == ["value-type"]
    created = EventCallCreated(call_uuid="0" * 32, conn_id="0" * 16, extra=Attributes({"#9": "1" * 16}))
    assert codes(created) == [("value-range", "EventCallCreated.#9")]


def test_a_composite_of_another_class_is_refused():
    wrong = Observation(station="AAAA", sequence=1, gust=Rain(start=1))
    assert codes(wrong, WEATHER) == [("value-type", "Observation.Gust")]
    with pytest.raises(EncodeError, match="expected Gust, found Rain"):
        encode(wrong, registry=WEATHER)


def test_a_composite_of_nothing_is_refused():
    with pytest.raises(ValueError, match="a Rain without any attribute is absent: use None"):
        Rain()
    assert Rain(start=0).to_text() is None
    with pytest.raises(ValueError, match="a Rain is written by its parts"):
        Rain.from_text("x")


def test_a_rule_of_ones_own():
    rule = Rule(code="not-allowed", severity=Severity.ERROR, field="two", present=True)

    @event(9, rules=[(rule,)])
    class Strict(Event):
        one: One
        two: Two | None = None

    registry = Registry("r", events=[Strict])
    with pytest.raises(SchemaViolation, match="expected no Two, found it"):
        encode(Strict(one=1, two=2), registry=registry)


# -- an invented protocol -------------------------------------------------------------------------


def weather_violations(item):
    return [(v.code, v.severity.value, v.attribute, v.footnote) for v in WEATHER.validate(item)]


def test_the_rules_of_an_invented_protocol():
    storm = Observation(station="AAAA", sequence=1, sky=Sky.Storm, image=b"")
    assert weather_violations(storm) == [
        ("not-allowed", "error", "Image", "No pictures in a storm."),
        ("conditionally-mandatory", "error", "Bolts", "Counted in storms."),
    ]
    with pytest.raises(SchemaViolation) as refused:
        encode(storm, registry=WEATHER)
    assert str(refused.value).startswith("Observation.Image: expected Image only where Sky is Clear or Cloudy, found Sky Storm")
    assert "Bolts where Sky is Storm, found Sky Storm without it" in str(refused.value)
    mild = Observation(station="aaaa", sequence=1, sky=Sky.Cloudy, temperature=-1, readings=KVList(), image=b"")
    assert weather_violations(mild) == [
        ("advisory", "warning", "Temperature", "Not under clouds."),
        ("advisory", "warning", "Readings", "Only when asked."),
        ("shape", "warning", "Station", ""),
    ]
    assert weather_violations(Observation(station="AAAA", sequence=1, image=b"")) == [
        ("advisory", "warning", "Image", "No pictures in a storm.")
    ]
    assert weather_violations(Observation(station="AAAA", sequence=1, sky=Sky(77), image=b""))[0][:2] == ("not-allowed", "error")


def test_a_mandatory_composite_without_mandatory_parts():
    message, values = WEATHER.lay_out(OldObservation(station="X", rain=Rain(end=5)))
    assert values == {1: "X", 10: 5}
    del values[10]
    item = WEATHER.assemble(message, values)
    assert isinstance(item, InvalidEvent)
    assert [v.code for v in item.violations] == ["deprecated", "mandatory-missing"]


def test_parts_that_make_no_composite_are_kept():
    values = {1: "AAAA", 4: 1, 8: 90}  # a bearing without a speed is no gust
    item = WEATHER.assemble(1000, values)
    assert item == Observation(station="AAAA", sequence=1, extra=Attributes({"GustBearing": 90}))
    assert WEATHER.lay_out(item) == (1000, values)
    assert weather_violations(item) == [("unlisted-attribute", "warning", "GustBearing", "")]
    assert WEATHER.assemble(1000, values | {7: 3}).gust == Gust(speed=3, bearing=90)


def test_constructs_of_one_event_refuse_others():
    ours = WEATHER.construct(Observation)
    with pytest.raises(EncodeError, match="expected Observation, found OldObservation"):
        ours.build(OldObservation(station="X", rain=Rain(start=1)))
    with pytest.raises(SchemaViolation):
        ours.build(Observation(station=None, sequence=1))
    with pytest.raises(SchemaViolation):
        ours.parse(bytes.fromhex("544c 01 00 03e8 00000000"))
    for unsized in (ours, wire.Frame, wire.AttributeList(), wire.KVList):
        with pytest.raises(SizeofError):
            unsized.sizeof()
    assert (wire.Int.sizeof(), wire.Long.sizeof(), wire.ConnID.sizeof(), wire.Enum(Sky).sizeof()) == (4, 8, 8, 4)


def test_a_lenient_attribute_list_writes_what_is_wrong():
    attributes = wire.AttributeList(WEATHER.dictionary)
    wrong = {1: RawValue(1, b"x")}
    assert attributes.pack(wrong, strict=False) == bytes.fromhex("0001 01 000001 78")
    with pytest.raises(EncodeError, match="expected str, found RawValue"):
        attributes.pack(wrong)
