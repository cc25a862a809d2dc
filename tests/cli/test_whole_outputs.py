"""The output of every command: whole, or as it was."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet
import pytest

import tlib_cli as cli
from tlib_codec import read

EXAMPLES = Path(__file__).parents[2] / "examples"
TLIB = [sys.executable, "-m", "tlib_cli"]
CALLS, LOG, CAPTURE = EXAMPLES / "calls.tlb", EXAMPLES / "tserver.log", EXAMPLES / "calls.pcapng"


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def inputs(tmp_path, run):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "calls.jsonl").write_bytes(run("decode", CALLS).raw)
    (folder / "secret").write_text("a secret")
    return folder


# -- a full disk ---------------------------------------------------------------------------------

OUTPUTS = {
    "out.jsonl": ["decode", CALLS, "-o"],
    "out.csv": ["decode", CALLS, "-o"],
    "out.parquet": ["decode", CALLS, "-o"],
    "out.arrow": ["decode", CALLS, "-o"],
    "out.pcapng": ["decode", CALLS, "-o"],
    "out.log": ["decode", LOG, "-o"],
    "out.txt": ["decode", CALLS, "-o"],
    "out.tlb": ["decode", CALLS, CALLS, "--jobs", "2", "-o"],
    "encoded.tlb": ["encode", "in/calls.jsonl", "-o"],
    "redacted.log": ["redact", LOG, "--secret", "in/secret", "-o"],
    "redacted.pcapng": ["redact", CAPTURE, "--secret", "in/secret", "-o"],
    "calls.jsonl": ["calls", CALLS, "-o"],
    "calls.parquet": ["calls", CALLS, "-o"],
    "calls.svg": ["calls", CALLS, "--to", "jsonl", "--ladder"],
    "connections.csv": ["connections", CAPTURE, "-o"],
    "known.toml": ["check", LOG, "--write-baseline"],
    "simulated.tlb": ["simulate", "--stories", "20", "-o"],
}


def limited(tmp_path, size, *words):
    """Run `tlib` where no file grows beyond `size` bytes."""
    return subprocess.run(
        [*TLIB, *map(str, words)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)),
    )


@pytest.mark.parametrize("name", OUTPUTS)
@pytest.mark.usefixtures("plain_processes")
def test_a_full_disk_leaves_the_target_as_it_was(inputs, tmp_path, name):
    (tmp_path / name).write_bytes(b"before")
    done = limited(tmp_path, 6000 if "--jobs" in OUTPUTS[name] else 50, *OUTPUTS[name], name)  # processes share a page
    last = done.stderr.splitlines()[-1]
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert (last.startswith(f"tlib: {name}: ") or ".tlib-parts-" in last, last.endswith(": File too large")) == (True, True)
    assert (tmp_path / name).read_bytes() == b"before"
    assert names(tmp_path) == sorted(["in", name])


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_device_is_one_line(run):
    done = run("decode", CALLS, "--to", "jsonl", "-o", "/dev/full")
    assert (done.status, done.err) == (2, "/dev/full: No space left on device")


def test_a_folder_as_output_is_one_line(run, tmp_path, inputs):
    done = run("encode", inputs / "calls.jsonl", "-o", tmp_path)
    assert (done.status, done.err) == (2, f"{tmp_path}: Is a directory")


def test_a_file_in_place_of_a_folder_is_one_line(run, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    done = run("decode", CALLS, "-o", tmp_path / "file" / "out.tlb")
    assert (done.status, done.err) == (2, f"{tmp_path / 'file' / 'out.tlb'}: {tmp_path / 'file'} is no folder")


def test_the_null_device_stays_a_device(run):
    assert run("decode", CALLS, "--to", "parquet", "-o", "/dev/null").status == 0
    assert Path("/dev/null").is_char_device()


# -- signals -------------------------------------------------------------------------------------


def waiting(tmp_path, *words, ignored=None):
    """Start `tlib` over the first bytes of an input that goes on, and wait until its output has begun."""
    process = subprocess.Popen(
        [*TLIB, *words],
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=None if ignored is None else lambda: signal.signal(ignored, signal.SIG_IGN),  # noqa: PLW1509
    )
    process.stdin.write(CALLS.read_bytes())
    process.stdin.flush()
    until = time.monotonic() + 60
    while not list(tmp_path.glob(".*.part")) and time.monotonic() < until:
        time.sleep(0.05)
    return process


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize(
    "words", [("decode", "-", "-o", "out.jsonl"), ("redact", "-", "-o", "out.jsonl"), ("calls", "-", "-o", "out.jsonl")]
)
def test_a_signal_leaves_the_target_as_it_was(tmp_path, words, number):
    (tmp_path / "out.jsonl").write_bytes(b"before")
    process = waiting(tmp_path, *words)
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, b"Traceback" in errors) == (128 + number, False)
    assert (tmp_path / "out.jsonl").read_bytes() == b"before"
    assert names(tmp_path) == ["out.jsonl"]


def test_a_command_under_nohup_goes_on(tmp_path):
    process = waiting(tmp_path, "decode", "-", "-o", "out.tlb", ignored=signal.SIGHUP)
    process.send_signal(signal.SIGHUP)
    process.communicate(timeout=60)
    assert process.returncode == 0
    assert (tmp_path / "out.tlb").read_bytes() == CALLS.read_bytes()


@pytest.fixture
def at_the_end(monkeypatch):
    """Return a function that has `tlib decode --follow` raise an error as soon as it waits for more."""

    def raise_there(error):
        def wait(_seconds):
            raise error

        monkeypatch.setattr("tlib_codec.formats.source.time.sleep", wait)

    return raise_there


@pytest.mark.parametrize(("error", "status"), [(KeyboardInterrupt(), 130), (SystemExit(143), 143)])
@pytest.mark.parametrize("suffix", ["tlb", "jsonl", "pcapng", "csv", "parquet", "arrow"])
def test_the_end_of_following_completes_the_output(tmp_path, at_the_end, suffix, error, status):
    ended, whole = tmp_path / f"ended.{suffix}", tmp_path / f"whole.{suffix}"
    assert cli.main(["decode", str(CALLS), "-o", str(whole)]) == 0
    at_the_end(error)
    assert cli.main(["decode", "--follow", str(CALLS), "-o", str(ended)]) == status
    assert ended.read_bytes() == whole.read_bytes()
    assert names(tmp_path) == [ended.name, whole.name]


def test_the_end_of_following_several_files_completes_the_output(tmp_path, monkeypatch):
    shown = []

    def wait(_seconds):
        shown.append(1)
        raise KeyboardInterrupt  # in the thread of each file; the first thread raises it

    monkeypatch.setattr("tlib_codec.formats.source.time.sleep", wait)
    (tmp_path / "a.tlb").write_bytes(CALLS.read_bytes())
    status = cli.main(["decode", "--follow", str(CALLS), str(tmp_path / "a.tlb"), "-o", str(tmp_path / "out.tlb")])
    assert (status, bool(shown)) == (130, True)
    assert (tmp_path / "out.tlb").read_bytes().startswith(CALLS.read_bytes()[:1000])


def test_followed_text_is_read_while_it_grows(tmp_path, monkeypatch):
    seen = []

    def wait(_seconds):
        seen.append((tmp_path / "out.jsonl").read_bytes())
        raise KeyboardInterrupt

    monkeypatch.setattr("tlib_codec.formats.source.time.sleep", wait)
    cli.main(["decode", "--follow", str(CALLS), "-o", str(tmp_path / "out.jsonl")])
    assert seen == [(tmp_path / "out.jsonl").read_bytes()]
    assert len(seen[0].splitlines()) == 65


def test_the_end_of_following_completes_a_check(run, at_the_end):
    at_the_end(KeyboardInterrupt())
    done = run("check", "--follow", LOG)
    assert (done.status, done.out.splitlines()[-1]) == (130, run("check", LOG).out.splitlines()[-1])


def test_the_end_of_following_completes_a_baseline(tmp_path, run, at_the_end):
    run("check", LOG, "--write-baseline", tmp_path / "whole.toml")
    at_the_end(SystemExit(143))
    assert run("check", "--follow", LOG, "--write-baseline", tmp_path / "ended.toml").status == 143
    assert (tmp_path / "ended.toml").read_bytes() == (tmp_path / "whole.toml").read_bytes()


@pytest.mark.parametrize("suffix", ["tlb", "jsonl", "parquet"])
def test_ctrl_c_completes_a_simulated_file(tmp_path, monkeypatch, suffix):
    from tlib_cli.commands import simulate

    out, count, real = tmp_path / f"out.{suffix}", 0, simulate.encode

    def encode(event):
        nonlocal count
        count += 1
        if count > 5000:
            raise KeyboardInterrupt
        return real(event)

    monkeypatch.setattr(simulate, "encode", encode)
    assert cli.main(["simulate", "--stories", "3000", "-o", str(out)]) == 130
    rows = pyarrow.parquet.read_table(out).num_rows if suffix == "parquet" else sum(record.valid for record in read(out))
    assert rows == 4096
    assert names(tmp_path) == [out.name]


# -- inputs that cannot be read ------------------------------------------------------------------


@pytest.mark.parametrize(
    "words", [("decode",), ("decode", "--merge"), ("encode",), ("calls",), ("connections", "--to", "jsonl"), ("redact",)]
)
def test_an_input_that_cannot_be_read_leaves_the_target_as_it_was(tmp_path, run, words):
    (tmp_path / "out.jsonl").write_bytes(b"before")
    done = run(words[0], tmp_path / "nowhere", *words[1:], "-o", tmp_path / "out.jsonl")
    assert done.status == 2
    assert (tmp_path / "out.jsonl").read_bytes() == b"before"


def test_one_input_of_several_that_cannot_be_read_is_reported(tmp_path, run):
    done = run("decode", tmp_path / "nowhere", CALLS, "-o", tmp_path / "out.tlb")
    assert (done.status, done.err) == (2, f"tlib: {tmp_path / 'nowhere'}: No such file or directory\n")
    assert (tmp_path / "out.tlb").read_bytes() == CALLS.read_bytes()


# -- one file under two names --------------------------------------------------------------------


def redirected(command, tmp_path, *, append=None, stdin=None):
    """Run `tlib` with redirected standard input and output, as a shell does."""
    with (tmp_path / (stdin or os.devnull)).open("rb") as source, (tmp_path / (append or os.devnull)).open("ab") as target:
        return subprocess.run(
            [*TLIB, *command], stdin=source, stdout=target, stderr=subprocess.PIPE, text=True, cwd=tmp_path, timeout=60, check=False
        )


@pytest.mark.parametrize("command", ["redact", "decode", "calls", "encode"])
def test_an_output_is_not_the_redirected_input(tmp_path, command):
    (tmp_path / "own.jsonl").write_bytes(b"{}\n")
    done = redirected([command, "-", "-o", "own.jsonl"], tmp_path, stdin="own.jsonl")
    assert (done.returncode, done.stderr.splitlines()[-1:]) == (
        2,
        ["tlib: own.jsonl: the output is also an input; write to another file"],
    )
    assert (tmp_path / "own.jsonl").read_bytes() == b"{}\n"


@pytest.mark.parametrize("command", [["decode"], ["redact"], ["calls"], ["check", "--json"], ["inspect"]])
def test_the_redirected_output_is_not_an_input(tmp_path, command):
    (tmp_path / "own.tlb").write_bytes(CALLS.read_bytes())
    done = redirected([*command, "own.tlb"], tmp_path, append="own.tlb")
    assert (done.returncode, done.stderr.splitlines()[-1:]) == (
        2,
        ["tlib: the standard output: the output is also an input; write to another file"],
    )
    assert (tmp_path / "own.tlb").read_bytes() == CALLS.read_bytes()


def test_redirected_input_and_output_are_not_one_file(tmp_path):
    (tmp_path / "own.tlb").write_bytes(CALLS.read_bytes())
    done = redirected(["decode"], tmp_path, stdin="own.tlb", append="own.tlb")
    assert (done.returncode, (tmp_path / "own.tlb").read_bytes()) == (2, CALLS.read_bytes())


@pytest.mark.parametrize("link", ["symlink_to", "hardlink_to"])
def test_an_output_is_not_an_input_by_another_name(tmp_path, run, link):
    (tmp_path / "own.tlb").write_bytes(CALLS.read_bytes())
    getattr(tmp_path / "other.tlb", link)(tmp_path / "own.tlb")
    assert "the output is also an input" in run("decode", tmp_path / "own.tlb", "-o", tmp_path / "other.tlb").err


@pytest.mark.parametrize("exists", [True, False])
def test_a_ladder_is_not_the_output(tmp_path, run, exists):
    if exists:
        (tmp_path / "one.txt").write_bytes(b"before")
    done = run("calls", CALLS, "-o", tmp_path / "one.txt", "--ladder", tmp_path / "one.txt")
    assert (done.status, done.err) == (2, f"{tmp_path / 'one.txt'}: two outputs are one file; write to another file")


def test_a_ladder_is_not_an_input(tmp_path, run):
    (tmp_path / "own.tlb").write_bytes(CALLS.read_bytes())
    done = run("calls", tmp_path / "own.tlb", "--ladder", tmp_path / "own.tlb")
    assert (done.status, done.out) == (2, "")
    assert (tmp_path / "own.tlb").read_bytes() == CALLS.read_bytes()


SCENARIO = '[[faults]]\nkind = "drop"\nevent = 3\n'


@pytest.mark.parametrize(
    "words", [("-o", "own.toml", "--to", "jsonl"), ("--fault-log", "own.toml"), ("--fault-log", "own.toml", "--listen", ":0")]
)
def test_an_output_is_not_the_scenario(tmp_path, run, monkeypatch, words):
    (tmp_path / "own.toml").write_text(SCENARIO)
    monkeypatch.chdir(tmp_path)
    done = run("simulate", "own.toml", *words)
    assert (done.status, done.err) == (2, "own.toml: the output is also an input; write to another file")
    assert (tmp_path / "own.toml").read_text() == SCENARIO


def test_an_output_is_not_the_secret(tmp_path, run):
    (tmp_path / "secret.log").write_text("a secret")
    done = run("redact", LOG, "--secret", tmp_path / "secret.log", "-o", tmp_path / "secret.log")
    assert (done.status, done.err.splitlines()[-1]) == (2, f"{tmp_path / 'secret.log'}: the output is also an input; write to another file")
    assert (tmp_path / "secret.log").read_text() == "a secret"


@pytest.mark.usefixtures("plain_processes")
def test_a_compressed_output_is_whole_too(tmp_path, run, inputs):
    done = limited(tmp_path, 50, "redact", CALLS, "--secret", "in/secret", "-o", "out.tlb.gz")
    assert (done.returncode, "Traceback" in done.stderr, names(tmp_path)) == (2, False, ["in"])


def test_a_baseline_is_not_an_input(tmp_path, run):
    (tmp_path / "own.tlb").write_bytes(CALLS.read_bytes())
    done = run("check", tmp_path / "own.tlb", "--write-baseline", tmp_path / "own.tlb")
    assert (done.status, done.out) == (2, "")
    assert (tmp_path / "own.tlb").read_bytes() == CALLS.read_bytes()


# -- a folder ------------------------------------------------------------------------------------


@pytest.mark.usefixtures("plain_processes")
def test_a_full_disk_in_the_first_input_leaves_no_folder(tmp_path):
    done = limited(tmp_path, 2000, "decode", CALLS, "-o", "out/")
    assert (done.returncode, done.stderr.count("\n"), done.stderr.endswith(": File too large\n")) == (2, 1, True)
    assert names(tmp_path) == []


def test_a_full_disk_in_a_later_run_keeps_the_inputs_that_are_complete(tmp_path, run):
    run("decode", CALLS, "-o", f"{tmp_path}/out/", "--jobs", 1)
    before = {path: path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert limited(tmp_path, 2000, "decode", CALLS, CAPTURE, "-o", "out/").returncode == 2
    assert {path: path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()} == before


def test_an_input_of_a_folder_that_is_gone_is_one_line(tmp_path, run):
    done = run("decode", tmp_path / "nowhere", CALLS, "-o", f"{tmp_path}/out/")
    assert (done.status, done.err) == (2, f"tlib: {tmp_path / 'nowhere'}: No such file or directory\n")
    assert len(list((tmp_path / "out").glob("*.parquet"))) == 1
