"""`tlib decode`: queries, formats and reports."""

from __future__ import annotations

import json
import sys

import pytest

from tlib_codec import TLIBRARY, UnknownEvent, encode
from tlib_codec.formats.jsonl.reader import read_lines
from tlib_codec.formats.source import Source
from tlib_codec.records import Record
from tlib_schemas.values import Attributes


def test_a_malformed_part_is_a_line_and_the_events_around_it_are_decoded(folder, run):
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


def test_jsonl_decodes_to_itself(folder, run):
    once = run("decode", folder / "bad.tlb")
    again = run("decode", input=once.raw)
    assert (again.out, again.status) == (once.out, 1)


@pytest.mark.parametrize("form", ["plain", "dump", "words"])
def test_hex_text_is_decoded_with_line_numbers(sample, run, form):
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


def test_a_line_that_is_not_hex_is_reported_by_number(sample, run):
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


def test_a_line_of_hex_may_be_longer_than_a_chunk(sample, run):
    count = (1 << 20) * 3 // len(sample.first) // 2
    for text in ((sample.first * count).hex(), (sample.first * count).hex(" "), " ".join([sample.first.hex()] * count) + "5"):
        done = run("check", input=text.encode())
        assert f"{count} events, 0 errors" in done.out


@pytest.fixture
def log(folder, run):
    return run("decode", "--server", "3", folder / "calls.log")


def test_messages_of_a_log_come_in_order_with_their_diagnostics(log):
    assert [line.get("Event") for line in log.events] == ["EventRinging", "EventReleased", None, "EventNotPublic"]


def test_a_log_keeps_attributes_without_a_public_number(log):
    assert log.events[0]["$unnumbered"] == {"AttributeMystery": "'x'"}


def test_an_event_of_a_log_has_its_line(log):
    assert log.events[0]["$source"]["line"] == 1


def test_an_invalid_event_of_a_log_has_violations(log):
    assert log.events[1]["$violations"]


def test_an_unreadable_value_of_a_log_is_malformed_at_its_line(log):
    assert (log.events[2]["$malformed"]["code"], log.events[2]["$source"]["line"]) == ("log-value", 8)


def test_an_unreadable_value_of_a_log_has_status_1(log):
    assert log.status == 1


def test_jsonl_of_a_log_decodes_to_itself(log, run):
    assert run("decode", input=log.raw).out == log.out


def test_where_selects_by_an_attribute_without_a_public_number(folder, run):
    done = run("decode", folder / "calls.log", "--where", "$unnumbered.AttributeMystery='x'")
    assert [line["Event"] for line in done.events] == ["EventRinging"]


DATED_LOG = (
    b"\tAttributeThisDN\t'1'\n\n2015-05-29T16:45:24.594 Trc 04541 EventRinging received from [66] (x)\n"
    b"message EventRinging\n\tAttributeThisDN\t'2'\n\n"
)


def test_a_dated_line_of_a_log_is_the_time_of_its_message(run):
    assert run("decode", input=DATED_LOG).events[-1]["$source"]["time"] == "2015-05-29T16:45:24.594000"


@pytest.mark.parametrize("command", ["decode", "check"])
def test_an_attribute_outside_a_message_is_reported(run, command):
    done = run(command, input=DATED_LOG)
    assert "[log-orphan]" in done.out + done.err


@pytest.mark.parametrize("text", ["2015-05-29 16:45:24.594", "ERROR (standard input):1"])
def test_a_table_of_a_log_shows_times_and_errors(run, text):
    assert text in run("decode", "--to", "table", input=DATED_LOG).out


def test_an_invalid_frame_is_written_byte_for_byte(folder, sample, run):
    done = run("decode", folder / "bad.tlb", "--to", "frames", "--event", "eventcalldeleted")
    assert sample.invalid in done.raw


def test_frames_are_written_byte_for_byte_without_gaps_and_malformed_ones(folder, sample, run):
    assert run("decode", folder / "bad.tlb", "--to", "frames").raw == sample.first + sample.frames + sample.invalid


def test_an_event_of_a_log_is_written_as_a_canonical_frame(folder, run):
    event = UnknownEvent(60, Attributes({"ConnID": "006c02462a161006", "ThisDN": "2001"}))
    assert run("decode", folder / "calls.log", "--to", "frames", "--event", "60").raw == encode(event)


@pytest.mark.parametrize(
    "report",
    [
        "written in part (noted once): expected attributes with a public number, found AttributeMystery",
        "calls.log:10: not written",
    ],
)
def test_frames_report_the_attributes_and_messages_that_they_cannot_hold(folder, run, report):
    assert report in run("decode", folder / "calls.log", "--to", "frames").err


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


def test_a_query_selects_events_but_hides_no_error(folder, run):
    for arguments in (["--event", "EventRinging"], ["--where", "ThisDN=2001"], ["--event", "EventRinging", "--to", "table"]):
        done = run("decode", folder / "bad.tlb", *arguments)
        assert done.status == 1
        assert len(done.err.splitlines()) == 3
        assert "EventRinging" in done.out
        assert "$gap" not in done.out
    done = run("decode", folder / "calls.log", "--event", "EventRinging")
    assert len(done.events) == 1
    assert "[log-value]" in done.err


def test_strict_stops_at_the_first_error(folder, run):
    for form in ("jsonl", "table"):
        done = run("decode", "--strict", "--to", form, folder / "bad.tlb", folder / "good.tlb")
        assert done.status == 1
        assert len(done.err.splitlines()) == 1
        assert "EventRinging" not in done.out
    assert run("decode", "--strict", folder / "good.tlb").status == 0


def test_a_user_registry_works_in_every_command(tmp_path, run, monkeypatch):
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


def test_format_overrides_detection(folder, sample, run):
    assert run("decode", "--format", "frames", input=bytes(range(200))).status == 1
    assert run("decode", input=b"TL\x02\x00 and more").status == 1
    assert run("decode", "--format", "log", input=b"nothing").status == 0
    assert run("decode", "--format", "jsonl", input=b"\xef\xbb\xbf" + (folder / "good.jsonl").read_bytes()).status == 0


def test_a_line_of_json_beyond_the_limit_is_a_diagnostic(tmp_path):
    path = tmp_path / "long.jsonl"
    path.write_bytes(b'{"Event":"EventRinging","ThisDN":"' + b"7" * 3_000_000 + b'"}\n{"Event":"EventRinging"}\n')
    with Source(str(path)) as source:
        long, short = (entry for batch in read_lines(source, TLIBRARY, longest=100) for entry in batch)
    assert long.expected == "a line of at most 100 bytes"
    assert isinstance(short, Record)


def test_rows_that_a_dump_omits_are_reported(run):
    text = (
        "00000000  54 4c 01 00 00 3c 00 00  00 00 00 00 00 00 00 00  |TL..|\n*\n00000030  54 4c 01 00 00 3c 00 00  00 00  |TL|\n0000003a\n"
    )
    done = run("decode", input=text.encode())
    assert done.status == 1
    assert "hexdump -v" in done.err
    assert done.out.count('"EventRinging"') == 2


def test_hex_may_be_cut_at_any_chunk(sample, run, monkeypatch):
    for size in (16, 31, 64):
        monkeypatch.setattr("tlib_codec.formats.source.CHUNK", size)
        monkeypatch.setattr("tlib_codec.formats.hexdump._HEAD", 64)
        for text in (sample.first.hex(), sample.first.hex(" "), sample.first.hex()[: size & ~1], " " + sample.first.hex()):
            done = run("decode", "--format", "hex", input=text.encode())
            assert "hex-form" not in done.err
            assert (done.status == 0) is (len(text) > 64)
