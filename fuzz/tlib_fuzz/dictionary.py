"""Tokens of the protocol for fuzzers, which chance would hardly produce; AFL++ and libFuzzer read the same dictionary file.

Strategy: names and numbers come from the registry, so a new attribute or event adds its tokens without a change here.
`words` are the tokens of frames. `TOKENS` has those of each kind of input, for the mutators of `selfcheck`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Literal

from tlib_codec.formats.captures import MAGIC as CAPTURES
from tlib_schemas import wire
from tlib_schemas.enumerations import TKVType
from tlib_schemas.registry import Registry
from tlib_schemas.tlibrary import TLIBRARY
from tlib_schemas.wire import Enum

_NO_NAME = re.compile(r"[^A-Za-z0-9_]")
_LENGTHS = (0, 1, 0x7FFF, 0x8000, 0xFFFF)
_ORDERS: tuple[Literal["big", "little"], ...] = ("big", "little")
_JSON = (b'"$binary":"', b'"$string":"', b'"$unicode":"', b'"$gap":{', b'"$malformed":{', b'"$violations":[', b'"$source":{', b'"Event":')
_PUNCTUATION = (b"{", b"}", b"[", b"]", b",", b":", b'"', b"null", b"true", b"1.5", b"-1", b"4294967296", b"\\ud800", b"#70000")
_LOG = (b"\n", b"\r\n", b"\t", b"\t\t", b"'", b"[", b"] ", b"'(", b")", b"..", b"@16:45:24.5942 [0] ", b": message ", b" = ", b"\xff")
_NUMBERS = tuple(n.to_bytes(size, order) for size in (2, 4) for n in (0, 1, 0x7FFF, 0xFFFF) for order in _ORDERS)
_BLOCKS = tuple(n.to_bytes(4, order) for n in (0x0A0D0D0A, 1, 2, 3, 6, 0x1A2B3C4D) for order in _ORDERS)


def words(registry: Registry = TLIBRARY) -> Iterator[tuple[str, bytes]]:
    """Yield names and bytes: headers of messages and attributes, pair types, named numbers, lengths."""
    magic = wire.MAGIC + bytes((wire.VERSION, 0))
    yield "magic", magic
    for schema in registry.tables:
        yield f"frame_{schema.name}", magic + int(schema.message).to_bytes(2, "big")
    for number, attribute in registry.dictionary.items():
        value = attribute.value
        head = number.to_bytes(2, "big")
        if value is None:
            yield f"id_{attribute.name}", head
            continue
        size = b"" if value.size is None else value.size.to_bytes(3, "big")
        yield f"attribute_{attribute.name}", head + bytes((value.wire_type,)) + size
        if isinstance(value, Enum):
            for member in value.enumeration:
                if 0 <= member <= 0xFFFF_FFFF:
                    yield f"value_{attribute.name}_{member.label}", int(member).to_bytes(4, "big")
    for kind in TKVType:
        if kind >= 0:
            yield f"pair_{kind.label}", bytes((kind,)) + (b"\0\x01\0\x04" if kind is TKVType.Int else b"\0\x01\0\0")
    for length in _LENGTHS:
        yield f"length_{length}", length.to_bytes(2, "big")


def names(registry: Registry = TLIBRARY) -> list[bytes]:
    """Return every name that text may print: attributes with their aliases, values of enumerations, events."""
    every: list[str | None] = []
    for attribute in registry.dictionary.values():
        every += (attribute.name, *attribute.aliases)
        if isinstance(attribute.value, Enum):
            every += (member.label for member in attribute.value.enumeration)
    every += (schema.name for schema in registry.tables)
    return [name.encode() for name in dict.fromkeys(every) if name]


def dictionary(registry: Registry = TLIBRARY) -> str:
    """Return the words as a dictionary file, each value once."""
    return file_of(words(registry))


def file_of(tokens: Iterable[tuple[str, bytes]]) -> str:
    """Return the text of a dictionary file: named tokens, each value once."""
    lines: dict[bytes, str] = {}
    for name, value in tokens:
        lines.setdefault(value, f'{_NO_NAME.sub("_", name)}="{_escaped(value)}"')
    return "".join(f"{line}\n" for line in lines.values())


def _escaped(value: bytes) -> str:
    return "".join(chr(byte) if chr(byte).isalnum() and byte < 0x80 else f"\\x{byte:02x}" for byte in value)


def _tokens() -> dict[str, Sequence[bytes]]:
    text, frames = names(), (*_NUMBERS, *(word for _, word in words()))
    return {
        "frame": frames,
        "case": frames,
        "stream": frames,
        "json": [*_JSON, *_PUNCTUATION, *(b'"%b":' % name for name in text), *(b'"%b"' % name for name in text)],
        "log": [*_LOG, *text, *(b"\n\tAttribute%b\t" % name for name in text)],
        "capture": [*CAPTURES, *_BLOCKS, *frames],
    }


TOKENS: Final = _tokens()
