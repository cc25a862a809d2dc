"""Events as a T-Server's log: the writer of ``tlib simulate -o FILE.log``."""

from __future__ import annotations

import datetime as dt
from typing import BinaryIO

from tlib_codec.formats.logs.writer import tserver_text
from tlib_schemas.call_events import EventCallCreated, EventCallDataChanged, EventCallDeleted
from tlib_schemas.events import Event

from .inputs import Found, Problem

_OF_CALLS = (EventCallCreated, EventCallDataChanged, EventCallDeleted)


class Log:
    """A T-Server's log that begins at `start`; its stamps are in UTC."""

    def __init__(self, file: BinaryIO, start: dt.datetime) -> None:
        self._file = file
        begin = f"{start.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%S}.000"
        file.write(f"Local time:      {begin}\nUTC time:        {begin}\nApplication type: TServer (1)\n\n".encode())

    def write(self, found: Found) -> str:
        """Write the event's message."""
        assert isinstance(found.item, Event)
        how = "distribute call/party event" if isinstance(found.item, _OF_CALLS) else "distribute_event"
        time = dt.datetime.fromisoformat(found.source["time"])
        self._file.write(tserver_text(found.item, time, how=how).encode())
        return ""

    def problem(self, problem: Problem) -> None:
        """There is none."""

    def flush(self) -> None:
        """Let everything written so far be seen."""
        self._file.flush()

    def close(self) -> None:
        """Nothing ends a log."""
