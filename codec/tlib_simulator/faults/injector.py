"""Apply faults to a stream of events, between the simulation and the connections.

Strategy: no I/O. An `Injector` takes each event with its frame and yields `Action`s: bytes to write, a pause, a
reset. Its decisions depend on its seed and the events alone, so a run can be repeated. For a frame that
deviates the expected codes come from decoding it; for an event that is late, missing or duplicate, from the
events that went ahead of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

import msgspec

from tlib_schemas.registry import Item, Registry
from tlib_schemas.tlibrary import TLIBRARY

from .deviations import DEVIATIONS, codes
from .fault import Fault, FaultKind, InjectedFault, Stage
from .selector import Selection, Selector, Target

_RESET, _OPEN, _UNKNOWN_MESSAGE = "reset", "open", "unknown-message"
_HELD = frozenset({FaultKind.DELAY, FaultKind.REORDER})
_NOT_SENT = frozenset({FaultKind.DROP, FaultKind.RESET})
_SECONDS = {FaultKind.DELAY: 1.0, FaultKind.STALL: 5.0, FaultKind.SPLIT: 0.02}
_OF_DROP: dict[Stage | None, str] = {"created": "call-not-created", "deleted": _OPEN}
_OF_DUPLICATE: dict[Stage | None, str] = {"created": "call-created-twice", "changed": "call-unchanged", "deleted": "call-after-deletion"}


class Pause(msgspec.Struct, frozen=True):
    """Write all earlier bytes, then nothing for `seconds`."""

    seconds: float


class Reset(msgspec.Struct, frozen=True):
    """Reset every connection."""


Action: TypeAlias = bytes | Pause | Reset


class _Held(msgspec.Struct):
    """An event that is sent late; `overtaken_by` are the stages of its call that went ahead."""

    fault: FaultKind
    target: Target
    until: float
    overtaken_by: list[Stage | None]


class Injector:
    """Applies `faults` to a stream: `feed` it every event in order, then `close` it. Calls `log` for each fault applied."""

    def __init__(
        self,
        faults: Iterable[Fault],
        *,
        seed: int = 1,
        registry: Registry = TLIBRARY,
        log: Callable[[InjectedFault], None] = lambda _: None,
    ) -> None:
        self._selector = Selector(faults, seed=seed, registry=registry)
        self._registry = registry
        self._log = log
        self._events = self._frames = 0
        self._held: list[_Held] = []
        self._glued = b""

    def feed(self, time: float, event: Item, frame: bytes) -> Iterator[Action]:
        """Yield the actions for the next event; `time` is in seconds, from any origin."""
        self._events += 1
        target = Target(self._events, time, event, frame)
        yield from self._release([held for held in self._held if held.fault is FaultKind.DELAY and held.until <= time])
        waiting = [held for held in self._held if target.call_uuid and held.target.call_uuid == target.call_uuid]
        selection = self._selector.select(target)
        if selection is None:
            yield from self._send(frame)
        else:
            yield from self._apply(selection, target)
        if selection is None or selection.fault.kind not in _HELD | _NOT_SENT:
            for held in waiting:
                held.overtaken_by.append(target.stage)
        yield from self._release([held for held in waiting if held.fault is FaultKind.REORDER])

    def skip(self, time: float, event: Item, frame: bytes) -> None:
        """Count an event that another server has sent, and its faults, without sending or logging."""
        self._silently(self.feed(time, event, frame))

    def discard_held(self) -> None:
        """Drop the events that are held back: the announcement of the live calls covers them."""
        self._silently(self.close())

    def _silently(self, actions: Iterator[Action]) -> None:
        log, self._log = self._log, lambda _: None
        try:
            for _ in actions:
                pass
        finally:
            self._log = log

    def close(self) -> Iterator[Action]:
        """Yield the events that are still held back at the end of the stream."""
        yield from self._release(list(self._held))
        if self._glued:
            yield from self._send(b"", frames=0)

    def _apply(self, selection: Selection, target: Target) -> Iterator[Action]:
        fault, frame = selection.fault, target.frame
        seconds = _SECONDS.get(fault.kind, 0.0) if fault.seconds is None else fault.seconds
        if fault.kind in _HELD:
            self._held.append(_Held(fault.kind, target, target.time + seconds, []))
            return
        self._record(fault.kind, target, self._expected(fault.kind, target, selection.frame), sent=fault.kind not in _NOT_SENT)
        match fault.kind:
            case FaultKind.DROP:
                pass
            case FaultKind.RESET:
                yield Reset()
            case FaultKind.STALL:
                yield Pause(seconds)
                yield from self._send(frame)
            case FaultKind.SPLIT:
                cut = selection.rng.randrange(1, len(frame))
                yield from self._send(frame[:cut], frames=0)
                yield Pause(seconds)
                yield from self._send(frame[cut:])
            case FaultKind.GLUE:
                self._glued += frame
                self._frames += 1
            case FaultKind.DUPLICATE:
                yield from self._send(frame + frame, frames=2)
            case _:
                yield from self._send(selection.frame, frames=2 if fault.kind is FaultKind.UNKNOWN_MESSAGE else 1)

    def _expected(self, kind: FaultKind, target: Target, sent: bytes) -> Iterable[str]:
        """Return the codes that a client should report."""
        match kind:
            case FaultKind.UNKNOWN_MESSAGE:
                return (_UNKNOWN_MESSAGE,)
            case FaultKind.RESET:
                return (_RESET,)
            case FaultKind.DROP:
                return filter(None, (_OF_DROP.get(target.stage),))
            case FaultKind.DUPLICATE:
                return filter(None, (_OF_DUPLICATE.get(target.stage),))
        return sorted(codes(sent, self._registry) - codes(target.frame, self._registry)) if kind in DEVIATIONS else ()

    def _record(self, kind: FaultKind, target: Target, expect: Iterable[str], *, sent: bool = True) -> None:
        message = target.event.message
        self._log(
            InjectedFault(
                fault=kind,
                event=target.number,
                frame=self._frames + 1 if sent else 0,
                time=target.time,
                name=(self._registry.message_name(message) if isinstance(message, int) else message) or "",
                call_uuid=target.call_uuid,
                conn_id=target.conn_id,
                expect=tuple(expect),
            )
        )

    def _send(self, data: bytes, frames: int = 1) -> Iterator[Action]:
        self._frames += frames
        glued, self._glued = self._glued, b""
        yield glued + data

    def _release(self, due: list[_Held]) -> Iterator[Action]:
        for held in due:
            self._held.remove(held)
            target, stage = held.target, held.target.stage
            expect: tuple[str, ...] = ()
            if stage == "created" and held.overtaken_by:
                expect = ("call-not-created",)
            if "deleted" in held.overtaken_by and stage is not None:
                expect += ("call-after-deletion", _OPEN)
            self._record(held.fault, target, expect)
            yield from self._send(target.frame)
            for other in self._held:
                if target.call_uuid and other.target.call_uuid == target.call_uuid:
                    other.overtaken_by.append(stage)
