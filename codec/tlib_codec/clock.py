"""The time of a record: its instant in UTC, and the zone in which times are shown and asked for.

Strategy: a record has one instant, `Origin.time`. A reader knows it (the clock of a capture; in a log the event's own time, TimeinSecs
and TimeinuSecs, else the line's stamp where the zone is known), or `timed` completes it while the input is read: the event's own
time, else the local time in the zone that the caller names. Nothing behind the reader computes a time again. `ShownZone` is the
zone of one run: a table prints in it, and `Span` understands times without a zone in it.
"""

from __future__ import annotations

import datetime as dt
import re
from array import array
from collections.abc import Callable, Iterable, Iterator
from typing import Final

import msgspec

from tlib_schemas.registry import Registry

from .access import closest, own_time
from .records import NO_TIME, Batch, Frames, Origin, Record, iso, nanoseconds

_SECOND: Final = 1_000_000_000
_DAY: Final = 86_400 * _SECOND
QUARTER: Final = 15 * 60 * _SECOND  # zones are multiples of it
FURTHEST: Final = 15 * 3600 * _SECOND  # no zone is further from UTC
_NUMBERS: Final = range(-(1 << 63) + 1, 1 << 63)
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_OFFSET: Final = re.compile(r"([+-])(\d\d):?([0-5]\d)?", re.ASCII)
_EXAMPLES: Final = "2026-03-14, 2026-03-14T21:39, 2026-03-14T21:39:12.5+01:00 or 21:39"


# -- zones ---------------------------------------------------------------------------------------


def zone_of(text: str) -> dt.tzinfo:
    """Return the zone called `text`: ``Europe/Paris``, ``UTC``, ``+02:00``. Raises ValueError."""
    match = _OFFSET.fullmatch(text.upper().removeprefix("UTC"))
    if match is not None and int(match[2]) < 15:
        ahead = dt.timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
        return dt.timezone(-ahead if match[1] == "-" else ahead)
    if text.upper() in {"UTC", "Z"}:
        return dt.UTC
    import zoneinfo  # noqa: PLC0415 most runs name no zone

    try:
        return zoneinfo.ZoneInfo(text)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        hint = closest(text, zoneinfo.available_timezones())
        raise ValueError(f"{text!r} is no time zone; give a name such as Europe/Paris, or an offset such as +02:00{hint}") from None


def zone_text(zone: dt.tzinfo) -> str:
    """Return the text of a zone that `zone_of` takes, and that a person reads: ``Europe/Paris``, ``UTC+02:00``, ``UTC``."""
    return str(zone)


