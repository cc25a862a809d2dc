"""One input of bytes: a file or the standard input, and what form it has by its first bytes.

Strategy: a reader asks for bytes and gets what is there, so a live pipe is not kept waiting; the
first bytes are read, judged and handed out again. Whoever writes is told before each read, and
can so show what it has before the input makes it wait.
"""

from __future__ import annotations

import io
import os
import re
import stat
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import click

from tlib_codec.formats.hexdump import HexError, HexText
from tlib_codec.formats.signs import CAPTURES as _CAPTURES
from tlib_codec.formats.signs import COMPRESSED as SIGNS
from tlib_codec.formats.signs import CompressionError
from tlib_schemas.wire import MAGIC, VERSION

from .options import FORMS, Unusable

FORMAT_HINT = "; --format reads it as one all the same"  # where there is that option
_HEAD = 1 << 20
_SIGN = MAGIC + bytes((VERSION, 0))
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_JSON = re.compile(rb'(?:\xef\xbb\xbf)?\s*\{\s*(?:"|\})')
_COMPRESSED = {b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"PK\x03\x04": "zip"}
_POLL = 0.2  # seconds between looks at a file that grows


class _Packed:
    """The compressed bytes: those that were read already, then the rest."""

    def __init__(self, head: bytes, read: Callable[[int], bytes]) -> None:
        self._head, self._read = head, read

    def read(self, size: int) -> bytes:
        """At most `size` bytes; none at the end."""
        if not self._head:
            return self._read(size)
        data, self._head = self._head[:size], self._head[size:]
        return data


class Source(io.RawIOBase):
    """The bytes of `path` (``-``: the standard input), `size` of them where that is known.

    What is compressed with gzip or zstd is read as what it was, once `form` has found that out. `moved` is called with
    the number of bytes before each read that may have to wait; with `follow` the end of a file is waited at. Raises
    Unusable where the path cannot be opened or read.
    """

    def __init__(self, path: str, moved: Callable[[int], None] | None = None, *, follow: bool = False) -> None:
        super().__init__()
        self.name = "(standard input)" if path == "-" else path
        self._moved = moved or (lambda _: None)
        self._head = b""
        self._unpacked: io.RawIOBase | None = None  # where it is compressed
        self._last = 0
        self.size: int | None = None
        self.log: str | None = None  # which kind of log, where `form` has found one
        try:
            self._file: BinaryIO = sys.stdin.buffer if path == "-" else open(path, "rb", buffering=0)  # noqa: PTH123, SIM115
        except (OSError, ValueError) as error:  # ValueError: a NUL in the path
            raise self._unusable(error) from None
        if path == "-" and sys.stdin.isatty():
            raise click.UsageError("Give a FILE, or pipe something in.")
        if path != "-":
            status = os.fstat(self._file.fileno())
            self.size = status.st_size if stat.S_ISREG(status.st_mode) else None
        self._follow = follow and self.size is not None  # the end of a pipe is an end

    def _unusable(self, error: Exception) -> Unusable:
        hint = ": give the files in it, such as FOLDER/*" if isinstance(error, IsADirectoryError) else ""
        return Unusable(f"{self.name}: {getattr(error, 'strerror', None) or error}{hint}")

    def readable(self) -> bool:
        """It is there to be read."""
        return True

    def read(self, size: int = -1) -> bytes:
        """As many bytes as are there, `size` at most: as `readinto`, without a copy."""
        if size < 0:
            return super().read(size)
        if not self._head:
            return self._read(size)
        given, self._head = self._head[:size], self._head[size:]
        return given

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """As many bytes as are there, at least one before the end."""
        given = self.read(len(buffer))
        buffer[: len(given)] = given
        return len(given)

    def _read(self, size: int) -> bytes:
        if self._unpacked is not None:
            return self._unpacked.read(size) or b""
        return self._raw(size)

    def _raw(self, size: int) -> bytes:
        read = getattr(self._file, "read1", self._file.read)
        while True:
            self._moved(self._last)
            try:
                data: bytes = read(size)
            except OSError as error:
                raise self._unusable(error) from None
            self._last = len(data)
            if data or not self._follow:
                return data
            time.sleep(_POLL)

    def _unpack(self, kind: str) -> None:
        """Read on from what the bytes so far, and those to come, have compressed."""
        from tlib_codec.formats.captures.compressed import open_compressed  # noqa: PLC0415 most input is not compressed

        try:
            self._unpacked = open_compressed(kind, _Packed(self._head, self._raw))
        except CompressionError as error:
            raise Unusable(f"{self.name}: {error}") from None
        self._head = b""

    def close(self) -> None:
        """Close the file; the standard input stays open."""
        if not self.closed and self._file is not getattr(sys.stdin, "buffer", None):
            self._file.close()
        super().close()

    def form(self) -> str | None:
        """What the first bytes show it to be: one of `common.FORMS`; None where it is empty.

        Raises Unusable where they show nothing that can be read.
        """
        end = False
        found = None
        while found is None and not end:
            try:
                chunk = self._read(_HEAD - len(self._head))
            except CompressionError as error:
                raise Unusable(f"{self.name}: {error}") from None
            self._head += chunk
            end = not chunk or len(self._head) >= _HEAD
            found = detect(self._head, end=end)
            if found is not None and found in SIGNS.values() and self._unpacked is None:
                self._unpack(found)
                found, end = None, False
        if not self._head:
            return None
        if found is None:
            raise Unusable(f"{self.name}: neither frames ({_SIGN.hex(' ')} …), hex text, JSONL, a log nor a capture{FORMAT_HINT}")
        if found in _COMPRESSED.values() or found in SIGNS.values():
            raise Unusable(f"{self.name}: compressed ({found}); pipe it in decompressed")
        if found not in FORMS:
            self.log = found
            return "log"
        return found


def form_of(path: str) -> str:
    """The form of a file that can be looked into beforehand; ``""`` where it cannot be told, or not without taking from it."""
    if path == "-" or not Path(path).is_file():
        return ""
    try:
        with Source(path) as source:
            return source.form() or ""
    except Unusable:  # told of when its turn comes
        return ""


def detect(head: bytes, *, end: bool) -> str | None:
    """The form of an input that begins with `head`, or the kind of log or compression; None where more is needed.

    `end` says that no more comes, or none that would help.
    """
    if head[:4] in _CAPTURES:
        return "capture"
    for sign, name in (_COMPRESSED | SIGNS).items():
        if head.startswith(sign):
            return name
    if _SIGN in head:
        return "frames"
    if not _CONTROLS.search(head):
        if _JSON.match(head):
            return "jsonl"
        if _is_hex(head, end=end):
            return "hex"
    elif MAGIC.startswith(head[:2]):
        return "frames"
    from tlib_codec.formats.logs import sniff  # noqa: PLC0415 most input has been recognised by now

    return sniff(head)


def _is_hex(head: bytes, *, end: bool) -> bool:
    """Whether the lines at the beginning are hex, and at least 4 bytes of it."""
    text = head[:4096].decode("latin-1")
    lines = text.splitlines()
    if len(lines) > 1 and not (end and len(head) <= 4096):
        lines.pop()  # it may be cut
    reader = HexText()
    total = 0
    for line in lines:
        try:
            total += len(reader.line(line))
        except HexError as error:
            if not error.data and line.strip() != "*":
                return False
    return total >= 4
