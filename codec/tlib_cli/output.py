"""Where decoded items go: JSONL, frames, or elsewhere a table (`render`), columns (`tables`), packets (`capture_output`).

Strategy: a writer is told of every item and problem, and writes what its form can hold. What it
cannot is told to the caller, for the standard error, so nothing is lost without a word.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, Protocol

import click
import msgspec

from tlib_codec.engine import encode
from tlib_codec.formats import jsonl
from tlib_codec.reference import Policy
from tlib_codec.stream import Gap
from tlib_schemas.registry import Registry

from .inputs import Found, Problem
from .options import Unusable

FORMS = ("table", "jsonl", "csv", "parquet", "arrow", "frames", "pcap", "pcapng")
SUFFIXES = {
    ".jsonl": "jsonl",
    ".json": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".parquet": "parquet",
    ".arrow": "arrow",
    ".arrows": "arrow",
    ".feather": "arrow",
    ".tlb": "frames",
    ".bin": "frames",
    ".pcap": "pcap",
    ".pcapng": "pcapng",
    ".txt": "table",
}
COLUMNS = frozenset({"csv", "parquet", "arrow"})
BINARY = frozenset({"frames", "parquet", "arrow", "pcap", "pcapng"})

_TOLD = 1000  # names of attributes that were left out; as many are told of


class Writer(Protocol):
    """One form of output."""

    def write(self, found: Found) -> str:
        """Write an item; gives a note where a part of it could not be. Raises EncodeError."""

    def problem(self, problem: Problem) -> None:
        """Write what could not be read, where the form can hold it."""

    def flush(self) -> None:
        """Let everything written so far be seen."""

    def close(self) -> None:
        """Write what ends the output; the file stays open."""


def form_for(path: str | None, form: str | None, suffixes: Mapping[str, str] = SUFFIXES) -> str:
    """The form of the output: as asked, else by the file's suffix, else by what is at the other end."""
    if form is not None:
        return form
    if path is None or path == "-":
        return "table" if path is None and sys.stdout.isatty() else "jsonl"
    suffix = Path(path).suffix.lower()
    if suffix not in suffixes:
        raise click.UsageError(f"{path}: which form? Give --to, or one of the suffixes {', '.join(suffixes)}")
    return suffixes[suffix]


def open_output(path: str | None, inputs: tuple[str, ...] = (), *, binary: bool = False) -> BinaryIO:
    """The file to write to. Raises Unusable where it cannot be opened, or is one of the inputs.

    `binary` refuses a terminal.
    """
    if path is None or path == "-":
        if binary and sys.stdout.isatty():
            raise Unusable("the output is binary, and this is a terminal: give -o FILE, or a pipe")
        return sys.stdout.buffer
    target = Path(path)
    for one in inputs:
        if one != "-" and target.exists() and Path(one).exists() and target.samefile(one):
            raise Unusable(f"{path}: is the input; write to another file")
    try:
        return target.open("wb")
    except OSError as error:
        raise Unusable(f"{path}: {error.strerror}") from None


@contextlib.contextmanager
def whole_output(path: str | None, inputs: tuple[str, ...] = (), *, binary: bool = True) -> Iterator[BinaryIO]:
    """As `open_output` for what is of use only when it is whole: the file is there when all is written, or as it was before."""
    target = Path(path or "-")
    if path is None or path == "-" or (target.exists() and not target.is_file()):  # a pipe, /dev/null
        with contextlib.ExitStack() as stack:
            file = open_output(path, inputs, binary=binary)
            yield file if file is sys.stdout.buffer else stack.enter_context(file)
        return
    for one in inputs:
        if one != "-" and target.exists() and Path(one).exists() and target.samefile(one):
            raise Unusable(f"{path}: is the input; write to another file")
    if not target.parent.is_dir():
        raise Unusable(f"{path}: there is no folder {target.parent}")
    made = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with open_output(str(made)) as file:
            yield file
        made.replace(target)
    except BaseException:
        made.unlink(missing_ok=True)
        raise


class Untold:
    """Attributes that an output of frames leaves out, since their number is not public: each name is told of once."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def note(self, found: Found) -> str:
        """The note behind an item that was written, or nothing."""
        new = found.unnumbered.keys() - self._told
        if not new or len(self._told) > _TOLD:
            return ""
        self._told |= new
        return f"{found.place}: written without {', '.join(sorted(new))}, whose number is not public (here and below)"


class JSONLines:
    """A line an item and a line a problem, as docs/json.md says."""

    def __init__(self, file: BinaryIO, registry: Registry) -> None:
        self._file = file
        self._registry = registry

    def write(self, found: Found) -> str:
        """Write the item's line; there is nothing that JSON cannot hold."""
        if found.unnumbered:
            data = jsonl.to_data(found.item, registry=self._registry)
            data["$unnumbered"] = found.unnumbered
            data["$source"] = found.source
            line = msgspec.json.encode(data)
        else:
            line = jsonl.dumps(found.item, registry=self._registry, source=found.source)
        self._file.write(line + b"\n")
        return ""

    def problem(self, problem: Problem) -> None:
        """Write the problem as a line of its own."""
        self._file.write(jsonl.dumps(problem.as_item(), registry=self._registry, source=problem.source) + b"\n")

    def flush(self) -> None:
        """Let everything written so far be seen."""
        self._file.flush()

    def close(self) -> None:
        """Nothing ends this form."""


class Frames:
    """Frames back to back: the input's own bytes where it had frames, else canonical ones."""

    def __init__(self, file: BinaryIO, registry: Registry) -> None:
        self._file = file
        self._registry = registry
        self._untold = Untold()

    def write(self, found: Found) -> str:
        """Write the item's frame; a gap or a broken frame is none."""
        item = found.item
        if isinstance(item, Gap):
            return ""  # already complained of
        self._file.write(found.data or encode(item, registry=self._registry, policy=Policy.LENIENT))
        return self._untold.note(found)

    def problem(self, problem: Problem) -> None:
        """A problem is no frame."""

    def flush(self) -> None:
        """Let everything written so far be seen."""
        self._file.flush()

    def close(self) -> None:
        """Nothing ends this form."""
