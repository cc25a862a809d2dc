"""``tlib fuzz new``: writes a harness in one of several languages."""

from __future__ import annotations

import shlex
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import click

from tlib_cli import FINE
from tlib_cli.reports import Unusable
from tlib_codec.formats.output import write_whole


class Template(NamedTuple):
    """A file of tlib_fuzz/templates, and the commands that build and start it."""

    file: str
    build: str
    start: str


TEMPLATES = {
    "python": Template("harness.py", "", "python3 {}"),
    "c": Template("harness.c", "cc -g -fsanitize=address,undefined {} -o harness", "./harness"),
    "go": Template("harness.go", "go build -o harness {}", "./harness"),
    "java": Template("Harness.java", "", "java {}"),
    "javascript": Template("harness.mjs", "", "node {}"),
}


@click.command()
@click.argument("language", type=click.Choice(tuple(TEMPLATES)))
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write this file.  [default: harness.… in this folder]"
)
def command(language: str, output: Path | None) -> int:
    """Write a harness in LANGUAGE that speaks the protocol, with a function for the call of your parser.

    \b
    tlib fuzz new c
    tlib fuzz new python -o tests/harness.py
    """  # noqa: D301
    template = TEMPLATES[language]
    path = output or Path(template.file)
    text = files("tlib_fuzz").joinpath("templates", template.file).read_text(encoding="utf-8")
    if path.exists():
        raise Unusable(f"{path}: exists already; -o FILE writes another file")
    write_whole(path, text.encode())
    click.echo(f"{path}: call your parser in the function parse, then")
    if template.build:
        click.echo(f"    {template.build.format(shlex.quote(str(path)))}")
    start = template.start.format(shlex.quote(str(path)))
    click.echo(f"    tlib fuzz run --target {shlex.quote(start)}")
    return FINE
