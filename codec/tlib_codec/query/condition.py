"""Compile conditions to a predicate over records or calls.

Strategy: each node becomes a closure. An absent value fulfils no comparison, ``!=`` included; of several values one is
enough, and ``!=`` holds if none is equal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NoReturn, TypeAlias

import msgspec

from tlib_schemas.registry import Registry

from .errors import QueryError
from .fields import Bound, FieldKind, Scope, resolve
from .literals import Check, comparison, pattern
from .parser import Parsed, Place, parse
from .syntax import And, Compare, Expression, Match, Not, Operator, Or, field_text, to_text
from .tally import Leaf

Test: TypeAlias = Callable[[Any], bool]
_WATCHED = frozenset({FieldKind.TEXT, FieldKind.ID})


class Tested(msgspec.Struct, frozen=True):
    """A comparison or match of a condition, resolved: its field, the test of one value, and its counts."""

    leaf: Compare | Match
    bound: Bound
    check: Check
    counts: Leaf


class Condition:
    """The test of all conditions in `where`, each a text or a tree, over what `scope` describes. Raises QueryError.

    `expression` is the tree of all of them, None without any. `tested` has its comparisons and matches in reading order, `leaves`
    their counts.
    """

    def __init__(self, where: str | Expression | Iterable[str | Expression], scope: Scope, registry: Registry) -> None:
        given = (where,) if isinstance(where, str | Expression) else tuple(where)
        parsed = [parse(one if isinstance(one, str) else to_text(one)) for one in given]
        trees = tuple(one.expression for one in parsed)
        self.expression: Expression | None = And(trees) if len(trees) > 1 else trees[0] if trees else None
        self.tested: list[Tested] = []
        self._tests = [_Compiler(one, scope, registry, self.tested).test() for one in parsed]
        self.leaves: list[Leaf] = [one.counts for one in self.tested]

    def __call__(self, subject: Any) -> bool:
        """Return whether all conditions hold."""
        return all(test(subject) for test in self._tests)


class _Compiler:
    def __init__(self, parsed: Parsed, scope: Scope, registry: Registry, tested: list[Tested]) -> None:
        self._parsed = parsed
        self._scope = scope
        self._registry = registry
        self._tested = tested
        self._places: Iterator[Place] = iter(parsed.places)

    def test(self) -> Test:
        return self._compiled(self._parsed.expression)

    def _fail(self, error: LookupError, place: int) -> NoReturn:
        raise QueryError(str(error), "where", text=self._parsed.text, place=place) from None

    def _compiled(self, expression: Expression) -> Test:
        match expression:
            case And(terms):
                every = [self._compiled(term) for term in terms]
                return lambda subject: all(test(subject) for test in every)
            case Or(terms):
                some = [self._compiled(term) for term in terms]
                return lambda subject: any(test(subject) for test in some)
            case Not(term):
                inner = self._compiled(term)
                return lambda subject: not inner(subject)
            case _:
                return self._leaf(expression, next(self._places))

    def _leaf(self, leaf: Compare | Match, place: Place) -> Test:
        try:
            bound = resolve(leaf.field, self._scope, self._registry)
        except LookupError as error:
            self._fail(error, place.field)
        name = field_text(leaf.field)
        wanted = None
        try:
            if isinstance(leaf, Match):
                check = pattern(name, bound.field, leaf)
            else:
                check = comparison(name, bound.field, leaf.operator, leaf.value)
                wanted = leaf.value if leaf.operator is Operator.EQ and bound.field.kind in _WATCHED else None
        except LookupError as error:
            self._fail(error, place.value)
        counts = Leaf(name, wanted)
        self._tested.append(Tested(leaf, bound, check, counts))
        return _counted(bound, check, counts, negated=isinstance(leaf, Compare) and leaf.operator is Operator.NE)


def _counted(bound: Bound, check: Check, leaf: Leaf, *, negated: bool) -> Test:
    take = bound.values

    def test(subject: Any) -> bool:
        leaf.tested += 1
        values = take(subject)
        if not values:
            return False
        leaf.present = True
        holds = any(map(check, values)) is not negated
        if holds:
            leaf.held = True
        elif not leaf.held:
            leaf.meet(values)
        return holds

    return test
