"""Frames out of a stream of bytes, without doing any I/O: feed bytes, iterate items.

Strategy: a frame is taken where the stream stands if its header and the chain of its attribute
headers hold; otherwise the stream is out of step, and the next place that looks like a header
(magic, version and flags) is tried. Whether a broken frame's own length is believed depends on its
bytes alone, so any chunking of a stream gives the same items:

- its attribute headers end exactly where the length says: the framing is sound, and the whole
  frame is given up as one `MalformedFrame`;
- they do not: the length is a lie, and the search goes on one byte further, so that good frames
  which the lie had swallowed are not lost. That is noticed as soon as the headers are there,
  without waiting for the bytes that the length promises.

Memory is bounded by one frame (`Limits.frame_body`) and the bytes of one `feed`. Time is linear: the
headers walked are counted, and once they outnumber the bytes eightfold a broken frame's walked headers
are skipped instead of searched. Known weakness: hostile input can so hide frames
inside broken ones.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from itertools import accumulate
from typing import Final, TypeAlias

import msgspec

from tlib_schemas.errors import DecodeError, Truncated
from tlib_schemas.limits import DEFAULT_LIMITS, Limits
from tlib_schemas.registry import Item, Registry
from tlib_schemas.tlibrary import TLIBRARY
from tlib_schemas.wire import HEADER, MAGIC, VERSION, parse_header

from .reference import Buffer, as_bytes

_MAGIC = MAGIC + bytes((VERSION, 0))
_PIECE = 1 << 16
FREE_WORK: Final = 1 << 16


class Gap(msgspec.Struct, frozen=True):
    """Bytes of a stream that belong to no frame. A long gap comes in pieces of 64 KiB."""

    offset: int
    data: bytes


class Missing(Gap, frozen=True):
    """`length` bytes of a stream that are not there, such as a segment that a capture lacks; `data` is empty."""

    length: int


class MalformedFrame(Gap, frozen=True):
    """A frame that did not decode, and the bytes up to where the stream was in step again."""

    error: DecodeError

    def __post_init__(self) -> None:
        # The stack that it was raised on would keep the stream alive with all its bytes.
        self.error.__traceback__ = self.error.__context__ = self.error.__cause__ = None


StreamItem: TypeAlias = Item | Gap


class StreamDecoder:
    r"""Incremental decoder: `feed` bytes in any chunks, iterate what they complete, `close`.

    Items are events, `InvalidEvent`, `UnknownEvent`, `Gap` and `MalformedFrame`; iterating ends
    when more bytes are needed, and may be resumed after the next `feed`. `offset` and `data` tell
    where in the stream the last item stood and what its bytes were. A decoder that begins inside a stream gets the `offset` of its
    first byte.

    >>> decoder = StreamDecoder()
    >>> decoder.feed(bytes.fromhex("ff 544c0100003c00000000"))
    >>> list(decoder)
    [Gap(offset=0, data=b'\xff'), EventRinging()]
    """

    def __init__(self, *, registry: Registry = TLIBRARY, limits: Limits = DEFAULT_LIMITS, offset: int = 0) -> None:
        self.registry: Registry = registry
        self.limits: Limits = limits
        self.offset: int = 0
        self.data: bytes = b""
        self._frame = registry.frame(limits)
        self._buffer = bytearray()
        self._base = offset  # stream offset of the buffer's first byte
        self._closed = False
        self._walked = HEADER.size  # how far the current frame's headers have been followed
        self._work = 0  # headers followed in all
        self._search: int | None = None  # out of step: where in the buffer to look on
        self._error: DecodeError | None = None  # ... because of this broken frame

    @property
    def work(self) -> int:
        """Return the number of attribute headers followed so far: it bounds the time."""
        return self._work

    @property
    def waiting(self) -> int:
        """Bytes that no item has given yet."""
        return len(self._buffer)

    @property
    def memory(self) -> int:
        """Return the bytes of memory that the buffer takes."""
        return len(self._buffer)

    def feed(self, data: Buffer) -> None:
        """Take the next bytes of the stream. Raises ValueError after `close`."""
        if self._closed:
            raise ValueError("the stream is closed")
        self._buffer += as_bytes(data)

    def close(self) -> None:
        """Say that no more bytes come: iterating gives the rest, and does not wait."""
        self._closed = True

    def __iter__(self) -> Iterator[StreamItem]:
        while self._buffer:
            in_step = self._search is None
            item = self._next_frame() if in_step else self._next_gap()
            if item is not None:
                yield item
            elif in_step is (self._search is None):
                return  # neither an item nor a change of state: only more bytes can help

    def frames(self) -> tuple[bytes, bytes, bytes]:
        """Take the whole frames that come next, without decoding them: their bytes, bounds and offsets.

        The frames stand back to back. `bounds` are where each of n frames begins in the bytes and where the last one ends:
        n + 1 unsigned 64-bit numbers as the machine has them; `offsets` are n numbers, the place of each frame in the stream.
        A frame has a good header and attribute headers that end with it; its values are not checked. n is 0 where more bytes
        are needed, or where iterating gives what comes next.
        """
        pieces: list[bytes] = []
        offsets = array("Q")
        while self._search is None and self._buffer and (whole := self._whole_frame()) is not None:
            offsets.append(self._base)
            pieces.append(self._consume(whole[1]))
        bounds = array("Q", accumulate(map(len, pieces), initial=0))
        return b"".join(pieces), bounds.tobytes(), offsets.tobytes()

    def _consume(self, length: int) -> bytes:
        data = bytes(memoryview(self._buffer)[:length])
        del self._buffer[:length]
        self._base += length
        self._walked = HEADER.size
        return data

    def _take(self, length: int) -> bytes:
        self.offset = self._base
        self.data = self._consume(length)
        return self.data

    def _lose_step(self, error: DecodeError | None, search: int = 1) -> None:
        self._error = None if error is None else error.shift(self._base)
        self._search = search

    def _whole_frame(self) -> tuple[int, int] | None:
        """Return message and length of the frame at the buffer's start; None where it is incomplete, or where there is none."""
        buffer = self._buffer
        if not MAGIC.startswith(buffer[:2]):
            self._lose_step(None)
            return None
        try:
            message, length = parse_header(bytes(buffer[: HEADER.size]), self.limits)
            end = HEADER.size + length
            self._walk(message, end)
            if len(buffer) < end:
                raise Truncated("truncated-frame", needed=end, available=len(buffer))
        except DecodeError as error:
            if self._closed or not isinstance(error, Truncated):
                spent = self._work > FREE_WORK + 8 * self._base and self._walked > HEADER.size
                self._lose_step(error, self._walked if spent else 1)
            return None
        return message, end

    def _next_frame(self) -> StreamItem | None:
        whole = self._whole_frame()
        if whole is None:
            return None
        message, end = whole
        base = self._base
        data = self._take(end)
        try:
            _, values = self._frame.unpack(data)
        except DecodeError as error:
            return MalformedFrame(base, data, error.shift(base))
        return self.registry.assemble(message, values, data, base)

    def _walk(self, message: int, end: int) -> None:
        self._walked, passed, error = self._frame.attributes.walk(self._buffer, self._walked, end)
        self._work += passed
        if error is not None:
            raise error.within(self._frame.message_name(message))

    def _next_gap(self) -> Gap | None:
        """Return the bytes before the next magic; None if a frame begins here, or may begin here."""
        assert self._search is not None
        magic = self._buffer.find(_MAGIC, self._search)
        whole = magic >= 0 or self._closed
        end = len(self._buffer)
        if not whole:
            end = max(self._search, end - len(_MAGIC) + 1)  # the magic may begin at the end
        lost = magic if magic >= 0 else end
        self._search = lost  # past the buffer's end where skipped headers promised more
        if not whole and min(lost, len(self._buffer)) < _PIECE:
            return None
        length = min(lost, _PIECE)
        self._search = None if whole and length == lost else lost - length
        if not length:
            self._walked = HEADER.size
            return None
        base, error = self._base, self._error
        self._error = None
        data = self._take(length)
        return Gap(base, data) if error is None else MalformedFrame(base, data, error)
