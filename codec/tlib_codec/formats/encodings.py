"""The encoding of a text: UTF-8, another one that a user names, or UTF-16 by its byte order mark.

Strategy: lines are split as bytes and decoded one by one, so a line in another encoding does not spoil the next. UTF-16 and UTF-32
spread a line feed over several bytes; `transcoded` turns them into UTF-8 before lines are split.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from typing import Final

MARKS: Final = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
"""The byte order marks of UTF-16, and the encoding of the bytes after them."""

FALLBACK: Final = "cp1252"
"""The encoding of a line that is not UTF-8, where no encoding is named."""

_WIDE: Final = frozenset({"utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"})
_PLAIN: Final = b"@16:45:24.5942 message EventOnHook\n\tAttributeThisDN\t'2001'"
_EVERY: Final = bytes(range(256))
_DECODED: Final = re.compile("[^\0-\x7f\udc80-\udcff]")  # a character beyond ASCII that is no escaped byte


def checked(name: str) -> str:
    """Return Python's name of the encoding `name`. Raise ValueError where it is no encoding of text."""
    try:
        encoding = codecs.lookup(name).name
        fits = encoding in _WIDE or (_PLAIN.decode(encoding) == _PLAIN.decode() and bool(_EVERY.decode(encoding, "surrogateescape")))
    except (LookupError, ValueError):
        fits = False
    if not fits:
        raise ValueError(f"{name!r}: expected the encoding of a text, such as utf-8, latin-1, windows-1252 or utf-16")
    return encoding


def is_wide(encoding: str) -> bool:
    """Return whether a line feed in `encoding` (as `checked` returns it) is more than one byte."""
    return encoding in _WIDE


def transcoded(pieces: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """Yield text in a wide encoding as UTF-8; U+FFFD stands for half a character."""
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    for piece in pieces:
        yield decoder.decode(piece).encode()
    yield decoder.decode(b"", final=True).encode()


def has_decoded(text: str) -> bool:
    """Return whether `text`, decoded with surrogateescape, has a character beyond ASCII that its encoding explains."""
    return _DECODED.search(text) is not None
