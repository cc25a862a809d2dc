"""Opens a capture, compressed or not, and iterates what is in it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO, Unpack

from tlib_codec.formats.signs import COMPRESSED, CompressionError

from .compressed import open_compressed
from .decoder import CaptureDecoder
from .model import CaptureItem, CaptureProblem
from .tcp import Options

_CHUNK = 1 << 20


class _Rest(io.RawIOBase):
    """A file of which the first bytes were read: they come first."""

    def __init__(self, head: bytes, file: Any) -> None:
        self._head, self._file = head, file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self._head:
            data, self._head = self._head[: len(buffer)], self._head[len(buffer) :]
        else:
            data = getattr(self._file, "read1", self._file.read)(len(buffer)) or b""
        buffer[: len(data)] = data
        return len(data)


def read_capture(file: str | Path | BinaryIO, **options: Unpack[Options]) -> Iterator[CaptureItem]:
    """The events of a pcap or pcapng file, plain or compressed with gzip or zstd, each with where it came from.

    `file` is a path, or open for reading bytes; it need not be seekable. Memory does not grow with it. Among the options (those of
    `Reassembler`) `ports` and `hosts` (addresses) choose the connections to decode; without them, those in which frames are found.

    Raises OSError where the file cannot be read, ValueError where a host is no address; nothing for what the
    file contains.
    """
    decoder = CaptureDecoder(**options)
    with ExitStack() as stack:
        raw: Any = stack.enter_context(Path(file).open("rb", buffering=0)) if isinstance(file, str | Path) else file
        head = b""
        while len(head) < 4 and (more := raw.read(4 - len(head))):
            head += more
        source: Any = _Rest(head, raw)
        for sign, kind in COMPRESSED.items():
            if head.startswith(sign):
                source = open_compressed(kind, source)
        yield from read_items(decoder, source)


def read_items(decoder: CaptureDecoder, source: Any) -> Iterator[CaptureItem]:
    """The items of `decoder` as `source` (a raw file) gives it bytes, up to the end."""
    for items in read_chunks(decoder, source):
        yield from items


def read_chunks(decoder: CaptureDecoder, source: Any) -> Iterator[list[CaptureItem]]:
    """The same, in lists: what each read completed."""
    while True:
        try:
            data = source.read(_CHUNK)
        except CompressionError as error:
            yield [CaptureProblem("capture-cut", None, decoder.offset, "compressed data up to the end", str(error))]
            data = b""
        if not data:
            break
        decoder.feed(data)
        yield decoder.items()
    decoder.close()
    yield decoder.items()
