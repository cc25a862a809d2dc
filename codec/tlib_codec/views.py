"""Lazy views of the frames in a buffer: for filters that read few attributes of many frames.

Strategy: the reference engine's form of `scan`. It decodes each frame to be sure of it, and keeps
nothing but its place; the native engine checks the same without making anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tlib_schemas import wire
from tlib_schemas.events import InvalidEvent
from tlib_schemas.limits import DEFAULT_LIMITS, Limits
from tlib_schemas.registry import Item, Registry
from tlib_schemas.tlibrary import TLIBRARY

from .reference import Buffer, Policy, as_bytes, decode
from .stream import Gap, StreamDecoder

_ABSENT = object()


class FrameView:
    """A frame inside a buffer: checked, nothing of it made until it is asked for.

    `offset` and `length` place it in the buffer, `valid` says whether its schema holds (for a
    message without a table: True). Attributes are read by name or id, each on its own.
    """

    __slots__ = ("_limits", "_registry", "data", "length", "message", "offset", "valid")

    def __init__(self, data: bytes, offset: int, valid: bool, registry: Registry, limits: Limits) -> None:
        self.data: bytes = data
        self.offset: int = offset
        self.length: int = len(data)
        self.message: int = wire.HEADER.unpack_from(data)[3]
        self.valid: bool = valid
        self._registry = registry
        self._limits = limits

    @property
    def name(self) -> str | None:
        """The message's name, or None where none is known."""
        return self._registry.message_name(self.message)

    def _find(self, key: str | int) -> tuple[int, int]:
        number = self._registry.attribute(key).id if isinstance(key, str) else key
        return number, wire.offsets(self.data).get(number, 0)

    def get(self, key: str | int, default: Any = None) -> Any:
        """Return the value of an attribute, by name or id. Raises LookupError for a name that is none."""
        number, position = self._find(key)
        if not position:
            return default
        _, word = wire.ATTRIBUTE.unpack_from(self.data, position)
        at = position + wire.ATTRIBUTE.size
        packed = self.data[position : at + (word & 0xFF_FFFF)]
        return self._registry.frame(self._limits).attributes.unpack(packed)[number]

    def __getitem__(self, key: str | int) -> Any:
        value = self.get(key, _ABSENT)
        if value is _ABSENT:
            raise KeyError(key)
        return value

    def __contains__(self, key: str | int) -> bool:
        return self._find(key)[1] != 0

    def event(self, *, policy: Policy = Policy.STRICT) -> Item:
        """Return the event, decoded: as `decode` gives it."""
        return decode(self.data, registry=self._registry, policy=policy, limits=self._limits)

    def __repr__(self) -> str:
        return f"<FrameView {self.name or self.message} at {self.offset}, {self.length} bytes>"


def scan(
    buffer: Buffer,
    *,
    registry: Registry = TLIBRARY,
    limits: Limits = DEFAULT_LIMITS,
    deep: bool = True,  # noqa: ARG001
) -> Iterator[FrameView | Gap]:
    """Iterate the frames in a buffer as `FrameView`s, and what is no frame as `Gap` or `MalformedFrame`.

    `deep` False leaves the contents of key-value lists unchecked, where an engine can: reading such
    a list is then the moment at which it may turn out to be malformed. This engine always checks.
    """
    decoder = StreamDecoder(registry=registry, limits=limits)
    decoder.feed(as_bytes(buffer))
    decoder.close()
    for item in decoder:
        if isinstance(item, Gap):
            yield item
        else:
            yield FrameView(decoder.data, decoder.offset, not isinstance(item, InvalidEvent), registry, limits)
