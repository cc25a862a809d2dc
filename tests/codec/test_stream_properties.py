"""Streams: any chunking gives the same items, no byte is lost, good frames are found again."""

from __future__ import annotations

from array import array
from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st
from weather import WEATHER

from tlib_codec import Gap, MalformedFrame, Policy
from tlib_fuzz import strategies as some
from tlib_schemas import TLIBRARY, Limits

PIECES = st.one_of(
    some.frames(),
    some.mutated_frames(),
    some.frames(WEATHER),
    st.binary(max_size=30),
    # what looks like the beginning of a frame: the sign cut short, headers that lie
    st.sampled_from((b"T", b"TL", b"TL\x01", b"TL\x01\x00", b"TL\x02\x00", b"TL\x01\x01", b"\x00TL\x01\x00\x00\x3c")),
    st.integers(0, 300).map(lambda length: b"TL\x01\x00\x00\x04" + length.to_bytes(4, "big")),
)
STREAMS = st.lists(PIECES, max_size=6).map(b"".join)


def drain(decoder):
    """Items with their places, as they come."""
    return [(decoder.offset, decoder.data, item) for item in decoder]


def all_at_once(codec, data, **settings):
    decoder = codec.StreamDecoder(**settings)
    decoder.feed(data)
    decoder.close()
    return drain(decoder)


def in_chunks(codec, data, cuts, **settings):
    decoder = codec.StreamDecoder(**settings)
    found = []
    for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True):
        decoder.feed(data[start:end])
        found += drain(decoder)
    decoder.close()
    return found + drain(decoder)


@given(data=STREAMS, draw=st.data())
def test_any_chunking_gives_the_same_items(codec, data, draw):
    cuts = sorted(draw.draw(st.lists(st.integers(0, len(data)), max_size=8)))
    assert in_chunks(codec, data, cuts) == all_at_once(codec, data)


@given(data=STREAMS)
def test_a_byte_at_a_time_gives_the_same_items(codec, data):
    assert in_chunks(codec, data, range(1, len(data))) == all_at_once(codec, data) if data else True


def taken(decoder):
    """Frames in runs, as (offset, bytes, None), and items where a run ends."""
    found = []
    while True:
        data, bounds, offsets = decoder.frames()
        places = [*memoryview(bounds).cast("Q")]
        found += [(o, data[a:b], None) for a, b, o in zip(places[:-1], places[1:], memoryview(offsets).cast("Q"), strict=True)]
        if offsets:
            continue
        item = next(iter(decoder), None)
        if item is None:
            return found
        found.append((decoder.offset, decoder.data, item))


def taken_in_chunks(codec, data, cuts):
    decoder = codec.StreamDecoder()
    found = []
    for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True):
        decoder.feed(data[start:end])
        found += taken(decoder)
    decoder.close()
    return found + taken(decoder)


@given(data=STREAMS, draw=st.data())
def test_runs_of_frames_and_what_stands_between_them_are_the_items(codec, data, draw):
    cuts = sorted(draw.draw(st.lists(st.integers(0, len(data)), max_size=8)))
    expected = all_at_once(codec, data)
    found = taken_in_chunks(codec, data, cuts)
    assert [one[:2] for one in found] == [one[:2] for one in expected]
    assert all(item in (None, wanted[2]) for (*_, item), wanted in zip(found, expected, strict=True))


@given(frames=st.lists(some.frames(), max_size=5), rest=st.integers(0, 9))
def test_good_frames_are_one_run(codec, frames, rest):
    decoder = codec.StreamDecoder()
    decoder.feed(b"".join(frames) + b"TL\x01\x00\x00\x3c\x00\x00\x00"[:rest])
    ends = [*accumulate(map(len, frames), initial=0)]
    assert decoder.frames() == (b"".join(frames), array("Q", ends).tobytes(), array("Q", ends[:-1]).tobytes())
    assert decoder.waiting == rest


@given(data=STREAMS)
def test_the_items_hold_every_byte_of_the_stream(codec, data):
    found = all_at_once(codec, data)
    assert b"".join(piece for _, piece, _ in found) == data
    position = 0
    for offset, piece, item in found:
        assert offset == position
        position += len(piece)
        if isinstance(item, Gap):
            assert (item.offset, item.data) == (offset, piece)
        else:
            assert item == codec.decode(piece, policy=Policy.LENIENT) or item.violations[0].offset != 0


@given(frames=st.lists(some.frames(), max_size=5))
def test_a_stream_of_good_frames_is_those_frames(codec, frames):
    assert [piece for _, piece, item in all_at_once(codec, b"".join(frames)) if not isinstance(item, Gap)] == frames


@given(before=some.frames(), garbage=st.binary(min_size=1, max_size=60).filter(lambda g: b"T" not in g), after=some.frames())
def test_garbage_between_frames_is_one_gap(codec, before, garbage, after):
    found = all_at_once(codec, before + garbage + after)
    assert [(offset, piece) for offset, piece, _ in found] == [
        (0, before),
        (len(before), garbage),
        (len(before) + len(garbage), after),
    ]
    assert type(found[1][2]) is Gap


@given(length=st.integers(0, 200), lie=st.integers(0, 2**32 - 1), after=some.frames())
def test_a_frame_swallowed_by_a_header_whose_attributes_do_not_fit_is_found(codec, length, lie, after):
    # an attribute that runs past the end which the header announces: the header is not believed
    broken = b"TL\x01\x00\x00\x3c" + (6 + length).to_bytes(4, "big") + b"\x00\x03\x02" + (length + 1 + lie % 1000).to_bytes(3, "big")
    found = all_at_once(codec, broken + after)
    assert found[0][2].error.code == "attribute-overrun"
    assert found[-1][1] == after


WRONG_ATTRIBUTES = {
    "duplicate-attribute": 2 * bytes.fromhex("ff00 00 000000"),
    "attribute-type": bytes.fromhex("0009 00 000003 616263"),
    "pair-overrun": bytes.fromhex("0033 03 000008 0001 00 0009 0000 41"),
    "list-trailing": bytes.fromhex("ff00 03 000003 0000 00"),
}


@given(before=some.frames(), after=some.frames(), code=st.sampled_from(sorted(WRONG_ATTRIBUTES)))
def test_a_malformed_frame_of_sound_framing_costs_itself_alone(codec, before, after, code):
    wrong = WRONG_ATTRIBUTES[code]
    frame = b"TL\x01\x00\x00\x3c" + len(wrong).to_bytes(4, "big") + wrong
    found = all_at_once(codec, before + frame + after)
    assert [piece for _, piece, _ in found] == [before, frame, after]
    assert type(found[1][2]) is MalformedFrame
    assert (found[1][2].error.code, found[1][2].offset) == (code, len(before))


@given(data=STREAMS)
def test_a_registry_and_limits_of_the_user_are_used(codec, data):
    found = all_at_once(codec, data, registry=WEATHER, limits=Limits(frame_body=64))
    assert b"".join(piece for _, piece, _ in found) == data
    assert all(len(piece) <= 74 for _, piece, item in found if not isinstance(item, Gap))
    assert {type(item).__name__ for _, _, item in found} <= {
        "Observation",
        "OldObservation",
        "UnknownEvent",
        "InvalidEvent",
        "Gap",
        "MalformedFrame",
    }
    assert TLIBRARY.events  # the default registry is not touched
