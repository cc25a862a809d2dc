"""Open a file for writing, so that it is there whole or stays as it was.

Strategy: write to a temporary file in the folder of the target, with the permissions of the target. The end of the block writes it to the
disk and renames it; an exception (a full disk, a signal that raises) removes it. A pipe, a device and ``/dev/stdout`` are written in place,
and so is a file that `grows` under its name.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_BUFFER: Final = 1 << 16
_NAME: Final = 40  # characters of the target's name in that of the temporary file
_DESCRIPTOR: Final = re.compile(r"/dev/fd/\d+|/proc/(?:self|thread-self|\d+)/fd/\d+")
_NEW: Final = os.O_WRONLY | os.O_CREAT | getattr(os, "O_BINARY", 0)


@contextlib.contextmanager
def open_output(path: str | os.PathLike[str], *, grows: bool = False) -> Iterator[BinaryIO]:
    """Open `path` for writing bytes; it takes its contents when the block ends, and stays as it was if the block raises.

    A file that `grows` is written in place, for readers that follow it. Raises OSError, with `path` as its filename.
    """
    name = os.fspath(path)
    with _naming(name):
        before = _status(name)
    if grows or _in_place(name, before):
        with _written(name, name, os.O_TRUNC) as file:
            yield file
        return
    target = Path(os.path.realpath(name))
    part = target.with_name(f".{target.name[:_NAME]}.{os.urandom(8).hex()}.part")
    try:
        if before is not None:
            with _naming(name):  # a file that cannot be written is not replaced either
                os.close(os.open(target, os.O_WRONLY))
        with _written(str(part), name, os.O_EXCL) as file:
            if before is not None:
                with contextlib.suppress(PermissionError):  # a file system without permissions
                    os.chmod(part, before.st_mode & 0o777)  # noqa: PTH101
            yield file
            with _naming(name):
                file.flush()
                os.fsync(file.fileno())
        with _naming(name):
            part.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):  # the first error counts
            part.unlink()
        raise


def write_whole(path: str | os.PathLike[str], data: bytes) -> None:
    """Write a small file: afterwards it has `data`, or its old contents. Raises OSError."""
    with open_output(path) as file:
        file.write(data)


def _status(name: str) -> os.stat_result | None:
    """Return the status of a file; None if there is none."""
    try:
        return os.stat(name)  # noqa: PTH116
    except FileNotFoundError:
        return None


def _in_place(name: str, status: os.stat_result | None) -> bool:
    """Return whether `name` is no regular file, or a name of an open descriptor such as ``/dev/stdout``."""
    if status is None:
        return False
    if not stat.S_ISREG(status.st_mode):
        return True
    while _DESCRIPTOR.fullmatch(name) is None:
        if not Path(name).is_symlink():
            return False
        name = os.path.normpath(Path(name).parent / Path(name).readlink())
    return True


@contextlib.contextmanager
def _written(path: str, name: str, flag: int) -> Iterator[BinaryIO]:
    """Create or open a file for writing. Its errors have the filename `name`, and an error of the block comes before one of closing."""
    with _naming(name):
        file = io.BufferedWriter(_Named(os.open(path, _NEW | flag, 0o666), name), _BUFFER)
    try:
        yield file
    except BaseException:
        with contextlib.suppress(OSError):
            file.close()
        raise
    file.close()


class _Named(io.FileIO):
    """A file whose errors of writing have a filename, as those of opening have."""

    def __init__(self, descriptor: int, name: str) -> None:
        super().__init__(descriptor, "wb")
        self._name = name

    def write(self, data: ReadableBuffer, /) -> int:
        """Write bytes. Raises OSError."""
        with _naming(self._name):
            return super().write(data)


@contextlib.contextmanager
def _naming(name: str) -> Iterator[None]:
    """Give every OSError of the block the filename `name`."""
    try:
        yield
    except OSError as error:
        error.filename, error.filename2 = name, None
        raise
