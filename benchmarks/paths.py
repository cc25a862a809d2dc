"""The ways through our native engine, each against what msgspec does for the same event.

Strategy: one section a question. Reading is the same walk for both sides: every field, every pair of
every list. Buffers hold many frames, so that a scan pays for its loop as it would in use; the bulk
section has the 100,000 events that a columnar user starts from, msgspec's as one list in one
buffer, which is the fastest that it offers, and once more with the collector off, since that is most
of its time there.
"""

from __future__ import annotations

import gc
import importlib.util
from collections import deque
from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Any

import msgspec

from benchmarks.events import Kind, many, present, table
from benchmarks.paired import Work
from benchmarks.peers.msgspec_struct import struct, struct_of
from tlib_codec import Event, KVList, Policy, UnknownEvent  # type: ignore[attr-defined]
from tlib_codec.native import engine as _native  # type: ignore[attr-defined]

BUFFERED = 2_000  # frames of the buffers that are scanned: about 1 MB of the large event

MSGSPEC_DECODE = "msgspec: decode"
MSGSPEC_READ = "msgspec: decode, read every value"
MSGSPEC_WALK = "msgspec: read every value again"
DECODE = "ours: decode"
UNPACK = "ours: decode, every list unpacked"
READ = "ours: decode, read every value"
WALK = "ours: read every value again"
SCAN = "ours: scan, index and mandatory attributes"
SCAN_DEEP = "ours: scan, everything checked"
STREAM = "ours: stream to events"
MSGSPEC_ENCODE = "msgspec: encode"
ENCODE = "ours: encode"
ENCODE_AGAIN = "ours: encode a decoded event, lists unread"
ENCODE_LENIENT = "ours: encode, lenient"
ENCODE_UNKNOWN = "ours: encode an UnknownEvent of the same attributes"
MSGSPEC_LIST = "msgspec: to a list of Structs"
OUR_LIST = "ours: stream to a list of events"
COLUMNS = "ours: columns, record batches"
VALIDATE = "ours: columns, validate only"
MSGSPEC_LIST_NO_GC = "msgspec: to a list of Structs, collector off"
MEMCPY = "copying the bytes (memcpy)"


def walker(event: Event, lists: type) -> Callable[[Any], None]:
    """A function that looks at every field of an event and every pair of its lists."""
    read: Callable[[Any], Any] = attrgetter(*(column.field for column in table(event)))

    def pairs(kv: Any) -> None:
        for _, value in kv:
            if isinstance(value, lists):
                pairs(value)

    def walk(found: Any) -> None:
        for value in read(found):
            if isinstance(value, lists):
                pairs(value)

    return walk


def unpacker(event: Event) -> Callable[[Any], None]:
    """A function that has every list of an event unpacked, nested ones too, without a loop over the pairs.

    It is told where the lists stand and looks at the slot that the first look at a list fills, so
    that little but the making of the values is timed. `event` has at least two lists.
    """
    names = [column.field for column in present(event) if column.kind is Kind.LIST]
    read: Callable[[Any], Any] = attrgetter(*(f"{name}._flat" for name in names))
    nested = [(i, at) for i, flat in enumerate(read(event)) for at, value in enumerate(flat) if isinstance(value, KVList)]

    def unpack(found: Any) -> None:
        flats = read(found)
        for i, at in nested:
            flats[i][at]._flat  # noqa: B018, SLF001

    return unpack


def _then(decode: Callable[[Any], Any], walk: Callable[[Any], None]) -> Callable[[Any], None]:
    def both(data: Any) -> None:
        walk(decode(data))

    return both


def _exhaust(items: Iterable[Any]) -> None:
    deque(items, 0)


def _scan(buffer: bytes) -> None:
    _exhaust(_native.scan(buffer, deep=False))


def _scan_deep(buffer: bytes) -> None:
    _exhaust(_native.scan(buffer))


def _stream(buffer: bytes) -> None:
    _exhaust(_decoder(buffer))


