"""``tlib fuzz corpus``: writes seeds and a dictionary for AFL++ and libFuzzer."""

from __future__ import annotations

import hashlib
from itertools import islice
from pathlib import Path

import click

from tlib_cli import FINE
from tlib_cli.options import registry_option
from tlib_codec.formats.output import write_whole
from tlib_fuzz.cases.generate import cases
from tlib_fuzz.dictionary import dictionary
from tlib_schemas.registry import Registry

from .common import frames_of


@click.command()
@click.argument("files", nargs=-1, metavar="[FILE]…")
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("fuzz-corpus"),
    show_default=True,
    help="Write to this folder.",
)
@click.option("--count", type=click.IntRange(0), default=500, show_default=True, metavar="N", help="Generate N seeds in addition.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, metavar="N", help="Repeat the generated seeds of N.")
@click.option("--max-size", type=click.IntRange(10), default=1024, show_default=True, metavar="BYTES", help="Leave out larger frames.")
@registry_option
def command(files: tuple[str, ...], output: Path, count: int, seed: int, max_size: int, registry: Registry) -> int:
    """Write seeds, one frame per file, and a dictionary for AFL++ and libFuzzer.

    Every frame of FILE, a capture, frames, hex, log or JSON, becomes a seed.

    \b
    tlib fuzz corpus trunk.pcapng
    afl-fuzz -i fuzz-corpus/seeds -x fuzz-corpus/tlib.dict -o out -- ./parser @@
    ./fuzzer -dict=fuzz-corpus/tlib.dict found fuzz-corpus/seeds
    """  # noqa: D301
    folder = output / "seeds"
    folder.mkdir(parents=True, exist_ok=True)
    generated = [case.frame for case in islice(cases(seed, registry), count)]
    kept = {frame for frame in (*frames_of(files, registry), *generated) if len(frame) <= max_size}
    for frame in kept:
        write_whole(folder / hashlib.sha1(frame, usedforsecurity=False).hexdigest(), frame)
    words = dictionary(registry)
    write_whole(output / "tlib.dict", words.encode("ascii"))
    click.echo(f"{folder}: {len(kept)} seeds, {sum(map(len, kept))} bytes")
    click.echo(f"{output / 'tlib.dict'}: {words.count(chr(10))} words")
    return FINE
