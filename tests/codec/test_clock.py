"""The instant of a record, the zone in which it is shown, and spans of time."""

from __future__ import annotations

import zoneinfo
from typing import Annotated

import pytest
from weather import WEATHER

from tlib_codec import TLIBRARY, Attribute, Attributes, Event, Gap, Registry, UnknownEvent, event
from tlib_codec.access import own_time
from tlib_codec.clock import ShownZone, Span, bound, timed, to_utc, zone_of, zone_text
from tlib_codec.records import Batch, Diagnostic, Frames, Origin, Record, nanoseconds, parse_time
from tlib_schemas import wire
from tlib_schemas.enumerations import AttributeID

SECOND = 10**9
HOUR = 3600 * SECOND
PARIS = zoneinfo.ZoneInfo("Europe/Paris")
EAST = zone_of("+02:00")


def utc(text):
    """The nanoseconds of a time in UTC."""
    return parse_time(text)[1]


def record(seconds=None, micros=None, **origin):
    values = {"TimeinSecs": seconds, "TimeinuSecs": micros}
    item = UnknownEvent(60, Attributes({name: value for name, value in values.items() if value is not None}))
    return Record(item, origin=Origin(**origin))


def completed(one, registry=TLIBRARY, zone=None):
    """The instant of a record after `timed`."""
    ([entry],) = (list(batch) for batch in timed([Batch([one])], registry, zone))
    return entry.origin.time


# -- completing records ----------------------------------------------------------------------------


def test_the_instant_of_the_input_comes_first():
    assert completed(record(5, 7, time=1)) == 1


def test_an_event_whose_input_has_no_time_has_its_own():
    assert completed(record(5, 7)) == 5 * SECOND + 7_000


@pytest.mark.parametrize("micros", [None, -1, 1_000_000])
def test_an_event_without_a_fraction_of_a_second_has_whole_seconds(micros):
    assert completed(record(5, micros)) == 5 * SECOND


def test_a_record_without_any_time_has_none():
    assert completed(record()) is None


def test_a_gap_has_no_time_of_its_own():
    assert completed(Record(Gap(0, b"x"))) is None


def test_a_local_time_becomes_an_instant_in_the_zone_of_the_caller():
    assert completed(record(local_time=8 * HOUR), zone=EAST) == 6 * HOUR


def test_a_local_time_of_an_unknown_zone_is_no_instant():
    assert completed(record(local_time=8 * HOUR)) is None


def test_a_registry_without_times_gives_none():
    assert completed(record(5), registry=WEATHER) is None


def test_a_diagnostic_stays_as_it_is():
    diagnostic = Diagnostic("log-orphan", Origin(line=1), "a", "b")
    ([found],) = (list(batch) for batch in timed([Batch([diagnostic])], TLIBRARY))
    assert found is diagnostic


def test_frames_stay_frames(sample_frames):
    ([part],) = (batch.parts for batch in timed([Batch([sample_frames])], TLIBRARY))
    assert part is sample_frames


def test_the_record_of_a_frame_has_the_own_time_of_its_event(sample_frames):
    [found] = sample_frames.records(TLIBRARY)
    assert found.origin.time == 1_773_524_282 * SECOND


@pytest.fixture
def sample_frames():
    from array import array

    from tlib_codec import encode

    data = encode(UnknownEvent(60, Attributes({"TimeinSecs": 1_773_524_282})))
    return Frames(data=data, bounds=array("Q", [0, len(data)]).tobytes())


def test_an_event_whose_table_lists_the_time_has_it(vectors_event):
    assert own_time(TLIBRARY)(vectors_event) == 1_432_917_924 * SECOND


@pytest.fixture
def vectors_event():
    from tlib_codec import EventAddressInfo, TAddressInfoType
    from tlib_schemas.attributes import Timestamp
    from tlib_schemas.registry import Registry

    assert isinstance(TLIBRARY, Registry)
    cls = next(schema.cls for schema in TLIBRARY.tables if any(field.label == "time" for field in schema.fields))
    assert cls is not EventAddressInfo or TAddressInfoType
    known = {field.name: None for field in cls.__schema__.fields}
    return cls(**{**known, "time": Timestamp(seconds=1_432_917_924)})


