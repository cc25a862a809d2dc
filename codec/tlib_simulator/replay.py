"""Select the events of a recording, and rewrite their identifiers, numbers and times.

Strategy: a recording is a sequence of items with their times and bytes. Without rewriting an item keeps its bytes,
malformed ones included. Rewriting goes through the attributes by id, so identifiers change alike in every message,
also in one without a table. Pseudonyms come from a secret: the same secret gives the same new identifiers.
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
from tlib_schemas.kinds import Category
from tlib_schemas.registry import Item, Registry
from tlib_schemas.tlibrary import TLIBRARY

_WITH_IDS = frozenset({Category.IDS, Category.LISTS})


class RecordedItem(msgspec.Struct, frozen=True):
    """An item of a recording, its time in seconds (from any origin), and its bytes."""

    time: float
    event: StreamItem
    frame: bytes


class Rewriting(msgspec.Struct, frozen=True, kw_only=True):
    """The changes to a recording.

    `ids` gives calls new CallUUIDs and ConnIDs, `numbers` replaces numbers of people by pseudonyms, both from
    `secret`; `start` shifts the times in events so that the first is `start`, in whole seconds since 1970.
    """

    secret: bytes = b""
    ids: bool = False
    numbers: bool = False
    start: int | None = None


def rewrite(recording: Iterable[RecordedItem], rewriting: Rewriting, registry: Registry = TLIBRARY) -> Iterator[RecordedItem]:
    """Yield the recording with the changes of `rewriting`, without gaps and malformed frames, which may hold any data."""
    redactors = [Redactor(rewriting.secret, rules=_only_ids(registry), registry=registry)] if rewriting.ids else []
    if rewriting.numbers:
        redactors.append(Redactor(rewriting.secret, registry=registry))
    shift: int | None = None
    for recorded in recording:
        item = recorded.event
        if isinstance(item, Gap):
            continue
        for redactor in redactors:
            item = redactor.item(item)
        if rewriting.start is not None:
            shift = rewriting.start - int(recorded.time) if shift is None else shift
            item = _shift(item, shift, registry)
        yield RecordedItem(recorded.time, item, encode(item, registry=registry, policy=Policy.LENIENT))


def _only_ids(registry: Registry) -> Rules:
    """Return the rules that replace identifiers and keep everything else."""
    with_ids = {number for number, attribute in registry.dictionary.items() if attribute.category in _WITH_IDS}
    return Rules(keep=tuple(f"#{number}" for number in range(0x1_0000) if number not in with_ids), replace=("ids",), only_keys=())


def _shift(item: Item, seconds: int, registry: Registry) -> Item:
    if not isinstance(item, Event) and not isinstance(item.message, int):
        return item
    message, values = registry.lay_out(item)
    carried = values.get(AttributeID.TimeinSecs)
    if not isinstance(carried, int):
        return item
    values[AttributeID.TimeinSecs] = (carried + seconds) % (1 << 32)
    return registry.assemble(message, values)


def select_calls(recording: Iterable[RecordedItem], calls: Iterable[str], registry: Registry = TLIBRARY) -> Iterator[RecordedItem]:
    """Yield the events of the named calls. A CallUUID or ConnID names a call; an event with both connects the two."""
    names = {name.upper() if len(name) > 16 else name.lower() for name in calls}
    for recorded in recording:
        if isinstance(recorded.event, Gap):
            continue
        _, values = registry.lay_out(recorded.event)
        own = {str(values[number]) for number in (AttributeID.CallUUID, AttributeID.ConnID) if number in values}
        if own & names:
            names |= own
            yield recorded
