"""Write the parts of the pages that follow from the registry, the formats, the command line and the table of codes.

Run it: python docs/generate.py [--check]

Strategy: a function here writes the text between ``<!-- begin NAME -->`` and ``<!-- end NAME -->``; a person writes the rest.
``--check`` writes nothing and fails where a page is out of date; a test calls it. The program itself draws the pictures.
"""

from __future__ import annotations

import argparse
import io
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import click
from capture_examples import CAPTURE_EXAMPLES
from error_examples import EXAMPLES, LOG_EXAMPLES, PRELUDE
from fault_reference import fault_keys, fault_kinds
from log_forms import FORMS
from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text
from scenario_reference import scenario_keys, scenario_stories

from tlib_cli import main as cli
from tlib_cli.app import tlib
from tlib_cli.output import outputs
from tlib_codec import CODES, TLIBRARY, EventCallCreated, EventCallDataChanged, EventCallDeleted, SchemaViolation, TLibError, Violation
from tlib_codec.calls import ANOMALIES
from tlib_codec.formats import WriteOptions, formats
from tlib_codec.formats.captures.decoder import CaptureDecoder
from tlib_codec.formats.logs.lines import LogLimits
from tlib_codec.formats.logs.reader import read_log
from tlib_codec.records import Batch, Diagnostic, Part
from tlib_fuzz.cases.catalogue import DEFECTS, EDGE_CASES, UNREACHABLE
from tlib_schemas.errors import SCHEMA_CODES
from tlib_schemas.kinds import HARMLESS, Category, Kind
from tlib_schemas.registry import Registry
from tlib_schemas.wire import Attribute

DOCS = Path(__file__).parent
_PART = re.compile(r"(<!-- begin (\S+) -->\n).*?(<!-- end \2 -->)", re.DOTALL)


def meet(expression: str) -> TLibError | tuple[Violation, ...]:
    """Return the error that an example raises, or the violations that it gives."""
    namespace: dict[str, Any] = {}
    exec(PRELUDE, namespace)  # noqa: S102 our own examples
    try:
        found: tuple[Violation, ...] = eval(expression, namespace)  # noqa: S307 our own examples
    except TLibError as error:
        return error
    return found


def codes() -> list[str]:
    """Return all codes: those of frames, values and schemas, then those of each format, as they are registered."""
    formats()
    others = [code for code in CODES if code not in SCHEMA_CODES]
    return [*SCHEMA_CODES, *sorted(others, key=lambda code: _FORMATS.index(code.partition("-")[0]))]


_FORMATS = ("json", "hex", "scenario", "log", "capture", "tcp")


def error_codes() -> str:
    """Return a section for each error code."""
    return f"Every example below starts with\n\n```python\n{PRELUDE}```\n\n" + "\n".join(map("\n".join, map(_code, codes())))


def _code(code: str) -> Iterator[str]:
    if code in LOG_EXAMPLES:
        yield from _log_code(code)
        return
    if code in CAPTURE_EXAMPLES:
        yield from _capture_code(code)
        return
    if code not in EXAMPLES:
        sys.exit(f"docs/error_examples.py: the code {code} has no example: add one")
    found = meet(EXAMPLES[code])
    violations = found.violations if isinstance(found, SchemaViolation) else found
    if isinstance(violations, tuple):
        violation = next(v for v in violations if v.code == code)
        kind = f"`SchemaViolation`, severity {violation.severity.value}"
        shown = str(found) if isinstance(found, SchemaViolation) else str(violation)
    else:
        kind, shown = f"`{type(violations).__name__}`", str(violations)
        if violations.code != code:
            sys.exit(f"docs/error_examples.py: the example of {code} meets {violations.code}")
    yield f"### {code}\n"
    yield f"{kind}. {CODES[code].meaning} {CODES[code].advice}\n"
    yield f"```python no-run\n{EXAMPLES[code]}\n```"
    yield f"```text\n{shown}\n```\n"


