"""Inputs that are made to cost memory: endless captures, logs and other files, each nasty in one way.

Strategy: a kind is a generator of pieces without an end, so a reader gets as many bytes as wanted and nothing is written to a disk. Headers
are packed without checksums, which no reader checks, so that pieces come faster than they are read.
"""

from __future__ import annotations

import gzip
import itertools
import struct
from collections.abc import Callable, Iterable, Iterator
from typing import Final

import msgspec

from .packing import ack, block, fragment, pcap_head, record, segment, syn

MIB: Final = 1 << 20
_CAPTURE, _LOG, _OTHER = 160, 64, 200  # MB of memory that a reader may take


class Kind(msgspec.Struct, frozen=True):
    """One kind of input: its name, its description, the memory in MB that a reader may take, and its pieces.

    Its bytes unpack to `times` as many.
    """

    name: str
    title: str
    most: int
    pieces: Callable[[], Iterator[bytes]]
    times: int = 1


KINDS: Final[dict[str, Kind]] = {}


def _kind(most: int, title: str, times: int = 1) -> Callable[[Callable[[], Iterator[bytes]]], Callable[[], Iterator[bytes]]]:
    def add(pieces: Callable[[], Iterator[bytes]]) -> Callable[[], Iterator[bytes]]:
        name = pieces.__name__.replace("_", "-")
        KINDS[name] = Kind(name, title, most, pieces, times)
        return pieces

    return add


def _capture(title: str) -> Callable[[Callable[[], Iterator[bytes]]], Callable[[], Iterator[bytes]]]:
    """Add a kind whose generator yields the records of a pcap file."""

    def add(records: Callable[[], Iterator[bytes]]) -> Callable[[], Iterator[bytes]]:
        def pieces() -> Iterator[bytes]:
            yield pcap_head()
            yield from records()

        pieces.__name__ = records.__name__
        return _kind(_CAPTURE, title)(pieces)

    return add


_FRAME: Final = b"TL\x01\x00\x00\x3c\x00\x00\x00\x00"  # EventRinging without attributes
_ENDLESS: Final = b"TL\x01\x00\x00\x3c" + (12 * MIB).to_bytes(4) + b"\x00\x33" + ((11 * MIB) | 2 << 24).to_bytes(4)
_BROKEN: Final = b"TL\x01\x00\x00\x3c\x00\x00\x00\x01\x00"


# -- captures -------------------------------------------------------------------------------------


def _in_turns(connections: int, first: bytes, rest: bytes, places: range) -> Iterator[bytes]:
    """Yield segments of many connections: `first` on each, then `rest` at every place of the stream, one connection after the other."""
    for start in itertools.count(0, connections):
        group = range(start, start + connections)
        for place, payload in itertools.chain([(0, first)], zip(places, itertools.repeat(rest))):
            for one in group:
                yield segment(one, place, payload)


@_capture("bytes behind a hole, on thousands of connections")
def hole() -> Iterator[bytes]:
    return _in_turns(2000, _FRAME, bytes(1400), range(1000, 1000 + 700 * 1400, 1400))


@_capture("segments of one byte behind a hole, none next to another")
def hole_of_single_bytes() -> Iterator[bytes]:
    return _in_turns(1000, _FRAME, b"x", range(1000, 1000 + 4000 * 2, 2))


@_capture("holes before the first frame")
def holes_before_frames() -> Iterator[bytes]:
    for one in itertools.count():
        yield segment(one, 0, b"x")
        for step in range(1, 64):
            yield segment(one, 10 * step, b"x")
            for _ in range(10):
                yield ack(one, 10 * step + 1)


@_capture("segments of one byte, in a frame that does not end")
def single_bytes() -> Iterator[bytes]:
    return _in_turns(300, _ENDLESS, b"x", range(len(_ENDLESS), len(_ENDLESS) + 50_000))


@_capture("frames that do not end, on many connections")
def endless_frames() -> Iterator[bytes]:
    payload = bytes(60_000)
    for one in itertools.count():
        yield segment(one, 0, _ENDLESS)
        for step in range(100):
            yield segment(one, len(_ENDLESS) + step * len(payload), payload)


@_capture("bytes in which frames are looked for, on many connections")
def not_recognised() -> Iterator[bytes]:
    payload = bytes(30_000)
    for one in itertools.count():
        yield segment(one, 0, payload)
        yield segment(one, len(payload), payload)


@_capture("connections of one packet")
def handshakes() -> Iterator[bytes]:
    for one in itertools.count():
        yield syn(one)


