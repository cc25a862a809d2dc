"""Write JSON lines: a line a record, a line a diagnostic."""

from __future__ import annotations

import msgspec

from tlib_codec.formats.writers import RecordWriter
from tlib_codec.records import Diagnostic, Record

from .items import dumps, to_data


class LineWriter(RecordWriter):
    """Writes the lines that docs/json.md describes."""

    def put(self, record: Record) -> None:
        """Write the record's line; JSON has a form for every item."""
        source = record.origin.to_data() or None
        if record.unnumbered:
            data = to_data(record.item, registry=self._registry)
            data["$unnumbered"] = record.unnumbered
            if source:
                data["$source"] = source
            line = msgspec.json.encode(data)
        else:
            line = dumps(record.item, registry=self._registry, source=source)
        self._file.write(line + b"\n")

    def put_diagnostic(self, diagnostic: Diagnostic) -> None:
        """Write the diagnostic as a ``$malformed`` line."""
        self._file.write(dumps(diagnostic.as_item(), registry=self._registry, source=diagnostic.origin.to_data()) + b"\n")
