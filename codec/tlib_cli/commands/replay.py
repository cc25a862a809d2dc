"""``tlib replay``: send a recording over the network."""

from __future__ import annotations

import datetime as dt
import secrets
import time
from collections.abc import Iterator

import click

from tlib_cli.inputs import entries
from tlib_cli.network import addresses
from tlib_cli.options import (
    build_query,
    connection_options,
    files_argument,
    input_options,
    query_options,
    registry_option,
    report_unmatched,
    zone_option,
)
from tlib_cli.reports import complaints, report
from tlib_cli.serving import Serving, serve, serving_options
from tlib_codec.clock import ShownZone
from tlib_codec.formats import ReadOptions
from tlib_codec.formats.frame_writer import frame_of
from tlib_codec.records import Diagnostic, Record
from tlib_codec.stream import Gap, Missing
from tlib_schemas.errors import EncodeError
from tlib_schemas.registry import Registry
from tlib_simulator.replay import RecordedItem, Rewriting, rewrite, select_calls

_REWRITES = ("ids", "numbers", "time")


@click.command()
@files_argument
@input_options()
@connection_options
@click.option("--connect", callback=addresses, metavar="HOST:PORT[,…]", help="Connect to these clients and send the recording.")
@query_options
@zone_option
@click.option("--call", "calls", multiple=True, metavar="CALLUUID", help="Send only this call, by CallUUID or ConnID (may be repeated).")
@click.option(
    "--rewrite",
    "rewrites",
    multiple=True,
    type=click.Choice(_REWRITES),
    help="Replace CallUUIDs and ConnIDs, numbers of people, or times by new ones (may be repeated).",
)
@click.option("--secret", metavar="TEXT", help="Derive the new identifiers from TEXT; without it each run differs.")
@click.option("--tls", is_flag=True, help="Use TLS with --connect.")
@serving_options
@registry_option
def command(
    files: tuple[str, ...],
    format_name: str,
    server: int | None,
    encoding: str | None,
    ports: tuple[int, ...],
    hosts: tuple[str, ...],
    connect: list[tuple[str, int]],
    events: tuple[str, ...],
    where: tuple[str, ...],
    since: str | None,
    until: str | None,
    zone: dt.tzinfo | None,
    calls: tuple[str, ...],
    rewrites: tuple[str, ...],
    secret: str | None,
    tls: bool,
    serving: Serving,
    registry: Registry,
) -> int:
    """Send a recording at its own times: frames, hex, JSONL, a log or a capture.

    Malformed frames are sent unchanged, but not with --rewrite. An event without a time follows the one before it
    immediately.

    \b
    tlib replay server.log --connect desktop:3000
    tlib replay trunk.pcapng --port 3000 --listen :3000 --min-clients 1 --speed 10
    tlib replay day.tlb --call 01FES9JKSOFQLEKK3CSH5B5AES00JV1U --rewrite ids --listen :3000
    """  # noqa: D301
    if bool(connect) == (serving.listen is not None) or serving.backup_of is not None:
        raise click.UsageError("give --connect or --listen, one of them")
    query = build_query(events=events, where=where, since=since, until=until, registry=registry, zone=ShownZone(zone))
    options = ReadOptions(registry=registry, server=server, encoding=encoding, ports=ports, hosts=hosts, zone=zone)

    def recording() -> Iterator[RecordedItem]:
        last = 0.0
        for path in files or ("-",):
            for entry in entries(path, format_name, options):
                if isinstance(entry, Diagnostic):
                    for line in complaints(entry):
                        report(line)
                    continue
                at = entry.origin.time if entry.origin.time is not None else entry.origin.local_time
                last = last if at is None else at / 1_000_000_000
                if query(entry) and (data := _bytes(entry, registry)):
                    yield RecordedItem(last, entry.item, data)

    stream = select_calls(recording(), calls, registry) if calls else recording()
    if rewrites:
        key = secret.encode() if secret is not None else secrets.token_bytes(32)
        start = int(time.time()) if "time" in rewrites else None
        stream = rewrite(stream, Rewriting(secret=key, ids="ids" in rewrites, numbers="numbers" in rewrites, start=start), registry)
    status = serve(serving, stream, name="", registry=registry, connect=connect, tls=tls, inputs=files or ("-",))
    if query:
        report_unmatched(query.tally)
    return status


def _bytes(record: Record, registry: Registry) -> bytes:
    """Return the bytes to send for a record; none, and a report, for a message that cannot be encoded."""
    if isinstance(record.item, Missing):
        return b""
    if isinstance(record.item, Gap):
        return record.frame or record.item.data
    try:
        return frame_of(record, registry)
    except EncodeError as error:
        report(f"{record.origin.place}: not sent: {error}")
        return b""
