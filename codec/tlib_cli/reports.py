"""Write one-line reports to the standard error."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import IO, Any

import click

from tlib_codec.records import Diagnostic, Entry
from tlib_schemas.errors import printable

from . import UNUSABLE

ADVISED = frozenset({"capture-no-frames", "capture-no-connection"})
"""The codes of an input that is of no use; a report gives their advice."""


class Unusable(click.ClickException):
    """The command cannot use an input or argument; it prints one line and exits with status 2."""

    exit_code = UNUSABLE

    def show(self, file: IO[Any] | None = None) -> None:
        """Write the line to the standard error."""
        report(self.message)


def report(text: str) -> None:
    """Write `text` to the standard error as one line."""
    try:
        sys.stderr.write(f"tlib: {printable(text)}\n")
        sys.stderr.flush()
    except BrokenPipeError:  # the reader of the reports left; the command still completes its output
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


def report_usage(error: click.UsageError) -> None:
    """Report a wrong use of a command; a group that is used without a command shows its help."""
    if error.ctx is None:
        report(error.format_message())
    elif isinstance(error, getattr(click.exceptions, "NoArgsIsHelpError", ())):  # click 8.2
        error.show()
    else:
        report(f"{error.format_message().rstrip('.')}; see {error.ctx.command_path} --help")


def report_entry(entry: Entry | str) -> None:
    """Report an entry, or the complaint about one."""
    for line in (entry,) if isinstance(entry, str) else complaints(entry):
        report(line)


def complaints(entry: Entry) -> Iterator[str]:
    """Yield the report about an entry, and the advice if the whole input is of no use."""
    yield entry.complaint()
    if isinstance(entry, Diagnostic) and entry.code in ADVISED:
        yield f"{entry.origin.file}: {entry.advice}"
