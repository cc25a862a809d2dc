"""The toy parser of parser.c, built without a bug or with one planted bug, and the facts about each bug.

`python tests/fuzz/parser/planted.py` prints for each bug and seed the number of cases until the kit found it, and the size of
the finding beside the smallest frame that can show it. With ``--clean N`` it sends N cases to the parser without a bug and to
our two engines instead, and prints the findings and the rate.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tlib_fuzz.kit.findings import Finding, Findings, TargetOptions
from tlib_fuzz.kit.judge import Kind
from tlib_fuzz.kit.session import CHUNK, Session
from tlib_fuzz.kit.workload import Workload
from tlib_schemas.errors import Severity
from tlib_schemas.registry import Registry
from tlib_schemas.rules import While
from tlib_schemas.tlibrary import TLIBRARY
from tlib_schemas.wire import ConnID, Enum, SignedInt

SOURCE = Path(__file__).with_name("parser.c")
STEP = 250  # cases between two looks at what was found


class Bug(NamedTuple):
    """The kind of a bug's finding, and the size of the smallest frame that shows it alone, 0 where none does."""

    kind: Kind
    smallest: int
    sanitized: bool = False


BUGS = {
    "OVER_READ": Bug(Kind.CRASH, 23, sanitized=True),  # a pair's header that announces a key
    "OVER_ALLOCATION": Bug(Kind.MEMORY, 10),  # a header that announces 4 GiB
    "HANG": Bug(Kind.HANG, 16),  # an empty attribute
    "DUPLICATE": Bug(Kind.VERDICT, 22),  # two empty attributes
    "BAD_UTF8": Bug(Kind.VERDICT, 24),  # a Unicode pair of one byte
    "EMPTY_LIST": Bug(Kind.VERDICT, 18),
    "WRONG_CLASS": Bug(Kind.CODE, 23),  # a nested list of no bytes
    "NO_DEPTH_LIMIT": Bug(Kind.VERDICT, 18 + 32 * 9),
    "OFF_BY_ONE": Bug(Kind.VERDICT, 23 + 65_535),
    "SIGN": Bug(Kind.VALUE, 27),
    "TRAILING": Bug(Kind.VERDICT, 11),
    "RULE": Bug(Kind.VERDICT, 54),  # CallUUID, ConnID, Cause, RefConnID
    "FLAGS": Bug(Kind.VERDICT, 10),
    "COUNT": Bug(Kind.VERDICT, 18),  # one pair announced, none there
    "TRUNCATED": Bug(Kind.VERDICT, 10),
    "KEY_BUFFER": Bug(Kind.CRASH, 23 + 65, sanitized=True),
    "NULL_LIST": Bug(Kind.CRASH, 18),
    "STATE": Bug(Kind.VERDICT, 0),  # no frame shows it alone, so none is reduced
    "LATIN1": Bug(Kind.VALUE, 17),
}


_ABSENT = 2  # a rule that is broken where all of its values, attribute ids, are absent


def tables(registry: Registry = TLIBRARY) -> str:
    """Return tables.h: the registry for the parser."""
    attributes = [
        f"    {{{number}, {-1 if value is None else int(value.wire_type)}, \"{attribute.name}\", '{_format(value)}'}},"
        for number, attribute in registry.dictionary.items()
        for value in [attribute.value]
    ]
    selectors: list[str] = []
    fields, rules = [], []
    for table, schema in enumerate(registry.tables):
        when = schema.when
        subject = 0 if when is None else int(schema.by_name[when.field].ids[0])
        ends = 1 if when is None else int(when.ends)
        selectors.append(f'    {{{schema.message}, {subject}, {ends}, "{when.suffix if when else ""}"}},')
        for field in schema.fields:
            ids = sorted(field.needed) or field.ids
            fields.append(f"    {{{table}, {int(field.mandatory)}, {int(not field.needed)}, {len(ids)}, {{{_numbers(ids)}}}}},")
        for rule in schema.rules:
            if rule.severity is Severity.ERROR:
                one, other = schema.by_name[rule.field].ids[0], schema.by_name[rule.other].ids[0]
                among = _ABSENT if rule.test is While.ABSENT else int(rule.test is While.IN)
                values = (
                    sorted(rule.values)
                    if rule.test is not While.ABSENT
                    else [schema.by_name[name].ids[0] for name in (rule.other, *rule.also)]
                )
                rules.append(
                    f'    {{{table}, {one}, {int(rule.present)}, {other}, {among}, {len(values)}, {{{_numbers(values)}}}, "{rule.code}"}},'
                )
    return "\n".join(
        (
            "struct attribute { uint32_t id; int type; const char *name; char form; };",
            "static const struct attribute attributes[] = {",
            *attributes,
            "};",
            "struct selector { uint32_t message, subject; int ends; const char *suffix; };",
            "static const struct selector selectors[] = {",
            *selectors,
            "};",
            "struct field { uint32_t table; int mandatory, any, count; uint32_t ids[16]; };",
            "static const struct field fields[] = {",
            *fields,
            "};",
            "struct rule { uint32_t table, id; int present; uint32_t other; int among, count; uint32_t values[16]; const char *code; };",
            "static const struct rule rules[] = {",
            *rules,
            "};",
            "",
        )
    )


