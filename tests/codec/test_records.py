"""Origins print and come back; batches iterate and filter their parts in order; diagnostics are one line."""

from __future__ import annotations

import datetime as dt
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlib_codec import (
    TLIBRARY,
    Attributes,
    EventCallDeleted,
    Gap,
    InvalidEvent,
    MalformedFrame,
    Missing,
    StreamDecoder,
    UnknownEvent,
    encode,
)
from tlib_codec.formats.logs import codes as _codes  # noqa: F401 the codes of logs join the table
from tlib_codec.records import (
    NO_FLOW,
    NO_TIME,
    Batch,
    Diagnostic,
    Flow,
    Frames,
    Origin,
    Record,
    batches,
    iso,
    nanoseconds,
    parse_time,
    shifted,
    stream_parts,
)
from tlib_schemas.errors import Severity
from tlib_schemas.limits import DEFAULT_LIMITS

EVENT = EventCallDeleted(call_uuid="01FES9JKSOFQLEKK3CSH5B5AES00JV1U", conn_id="006c02462a161006")
FRAME = encode(EVENT)
INVALID = FRAME[:6] + bytes(4)
TORN = FRAME[:13] + b"\xff" + FRAME[14:]


# -- origins ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("origin", "place"),
    [
        (Origin(file="server.log", line=17), "server.log:17"),
        (Origin(line=17), "line 17"),
        (Origin(file="trunk.pcapng", packet=4), "trunk.pcapng: packet 4"),
        (Origin(packet=4), "packet 4"),
        (Origin(file="calls.tlb"), "calls.tlb"),
        (Origin(), "record"),
    ],
)
def test_the_place_names_the_file_with_the_line_or_packet(origin, place):
    assert origin.place == place


def test_an_origin_prints_its_known_fields_in_order():
    origin = Origin(direction="sent", file="a", local_time=2_000, offset=0, connection=0, other={"x": 1})
    assert list(origin.to_data().items()) == [
        ("file", "a"),
        ("offset", 0),
        ("time", "1970-01-01T00:00:00.000002"),
        ("connection", 0),
        ("direction", "sent"),
        ("x", 1),
    ]


def test_a_local_time_prints_without_a_zone():
    assert Origin(local_time=1_000).to_data() == {"time": "1970-01-01T00:00:00.000001"}


TEXT = st.text(min_size=1, max_size=5)
NUMBER = st.integers(0, 2**63 - 1)
TIME = st.integers(-(10**18), 10**19)
ORIGINS = st.builds(
    Origin,
    file=TEXT | st.just(""),
    line=NUMBER | st.none(),
    packet=NUMBER | st.none(),
    offset=NUMBER | st.none(),
    src=TEXT | st.just(""),
    connection=TEXT | NUMBER | st.none(),
    peer=TEXT | st.just(""),
)


@given(ORIGINS)
def test_an_origin_comes_back_from_its_data(origin):
    assert Origin.from_data(origin.to_data()) == origin


@given(time=TIME)
def test_a_local_time_comes_back_to_the_nanosecond(time):
    origin = Origin(local_time=time)
    assert Origin.from_data(origin.to_data()) == origin


def test_a_time_of_day_prints_without_a_date():
    assert Origin(time_of_day=85_082_061_000_000).to_data() == {"time": "23:38:02.061000"}


def test_a_time_of_day_comes_back():
    origin = Origin(time_of_day=85_082_061_000_000)
    assert Origin.from_data(origin.to_data()) == origin


def test_the_instant_is_no_part_of_the_source():
    assert Origin(time=1_000).to_data() == {}


@pytest.mark.parametrize(
    "data",
    [
        {"host": "a"},
        {"line": "7"},
        {"line": True},
        {"file": ""},
        {"connection": None},
        {"connection": 1.5},
        {"time": 5},
        {"time": "noon"},
        {"time": "2026-03-14T23:39:12+02:00"},
        {"time": "23:39"},
        {"time": "23:39:12.000000Z"},
    ],
)
def test_data_that_no_field_holds_come_out_as_they_came_in(data):
    assert Origin.from_data(data).to_data() == data


def test_a_time_of_another_zone_is_known_in_utc():
    assert Origin.from_data({"time": "1970-01-01T02:00:01+02:00"}).time == 10**9


