"""The syntax tree of a condition, as data.

Strategy: five structs without behaviour, so that any backend can compile them: here to a Python predicate. `to_text` prints
a tree as a condition that parses back to the same tree; it quotes only where a bare word would read otherwise.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator
from typing import Final, TypeAlias

import msgspec

KEYWORDS: Final = frozenset({"and", "or", "not", "any"})
_BARE: Final = re.compile(r"[\w#$@+:*?%-][\w#$@+:*?%/.-]*")
_NAME: Final = re.compile(r"[\w#$-]+")


class Operator(enum.Enum):
    """A comparison of a value with a literal."""

    EQ = "="
    NE = "!="
    LT = "<"
    LE = "<="
    GT = ">"
    GE = ">="


class Field(msgspec.Struct, frozen=True):
    """The value that a condition tests: `name`, with the `path` to a key if the value is a list.

    `any` stands for every attribute of the same kind as `name`.
    """

    name: str
    path: str = ""
    any: bool = False


class Compare(msgspec.Struct, frozen=True, tag=True):
    """A comparison with a literal. `value` is the literal's text; its meaning depends on the field."""

    field: Field
    operator: Operator
    value: str


class Match(msgspec.Struct, frozen=True, tag=True):
    r"""A match with a pattern: a glob for the whole text, or a regular expression for a part of it.

    The `pattern` of a regular expression is the text between the slashes, with ``\/`` for a slash.
    """

    field: Field
    pattern: str
    regex: bool = False
    ignore_case: bool = False


class And(msgspec.Struct, frozen=True, tag=True):
    """All of the terms hold."""

    terms: tuple[Expression, ...]


class Or(msgspec.Struct, frozen=True, tag=True):
    """One of the terms holds."""

    terms: tuple[Expression, ...]


class Not(msgspec.Struct, frozen=True, tag=True):
    """The term does not hold."""

    term: Expression


Expression: TypeAlias = Compare | Match | And | Or | Not


def leaves(expression: Expression) -> Iterator[Compare | Match]:
    """Yield the comparisons and matches of a tree in reading order."""
    match expression:
        case And(terms) | Or(terms):
            for term in terms:
                yield from leaves(term)
        case Not(term):
            yield from leaves(term)
        case _:
            yield expression


def to_text(expression: Expression) -> str:
    """Return the condition that parses to `expression`."""
    match expression:
        case Or(terms):
            return " or ".join(_inside(term, Or) for term in terms)
        case And(terms):
            return " and ".join(_inside(term, And, Or) for term in terms)
        case Not(term):
            return "not " + _inside(term, And, Or)
        case Match(field, pattern, regex, ignore_case):
            shown = f"/{pattern}/{'i' * ignore_case}" if regex else _value(pattern)
            return f"{field_text(field)} ~ {shown}"
    return f"{field_text(expression.field)} {expression.operator.value} {_value(expression.value)}"


def _inside(term: Expression, *grouped: type) -> str:
    return f"({to_text(term)})" if isinstance(term, grouped) else to_text(term)


def field_text(field: Field) -> str:
    """Return a field as a condition names it."""
    name = field.name if _plain(_NAME, field.name) else _quoted(field.name)
    whole = all(field.path.split(".")) and _plain(_BARE, field.path)
    path = f".{field.path if whole else _quoted(field.path)}" if field.path else ""
    return f"{'any ' * field.any}{name}{path}"


def _value(text: str) -> str:
    return text if _plain(_BARE, text) else _quoted(text)


def _plain(pattern: re.Pattern[str], text: str) -> bool:
    return pattern.fullmatch(text) is not None and text.lower() not in KEYWORDS


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
