"""Time whole commands of this checkout and of another one, in turns: whether a change made the tool slower.

Run it: python -m benchmarks.commands OTHER/.venv/bin/tlib [--size 20M] [--rounds 5]

Strategy: a log is generated once and written in every format by this checkout. Each command runs with both programs in every round,
in an order that changes from round to round; the user CPU time counts, since it is the same whatever else the machine does. The
table has the medians and their ratio.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.capture_file import size_of

OURS = Path(sys.executable).with_name("tlib")
COMMANDS = (
    ("frames → JSONL", "decode a.tlb -o out.jsonl"),
    ("frames → Parquet", "decode a.tlb -o out.parquet"),
    ("frames → Parquet, one event", "decode a.tlb --event EventCallDeleted -o out.parquet"),
    ("frames → CSV", "decode a.tlb -o out.csv"),
    ("frames → pcapng", "decode a.tlb -o out.pcapng"),
    ("capture → JSONL", "decode a.pcapng -o out.jsonl"),
    ("capture → Parquet", "decode a.pcapng -o out.parquet"),
    ("log → JSONL", "decode a.log -o out.jsonl"),
    ("log → frames", "decode a.log -o out.tlb"),
    ("JSONL → frames", "encode a.jsonl -o out.tlb"),
    ("check of frames", "check a.tlb"),
    ("calls of frames", "calls a.tlb -o out.jsonl"),
    ("redact frames", "redact a.tlb -o out.tlb"),
    ("redact a log", "redact a.log -o out.log"),
    ("start: --version", "--version"),
    ("start: a small file", "decode small.tlb -o out.jsonl"),
)


def main() -> None:
    """Make the inputs, run the rounds, print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.commands", description="Whole commands of two checkouts, in turns.")
    parser.add_argument("other", type=Path, metavar="TLIB", help="the tlib of the other checkout's environment")
    parser.add_argument("--size", default="20M", metavar="SIZE", help="size of the log (default: 20M)")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="rounds (default: 5)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _inputs(folder, size_of(options.size))
        times: dict[str, tuple[list[float], list[float]]] = {title: ([], []) for title, _ in COMMANDS}
        for turn in range(options.rounds):
            print(f"round {turn + 1} of {options.rounds}", file=sys.stderr)
            for title, command in COMMANDS:
                order = [(0, options.other.resolve()), (1, OURS)]
                random.shuffle(order)
                for which, program in order:
                    times[title][which].append(_seconds(program, command.split(), folder))
    print("| command | other, s | this, s | ratio |\n|---|---|---|---|")
    for title, (other, ours) in times.items():
        before, after = statistics.median(other), statistics.median(ours)
        print(f"| {title} | {before:.2f} | {after:.2f} | {after / before:.2f} |")


def _inputs(folder: Path, size: int) -> None:
    maker = Path(__file__).parents[1] / "examples" / "make_examples.py"
    subprocess.run([sys.executable, str(maker), "--size", str(size), "-o", "a.log"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    for made in ("a.tlb", "a.jsonl", "a.pcapng"):
        subprocess.run([OURS, "decode", "a.log", "-o", made], cwd=folder, check=True, stderr=subprocess.DEVNULL)
    (folder / "small.tlb").write_bytes((Path(__file__).parents[1] / "examples" / "calls.tlb").read_bytes())


def _seconds(program: Path, arguments: list[str], folder: Path) -> float:
    """Run a command and return the user CPU time it took, in seconds."""
    process = subprocess.Popen([program, *arguments], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode > 1:
        sys.exit(f"{program} {' '.join(arguments)}: exit status {process.returncode}")
    return usage.ru_utime


if __name__ == "__main__":
    main()
