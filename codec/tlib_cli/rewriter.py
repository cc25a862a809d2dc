"""Rewrite inputs safely for ``tlib redact``: each in its own format, counting the replaced values and the omitted parts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import BinaryIO

import click
import msgspec

from tlib_codec.formats import Format, ReadOptions
from tlib_codec.formats.jsonl.writer import line_of
from tlib_codec.formats.source import Source
from tlib_codec.query import Query
from tlib_codec.records import Batch, Diagnostic, Entry, Frames, Record, is_damage
from tlib_codec.redact import CaptureRedactor, LogRedactor, Redactor, safe_record
from tlib_codec.redact.frames import FrameRedactor
from tlib_codec.redact.records import safe_origin
from tlib_codec.stream import Gap
from tlib_schemas.errors import EncodeError

from . import FINE, INVALID
from .inputs import read_batches
from .reports import report


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """The parts that stay on request, and the addresses that do not."""

    lines: bool = False
    malformed: bool = False
    other: bool = False
    addresses: bool = False


class Rewriter:
    """Rewrites inputs under one redactor; `status` is the exit status so far."""

    def __init__(self, redactor: Redactor, query: Query, kept: Kept) -> None:
        self.status = FINE
        self._redactor = redactor
        self._query = query
        self._kept = kept
        self._runs = FrameRedactor(redactor)
        self._written: Counter[str] = Counter()
        self._omitted: Counter[str] = Counter()

    def check(self, input_format: Format) -> None:
        """Raise UsageError if an option does not fit the input."""
        if self._kept.addresses and input_format.name != "capture":
            raise click.UsageError(f"--addresses needs a capture; the input is {input_format.name}")

    def rewrite(self, source: Source, input_format: Format, target: BinaryIO) -> None:
        """Rewrite an input to `target`."""
        if input_format.name == "log":
            self._log(source, target)
        elif input_format.name == "capture":
            self._capture(source, target)
        else:
            batches = read_batches(source, input_format, ReadOptions(registry=self._redactor.registry))
            if input_format.name == "jsonl":
                self._lines(batches, target)
            else:
                self._frames(batches, target)

    def _log(self, source: Source, target: BinaryIO) -> None:
        rewriter = LogRedactor(self._redactor, keep_lines=self._kept.lines, wanted=self._query or None)
        for line in rewriter.lines(source.chunks(), name=source.name):
            target.write(line)
            self._written["lines"] += 1
        self._omitted["lines outside messages omitted"] += rewriter.dropped

    def _capture(self, source: Source, target: BinaryIO) -> None:
        kept = self._kept
        rewriter = CaptureRedactor(
            self._redactor, addresses=kept.addresses, keep_malformed=kept.malformed, keep_other=kept.other, wanted=self._query or None
        )
        for piece in rewriter.records(source):
            if isinstance(piece, Diagnostic):
                report(piece.complaint())
                self.status = INVALID
            else:
                target.write(piece)
        if not rewriter.followed:
            report(f"{source.name}: no connection carries frames")
        if rewriter.blank or not rewriter.followed:
            self.status = INVALID
        self._written["packets"] += rewriter.packets
        self._omitted["bytes outside whole frames blanked, of connections that carry frames"] += rewriter.blank
        self._omitted["blocks without packets omitted"] += rewriter.blocks
        self._omitted["options of blocks omitted"] += rewriter.options
        self._omitted["packet payloads of other connections and protocols blanked"] += rewriter.others

    def _lines(self, batches: Iterator[Batch], target: BinaryIO) -> None:
        for entry in self._wanted(chain.from_iterable(batches)):
            line = self._line(entry)
            if line is not None:
                self._written["lines"] += 1
                target.write(line)

    def _frames(self, batches: Iterator[Batch], target: BinaryIO) -> None:
        """Rewrite frames, in runs unless a query has to leave malformed frames in their places."""
        self._written["frames"] += 0
        for batch in batches:
            for part in batch.parts:
                one = Batch([part], registry=batch.registry, limits=batch.limits)
                if isinstance(part, Frames) and not (self._query and self._kept.malformed):
                    for run in self._selected(one):
                        self._run(run, batch, target)
                else:
                    for entry in self._wanted(one):
                        self._put(entry, target)

    def _selected(self, batch: Batch) -> Iterator[Frames]:
        """Yield the frames of a run that the query selects; count those that are no event."""
        dropped: list[Entry] = []
        if self._query:
            batch = self._query.select(batch, dropped)
        for entry in filter(is_damage, dropped):
            self._frame(entry)
        yield from (part for part in batch.parts if isinstance(part, Frames))

    def _run(self, frames: Frames, batch: Batch, target: BinaryIO) -> None:
        """Write a run of frames."""
        data, left = self._runs.replaced(frames, batch.limits)
        bounds = memoryview(frames.bounds).cast("Q")
        self._written["frames"] += len(frames) - len(left)
        at = 0
        for place in left:
            target.write(data[bounds[at] : bounds[place]])
            for record in frames.select([place]).records(batch.registry, batch.limits):
                self._put(record, target)
            at = place + 1
        target.write(data[bounds[at] :])

    def _put(self, entry: Entry, target: BinaryIO) -> None:
        """Write the frame of an entry, if it has one."""
        frame = self._frame(entry)
        if frame is not None:
            target.write(frame)
            self._written["frames"] += 1

    def _wanted(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        """Yield the entries that the query selects, and all that are no event."""
        for entry in entries:
            if not self._query or self._query(entry) or not isinstance(entry, Record) or isinstance(entry.item, Gap):
                yield entry

    def _frame(self, entry: Entry) -> bytes | None:
        if isinstance(entry, Diagnostic) or isinstance(entry.item, Gap):
            self.status = INVALID
            if self._kept.malformed and isinstance(entry, Record):
                return entry.frame or b""
            self._omitted["malformed frames and gaps omitted"] += 1
            return None
        try:
            return self._redactor.frame(entry.item)
        except EncodeError as error:
            self._unsafe(entry, error)
            return None

    def _line(self, entry: Entry) -> bytes | None:
        if isinstance(entry, Diagnostic):
            self.status = INVALID
            report(entry.complaint())
            self._omitted["lines without an event omitted"] += 1
            return None
        if isinstance(entry.item, Gap):
            self.status = INVALID
            if self._kept.malformed:
                return line_of(Record(entry.item, origin=safe_origin(self._redactor, entry.origin)), self._redactor.registry)
            self._omitted["malformed frames and gaps omitted"] += 1
            return None
        try:
            return line_of(safe_record(self._redactor, entry), self._redactor.registry)
        except EncodeError as error:
            self._unsafe(entry, error)
            return None

    def _unsafe(self, record: Record, error: EncodeError) -> None:
        report(f"{record.origin.place}: omitted: {error}")
        self.status = INVALID

    def summary(self) -> None:
        """Report the counts."""
        counts = self._redactor.counts
        replaced = ", ".join(f"{name} {count}" for name, count in counts.most_common() if count) or "nothing"
        written = ", ".join(f"{count} {part}" for part, count in self._written.items()) or "0 lines"
        report(f"{written} written; replaced: {replaced}")
        for pattern in self._redactor.unmatched:
            report(f"--only-keys {pattern}: matches no key of a list")
        for part, count in self._omitted.items():
            if count:
                report(f"{count} {part}")
