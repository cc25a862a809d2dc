"""The options that sub-commands share, and the import of a user's registry."""

from __future__ import annotations

import contextlib
import datetime as dt
import importlib
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import click

from tlib_codec.clock import zone_of
from tlib_codec.formats import readable
from tlib_codec.formats.encodings import checked
from tlib_codec.query import Query, QueryError, Tally
from tlib_schemas.registry import Registry
from tlib_schemas.tlibrary import TLIBRARY

from .inputs import expanded
from .output import outputs
from .reports import report

REGISTRY = "tlib_codec.registry"  # key of the registry's name in a context's `meta`: another process imports the registry by it
TO_HELP = "Write this format. Default: the format of -o's suffix, else a table on a terminal and jsonl in a pipe."
F = TypeVar("F", bound=Callable[..., Any])


def load_registry(_ctx: click.Context, _parameter: click.Parameter, value: str | None) -> Registry:
    """Return the registry that ``--registry MODULE:NAME`` names; the built-in one without the option."""
    _ctx.meta[REGISTRY] = value
    return registry_of(value)


def registry_of(value: str | None) -> Registry:
    """Return the registry that `value` (MODULE:NAME) names; the built-in one for None. Raise click.BadParameter."""
    if value is None:
        return TLIBRARY
    module, _, name = value.partition(":")
    if not module or not name:
        raise click.BadParameter(f"{value!r}: expected MODULE:NAME, such as my_events:REGISTRY")
    sys.path.insert(0, os.getcwd())  # noqa: PTH109 sys.path holds strings
    try:
        registry = getattr(importlib.import_module(module), name)
    except AttributeError as error:
        raise click.BadParameter(f"{value}: {error}") from None
    except Exception as error:  # noqa: BLE001 a user's module may raise anything while it is imported
        raise click.BadParameter(f"{module}: {type(error).__name__}: {error}") from None
    finally:
        sys.path.pop(0)
    if not isinstance(registry, Registry):
        raise click.BadParameter(f"{value}: expected a tlib_schemas.registry.Registry, got {type(registry).__name__}")
    return registry


def registry_option(command: F) -> F:
    """Add ``--registry MODULE:NAME``."""
    return click.option(
        "--registry",
        metavar="MODULE:NAME",
        callback=load_registry,
        help="Use your own registry of events and attributes. This runs the code of MODULE, which may be in the current directory.",
    )(command)


def input_options(*only: str) -> Callable[[F], F]:
    """Add ``--format``, with all readable formats or those in `only`; add ``--server`` and ``--encoding`` if logs are among them."""
    names = only or tuple(readable())

    def add(command: F) -> F:
        if "log" in names:
            command = click.option(
                "--encoding",
                metavar="NAME",
                callback=_encoding,
                help="Read the text of a log in this encoding. Default: UTF-8, and Windows-1252 for a line that is not UTF-8.",
            )(command)
            command = click.option(
                "--server",
                type=click.IntRange(0, 0xFFFF_FFFF),
                metavar="N",
                help="Set the Server attribute of events from a log; logs do not print it.",
            )(command)
        return click.option(
            "--format",
            "format_name",
            type=click.Choice(("auto", *names)),
            default="auto",
            show_default=True,
            help="Read the input as this format; auto detects it from the first bytes.",
        )(command)

    return add


