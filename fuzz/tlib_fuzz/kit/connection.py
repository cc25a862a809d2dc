"""A target that is a running server: each connection is one peer."""

from __future__ import annotations

import contextlib
import socket
import time

from . import protocol
from .channel import Channel
from .protocol import TargetError


class Connection:
    """One connection to a server. A refused connection is tried again while the server may be starting."""

    def __init__(self, host: str, port: int) -> None:
        deadline = time.monotonic() + protocol.START
        while True:
            try:
                self._socket = socket.create_connection((host, port), timeout=protocol.START)
                break
            except OSError as error:
                if time.monotonic() > deadline or not isinstance(error, ConnectionRefusedError):
                    raise TargetError(f"no connection to {host}:{port}: {error.strerror or error}; is the server running?") from None
                time.sleep(0.1)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        number = self._socket.fileno()
        self.channel: Channel = Channel(number, number, shut=self._shut)

    def _shut(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)

    def rest(self) -> None:
        """Do nothing: a server's memory is not watched."""

    def excess(self) -> int:
        """Return 0: a server's memory is not watched."""
        return 0

    def kill(self) -> None:
        """Close the connection."""
        self._socket.close()

    def end(self) -> None:
        """Close the connection."""
        self._socket.close()
