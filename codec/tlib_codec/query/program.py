"""Compile a query to a program that the C core runs over frames (core/query.c).

Strategy: a condition becomes its comparisons and matches in reading order, each with the place to go on at where it holds and where it
does not: so nothing is left of ``and``, ``or`` and ``not`` but targets. A comparison in a form that the core knows carries its
number or text; any other one asks the Python test about each value. Values that the core cannot take out of a frame are left to the
Python step, a frame at a time.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator
from typing import Any, Final

import msgspec

from tlib_codec import native
from tlib_codec.clock import Span
from tlib_codec.records import Frames
from tlib_schemas.limits import Limits
from tlib_schemas.registry import Registry

from .address import Address
from .condition import Condition, Tested
from .fields import FieldKind
from .flows import FlowTexts
from .literals import EQUALITY, FOLDED, wanted_number
from .sources import From, Source, ValueType, facts_of, packed, source_of
from .syntax import And, Compare, Expression, Match, Not, Operator, Or, field_text, leaves
from .tally import Leaf, Tally

_batches = native.extension("batches")

ACCEPT: Final = -1
REJECT: Final = -2
_INT64: Final = range(-(1 << 63), 1 << 63)


class Kind(enum.IntEnum):
    """The test of a value. The core uses the same numbers."""

    JUDGE = 0
    NUMBER = 1
    TEXT = 2
    FOLDED = 3
    BYTES = 4
    GLOB = 5


_ORDERS: Final = {Operator.EQ: 0, Operator.NE: 0, Operator.LT: 1, Operator.LE: 2, Operator.GT: 3, Operator.GE: 4}


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A comparison or match for the core, as `tlib_leaf` in core/query.h."""

    source: Source
    check: Callable[[Any], bool]
    counts: Leaf
    kind: Kind = Kind.JUDGE
    order: int = 0
    negated: bool = False
    fold: bool = False
    number: int | None = None
    text: bytes = b""
    if_true: int = ACCEPT
    if_false: int = REJECT


class Program:
    """A query over frames in C: messages, a condition and a span of time, each of which may be missing."""

    def __init__(
        self,
        registry: Registry,
        tally: Tally,
        *,
        messages: frozenset[int],
        condition: Condition,
        span: Span | None,
        addresses: Address | None,
    ) -> None:
        assert _batches is not None
        steps = _steps(condition, registry)
        self._flows = FlowTexts({step.source.which for step in steps if step.source.place is From.FLOW}, addresses)
        self._program = _batches.Program(registry, tally, steps, messages, facts_of(registry), addresses is not None)
        self._span = span

    def run(self, frames: Frames, limits: Limits, ask: Callable[[int], bool], *, odd: bool) -> tuple[bytes, bytes] | None:
        """Return the places of the frames that the query selects, and with `odd` those of frames that it does not and that may be invalid.

        Places are unsigned 64-bit numbers as the machine has them. `ask` tests the frame at a place, and counts it. None where the
        frames or the query have a number beyond 64 bits.
        """
        if not self._flows.take(frames.flow_table) or (self._span is not None and self._span.fixed() is None):
            return None
        span = None if self._span is None else self._span.fixed
        places: tuple[bytes, bytes] = self._program.run(frames, limits, self._flows, span, odd, ask)
        return places


def compiled(
    registry: Registry, tally: Tally, *, messages: frozenset[int], condition: Condition, span: Span | None, addresses: Address | None
) -> Program | None:
    """Return the program of a query, None where the extension is missing."""
    if _batches is None:
        return None
    return Program(registry, tally, messages=messages, condition=condition, span=span, addresses=addresses)


def _steps(condition: Condition, registry: Registry) -> list[Step]:
    if condition.expression is None:
        return []
    targets = list(_targets(condition.expression, 0, ACCEPT, REJECT))
    return [
        msgspec.structs.replace(_step(tested, registry), if_true=yes, if_false=no)
        for tested, (yes, no) in zip(condition.tested, targets, strict=True)
    ]


def _targets(expression: Expression, first: int, yes: int, no: int) -> Iterator[tuple[int, int]]:
    """Yield where to go on from each leaf of a tree whose first leaf has the number `first`."""
    match expression:
        case And(terms) | Or(terms):
            every = isinstance(expression, And)
            for term in terms:
                after = first + sum(1 for _ in leaves(term))
                last = term is terms[-1]
                yield from _targets(term, first, after if every and not last else yes, no if every or last else after)
                first = after
        case Not(term):
            yield from _targets(term, first, no, yes)
        case _:
            yield yes, no


def _step(tested: Tested, registry: Registry) -> Step:
    leaf = tested.leaf
    step = Step(source=source_of(leaf.field, registry), check=tested.check, counts=tested.counts)
    if isinstance(leaf, Match):
        return _matching(step, leaf, tested.bound.field.kind)
    step = msgspec.structs.replace(step, order=_ORDERS[leaf.operator], negated=leaf.operator is Operator.NE)
    return _comparing(step, leaf, tested)


def _matching(step: Step, match: Match, kind: FieldKind) -> Step:
    """Return the step of a match: in the core, where it is a plain glob of ASCII characters."""
    if match.regex or "[" in match.pattern or not match.pattern.isascii():
        return step
    fold = match.ignore_case or kind in FOLDED
    text = match.pattern.lower() if fold else match.pattern
    return msgspec.structs.replace(step, kind=Kind.GLOB, fold=fold, text=text.encode())


def _comparing(step: Step, leaf: Compare, tested: Tested) -> Step:
    """Return the step of a comparison: in the core, where it compares numbers or is an equality of texts."""
    field, literal = tested.bound.field, leaf.value
    match field.kind:
        case FieldKind.NUMBER | FieldKind.NAME | FieldKind.TIME:
            wanted = wanted_number(field_text(leaf.field), field, literal)
            if isinstance(wanted, int) and wanted in _INT64:
                return msgspec.structs.replace(step, kind=Kind.NUMBER, number=wanted)
        case FieldKind.ID if leaf.operator in EQUALITY and literal.isascii():
            if all(kind is ValueType.HEX for _, kind in step.source.attributes):
                return msgspec.structs.replace(step, kind=Kind.BYTES, text=bytes.fromhex(literal))
            return msgspec.structs.replace(step, kind=Kind.FOLDED, text=literal.lower().encode())
        case FieldKind.TEXT if leaf.operator in EQUALITY and (text := packed(literal)) is not None:
            return msgspec.structs.replace(step, kind=Kind.TEXT, text=text, number=_numeral(literal))
    return step


def _numeral(literal: str) -> int | None:
    """Return the number that is printed so; None where there is none of 64 bits."""
    try:
        number = int(literal)
    except ValueError:
        return None
    return number if str(number) == literal and number in _INT64 else None
