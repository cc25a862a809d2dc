"""Select the fault that applies to an event.

Strategy: each fault has random numbers of its own, seeded by its place in the list, so a fault that is added
behind others changes nothing for them. Of several faults that select an event the first in the list applies.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Any

import msgspec

from tlib_schemas.call_events import EventCallCreated, EventCallDataChanged, EventCallDeleted
from tlib_schemas.registry import Item, Registry

from .deviations import DEVIATIONS, Subject
from .fault import Fault, FaultKind, Stage

_STAGES: dict[type[Any], Stage] = {EventCallCreated: "created", EventCallDataChanged: "changed", EventCallDeleted: "deleted"}


class Target(msgspec.Struct, frozen=True):
    """An event on its way to the clients: its number (from 1), time in seconds, frame, and the call it belongs to."""

    number: int
    time: float
    event: Item
    frame: bytes

    @property
    def stage(self) -> Stage | None:
        """Return the stage of the call's life that the event reports; None for an event of no call."""
        return _STAGES.get(type(self.event))

    @property
    def call_uuid(self) -> str:
        """Return the CallUUID, or an empty text."""
        return str(getattr(self.event, "call_uuid", "") or "")

    @property
    def conn_id(self) -> str:
        """Return the ConnID, or an empty text."""
        return str(getattr(self.event, "conn_id", "") or "")


class Selection(msgspec.Struct, frozen=True):
    """A fault to apply: its random numbers, and the frame to send in place of the target's."""

    fault: Fault
    rng: random.Random
    frame: bytes


class Selector:
    """Selects faults, event by event. Give it every event, in order."""

    def __init__(self, faults: Iterable[Fault], *, seed: int, registry: Registry) -> None:
        self._faults = [(fault, random.Random(f"{seed}/{index}")) for index, fault in enumerate(faults)]  # noqa: S311 not a secret
        self._registry = registry
        self._applied: set[int] = set()  # indices of faults that apply once
        self._start: float | None = None
        self._calls = 0
        self._call_numbers: dict[str, int] = {}  # of live calls

    def select(self, target: Target) -> Selection | None:
        """Return the first fault that selects the target and can apply to it."""
        self._start = target.time if self._start is None else self._start
        stage, call_uuid = target.stage, target.call_uuid
        if stage == "created" and call_uuid not in self._call_numbers:
            self._calls += 1
            self._call_numbers[call_uuid] = self._calls
        selection = self._first(target, target.time - self._start)
        if stage == "deleted":
            self._call_numbers.pop(call_uuid, None)
        return selection

    def _first(self, target: Target, elapsed: float) -> Selection | None:
        for index, (fault, rng) in enumerate(self._faults):
            if not self._selects(index, fault, rng, target, elapsed):
                continue
            frame = target.frame
            if fault.kind in DEVIATIONS:
                frame = DEVIATIONS[fault.kind](Subject(target.event, frame, rng, self._registry, fault.attribute)) or frame
                if frame == target.frame:
                    continue
            elif fault.kind is FaultKind.REORDER and (not target.call_uuid or target.stage == "deleted"):
                continue  # no event of its call follows
            if not fault.probability:
                self._applied.add(index)
            return Selection(fault, rng, frame)
        return None

    def _selects(self, index: int, fault: Fault, rng: random.Random, target: Target, elapsed: float) -> bool:
        if fault.stage is not None and fault.stage != target.stage:
            return False
        if fault.call and self._call_numbers.get(target.call_uuid) != fault.call:
            return False
        if target.number < fault.event or elapsed < fault.time:
            return False
        return rng.random() < fault.probability if fault.probability else index not in self._applied
