"""Hostile input: memory follows the bytes that are there, work is linear in them, no depth breaks the stack."""

from __future__ import annotations

import io
import struct
import tracemalloc

import construct
import pytest

from tlib_codec import DecodeError, Gap, LimitExceeded, Limits, Malformed, MalformedFrame, Policy, Truncated
from tlib_schemas import Attributes, EncodeError, EventCallCreated, KVList, UnknownEvent, wire
from tlib_schemas.limits import DEEPEST_LIST, LONGEST_BODY
from tlib_schemas.tlibrary import TLIBRARY

MIB = 1 << 20


def frame(body: bytes, message: int = 160) -> bytes:
    return struct.pack(">2sBBHI", b"TL", 1, 0, message, len(body)) + body


def attribute(number: int, kind: int, value: bytes) -> bytes:
    return struct.pack(">HI", number, kind << 24 | len(value)) + value


def peak_of(call):
    """The most memory that `call` held at once, and what it gave or raised."""
    tracemalloc.start()
    try:
        try:
            result = call()
        except DecodeError as error:
            result = error
        return tracemalloc.get_traced_memory()[1], result
    finally:
        tracemalloc.stop()


class Trickle(io.RawIOBase):
    """A stream that says how much was asked of it, and gives less."""

    def __init__(self, data: bytes) -> None:
        self._rest = io.BytesIO(data)
        self.most_asked = 0

    def read(self, size: int = -1) -> bytes:
        self.most_asked = max(self.most_asked, size)
        return self._rest.read(size)


@pytest.mark.parametrize("length", [2**31, 2**32 - 1, 16 * MIB + 1])
def test_a_length_beyond_the_limit_allocates_nothing(codec, length):
    data = b"TL\x01\x00\x00\xa0" + length.to_bytes(4, "big")
    codec.decode(frame(b"", 77))  # tables that are made once are no cost of this input
    peak, error = peak_of(lambda: codec.decode(data))
    assert type(error) is LimitExceeded
    assert peak < 64 * 1024


@pytest.mark.parametrize("ours", [TLIBRARY.construct(EventCallCreated), wire.Frame, construct.Struct("frame" / wire.Frame)], ids=repr)
def test_reading_from_a_stream_follows_its_bytes(ours):
    stream = Trickle(b"TL\x01\x00\x00\xa0" + (16 * MIB - 1).to_bytes(4, "big") + bytes(1000))
    peak, error = peak_of(lambda: ours.parse_stream(stream))
    assert type(error) is Truncated
    assert (error.needed, error.available) == (16 * MIB + 9, 1010)
    assert stream.most_asked <= 64 * 1024
    assert peak < 256 * 1024


def test_an_unbounded_length_setting_still_follows_the_bytes():
    ours = TLIBRARY.construct(EventCallCreated, Limits(frame_body=LONGEST_BODY))
    stream = Trickle(b"TL\x01\x00\x00\xa0\xff\xff\xff\xf5" + bytes(1000))
    peak, error = peak_of(lambda: ours.parse_stream(stream))
    assert type(error) is Truncated
    assert peak < 256 * 1024


def test_a_stream_decoder_holds_what_it_was_fed(codec):
    decoder = codec.StreamDecoder()

    def feed_and_wait():
        decoder.feed(b"TL\x01\x00\x00\xa0" + (16 * MIB).to_bytes(4, "big"))
        return list(decoder)

    peak, items = peak_of(feed_and_wait)
    assert items == []
    assert peak < 64 * 1024


def nested(depth: int) -> bytes:
    """A list in a list in a list: as deep as 16-bit lengths allow, then lengths that wrap."""
    levels = [b"\x00\x00"]
    size = 2
    for _ in range(depth - 1):
        levels.append(struct.pack(">HBHHH", 1, 3, 0, (size + 2) & 0xFFFF, size & 0xFFFF))
        size += 9
    return b"".join(reversed(levels))


@pytest.mark.parametrize("depth", [33, 200, 7_000, 100_000])
def test_deep_lists_are_refused_before_the_stack_ends(codec, depth):
    data = frame(attribute(51, 3, nested(depth)))
    for settings in ({}, {"limits": Limits(list_depth=DEEPEST_LIST)}):
        try:
            item = codec.decode(data, policy=Policy.LENIENT, **settings)
        except (LimitExceeded, Malformed) as error:
            assert error.code in {"list-too-deep", "list-length", "pair-overrun", "list-trailing"}
            assert len(str(error)) < 10_000
        else:
            assert depth in (33, DEEPEST_LIST)
            assert settings
            assert codec.encode(item, policy=Policy.LENIENT, **settings) == data
    with pytest.raises(DecodeError):
        codec.decode_frame(data)


def test_a_list_too_deep_is_not_written(codec):
    deep = KVList()
    for _ in range(5_000):
        deep = KVList.of_flat(("", deep))
    for depth in (32, DEEPEST_LIST):
        with pytest.raises(EncodeError, match="list-too-deep"):
            codec.encode(UnknownEvent(77, Attributes({"UserData": deep})), limits=Limits(list_depth=depth))


