"""The benchmarks run, check their peers and print a table. How fast they are is no test's matter."""

import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def run(*arguments):
    return subprocess.run(
        [sys.executable, BENCHMARKS / "reference_vs_idiomatic.py", *arguments], capture_output=True, text=True, check=False, timeout=120
    )


def test_the_reference_engine_is_compared_with_the_idiomatic_form():
    done = run("--rounds", "2", "--seconds", "0.002")
    assert done.stderr == ""
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert [line.split(":")[0] for line in lines if not line.startswith(" ")] == ["small", "attached"]
    measured = [line for line in lines if line.startswith("  reference engine")]
    assert len(measured) == 2
    for line in measured:
        rate, ratio = line.split()[2:4]
        assert float(rate.replace(",", "")) > 0
        assert float(ratio) > 0


@pytest.mark.parametrize("wrong", [("--rounds", "1"), ("--seconds", "0")])
def test_settings_that_measure_nothing_are_refused(wrong):
    done = run(*wrong)
    assert done.returncode == 2
    assert "at least 2 rounds" in done.stderr
