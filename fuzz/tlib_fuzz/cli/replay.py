"""``tlib fuzz replay``: sends the frame of a finding to its target again."""

from __future__ import annotations

import contextlib
from pathlib import Path

import click
import msgspec

from tlib_cli import FINE, INVALID, UNUSABLE
from tlib_cli.options import registry_of
from tlib_cli.reports import Unusable
from tlib_fuzz.kit.findings import ABOUT, FRAME, NOT_FIRST, ORIGINAL, Finding, expected
from tlib_fuzz.kit.judge import judge
from tlib_fuzz.kit.persistent import NOT_ALONE, UNSURE
from tlib_fuzz.kit.protocol import TargetError, Verdict
from tlib_fuzz.kit.target import MODES
from tlib_fuzz.kit.workload import Workload
from tlib_schemas.errors import printable

from .common import explained

_NOTES = (NOT_FIRST, NOT_ALONE, UNSURE)  # notes of findings that need more than one frame


@click.command()
@click.argument("finding", type=click.Path(exists=True, path_type=Path))
@click.option("--target", metavar="COMMAND", help="Send it to another target.")
@click.option("--mode", type=click.Choice(tuple(MODES)), help="Set the mode of the other target.")
@click.option("--original", is_flag=True, help="Send the original frame instead of the reduced one.")
@click.option("--hex", "show_hex", is_flag=True, help="Show the frame byte by byte.")
def command(finding: Path, target: str | None, mode: str | None, original: bool, show_hex: bool) -> int:
    """Send the frame of FINDING, a folder that `tlib fuzz run` wrote, to its target again.

    Exit status: 0 the answer is correct, 1 it is wrong, 2 the target cannot be used, or one frame is not enough.

    \b
    tlib fuzz replay fuzz-findings/wrong-verdict-flags-1c0ffe
    tlib fuzz replay --target ./fixed fuzz-findings/wrong-verdict-flags-1c0ffe
    """  # noqa: D301
    folder = finding if finding.is_dir() else finding.parent
    about, frame = _read(folder, ORIGINAL if original else FRAME)
    options = msgspec.structs.replace(about.target, command=target or about.target.command, mode=mode or about.target.mode)
    workload = Workload(seed=about.seed, registry=registry_of(options.registry), lenient=options.lenient)
    case = workload.case(frame)
    try:
        with contextlib.closing(options.open()) as opened:
            outcome = opened.run((frame,))[0]
    except TargetError as error:
        raise Unusable(str(error)) from None
    if show_hex:
        click.echo(explained(frame, workload.registry), nl=False)
    correct = expected(case)
    click.echo(f"a frame of {len(frame)} bytes: {printable(case.reason)}")
    click.echo(f"expected: {' '.join([correct['verdict'], *correct.get('codes', ())])}")
    click.echo(f"actual:   {printable(' '.join(filter(None, (outcome.verdict.value, outcome.code or outcome.signature))))}")
    if outcome.verdict is Verdict.SKIP:
        click.echo("not judged: the target skips it")
        return UNUSABLE
    difference = judge(case, outcome, workload.registry)
    if difference is None and any(note in about.message for note in _NOTES):
        click.echo(f"this frame alone does not show it: {printable(about.message)}; repeat the run with --seed {about.seed}")
        return UNUSABLE
    if difference is None:
        click.echo("no difference: the answer is correct")
        return FINE
    click.echo(f"{difference.kind}: {printable(difference.message)}")
    if outcome.trace:
        click.echo("\n".join(map(printable, outcome.trace.splitlines())))
    return INVALID


def _read(folder: Path, name: str) -> tuple[Finding, bytes]:
    try:
        about = msgspec.json.decode((folder / ABOUT).read_bytes(), type=Finding)
        return about, (folder / name).read_bytes()
    except FileNotFoundError as error:
        raise Unusable(f"{folder}: not a finding: it has no {Path(error.filename).name}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unusable(f"{folder / ABOUT}: {error}") from None
