"""Findings: one for each fault, reduced, in a folder of files for others to use.

Strategy: two hits are one finding where the same kind of fault has the same signature. They are compared before the costly
reduction, and again after it, when the structure of the frame distinguishes more than its label. A folder has everything that
a replay needs.
"""

from __future__ import annotations

import contextlib
import hashlib
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeAlias

import msgspec

from tlib_codec.formats.output import write_whole
from tlib_fuzz.cases import tree
from tlib_fuzz.cases.generate import Case
from tlib_schemas.registry import Registry

from .judge import Kind, judge
from .persistent import NOT_ALONE
from .protocol import Outcome, Settings, Target, TargetError
from .reduce import Reducer
from .session import Hit
from .target import open_target
from .workload import RAW, Workload

_ANONYMOUS: Final = frozenset({Kind.CRASH, Kind.HANG, Kind.MEMORY})
_WITH_LABEL: Final = 3  # items of a key that ends in a label
_EXAMPLES: Final = 8  # correct frames refused with one signature that are reduced, to see whether it is one fault
_TRIES: Final = 3_000
_SLOW_TRIES: Final = 600  # where many tries cost a timeout
_BRISK: Final = 0.25  # seconds of the timeout during a reduction
GONE: Final = "the target does not restart, so it is not reduced"
NOT_FIRST: Final = "but not as the first frame: it depends on earlier frames"
FRAME, ORIGINAL, HEX, ABOUT = "frame.bin", "original.bin", "frame.txt", "finding.json"


Explain: TypeAlias = Callable[[bytes, Registry], str]


