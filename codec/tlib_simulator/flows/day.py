"""A day of calls: flows that overlap, and the logs of two T-Servers."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

from tlib_codec.formats.logs.writer import tserver_text

from .catalogue import FLOWS
from .dice import SECOND, Dice, Site
from .leg import Emit, item
from .truth import TrueCall

_BEGIN = dt.datetime(2026, 3, 14, 8, tzinfo=dt.UTC)
_UNIT = dt.timedelta(microseconds=100)
_ZONES = {"lake": dt.timedelta(hours=2), "hill": dt.timedelta(0)}
_APART = 8.0  # seconds between two calls, on average


class Day:
    """The calls of a seed: `truth` about each, and `logs`, a list of messages for each site, `heads` before them."""

    def __init__(self, seed: int, calls: int) -> None:
        rng = random.Random(seed)  # noqa: S311 test data
        started = _BEGIN.timestamp()
        self.truth: list[TrueCall] = []
        lake = Site("lake", rng, first=6_000, generator=0x6C, started=started)
        hill = Site("hill", rng, first=2_000, generator=0x6D, started=started)
        now = SECOND
        names = list(FLOWS)
        for _ in range(calls):
            name = rng.choice(names)
            here, there = (lake, hill) if rng.random() < 0.5 else (hill, lake)
            FLOWS[name](Dice(rng, name, now, here, there, self.truth))
            now += round(rng.expovariate(1 / _APART) * SECOND) + 1
        self.heads: dict[str, str] = {name: _head(name) for name in _ZONES}
        self.logs: dict[str, list[str]] = {site.name: list(_messages(site.name, site.out)) for site in (lake, hill)}

    def text(self, site: str) -> str:
        """Return the log of a site."""
        return self.heads[site] + "".join(self.logs[site])


def log_of(site: Site) -> str:
    """Return the log of a site that is no part of a day."""
    return _head(site.name) + "".join(_messages(site.name, site.out))


def moment(time: int) -> dt.datetime:
    """Return the UTC time of a time of the day."""
    return _BEGIN + time * _UNIT


def _head(site: str) -> str:
    local = (_BEGIN + _ZONES[site]).replace(tzinfo=None)
    return (
        f"Local time:      {local:%Y-%m-%dT%H:%M:%S}.000\nUTC time:        {_BEGIN:%Y-%m-%dT%H:%M:%S}.000\n"
        f"Application name: {site}\nApplication type: TServer (1)\n\n"
    )


def _messages(site: str, out: Emit) -> list[str]:
    texts = []
    for number, (time, truth, message, values) in enumerate(sorted(out, key=lambda event: event[0])):
        at = moment(time)
        stamps: dict[str, Any] = {"EventSequenceNumber": number + 1, "TimeinSecs": int(at.timestamp()), "TimeinuSecs": at.microsecond}
        truth.events.append((site, number))
        texts.append(tserver_text(item(message, stamps | values), at + _ZONES[site]))
    return texts
