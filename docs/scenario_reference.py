"""Write the tables of docs/simulator.md: the keys of a scenario, and the stories of the catalogue.

Strategy: msgspec knows the fields of a struct, with types, limits, defaults and descriptions. Each table of the TOML file
is a struct, so each is a table of the page.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import msgspec
from msgspec import inspect

from tlib_simulator import CATALOGUE, Duration, Scenario, Site, Times

_WORDS = {
    inspect.IntType: "whole number",
    inspect.FloatType: "number",
    inspect.StrType: "text",
    inspect.BoolType: "true or false",
    inspect.DateTimeType: "time",
    inspect.VarTupleType: "array",
    inspect.DictType: "table",
    inspect.StructType: "table",
}
_TABLES = (
    ("At the top", Scenario),
    ("`[times]`", Times),
    ("A duration, such as `talk = { mean = 120, spread = 0.6 }`", Duration),
    ("`[[sites]]`, once for each site", Site),
)
_ELSEWHERE = ("faults",)  # a page of its own


def scenario_keys() -> str:
    """Return a table of keys, values and defaults for each table of the file."""
    return "\n".join(line for title, table in _TABLES for line in _table(title, table))


def _table(title: str, table: type[msgspec.Struct]) -> Iterator[str]:
    described = inspect.type_info(table)
    assert isinstance(described, inspect.StructType)
    yield from (f"**{title}**", "", "| key | value | default | meaning |", "|---|---|---|---|")
    for field in described.fields:
        if field.encode_name not in _ELSEWHERE:
            kind, about = _bare(field.type)
            yield f"| `{field.encode_name}` | {_value(kind)} | {_default(field)} | {about} |"
    yield ""


def _bare(kind: inspect.Type) -> tuple[inspect.Type, str]:
    about = ""
    while isinstance(kind, inspect.Metadata):
        about = about or (kind.extra_json_schema or {}).get("description", "")
        kind = kind.type
    return kind, about


def _value(kind: inspect.Type) -> str:
    words = _WORDS[type(kind)]
    if isinstance(kind, inspect.VarTupleType):
        item, _ = _bare(kind.item_type)
        words = f"array of {_WORDS[type(item)]}s"
    low, high = getattr(kind, "ge", None), getattr(kind, "le", None)
    if low is not None and high is not None:
        return f"{words}, {low:g} to {high:,.0f}"
    return words if low is None else f"{words}, {low:g} or more"


def _default(field: inspect.Field) -> str:
    value = field.default
    match value:
        case bool():
            return str(value).lower()
        case dt.datetime():
            return f"{value:%Y-%m-%dT%H:%M:%SZ}"
        case Duration():
            return f"{value.mean:g} s"
        case "" | ():
            return "none"
        case tuple() if isinstance(value[0], str):
            return ", ".join(f"`{item}`" for item in value)
        case int() | float():
            return f"{value:g}"
        case str():
            return f"`{value}`"
        case msgspec.NODEFAULT:
            return "required" if field.required else "the default mix"
    return "as below"


def scenario_stories() -> str:
    """Return the table of the catalogue."""
    rows = (f"| `{name}` | {entry.weight:g} | {entry.description}{_sites(entry.sites)} |" for name, entry in CATALOGUE.items())
    return "\n".join(["| story | weight | description |", "|---|---|---|", *rows, ""])


def _sites(count: int) -> str:
    return f" Needs {count} sites." if count > 1 else ""
