"""``tlib listen``: connect to a server, and decode what it tells."""

from __future__ import annotations

import asyncio
import time

import click

from tlib_cli import FINE
from tlib_cli.network import addresses, client_context, run_until_signal, shown
from tlib_cli.options import REGISTRY, event_options, output_options, registry_option
from tlib_cli.output import format_for, opened_for
from tlib_cli.pipeline import Pipeline, Task
from tlib_cli.reports import report
from tlib_codec.formats import Writer
from tlib_codec.records import Batch, Origin, Record
from tlib_schemas.registry import Registry
from tlib_simulator.client import Address, Connected, Listener, Lost, Received, Resynchronised, Silent

_FLUSH = 0.1  # seconds until what was written is to be seen
_NAMED = 5  # calls that are named in a report


@click.command()
@click.pass_context
@click.argument("servers", callback=addresses, metavar="HOST:PORT[,HOST:PORT]…")
@output_options
@event_options
@click.option("--count", type=click.IntRange(1), metavar="N", help="End after so many messages.")
@click.option("--once", is_flag=True, help="End with the first connection, instead of coming back.")
@click.option("--tls", is_flag=True, help="Speak TLS.")
@click.option("--tls-ca", metavar="FILE", help="Speak TLS, and trust this certificate (PEM).")
@registry_option
def command(
    ctx: click.Context,
    servers: list[Address],
    to: str | None,
    output: str | None,
    events: tuple[str, ...],
    conditions: tuple[str, ...],
    count: int | None,
    once: bool,
    tls: bool,
    tls_ca: str | None,
    registry: Registry,
) -> int:
    """Listen to a server that speaks frames, such as tlib simulate.

    After a loss it comes back, to the same server or to the next address, and says which calls
    were kept and which ended meanwhile. Ctrl-C ends it.

    \b
    tlib listen localhost:3000
    tlib listen primary:3000,backup:3000 -o calls.jsonl
    tlib listen localhost:3000 --event EventCallDeleted | jq -r .Cause
    """  # noqa: D301
    target = format_for(output, to)
    task = Task(target=target.name, events=events, conditions=conditions, registry=ctx.meta[REGISTRY], stream=output in {None, "-"})
    pipeline = Pipeline(task, registry)
    listener = Listener(servers, ssl=client_context(tls, tls_ca), registry=registry, once=once)
    with opened_for(output, target) as file:
        writer = pipeline.writer(file)
        hearing = _Hearing(pipeline, writer, count)
        run_until_signal(hearing.run(listener))
        writer.close()
        writer.flush()
    return hearing.status


class _Hearing:
    """Writes what is heard; `status` is what the command ends with."""

    def __init__(self, pipeline: Pipeline, writer: Writer, count: int | None) -> None:
        self.status = FINE
        self._pipeline = pipeline
        self._writer = writer
        self._left = count

    async def run(self, listener: Listener) -> int:
        """Hear until it is enough, or what reads the output is gone."""
        tasks = {asyncio.create_task(self._hear(listener)), asyncio.create_task(self._flush())}
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for task in done:
            task.result()
        return self.status

    async def _hear(self, listener: Listener) -> None:
        async for heard in listener:
            if isinstance(heard, Received):
                self._received(heard)
                if self._left == 0:
                    return
            else:
                report(_told(heard))

    def _received(self, heard: Received) -> None:
        origin = Origin(file=shown(heard.address), connection=heard.connection, offset=heard.offset, time=time.time_ns() // 1000 * 1000)
        batch = Batch([Record(heard.item, heard.data, origin)], registry=self._pipeline.registry)
        self.status = max(self.status, self._pipeline.write(batch, self._writer))
        if self._left is not None:
            self._left -= 1

    async def _flush(self) -> None:
        while True:
            await asyncio.sleep(_FLUSH)
            self._writer.flush()


def _told(heard: Connected | Lost | Resynchronised | Silent) -> str:
    """What became of the connection, in a line."""
    match heard:
        case Connected():
            return f"connected to {shown(heard.address)}"
        case Silent():
            return f"connected to {shown(heard.address)}, nothing said yet"
        case Lost(connection=0):
            return f"{shown(heard.address)}: {heard.reason}; trying again"
        case Lost():
            return f"lost {shown(heard.address)}: {heard.reason}"
    lost = ", ".join(heard.lost[:_NAMED]) + (f" and {len(heard.lost) - _NAMED} more" if len(heard.lost) > _NAMED else "")
    return f"resynchronised: {len(heard.kept)} calls kept, {len(heard.new)} new, {len(heard.lost)} ended unheard{': ' * bool(lost)}{lost}"
