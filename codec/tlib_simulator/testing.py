"""A simulated T-Server for tests, in the test's event loop or in a thread.

Strategy: the server starts when a test asks for its address. It sends a story as fast as possible once the client
under test has connected, and the story is over when everything is written. In a test with an event loop that loop
runs the server, and a task closes it when the loop ends; in any other test a thread does.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import socket
import threading
from collections.abc import Coroutine, Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeAlias, TypeVar

from tlib_schemas.events import Event

from .faults import Fault, InjectedFault, Injector
from .network.server import Server, ServerSettings
from .scenario import Scenario
from .simulation import Simulation, TimedEvent
from .story import Script

__all__ = ["Playable", "TServer"]

T = TypeVar("T")
Playable: TypeAlias = Script | Scenario | str | Path | Event | Iterable[Event]

_APART = dt.timedelta(hours=1)  # between two plays, so that their calls have different ConnIDs


class TServer:
    """A T-Server that sends the events a test plays. A context manager; the pytest fixture `tserver` is one.

    `scenario` (or its path) names the sites and numbers that stories use; `faults` apply to the whole stream. A wait
    for clients raises TimeoutError after `timeout` seconds. `events` are the events sent so far, `injected` the
    faults applied so far.
    """

    def __init__(
        self,
        scenario: Scenario | str | Path | None = None,
        *,
        seed: int = 1,
        faults: Iterable[Fault] = (),
        settings: ServerSettings | None = None,
        timeout: float = 60.0,
    ) -> None:
        self.scenario: Scenario = _scenario(scenario) if scenario is not None else Scenario()
        self.seed: int = seed
        self.timeout: float = timeout
        self.events: list[Event] = []
        self.injected: list[InjectedFault] = []
        self._injector = Injector([*self.scenario.faults, *faults], seed=seed, log=self.injected.append)
        self._settings = settings
        self._server: Server | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._serving: asyncio.Task[None] | None = None
        self._address: tuple[str, int] | None = None
        self._plays = 0

    @property
    def address(self) -> tuple[str, int]:
        """Return host and port; the first access starts the server."""
        if self._address is None:
            self._address = self._start()
        return self._address

    @property
    def host(self) -> str:
        """Return the host of `address`."""
        return self.address[0]

    @property
    def port(self) -> int:
        """Return the port of `address`."""
        return self.address[1]

    def play(self, source: Playable, *, clients: int = 1, speed: float = 0.0) -> list[Event]:
        """Send a story, a scenario (or its path), or events, once `clients` clients are connected; return the events.

        `speed` 1 is real time, 0 sends without waiting. Returns when everything is written. Raises TimeoutError if
        the clients do not come. In a test with an event loop use `aplay`.
        """
        self.address  # noqa: B018 starts the server
        return self._run(self.aplay(source, clients=clients, speed=speed))

    async def aplay(self, source: Playable, *, clients: int = 1, speed: float = 0.0) -> list[Event]:
        """Play as `play` does, in the test's event loop."""
        self.address  # noqa: B018 starts the server
        server = self._open_server()
        stream = self._stream(source)
        try:
            async with asyncio.timeout(self.timeout):
                await server.clients.wait_for(clients)
        except TimeoutError:
            count = server.clients.count()
            missing = f"only {count} of {clients} clients" if count else "no client"
            raise TimeoutError(f"{missing} connected to {self.host}:{self.port} within {self.timeout:g} s") from None
        await server.play(stream, speed=speed, injector=self._injector)
        await server.drain()
        events = [timed.event for timed in stream]
        self.events += events
        return events

    def _stream(self, source: Playable) -> list[TimedEvent]:
        if isinstance(source, Event):
            source = [source]
        if isinstance(source, Scenario | str | Path):
            self._plays += 1
            return list(Simulation(_scenario(source)))
        if callable(source):
            self._plays += 1
            quiet = self.scenario.replace(rate=0.0, start=self.scenario.start + _APART * self._plays)
            simulation = Simulation(quiet, self.seed + self._plays)
            simulation.play(source)
            return list(simulation)
        return [TimedEvent(float(second), event, self.scenario.sites[0].name) for second, event in enumerate(source)]

    def reset(self) -> None:
        """Reset every connection, as a failing network does."""
        server = self._server
        if server is None:
            return
        if self._thread is None:
            server.clients.reset()
        else:
            self._run(_reset(server))

    def close(self) -> None:
        """Close the server: clients see the end of the stream. In a test with an event loop use `aclose`."""
        if self._thread is not None and self._server is not None and self._loop is not None:
            self._run(self._server.close())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(self.timeout)
            self._loop.close()
        elif self._serving is not None and self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._serving.cancel)
        self._server = self._thread = self._serving = None

    async def aclose(self) -> None:
        """Close as `close` does, in the test's event loop."""
        if self._serving is not None:
            self._serving.cancel()
            await asyncio.wait([self._serving])
        self._server = self._serving = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    # -- loop and thread -------------------------------------------------------------------------

    def _start(self) -> tuple[str, int]:
        # The socket listens at once, so a client may connect before the loop runs.
        sock = socket.create_server(("127.0.0.1", 0))
        host, port = sock.getsockname()[:2]
        self._server = Server(self._settings)
        try:
            self._loop = asyncio.get_running_loop()
        except RuntimeError:
            self._loop = asyncio.new_event_loop()
            self._thread = threading.Thread(target=self._loop.run_forever, name="tserver", daemon=True)
            self._thread.start()
            self._run(self._server.listen(sock=sock))
        else:
            self._serving = self._loop.create_task(_serve(self._server, sock))
            self._serving.add_done_callback(lambda _: sock.close())  # a task may be cancelled before it begins
        return host, port

    def _open_server(self) -> Server:
        """Return the server. Raises RuntimeError if it is closed."""
        if self._server is None:
            raise RuntimeError("the server is closed: make another TServer to play more")
        return self._server

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run `work` in the thread's loop."""
        assert self._loop is not None
        if self._thread is None:
            work.close()
            self._open_server()
            raise RuntimeError("the server runs in the test's event loop: await aplay or aclose instead of play or close")
        result = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return result.result(2 * self.timeout)
        except TimeoutError:
            if result.done():
                raise
            result.cancel()
            raise TimeoutError(f"the server was not done within {2 * self.timeout:g} s") from None


async def _serve(server: Server, sock: socket.socket) -> None:
    """Serve until the task is cancelled, by `close` or by the end of the loop."""
    await server.listen(sock=sock)
    try:
        await asyncio.Event().wait()
    finally:
        await server.close()


async def _reset(server: Server) -> None:
    server.clients.reset()


def _scenario(source: Scenario | str | Path) -> Scenario:
    return source if isinstance(source, Scenario) else Scenario.load(source)
