"""The judge: compares a target's answer with the answer of a correct parser.

Strategy: the most severe difference counts. Values are compared as the events that the two JSON texts represent, so another
order of members, a number for a name, or a list of pairs for an object makes no difference.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from typing import Any

import msgspec

from tlib_codec.formats import jsonl
from tlib_codec.reference import Policy
from tlib_fuzz.cases.generate import Case
from tlib_schemas.errors import DecodeError, quote
from tlib_schemas.registry import Registry

from .protocol import Outcome, Verdict

_SHOWN = 60  # characters of a value in a message


class Kind(enum.StrEnum):
    """The kind of fault of a finding, the most severe first."""

    CRASH = "crash"
    HANG = "hang"
    MEMORY = "memory"
    GARBLED = "garbled"
    VERDICT = "wrong-verdict"
    VALUE = "wrong-value"
    CODE = "wrong-code"


class Difference(msgspec.Struct, frozen=True):
    """How an answer differs from the correct one; `signature` is equal for answers that look like one fault."""

    kind: Kind
    message: str
    signature: str = ""


_HARM = {
    Verdict.CRASH: Kind.CRASH,
    Verdict.HANG: Kind.HANG,
    Verdict.MEMORY: Kind.MEMORY,
    Verdict.GARBLED: Kind.GARBLED,
}


def judge(case: Case, outcome: Outcome, registry: Registry) -> Difference | None:
    """Return how `outcome` differs from the answer of `case`, or None."""
    kind = _HARM.get(outcome.verdict)
    if kind is not None:
        return Difference(kind, outcome.signature, outcome.signature if kind is Kind.CRASH else "")
    if outcome.verdict is Verdict.SKIP:
        return None
    if case.accept:
        if outcome.verdict is Verdict.REJECT:
            code = f" [{outcome.code}]" if outcome.code else ""
            return Difference(Kind.VERDICT, f"refused{code}, but a correct parser accepts", f"refused {outcome.code}")
        return _value(case, outcome.json, registry) if outcome.json and case.json is not None else None
    if outcome.verdict is Verdict.ACCEPT:
        return Difference(Kind.VERDICT, f"accepted, but a correct parser refuses [{' or '.join(sorted(case.codes))}]", "accepted")
    if outcome.code and outcome.code not in case.codes:
        message = f"refused with {outcome.code}, but the correct code is {' or '.join(sorted(case.codes))}"
        return Difference(Kind.CODE, message, outcome.code)
    return None


def _value(case: Case, json: bytes, registry: Registry) -> Difference | None:
    assert case.json is not None
    if json == case.json:
        return None
    try:
        actual = msgspec.json.decode(json)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return Difference(Kind.VALUE, f"accepted with text that is not JSON: {error}", "syntax")
    expected = msgspec.json.decode(case.json)
    if actual == expected:
        return None
    try:
        item = jsonl.from_data(actual, registry=registry, policy=Policy.LENIENT)
    except DecodeError as error:
        return Difference(Kind.VALUE, f"accepted with JSON that is not an event: {error}", f"structure {error.expected}")
    canonical = jsonl.to_data(item, registry=registry)
    canonical.pop("$violations", None)
    for path, right, wrong in _differences(expected, canonical, ""):
        message = f"accepted with {path or 'an event'} {_shown(wrong)}, but the correct value is {_shown(right)}"
        return Difference(Kind.VALUE, message, f"{_place(path)} {_name(right)} as {_name(wrong)}")
    return None


def _differences(right: Any, wrong: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    """Yield the differences of two JSON values as (path, right, wrong), outermost first."""
    if isinstance(right, dict) and isinstance(wrong, dict):
        for key in [*right, *(key for key in wrong if key not in right)]:
            inner = f"{path}[{quote(key)}]" if path else key
            yield from _differences(right.get(key, _ABSENT), wrong.get(key, _ABSENT), inner)
    elif isinstance(right, list) and isinstance(wrong, list) and len(right) == len(wrong):
        for index, (one, other) in enumerate(zip(right, wrong, strict=True)):
            yield from _differences(one, other, f"{path}[{index}]")
    elif right != wrong:
        yield path, right, wrong


_ABSENT = object()


def _place(path: str) -> str:
    return "a pair" if "[" in path else "an attribute"


def _name(value: Any) -> str:
    return "nothing" if value is _ABSENT else type(value).__name__


def _shown(value: Any) -> str:
    if value is _ABSENT:
        return "absent"
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
