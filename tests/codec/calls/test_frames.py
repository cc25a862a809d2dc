"""Calls followed in runs of frames, without decoding what tracking does not read."""

from __future__ import annotations

from array import array
from itertools import accumulate

import pytest
import weather

from tlib_codec import EventCallCreated, EventCallDeleted, Policy, encode
from tlib_codec.calls import Call, CallTracker
from tlib_codec.records import Flow, Frames, Record
from tlib_schemas.events import UnknownEvent
from tlib_schemas.values import Attributes

UUID, CONN = "01FES9JKSOFQLEKK3CSH5B5AES00JV1U", "006c02462a161006"


def at(seconds, number=None):
    values = {"TimeinSecs": 1_000_000_000 + seconds, "TimeinuSecs": 5}
    return Attributes(values if number is None else values | {"EventSequenceNumber": number})


def created(seconds=0, number=None):
    return encode(EventCallCreated(call_uuid=UUID, conn_id=CONN, extra=at(seconds, number)))


def deleted(seconds=9, number=None):
    return encode(EventCallDeleted(call_uuid=UUID, conn_id=CONN, extra=at(seconds, number)))


def request(seconds=1, number=None):
    return encode(UnknownEvent(61, at(seconds, number)), policy=Policy.LENIENT)


INVALID = encode(UnknownEvent(EventCallDeleted.message, Attributes({"ConnID": CONN})), policy=Policy.LENIENT)


def run_of(*frames, **options):
    bounds = array("Q", accumulate(map(len, frames), initial=0))
    return Frames(data=b"".join(frames), bounds=bounds.tobytes(), offsets=bounds[:-1].tobytes(), file="a.tlb", **options)


@pytest.fixture(params=["native", "reference"])
def tracker(request, monkeypatch):
    if request.param == "reference":
        monkeypatch.setenv("TLIB_ENGINE", "reference")
    return CallTracker()


def test_a_call_ends_in_the_run_of_its_deletion(tracker):
    [call] = tracker.feed_frames(run_of(created(), deleted()))
    assert call.duration.total_seconds() == 9


def test_a_call_goes_on_in_the_next_run(tracker):
    assert list(tracker.feed_frames(run_of(created()))) == []
    assert [one.ending.value for one in tracker.feed_frames(run_of(deleted()))] == ["deleted"]


def test_the_origin_of_a_call_is_that_of_its_first_frame(tracker):
    [call] = tracker.feed_frames(run_of(request(), created(), deleted()))
    assert call.origin.offset == len(request())


def test_the_origin_of_a_call_has_the_time_of_its_event(tracker):
    [call] = tracker.feed_frames(run_of(created(), deleted()))
    assert call.origin.time == 1_000_000_000_000_005_000


def test_a_run_can_begin_behind_its_first_frames(tracker):
    list(tracker.feed_frames(run_of(request(), created()), 1))
    assert tracker.messages == {EventCallCreated.message: 1}


def test_messages_that_name_no_call_are_counted(tracker):
    list(tracker.feed_frames(run_of(request(), created(), request())))
    assert tracker.messages == {61: 2, EventCallCreated.message: 1}


def test_missing_numbers_have_the_origin_of_the_frame_behind_them(tracker):
    [missing] = tracker.feed_frames(run_of(request(number=1), request(number=5)))
    assert (missing.first, missing.last, missing.origin.offset) == (2, 4, len(request(number=1)))


def test_numbers_are_those_of_a_connection(tracker):
    flows = array("I", [0, 1, 0, 1]).tobytes()
    frames = (request(number=number) for number in (1, 70, 2, 71))
    table = (Flow(connection=1), Flow(connection=2))
    assert list(tracker.feed_frames(run_of(*frames, flows=flows, flow_table=table))) == []


def test_the_record_of_an_invalid_frame_comes_first(tracker):
    results = list(tracker.feed_frames(run_of(created(), INVALID)))
    assert [type(one) for one in results] == [Record, Call]


def test_a_call_that_is_idle_ends_at_a_message_that_names_none(tracker):
    [call] = tracker.feed_frames(run_of(created(), request(90_000), request(90_001)))
    assert call.ending.value == "expired"


def test_the_time_of_a_frame_without_its_own_is_that_of_its_record(tracker):
    bare = encode(EventCallCreated(call_uuid=UUID, conn_id=CONN))
    list(tracker.feed_frames(run_of(bare, times=array("q", [1_500_000_000]).tobytes())))
    [call] = tracker.close()
    assert call.begin.isoformat() == "1970-01-01T00:00:01.500000+00:00"


def test_a_registry_without_numbers_of_events_is_followed_record_by_record():
    tracker = CallTracker(registry=weather.WEATHER)
    ping = b"TL\1\0\0\1\0\0\0\0"
    assert list(tracker.feed_frames(run_of(ping))) == []
