"""Word the violations of invalid frames once for all frames of a signature.

Strategy: frames that break the same demands of the same table differ in the offsets of their violations alone. So one of them is
decoded with marks for offsets, and the text of its violations is cut at the marks. Each hole gets the attributes at whose first the
offset points, so that the core finds the offset in any other frame.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, TypeAlias

import msgspec

from tlib_codec.records import Frames
from tlib_schemas.errors import Violation
from tlib_schemas.events import InvalidEvent
from tlib_schemas.limits import Limits
from tlib_schemas.registry import Registry

Wording: TypeAlias = tuple[bytes, list[tuple[int, tuple[int, ...]]]]
"""A text without offsets, and the place of each, with the numbers of the attributes at whose first it points (none: at the frame)."""

_MARK: Final = 9_000_000_000_000_000_000  # no offset is as large
_MARKS: Final = re.compile(rb"9[0-9]{18}")


def wording_of(text_of: Callable[[InvalidEvent], bytes]) -> Callable[[Frames, int, Registry, Limits], Wording | None]:
    """Return the function that words the frame at a place; its text is that of `text_of`.

    It returns None where the frame is not invalid, or where a number in the text could be taken for a mark.
    """

    def wording(frames: Frames, place: int, registry: Registry, limits: Limits) -> Wording | None:
        [record] = frames.select([place]).records(registry, limits)
        item = record.item
        if not isinstance(item, InvalidEvent):
            return None
        marked = tuple(_marked(one, _MARK + number) for number, one in enumerate(item.violations))
        text = text_of(msgspec.structs.replace(item, violations=marked))
        pieces, holes, end = [], [], 0
        for found in _MARKS.finditer(text):
            number = int(found[0]) - _MARK
            if number >= len(marked) or marked[number].offset is None or text.count(found[0]) > 1:
                return None
            pieces.append(text[end : found.start()])
            end = found.end()
            holes.append((sum(map(len, pieces)), _attributes(item.violations[number], item, registry)))
        return b"".join([*pieces, text[end:]]), holes

    return wording


def _marked(violation: Violation, mark: int) -> Violation:
    return violation if violation.offset is None else msgspec.structs.replace(violation, offset=mark)


def _attributes(violation: Violation, item: InvalidEvent, registry: Registry) -> tuple[int, ...]:
    """Return the numbers of the attributes to whose first a violation's offset points, as `EventSchema.violations` chooses it."""
    if not violation.attribute:
        return ()
    schema = registry.schema(*registry.lay_out(item))
    assert schema is not None, "an invalid event has a table"
    if violation.code != "unlisted-attribute":
        return next(tuple(field.ids) for field in schema.fields if field.label == violation.attribute)
    return (registry.attribute_number(violation.attribute),)
