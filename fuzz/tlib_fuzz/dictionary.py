"""Words of the format, for fuzzers that learn nothing from a schema: AFL++ and libFuzzer read the same file.

Strategy: each word is bytes that a random change would hardly hit on: headers of messages and of attributes, pair types,
numbers that have names. All come from the registry.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from tlib_schemas import wire
from tlib_schemas.enumerations import TKVType
from tlib_schemas.registry import Registry
from tlib_schemas.tlibrary import TLIBRARY
from tlib_schemas.wire import Enum

_LENGTHS = (0, 1, 0x7FFF, 0x8000, 0xFFFF)


def words(registry: Registry = TLIBRARY) -> Iterator[tuple[str, bytes]]:
    """Names and bytes of the words."""
    sign = wire.MAGIC + bytes((wire.VERSION, 0))
    yield "sign", sign
    for schema in registry.schemas.values():
        yield f"frame_{schema.name}", sign + int(schema.message).to_bytes(2, "big")
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


def dictionary(registry: Registry = TLIBRARY) -> str:
    """The words as a dictionary file, each value once."""
    return file_of(words(registry))


def file_of(found: Iterable[tuple[str, bytes]]) -> str:
    """The text of a dictionary file: named words, each value once."""
    lines: dict[bytes, str] = {}
    for name, value in found:
        lines.setdefault(value, f'{re.sub(r"[^A-Za-z0-9_]", "_", name)}="{_escaped(value)}"')
    return "".join(f"{line}\n" for line in lines.values())


def _escaped(value: bytes) -> str:
    return "".join(chr(byte) if chr(byte).isalnum() and byte < 0x80 else f"\\x{byte:02x}" for byte in value)
