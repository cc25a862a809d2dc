"""Literals of a condition: check them by the kind of the field, and compare values with them.

Strategy: `comparison` and `pattern` return a test of one value, or raise LookupError with the reason and the closest name. A
number compares as a number, also in a text; a time as a time; a name as its number; an id without regard to case.
"""

from __future__ import annotations

import fnmatch
import operator
import re
import warnings
from collections.abc import Callable, Iterable
from typing import Any, Final

from tlib_codec.access import closest
from tlib_schemas.values import KVList

from .errors import QueryError
from .fields import FieldKind, NamedField
from .syntax import Match, Operator
from .times import instant

Check = Callable[[Any], bool]
_ORDERS: Final[dict[Operator, Callable[[Any, Any], bool]]] = {
    Operator.EQ: operator.eq,
    Operator.NE: operator.eq,  # the condition negates it
    Operator.LT: operator.lt,
    Operator.LE: operator.le,
    Operator.GT: operator.gt,
    Operator.GE: operator.ge,
}
EQUALITY: Final = (Operator.EQ, Operator.NE)
_SHORT_NUMBER: Final = re.compile(r"-?[0-9]{1,10}")
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,20}(?:\.[0-9]{1,20})?")
_DURATION: Final = re.compile(r"(?:[0-9]{1,12}(?:\.[0-9]{1,12})?(?:ms|[smhd]))+")
_SPAN: Final = re.compile(r"([0-9.]{1,25})(ms|[smhd])")
_SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
FOLDED: Final = frozenset({FieldKind.NAME, FieldKind.ID, FieldKind.WORD})


def comparison(name: str, field: NamedField, how: Operator, literal: str) -> Check:
    """Return the test of a value of `field`, called `name`. Raises LookupError."""
    order = _ORDERS[how]
    match field.kind:
        case FieldKind.NUMBER | FieldKind.DURATION | FieldKind.NAME | FieldKind.TIME:
            wanted = wanted_number(name, field, literal)
            return lambda value: isinstance(value, int | float) and order(value, wanted)
        case FieldKind.ID:
            if how in EQUALITY and field.shape is not None and not (field.shape.fits(literal) or field.shape.fits(literal.upper())):
                raise LookupError(f"{name} is {field.shape.description}, got {len(literal)} characters; ~ matches a part")
            folded = literal.lower()
            return lambda value: isinstance(value, str) and order(value.lower(), folded)
        case FieldKind.WORD:
            word = literal.lower()
            if word not in field.words:
                raise LookupError(f"{name} is never {literal or 'empty'}{nearest(literal, field.words)}")
            if how not in EQUALITY:
                raise LookupError(f"{name} has no order; compare it with = or !=")
            return lambda value: bool(value == word)
        case FieldKind.LIST:
            raise LookupError(f"{name} is a list; name a key of it, as in {name}.KEY")
        case FieldKind.DATA:
            return _data(literal, order)
    return _text(literal, how, order)


def wanted_number(name: str, field: NamedField, literal: str) -> int | float:
    """Return the number that a literal stands for, where values of `field` compare as numbers. Raises LookupError."""
    match field.kind:
        case FieldKind.NAME:
            return _named(name, field, literal)
        case FieldKind.TIME:
            try:
                return instant(literal, "where")
            except QueryError as error:
                raise LookupError(str(error)) from None
    wanted = number(literal) if field.kind is FieldKind.NUMBER else duration(literal)
    if wanted is None:
        example = "a number" if field.kind is FieldKind.NUMBER else "a duration, such as 5m, 90s, 1h30m or 300"
        raise LookupError(f"{name} is compared with {example}, not {literal or 'nothing'}")
    return wanted


def _named(name: str, field: NamedField, literal: str) -> int:
    numbers = {label.lower(): one for label, one in field.names.items()}
    wanted = numbers.get(literal.lower())
    if wanted is None and _SHORT_NUMBER.fullmatch(literal):
        wanted = int(literal)
    if wanted is None:
        raise LookupError(f"{name} has no value {literal or 'of no letters'}{nearest(literal, field.names)}")
    return wanted


def _data(literal: str, order: Callable[[Any, Any], bool]) -> Check:
    digits = literal.replace(" ", "").lower()

    def holds(value: Any) -> bool:
        if isinstance(value, str | int):  # a type of the user's own
            return order(str(value), literal)
        return order(value.hex() if isinstance(value, bytes) else value.value.hex() if hasattr(value, "value") else str(value), digits)

    return holds


def _text(literal: str, how: Operator, order: Callable[[Any, Any], bool]) -> Check:
    """Return the test of a value that may be a text, a number, bytes or a composite."""
    wanted = number(literal)
    if how in EQUALITY:
        digits = literal.replace(" ", "").lower()
        return lambda value: value.hex() == digits if isinstance(value, bytes) else _plain(value) == literal
    if wanted is None:
        return lambda value: isinstance(value, str) and order(value, literal)

    def holds(value: Any) -> bool:
        own = number(value) if isinstance(value, str) else value
        return isinstance(own, int | float) and order(own, wanted)

    return holds


def _plain(value: Any) -> Any:
    return value if isinstance(value, str) else value.to_text() if hasattr(value, "to_text") else str(value)


def number(text: str) -> int | float | None:
    """Return the number that a text is; None for another text."""
    if not _NUMBER.fullmatch(text):
        return None
    return float(text) if "." in text else int(text)


def duration(text: str) -> float | None:
    """Return the seconds of ``300``, ``90s``, ``5m`` or ``1h30m``; None for another text.

    >>> duration("1h30m"), duration("90"), duration("soon")
    (5400.0, 90.0, None)
    """
    plain = number(text)
    if plain is not None:
        return float(plain)
    if not _DURATION.fullmatch(text):
        return None
    return sum(float(count) * _SECONDS[unit] for count, unit in _SPAN.findall(text))


def nearest(name: str, names: Iterable[str]) -> str:
    """Return the hint behind a value that does not exist: the closest of `names`, however far."""
    known = {one.lower(): one for one in names}
    if hint := closest(name, known.values()):
        return hint
    import difflib  # noqa: PLC0415 only a wrong name has a closest one

    close = difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.0)
    return f"; the closest is {known[close[0]]}" if close else ""


def pattern(name: str, field: NamedField, match: Match) -> Check:
    """Return the test of a value of `field`, called `name`, by a glob or a regular expression. Raises LookupError."""
    if field.kind is FieldKind.LIST:
        raise LookupError(f"{name} is a list; name a key of it, as in {name}.KEY")
    fold = match.ignore_case or (not match.regex and field.kind in FOLDED)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a pattern that a later Python reads in another way
        try:
            compiled = re.compile(match.pattern if match.regex else fnmatch.translate(match.pattern), re.IGNORECASE if fold else 0)
        except (re.error, OverflowError, RecursionError) as error:
            raise LookupError(f"the regular expression does not compile: {error}") from None
    test = compiled.search if match.regex else compiled.match
    show = field.show
    return lambda value: not isinstance(value, KVList) and test(show(value)) is not None
