"""A server's connection to one client: what is written, and how far behind the client is.

Strategy: asyncio's transport keeps what the network has not taken, and says how much that is.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import ssl as tls
import struct

_LINGER_NOT = struct.pack("ii", 1, 0)


def reason(error: OSError) -> str:
    """What the system says of it, without numbers; asyncio puts the address in its place where no connection was made."""
    if error.errno and not isinstance(error, tls.SSLError | socket.gaierror):
        return os.strerror(error.errno)
    return error.strerror or str(error) or type(error).__name__


class Client:
    """A connection. `behind` bytes are written and not taken by the network yet."""

    def __init__(self, writer: asyncio.StreamWriter, number: int) -> None:
        self.writer = writer
        self.number = number
        self.link = False
        self.greeted = False
        self._grace = 0  # of what is behind, bytes that were announcements, which nobody is cut off for

    @property
    def peer(self) -> str:
        """Its address."""
        name = self.writer.get_extra_info("peername")
        return f"{name[0]}:{name[1]}" if isinstance(name, tuple) else str(name)

    @property
    def behind(self) -> int:
        """Bytes that wait for the client to read."""
        return self.writer.transport.get_write_buffer_size()

    def write(self, data: bytes) -> None:
        """Write, unless it is gone."""
        if not self.writer.transport.is_closing():
            self.writer.write(data)

    def announce(self, data: bytes) -> None:
        """Write what does not count as falling behind."""
        self.write(data)
        self._grace = self.behind

    @property
    def late(self) -> int:
        """Bytes of the stream that wait for it, without what it was told when it came."""
        behind = self.behind
        self._grace = min(self._grace, behind)
        return behind - self._grace

    def reset(self) -> None:
        """Close at once, and let the client see a reset."""
        sock = self.writer.get_extra_info("socket")
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
        self.writer.transport.abort()
