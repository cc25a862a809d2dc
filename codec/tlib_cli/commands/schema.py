"""``tlib schema``: print the tables of events in the layout of the specification, messages without a table, and enumerations."""

from __future__ import annotations

import json
import sys

import click
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tlib_cli import FINE
from tlib_cli.options import registry_option
from tlib_cli.reports import Unusable
from tlib_cli.view.tables import console
from tlib_cli.view.vocabulary import bare_messages, enumeration_table, enumerations
from tlib_codec.access import closest
from tlib_schemas.errors import printable
from tlib_schemas.registry import Registry
from tlib_schemas.schema import EventSchema, Row
from tlib_schemas.wire import Enum


@click.command()
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print the JSON Schema of the event, or of all events.")
@registry_option
def command(name: str | None, as_json: bool, registry: Registry) -> int:
    """Show the table of a message, the values of an enumeration, or list them all.

    The table lists attributes, Mandatory or Optional, numbers, types and footnotes. NAME is a message, its number, or an
    enumeration.

    \b
    tlib schema
    tlib schema EventCallDeleted
    tlib schema CallType
    tlib schema --json > events.schema.json
    """  # noqa: D301
    schemas = None if name is None else _find(name, registry)
    if name is not None and not schemas:
        return _without_table(name, registry, as_json=as_json)
    if as_json:
        from tlib_codec.exports.json_schema import json_schema  # noqa: PLC0415

        wanted = None if schemas is None else schemas[0].name if len(schemas) > 1 else schemas[0].cls
        click.echo(json.dumps(json_schema(wanted, registry=registry), indent=2))
        return FINE
    screen = console(sys.stdout.buffer)
    if schemas is None:
        _list(registry, screen)
    for schema in schemas or ():
        _table(schema, registry, screen)
    return FINE


def _find(event: str, registry: Registry) -> list[EventSchema]:
    """Return the tables of a message; none where it has none."""
    names = (name for schema in registry.tables for name in (schema.name, schema.cls.__name__))
    key = next((name for name in names if name.lower() == event.lower()), event)
    try:
        return [cls.__schema__ for cls in registry.events_of(int(key) if key.isascii() and key.isdigit() else key)]
    except LookupError:
        return []


def _without_table(name: str, registry: Registry, *, as_json: bool) -> int:
    """Show an enumeration, or a message that has no table. Raise Unusable for another name."""
    kinds = enumerations(registry)
    messages = {label.lower(): label for label in registry.messages}
    message = registry.message_name(int(name)) if name.isascii() and name.isdigit() else messages.get(name.lower())
    kind = next((kind for label, kind in kinds.items() if label.lower() == name.lower()), None)
    if message is not None:
        text = f"{message} (message {registry.messages[message]}): no public table; it decodes with typed attributes"
        if as_json:
            raise Unusable(text)
        click.echo(printable(text))
    elif kind is None:
        known = [*registry.messages, *(schema.cls.__name__ for schema in registry.tables), *kinds]
        raise Unusable(f"{registry.name} has no message or enumeration {name!r}{closest(name, known)}")
    elif as_json:
        names = [member.label for member in kind]
        click.echo(json.dumps({"title": kind.__name__, "anyOf": [{"enum": names}, {"type": "integer"}]}, indent=2))
    else:
        console(sys.stdout.buffer).print(enumeration_table(kind, registry))
    return FINE


def _list(registry: Registry, screen: Console) -> None:
    table = Table(box=box.SIMPLE_HEAD, title=f"Events of {registry.name}", title_justify="left")
    table.add_column("Event", style="bold", no_wrap=True)
    table.add_column("Message", justify="right")
    table.add_column("Contents")
    for schema in registry.tables:
        summary = (schema.cls.__doc__ or "").strip().partition("\n")[0].partition(" Source:")[0]
        table.add_row(schema.cls.__name__, str(int(schema.message)), Text(summary + (" Deprecated." if schema.deprecated else "")))
    screen.print(table)
    bare = ", ".join(f"{name} {number}" for name, number in bare_messages(registry))
    if bare:
        screen.print(Text(f"No public table: {bare}."))
    kinds = dict.fromkeys(kind.__name__ for kind in enumerations(registry).values())
    screen.print(Text(f"Enumerations: {', '.join(kinds)}."))


def _table(schema: EventSchema, registry: Registry, screen: Console) -> None:
    table = Table(box=box.SIMPLE_HEAD, title=_title(schema), title_justify="left")
    for heading in ("Event Attribute", "Type", "Id", "Value"):
        table.add_column(heading, no_wrap=heading == "Type", overflow="fold")
    for row in schema.rows:
        presence = Text("Mandatory", "bold") if row.mandatory else Text("Optional")
        presence.append(" " + ",".join(row.marks) if row.marks else "", "yellow")
        table.add_row(Text(row.name), presence, ", ".join(_id(i) for i in row.ids) or "-", _value(row, registry))
    screen.print(table)
    notes = Table.grid(padding=(0, 0, 0, 2))
    for mark, text in dict.fromkeys((note.mark, note.text) for note in schema.footnotes):
        notes.add_row(Text(mark, "yellow"), Text(text))
    if schema.partial:
        notes.add_row(Text("!", "yellow"), Text(schema.partial))
    if schema.deprecated:
        notes.add_row(Text("!", "yellow"), Text(schema.deprecated))
    screen.print(notes)


def _title(schema: EventSchema) -> str:
    title = f"{schema.name} (message {int(schema.message)})"
    if schema.when is not None:
        title += f", {schema.cls.__name__}: with {schema.when.describe(schema.by_name[schema.when.field].label)}"
    return title


def _id(number: int) -> str:
    return f"{number:#x}" if number >= 0x8000 else str(number)


def _value(row: Row, registry: Registry) -> str:
    """Return the wire types of a row's attributes, and their value types if those differ."""
    if not row.ids:
        return "the message number"
    names = []
    for number in row.ids:
        value = registry.dictionary[number].value
        if value is None:
            names.append("any")
        elif isinstance(value, Enum):
            names.append(f"{value.wire_type.label}, {value.enumeration.__name__}")
        else:
            name = type(value).__name__.strip("_")
            label = value.wire_type.label or ""
            names.append(label if name in {label, f"KV{label}"} else f"{label}, {name}")
    return "; ".join(dict.fromkeys(names))
