"""When a log line was written: its stamp, and the date that most stamps lack.

Strategy: a `Clock` follows the stamps of all lines, in order. Its date comes from the file's name
(``…20150529_164524…``), from the header's ``Local time:``, or from a stamp that has one; where the
time of day falls back by hours, midnight has passed. Lines of several threads may stand slightly
out of order, also around midnight, and summer time ends by one hour back: neither is a new day.

The zone comes from the header's ``UTC time:`` beside ``Local time:``, then from each event that carries its own time, since both
clocks differ by whole quarters of an hour; else it is the one that the caller names. An event's own time also gives the date that
a fragment of a log lacks.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from tlib_codec.clock import FURTHEST, QUARTER, to_utc
from tlib_codec.records import nanoseconds
from tlib_schemas.enumerations import AttributeID

_NAME = re.compile(r"(?<!\d)(\d{4})(\d\d)(\d\d)[_-](\d\d)(\d\d)(\d\d)(?!\d)", re.ASCII)
_HEADER = re.compile(r"(?:Local|UTC) time:\s*(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)", re.ASCII)
STAMP = re.compile(r"\s*(?:@|\[?(\d{4})-(\d\d)-(\d\d)[T ])?(\d\d):(\d\d):(\d\d)[.,](\d{3,6})", re.ASCII)
_DAY = dt.timedelta(days=1)
_EPOCH: Final = dt.datetime(1970, 1, 1)  # noqa: DTZ001 local time of a machine we do not know
_FIRST: Final = _EPOCH.toordinal()
_FAR = 2 * 3600  # seconds: falling back by more than this, the time of day has passed midnight
_SECOND: Final = 1_000_000_000
_NANOS_OF_DAY: Final = 86_400 * _SECOND
_SKEW: Final = 120 * _SECOND  # at most between the clock of a log without dates and its events, or they do not go together

TIMELESS, OF_DAY, DATED = range(3)
"""The kinds of a stamp: none, a time of day, a date and time."""

State: TypeAlias = tuple[int | None, int | None, int, str, int, int, int, int | None]
"""Nanoseconds by which the clock is ahead of UTC; the date as days since 1970; the last second of the day; the last stamp down to its
second as it stood in its line, its kind, its seconds (of the day, or since 1970), its microseconds; the last ``Local time:`` in seconds
since 1970 on the log's own clock."""


