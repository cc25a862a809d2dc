"""The same query on every command, and `--select`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
CALLS, LOG, CAPTURE = (str(EXAMPLES / name) for name in ("calls.tlb", "tserver.log", "calls.pcapng"))
NOTHING = "0 of 65 events matched"


@pytest.mark.parametrize("command", ["decode", "calls", "check", "inspect", "redact", "listen", "replay"])
def test_every_command_checks_a_condition(command, run):
    where = ["--where", "Cause=Transfr"]
    arguments = {"listen": ["localhost:1"], "replay": [CALLS, "--listen", "localhost:0"]}.get(command, [CALLS])
    assert "did you mean Transfer?" in run(command, *arguments, *where).err


@pytest.mark.parametrize(
    "arguments",
    [
        ["decode", CALLS],
        ["decode", CALLS, "--to", "table"],
        ["check", CALLS],
        ["inspect", CALLS],
        ["redact", CALLS],
        ["redact", LOG],
        ["decode", CAPTURE],
    ],
    ids=lambda arguments: " ".join(arguments[:1]),
)
def test_a_query_that_selects_nothing_says_so(arguments, run):
    done = run(*arguments, "--where", "Cause=Busy")
    assert (done.status, NOTHING in done.err) == (0, True)


def test_the_note_adds_up_several_inputs(run):
    assert "0 of 130 events matched" in run("decode", CALLS, LOG, "--where", "Cause=Busy").err


def test_the_note_adds_up_several_processes(run):
    assert "0 of 130 events matched" in run("decode", CALLS, LOG, "--where", "Cause=Busy", "--jobs", 2).err


def test_the_note_names_the_closest_value_of_several_processes(run):
    assert "did you mean 5551006967?" in run("decode", CALLS, LOG, "--where", "ANI=5551006968", "--jobs", 2).err


def test_the_note_of_a_folder_counts_the_new_inputs(tmp_path, run):
    assert NOTHING in run("decode", CALLS, "-o", f"{tmp_path}/out/", "--where", "Cause=Busy").err


def test_the_note_adds_up_several_inputs_of_check(run):
    assert "0 of 130 events matched" in run("check", CALLS, LOG, "--where", "Cause=Busy").err


def test_an_event_that_is_not_there_has_a_note(run):
    assert NOTHING in run("decode", CALLS, "--event", "EventHeld").err


def test_the_note_of_calls_counts_calls(run):
    done = run("calls", CALLS, "--where", "CallType=Internal")
    assert "0 of 7 calls matched" in done.err


def test_a_query_that_selects_something_has_no_note(run):
    assert run("decode", CALLS, "--where", "Cause=Transfer").err == ""


def test_an_input_that_cannot_be_read_has_no_note(tmp_path, run):
    assert "matched" not in run("decode", tmp_path / "nowhere", "--where", "Cause=Busy").err


def test_any_connection_finds_a_call_under_every_attribute(run):
    events = run("decode", CALLS, "--where", "any ConnID = 006c03aaf743a001").events
    assert {name for event in events for name, value in event.items() if value == "006c03aaf743a001"} >= {"ConnID", "RefConnID"}


def test_check_judges_the_selected_events(run):
    summary = json.loads(run("check", CALLS, "--json", "--where", "Cause=Transfer").out.splitlines()[-1])
    assert summary["$summary"]["by_event"] == {"EventCallDeleted": 1}


def test_check_with_a_query_reports_malformed_parts(sample, tmp_path, run):
    (tmp_path / "bad.tlb").write_bytes(sample.frames + b"junk")
    done = run("check", tmp_path / "bad.tlb", "--where", "Cause=Transfer")
    assert (done.status, "1 gap" in done.out) == (1, True)


def test_inspect_shows_the_selected_frames(run):
    heads = [line for line in run("inspect", CALLS, "--where", "Cause=Transfer").out.splitlines() if line.startswith("#")]
    assert [head.split()[0] for head in heads] == ["#13"]


def test_redact_writes_the_selected_frames(tmp_path, run):
    run("redact", CALLS, "-o", tmp_path / "safe.tlb", "--where", "Cause=Transfer")
    assert [event["Event"] for event in run("decode", tmp_path / "safe.tlb").events] == ["EventCallDeleted"]


def test_redact_writes_the_selected_messages_of_a_log(tmp_path, run):
    run("redact", LOG, "-o", tmp_path / "safe.log", "--where", "Cause=Transfer")
    assert [event["Event"] for event in run("decode", tmp_path / "safe.log").events] == ["EventCallDeleted"]


def test_redact_counts_the_values_of_the_selected_messages(tmp_path, run):
    done = run("redact", LOG, "-o", tmp_path / "safe.log", "--where", "Cause=Transfer")
    assert "replaced: CtrlParty 1\n" in done.err


def test_redact_omits_the_line_before_a_message_that_is_not_selected(tmp_path, run):
    run("redact", LOG, "-o", tmp_path / "safe.log", "--where", "Cause=Transfer")
    assert "RequestQueryAddress" not in (tmp_path / "safe.log").read_text()


def test_redact_blanks_the_other_frames_of_a_capture(tmp_path, run):
    run("redact", CAPTURE, "-o", tmp_path / "safe.pcapng", "--where", "Cause=Transfer")
    assert [event["Event"] for event in run("decode", tmp_path / "safe.pcapng").events if "Event" in event] == ["EventCallDeleted"]


def test_redact_of_selected_frames_of_a_capture_has_no_problem(tmp_path, run):
    assert run("redact", CAPTURE, "-o", tmp_path / "safe.pcapng", "--where", "Cause=Transfer").status == 0


def test_calls_are_selected_by_their_duration(run):
    assert [call["$duration"] > 300 for call in run("calls", CALLS, "--to", "jsonl", "--where", "$duration > 5m").events] == [True, True]


def test_calls_are_selected_by_a_party(run):
    everyone = run("calls", CALLS, "--to", "jsonl").events
    party = next(call["$parties"][0] for call in everyone if call["$parties"])
    chosen = run("calls", CALLS, "--to", "jsonl", "--where", f"$party = {party}").events
    assert [party in call["$parties"] for call in chosen] == [True] * len(chosen)


@pytest.mark.parametrize(
    "where", ["$begin >= 2026-03-14 and $end < 2026-03-16", "$ending = deleted or $ending = open", "$events > 1", "not $anomaly ~ *"]
)
def test_calls_have_fields(where, run):
    assert run("calls", CALLS, "--to", "jsonl", "--where", where).events


# -- select --------------------------------------------------------------------------------------


def test_select_makes_flat_lines(run):
    [line] = run("decode", CALLS, "--where", "Cause=Transfer", "--select", "Event,Cause,ANI").events
    assert line == {"Event": "EventCallDeleted", "Cause": "Transfer", "ANI": None}


def test_select_makes_a_table_with_a_heading(run):
    lines = run(
        "decode", CALLS, "--to", "table", "--event", "EventCallCreated", "--where", "ANI~*", "--select", "Event,ANI,$offset"
    ).out.splitlines()
    assert [line.split() for line in lines[:2]] == [["Event", "ANI", "$offset"], ["EventCallCreated", "5551006967", "0"]]


def test_the_columns_of_a_table_stand_below_each_other(run):
    lines = run("decode", CALLS, "--to", "table", "--select", "Event,ConnID").out.splitlines()
    assert {line.index("006c") for line in lines if "006c" in line} == {lines[0].index("ConnID")}


def test_a_long_table_keeps_cells_whole(tmp_path, sample, run):
    (tmp_path / "many.tlb").write_bytes(sample.first * 250)
    assert len(run("decode", tmp_path / "many.tlb", "--to", "table", "--select", "CallUUID,ConnID").out.splitlines()) == 251


def test_select_reports_gaps(folder, run):
    done = run("decode", folder / "bad.tlb", "--to", "table", "--select", "Event")
    assert (done.status, "belong to no frame" in done.err) == (1, True)


def test_select_names_the_closest_column(run):
    assert "did you mean Event? (at ^: time,^Evnt)" in run("decode", CALLS, "--select", "time,Evnt").err


def test_select_needs_a_format_with_columns(run):
    assert "--select chooses columns, and frames has none" in run("decode", CALLS, "--select", "time", "--to", "frames").err


def test_select_writes_no_folder(tmp_path, run):
    assert "--select writes one file" in run("decode", CALLS, "--select", "time", "-o", f"{tmp_path}/out/").err


def test_select_joins_several_inputs(run):
    assert len(run("decode", CALLS, LOG, "--jobs", 2, "--select", "Event").events) == 130
