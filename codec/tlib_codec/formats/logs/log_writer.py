"""Write records as a T-Server's log: the output of ``tlib simulate -o FILE.log`` and ``--to log``."""

from __future__ import annotations

import datetime as dt
from typing import BinaryIO

from tlib_codec.formats.writers import RecordWriter
from tlib_codec.records import Record
from tlib_codec.stream import Gap
from tlib_schemas.call_events import EventCallCreated, EventCallDataChanged, EventCallDeleted
from tlib_schemas.registry import Registry

from .writer import tserver_text

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_OF_CALLS = (EventCallCreated, EventCallDataChanged, EventCallDeleted)  # a T-Server announces them in other words


class LogWriter(RecordWriter):
    """Writes a message a record, stamped with its time: UTC where the record has it, else the local time of its log."""

    def __init__(self, file: BinaryIO, registry: Registry) -> None:
        super().__init__(file, registry)
        self._begun = False

    def put(self, record: Record) -> None:
        """Write the record's message; a gap has none. Raises EncodeError where a log cannot print a value."""
        if isinstance(record.item, Gap):
            return
        origin = record.origin
        at = origin.time if origin.time is not None else origin.local_time or 0
        time = _EPOCH + dt.timedelta(microseconds=at // 1000)
        how = "distribute call/party event" if isinstance(record.item, _OF_CALLS) else "distribute_event"
        text = tserver_text(record.item, time, how=how, registry=self._registry).removesuffix("\n")
        if not self._begun:
            self._begun = True
            begin = f"{time:%Y-%m-%dT%H:%M:%S}.000"
            text = f"Local time:      {begin}\nUTC time:        {begin}\nApplication type: TServer (1)\n\n{text}"
        lines = [text, *(f"\t{name}\t{value}\n" for name, value in record.unnumbered.items()), "\n"]
        self._file.write("".join(lines).encode("utf-8", "surrogateescape"))
