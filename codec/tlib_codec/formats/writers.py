"""The base of writers that take one record at a time, and the note about attributes that frames cannot hold.

Strategy: `RecordWriter` walks a batch, gives each record to `put` and each diagnostic to `put_diagnostic`, and yields those
that somebody should read about. A writer that takes whole `Frames` overrides `write`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import BinaryIO, Final

from tlib_codec.records import Batch, Diagnostic, Flow, Frames, Origin, Part, Record
from tlib_schemas.errors import EncodeError, Severity
from tlib_schemas.registry import Registry

_FEW_FLOWS: Final = 64  # whose texts are made whether a frame has them or not
_JOINED: Final = 1 << 20  # bytes that are copied at once
_MOST_NAMES: Final = 1000  # names of attributes that are remembered, so that each is reported once


class RecordWriter:
    """Writes record by record to `file`."""

    def __init__(self, file: BinaryIO, registry: Registry) -> None:
        self._file = file
        self._registry = registry

    def write(self, batch: Batch) -> Iterator[Part]:
        """Write a batch; yield invalid records, and diagnostics of reading and writing."""
        for entry in batch:
            if isinstance(entry, Diagnostic):
                if entry.severity is Severity.ERROR:
                    self.put_diagnostic(entry)
                yield entry
                continue
            if not entry.valid:
                yield entry
            try:
                note = self.put(entry)
            except EncodeError as error:
                yield Diagnostic(error.code, entry.origin, error.expected, error.actual, error.path, "not written")
                continue
            if note is not None:
                yield note

    def put(self, record: Record) -> Diagnostic | None:
        """Write a record, and return a note where the output holds less than the record. Raises EncodeError."""
        raise NotImplementedError

    def put_diagnostic(self, diagnostic: Diagnostic) -> None:
        """Write a diagnostic where the format has a place for it."""

    def join(self, part: BinaryIO) -> None:
        """Write a part that another writer of the same format has made."""
        from shutil import copyfileobj  # noqa: PLC0415 only several processes make parts

        copyfileobj(part, self._file, _JOINED)

    def flush(self) -> None:
        """Make everything written so far visible to a reader."""
        self._file.flush()

    def close(self) -> None:
        """Write the end of the output."""


def flow_texts(frames: Frames, text_of: Callable[[Flow], bytes]) -> list[bytes]:
    """Return the text of each flow of the frames; no text for flows that no frame has, where there are many."""
    if frames.flows is None:
        return []
    table = frames.flow_table
    used = range(len(table)) if len(table) <= _FEW_FLOWS else set(memoryview(frames.flows).cast("I"))
    return [text_of(flow) if place in used else b"" for place, flow in enumerate(table)]


def invalid_frames(frames: Frames, places: Sequence[int]) -> Iterator[Frames]:
    """Yield the frames at these places as one run, if there are any."""
    if places:
        yield frames.select(places)


class UnnumberedNotes:
    """Notes about a log's attributes that a frame cannot hold, since their number is not public: each name is noted once."""

    def __init__(self) -> None:
        self._noted: set[str] = set()

    @property
    def noted(self) -> frozenset[str] | None:
        """Return the names that are noted; None where no name will be noted any more."""
        return None if len(self._noted) > _MOST_NAMES else frozenset(self._noted)

    def note(self, record: Record) -> Diagnostic | None:
        """Return the note for a record that was written without them."""
        return self.note_names(record.unnumbered, record.origin)

    def note_names(self, found: Iterable[str], origin: Origin) -> Diagnostic | None:
        """Return the note for the names that a record has, without those noted before."""
        new = set(found) - self._noted
        if not new or len(self._noted) > _MOST_NAMES:
            return None
        self._noted |= new
        names = ", ".join(sorted(new))
        outcome = "written in part (noted once)"
        return Diagnostic("log-unnumbered", origin, "attributes with a public number", names, outcome=outcome, severity=Severity.WARNING)


class Once:
    """Drops the notes that one process makes once, and of which several processes make one each.

    Called with each of them in the order of the input, it returns what is new in it, None where nothing is.
    """

    CODES: Final = frozenset({"log-unnumbered", "log-encoding"})

    def __init__(self) -> None:
        self._names = UnnumberedNotes()
        self._files: set[str] = set()

    def __call__(self, note: Diagnostic) -> Diagnostic | None:
        """Return the note without what was noted before."""
        if note.code == "log-unnumbered":
            return self._names.note_names(note.actual.split(", "), note.origin)
        new = note.origin.file not in self._files
        self._files.add(note.origin.file)
        return note if new else None
