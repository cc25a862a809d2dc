"""The mutation score: mutmut on the reference engine and the schemas, and what survives it, file by file.

    make mutants                              # all of it
    python fuzz/targets/mutants.py            # the score of the last run
    python fuzz/targets/mutants.py survivors  # and every mutant that no test noticed

With ``run`` it is mutmut itself, started with a deeper stack: each mutated function is called by
way of two more, and the deepest lists that the tests read would not fit the usual one.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

RUN = Path(__file__).parents[2] / "build" / "mutants" / "mutants" / "src"
NOTICED = {1: "killed", 3: "killed", 36: "timeout", -24: "timeout", 24: "timeout", 152: "timeout", 255: "timeout", -9: "timeout"}


def results() -> dict[str, dict[str, str]]:
    """What became of each mutant, by file."""
    found = {}
    for path in sorted(RUN.rglob("*.meta")):
        codes = json.loads(path.read_text(encoding="utf-8"))["exit_code_by_key"]
        found[str(path.relative_to(RUN)).removesuffix(".meta")] = {
            name: "not run" if code is None else NOTICED.get(code, "survived") for name, code in codes.items()
        }
    return found


def main(arguments: list[str]) -> int:
    """Print the score, or run mutmut."""
    if arguments[:1] == ["run"]:
        from mutmut.__main__ import cli  # noqa: PLC0415 only where it is installed

        sys.setrecursionlimit(5000)
        cli(arguments)
    every: Counter[str] = Counter()
    for path, mutants in results().items():
        counts = Counter(mutants.values())
        every += counts
        sys.stdout.write(line(path, counts))
        if arguments == ["survivors"]:
            sys.stdout.writelines(f"    {name}\n" for name, what in mutants.items() if what == "survived")
    if not every:
        sys.stderr.write("no mutant was run: make mutants\n")
        return 2
    sys.stdout.write(line("all", every))
    return 0


def line(name: str, counts: Counter[str]) -> str:
    """A line of the table: how many of how many were noticed."""
    tried = counts.total() - counts["not run"]
    noticed = counts["killed"] + counts["timeout"]
    return f"{100 * noticed / max(tried, 1):6.1f} %  {noticed:5} of {tried:5}  {name}\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
