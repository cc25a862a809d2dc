"""The sections and the aims as tables: of text for a terminal, of Markdown for the page.

Strategy: one list of rows makes both. The terminal's has times; the page's has ratios alone, since only
they mean something on another machine.
"""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.paired import Times, results
from benchmarks.reach import AIMS, outcome, verdict

Rows = list[tuple[str, ...]]


def number(value: float) -> str:
    """Three digits that count."""
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def duration(seconds: float) -> str:
    """A time in the unit that suits it."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"


def section_rows(times: Times, *, absolute: bool) -> Rows:
    """A section's header and rows, fastest first; its first work is the baseline."""
    baseline = next(iter(times))
    header = ("", *(("median", "shortest") if absolute else ()), "ratio", "quartiles", "of the shortest")
    rows: Rows = [header]
    for name, found in sorted(results(times, baseline).items(), key=lambda item: item[1].ratio.median):
        taken = (duration(found.seconds), duration(found.shortest)) if absolute else ()
        r = found.ratio
        spread = "baseline" if name == baseline else f"{number(r.low)} to {number(r.high)}"
        rows.append((name, *taken, number(r.median), spread, number(r.best)))
    return rows


def aim_rows(sections: dict[str, Times]) -> Rows:
    """The aims beside what was measured."""
    rows: Rows = [("", "at most", "measured", "quartiles", "of the shortest", "")]
    for aim in AIMS:
        ratio = outcome(aim, sections)
        told: tuple[str, ...] = ("-", "-", "-")
        if ratio is not None:
            told = (number(ratio.median), f"{number(ratio.low)} to {number(ratio.high)}", number(ratio.best))
        rows.append((aim.title, number(aim.limit), *told, verdict(aim, ratio)))
    return rows


def text(title: str, rows: Rows) -> str:
    """A table for a terminal."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = [title, *("  " + _line(row, widths) for row in rows)]
    return "\n".join(line.rstrip() for line in lines)


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    first, *rest = (f"{cell:<{width}}" if i == 0 else f"{cell:>{width}}" for i, (cell, width) in enumerate(zip(row, widths, strict=True)))
    return "  ".join((first, *rest))


def markdown(rows: Rows) -> str:
    """The same table for the page."""
    header, *body = rows
    rule = ("---", *["---:"] * (len(header) - 1))
    return "\n".join("| " + " | ".join(row) + " |" for row in (header, rule, *body)) + "\n"
