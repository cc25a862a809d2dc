"""The table that `tlib decode` prints for people."""

from __future__ import annotations

import json
import sys

import pytest

HOSTILE = {
    "Event": "EventRinging",
    "ThisDN": "\x1b[31m\x07",
    "UserData": {"\u202ekey": "a\nb", "empty": {}},
    "Extensions": {},
    "ANI": "",
    "DNIS": " x",
    "TimeinSecs": 1432917924,
    "TimeinuSecs": 5,
    "InputMask": {"$binary": "AAAA" * 20},
}
RELEASED = {
    "Event": "EventReleased",
    "CallID": 1,
    "CallState": 0,
    "CallType": 2,
    "ConnID": "0000000000000001",
    "Server": 0,
    "ThisDN": "S::",
    "time": "2015-05-29T16:45:24Z",
    "Reliability": "Ok",
    "CallHistory": {"FirstTransferHomeLocation": "SiteA"},
}


@pytest.fixture
def table(run):
    """Return the table of one event, given as JSON."""
    return lambda event: run("decode", "--to", "table", input=json.dumps(event).encode()).out


@pytest.fixture
def mixed(folder, run):
    return run("decode", "--to", "table", folder / "bad.tlb", folder / "calls.log", folder / "good.tlb")


@pytest.mark.parametrize(
    "text",
    [
        "ERROR ",
        "[gap]",
        "6a 75 6e 6b 21",
        "RTR = 115",
        '"Gold" (Unicode)',
        "#200 type 7: 00 01",
        "[not-allowed]",
        "calls.log:1",
        "bad.tlb@5",
        "EventReleased (deprecated)",
        "EventNotPublic",
        "AttributeMystery 'x'",
    ],
)
def test_a_table_shows_events_violations_gaps_and_places(mixed, text):
    assert text in mixed.out


def test_errors_in_the_table_are_not_reported_again(mixed):
    assert mixed.err == ""


def test_an_error_in_the_table_has_status_1(mixed):
    assert mixed.status == 1


def test_lines_fit_into_100_columns(mixed):
    assert all(len(line) <= 100 for line in mixed.out.splitlines() if ".tlb" not in line and ".log" not in line)


LONG = {"Event": "EventDNDOn", "CallUUID": "01FES9JKSOFQLEKK3CSH5B5AES00JV1U", "ConnID": "006c02462a161006", "ANI": "5" * 70}


@pytest.mark.parametrize("name", ["CallUUID", "ConnID", "ANI"])
def test_an_identifier_is_not_broken_however_narrow_the_terminal_is(table, monkeypatch, name):
    monkeypatch.setenv("COLUMNS", "30")
    assert f"{name} {LONG[name]}" in table(LONG)


def test_a_place_that_does_not_fit_beside_the_event_has_a_line_of_its_own(tmp_path, run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    path = tmp_path / f"{'n' * 60}.jsonl"
    path.write_text(json.dumps(RELEASED))
    assert f"\n  {path}:1\n" in run("decode", "--to", "table", path).out


@pytest.mark.parametrize("character", ["\x1b", "\x07", "\u202e"])
def test_control_characters_do_not_reach_the_terminal(table, character):
    assert character not in table(HOSTILE)


@pytest.mark.parametrize(
    "text",
    [
        '"\\u001b[31m\\u0007"',
        "\\u202ekey",
        '"a\\nb"',
        "empty (empty)",
        "Extensions (empty)",
        'ANI ""',
        'DNIS " x"',
        "2015-05-29 16:45:24.000005Z",
        "(60 bytes)",
    ],
)
def test_unprintable_and_empty_values_are_escaped_or_described(table, text):
    assert text in table(HOSTILE)


def test_an_impossible_time_is_shown_as_its_attributes(table):
    assert "TimeinSecs 1" in table({"Event": "EventRinging", "TimeinSecs": 1, "TimeinuSecs": 4_000_000})


def test_an_unknown_message_is_shown_by_number(table):
    assert "message 4711" in table({"Event": 4711})


def test_the_suffix_txt_writes_a_table(folder, run):
    run("decode", folder / "good.tlb", "-o", folder / "out.txt")
    assert "RTR = 115" in (folder / "out.txt").read_text()


def test_a_block_opens_with_time_and_event(table):
    assert table(RELEASED).startswith("2015-05-29 16:45:24.000000Z  EventReleased (deprecated)")


def test_a_call_history_is_shown_by_its_parts(table):
    assert "FirstTransferHomeLocation SiteA" in table(RELEASED)


def test_the_console_leaves_a_closed_pipe_to_main():
    from tlib_cli.view.tables import console

    screen = console(sys.stdout.buffer)
    try:
        raise BrokenPipeError
    except BrokenPipeError:
        with pytest.raises(BrokenPipeError):
            screen.on_broken_pipe()
