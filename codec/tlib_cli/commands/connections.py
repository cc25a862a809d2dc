"""``tlib connections``: list the TCP connections of captures."""

from __future__ import annotations

import click

from tlib_cli import FINE, INVALID
from tlib_cli.inputs import InputError, format_of, open_source
from tlib_cli.options import TO_HELP, connection_options, files_argument, raw_csv_option
from tlib_cli.output import format_for, opened_for, outputs
from tlib_cli.reports import Unusable, report
from tlib_cli.view.connections import ConnectionWriter, connection_writer
from tlib_cli.view.progress import Progress
from tlib_codec.formats.captures.connections import ConnectionList
from tlib_schemas.errors import CODES

_FORMATS = ("table", "jsonl", "csv")


@click.command()
@files_argument
@click.option("--to", type=click.Choice(_FORMATS), help=TO_HELP)
@click.option("-o", "--output", metavar="FILE", help="Write to FILE; its suffix selects the format: .txt, .jsonl, .csv.")
@connection_options
@raw_csv_option
def command(
    files: tuple[str, ...], to: str | None, output: str | None, ports: tuple[int, ...], hosts: tuple[str, ...], raw_csv: bool
) -> int:
    """List the TCP connections of captures: who talked to whom.

    A line shows both addresses, packets, bytes on the wire, frames, begin and length of a connection, and whether it uses
    TLS. The number is that of $source.connection, and of tcp.stream in Wireshark.

    \b
    tlib connections trunk.pcapng
    tlib connections trunk.pcapng --host 10.51.7.20
    tlib connections *.pcapng --to csv -o connections.csv
    tlib connections trunk.pcapng --to jsonl | jq 'select(.frames > 0)'
    """  # noqa: D301
    inputs = files or ("-",)
    target = format_for(output, to, {name: outputs()[name] for name in _FORMATS})
    status = FINE
    read = 0
    with opened_for(output, target, inputs) as file, Progress(output) as progress:
        write = connection_writer(target.name, file, raw_csv=raw_csv)
        for path in inputs:
            try:
                status = max(status, _list(path, ports, hosts, write, progress))
                read += 1
            except InputError as error:
                report(str(error))
                status = Unusable.exit_code
        if not read:
            raise click.exceptions.Exit(status)  # the output stays as it was
    return status


def _list(path: str, ports: tuple[int, ...], hosts: tuple[str, ...], write: ConnectionWriter, progress: Progress) -> int:
    """Write the chosen connections of one capture, report an empty choice and return the exit status."""
    status = FINE
    with open_source(path, moved=progress.moved) as source:
        progress.opened(source)
        name = format_of(source, "auto").name
        if name != "capture":
            raise InputError(f"{source.name}: expected a capture (pcap or pcapng), got {name}")
        capture = ConnectionList(source)
        for problem in capture.read():
            report(problem.complaint())
            status = INVALID
        found = list(capture.connections.values())
        chosen = [one for one in found if one.matches(ports=ports, hosts=hosts)]
        write(chosen)
        if not found:
            report(f"{source.name}: no TCP connection in {capture.packets} packets")
        elif not chosen:
            report(f"{source.name}: 0 of {len(found)} connections have the chosen port and host")
        elif not any(one.frames for one in chosen):
            report(f"{source.name}: no frames. {CODES['capture-no-frames'].advice}")
        if capture.omitted:
            report(f"{source.name}: the list has the first {len(found)} connections and omits {capture.omitted}")
    return status if chosen else max(status, INVALID)