def _decoder(buffer: bytes) -> Any:
    decoder = _native.StreamDecoder()
    decoder.feed(buffer)
    decoder.close()
    return decoder


def reading(event: Event, frames: int = BUFFERED) -> dict[str, Work]:
    """Bytes to values; the baseline is MSGSPEC_DECODE."""
    theirs = msgspec.msgpack.encode(struct(event))
    decoder = msgspec.msgpack.Decoder(struct_of(event))
    ours = _native.encode(event)
    walk, walk_theirs = walker(event, KVList), walker(event, list)
    read = _native.decode(ours)
    walk(read)
    buffer = b"".join(map(_native.encode, many(event, frames)))
    works = {
        MSGSPEC_DECODE: Work(decoder.decode, theirs),
        MSGSPEC_READ: Work(_then(decoder.decode, walk_theirs), theirs),
        MSGSPEC_WALK: Work(walk_theirs, decoder.decode(theirs)),
        DECODE: Work(_native.decode, ours),
        READ: Work(_then(_native.decode, walk), ours),
        WALK: Work(walk, read),
        SCAN: Work(_scan, buffer, frames),
        SCAN_DEEP: Work(_scan_deep, buffer, frames),
        STREAM: Work(_stream, buffer, frames),
    }
    if sum(column.kind is Kind.LIST for column in present(event)) > 1:
        works[UNPACK] = Work(_then(_native.decode, unpacker(event)), ours)
    return works


def _leniently(event: Any) -> bytes:
    return _native.encode(event, policy=Policy.LENIENT)


def _unknown(event: Event) -> UnknownEvent:
    """The attributes of an event in a message that the registry does not know."""
    frame = bytearray(_native.encode(event))
    frame[4:6] = b"\xff\xf0"
    found = _native.decode(frame)
    assert isinstance(found, UnknownEvent)
    return found


def writing(event: Event) -> dict[str, Work]:
    """Values to bytes; the baseline is MSGSPEC_ENCODE."""
    return {
        MSGSPEC_ENCODE: Work(msgspec.msgpack.Encoder().encode, struct(event)),
        ENCODE: Work(_native.encode, event),
        ENCODE_AGAIN: Work(_native.encode, _native.decode(_native.encode(event))),
        ENCODE_LENIENT: Work(_leniently, event),
        ENCODE_UNKNOWN: Work(_native.encode, _unknown(event)),
    }


def _without_collector(decode: Callable[[Any], Any]) -> Callable[[Any], None]:
    def run(data: Any) -> None:
        gc.disable()
        try:
            decode(data)
        finally:
            gc.enable()

    return run


def has_columns() -> bool:
    """Whether pyarrow is there to make columns with."""
    return importlib.util.find_spec("pyarrow") is not None


def bulk(event: Event, count: int) -> dict[str, Work]:
    """`count` events at once; the baseline is MSGSPEC_LIST."""
    events = many(event, count)
    frames = b"".join(map(_native.encode, events))
    packed = msgspec.msgpack.encode([struct(one) for one in events])
    del events
    decode_list = msgspec.msgpack.Decoder(list[struct_of(event)]).decode  # type: ignore[misc]
    buffer = memoryview(bytearray(len(frames)))

    def copy(data: bytes) -> None:
        buffer[:] = data

    works = {
        MSGSPEC_LIST: Work(decode_list, packed, count),
        MSGSPEC_LIST_NO_GC: Work(_without_collector(decode_list), packed, count),
        OUR_LIST: Work(lambda buffer: list(_decoder(buffer)), frames, count),
        MEMCPY: Work(copy, frames, count),
    }
    if has_columns():
        from tlib_codec.arrow import columns  # noqa: PLC0415 needs pyarrow

        works[COLUMNS] = Work(lambda buffer: _exhaust(columns.Columns(buffer)), frames, count)
        works[VALIDATE] = Work(columns.validate, frames, count)
    return works
