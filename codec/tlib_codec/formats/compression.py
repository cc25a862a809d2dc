"""Read gzip, bzip2, xz and zstd as they come: a compressed file, or one that is still being written. Write them whole.

Strategy: each decompressor gives no more than a reader asks for, so a small file that unpacks to a huge one costs no memory;
the windows of zstd and xz are bounded as well. Data that end in the middle raise an error after the last byte before the cut.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import re
import sys
import zlib
from collections.abc import Callable
from typing import Any, BinaryIO, Final, Protocol

MAGIC: Final = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd", b"BZh": "bzip2", b"\xfd7zXZ\0": "xz"}
"""The first bytes of the compressions that are read here."""

SUFFIXES: Final = (".gz", ".zst", ".bz2", ".xz")
"""The suffixes of compressed files."""

_CHUNK: Final = 1 << 18
_STEP: Final = 256  # bytes that a new member gets
_CONTENT: Final = re.compile(rb"[^\0]")
_WINDOW_LOG: Final = 27  # 128 MiB, as the zstd program allows
_XZ_MEMORY: Final = 1 << 27  # twice as much as the highest preset of the xz program needs


class CompressionError(OSError):
    """The compressed data are damaged or cut, or the package that reads them is not installed."""


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes | None: ...


class _Member(Protocol):
    """One member of gzip or bzip2, one stream of xz, or one frame of zstd."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


class _Gzip:
    """A gzip member that keeps the input it has not read yet, as the zstd decompressor does."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(31)

    @property
    def eof(self) -> bool:
        return self._member.eof

    @property
    def unused_data(self) -> bytes:
        return self._member.unused_data

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        return self._member.decompress(self._member.unconsumed_tail + data, max_length)


def _gzip() -> tuple[Callable[[], _Member], type[Exception]]:
    return _Gzip, zlib.error


def _bzip2() -> tuple[Callable[[], _Member], type[Exception]]:
    import bz2  # noqa: PLC0415 most inputs are not compressed

    return bz2.BZ2Decompressor, OSError


def _xz() -> tuple[Callable[[], _Member], type[Exception]]:
    import lzma  # noqa: PLC0415

    return lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, _XZ_MEMORY), lzma.LZMAError


def _zstd_module() -> Any:
    name = "compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd"
    try:
        return importlib.import_module(name)
    except ImportError:
        raise CompressionError("zstd needs a package: pip install 'tlib-codec[zstd]', or pipe it through zstd") from None


def _zstd() -> tuple[Callable[[], _Member], type[Exception]]:
    zstd = _zstd_module()
    options = {zstd.DecompressionParameter.window_log_max: _WINDOW_LOG}
    return lambda: zstd.ZstdDecompressor(options=options), zstd.ZstdError


_KINDS: Final = {"gzip": _gzip, "bzip2": _bzip2, "xz": _xz, "zstd": _zstd}


def compressed(path: str, file: BinaryIO) -> contextlib.AbstractContextManager[BinaryIO]:
    """Return a context manager of the file that compresses into `file` as the suffix of `path` says; of `file` itself without one.

    Raises CompressionError where the package of zstd is not installed.
    """
    suffix = next((suffix for suffix in SUFFIXES if path.lower().endswith(suffix)), "")
    made: Any
    if suffix == ".gz":
        import gzip  # noqa: PLC0415

        made = gzip.GzipFile(filename="", fileobj=file, mode="wb", mtime=0)  # neither names nor times in the header
    elif suffix == ".zst":
        made = _zstd_module().ZstdFile(file, "wb")
    elif suffix == ".bz2":
        import bz2  # noqa: PLC0415

        made = bz2.BZ2File(file, "wb")
    elif suffix == ".xz":
        import lzma  # noqa: PLC0415

        made = lzma.LZMAFile(file, "wb")  # noqa: SIM115 the caller enters it
    else:
        made = contextlib.nullcontext(file)
    return made  # type: ignore[no-any-return]


def kind_of(head: bytes) -> str | None:
    """Return the compression (a value of `MAGIC`) of a file that begins with `head`, None where it has none."""
    return next((kind for magic, kind in MAGIC.items() if head.startswith(magic)), None)


def open_compressed(kind: str, file: _Readable) -> io.RawIOBase:
    """Return a reader of the bytes that `file` has compressed; `kind` is a value of `MAGIC`. Raises CompressionError."""
    return _Reader(kind, file)


class _Reader(io.RawIOBase):
    """Members, streams or frames, one after the other.

    Strategy: a member gets a small piece of the input first and twice as much each time, since it copies the bytes that it does not need.
    So the copies are no more than the member's own bytes, however small members are. A read gives the content of as many members as are at
    hand; an error waits until the bytes before it are read.
    """

    def __init__(self, kind: str, file: _Readable) -> None:
        self._kind = kind
        self._file = file
        self._begin, self._error = _KINDS[kind]()
        self._member: _Member | None = None  # None: between two members
        self._data = b""
        self._at = 0  # of the bytes in `_data` that no member has been given
        self._step = _STEP  # bytes that the member gets next
        self._full = False  # the member may have more to give without more input
        self._end = False
        self._failure: CompressionError | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        size = 0
        while size < len(buffer) and not self._end and (self._at < len(self._data) or self._full or self._more(wait=not size)):
            made = self._unpack(len(buffer) - size)
            buffer[size : size + len(made)] = made
            size += len(made)
        if not size and self._failure is not None:
            failure, self._failure = self._failure, None
            raise failure
        return size

    def _more(self, *, wait: bool) -> bool:
        """Read more of the input. Return False at its end, and where nobody may `wait`."""
        if not wait:
            return False
        self._data, self._at = self._file.read(_CHUNK) or b"", 0
        if not self._data:
            self._end = True
            if self._member is not None:
                self._failure = CompressionError(f"the {self._kind} data end too early: the file is cut")
        return bool(self._data)

    def _unpack(self, size: int) -> bytes:
        if self._member is None:
            if not self._data[self._at] and _CONTENT.search(self._data, self._at) is None:
                self._at = len(self._data)
                return b""  # padding behind the last member
            self._member = self._begin()
            self._step = _STEP
        data = b"" if self._full else self._data[self._at : self._at + self._step]
        self._at += len(data)
        self._step = min(2 * self._step, _CHUNK)
        try:
            made = self._member.decompress(data, size)
        except self._error as error:
            self._end = True
            self._failure = CompressionError(f"the {self._kind} data are damaged: {error}")
            return b""
        self._full = len(made) == size
        if self._member.eof:
            self._at -= len(self._member.unused_data)
            self._member, self._full = None, False
        return made
