"""A simulated T-Server: the same stream of events to every client, over TCP or TLS.

Strategy: an event is encoded once, events that are due together are joined once, and the same bytes
are written to all. A client that comes gets a greeting and the live calls, then the stream from
there on. asyncio's transports keep what a client has not read yet; one that lets more than
`ServerSettings.queue` bytes pile up is cut off, so memory is bounded and the others do not wait
for it. A backup takes connections and keeps silent until its primary is gone (`backup`).
"""

from __future__ import annotations

import asyncio
import socket
import ssl as tls
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Protocol, Self

import msgspec

from tlib_codec import aio
from tlib_codec.engine import encode
from tlib_codec.reference import Policy
from tlib_codec.stream import Gap, StreamItem
from tlib_schemas.limits import Limits
from tlib_schemas.registry import Item, Registry
from tlib_schemas.tlibrary import TLIBRARY

from .connection import Client, reason
from .greeting import Greeting, LinkRequest, Progress
from .injector import Injector, Pause, Step
from .live import LiveCalls

_BATCH = 1 << 16  # bytes that are written at once, where the story runs as fast as it can
_TICK = 0.005  # seconds: events so close together are written together
_TURN = 0.02  # seconds that a busy server works before it looks after its connections
_FROM_CLIENTS = Limits(frame_body=1 << 16)  # they have little to say


class Told(Protocol):
    """An event and when it happens, in seconds; a `TimedEvent` is one."""

    @property
    def time(self) -> float:
        """Seconds since anything."""

    @property
    def event(self) -> StreamItem:
        """The event; of what is none (a gap), there must be `data`, the bytes that are sent."""


class ServerSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`queue` bytes are kept for a client that does not read, then it is cut off; a story without a clock waits
    `patience` seconds for clients that are behind; `wait` is how many clients must be there before it begins.
    """

    queue: int = 4 << 20
    patience: float = 5.0
    wait: int = 0


class Server:
    """Tells a story to whoever connects: `listen`, `play`, `close`, or an ``async with`` for the last.

    `report` is told in a line of what happens to connections. `story` is a name of what is told, the
    same in a primary and its backup. `active` is False while a backup stands by.
    """

    def __init__(
        self,
        settings: ServerSettings | None = None,
        *,
        registry: Registry = TLIBRARY,
        report: Callable[[str], None] = lambda _: None,
        story: str = "",
        active: bool = True,
    ) -> None:
        self.settings = settings or ServerSettings()
        self.registry = registry
        self.story = story
        self.active = active
        self.live = LiveCalls(registry)
        self.clients: set[Client] = set()
        self.told = 0  # events of the story
        self.cut_off = 0
        self.report = report
        self._numbers = 0
        self._injector: Injector | None = None  # of the play
        self._clock: tuple[float, float] | None = None  # of the last event that another server told: the story's time and the loop's
        self._servers: list[asyncio.Server] = []
        self._changed = asyncio.Event()
        self._batch: list[bytes] = []
        self._size = 0
        self._between = asyncio.Lock()
        self._attending: set[asyncio.Task[None]] = set()

    # -- connections -----------------------------------------------------------------------------

    async def listen(
        self, host: str | None = "127.0.0.1", port: int = 0, *, ssl: tls.SSLContext | None = None, sock: socket.socket | None = None
    ) -> tuple[str, int]:
        """Take connections there, or on a socket that listens; gives the address. Raises OSError."""
        if sock is not None:
            server = await asyncio.start_server(self._attend, sock=sock, ssl=ssl)
        else:
            server = await asyncio.start_server(self._attend, host, port, ssl=ssl)
        self._servers.append(server)
        address = server.sockets[0].getsockname()
        return address[0], address[1]

    async def connect(self, host: str, port: int, *, ssl: tls.SSLContext | None = None) -> None:
        """Have one more client, to which the connection is made from here; it is not greeted. Raises OSError."""
        stream, writer = await asyncio.open_connection(host, port, ssl=ssl)
        client = self._client(writer)
        client.greeted = True
        self.clients.add(client)
        task = asyncio.create_task(self._read(client, stream))
        self._attending.add(task)
        task.add_done_callback(self._attending.discard)

    async def _attend(self, stream: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._attending.add(task)
        task.add_done_callback(self._attending.discard)
        client = self._client(writer)
        async with self._between:
            self._release()
            self.flush()  # what was told before it came is not for it
            self.clients.add(client)
            self.report(f"client {client.number} from {client.peer}")
            if self.active:
                self._greet(client)
        self._change()
        await self._read(client, stream)

    def _release(self) -> None:
        """Tell what faults hold back: a client that comes is told of it by the live calls, and must not hear of it again."""
        if self._injector is not None:
            for step in self._injector.close():
                assert isinstance(step, bytes)
                self._add(step)

    def _client(self, writer: asyncio.StreamWriter) -> Client:
        self._numbers += 1
        return Client(writer, self._numbers)

    async def _read(self, client: Client, stream: asyncio.StreamReader) -> None:
        """Read what a client says, until it is gone."""
        why = "gone"
        try:
            async for item in aio.EventReader(stream, registry=self.registry, limits=_FROM_CLIENTS):
                request = LinkRequest.of(item)
                if request is not None and not client.link:
                    self._link(client, request)
        except OSError as error:
            why = reason(error)
        finally:
            if client in self.clients:
                self.clients.discard(client)
                self.report(f"client {client.number}: {why}")
            self._change()
            await aio.EventWriter(client.writer).close()

    def _link(self, client: Client, request: LinkRequest) -> None:
        client.link = True
        client.write(Progress(self.told).message())
        self.report(f"client {client.number} is the backup" + ("" if request.story == self.story else ", of another story"))
        self._change()

    def _greet(self, client: Client) -> None:
        """What a client is told first: that it is connected, and each live call."""
        greeting = Greeting(len(self.live), self.told, self.story).message()
        calls = [encode(call, registry=self.registry, policy=Policy.LENIENT) for call in self.live]
        client.greeted = True
        client.announce(b"".join((greeting, *calls)))

    def activate(self) -> None:
        """The backup takes over: every client is greeted, and told the live calls."""
        self.active = True
        for client in self.clients:
            self._greet(client)
        self.report(f"active at event {self.told}, with {len(self.live)} live calls")

    def _cut(self, client: Client) -> None:
        self.clients.discard(client)
        self.cut_off += 1
        self.report(f"client {client.number}: cut off, {client.behind} bytes behind")
        client.writer.transport.abort()
        self._change()

    def reset(self) -> None:
        """Reset every connection but the backup's."""
        for client in [client for client in self.clients if not client.link]:
            self.clients.discard(client)
            self.report(f"client {client.number}: reset on purpose")
            client.reset()
        self._change()

    def _change(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def connected(self, count: int = 1) -> None:
        """Wait until so many clients, apart from a backup, are there."""
        while sum(not client.link for client in self.clients) < count:
            await self._changed.wait()

    async def left_alone(self) -> None:
        """Wait until no client is there."""
        while self.clients:
            await self._changed.wait()

    # -- the stream ------------------------------------------------------------------------------

    def tell(self, event: Item) -> None:
        """An event, now: `flush` writes it."""
        self.skip(event)
        self._add(encode(event, registry=self.registry, policy=Policy.LENIENT))

    def skip(self, event: StreamItem) -> None:
        """The next event of the story, which another server has told."""
        self.live.told(event)
        self.told += 1

    def _frame(self, one: Told) -> bytes:
        """Its bytes: those it brings along, as a recorded one does, or its encoding."""
        data: bytes | None = getattr(one, "data", None)
        if data is not None or isinstance(one.event, Gap):
            return data or b""
        return encode(one.event, registry=self.registry, policy=Policy.LENIENT)

    def _add(self, data: bytes) -> None:
        self._batch.append(data)
        self._size += len(data)

    def flush(self) -> None:
        """Write what was told to all: first how far we are to a backup, so that it never knows less than a client."""
        if not self._batch:
            return
        data = b"".join(self._batch)
        self._batch.clear()
        self._size = 0
        for client in self.clients:
            if client.link:
                client.write(Progress(self.told).message())
        for client in self.clients:
            if not client.link and client.greeted:
                client.write(data)
        for client in [client for client in self.clients if client.late > self.settings.queue]:
            self._cut(client)

    def skip_told(self, one: Told, injector: Injector | None) -> None:
        """The next event of a story that another server has told, with its faults."""
        self.skip(one.event)
        self._clock = one.time, asyncio.get_running_loop().time()
        if injector is not None and not isinstance(one.event, Gap):
            injector.skip(one.time, one.event, self._frame(one))

    async def play(self, story: Iterable[Told], *, speed: float = 1.0, injector: Injector | None = None) -> None:
        """Tell a story: `speed` 1 is real time, 10 ten times as fast, 0 as fast as it goes; behind a takeover at the primary's times."""
        loop = asyncio.get_running_loop()
        await self.connected(self.settings.wait)
        self._injector = injector
        turn = loop.time()
        first, begun = self._clock or (None, turn)
        self._clock = None
        for one in story:
            first = one.time if first is None else first
            if speed:
                ahead = begun + (one.time - first) / speed - loop.time()
                if ahead > _TICK:
                    self.flush()
                    await asyncio.sleep(ahead)
                    turn = loop.time()
            data = self._frame(one)
            self.skip(one.event)
            if injector is None or isinstance(one.event, Gap):
                self._add(data)
            else:
                await self._do(injector.feed(one.time, one.event, data), speed)
            if self._size > _BATCH or loop.time() - turn > _TURN:
                self.flush()
                await (asyncio.sleep(0) if speed else self._ready())
                turn = loop.time()
        if injector is not None:
            await self._do(injector.close(), speed)
        self.flush()

    async def _do(self, steps: Iterable[Step], speed: float) -> None:
        """The steps that an event has become; nobody is greeted in the middle of them."""
        async with self._between:
            for step in steps:
                if isinstance(step, bytes):
                    self._add(step)
                    continue
                self.flush()
                if isinstance(step, Pause):
                    await asyncio.sleep(step.seconds / speed if speed else 0)
                else:
                    self.reset()

    async def _ready(self) -> None:
        """Wait for clients that are behind, but not for long: for a story that has no clock to slow it down."""
        await asyncio.sleep(0)
        for client in await self._still(lambda client: client.late > self.settings.queue // 4):
            self._cut(client)

    async def _still(self, holds: Callable[[Client], bool]) -> list[Client]:
        """The clients of whom something still holds after `patience` seconds; without a wait where it holds of none."""
        end = asyncio.get_running_loop().time() + self.settings.patience
        waiting = list(self.clients)
        while waiting := [client for client in waiting if holds(client) and not client.writer.transport.is_closing()]:
            if asyncio.get_running_loop().time() > end:
                break
            await asyncio.sleep(_TICK)
        return waiting

    # -- the end ---------------------------------------------------------------------------------

    async def drain(self) -> list[Client]:
        """Wait until every client has taken what was written, but not longer than `patience`; gives those that have not."""
        self.flush()
        return await self._still(lambda client: client.behind > 0)

    async def close(self) -> None:
        """Take no more connections, write what is left, and close those there are."""
        for server in self._servers:
            server.close()
        for client in await self.drain():
            self._cut(client)
        leaving, self.clients = self.clients, set()
        for client in leaving:
            client.writer.close()
        if self._attending:
            await asyncio.wait(self._attending, timeout=self.settings.patience)
        for client in leaving:
            client.writer.transport.abort()  # those who do not answer to TLS's end
        for server in self._servers:
            await server.wait_closed()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.close()
