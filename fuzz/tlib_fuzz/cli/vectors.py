"""``tlib fuzz vectors``: writes frames with their correct results, for any language."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from tlib_cli import FINE
from tlib_cli.options import registry_option
from tlib_codec.formats.output import write_whole
from tlib_fuzz.vectors import SCHEMA, SCHEMA_NAME, vectors
from tlib_schemas.registry import Registry


@click.command()
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("fuzz-vectors"),
    show_default=True,
    help="Write the file and its schema to this folder.",
)
@click.option("--per-label", type=click.IntRange(1), default=10, show_default=True, metavar="N", help="Write N tests of each label.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, metavar="N", help="Repeat the file of seed N.")
@registry_option
def command(output: Path, per_label: int, seed: int, registry: Registry) -> int:
    """Write test vectors: frames in hex with result, JSON, codes, flags and reasons.

    The output is one JSON file in the layout of Wycheproof, and its JSON Schema.

    \b
    tlib fuzz vectors
    jq '.testGroups[].tests[] | select(.flags == ["nesting"])' fuzz-vectors/tlib_vectors.json
    """  # noqa: D301
    output.mkdir(parents=True, exist_ok=True)
    made = vectors(per_label, seed, registry)
    for name, data in (("tlib_vectors.json", made), (SCHEMA_NAME, SCHEMA)):
        write_whole(output / name, msgspec.json.format(msgspec.json.encode(data), indent=1) + b"\n")
    click.echo(f"{output / 'tlib_vectors.json'}: {made['numberOfTests']} tests of {len(made['notes'])} labels")
    return FINE
