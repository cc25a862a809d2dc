"""`tlib simulate`: every form of output holds the same calls, and what cannot be done is one line."""

import json
from pathlib import Path

import pytest

from tlib_codec import encode
from tlib_simulator import Scenario, Simulation

EXAMPLES = Path(__file__).parents[2] / "examples" / "scenarios"
TWO_SITES = EXAMPLES / "two_sites.toml"


@pytest.fixture
def calls_in(run, tmp_path):
    """The CallUUID of each call in a file, with how it ended."""

    def read(path):
        out = tmp_path / "calls.jsonl"
        assert run("calls", path, "-o", out).status == 0
        return {call["CallUUID"]: call["$ending"] for call in map(json.loads, out.read_text().splitlines())}

    return read


def test_frames_are_those_of_the_simulation(run, tmp_path):
    out = tmp_path / "day.tlb"
    assert run("simulate", "--stories", 30, "--seed", 9, "-o", out).status == 0
    assert out.read_bytes() == b"".join(encode(told.event) for told in Simulation(Scenario(stories=30), 9))


@pytest.mark.parametrize("suffix", ["tlb", "jsonl", "pcapng", "pcap", "log"])
def test_every_format_has_the_same_calls(run, tmp_path, calls_in, suffix):
    out = tmp_path / f"day.{suffix}"
    assert run("simulate", "--stories", 30, "-o", out).status == 0
    told = {event.event.call_uuid: "deleted" for event in Simulation(Scenario(stories=30))}
    assert calls_in(out) == told
    checked = run("check", out, "--severity", "error")
    assert (checked.status, checked.out.partition(", ")[2].splitlines()[0]) == (0, "0 errors, 0 gaps, 0 malformed")


def test_columns_have_time_and_addresses(run, tmp_path):
    out = tmp_path / "day.csv"
    assert run("simulate", "--stories", 3, "-o", out).status == 0
    head, first, *_ = out.read_text().splitlines()
    assert head.endswith('"$time","$src","$dst"')
    assert "2026-03-14 08:00:00" in first


def test_a_table_shows_time_and_server(run):
    told = run("simulate", "--stories", 1, "--to", "table").out.splitlines()[0]
    assert told.startswith("2026-03-14 08:00:00.000000Z  EventCallCreated")
    assert told.endswith("SIP_Lakeside")


def test_options_take_the_place_of_the_scenarios_values(run):
    few = run("simulate", EXAMPLES / "small.toml", "--duration", 60, "--rate", 2, "--stamps", "--to", "jsonl").out.splitlines()
    assert all("EventSequenceNumber" in line for line in few)
    assert json.loads(few[-1])["$time"] < "2026-03-14T08:01:00"


def test_an_endless_scenario_ends_in_a_file(run):
    created = [line for line in run("simulate", "--to", "jsonl").out.splitlines() if '"EventCallCreated"' in line]
    assert 1000 < len(created) < 1200


def test_a_site_alone(run):
    told = [
        json.loads(line) for line in run("simulate", TWO_SITES, "--site", "Hillside", "--duration", 60, "--to", "jsonl").out.splitlines()
    ]
    assert {event["$source"]["server"] for event in told} == {"SIP_Hill_P"}


def test_two_sites_are_two_conversations(run, tmp_path):
    out = tmp_path / "day.pcapng"
    assert run("simulate", TWO_SITES, "--duration", 120, "-o", out).status == 0
    told = [json.loads(line) for line in run("decode", out).out.splitlines()]
    assert {event["$source"]["src"] for event in told} == {"192.0.2.1:3063", "192.0.2.2:3063"}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nowhere.toml"], "nowhere.toml: No such file or directory"),
        (["--site", "Nowhere"], "--site Nowhere: the scenario has Lakeside"),
        ([TWO_SITES, "--to", "log"], "one T-Server writes a log: give --site, one of Lakeside, Hillside; or write .pcapng or .jsonl"),
        ([TWO_SITES, "--stamps", "-o", "day.tlb"], "one T-Server numbers its events: give --site, one of Lakeside, Hillside; or write .pcapng or .jsonl"),
        (["bad.toml"], 'bad.toml: rate: expected a number, found "x" [scenario-form]'),
        ([TWO_SITES, "--stamps", "--listen", ":0"], "one T-Server numbers its events: give --site, one of Lakeside, Hillside"),
        (["-o", "nowhere/day.tlb"], "nowhere/day.tlb: the folder nowhere does not exist; create it first"),
        (["./bad.toml"], './bad.toml: rate: expected a number, found "x" [scenario-form]'),
        (["./mix.toml"], "./mix.toml: mix.other_site: expected 2 sites, found 1 [scenario-form]"),
        (["mix.toml"], "mix.toml: mix.other_site: expected 2 sites, found 1 [scenario-form]"),
    ],
)  # fmt: skip
def test_an_impossible_request_is_one_line(run, tmp_path, monkeypatch, arguments, told):
    monkeypatch.chdir(tmp_path)
    Path("bad.toml").write_text('rate = "x"')
    Path("mix.toml").write_text("[mix]\nother_site = 1")
    done = run("simulate", *arguments)
    assert (done.status, done.err) == (2, told)


@pytest.mark.parametrize("arguments", [("--rate", "nan"), ("--rate", "1e300"), ("--duration", "nan"), ("--duration", "inf")])
def test_options_have_the_limits_of_the_scenario(run, arguments):
    done = run("simulate", *arguments, "--stories", 1)
    assert done.status == 2
    assert f"{arguments[0]}: expected a number of at " in done.err


@pytest.mark.parametrize("server", ["localhost:0", "[::1:3000", "::1]:3", "a b", "[::1", ":", "localhost:70000"])
def test_an_address_to_which_nobody_can_connect_is_refused(run, server):
    done = run("listen", server)
    assert (done.status, "is not an address" in done.err) == (2, True)
