"""A client that stays connected: it reconnects after a loss, switches to the backup, and resynchronises.

Strategy: the listener tries its addresses in order until a server sends. A backup that stands by sends nothing, so
the listener tries the next address after a timeout. After a loss it begins again, with growing waits once every
address has failed. `Resynchronisation` compares the announced calls with those known before.
"""

from __future__ import annotations

import asyncio
import ssl as tls
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import TypeAlias

import msgspec

from tlib_codec import aio
from tlib_codec.stream import StreamItem
from tlib_schemas.registry import Registry
from tlib_schemas.tlibrary import TLIBRARY

from .connection import reason
from .live_calls import LiveCalls
from .resynchronisation import Resynchronisation, Resynchronised

Address: TypeAlias = tuple[str, int]
_Batch: TypeAlias = list[tuple[int, bytes, StreamItem]]

_CLOSED = "closed by the server"
_SILENT = "connected, but the server sends nothing"  # as a backup that stands by


class Connected(msgspec.Struct, frozen=True):
    """A server was reached; `connection` numbers the connections, from 1."""

    address: Address
    connection: int


class Disconnected(msgspec.Struct, frozen=True):
    """The connection ended, or (`connection` 0) no server could be reached for now."""

    address: Address
    connection: int
    reason: str


class Received(msgspec.Struct, frozen=True):
    """An item of the stream, its bytes, and its origin: address, connection, offset."""

    item: StreamItem
    data: bytes
    address: Address
    connection: int
    offset: int


class Evicted(msgspec.Struct, frozen=True):
    """There are more live calls than `limit`, or they keep too much memory: the oldest are forgotten from now on."""

    limit: int


class Silent(msgspec.Struct, frozen=True):
    """The only server accepted the connection and has sent nothing yet; the listener waits for it."""

    address: Address


Notice: TypeAlias = Received | Connected | Disconnected | Resynchronised | Silent | Evicted


class Listener:
    """Listens to the first of `addresses` that sends: ``async for notice in Listener([("localhost", 3000)])``.

    `once` ends with the first connection; without it the listener continues until it is closed. Between rounds of
    attempts it waits from `min_retry` to `max_retry` seconds. A server that sends nothing for `handshake_timeout`
    seconds is left for the next one, or reported as `Silent` if it is the only one. `live` holds the live calls.
    """

    def __init__(
        self,
        addresses: Sequence[Address],
        *,
        ssl: tls.SSLContext | None = None,
        registry: Registry = TLIBRARY,
        once: bool = False,
        min_retry: float = 0.1,
        max_retry: float = 5.0,
        handshake_timeout: float = 1.0,
    ) -> None:
        self.addresses: list[Address] = list(addresses)
        self.live: LiveCalls = LiveCalls(registry)
        self._ssl = ssl
        self._registry = registry
        self._once = once
        self._min_retry, self._max_retry, self._handshake_timeout = min_retry, max_retry, handshake_timeout
        self._connections = 0
        self._reported = False  # that no server can be reached

    async def __aiter__(self) -> AsyncIterator[Notice]:
        wait = self._min_retry
        while True:
            before = self._connections
            for address in self.addresses:
                async for notice in self._connection(address):
                    yield notice
                if self._connections > before:
                    break
            if self._connections > before:
                if self._once:
                    return
                wait = self._min_retry
            await asyncio.sleep(wait)
            wait = min(2 * wait, self._max_retry)

    async def _connection(self, address: Address) -> AsyncIterator[Notice]:
        """Yield the notices of one connection, from the attempt to the loss."""
        try:
            async with asyncio.timeout(self._max_retry):
                reader, writer = await aio.connect(*address, ssl=self._ssl, registry=self._registry)
        except OSError as error:
            for notice in self._unreached(address, reason(error)):
                yield notice
            return
        async with writer:
            batch: _Batch = []
            why = _CLOSED
            try:
                async with asyncio.timeout(self._handshake_timeout) as timeout:
                    batch = await reader.batch()
            except OSError as error:
                why = _SILENT if timeout.expired() else reason(error)
            if why is _SILENT and len(self.addresses) == 1:
                yield Silent(address)
                why = _CLOSED
                try:
                    batch = await reader.batch()
                except OSError as error:
                    why = reason(error)
            if not batch:
                for notice in self._unreached(address, why):
                    yield notice
                return
            self._connections += 1
            self._reported = False
            yield Connected(address, self._connections)
            why = _CLOSED
            try:
                resynchronisation = Resynchronisation(self.live)
                while batch:
                    for offset, data, item in batch:
                        yield Received(item, data, address, self._connections, offset)
                        evicted = self.live.evicted
                        result = resynchronisation.follow(item, self._connections, len(data))
                        if result is not None:
                            yield result
                        if self.live.evicted and not evicted:
                            yield Evicted(self.live.limit)
                    batch = await reader.batch()
            except OSError as error:
                why = reason(error)
            yield Disconnected(address, self._connections, why)

    def _unreached(self, address: Address, why: str) -> Iterator[Disconnected]:
        """Yield that a server cannot be reached, unless the round before has."""
        if not self._reported:
            self._reported = address == self.addresses[-1]
            yield Disconnected(address, 0, why)
