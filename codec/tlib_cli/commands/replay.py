"""``tlib replay``: what was recorded, told again over the network."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator

import click

from tlib_cli.inputs import entries
from tlib_cli.network import addresses
from tlib_cli.options import asked, connection_options, files_argument, input_options, query_options, registry_option
from tlib_cli.reports import report
from tlib_cli.serving import Serving, serve, serving_options
from tlib_codec.clock import Clock
from tlib_codec.formats import ReadOptions
from tlib_codec.formats.frame_writer import frame_of
from tlib_codec.records import Diagnostic, Record
from tlib_codec.stream import Gap, Missing
from tlib_schemas.errors import EncodeError
from tlib_schemas.registry import Registry
from tlib_simulator.replay import Recorded, Rewriting, of_call, rewritten

_REWRITTEN = ("ids", "numbers", "time")


@click.command()
@files_argument
@input_options()
@connection_options
@click.option("--to", callback=addresses, metavar="HOST:PORT[,…]", help="Connect there, and tell it.")
@query_options
@click.option("--call", "calls", multiple=True, metavar="CALLUUID", help="Only this call (a ConnID will do; may be repeated).")
@click.option(
    "--rewrite", multiple=True, type=click.Choice(_REWRITTEN), help="Fresh CallUUIDs and ConnIDs; other numbers of people; today's times."
)
@click.option("--secret", metavar="TEXT", help="The same text rewrites alike; else each run differently.")
@click.option("--tls", is_flag=True, help="With --to, speak TLS.")
@serving_options
@registry_option
def command(
    files: tuple[str, ...],
    format_name: str,
    server: int | None,
    ports: tuple[int, ...],
    hosts: tuple[str, ...],
    to: list[tuple[str, int]],
    events: tuple[str, ...],
    conditions: tuple[str, ...],
    since: str | None,
    until: str | None,
    calls: tuple[str, ...],
    rewrite: tuple[str, ...],
    secret: str | None,
    tls: bool,
    serving: Serving,
    registry: Registry,
) -> int:
    """Tell a recording again: frames, hex, JSONL, a log or a capture, with the times that it has.

    Broken frames are sent as they were, unless something is rewritten. An event without a time
    follows the one before it at once.

    \b
    tlib replay server.log --to desktop:3000
    tlib replay trunk.pcapng --port 3000 --listen :3000 --wait 1 --speed 10
    tlib replay day.tlb --call 01FES9JKSOFQLEKK3CSH5B5AES00JV1U --rewrite ids --listen :3000
    """  # noqa: D301
    if bool(to) == (serving.listen is not None) or serving.backup_of is not None:
        raise click.UsageError("give --to, to connect somewhere, or --listen, to be connected to")
    query = asked(events=events, conditions=conditions, since=since, until=until, registry=registry)
    options = ReadOptions(registry=registry, server=server, ports=ports, hosts=hosts)

    def recording() -> Iterator[Recorded]:
        clock = Clock(registry)
        last = 0.0
        for path in files or ("-",):
            for entry in entries(path, format_name, options):
                if isinstance(entry, Diagnostic):
                    report(entry.complaint())
                    continue
                at = clock.time(entry)
                last = last if at is None else at / 1_000_000_000
                if query(entry) and (data := _bytes(entry, registry)):
                    yield Recorded(last, entry.item, data)

    story = of_call(recording(), calls, registry) if calls else recording()
    if rewrite:
        key = secret.encode() if secret is not None else secrets.token_bytes(32)
        start = int(time.time()) if "time" in rewrite else None
        story = rewritten(story, Rewriting(secret=key, ids="ids" in rewrite, numbers="numbers" in rewrite, start=start), registry)
    return serve(serving, story, name="", registry=registry, to=to, tls=tls)


def _bytes(record: Record, registry: Registry) -> bytes:
    """Return the bytes that are sent for a record; none for a message that cannot be written, which is reported."""
    if isinstance(record.item, Missing):
        return b""
    if isinstance(record.item, Gap):
        return record.frame or record.item.data
    try:
        return frame_of(record, registry)
    except EncodeError as error:
        report(f"{record.origin.place}: not sent: {error}")
        return b""
