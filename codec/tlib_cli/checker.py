"""Find the problems of an input's parts, and count them.

Strategy: frames that break the same demands have problems of the same kinds. So of a run of frames the checker decodes the first one of
each signature, and adds the others up where the output needs no line of them.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from tlib_cli.baseline import Kind, read_baseline
from tlib_cli.reports import ADVISED, complaints
from tlib_cli.view.checks import Output, Summary
from tlib_codec.checks import UNSIGNED, Signatures, violations_of
from tlib_codec.formats.jsonl import place_data, violation_to_data
from tlib_codec.records import Batch, Diagnostic, Entry, Frames
from tlib_codec.stream import Gap
from tlib_schemas.errors import Severity, Violation, printable
from tlib_schemas.limits import Limits
from tlib_schemas.registry import Registry


class Problem(NamedTuple):
    """A violation of an event, or (without one) a diagnostic, a malformed frame or a gap."""

    kind: Kind
    entry: Entry
    violation: Violation | None = None

    @property
    def of_input(self) -> bool:
        """Return whether the problem is of the whole input, so a line about several inputs would hide one."""
        return isinstance(self.entry, Diagnostic) and self.entry.code in ADVISED

    @property
    def severity(self) -> Severity | None:
        """Return the severity of the violation; None for a malformed part."""
        return None if self.violation is None else self.violation.severity

    def text(self) -> str:
        """Return the lines for a person."""
        if self.violation is None:
            return "\n".join(map(printable, complaints(self.entry)))
        return printable(f"{self.entry.origin.place}: {self.violation.severity.value}: {self.violation}")

    def json(self) -> bytes:
        """Return the JSON object."""
        if self.violation is None:
            data: dict[str, Any] = {"code": self.kind.code, "message": self.entry.complaint()}
        else:
            data = violation_to_data(self.violation)
        return msgspec.json.encode({**data, **place_data(self.entry.origin)})


class _Verdict(NamedTuple):
    """The problems of every frame of one signature: the name of the event, and the kinds in their order."""

    event: str
    kinds: list[tuple[Kind, Severity | None]]


class Checker:
    """Finds the problems of entries and of frames, counts them and gives them to the output.

    With `collect`, `kinds` are those of the baseline and of all problems. `broken` says whether the output had any.
    """

    def __init__(self, registry: Registry, output: Output, baseline: str | None, *, warnings: bool, collect: bool) -> None:
        self.warnings = warnings
        self.summary = Summary()
        self.broken = False
        self._registry = registry
        self._output = output
        self._collect = collect
        self._known: frozenset[Kind] = frozenset()
        if baseline is not None:
            self._known = read_baseline(baseline)
            self.summary.known = 0
        self.kinds = set(self._known)
        self._limits: Limits | None = None

    def frames(self, frames: Frames, batch: Batch) -> Iterator[str | bytes]:
        """Check frames of a batch; yield the lines of the output."""
        if self._limits != batch.limits:
            self._signatures = Signatures(batch.registry, batch.limits)
            self._verdicts: dict[int, _Verdict] = {}
            self._limits = batch.limits
        rows, numbers = self._signatures.of(frames)
        while rows:  # a heap, since it is sorted
            place, number, count = heapq.heappop(rows)
            verdict = self._verdicts.get(number)
            if verdict is not None and self._needs_no_line(verdict):
                self._add(verdict, count)
                continue
            [record] = frames.select([place]).records(batch.registry, batch.limits)
            problems = self._problems(record)
            if number != UNSIGNED and verdict is None:
                self._verdicts[number] = _Verdict(self._name(record), [(one.kind, one.severity) for one in problems])
            yield from self._lines(problems)
            if count > 1:
                for other in self._others(numbers, number, place, count):
                    heapq.heappush(rows, other)

    def _others(self, numbers: Sequence[int], number: int, place: int, count: int) -> Iterator[tuple[int, int, int]]:
        """Yield the rows of the other frames of a signature: one that counts them, or one each where they need lines."""
        if self._needs_no_line(self._verdicts[number]):
            yield place, number, count - 1
        else:
            yield from ((other, number, 1) for other in range(place + 1, len(numbers)) if numbers[other] == number)

    def _needs_no_line(self, verdict: _Verdict) -> bool:
        return all(kind in self._known or self._output.covers(kind) for kind, _ in verdict.kinds)

    def entry(self, entry: Entry) -> Iterator[str | bytes]:
        """Check one entry; yield the lines of the output."""
        yield from self._lines(self._problems(entry))

    def _add(self, verdict: _Verdict, count: int) -> None:
        """Add up frames whose problems need no line."""
        self.summary.events[verdict.event] += count
        for kind, severity in verdict.kinds:
            if kind in self._known:
                assert self.summary.known is not None
                self.summary.known += count
            else:
                self.broken = True
                self.summary.add(kind, severity, count)
                self._output.more(kind, count)

    def _lines(self, problems: list[Problem]) -> Iterator[str | bytes]:
        for problem in problems:
            if self._collect:
                self.kinds.add(problem.kind)
            if problem.kind in self._known:
                assert self.summary.known is not None
                self.summary.known += 1
            else:
                self.broken = True
                self.summary.add(problem.kind, problem.severity)
                if (line := self._output.add(problem)) is not None:
                    yield line

    def _problems(self, entry: Entry) -> list[Problem]:
        """Count an entry and return its problems."""
        if isinstance(entry, Diagnostic) or isinstance(entry.item, Gap):
            return [Problem(Kind.of_damage(entry), entry)]
        self.summary.events[self._name(entry)] += 1
        return [
            Problem(Kind.of_violation(violation), entry, violation)
            for violation in violations_of(entry, self._registry)
            if self.warnings or violation.severity is Severity.ERROR
        ]

    def _name(self, entry: Entry) -> str:
        assert not isinstance(entry, Diagnostic)
        assert not isinstance(entry.item, Gap)
        return self._registry.message_label(entry.item.message)
