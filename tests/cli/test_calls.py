"""``tlib calls`` as a person runs it."""

import csv
import datetime as dt
import json
import subprocess
import sys
from pathlib import Path

import pytest
from partyevents import AGENT, CONN, event, ringing

from tlib_codec import EventCallDataChanged, EventCallDeleted, KVList, TCause, UnknownEvent, encode
from tlib_simulator.flows import Day

ROOT = Path(__file__).parents[2]
FRAMES, LOG = ROOT / "examples" / "calls.tlb", ROOT / "examples" / "tserver.log"
MAIN = "UML4HGVFSH13V4FA82O7125KG8000001"


def lines(done):
    return [json.loads(line) for line in done.out.splitlines()]


def test_a_call_is_a_line(run):
    done = run("calls", FRAMES)
    found = lines(done)
    assert (done.status, done.err, len(found)) == (0, "", 7)
    assert found[1]["CallUUID"] == MAIN
    assert found[1]["$duration"] == 120.2656
    assert [link["kind"] for link in found[1]["$links"]] == ["consulted-by", "merged-from"]
    assert "$history" not in found[1]
    assert all("$history" in call for call in lines(run("calls", FRAMES, "--history")))


def test_every_input_format_gives_the_same_calls(run, tmp_path):
    def told(path, data=b""):
        return [{key: value for key, value in call.items() if key != "$source"} for call in lines(run("calls", path, input=data))]

    expected = told(FRAMES)
    assert told(LOG) == expected
    assert told("-", run("decode", LOG, "--to", "jsonl").raw) == expected
    assert told("-", FRAMES.read_bytes().hex(" ", 1).encode()) == expected