def _log_code(code: str) -> Iterator[str]:
    text, limits = LOG_EXAMPLES[code]
    shown = _diagnostic(code, read_log([text.encode("utf-8", "surrogateescape")], limits=limits), "docs/error_examples.py")
    changed = [
        f"{name}={getattr(limits, name)}" for name in limits.__struct_fields__ if getattr(limits, name) != getattr(LogLimits(), name)
    ]
    yield f"### {code}\n"
    yield f"`Diagnostic`; reading goes on. {CODES[code].meaning} {CODES[code].advice}"
    yield f"With `LogLimits({', '.join(changed)})`:\n" if changed else ""
    yield f"```text\n{text.encode('utf-8', 'surrogateescape').decode('cp1252')}```"
    yield f"```text\n{shown}\n```\n"


def _capture_code(code: str) -> Iterator[str]:
    title, data, settings = CAPTURE_EXAMPLES[code]
    decoder = CaptureDecoder(settings=settings, ports={"capture-no-frames": (), "capture-no-connection": (80,)}.get(code, (3000,)))
    decoder.feed(data)
    decoder.close()
    shown = _diagnostic(code, decoder, "docs/capture_examples.py")
    yield f"### {code}\n"
    yield f"`Diagnostic`; reading goes on. {CODES[code].meaning} {CODES[code].advice} Example: {title}:\n"
    yield f"```text\n{shown}\n```\n"


def _diagnostic(code: str, parts: Iterable[Part], examples: str) -> Diagnostic:
    """Return the diagnostic of that code from reading `parts` and writing them as frames."""
    write = formats()["frames"].write
    assert write is not None
    met = [entry for entry in write(io.BytesIO(), WriteOptions()).write(Batch(list(parts))) if isinstance(entry, Diagnostic)]
    if code not in (diagnostic.code for diagnostic in met):
        sys.exit(f"{examples}: the example of {code} meets {[str(diagnostic) for diagnostic in met]}")
    return next(diagnostic for diagnostic in met if diagnostic.code == code)


def log_forms() -> str:
    """Return the forms of messages in logs, as a table and with an example each."""
    rows = ["| form | printed by | evidence |", "|---|---|---|"]
    rows += [f"| {form.name} | {form.programs} | {form.evidence} |" for form in FORMS]
    examples = "\n".join(f"{form.name}:\n{form.example}" for form in FORMS)
    return "\n".join([*rows, "", f"```text\n{examples}```", ""])


def format_table() -> str:
    """Return the formats that tlib reads and writes."""
    rows = ["| name | title | suffixes | read | write |", "|---|---|---|---|---|"]
    for name, one in sorted((outputs() | formats()).items()):
        suffixes = " ".join(f"`{suffix}`" for suffix in one.suffixes)
        rows.append(f"| `{name}` | {one.title} | {suffixes} | {_mark(one.read)} | {_mark(one.write)} |")
    return "\n".join([*rows, ""])


def _mark(step: object) -> str:
    return "" if step is None else "yes"


def options() -> str:
    """Return the options of each command, with their help."""
    lines: list[str] = []
    top = click.Context(tlib, info_name="tlib")
    for name in tlib.list_commands(top):
        command = tlib.get_command(top, name)
        if command is None or isinstance(command, click.Group):
            continue  # a group has its own page
        context = click.Context(command, info_name=name, parent=top)
        lines += [f"### tlib {name}", "", "| option | |", "|---|---|"]
        for parameter in command.params:
            if isinstance(parameter, click.Option) and (shown := parameter.get_help_record(context)) is not None:
                option, text = (part.replace("|", "\\|") for part in shown)
                lines.append(f"| `{option}` | {text} |")
        lines.append("")
    return "\n".join(lines)


def error_index() -> str:
    """Return the codes, each linked to its section."""
    rows = (f"| [`{code}`](#{code}) | {CODES[code].meaning} |" for code in codes())
    return "\n".join(["| code | meaning |", "|---|---|", *rows, ""])


def _type(attribute: Attribute) -> tuple[str, str]:
    value = attribute.value
    if value is None:
        return "any", "RawValue"
    return value.wire_type.name, value.python.__name__


def attributes(registry: Registry = TLIBRARY) -> str:
    """Return the table of a registry's attributes."""
    rows = ["| id | name | wire type | Python type | in the tables of |", "|---|---|---|---|---|"]
    for number, attribute in sorted(registry.dictionary.items()):
        names = " / ".join((attribute.name, *attribute.aliases))
        events = ", ".join(schema.name.removeprefix("Event") for schema in registry.tables if number in schema.listed)
        rows.append(f"| {int(number)} | {names} | {' | '.join(_type(attribute))} | {events} |")
    return "\n".join([*rows, ""])


