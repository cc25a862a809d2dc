"""`tlib` completes its output files when a reader closes the standard output or error."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tlib_codec import EventCallCreated, encode

TLIB = [sys.executable, "-m", "tlib_cli"]
FRAME = encode(EventCallCreated(call_uuid="01FES9JKSOFQLEKK3CSH5B5AES00JV1U", conn_id="006c02462a161006"))


def deaf(*command, cwd, stream):
    """Run `tlib`; nobody reads its standard error, or output."""
    with subprocess.Popen([*TLIB, *command], cwd=cwd, **{stream: subprocess.PIPE}) as process:
        getattr(process, stream).close()
        return process.wait(60)


@pytest.mark.parametrize("suffix", ["jsonl", "parquet"])
def test_a_closed_standard_error_loses_no_event(tmp_path, suffix):
    (tmp_path / "torn.tlb").write_bytes((FRAME + b"noise") * 500)
    assert deaf("decode", "torn.tlb", "-o", f"heard.{suffix}", cwd=tmp_path, stream="stderr") == 1
    subprocess.run([*TLIB, "decode", "torn.tlb", "-o", f"whole.{suffix}"], cwd=tmp_path, stderr=subprocess.PIPE, check=False)
    assert (tmp_path / f"heard.{suffix}").read_bytes() == (tmp_path / f"whole.{suffix}").read_bytes()


def test_the_ladder_is_drawn_after_a_closed_pipe(tmp_path):
    (tmp_path / "calls.tlb").write_bytes(FRAME * 500)
    assert deaf("calls", "calls.tlb", "--ladder", "calls.svg", "--to", "jsonl", cwd=tmp_path, stream="stdout") in {0, 1}
    assert (tmp_path / "calls.svg").read_text().startswith("<svg")
