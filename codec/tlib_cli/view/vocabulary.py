"""The messages and enumerations of a registry by name, for ``tlib schema``.

Strategy: a message without a table and an enumeration have no schema, so they are listed from the registry itself: messages by
their numbers, enumerations by the attributes that use them, and those of T-Library that no attribute uses.
"""

from __future__ import annotations

from collections.abc import Iterator

from rich import box
from rich.table import Table

from tlib_schemas import enumerations as public
from tlib_schemas.enumerations import OpenEnum
from tlib_schemas.registry import Registry
from tlib_schemas.wire import Enum


def enumerations(registry: Registry) -> dict[str, type[OpenEnum]]:
    """Return the enumerations by the names that a person may use: ``TCallType``, ``CallType``, and the attribute's."""
    named: dict[str, type[OpenEnum]] = {}
    kinds = [one for one in vars(public).values() if isinstance(one, type) and issubclass(one, OpenEnum) and one is not OpenEnum]
    used = [
        (attribute.name, attribute.value.enumeration) for attribute in registry.dictionary.values() if isinstance(attribute.value, Enum)
    ]
    for kind in [*kinds, *(kind for _, kind in used)]:
        named.setdefault(kind.__name__, kind)
    for kind in [*named.values()]:
        named.setdefault(kind.__name__.removeprefix("T"), kind)
    for name, kind in used:
        named.setdefault(name, kind)
    return named


def enumeration_table(kind: type[OpenEnum], registry: Registry) -> Table:
    """Return the numbers and names of an enumeration, with the attributes that use it as caption."""
    users = [one.name for one in registry.dictionary.values() if isinstance(one.value, Enum) and one.value.enumeration is kind]
    caption = f"of {', '.join(users)}" if users else "of no attribute"
    table = Table(box=box.SIMPLE_HEAD, title=f"{kind.__name__}, {caption}", title_justify="left")
    table.add_column("Value", justify="right")
    table.add_column("Name", style="bold")
    for name, member in kind.__members__.items():
        table.add_row(str(int(member)), name.rstrip("_"))
    return table


def bare_messages(registry: Registry) -> Iterator[tuple[str, int]]:
    """Yield the name and number of each message that has no table, by number."""
    return (
        (name, number) for name, number in sorted(registry.messages.items(), key=lambda pair: pair[1]) if number not in registry.schemas
    )
