"""The command line `tlib`: its start and its exit status.

Strategy: import a module when it is needed. ``tlib --version`` runs without click; naming a sub-command imports its
module; drawing imports rich. The objects of the imports stay, so a process that runs `tlib` alone hardly searches them for garbage:
neither while it imports, nor at its exit. A search of them all takes as long as a twentieth of a start.

`main` handles every early end: a closed pipe (``tlib decode … | head``) is no error, a signal gives status 128 plus its number (Ctrl-C
130), and an error of the operating system prints one line. `main` then redirects the standard output to the null device, so that the
interpreter's flush at exit cannot fail.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence

from .signals import SIGNALS

_OBJECTS = 50_000  # new ones after which Python looks for cycles; a start makes nearly as many
FINE, INVALID, UNUSABLE, INTERRUPTED = 0, 1, 2, 130
_LARGEST_FREED = 4 << 20  # bytes


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `tlib` with `arguments` (default: those of the process, which `tlib` has for itself) and return its exit status."""
    if arguments is not None:
        return _status_of(list(arguments))
    gc.set_threshold(_OBJECTS)
    status = _status_of(sys.argv[1:])
    gc.freeze()
    return status


def _status_of(words: list[str]) -> int:
    try:
        with SIGNALS.handled():
            if words == ["--version"]:
                sys.stdout.write(version() + "\n")
                status = FINE
            else:
                status = _run(words)
            sys.stdout.flush()
    except KeyboardInterrupt:
        status = INTERRUPTED
    except SystemExit as end:  # SIGTERM, SIGHUP
        status = end.code if isinstance(end.code, int) else UNUSABLE
    except BrokenPipeError:
        status = FINE
    except OSError as error:
        from tlib_schemas.errors import printable  # noqa: PLC0415

        place = printable(str(error.filename or "output"))
        sys.stderr.write(f"tlib: {place}: {printable(str(error.strerror or error))}\n")
        status = UNUSABLE
    else:
        return status
    _discard_output()
    return status


def version() -> str:
    """Return the version and the name of the engine."""
    from tlib_codec._version import __version__  # noqa: PLC0415
    from tlib_codec.engine import engine  # noqa: PLC0415

    return f"tlib {__version__} (engine: {engine()})"


def _keep_memory() -> None:
    """Make the allocator keep the memory of freed blocks.

    glibc gives a large freed block back to the system at once and pages it in again for the next one, which takes up to a third of a run.
    It keeps twice the size of the largest block that was freed.
    """
    bytes(_LARGEST_FREED)


def _run(arguments: list[str]) -> int:
    _keep_memory()
    import click  # noqa: PLC0415

    from tlib_codec.formats.source import InputError  # noqa: PLC0415

    from .app import Ended, tlib  # noqa: PLC0415
    from .reports import report, report_usage  # noqa: PLC0415

    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")  # the terminal's encoding may lack a character
    try:
        status = tlib.main(args=arguments, prog_name="tlib", standalone_mode=False)
    except Ended as early:
        raise early.cause from None
    except click.ClickException as error:
        report_usage(error) if isinstance(error, click.UsageError) else error.show()
        return error.exit_code
    except InputError as error:
        report(str(error))
        return UNUSABLE
    return status if isinstance(status, int) else FINE


def _discard_output() -> None:
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)
