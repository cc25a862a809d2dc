"""Findings: one for each fault, made small, kept as files that somebody else can use.

Strategy: a hit is the same finding as another where the same kind of fault shows in the same way;
that is asked once before the frame is reduced, which costs, and once after it, when the frame's own
form tells more than its label did. Everything needed to show it again is in its folder, so a replay
needs no more than the folder's name.
"""

from __future__ import annotations

import contextlib
import hashlib
import shlex
from pathlib import Path
from typing import Any, Final

import msgspec

from tlib_cli.commands.inspect import rows
from tlib_codec.annotate import annotate
from tlib_fuzz.cases import tree
from tlib_fuzz.cases.generate import Case
from tlib_schemas.registry import Registry

from .judge import Kind, judge
from .persistent import NOT_ALONE
from .protocol import Outcome, Settings, Target, TargetError
from .reduce import Reducer
from .session import Hit
from .target import open_target
from .workload import RAW, Plan

_PLACELESS: Final = frozenset({Kind.CRASH, Kind.HANG, Kind.MEMORY})
_WITH_LABEL: Final = 3  # words of a key that ends in a label
_EXAMPLES: Final = 8  # of right frames refused alike that are reduced, to see whether it is one fault
_TRIES: Final = 3_000
_SLOW_TRIES: Final = 600  # where many cost a time-out
_BRISK: Final = 0.25  # seconds after which a frame hangs while it is reduced
GONE: Final = "and the target does not come back, so it is not reduced"
NOT_FIRST: Final = "but not as the first frame: it depends on those before it"
FRAME, ORIGINAL, HEX, ABOUT = "frame.bin", "original.bin", "frame.txt", "finding.json"


