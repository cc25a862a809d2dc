"""Opens the target that ``--target`` and ``--mode`` name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from .child import Child, command_of
from .connection import Connection
from .one_shot import OneShot
from .persistent import Persistent
from .protocol import Settings, Target, TargetError


def _pipe(target: str, settings: Settings) -> Target:
    command = command_of(target)
    return Persistent(lambda: Child(command, settings.memory), settings)


def _process(target: str, settings: Settings) -> Target:
    return OneShot(command_of(target), settings)


def _tcp(target: str, settings: Settings) -> Target:
    host, colon, port = target.rpartition(":")
    if not colon or not port.isascii() or not port.isdigit() or not 0 < int(port) <= 0xFFFF:
        raise TargetError(f"{target!r} is not HOST:PORT, which --mode tcp connects to")
    return Persistent(lambda: Connection(host.strip("[]") or "localhost", int(port)), settings)


MODES: Final[dict[str, Callable[[str, Settings], Target]]] = {"pipe": _pipe, "process": _process, "tcp": _tcp}


def open_target(target: str, mode: str, settings: Settings) -> Target:
    """Return the target of a command or address, in one of `MODES`. Raises TargetError."""
    return MODES[mode](target, settings)
