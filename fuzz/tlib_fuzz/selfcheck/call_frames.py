"""Calls followed in runs of frames against calls followed record by record: both must give the same, in the same order.

Strategy: the frames of generated days of calls, with some lost, repeated, exchanged, damaged, or foreign, on one to four
connections, with and without times of their own, under limits that calls reach. One tracker takes them by `feed_frames` or
`write_frames`, another takes their records by `feed`; every call, every missing number, every invalid record and the counts of messages are
compared.
"""

from __future__ import annotations

import io
import random
from array import array
from collections.abc import Iterator
from itertools import accumulate
from typing import Any, Final

import msgspec

from tlib_codec import EventCallCreated, EventCallDataChanged, EventCallDeleted, encode
from tlib_codec.access import getter
from tlib_codec.calls import Call, CallLimits, CallTracker, Lines, Missing
from tlib_codec.formats.logs.reader import read_log
from tlib_codec.records import NO_FLOW, NO_TIME, Flow, Frames, Record
from tlib_codec.reference import Policy
from tlib_codec.stream import Gap
from tlib_fuzz.cases.mutate import mutate
from tlib_fuzz.cases.walker import random_frame
from tlib_schemas.events import Event, UnknownEvent
from tlib_schemas.tlibrary import TLIBRARY
from tlib_schemas.values import Attributes, KVList
from tlib_simulator.flows import Day

from .loop import FailureError, Tally

_CALLS, _DAYS = 300, 4
_FLOWS: Final = (
    Flow(src="10.0.0.1:3000", dst="10.0.0.2:40000", connection=1, direction="to-client"),
    Flow(src="10.0.0.1:3000", dst="10.0.0.3:40000", connection=2, direction="to-client"),
    Flow(peer="a", direction="received"),
    Flow(peer="b", direction="sent"),
)
_VALUES: Final[dict[str, tuple[Any, ...]]] = {
    "CtrlParty": ("5100", "2001"),
    "CallState": (0, 1, 22),
    "Cause": (0, 1, 6, 99),
    "ANI": ("5551000", "Zo\xeb", "a\udce9", '"\\\n'),
    "DNIS": ("800", "900", "901"),
    "CallType": (1, 2, 99),
    "UserData": (KVList(), KVList([("Note", "x")]), KVList([("a", 1), ("a", KVList([("b", b"\xff")]))])),
}
_LIMITS: Final = (
    CallLimits(),
    CallLimits(settle=0.5, away=2.0),
    CallLimits(idle=3.0),
    CallLimits(calls=3),
    CallLimits(size=9_000, entries=2),
)


