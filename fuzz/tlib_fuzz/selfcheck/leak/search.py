"""Search bytes for many secrets at once, each in many encodings.

Strategy: every way in which a file may show a secret is a needle. Needles are filed under their first bytes, so the
search asks one set for each place of the data, and compares whole needles where it answers.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import quote

from .secrets import Secret

ENCODINGS: Final = ("utf-8", "utf-16-le", "utf-16-be", "cp1252", "cp1251", "koi8-r", "cp1253", "gbk", "shift_jis", "euc-kr", "euc-jp")
_LEAST: Final = 6  # bytes of the shortest needle
_LONG: Final = 8  # bytes under which longer needles are filed


def needles(secret: Secret) -> Iterator[bytes]:
    """Yield the bytes in which a secret may stand in a file."""
    planted = secret.data
    for text in {secret.text, secret.text[::-1], secret.text.lower(), secret.text.upper()}:
        for encoding in ENCODINGS:
            try:
                yield text.encode(encoding)
            except UnicodeEncodeError:
                continue
    middle = len(secret.text) // 2
    if middle >= _LONG:  # half of a long one is a leak too
        yield from (half.encode(secret.encoding) for half in (secret.text[:middle], secret.text[middle:]))
    for data in {planted, secret.text.encode(), planted[::-1]}:
        yield data
        yield from (data.hex().encode(), data.hex().upper().encode(), data.hex(" ").encode(), quote(data).encode())
        yield data.decode("cp1252", "replace").encode()  # read as another encoding, and written again
        yield data.decode("latin-1").encode()
        yield from _base64(data)
    wide = secret.text.encode("utf-16-be").hex()
    yield "".join(f"\\u{wide[at : at + 4]}" for at in range(0, len(wide), 4)).encode()  # as JSON escapes it
    if secret.plain:
        number = int(secret.text)
        for size in {max((number.bit_length() + 7) // 8, _LEAST), max((number.bit_length() + 7) // 8, 8)}:
            yield number.to_bytes(size)
            yield number.to_bytes(size, "little")
            yield from _base64(number.to_bytes(size))
        yield f"{number:x}".encode()


def _base64(data: bytes) -> Iterator[bytes]:
    """Yield the characters of base64 that depend on the data alone, for each place in a group of three bytes."""
    for before in range(3):
        text = base64.b64encode(bytes(before) + data)
        yield text[-(-before * 8 // 6) : (before + len(data)) * 8 // 6]


class Search:
    """Finds the secrets of a list in data."""

    def __init__(self, secrets: Iterable[Secret]) -> None:
        self._filed: dict[int, dict[bytes, list[tuple[bytes, Secret]]]] = {_LEAST: {}, _LONG: {}}
        for secret in secrets:
            for needle in set(needles(secret)):
                if len(needle) >= _LEAST:
                    size = _LONG if len(needle) >= _LONG else _LEAST
                    self._filed[size].setdefault(needle[:size], []).append((needle, secret))

    def found(self, data: bytes) -> set[Secret]:
        """Return the secrets that stand in the data."""
        result: set[Secret] = set()
        for size, filed in self._filed.items():
            for at in (at for at in range(len(data) - size + 1) if data[at : at + size] in filed):
                result.update(secret for needle, secret in filed[data[at : at + size]] if data.startswith(needle, at))
        return result
