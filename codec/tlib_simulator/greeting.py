"""What simulated servers say of themselves: the greeting of a connection, and the link of a pair.

Strategy: three messages of T-Library's own, with our facts in Extensions, so that any decoder reads
them. The server greets with EventLinkConnected: a fresh start, the number of live calls that are
announced behind it, and how many events of the story have been told. A backup asks for the link
with RequestRegisterClient; the primary then sends it no events but, ahead of everybody else's,
how far the story has been told (EventServerInfo). Both tell the same story, so that is all a
backup must know.
"""

from __future__ import annotations

from typing import Self

import msgspec

from tlib_codec.engine import encode
from tlib_codec.stream import StreamItem
from tlib_schemas.enumerations import AttributeID, MessageType
from tlib_schemas.events import UnknownEvent
from tlib_schemas.tlibrary import TLIBRARY
from tlib_schemas.values import Attributes, KVList

_EXTENSIONS = TLIBRARY.attribute_name(AttributeID.Extensions)


class _Said(msgspec.Struct, frozen=True):
    """A message whose facts stand in Extensions; numbers are written in decimal, since an Int pair has 32 bits."""

    def message(self) -> bytes:
        """Its frame."""
        facts = KVList((name, str(getattr(self, name))) for name in self.__struct_fields__)
        return encode(UnknownEvent(_MESSAGES[type(self)], Attributes({_EXTENSIONS: facts})))

    @classmethod
    def of(cls, item: StreamItem) -> Self | None:
        """What the item says; None where it is another message, or says something else."""
        if not isinstance(item, UnknownEvent) or item.message != _MESSAGES[cls]:
            return None
        facts = item.attributes.get(_EXTENSIONS)
        try:
            return msgspec.convert(dict(facts or ()), cls, strict=False)
        except ValueError:  # msgspec's ValidationError is one, UnicodeEncodeError of a text that is not UTF-8 another
            return None


class Greeting(_Said, frozen=True):
    """The first message of a connection: `calls` creations follow, `told` events went before; `story` names what is told."""

    calls: int
    told: int
    story: str


class LinkRequest(_Said, frozen=True):
    """A backup that tells the same `story` asks to be kept in step."""

    story: str


class Progress(_Said, frozen=True):
    """On the link: so many events have been told."""

    told: int


_MESSAGES: dict[type[_Said], int] = {
    Greeting: MessageType.EventLinkConnected,
    LinkRequest: MessageType.RequestRegisterClient,
    Progress: MessageType.EventServerInfo,
}
