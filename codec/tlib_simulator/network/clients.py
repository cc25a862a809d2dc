"""The clients of a server, and the bytes that all of them get.

Strategy: bytes are joined into a batch and written to every client at once. The backup learns the position in the
stream first, so it never knows less than a client. A client whose backlog exceeds the limit is disconnected, and those with the
largest backlogs where all exceed a limit together, so memory is bounded and no client waits for another.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from .connection import Connection
from .handshake import Progress

_TICK = 0.005  # seconds between looks at a backlog


class Clients:
    """The connections of a server.

    `disconnected` counts those whose backlog exceeded `max_backlog` bytes, or was the largest while all exceeded `max_backlogs` bytes
    together; `report` gets a line for each.
    """

    def __init__(self, max_backlog: int, max_backlogs: int, report: Callable[[str], None]) -> None:
        self.connections: set[Connection] = set()
        self.disconnected: int = 0
        self.batch_size: int = 0
        self.report: Callable[[str], None] = report
        self._max_backlog = max_backlog
        self._max_backlogs = max_backlogs
        self._batch: list[bytes] = []
        self._changed = asyncio.Event()

    def add(self, connection: Connection) -> None:
        """Add a connection."""
        self.connections.add(connection)

    def remove(self, connection: Connection, why: str) -> None:
        """Remove a connection, and report why, unless it is removed already."""
        if connection in self.connections:
            self.connections.discard(connection)
            self.report(f"client {connection.number}: {why}")
        self.changed()

    def changed(self) -> None:
        """Wake those who wait for connections."""
        self._changed.set()
        self._changed = asyncio.Event()

    def count(self) -> int:
        """Return the number of clients, without a backup."""
        return sum(not connection.is_backup for connection in self.connections)

    async def wait_for(self, count: int) -> None:
        """Wait until `count` clients, without a backup, are connected."""
        while self.count() < count:
            await self._changed.wait()

    async def wait_until_none(self) -> None:
        """Wait until no connection is left."""
        while self.connections:
            await self._changed.wait()

    def put(self, data: bytes) -> None:
        """Add bytes to the batch; `flush` writes it."""
        self._batch.append(data)
        self.batch_size += len(data)

    def flush(self, position: int) -> None:
        """Write the batch, which ends at `position` of the stream."""
        if not self._batch:
            return
        data = b"".join(self._batch)
        self._batch.clear()
        self.batch_size = 0
        for connection in self.connections:
            if connection.is_backup:
                connection.write(Progress(position).frame())
        for connection in self.connections:
            if not connection.is_backup and connection.streaming:
                connection.write(data)
        for connection in [one for one in self.connections if one.stream_backlog > self._max_backlog]:
            self.disconnect(connection)
        self.relieve()

    def relieve(self) -> None:
        """Disconnect the clients with the largest backlogs while all exceed the limit together."""
        backlogs = {connection: connection.backlog for connection in self.connections}
        excess = sum(backlogs.values()) - self._max_backlogs
        for connection in sorted(backlogs, key=backlogs.__getitem__, reverse=True) if excess > 0 else ():
            if excess <= 0:
                break
            excess -= backlogs[connection]
            self.disconnect(connection)

    def disconnect(self, connection: Connection) -> None:
        """Disconnect a client that does not read."""
        self.disconnected += 1
        self.remove(connection, f"disconnected with a backlog of {connection.backlog} bytes")
        connection.writer.transport.abort()

    def reset(self) -> None:
        """Reset every connection but the backup's."""
        for connection in [one for one in self.connections if not one.is_backup]:
            self.remove(connection, "reset on purpose")
            connection.reset()

    async def pace(self, patience: float) -> None:
        """Wait until backlogs are below a quarter of the limits; disconnect clients that take longer than `patience` seconds."""
        most = min(self._max_backlog, self._max_backlogs // max(len(self.connections), 1)) // 4
        for connection in await self._while(lambda one: one.stream_backlog > most, patience):
            self.disconnect(connection)

    async def drain(self, patience: float) -> list[Connection]:
        """Wait at most `patience` seconds until no client has a backlog; return those that still have one."""
        return await self._while(lambda one: one.backlog > 0, patience)

    async def _while(self, condition: Callable[[Connection], bool], patience: float) -> list[Connection]:
        """Wait while `condition` holds for a client; return the clients for which it still holds after `patience` seconds."""
        loop = asyncio.get_running_loop()
        end = loop.time() + patience
        waiting = list(self.connections)
        while waiting := [one for one in waiting if condition(one) and not one.closing]:
            if loop.time() > end:
                break
            await asyncio.sleep(_TICK)
        return waiting
