"""The sub-commands, run in this process: what they print, report and refuse."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

import tlib_cli as cli
from tlib_cli import main
from tlib_codec import encode

LOG = """@16:45:24.5942 [0] 8.1.101.25 distribute_event: message EventRinging
\tAttributeThisDN\t'2001'
\tAttributeMystery\t'x'
\tAttributeConnID\t006c02462a161006

@16:45:25.0000 [0] 8.1.101.25 distribute_event: message EventReleased
\tAttributeConnID\t006c02462a161006
\tAttributeCallID\tseven

@16:45:26.0000 [0] 8.1.101.25 distribute_event: message EventNotPublic
\tAttributeMystery\t'y'

"""


def events(text):
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def folder(tmp_path, sample, run):
    (tmp_path / "good.tlb").write_bytes(sample.frames)
    (tmp_path / "bad.tlb").write_bytes(b"junk!" + sample.first + sample.first[:70] + sample.frames + sample.invalid)
    (tmp_path / "good.jsonl").write_bytes(run("decode", tmp_path / "good.tlb").raw)
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "calls.log").write_text(LOG)
    return tmp_path


# -- decode --------------------------------------------------------------------------------------


def test_what_is_malformed_has_a_line_of_its_own_and_the_rest_comes_out(folder, run):
    done = run("decode", folder / "bad.tlb")
    lines = events(done.out)
    assert [line.get("Event", next(iter(line))) for line in lines] == [
        "$gap",
        "EventCallCreated",
        "$malformed",
        "EventCallCreated",
        "EventCallDeleted",
        "EventRinging",
        "EventCallDeleted",
    ]
    assert lines[-1]["$violations"][0]["code"] == "not-allowed"
    assert done.status == 1
    reports = done.err.splitlines()
    assert len(reports) == 3
    assert reports[0] == f"tlib: {folder / 'bad.tlb'}: 5 bytes from byte 0 on belong to no frame [gap]"
    assert "at byte" in reports[1]
    assert reports[2].endswith("[not-allowed]")


def test_the_lines_are_read_again_as_they_were(folder, run):
    once = run("decode", folder / "bad.tlb")
    again = run("decode", input=once.raw)
    assert (again.out, again.status) == (once.out, 1)


@pytest.mark.parametrize("form", ["plain", "dump", "words"])
def test_hex_text_is_decoded_with_its_lines(sample, run, form):
    data = sample.frames
    lines = {
        "plain": [data[i : i + 30].hex(" ") for i in range(0, len(data), 30)],
        "dump": [f"{i:08x}: {data[i : i + 16].hex(' ')}  text" for i in range(0, len(data), 16)],
        "words": [data.hex()],
    }[form]
    done = run("decode", input="\n".join(lines).encode())
    assert [line["Event"] for line in events(done.out)] == ["EventCallCreated", "EventCallDeleted", "EventRinging"]
    second = events(done.out)[1]["$source"]
    assert second["offset"] == len(sample.first)
    assert second["line"] == {"plain": len(sample.first) // 30, "dump": len(sample.first) // 16, "words": 0}[form] + 1
    assert (done.status, done.err) == (0, "")


def test_hex_that_is_wrong_is_reported_by_line(sample, run):
    text = "# a frame\n" + sample.first.hex() + "\nnot hex\n" + sample.first.hex() + "\n5"
    done = run("decode", "--format", "hex", input=text.encode())
    assert done.status == 1
    assert [line.get("Event", next(iter(line))) for line in events(done.out)] == [
        "EventCallCreated",
        "$malformed",
        "EventCallCreated",
        "$malformed",
    ]
    assert done.err.splitlines()[0] == 'tlib: (standard input):3: expected hex digits, found "not" [hex-form]'
    again = run("decode", "--format", "jsonl", input=done.raw)
    assert again.status == 1


def test_a_line_of_hex_longer_than_a_chunk(sample, run):
    count = (1 << 20) * 3 // len(sample.first) // 2
    for text in ((sample.first * count).hex(), (sample.first * count).hex(" "), " ".join([sample.first.hex()] * count) + "5"):
        done = run("check", input=text.encode())
        assert f"{count} events, 0 errors" in done.out


def test_logs(folder, run):
    done = run("decode", "--server", "3", folder / "calls.log")
    lines = events(done.out)
    assert lines[0]["$unnumbered"] == {"AttributeMystery": "'x'"}
    assert lines[0]["$source"]["line"] == 1
    assert lines[0]["ThisDN"] == "2001"
    assert [line.get("Event") for line in lines] == ["EventRinging", "EventReleased", None, "EventNotPublic"]
    assert lines[1]["$violations"]
    assert lines[2]["$malformed"]["code"] == "log-value"
    assert lines[2]["$source"]["line"] == 8
    assert done.status == 1
    assert run("decode", input=done.raw).out == done.out
    wanted = run("decode", folder / "calls.log", "--where", "$unnumbered.AttributeMystery='x'")
    assert [line["Event"] for line in events(wanted.out)] == ["EventRinging"]


def test_a_log_with_a_date_and_orphans(run):
    text = "\tAttributeThisDN\t'1'\n\n2015-05-29T16:45:24.594 Trc 04541 EventRinging received from [66] (x)\nmessage EventRinging\n\tAttributeThisDN\t'2'\n\n"
    done = run("decode", input=text.encode())
    assert any(line.get("$source", {}).get("time") == "2015-05-29T16:45:24.594000" for line in events(done.out))
    assert "[log-orphan]" in done.err
    assert "[log-orphan]" in run("check", input=text.encode()).out
    table = run("decode", "--to", "table", input=text.encode())
    assert "2015-05-29 16:45:24.594" in table.out
    assert "ERROR (standard input):1" in table.out


def test_frames_out_of_frames_are_the_same_bytes_and_out_of_a_log_canonical(folder, sample, run):
    done = run("decode", folder / "bad.tlb", "-o", folder / "out.tlb", "--event", "eventcalldeleted")
    assert done.status == 1
    assert sample.invalid in (folder / "out.tlb").read_bytes()
    done = run("decode", folder / "calls.log", "--to", "frames", "--event", "60")
    assert done.raw == encode(sample.ringing.__class__(60, _attributes("2001")))
    done = run("decode", folder / "calls.log", "-o", folder / "log.tlb")
    assert "written in part (noted once): expected attributes with a public number, found AttributeMystery" in done.err
    assert "calls.log:10: not written" in done.err
    assert done.status == 1
    assert run("decode", folder / "bad.tlb", "--to", "frames").raw == sample.first + sample.frames + sample.invalid


def _attributes(dn):
    from tlib_schemas.values import Attributes

    return Attributes({"ConnID": "006c02462a161006", "ThisDN": dn})


@pytest.mark.parametrize(
    ("condition", "count"),
    [
        ("CallUUID=01FES9JKSOFQLEKK3CSH5B5AES00JV1U", 2),
        ("CallUuid=01FES9JKSOFQLEKK3CSH5B5AES00JV1U", 2),
        ("ConnID=006C02462A161006", 2),
        ("CallType=inbound", 1),
        ("CallType=2", 1),
        ("Cause=Transfer", 1),
        ("Cause=Busy", 0),
        ("UserData.RTR=115", 1),
        ("UserData.Seg.ment.Tier=Gold", 1),
        ("UserData.Seg=Gold", 0),
        ("ANI.x=5551000", 0),
        ("ThisDN=2001", 1),
        ("#200=00 01", 1),
        ("CallHistory=x", 0),
        ("time=2015-05-29T16:45:24Z", 1),
        ("TimeinSecs=1432917924", 1),
        ("TimeinuSecs=5", 0),
        ("InputMask=ff 01", 1),
        ("FirstTransferHomeLocation=SiteA", 0),
        ("UserData.missing=1", 0),
    ],
)
def test_where(folder, run, condition, count):
    released = {
        "Event": "EventReleased", "CallID": 1, "CallState": 0, "CallType": 99, "ConnID": "0000000000000001", "Server": 0, "ThisDN": "S::",
        "time": "2015-05-29T16:45:24Z", "Reliability": "Ok", "InputMask": {"$binary": "/wE="}, "Extensions": {"a": "b"},
    }  # fmt: skip
    text = (folder / "good.jsonl").read_bytes() + json.dumps(released).encode()
    done = run("decode", "--where", condition, input=text)
    assert (len(events(done.out)), done.status) == (count, 0)


def test_only_what_is_wanted_is_written_and_what_is_wrong_is_reported_all_the_same(folder, run):
    for arguments in (["--event", "EventRinging"], ["--where", "ThisDN=2001"], ["--event", "EventRinging", "--to", "table"]):
        done = run("decode", folder / "bad.tlb", *arguments)
        assert done.status == 1
        assert len(done.err.splitlines()) == 3
        assert "EventRinging" in done.out
        assert "$gap" not in done.out
    done = run("decode", folder / "calls.log", "--event", "EventRinging")
    assert len(events(done.out)) == 1
    assert "[log-value]" in done.err


def test_strict_stops_at_the_first_fault(folder, run):
    for form in ("jsonl", "table"):
        done = run("decode", "--strict", "--to", form, folder / "bad.tlb", folder / "good.tlb")
        assert done.status == 1
        assert len(done.err.splitlines()) == 1
        assert "EventRinging" not in done.out
    assert run("decode", "--strict", folder / "good.tlb").status == 0


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


# -- encode --------------------------------------------------------------------------------------


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


# -- inspect -------------------------------------------------------------------------------------


def test_inspect_names_the_bytes(folder, run):
    done = run("inspect", folder / "good.tlb")
    assert (done.status, done.err) == (0, "")
    assert done.out.count("frame of") == 3
    for piece in (
        "00000000  54 4c 01 00  ",
        "message EventCallCreated (160)",
        "id UserData (51)  type List",
        "value Inbound (2)",
        'value "Gold"',
    ):
        assert piece in done.out


def test_inspect_shows_cut_headers(run):
    done = run("inspect", input=b"TL\x01\x00\x00")
    assert "[truncated-header]" in done.out
    assert done.status == 1


def test_inspect_marks_the_broken_place(folder, run):
    done = run("inspect", folder / "bad.tlb")
    assert done.status == 1
    assert "<< BROKEN: expected" in done.out
    assert "gap of 5 bytes" in done.out


def test_inspect_chooses(folder, run, sample):
    assert run("inspect", folder / "bad.tlb", "--frame", "2").out.startswith(f"#2  {folder / 'bad.tlb'}, byte 5: frame of")
    assert run("inspect", folder / "bad.tlb", "--offset", "20").out.startswith("#2  ")
    limited = run("inspect", folder / "bad.tlb", "--limit", "2")
    assert limited.out.count("#") == 2
    assert "--limit 0" in limited.err
    assert "no frame" in run("inspect", folder / "good.tlb", "--frame", "9").err
    assert run("inspect", folder / "good.tlb", "--offset", "99999").status == 2
    assert "tlib encode" in run("inspect", folder / "good.jsonl").err
    assert "tlib decode -o" in run("inspect", folder / "calls.log").err
    assert run("inspect", "--format", "hex", input=b"xyz\n" + sample.first.hex().encode()).status == 1


def test_inspect_shortens_long_values(run, monkeypatch):
    data = b"TL\x01\x00\x00\x3c\x00\x00\x01\x06\x00\xc8\x02\x00\x01\x00" + bytes(256)
    monkeypatch.setenv("COLUMNS", "80")
    assert "128 more bytes (--full)" in run("inspect", input=data).out
    assert len(run("inspect", "--full", input=data).out.splitlines()) == 37
    monkeypatch.setenv("COLUMNS", "120")
    assert "more bytes" not in run("inspect", input=data).out


# -- check ---------------------------------------------------------------------------------------


def test_check(folder, run):
    done = run("check", folder / "good.tlb")
    assert done.status == 0
    assert done.out.splitlines()[0] == "3 events, 0 errors, 0 warnings, 0 gaps, 0 malformed"
    done = run("check", folder / "bad.tlb", folder / "calls.log")
    assert done.status == 1
    assert "[not-allowed]" in done.out
    assert "calls.log:6: error: EventReleased" in done.out
    assert "8 events" in done.out
    assert "2 malformed" in done.out
    assert run("check", folder / "bad.tlb", folder / "nowhere").status == 2


def test_check_by_severity_and_as_json(run):
    text = b'{"Event":"EventCallCreated","CallUUID":"short","ConnID":"006c02462a161006"}'
    done = run("check", "--json", input=text)
    told, summary = events(done.out)
    assert (done.status, told["code"], told["severity"], told["$source"]["line"]) == (1, "shape", "warning", 1)
    assert summary["$summary"]["by_code"] == {"shape": 1}
    done = run("check", "--severity", "error", input=text)
    assert (done.status, done.out.splitlines()[0]) == (0, "1 event, 0 errors, 0 gaps, 0 malformed")
    done = run("check", "--json", input=b'{"Event":4711}\n{')
    assert [line.get("code") for line in events(done.out)] == ["json-syntax", None]
    assert "#4711" in done.out


# -- schema --------------------------------------------------------------------------------------


def test_schema(run):
    listed = run("schema").out
    assert "EventCallCreated" in listed
    table = run("schema", "eventreleased").out
    assert "Optional a" in table
    assert "the message number" in table
    assert "0x8001" in table
    assert "Mandatory for the call states" in table
    assert "deprecated" in table
    assert run("schema", "162").out.startswith("EventCallDeleted (message 162)")
    assert "did you mean EventCallDeleted?" in run("schema", "EventCalDeleted").err
    assert json.loads(run("schema", "--json", "EventCallDeleted").out)["title"] == "EventCallDeleted"
    assert json.loads(run("schema", "--json").out)


# -- what cannot be used -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["decode", "nowhere"], "nowhere: No such file or directory"),
        (["decode", "."], ".: Is a directory"),
        (["decode", "a\0b"], "embedded null byte"),
        (["decode", "empty"], "empty: the input is empty"),
        (["decode", "noise"], "no known format (capture, frames, hex, jsonl, log)"),
        (["decode", "words"], "no known format"),
        (["decode", "packed"], "gzip data"),
        (["decode", "good.tlb", "-o", "out.xyz"], "no format has this suffix"),
        (["decode", "good.tlb", "-o", "no/out.tlb"], "the folder no does not exist"),
        (["decode", "good.tlb", "-o", "good.tlb"], "is also an input"),
        (["decode", "--event", "EventCallCreatd"], "did you mean EventCallCreated?"),
        (["decode", "--where", "CalType=2"], "did you mean CallType?"),
        (["decode", "--where", "CallType"], "NAME=VALUE"),
        (["decode", "--registry", "nocolon"], "expected MODULE:NAME"),
        (["decode", "--registry", "nomodule:X"], "ModuleNotFoundError"),
        (["decode", "--registry", "tlib_codec:NOPE"], "has no attribute 'NOPE'"),
        (["decode", "--registry", "tlib_codec:encode"], "expected a tlib_schemas.registry.Registry"),
        (["encode", "nowhere"], "nowhere: No such file"),
        (["check", "nowhere"], "nowhere: No such file"),
        (["dekode"], "did you mean decode?"),
        (["zzz"], "No such command"),
    ],
)
def test_what_cannot_be_used_is_said_in_one_line(folder, monkeypatch, capfd, arguments, said):
    (folder / "noise").write_bytes(bytes(range(200)))
    (folder / "words").write_bytes(b"a shopping list\n")
    (folder / "packed").write_bytes(b"\x1f\x8b\x08")
    monkeypatch.chdir(folder)
    assert main(arguments) == 2
    errors = capfd.readouterr().err
    assert said in errors
    assert "Traceback" not in errors


def test_a_registry_of_ones_own(tmp_path, run, monkeypatch):
    (tmp_path / "rainfall.py").write_text(
        "from typing import Annotated\n"
        "from tlib_codec import Attribute, Event, Registry, event\n"
        "from tlib_schemas import wire\n"
        "Place = Annotated[str, Attribute(1, wire.String, name='Place')]\n"
        "Raw = Annotated[object, Attribute(2, None, name='Raw')]\n"
        "@event(7)\n"
        "class Rain(Event):\n"
        "    place: Place\n"
        "    raw: Raw | None = None\n"
        "WEATHER = Registry('Weather', events=[Rain])\n"
    )
    monkeypatch.chdir(tmp_path)
    frames = run("encode", "--registry", "rainfall:WEATHER", input=b'{"Event":"Rain","Place":"Oslo"}').raw
    done = run("decode", "--registry", "rainfall:WEATHER", "--to", "table", input=frames)
    assert "Rain" in done.out
    assert "Place Oslo" in done.out
    assert "any" in run("schema", "--registry", "rainfall:WEATHER", "Rain").out
    sys.modules.pop("rainfall")


def test_formats_can_be_forced(folder, sample, run):
    assert run("decode", "--format", "frames", input=bytes(range(200))).status == 1
    assert run("decode", input=b"TL\x02\x00 and more").status == 1
    assert run("decode", "--format", "log", input=b"nothing").status == 0
    assert run("decode", "--format", "jsonl", input=b"\xef\xbb\xbf" + (folder / "good.jsonl").read_bytes()).status == 0


def test_a_line_of_json_has_a_limit(run, monkeypatch):
    monkeypatch.setattr("tlib_codec.formats.jsonl.reader._LONGEST_LINE", 100)
    done = run("decode", input=b'{"Event":"EventRinging","ThisDN":"' + b"7" * 3_000_000 + b'"}\n{"Event":"EventRinging"}\n')
    assert done.status == 1
    assert [line.get("Event") for line in events(done.out)] == [None, "EventRinging"]
    assert "at most 100 bytes" in done.err


# -- starting and ending -------------------------------------------------------------------------


def test_main_runs_commands_and_tells_versions(capsys):
    assert main(["--version"]) == 0
    first = capsys.readouterr().out
    assert main(["--version", "schema"]) == 0
    assert capsys.readouterr().out == first
    assert main(["--help"]) == 0
    assert "decode" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["decode", "encode", "inspect", "check", "schema"])
def test_help_shows_an_example(run, name):
    assert f"  tlib {name}" in run(name, "--help").out


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (KeyboardInterrupt(), 130, ""),
        (BrokenPipeError(), 0, ""),
        (OSError(28, "No space left on device"), 2, "tlib: output: No space left on device\n"),
        (OSError(13, "Permission denied", "a.tlb"), 2, "tlib: a.tlb: Permission denied\n"),
    ],
)
@pytest.mark.parametrize("inside", [True, False])
def test_endings(monkeypatch, capfd, error, status, said, inside):
    def fail(*_arguments):
        raise error

    turned = []
    monkeypatch.setattr(cli, "_discard_output", lambda: turned.append(1))
    if inside:
        monkeypatch.setattr("tlib_cli.commands.schema._list", fail)
    else:
        monkeypatch.setattr(cli, "_run", fail)
    assert main(["schema"]) == status
    assert capfd.readouterr().err == said
    assert turned == [1]


def test_output_is_turned_away(capfd):
    import os

    kept = os.dup(1)
    try:
        cli._discard_output()
        os.write(1, b"nobody sees this")
    finally:
        os.dup2(kept, 1)
        os.close(kept)
    assert capfd.readouterr().out == ""


def test_what_cannot_be_read_is_said(tmp_path, run, monkeypatch):
    path = Path("/proc/self/mem")
    if not path.exists():
        pytest.skip("no file here that opens and cannot be read")
    done = run("decode", path)
    assert (done.status, done.err) == (2, f"tlib: {path}: Input/output error\n")


def test_progress_is_drawn_for_a_long_input_only(monkeypatch):
    import io
    from types import SimpleNamespace

    from tlib_cli.view.progress import Progress

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    drawn = Terminal()
    monkeypatch.setattr(sys, "stderr", drawn)
    monkeypatch.setenv("TERM", "xterm")
    with Progress(alone=True) as progress:
        progress.opened(SimpleNamespace(name="small", size=10))
        progress.moved(10)
        assert drawn.getvalue() == ""
        for name in ("[large]", "larger"):
            progress.opened(SimpleNamespace(name=name, size=10 << 20))
            progress.moved(5 << 20)
    assert "[large]" in drawn.getvalue()


def test_a_terminal_is_not_read(monkeypatch, capfd):
    from types import SimpleNamespace

    monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: True, buffer=None))
    assert main(["decode"]) == 2
    assert "Give a FILE, or pipe data in." in capfd.readouterr().err


def test_frames_are_not_written_to_a_terminal(folder, monkeypatch, capfd):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    assert main(["encode", str(folder / "good.jsonl")]) == 2
    assert "give -o FILE" in capfd.readouterr().err


def test_rows_left_out_of_a_dump_are_reported(run):
    text = (
        "00000000  54 4c 01 00 00 3c 00 00  00 00 00 00 00 00 00 00  |TL..|\n*\n00000030  54 4c 01 00 00 3c 00 00  00 00  |TL|\n0000003a\n"
    )
    done = run("decode", input=text.encode())
    assert done.status == 1
    assert "hexdump -v" in done.err
    assert done.out.count('"EventRinging"') == 2


def test_hex_in_pieces(sample, run, monkeypatch):
    for size in (16, 31, 64):
        monkeypatch.setattr("tlib_codec.formats.source.CHUNK", size)
        monkeypatch.setattr("tlib_codec.formats.hexdump._HEAD", 64)
        for text in (sample.first.hex(), sample.first.hex(" "), sample.first.hex()[: size & ~1], " " + sample.first.hex()):
            done = run("decode", "--format", "hex", input=text.encode())
            assert "hex-form" not in done.err
            assert (done.status == 0) is (len(text) > 64)


def test_what_no_frame_can_hold_is_reported_by_line(run):
    done = run("encode", input=json.dumps({"Event": "EventRinging", "UserData": {"k": "v" * 70_000}}).encode())
    assert (done.status, done.raw) == (1, b"")
    assert done.err.startswith("tlib: (standard input):1: EventRinging.UserData")


def test_call_history_is_shown_by_its_parts(run):
    event = {
        "Event": "EventReleased", "CallID": 1, "CallState": 0, "CallType": 2, "ConnID": "0000000000000001", "Server": 0, "ThisDN": "S::",
        "time": "2015-05-29T16:45:24Z", "Reliability": "Ok", "CallHistory": {"FirstTransferHomeLocation": "SiteA"},
    }  # fmt: skip
    done = run("decode", "--to", "table", input=json.dumps(event).encode())
    assert done.out.startswith("2015-05-29 16:45:24Z  EventReleased (deprecated)")
    assert "FirstTransferHomeLocation SiteA" in done.out
    assert done.status == 0


def test_an_output_that_is_no_text_file(monkeypatch):
    import io

    out = io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    assert main(["--help"]) == 0
    assert "Commands" in out.getvalue()


def test_a_frame_beyond_the_limit_is_reported_by_line(run):
    long = "7" * (9 << 20)
    done = run("encode", input=json.dumps({"Event": "EventRinging", "ThisDN": long, "OtherDN": long}).encode())
    assert (done.status, done.raw) == (1, b"")
    assert done.err.startswith("tlib: (standard input):1: EventRinging: expected at most 16777216 bytes")


def test_a_pipe_closed_on_a_table_is_left_to_main():
    from tlib_cli.view.tables import console

    screen = console(sys.stdout.buffer)
    try:
        raise BrokenPipeError
    except BrokenPipeError:
        with pytest.raises(BrokenPipeError):
            screen.on_broken_pipe()