class TargetOptions(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The options that open a target: `command` or address, mode, limits. `registry` is its name, MODULE:NAME."""

    command: str
    mode: str = "pipe"
    timeout: float = 2.0
    memory: int = 256
    registry: str | None = None
    lenient: bool = False

    def open(self, *, timeout: float | None = None) -> Target:
        """Open the target. Raises TargetError."""
        return open_target(self.command, self.mode, Settings(timeout or self.timeout, self.memory))


class Finding(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The content of ``finding.json``; `name` is the name of its folder, `hits` the number of hits in the run."""

    name: str
    kind: Kind
    label: str
    message: str
    reason: str
    path: str
    event: str
    expected: dict[str, Any]
    actual: dict[str, Any]
    size: int
    original_size: int
    frame: str
    seed: int
    target: TargetOptions
    replay: str
    hits: int = 1


class Findings:
    """The findings of a run, in a folder that the first finding creates; `explain` names the bytes of a frame."""

    def __init__(self, folder: Path, workload: Workload, options: TargetOptions, explain: Explain) -> None:
        self._folder = folder
        self._explain = explain
        self._workload = workload
        self._options = options
        self._target: Target | None = None
        self._by_hit: dict[tuple[str, ...], Finding] = {}
        self._examples: dict[tuple[str, ...], int] = {}
        self.all: dict[tuple[str, ...], Finding] = {}

    def close(self) -> None:
        """End the target of the reductions and write the number of hits of each finding."""
        for finding in self.all.values():
            self._write(finding)
        if self._target is not None:
            self._target.close()

    def by_severity(self) -> list[Finding]:
        """Return all findings, the most severe kind first."""
        kinds = list(Kind)
        return sorted(self.all.values(), key=lambda finding: (kinds.index(finding.kind), finding.label, finding.name))

    def add(self, hit: Hit, times: int) -> Finding | None:
        """Keep `hit` as a finding and return it, None where it is known; `times` is the number of its hits."""
        key = _key(hit)
        known = self._by_hit.get(key)
        if known is not None and not (_vague(hit) and self._examples[key] < _EXAMPLES):
            known.hits += times
            return None
        self._examples[key] = self._examples.get(key, 0) + 1
        small = self._reduced(hit)
        final = _final_key(key, hit, small.case.frame)
        if final in self.all:
            self._by_hit[key] = self.all[final]
            self.all[final].hits += times
            return None
        finding = self._by_hit[key] = self.all[final] = self._keep(final, hit, small, times)
        return finding

    def _reduced(self, hit: Hit) -> Hit:
        """Return `hit` with the smallest frame that shows it, or itself with a note where it does not show again."""
        try:
            target = self._target = self._target or self._options.open()
            if hit.difference.kind is not Kind.HANG:
                small = self._smallest(hit, target, _TRIES)
            else:
                with contextlib.closing(self._options.open(timeout=max(_BRISK, self._options.timeout / 4))) as brisk:
                    small = self._smallest(hit, brisk, _SLOW_TRIES)
            target.close()  # from here on a frame is the first one of the target
            return (
                _repeat(self._workload, hit, target, small)
                or _repeat(self._workload, hit, target, hit.case.frame)
                or _noted(hit, NOT_FIRST)
            )
        except TargetError:  # a server that is not restarted
            return _noted(hit, GONE)

    def _smallest(self, hit: Hit, target: Target, tries: int) -> bytes:
        reducer = Reducer(lambda data: _repeat(self._workload, hit, target, data) is not None, self._workload.registry, tries)
        return reducer.reduce(hit.case.frame)

    def _keep(self, key: tuple[str, ...], hit: Hit, small: Hit, times: int) -> Finding:
        case, difference = small.case, small.difference
        label = " ".join(sorted(hit.case.codes)) or RAW if hit.case.label == RAW else hit.case.label
        name = f"{difference.kind}-{label.replace(' ', '-')}-{hashlib.sha256(repr(key).encode()).hexdigest()[:6]}"
        folder = self._folder / name
        folder.mkdir(parents=True, exist_ok=True)
        finding = Finding(
            name=name,
            kind=difference.kind,
            label=hit.case.label,
            message=difference.message,
            reason=case.reason,
            path=case.path,
            event=case.schema,
            expected=expected(case),
            actual=actual(small.outcome),
            size=len(case.frame),
            original_size=len(hit.case.frame),
            frame=case.frame.hex(),
            seed=self._workload.seed,
            target=self._options,
            replay=f"tlib fuzz replay {shlex.quote(str(folder))}",
            hits=times,
        )
        write_whole(folder / FRAME, case.frame)
        write_whole(folder / ORIGINAL, hit.case.frame)
        write_whole(folder / HEX, self._explain(case.frame, self._workload.registry).encode())
        self._write(finding)
        return finding

    def _write(self, finding: Finding) -> None:
        data = msgspec.json.format(msgspec.json.encode(finding), indent=1)
        write_whole(self._folder / finding.name / ABOUT, data + b"\n")


def _repeat(workload: Workload, first: Hit, target: Target, data: bytes) -> Hit | None:
    """Return the hit of `data` where it shows the fault of `first`."""
    case = workload.case(data)
    outcome = target.run((data,))[0]
    difference = judge(case, outcome, workload.registry)
    again = None if difference is None else Hit(case, outcome, difference)
    return again if again is not None and _same_fault(first, again) else None


def _noted(hit: Hit, note: str) -> Hit:
    """Return `hit` with a note in its message."""
    difference = hit.difference
    message = difference.message if difference.message.endswith(NOT_ALONE) else f"{difference.message}; {note}"
    return msgspec.structs.replace(hit, difference=msgspec.structs.replace(difference, message=message))


def _same_fault(first: Hit, again: Hit) -> bool:
    """Return whether `again`, of a smaller frame, shows the fault of `first`."""
    if (again.difference.kind, again.difference.signature) != (first.difference.kind, first.difference.signature):
        return False
    if again.difference.kind in {Kind.VERDICT, Kind.CODE}:
        return again.case.accept is first.case.accept and again.case.codes <= first.case.codes
    return True


def _key(hit: Hit) -> tuple[str, ...]:
    """Return a key that hits of one fault share before they are reduced."""
    kind, signature = hit.difference.kind, hit.difference.signature
    where = " ".join(sorted(hit.case.codes)) if hit.case.label == RAW else hit.case.label
    match kind:
        case Kind.CRASH if " in " in signature:  # it names a function of the program
            return (kind, signature)
        case Kind.VALUE:
            return (kind, signature)
        case Kind.VERDICT if hit.case.accept:
            return (kind, signature)
    return (kind, signature, where)


def _final_key(key: tuple[str, ...], hit: Hit, small: bytes) -> tuple[str, ...]:
    """Return the key of a finding after the reduction: a crash that names no function is identified by its frame."""
    if _vague(hit):
        return (*key, _structure(small))
    if hit.difference.kind in _ANONYMOUS and len(key) == _WITH_LABEL:
        return (*key[:-1], hashlib.sha256(small).hexdigest())
    return key


def _vague(hit: Hit) -> bool:
    """Return whether only the reduced frame distinguishes the fault: a correct frame is refused."""
    return hit.case.accept and hit.difference.kind is Kind.VERDICT


def _structure(frame: bytes) -> str:
    """Return the structure of a frame without sizes, equal for frames that show one fault."""
    node = tree.read(frame)
    return "cut" if node is None else " ".join(_forms(node))


def _forms(node: tree.Frame) -> list[str]:
    found = []
    owners: list[Any] = [*node.attributes]
    for owner in owners:  # grows on the way
        if isinstance(owner.value, bytes):
            found.append(f"{type(owner).__name__} {owner.kind} {_amount(owner.value)}")
        else:
            found.append(f"{type(owner).__name__} {owner.kind} of {_amount(owner.value.pairs)} pairs")
            owners += owner.value.pairs
    return sorted(set(found))


def _amount(sequence: Any) -> str:
    return "no" if not sequence else "some" if len(sequence) < 256 else "many"


def expected(case: Case) -> dict[str, Any]:
    """Return the correct answer as JSON data."""
    if case.accept:
        return {"verdict": "accept", **({} if case.json is None else {"json": msgspec.Raw(case.json)})}
    return {"verdict": "reject", "codes": sorted(case.codes)}


def actual(outcome: Outcome) -> dict[str, Any]:
    """Return the target's answer as JSON data, without the parts that it did not give."""
    parts = {"code": outcome.code, "json": outcome.json.decode("utf-8", "replace"), "signature": outcome.signature, "trace": outcome.trace}
    return {"verdict": outcome.verdict, **{name: value for name, value in parts.items() if value}}
