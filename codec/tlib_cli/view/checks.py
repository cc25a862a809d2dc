"""Write the result of a check: violations grouped by kind, totals, and a table of counts.

Strategy: a group holds the line of its first violation and a count. Memory is bounded: beyond a number of kinds, each
violation gets a line of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from tlib_cli.baseline import GAP, Kind
from tlib_schemas.errors import Severity, printable

MAX_KINDS = 10_000
_RIGHT = frozenset({"Events", "Count"})


class Problem(Protocol):
    """A problem that belongs to a kind and has a line."""

    @property
    def kind(self) -> Kind:
        """Return the kind."""

    @property
    def of_input(self) -> bool:
        """Return whether the problem is of the whole input."""

    def text(self) -> str:
        """Return the line."""


class Output(Protocol):
    """Takes problems, and says which of them it needs not see."""

    def add(self, problem: Any, /) -> str | bytes | None:
        """Take a problem; return the line to print now."""

    def covers(self, kind: Kind, /) -> bool:
        """Return whether further problems of a kind need no line."""

    def more(self, kind: Kind, count: int, /) -> None:
        """Count further problems of a kind that it covers."""


class Quiet:
    """Prints no problem."""

    def add(self, problem: Problem) -> None:
        """Take a problem."""

    def covers(self, kind: Kind) -> bool:
        """Return True: no kind needs a line."""
        return True

    def more(self, kind: Kind, count: int) -> None:
        """Take further problems."""


class Each:
    """Prints each problem as `show` words it."""

    def __init__(self, show: Callable[[Any], str | bytes]) -> None:
        self.add = show

    def covers(self, kind: Kind) -> bool:
        """Return False: every problem has a line."""
        return False

    def more(self, kind: Kind, count: int) -> None:
        """Refuse: every problem has a line."""
        raise AssertionError(kind, count)


class Groups:
    """The kinds of problems in the order of their first place, with counts. Beyond `MAX_KINDS`, a new one has no group."""

    def __init__(self) -> None:
        self._lines: dict[Kind, str] = {}
        self._counts: Counter[Kind] = Counter()

    def add(self, problem: Problem) -> str | None:
        """Count a problem in the group of its kind; return its line if it has no group, or is of the whole input."""
        if problem.of_input:
            return problem.text()
        if problem.kind not in self._lines:
            if len(self._lines) >= MAX_KINDS:
                return problem.text()
            self._lines[problem.kind] = problem.text()
        self._counts[problem.kind] += 1
        return None

    def covers(self, kind: Kind) -> bool:
        """Return whether a kind has a group."""
        return kind in self._lines

    def more(self, kind: Kind, count: int) -> None:
        """Count further problems of a kind that has a group."""
        self._counts[kind] += count

    def lines(self) -> Iterator[str]:
        """Yield a line per group: its first problem, and the count if there are more."""
        for kind, line in self._lines.items():
            count = self._counts[kind]
            yield line if count == 1 else f"{line} ({count} times)"


class Summary:
    """Counts of events by name, of violations by severity, and by event, severity and code."""

    def __init__(self) -> None:
        self.events: Counter[str] = Counter()
        self.severities: Counter[Severity] = Counter()
        self.codes: Counter[tuple[str, str, str]] = Counter()
        self.malformed = 0
        self.gaps = 0
        self.known: int | None = None  # without a baseline, None

    def add(self, kind: Kind, severity: Severity | None, count: int = 1) -> None:
        """Count problems of a kind; without a severity, they are malformed frames, diagnostics or gaps."""
        self.codes[kind.event, "" if severity is None else severity.value, kind.code] += count
        if severity is not None:
            self.severities[severity] += count
        elif kind.code == GAP:
            self.gaps += count
        else:
            self.malformed += count

    def to_data(self) -> dict[str, Any]:
        """Return the summary as a JSON object."""
        by_code: Counter[str] = Counter()
        by_event_and_code: dict[str, dict[str, int]] = {}
        for (event, _, code), count in self.codes.most_common():
            by_code[code] += count
            if event:
                by_event_and_code.setdefault(event, {})[code] = count
        return {
            "events": self.events.total(),
            "by_event": dict(self.events.most_common()),
            "errors": self.severities[Severity.ERROR],
            "warnings": self.severities[Severity.WARNING],
            "malformed": self.malformed,
            "gaps": self.gaps,
            "by_code": dict(by_code.most_common()),
            "by_event_and_code": by_event_and_code,
        } | ({} if self.known is None else {"known": self.known})

    def totals(self, *, warnings: bool) -> str:
        """Return the line of totals."""
        counts = [(self.events.total(), "event"), (self.severities[Severity.ERROR], "error")]
        if warnings:
            counts.append((self.severities[Severity.WARNING], "warning"))
        parts = [f"{count} {noun}{'' if count == 1 else 's'}" for count, noun in [*counts, (self.gaps, "gap")]]
        parts.append(f"{self.malformed} malformed")
        return ", ".join(parts if self.known is None else [*parts, f"{self.known} known"])

    def table(self) -> Iterator[str]:
        """Yield the rows of the table: a row per event and code, the commonest event first."""
        rows = [("Event", "Events", "Severity", "Code", "Count")]
        for event in [*(name for name, _ in self.events.most_common()), ""]:
            name, total = (printable(event), str(self.events[event])) if event else ("(no event)", "")
            codes = [(severity, code, str(count)) for (of, severity, code), count in self.codes.most_common() if of == event]
            if event and not codes:
                codes = [("", "", "")]
            rows += [(name, total, *cells) for cells in codes]
        from rich.cells import cell_len  # noqa: PLC0415 most checks print no table

        widths = [max(map(cell_len, cells)) for cells in zip(*rows, strict=True)]
        for row in rows:
            cells = zip(rows[0], row, widths, strict=True)
            yield "  ".join(aligned(cell, width, right=title in _RIGHT) for title, cell, width in cells).rstrip()


def aligned(cell: str, width: int, *, right: bool) -> str:
    """Return a cell as wide as `width` columns of a terminal, where wide characters take two and combining ones none."""
    from rich.cells import cell_len  # noqa: PLC0415 as above

    blanks = " " * (width - cell_len(cell))
    return blanks + cell if right else cell + blanks
