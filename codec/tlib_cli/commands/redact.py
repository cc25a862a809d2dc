"""``tlib redact``: make frames, JSONL, logs and captures safe to share, in their own format."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import BinaryIO

import click

from tlib_cli import FINE, INVALID
from tlib_cli.inputs import AUTO, format_of, open_source, read_batches
from tlib_cli.options import registry_option
from tlib_cli.output import opened
from tlib_cli.reports import Unusable, report
from tlib_cli.view.progress import Progress
from tlib_codec.access import closest
from tlib_codec.formats import ReadOptions, readable
from tlib_codec.formats.jsonl.writer import line_of
from tlib_codec.formats.source import Source
from tlib_codec.records import Batch, Diagnostic, Entry, Record
from tlib_codec.redact import CaptureRedactor, LogRedactor, Redactor, Rules
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
    help="Read the input as this format; auto looks at its first bytes.",
)
@click.option("-o", "--output", metavar="FILE", help="Write to FILE; without it, to the standard output.")
@click.option(
    "--secret", "secret_file", metavar="FILE", help=f"Read the secret from FILE; without it, from {_VARIABLE}, else draw one for this run."
)
@click.option("--attribute", "attributes", multiple=True, metavar="NAME", help="Replace this attribute too.")
@click.option("--keep-attribute", "kept", multiple=True, metavar="NAME", help="Keep this attribute as it is.")
@click.option("--key", "keys", multiple=True, metavar="PATTERN", help="Replace only values of lists whose key matches (default: all).")
@click.option("--keep", multiple=True, metavar="PATTERN", help="Keep values of lists whose key matches.")
@click.option("--agents", is_flag=True, help="Replace AgentID, UserID and Place too.")
@click.option("--ids", is_flag=True, help="Replace CallUUIDs and ConnIDs too; calls stay linked.")
@click.option("--keep-lines", is_flag=True, help="Keep lines of a log that belong to no message; read them before you share the log.")
@click.option("--keep-malformed", is_flag=True, help="Keep malformed frames and gaps as they are; they may hold personal data.")
@click.option(
    "--keep-other", is_flag=True, help="Keep the payload of other connections and protocols of a capture; it may hold personal data."
)
@click.option("--addresses", is_flag=True, help="Replace IP addresses of a capture too; networks stay networks.")
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
    registry: Registry,
) -> int:
    """Make a capture, frame file, JSONL or log safe to share: show what happened without revealing who was involved.

    Numbers, names and user data become pseudonyms of the same length and shape, equal for equal
    values. With the same secret they are the same in every file. docs/redact.md lists the replaced values.

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
    redactor = Redactor(_secret(secret_file), rules=rules, registry=registry)
    with contextlib.ExitStack() as stack:
        progress = stack.enter_context(Progress(alone=True))
        source = stack.enter_context(open_source(file, moved=progress.moved))
        progress.opened(source)
        found = format_of(source, format_name)  # before the output is opened: an unusable input leaves none behind
        _refuse(found.name, output, addresses=addresses)
        target = stack.enter_context(opened(output, (file,), binary=found.name not in {"log", "jsonl"}))
        run = _Run(redactor, target, keep_malformed=keep_malformed)
        if found.name == "log":
            run.log(source, keep_lines=keep_lines)
        elif found.name == "capture":
            run.capture(source, addresses=addresses, keep_other=keep_other)
        else:
            run.items(read_batches(source, found, ReadOptions(registry=registry)), jsonl=found.name == "jsonl")
        target.flush()
    return run.summary()


