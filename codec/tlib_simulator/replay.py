"""A recorded stream, told again: which of it, when, and under which names.

Strategy: a recording is any sequence of items with their bytes and times. What is not rewritten
keeps its bytes, wrong ones included; what is rewritten goes through the attributes by id, so every
message has its identifiers changed alike, also one without a table. Pseudonyms come from a secret:
the same secret gives the same fresh identifiers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from tlib_codec.engine import encode
from tlib_codec.redact import Redactor, Rules
from tlib_codec.reference import Policy
from tlib_codec.stream import Gap, StreamItem
from tlib_schemas.enumerations import AttributeID
from tlib_schemas.events import Event
from tlib_schemas.registry import Item, Registry
from tlib_schemas.tlibrary import TLIBRARY

_LISTS_OF_IDS = frozenset({AttributeID.Extensions, AttributeID.ISLinkList})
_ONLY_IDS = Rules(ids=True, keys=(), kept=frozenset(range(0x1_0000)) - _LISTS_OF_IDS)


class Recorded(msgspec.Struct, frozen=True):
    """An item of a recording, when it was told (seconds since anything), and its bytes."""

    time: float
    event: StreamItem
    data: bytes


class Rewriting(msgspec.Struct, frozen=True, kw_only=True):
    """What is changed: `ids` of calls become fresh ones, `numbers` of people pseudonyms, both under `secret`; with
    `start` the times that events carry are moved, so that the first is that, in whole seconds since 1970.
    """

    secret: bytes = b""
    ids: bool = False
    numbers: bool = False
    start: int | None = None


def rewritten(recording: Iterable[Recorded], what: Rewriting, registry: Registry = TLIBRARY) -> Iterator[Recorded]:
    """The recording under other names and times. Gaps and broken frames, which may hold anything, are left out."""
    redactors = [Redactor(what.secret, rules=_ONLY_IDS, registry=registry)] if what.ids else []
    if what.numbers:
        redactors.append(Redactor(what.secret, registry=registry))
    shift: int | None = None
    for one in recording:
        item = one.event
        if isinstance(item, Gap):
            continue
        for redactor in redactors:
            item = redactor.item(item)
        if what.start is not None:
            shift = what.start - int(one.time) if shift is None else shift
            item = _moved(item, shift, registry)
        yield Recorded(one.time, item, encode(item, registry=registry, policy=Policy.LENIENT))


def _moved(item: Item, seconds: int, registry: Registry) -> Item:
    if not isinstance(item, Event) and not isinstance(item.message, int):
        return item
    message, values = registry.lay_out(item)
    carried = values.get(AttributeID.TimeinSecs)
    if not isinstance(carried, int):
        return item
    values[AttributeID.TimeinSecs] = (carried + seconds) % (1 << 32)
    return registry.assemble(message, values)


def of_call(recording: Iterable[Recorded], wanted: Iterable[str], registry: Registry = TLIBRARY) -> Iterator[Recorded]:
    """The events of some calls, each named by its CallUUID or ConnID; once both are known, either will do."""
    names = {name.upper() if len(name) > 16 else name.lower() for name in wanted}
    for one in recording:
        if isinstance(one.event, Gap):
            continue
        _, values = registry.lay_out(one.event)
        own = {str(values[number]) for number in (AttributeID.CallUUID, AttributeID.ConnID) if number in values}
        if own & names:
            names |= own
            yield one
