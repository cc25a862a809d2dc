"""Tokens that the readers of each kind of input look for: for mutators, which put them where chance would not.

Strategy: names and numbers come from the registry (those of frames from `dictionary`, which is for other
people's parsers), so a new attribute or event is a new token without a line here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from tlib_codec.formats.signs import CAPTURES
from tlib_schemas.registry import Registry
from tlib_schemas.tlibrary import TLIBRARY
from tlib_schemas.wire import Enum

from .dictionary import words

_ORDERS: tuple[Literal["big", "little"], ...] = ("big", "little")
_JSON = (b'"$binary":"', b'"$string":"', b'"$unicode":"', b'"$gap":{', b'"$malformed":{', b'"$violations":[', b'"$source":{', b'"Event":')
_PUNCTUATION = (b"{", b"}", b"[", b"]", b",", b":", b'"', b"null", b"true", b"1.5", b"-1", b"4294967296", b"\\ud800", b"#70000")
_LOG = (b"\n", b"\r\n", b"\t", b"\t\t", b"'", b"[", b"] ", b"'(", b")", b"..", b"@16:45:24.5942 [0] ", b": message ", b" = ", b"\xff")
_WORDS = tuple(n.to_bytes(size, order) for size in (2, 4) for n in (0, 1, 0x7FFF, 0xFFFF) for order in _ORDERS)
_BLOCKS = tuple(n.to_bytes(4, order) for n in (0x0A0D0D0A, 1, 2, 3, 6, 0x1A2B3C4D) for order in _ORDERS)


def names(registry: Registry = TLIBRARY) -> list[bytes]:
    """Every name that a text may print: attributes with their aliases, events, values of enumerations."""
    found: dict[str, None] = {}
    for attribute in registry.dictionary.values():
        found.update(dict.fromkeys((attribute.name, *attribute.aliases)))
        if isinstance(attribute.value, Enum):
            found.update(dict.fromkeys(member.label or "" for member in attribute.value.enumeration))
    found.update(dict.fromkeys(schema.name for schema in registry.schemas.values()))
    return [name.encode() for name in found if name]


def tokens(kind: str, registry: Registry = TLIBRARY) -> list[bytes]:
    """The tokens of one kind of input."""
    match kind:
        case "json":
            return [*_JSON, *_PUNCTUATION, *(b'"%b":' % name for name in names(registry)), *(b'"%b"' % name for name in names(registry))]
        case "log":
            return [*_LOG, *names(registry), *(b"\n\tAttribute%b\t" % name for name in names(registry))]
        case "capture":
            return [*CAPTURES, *_BLOCKS, *_WORDS, *(word for _, word in words(registry))]
    return [*_WORDS, *(word for _, word in words(registry))]


TOKENS: dict[str, Sequence[bytes]] = {kind: tokens(kind) for kind in ("frame", "case", "stream", "json", "log", "capture")}
