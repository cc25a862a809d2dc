"""``tlib fuzz corpus``: seeds and a dictionary for AFL++ and libFuzzer."""

from __future__ import annotations

import hashlib
from itertools import islice
from pathlib import Path

import click

from tlib_cli import FINE
from tlib_cli.options import registry_option
from tlib_fuzz.cases.generate import cases
from tlib_fuzz.dictionary import dictionary
from tlib_schemas.registry import Registry

from .common import seeds


@click.command()
@click.argument("files", nargs=-1, metavar="[FILE]…")
@click.option(
    "-o", "--output", type=click.Path(file_okay=False, path_type=Path), default=Path("fuzz-corpus"), show_default=True, help="The folder."
)
@click.option("--count", type=click.IntRange(0), default=500, show_default=True, metavar="N", help="So many generated seeds besides.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, metavar="N", help="The same seed generates the same.")
@click.option("--longest", type=click.IntRange(10), default=1024, show_default=True, metavar="BYTES", help="Leave out longer frames.")
@registry_option
def command(files: tuple[str, ...], output: Path, count: int, seed: int, longest: int, registry: Registry) -> int:
    """Write a folder of seeds, a frame a file, and a dictionary, for AFL++ and libFuzzer.

    FILE is your own capture, frames, hex, log or JSON: every frame in it becomes a seed.

    \b
    tlib fuzz corpus trunk.pcapng
    afl-fuzz -i fuzz-corpus/seeds -x fuzz-corpus/tlib.dict -o out -- ./parser @@
    ./fuzzer -dict=fuzz-corpus/tlib.dict found fuzz-corpus/seeds
    """  # noqa: D301
    folder = output / "seeds"
    folder.mkdir(parents=True, exist_ok=True)
    generated = [case.frame for case in islice(cases(seed, registry), count)]
    kept = {frame for frame in (*seeds(files, registry), *generated) if len(frame) <= longest}
    for frame in kept:
        (folder / hashlib.sha1(frame, usedforsecurity=False).hexdigest()).write_bytes(frame)
    words = dictionary(registry)
    (output / "tlib.dict").write_text(words, encoding="ascii")
    click.echo(f"{folder}: {len(kept)} seeds, {sum(map(len, kept))} bytes")
    click.echo(f"{output / 'tlib.dict'}: {words.count(chr(10))} words")
    return FINE