class Clock:
    """Follows the stamps of a log, line by line. `name` is the file's, `zone` that of a log that does not know its own."""

    def __init__(self, name: str = "", zone: dt.tzinfo | None = None) -> None:
        self.zone: dt.tzinfo | None = zone
        self.dated: int = 0
        """How often an event has given the date: the last stamp has another meaning then."""
        self._ahead: int | None = None  # nanoseconds by which the log's clock is ahead of UTC
        self._header: int | None = None  # the last ``Local time:``, in seconds since 1970 on the log's own clock
        self._date: dt.date | None = None
        self._last = 0  # seconds of the day
        self._text = ""  # the last stamp down to its second, as it stood in the line ...
        self._second: dt.datetime | dt.time | None = None  # ... the time it says, if it says one ...
        self._fraction = ""  # ... and the digits after it
        match = _NAME.search(name.replace("\\", "/").rsplit("/", 1)[-1])
        if match:
            self._start(match)

    def _start(self, match: re.Match[str]) -> None:
        year, month, day, hour, minute, second = map(int, match.groups())
        try:
            self._date = dt.date(year, month, day)
        except ValueError:
            return  # digits that are no date
        self._last = hour * 3600 + minute * 60 + second

    def _start_header(self, match: re.Match[str], *, utc: bool) -> None:
        try:
            moment = dt.datetime(*map(int, match.groups()))  # type: ignore[arg-type]  # noqa: DTZ001 a zone is what it lacks
        except ValueError:
            return
        seconds = nanoseconds(moment) // _SECOND
        if not utc:
            self._start(match)
            self._header = seconds
        elif self._header is not None and abs(ahead := (self._header - seconds) * _SECOND) <= FURTHEST:
            self._ahead = round(ahead / QUARTER) * QUARTER

    @property
    def state(self) -> State:
        """Return or set the state between two lines."""
        second = self._second
        micro = int(self._fraction.ljust(6, "0"))
        day = None if self._date is None else self._date.toordinal() - _FIRST
        if second is None:
            kind, seconds = TIMELESS, 0
        elif isinstance(second, dt.datetime):
            kind, seconds = DATED, nanoseconds(second) // _SECOND
        else:
            kind, seconds = OF_DAY, _of_day(second) // _SECOND
        return self._ahead, day, self._last, self._text, kind, seconds, micro, self._header

    @state.setter
    def state(self, state: State) -> None:
        self._ahead, day, self._last, self._text, kind, second, micro, self._header = state
        self._date = None if day is None else dt.date.fromordinal(day + _FIRST)
        moment = _EPOCH + dt.timedelta(seconds=second)
        self._second = None if kind == TIMELESS else moment if kind == DATED else moment.time()
        self._fraction = f"{micro:06}"

    @property
    def time(self) -> dt.datetime | dt.time | None:
        """Return the time of the last stamp, its time of day if the date is unknown; None if the stamp is no time."""
        return None if self._second is None else self._second.replace(microsecond=int(self._fraction.ljust(6, "0")))

    def stamps(self, time: dt.datetime | dt.time | None, values: Mapping[int, object]) -> dict[str, Any]:
        """Return the times of a message as fields of `Origin`: `time` is that of its line, `values` its attributes by id.

        The instant is the event's own time, which the logs of several machines have in common; else that of the line.
        """
        seconds, micros = values.get(AttributeID.TimeinSecs), values.get(AttributeID.TimeinuSecs)
        if isinstance(seconds, int) and time is not None:
            time = self._learn(time, seconds)
        if time is None:
            return {}
        if isinstance(time, dt.time):
            return {"time_of_day": _of_day(time)}
        local = nanoseconds(time)
        at = local - self._ahead if self._ahead is not None else None if self.zone is None else to_utc(local, self.zone)
        if isinstance(seconds, int) and abs(local - seconds * _SECOND) <= FURTHEST:
            own = seconds * _SECOND
            if isinstance(micros, int) and 0 <= micros < 1_000_000:
                at = own + micros * 1000
            elif at is None or at // _SECOND != seconds:  # else the line knows the fraction that the event lacks
                at = own
        return {"local_time": local} if at is None else {"time": at, "local_time": local}

    def _learn(self, time: dt.datetime | dt.time, seconds: int) -> dt.datetime | dt.time:
        """Take the zone, and the date if it is unknown, from the own time of an event; return the time of its line."""
        own = seconds * _SECOND
        if isinstance(time, dt.datetime):
            ahead = nanoseconds(time) - own
            if abs(ahead) <= FURTHEST:
                self._ahead = round(ahead / QUARTER) * QUARTER
            return time
        ahead = (_of_day(time) - own + _NANOS_OF_DAY // 2) % _NANOS_OF_DAY - _NANOS_OF_DAY // 2
        rounded = round(ahead / QUARTER) * QUARTER
        if abs(ahead - rounded) > _SKEW:
            return time
        moment = _EPOCH + dt.timedelta(microseconds=(own + ahead) // 1000)
        self._ahead, self._date, self._text = rounded, moment.date(), ""
        self.dated += 1
        self._last = moment.hour * 3600 + moment.minute * 60 + moment.second
        return moment

    def read(self, line: str) -> int:
        """Follow the stamp that `line` begins with; where the stamp ends, 0 where there is none."""
        match = STAMP.match(line)
        if match is None:
            if line.startswith(("Local time:", "UTC time:")) and (header := _HEADER.match(line)):
                self._start_header(header, utc=line[0] == "U")
            return 0
        self._fraction = match[7]
        text = line[: match.start(7)]
        if text != self._text:  # most lines are of the same second as the one before
            self._text = text
            try:
                self._second = self._moment(*match.groups())
            except (ValueError, OverflowError):
                self._second = None  # 99:99:99, or a day after the last of the calendar
        return match.end()

    def _moment(self, year: str | None, month: str, day: str, *clock: str) -> dt.datetime | dt.time:
        hour, minute, second = map(int, clock[:3])
        seconds = hour * 3600 + minute * 60 + second
        if year is not None:
            date = self._date = dt.date(int(year), int(month), int(day))
        elif self._date is None:
            return dt.time(hour, minute, second)
        else:
            date = self._follow(self._date, seconds)
        moment = dt.datetime(date.year, date.month, date.day, hour, minute, second)  # noqa: DTZ001 local time of a machine we do not know
        if date == self._date:
            self._last = seconds
        return moment

    def _follow(self, date: dt.date, seconds: int) -> dt.date:
        ahead = seconds - self._last
        if ahead < -_FAR:
            self._date = date + _DAY
            return self._date
        # Written before midnight by a thread that was late; the clock itself stays.
        return date - _DAY if ahead > 86_400 - _FAR else date


def _of_day(time: dt.time) -> int:
    return ((time.hour * 60 + time.minute) * 60 + time.second) * _SECOND + time.microsecond * 1000
