"""What is wrong with plain data that should have become a struct: msgspec's finding, in this project's words.

Strategy: msgspec says what it expected and where, but neither what stands there nor which keys
there are; both are looked up at the place that it names.
"""

from __future__ import annotations

import datetime as dt
import difflib
import re
from typing import Any

import msgspec
from msgspec import inspect

from tlib_schemas.errors import quote

_FINDING = re.compile(r"(?P<what>.*?)(?: - at `\$\.?(?P<where>.*)`)?", re.DOTALL)
_STEP = re.compile(r"([^.\[\]]+)|\[([0-9]+)\]")
_KEY = re.compile(r"Object (?P<is>contains unknown|missing required) field `(?P<key>.*)`", re.DOTALL)
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
    """Place, expected and found, for `data` that are no `declared`."""
    match = _FINDING.fullmatch(str(error))
    assert match is not None
    what, where = match["what"], match["where"] or ""
    kind = inspect.type_info(declared)
    found = data
    for key, index in _STEP.findall(where):
        kind = _inside(kind, key)
        found = found[int(index)] if index else found.get(key) if isinstance(found, dict) else None
    if where.endswith("[...]"):  # a key that msgspec does not name
        found = None
    named = _KEY.fullmatch(what)
    if named is not None:
        keys = [field.encode_name for field in kind.fields] if isinstance(kind, inspect.StructType) else []
        if named["is"] == "missing required":
            return where, f"the key {named['key']}", "none"
        close = difflib.get_close_matches(named["key"], keys, n=1)
        return where, f"one of the keys {', '.join(keys)}", f"{quote(named['key'])}{f' (did you mean {close[0]}?)' if close else ''}"
    if isinstance(kind, inspect.EnumType):
        return where, f"one of {', '.join(str(member.value) for member in kind.cls)}", _shown(found)
    expected = what.removeprefix("Expected ").partition(", got ")[0] if what.startswith("Expected ") else "`datetime`"
    for word, plain in _WORDS.items():
        expected = expected.replace(word, plain)
    return where, expected, _shown(found)


def _inside(kind: inspect.Type, key: str) -> inspect.Type:
    """The type of what stands under a key of `kind`, or of its items."""
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
    """A value as a line of TOML has it, in short."""
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
