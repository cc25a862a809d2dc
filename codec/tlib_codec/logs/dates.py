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
        self.last: dt.datetime | None = None  # the time of the last stamp
        self._date: dt.date | None = None
        self._last = 0  # seconds of the day
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

    def header(self, line: str) -> None:
        """Take the date from a line of the file's header, if it is the one that has it."""
        match = _LOCAL.match(line)
        if match:
            self._start(match)

    def read(self, line: str) -> tuple[dt.datetime | None, int]:
        """The time of the stamp that `line` begins with, and where the stamp ends (0: no stamp).

        The time is None where no date is known, or where it is no time at all.
        """
        match = STAMP.match(line)
        if match is None:
            return None, 0
        year, month, day, hour, minute, second, fraction = match.groups()
        seconds = int(hour) * 3600 + int(minute) * 60 + int(second)
        micro = int(fraction.ljust(6, "0"))
        try:
            if year is not None:
                date = self._date = dt.date(int(year), int(month), int(day))
            elif self._date is None:
                return None, match.end()
            else:
                date = self._follow(self._date, seconds)
            moment = dt.datetime(date.year, date.month, date.day, int(hour), int(minute), int(second), micro)  # noqa: DTZ001 local time of a machine we do not know
        except (ValueError, OverflowError):
            return None, match.end()  # 99:99:99, or a day after the last of the calendar
        if date == self._date:
            self._last = seconds
        self.last = moment
        return moment, match.end()

    def _follow(self, date: dt.date, seconds: int) -> dt.date:
        ahead = seconds - self._last
        if ahead < -_FAR:
            self._date = date + _DAY
            return self._date
        # Written before midnight by a thread that was late; the clock itself stays.
        return date - _DAY if ahead > 86_400 - _FAR else date