class How(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How to open the target again: what ``tlib fuzz run`` was given. `registry` is its name, MODULE:NAME."""

    target: str
    mode: str = "pipe"
    timeout: float = 2.0
    memory: int = 256
    registry: str | None = None
    lenient: bool = False

    def open(self, *, timeout: float | None = None) -> Target:
        """The target, anew. Raises TargetError."""
        return open_target(self.target, self.mode, Settings(timeout or self.timeout, self.memory))


class Finding(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What ``finding.json`` holds; `name` is its folder's.

    `how` has the settings by which the target is opened again; `times` counts the hits in this run.
    """

    name: str
    kind: Kind
    label: str
    words: str
    reason: str
    path: str
    event: str
    expected: dict[str, Any]
    answer: dict[str, Any]
    size: int
    original_size: int
    frame: str
    seed: int
    how: How
    replay: str
    times: int = 1


class Findings:
    """What a run has found, in a folder that is made when there is something to put into it."""

    def __init__(self, folder: Path, plan: Plan, how: How) -> None:
        self._folder = folder
        self._plan = plan
        self._how = how
        self._target: Target | None = None
        self._by_hit: dict[tuple[str, ...], Finding] = {}
        self._examples: dict[tuple[str, ...], int] = {}
        self.all: dict[tuple[str, ...], Finding] = {}

    def close(self) -> None:
        """End the target on which hits were shown again, and write down how often each was seen."""
        for finding in self.all.values():
            self._tell(finding)
        if self._target is not None:
            self._target.close()

    def by_gravity(self) -> list[Finding]:
        """All findings, the gravest kind first."""
        kinds = list(Kind)
        return sorted(self.all.values(), key=lambda finding: (kinds.index(finding.kind), finding.label, finding.name))

    def add(self, hit: Hit, times: int) -> Finding | None:
        """The finding that `hit` is where it is a new one, kept; None where it is known."""
        key = _key(hit)
        known = self._by_hit.get(key)
        if known is not None and not (_vague(hit) and self._examples[key] < _EXAMPLES):
            known.times += times
            return None
        self._examples[key] = self._examples.get(key, 0) + 1
        small = self._reduced(hit)
        form = _grown(key, hit, small.case.frame)
        if form in self.all:
            self._by_hit[key] = self.all[form]
            self.all[form].times += times
            return None
        found = self._by_hit[key] = self.all[form] = self._keep(form, hit, small, times)
        return found

    def _reduced(self, hit: Hit) -> Hit:
        """`hit` with the smallest frame that shows it; itself, with a word on it, where it does not show again."""
        try:
            target = self._target = self._target or self._how.open()
            if hit.difference.kind is not Kind.HANG:
                small = self._smallest(hit, target, _TRIES)
            else:
                with contextlib.closing(self._how.open(timeout=max(_BRISK, self._how.timeout / 4))) as brisk:
                    small = self._smallest(hit, brisk, _SLOW_TRIES)
            target.close()  # what it shows now, it shows as the first of all frames
            return _look(self._plan, hit, target, small) or _look(self._plan, hit, target, hit.case.frame) or _said(hit, NOT_FIRST)
        except TargetError:  # a server that nobody starts again
            return _said(hit, GONE)

    def _smallest(self, hit: Hit, target: Target, tries: int) -> bytes:
        reducer = Reducer(lambda data: _look(self._plan, hit, target, data) is not None, self._plan.registry, tries)
        return reducer.reduce(hit.case.frame)

    def _keep(self, form: tuple[str, ...], hit: Hit, small: Hit, times: int) -> Finding:
        case, difference = small.case, small.difference
        label = " ".join(sorted(hit.case.codes)) or RAW if hit.case.label == RAW else hit.case.label
        name = f"{difference.kind}-{label.replace(' ', '-')}-{hashlib.sha256(repr(form).encode()).hexdigest()[:6]}"
        folder = self._folder / name
        folder.mkdir(parents=True, exist_ok=True)
        finding = Finding(
            name=name,
            kind=difference.kind,
            label=hit.case.label,
            words=difference.words,
            reason=case.reason,
            path=case.path,
            event=case.schema,
            expected=expected(case),
            answer=answer(small.outcome),
            size=len(case.frame),
            original_size=len(hit.case.frame),
            frame=case.frame.hex(),
            seed=self._plan.seed,
            how=self._how,
            replay=f"tlib fuzz replay {shlex.quote(str(folder))}",
            times=times,
        )
        (folder / FRAME).write_bytes(case.frame)
        (folder / ORIGINAL).write_bytes(hit.case.frame)
        (folder / HEX).write_text(hex_of(case.frame, self._plan.registry), encoding="utf-8")
        self._tell(finding)
        return finding

    def _tell(self, finding: Finding) -> None:
        data = msgspec.json.format(msgspec.json.encode(finding), indent=1)
        (self._folder / finding.name / ABOUT).write_bytes(data + b"\n")


def _look(plan: Plan, first: Hit, target: Target, data: bytes) -> Hit | None:
    """The hit that `data` gives, where it shows the fault that `first` showed."""
    case = plan.case(data)
    outcome = target.run((data,))[0]
    difference = judge(case, outcome, plan.registry)
    again = None if difference is None else Hit(case, outcome, difference)
    return again if again is not None and _alike(first, again) else None


def _said(hit: Hit, more: str) -> Hit:
    """`hit` with more words on how it shows."""
    difference = hit.difference
    words = difference.words if difference.words.endswith(NOT_ALONE) else f"{difference.words}; {more}"
    return msgspec.structs.replace(hit, difference=msgspec.structs.replace(difference, words=words))


def _alike(first: Hit, again: Hit) -> bool:
    """Whether `again`, a smaller frame, shows the fault that `first` showed."""
    if (again.difference.kind, again.difference.nature) != (first.difference.kind, first.difference.nature):
        return False
    if again.difference.kind in {Kind.VERDICT, Kind.CODE}:
        return again.case.accept is first.case.accept and again.case.codes <= first.case.codes
    return True


def _key(hit: Hit) -> tuple[str, ...]:
    """What is equal for hits of one fault, as far as can be told before they are reduced."""
    kind, nature = hit.difference.kind, hit.difference.nature
    where = " ".join(sorted(hit.case.codes)) if hit.case.label == RAW else hit.case.label
    match kind:
        case Kind.CRASH if " in " in nature:  # it names a place of the program
            return (kind, nature)
        case Kind.VALUE:
            return (kind, nature)
        case Kind.VERDICT if hit.case.accept:
            return (kind, nature)
    return (kind, nature, where)


def _grown(key: tuple[str, ...], hit: Hit, small: bytes) -> tuple[str, ...]:
    """What is equal for hits of one fault, now that the frame is reduced: harm that names no place is known by the frame that does it."""
    if _vague(hit):
        return (*key, _form(small))
    if hit.difference.kind in _PLACELESS and len(key) == _WITH_LABEL:
        return (*key[:-1], hashlib.sha256(small).hexdigest())
    return key


def _vague(hit: Hit) -> bool:
    """Whether the reduced frame tells one fault from another, and the hit hardly does: a right frame is refused."""
    return hit.case.accept and hit.difference.kind is Kind.VERDICT


def _form(frame: bytes) -> str:
    """What a frame is made of, sizes left out: equal for frames that show one fault."""
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
    """What is right, as JSON holds it."""
    if case.accept:
        return {"verdict": "accept", **({} if case.json is None else {"json": msgspec.Raw(case.json)})}
    return {"verdict": "reject", "codes": sorted(case.codes)}


def answer(outcome: Outcome) -> dict[str, Any]:
    """What the target did, as JSON holds it; what it did not say is left out."""
    told = {"code": outcome.code, "json": outcome.json.decode("utf-8", "replace"), "sign": outcome.sign, "trace": outcome.trace}
    return {"verdict": outcome.verdict, **{name: value for name, value in told.items() if value}}


def hex_of(frame: bytes, registry: Registry) -> str:
    """The frame byte by byte, each range named."""
    return "".join(f"{row.plain}\n" for row in rows(annotate(frame, registry=registry), frame))
