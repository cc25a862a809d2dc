"""The plots: time relative to a baseline, one bar a peer, on a logarithmic scale, as SVG written by hand.

Strategy: bars run from the left edge, shorter is faster; a thin line across a bar's end spans the quartiles,
a dashed line marks the baseline. Colours hold on white and for the colour-blind.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from html import escape

from benchmarks.paired import Result
from benchmarks.report import number

_LEFT, _WIDTH, _BAR, _GAP, _HEAD = 260, 560, 16, 6, 34
_OURS, _BASE, _OTHERS, _INK = "#0072b2", "#d55e00", "#b8bfc6", "#24292f"


def svg(panels: dict[str, dict[str, Result]], *baselines: str, title: str = "Time to decode an event") -> str:
    """Return the document: one panel an event or path, its peers fastest first. Times are relative to one of `baselines`."""
    baseline = baselines[0] if len(baselines) == 1 else "the orange bar"
    heading = f"{title}, relative to {baseline}" if len(baselines) == 1 else title
    every = [result.ratio for panel in panels.values() for result in panel.values()]
    low = math.floor(math.log10(min(min(r.low, r.median) for r in every)))
    high = math.ceil(math.log10(max(max(r.high, r.median) for r in every)))
    high = max(high, low + 1)
    height = sum(_HEAD + len(panel) * (_BAR + _GAP) for panel in panels.values()) + 50
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_LEFT + _WIDTH + 80} {height}" font-family="sans-serif" font-size="12">',
        f"<title>{escape(heading)}</title>",
        f'<rect width="100%" height="100%" fill="#ffffff"/><g fill="{_INK}">',
    ]
    top = 0
    for name, panel in panels.items():
        lines += _panel(name, panel, baselines, top, low, high)
        top += _HEAD + len(panel) * (_BAR + _GAP)
    for power in range(low, high + 1):
        x = _x(10.0**power, low, high)
        lines.append(f'<text x="{x:.1f}" y="{top + 18}" text-anchor="middle">{10.0**power:g}</text>')
    lines.append(f'<text x="{_LEFT}" y="{top + 38}">time relative to {escape(baseline)} (logarithmic; shorter is faster)</text>')
    return "\n".join([*lines, "</g></svg>", ""])


def _x(value: float, low: int, high: int) -> float:
    return _LEFT + _WIDTH * (math.log10(value) - low) / (high - low)


def _panel(title: str, panel: dict[str, Result], baselines: Collection[str], top: int, low: int, high: int) -> Iterator[str]:
    yield f'<text x="8" y="{top + 22}" font-weight="bold">{escape(title)}</text>'
    bottom = top + _HEAD + len(panel) * (_BAR + _GAP)
    for power in range(low, high + 1):
        x = _x(10.0**power, low, high)
        dashes = ' stroke-dasharray="4 3"' if power == 0 else ""
        yield f'<path d="M{x:.1f} {top + _HEAD - 4}V{bottom}" stroke="{_BASE if power == 0 else "#e4e7ea"}"{dashes}/>'
    for i, (name, result) in enumerate(sorted(panel.items(), key=lambda item: item[1].ratio.median)):
        y = top + _HEAD + i * (_BAR + _GAP)
        r = result.ratio
        end = _x(r.median, low, high)
        colour = _OURS if name.startswith("tlib-codec") else _BASE if name in baselines else _OTHERS
        yield f'<text x="{_LEFT - 8}" y="{y + 12}" text-anchor="end">{escape(name)}</text>'
        yield f'<rect x="{_LEFT}" y="{y}" width="{end - _LEFT:.1f}" height="{_BAR}" fill="{colour}"/>'
        yield f'<path d="M{_x(r.low, low, high):.1f} {y + _BAR / 2:g}H{_x(r.high, low, high):.1f}" stroke="{_INK}"/>'
        yield f'<text x="{max(end, _x(r.high, low, high)) + 6:.1f}" y="{y + 12}">{number(r.median)}</text>'
