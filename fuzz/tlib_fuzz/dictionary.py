"""Tokens that the readers look for, drawn from the registry: for mutators, and as a dictionary of libFuzzer and AFL++.

Strategy: names, numbers and marks come from where the codec itself has them, so a new attribute or
event is a new token without a line here.

    python -m tlib_fuzz.dictionary frame > frame.dict
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

from tlib_codec.signs import CAPTURES
from tlib_schemas import wire
from tlib_schemas.registry import Registry
from tlib_schemas.tlibrary import TLIBRARY
from tlib_schemas.wire import Attribute, Enum, WireType

_JSON = (b'"$binary":"', b'"$string":"', b'"$unicode":"', b'"$gap":{', b'"$malformed":{', b'"$violations":[', b'"$source":{', b'"Event":')
_PUNCTUATION = (b"{", b"}", b"[", b"]", b",", b":", b'"', b"null", b"true", b"1.5", b"-1", b"4294967296", b"\\ud800", b"#70000")
_LOG = (b"\n", b"\r\n", b"\t", b"\t\t", b"'", b"[", b"] ", b"'(", b")", b"..", b"@16:45:24.5942 [0] ", b": message ", b" = ", b"\xff")
_WORDS = tuple(n.to_bytes(size, order) for size in (2, 4) for n in (0, 1, 0x7FFF, 0xFFFF) for order in ("big", "little"))  # type: ignore[arg-type]
_BLOCKS = tuple(n.to_bytes(4, order) for n in (0x0A0D0D0A, 1, 2, 3, 6, 0x1A2B3C4D) for order in ("big", "little"))  # type: ignore[arg-type]


def frame_tokens(registry: Registry = TLIBRARY) -> list[bytes]:
    """The beginning of a frame of every event, and of every attribute with its type and a fixed length."""
    starts = [wire.HEADER.pack(wire.MAGIC, wire.VERSION, 0, message, 0)[:6] for message in registry.schemas]
    return starts + [_attribute(attribute) for attribute in registry.dictionary.values()]


def _attribute(attribute: Attribute) -> bytes:
    kind = WireType.String if attribute.value is None else attribute.value.wire_type
    size = (attribute.value.size or 0) if attribute.value is not None else 0
    return wire.ATTRIBUTE.pack(attribute.id, kind << 24 | size)


def names(registry: Registry = TLIBRARY) -> list[bytes]:
    """Every name that a text may print: attributes with their aliases, events, values of enumerations."""
    found: dict[str, None] = {}
    for attribute in registry.dictionary.values():
        found.update(dict.fromkeys((attribute.name, *attribute.aliases)))
        if isinstance(attribute.value, Enum):
            found.update(dict.fromkeys(member.label for member in attribute.value.enumeration))
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
            return [*CAPTURES, *_BLOCKS, *_WORDS, *frame_tokens(registry)]
    return [*_WORDS, *frame_tokens(registry)]


TOKENS: dict[str, Sequence[bytes]] = {kind: tokens(kind) for kind in ("frame", "stream", "json", "log", "capture")}


def write(found: Iterable[bytes]) -> str:
    """The text of a dictionary file: one quoted token a line."""
    return "".join(f'"{"".join(_escaped(byte) for byte in token)}"\n' for token in found)


def _escaped(byte: int) -> str:
    return chr(byte) if 0x20 <= byte < 0x7F and byte not in b'"\\' else f"\\x{byte:02X}"


if __name__ == "__main__":
    sys.stdout.write(write(dict.fromkeys(TOKENS[sys.argv[1]])))
