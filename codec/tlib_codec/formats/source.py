"""One input of bytes: a path, the standard input or an open file; its compression and format by its first bytes.

Strategy: a reader asks for bytes and gets those that are there, so a live pipe keeps nobody waiting. The first bytes are
read, judged and given out again. `moved` is called before each read that may wait, so a writer can
write everything out. A followed file ends where another one has taken its name, or where it has been cut to nothing:
`next_file` opens the new one.
"""

from __future__ import annotations

import io
import os
import stat
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol, cast

from . import Format, ReadOptions, detect, readable, zipped
from .compression import MAGIC, CompressionError, kind_of, open_compressed
from .encodings import MARKS, transcoded
from .spans import WHOLE, Span

if TYPE_CHECKING:
    from tlib_codec.records import Batch

_FIRST = 1 << 16  # bytes by which nearly every format is recognised ...
_HEAD = 1 << 20  # ... and the most that are looked at
_WRAPPED = (*MAGIC, *MARKS)  # the first bytes of what is not read as it is
_LONGEST_MAGIC = max(map(len, _WRAPPED))
_FREE_WORK = 1 << 22  # bytes that formats look at before they wait for the head to grow by an eighth
_POLL = 0.2  # seconds between looks at a file that grows
CHUNK = 1 << 18


class InputError(ValueError):
    """An input that cannot be opened or has no known format: one line that names it. Its other inputs can still be read."""


class UnknownFormat(InputError):
    """An input whose first bytes no format recognises."""


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class _Packed:
    """Bytes to be unpacked or transcoded: those that were read already, then the rest."""

    def __init__(self, head: bytearray, read: Callable[[int], bytes]) -> None:
        self._head, self._read = bytearray(head), read

    def read(self, size: int, /) -> bytes:
        return _taken(self._head, size) if self._head else self._read(size)


def _taken(held: bytearray, size: int) -> bytes:
    """Take the first bytes, `size` at most."""
    data = bytes(held[:size])
    del held[:size]  # moves no bytes
    return data


class _Transcoded:
    """Text in UTF-16 as UTF-8."""

    def __init__(self, file: _Packed, encoding: str) -> None:
        self._pieces = transcoded(iter(lambda: file.read(CHUNK), b""), encoding)
        self._held = bytearray()

    def read(self, size: int, /) -> bytes:
        while not self._held:
            piece = next(self._pieces, None)
            if piece is None:
                return b""
            self._held += piece
        return _taken(self._held, size)


class _Part:
    """The bytes of a span."""

    def __init__(self, file: BinaryIO, span: Span) -> None:
        self._file = file
        self._left = None if span.end is None else span.end - span.start
        file.seek(span.start)

    def read(self, size: int, /) -> bytes | None:
        if self._left is None:
            return self._file.read(size)
        data = self._file.read(min(size, self._left))
        self._left -= len(data)
        return data


