"""The messages of simulated servers: the handshake of a connection, and the link between primary and backup.

Strategy: three messages of T-Library's own with our facts in Extensions, so that any decoder reads them. A
connection begins with EventLinkConnected: the number of live calls that the server announces next, and the position
in the stream. A backup asks for the link with RequestRegisterClient; the primary then sends it no events but, before
the clients get them, the position in the stream (EventServerInfo). Both servers have the same stream, so the backup
needs no more.
"""

from __future__ import annotations

import time
from typing import Self

import msgspec

from tlib_codec.access import getter
from tlib_codec.engine import encode
from tlib_codec.stream import Gap, StreamItem
from tlib_schemas.enumerations import AttributeID, MessageType
from tlib_schemas.events import UnknownEvent
from tlib_schemas.general_events import EventLinkConnected
from tlib_schemas.registry import Item
from tlib_schemas.tlibrary import TLIBRARY
from tlib_schemas.values import Attributes, KVList
from tlib_simulator.story.call import timestamp

_EXTENSIONS = TLIBRARY.attribute_name(AttributeID.Extensions)
_extensions = getter(_EXTENSIONS, TLIBRARY)


class _Message(msgspec.Struct, frozen=True):
    """A message with its fields in Extensions; numbers are decimal text, since an Int pair has 32 bits."""

    def frame(self) -> bytes:
        """Return the frame of the message."""
        pairs = KVList((name, str(getattr(self, name))) for name in self.__struct_fields__)
        return encode(self._item(pairs))

    def _item(self, pairs: KVList) -> Item:
        return UnknownEvent(_MESSAGES[type(self)], Attributes({_EXTENSIONS: pairs}))

    @classmethod
    def of(cls, item: StreamItem) -> Self | None:
        """Return the message that an item is; None for any other item."""
        if isinstance(item, Gap) or item.message != _MESSAGES[cls]:
            return None
        pairs = _extensions(item)
        try:
            return msgspec.convert(dict(pairs or ()), cls, strict=False)
        except ValueError:  # msgspec's ValidationError is one; so is the UnicodeEncodeError of a text that is not UTF-8
            return None


class Handshake(_Message, frozen=True):
    """The first message of a connection: `calls` creations follow, `position` events precede; `stream` names the stream."""

    calls: int
    position: int
    stream: str

    def _item(self, pairs: KVList) -> Item:
        return EventLinkConnected(extensions=pairs, server=0, time=timestamp(time.time()))


class LinkRequest(_Message, frozen=True):
    """The request of a backup that has the same `stream`."""

    stream: str


class Progress(_Message, frozen=True):
    """The primary's `position` in the stream: the number of events sent."""

    position: int


_MESSAGES: dict[type[_Message], int] = {
    Handshake: MessageType.EventLinkConnected,
    LinkRequest: MessageType.RequestRegisterClient,
    Progress: MessageType.EventServerInfo,
}
