"""The options that sub-commands share, and the user's registry."""

from __future__ import annotations

import importlib
import ipaddress
import os
import sys
from collections.abc import Callable
from typing import Any, TypeVar

import click

from tlib_codec.formats import readable
from tlib_codec.query import Query, QueryError
from tlib_schemas.registry import Registry
from tlib_schemas.tlibrary import TLIBRARY

from .output import outputs

REGISTRY = "tlib_codec.registry"  # of a context's `meta`: the registry's name, by which another process finds it
TO_HELP = "Write this format; without it, that of -o's suffix, else a table on a terminal and jsonl in a pipe."
F = TypeVar("F", bound=Callable[..., Any])


def load_registry(_ctx: click.Context, _parameter: click.Parameter, value: str | None) -> Registry:
    """Return the registry that ``--registry module:NAME`` names; ours where it is not given."""
    _ctx.meta[REGISTRY] = value
    return registry_of(value)


def registry_of(value: str | None) -> Registry:
    """Return the registry of that name, MODULE:NAME; ours for None. Raises click.BadParameter."""
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


def input_options(*only: str) -> Callable[[F], F]:
    """``--format``, of all formats that can be read or those of `only`; and ``--server`` where logs are read."""
    names = only or tuple(readable())

    def add(command: F) -> F:
        if "log" in names:
            command = click.option(
                "--server",
                type=click.IntRange(0, 0xFFFF_FFFF),
                metavar="N",
                help="Set the Server attribute of events from a log, which does not print it.",
            )(command)
        return click.option(
            "--format",
            "format_name",
            type=click.Choice(("auto", *names)),
            default="auto",
            show_default=True,
            help="Read the input as this format; auto looks at its first bytes.",
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


def output_options(command: F) -> F:
    """Add ``--to`` and ``-o``, of all formats that can be written."""
    names = outputs()
    suffixes = ", ".join(one.suffixes[0] for one in names.values())
    command = click.option("-o", "--output", metavar="FILE", help=f"Write to FILE: {suffixes}.")(command)
    return click.option(
        "--to",
        type=click.Choice(list(names)),
        help=TO_HELP,
    )(command)


def event_options(command: F) -> F:
    """Add ``--event`` and ``--where``."""
    command = click.option(
        "--where", "conditions", multiple=True, metavar="NAME=VALUE", help="Select events whose attribute is VALUE (all conditions hold)."
    )(command)
    return click.option("--event", "events", multiple=True, metavar="NAME", help="Select these events (may be repeated).")(command)


def query_options(command: F) -> F:
    """Add ``--event``, ``--where``, ``--since`` and ``--until``."""
    command = click.option("--until", metavar="TIME", help="Select events before TIME.")(command)
    command = click.option("--since", metavar="TIME", help="Select events at or after TIME (ISO 8601, UTC where it has no zone).")(command)
    return event_options(command)


def asked(**parts: Any) -> Query:
    """Return the query that these options ask. Raises click.BadParameter, which names the option."""
    try:
        return Query(**parts)
    except QueryError as error:
        raise click.BadParameter(str(error), param_hint=f"--{error.option}") from None
