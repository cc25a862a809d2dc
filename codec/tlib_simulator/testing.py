"""A simulated T-Server for tests: started when its address is asked for, in the test's loop or a thread.

Strategy: nothing is timed. A story is told as fast as it goes, once the client under test has
connected, and is over when everything is written. In a test with an event loop that loop serves,
and a task of it closes the server when the loop ends; in any other test a thread does.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import socket
import threading
from collections.abc import Callable, Coroutine, Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeAlias, TypeVar

import msgspec

from tlib_schemas.events import Event

from .faults import Fault, Injected
from .injector import Injector
from .scenario import Scenario
from .server import Server, ServerSettings, Told
from .simulation import Simulation
from .story import Script

T = TypeVar("T")
Play: TypeAlias = Script | Scenario | str | Path | Event | Iterable[Event]

_LONGEST = 60.0  # seconds that a test waits for anything
_APART = dt.timedelta(hours=1)  # of one play and the next, so that their calls have other ConnIDs


class _At(msgspec.Struct, frozen=True):
    time: float
    event: Event


class TServer:
    """A T-Server that tells what a test plays. A context manager; the pytest fixture `tserver` is one.

    `scenario` (or the path of one) names the sites and numbers that stories use; `faults` are done to
    all that is told. `told` are the events so far, `injected` the faults. Raises TimeoutError where
    no client comes within a minute.
    """

    def __init__(
        self,
        scenario: Scenario | str | Path | None = None,
        *,
        seed: int = 1,
        faults: Iterable[Fault] = (),
        settings: ServerSettings | None = None,
    ) -> None:
        self.scenario = _scenario(scenario) if scenario is not None else Scenario()
        self.seed = seed
        self.told: list[Event] = []
        self.injected: list[Injected] = []
        self._injector = Injector([*self.scenario.faults, *faults], seed=seed, log=self.injected.append)
        self._settings = settings
        self._server: Server | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._ending: asyncio.Task[None] | None = None
        self._address: tuple[str, int] | None = None
        self._plays = 0

    # -- where -----------------------------------------------------------------------------------

    @property
    def address(self) -> tuple[str, int]:
        """Host and port; the first look at it starts the server."""
        if self._address is None:
            self._start()
        assert self._address is not None
        return self._address

    @property
    def host(self) -> str:
        """The host of `address`."""
        return self.address[0]

    @property
    def port(self) -> int:
        """The port of `address`."""
        return self.address[1]

    def _start(self) -> None:
        # The socket listens at once, so a client may connect before the loop has had its turn.
        sock = socket.create_server(("127.0.0.1", 0))
        self._address = sock.getsockname()[:2]
        self._server = Server(self._settings)
        try:
            self._loop = asyncio.get_running_loop()
        except RuntimeError:
            self._loop = asyncio.new_event_loop()
            self._thread = threading.Thread(target=self._loop.run_forever, name="tserver", daemon=True)
            self._thread.start()
            self._call(self._listen(sock))
        else:
            self._ending = self._loop.create_task(self._serve(sock))
            self._ending.add_done_callback(lambda _: sock.close())  # it may have been cancelled before it began

    async def _listen(self, sock: socket.socket) -> None:
        assert self._server is not None
        await self._server.listen(sock=sock)

    async def _serve(self, sock: socket.socket) -> None:
        """In the test's loop: serve until that ends, which cancels this."""
        server = self._server  # `close` forgets it before this has ended
        assert server is not None
        await self._listen(sock)
        try:
            await asyncio.Event().wait()
        finally:
            await server.close()

    def _open(self) -> Server:
        """The server. Raises RuntimeError where it was closed."""
        if self._server is None:
            raise RuntimeError("the server is closed: nothing more can be played; make another TServer")
        return self._server

    def _call(self, work: Coroutine[Any, Any, T]) -> T:
        """Run `work` in the thread's loop."""
        assert self._loop is not None
        if self._thread is None:
            work.close()
            self._open()
            raise RuntimeError("the server runs in the test's event loop: await the method of the same name with an a before it")
        result = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return result.result(2 * _LONGEST)
        except TimeoutError:
            if result.done():
                raise
            result.cancel()
            raise TimeoutError(f"the server at {self.host}:{self.port} was not done within {2 * _LONGEST:g} s") from None

    # -- what ------------------------------------------------------------------------------------

    def play(self, what: Play, *, clients: int = 1, speed: float = 0.0) -> list[Event]:
        """Tell a story, a scenario (or the path of one), or events, when so many clients are there; gives what was told.

        `speed` 1 is real time, 0 as fast as it goes. Returns when all is written. In a test with an
        event loop: `aplay`.
        """
        if self._address is None:
            self._start()
        return self._call(self.aplay(what, clients=clients, speed=speed))

    async def aplay(self, what: Play, *, clients: int = 1, speed: float = 0.0) -> list[Event]:
        """The same, to be awaited."""
        if self._address is None:
            self._start()
        server = self._open()
        story = self._story(what)
        try:
            async with asyncio.timeout(_LONGEST):
                await server.connected(clients)
        except TimeoutError:
            there = sum(not client.link for client in server.clients)
            found = f"only {there} of {clients} clients" if there else "no client"
            raise TimeoutError(f"{found} connected to {self.host}:{self.port} within {_LONGEST:g} s") from None
        await server.play(story, speed=speed, injector=self._injector)
        await server.drain()
        events = [one.event for one in story]
        self.told += events  # type: ignore[arg-type]
        return events  # type: ignore[return-value]

    def _story(self, what: Play) -> list[Told]:
        if isinstance(what, Event):
            what = [what]
        if not isinstance(what, Scenario | str | Path) and not callable(what):
            return [_At(float(second), event) for second, event in enumerate(what)]
        self._plays += 1
        if callable(what):
            scene = self.scenario.with_(rate=0.0, start=self.scenario.start + _APART * self._plays)
            simulation = Simulation(scene, self.seed + self._plays)
            simulation.play(what)
            return list(simulation)
        return list(Simulation(_scenario(what)))

    # -- trouble ---------------------------------------------------------------------------------

    def reset(self) -> None:
        """Reset every connection, as a network does that fails."""
        server = self._server
        if server is None:
            return
        if self._thread is None:
            server.reset()
        else:
            self._call(_awaited(server.reset))

    # -- the end ---------------------------------------------------------------------------------

    def close(self) -> None:
        """End: clients see the end of the stream. In a test with an event loop: `aclose`."""
        if self._thread is not None and self._server is not None and self._loop is not None:
            self._call(self._server.close())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(_LONGEST)
            self._loop.close()
        elif self._ending is not None and self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._ending.cancel)
        self._server = self._thread = self._ending = None

    async def aclose(self) -> None:
        """The same, to be awaited."""
        if self._ending is not None:
            self._ending.cancel()
            await asyncio.wait([self._ending])
        self._server = self._ending = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


async def _awaited(do: Callable[[], None]) -> None:
    do()


def _scenario(what: Scenario | str | Path) -> Scenario:
    return what if isinstance(what, Scenario) else Scenario.load(what)