class Source(io.RawIOBase):
    """The bytes of `file`: a path (``-`` is the standard input, ``bundle.zip!server.log`` a member), or a file open for reading bytes.

    `name` is the file's name for people; `size` its bytes where that is known. Compressed bytes are read unpacked, and UTF-16 with a byte
    order mark as UTF-8, once `detect` or `peel` has recognised them. `moved` gets the number of bytes of the last read before each read
    that may wait; `follow` waits at the end of a file for more. `span` gives the bytes of a stretch of a plain file alone. Its reader sets
    `reached` to the state in which the reader of the next span begins, and leaves it None where none can begin there. Raises InputError
    where the file cannot be opened or read.
    """

    def __init__(
        self,
        file: str | os.PathLike[str] | BinaryIO,
        *,
        name: str = "",
        moved: Callable[[int], None] | None = None,
        follow: bool = False,
        span: Span = WHOLE,
    ) -> None:
        super().__init__()
        path = os.fspath(file) if isinstance(file, str | os.PathLike) else None
        self.name: str = name or ("(standard input)" if path == "-" else path or "")
        self._moved = moved or (lambda _: None)
        self._path = path
        self._peeled = False
        self._own = path not in {None, "-"}
        self._follow = follow
        self.span: Span = span
        self.reached: Any = None
        self.size: int | None = None
        if path is None:
            assert not isinstance(file, str | os.PathLike)
            self._begin(file)
        else:
            self._begin(sys.stdin.buffer if path == "-" else self._opened(path))

    def _opened(self, path: str) -> BinaryIO:
        """Open a path, and learn its size."""
        try:
            inside = zipped.split(path)
            if inside is not None:
                member = zipped.Member(*inside)
                self.size = member.size
                self._follow = False
                return cast("BinaryIO", member)
            file = open(path, "rb", buffering=0)  # noqa: PTH123, SIM115  a path may hold a NUL
        except (OSError, ValueError) as error:
            raise self._failed(error) from None
        status = os.fstat(file.fileno())
        self.size = status.st_size if stat.S_ISREG(status.st_mode) else None
        return file

    def _begin(self, file: BinaryIO) -> None:
        """Read `file` from here on."""
        self._file = file
        self._head = bytearray()
        self._unpacked: _Readable | None = None
        self._wide = False  # UTF-16, read as UTF-8
        self._last = 0
        self._replaced = False  # the followed file has ended, and another one has its name
        self._read_some: Callable[[int], bytes | None] = getattr(file, "read1", file.read)
        if self.span != WHOLE:
            self._read_some = _Part(file, self.span).read
        self._follow = self._follow and self.size is not None  # the end of a pipe is an end

    def _failed(self, error: Exception) -> InputError:
        hint = ": give the files in it, as in FOLDER/*" if isinstance(error, IsADirectoryError) else ""
        return InputError(f"{self.name}: {getattr(error, 'strerror', None) or error}{hint}")

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """Return the bytes that are there, `size` at most and one at least before the end."""
        if size < 0:
            return super().read(size) or b""
        return _taken(self._head, size) if self._head else self._read(size)

    def chunks(self, size: int = CHUNK) -> Iterator[bytes]:
        """Yield the bytes in pieces of `size` at most. Raises InputError where compressed data are cut or damaged."""
        try:
            while chunk := self.read(size):
                yield chunk
        except CompressionError as error:
            raise self._failed(error) from None

    def _read(self, size: int) -> bytes:
        if self._unpacked is not None:
            return self._unpacked.read(size)
        return self._raw(size)

    def _raw(self, size: int) -> bytes:
        while True:
            self._moved(self._last)
            replaced = self._follow and self._is_replaced()  # before the read: all that was written until then is read
            try:
                data = self._read_some(size) or b""
            except OSError as error:
                raise self._failed(error) from None
            self._last = len(data)
            if replaced and not data:
                self._replaced = True
            if data or self._replaced or not self._follow:
                return data
            time.sleep(_POLL)

    def _is_replaced(self) -> bool:
        """Return whether the followed path names another file now (a log was renamed), or the file is shorter than the part read."""
        assert self._path is not None
        try:
            now = os.stat(self._path)  # noqa: PTH116
        except OSError:
            return False  # between the renaming and the new file
        here = os.fstat(self._file.fileno())
        return (now.st_dev, now.st_ino) != (here.st_dev, here.st_ino) or now.st_size < self._file.tell()

    def next_file(self) -> bool:
        """Open the file that has taken the place of the followed one. Return False where the input has simply ended. Raise InputError."""
        if not self._replaced:
            return False
        assert self._path is not None
        self._file.close()
        self._begin(self._opened(self._path))
        if self._peeled:
            self.peel()
        return True

    def close(self) -> None:
        """Close a file that this source opened."""
        if self._own and not self.closed:
            self._file.close()
        super().close()

    @property
    def plain(self) -> bool:
        """Return whether the bytes are those of a file on the disk, neither packed nor transcoded."""
        return self.size is not None and self._unpacked is None and not isinstance(self._file, zipped.Member)

    def peel(self) -> None:
        """Read unpacked what is compressed, and as UTF-8 what is UTF-16, from the first bytes on. Raises InputError.

        The bytes of a span stay as they are.
        """
        if self.span != WHOLE:
            return
        self._peeled = True
        while True:
            while any(len(self._head) < len(magic) and magic.startswith(bytes(self._head)) for magic in _WRAPPED):
                if not self._more(_FIRST):
                    break
            mark = bytes(self._head[:2])
            if self._unpacked is None and (kind := kind_of(bytes(self._head[:_LONGEST_MAGIC]))) is not None:
                self.unpack(kind)
            elif mark in MARKS and not self._wide:
                self._wide = True
                below = self._raw if self._unpacked is None else self._unpacked.read
                self._unpacked = _Transcoded(_Packed(self._head[2:], below), MARKS[mark])
                self._head = bytearray()
            else:
                return

    def _more(self, size: int) -> bool:
        """Add bytes to the head, `size` at most. Return False at the end."""
        try:
            chunk = self._read(size)
        except CompressionError as error:
            raise self._failed(error) from None
        self._head += chunk
        return bool(chunk)

    def format_of(self, given: Format | None) -> Format | None:
        """Return the `given` format, else the detected one as `detect` does. Compressed text is unpacked in both cases."""
        if given is None:
            return self.detect()
        if not given.binary:
            self.peel()
        return given

    def detect(self) -> Format | None:
        """Return the format, or None where the input is empty. Raises UnknownFormat where no format is recognised, and InputError."""
        self.peel()
        end = False
        found = None
        seen = work = 0  # bytes of the head that formats have looked at last, and in all
        while found is None and not end:
            if self._head and (work < _FREE_WORK or len(self._head) >= seen + seen // 8):
                found = detect(bytes(self._head), end=False)
                seen = len(self._head)
                work += seen
            end = found is None and (len(self._head) >= _HEAD or not self._more(min(CHUNK, _HEAD - len(self._head))))
        if not self._head:
            return None
        found = found or detect(bytes(self._head), end=True)
        if found is not None:
            return found
        if self._head.startswith(zipped.MAGIC):
            raise InputError(f"{self.name}: a zip file: name a member, as in bundle.zip!server.log, or unpack it")
        packed = next((name for magic, name in MAGIC.items() if self._head.startswith(magic)), None)
        if packed is not None:
            raise InputError(f"{self.name}: compressed ({packed}); pipe it in decompressed")
        raise UnknownFormat(f"{self.name}: no known format ({', '.join(readable())}); use --format to force one")

    def unpack(self, kind: str) -> None:
        """Read the rest unpacked. Raises InputError where the package that `kind` needs is missing."""
        try:
            self._unpacked = open_compressed(kind, _Packed(self._head, self._raw))
        except CompressionError as error:
            raise self._failed(error) from None
        self._head = bytearray()


def batches_of(source: Source, chosen: Format, options: ReadOptions) -> Iterator[Batch]:
    """Yield the batches of an input and, while it is followed, those of the files that take its place; each begins at line 1.

    Each record has its instant, where it can be known.
    """
    from tlib_codec.clock import timed  # noqa: PLC0415 zones, which detection does not need

    assert chosen.read is not None, f"{chosen.name} is not among {', '.join(readable())}"
    yield from timed(chosen.read(source, options), options.registry, options.zone)
    while source.next_file():
        yield from timed(chosen.read(source, options), options.registry, options.zone)
