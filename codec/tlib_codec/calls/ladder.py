"""Draw a call ladder as SVG: time runs down, calls and parties have lifelines, arrows show links.

Strategy: `rows` decides the order and the lanes; this module gives each row a height and each lane a position. The time
stands on the left, the event on the right; between them stand only boxes and labels of arrows. A bar on the lifeline of a party has
the colour of its call: dotted in a queue, hollow while it dials or rings, full while it is connected, striped on hold. A box holds the
parties of a site. Text from the input is made printable and escaped.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator

from rich.cells import cell_len

from tlib_schemas.enumerations import AttributeID, OpenEnum
from tlib_schemas.errors import printable
from tlib_schemas.registry import Registry
from tlib_schemas.tlibrary import TLIBRARY

from .model import Call, Ending
from .party import State
from .rows import Bar, Box, Kind, Line, Row, Rows

_HEIGHTS = {Kind.BOX: 50, Kind.PARTIES: 34, Kind.EVENT: 24, Kind.MERGE: 28, Kind.SILENCE: 30}
_LANE, _LEFT, _TOP, _BOTTOM = 150, 120, 54, 30
_BOX, _PARTY = 132, 108  # widths of their boxes
_ASIDE = 40  # bars stand no further from their lifeline
_NAME, _DETAIL = 32, 56  # characters
_LEGEND = "On a party: dotted in a queue · hollow dialling or ringing · full connected · striped on hold · ring: the party it talks to"
_COLOURS = ("#1d6fb8", "#b3541e", "#2f7d4f", "#7a4fa3", "#a8336b", "#4d6a12")
_STYLE = """
text { font: 12px "DejaVu Sans", "Segoe UI", Helvetica, Arial, sans-serif; fill: #1f2933 }
.title { font-weight: bold; font-size: 15px } .time { fill: #52606d; text-anchor: end; font-size: 11px }
.box { fill: #fff; text-anchor: middle; font-weight: bold } .id { fill: #fff; text-anchor: middle; font-size: 10px }
.detail { fill: #52606d }
.party { text-anchor: middle; font-size: 11px } .label { text-anchor: middle; font-size: 11px; font-weight: bold }
.site { fill: #52606d; font-weight: bold; font-size: 12px }
.legend { fill: #7b8794; font-size: 11px }
.silence { fill: #7b8794; font-style: italic; font-size: 11px; text-anchor: end } .warning { fill: #b42318; font-weight: bold }
"""


def ladder(calls: Iterable[Call], *, registry: Registry = TLIBRARY, title: str = "Calls", rows: int = 2_000) -> str:
    """Return an SVG document of `calls`, which need their history; rows beyond the limit are left out."""
    return "".join(_Drawing(Rows(calls, registry, rows), registry, title).document())


class _Drawing:
    def __init__(self, rows: Rows, registry: Registry, title: str) -> None:
        self.rows: Rows = rows
        self.registry: Registry = registry
        self.title: str = title
        self.tops = [_TOP]
        for row in rows.rows:
            self.tops.append(self.tops[-1] + _HEIGHTS[row.kind])
        # about 7 px a character; a warning is bold and has its sign
        wide = max((_wide(row.text, _NAME) + _wide(row.detail, _DETAIL) + sum(map(len, row.warnings)) + 4 for row in rows.rows), default=0)
        self.width = max(_LEFT + rows.width * _LANE + 16 + 8 * wide, 400)
        self.height = self.tops[-1] + _BOTTOM + (20 if rows.bars else 0)
        self.colours = {id(line): _COLOURS[i % len(_COLOURS)] for i, line in enumerate(rows.calls)}

    def document(self) -> Iterator[str]:
        yield (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.width}" height="{self.height}" '
            f'viewBox="0 0 {self.width} {self.height}" role="img">\n<title>{_safe(self.title, 200)}</title>\n<style>{_STYLE}</style>\n'
        )
        colours = dict.fromkeys([*_COLOURS, _GREY])
        heads = (
            f'<marker id="{_head(colour)}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto" '
            f'markerUnits="userSpaceOnUse"><path d="M0 0 8 4 0 8z" fill="{colour}"/></marker>'
            for colour in colours
        )
        yield f"<defs>{''.join(heads)}</defs>\n"
        yield f'<rect width="{self.width}" height="{self.height}" rx="8" fill="#fff"/>\n'
        yield f'<text class="title" x="20" y="30">{_safe(self.title, 90)}</text>\n'
        yield from map(self.site, self.rows.boxes)
        for line in [*self.rows.parties.values(), *self.rows.calls]:
            yield self.lifeline(line)
        for bar in sorted(self.rows.bars, key=lambda bar: bar.state is State.HELD):
            yield from self.bar(bar)
        day = ""
        for number, row in enumerate(self.rows.rows):
            y = self.tops[number] + _HEIGHTS[row.kind] // 2
            yield from self.row(row, y)
            if row.time is not None and row.text:
                today = f"{row.time:%Y-%m-%d}"
                if today != day:
                    yield f'<text class="time" x="{_LEFT - 16}" y="{y - 9}">{today}</text>\n'
                    day = today
                yield f'<text class="time" x="{_LEFT - 16}" y="{y + 4}">{row.time:%H:%M:%S}.{row.time.microsecond // 1000:03d}</text>\n'
        if self.rows.cut:
            yield f'<text class="warning" x="20" y="{self.height - 10}">… more events than are drawn</text>\n'
        if self.rows.bars:
            yield f'<text class="legend" x="{_LEFT}" y="{self.tops[-1] + 28}">{_LEGEND}</text>\n'
        yield "</svg>\n"

    def x(self, line: Line) -> int:
        return _LEFT + line.lane * _LANE + _LANE // 2

    def lifeline(self, line: Line) -> str:
        if line.last >= len(self.rows.rows):
            end = self.tops[-1] + 8
        else:
            end = self.tops[line.last] + _HEIGHTS[self.rows.rows[line.last].kind] // 2
        x, start = self.x(line), self.tops[line.first] + 20
        if line.call is None:
            return f'<path d="M{x} {start}V{end}" stroke="{_GREY}" stroke-dasharray="2 4"/>\n'
        if end <= start:
            return ""
        colour = self.colours[id(line)]
        bar = f'<path d="M{x} {start}V{end}" stroke="{colour}" stroke-width="6" stroke-opacity=".55"/>\n'
        if line.ended:
            return bar
        why = "" if line.call.ending is Ending.OPEN else f" ({line.call.ending.value})"
        return f'{bar}<text class="label" x="{x}" y="{end + 14}">open{why}</text>\n'

    def site(self, box: Box) -> str:
        x, width = _LEFT + box.first * _LANE + 4, (box.last - box.first + 1) * _LANE - 8
        name = box.name.rpartition("/")[2]
        return (
            f'<path d="M{x} {_TOP - 18}h{width}V{self.tops[-1] + 4}h-{width}z" fill="#f5f7fa" stroke="#cbd2d9"/>\n'
            f'<text class="site" x="{x + 8}" y="{_TOP - 4}">{_safe(name, 22)}</text>\n'
        )

    def middle(self, row: int) -> int:
        """Return the height of a row's middle; below the last one, the end of the lifelines."""
        return self.tops[row] + _HEIGHTS[self.rows.rows[row].kind] // 2 if row < len(self.rows.rows) else self.tops[-1] + 8

    def bar(self, bar: Bar) -> Iterator[str]:
        beside = (bar.line.lane - (self.rows.lanes - 1) / 2) * 9
        x, colour = round(self.x(bar.party) + max(-_ASIDE, min(_ASIDE, beside))), self.colours[id(bar.line)]
        path = f'd="M{x} {self.middle(bar.first)}V{self.middle(bar.last)}"'
        match bar.state:
            case State.QUEUED:
                yield f'<path {path} stroke="{colour}" stroke-width="4" stroke-dasharray="1 5" stroke-linecap="round"/>\n'
            case State.HELD:
                yield f'<path {path} stroke="#fff" stroke-width="6" stroke-dasharray="4 4"/>\n'
            case State.ESTABLISHED:
                yield f'<path {path} stroke="{colour}" stroke-width="8"/>\n'
            case _:
                yield f'<path {path} stroke="{colour}" stroke-width="8"/>\n<path {path} stroke="#fff" stroke-width="5"/>\n'

    def row(self, row: Row, y: int) -> Iterator[str]:
        match row.kind:
            case Kind.SILENCE:
                yield f'<text class="silence" x="{_LEFT - 16}" y="{y + 4}">+ {_safe(row.text, 20)}</text>\n'
                yield f'<path d="M{_LEFT - 8} {y}H{self.width - 20}" stroke="#cbd2d9" stroke-dasharray="1 5"/>\n'
                return
            case Kind.PARTIES:
                yield from (self.party(line, y) for line in row.boxes)
                return
            case Kind.MERGE | Kind.BOX if row.line is not None and row.other is not None:
                yield self.bend(row.line, row.other, y, row)
            case Kind.EVENT if row.line is not None and row.other is not None:
                start, end = (row.other, row.line) if row.inward else (row.line, row.other)
                gap = 7 if row.inward else 2
                yield self.arrow(self.x(start), self.x(end), y, _GREY, gap)
                if row.far is not None:
                    yield f'<path d="M{self.x(row.other)} {y}H{self.x(row.far)}" stroke="{_GREY}" stroke-dasharray="3 3"/>\n'
                    yield f'<circle cx="{self.x(row.far)}" cy="{y}" r="4" fill="#fff" stroke="{_GREY}"/>\n'
        if row.kind is Kind.BOX and row.line is not None:
            yield self.box(row.line, y)
        elif row.kind is Kind.EVENT and row.line is not None:
            colour = self.colours[id(row.line)]
            x = self.x(row.line)
            if row.ends:
                yield f'<path d="M{x - 8} {y - 6}l16 12m0-12l-16 12" stroke="{colour}" stroke-width="2.5"/>\n'
            else:
                yield f'<circle cx="{x}" cy="{y}" r="5" fill="{colour}" stroke="#fff"/>\n'
        yield self.comment(row, y)

    def comment(self, row: Row, y: int) -> str:
        x = _LEFT + self.rows.width * _LANE + 16
        mark = "".join(f' <tspan class="warning">⚠ {_safe(code, 40)}</tspan>' for code in dict.fromkeys(row.warnings))
        detail = f'<tspan class="detail" dx="8">{_safe(row.detail, _DETAIL)}</tspan>' if row.detail else ""
        return f'<text x="{x}" y="{y + 4}">{_safe(row.text, _NAME)}{detail}{mark}</text>\n' if row.text else ""

    def box(self, line: Line, y: int) -> str:
        call = line.call
        assert call is not None
        x, colour = self.x(line) - _BOX // 2, self.colours[id(line)]
        kind = call.get(AttributeID.CallType, self.registry)
        label = f"{kind.label or int(kind)} call" if isinstance(kind, OpenEnum) else "Call"
        dashed = "" if call.created else ' stroke="#fff" stroke-width="2" stroke-dasharray="4 3"'
        return (
            f'<rect x="{x}" y="{y - 19}" width="{_BOX}" height="38" rx="6" fill="{colour}"{dashed}>'
            f"<title>{_safe(line.name, 64)}</title></rect>"
            f'<text class="box" x="{self.x(line)}" y="{y - 3}">{_safe(label, 18)}</text>'
            f'<text class="id" x="{self.x(line)}" y="{y + 12}">{_safe(short(line.name), 20)}</text>\n'
        )

    def party(self, line: Line, y: int) -> str:
        x = self.x(line)
        return (
            f'<rect x="{x - _PARTY // 2}" y="{y - 11}" width="{_PARTY}" height="22" rx="11" fill="#fff" stroke="{_GREY}"/>'
            f'<text class="party" x="{x}" y="{y + 4}">{_safe(line.name, 15)}</text>\n'
        )

    def bend(self, line: Line, other: Line, y: int, row: Row) -> str:
        """Return the arrow between two calls, with its label above."""
        colour = self.colours[id(line)]
        start, end = (self.x(other), self.x(line)) if row.inward else (self.x(line), self.x(other))
        gap = _BOX // 2 if row.inward else 5
        edge = end + (-gap if end > start else gap)
        middle = (start + edge) // 2
        label = _safe(row.label, 18)
        half = 4 + 4 * len(row.label[:18])
        return (
            self.arrow(start, end, y, colour, gap, width=2)
            + f'<rect x="{middle - half}" y="{y - 18}" width="{2 * half}" height="13" fill="#fff" fill-opacity=".85"/>'
            + f'<text class="label" x="{middle}" y="{y - 7}" style="fill:{colour}">{label}</text>\n'
        )

    @staticmethod
    def arrow(start: int, end: int, y: int, colour: str, gap: int, width: float = 1.2) -> str:
        end += -gap if end > start else gap
        return f'<path d="M{start} {y}H{end}" stroke="{colour}" stroke-width="{width}" marker-end="url(#{_head(colour)})"/>\n'


_GREY = "#7b8794"


def _head(colour: str) -> str:
    return f"head-{colour[1:]}"


def short(name: str) -> str:
    """Return a CallUUID by its first and last characters: those tell calls apart."""
    return name if len(name) <= 16 else f"{name[:8]}…{name[-4:]}"


def _wide(text: str, most: int) -> int:
    return cell_len(text[:most])


def _safe(text: str, most: int) -> str:
    """Return `text` for XML: printable, escaped, and no longer than `most` characters."""
    text = text if len(text) <= most else text[: most - 1] + "…"
    return html.escape(printable(text))