# -- zones -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["Europe/Paris", "UTC", "UTC+02:00", "UTC-05:30"])
def test_a_zone_has_the_text_that_names_it(text):
    assert zone_text(zone_of(text)) == text


@pytest.mark.parametrize("text", ["+02:00", "+0200", "+02", "utc+02:00"])
def test_an_offset_is_written_in_several_ways(text):
    assert zone_of(text) == EAST


@pytest.mark.parametrize("text", ["", "+15:00", "02:00", "../etc/passwd", "Mars/Olympus"])
def test_what_is_no_zone_is_refused(text):
    with pytest.raises(ValueError, match="is no time zone"):
        zone_of(text)


@pytest.mark.parametrize("text", ["Europe/Pariss", "europe/paris"])
def test_a_name_close_to_a_zone_gets_a_hint(text):
    with pytest.raises(ValueError, match="did you mean Europe/Paris"):
        zone_of(text)


def test_an_hour_that_comes_twice_is_the_first():
    assert to_utc(utc("2026-10-25T02:30:00"), PARIS) == utc("2026-10-25T00:30:00")


def test_a_time_beyond_the_calendar_keeps_its_number():
    assert to_utc(10**21, PARIS) == 10**21


def test_the_zone_is_that_of_the_first_log_that_knows_it():
    zone = ShownZone()
    zone.settle(Origin(local_time=5 * HOUR))
    zone.settle(Origin(time=3 * HOUR, local_time=5 * HOUR))
    zone.settle(Origin(time=3 * HOUR, local_time=9 * HOUR))
    assert zone.name == "UTC+02:00"


@pytest.mark.parametrize("origin", [Origin(time=0), Origin(time=0, local_time=0), Origin(time=0, local_time=100 * HOUR), Origin()])
def test_the_zone_is_utc_where_no_log_tells_another(origin):
    zone = ShownZone()
    zone.settle(origin)
    assert zone.name == "UTC"


def test_the_zone_of_the_caller_is_the_shown_one():
    zone = ShownZone(PARIS)
    zone.settle(Origin(time=3 * HOUR, local_time=5 * HOUR))
    assert zone.name == "Europe/Paris"


@pytest.mark.parametrize(
    ("zone", "origin", "text"),
    [
        (None, Origin(time=utc("2026-03-14T21:38:02.003000")), "2026-03-14 21:38:02.003000Z"),
        (None, Origin(time=utc("2026-03-14T21:38:02"), local_time=utc("2026-03-14T23:38:02")), "2026-03-14 23:38:02.000000+02:00"),
        (PARIS, Origin(time=utc("2026-07-01T10:00:00")), "2026-07-01 12:00:00.000000+02:00"),
        (PARIS, Origin(time=utc("1900-01-01T00:00:00")), "1900-01-01 00:09:21.000000+00:09:21"),
        (zone_of("-05:30"), Origin(time=utc("2026-07-01T10:00:00")), "2026-07-01 04:30:00.000000-05:30"),
        (None, Origin(local_time=utc("2026-03-14T23:38:02")), "2026-03-14 23:38:02.000000"),
        (None, Origin(time_of_day=23 * HOUR), "23:00:00.000000"),
        (None, Origin(), ""),
    ],
)
def test_a_time_is_shown_with_its_offset(zone, origin, text):
    assert ShownZone(zone).text(origin) == text


# -- spans -----------------------------------------------------------------------------------------


NOON = Origin(time=utc("2026-03-14T12:00:00"))
LOCAL = Origin(local_time=utc("2026-03-14T12:00:00"))
BOTH = Origin(time=utc("2026-03-14T10:00:00"), local_time=utc("2026-03-14T12:00:00"))
DAILY = Origin(time_of_day=12 * HOUR)


def matches(origin, since=None, until=None, zone=None):
    return Span(since, until, ShownZone(zone))(Record(Gap(0, b""), origin=origin))


