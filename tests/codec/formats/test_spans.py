"""Spans of one file: where they are cut, and that their readers end where the next one begins."""

from __future__ import annotations

import datetime as dt
import io

import pytest
from benchmarks.road_log import Log

from tlib_codec import EventCallCreated, KVList, encode, read
from tlib_codec.formats import ReadOptions, formats
from tlib_codec.formats.source import Source
from tlib_codec.formats.spans import WHOLE, Span, count_lines, cut_lines, next_line
from tlib_schemas.kinds import WireType

OPTIONS = ReadOptions()
FRAME = encode(EventCallCreated(call_uuid="01FES9JKSOFQLEKK3CSH5B5AES00JV1U", conn_id="006c02462a161006", ani="5551000"))


def spans_of(path, length, options=OPTIONS):
    with Source(path) as source:
        chosen = source.detect()
    with path.open("rb") as file:
        return list(chosen.cut(file, WHOLE, length, options))


def entries_of(path, name, span=WHOLE):
    """Return the entries of a span and the state that its reader reached."""
    with Source(path, span=span) as source:
        found = [entry for batch in formats()[name].read(source, OPTIONS) for entry in batch]
        return found, source.reached


def assert_seamless(path, name, length):
    """Assert that the readers of the spans give the entries of one reader, and that each guess is right."""
    spans = spans_of(path, length)
    assert len(spans) > 2
    entries, reached = [], ()
    for span in spans:
        assert span.state == reached
        found, reached = entries_of(path, name, span)
        entries += found
    assert entries == entries_of(path, name)[0]


@pytest.fixture
def file(tmp_path):
    def make(data, name="input"):
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return make


@pytest.fixture(params=["native", "reference"])
def engine(request, monkeypatch):
    if request.param == "reference":
        monkeypatch.setenv("TLIB_ENGINE", "reference")


# -- lines -------------------------------------------------------------------------------------------------------


def test_lines_are_counted_in_a_stretch(engine):
    assert count_lines(io.BytesIO(b"a\nb\n\nc" + b"\n" * 600_000), 1, 600_005) == 600_002


def test_the_next_line_begins_behind_a_line_feed():
    assert next_line(io.BytesIO(b"ab\ncd\n"), 1) == 3


def test_the_next_line_may_be_far_away():
    assert next_line(io.BytesIO(b"a" * 300_000 + b"\nb"), 0) == 300_001


@pytest.mark.parametrize("data", [b"", b"ab", b"ab\n"])
def test_behind_the_last_line_there_is_no_next_one(data):
    assert next_line(io.BytesIO(data), 0) is None


def test_spans_of_lines_end_with_lines_and_know_their_numbers():
    spans = list(cut_lines(io.BytesIO(b"a\nbb\n\ncc\ndddd\n"), WHOLE, 3))
    assert spans == [Span(0, 5, 1), Span(5, 9, 3), Span(9, None, 5)]


# -- frames ------------------------------------------------------------------------------------------------------


def test_frames_are_cut_at_frames(file):
    path = file(FRAME * 9000)
    spans = spans_of(path, 200_000)
    assert {span.start % len(FRAME) for span in spans} == {0}
    assert_seamless(path, "frames", 200_000)


def test_frames_after_garbage_have_the_offsets_of_the_file(file, engine):
    assert_seamless(file(FRAME * 700 + (FRAME * 9 + b"garbage") * 80), "frames", 30_000)


def test_a_place_that_only_looks_like_a_frame_is_no_cut(file):
    path = file(FRAME + b"TL\x01\x00" + FRAME * 5)
    assert spans_of(path, 1)[0].end == 2 * len(FRAME) + 4


def test_a_cut_inside_a_value_shows_at_the_end_of_the_span_before(file):
    inner = encode(EventCallCreated(call_uuid="01FES9JKSOFQLEKK3CSH5B5AES00JV1U", conn_id="006c02462a161006"))
    outer = encode(
        EventCallCreated(
            call_uuid="01FES9JKSOFQLEKK3CSH5B5AES00JV1U", conn_id="006c02462a161006", user_data=KVList({"frames": inner * 500})
        )
    )
    path = file(outer * 8)
    first = spans_of(path, 100_000)[0]
    assert first.end % len(outer)
    assert entries_of(path, "frames", first)[1] is None