def test_the_table(run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    done = run("calls", FRAMES, "--to", "table")
    rows = done.out.splitlines()
    assert rows[0].split() == ["Begin", "(UTC)", "Length", "Type", "ANI", "DNIS/dialed", "Call", "Outcome"]
    assert rows[1].endswith("OKG96KB5…0002  transferred")
    assert rows[2] == "    consults for UML4HGVF…0001; merged into UML4HGVF…0001 (Transfer)"
    assert all(len(row) <= 100 for row in rows)
    monkeypatch.setenv("COLUMNS", "80")
    narrow = run("calls", FRAMES, "--to", "table").out.splitlines()
    assert len(narrow) == len(rows)
    assert all(len(row) <= 80 for row in narrow)
    assert narrow[1].startswith("03-14 21:38:49 22.4 s  Consult")


def test_one_call_with_every_change(run):
    for name in (MAIN, "006C03AAF743A001"):
        done = run("calls", FRAMES, "--to", "table", "--call", name)
        assert done.status == 0
        assert "EventEstablished  by 7097 with 5551006967" in done.out
        assert "OKG96KB5…0002" in done.out
        assert "5551002486" not in done.out
    assert "(deleted)" in run("calls", FRAMES, "--to", "table", "--call", "006c03aaf743a003").out
    [call] = lines(run("calls", FRAMES, "--call", MAIN))
    assert len(call["$history"]) == call["$events"] == 6
    done = run("calls", FRAMES, "--call", "nobody")
    assert (done.status, done.out) == (1, "")
    assert "no call nobody in the input" in done.err


def test_where_tests_the_final_state(run):
    assert [call["Cause"] for call in lines(run("calls", FRAMES, "--where", "Cause=Transfer"))] == ["Transfer"]
    assert len(lines(run("calls", FRAMES, "--where", "CallType=Inbound", "--where", "UserData.IVR.Language=en"))) == 3
    assert "did you mean" in run("calls", FRAMES, "--where", "Cuase=1").err


def test_parquet(run, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    done = run("calls", FRAMES, "--history", "-o", tmp_path / "calls.parquet")
    assert (done.status, done.out) == (0, "")
    rows = parquet.read_table(tmp_path / "calls.parquet").to_pylist()
    assert rows[1]["begin"] == dt.datetime.fromisoformat("2026-03-14T21:38:02.003Z")
    assert (rows[1]["CallType"], rows[1]["CallID"], rows[1]["ending"], rows[1]["created"], rows[1]["events"]) == (
        "Inbound",
        16777217,
        "deleted",
        True,
        6,
    )
    assert json.loads(rows[1]["UserData"])["CustomerName"] == "Ana Souza"
    assert [len(json.loads(row["history"])) for row in rows] == [call["$events"] for call in lines(run("calls", FRAMES))]
    assert run("calls", "-", "--to", "parquet", "-o", tmp_path / "none.parquet", input=b"\n").status == 2


def test_parquet_holds_unknown_values_and_attributes(run, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    known = {"call_uuid": MAIN, "conn_id": "006c03aaf743a001"}
    odd = EventCallDeleted(**known, cause=TCause(99), extra={"AgentID": "a", "ANI": "bytes\udcff"})
    data = encode(EventCallDataChanged(**known, network_call_id=2**64 - 1, user_data=KVList([("k", 1), ("k", b"2")]))) + encode(odd)
    done = run("calls", "-", "-o", tmp_path / "odd.parquet", input=data)
    assert done.status == 1
    [row] = parquet.read_table(tmp_path / "odd.parquet").to_pylist()
    assert (row["NetworkCallID"], row["Cause"]) == (2**64 - 1, "99")
    assert json.loads(row["other_attributes"]) == {"AgentID": "a"}
    assert json.loads(row["ANI"]) == {"$string": "Ynl0ZXP/"}
    assert json.loads(row["anomalies"])[0]["code"] == "call-not-created"


def test_without_pyarrow_parquet_is_refused_in_one_line():
    code = "import sys; sys.modules['pyarrow'] = None; from tlib_cli import main; sys.exit(main(['calls', sys.argv[1], '-o', sys.argv[2]]))"
    done = subprocess.run(
        [sys.executable, "-c", code, FRAMES, "x.parquet"], capture_output=True, text=True, check=False, cwd=ROOT / "tests", timeout=60
    )
    assert done.returncode == 2
    assert "tlib-codec[arrow]" in done.stderr
    assert not (ROOT / "tests" / "x.parquet").exists()


def test_the_ladder(run, tmp_path):
    done = run("calls", FRAMES, "--ladder", tmp_path / "all.svg")
    assert len(lines(done)) == 7
    assert (tmp_path / "all.svg").read_text(encoding="utf-8").count("Consult call") == 2
    run("calls", FRAMES, "--call", MAIN, "--ladder", tmp_path / "one.svg", "-o", tmp_path / "one.jsonl")
    drawn = (tmp_path / "one.svg").read_text(encoding="utf-8")
    assert drawn.count("Consult call") == 1  # the call, and the one that is linked to it
    assert "Outbound" not in drawn
    assert run("calls", FRAMES, "--ladder", FRAMES).status == 2
    assert run("calls", FRAMES, "--ladder", tmp_path / "no" / "where.svg").status == 2


def test_anomalies_and_malformed_input_have_status_1_or_2(run, tmp_path):
    data = FRAMES.read_bytes()[1603:6000]
    done = run("calls", "-", "--to", "table", input=data)
    assert done.status == 1
    assert "[call-not-created]" in done.out
    assert "truncated-frame" in done.err
    assert done.out.splitlines()[-1].endswith("open")
    done = run("calls", "-", input=run("decode", LOG, "--event", "EventCallCreated", "--event", "EventCallDeleted").raw)
    assert done.status == 1
    assert "missing before this event" in done.err
    assert run("calls", "-", input=b"\x00\x01nothing").status == 2
    assert run("calls", tmp_path / "absent").status == 2


def test_limits_are_options(run):
    calls = lines(run("calls", FRAMES, "--idle-timeout", "300"))
    assert {call["$ending"] for call in calls} == {"deleted", "expired"}
    assert {call["$ending"] for call in lines(run("calls", FRAMES, "--max-open", "1"))} == {"deleted", "evicted"}
    assert run("calls", FRAMES, "-o", "calls.xyz").status == 2


# -- calls out of the events of parties --------------------------------------------------------------


@pytest.fixture(scope="module")
def day(tmp_path_factory):
    """Return the truth about a generated day, and the logs of its two sites."""
    made, folder = Day(1, 40), tmp_path_factory.mktemp("day")
    for site in made.logs:
        (folder / f"{site}.log").write_text(made.text(site), encoding="utf-8")
    return made.truth, [folder / f"{site}.log" for site in made.logs]


def test_several_logs_are_one_story(run, day):
    truth, logs = day
    assert {call["ConnID"]: call.get("$outcome") for call in lines(run("calls", *logs))} == {true.conn: true.outcome for true in truth}


def test_the_order_of_the_inputs_does_not_matter(run, day):
    _, logs = day
    assert {call["ConnID"]: call["$events"] for call in lines(run("calls", *logs))} == {
        call["ConnID"]: call["$events"] for call in lines(run("calls", *reversed(logs)))
    }


def test_a_line_has_the_times_of_the_call(run, day):
    truth, logs = day
    true = next(true for true in truth if true.flow == "routed, held and retrieved")
    [call] = lines(run("calls", *logs, "--call", true.conn))
    assert [round(call[name] * 10_000) for name in ("$queue", "$ring", "$talk", "$hold")] == [true.queue, true.ring, true.talk, true.hold]


def test_parquet_has_the_times_of_the_call(run, day, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    truth, logs = day
    true = next(true for true in truth if true.flow == "routed, held and retrieved")
    run("calls", *logs, "--call", true.conn, "-o", tmp_path / "calls.parquet")
    [row] = parquet.read_table(tmp_path / "calls.parquet").to_pylist()
    assert [round(row[name] * 10_000) for name in ("queue", "ring", "talk", "hold")] == [true.queue, true.ring, true.talk, true.hold]


def test_one_call_tells_its_story(run, day):
    truth, logs = day
    true = next(true for true in truth if true.flow == "abandoned in queue")
    assert f"every party has left; {true.first} hung up first" in " ".join(
        run("calls", *logs, "--to", "table", "--call", true.conn).out.split()
    )


def test_one_call_shows_its_parties(run, day):
    truth, logs = day
    true = next(true for true in truth if true.flow == "direct inbound")
    agent = next(party.agent for party in true.parties.values() if party.agent)
    assert f"destination, agent {agent}, ringing" in run("calls", *logs, "--to", "table", "--call", true.conn).out


def test_a_call_that_lacks_events_says_so(run):
    data = b"".join(map(encode, (ringing(0), event("Retrieved", 3, AGENT))))
    assert "events are missing: times are not summed" in run("calls", "-", "--to", "table", "--call", CONN, input=data).out


def test_the_beginning_of_a_name_chooses_a_call(run):
    assert [call["CallUUID"] for call in lines(run("calls", FRAMES, "--call", MAIN[:10].lower()))] == [MAIN]


def test_without_a_call_the_messages_of_the_input_are_named(run):
    logins = b"".join(encode(event("AgentLogin", second, "7001", conn=None)) for second in range(3))
    done = run("calls", "-", input=logins + encode(event("AgentLogout", 9, "7001", conn=None)))
    assert (
        "no call to follow in the input: 4 messages, of which none begins or names a call (EventAgentLogin 3, EventAgentLogout 1)"
        in done.err
    )


def test_a_suffix_of_mermaid_chooses_its_text(run, tmp_path):
    run("calls", FRAMES, "--call", MAIN, "--ladder", tmp_path / "call.mmd", "-o", tmp_path / "call.jsonl")
    assert (tmp_path / "call.mmd").read_text(encoding="utf-8").startswith("sequenceDiagram\n")


def test_a_ladder_has_a_box_a_site(run, day, tmp_path):
    truth, logs = day
    true = next(true for true in truth if true.flow == "two sites")
    run("calls", *logs, "--call", true.conn, "--ladder", tmp_path / "call.svg", "-o", tmp_path / "call.jsonl")
    assert (tmp_path / "call.svg").read_text(encoding="utf-8").count('class="site"') == 2


def test_csv_has_a_row_a_call(run):
    rows = list(csv.DictReader(run("calls", FRAMES, "--to", "csv").out.splitlines()))
    found = lines(run("calls", FRAMES))
    assert [(row["CallUUID"], row["outcome"], float(row["duration"] or -1)) for row in rows] == [
        (call["CallUUID"], call.get("$outcome", ""), call.get("$duration", -1)) for call in found
    ]
    assert json.loads(rows[1]["UserData"]) == found[1]["UserData"]
    assert (rows[1]["begin"], rows[1]["created"], rows[1]["other_attributes"]) == (found[1]["$begin"], "true", "")


def test_csv_has_the_columns_of_parquet(run, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    run("calls", FRAMES, "-o", tmp_path / "calls.parquet")
    run("calls", FRAMES, "-o", tmp_path / "calls.csv")
    header = next(csv.reader((tmp_path / "calls.csv").read_text().splitlines()))
    assert header == parquet.read_schema(tmp_path / "calls.parquet").names


def test_csv_has_its_header_without_a_call(run):
    assert run("calls", "-", "--to", "csv", input=encode(UnknownEvent(61, {"TimeinSecs": 1}))).out.startswith('"begin","end",')


@pytest.mark.parametrize(("option", "cell"), [((), "'=1+1"), (("--raw-csv",), "=1+1")])
def test_csv_guards_texts(run, option, cell):
    data = encode(EventCallDeleted(call_uuid=MAIN, conn_id="006c03aaf743a001", extra={"ANI": "=1+1"}))
    [row] = csv.DictReader(run("calls", "-", "--to", "csv", *option, input=data).out.splitlines())
    assert row["ANI"] == cell
