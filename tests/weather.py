"""A small invented protocol, declared with the same words as ours: weather stations.

It uses every word there is: an enumeration, each wire type, a composite with and one without a
mandatory part, a text form, a shape, rules of both severities, footnotes, a deprecated event.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from tlib_schemas import (
    Attribute,
    Composite,
    Event,
    Footnote,
    KVList,
    MessageNumber,
    OpenEnum,
    RawValue,
    Registry,
    Severity,
    Shape,
    event,
    only_when,
    required_when,
    unusual,
    unusual_when,
    wire,
)


class Sky(OpenEnum):
    """What the sky looks like."""

    Clear = 0
    Cloudy = 1
    Storm = 2


Station = Annotated[
    str, Attribute(1, wire.String, "Station", shape=Shape(description="4 capitals", length=4, alphabet="ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
]
SkyState = Annotated[Sky, Attribute(2, wire.Enum(Sky), "Sky", aliases=("SkyState",))]
Temperature = Annotated[int, Attribute(3, wire.SignedInt, "Temperature")]
Sequence = Annotated[int, Attribute(4, wire.Long, "Sequence")]
Image = Annotated[bytes, Attribute(5, wire.Binary, "Image")]
Readings = Annotated[KVList, Attribute(6, wire.KVList, "Readings")]
GustSpeed = Annotated[int, Attribute(7, wire.Int, "GustSpeed")]
GustBearing = Annotated[int, Attribute(8, wire.Int, "GustBearing")]
RainStart = Annotated[int, Attribute(9, wire.Int, "RainStart")]
RainEnd = Annotated[int, Attribute(10, wire.Int, "RainEnd")]
Blob = Annotated[RawValue, Attribute(11, None, "Blob")]
Bolts = Annotated[int, Attribute(12, wire.Int, "Bolts")]
Spare = Annotated[str, Attribute(13, wire.String, "Spare")]
Serial = Annotated[str, Attribute(14, wire.ConnID, "Serial")]


class Gust(Composite):
    """A gust has a speed, and at times a bearing."""

    speed: GustSpeed
    bearing: GustBearing | None = None


class Rain(Composite):
    """Rain began, ended, or both."""

    label: ClassVar[str] = "rain"

    start: RainStart | None = None
    end: RainEnd | None = None


@event(
    1000,
    rules=[
        required_when("bolts", "sky", (Sky.Storm,), note="a"),
        only_when("image", "sky", (Sky.Clear, Sky.Cloudy), note="b"),
        unusual_when("temperature", "sky", (Sky.Cloudy,), note="c"),
        unusual("readings", note="d"),
    ],
    footnotes=[
        Footnote("a", "bolts", "Counted in storms."),
        Footnote("b", "image", "No pictures in a storm."),
        Footnote("c", "temperature", "Not under clouds."),
        Footnote("d", "readings", "Only when asked."),
    ],
)
class Observation(Event):
    """A station saw something."""

    station: Station
    sky: SkyState | None = None
    temperature: Temperature | None = None
    sequence: Sequence
    image: Image | None = None
    readings: Readings | None = None
    gust: Gust | None = None
    rain: Rain | None = None
    blob: Blob | None = None
    bolts: Bolts | None = None
    serial: Serial | None = None


@event(
    1001,
    rules=[only_when("gust", "sky", (Sky.Storm,), note="a", severity=Severity.WARNING)],
    footnotes=[Footnote("a", "gust", "Gusts belong to storms.")],
    shapes={"station": Shape(description="begins with anything, ends with X", suffix="X")},
    deprecated="Send Observation.",
)
class OldObservation(Event):
    """How it was done before."""

    event: ClassVar[MessageNumber]
    station: Station
    sky: SkyState | None = None
    rain: Rain
    gust: Gust | None = None


WEATHER = Registry("Weather", messages={"Ping": 1}, attributes=[Attribute(13, wire.String, "Spare")], events=[Observation, OldObservation])
