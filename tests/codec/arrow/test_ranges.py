"""Ranges: every byte is in exactly one, and each frame is what it is in the whole."""

from __future__ import annotations

import io
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlib_codec import EventCallCreated, KVList, Limits, encode
from tlib_codec.arrow.columns import Columns, frames, pa
from tlib_codec.arrow.layout import GAP
from tlib_codec.arrow.splits import cut, frame_batches, places, read_range
from tlib_fuzz import strategies as some
from tlib_schemas.tlibrary import TLIBRARY

LIMITS = Limits(frame_body=4_096)
ROW = 4_096 + 11  # the shortest range
HEADER = b"TL\x01\x00"


def rows(source):
    return pa.table(Columns(source, limits=LIMITS)).to_pylist()


def split(data, each, lead):
    file = io.BytesIO(data)
    cuts = [cut(file, place, limits=LIMITS, lead=lead) for place in places(len(data), each, limits=LIMITS)] + [len(data)]
    assert cuts == sorted(cuts)
    pieces = [b"".join(read_range(file, start, end)) for start, end in itertools.pairwise(cuts)]
    return list(zip(cuts, pieces, strict=False))


def moved(row, start):
    return {
        **row,
        "$offset": row["$offset"] + start,
        "$error_offset": None if row["$error_offset"] is None else row["$error_offset"] + start,
    }


short = some.frames().filter(lambda frame: len(frame) <= 4_096)
streams = st.lists(short | st.binary(max_size=300), min_size=1, max_size=12).flatmap(
    lambda pieces: st.builds(
        lambda order, times: b"".join(pieces[i % len(pieces)] for i in order) * times,
        st.lists(st.integers(0, 11), min_size=8, max_size=60),
        st.integers(1, 6),
    )
)


@given(streams, st.integers(ROW, 3 * ROW), st.sampled_from([0, 100, 5_000, 1 << 20]))
def test_every_byte_is_in_exactly_one_range(data, each, lead):
    made = split(data, each, lead)
    assert b"".join(piece for _, piece in made) == data
    assert b"".join(b"".join(frames(pa.table(Columns(piece, limits=LIMITS)))) for _, piece in made) == data


@given(streams, st.integers(ROW, 3 * ROW))
def test_with_the_lead_each_frame_is_what_it_is_in_the_whole(data, each):
    """Gaps come in pieces whose ends depend on where reading began; all else is the same row."""
    apart = [moved(row, start) for start, piece in split(data, each, 1 << 20) for row in rows(piece)]
    whole = rows(data)
    sound = [row for row in whole if row["$error"] != GAP and row["Event"] is not None and row["$error"] not in BROKEN]
    assert [row for row in apart if row["$error"] != GAP and row["Event"] is not None and row["$error"] not in BROKEN] == sound


BROKEN = {"truncated-frame", "truncated-header", "frame-too-long", "attribute-overrun", "attribute-header"}


def test_a_frame_inside_a_frame_is_not_cut_at_with_the_lead_and_is_shown_in_pieces_without():
    inner = encode(EventCallCreated(call_uuid="01FES9JKSOFQLEKK3CSH5B5AES00JV1U", conn_id="006c02462a161006"))
    outer = encode(
        EventCallCreated(call_uuid="01FES9JKSOFQLEKK3CSH5B5AES00JV1U", conn_id="006c02462a161006", user_data=KVList({"copy": inner * 20}))
    )
    data = outer * 30
    for lead, count in ((1 << 20, 30), (0, None)):
        made = split(data, ROW, lead)
        assert len(made) > 3
        assert b"".join(piece for _, piece in made) == data
        found = [row for _, piece in made for row in rows(piece)]
        assert (len(found) == count and not any(row["$error"] for row in found)) if count else any(row["$error"] for row in found)


def test_garbage_leaves_cuts_where_they_are():
    data = bytes(5 * ROW)
    assert [start for start, _ in split(data, ROW, 100)] == [i * ROW for i in range(5)]
    assert split(b"", ROW, 0) == [(0, b"")]


def test_a_range_shorter_than_a_frame_is_refused():
    with pytest.raises(ValueError, match="longer than the longest frame"):
        places(100, 4_000, limits=LIMITS)


def test_the_batches_of_a_stream_have_its_frames():
    frame = encode(EventCallCreated(call_uuid="x", conn_id="0" * 16))
    batches = frame_batches([frame[:30], frame[30:] + b"junk"], TLIBRARY)
    assert [entry.frame for batch in batches for entry in batch] == [frame, b"junk"]