def _ahead(zone: dt.tzinfo, time: int, *, local: bool) -> int:
    """Return the nanoseconds by which clocks in `zone` are ahead at a time: UTC, or `local` as they show it. 0 beyond the calendar."""
    try:
        moment = (_EPOCH + dt.timedelta(seconds=time // _SECOND)).replace(tzinfo=zone if local else dt.UTC)
        offset = (moment if local else moment.astimezone(zone)).utcoffset() or dt.timedelta()
    except OverflowError:
        return 0
    return int(offset.total_seconds()) * _SECOND


def to_utc(local: int, zone: dt.tzinfo) -> int:
    """Return the UTC time of a local one in `zone`, both in nanoseconds since 1970; of an hour that comes twice, the first."""
    return local - _ahead(zone, local, local=True)


class ShownZone:
    """The zone of the times of a run: `zone`; without it that of the first record with an instant, whose log may know its own; else UTC."""

    def __init__(self, zone: dt.tzinfo | None = None) -> None:
        self._zone = zone

    def settle(self, origin: Origin) -> None:
        """Take the zone of this origin where none is given or taken yet."""
        if self._zone is None and origin.time is not None:
            ahead = 0 if origin.local_time is None else round((origin.local_time - origin.time) / QUARTER) * QUARTER
            self._zone = dt.timezone(dt.timedelta(seconds=ahead // _SECOND)) if ahead and abs(ahead) <= FURTHEST else dt.UTC

    @property
    def zone(self) -> dt.tzinfo:
        """Return the zone; UTC as long as it is open."""
        return self._zone or dt.UTC

    @property
    def settled(self) -> bool:
        """Return whether the zone will not change."""
        return self._zone is not None

    @property
    def name(self) -> str:
        """Return the zone's name for people: ``Europe/Paris``, ``UTC+02:00``, ``UTC``."""
        return zone_text(self.zone)

    def utc(self, local: int) -> int:
        """Return the UTC time of a local one in this zone, both in nanoseconds since 1970."""
        return to_utc(local, self.zone)

    def local(self, time: int) -> int:
        """Return a UTC time as clocks in this zone show it, both in nanoseconds since 1970."""
        return time + _ahead(self.zone, time, local=False)

    def text(self, origin: Origin) -> str:
        """Return the time of a record for people.

        An instant names its offset (``2026-03-14 23:38:02.003000+02:00``); a local time of an unknown zone has none. A time of day
        whose date is unknown stays one. Empty where no time is known.
        """
        self.settle(origin)
        if origin.time is not None:
            local = self.local(origin.time)
            return iso(local).replace("T", " ") + _offset_text((local - origin.time) // _SECOND)
        if origin.local_time is not None:
            return iso(origin.local_time).replace("T", " ")
        return "" if origin.time_of_day is None else iso(origin.time_of_day)[11:]


def _offset_text(ahead: int) -> str:
    if not ahead:
        return "Z"
    minutes, seconds = divmod(abs(ahead), 60)
    return f"{'-' if ahead < 0 else '+'}{minutes // 60:02d}:{minutes % 60:02d}" + (f":{seconds:02d}" if seconds else "")


# -- completing records --------------------------------------------------------------------------


def completer(registry: Registry, zone: dt.tzinfo | None = None) -> Callable[[Record], Record]:
    """Return the function that gives a record its instant, where it can be known. `zone` is that of logs that do not know theirs."""
    own = own_time(registry)

    def completed(record: Record) -> Record:
        origin = record.origin
        if origin.time is not None:
            return record
        time = own(record.item)
        if time is None and zone is not None and origin.local_time is not None:
            time = to_utc(origin.local_time, zone)
        if time is None:
            return record
        return Record(record.item, record.frame, msgspec.structs.replace(origin, time=time), record.unnumbered)

    return completed


def timed(batches: Iterable[Batch], registry: Registry, zone: dt.tzinfo | None = None) -> Iterator[Batch]:
    """Yield the batches of a reader with the instant of each record, as `completer` gives it.

    The records of `Frames` have the times of the frames' column, else the events' own: only local times in `zone` are added to that column.
    """
    completed = completer(registry, zone)
    for batch in batches:
        parts = [completed(part) if isinstance(part, Record) else part for part in batch.parts]
        if zone is not None:
            parts = [_in_zone(part, batch, zone) if isinstance(part, Frames) else part for part in parts]
        yield Batch(parts, registry=batch.registry, limits=batch.limits)


def _in_zone(frames: Frames, batch: Batch, zone: dt.tzinfo) -> Frames:
    """Return the frames with times in UTC where only the local time in `zone` is known."""
    if frames.local_times is None:
        return frames
    times = array("q", [NO_TIME]) * len(frames) if frames.times is None else array("q", frames.times)
    locals_ = memoryview(frames.local_times).cast("q")
    open_ = [place for place, local in enumerate(locals_) if local != NO_TIME and times[place] == NO_TIME]
    for place, record in zip(open_, frames.select(open_).records(batch.registry, batch.limits), strict=True):
        if record.origin.time is None:
            times[place] = to_utc(locals_[place], zone)
    return msgspec.structs.replace(frames, times=times.tobytes()) if open_ else frames


# -- asking for times ----------------------------------------------------------------------------


class Bound(msgspec.Struct, frozen=True):
    """A time that a person gives: an instant, a `local` time of the shown zone, or a `daily` time of day there. In nanoseconds."""

    at: int
    local: bool = False
    daily: bool = False


def bound(text: str) -> Bound:
    """Return the bound that ISO 8601 text names: a date, a date and time with or without a zone, a time of day. Raises ValueError."""
    try:
        moment = dt.datetime.fromisoformat(text)
        return Bound(nanoseconds(moment), local=moment.tzinfo is None)
    except (ValueError, OverflowError):
        pass
    try:
        clock = dt.time.fromisoformat(text)
    except ValueError:
        clock = None
    if clock is None or clock.tzinfo is not None or ":" not in text:
        raise ValueError(f"{text!r} is no ISO 8601 time; give one as in {_EXAMPLES}")
    return Bound(nanoseconds(dt.datetime.combine(_EPOCH, clock)), daily=True)


class FixedSpan(msgspec.Struct, frozen=True):
    """A span in numbers: each bound with its instant in the zone as it is now, or with its time of day.

    `settled` says whether the zone will not change, `ahead` by how many nanoseconds its clocks are ahead of UTC; None where that
    depends on the time.
    """

    since: tuple[Bound, int] | None
    until: tuple[Bound, int] | None
    overnight: bool
    settled: bool
    ahead: int | None


class Span:
    """The test whether a record's time is in a span: from `since` on, before `until`. Two times of day may have midnight between them.

    A record without an instant is compared by its local time, and one without a date by its time of day. Raises ValueError where a
    text is no time, or where `since` comes after `until`; its argument ``args[1]`` names the one that is wrong.
    """

    def __init__(self, since: str | None, until: str | None, zone: ShownZone) -> None:
        self._since = None if since is None else _bound(since, "since")
        self._until = None if until is None else _bound(until, "until")
        self._zone = zone
        first, end = self._since, self._until
        self._overnight = bool(first and end and first.daily and end.daily and first.at > end.at)
        if first is None or end is None or first.daily or end.daily:
            return
        margin = FURTHEST if first.local != end.local and not zone.settled else 0
        if self._instant(first) - margin > self._instant(end):
            raise ValueError(f"{since} is after --until {until}, so no record can match; exchange the two", "since")

    def _instant(self, one: Bound) -> int:
        return self._zone.utc(one.at) if one.local else one.at

    def fixed(self) -> FixedSpan | None:
        """Return the span in numbers; None where one of them has more than 64 bits."""
        zone = self._zone.zone
        ahead = _ahead(zone, 0, local=False) if isinstance(zone, dt.timezone) else None
        since, until = ((one, one.at if one.daily else self._instant(one)) if one else None for one in (self._since, self._until))
        numbers = [number for pair in (since, until) if pair is not None for number in (pair[0].at, pair[1])]
        if not all(number in _NUMBERS for number in numbers):
            return None
        return FixedSpan(since, until, overnight=self._overnight, settled=self._zone.settled, ahead=ahead)

    def __call__(self, record: Record) -> bool:
        """Return whether the record's time is in the span; a record without a time is in none."""
        origin = record.origin
        self._zone.settle(origin)
        begun = self._since is None or self._reached(self._since, origin) is True
        running = self._until is None or self._reached(self._until, origin) is False
        return begun or running if self._overnight else begun and running

    def _reached(self, one: Bound, origin: Origin) -> bool | None:
        """Return whether the record's time has reached a bound; None where it has no time to compare."""
        if one.daily:
            day = self._time_of_day(origin)
            return None if day is None else day >= one.at
        if origin.time is not None:
            return origin.time >= self._instant(one)
        if origin.local_time is None:
            return None
        return origin.local_time >= one.at if one.local else self._zone.utc(origin.local_time) >= one.at

    def _time_of_day(self, origin: Origin) -> int | None:
        if origin.time is not None:
            return self._zone.local(origin.time) % _DAY
        return origin.time_of_day if origin.local_time is None else origin.local_time % _DAY


def _bound(text: str, option: str) -> Bound:
    try:
        return bound(text)
    except ValueError as error:
        raise ValueError(str(error), option) from None