@_capture("connections of one frame")
def short_connections() -> Iterator[bytes]:
    for one in itertools.count():
        yield segment(one, 0, _FRAME * 3 + _FRAME[:5])


@_capture("malformed frames of a few bytes")
def malformed_frames() -> Iterator[bytes]:
    payload = _BROKEN * (1400 // len(_BROKEN))
    for step in itertools.count():
        yield segment(0, step * len(payload), payload)


@_capture("segments repeated with other bytes")
def conflicts() -> Iterator[bytes]:
    yield segment(0, 0, _FRAME * 100)
    for step in itertools.count():
        yield segment(0, 10 * (step % 90), bytes(100))


@_capture("segments of which a byte was captured")
def truncated_segments() -> Iterator[bytes]:
    yield segment(0, 0, _FRAME)
    for step in itertools.count():
        yield segment(0, 10 + 1000 * step, b"x", length=1000)


@_capture("large segments that were not captured, over held ones of a byte")
def long_segments_over_short_ones() -> Iterator[bytes]:
    yield segment(0, 0, _FRAME)
    for step in range(4000):
        yield segment(0, 100 + step, b"x")
    while True:
        yield segment(0, 100, b"", length=4000)


@_capture("fragments that overlap and are never complete")
def fragments() -> Iterator[bytes]:
    for number in itertools.count():
        for step in range(1, 500):
            yield fragment(number % 65_536, 8 * step, bytes(1480))


@_capture("fragments of 64 KB that are never complete")
def large_fragments() -> Iterator[bytes]:
    data = bytes(65_000)
    for number in itertools.count():
        for step in range(1, 20):
            yield fragment(number % 65_536, 8 * step, data)


@_capture("records of 256 KB")
def large_packets() -> Iterator[bytes]:
    while True:
        yield record(bytes(262_000))


@_kind(_CAPTURE, "pcapng: blocks of 16 MB")
def large_blocks() -> Iterator[bytes]:
    yield block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
    while True:
        yield block(0x0BAD, bytes(16 * MIB - 64))


@_kind(_CAPTURE, "pcapng: interfaces")
def interfaces() -> Iterator[bytes]:
    while True:
        yield block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
        yield block(1, struct.pack("<HHI", 1, 0, 0)) * 10_000


@_kind(_CAPTURE, "a pcap file that is none after its head")
def no_records() -> Iterator[bytes]:
    yield pcap_head()
    while True:
        yield b"\xff" * MIB


# -- logs -----------------------------------------------------------------------------------------

_OPEN: Final = b"@16:45:24.5942 [0] 8.1.101.25 distribute_event: message EventRinging\n\tAttributeThisDN\t'2001'\n"


def _after(head: bytes, pieces: Iterable[bytes]) -> Iterator[bytes]:
    yield head
    yield from pieces


@_kind(_LOG, "a line without an end")
def endless_line() -> Iterator[bytes]:
    return _after(_OPEN, itertools.repeat(b"x" * MIB))


@_kind(_LOG, "a text in quotes without an end, on one line")
def endless_value() -> Iterator[bytes]:
    return _after(_OPEN + b"\tAttributeThisQueue\t'", itertools.repeat(b"x" * MIB))


@_kind(_LOG, "a text in quotes without an end, on many lines")
def endless_text() -> Iterator[bytes]:
    return _after(_OPEN + b"\tAttributeThisQueue\t'", itertools.repeat(b"xyz\n" * 10_000))


@_kind(_LOG, "a list without an end")
def endless_list() -> Iterator[bytes]:
    return _after(_OPEN + b"\tAttributeUserData\t[9] 00 01 00 00..\n", itertools.repeat(b"\t\t'a'\t1\n" * 10_000))


@_kind(_LOG, "messages of a list of 100,000 pairs")
def long_lists() -> Iterator[bytes]:
    return itertools.repeat(_OPEN + b"\tAttributeUserData\t[9] 00 01 00 00..\n" + b"\t\t'a'\t1\n" * 100_000 + b"\n")


@_kind(_LOG, "attributes without a number, each of another name")
def unnumbered() -> Iterator[bytes]:
    numbers = itertools.count()
    while True:
        yield _OPEN + b"".join(b"\tAttributeFoo%d\t1\n" % number for number in itertools.islice(numbers, 1000)) + b"\n"


@_kind(_LOG, "one message with attributes without a number")
def unnumbered_in_one() -> Iterator[bytes]:
    return _after(_OPEN, (b"\tAttributeFoo%d\t1\n" % number for number in itertools.count()))


@_kind(_LOG, "messages without a number, each of another name")
def messages() -> Iterator[bytes]:
    for number in itertools.count():
        yield b"@16:45:24.5942 received from %d(host%d): message EventFoo%d\n\tAttributeThisDN\t'%d'\n\n" % ((number,) * 4)


@_kind(_LOG, "a problem on each line")
def problems() -> Iterator[bytes]:
    return itertools.repeat(_OPEN + b"\tAttributeConnID\tx\n" * 200 + b"\n" + b"\tAttributeCallType\t2\n\n")


@_kind(_LOG, "lines of one byte")
def single_byte_lines() -> Iterator[bytes]:
    return _after(_OPEN, itertools.repeat(b"x\n" * 100_000))


@_kind(_LOG, "headers alone")
def headers() -> Iterator[bytes]:
    return itertools.repeat(_OPEN.split(b"\n", 1)[0] + b"\n")


@_kind(_LOG, "a line of the Platform SDK without an end")
def endless_platform_line() -> Iterator[bytes]:
    return _after(b"'EventOnHook' ('87') attributes:\n\tAttributeThisDN [str] = \"", itertools.repeat(b"x" * MIB))


@_kind(_LOG, "a list of the Platform SDK without an end")
def endless_platform_list() -> Iterator[bytes]:
    return _after(
        b"'EventOnHook' ('87') attributes:\n\tAttributeUserData [bstr] = KVList: \n", itertools.repeat(b"\t\t'a' [int] = 1\n" * 10_000)
    )


@_kind(_LOG, "a line without an end in UTF-16")
def endless_wide_line() -> Iterator[bytes]:
    return _after(b"\xff\xfe" + _OPEN.decode().encode("utf-16-le"), itertools.repeat(b"x\0" * (MIB // 2)))


@_kind(_LOG, "gzip: a log of one line, a thousandth of its size", times=1000)
def zipped_line() -> Iterator[bytes]:
    return itertools.chain([gzip.compress(_OPEN)], itertools.repeat(gzip.compress(b"x" * (16 * MIB))))


@_kind(_LOG, "gzip: members of one byte")
def zipped_bytes() -> Iterator[bytes]:
    return itertools.chain([gzip.compress(_OPEN)], itertools.repeat(gzip.compress(b"x") * 1000))


# -- other formats --------------------------------------------------------------------------------


@_kind(_OTHER, "frames: malformed ones of a few bytes")
def broken_frames() -> Iterator[bytes]:
    return itertools.repeat(_BROKEN * 10_000)


@_kind(_OTHER, "frames: a frame that does not end")
def endless_frame() -> Iterator[bytes]:
    return itertools.chain([_FRAME], itertools.cycle([_ENDLESS, *[bytes(MIB)] * 10]))


@_kind(_OTHER, "JSON: a line without an end")
def endless_json() -> Iterator[bytes]:
    return _after(b'{"Event":"EventRinging","ThisDN":"', itertools.repeat(b"x" * MIB))


def _json(value: bytes) -> Iterator[bytes]:
    return itertools.chain.from_iterable(
        itertools.repeat((b'{"Event":"EventRinging","UserData":[', *[value * (MIB // len(value))] * 60, b"0]}\n"))
    )


@_kind(_OTHER, "JSON: lines of 60 MB with empty lists")
def json_lists() -> Iterator[bytes]:
    return _json(b"[],")


@_kind(_OTHER, "JSON: lines of 60 MB with empty objects")
def json_objects() -> Iterator[bytes]:
    return _json(b"{},")


@_kind(_OTHER, "JSON: lines of 20 MB with pairs")
def json_pairs() -> Iterator[bytes]:
    line = b'{"Event":"EventRinging","UserData":[%s["a","b"]]}\n' % (b'["a","b"],' * (2 * MIB))
    return itertools.repeat(line)


@_kind(_OTHER, "JSON: lines of 20 MB with a text")
def json_texts() -> Iterator[bytes]:
    return itertools.repeat(b'{"Event":"EventRinging","ThisDN":"%s"}\n' % (b"x" * (20 * MIB)))


@_kind(_OTHER, "JSON: lines of three bytes")
def short_json() -> Iterator[bytes]:
    return itertools.chain([b'{"Event":"EventRinging"}\n'], itertools.repeat(b"{}\n" * 100_000))


@_kind(_OTHER, "hex text: a line without an end")
def endless_hex() -> Iterator[bytes]:
    return itertools.repeat(b"0" * MIB)


@_kind(_OTHER, "hex text: lines that are not hex")
def wrong_hex() -> Iterator[bytes]:
    return itertools.chain([(_FRAME.hex().encode() + b"\n") * 4000], itertools.repeat(b"zz\n" * 100_000))
