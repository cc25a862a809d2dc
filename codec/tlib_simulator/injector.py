"""Does faults to a stream of events, between the story and the connection.

Strategy: no I/O. An `Injector` is fed each event with its frame and gives `Step`s: bytes to write, a
pause, a reset. What it decides comes from its seed and the events alone, so a run can be had again.
What a client should notice of a wrong frame is found by decoding it; of an event that is late, lost
or twice there, from what went ahead of it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeAlias

import msgspec

from tlib_schemas.call_events import EventCallCreated, EventCallDataChanged, EventCallDeleted
from tlib_schemas.registry import Item, Registry
from tlib_schemas.tlibrary import TLIBRARY

from .faults import Fault, FaultKind, Injected, Moment
from .lies import Subject, findings

RESET, OPEN, UNKNOWN = "reset", "open", "unknown-message"

_LIES: dict[FaultKind, Callable[[Subject], bytes | None]] = {
    FaultKind.CORRUPT: Subject.corrupt,
    FaultKind.OMIT: Subject.omit,
    FaultKind.FORBIDDEN: Subject.forbid,
    FaultKind.WRONG_TYPE: Subject.mistype,
    FaultKind.UNKNOWN_ATTRIBUTE: Subject.add_unknown,
    FaultKind.UNKNOWN_MESSAGE: Subject.precede_unknown,
}
_HELD = frozenset({FaultKind.DELAY, FaultKind.REORDER})
_NOT_SENT = _HELD | {FaultKind.DROP, FaultKind.RESET}  # or not now
_SECONDS = {FaultKind.DELAY: 1.0, FaultKind.STALL: 5.0, FaultKind.SPLIT: 0.02}
_MOMENTS: dict[type[Any], Moment] = {EventCallCreated: "created", EventCallDataChanged: "changed", EventCallDeleted: "deleted"}


class Pause(msgspec.Struct, frozen=True):
    """Write what there is, then nothing for so many seconds."""

    seconds: float


class Reset(msgspec.Struct, frozen=True):
    """Reset every connection."""


Step: TypeAlias = bytes | Pause | Reset


class _Held(msgspec.Struct):
    """An event that comes late; `passed` are the moments of its call that went ahead."""

    fault: FaultKind
    data: bytes
    told: Injected
    moment: Moment | None
    until: float
    passed: list[Moment | None]


class Injector:
    """Does the `faults` to a stream. `log` is told of each; feed it every event in order, then `close` it."""

    def __init__(
        self, faults: Iterable[Fault], *, seed: int = 1, registry: Registry = TLIBRARY, log: Callable[[Injected], None] = lambda _: None
    ) -> None:
        self._faults = [(fault, random.Random(f"{seed}/{index}")) for index, fault in enumerate(faults)]  # noqa: S311 not a secret
        self._done: set[int] = set()
        self._registry = registry
        self._log = log
        self._events = self._frames = self._created = 0
        self._start: float | None = None
        self._ordinals: dict[str, int] = {}  # live calls
        self._held: list[_Held] = []
        self._glued = b""

    def feed(self, time: float, event: Item, data: bytes) -> Iterator[Step]:
        """What becomes of the next event, `time` seconds into anything, and its frame."""
        self._events += 1
        self._start = time if self._start is None else self._start
        moment = _MOMENTS.get(type(event))
        uuid = str(getattr(event, "call_uuid", "") or "")
        self._count(moment, uuid)
        yield from self._release([held for held in self._held if held.fault is FaultKind.DELAY and held.until <= time])
        waiting = [held for held in self._held if uuid and held.told.call_uuid == uuid]
        fault, rng, broken = self._choose(time, event, data, moment, uuid)
        if fault is None or rng is None:
            yield from self._send(data)
        else:
            name = self._registry.message_name(event.message) if isinstance(event.message, int) else event.message
            conn = str(getattr(event, "conn_id", "") or "")
            told = Injected(
                fault=fault.kind, event=self._events, frame=0, time=time, name=name or "", call_uuid=uuid, conn_id=conn, expect=()
            )
            yield from self._do(fault, rng, told, moment, data, broken)
        if fault is None or fault.kind not in _NOT_SENT:
            for held in waiting:
                held.passed.append(moment)
        yield from self._release([held for held in waiting if held.fault is FaultKind.REORDER])
        if moment == "deleted":
            self._ordinals.pop(uuid, None)

    def skip(self, time: float, event: Item, data: bytes) -> None:
        """An event that another server has told, and its faults: they are counted here, not logged, and nothing is sent."""
        self._silently(self.feed(time, event, data))

    def let_go(self) -> None:
        """What is held back is not sent any more: clients are told of it by the live calls."""
        self._silently(self.close())

    def _silently(self, steps: Iterator[Step]) -> None:
        log, self._log = self._log, lambda _: None
        try:
            for _ in steps:
                pass
        finally:
            self._log = log

    def close(self) -> Iterator[Step]:
        """What is still held back, at the end of the story."""
        yield from self._release(list(self._held))
        if self._glued:
            yield from self._send(b"", frames=0)

    # -- when ------------------------------------------------------------------------------------

    def _count(self, moment: Moment | None, uuid: str) -> None:
        if moment == "created" and uuid not in self._ordinals:
            self._created += 1
            self._ordinals[uuid] = self._created

    def _choose(
        self, time: float, event: Item, data: bytes, moment: Moment | None, uuid: str
    ) -> tuple[Fault | None, random.Random | None, bytes]:
        """The first fault that is due and can be done, its random numbers, and, of a lie, the frame."""
        for index, (fault, rng) in enumerate(self._faults):
            if not self._due(index, fault, rng, time, moment, uuid):
                continue
            broken = data
            if fault.kind in _LIES:
                broken = _LIES[fault.kind](Subject(event, data, rng, self._registry, fault.attribute)) or data
                if broken == data:
                    continue
            elif fault.kind is FaultKind.REORDER and (not uuid or moment == "deleted"):
                continue  # nothing of its call comes behind it
            if not fault.probability:
                self._done.add(index)
            return fault, rng, broken
        return None, None, data

    def _due(self, index: int, fault: Fault, rng: random.Random, time: float, moment: Moment | None, uuid: str) -> bool:
        assert self._start is not None
        if (fault.moment is not None and fault.moment != moment) or (fault.call and self._ordinals.get(uuid) != fault.call):
            return False
        if self._events < fault.event or time - self._start < fault.time:
            return False
        return rng.random() < fault.probability if fault.probability else index not in self._done

    # -- what ------------------------------------------------------------------------------------

    def _do(self, fault: Fault, rng: random.Random, told: Injected, moment: Moment | None, data: bytes, broken: bytes) -> Iterator[Step]:
        kind = fault.kind
        seconds = _SECONDS.get(kind, 0.0) if fault.seconds is None else fault.seconds
        if kind in _HELD:
            self._held.append(_Held(kind, data, told, moment, told.time + seconds, []))
            return
        expect: Sequence[str] = ()
        if kind in _LIES:
            expect = sorted(findings(broken, self._registry) - findings(data, self._registry))
            if kind is FaultKind.UNKNOWN_MESSAGE:
                expect = (UNKNOWN,)
        elif kind is FaultKind.DROP:
            expect = {"created": ("call-not-created",), "deleted": (OPEN,)}.get(moment or "", ())
        elif kind is FaultKind.DUPLICATE:
            expect = {"created": ("call-created-twice",), "changed": ("call-unchanged",), "deleted": ("call-after-deletion",)}.get(
                moment or "", ()
            )
        elif kind is FaultKind.RESET:
            expect = (RESET,)
        sent = kind not in {FaultKind.DROP, FaultKind.RESET}
        self._log(msgspec.structs.replace(told, frame=self._frames + 1 if sent else 0, expect=tuple(expect)))
        match kind:
            case FaultKind.DROP:
                pass
            case FaultKind.RESET:
                yield Reset()
            case FaultKind.STALL:
                yield Pause(seconds)
                yield from self._send(data)
            case FaultKind.SPLIT:
                cut = rng.randrange(1, len(data))
                yield from self._send(data[:cut], frames=0)
                yield Pause(seconds)
                yield from self._send(data[cut:])
            case FaultKind.GLUE:
                self._glued += data
                self._frames += 1
            case FaultKind.DUPLICATE:
                yield from self._send(data + data, frames=2)
            case _:
                yield from self._send(broken, frames=2 if kind is FaultKind.UNKNOWN_MESSAGE else 1)

    def _send(self, data: bytes, frames: int = 1) -> Iterator[Step]:
        self._frames += frames
        glued, self._glued = self._glued, b""
        yield glued + data

    def _release(self, due: list[_Held]) -> Iterator[Step]:
        for held in due:
            self._held.remove(held)
            expect: tuple[str, ...] = ()
            if held.moment == "created" and held.passed:
                expect = ("call-not-created",)
            if "deleted" in held.passed and held.moment is not None:
                expect += ("call-after-deletion", OPEN)
            self._log(msgspec.structs.replace(held.told, frame=self._frames + 1, expect=expect))
            yield from self._send(held.data)
            for other in self._held:
                if held.told.call_uuid and other.told.call_uuid == held.told.call_uuid:
                    other.passed.append(held.moment)
