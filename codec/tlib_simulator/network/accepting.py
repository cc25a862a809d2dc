"""Accept connections: no more than a limit at once, and none while the system has no file for one.

Strategy: a task for each listening socket accepts one connection after the other. While it waits, for a client to leave or for a file,
further connections stay in the system's queue, and the reason is reported once.
"""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl as tls
from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

from .connection import reason

Serve: TypeAlias = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

_QUEUE: Final = 100  # connections that the system keeps until they are accepted
_PAUSE: Final = 1.0  # seconds, where the system has no file or memory for a connection
_NOT_HERE: Final = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT})


async def listening(host: str | None, port: int) -> list[socket.socket]:
    """Return a listening socket for each address of `host` (None: every address of this machine). Raises OSError."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    sockets: list[socket.socket] = []
    failure: OSError | None = None
    for family, address in dict.fromkeys((family, address[:2]) for family, _, _, _, address in found):
        try:
            sockets.append(socket.create_server((str(address[0]), int(address[1])), family=family, backlog=_QUEUE))
        except OSError as error:
            failure = OSError(error.errno, reason(error))
            if error.errno not in _NOT_HERE:
                break
            failure = None if sockets else failure
    if failure is not None or not sockets:
        for one in sockets:
            one.close()
        raise failure or OSError(errno.EADDRNOTAVAIL, "no address")
    return sockets


class Acceptor:
    """Accepts connections from sockets and serves each in a task: `accept` a socket, `close`.

    At most `most` connections are served at once. `report` gets a line where others wait.
    """

    def __init__(self, most: int, serve: Serve, report: Callable[[str], None]) -> None:
        self.serving: set[asyncio.Task[None]] = set()
        self._most = most
        self._free = asyncio.Semaphore(most)
        self._serve = serve
        self._report = report
        self._sockets: list[socket.socket] = []
        self._accepting: set[asyncio.Task[None]] = set()

    def accept(self, sock: socket.socket, ssl: tls.SSLContext | None) -> None:
        """Accept connections of a listening socket from now on."""
        sock.setblocking(False)
        self._sockets.append(sock)
        self._accepting.add(asyncio.create_task(self._accept(sock, ssl)))

    async def _accept(self, sock: socket.socket, ssl: tls.SSLContext | None) -> None:
        loop = asyncio.get_running_loop()
        short = False
        while True:
            if self._free.locked():
                self._report(f"{self._most} clients are connected: others wait until one leaves")
            await self._free.acquire()
            try:
                connection, _ = await loop.sock_accept(sock)
            except OSError as error:
                self._free.release()
                if not short:
                    self._report(f"no connection can be accepted for now: {reason(error)}")
                short = True
                await asyncio.sleep(_PAUSE)
                continue
            short = False
            task = asyncio.create_task(self._connected(connection, ssl))
            self.serving.add(task)
            task.add_done_callback(self._done)

    async def _connected(self, sock: socket.socket, ssl: tls.SSLContext | None) -> None:
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(loop=loop)
        protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
        try:
            transport, _ = await loop.connect_accepted_socket(lambda: protocol, sock, ssl=ssl)
        except OSError as error:
            sock.close()
            self._report(f"a client was not accepted: {reason(error)}")
            return
        await self._serve(reader, asyncio.StreamWriter(transport, protocol, reader, loop))

    def _done(self, task: asyncio.Task[None]) -> None:
        self.serving.discard(task)
        self._free.release()

    def close(self) -> None:
        """Accept no more connections; those that are served stay."""
        for task in self._accepting:
            task.cancel()
        for sock in self._sockets:
            sock.close()
        self._sockets.clear()
