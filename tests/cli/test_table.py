"""The table that `tlib decode` prints for people."""

from __future__ import annotations

import json
import sys

import pytest


def test_a_table_shows_everything(folder, run):
    done = run("decode", "--to", "table", folder / "bad.tlb", folder / "calls.log", folder / "good.tlb")
    assert done.err == ""
    assert done.status == 1
    for piece in ("ERROR ", "[gap]", "6a 75 6e 6b 21", "RTR = 115", '"Gold" (Unicode)', "#200 type 7: 00 01", "[not-allowed]", "line 1",
                  "-- ", "EventReleased (deprecated)", "EventNotPublic", "AttributeMystery 'x'"):  # fmt: skip
        assert piece in done.out
    assert all(len(line) <= 100 or " at byte " in line for line in done.out.splitlines() if "bad.tlb" not in line)


def test_a_table_lets_nothing_through_that_a_terminal_obeys(run):
    event = {
        "Event": "EventRinging",
        "ThisDN": "\x1b[31m\x07",
        "UserData": {"\u202ekey": "a\nb", "empty": {}},
        "Extensions": {},
        "ANI": "",
        "DNIS": " x",
    }
    event |= {"TimeinSecs": 1432917924, "TimeinuSecs": 5, "InputMask": {"$binary": "AAAA" * 20}}
    done = run("decode", "--to", "table", input=json.dumps(event).encode())
    assert "\x1b" not in done.out
    assert "\u202e" not in done.out
    for piece in ('"\\u001b[31m\\u0007"', "\\u202ekey", '"a\\nb"', "empty (empty)", "Extensions (empty)", 'ANI ""', 'DNIS " x"', "2015-05-29 16:45:24.000005Z",
                  "(60 bytes)"):  # fmt: skip
        assert piece in done.out
    odd = {"Event": "EventRinging", "TimeinSecs": 1, "TimeinuSecs": 4_000_000}
    assert "TimeinSecs 1" in run("decode", "--to", "table", input=json.dumps(odd).encode()).out
    assert "message 4711" in run("decode", "--to", "table", input=b'{"Event":4711}').out


def test_a_table_goes_to_a_file_too(folder, run):
    assert run("decode", folder / "good.tlb", "-o", folder / "out.txt").status == 0
    assert "RTR = 115" in (folder / "out.txt").read_text()


def test_call_history_is_shown_by_its_parts(run):
    event = {
        "Event": "EventReleased", "CallID": 1, "CallState": 0, "CallType": 2, "ConnID": "0000000000000001", "Server": 0, "ThisDN": "S::",
        "time": "2015-05-29T16:45:24Z", "Reliability": "Ok", "CallHistory": {"FirstTransferHomeLocation": "SiteA"},
    }  # fmt: skip
    done = run("decode", "--to", "table", input=json.dumps(event).encode())
    assert done.out.startswith("2015-05-29 16:45:24Z  EventReleased (deprecated)")
    assert "FirstTransferHomeLocation SiteA" in done.out
    assert done.status == 0


def test_a_pipe_closed_on_a_table_is_left_to_main():
    from tlib_cli.view.tables import console

    screen = console(sys.stdout.buffer)
    try:
        raise BrokenPipeError
    except BrokenPipeError:
        with pytest.raises(BrokenPipeError):
            screen.on_broken_pipe()
