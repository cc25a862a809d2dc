"""`tlib decode`: queries, formats and reports."""

from __future__ import annotations

import json
import sys

import pytest

from tlib_codec import encode


def test_what_is_malformed_has_a_line_of_its_own_and_the_rest_comes_out(folder, run):
    done = run("decode", folder / "bad.tlb")
    lines = done.events
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
    assert [line["Event"] for line in done.events] == ["EventCallCreated", "EventCallDeleted", "EventRinging"]
    second = done.events[1]["$source"]
    assert second["offset"] == len(sample.first)
    assert second["line"] == {"plain": len(sample.first) // 30, "dump": len(sample.first) // 16, "words": 0}[form] + 1
    assert (done.status, done.err) == (0, "")


def test_hex_that_is_wrong_is_reported_by_line(sample, run):
    text = "# a frame\n" + sample.first.hex() + "\nnot hex\n" + sample.first.hex() + "\n5"
    done = run("decode", "--format", "hex", input=text.encode())
    assert done.status == 1
    assert [line.get("Event", next(iter(line))) for line in done.events] == [
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
    lines = done.events
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
    assert [line["Event"] for line in wanted.events] == ["EventRinging"]


def test_a_log_with_a_date_and_orphans(run):
    text = "\tAttributeThisDN\t'1'\n\n2015-05-29T16:45:24.594 Trc 04541 EventRinging received from [66] (x)\nmessage EventRinging\n\tAttributeThisDN\t'2'\n\n"
    done = run("decode", input=text.encode())
    assert any(line.get("$source", {}).get("time") == "2015-05-29T16:45:24.594000" for line in done.events)
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
    assert (len(done.events), done.status) == (count, 0)


def test_only_what_is_wanted_is_written_and_what_is_wrong_is_reported_all_the_same(folder, run):
    for arguments in (["--event", "EventRinging"], ["--where", "ThisDN=2001"], ["--event", "EventRinging", "--to", "table"]):
        done = run("decode", folder / "bad.tlb", *arguments)
        assert done.status == 1
        assert len(done.err.splitlines()) == 3
        assert "EventRinging" in done.out
        assert "$gap" not in done.out
    done = run("decode", folder / "calls.log", "--event", "EventRinging")
    assert len(done.events) == 1
    assert "[log-value]" in done.err


def test_strict_stops_at_the_first_fault(folder, run):
    for form in ("jsonl", "table"):
        done = run("decode", "--strict", "--to", form, folder / "bad.tlb", folder / "good.tlb")
        assert done.status == 1
        assert len(done.err.splitlines()) == 1
        assert "EventRinging" not in done.out
    assert run("decode", "--strict", folder / "good.tlb").status == 0


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
    assert [line.get("Event") for line in done.events] == [None, "EventRinging"]
    assert "at most 100 bytes" in done.err


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