def test_zero_width_elements_cost_nothing(codec):
    data = frame(attribute(51, 3, b"\xff\xff"))
    peak, error = peak_of(lambda: codec.decode(data))
    assert error.code == "pair-header"
    assert peak < 64 * 1024


def test_the_smallest_pairs_cost_what_their_bytes_cost(codec):
    packed = b"\xff\xff" + bytes(5) * 65_535
    data = frame(attribute(51, 3, packed) + attribute(53, 3, packed), 77)
    peak, item = peak_of(lambda: codec.decode(data))
    assert len(item.attributes["UserData"]) == 65_535
    assert item.attributes["UserData"].get_all("") == [""] * 65_535
    assert peak < 40 * len(data)
    assert codec.encode(item) == data


def test_the_smallest_attributes_cost_what_their_bytes_cost(codec):
    data = frame(b"".join(attribute(number, 2, b"") for number in range(0x9000, 0x10000)), 77)
    peak, item = peak_of(lambda: codec.decode(data))
    assert len(item.attributes) == 0x7000
    assert peak < 150 * len(data)
    assert codec.encode(item) == data


def test_the_greatest_frame_comes_back(codec):
    data = frame(attribute(0xF000, 2, bytes(16 * MIB - 6)), 77)
    assert len(data) == 16 * MIB + 10
    item = codec.decode(data)
    assert codec.encode(item) == data


# -- streams: work is counted, not timed ----------------------------------------------------------

LYING = b"TL\x01\x00\x00\x04"  # a frame's header that reads as an attribute header: type 1, length 4


def work_of(codec, data, *, chunk=1 << 20, close=True):
    """Items, and how many headers the reference decoder followed for them."""
    decoder = codec.StreamDecoder()
    items = []
    for start in range(0, len(data), chunk):
        decoder.feed(data[start : start + chunk])
        items += decoder
    if close:
        decoder.close()
        items += decoder
    return items, getattr(decoder, "_work", None)


@pytest.mark.parametrize(
    "length", [0x00FF_FFF0, 0x0000_FFF0, 0x0000_1001, 99, 0xFFFF_FFFF], ids=["past-the-end", "64-KiB", "4-KiB", "small", "beyond-the-limit"]
)
@pytest.mark.parametrize("chunk", [1 << 20, 1 << 12], ids=["at-once", "4-KiB-chunks"])
def test_frames_that_lie_inside_frames_that_lie_take_linear_work(codec, length, chunk):
    data = (LYING + length.to_bytes(4, "big")) * 30_000
    items, work = work_of(codec, data, chunk=chunk)
    assert b"".join(item.data for item in items) == data
    assert all(isinstance(item, Gap) for item in items)
    if work is not None:
        assert work <= 9 * len(data) + (1 << 16)


def test_skipped_headers_that_promise_more_than_there_is_lose_no_byte(codec):
    # after the work is spent, a broken frame's headers are skipped: here up to a place not yet fed
    spend = (LYING + (99_991).to_bytes(4, "big")) * 30_000
    last = frame(b"")[:6] + (200_003).to_bytes(4, "big") + struct.pack(">HI", 0xF000, 2 << 24 | 200_000 - 5)
    good = frame(attribute(0xF000, 2, b"good"), 77)
    data = spend + last + bytes(300_000) + good
    whole, _ = work_of(codec, data, chunk=len(data))
    pieces, _ = work_of(codec, data, chunk=777)
    assert pieces == whole
    assert whole[-1] == codec.decode(good)
    assert b"".join(item.data for item in whole[:-1]) == data[: -len(good)]


def test_a_stream_of_tiny_broken_frames_takes_linear_work(codec):
    data = (frame(b"\x00")[:11]) * 20_000  # a byte where a header of 6 must be
    items, work = work_of(codec, data)
    assert b"".join(item.data for item in items) == data
    assert all(type(item) is MalformedFrame for item in items)
    assert len(items) == 20_000
    if work is not None:
        assert work <= len(data)


def test_garbage_is_given_up_in_pieces(codec):
    data = bytes(3 * MIB)
    peak, items = peak_of(lambda: [len(item.data) for item in work_of(codec, data, chunk=1 << 16)[0]])
    assert sum(items) == 3 * MIB
    assert max(items) == 64 * 1024
    assert len(items) == 48
    assert peak < 5 * MIB  # the items are kept until they are counted


def test_a_long_gap_holds_no_more_than_a_piece(codec):
    decoder = codec.StreamDecoder()

    def run():
        total = 0
        piece = bytes(1 << 16)
        for _ in range(64):
            decoder.feed(piece)
            for item in decoder:
                total += len(item.data)
        return total

    peak, total = peak_of(run)
    assert total > 62 * (1 << 16)
    assert peak < 8 * (1 << 16)
