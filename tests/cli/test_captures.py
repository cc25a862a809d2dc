"""Captures on the command line: recognised, chosen from, followed while they grow, reported."""

from __future__ import annotations

import gzip
import importlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tlib_fuzz.packets import Talk, pcap, pcapng

ZSTD = "compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd"
zstd = importlib.import_module(ZSTD)
EXAMPLE = Path(__file__).parents[2] / "examples" / "calls.pcapng"


@pytest.fixture
def capture(sample):
    return pcapng(Talk().open().say(sample.frames[:100]).say(sample.frames[100:]).ack().close().packets)


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


def test_an_event_of_a_capture_has_its_origin(run, capture, tmp_path):
    path = tmp_path / "x.pcapng"
    path.write_bytes(capture)
    done = run("decode", path)
    found = lines(done.out)
    assert (done.status, done.err, len(found)) == (0, "", 3)
    assert found[0]["$source"] == {
        "file": str(path),
        "packet": 5,
        "src": "10.0.0.2:3000",
        "dst": "10.0.0.1:40000",
        "connection": 0,
        "direction": "to-client",
        "offset": 0,
    }
    assert found[0]["$time"] == "2023-11-14T22:13:20.005000Z"
    assert run("decode", "--to", "frames", input=capture).raw == run("decode", "--to", "frames", path).raw


@pytest.mark.parametrize("pack", [gzip.compress, lambda data: data])
def test_a_capture_may_come_from_a_pipe(run, capture, pack):
    assert len(lines(run("decode", "-", input=pack(capture)).out)) == 3
    assert run("check", "-", input=pack(capture)).out.startswith("3 events, 0 errors")


def test_compressed_input_is_decompressed_once(run, sample, tmp_path):
    assert len(lines(run("decode", input=gzip.compress(sample.frames)).out)) == 3
    assert len(lines(run("decode", input=zstd.compress(sample.frames)).out)) == 3
    twice = gzip.compress(gzip.compress(sample.frames))
    assert "compressed (gzip)" in run("decode", input=twice).err


def test_without_zstandard_one_line_names_the_extra(run, monkeypatch):
    monkeypatch.setitem(sys.modules, ZSTD, None)
    done = run("decode", input=b"\x28\xb5\x2f\xfd" + bytes(20))
    assert (done.status, len(done.err.splitlines())) == (2, 1)
    assert "tlib-codec[zstd]" in done.err


def test_port_and_host(run, capture):
    assert len(lines(run("decode", "--port", "3000", input=capture).out)) == 3
    assert "capture-no-connection" in run("decode", "--port", "80", input=capture).err
    assert len(lines(run("decode", "--host", "10.0.0.1", input=capture).out)) == 3
    assert "expected an IP address" in run("decode", "--host", "here", input=capture).err


def test_a_gap_and_a_problem_are_lines_too(run, sample):
    talk = Talk().open().say(sample.first)
    talk.seqs[1] += 7
    data = pcap(talk.say(sample.frames).close().packets)[:-5]
    done = run("decode", input=data)
    found = lines(done.out)
    assert done.status == 1
    (gap,) = (line["$gap"] for line in found if "$gap" in line)
    assert gap == {"offset": len(sample.first), "length": 7, "data": ""}
    assert [line["$malformed"]["code"] for line in found if "$malformed" in line] == ["capture-cut"]
    assert "7 bytes of the stream from byte" in done.err
    assert "[capture-cut]" in done.err
    again = run("decode", input=done.raw)
    assert [line.get("$gap") for line in lines(again.out)] == [line.get("$gap") for line in found]
    checked = run("check", input=data)
    assert "1 gap, 1 malformed" in checked.out
    assert run("decode", "--to", "table", input=data).status == 1


def test_a_cut_gzip_capture_is_reported(run, capture):
    done = run("decode", input=gzip.compress(os.urandom(50_000))[:-40])
    assert done.status == 2
    done = run("decode", input=gzip.compress(capture)[:-20])
    assert "[capture-cut]" in done.err


def test_follow_reads_a_file_that_grows(capture, tmp_path):
    path = tmp_path / "grows.pcapng"
    path.write_bytes(capture[:600])
    command = [sys.executable, "-m", "tlib_cli", "decode", "--follow", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            time.sleep(1)
            with path.open("ab") as file:
                file.write(capture[600:])
            assert [json.loads(process.stdout.readline())["$source"]["connection"] for _ in range(3)] == [0, 0, 0]
            assert process.poll() is None
        finally:
            process.kill()


def test_inspect_shows_frames_with_their_origin(run):
    done = run("inspect", EXAMPLE, "--packet", "6")
    assert done.status == 0
    head, origin, first, *_ = done.out.splitlines()
    assert head.endswith(": packet 6, byte 358: frame of 272 bytes")
    assert origin == "2026-03-14 21:38:08.850000Z  10.51.7.20:5001 > 10.51.7.25:41532  connection 0, to-client"
    assert first.startswith("00000166  54 4c 01 00 ")
    assert run("inspect", EXAMPLE, "--offset", "360").out.startswith(f"#3  {EXAMPLE}: packet 6, ")
    assert run("inspect", EXAMPLE, "--frame", "3").out == done.out
    none = run("inspect", EXAMPLE, "--packet", "2")
    assert (none.status, none.out) == (2, "")
    assert "no frame" in none.err


def test_inspect_shows_missing_bytes_and_reports_problems(run, sample):
    talk = Talk().open().say(sample.frames)
    talk.seqs[1] += 50
    talk.say(sample.frames).ack().close()
    done = run("inspect", "-", input=pcap(talk.packets)[:-3])
    assert done.status == 1
    assert ": gap of 50 bytes\n" in done.out
    assert "\nmissing in the capture\n" in done.out
    assert "[capture-cut]" in done.err


def test_a_selection_that_matches_nothing_is_one_line(run, tmp_path):
    assert "packet 2 completes no frame" in run("inspect", EXAMPLE, "--packet", "2").err
    assert "no frame 4000; the input has" in run("inspect", EXAMPLE, "--frame", "4000").err
    assert "of the chosen ports and hosts" in run("decode", EXAMPLE, "--host", "1.2.3.4").err
    (tmp_path / "captures").mkdir()
    assert "is a folder; give" in run("decode", EXAMPLE, "-o", tmp_path / "captures").err
