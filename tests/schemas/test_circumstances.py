"""Several tables of one message, and the one that holds."""

from __future__ import annotations

from typing import Annotated

import pytest

from tlib_codec import Policy, Registry, UnknownEvent, native, reference
from tlib_schemas import (
    TLIBRARY,
    Attribute,
    Attributes,
    DNEventAddressInfo,
    DNEventReleased,
    Event,
    EventAgentReserved,
    EventReleased,
    InvalidEvent,
    RegistryError,
    SchemaViolation,
    Severity,
    ends_in,
    ends_otherwise,
    event,
    wire,
)
from tlib_schemas.attributes import abstract_dn, ordinary_dn
from tlib_schemas.enumerations import MessageType

ENGINES = [reference, *([native.extension("engine")] if native.extension("engine") is not None else [])]
EACH_ENGINE = pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.__name__)

Name = Annotated[str, Attribute(1, wire.String, name="Name")]
Size = Annotated[int, Attribute(2, wire.Int, name="Size")]


@event(7, when=ends_in("name", "!"))
class Loud(Event):
    """A message with a name that ends in an exclamation mark."""

    name: Name
    size: Size


@event(8, when=ends_otherwise("name", "!"))
class Quiet(Event):
    """A message that has a name of another ending, and no other table."""

    name: Name


VOICES = Registry("Voices", events=[Loud, Quiet])


def released(engine, **attributes):
    return engine.decode(engine.encode(UnknownEvent(65, Attributes(attributes)), policy=Policy.LENIENT), policy=Policy.LENIENT)


@EACH_ENGINE
def test_an_ordinary_dn_selects_its_table(engine):
    assert released(engine, ThisDN="2001") == DNEventReleased(this_dn="2001")


@EACH_ENGINE
def test_an_abstract_dn_selects_the_table_of_the_specification(engine):
    item = released(engine, ThisDN="Lakeside::")
    assert isinstance(item, InvalidEvent)
    assert {v.attribute for v in item.violations if v.code == "mandatory-missing"} >= {"CallID", "Server", "Reliability"}


@EACH_ENGINE
def test_without_a_dn_the_table_of_the_specification_holds(engine):
    assert "ThisDN" in {v.attribute for v in released(engine).violations if v.severity is Severity.ERROR}


@EACH_ENGINE
def test_a_message_of_which_no_table_holds_is_unknown(engine):
    frame = engine.encode(UnknownEvent(8, Attributes({"Name": "a!"})), registry=VOICES)
    assert engine.decode(frame, registry=VOICES) == UnknownEvent(8, Attributes({"Name": "a!"}))


@EACH_ENGINE
def test_an_event_of_another_circumstance_is_not_encoded(engine):
    with pytest.raises(SchemaViolation) as caught:
        engine.encode(DNEventReleased(this_dn="Lakeside::"))
    (violation,) = caught.value.violations
    assert (violation.code, violation.attribute, violation.actual) == ("not-allowed", "ThisDN", '"Lakeside::"')


@EACH_ENGINE
def test_an_event_without_the_text_of_its_circumstance_is_not_encoded(engine):
    with pytest.raises(SchemaViolation, match="found nothing"):
        engine.encode(DNEventReleased(call_id=7))


@EACH_ENGINE
def test_the_lenient_policy_encodes_it_all_the_same(engine):
    frame = engine.encode(DNEventReleased(this_dn="Lakeside::"), policy=Policy.LENIENT)
    assert isinstance(engine.decode(frame, policy=Policy.LENIENT), InvalidEvent)


def test_violations_name_the_message():
    (violation,) = TLIBRARY.validate(DNEventReleased(this_dn="Lakeside::"))
    assert violation.event == "EventReleased"


def test_a_construct_parses_only_the_events_of_its_class():
    frame = reference.encode(DNEventReleased(this_dn="2001"))
    assert TLIBRARY.construct(DNEventReleased).parse(frame) == DNEventReleased(this_dn="2001")
    with pytest.raises(SchemaViolation):
        TLIBRARY.construct(EventReleased).parse(frame)


def test_the_classes_of_a_message_come_by_its_name_and_one_by_its_own():
    assert TLIBRARY.events_of("EventReleased") == (EventReleased, DNEventReleased)
    assert TLIBRARY.events_of(MessageType.EventReleased) == (EventReleased, DNEventReleased)
    assert TLIBRARY.events_of("DNEventReleased") == (DNEventReleased,)
    assert TLIBRARY.event("EventAddressInfo") is not DNEventAddressInfo


def test_two_tables_of_a_message_need_circumstances_of_their_own():
    @event(7, when=ends_in("name", "!"))
    class Louder(Event):
        name: Name

    with pytest.raises(RegistryError, match=r"Louder and Loud are both message 7; give each a circumstance"):
        Registry("Twice", events=[Loud, Louder])


def test_a_circumstance_is_about_a_text():
    with pytest.raises(RegistryError, match="the circumstance is about size, which is no text"):

        @event(7, when=ends_in("size", "!"))
        class Wrong(Event):
            size: Size


def test_a_circumstance_names_a_field():
    with pytest.raises(RegistryError, match="a circumstance names the unknown field 'nothing'"):

        @event(7, when=ends_in("nothing", "!"))
        class Wrong(Event):
            size: Size


@pytest.mark.parametrize("text", [None, "2001", "Lakeside::", ""])
def test_of_two_opposite_circumstances_one_holds(text):
    assert abstract_dn("this_dn").holds(text) is not ordinary_dn("this_dn").holds(text)


def test_a_partial_table_warns_of_no_other_attribute():
    assert TLIBRARY.violations(MessageType.EventRinging, {200: b""}) == ()


def test_an_attribute_common_to_all_events_is_no_surprise():
    conn, uuid = "006c02462a161006", "01FES9JKSOFQLEKK3CSH5B5AES00JV1U"
    number = TLIBRARY.attribute("EventSequenceNumber").id
    created = {TLIBRARY.attribute("ConnID").id: conn, TLIBRARY.attribute("CallUUID").id: uuid, number: 7}
    assert TLIBRARY.violations(MessageType.EventCallCreated, created) == ()


def test_what_a_log_cannot_print_is_not_missing_there():
    values = {TLIBRARY.attribute_number(name): value for name, value in REGISTERED.items()}
    assert [v.attribute for v in TLIBRARY.violations(MessageType.EventRegistered, values)] == ["Server"]
    assert TLIBRARY.violations(MessageType.EventRegistered, values, printed=True) == ()
    assert TLIBRARY.assemble(MessageType.EventRegistered, values, printed=True).server is None


@EACH_ENGINE
def test_at_least_one_of_several_fields_is_mandatory(engine):
    number = MessageType.EventAgentReserved
    with pytest.raises(SchemaViolation, match="expected AgentID or Place or ThisDN, found none of them"):
        engine.decode(engine.encode(UnknownEvent(number, Attributes({"TimeinSecs": 1})), policy=Policy.LENIENT))


@EACH_ENGINE
@pytest.mark.parametrize("name", ["AgentID", "Place", "ThisDN"])
def test_one_of_several_fields_is_enough(engine, name):
    item = UnknownEvent(MessageType.EventAgentReserved, Attributes({"TimeinSecs": 1, name: "x"}))
    assert isinstance(engine.decode(engine.encode(item)), EventAgentReserved)


REGISTERED = {"ThisDN": "Lakeside::", "TimeinSecs": 1, "ReferenceID": 2, "Extensions": {}, "InfoType": 8}
