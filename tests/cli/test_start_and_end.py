"""How `tlib` starts, what it refuses, and its exit status."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from tlib_cli import main
from tlib_cli.commands import schema


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["decode", "nowhere"], "nowhere: No such file or directory"),
        (["decode", "hollow"], "hollow: none of its 1 files has a known format"),
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
        (["decode", "--where", "CallType"], "expected = != < <= > >= or ~, as in Cause=Transfer (at ^: CallType^)"),
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
def test_unusable_input_or_usage_has_status_2_and_one_message(folder, monkeypatch, capfd, arguments, message):
    (folder / "noise").write_bytes(bytes(range(200)))
    (folder / "words").write_bytes(b"a shopping list\n")
    (folder / "packed").write_bytes(b"\x1f\x8b\x08")
    (folder / "hollow").mkdir()
    (folder / "hollow" / "words").write_bytes(b"a shopping list\n")
    monkeypatch.chdir(folder)
    assert main(arguments) == 2
    errors = capfd.readouterr().err
    assert message in errors
    assert "Traceback" not in errors


def test_version_prints_the_same_with_and_without_click(capsys):
    main(["--version"])
    first = capsys.readouterr().out
    main(["--version", "schema"])
    assert capsys.readouterr().out == first


UNNEEDED = (
    "asyncio",
    "bz2",
    "difflib",
    "lzma",
    "multiprocessing",
    "pyarrow",
    "rich",
    "shutil",
    "tempfile",
    "tlib_cli.parallel",
    "tlib_cli.parts",
    "tlib_codec.arrow",
    "tlib_codec.calls",
    "tlib_codec.merge",
    "tlib_codec.redact",
    "zipfile",
    "zoneinfo",
)


@pytest.mark.usefixtures("plain_processes")
def test_decoding_a_small_log_imports_only_its_own_modules(folder):
    program = "import sys; from tlib_cli import main; main(sys.argv[1:]); print(*sys.modules, sep=chr(10), file=sys.stderr)"
    command = [sys.executable, "-c", program, "decode", "calls.log", "--to", "jsonl"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    assert sorted(set(UNNEEDED) & set(done.stderr.split())) == []


def test_help_lists_the_sub_commands(capsys):
    main(["--help"])
    assert "decode" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["decode", "encode", "inspect", "check", "schema"])
def test_help_shows_an_example(run, name):
    assert f"  tlib {name}" in run(name, "--help").out


EARLY_ENDS = [
    (KeyboardInterrupt(), 130, ""),
    (BrokenPipeError(), 0, ""),
    (OSError(28, "No space left on device"), 2, "tlib: output: No space left on device\n"),
    (OSError(13, "Permission denied", "a.tlb"), 2, "tlib: a.tlb: Permission denied\n"),
]


@pytest.fixture
def failing(monkeypatch):
    """Make `tlib schema` raise an error; restore the standard output afterwards."""
    kept = os.dup(1)

    def fail_with(error):
        def fail(**_options):
            raise error

        monkeypatch.setattr(schema.command, "callback", fail)

    yield fail_with
    os.dup2(kept, 1)
    os.close(kept)


@pytest.mark.parametrize(("error", "status", "message"), EARLY_ENDS)
def test_an_early_end_has_its_exit_status(failing, error, status, message):
    failing(error)
    assert main(["schema"]) == status


@pytest.mark.parametrize(("error", "status", "message"), EARLY_ENDS)
def test_an_early_end_prints_one_line_or_none(failing, capfd, error, status, message):
    failing(error)
    main(["schema"])
    assert capfd.readouterr().err == message


def test_after_an_early_end_the_standard_output_is_discarded(failing, capfd):
    failing(BrokenPipeError())
    main(["schema"])
    os.write(1, b"discarded")
    assert capfd.readouterr().out == ""


def test_a_file_that_opens_but_cannot_be_read_has_status_2(tmp_path, run, monkeypatch):
    path = Path("/proc/self/mem")
    if not path.exists():
        pytest.skip("no file here that opens and cannot be read")
    done = run("decode", path)
    assert (done.status, done.err) == (2, f"tlib: {path}: Input/output error\n")


def test_only_a_large_input_shows_progress(monkeypatch):
    from types import SimpleNamespace

    from tlib_cli.view.progress import Progress

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    drawn = Terminal()
    monkeypatch.setattr(sys, "stderr", drawn)
    monkeypatch.setenv("TERM", "xterm")
    with Progress("calls.jsonl") as progress:
        progress.opened(SimpleNamespace(name="small", size=10))
        progress.moved(10)
        assert drawn.getvalue() == ""
        for name in ("[large]", "larger"):
            progress.opened(SimpleNamespace(name=name, size=10 << 20))
            progress.moved(5 << 20)
    assert "[large]" in drawn.getvalue()


def test_no_progress_is_drawn_beside_a_pipe(monkeypatch):
    from tlib_cli.view.progress import Progress

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    read, write = os.pipe()
    drawn = Terminal()
    monkeypatch.setattr(sys, "stderr", drawn)
    with open(read, "rb"), open(write, "w") as pipe:  # noqa: PTH123 file descriptors
        monkeypatch.setattr(sys, "stdout", pipe)
        with Progress(None) as progress:
            progress.start("large", 10 << 20)
    assert drawn.getvalue() == ""


def test_progress_is_drawn_beside_the_null_device(monkeypatch):
    from tlib_cli.view.progress import Progress

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    drawn = Terminal()
    monkeypatch.setattr(sys, "stderr", drawn)
    monkeypatch.setenv("TERM", "xterm")
    with Path("/dev/null").open("w") as null:
        monkeypatch.setattr(sys, "stdout", null)
        with Progress("-") as progress:
            progress.start("large", 10 << 20)
    assert "large" in drawn.getvalue()


def test_a_terminal_is_refused_as_input(monkeypatch, capfd):

    monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: True, buffer=None))
    assert main(["decode"]) == 2
    assert "Give a FILE, or pipe data in" in capfd.readouterr().err


def test_help_goes_to_an_output_that_cannot_be_reconfigured(monkeypatch):

    out = io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    assert main(["--help"]) == 0
    assert "Commands" in out.getvalue()


WITHOUT_ENGINE = """
import sys
sys.modules.update(dict.fromkeys(f"tlib_codec.native.{name}" for name in ("engine", "columns", "capture", "text", "batches")))
from tlib_cli import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize(("size", "lines"), [(16 << 20, 1), ((16 << 20) - 1, 0)])
def test_a_large_input_without_the_native_engine_is_noted_once(tmp_path, size, lines):
    for name in ("a", "b"):
        with (tmp_path / name).open("wb") as file:
            file.truncate(size)
    environment = {name: value for name, value in os.environ.items() if name != "TLIB_ENGINE"}
    command = [sys.executable, "-c", WITHOUT_ENGINE, "check", tmp_path / "a", tmp_path / "b"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.stderr.count("the native engine is not installed") == lines
