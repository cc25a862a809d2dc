"""How `tlib` starts, what it refuses, and its exit status."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

import tlib_cli as cli
from tlib_cli import main


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["decode", "nowhere"], "nowhere: No such file or directory"),
        (["decode", "."], ".: Is a directory"),
        (["decode", "a\0b"], "embedded null byte"),
        (["decode", "empty"], "empty: the input is empty"),
        (["decode", "noise"], "no known format (capture, frames, hex, jsonl, log)"),
        (["decode", "words"], "no known format"),
        (["decode", "packed"], "gzip data"),
        (["decode", "good.tlb", "-o", "out.xyz"], "no format has this suffix"),
        (["decode", "good.tlb", "-o", "no/out.tlb"], "the folder no does not exist"),
        (["decode", "good.tlb", "-o", "good.tlb"], "is also an input"),
        (["decode", "--event", "EventCallCreatd"], "did you mean EventCallCreated?"),
        (["decode", "--where", "CalType=2"], "did you mean CallType?"),
        (["decode", "--where", "CallType"], "NAME=VALUE"),
        (["decode", "--registry", "nocolon"], "expected MODULE:NAME"),
        (["decode", "--registry", "nomodule:X"], "ModuleNotFoundError"),
        (["decode", "--registry", "tlib_codec:NOPE"], "has no attribute 'NOPE'"),
        (["decode", "--registry", "tlib_codec:encode"], "expected a tlib_schemas.registry.Registry"),
        (["encode", "nowhere"], "nowhere: No such file"),
        (["check", "nowhere"], "nowhere: No such file"),
        (["dekode"], "did you mean decode?"),
        (["zzz"], "No such command"),
    ],
)
def test_what_cannot_be_used_is_said_in_one_line(folder, monkeypatch, capfd, arguments, said):
    (folder / "noise").write_bytes(bytes(range(200)))
    (folder / "words").write_bytes(b"a shopping list\n")
    (folder / "packed").write_bytes(b"\x1f\x8b\x08")
    monkeypatch.chdir(folder)
    assert main(arguments) == 2
    errors = capfd.readouterr().err
    assert said in errors
    assert "Traceback" not in errors


def test_main_runs_commands_and_tells_versions(capsys):
    assert main(["--version"]) == 0
    first = capsys.readouterr().out
    assert main(["--version", "schema"]) == 0
    assert capsys.readouterr().out == first
    assert main(["--help"]) == 0
    assert "decode" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["decode", "encode", "inspect", "check", "schema"])
def test_help_shows_an_example(run, name):
    assert f"  tlib {name}" in run(name, "--help").out


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (KeyboardInterrupt(), 130, ""),
        (BrokenPipeError(), 0, ""),
        (OSError(28, "No space left on device"), 2, "tlib: output: No space left on device\n"),
        (OSError(13, "Permission denied", "a.tlb"), 2, "tlib: a.tlb: Permission denied\n"),
    ],
)
@pytest.mark.parametrize("inside", [True, False])
def test_endings(monkeypatch, capfd, error, status, said, inside):
    def fail(*_arguments):
        raise error

    turned = []
    monkeypatch.setattr(cli, "_discard_output", lambda: turned.append(1))
    if inside:
        monkeypatch.setattr("tlib_cli.commands.schema._list", fail)
    else:
        monkeypatch.setattr(cli, "_run", fail)
    assert main(["schema"]) == status
    assert capfd.readouterr().err == said
    assert turned == [1]


def test_output_is_turned_away(capfd):

    kept = os.dup(1)
    try:
        cli._discard_output()
        os.write(1, b"nobody sees this")
    finally:
        os.dup2(kept, 1)
        os.close(kept)
    assert capfd.readouterr().out == ""


def test_what_cannot_be_read_is_said(tmp_path, run, monkeypatch):
    path = Path("/proc/self/mem")
    if not path.exists():
        pytest.skip("no file here that opens and cannot be read")
    done = run("decode", path)
    assert (done.status, done.err) == (2, f"tlib: {path}: Input/output error\n")


def test_progress_is_drawn_for_a_long_input_only(monkeypatch):
    from types import SimpleNamespace

    from tlib_cli.view.progress import Progress

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    drawn = Terminal()
    monkeypatch.setattr(sys, "stderr", drawn)
    monkeypatch.setenv("TERM", "xterm")
    with Progress(alone=True) as progress:
        progress.opened(SimpleNamespace(name="small", size=10))
        progress.moved(10)
        assert drawn.getvalue() == ""
        for name in ("[large]", "larger"):
            progress.opened(SimpleNamespace(name=name, size=10 << 20))
            progress.moved(5 << 20)
    assert "[large]" in drawn.getvalue()


def test_a_terminal_is_not_read(monkeypatch, capfd):

    monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: True, buffer=None))
    assert main(["decode"]) == 2
    assert "Give a FILE, or pipe data in." in capfd.readouterr().err


def test_an_output_that_is_no_text_file(monkeypatch):

    out = io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    assert main(["--help"]) == 0
    assert "Commands" in out.getvalue()
