"""`tlib encode`: frames from JSONL."""

from __future__ import annotations

import json
import sys

import pytest

from tlib_cli import main

BAD_LINES = [
    "{",
    '{"Event":"EventCallDeleted","Cause":"Busy","RefConnID":"0000000000000001"}',
    "",
    '{"Event":"EventCallDeleted","CallUUID":5}',
    '{"Event":"EventRinging","ANI":"\\ud800"}',
    '{"Event":"EventRinging","ReferenceID":4294967296}',
]


@pytest.fixture
def mixed(folder):
    """A file of valid lines with BAD_LINES after the first."""
    first, *others = (folder / "good.jsonl").read_text().splitlines()
    path = folder / "mixed.jsonl"
    path.write_text("\n".join([first, *BAD_LINES, *others]))
    return path


def test_the_output_must_not_be_the_input(folder, run):
    assert "is also an input" in run("encode", folder / "good.jsonl", "-o", folder / "good.jsonl").err


def test_an_invalid_line_has_status_1(mixed, run):
    assert run("encode", mixed).status == 1


def test_valid_lines_around_invalid_ones_are_written(mixed, sample, run):
    assert run("encode", mixed).raw == sample.frames


def test_every_invalid_line_is_reported_by_number(mixed, run):
    places = [line.removeprefix(f"tlib: {mixed}:").split(": ")[0] for line in run("encode", mixed).err.splitlines()]
    assert places == ["2", "3", "3", "3", "5", "6", "7"]


def test_a_report_names_the_attribute(mixed, run):
    assert "EventCallDeleted.CallUUID" in run("encode", mixed).err


def test_lenient_writes_invalid_events_too(mixed, sample, run):
    assert len(run("encode", "--lenient", mixed).raw) > len(sample.frames)


def test_lenient_reports_only_lines_without_an_event(mixed, run):
    assert len(run("encode", "--lenient", mixed).err.splitlines()) == 4


def test_lenient_gives_a_whole_stream_back(folder, run):
    decoded = run("decode", folder / "bad.tlb")
    assert run("encode", "--lenient", input=decoded.raw).raw == (folder / "bad.tlb").read_bytes()


def test_malformed_frames_and_gaps_are_errors_without_lenient(folder, run):
    decoded = run("decode", folder / "bad.tlb")
    assert len(run("encode", input=decoded.raw).err.splitlines()) == 3


def test_frames_are_not_written_to_a_terminal(folder, monkeypatch, capfd):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    assert main(["encode", str(folder / "good.jsonl")]) == 2
    assert "give -o FILE" in capfd.readouterr().err


def test_a_value_that_fits_no_list_is_reported_by_line(run):
    done = run("encode", input=json.dumps({"Event": "EventRinging", "UserData": {"k": "v" * 70_000}}).encode())
    assert done.err.startswith("tlib: (standard input):1: EventRinging.UserData")


def test_a_frame_beyond_the_limit_is_reported_by_line(run):
    long = "7" * (9 << 20)
    done = run("encode", input=json.dumps({"Event": "EventRinging", "ThisDN": long, "OtherDN": long}).encode())
    assert done.err.startswith("tlib: (standard input):1: EventRinging: expected at most 16777216 bytes")


def test_an_event_of_a_log_without_what_logs_do_not_print_names_the_way_out(run):
    line = '{"Event":"EventRegistered","ThisDN":"S::","time":"2026-03-14T21:00:00Z","ReferenceID":2,"Extensions":{},"InfoType":8,"$source":{"line":7}}'
    done = run("encode", input=line.encode())
    assert done.err.endswith("[mandatory-missing]; no log prints it: decode the log with --server N\n")
    assert done.status == 1