@pytest.mark.parametrize(
    ("origin", "since", "zone", "wanted"),
    [
        (NOON, "2026-03-14T12:00Z", None, True),
        (NOON, "2026-03-14T12:00:01Z", None, False),
        (NOON, "2026-03-14T12:00", None, True),
        (NOON, "2026-03-14T13:00", PARIS, True),
        (NOON, "2026-03-14T13:01", PARIS, False),
        (NOON, "2026-03-14", None, True),
        (NOON, "12:00", None, True),
        (NOON, "13:01", PARIS, False),
        (BOTH, "2026-03-14 12:00:00", None, True),
        (BOTH, "2026-03-14 12:00:01", None, False),
        (BOTH, "12:01", None, False),
        (LOCAL, "2026-03-14T12:00", None, True),
        (LOCAL, "2026-03-14T12:01", None, False),
        (LOCAL, "2026-03-14T12:01Z", None, False),
        (LOCAL, "12:00", None, True),
        (DAILY, "12:00", None, True),
        (DAILY, "12:01", None, False),
        (DAILY, "2026-03-14", None, False),
        (Origin(), "12:00", None, False),
    ],
)
def test_a_span_begins_at_since(origin, since, zone, wanted):
    assert matches(origin, since=since, zone=zone) is wanted


@pytest.mark.parametrize(
    ("origin", "until", "wanted"),
    [
        (NOON, "2026-03-14T12:00Z", False),
        (NOON, "2026-03-14T12:00:01Z", True),
        (DAILY, "12:01", True),
        (DAILY, "2026-03-15", False),
        (Origin(), "2026-03-15", False),
    ],
)
def test_a_span_ends_before_until(origin, until, wanted):
    assert matches(origin, until=until) is wanted


@pytest.mark.parametrize(("hour", "wanted"), [(23, True), (1, True), (12, False)])
def test_two_times_of_day_may_have_midnight_between_them(hour, wanted):
    assert matches(Origin(time_of_day=hour * HOUR), since="22:00", until="02:00") is wanted


@pytest.mark.parametrize(
    ("since", "until", "zone"),
    [
        ("2026-03-15", "2026-03-14", None),
        ("2026-03-15T00:00Z", "2026-03-14T00:00Z", None),
        ("2026-03-15T00:00", "2026-03-14T00:00Z", None),
        ("2026-03-14T12:01", "2026-03-14T11:00Z", PARIS),
    ],
)
def test_since_after_until_is_refused(since, until, zone):
    with pytest.raises(ValueError, match="is after --until"):
        Span(since, until, ShownZone(zone))


@pytest.mark.parametrize(
    ("since", "until"),
    [("2026-03-14T12:00", "2026-03-14T11:00Z"), ("2026-03-14", "2026-03-14"), ("2026-03-15", "12:00"), ("12:00", "2026-03-15")],
)
def test_times_that_may_be_in_order_are_taken(since, until):
    assert Span(since, until, ShownZone()) is not None


@pytest.mark.parametrize("text", ["", "yesterday", "2026-02-30", "24:00:01", "12:00Z", "12"])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(ValueError, match="is no ISO 8601 time"):
        bound(text)


def test_the_error_names_the_option():
    with pytest.raises(ValueError, match="noon") as raised:
        Span(None, "noon", ShownZone())
    assert raised.value.args[1] == "until"


def test_a_bound_counts_nanoseconds():
    assert bound("1970-01-01T00:00:01Z").at == SECOND == nanoseconds(zone_epoch())


def zone_epoch():
    import datetime as dt

    return dt.datetime(1970, 1, 1, 0, 0, 1, tzinfo=dt.UTC)


Seconds = Annotated[int, Attribute(AttributeID.TimeinSecs, wire.Int)]


@event(1)
class Ticked(Event):
    """An event of a protocol that knows seconds alone."""

    at: Seconds


def test_a_registry_without_microseconds_has_whole_seconds():
    assert own_time(Registry("Ticks", events=[Ticked]))(Ticked(at=5)) == 5 * SECOND
