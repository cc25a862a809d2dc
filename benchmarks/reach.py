"""What the native engine is meant to reach, as data, and what was measured beside it.

Strategy: every aim is "at most" a share of something measured in the same run, so that it means the
same on any machine. The median of the rounds decides.
"""

from __future__ import annotations

from typing import NamedTuple

from benchmarks import lookups, paths, startup
from benchmarks.paired import Ratio, Times, ratio_of
from benchmarks.peers import IDIOMATIC, NATIVE


class Aim(NamedTuple):
    """An aim: time of `work` over time of `of`, both of `section`, is at most `limit`."""

    title: str
    section: str
    work: str
    of: str
    limit: float


def section(question: str, event: str) -> str:
    """The name of a section about one event."""
    return f"{question}, {event} event"


READING, WRITING, DECODING, BULK, IMPORT, COMMAND = "reading", "writing", "decode", "bulk", "import", "command"
LOOKUPS = "looking up"
_LARGE, _SMALL = section(READING, "large"), section(READING, "small")

AIMS = (
    Aim("decode to a typed event, lists as checked views", _LARGE, paths.DECODE, paths.MSGSPEC_DECODE, 0.25),
    Aim("decode and make every value, lists unpacked", _LARGE, paths.UNPACK, paths.MSGSPEC_DECODE, 0.65),
    Aim("decode and read every value in a loop, against msgspec doing so too", _LARGE, paths.READ, paths.MSGSPEC_READ, 0.65),
    Aim("decode and read every value in a loop, against msgspec's decode alone", _LARGE, paths.READ, paths.MSGSPEC_DECODE, 0.65),
    Aim("scan: index, mandatory attributes", _LARGE, paths.SCAN, paths.MSGSPEC_DECODE, 0.06),
    Aim("scan: UTF-8 and lists checked as well", _LARGE, paths.SCAN_DEEP, paths.MSGSPEC_DECODE, 0.11),
    Aim("decode and look a key up", LOOKUPS, lookups.KEY, paths.MSGSPEC_DECODE, 0.30),
    Aim("decode and look a key of a nested list up", LOOKUPS, lookups.NESTED, paths.MSGSPEC_DECODE, 0.30),
    Aim("decode and make a dict of a list", LOOKUPS, lookups.DICT, paths.MSGSPEC_DECODE, 0.80),
    Aim("encode from a typed event", section(WRITING, "large"), paths.ENCODE, paths.MSGSPEC_ENCODE, 0.50),
    Aim("columns to Arrow, against msgspec decoding to a list", BULK, paths.COLUMNS, paths.MSGSPEC_LIST, 0.03),
    Aim("columns to Arrow, against a copy of the bytes (1.2 GB/s where that does 9)", BULK, paths.COLUMNS, paths.MEMCPY, 9 / 1.2),
    Aim("columns, validate only, against a copy (4 GB/s where that does 9)", BULK, paths.VALIDATE, paths.MEMCPY, 9 / 4),
    Aim("small event: decode", _SMALL, paths.DECODE, paths.MSGSPEC_DECODE, 0.65),
    Aim("small event: encode", section(WRITING, "small"), paths.ENCODE, paths.MSGSPEC_ENCODE, 0.68),
    Aim("decode, against idiomatic construct (400 times as fast)", section(DECODING, "large"), NATIVE, IDIOMATIC, 1 / 400),
    Aim("import tlib_codec, against construct and msgspec alone", IMPORT, startup.OUR_IMPORT, startup.PEERS_IMPORT, 3.0),
)


def outcome(aim: Aim, sections: dict[str, Times]) -> Ratio | None:
    """What was measured, or None where a side of it did not run."""
    times = sections.get(aim.section, {})
    if aim.work not in times or aim.of not in times:
        return None
    return ratio_of(times[aim.work], times[aim.of])


def verdict(aim: Aim, ratio: Ratio | None) -> str:
    """One word."""
    if ratio is None:
        return "absent"
    return "reached" if ratio.median <= aim.limit else "missed"
