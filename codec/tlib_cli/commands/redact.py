"""``tlib redact``: make frames, JSONL, logs and captures safe to share, and keep their format."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import BinaryIO

import click

from tlib_cli import FINE, INVALID
from tlib_cli.inputs import AUTO, format_of, open_source, read_batches
from tlib_cli.options import build_query, query_options, registry_option, report_unmatched
from tlib_cli.output import opened
from tlib_cli.reports import Unusable, report
from tlib_cli.view.progress import Progress
from tlib_codec.access import closest
from tlib_codec.formats import ReadOptions, readable
from tlib_codec.formats.compression import SUFFIXES
from tlib_codec.formats.jsonl.writer import line_of
from tlib_codec.formats.source import Source
from tlib_codec.query import Query
from tlib_codec.records import Batch, Diagnostic, Entry, Frames, Record, is_damage
from tlib_codec.redact import CaptureRedactor, LogRedactor, Redactor, Rules
from tlib_codec.redact.frames import FrameRedactor
from tlib_codec.redact.items import safe_origin
from tlib_codec.stream import Gap
from tlib_schemas.errors import EncodeError
from tlib_schemas.registry import Registry
from tlib_schemas.wire import Enum

_VARIABLE = "TLIB_SECRET"


@click.command()
@click.argument("file", metavar="FILE|-", default="-")
@click.option(
    "--format",
    "format_name",
    type=click.Choice((AUTO, *readable())),
    default=AUTO,
    show_default=True,
    help="Read the input as this format; auto detects it from the first bytes.",
)
@click.option("-o", "--output", metavar="FILE", help="Write to FILE. Default: the standard output.")
@click.option(
    "--secret",
    "secret_file",
    metavar="FILE",
    help=f"Read the secret from FILE. Default: the variable {_VARIABLE}, else a random secret for this run.",
)
@click.option("--attribute", "attributes", multiple=True, metavar="NAME", help="Replace this attribute too.")
@click.option("--keep-attribute", "kept", multiple=True, metavar="NAME", help="Keep this attribute as it is.")
@click.option("--key", "keys", multiple=True, metavar="PATTERN", help="Replace only the list values whose key matches. Default: all.")
@click.option("--keep", multiple=True, metavar="PATTERN", help="Keep the list values whose key matches.")
@click.option("--agents", is_flag=True, help="Replace AgentID, UserID and Place too.")
@click.option("--ids", is_flag=True, help="Replace CallUUIDs and ConnIDs too; calls stay linked.")
@click.option("--keep-lines", is_flag=True, help="Keep log lines outside messages; read them before you share the log.")
@click.option("--keep-malformed", is_flag=True, help="Keep malformed frames and gaps as they are; they may hold personal data.")
@click.option(
    "--keep-other", is_flag=True, help="Keep the payload of other connections and protocols in a capture; it may hold personal data."
)
@click.option("--addresses", is_flag=True, help="Replace the IP addresses of a capture too; addresses of one network stay in one network.")
@query_options
@registry_option
def command(
    file: str,
    format_name: str,
    output: str | None,
    secret_file: str | None,
    attributes: tuple[str, ...],
    kept: tuple[str, ...],
    keys: tuple[str, ...],
    keep: tuple[str, ...],
    agents: bool,
    ids: bool,
    keep_lines: bool,
    keep_malformed: bool,
    keep_other: bool,
    addresses: bool,
    events: tuple[str, ...],
    where: tuple[str, ...],
    since: str | None,
    until: str | None,
    registry: Registry,
) -> int:
    """Replace personal data, so that a file is safe to share.

    The output shows what happened without revealing who was involved, in the format of the input: a capture, a frame
    file, JSONL or a log. Numbers, names and user data become pseudonyms of the same length and shape; equal values get
    equal pseudonyms, in every file that you redact with the same secret. docs/redact.md lists the replaced values. A
    query (--event, --where, --since, --until) sees the original values; other events are omitted, and blank in a capture.

    \b
    tlib redact server.log -o safe.log
    tlib redact calls.tlb -o safe.tlb --keep 'Segment*' --agents
    tlib redact calls.pcapng -o safe.pcapng --addresses
    TLIB_SECRET=… tlib redact server.log -o safe.log
    """  # noqa: D301
    rules = Rules(
        attributes=_numbers(attributes, "--attribute", registry),
        kept=_numbers(kept, "--keep-attribute", registry),
        keys=keys or ("*",),
        keep=keep,
        agents=agents,
        ids=ids,
    )
    query = build_query(events=events, where=where, since=since, until=until, registry=registry)
    redactor = Redactor(_secret(secret_file), rules=rules, registry=registry)
    with contextlib.ExitStack() as stack:
        progress = stack.enter_context(Progress(output))
        source = stack.enter_context(open_source(file, moved=progress.moved))
        progress.opened(source)
        input_format = format_of(source, format_name)  # an unusable input fails before the output exists
        _check_options(input_format.name, output, addresses=addresses)
        target = stack.enter_context(opened(output, (file,), binary=input_format.name not in {"log", "jsonl"}))
        run = _Run(redactor, target, query, keep_malformed=keep_malformed)
        if input_format.name == "log":
            run.log(source, keep_lines=keep_lines)
        elif input_format.name == "capture":
            run.capture(source, addresses=addresses, keep_other=keep_other)
        else:
            batches = read_batches(source, input_format, ReadOptions(registry=registry))
            if input_format.name == "jsonl":
                run.lines(batches)
            else:
                run.frames(batches)
        target.flush()
    status = run.summary()
    if query:
        report_unmatched(query.tally)
    return status


class _Run:
    """Rewrites one input to one output and counts the replaced values and the omitted parts."""

    def __init__(self, redactor: Redactor, target: BinaryIO, query: Query, *, keep_malformed: bool) -> None:
        self._redactor = redactor
        self._target = target
        self._query = query
        self._keep_malformed = keep_malformed
        self._written = ""
        self._omitted: Counter[str] = Counter()
        self._status = FINE

    def log(self, source: Source, *, keep_lines: bool) -> None:
        """Rewrite a log."""
        rewriter = LogRedactor(self._redactor, keep_lines=keep_lines, wanted=self._query or None)
        written = 0
        for line in rewriter.lines(source.chunks(), name=source.name):
            self._target.write(line)
            written += 1
        self._written = f"{written} lines"
        self._omitted["lines outside messages omitted"] = rewriter.dropped

    def capture(self, source: Source, *, addresses: bool, keep_other: bool) -> None:
        """Rewrite a capture."""
        rewriter = CaptureRedactor(
            self._redactor, addresses=addresses, keep_malformed=self._keep_malformed, keep_other=keep_other, wanted=self._query or None
        )
        for piece in rewriter.records(source):
            if isinstance(piece, Diagnostic):
                report(piece.complaint())
                self._status = INVALID
            else:
                self._target.write(piece)
        if not rewriter.followed:
            report(f"{source.name}: no connection carries frames")
        if rewriter.blank or not rewriter.followed:
            self._status = INVALID
        self._written = f"{rewriter.packets} packets"
        self._omitted["bytes outside whole frames blanked, of connections that carry frames"] = rewriter.blank
        self._omitted["blocks without packets omitted"] = rewriter.blocks
        self._omitted["packet payloads of other connections and protocols blanked"] = rewriter.others

    def lines(self, batches: Iterator[Batch]) -> None:
        """Rewrite lines of JSON."""
        written = 0
        for entry in self._wanted(chain.from_iterable(batches)):
            line = self._line(entry)
            if line is not None:
                written += 1
                self._target.write(line)
        self._written = f"{written} lines"

    def frames(self, batches: Iterator[Batch]) -> None:
        """Rewrite frames, in runs unless a query has to leave malformed frames in their places."""
        runs = FrameRedactor(self._redactor)
        written = 0
        for batch in batches:
            for part in batch.parts:
                one = Batch([part], registry=batch.registry, limits=batch.limits)
                if isinstance(part, Frames) and not (self._query and self._keep_malformed):
                    for run in self._selected(one):
                        written += self._run(runs, run, batch)
                else:
                    written += sum(map(self._put, self._wanted(one)))
        self._written = f"{written} frames"

    def _selected(self, batch: Batch) -> Iterator[Frames]:
        """Yield the frames of a run that the query selects; count those that are no event."""
        dropped: list[Entry] = []
        if self._query:
            batch = self._query.select(batch, dropped)
        for entry in filter(is_damage, dropped):
            self._frame(entry)
        yield from (part for part in batch.parts if isinstance(part, Frames))

    def _run(self, runs: FrameRedactor, frames: Frames, batch: Batch) -> int:
        """Write a run of frames, and return the number written."""
        data, left = runs.replaced(frames, batch.limits)
        bounds = memoryview(frames.bounds).cast("Q")
        written = len(frames) - len(left)
        at = 0
        for place in left:
            self._target.write(data[bounds[at] : bounds[place]])
            written += sum(map(self._put, frames.select([place]).records(batch.registry, batch.limits)))
            at = place + 1
        self._target.write(data[bounds[at] :])
        return written

    def _put(self, entry: Entry) -> int:
        """Write the frame of an entry, if it has one, and return the number written."""
        frame = self._frame(entry)
        if frame is None:
            return 0
        self._target.write(frame)
        return 1

    def _wanted(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        """Yield the entries that the query selects, and all that are no event."""
        for entry in entries:
            if not self._query or self._query(entry) or not isinstance(entry, Record) or isinstance(entry.item, Gap):
                yield entry

    def _frame(self, entry: Entry) -> bytes | None:
        if isinstance(entry, Diagnostic) or isinstance(entry.item, Gap):
            self._status = INVALID
            if self._keep_malformed and isinstance(entry, Record):
                return entry.frame or b""
            self._omitted["malformed frames and gaps omitted"] += 1
            return None
        try:
            return self._redactor.frame(entry.item)
        except EncodeError as error:
            report(f"{entry.origin.place}: omitted: {error}")
            self._status = INVALID
            return None

    def _line(self, entry: Entry) -> bytes | None:
        if isinstance(entry, Diagnostic):
            self._status = INVALID
            report(entry.complaint())
            self._omitted["lines without an event omitted"] += 1
            return None
        origin = safe_origin(entry.origin)
        if isinstance(entry.item, Gap):
            self._status = INVALID
            if self._keep_malformed:
                return line_of(Record(entry.item, origin=origin), self._redactor.registry)
            self._omitted["malformed frames and gaps omitted"] += 1
            return None
        unnumbered = {name: self._redactor.printed(None, str(text)) for name, text in entry.unnumbered.items()}
        return line_of(Record(self._redactor.item(entry.item), origin=origin, unnumbered=unnumbered), self._redactor.registry)

    def summary(self) -> int:
        """Report the counts and return the exit status."""
        counts = self._redactor.counts
        replaced = ", ".join(f"{name} {count}" for name, count in counts.most_common()) or "nothing"
        report(f"{self._written} written; replaced: {replaced}")
        for pattern in self._redactor.unmatched:
            report(f"--key {pattern}: matches no key of a list")
        for part, count in self._omitted.items():
            if count:
                report(f"{count} {part}")
        return self._status


def _check_options(input_format: str, output: str | None, *, addresses: bool) -> None:
    """Raise UsageError if an option does not fit the input or output."""
    if addresses and input_format != "capture":
        raise click.UsageError(f"--addresses needs a capture; the input is {input_format}")
    if output is not None and output.lower().endswith(SUFFIXES):
        raise click.UsageError(f"{output}: the output is not compressed; give a name without {Path(output).suffix}")


def _secret(path: str | None) -> bytes:
    if path is not None:
        try:
            secret = Path(path).read_bytes().strip()
        except OSError as error:
            raise Unusable(f"{path}: {error.strerror}") from None
        if not secret:
            raise Unusable(f"{path}: expected a secret; the file is empty")
        return secret
    variable = os.environ.get(_VARIABLE, "")
    if variable:
        return os.fsencode(variable)
    report(f"this run uses a random secret; give --secret or {_VARIABLE} to get the same pseudonyms again")
    return secrets.token_bytes(32)


def _numbers(names: tuple[str, ...], option: str, registry: Registry) -> frozenset[int]:
    numbers = set()
    for name in names:
        try:
            number = registry.attribute_number(name)
        except EncodeError:
            known = [label for a in registry.dictionary.values() for label in (a.name, *a.aliases)]
            raise click.BadParameter(f"{registry.name} has no attribute {name!r}{closest(name, known)}", param_hint=option) from None
        attribute = registry.dictionary.get(number)
        if option == "--attribute" and attribute is not None and isinstance(attribute.value, Enum):
            raise click.BadParameter(f"{name} is an enumeration and identifies nobody; give another attribute", param_hint=option)
        numbers.add(number)
    return frozenset(numbers)
