"""``tlib fuzz replay``: a finding shown to its target again."""

from __future__ import annotations

import contextlib
from pathlib import Path

import click
import msgspec

from tlib_cli import FINE, INVALID, UNUSABLE
from tlib_cli.options import registry_of
from tlib_cli.reports import Unusable, printable
from tlib_fuzz.kit.findings import ABOUT, FRAME, NOT_FIRST, ORIGINAL, Finding, expected, hex_of
from tlib_fuzz.kit.judge import judge
from tlib_fuzz.kit.persistent import NOT_ALONE, UNSURE
from tlib_fuzz.kit.protocol import TargetError, Verdict
from tlib_fuzz.kit.target import MODES
from tlib_fuzz.kit.workload import Plan

_AMONG_OTHERS = (NOT_FIRST, NOT_ALONE, UNSURE)  # of findings that take more than one frame


@click.command()
@click.argument("finding", type=click.Path(exists=True, path_type=Path))
@click.option("--target", metavar="COMMAND", help="Another target than the one it was found in.")
@click.option("--mode", type=click.Choice(tuple(MODES)), help="The other target's mode.")
@click.option("--original", is_flag=True, help="The frame as it was found, before it was made small.")
@click.option("--hex", "show_hex", is_flag=True, help="Show the frame byte by byte.")
def command(finding: Path, target: str | None, mode: str | None, original: bool, show_hex: bool) -> int:
    """Send the frame of FINDING, a folder of findings, to its target again.

    Exit status: 0 the answer is right now, 1 it is still wrong, 2 the target cannot be used, or one frame does not tell.

    \b
    tlib fuzz replay fuzz-findings/wrong-verdict-flags-1c0ffe
    tlib fuzz replay --target ./fixed fuzz-findings/wrong-verdict-flags-1c0ffe
    """  # noqa: D301
    folder = finding if finding.is_dir() else finding.parent
    about, frame = _read(folder, ORIGINAL if original else FRAME)
    how = msgspec.structs.replace(about.how, target=target or about.how.target, mode=mode or about.how.mode)
    plan = Plan(seed=about.seed, registry=registry_of(how.registry), lenient=how.lenient)
    case = plan.case(frame)
    try:
        with contextlib.closing(how.open()) as opened:
            outcome = opened.run((frame,))[0]
    except TargetError as error:
        raise Unusable(str(error)) from None
    if show_hex:
        click.echo(hex_of(frame, plan.registry), nl=False)
    right = expected(case)
    click.echo(f"a frame of {len(frame)} bytes: {printable(case.reason)}")
    click.echo(f"right:  {' '.join([right['verdict'], *right.get('codes', ())])}")
    click.echo(f"answer: {printable(' '.join(filter(None, (outcome.verdict.value, outcome.code or outcome.sign))))}")
    if outcome.verdict is Verdict.SKIP:
        click.echo("not judged: the target skips it")
        return UNUSABLE
    difference = judge(case, outcome, plan.registry)
    if difference is None and any(word in about.words for word in _AMONG_OTHERS):
        click.echo(f"not shown by this frame alone: {printable(about.words)}; run again with --seed {about.seed}")
        return UNUSABLE
    if difference is None:
        click.echo("no difference: it is right now")
        return FINE
    click.echo(f"{difference.kind}: {printable(difference.words)}")
    if outcome.trace:
        click.echo("\n".join(map(printable, outcome.trace.splitlines())))
    return INVALID


def _read(folder: Path, name: str) -> tuple[Finding, bytes]:
    try:
        about = msgspec.json.decode((folder / ABOUT).read_bytes(), type=Finding)
        return about, (folder / name).read_bytes()
    except FileNotFoundError as error:
        raise Unusable(f"{folder}: no folder of a finding: it has no {Path(error.filename).name}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unusable(f"{folder / ABOUT}: {error}") from None
