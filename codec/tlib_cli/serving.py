"""A story told over the network: what ``tlib simulate --listen`` and ``tlib replay`` do.

Strategy: one `Server` does all of it, also where the connection goes the other way (`--to`). The
options are bundled into a `Serving`, so that a command passes on one thing.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, BinaryIO, TypeVar

import click
import msgspec

from tlib_schemas.registry import Registry
from tlib_simulator.faults import Fault, Injected
from tlib_simulator.injector import Injector
from tlib_simulator.server import Server, ServerSettings, Told
from tlib_simulator.standby import AnotherStory, stand_by

from . import FINE
from .network import address, client_context, run_until_signal, server_context, shown, status_line
from .output import opened
from .reports import Unusable, report

F = TypeVar("F", bound=Callable[..., Any])
_DEFAULT = ServerSettings()


class Serving(msgspec.Struct, frozen=True, kw_only=True):
    """The options of `serving_options`, by name."""

    listen: tuple[str, int] | None
    backup_of: tuple[str, int] | None
    speed: float
    wait: int
    queue: int
    tls_cert: str | None
    tls_key: str | None
    tls_ca: str | None
    fault_log: str | None


def serving_options(command: F) -> F:
    """``--listen`` and what goes with it; the command gets them as ``serving``, a `Serving`."""

    @functools.wraps(command)
    def bundled(*arguments: Any, **values: Any) -> Any:
        serving = Serving(**{name: values.pop(name) for name in Serving.__struct_fields__})
        return command(*arguments, serving=serving, **values)

    options = (
        click.option(
            "--listen",
            callback=address,
            metavar="HOST:PORT",
            help="Tell it to every client that connects there, at its own times. :PORT is for this machine alone, 0.0.0.0:PORT for all.",
        ),
        click.option(
            "--backup-of", callback=address, metavar="HOST:PORT", help="Stand by for the primary there, and take over when it is gone."
        ),
        click.option(
            "--speed", type=click.FloatRange(0), default=1.0, show_default=True, metavar="X", help="So many times as fast; 0: no waiting."
        ),
        click.option(
            "--wait", type=click.IntRange(0), default=0, show_default=True, metavar="N", help="Begin when so many clients are there."
        ),
        click.option(
            "--queue",
            type=click.IntRange(1),
            default=_DEFAULT.queue,
            show_default=True,
            metavar="BYTES",
            help="Cut a client off that has so much left to read.",
        ),
        click.option("--tls-cert", metavar="FILE", help="Speak TLS, with this certificate (PEM)."),
        click.option("--tls-key", metavar="FILE", help="Its private key, if that is in another file."),
        click.option("--tls-ca", metavar="FILE", help="With --backup-of or --to, speak TLS there, and trust this certificate (PEM)."),
        click.option("--fault-log", metavar="FILE", help="Write a line of JSON for each fault."),
    )
    return functools.reduce(lambda made, option: option(made), reversed(options), bundled)  # type: ignore[return-value]


def serve(
    serving: Serving,
    story: Iterator[Told],
    *,
    name: str,
    registry: Registry,
    faults: Sequence[Fault] = (),
    seed: int = 1,
    to: Sequence[tuple[str, int]] = (),
    tls: bool = False,
) -> int:
    """Tell `story` until it ends or a signal comes; gives the exit status. Raises Unusable.

    `name` is that of the story, which a primary and its backup have in common; `to` are servers that are connected to
    instead of being waited for.
    """
    if serving.backup_of is not None and serving.listen is None:
        raise click.UsageError("--backup-of goes with --listen")
    with contextlib.ExitStack() as stack:
        log = None if serving.fault_log is None else stack.enter_context(opened(serving.fault_log))
        told = FaultLog(log)
        injector = Injector(faults, seed=seed, registry=registry, log=told) if faults else None
        settings = ServerSettings(queue=serving.queue, wait=serving.wait)
        server = Server(settings, registry=registry, story=name, active=serving.backup_of is None)
        with status_line(_Status(serving.listen or to[0], server, told)) as say:
            server.report = say
            status = run_until_signal(_serve(serving, server, story, injector, to, client_context(tls, serving.tls_ca)))
        report(f"{server.told} events told, {server.cut_off} clients cut off{told.summary()}")
        return status


async def _serve(
    serving: Serving, server: Server, story: Iterator[Told], injector: Injector | None, to: Sequence[tuple[str, int]], ssl: Any
) -> int:
    async with server:
        try:
            if serving.listen is not None:
                where = await server.listen(*serving.listen, ssl=server_context(serving.tls_cert, serving.tls_key))
                server.report(f"listening at {shown(where)}")
            for peer in to:
                await server.connect(*peer, ssl=ssl)
        except OSError as error:
            raise Unusable(f"{shown(serving.listen or to[0])}: {error.strerror or error}") from None
        if serving.backup_of is not None:
            try:
                await stand_by(server, story, serving.backup_of, ssl=ssl, injector=injector, report=server.report)
            except AnotherStory as error:
                raise Unusable(f"{error}: start both with the same scenario and seed") from None
        playing = asyncio.create_task(server.play(story, speed=serving.speed, injector=injector))
        leaving = asyncio.create_task(server.left_alone() if to else asyncio.Event().wait())
        try:
            await asyncio.wait({playing, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if not playing.done():
                raise Unusable(f"{shown(to[0])}: closed the connection after {server.told} events")
            playing.result()
        finally:
            for task in (playing, leaving):
                task.cancel()
            await asyncio.gather(playing, leaving, return_exceptions=True)
    return FINE


class FaultLog:
    """Counts faults, and writes a line of each where there is a file."""

    def __init__(self, file: BinaryIO | None) -> None:
        self._file = file
        self.counts: Counter[str] = Counter()

    def __call__(self, injected: Injected) -> None:
        """Take a fault that was done."""
        self.counts[injected.fault] += 1
        if self._file is not None:
            self._file.write(msgspec.json.encode(injected) + b"\n")
            self._file.flush()

    def summary(self) -> str:
        """How many of each kind, to be put behind something; nothing where there were none."""
        return "".join(f", {kind} {count}" for kind, count in self.counts.most_common())


class _Status:
    """The live line: where, how many, how fast."""

    def __init__(self, where: tuple[str, int], server: Server, faults: FaultLog) -> None:
        self._address, self._server, self._faults = shown(where), server, faults
        self._at, self._told, self._rate = time.monotonic(), 0, 0.0

    def __call__(self) -> str:
        server, now = self._server, time.monotonic()
        if now - self._at >= 1:
            self._rate = (server.told - self._told) / (now - self._at)
            self._at, self._told = now, server.told
        parts = [
            self._address if server.active else f"{self._address} standing by",
            f"{len(server.clients)} client{'s' * (len(server.clients) != 1)}",
            f"{server.told:,} events",
            f"{self._rate:,.0f}/s",
            f"{len(server.live):,} live calls",
        ]
        if server.cut_off:
            parts.append(f"{server.cut_off} cut off")
        if self._faults.counts:
            parts.append(f"{self._faults.counts.total()} faults")
        return "  ".join(parts)