class CallFrames:
    """Compares both ways to follow calls."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.tally: Tally = Tally()
        self._days: dict[int, list[bytes]] = {}

    def batch(self, number: int, size: int) -> None:
        """Check the frames of one batch. Raises FailureError."""
        rng = random.Random(f"{self.seed}:{number}")  # noqa: S311
        way = rng.getrandbits(32)  # the runs of a batch mostly come in one
        parts = _parts(_edited(self._day(rng.randrange(_DAYS)), rng, size), rng)
        runs = [_run(part, rng if rng.random() < 0.1 else random.Random(way)) for part in parts]  # noqa: S311
        limits, history = rng.choice(_LIMITS), rng.random() < 0.5
        by_frame, by_record = (CallTracker(limits=limits, history=history) for _ in range(2))
        lines = rng.random() < 0.7
        for run in runs:
            written = by_frame.write_frames(run) if lines and rng.random() < 0.95 else by_frame.feed_frames(run)
            ours = []
            for one in written:
                ours += _seen(one)
                self.tally.outcomes["result", "line"] += one.count if isinstance(one, Lines) else 0
            theirs = [seen for record in run.records(TLIBRARY) for one in _fed(by_record, record) for seen in _seen(one)]
            _compare(ours, theirs, run.data, number)
            self.tally.outcomes["frame", "taken"] += len(run)
            for kind, _ in ours:
                self.tally.outcomes["result", kind] += 1
        ours, theirs = ([seen for one in tracker.close() for seen in _seen(one)] for tracker in (by_frame, by_record))
        _compare(ours, theirs, b"", number)
        _compare(list(by_frame.messages.items()), list(by_record.messages.items()), b"", number)

    def _day(self, number: int) -> list[bytes]:
        if number not in self._days:
            self._days[number] = _frames(random.Random(f"{self.seed}, day {number}"))  # noqa: S311
        return self._days[number]


def _fed(tracker: CallTracker, record: Record) -> list[Call | Missing | Record]:
    first = [] if record.valid else [record]
    return [*first, *tracker.feed(record.item, record.origin)]


def _seen(one: Call | Missing | Record | Lines) -> list[tuple[str, Any]]:
    if isinstance(one, Lines):
        lines = one.data.splitlines()
        return [("call", line) for line in lines] if len(lines) == one.count else [("count", one)]
    if isinstance(one, Call):
        return [("call", msgspec.json.encode(one.to_data()))]
    if isinstance(one, Record):
        return [("invalid", (one.origin, "gap" if isinstance(one.item, Gap) else repr(one.item)))]
    return [("missing", one)]


def _compare(ours: list[Any], theirs: list[Any], data: bytes, number: int) -> None:
    if ours != theirs:
        first = next((pair for pair in zip(ours, theirs, strict=False) if pair[0] != pair[1]), (len(ours), len(theirs)))
        raise FailureError(f"batch {number}: by frame {first[0]}\nby record {first[1]}", data)


def _frames(rng: random.Random) -> list[bytes]:
    """Return the frames of a site of a day, and of half of its calls also call-based events."""
    day = Day(rng.getrandbits(32), _CALLS)
    site = rng.choice(list(day.logs))
    records = [one for one in read_log(io.BytesIO(day.text(site).encode()), name=site, server=1) if isinstance(one, Record)]
    conns = [None if isinstance(one.item, Gap) else _conn_id(one.item) for one in records]
    last = {conn: place for place, conn in enumerate(conns)}
    made: list[tuple[int, dict[str, Any]]] = []
    begun: set[str] = set()
    for place, (record, conn) in enumerate(zip(records, conns, strict=True)):
        event = _message(record), _attributes(record)
        if conn is None or int(conn, 16) % 2:
            made.append(event)
            continue
        based = []
        if conn not in begun:
            based.append(EventCallCreated.message)
        elif place == last[conn] or rng.random() < 0.02:
            based.append(EventCallDeleted.message)
        elif rng.random() < 0.3:
            based.append(EventCallDataChanged.message)
        begun.add(conn)
        pieces = [event, *((int(message), _call_based(conn, event[1], rng)) for message in based)]
        made += pieces[::-1] if EventCallCreated.message in based and rng.random() < 0.9 else pieces
    return [encode(UnknownEvent(message, Attributes(values)), policy=Policy.LENIENT) for message, values in _numbered(made, rng)]


_conn_id = getter("ConnID", TLIBRARY)


def _message(record: Record) -> int:
    assert not isinstance(record.item, Gap)
    message = record.item.message
    return int(TLIBRARY.messages[message] if isinstance(message, str) else message)


def _attributes(record: Record) -> dict[str, Any]:
    assert not isinstance(record.item, Gap)
    if isinstance(record.item, Event):
        return {TLIBRARY.attribute_name(number): value for number, value in TLIBRARY.lay_out(record.item)[1].items()}
    return dict(record.item.attributes)


def _call_based(conn: str, event: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    """Return the attributes of a call-based event at the time of another event."""
    values: dict[str, Any] = {name: event[name] for name in ("TimeinSecs", "TimeinuSecs") if name in event}
    values |= {"CallUUID": event.get("CallUUID", f"{int(conn, 16):032X}"[-32:]), "ConnID": conn}
    return values | {name: rng.choice(choice) for name, choice in _VALUES.items() if rng.random() < 0.3}


def _numbered(events: list[tuple[int, dict[str, Any]]], rng: random.Random) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield events with the numbers of a connection, or all of them without."""
    first = rng.choice((None, 1, 1_000))
    for number, (message, values) in enumerate(events, first or 0):
        yield (
            message,
            {name: value for name, value in values.items() if name != "EventSequenceNumber"}
            | ({} if first is None else {"EventSequenceNumber": number}),
        )


def _edited(frames: list[bytes], rng: random.Random, size: int) -> list[bytes]:
    """Return `size` frames at most, some of them lost, repeated, exchanged, damaged or foreign."""
    start = rng.randrange(max(1, len(frames) - size // 2))
    made: list[bytes] = []
    rate = rng.choice((0.0, 0.0, 0.002, 0.02, 0.1))
    for frame in frames[start : start + size]:
        if rng.random() >= rate:
            made.append(frame)
            continue
        match rng.randrange(6):
            case 0:
                continue
            case 1:
                made += [frame, frame]
            case 2:
                made.insert(max(0, len(made) - rng.randint(1, 9)), frame)
            case 3:
                made += [frame, random_frame(rng, TLIBRARY)]
            case 4:
                made += [frame, mutate(frame, rng, frames)[0]]
            case _:
                made.append(mutate(frame, rng, frames)[0])
    return [frame for frame in made if _whole(frame)]


def _whole(frame: bytes) -> bool:
    return frame[:4] == b"TL\1\0" and len(frame) >= 10 and int.from_bytes(frame[6:10], "big") == len(frame) - 10


def _parts(frames: list[bytes], rng: random.Random) -> list[list[bytes]]:
    size = rng.choice((1, 7, 100, 1000))
    return [frames[at : at + size] for at in range(0, len(frames), size)]


def _run(frames: list[bytes], rng: random.Random) -> Frames:
    """Return frames as a run, with random origins."""
    bounds = array("Q", accumulate(map(len, frames), initial=0))
    flows = times = None
    if rng.random() < 0.5:
        known = rng.choice(((0,), (1,), (NO_FLOW, *range(rng.randint(1, len(_FLOWS))))))
        flows = array("I", (rng.choice(known) for _ in frames)).tobytes()
    if rng.random() < 0.2:
        now = 1_773_475_200_000_000_000
        times = array("q", (rng.choice((NO_TIME, now + rng.randrange(10**13), now, -5)) for _ in frames)).tobytes()
    return Frames(
        data=b"".join(frames),
        bounds=bounds.tobytes(),
        offsets=bounds[:-1].tobytes(),
        file="day.tlb",
        lines=array("Q", range(len(frames))).tobytes() if rng.random() < 0.5 else None,
        flows=flows,
        flow_table=_FLOWS,
        times=times,
        printed=rng.random() < 0.3,
    )
