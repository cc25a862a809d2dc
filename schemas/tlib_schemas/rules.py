"""Conditional presence as data: each rule has its condition, its severity and its footnote.

Strategy: every rule of the specification's footnotes is one sentence, "FIELD must not be
absent/present while OTHER is one of VALUES". So a rule is a row of data that any engine can
evaluate, and the functions below only write the rows in readable form. A `Circumstance` is a row too:
it selects the table among several tables of one message.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from .enumerations import OpenEnum
from .errors import Severity


class While(enum.Enum):
    """The condition on the other field under which a rule is broken."""

    ALWAYS = "always"
    IN = "in"
    NOT_IN = "not in"
    ABSENT = "absent"


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule: broken when `field` is present (or absent: `present` False) while `other` meets `test`.

    `also` are further fields that have to be absent for it (with the test ABSENT). `note` is the mark of the footnote it
    comes from. Field names are Python names.
    """

    code: str
    severity: Severity
    field: str
    present: bool
    other: str = ""
    test: While = While.ALWAYS
    values: frozenset[int] = frozenset()
    also: tuple[str, ...] = ()
    note: str = ""

    def applies(self, other: object) -> bool:
        """Return whether the other field's value (None: absent) meets `test`."""
        match self.test:
            case While.ALWAYS:
                return True
            case While.ABSENT:
                return other is None
            case While.IN:
                return isinstance(other, int) and other in self.values
        return isinstance(other, int) and other not in self.values  # While.NOT_IN


class Circumstance(msgspec.Struct, frozen=True):
    """The circumstance in which a table holds: the ending of the text of one field.

    With `ends` True the text ends in `suffix` or is absent; with `ends` False it is present and does not. So the
    two circumstances of one field and suffix exclude each other and cover every event.
    """

    field: str
    suffix: str
    ends: bool = True

    def holds(self, text: object) -> bool:
        """Return whether the field's value (None: absent) fits."""
        if text is None:
            return self.ends
        return isinstance(text, str) and text.endswith(self.suffix) is self.ends

    def describe(self, label: str) -> str:
        """Return the circumstance in words; `label` is the field's printed name."""
        return f"{label} that ends in {self.suffix!r}" if self.ends else f"{label} that does not end in {self.suffix!r}"


def ends_in(field: str, suffix: str) -> Circumstance:
    """Hold where the text of `field` ends in `suffix`, or `field` is absent."""
    return Circumstance(field, suffix)


def ends_otherwise(field: str, suffix: str) -> Circumstance:
    """Hold where the text of `field` is present and does not end in `suffix`."""
    return Circumstance(field, suffix, ends=False)


class Footnote(msgspec.Struct, frozen=True):
    """A footnote of a table: the mark, the field that carries it, and its text in short."""

    mark: str
    field: str
    text: str


def required_when(field: str, other: str, values: Iterable[int], *, note: str, severity: Severity = Severity.ERROR) -> tuple[Rule, ...]:
    """Make `field` mandatory while `other` is one of `values`: else a violation of the given severity."""
    code = "conditionally-mandatory" if severity is Severity.ERROR else "advisory"
    return (_rule(code, severity, field, False, other, While.IN, values, note),)


def usual(field: str, *, note: str) -> tuple[Rule, ...]:
    """Expect `field`: a source that is not certain calls it Mandatory. Its absence is a WARNING."""
    return (_rule("advisory", Severity.WARNING, field, False, "", While.ALWAYS, (), note),)


def one_of(*fields: str, note: str) -> tuple[Rule, ...]:
    """Make at least one of two or more `fields` mandatory: else an ERROR."""
    first, other, *also = fields
    rule = _rule("conditionally-mandatory", Severity.ERROR, first, False, other, While.ABSENT, (), note)
    return (msgspec.structs.replace(rule, also=tuple(also)),)


def only_when(field: str, other: str, values: Iterable[int], *, note: str, severity: Severity = Severity.ERROR) -> tuple[Rule, ...]:
    """Allow `field` only while `other` is one of `values`.

    Another value has the given severity; an absent `other` is a WARNING, because then nothing shows
    that the field is wrong.
    """
    listed = tuple(values)
    code = "not-allowed" if severity is Severity.ERROR else "advisory"
    return (
        _rule(code, severity, field, True, other, While.NOT_IN, listed, note),
        _rule("advisory", Severity.WARNING, field, True, other, While.ABSENT, listed, note),
    )


def unusual_when(field: str, other: str, values: Iterable[int], *, note: str) -> tuple[Rule, ...]:
    """Call `field` unusual while `other` is one of `values`: a WARNING."""
    return (_rule("advisory", Severity.WARNING, field, True, other, While.IN, values, note),)


def unusual(field: str, *, note: str) -> tuple[Rule, ...]:
    """Call `field` unusual: only special cases, which the event itself does not show, have it. A WARNING."""
    return (_rule("advisory", Severity.WARNING, field, True, "", While.ALWAYS, (), note),)


def _rule(code: str, severity: Severity, field: str, present: bool, other: str, test: While, values: Iterable[int], note: str) -> Rule:
    return Rule(code=code, severity=severity, field=field, present=present, other=other, test=test, values=frozenset(values), note=note)


def describe(rule: Rule, labels: Mapping[str, str], other: object, enumeration: type[Any] | None) -> tuple[str, str]:
    """Return the expected and the actual side of a broken rule, in the specification's names."""
    subject, label = labels[rule.field], labels.get(rule.other, "")
    if rule.test is While.ABSENT and not rule.present:
        return " or ".join((subject, label, *(labels[name] for name in rule.also))), "none of them"
    if rule.test is While.ALWAYS:
        return (f"no {subject}", "it") if rule.present else (subject, "nothing")
    names = " or ".join(_named(value, enumeration) for value in sorted(rule.values))
    found = f"no {label}" if other is None else f"{label} {_named(other, enumeration)}"
    if rule.test is not While.IN:
        return f"{subject} only where {label} is {names}", found
    if rule.present:
        return f"no {subject} where {label} is {names}", found
    return f"{subject} where {label} is {names}", f"{found} without it"


def _named(value: object, enumeration: type[Any] | None) -> str:
    if isinstance(value, int) and enumeration is not None and issubclass(enumeration, OpenEnum):
        return enumeration(value).label or str(int(value))
    return str(value)