def _format(value: object) -> str:
    signed = value is SignedInt or (isinstance(value, Enum) and value.signed)
    return "x" if value is ConnID else "s" if signed else "u"


def _numbers(values: object) -> str:
    return ", ".join(str(int(value)) for value in values)  # type: ignore[attr-defined]


def build(folder: Path, bug: str = "NONE", *, sanitized: bool = False) -> Path:
    """Compile the parser with one bug into `folder`."""
    (folder / "tables.h").write_text(tables(), encoding="utf-8")
    program = folder / f"parser-{bug.lower()}"
    options = ["-fsanitize=address,undefined", "-fno-sanitize-recover=undefined"] if sanitized else []
    command = ["gcc", "-std=c11", "-O1", "-w", *options, f"-DBUG={bug}", f"-I{folder}", str(SOURCE), "-o", str(program)]
    subprocess.run(command, check=True)
    return program


def hunt(program: Path, bug: Bug, seed: int, cases: int, folder: Path) -> tuple[int, Finding | None]:
    """Return the number of cases until a bug was found, and its reduced finding."""
    options = TargetOptions(command=str(program), timeout=1.0)
    workload = Workload(seed=seed)
    target, findings = options.open(), Findings(folder, workload, options, lambda frame, _: frame.hex())
    session = Session(target, workload)
    try:
        for number in range(cases // STEP):
            result = session.chunk(number, STEP)
            for hit, times in zip(result.hits, result.times, strict=True):
                found = findings.add(hit, times)
                if found is not None and found.kind is bug.kind:
                    return (number + 1) * STEP, found
    finally:
        target.close()
        findings.close()
    return cases, None


def sweep(command: str, cases: int, seed: int) -> tuple[int, int, float]:
    """TargetOptions many cases were sent, how many answered wrongly, and the CPU seconds of this process and the target's."""
    began = sum(os.times()[:4])
    sent = wrong = 0
    with contextlib.closing(Session(TargetOptions(command=command, timeout=60.0).open(), Workload(seed=seed))) as session:
        for number in range(cases // CHUNK):
            result = session.chunk(number)
            sent += result.counts.total()
            wrong += sum(result.times)
            for hit in result.hits:
                print(hit.case.label, hit.difference.message, hit.case.frame[:500].hex())
    return sent, wrong, sum(os.times()[:4]) - began


def clean(cases: int, seed: int, folder: Path) -> int:
    """Print the table of targets without bugs; return the number of wrong answers."""
    print(f"{'target':18} {'cases':>10} {'findings':>9} {'CPU s':>7} {'cases a CPU second':>19}")
    engine = f"{sys.executable} {SOURCE.parent.parent / 'engines.py'}"
    missed = 0
    for name, command in (
        ("the clean parser", str(build(folder))),
        *((f"{word} engine", f"{engine} {word}") for word in ("native", "reference")),
    ):
        sent, wrong, seconds = sweep(command, cases, seed)
        missed += wrong
        print(f"{name:18} {sent:>10,} {wrong:>9,} {seconds:>7.1f} {sent / seconds:>19,.0f}", flush=True)
    return missed


def planted(bugs: Sequence[str], seeds: int, cases: int, folder: Path) -> int:
    """Print the table of bugs; return how many were missed, or left too large."""
    print(f"{'bug':16} {'kind':14} {'found within cases, by seed':{8 * seeds}}  bytes  smallest")
    missed = 0
    for name in bugs:
        bug = BUGS[name]
        program = build(folder, name, sanitized=bug.sanitized)
        row, sizes = [], []
        for seed in range(seeds):
            count, found = hunt(program, bug, seed, cases, folder / "findings")
            row.append("missed" if found is None else f"{count:,}")
            sizes.append(0 if found is None else found.size)
            missed += found is None or (bug.smallest > 0 and found.size >= 2 * bug.smallest)
        print(f"{name:16} {bug.kind:14} {''.join(f'{cell:>8}' for cell in row)}  {max(sizes):5}  {bug.smallest:8}", flush=True)
    return missed


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--cases", type=int, default=20_000, help="at most, for each bug and seed")
    parser.add_argument("--bug", choices=BUGS, nargs="*", default=list(BUGS))
    parser.add_argument("--clean", type=int, metavar="N", help="N cases to what has no bug, instead")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        missed = (
            planted(options.bug, options.seeds, options.cases, folder)
            if options.clean is None
            else clean(options.clean, options.seeds, folder)
        )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
