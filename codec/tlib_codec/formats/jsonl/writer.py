"""Write JSON lines: a line a record, a line a diagnostic."""

from __future__ import annotations

import msgspec

from tlib_codec.formats.writers import RecordWriter
from tlib_codec.json_text import texts_to_data
from tlib_codec.records import Diagnostic, Record
from tlib_schemas.registry import Registry

from .items import dumps, to_data


def line_of(record: Record, registry: Registry) -> bytes:
    """Return the record's line, with its end; JSON has a form for every item."""
    time, source = record.origin.time, record.origin.to_data() or None
    if not record.unnumbered:
        return dumps(record.item, registry=registry, time=time, source=source) + b"\n"
    data = to_data(record.item, registry=registry, time=time)
    data["$unnumbered"] = texts_to_data(record.unnumbered)
    if source is not None:
        data["$source"] = source
    return msgspec.json.encode(data) + b"\n"


class LineWriter(RecordWriter):
    """Writes the lines that docs/json.md describes."""

    def put(self, record: Record) -> None:
        """Write the record's line."""
        self._file.write(line_of(record, self._registry))

    def put_diagnostic(self, diagnostic: Diagnostic) -> None:
        """Write the diagnostic as a ``$malformed`` line."""
        origin = diagnostic.origin
        self._file.write(dumps(diagnostic.as_item(), registry=self._registry, time=origin.time, source=origin.to_data()) + b"\n")
