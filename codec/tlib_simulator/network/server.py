"""A simulated T-Server: the same stream of events to every client, over TCP or TLS.

Strategy: the server encodes an event once, joins events that are due together, and writes the same bytes to all
clients. A new client gets the handshake and the live calls, then the stream from there on. asyncio's transports keep
each client's backlog, which `ServerSettings` bounds, one by one and all together. A backup accepts connections and sends nothing until
its primary is gone (`backup`).
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
from tlib_simulator.faults.injector import Action, Injector, Pause

from .accepting import Acceptor, listening
from .clients import Clients
from .connection import Connection, reason
from .handshake import Handshake, LinkRequest, Progress
from .live_calls import LiveCalls

_BATCH = 1 << 16  # bytes that are written at once when the stream runs without a clock
_TICK = 0.005  # seconds: events closer together than that are written together
_TURN = 0.02  # seconds that a busy server works before it serves its connections
_CLIENT_LIMITS = Limits(frame_body=1 << 16)  # clients send small frames only


class TimedItem(Protocol):
    """An item of the stream and its time; a `TimedEvent` is one. An attribute `frame` holds its bytes, if they differ from its encoding."""

    @property
    def time(self) -> float:
        """Return the time in seconds, from any origin."""

    @property
    def event(self) -> StreamItem:
        """Return the item. A gap needs an attribute `frame`: the bytes to send."""


class ServerSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The limits of a server.

    A client with a backlog above `max_backlog` bytes is disconnected, and so are those with the largest ones while all backlogs exceed
    `max_backlogs` bytes together; a stream without a clock waits `patience` seconds for clients with a backlog; it begins when
    `min_clients` are connected. At most `max_clients` are connected at once, others wait.
    """

    max_backlog: int = 4 << 20
    max_backlogs: int = 32 << 20
    max_clients: int = 1000
    patience: float = 5.0
    min_clients: int = 0


