"""A server's connection to one client, and its backlog.

Strategy: asyncio's transport keeps the bytes that the network has not taken, and counts them.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import ssl as tls
import struct

_LINGER_OFF = struct.pack("ii", 1, 0)  # close sends RST


def reason(error: OSError) -> str:
    """Return the system's text for an error; asyncio would put the address in its place for a failed connection."""
    if error.errno and not isinstance(error, tls.SSLError | socket.gaierror):
        return os.strerror(error.errno)
    return error.strerror or str(error) or type(error).__name__


class Connection:
    """A connection to a client, or (`is_backup`) to the backup. `streaming` begins with the handshake."""

    def __init__(self, writer: asyncio.StreamWriter, number: int) -> None:
        self.writer: asyncio.StreamWriter = writer
        self.number: int = number
        self.is_backup: bool = False
        self.streaming: bool = False
        self._announced = 0  # bytes of the backlog that are announcements; they disconnect no client

    @property
    def peer(self) -> str:
        """Return the address of the client."""
        name = self.writer.get_extra_info("peername")
        return f"{name[0]}:{name[1]}" if isinstance(name, tuple) else str(name)

    @property
    def closing(self) -> bool:
        """Return whether the connection is closed or about to be."""
        return self.writer.transport.is_closing()

    @property
    def backlog(self) -> int:
        """Return the number of bytes that the client has not read and the network has not taken."""
        return self.writer.transport.get_write_buffer_size()

    @property
    def stream_backlog(self) -> int:
        """Return the backlog without the announcement."""
        backlog = self.backlog
        self._announced = min(self._announced, backlog)
        return backlog - self._announced

    def write(self, data: bytes) -> None:
        """Write, unless the connection is closing."""
        if not self.closing:
            self.writer.write(data)

    def announce(self, data: bytes) -> None:
        """Write bytes that do not count in `stream_backlog`."""
        self.write(data)
        self._announced = self.backlog

    def reset(self) -> None:
        """Close at once, with a TCP reset."""
        sock = self.writer.get_extra_info("socket")
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_OFF)
        self.writer.transport.abort()
