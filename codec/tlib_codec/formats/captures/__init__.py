"""Captures: pcap and pcapng files, TCP reassembly, and the frames in them; and the writer of captures.

`CaptureDecoder` is fed the bytes of a file, `Reassembler` TCP segments. Files are read by `tlib_codec.read`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

from tlib_codec.formats import Format, ReadOptions, WriteOptions, Writer

from . import codes  # noqa: F401 registers the error codes of captures

if TYPE_CHECKING:
    from collections.abc import Callable

    from tlib_codec.formats.source import Source
    from tlib_codec.records import Batch

_PCAP = (b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\xc3\xd4", b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\x3c\x4d")  # both byte orders, micro- or nanoseconds
_PCAPNG = b"\x0a\x0d\x0d\x0a"
MAGIC = (*_PCAP, _PCAPNG)


def _read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    from .open import read_capture  # noqa: PLC0415

    return read_capture(source, registry=options.registry, ports=options.ports, hosts=options.hosts)


def _writer(name: str) -> Callable[[BinaryIO, WriteOptions], Writer]:
    def make(file: BinaryIO, options: WriteOptions) -> Writer:
        from .writer import PacketWriter  # noqa: PLC0415

        return PacketWriter(file, options.registry, name, options.stats.written)

    return make


FORMATS = (
    Format(
        name="capture",
        title="capture: pcap or pcapng",
        magic=MAGIC,
        suffixes=(),
        read=_read,
        origins=("file", "packet", "offset", "time", "src", "dst", "connection", "direction"),
    ),
    Format(name="pcap", title="pcap", suffixes=(".pcap", ".cap"), write=_writer("pcap"), binary=True, whole=True),
    Format(name="pcapng", title="pcapng", suffixes=(".pcapng",), write=_writer("pcapng"), binary=True, whole=True),
)
