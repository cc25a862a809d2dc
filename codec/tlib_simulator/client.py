"""A client that stays connected: it comes back after a loss, goes to the backup, and resynchronises.

Strategy: the addresses are tried in order until one greets; a backup that stands by is silent, so
silence is a reason to try the next. After a connection was lost the same begins again, with longer
and longer waits once all have failed. A server's greeting says how many live calls it announces:
compared with those known before, that tells which calls were lost on the way.
"""

from __future__ import annotations

import asyncio
import ssl as tls
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import TypeAlias

import msgspec

from tlib_codec import aio
from tlib_codec.stream import StreamItem
from tlib_schemas.call_events import EventCallCreated
from tlib_schemas.registry import Registry
from tlib_schemas.tlibrary import TLIBRARY

from .connection import reason
from .greeting import Greeting
from .live import LiveCalls

Address: TypeAlias = tuple[str, int]
_Batch: TypeAlias = list[tuple[int, bytes, StreamItem]]

_CLOSED = "closed by the server"
_SILENT = "connected, but it says nothing"  # as a backup does that stands by


class Connected(msgspec.Struct, frozen=True):
    """A server was reached: the how-manieth connection it is, from 1."""

    address: Address
    connection: int


class Lost(msgspec.Struct, frozen=True):
    """The connection ended, or (`connection` 0) no server could be reached for now."""

    address: Address
    connection: int
    reason: str


class Resynchronised(msgspec.Struct, frozen=True):
    """The server has announced its live calls. By CallUUID: those that were known (`kept`), those that were not (`new`),
    and those that were known and are no more (`lost`): their end was missed.
    """

    connection: int
    kept: tuple[str, ...]
    new: tuple[str, ...]
    lost: tuple[str, ...]


class Received(msgspec.Struct, frozen=True):
    """An item of the stream, its bytes, and where it stood: address, connection, offset."""

    item: StreamItem
    data: bytes
    address: Address
    connection: int
    offset: int


class Silent(msgspec.Struct, frozen=True):
    """The only server there is took the connection and has said nothing yet; it is waited for."""

    address: Address


Heard: TypeAlias = Received | Connected | Lost | Resynchronised | Silent


class Listener:
    """Listens to the first of `addresses` that talks: ``async for heard in Listener([("localhost", 3000)])``.

    `once` ends with the first connection; without, it goes on until it is closed. Waits from `first` to `longest`
    seconds between rounds of attempts, and `silence` seconds for the first word of one of several servers, or
    until it says that the only one is `Silent`. `live` has the calls that are known to be live.
    """

    def __init__(
        self,
        addresses: Sequence[Address],
        *,
        ssl: tls.SSLContext | None = None,
        registry: Registry = TLIBRARY,
        once: bool = False,
        first: float = 0.1,
        longest: float = 5.0,
        silence: float = 1.0,
    ) -> None:
        self.addresses = list(addresses)
        self.live = LiveCalls(registry)
        self._ssl = ssl
        self._registry = registry
        self._once = once
        self._first, self._longest, self._silence = first, longest, silence
        self._connections = 0
        self._told_of = False  # that nobody can be reached

    async def __aiter__(self) -> AsyncIterator[Heard]:
        wait = self._first
        while True:
            before = self._connections
            for address in self.addresses:
                async for heard in self._connection(address):
                    yield heard
                if self._connections > before:
                    break
            if self._connections > before:
                if self._once:
                    return
                wait = self._first
            await asyncio.sleep(wait)
            wait = min(2 * wait, self._longest)

    async def _connection(self, address: Address) -> AsyncIterator[Heard]:
        """One connection, from the attempt to the loss."""
        try:
            async with asyncio.timeout(self._longest):
                reader, writer = await aio.connect(*address, ssl=self._ssl, registry=self._registry)
        except OSError as error:
            for lost in self._unreached(address, reason(error)):
                yield lost
            return
        async with writer:
            batch: _Batch = []
            why = _CLOSED
            try:
                async with asyncio.timeout(self._silence) as patience:
                    batch = await reader.batch()
            except OSError as error:
                why = _SILENT if patience.expired() else reason(error)
            if why is _SILENT and len(self.addresses) == 1:
                yield Silent(address)
                why = _CLOSED
                try:
                    batch = await reader.batch()
                except OSError as error:
                    why = reason(error)
            if not batch:
                for lost in self._unreached(address, why):
                    yield lost
                return
            self._connections += 1
            self._told_of = False
            yield Connected(address, self._connections)
            why = _CLOSED
            try:
                greeted = _Greeted(self.live)
                while batch:
                    for offset, data, item in batch:
                        yield Received(item, data, address, self._connections, offset)
                        result = greeted.follow(item, self._connections)
                        if result is not None:
                            yield result
                    batch = await reader.batch()
            except OSError as error:
                why = reason(error)
            yield Lost(address, self._connections, why)

    def _unreached(self, address: Address, why: str) -> Iterator[Lost]:
        """That this server did not talk, where the round before has not said so."""
        if not self._told_of:
            self._told_of = address == self.addresses[-1]
            yield Lost(address, 0, why)


class _Greeted:
    """Follows a connection: how many of the announced calls are still to come, and which came."""

    def __init__(self, live: LiveCalls) -> None:
        self._live = live
        self._awaited = -1
        self._before: frozenset[str] = frozenset()
        self._announced: dict[str, None] = {}

    def follow(self, item: StreamItem, connection: int) -> Resynchronised | None:
        greeting = Greeting.of(item)
        if greeting is not None:
            self._before = frozenset(call.call_uuid for call in self._live)
            self._announced = {}
            self._awaited = greeting.calls
        elif self._awaited > 0 and isinstance(item, EventCallCreated):
            self._announced[item.call_uuid] = None
            self._awaited -= 1
        self._live.told(item)
        if self._awaited:
            return None
        self._awaited = -1
        lost = tuple(sorted(self._before - self._announced.keys()))
        for call_uuid in lost:
            self._live.forget(call_uuid)
        if connection == 1 and not self._announced:
            return None
        kept = tuple(uuid for uuid in self._announced if uuid in self._before)
        return Resynchronised(connection, kept, tuple(uuid for uuid in self._announced if uuid not in self._before), lost)
