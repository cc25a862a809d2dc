"""Simulated servers and their clients: serve a stream, stand by as its backup, listen and resynchronise."""

from .backup import OtherStream, stand_by
from .handshake import Handshake
from .listener import Address, Connected, Disconnected, Evicted, Listener, Notice, Received, Silent
from .live_calls import LiveCalls
from .resynchronisation import Resynchronised
from .server import Server, ServerSettings, TimedItem

__all__ = [
    "Address",
    "Connected",
    "Disconnected",
    "Evicted",
    "Handshake",
    "Listener",
    "LiveCalls",
    "Notice",
    "OtherStream",
    "Received",
    "Resynchronised",
    "Server",
    "ServerSettings",
    "Silent",
    "TimedItem",
    "stand_by",
]
