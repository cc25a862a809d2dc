"""The calls on an abstract DN, as Extensions carry them: a typed view, read and write.

Source: "Extensions in EventAddressInfo and EventRegistered for Abstract DNs": ``conn-%d`` a ConnID
as text, ``ct-%d`` its CallType. ``ps-%d`` (party state bits) and ``call-uuid-%d`` are seen in the
field. Whether the first index is 0 or 1 is not public: both are read, and kept on writing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from .attributes import UUID_SHAPE
from .enumerations import TCallType, TPartyState
from .values import KVList, KVValue

# key prefix: field, type of the pair's value, how the field reads it
_FIELDS: dict[str, tuple[str, type[Any], Callable[[Any], Any]]] = {
    "conn": ("conn_id", str, str),
    "ct": ("call_type", int, TCallType),
    "ps": ("party_state", int, TPartyState),
    "call-uuid": ("call_uuid", str, str),
}
_CONN_ID = re.compile(r"[0-9a-fA-F]{16}")
_KEY = re.compile(rf"({'|'.join(_FIELDS)})-(0|[1-9][0-9]{{0,8}})")


class AbstractDNCall(msgspec.Struct, frozen=True, kw_only=True):
    """One call on an abstract DN; `index` is the number in its keys."""

    index: int
    conn_id: str | None = None
    call_type: TCallType | None = None
    party_state: TPartyState | None = None
    call_uuid: str | None = None


def calls_of(extensions: KVList | None) -> list[AbstractDNCall]:
    """Return the calls that Extensions list, by index.

    Pairs of another key or type are not calls; of a repeated pair the first counts.
    """
    found: dict[int, dict[str, Any]] = {}
    for key, value in extensions or ():
        place = _place(key, value)
        if place is not None:
            prefix, index = place
            name, _, convert = _FIELDS[prefix]
            found.setdefault(index, {}).setdefault(name, convert(value))
    return [AbstractDNCall(index=index, **fields) for index, fields in sorted(found.items())]


def extensions_of(calls: Iterable[AbstractDNCall], others: KVList | None = None) -> KVList:
    """Return Extensions that list `calls`, followed by the pairs of `others` that are not calls."""
    pairs: list[tuple[str, KVValue]] = []
    for call in calls:
        for prefix, (name, kind, _) in _FIELDS.items():
            value = getattr(call, name)
            if value is not None:
                pairs.append((f"{prefix}-{call.index}", kind(value)))
    pairs += [pair for pair in others or () if _place(*pair) is None]
    return KVList(pairs)


def is_call(key: str, value: KVValue) -> bool:
    """Return whether a pair of Extensions is part of a call on an abstract DN, with a well-formed value."""
    place = _place(key, value)
    if place is None or not isinstance(value, str):
        return place is not None
    return UUID_SHAPE.fits(value) if _FIELDS[place[0]][0] == "call_uuid" else _CONN_ID.fullmatch(value) is not None


def _place(key: str, value: KVValue) -> tuple[str, int] | None:
    match = _KEY.fullmatch(key)
    if match is None or not isinstance(value, _FIELDS[match[1]][1]):
        return None
    return match[1], int(match[2])
