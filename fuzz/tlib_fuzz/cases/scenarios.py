"""Scenarios: the events that a table allows, and those that break exactly one of its rules.

Strategy: a rule constrains the presence of one field by the value of another, its *control*. All controls together have few
states (absent, each number that a rule names, any other value), and in each every other field is free, required or forbidden.
So a `Table` lists the valid `Scenario`s once and, for each rule, the `RuleBreak`s: a valid scenario and the one field to
add or remove. A Mandatory field is a rule like the others.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Any, TypeAlias

from tlib_schemas.declare import Field
from tlib_schemas.enumerations import OpenEnum
from tlib_schemas.errors import EncodeError, Severity
from tlib_schemas.rules import Rule
from tlib_schemas.schema import EventSchema
from tlib_schemas.wire import Enum, Value

_MOST = 4096  # combinations of control states that are tried, and scenarios that are kept for each rule

Presence: TypeAlias = "bool | None"  # None: free


@dataclass(frozen=True, slots=True)
class State:
    """The state of a control: whether it is present, a representative value, and the bytes that it may have (none: any)."""

    present: bool
    value: Any = None
    choices: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One field of a scenario: whether it is present, and the bytes that it may have (none: any value)."""

    field: Field
    present: Presence
    choices: tuple[bytes, ...] = ()
    # Copies from the field, because every event reads them.
    ids: tuple[int, ...] = dataclass_field(init=False)
    plain: bool = dataclass_field(init=False)  # one attribute with any value

    def __post_init__(self) -> None:
        object.__setattr__(self, "ids", self.field.ids)
        object.__setattr__(self, "plain", self.field.composite is None and not self.choices)


Scenario: TypeAlias = tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class RuleBreak:
    """One way to break a rule and no other: in an event of `scenario`, add or remove `step.field`."""

    rule: Rule
    scenario: Scenario
    step: Step


_ABSENT = State(present=False)


def error_rules(schema: EventSchema) -> tuple[Rule, ...]:
    """Return every rule of severity ERROR, those of Mandatory fields included."""
    mandatory = (
        Rule(code="mandatory-missing", severity=Severity.ERROR, field=field.name, present=False)
        for field in schema.fields
        if field.mandatory
    )
    return (*mandatory, *(rule for rule in schema.rules if rule.severity is Severity.ERROR), *_placing(schema))


_SELECTS = "selects the table"  # the code of the rule that keeps the field of a circumstance; no frame breaks it


def _placing(schema: EventSchema) -> Iterator[Rule]:
    """Yield the rule of a table that holds only where a field is present: without it another table judges the event."""
    if schema.when is not None and not schema.when.ends:
        yield Rule(code=_SELECTS, severity=Severity.ERROR, field=schema.when.field, present=False)


def _selects(rule: Rule, schema: EventSchema) -> bool:
    """Return whether breaking a rule would select another table."""
    return schema.when is not None and not schema.when.ends and rule.field == schema.when.field and not rule.present


