"""The attributes of a registry that give the time of an event."""

from typing import Annotated

from tlib_codec import Registry
from tlib_codec.access import own_numbers
from tlib_schemas import Attribute, Event, event, wire
from tlib_schemas.enumerations import AttributeID
from tlib_schemas.tlibrary import TLIBRARY

WideSeconds = Annotated[int, Attribute(AttributeID.TimeinSecs, wire.Long)]
Fraction = Annotated[int, Attribute(AttributeID.TimeinuSecs, wire.Int)]


@event(7)
class Wide(Event):
    """A message with seconds of 64 bits."""

    seconds: WideSeconds


@event(8)
class Broken(Event):
    """A message with a fraction of a second alone."""

    fraction: Fraction


def test_the_numbers_of_the_library_are_those_of_its_attributes():
    numbers = own_numbers(TLIBRARY)
    assert numbers is not None
    assert numbers[:2] == (AttributeID.TimeinSecs, AttributeID.TimeinuSecs)


def test_seconds_of_64_bits_have_no_numbers():
    assert own_numbers(Registry("Wide", events=[Wide])) is None


def test_a_fraction_alone_has_no_numbers():
    assert own_numbers(Registry("Broken", events=[Broken])) is None
