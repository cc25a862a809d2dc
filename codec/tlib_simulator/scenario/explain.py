"""Explain why plain data does not fit a struct: msgspec's error in this project's words.

Strategy: msgspec names the expected type and the path, but neither the value there nor the valid keys; both
are looked up at that path.
"""

from __future__ import annotations

import datetime as dt
import difflib
import re
from typing import Any

import msgspec
from msgspec import inspect

from tlib_schemas.errors import quote

_STEP = re.compile(r"([^.\[\]]+)|\[([0-9]+)\]")
_KEY = re.compile(r"Object (?P<problem>contains unknown|missing required) field `(?P<key>.*)`", re.DOTALL)
_WORDS = {
    "`int`": "a whole number",
    "`float`": "a number",
    "`str`": "a text",
    "`bool`": "true or false",
    "`array`": "an array",
    "`object`": "a table",
    "`datetime`": "a time such as 2026-03-14T08:00:00Z",
    " of length >= ": " of a length of at least ",
    " >= ": " of at least ",
    " <= ": " of at most ",
    " > ": " above ",
}


def explain(error: msgspec.ValidationError, data: Any, declared: type[Any]) -> tuple[str, str, str]:
    """Return the path, the expected and the actual value of the first misfit of `data` in the type `declared`."""
    problem, _, path = str(error).partition(" - at `$")
    path = path.removesuffix("`").removeprefix(".")
    kind = inspect.type_info(declared)
    value = data
    for key, index in _STEP.findall(path):
        kind = _inside(kind, key)
        value = value[int(index)] if index else value.get(key) if isinstance(value, dict) else None
    if path.endswith("[...]"):  # msgspec does not name the key
        value = None
    named = _KEY.fullmatch(problem)
    if named is not None:
        keys = [field.encode_name for field in kind.fields] if isinstance(kind, inspect.StructType) else []
        if named["problem"] == "missing required":
            return path, f"the key {named['key']}", "none"
        close = difflib.get_close_matches(named["key"], keys, n=1)
        return path, f"one of the keys {', '.join(keys)}", f"{quote(named['key'])}{f' (did you mean {close[0]}?)' if close else ''}"
    if isinstance(kind, inspect.EnumType):
        return path, f"one of {', '.join(str(member.value) for member in kind.cls)}", _shown(value)
    expected = problem.removeprefix("Expected ").partition(", got ")[0] if problem.startswith("Expected ") else "`datetime`"
    for word, plain in _WORDS.items():
        expected = expected.replace(word, plain)
    return path, expected, _shown(value)


def _inside(kind: inspect.Type, key: str) -> inspect.Type:
    """Return the type of the value under a key of `kind`, or of the items of `kind`."""
    kind = _bare(kind)
    if isinstance(kind, inspect.StructType):
        return next((_bare(field.type) for field in kind.fields if field.encode_name == key), inspect.AnyType())
    item = getattr(kind, "item_type", None) or getattr(kind, "value_type", None)
    return _bare(item) if isinstance(item, inspect.Type) else inspect.AnyType()


def _bare(kind: inspect.Type) -> inspect.Type:
    while isinstance(kind, inspect.Metadata):
        kind = kind.type
    return kind


def _shown(value: Any) -> str:
    """Return a value as one line of TOML shows it, shortened."""
    match value:
        case None:
            return "another value"
        case bool():
            return str(value).lower()
        case str():
            return quote(value)
        case dict():
            return "a table"
        case list():
            return "an array" if value else "an empty one"
        case dt.datetime() | dt.date() | dt.time():
            return value.isoformat()
    return str(value)
