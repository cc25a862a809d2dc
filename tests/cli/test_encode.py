"""`tlib encode`: frames from JSONL."""

from __future__ import annotations

import json
import sys

from tlib_cli import main


def test_encode_takes_no_input_for_output(folder, run):
    assert "is also an input" in run("encode", folder / "good.jsonl", "-o", folder / "good.jsonl").err


def test_encode_reports_lines_and_writes_the_others(folder, sample, run):
    lines = (folder / "good.jsonl").read_text().splitlines()
    bad = ["{", '{"Event":"EventCallDeleted","Cause":"Busy","RefConnID":"0000000000000001"}', "", '{"Event":"EventCallDeleted","CallUUID":5}',
           '{"Event":"EventRinging","ANI":"\\ud800"}', '{"Event":"EventRinging","ReferenceID":4294967296}']  # fmt: skip
    path = folder / "mixed.jsonl"
    path.write_text("\n".join([lines[0], *bad, *lines[1:]]))
    done = run("encode", path, "-o", folder / "out.tlb")
    assert done.status == 1
    assert (folder / "out.tlb").read_bytes() == sample.frames
    places = [line.removeprefix(f"tlib: {path}:").split(": ")[0] for line in done.err.splitlines()]
    assert places == ["2", "3", "3", "3", "5", "6", "7"]
    assert "EventCallDeleted.CallUUID" in done.err
    lenient = run("encode", "--lenient", path)
    assert len(lenient.raw) > len(sample.frames)
    assert len(lenient.err.splitlines()) == 4


def test_lenient_gives_a_whole_stream_back(folder, run):
    decoded = run("decode", folder / "bad.tlb")
    assert run("encode", "--lenient", input=decoded.raw).raw == (folder / "bad.tlb").read_bytes()
    strict = run("encode", input=decoded.raw)
    assert strict.status == 1
    assert len(strict.err.splitlines()) == 3


def test_frames_are_not_written_to_a_terminal(folder, monkeypatch, capfd):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    assert main(["encode", str(folder / "good.jsonl")]) == 2
    assert "give -o FILE" in capfd.readouterr().err


def test_what_no_frame_can_hold_is_reported_by_line(run):
    done = run("encode", input=json.dumps({"Event": "EventRinging", "UserData": {"k": "v" * 70_000}}).encode())
    assert (done.status, done.raw) == (1, b"")
    assert done.err.startswith("tlib: (standard input):1: EventRinging.UserData")


def test_a_frame_beyond_the_limit_is_reported_by_line(run):
    long = "7" * (9 << 20)
    done = run("encode", input=json.dumps({"Event": "EventRinging", "ThisDN": long, "OtherDN": long}).encode())
    assert (done.status, done.raw) == (1, b"")
    assert done.err.startswith("tlib: (standard input):1: EventRinging: expected at most 16777216 bytes")
