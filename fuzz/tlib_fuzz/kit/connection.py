"""A target that is a running server: each life of it is a connection."""

from __future__ import annotations

import contextlib
import socket
import time

from . import protocol
from .channel import Channel
from .protocol import TargetError


class Connection:
    """A life of a server: one connection to it. Refused ones are tried again while it may be starting."""

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
        self.channel = Channel(number, number, shut=self._shut)

    def _shut(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)

    def rest(self) -> None:
        """As `Peer.rest`: a server's memory is not watched."""

    def swelled(self) -> int:
        """As `Peer.swelled`."""
        return 0

    def kill(self) -> None:
        """As `Peer.kill`."""
        self._socket.close()

    def end(self) -> None:
        """As `Peer.end`."""
        self._socket.close()
