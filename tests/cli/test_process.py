"""`tlib` as a person runs it: a process, pipes, a terminal."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from tlib_codec import __version__, engine

TLIB = [sys.executable, "-m", "tlib_cli"]
ENVIRONMENT = {**os.environ, "PYTHONIOENCODING": "utf-8", "TERM": "xterm-256color"}
ENVIRONMENT.pop("NO_COLOR", None)
ENVIRONMENT.pop("COLUMNS", None)


def tlib(*arguments, data=b"", **options):
    return subprocess.run(
        [*TLIB, *map(str, arguments)], input=data, capture_output=True, env=ENVIRONMENT, timeout=60, check=False, **options
    )


def on_terminal(*arguments, columns=100, stdin=subprocess.DEVNULL):
    """What a terminal of that width is sent, and the status."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    process = subprocess.Popen(
        [*TLIB, *map(str, arguments)], stdin=theirs if stdin is None else stdin, stdout=theirs, stderr=theirs, env=ENVIRONMENT
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            chunk = os.read(ours, 65536)
        except OSError:  # the other side is closed
            break
        if not chunk:
            break
        shown += chunk
    os.close(ours)
    return process.wait(60), shown.decode()


def test_version_names_the_engine_and_needs_no_click():
    done = tlib("--version")
    assert (done.returncode, done.stdout.decode().strip()) == (0, f"tlib {__version__} (engine: {engine()})")
    code = "import sys; from tlib_cli import main; main(['--version']); assert not {'click', 'rich'} & set(sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, timeout=60).returncode == 0


def test_decoding_to_a_pipe_loads_no_rich(sample, tmp_path):
    path = tmp_path / "a.tlb"
    path.write_bytes(sample.frames)
    code = f"import sys; from tlib_cli import main; main(['decode', {str(path)!r}]); assert 'rich' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, timeout=60).returncode == 0


def test_a_pipe_gets_json_and_gives_the_frames_back(sample):
    decoded = tlib("decode", data=sample.frames)
    assert decoded.returncode == 0
    assert [json.loads(line)["Event"] for line in decoded.stdout.splitlines()] == ["EventCallCreated", "EventCallDeleted", "EventRinging"]
    assert json.loads(decoded.stdout.splitlines()[1])["$source"] == {"file": "(standard input)", "offset": len(sample.first)}
    encoded = tlib("encode", data=decoded.stdout)
    assert (encoded.returncode, encoded.stdout) == (0, sample.frames)


@pytest.mark.parametrize("columns", [40, 80, 100])
def test_a_terminal_gets_a_table(sample, tmp_path, columns):
    path = tmp_path / "a.tlb"
    path.write_bytes(sample.frames + sample.invalid)
    status, shown = on_terminal("decode", path, columns=columns)
    assert status == 1
    assert "\x1b[" in shown
    assert "EventCallCreated" in shown
    assert '{"Event"' not in shown
    assert "ERROR " in shown
    assert "└" in shown


def test_a_terminal_is_neither_read_nor_sent_frames(sample, tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(tlib("decode", data=sample.frames).stdout)
    status, shown = on_terminal("encode", path)
    assert status == 2
    assert "give -o" in shown
    status, shown = on_terminal("decode", stdin=None)
    assert status == 2
    assert "Give a FILE" in shown


def test_a_long_input_shows_progress(sample, tmp_path):
    path = tmp_path / "a.tlb"
    path.write_bytes((b"TL\x01\x00\x00\x3c\x00\x10\x00\x00\x00\xc8\x02\x0f\xff\xfa" + bytes(0xFFFFA)) * 5)
    status, shown = on_terminal("decode", path, "-o", tmp_path / "b.jsonl", columns=200)
    assert status == 0
    assert "a.tlb" in shown
    assert "MB" in shown


def test_a_closed_pipe_is_no_error(sample, tmp_path):
    path = tmp_path / "a.tlb"
    path.write_bytes(sample.first * 3000)
    for command in (["decode"], ["decode", "--to", "table"], ["inspect", "--limit", "0"], ["check"]):
        process = subprocess.Popen([*TLIB, *command, path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT)
        assert process.stdout.readline()
        process.stdout.close()
        errors = process.stderr.read()
        process.stderr.close()
        assert (process.wait(60), errors) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize("command", [["--version"], ["schema"], ["decode"], ["decode", "--to", "table"], ["check"], ["inspect"]])
def test_a_full_disk_is_one_line(sample, tmp_path, command):
    path = tmp_path / "a.tlb"
    path.write_bytes(sample.frames)
    files = [] if command[0] in {"--version", "schema"} else [path]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run([*TLIB, *command, *files], stdout=full, stderr=subprocess.PIPE, env=ENVIRONMENT, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (2, b"tlib: output: No space left on device\n")


def test_an_interrupt_ends_quietly_after_writing_decoded_events(sample):
    process = subprocess.Popen([*TLIB, "decode"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT)
    process.stdin.write(sample.first)
    process.stdin.flush()
    assert json.loads(process.stdout.readline())["Event"] == "EventCallCreated"  # while the input waits
    process.send_signal(signal.SIGINT)
    out, errors = process.communicate(timeout=60)
    assert (process.returncode, out, errors) == (130, b"", b"")


def test_a_live_log_is_decoded_message_by_message():
    process = subprocess.Popen([*TLIB, "decode"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT)
    process.stdin.write(b"@16:45:24.5942 [0] 8.1.101.25 distribute_event: message EventRinging\n\tAttributeThisDN\t'2001'\n\n")
    process.stdin.flush()
    assert json.loads(process.stdout.readline())["ThisDN"] == "2001"
    process.communicate(timeout=60)
    assert process.returncode == 0


def test_memory_does_not_grow_with_the_input(sample, tmp_path):
    peaks = []
    for count in (2_000, 20_000):
        path = tmp_path / "a.tlb"
        path.write_bytes(sample.first * count)
        code = (
            "import resource; from tlib_cli import main; "
            f"main(['decode', {str(path)!r}, '-o', {os.devnull!r}, '--to', 'jsonl']); "
            "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60, check=True)
        peaks.append(int(done.stdout))
    assert peaks[1] < peaks[0] * 1.2


def test_completion_works():
    done = subprocess.run(TLIB, capture_output=True, env={**ENVIRONMENT, "_TLIB_COMPLETE": "bash_source"}, timeout=60, check=False)
    assert b"complete" in done.stdout
    words = {**ENVIRONMENT, "_TLIB_COMPLETE": "bash_complete", "COMP_WORDS": "tlib dec", "COMP_CWORD": "1"}
    done = subprocess.run(TLIB, capture_output=True, env=words, timeout=60, check=False)
    assert b"decode" in done.stdout


def test_a_terminal_encoding_without_line_drawing_is_no_error(sample):
    done = subprocess.run(
        [*TLIB, "decode", "--to", "table"],
        input=sample.first,
        capture_output=True,
        env={**ENVIRONMENT, "PYTHONIOENCODING": "ascii"},
        timeout=60,
        check=False,
    )
    assert done.returncode == 0
    assert b"`- Tier" in done.stdout