def _encoding(_ctx: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    try:
        return None if value is None else checked(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def capture_options(command: F) -> F:
    """Add ``--port``, ``--host`` and ``--follow``."""
    follow = click.option(
        "--follow",
        is_flag=True,
        help="Wait for more data at the end of a file, also after its rotation, as tail -F does; Ctrl-C completes the output.",
    )
    return connection_options(follow(command))


def connection_options(command: F) -> F:
    """Add ``--port`` and ``--host``."""
    command = click.option(
        "--host",
        "hosts",
        multiple=True,
        metavar="ADDRESS",
        callback=_addresses,
        help="Read only connections of a capture with this host address.",
    )(command)
    return click.option(
        "--port",
        "ports",
        multiple=True,
        type=click.IntRange(0, 65_535),
        metavar="N",
        help="Read only connections of a capture with port N. Default: connections that carry frames.",
    )(command)


def _addresses(_ctx: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    import ipaddress  # noqa: PLC0415 most runs name no address

    for value in values:
        try:
            ipaddress.ip_address(value)
        except ValueError:
            raise click.BadParameter(f"{value!r}: expected an IP address, such as 10.0.0.1") from None
    return values


def zone_option(command: F) -> F:
    """Add ``--tz``."""
    return click.option(
        "--tz",
        "zone",
        metavar="ZONE",
        callback=_zone,
        help="Show times in ZONE (Europe/Paris, +02:00), the zone also of logs that do not know theirs. "
        "Default: the log's own zone, else UTC.",
    )(command)


def _zone(_ctx: click.Context, _parameter: click.Parameter, value: str | None) -> dt.tzinfo | None:
    try:
        return None if value is None else zone_of(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def files_argument(command: F) -> F:
    """Add the argument ``[FILE]…``; without a FILE, the command reads the standard input. A folder or zip file gives the files in it."""
    return click.argument("files", nargs=-1, metavar="[FILE]…|-", callback=lambda _ctx, _parameter, files: expanded(files))(command)


def output_options(command: F) -> F:
    """Add ``--to`` and ``-o``, with all writable formats."""
    names = outputs()
    suffixes = ", ".join(one.suffixes[0] for one in names.values())
    command = click.option("-o", "--output", metavar="FILE", help=f"Write to FILE; its suffix selects the format: {suffixes}.")(command)
    return click.option("--to", type=click.Choice(list(names)), help=TO_HELP)(raw_csv_option(command))


def raw_csv_option(command: F) -> F:
    """Add ``--raw-csv``."""
    return click.option(
        "--raw-csv",
        is_flag=True,
        help="Write texts of CSV unchanged. Default: an apostrophe stands before a text that a spreadsheet takes for a formula.",
    )(command)


def where_option(things: str = "events") -> Callable[[F], F]:
    """Add ``--where``; `things` names the things that it selects."""
    return click.option(
        "--where",
        multiple=True,
        metavar="CONDITION",
        help=f"Select {things} by a condition, such as 'Cause=Transfer and not ANI ~ 55*' (docs/query.md); repeat it to require several.",
    )


def event_options(command: F) -> F:
    """Add ``--event`` and ``--where``."""
    command = where_option()(command)
    return click.option(
        "--event", "events", multiple=True, metavar="NAME", help="Select events with this name; repeat it to select several."
    )(command)


def query_options(command: F) -> F:
    """Add ``--event``, ``--where``, ``--since`` and ``--until``."""
    command = click.option("--until", metavar="TIME", help="Select events before TIME.")(command)
    command = click.option(
        "--since", metavar="TIME", help="Select events at or after TIME: ISO 8601, or a time of day; in the shown zone unless it names one."
    )(command)
    return event_options(command)


def select_option(command: F) -> F:
    """Add ``--select``."""
    return click.option(
        "--select",
        metavar="NAMES",
        help="Write these columns alone, such as time,Event,ANI,UserData.Segment; for a table, jsonl, csv, parquet and arrow.",
    )(command)


def build_query(**parts: Any) -> Query:
    """Return the query that the options describe. Raise click.BadParameter, which names the option."""
    with bad_parameter():
        return Query(**parts)


@contextlib.contextmanager
def bad_parameter() -> Iterator[None]:
    """Turn a QueryError into click.BadParameter, which names the option."""
    try:
        yield
    except QueryError as error:
        raise click.BadParameter(str(error), param_hint=f"--{error.option}") from None


def report_unmatched(tally: Tally, noun: str = "events") -> None:
    """Report that a query selected nothing, with the reason where it is known."""
    note = tally.note(noun)
    if note is not None:
        report(note)