def categories(registry: Registry = TLIBRARY) -> str:
    """Return the table of the categories of attributes, for redaction."""
    rows = ["| category | by default | attributes |", "|---|---|---|"]
    for category in Category:
        names = [
            a.name for a in registry.dictionary.values() if a.category is category and (a.value is None or a.value.kind is not Kind.ENUM)
        ]
        others = ["enumerations"] if category is Category.CODES else []
        rows.append(f"| `{category.value}` | {'stay' if category in HARMLESS else 'replaced'} | {', '.join([*others, *names])} |")
    return "\n".join([*rows, ""])


def events(registry: Registry = TLIBRARY) -> str:
    """Return the tables of a registry's events, with their footnotes."""
    lines: list[str] = []
    for schema in registry.tables:
        lines += [f"### {schema.cls.__name__} ({int(schema.message)})", ""]
        if schema.when is not None:
            lines += [f"{schema.name} with {schema.when.describe(schema.by_name[schema.when.field].label)}.", ""]
        lines += [*([schema.partial, ""] if schema.partial else []), "| attribute | presence | ids |", "|---|---|---|"]
        for row in schema.rows:
            marks = "".join(f"<sup>{mark}</sup>" for mark in row.marks)
            ids = ", ".join(str(int(i)) for i in row.ids) or "the message number"
            lines.append(f"| {row.name}{marks} | {'Mandatory' if row.mandatory else 'Optional'} | {ids} |")
        lines += ["", *dict.fromkeys(f"{note.mark}. {note.text}  " for note in schema.footnotes), ""]
    return "\n".join(lines)


def call_anomalies() -> str:
    """Return the anomalies of calls."""
    rows = (f"| `{a.code}` | {a.meaning} | {a.advice} |" for a in ANOMALIES.values())
    return "\n".join(["| code | meaning | advice |", "|---|---|---|", *rows, ""])


def defects() -> str:
    """Return the catalogue's defects, and the codes of frames that no entry has."""
    lines = []
    for group, entries in DEFECTS.items():
        lines += [f"### {group.capitalize()}", "", "| label | defect | where | correct codes |", "|---|---|---|---|"]
        lines += [f"| `{e.label}` | {e.description} | {e.site.where} | {_codes(e.codes)} |" for e in entries]
        lines.append("")
    lines += ["Two codes of frames have no entry:", "", *(f"- `{code}`: {why}." for code, why in UNREACHABLE.items()), ""]
    return "\n".join(lines)


def edge_cases() -> str:
    """Return the catalogue's edge cases."""
    lines = []
    for group, entries in EDGE_CASES.items():
        lines += [f"### {group.capitalize()}", "", "| label | edge case | where | warnings |", "|---|---|---|---|"]
        lines += [f"| `{e.label}` | {e.description} | {e.site.where} | {_codes(e.warnings)} |" for e in entries]
        lines.append("")
    return "\n".join(lines)


def _codes(codes: tuple[str, ...]) -> str:
    return " ".join(f"[`{code}`](errors.md#{code})" for code in codes)


def _ladder(*arguments: str) -> str:
    """Return a call ladder, as the program draws it; `arguments` choose logs and a call."""
    with tempfile.TemporaryDirectory() as folder:
        drawn = Path(folder) / "ladder.svg"
        status = cli(["calls", *arguments, "--ladder", str(drawn), "-o", str(Path(folder) / "calls.jsonl")])
        if status:
            sys.exit(f"tlib calls ended with {status}")
        return drawn.read_text(encoding="utf-8")


def ladder() -> str:
    """Return the ladder of the example's first call."""
    return _ladder(str(LOGS / "tserver.log"), "--call", LADDER_OF)


def sites() -> str:
    """Return the ladder of a call at two sites."""
    return _ladder(str(LOGS / "lake.log"), str(LOGS / "hill.log"), "--call", AT_TWO_SITES)


def _screen(typed: str, output: str, title: str) -> str:
    """Return the picture of a terminal with a command and its output."""
    screen = Console(file=io.StringIO(), record=True, width=COLUMNS, force_terminal=True, color_system="truecolor", _environ={})
    screen.print(Text.assemble(("$ ", "dim"), (typed, "bold")), Text(), Text.from_ansi(output), Text(), sep="\n")
    code = SCREEN.replace("TITLE", title)
    return screen.export_svg(title="", theme=THEME, code_format=code, font_aspect_ratio=0.6, unique_id="screen")


