"""Reports on the standard error: one line each."""

from __future__ import annotations

import json
import os
import sys
from typing import IO, Any

import click

from . import UNUSABLE


class Unusable(click.ClickException):
    """Input or an argument that the command cannot use: one line, exit status 2."""

    exit_code = UNUSABLE

    def show(self, file: IO[Any] | None = None) -> None:
        """Write the line to the standard error."""
        report(self.message)


def report(text: str) -> None:
    """Write one line to the standard error, whatever `text` holds."""
    try:
        click.echo(f"tlib: {printable(text)}", err=True)
    except BrokenPipeError:  # nobody reads the reports any more; the output goes on to its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


def printable(text: str) -> str:
    """Return `text` on one line, with JSON's escapes for everything that a terminal would obey."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text)