class Table:
    """The scenarios and rule breaks of an event's table. Raises ValueError where its rules contradict each other."""

    def __init__(self, schema: EventSchema) -> None:
        self.schema = schema
        self.rules: tuple[Rule, ...] = error_rules(schema)
        names = dict.fromkeys(name for rule in (*self.rules, *schema.rules) for name in (rule.other, *rule.also) if name)
        self._states = {name: tuple(self._states_of(schema.by_name[name])) for name in names}
        self._valid: dict[tuple[State, ...], Scenario] = {}
        for states in itertools.islice(itertools.product(*self._states.values()), _MOST):
            given = dict(zip(self._states, states, strict=True))
            presence = self._allowed(given)
            if presence is not None:
                self._valid[states] = self._scenario(given, presence)
        self.scenarios: tuple[Scenario, ...] = tuple(self._valid.values())
        if not self.scenarios:
            raise ValueError(f"{schema.name}: no event satisfies all of its rules")
        breakable = (rule for rule in self.rules if not _selects(rule, schema))
        self.breaks: tuple[RuleBreak, ...] = tuple(one for rule in breakable for one in itertools.islice(self._breaks(rule), _MOST))
        advice = (rule for rule in schema.rules if rule.severity is Severity.WARNING)
        self.advised: tuple[RuleBreak, ...] = tuple(one for rule in advice for one in itertools.islice(self._advised(rule), _MOST))

    @property
    def controls(self) -> frozenset[int]:
        """The attribute ids whose value or presence a rule reads, or the table's circumstance."""
        selecting = () if self.schema.when is None else (self.schema.when.field,)
        return frozenset(self.schema.by_name[name].ids[0] for name in (*self._states, *selecting))

    @property
    def mandatory(self) -> tuple[int, ...]:
        """The ids without which a Mandatory field is absent, except those that a rule reads."""
        needed = (field.needed or field.ids for field in self.schema.fields if field.mandatory)
        return tuple(i for ids in needed for i in ids if i not in self.controls)

    def scenarios_with(self, field: Field) -> tuple[Scenario, ...]:
        """Return the scenarios in which a field may be present."""
        return tuple(s for s in self.scenarios if any(step.field is field and step.present is not False for step in s))

    def _states_of(self, field: Field) -> Iterator[State]:
        yield _ABSENT
        construct = field.attributes[0][1].value
        named = {v for rule in self.schema.rules if rule.other == field.name for v in rule.values}
        known = {v: packed for v in sorted(named) if construct is not None and (packed := _packed(construct, v)) is not None}
        yield from (State(present=True, value=v, choices=(packed,)) for v, packed in known.items())
        if not known or construct is None:
            yield State(present=True, value=object())  # a value that no rule can name
            return
        members = construct.enumeration if isinstance(construct, Enum) else ()
        others = [packed for v in (*members, *_NUMBERS) if v not in named and (packed := _packed(construct, v)) is not None]
        if others:
            yield State(present=True, value=construct.unpack(others[0]), choices=tuple(dict.fromkeys(others)))

    def _broken(self, name: str, present: bool, states: Mapping[str, State]) -> list[Rule]:
        return [
            rule
            for rule in self.rules
            if rule.field == name
            and rule.present is present
            and rule.applies(states.get(rule.other, _ABSENT).value)
            and not any(states[other].present for other in rule.also)
        ]

    def _allowed(self, states: Mapping[str, State]) -> dict[str, Presence] | None:
        """Return the presence of every field under these states of the controls; None where they break a rule."""
        presence: dict[str, Presence] = {}
        for field in self.schema.fields:
            if field.name in states:
                presence[field.name] = states[field.name].present
                if self._broken(field.name, states[field.name].present, states):
                    return None
                continue
            may = [present for present in (True, False) if not self._broken(field.name, present, states)]
            if not may:
                return None
            presence[field.name] = may[0] if len(may) == 1 else None
        return presence

    def _scenario(self, states: Mapping[str, State], presence: Mapping[str, Presence]) -> Scenario:
        return tuple(
            Step(field, presence[field.name], states[field.name].choices if field.name in states else ()) for field in self.schema.fields
        )

    def _breaks(self, rule: Rule) -> Iterator[RuleBreak]:
        field = self.schema.by_name[rule.field]
        for states, scenario in self._valid.items():
            given = dict(zip(self._states, states, strict=True))
            if field.name not in given:
                if self._broken(field.name, rule.present, given) == [rule]:
                    right = tuple(Step(s.field, not rule.present) if s.field is field else s for s in scenario)
                    yield RuleBreak(rule, right, Step(field, rule.present))
                continue
            if given[field.name].present is rule.present:
                continue
            for state in self._states[field.name]:
                bent = {**given, field.name: state}
                if state.present is rule.present and self._all_broken(scenario, bent) == [rule]:
                    yield RuleBreak(rule, self._held(scenario, bent), Step(field, rule.present, state.choices))

    def _advised(self, rule: Rule) -> Iterator[RuleBreak]:
        """Yield scenarios that break a rule of severity WARNING, and none of severity ERROR."""
        for states, scenario in self._valid.items():
            given = dict(zip(self._states, states, strict=True))
            step = next(s for s in scenario if s.field.name == rule.field)
            if step.present in (None, rule.present) and rule.applies(given.get(rule.other, _ABSENT).value):
                bent = Step(step.field, rule.present, step.choices)
                yield RuleBreak(rule, tuple(bent if s is step else s for s in scenario), bent)

    def _all_broken(self, scenario: Scenario, states: Mapping[str, State]) -> list[Rule]:
        """Return the rules that break when a control changes and every other field keeps the presence that it may have."""
        broken: list[Rule] = []
        for step in scenario:
            name = step.field.name
            if name in states:
                broken += self._broken(name, states[name].present, states)
            elif not any(not self._broken(name, present, states) for present in _may(step)):
                broken += self._broken(name, _may(step)[0], states)
        return broken

    def _held(self, scenario: Scenario, states: Mapping[str, State]) -> Scenario:
        """Return `scenario` with the presence of those fields fixed that stop being free when the controls change to `states`."""

        def held(step: Step) -> Step:
            if step.field.name in states or step.present is not None:
                return step
            may = [present for present in (True, False) if not self._broken(step.field.name, present, states)]
            return step if len(may) == 2 else Step(step.field, may[0])

        return tuple(held(step) for step in scenario)


_NUMBERS = (0, 1, 2, 3, 7, 255, 256, 65_535, 65_536, 2**31 - 1, 2**31, 2**32 - 1, -1, -(2**31), 2**63, 2**64 - 1)


def _may(step: Step) -> tuple[bool, ...]:
    return (True, False) if step.present is None else (step.present,)


def _packed(construct: Value, number: int) -> bytes | None:
    """Return the bytes that the construct writes for a number; None where it cannot, or reads another number back."""
    value = construct.enumeration(number) if isinstance(construct, Enum) and not isinstance(number, OpenEnum) else number
    try:
        packed = construct.pack(value)
    except EncodeError:
        return None
    return packed if construct.unpack(packed) == number else None