@pytest.mark.parametrize(
    ("time", "text"),
    [
        (0, "1970-01-01T00:00:00.000000"),
        (1, "1970-01-01T00:00:00.000000001"),
        (-1, "1969-12-31T23:59:59.999999999"),
        (10**21, "1000000000000.000000"),
    ],
)
def test_a_time_prints_as_iso_8601_or_as_seconds_beyond_the_calendar(time, text):
    assert iso(time) == text


@pytest.mark.parametrize("text", ["", "noon", "2026-02-30", "2026-03-14T25:00:00"])
def test_text_that_is_no_time_is_none(text):
    assert parse_time(text) is None


def test_a_time_without_a_zone_counts_on_its_own_clock():
    assert nanoseconds(dt.datetime(1970, 1, 1, 0, 0, 1)) == 10**9  # noqa: DTZ001


# -- records and diagnostics -----------------------------------------------------------------------


def items(data):
    decoder = StreamDecoder()
    decoder.feed(data)
    decoder.close()
    return list(decoder)


@pytest.mark.parametrize(("item", "valid"), [(EVENT, True), (UnknownEvent(60), True), (items(INVALID)[0], False), (Gap(0, b"x"), False)])
def test_a_record_is_valid_unless_its_event_is_invalid_or_it_is_no_frame(item, valid):
    assert Record(item).valid is valid


@pytest.mark.parametrize(
    ("item", "text"),
    [
        (Gap(5, b"xyz"), "a.bin: 3 bytes from byte 5 on belong to no frame [gap]"),
        (Missing(5, b"", 7), "a.bin: 7 bytes of the stream from byte 5 on are not in the capture [gap]"),
    ],
)
def test_a_gap_complains_with_its_place_and_length(item, text):
    assert Record(item, origin=Origin(file="a.bin")).complaint() == text


def test_a_malformed_frame_complains_with_its_error():
    (item,) = items(FRAME[:20])
    assert Record(item, origin=Origin(file="a.bin")).complaint() == f"a.bin: {item.error}"


def test_an_invalid_event_complains_with_its_errors():
    (item,) = items(INVALID)
    assert Record(item).complaint() == "record: " + "; ".join(map(str, item.violations))


@pytest.mark.parametrize(
    ("diagnostic", "text"),
    [
        (Diagnostic("log-line", Origin(file="a.log", line=3), "this", "that"), "a.log:3: expected this, found that [log-line]"),
        (
            Diagnostic("capture-cut", Origin(file="a.pcap", offset=9), "this", "that"),
            "a.pcap at byte 9: expected this, found that [capture-cut]",
        ),
        (Diagnostic("log-line", Origin(line=3), "this", "that", path="ANI"), "line 3: ANI: expected this, found that [log-line]"),
        (
            Diagnostic("log-line", Origin(line=3), "this", "that", "ANI", "not written"),
            "line 3: not written: ANI: expected this, found that [log-line]",
        ),
    ],
)
def test_a_diagnostic_is_one_line(diagnostic, text):
    assert str(diagnostic) == text


def test_a_diagnostic_is_an_error_with_advice():
    diagnostic = Diagnostic("log-line", Origin(), "this", "that")
    assert diagnostic.severity is Severity.ERROR
    assert diagnostic.advice.endswith(".")


@pytest.mark.parametrize("path", ["", "ANI"])
def test_a_diagnostic_as_an_item_is_a_malformed_frame_of_no_bytes(path):
    item = Diagnostic("log-line", Origin(offset=4), "this", "that", path=path).as_item()
    assert isinstance(item, MalformedFrame)
    assert (item.offset, item.data, item.error.code, item.error.path) == (4, b"", "log-line", path)


# -- frames ----------------------------------------------------------------------------------------


def run(*frames, **columns):
    """Return a run of these frames."""
    ends = [0]
    for frame in frames:
        ends.append(ends[-1] + len(frame))
    return Frames(data=b"".join(frames), bounds=array("Q", ends).tobytes(), **columns)


def numbers(kind, *values):
    return array(kind, values).tobytes()


COLUMNS = {
    "offsets": numbers("Q", 5, 6, 7),
    "lines": numbers("Q", 1, 2, 3),
    "packets": numbers("Q", 7, 8, 9),
    "times": numbers("q", 10, NO_TIME, 30),
    "local_times": numbers("q", NO_TIME, 5, 6),
    "flows": numbers("I", 0, NO_FLOW, 1),
    "flow_table": [Flow(0, "a:1", "b:2", "to-server"), Flow(1, "b:2", "a:1", "to-client")],
}
THREE = run(FRAME, INVALID, TORN, file="x", **COLUMNS)


