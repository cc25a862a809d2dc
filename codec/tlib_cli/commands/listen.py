"""``tlib listen``: connect to a server, and decode its stream."""

from __future__ import annotations

import asyncio
import time

import click

from tlib_cli import FINE
from tlib_cli.network import addresses, client_context, run_until_signal, shown
from tlib_cli.options import REGISTRY, event_options, output_options, registry_option, select_option
from tlib_cli.output import completed, format_for, opened_for
from tlib_cli.pipeline import Pipeline, Task
from tlib_cli.reports import report
from tlib_codec.formats import Writer
from tlib_codec.records import Batch, Origin, Record
from tlib_schemas.registry import Registry
from tlib_simulator.network import Address, Connected, Disconnected, Evicted, Listener, Received, Resynchronised, Silent

_FLUSH = 0.1  # seconds between flushes of the output
_NAMED = 5  # calls that a report names


@click.command()
@click.pass_context
@click.argument("servers", callback=addresses, metavar="HOST:PORT[,HOST:PORT]…")
@output_options
@event_options
@select_option
@click.option("--count", type=click.IntRange(1), metavar="N", help="Stop after N messages.")
@click.option("--once", is_flag=True, help="Stop after the first connection instead of reconnecting.")
@click.option("--tls", is_flag=True, help="Use TLS.")
@click.option("--tls-ca", metavar="FILE", help="Use TLS, and trust this certificate (PEM).")
@registry_option
def command(
    ctx: click.Context,
    servers: list[Address],
    to: str | None,
    output: str | None,
    raw_csv: bool,
    events: tuple[str, ...],
    where: tuple[str, ...],
    select: str | None,
    count: int | None,
    once: bool,
    tls: bool,
    tls_ca: str | None,
    registry: Registry,
) -> int:
    """Listen to a server that sends frames, such as tlib simulate.

    After a loss it reconnects, to the same server or to the next address, and reports the calls that continue and
    those that ended meanwhile. Ctrl-C stops it and completes the output; JSONL, a log and a table can be read before.

    \b
    tlib listen localhost:3000
    tlib listen primary:3000,backup:3000 -o calls.jsonl
    tlib listen localhost:3000 --event EventCallDeleted | jq -r .Cause
    """  # noqa: D301
    target = format_for(output, to)
    task = Task(
        target=target.name,
        events=events,
        where=where,
        select=select,
        registry=ctx.meta[REGISTRY],
        stream=output in {None, "-"},
        raw_csv=raw_csv,
    )
    pipeline = Pipeline(task, registry)
    listener = Listener(servers, ssl=client_context(tls, tls_ca), registry=registry, once=once)
    with opened_for(output, target, (tls_ca,), endless=True) as file, completed(pipeline.writer(file), file, endless=True) as made:
        receiver = _Output(pipeline, made.writer, count)
        run_until_signal(receiver.run(listener))
    pipeline.report_unmatched()
    return made.status or receiver.status


class _Output:
    """Writes the items that a listener receives, and reports its other notices; `status` is the exit status."""

    def __init__(self, pipeline: Pipeline, writer: Writer, count: int | None) -> None:
        self.status = FINE
        self._pipeline = pipeline
        self._writer = writer
        self._left = count

    async def run(self, listener: Listener) -> int:
        """Listen until the count is reached or the reader of the output is gone."""
        tasks = {asyncio.create_task(self._listen(listener)), asyncio.create_task(self._flush())}
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for task in done:
            task.result()
        return self.status

    async def _listen(self, listener: Listener) -> None:
        async for notice in listener:
            if isinstance(notice, Received):
                self._write(notice)
                if self._left == 0:
                    return
            else:
                report(_line(notice))

    def _write(self, received: Received) -> None:
        origin = Origin(
            file=shown(received.address), connection=received.connection, offset=received.offset, time=time.time_ns() // 1000 * 1000
        )
        batch = Batch([Record(received.item, received.data, origin)], registry=self._pipeline.registry)
        self.status = max(self.status, self._pipeline.write(batch, self._writer))
        if self._left is not None:
            self._left -= 1

    async def _flush(self) -> None:
        while True:
            await asyncio.sleep(_FLUSH)
            self._writer.flush()


def _line(notice: Connected | Disconnected | Resynchronised | Silent | Evicted) -> str:
    """Return a notice about the connection as one line."""
    match notice:
        case Connected():
            return f"connected to {shown(notice.address)}"
        case Silent():
            return f"connected to {shown(notice.address)}, which has sent nothing yet"
        case Evicted():
            return f"more live calls than the limit ({notice.limit}): the oldest are forgotten"
        case Disconnected(connection=0):
            return f"{shown(notice.address)}: {notice.reason}; trying again"
        case Disconnected():
            return f"lost {shown(notice.address)}: {notice.reason}"
    lost = ", ".join(notice.lost[:_NAMED]) + (f" and {len(notice.lost) - _NAMED} more" if len(notice.lost) > _NAMED else "")
    counts = f"{len(notice.kept)} calls kept, {len(notice.new)} new, {len(notice.lost)} ended unnoticed"
    return f"resynchronised: {counts}{': ' * bool(lost)}{lost}"
