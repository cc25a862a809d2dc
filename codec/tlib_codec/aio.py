"""asyncio helpers: events over streams, for clients and servers of your own.

Strategy: the sans-I/O `StreamDecoder` decodes, asyncio's streams carry, and this module only joins
them. Nothing is read before it is asked for, so a slow reader slows the sender down (TCP's own
back-pressure); nothing is written without waiting for room, so a slow receiver slows the writer.
Memory is bounded by one frame (`Limits.frame_body`) and one chunk.

>>> import asyncio
>>> from tlib_codec import EventCallDeleted, aio
>>> event = EventCallDeleted(call_uuid="01FES9JKSOFQLEKK3CSH5B5AES00JV1U", conn_id="006c02462a161006")
>>> async def told() -> list[str]:
...     async def desk(reader: aio.EventReader, writer: aio.EventWriter) -> None:
...         await writer.send(event)
...     async with await aio.serve(desk, "127.0.0.1", 0) as server:
...         reader, writer = await aio.connect(*server.sockets[0].getsockname())
...         async with writer:
...             return [type(item).__name__ async for item in reader]
>>> asyncio.run(told())
['EventCallDeleted']
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl as tls
from collections.abc import AsyncIterator, Awaitable, Callable
from types import TracebackType
from typing import Any, Self

from tlib_schemas.errors import SchemaViolation
from tlib_schemas.events import InvalidEvent
from tlib_schemas.limits import DEFAULT_LIMITS, Limits
from tlib_schemas.registry import Item, Registry
from tlib_schemas.tlibrary import TLIBRARY

from .engine import StreamDecoder, encode
from .reference import Buffer, Policy
from .stream import MalformedFrame, StreamItem

__all__ = ["EventReader", "EventWriter", "Handler", "connect", "serve"]

_CHUNK = 1 << 16


class EventReader:
    """Events out of an `asyncio.StreamReader`, by ``async for`` or a batch at a time.

    The lenient policy gives every `StreamItem`, gaps and malformed frames included; the strict one
    raises SchemaViolation for an invalid event, DecodeError for a malformed frame, and leaves out
    gaps. What the connection raises (OSError: ConnectionError, TimeoutError and ssl.SSLError are some)
    comes through as it is, after everything that had arrived. `offset` and `data` are those of the last item.
    """

    def __init__(
        self,
        stream: asyncio.StreamReader,
        *,
        registry: Registry = TLIBRARY,
        limits: Limits = DEFAULT_LIMITS,
        policy: Policy = Policy.LENIENT,
    ) -> None:
        self._stream = stream
        self._decoder = StreamDecoder(registry=registry, limits=limits)
        self._policy = policy
        self._ended = False

    @property
    def offset(self) -> int:
        """Where in the stream the last item stood."""
        return self._decoder.offset

    @property
    def data(self) -> bytes:
        """The bytes of the last item."""
        return self._decoder.data

    def __aiter__(self) -> AsyncIterator[StreamItem]:
        return self._items()

    async def _items(self) -> AsyncIterator[StreamItem]:
        while True:
            for item in self._decoder:
                if self._policy is Policy.LENIENT or self._sound(item):
                    yield item
            if self._ended:
                return
            await self._more()

    async def batch(self) -> list[tuple[int, bytes, StreamItem]]:
        """What the next piece of the stream completes, at least one item: offset, bytes, item. Empty at the end.

        The fast way: one step of the event loop for many events. As under the lenient policy.
        """
        while True:
            decoder = self._decoder
            found = [(decoder.offset, decoder.data, item) for item in decoder]
            if found or self._ended:
                return found
            await self._more()

    async def _more(self) -> None:
        try:
            data = await self._stream.read(_CHUNK)
        except OSError:
            self._ended = True
            raise
        if data:
            self._decoder.feed(data)
        else:
            self._ended = True
            self._decoder.close()

    @staticmethod
    def _sound(item: StreamItem) -> bool:
        if isinstance(item, MalformedFrame):
            raise item.error
        if isinstance(item, InvalidEvent):
            raise SchemaViolation(item.violations)
        return isinstance(item, Item)


class EventWriter:
    """Events into an `asyncio.StreamWriter`; leaving its ``async with`` closes the connection.

    `policy` is that of `encode`: the lenient one sends what is wrong on purpose.
    """

    def __init__(self, stream: asyncio.StreamWriter, *, registry: Registry = TLIBRARY, policy: Policy = Policy.STRICT) -> None:
        self.stream = stream
        self._registry = registry
        self._policy = policy

    async def send(self, *events: Item) -> None:
        """Encode the events, write them, and wait until there is room for more.

        Raises EncodeError or SchemaViolation before anything is written, ConnectionError where the peer is gone.
        """
        await self.write(b"".join([encode(event, registry=self._registry, policy=self._policy) for event in events]))

    async def write(self, frames: Buffer) -> None:
        """The same for bytes that are frames already, or are not meant to be."""
        self.stream.write(frames)
        await self.stream.drain()

    async def close(self) -> None:
        """Close the connection once everything is written."""
        self.stream.close()
        with contextlib.suppress(OSError):  # gone already: as closed as it can be
            await self.stream.wait_closed()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.close()


Handler = Callable[[EventReader, EventWriter], Awaitable[None]]


async def connect(
    host: str,
    port: int,
    *,
    ssl: tls.SSLContext | None = None,
    registry: Registry = TLIBRARY,
    limits: Limits = DEFAULT_LIMITS,
    policy: Policy = Policy.LENIENT,
) -> tuple[EventReader, EventWriter]:
    """Connect to a server. `policy` is the reader's. Raises OSError (ssl.SSLError is one) where that does not go."""
    reader, writer = await asyncio.open_connection(host, port, ssl=ssl)
    return EventReader(reader, registry=registry, limits=limits, policy=policy), EventWriter(writer, registry=registry)


async def serve(
    handler: Handler,
    host: str | None = None,
    port: int | None = None,
    *,
    registry: Registry = TLIBRARY,
    limits: Limits = DEFAULT_LIMITS,
    policy: Policy = Policy.LENIENT,
    sends: Policy = Policy.STRICT,
    **settings: Any,
) -> asyncio.Server:
    """A server that calls `handler` for each connection, and closes the connection when it returns.

    `policy` is the reader's, `sends` the writer's; `settings` are those of `asyncio.start_server` (ssl, sock, backlog). A connection
    that the peer ends is no error.
    """

    async def attend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with EventWriter(writer, registry=registry, policy=sends) as out:
            with contextlib.suppress(OSError):
                await handler(EventReader(reader, registry=registry, limits=limits, policy=policy), out)

    return await asyncio.start_server(attend, host, port, **settings)
