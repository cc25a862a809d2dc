"""One input of bytes: a path, the standard input or an open file; its compression and format by its first bytes.

Strategy: a reader asks for bytes and gets those that are there, so a live pipe keeps nobody waiting. The first bytes are
read, judged and given out again. `moved` is called before each read that may wait, so a writer can
write everything out.
"""

from __future__ import annotations

import io
import os
import stat
import sys
import time
from collections.abc import Callable, Iterator
from typing import BinaryIO

from . import Format, detect, readable
from .compression import MAGIC, OTHERS, CompressionError, kind_of, open_compressed

_HEAD = 1 << 20
_POLL = 0.2  # seconds between looks at a file that grows
CHUNK = 1 << 20


class InputError(ValueError):
    """An input that cannot be opened or has no known format: one line that names it. Its other inputs can still be read."""


class _Packed:
    """The compressed bytes: those that were read already, then the rest."""

    def __init__(self, head: bytes, read: Callable[[int], bytes]) -> None:
        self._head, self._read = head, read

    def read(self, size: int) -> bytes:
        if not self._head:
            return self._read(size)
        data, self._head = self._head[:size], self._head[size:]
        return data


class Source(io.RawIOBase):
    """The bytes of `file`: a path (``-`` is the standard input) or a file open for reading bytes.

    `name` is the file's name for people; `size` its bytes where that is known. Bytes compressed with gzip or zstd are read unpacked once
    `detect` has recognised them. `moved` gets the number of bytes of the last read before each read that may wait;
    `follow` waits at the end of a file for more. Raises InputError where the file cannot be opened or read.
    """

    def __init__(
        self, file: str | os.PathLike[str] | BinaryIO, *, name: str = "", moved: Callable[[int], None] | None = None, follow: bool = False
    ) -> None:
        super().__init__()
        path = os.fspath(file) if isinstance(file, str | os.PathLike) else None
        self.name: str = name or ("(standard input)" if path == "-" else path or "")
        self._moved = moved or (lambda _: None)
        self._head = b""
        self._unpacked: io.RawIOBase | None = None
        self._last = 0
        self._own = False
        self.size: int | None = None
        if path is None:
            assert not isinstance(file, str | os.PathLike)
            self._file: BinaryIO = file
        elif path == "-":
            self._file = sys.stdin.buffer
        else:
            try:
                self._file = open(path, "rb", buffering=0)  # noqa: PTH123, SIM115  a path may hold a NUL
            except (OSError, ValueError) as error:
                raise self._failed(error) from None
            self._own = True
            status = os.fstat(self._file.fileno())
            self.size = status.st_size if stat.S_ISREG(status.st_mode) else None
        self._read_some: Callable[[int], bytes | None] = getattr(self._file, "read1", self._file.read)
        self._follow = follow and self.size is not None  # the end of a pipe is an end

    def _failed(self, error: Exception) -> InputError:
        hint = ": give the files in it, as in FOLDER/*" if isinstance(error, IsADirectoryError) else ""
        return InputError(f"{self.name}: {getattr(error, 'strerror', None) or error}{hint}")

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """Return the bytes that are there, `size` at most and one at least before the end."""
        if size < 0:
            return super().read(size) or b""
        if not self._head:
            return self._read(size)
        given, self._head = self._head[:size], self._head[size:]
        return given

    def chunks(self) -> Iterator[bytes]:
        """Yield the bytes in pieces of `CHUNK` at most. Raises InputError where compressed data are cut or damaged."""
        try:
            while chunk := self.read(CHUNK):
                yield chunk
        except CompressionError as error:
            raise self._failed(error) from None

    def _read(self, size: int) -> bytes:
        if self._unpacked is not None:
            return self._unpacked.read(size) or b""
        return self._raw(size)

    def _raw(self, size: int) -> bytes:
        while True:
            self._moved(self._last)
            try:
                data = self._read_some(size) or b""
            except OSError as error:
                raise self._failed(error) from None
            self._last = len(data)
            if data or not self._follow:
                return data
            time.sleep(_POLL)

    def close(self) -> None:
        """Close a file that this source opened."""
        if self._own and not self.closed:
            self._file.close()
        super().close()

    def detect(self) -> Format | None:
        """Return the format, or None where the input is empty. Raises InputError where no format is recognised."""
        end = False
        found = None
        while found is None and not end:
            try:
                chunk = self._read(_HEAD - len(self._head))
            except CompressionError as error:
                raise self._failed(error) from None
            self._head += chunk
            end = not chunk or len(self._head) >= _HEAD
            if self._unpacked is None and (kind := kind_of(self._head)) is not None:
                self.unpack(kind)
                end = False
            elif self._head:
                found = detect(self._head, end=end)
        if not self._head:
            return None
        if found is not None:
            return found
        packed = next((name for magic, name in (OTHERS | MAGIC).items() if self._head.startswith(magic)), None)
        if packed is not None:
            raise InputError(f"{self.name}: compressed ({packed}); pipe it in decompressed")
        raise InputError(f"{self.name}: no known format ({', '.join(readable())}); use --format to force one")

    def unpack(self, kind: str) -> None:
        """Read the rest unpacked. Raises InputError where the package that `kind` needs is missing."""
        try:
            self._unpacked = open_compressed(kind, _Packed(self._head, self._raw))
        except CompressionError as error:
            raise self._failed(error) from None
        self._head = b""