def test_broken_frames_beyond_the_bound_of_work_leave_no_next_span(file):
    header = FRAME[:6] + (30_005).to_bytes(4)
    text = bytes((0, 1, WireType.String)) + len(header).to_bytes(3)
    path = file(FRAME * 10 + (header + text) * 6000 + FRAME * 10)
    assert entries_of(path, "frames", Span(len(FRAME), path.stat().st_size))[1] is None


def test_a_file_without_frames_is_one_span(file):
    assert len(spans_of(file(b"TL\x01\x00" + b"\x00" * 900_000), 200_000)) == 1


# -- JSON lines --------------------------------------------------------------------------------------------------


def test_json_lines_keep_their_numbers(file, engine):
    line = b'{"Event":"EventCallDeleted","CallUUID":"01FES9JKSOFQLEKK3CSH5B5AES00JV1U","ConnID":"006c02462a161006"}\n'
    assert_seamless(file((line * 40 + b"\nnot json\n") * 20), "jsonl", 20_000)


# -- logs --------------------------------------------------------------------------------------------------------


class SlowLog(Log):
    """A log in which minutes pass between two messages."""

    def _stamp(self):
        self._time += 600_000
        return super()._stamp()


def test_logs_are_cut_between_messages(file, engine):
    assert_seamless(file(b"".join(Log().blocks(300_000)), "a.log"), "log", 40_000)


def test_logs_with_odd_messages_are_cut(file, engine):
    assert_seamless(file(b"".join(Log(odd=20).blocks(300_000)), "a.log"), "log", 40_000)


def test_the_clock_at_a_cut_sees_midnight(file):
    path = file(b"".join(SlowLog().blocks(3_000_000)), "a.log")
    dates = {dt.datetime.fromtimestamp(entry.origin.local_time / 1e9, dt.UTC).date() for entry in read(path)}
    assert len(dates) > 2
    assert_seamless(path, "log", 300_000)


MESSAGE = "@{0}.0000 [0] 8.1.101.25 distribute_event: message EventOnHook\n\tAttributeThisDN\t'2001'\n\tAttributeANI\t'{1}'\n\n"


def test_a_wrong_guess_of_the_clock_shows_in_the_state_reached(file):
    days = "".join(MESSAGE.format(f"{hour % 24:02}:00:00", "x" * 500) for hour in range(600))
    path = file(b"Local time:      2026-03-14T00:00:00.000\n\n" + days.encode(), "a.log")
    first, second, *_ = spans_of(path, 200_000)
    assert entries_of(path, "log", first)[1] != second.state


def test_a_cut_in_an_open_text_leaves_no_next_span(file):
    first = MESSAGE.format("10:00:00", "x").encode()
    path = file(
        first * 300 + b"@10:00:00.0000 [0] 8.1.101.25 distribute_event: message EventOnHook\n\tAttributeThisDN\t'2001\n\n" + first * 300
    )
    end = path.read_bytes().index(b"'2001\n\n") + len(b"'2001\n\n")
    assert entries_of(path, "log", Span(0, end))[1] is None


def test_a_platform_sdk_log_is_one_span():
    with open("examples/platform_sdk.log", "rb") as file:  # noqa: PTH123
        assert list(formats()["log"].cut(file, WHOLE, 1000, OPTIONS)) == [WHOLE]


def test_a_log_in_utf_16_is_one_span(file):
    path = file(b"".join(Log().blocks(100_000)), "a.log")
    assert len(spans_of(path, 20_000, ReadOptions(encoding="utf-16-le"))) == 1


def test_a_log_without_empty_lines_is_one_span(file):
    path = file(b"".join(Log().blocks(100_000)).replace(b"\n\n", b"\n"), "a.log")
    assert len(spans_of(path, 20_000)) == 1


# -- sources -----------------------------------------------------------------------------------------------------


def test_a_span_of_a_source_has_its_bytes_alone(file):
    with Source(file(b"0123456789"), span=Span(2, 5)) as source:
        assert b"".join(source.chunks(2)) == b"234"


def test_a_span_is_not_unpacked(file):
    with Source(file(b"..\x1f\x8b\x08rest"), span=Span(2)) as source:
        source.peel()
        assert b"".join(source.chunks()) == b"\x1f\x8b\x08rest"


def test_a_compressed_file_is_not_plain(file):
    import gzip

    with Source(file(gzip.compress(FRAME))) as source:
        source.detect()
        assert not source.plain


def test_a_file_is_plain(file):
    with Source(file(FRAME)) as source:
        source.detect()
        assert source.plain
