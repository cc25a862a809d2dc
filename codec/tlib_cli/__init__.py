"""The command line `tlib`: how it starts, and how it ends.

Strategy: nothing is imported before it is needed. ``tlib --version`` does without click; a
sub-command's module is loaded when the sub-command is named, and rich by the code that draws.

However a command ends, it ends in one place, quietly: a closed pipe (``tlib decode … | head``) is
no error, Ctrl-C is 130, and whatever the operating system refuses is one line. The standard output
is turned away then, so that the interpreter's own flush at exit has nothing left to complain about.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

FINE, INVALID, UNUSABLE, INTERRUPTED = 0, 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `tlib` with `arguments` (default: the process's own) and give its exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        if given == ["--version"]:
            sys.stdout.write(version() + "\n")
            status = FINE
        else:
            status = _run(given)
        sys.stdout.flush()
    except KeyboardInterrupt:
        status = INTERRUPTED
    except BrokenPipeError:
        status = FINE
    except OSError as error:
        sys.stderr.write(f"tlib: {error.filename or 'output'}: {error.strerror or error}\n")
        status = UNUSABLE
    else:
        return status
    _turn_output_away()
    return status


def version() -> str:
    """Return the version and the engine that runs."""
    from tlib_codec._version import __version__  # noqa: PLC0415
    from tlib_codec.engine import engine  # noqa: PLC0415

    return f"tlib {__version__} (engine: {engine()})"


def _run(arguments: list[str]) -> int:
    import click  # noqa: PLC0415

    from tlib_codec.formats.source import InputError  # noqa: PLC0415

    from .app import Ended, tlib  # noqa: PLC0415
    from .reports import report  # noqa: PLC0415

    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal that lacks a character
    try:
        status = tlib.main(args=arguments, prog_name="tlib", standalone_mode=False)
    except Ended as early:
        raise early.cause from None
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except InputError as error:
        report(str(error))
        return UNUSABLE
    return status if isinstance(status, int) else FINE


def _turn_output_away() -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
