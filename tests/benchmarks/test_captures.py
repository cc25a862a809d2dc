"""The benchmark of captures runs, counts every frame, and writes its tables. How fast is no test's matter."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(importlib.util.find_spec("tlib_codec.native.capture") is None, reason="the native engine is not built")
def test_it_runs(tmp_path):
    page = tmp_path / "captures.md"
    page.write_text("before\n<!-- measured -->\nold\n<!-- measured so far -->\nafter\n")
    command = [sys.executable, "-m", "benchmarks.captures", "--smoke", "--docs", tmp_path]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert (done.returncode, done.stderr) == (0, "")
    frames = done.stdout.split("the capture: ")[1].split(" frames")[0]
    (line,) = (line for line in done.stdout.splitlines() if line.startswith("  frames recovered"))
    assert line.split() == ["frames", "recovered", "all", frames, frames, "reached"]
    for peer in ("dpkt", "scapy", "tshark"):
        assert f"\n  {peer} " in done.stdout or f"absent: {peer} " in done.stdout
    text = page.read_text()
    assert text.startswith("before\n<!-- measured -->\n\n**aims**\n\n|")
    assert text.endswith("|\n\n<!-- measured so far -->\nafter\n")
    assert "| --jobs 2 |" in text
    assert "old" not in text


def test_no_rounds_are_refused():
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.captures", "--rounds", "0"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 2
    assert "at least 1 round" in done.stderr
