"""The inputs that a folder or a zip file holds.

Strategy: a folder or a zip file stands for the files in it. Each gets a name that opens it alone (``logs/server.log``,
``bundle.zip!logs/server.log``), so a reader never sees the difference. A support bundle holds other files too: one that has no
known format is left out and counted; one that is damaged is kept, so that its reader says so.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from . import zipped
from .compression import SUFFIXES
from .source import InputError, Source, UnknownFormat

_NUMBERED: Final = re.compile(r"(.+)\.(\d{1,4})")
_STAMPED: Final = re.compile(r"[._-](\d{8}(?:[T_-]?\d+)*)")


class Members(msgspec.Struct, frozen=True):
    """The inputs that a path stands for, in order, and how many files below it are none."""

    names: tuple[str, ...]
    skipped: int = 0


def members(path: str) -> Members:
    """Return the inputs that `path` stands for: those in a folder or a zip file, else itself. Raise InputError."""
    if path == "-" or not _holds_others(path):
        return Members((path,))
    found: list[str] = []
    skipped = 0
    for name in _files(path):
        if _is_input(name):
            found.append(name)
        else:
            skipped += 1
    return Members(tuple(found), skipped)


def file_of(path: str) -> Path:
    """Return the file on the disk that holds the input `path`."""
    inside = zipped.split(path)
    return Path(path if inside is None else inside[0])


def _holds_others(path: str) -> bool:
    return Path(path).is_dir() or (Path(path).is_file() and _is_zip(path))


def _is_zip(path: str) -> bool:
    try:
        with Path(path).open("rb") as file:
            return file.read(len(zipped.MAGIC)) == zipped.MAGIC
    except OSError:  # the reader of the input reports it
        return False


def _files(path: str) -> Iterator[str]:
    """Yield the names of all files below a folder or in a zip file, in order."""
    if not Path(path).is_dir():
        try:
            inside = zipped.names(path)
        except OSError as error:
            raise InputError(f"{path}: {error.strerror or error}") from None
        yield from (f"{path}{zipped.MARK}{name}" for name in sorted(inside, key=order))
        return
    found = [os.path.join(folder, name) for folder, _, files in os.walk(path) for name in files]  # noqa: PTH118 keeps the path as given
    for name in sorted(found, key=order):
        if not Path(name).is_file():  # a pipe, a socket, a link to nothing
            continue
        if _is_zip(name):
            yield from _files(name)
        else:
            yield name


def _is_input(name: str) -> bool:
    try:
        with Source(name) as source:
            return source.detect() is not None
    except UnknownFormat:
        return False
    except InputError:
        return True


def order(path: str) -> tuple[str, str, bool, str, int, str]:
    """Return the key that sorts files by folder and name, and the parts of a rotated log from the oldest to the newest.

    ``server.20260314_120000.log`` comes before ``server.20260315_120000.log``, and ``server.log.2.gz`` before ``server.log.1``, before
    ``server.log``.
    """
    folder, _, base = path.replace("\\", "/").rpartition("/")
    plain = next((base.removesuffix(suffix) for suffix in SUFFIXES if base.endswith(suffix)), base)
    number = 0
    if (match := _NUMBERED.fullmatch(plain)) is not None:
        plain, number = match[1], -int(match[2])
    stamp = _STAMPED.search(plain)
    if stamp is not None:
        plain = plain[: stamp.start()] + plain[stamp.end() :]
    return folder, plain, stamp is None, "" if stamp is None else stamp[1], number, base