class Server:
    """Sends a stream to every client that connects: `listen`, `play`, `close`, or an ``async with`` block for the last.

    `report` gets a line for each change of a connection. `stream` names the stream, the same in a primary and its
    backup. `active` is False while a backup stands by. `position` counts the events sent.
    """

    def __init__(
        self,
        settings: ServerSettings | None = None,
        *,
        registry: Registry = TLIBRARY,
        report: Callable[[str], None] = lambda _: None,
        stream: str = "",
        active: bool = True,
    ) -> None:
        self.settings: ServerSettings = settings or ServerSettings()
        self.registry: Registry = registry
        self.stream: str = stream
        self.active: bool = active
        self.live: LiveCalls = LiveCalls(registry)
        self.clients: Clients = Clients(self.settings.max_backlog, self.settings.max_backlogs, report)
        self.position: int = 0
        self._numbers = 0
        self._injector: Injector | None = None  # of the current play
        self._clock: tuple[float, float] | None = None  # of the last event that another server sent: its time and the loop's
        self._acceptor = Acceptor(self.settings.max_clients, self._accept, self.report)
        self._whole_frames = asyncio.Lock()  # a client joins between two frames
        self._tasks: set[asyncio.Task[None]] = set()

    def report(self, line: str) -> None:
        """Report a line."""
        self.clients.report(line)

    # -- connections -----------------------------------------------------------------------------

    async def listen(
        self, host: str | None = "127.0.0.1", port: int = 0, *, ssl: tls.SSLContext | None = None, sock: socket.socket | None = None
    ) -> tuple[str, int]:
        """Accept connections at an address, or on a listening socket; return the address. Raises OSError."""
        sockets = [sock] if sock is not None else await listening(host, port)
        address = sockets[0].getsockname()
        for one in sockets:
            self._acceptor.accept(one, ssl)
        return address[0], address[1]

    async def connect(self, host: str, port: int, *, ssl: tls.SSLContext | None = None) -> None:
        """Connect to a client, which gets the stream without a handshake. Raises OSError."""
        reader, writer = await asyncio.open_connection(host, port, ssl=ssl)
        connection = self._connection(writer)
        connection.streaming = True
        self.clients.add(connection)
        task = asyncio.create_task(self._read(connection, reader))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = self._connection(writer)
        async with self._whole_frames:
            self._release_held()
            self.flush()  # earlier events are not for the new client
            self.clients.add(connection)
            self.report(f"client {connection.number} from {connection.peer}")
            if self.active:
                self._begin_stream(connection)
        self.clients.changed()
        await self._read(connection, reader)

    def _release_held(self) -> None:
        """Send the events that faults hold back: a new client learns of them by the live calls, and must not get them again."""
        if self._injector is not None:
            for action in self._injector.close():
                assert isinstance(action, bytes)
                self.clients.put(action)

    def _connection(self, writer: asyncio.StreamWriter) -> Connection:
        self._numbers += 1
        return Connection(writer, self._numbers)

    async def _read(self, connection: Connection, reader: asyncio.StreamReader) -> None:
        """Read a client's requests until it closes the connection."""
        why = "closed"
        try:
            async for item in aio.EventReader(reader, registry=self.registry, limits=_CLIENT_LIMITS):
                request = LinkRequest.of(item)
                if request is not None and not connection.is_backup:
                    self._link(connection, request)
        except OSError as error:
            why = reason(error)
        finally:
            self.clients.remove(connection, why)
            await aio.EventWriter(connection.writer).close()

    def _link(self, connection: Connection, request: LinkRequest) -> None:
        connection.is_backup = True
        connection.write(Progress(self.position).frame())
        self.report(f"client {connection.number} is the backup" + ("" if request.stream == self.stream else ", of another stream"))
        self.clients.changed()

    def _begin_stream(self, connection: Connection) -> None:
        """Send the handshake and each live call."""
        handshake = Handshake(len(self.live), self.position, self.stream).frame()
        calls = [encode(call, registry=self.registry, policy=Policy.LENIENT) for call in self.live]
        connection.streaming = True
        connection.announce(b"".join((handshake, *calls)))
        self.clients.relieve()

    def activate(self) -> None:
        """Take over from the primary: every client gets the handshake and the live calls."""
        self.active = True
        for connection in list(self.clients.connections):
            self._begin_stream(connection)
        self.report(f"active at event {self.position}, with {len(self.live)} live calls")

    # -- the stream ------------------------------------------------------------------------------

    def send(self, event: Item) -> None:
        """Send an event outside a play; `flush` writes it."""
        frame = encode(event, registry=self.registry, policy=Policy.LENIENT)
        self._advance(event, len(frame))
        self.clients.put(frame)

    def flush(self) -> None:
        """Write the events sent so far to all clients."""
        self.clients.flush(self.position)

    def skip(self, timed: TimedItem, injector: Injector | None = None) -> None:
        """Skip the next event of the stream, and its faults: another server has sent it."""
        self._advance(timed.event, 0)
        self._clock = timed.time, asyncio.get_running_loop().time()
        if injector is not None and not isinstance(timed.event, Gap):
            injector.skip(timed.time, timed.event, self._frame(timed))

    def _advance(self, event: StreamItem, size: int) -> None:
        """Follow the next event of the stream, whose frame has `size` bytes."""
        evicted = self.live.evicted
        self.live.apply(event, size)
        self.position += 1
        if self.live.evicted and not evicted:
            self.report(f"more live calls than the limit ({self.live.limit}): the oldest are not announced to new clients")

    def _frame(self, timed: TimedItem) -> bytes:
        """Return the bytes of an item: its own, as a recorded one has, or its encoding."""
        frame: bytes | None = getattr(timed, "frame", None)
        if frame is not None or isinstance(timed.event, Gap):
            return frame or b""
        return encode(timed.event, registry=self.registry, policy=Policy.LENIENT)

    async def play(self, stream: Iterable[TimedItem], *, speed: float = 1.0, injector: Injector | None = None) -> None:
        """Send a stream: `speed` 1 is real time, 10 ten times as fast, 0 without waiting; after a takeover at the primary's times."""
        loop = asyncio.get_running_loop()
        await self.clients.wait_for(self.settings.min_clients)
        self._injector = injector
        turn = loop.time()
        first, begun = self._clock or (None, turn)
        self._clock = None
        for timed in stream:
            first = timed.time if first is None else first
            if speed:
                ahead = begun + (timed.time - first) / speed - loop.time()
                if ahead > _TICK:
                    self.flush()
                    await asyncio.sleep(ahead)
                    turn = loop.time()
            frame = self._frame(timed)
            self._advance(timed.event, len(frame))
            if injector is None or isinstance(timed.event, Gap):
                self.clients.put(frame)
            else:
                await self._perform(injector.feed(timed.time, timed.event, frame), speed)
            if self.clients.batch_size > _BATCH or loop.time() - turn > _TURN:
                self.flush()
                await asyncio.sleep(0)
                if not speed:
                    await self.clients.pace(self.settings.patience)
                turn = loop.time()
        if injector is not None:
            await self._perform(injector.close(), speed)
        self.flush()

    async def _perform(self, actions: Iterable[Action], speed: float) -> None:
        """Perform the actions of one event; no client joins between them."""
        async with self._whole_frames:
            for action in actions:
                if isinstance(action, bytes):
                    self.clients.put(action)
                    continue
                self.flush()
                if isinstance(action, Pause):
                    await asyncio.sleep(action.seconds / speed if speed else 0)
                else:
                    self.clients.reset()

    # -- the end ---------------------------------------------------------------------------------

    async def drain(self) -> list[Connection]:
        """Wait at most `patience` seconds until every client has read the stream; return those that have not."""
        self.flush()
        return await self.clients.drain(self.settings.patience)

    async def close(self) -> None:
        """Accept no more connections, write the rest of the stream, and close all connections."""
        self._acceptor.close()
        for connection in await self.drain():
            self.clients.disconnect(connection)
        leaving, self.clients.connections = self.clients.connections, set()
        for connection in leaving:
            connection.writer.close()
        if tasks := self._tasks | self._acceptor.serving:
            await asyncio.wait(tasks, timeout=self.settings.patience)
        for connection in leaving:
            connection.writer.transport.abort()  # a client may not answer the end of TLS

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.close()
