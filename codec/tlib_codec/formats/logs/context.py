"""What all messages of one log share, and the kind of a log.

Strategy: both readers begin here, so the tables of the one in Python are made when it reads its first message.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING

from tlib_codec.formats.spans import WHOLE, Span
from tlib_schemas.enumerations import AttributeID
from tlib_schemas.registry import Registry

from .dates import Clock
from .lines import LogLimits
from .sniff import kind_of

if TYPE_CHECKING:
    from .values import Names

PREFIXES = ("Attribute", "ISCCAttribute", "SDAttribute")
"""The words before an attribute's name."""

_HEAD = 1 << 16


class Context:
    """The settings that all messages of one log share: its name, the registry by printed names, limits, the Server to supply, its clock.

    `span` is the stretch of the log that is read. At its end `clean` says that no message was open.
    """

    def __init__(
        self, registry: Registry, server: int | None, limits: LogLimits, file: str = "", clock: Clock | None = None, span: Span = WHOLE
    ) -> None:
        self.clock: Clock = clock or Clock(file)
        self.span: Span = span
        self.clean: bool = False
        self.file: str = file
        self.registry: Registry = registry
        self.server: int | None = server
        self.limits: LogLimits = limits

    @functools.cached_property
    def names(self) -> Names:
        """The attributes by the names that logs print."""
        from .values import Names  # noqa: PLC0415 the C has tables of its own

        return Names(self.registry)

    @functools.cached_property
    def wants_server(self) -> frozenset[int]:
        """The messages to which the log's Server is added."""
        return messages_with_server(self.registry)


def messages_with_server(registry: Registry) -> frozenset[int]:
    """Return the messages whose table makes Server mandatory. Logs never print it."""
    return frozenset(
        schema.message for schema in registry.tables if any(field.mandatory and AttributeID.Server in field.ids for field in schema.fields)
    )


def context_of(registry: Registry, server: int | None, limits: LogLimits, name: str, zone: dt.tzinfo | None, span: Span = WHOLE) -> Context:
    """Return the settings of one log. Raise ValueError where `server` does not fit."""
    if server is not None and not 0 <= server <= 0xFFFF_FFFF:
        raise ValueError(f"server is an unsigned 32-bit integer, not {server}")
    clock = Clock(name, zone)
    if span.state:
        clock.state = span.state
    return Context(registry, server, limits, name, clock, span)


def recognised(pieces: Iterator[bytes]) -> tuple[Iterator[bytes], str]:
    """Return the pieces again, and the kind that the first whole line of a known kind shows."""
    held: list[bytes] = []
    size = 0
    line = b""
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        line += piece
        if size >= _HEAD or (b"\n" in piece and kind_of(line) is not None):
            break
        line = line[line.rfind(b"\n") + 1 :]
    head = b"".join(held)
    return chain([head], pieces), kind_of(head[:_HEAD]) or "tserver"
