"""The stream decoder as it is used: fed, iterated, closed."""

from __future__ import annotations

import pytest

from tlib_codec import EventCallCreated, Gap, InvalidEvent, MalformedFrame, Policy, UnknownEvent, encode

GOOD = bytes.fromhex("544c 01 00 004d 00000000")
EVENT = EventCallCreated(call_uuid="01FES9JKSOFQLEKK3CSH5B5AES00JV1U", conn_id="006c02462a161006")


def test_items_come_as_their_bytes_are_complete(codec):
    decoder = codec.StreamDecoder()
    frame = encode(EVENT)
    assert list(decoder) == []
    decoder.feed(frame[:-1])
    assert list(decoder) == []
    decoder.feed(bytearray(frame[-1:] + GOOD + GOOD[:4]))
    assert decoder.waiting == len(frame + GOOD + GOOD[:4])
    assert list(decoder) == [EVENT, UnknownEvent(77)]
    assert (decoder.offset, decoder.data) == (len(frame), GOOD)
    assert decoder.waiting == 4
    decoder.feed(memoryview(GOOD[4:]))
    assert list(decoder) == [UnknownEvent(77)]
    assert (decoder.offset, decoder.data) == (len(frame) + len(GOOD), GOOD)
    decoder.close()
    assert list(decoder) == []


def test_a_stream_that_is_closed_takes_no_more(codec):
    decoder = codec.StreamDecoder()
    decoder.close()
    with pytest.raises(ValueError, match="the stream is closed"):
        decoder.feed(b"")


def test_what_is_no_bytes_is_refused(codec):
    with pytest.raises(TypeError):
        codec.StreamDecoder().feed("TL")


def test_an_invalid_event_has_offsets_of_the_stream(codec):
    decoder = codec.StreamDecoder()
    decoder.feed(GOOD + bytes.fromhex("544c 01 00 00a0 00000000"))
    _, item = decoder
    assert isinstance(item, InvalidEvent)
    assert [v.offset for v in item.violations] == [10, 10]


def test_iterating_may_stop_and_go_on(codec):
    decoder = codec.StreamDecoder()
    decoder.feed(GOOD * 3)
    assert next(iter(decoder)) == UnknownEvent(77)
    assert (decoder.offset, len(list(decoder))) == (0, 2)


@pytest.mark.parametrize("cut", range(1, 10))
def test_a_frame_that_the_end_cuts_is_malformed(codec, cut):
    decoder = codec.StreamDecoder()
    decoder.feed(GOOD + GOOD[:cut])
    assert list(decoder) == [UnknownEvent(77)]
    decoder.close()
    (item,) = decoder
    assert isinstance(item, MalformedFrame)
    assert (item.offset, item.data, item.error.code, item.error.offset) == (10, GOOD[:cut], "truncated-header", 10)
    assert item.error.available == cut


@pytest.mark.parametrize("length", [65_535, 65_536, 65_537, 131_072, 131_075])
@pytest.mark.parametrize("wait", [True, False])
def test_a_long_gap_comes_in_the_same_pieces_whenever_its_end_is_known(codec, length, wait):
    decoder = codec.StreamDecoder()
    items = []
    decoder.feed(bytes(length))
    if wait:
        decoder.feed(GOOD[:3])
        items += decoder
        decoder.feed(GOOD[3:])
    else:
        decoder.feed(GOOD)
    items += decoder
    sizes = [65_536] * (length // 65_536) + [length % 65_536] * (length % 65_536 > 0)
    assert [len(item.data) for item in items[:-1]] == sizes
    assert [type(item) for item in items] == [Gap] * len(sizes) + [UnknownEvent]


def test_the_first_piece_of_a_long_malformed_frame_has_the_error(codec):
    decoder = codec.StreamDecoder()
    decoder.feed(b"TL\x02" + bytes(70_000))
    decoder.close()
    first, rest = decoder
    assert (type(first), first.error.code, type(rest), rest.offset) == (MalformedFrame, "bad-version", Gap, 65_536)


def test_a_frame_inside_a_frame_that_lies_is_found(codec):
    decoder = codec.StreamDecoder()
    decoder.feed(bytes.fromhex("544c 01 00 004d 00000010 f000 02 000020") + GOOD)
    broken, good = decoder
    assert (broken.error.code, broken.error.path, good) == ("attribute-overrun", "EventDNDOn.#61440", UnknownEvent(77))


def test_a_frame_inside_the_value_of_a_good_frame_is_a_value(codec):
    decoder = codec.StreamDecoder()
    decoder.feed(bytes.fromhex("544c 01 00 004d 00000010 f000 02 00000a") + GOOD)
    (item,) = decoder
    assert item.attributes["#61440"].value == GOOD


def test_frames_stop_before_a_gap(codec):
    decoder = codec.StreamDecoder()
    decoder.feed(GOOD + b"xyz" + GOOD)
    assert decoder.frames()[0] == GOOD
    assert decoder.frames() == (b"", bytes(8), b"")
    assert next(iter(decoder)) == Gap(len(GOOD), b"xyz")
    assert decoder.frames()[0] == GOOD


def test_the_offsets_of_frames_count_from_the_start_of_the_stream(codec):
    decoder = codec.StreamDecoder()
    decoder.feed(b"xyz" + GOOD + GOOD)
    next(iter(decoder))
    data, bounds, offsets = decoder.frames()
    assert data == GOOD + GOOD
    assert [*memoryview(bounds).cast("Q")] == [0, 10, 20]
    assert [*memoryview(offsets).cast("Q")] == [3, 13]


def test_taking_frames_leaves_offset_and_data_of_the_last_item(codec):
    decoder = codec.StreamDecoder()
    decoder.feed(b"xyz" + GOOD)
    next(iter(decoder))
    decoder.frames()
    assert (decoder.offset, decoder.data) == (0, b"xyz")


def test_frames_do_not_check_values(codec):
    decoder = codec.StreamDecoder()
    frame = encode(EVENT, policy=Policy.LENIENT).replace(b"01FES9", b"\xff1FES9") + GOOD[:6] + b"\0\0\0\x08" + b"\x00\x09\x00\x00\x00\x02ab"
    decoder.feed(frame)
    assert decoder.frames()[0] == frame


def test_many_frames_are_one_run(codec):
    decoder = codec.StreamDecoder()
    decoder.feed(GOOD * 3_000)
    assert len(decoder.frames()[2]) == 3_000 * 8


def test_work_counts_the_attribute_headers_of_a_frame(codec):
    decoder = codec.StreamDecoder()
    decoder.feed(bytes.fromhex("544c0100003c0000000a 0002 01 000004 00000001"))
    list(decoder)
    assert decoder.work == 1
