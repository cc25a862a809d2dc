"""Replace the values of a record: those of its event, its origin and its attributes without a public number.

Strategy: an origin keeps places and times, which tell of nobody; all else in it may hold names or addresses, and is left out.
"""

from __future__ import annotations

from typing import Final

from tlib_codec.records import Origin, Record
from tlib_codec.stream import Gap

from .items import Redactor

_PLACES: Final = ("line", "packet", "offset", "time", "local_time", "time_of_day")
_DIRECTIONS: Final = frozenset({"to-server", "to-client", "received", "sent"})


def safe_record(redactor: Redactor, record: Record) -> Record:
    """Return the record with pseudonyms. Raise TypeError for a gap or a malformed frame, EncodeError for a value that has none."""
    if isinstance(record.item, Gap):
        raise TypeError("a gap or a malformed frame cannot be made safe: leave it out")
    unnumbered = {redactor.key(name): redactor.printed(None, str(text)) for name, text in record.unnumbered.items()}
    return Record(redactor.item(record.item), origin=safe_origin(redactor, record.origin), unnumbered=unnumbered)


def safe_origin(redactor: Redactor, origin: Origin) -> Origin:
    """Return the origin without names of machines, files and people, addresses, versions, or words; count it if it had any."""
    safe = Origin(
        **{name: getattr(origin, name) for name in _PLACES},
        file="input" if origin.file else "",
        direction=origin.direction if origin.direction in _DIRECTIONS else "",
        connection=origin.connection if isinstance(origin.connection, int) else None,
    )
    redactor.counts["$source"] += safe != origin
    return safe