def test_frames_have_the_origins_of_their_columns():
    assert list(THREE.origins()) == [
        Origin(file="x", offset=5, line=1, packet=7, time=10, src="a:1", dst="b:2", connection=0, direction="to-server"),
        Origin(file="x", offset=6, line=2, packet=8, local_time=5),
        Origin(file="x", offset=7, line=3, packet=9, time=30, local_time=6, src="b:2", dst="a:1", connection=1, direction="to-client"),
    ]


def test_frames_without_columns_have_origins_of_the_file():
    assert list(run(FRAME, FRAME, file="x").origins()) == [Origin(file="x")] * 2


def test_no_frames_have_no_origins():
    assert list(run(flows=b"").origins()) == []


def test_frames_decode_to_records_with_their_bytes():
    assert [(type(record.item), record.frame) for record in THREE.records(TLIBRARY)] == [
        (EventCallDeleted, FRAME),
        (InvalidEvent, INVALID),
        (MalformedFrame, TORN),
    ]


def test_offsets_in_items_count_from_the_beginning_of_the_stream():
    _, invalid, torn = THREE.records(TLIBRARY)
    assert invalid.item.violations[0].offset == 6
    assert torn.item.offset == 7
    assert torn.item.error.offset == 7 + items(TORN)[0].error.offset


def test_selected_frames_keep_their_bytes_and_origins():
    chosen = THREE.select([2, 0])
    every = list(THREE.records(TLIBRARY))
    assert [(record.frame, record.origin) for record in chosen.records(TLIBRARY)] == [(every[i].frame, every[i].origin) for i in (2, 0)]


@pytest.mark.parametrize("item", [EVENT, items(TORN)[0], Gap(1, b"x"), Missing(1, b"", 3), items(INVALID)[0]])
def test_a_shifted_item_counts_from_the_base(item):
    moved = shifted(item, 10)
    assert shifted(moved, -10) == item
    if isinstance(item, Gap):
        assert moved.offset == item.offset + 10


def test_a_violation_without_a_place_stays_without_one():
    item = TLIBRARY.assemble(EventCallDeleted.message, {})
    placeless = InvalidEvent(item.message, item.attributes, tuple(type(v)(**fields(v) | {"offset": None}) for v in item.violations))
    assert all(v.offset is None for v in shifted(placeless, 10).violations)


def fields(struct):
    return {name: getattr(struct, name) for name in struct.__struct_fields__}


# -- batches ---------------------------------------------------------------------------------------

WRONG = Diagnostic("log-line", Origin(line=1), "this", "that")
GAP = Record(Gap(0, b"x"))


def test_a_batch_iterates_its_parts_in_order():
    entries = list(Batch([GAP, run(FRAME, FRAME), WRONG]))
    assert [getattr(one, "frame", None) for one in entries] == [None, FRAME, FRAME, None]


def gathered(entries):
    return [list(batch) for batch in batches(entries, registry=TLIBRARY, limits=DEFAULT_LIMITS)]


def test_entries_are_gathered_until_the_reader_waits():
    assert gathered([GAP, WRONG, None, None, GAP]) == [[GAP, WRONG], [GAP]]


def test_a_batch_of_single_entries_is_bounded():
    assert [len(batch) for batch in gathered([GAP] * 5000)] == [4096, 904]


def test_the_parts_of_a_stream_are_runs_of_frames_and_the_records_between():
    decoder = StreamDecoder()
    decoder.feed(FRAME + FRAME + b"?" + FRAME)
    decoder.close()
    entries = list(Batch(stream_parts(decoder, "x")))
    assert [(record.item, record.frame, record.origin.offset) for record in entries] == [
        (EVENT, FRAME, 0),
        (EVENT, FRAME, len(FRAME)),
        (Gap(2 * len(FRAME), b"?"), b"?", 2 * len(FRAME)),
        (EVENT, FRAME, 2 * len(FRAME) + 1),
    ]


def test_an_unknown_name_reads_as_an_attribute_of_no_event():
    assert Record(UnknownEvent("EventNovel", Attributes({}))).valid
