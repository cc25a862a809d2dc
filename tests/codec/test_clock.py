"""The time of a record: the event's own, that of its origin, and a log's local time brought to UTC."""

from __future__ import annotations

import pytest
from weather import WEATHER

from tlib_codec import TLIBRARY, Attributes, Gap, UnknownEvent
from tlib_codec.clock import Clock
from tlib_codec.records import Origin, Record

SECOND = 10**9
HOUR = 3600 * SECOND


def record(seconds=None, micros=None, **origin):
    values = {"TimeinSecs": seconds, "TimeinuSecs": micros}
    item = UnknownEvent(60, Attributes({name: value for name, value in values.items() if value is not None}))
    return Record(item, origin=Origin(**origin))


def times(*records, registry=TLIBRARY):
    clock = Clock(registry)
    return [clock.time(one) for one in records]


def test_the_time_of_the_event_comes_first():
    assert times(record(5, 7, time=1)) == [5 * SECOND + 7_000]


@pytest.mark.parametrize("micros", [None, -1, 1_000_000])
def test_an_event_without_a_fraction_of_a_second_has_whole_seconds(micros):
    assert times(record(5, micros)) == [5 * SECOND]


def test_an_event_without_a_time_has_that_of_its_packet():
    assert times(record(time=8)) == [8]


def test_a_gap_has_the_time_of_its_packet():
    assert times(Record(Gap(0, b"x"), origin=Origin(time=8))) == [8]


def test_a_record_without_any_time_has_none():
    assert times(record()) == [None]


def test_a_local_time_is_utc_before_the_zone_is_known():
    assert times(record(local_time=8 * HOUR)) == [8 * HOUR]


def test_an_event_with_both_times_shows_the_zone_of_those_behind_it():
    assert times(record(3600, local_time=3 * HOUR + 7), record(local_time=4 * HOUR)) == [HOUR, 2 * HOUR]


def test_a_local_time_that_is_no_zone_away_shows_nothing():
    assert times(record(0, local_time=1000 * HOUR), record(local_time=4 * HOUR)) == [0, 4 * HOUR]


def test_a_registry_without_times_has_those_of_origins():
    assert times(record(5, time=8), registry=WEATHER) == [8]
