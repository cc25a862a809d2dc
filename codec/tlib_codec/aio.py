"""Send and receive events over asyncio streams, for your own clients and servers.

Strategy: the sans-I/O `StreamDecoder` decodes, asyncio's streams transport, and this module joins them. A reader reads
on demand, so a slow reader slows the sender (TCP's back-pressure); a writer waits until the buffer drains, so a slow
receiver slows the writer. One frame (`Limits.frame_body`) and one chunk bound the memory.

>>> import asyncio
>>> from tlib_codec import EventCallDeleted, aio
>>> event = EventCallDeleted(call_uuid="01FES9JKSOFQLEKK3CSH5B5AES00JV1U", conn_id="006c02462a161006")
>>> async def received() -> list[str]:
...     async def desk(reader: aio.EventReader, writer: aio.EventWriter) -> None:
...         await writer.send(event)
...     async with await aio.serve(desk, "127.0.0.1", 0) as server:
...         reader, writer = await aio.connect(*server.sockets[0].getsockname())
...         async with writer:
...             return [type(item).__name__ async for item in reader]
>>> asyncio.run(received())
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
    """Reads events from an `asyncio.StreamReader`, by ``async for`` or in batches.

    The lenient policy yields every `StreamItem`, gaps and malformed frames included; the strict policy raises
    SchemaViolation for an invalid event and DecodeError for a malformed frame, and skips gaps. Errors of the connection
    (OSError, which includes ConnectionError, TimeoutError and ssl.SSLError) pass through unchanged, after every item
    that has arrived. `offset` and `data` belong to the last item.
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
        """Return the offset of the last item in the stream."""
        return self._decoder.offset

    @property
    def data(self) -> bytes:
        """Return the bytes of the last item."""
        return self._decoder.data

    def __aiter__(self) -> AsyncIterator[StreamItem]:
        return self._items()

    async def _items(self) -> AsyncIterator[StreamItem]:
        while True:
            for item in self._decoder:
                if self._policy is Policy.LENIENT or self._accept(item):
                    yield item
            if self._ended:
                return
            await self._more()

    async def batch(self) -> list[tuple[int, bytes, StreamItem]]:
        """Return the items that the next chunk completes, at least one: offset, bytes, item. Empty at the end.

        The fast way: one step of the event loop for many events, under the lenient policy.
        """
        while True:
            decoder = self._decoder
            items = [(decoder.offset, decoder.data, item) for item in decoder]
            if items or self._ended:
                return items
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
    def _accept(item: StreamItem) -> bool:
        """Return whether the strict policy yields an item. Raises its error."""
        if isinstance(item, MalformedFrame):
            raise item.error
        if isinstance(item, InvalidEvent):
            raise SchemaViolation(item.violations)
        return isinstance(item, Item)


class EventWriter:
    """Writes events to an `asyncio.StreamWriter`; the end of its ``async with`` block closes the connection.

    `policy` is that of `encode`: the lenient policy sends invalid events on purpose.
    """

    def __init__(self, stream: asyncio.StreamWriter, *, registry: Registry = TLIBRARY, policy: Policy = Policy.STRICT) -> None:
        self.stream: asyncio.StreamWriter = stream
        self._registry = registry
        self._policy = policy

    async def send(self, *events: Item) -> None:
        """Encode and write events, and wait until the buffer drains.

        Raises EncodeError or SchemaViolation before it writes anything, ConnectionError if the peer is gone.
        """
        await self.write(b"".join([encode(event, registry=self._registry, policy=self._policy) for event in events]))

    async def write(self, frames: Buffer) -> None:
        """Write bytes, frames or not, and wait until the buffer drains."""
        self.stream.write(frames)
        await self.stream.drain()

    async def close(self) -> None:
        """Close the connection after everything is written."""
        self.stream.close()
        with contextlib.suppress(OSError):  # the peer is gone: closed already
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
    """Connect to a server; return a reader with the given policy, and a writer. Raises OSError, which includes ssl.SSLError."""
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
    writer_policy: Policy = Policy.STRICT,
    **settings: Any,
) -> asyncio.Server:
    """Start a server that calls `handler` for each connection, and closes the connection when `handler` returns.

    `policy` is the reader's; `settings` are those of `asyncio.start_server` (ssl, sock, backlog). It is no error if the
    peer ends the connection.
    """

    async def attend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with EventWriter(writer, registry=registry, policy=writer_policy) as out:
            with contextlib.suppress(OSError):
                await handler(EventReader(reader, registry=registry, limits=limits, policy=policy), out)

    return await asyncio.start_server(attend, host, port, **settings)