class _Run:
    """Rewrites one input to one output; counts the replaced values and the bytes left out."""

    def __init__(self, redactor: Redactor, target: BinaryIO, *, keep_malformed: bool) -> None:
        self._redactor = redactor
        self._target = target
        self._keep_malformed = keep_malformed
        self._what = ""
        self._lost: Counter[str] = Counter()
        self._status = FINE

    def log(self, source: Source, *, keep_lines: bool) -> None:
        """Rewrite a log."""
        rewriter = LogRedactor(self._redactor, keep_lines=keep_lines)
        written = 0
        for line in rewriter.lines(source.chunks(), name=source.name):
            self._target.write(line)
            written += 1
        self._what = f"{written} lines"
        self._lost["lines that are no message left out"] = rewriter.dropped

    def capture(self, source: Source, *, addresses: bool, keep_other: bool) -> None:
        """Rewrite a capture."""
        rewriter = CaptureRedactor(self._redactor, addresses=addresses, keep_malformed=self._keep_malformed, keep_other=keep_other)
        for piece in rewriter.records(source):
            if isinstance(piece, Diagnostic):
                report(piece.complaint())
                self._status = INVALID
            else:
                self._target.write(piece)
        if not rewriter.followed:
            report(f"{source.name}: no connection has frames in it")
        if rewriter.blank or not rewriter.followed:
            self._status = INVALID
        self._what = f"{rewriter.packets} packets"
        self._lost["bytes of connections with frames, but in no whole frame, blanked"] = rewriter.blank
        self._lost["blocks that hold no packets left out"] = rewriter.blocks
        self._lost["payloads of packets of other connections and protocols blanked"] = rewriter.others

    def items(self, batches: Iterator[Batch], *, jsonl: bool) -> None:
        """Rewrite frames, or lines of JSON."""
        written = 0
        for entry in chain.from_iterable(batches):
            line = self._line(entry) if jsonl else self._frame(entry)
            if line is not None:
                written += 1
                self._target.write(line)
        self._what = f"{written} {'lines' if jsonl else 'frames'}"

    def _frame(self, entry: Entry) -> bytes | None:
        if isinstance(entry, Diagnostic) or isinstance(entry.item, Gap):
            self._status = INVALID
            if self._keep_malformed and isinstance(entry, Record):
                return entry.frame or b""
            self._lost["malformed frames and gaps left out"] += 1
            return None
        try:
            return self._redactor.frame(entry.item)
        except EncodeError as error:
            report(f"{entry.origin.place}: left out: {error}")
            self._status = INVALID
            return None

    def _line(self, entry: Entry) -> bytes | None:
        if isinstance(entry, Diagnostic):
            self._status = INVALID
            report(entry.complaint())
            self._lost["lines that are no event left out"] += 1
            return None
        origin = safe_origin(entry.origin)
        if isinstance(entry.item, Gap):
            self._status = INVALID
            if self._keep_malformed:
                return line_of(Record(entry.item, origin=origin), self._redactor.registry)
            self._lost["malformed frames and gaps left out"] += 1
            return None
        unnumbered = {name: self._redactor.printed(None, str(text)) for name, text in entry.unnumbered.items()}
        return line_of(Record(self._redactor.item(entry.item), origin=origin, unnumbered=unnumbered), self._redactor.registry)

    def summary(self) -> int:
        """Report the counts, and return the exit status."""
        counts = self._redactor.counts
        replaced = ", ".join(f"{name} {count}" for name, count in counts.most_common()) or "nothing"
        report(f"{self._what} written; replaced: {replaced}")
        for pattern in self._redactor.unmatched:
            report(f"no key in a list matches --key {pattern}: nothing was replaced for it")
        for what, count in self._lost.items():
            if count:
                report(f"{count} {what}")
        return self._status


def _refuse(form: str, output: str | None, *, addresses: bool) -> None:
    """Raise UsageError where an option does not fit the input or output."""
    if addresses and form != "capture":
        raise click.UsageError(f"--addresses is of captures, and the input is {form}")
    if output is not None and output.lower().endswith((".gz", ".zst")):
        raise click.UsageError(f"{output}: the output is not compressed; give a name without this suffix")


def _secret(path: str | None) -> bytes:
    if path is not None:
        try:
            secret = Path(path).read_bytes().strip()
        except OSError as error:
            raise Unusable(f"{path}: {error.strerror}") from None
        if not secret:
            raise Unusable(f"{path}: empty, where a secret is expected")
        return secret
    given = os.environ.get(_VARIABLE, "")
    if given:
        return os.fsencode(given)
    report(f"pseudonyms are those of this run alone; give --secret or {_VARIABLE} to have the same ones again")
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
            raise click.BadParameter(f"{name} is an enumeration, and says nothing of a person", param_hint=option)
        numbers.add(number)
    return frozenset(numbers)