def _printed(*words: str) -> str:
    """Return the output of a command of the program in a terminal."""
    environment = os.environ | {"FORCE_COLOR": "1", "TERM": "xterm-256color", "COLUMNS": str(COLUMNS)}
    for name in ("NO_COLOR", "TTY_COMPATIBLE"):
        environment.pop(name, None)
    command = [sys.executable, "-m", "tlib_cli", *words]
    done = subprocess.run(command, cwd=DOCS.parent, env=environment, capture_output=True, text=True, check=True)  # noqa: S603 our own program
    return done.stdout


def decoded() -> str:
    """Return the output of `tlib decode --to table` for the first call of the example capture, as a terminal shows it."""
    chosen = [f"--event {cls.__name__}" for cls in (EventCallCreated, EventCallDataChanged, EventCallDeleted)]
    command = ["decode examples/calls.pcapng --to table", *chosen]
    events = _printed(*" ".join(command).split()).split("\n\n")[:EVENTS]
    typed = f"tlib {' '.join(command[:2])} \\\n    {' '.join(command[2:])}"
    return _screen(typed, "\n\n".join(events), "tlib decode: the events of a capture as a table")


def called() -> str:
    """Return the output of `tlib calls` for the logs of two sites, as a terminal shows it."""
    command = "calls examples/lake.log examples/hill.log --to table"
    return _screen(f"tlib {command}", _printed(*command.split()).rstrip(), "tlib calls: the calls of two logs as a table")


COLUMNS, EVENTS = 92, 6  # events of the first call
THEME = TerminalTheme(
    (22, 27, 34),
    (230, 237, 243),
    [(72, 79, 88), (255, 123, 114), (63, 185, 80), (210, 153, 34), (88, 166, 255), (188, 140, 255), (57, 197, 207), (177, 186, 196)],
    [(110, 118, 129), (255, 161, 152), (86, 211, 100), (227, 179, 65), (121, 192, 255), (210, 168, 255), (86, 212, 221), (255, 255, 255)],
)
# rich's own, without the window and without a font from the network.
SCREEN = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">
<title>TITLE</title>
<style>
.{unique_id}-matrix {{ font: {char_height}px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; white-space: pre }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal"><rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/></clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""

LOGS = DOCS.parent / "examples"
AT_TWO_SITES = "006d03aaeb480004"
LADDER_OF = "UML4HGVFSH13V4FA82O7125KG8000001"  # transferred after a consultation

PICTURES: dict[str, Callable[[], str]] = {"decode.svg": decoded, "calls.svg": called, "ladder.svg": ladder, "sites.svg": sites}

PARTS: dict[str, Callable[[], str]] = {
    "call-anomalies": call_anomalies,
    "defects": defects,
    "edge-cases": edge_cases,
    "error-index": error_index,
    "error-codes": error_codes,
    "formats": format_table,
    "log-forms": log_forms,
    "options": options,
    "attributes": attributes,
    "categories": categories,
    "events": events,
    "fault-keys": fault_keys,
    "fault-kinds": fault_kinds,
    "scenario-keys": scenario_keys,
    "scenario-stories": scenario_stories,
}


def generated(page: str) -> str:
    """Return a page's text with its parts written anew."""
    return _PART.sub(lambda part: part[1] + PARTS[part[2]]() + part[3], page)


def main() -> int:
    """Write the pages, or with --check name those that are out of date."""
    parser = argparse.ArgumentParser(description="Write the generated parts of the documentation.")
    parser.add_argument("--check", action="store_true", help="Write nothing; fail where a page is out of date.")
    check = parser.parse_args().check
    stale = 0
    files: dict[Path, Callable[[str], str]] = dict.fromkeys(sorted(DOCS.glob("*.md")), generated)
    files |= {DOCS / "pictures" / name: lambda _, make=make: make() for name, make in PICTURES.items()}  # type: ignore[misc]
    for path, make in files.items():
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        after = make(before)
        if after != before:
            stale += 1
            if check:
                print(f"{path.name} is out of date: run python docs/generate.py", file=sys.stderr)
            else:
                path.write_text(after, encoding="utf-8")
                print(f"wrote {path.name}")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
