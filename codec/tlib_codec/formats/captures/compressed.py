"""Reads gzip and zstd as they come: a compressed file, or one that is still being written.

Strategy: no more is made than was asked for, so a small file that unpacks to a huge one costs no
memory. What ends in the middle is told once what is there has been given.
"""

from __future__ import annotations

import io
import zlib
from typing import Any

from tlib_codec.formats.signs import CompressionError

_CHUNK = 1 << 18


def open_compressed(kind: str, file: Any) -> io.RawIOBase:
    """A reader of what `file` has compressed, `kind` being gzip or zstd. Raises CompressionError."""
    if kind == "gzip":
        return _Gzip(file)
    try:
        import zstandard  # noqa: PLC0415 an extra
    except ImportError:
        raise CompressionError("zstd needs a package: pip install 'tlib-codec[zstd]', or pipe it through zstd -dc") from None
    return _Zstd(file, zstandard)


class _Gzip(io.RawIOBase):
    """Members of gzip, one after the other."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self._member = zlib.decompressobj(31)
        self._data = b""
        self._begun = False  # inside a member
        self._end = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while len(buffer):
            if not self._data and not self._end:
                self._data = self._file.read(_CHUNK) or b""
                self._end = not self._data
            if self._end:
                if self._begun:
                    self._begun = False
                    raise CompressionError("the gzip data end too early: the file is cut")
                return 0
            try:
                made = self._member.decompress(self._data, len(buffer))
            except zlib.error as error:
                if not self._begun and not self._data.strip(b"\0"):
                    self._data = b""  # padding behind the last member
                    continue
                self._end, self._begun, self._data = True, False, b""
                raise CompressionError(f"the gzip data are damaged: {error}") from None
            self._begun = not self._member.eof
            self._data = self._member.unconsumed_tail
            if self._member.eof:
                self._data = self._member.unused_data
                self._member = zlib.decompressobj(31)
            if made:
                buffer[: len(made)] = made
                return len(made)
        return 0


class _Zstd(io.RawIOBase):
    """Frames of zstd, one after the other."""

    def __init__(self, file: Any, zstandard: Any) -> None:
        self._error = zstandard.ZstdError
        self._reader = zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(file, read_across_frames=True)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            return int(self._reader.readinto(buffer))
        except self._error as error:
            raise CompressionError(f"the zstd data are damaged: {error}") from None
