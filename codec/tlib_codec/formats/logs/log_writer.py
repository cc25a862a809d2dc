"""Write records as a T-Server's log: the output of ``tlib simulate -o FILE.log`` and ``--to log``."""

from __future__ import annotations

import datetime as dt
from typing import BinaryIO

from tlib_codec.clock import ShownZone
from tlib_codec.formats import WriteOptions
from tlib_codec.formats.writers import RecordWriter
from tlib_codec.records import Origin, Record
from tlib_codec.stream import Gap
from tlib_schemas.call_events import EventCallCreated, EventCallDataChanged, EventCallDeleted

from .writer import tserver_text

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_OF_CALLS = (EventCallCreated, EventCallDataChanged, EventCallDeleted)  # a T-Server announces them in other words


class LogWriter(RecordWriter):
    """Writes a message a record, stamped with its time in the shown zone; a local time of an unknown zone stays as it is."""

    def __init__(self, file: BinaryIO, options: WriteOptions) -> None:
        super().__init__(file, options.registry)
        self._zone = options.zone or ShownZone()
        self._begun = False

    def put(self, record: Record) -> None:
        """Write the record's message; a gap has none. Raises EncodeError where a log cannot print a value."""
        if isinstance(record.item, Gap):
            return
        time = self._local(record.origin)
        how = "distribute call/party event" if isinstance(record.item, _OF_CALLS) else "distribute_event"
        text = tserver_text(record.item, time, how=how, registry=self._registry).removesuffix("\n")
        if not self._begun:
            self._begun = True
            text = f"{self._head(record.origin, time)}Application type: TServer (1)\n\n{text}"
        lines = [text, *(f"\t{name}\t{value}\n" for name, value in record.unnumbered.items()), "\n"]
        self._file.write("".join(lines).encode("utf-8", "surrogateescape"))

    def _local(self, origin: Origin) -> dt.datetime:
        """Return the stamp of a record, as a clock in the shown zone prints it."""
        self._zone.settle(origin)
        at = (origin.local_time or origin.time_of_day or 0) if origin.time is None else self._zone.local(origin.time)
        return _EPOCH + dt.timedelta(microseconds=at // 1000)

    @staticmethod
    def _head(origin: Origin, time: dt.datetime) -> str:
        """Return the lines that tell the date, and the zone where it is known."""
        head = f"Local time:      {time:%Y-%m-%dT%H:%M:%S}.000\n" if origin.time_of_day is None or origin.time is not None else ""
        if origin.time is None:
            return head
        utc = _EPOCH + dt.timedelta(microseconds=origin.time // 1000)
        return f"{head}UTC time:        {utc:%Y-%m-%dT%H:%M:%S}.000\n"
