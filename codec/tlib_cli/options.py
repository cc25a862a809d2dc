"""What every sub-command shares: options, the user's registry, one-line reports."""

from __future__ import annotations

import difflib
import importlib
import ipaddress
import json
import os
import sys
from collections.abc import Callable
from typing import IO, Any, TypeVar

import click

from tlib_schemas.registry import Registry
from tlib_schemas.tlibrary import TLIBRARY

from . import UNUSABLE

REGISTRY = "tlib_codec.registry"  # of a context's `meta`: the registry's name, by which another process finds it
FORMS = ("frames", "hex", "jsonl", "log", "capture")
F = TypeVar("F", bound=Callable[..., Any])


class Unusable(click.ClickException):
    """Input or an argument that nothing can be done with: one line, status 2."""

    exit_code = UNUSABLE

    def show(self, file: IO[Any] | None = None) -> None:
        """Write the line to the standard error."""
        report(self.message)


def report(text: str) -> None:
    """One line on the standard error, whatever `text` holds."""
    try:
        click.echo(f"tlib: {printable(text)}", err=True)
    except BrokenPipeError:  # nobody reads them any more; what is written goes on to its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


def printable(text: str) -> str:
    """`text` on one line and without what a terminal would obey; JSON's escapes stand for it."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text)


def closest(name: str, names: Any) -> str:
    """The hint behind an unknown name, or nothing."""
    close = difflib.get_close_matches(name, names, n=1)
    return f"; did you mean {close[0]}?" if close else ""


def load_registry(_ctx: click.Context, _parameter: click.Parameter, value: str | None) -> Registry:
    """The registry that ``--registry module:NAME`` names; ours where it is not given."""
    _ctx.meta[REGISTRY] = value
    return registry_of(value)


def registry_of(value: str | None) -> Registry:
    """The registry of that name, MODULE:NAME; ours for None. Raises click.BadParameter."""
    if value is None:
        return TLIBRARY
    module, _, name = value.partition(":")
    if not module or not name:
        raise click.BadParameter(f"{value!r} is not of the form module:NAME")
    sys.path.insert(0, os.getcwd())  # noqa: PTH109 a path string is what sys.path holds
    try:
        found = getattr(importlib.import_module(module), name)
    except AttributeError as error:
        raise click.BadParameter(f"{value}: {error}") from None
    except Exception as error:  # noqa: BLE001 a user's module may raise anything while it is imported
        raise click.BadParameter(f"{module}: {type(error).__name__}: {error}") from None
    finally:
        sys.path.pop(0)
    if not isinstance(found, Registry):
        raise click.BadParameter(f"{value} is a {type(found).__name__}, not a tlib_codec.Registry")
    return found


def registry_option(command: F) -> F:
    """``--registry module:NAME``."""
    return click.option(
        "--registry",
        metavar="MODULE:NAME",
        callback=load_registry,
        help="Events and attributes of a registry of your own (looked up in the current directory too).",
    )(command)


def input_options(*forms: str) -> Callable[[F], F]:
    """``--format``, and ``--server`` where logs are read."""

    def add(command: F) -> F:
        if "log" in forms:
            command = click.option(
                "--server",
                type=click.IntRange(0, 0xFFFF_FFFF),
                metavar="N",
                help="The Server attribute of events from a log, which logs do not print.",
            )(command)
        return click.option(
            "--format",
            "form",
            type=click.Choice(("auto", *forms)),
            default="auto",
            show_default=True,
            help="What the input is; auto looks at its first bytes.",
        )(command)

    return add


def capture_options(command: F) -> F:
    """``--port``, ``--host`` and ``--follow``."""
    follow = click.option("--follow", is_flag=True, help="Wait for more at the end of a file, as tail -f does; Ctrl-C ends it.")
    return connection_options(follow(command))


def connection_options(command: F) -> F:
    """``--port`` and ``--host``."""
    command = click.option(
        "--host", "hosts", multiple=True, metavar="ADDRESS", callback=_addresses, help="Of a capture, only this host's connections."
    )(command)
    return click.option(
        "--port",
        "ports",
        multiple=True,
        type=click.IntRange(0, 65_535),
        metavar="N",
        help="Of a capture, only connections with this port; without, those that carry frames.",
    )(command)


def _addresses(_ctx: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        try:
            ipaddress.ip_address(value)
        except ValueError:
            raise click.BadParameter(f"{value!r} is no IP address") from None
    return values


def files_argument(command: F) -> F:
    """``[FILE]…``; none is the standard input."""
    return click.argument("files", nargs=-1, metavar="[FILE]…|-")(command)
