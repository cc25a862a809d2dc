"""Read the call at other sites out of a list, and weigh values.

The keys inside ISLinkList are not public. An identifier is recognised by its shape: a
CallUUID of 32 characters, a ConnID of 16 hex digits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tlib_schemas.attributes import UUID_SHAPE
from tlib_schemas.values import KVList

_CONN_ID = re.compile(r"[0-9a-fA-F]{16}", re.ASCII)


def is_conn_id(text: str) -> bool:
    """Return whether a text looks like a ConnID."""
    return len(text) == 16 and _CONN_ID.fullmatch(text) is not None


def sites(links: KVList, most: int) -> Iterator[tuple[str | None, str | None]]:
    """Yield CallUUID and ConnID of each call that a list names, `most` at most; a nested list is one site."""
    lists = [links]
    while lists and most > 0:
        current = lists.pop()
        uuid: str | None = None
        conn: str | None = None
        for _, value in current:
            if isinstance(value, KVList):
                lists.append(value)
            elif isinstance(value, str):
                if UUID_SHAPE.fits(value):
                    uuid = uuid or str(value)
                elif is_conn_id(value):
                    conn = conn or str(value).lower()
        if uuid is not None or conn is not None:
            most -= 1
            yield uuid, conn


def weight(value: Any) -> int:
    """Return the approximate size of a value in bytes."""
    if type(value) is str:
        return 60 + len(value)
    if value is None:
        return 0
    if isinstance(value, KVList):
        return 100 + value.packed_size
    if isinstance(value, str | bytes):
        return 60 + len(value)
    return 40
