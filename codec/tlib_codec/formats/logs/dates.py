"""When a log line was written: its stamp, and the date that most stamps lack.

Strategy: a `Clock` follows the stamps of all lines, in order. Its date comes from the file's name
(``…20150529_164524…``), from the header's ``Local time:``, or from a stamp that has one; where the
time of day falls back by hours, midnight has passed. Lines of several threads may stand slightly
out of order, also around midnight, and summer time ends by one hour back: neither is a new day.
"""

from __future__ import annotations

import datetime as dt
import re

_NAME = re.compile(r"(?<!\d)(\d{4})(\d\d)(\d\d)[_-](\d\d)(\d\d)(\d\d)(?!\d)", re.ASCII)
_LOCAL = re.compile(r"Local time:\s*(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)", re.ASCII)
STAMP = re.compile(r"\s*(?:@|\[?(\d{4})-(\d\d)-(\d\d)[T ])?(\d\d):(\d\d):(\d\d)[.,](\d{3,6})", re.ASCII)
_DAY = dt.timedelta(days=1)
_FAR = 2 * 3600  # seconds: falling back by more than this, the time of day has passed midnight


class Clock:
    """Follows the stamps of a log, line by line. `name` is the file's."""

    def __init__(self, name: str = "") -> None:
        self._date: dt.date | None = None
        self._last = 0  # seconds of the day
        self._text = ""  # the last stamp down to its second, as it stood in the line ...
        self._second: dt.datetime | None = None  # ... the time it says, if it says one ...
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

    @property
    def time(self) -> dt.datetime | None:
        """Return the time of the last stamp; None if the date is unknown or the stamp is no time."""
        return None if self._second is None else self._second.replace(microsecond=int(self._fraction.ljust(6, "0")))

    def read(self, line: str) -> int:
        """Follow the stamp that `line` begins with; where the stamp ends, 0 where there is none."""
        match = STAMP.match(line)
        if match is None:
            if line.startswith("Local time:") and (header := _LOCAL.match(line)):
                self._start(header)
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

    def _moment(self, year: str | None, month: str, day: str, *clock: str) -> dt.datetime | None:
        hour, minute, second = map(int, clock[:3])
        seconds = hour * 3600 + minute * 60 + second
        if year is not None:
            date = self._date = dt.date(int(year), int(month), int(day))
        elif self._date is None:
            return None
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
