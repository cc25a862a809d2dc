"""Compile conditions to a predicate over records or calls.

Strategy: each node becomes a closure. An absent value fulfils no comparison, ``!=`` included; of several values one is
enough, and ``!=`` holds if none is equal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NoReturn, TypeAlias

from tlib_schemas.registry import Registry

from .errors import QueryError
from .fields import Bound, FieldKind, Scope, resolve
from .literals import Check, comparison, pattern
from .parser import Parsed, Place, parse
from .syntax import And, Compare, Expression, Match, Not, Operator, Or, field_text, to_text
from .tally import Leaf

Test: TypeAlias = Callable[[Any], bool]
_WATCHED = frozenset({FieldKind.TEXT, FieldKind.ID})


class Condition:
    """The test of all conditions in `where`, each a text or a tree, over what `scope` describes. Raises QueryError.

    `expression` is the tree of all of them, None without any. `leaves` counts the results of its comparisons and matches.
    """

    def __init__(self, where: str | Expression | Iterable[str | Expression], scope: Scope, registry: Registry) -> None:
        given = (where,) if isinstance(where, str | Expression) else tuple(where)
        parsed = [parse(one if isinstance(one, str) else to_text(one)) for one in given]
        trees = tuple(one.expression for one in parsed)
        self.expression: Expression | None = And(trees) if len(trees) > 1 else trees[0] if trees else None
        self.leaves: list[Leaf] = []
        self._tests = [_Compiler(one, scope, registry, self.leaves).test() for one in parsed]

    def __call__(self, subject: Any) -> bool:
        """Return whether all conditions hold."""
        return all(test(subject) for test in self._tests)


class _Compiler:
    def __init__(self, parsed: Parsed, scope: Scope, registry: Registry, leaves: list[Leaf]) -> None:
        self._parsed = parsed
        self._scope = scope
        self._registry = registry
        self._leaves = leaves
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
        try:
            if isinstance(leaf, Match):
                return self._counted(bound, pattern(name, bound.field, leaf), Leaf(name))
            check = comparison(name, bound.field, leaf.operator, leaf.value)
        except LookupError as error:
            self._fail(error, place.value)
        watched = leaf.operator is Operator.EQ and bound.field.kind in _WATCHED
        return self._counted(bound, check, Leaf(name, leaf.value if watched else None), negated=leaf.operator is Operator.NE)

    def _counted(self, bound: Bound, check: Check, leaf: Leaf, *, negated: bool = False) -> Test:
        self._leaves.append(leaf)
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
