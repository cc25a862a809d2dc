"""Reports of a run: progress while it runs, a summary for a person, JUnit XML for a build server."""

from __future__ import annotations

import sys
import time
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path

import msgspec

from tlib_codec.formats.output import open_output

from .findings import Finding

_EVERY = 0.2  # seconds between two updates of the progress


class Total(msgspec.Struct):
    """The totals of a run: its seed, cases by label, cases left out, cases that the target skipped, seconds."""

    seed: int
    counts: Counter[str]
    left_out: Counter[str]
    skipped: Counter[str] = msgspec.field(default_factory=Counter)
    seconds: float = 0.0

    @property
    def cases(self) -> int:
        """The number of cases sent."""
        return self.counts.total()

    @property
    def judged(self) -> int:
        """The number of cases that the target judged."""
        return self.cases - self.skipped.total()


class Progress:
    """A progress line on the standard error, where that is a terminal."""

    def __init__(self) -> None:
        self._shown = sys.stderr.isatty()
        self._began = self._updated = time.monotonic()

    @property
    def seconds(self) -> float:
        """The seconds since the start."""
        return time.monotonic() - self._began

    def update(self, cases: int, findings: int) -> None:
        """Show the number of cases and findings."""
        now = time.monotonic()
        if self._shown and now - self._updated > _EVERY:
            self._updated = now
            sys.stderr.write(f"\r\x1b[K{cases:,} cases, {cases / self.seconds:,.0f} a second, {_count(findings, 'finding')}")
            sys.stderr.flush()

    def clear(self) -> None:
        """Remove the line."""
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def summary(total: Total, findings: Collection[Finding]) -> Iterator[str]:
    """Yield the lines of the summary."""
    rate = f"{total.seconds:.1f} s, {total.cases / (total.seconds or 1.0):,.0f} a second"
    yield f"{_count(total.cases, 'case')}, {rate}, seed {total.seed}: {_count(len(findings), 'finding')}"
    if total.skipped:
        yield f"{_count(total.skipped.total(), 'case')} skipped by the target and not judged"
    if total.left_out:
        labels = ", ".join(f"{count:,} {label}" for label, count in total.left_out.most_common())
        yield f"left out, because their labels had killed the target often enough: {labels}"
    for finding in findings:
        yield ""
        yield from described(finding)


def described(finding: Finding) -> Iterator[str]:
    """Yield the lines that describe a finding."""
    yield f"{finding.kind}  {finding.label}: {finding.message}"
    place = finding.path or finding.event
    yield f"    {finding.reason}{f' ({place})' if place else ''}"
    reduced = f", reduced from {finding.original_size}" if finding.size != finding.original_size else ""
    yield f"    {_count(finding.size, 'byte')}{reduced}; {_count(finding.hits, 'hit')}"
    yield f"    {finding.replay}"


def junit(total: Total, findings: Collection[Finding], path: Path) -> None:
    """Write a JUnit test case for each label, failed by its findings; skipped where none of its cases was judged."""
    by_label: dict[str, list[Finding]] = {label: [] for label in sorted({*total.counts, *total.left_out})}
    for finding in findings:
        by_label.setdefault(finding.label, []).append(finding)
    failed = sum(bool(found) for found in by_label.values())
    idle = {label for label, found in by_label.items() if not found and total.counts[label] == total.skipped[label]}
    numbers = {"tests": len(by_label), "failures": failed, "errors": 0, "skipped": len(idle)}
    suite = ET.Element(
        "testsuite", {"name": "tlib fuzz", **{name: str(number) for name, number in numbers.items()}, "time": f"{total.seconds:.3f}"}
    )
    properties = ET.SubElement(suite, "properties")
    for name, value in (("seed", total.seed), ("cases", total.cases)):
        ET.SubElement(properties, "property", name=name, value=str(value))
    for label, found in by_label.items():
        case = ET.SubElement(suite, "testcase", classname="tlib.fuzz", name=label, time="0")
        for finding in found:
            failure = ET.SubElement(case, "failure", type=str(finding.kind), message=_clean(finding.message))
            failure.text = _clean("\n".join(described(finding)))
        if label in idle:
            ET.SubElement(case, "skipped", message="none of its cases was judged")
        ET.SubElement(case, "system-out").text = f"{total.counts[label]} cases"
    tree = ET.ElementTree(suite)
    ET.indent(tree)
    with open_output(path) as file:
        tree.write(file, encoding="utf-8", xml_declaration=True)


def _clean(text: str) -> str:
    """Return `text` without the characters that XML cannot hold."""
    return "".join(c if c in "\n\t" or (c.isprintable() and not 0xD800 <= ord(c) <= 0xDFFF) else "\N{REPLACEMENT CHARACTER}" for c in text)


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
