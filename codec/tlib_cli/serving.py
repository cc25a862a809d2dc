"""Send a stream over the network, for ``tlib simulate --listen`` and ``tlib replay``.

Strategy: one `Server` sends, also if it makes the connection itself (`--connect`). A `Serving` bundles the options, so
that a command has one argument for them.
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
from tlib_simulator.faults import Fault, InjectedFault, Injector
from tlib_simulator.network import OtherStream, Server, ServerSettings, TimedItem, stand_by

from . import FINE
from .network import address, client_context, run_until_signal, server_context, shown, status_line
from .output import opened
from .reports import Unusable, report
from .signals import Ending

F = TypeVar("F", bound=Callable[..., Any])
_DEFAULT = ServerSettings()


class Serving(msgspec.Struct, frozen=True, kw_only=True):
    """The values of `serving_options`."""

    listen: tuple[str, int] | None
    backup_of: tuple[str, int] | None
    speed: float
    min_clients: int
    max_backlog: int
    max_clients: int
    tls_cert: str | None
    tls_key: str | None
    tls_ca: str | None
    fault_log: str | None


def serving_options(command: F) -> F:
    """Add ``--listen`` and its companions; the command gets them as ``serving``, a `Serving`."""

    @functools.wraps(command)
    def bundled(*arguments: Any, **values: Any) -> Any:
        serving = Serving(**{name: values.pop(name) for name in Serving.__struct_fields__})
        return command(*arguments, serving=serving, **values)

    options = (
        click.option(
            "--listen",
            callback=address,
            metavar="HOST:PORT",
            help="Send each event at its time to every client that connects here. :PORT accepts this machine only, 0.0.0.0:PORT any.",
        ),
        click.option(
            "--backup-of", callback=address, metavar="HOST:PORT", help="Stand by for this primary, and take over when it is gone."
        ),
        click.option(
            "--speed",
            type=click.FloatRange(0),
            default=1.0,
            show_default=True,
            metavar="X",
            help="Send X times as fast; 0 sends without waiting.",
        ),
        click.option(
            "--min-clients", type=click.IntRange(0), default=0, show_default=True, metavar="N", help="Begin when N clients are connected."
        ),
        click.option(
            "--max-backlog",
            type=click.IntRange(1),
            default=_DEFAULT.max_backlog,
            show_default=True,
            metavar="N",
            help="Disconnect a client whose backlog exceeds N bytes.",
        ),
        click.option(
            "--max-clients",
            type=click.IntRange(1),
            default=_DEFAULT.max_clients,
            show_default=True,
            metavar="N",
            help="Serve N clients at once; others wait until one leaves.",
        ),
        click.option("--tls-cert", metavar="FILE", help="Use TLS with this certificate (PEM)."),
        click.option("--tls-key", metavar="FILE", help="Read the certificate's private key from this file."),
        click.option("--tls-ca", metavar="FILE", help="Use TLS with --backup-of or --connect, and trust this certificate (PEM)."),
        click.option("--fault-log", metavar="FILE", help="Write one line of JSON per fault."),
    )
    return functools.reduce(lambda made, option: option(made), reversed(options), bundled)  # type: ignore[return-value]


def serve(
    serving: Serving,
    stream: Iterator[TimedItem],
    *,
    name: str,
    registry: Registry,
    faults: Sequence[Fault] = (),
    seed: int = 1,
    connect: Sequence[tuple[str, int]] = (),
    tls: bool = False,
    inputs: Sequence[str | None] = (),
) -> int:
    """Send `stream` until it ends or a signal stops it; return the exit status. Raises Unusable.

    `name` names the stream, the same for a primary and its backup; `connect` are addresses to connect to instead of
    listening. `inputs` are the files that the stream comes from; the fault log is none of them.
    """
    if serving.backup_of is not None and serving.listen is None:
        raise click.UsageError("--backup-of needs --listen")
    if serving.min_clients > serving.max_clients:
        raise click.UsageError(f"--min-clients {serving.min_clients} is more than --max-clients {serving.max_clients}")
    with contextlib.ExitStack() as stack:
        read = (*inputs, serving.tls_cert, serving.tls_key, serving.tls_ca)
        log = None if serving.fault_log is None else stack.enter_context(opened(serving.fault_log, read, grows=True))
        faults_log = FaultLog(log)
        injector = Injector(faults, seed=seed, registry=registry, log=faults_log) if faults else None
        settings = ServerSettings(max_backlog=serving.max_backlog, max_clients=serving.max_clients, min_clients=serving.min_clients)
        server = Server(settings, registry=registry, stream=name, active=serving.backup_of is None)
        status, ending = FINE, Ending()
        with ending, status_line(_Status(serving.listen or connect[0], server, faults_log)) as say:
            server.clients.report = say
            status = run_until_signal(_serve(serving, server, stream, injector, connect, client_context(tls, serving.tls_ca)))
        report(f"{server.position} events sent, {server.clients.disconnected} clients disconnected{faults_log.summary()}")
        return ending.status or status


async def _serve(
    serving: Serving, server: Server, stream: Iterator[TimedItem], injector: Injector | None, connect: Sequence[tuple[str, int]], ssl: Any
) -> int:
    async with server:
        try:
            if serving.listen is not None:
                where = await server.listen(*serving.listen, ssl=server_context(serving.tls_cert, serving.tls_key))
                server.report(f"listening at {shown(where)}")
            for peer in connect:
                await server.connect(*peer, ssl=ssl)
        except OSError as error:
            raise Unusable(f"{shown(serving.listen or connect[0])}: {error.strerror or error}") from None
        if serving.backup_of is not None:
            try:
                await stand_by(server, stream, serving.backup_of, ssl=ssl, injector=injector, report=server.report)
            except OtherStream as error:
                raise Unusable(f"{error}: start both with the same scenario and seed") from None
        playing = asyncio.create_task(server.play(stream, speed=serving.speed, injector=injector))
        leaving = asyncio.create_task(server.clients.wait_until_none() if connect else asyncio.Event().wait())
        try:
            await asyncio.wait({playing, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if not playing.done():
                raise Unusable(f"{shown(connect[0])}: closed the connection after {server.position} events")
            playing.result()
        finally:
            for task in (playing, leaving):
                task.cancel()
            await asyncio.gather(playing, leaving, return_exceptions=True)
    return FINE


class FaultLog:
    """Counts faults, and writes one line per fault if there is a file."""

    def __init__(self, file: BinaryIO | None) -> None:
        self._file = file
        self.counts: Counter[str] = Counter()

    def __call__(self, injected: InjectedFault) -> None:
        """Count and write a fault."""
        self.counts[injected.fault] += 1
        if self._file is not None:
            self._file.write(msgspec.json.encode(injected) + b"\n")
            self._file.flush()

    def summary(self) -> str:
        """Return the number of each kind, with a leading comma; empty without faults."""
        return "".join(f", {kind} {count}" for kind, count in self.counts.most_common())


class _Status:
    """The live line: address, clients, events, rate."""

    def __init__(self, where: tuple[str, int], server: Server, faults: FaultLog) -> None:
        self._address, self._server, self._faults = shown(where), server, faults
        self._at, self._position, self._rate = time.monotonic(), 0, 0.0

    def __call__(self) -> str:
        server, now = self._server, time.monotonic()
        clients = len(server.clients.connections)
        if now - self._at >= 1:
            self._rate = (server.position - self._position) / (now - self._at)
            self._at, self._position = now, server.position
        parts = [
            self._address if server.active else f"{self._address} standing by",
            f"{clients} client{'s' * (clients != 1)}",
            f"{server.position:,} events",
            f"{self._rate:,.0f}/s",
            f"{len(server.live):,} live calls",
        ]
        if server.clients.disconnected:
            parts.append(f"{server.clients.disconnected} disconnected")
        if self._faults.counts:
            parts.append(f"{self._faults.counts.total()} faults")
        return "  ".join(parts)
