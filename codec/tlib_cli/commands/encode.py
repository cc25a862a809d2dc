"""``tlib encode``: convert JSONL to frames."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator

import click

from tlib_cli import FINE, INVALID
from tlib_cli.inputs import InputError, batches
from tlib_cli.options import files_argument, registry_option
from tlib_cli.output import opened
from tlib_cli.reports import Unusable, report
from tlib_cli.view.progress import Progress
from tlib_codec.engine import encode
from tlib_codec.formats import ReadOptions
from tlib_codec.formats.verdicts import NOT_VALID, UNSURE, stretches, verdicts
from tlib_codec.records import Batch, Diagnostic, Entry, Frames, Part
from tlib_codec.reference import Policy
from tlib_codec.stream import Gap
from tlib_schemas.errors import EncodeError, SchemaViolation, Severity
from tlib_schemas.registry import Registry


@click.command()
@files_argument
@click.option("-o", "--output", metavar="FILE", help="Write the frames to FILE. Default: the standard output.")
@click.option("--lenient", is_flag=True, help="Write invalid events too, and malformed frames and gaps byte for byte.")
@registry_option
def command(files: tuple[str, ...], output: str | None, lenient: bool, registry: Registry) -> int:
    """Encode events from JSONL, one JSON object per line, as frames.

    Report an invalid line with its number and the place in it, and write the others.

    \b
    tlib encode events.jsonl -o frames.tlb
    tlib decode server.log | jq -c 'select(.CallType == "Inbound")' | tlib encode -o inbound.tlb
    """  # noqa: D301
    inputs = files or ("-",)
    status = FINE
    with contextlib.ExitStack() as stack:
        file = stack.enter_context(opened(output, inputs, binary=True))
        progress = stack.enter_context(Progress(output))
        read = 0

        def moved(count: int) -> None:
            file.flush()
            progress.moved(count)

        for path in inputs:
            try:
                for batch in batches(path, "jsonl", ReadOptions(registry=registry), moved=moved, opened=progress.opened):
                    read += 1
                    for data, messages in _frames(batch, lenient=lenient):
                        file.write(data)
                        for message in messages:
                            status = max(status, INVALID)
                            report(message)
            except InputError as error:
                report(str(error))
                status = Unusable.exit_code
        if status == Unusable.exit_code and not read:
            raise click.exceptions.Exit(status)  # nothing was read: the output stays as it was
    return status


# An event that is valid as read and not as a frame lacks what the receiving client sets.
_NOT_PRINTED = "; no log prints it: decode the log with --server N"


def _frames(batch: Batch, *, lenient: bool) -> Iterator[tuple[bytes | memoryview, list[str]]]:
    """Yield the bytes to write, and the errors that prevent them: runs of frames as they stand, the other entries one by one."""
    for part in batch.parts:
        judged = verdicts(part, batch, printed=False) if isinstance(part, Frames) else None
        pieces: Iterable[memoryview | Part] = (part,)
        if judged is not None:
            assert isinstance(part, Frames)
            pieces = stretches(part, judged, odd=UNSURE if lenient else NOT_VALID)
        for piece in pieces:
            if isinstance(piece, memoryview):
                yield piece, []
                continue
            for entry in Batch([piece], registry=batch.registry, limits=batch.limits):
                yield _frame(entry, batch.registry, lenient=lenient)


def _frame(entry: Entry, registry: Registry, *, lenient: bool) -> tuple[bytes, list[str]]:
    """Return the bytes to write, and the errors that prevent them."""
    if isinstance(entry, Diagnostic):
        return b"", [entry.complaint()]
    item = entry.item
    if isinstance(item, Gap):
        return (item.data, []) if lenient else (b"", [entry.complaint()])
    try:
        return encode(item, registry=registry, policy=Policy.LENIENT if lenient else Policy.STRICT), []
    except SchemaViolation as error:
        hint = _NOT_PRINTED if entry.valid else ""
        return b"", [f"{entry.origin.place}: {violation}{hint}" for violation in error.violations if violation.severity is Severity.ERROR]
    except EncodeError as error:
        return b"", [f"{entry.origin.place}: {error}"]
