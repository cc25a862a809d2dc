"""`tlib connections`, and the answer of other commands to a capture without frames."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tlib_fuzz.packets import Talk, ethernet, ipv4, pcap

EXAMPLE = Path(__file__).parents[2] / "examples" / "calls.pcapng"
VENDOR = pcap(Talk(server="10.0.0.2", sport=3000).open().say(b"\x00\x01secret of the vendor" * 20).ack().close().packets)


@pytest.fixture
def vendor(tmp_path):
    path = tmp_path / "vendor.pcap"
    path.write_bytes(VENDOR)
    return path


def test_a_pipe_gets_a_line_per_connection(run):
    (connection,) = run("connections", EXAMPLE).events
    assert connection["frames"] == 65


def test_a_connection_has_the_number_of_its_records(run):
    numbers = {event["$source"]["connection"] for event in run("decode", EXAMPLE).events}
    assert {connection["connection"] for connection in run("connections", EXAMPLE).events} == numbers


def test_csv_has_the_fields_of_json(run):
    rows = list(csv.DictReader(run("connections", "--to", "csv", EXAMPLE).out.splitlines()))
    (connection,) = run("connections", EXAMPLE).events
    assert [list(row) for row in rows] == [list(connection)]


def test_the_suffix_chooses_the_format(run, tmp_path):
    run("connections", EXAMPLE, "-o", tmp_path / "x.csv")
    assert (tmp_path / "x.csv").read_text().startswith("file,connection,client,server,")


def test_the_table_shows_both_addresses(run):
    row = run("connections", "--to", "table", EXAMPLE).out.splitlines()[1]
    assert row.split()[1:3] == ["10.51.7.25:41532", "10.51.7.20:5001"]


def test_the_table_does_not_cut_an_address(run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    hosts = ("2001:db8:1111:2222:3333:4444:5555:6666", "2001:db8:1111:2222:3333:4444:5555:7777")
    done = run("connections", "--to", "table", input=pcap(Talk(client=hosts[0], server=hosts[1]).open().packets))
    assert done.out.splitlines()[1].split()[1] == f"[{hosts[0]}]:40000"


def test_the_table_marks_tls(run):
    done = run("connections", "--to", "table", input=pcap(Talk().open().say(b"\x16\x03\x03\x00\x40\x02").packets))
    assert done.out.splitlines()[1].endswith("  TLS")


def test_the_table_names_the_second_file(run, vendor):
    assert f"\n-- {vendor}\n" in run("connections", "--to", "table", EXAMPLE, vendor).out


def test_the_table_of_no_connection_is_empty(run):
    assert run("connections", "--to", "table", EXAMPLE, "--port", "80").out == ""


def test_connections_are_chosen_by_port(run):
    assert len(run("connections", EXAMPLE, "--port", "5001").events) == 1


def test_a_port_that_no_connection_has_is_reported(run):
    assert "0 of 1 connections have the chosen port and host" in run("connections", EXAMPLE, "--port", "80").err


def test_a_choice_that_matches_nothing_has_status_1(run):
    assert run("connections", EXAMPLE, "--port", "80").status == 1


def test_a_capture_without_tcp_is_reported(run):
    data = pcap([(0, ethernet(ipv4("10.0.0.1", "10.0.0.2", b"\0" * 8, proto=17)))])
    assert "no TCP connection in 1 packets" in run("connections", input=data).err


def test_a_capture_without_frames_is_listed(run, vendor):
    (connection,) = run("connections", vendor).events
    assert connection["frames"] == 0


def test_a_capture_without_frames_gives_the_reason(run, vendor):
    assert "vendor's transport encoding is not public" in run("connections", vendor).err


def test_a_capture_with_frames_has_no_report(run):
    assert run("connections", EXAMPLE).err == ""


def test_a_log_is_no_capture(run, folder):
    done = run("connections", folder / "calls.log")
    assert (done.status, done.err) == (2, f"tlib: {folder / 'calls.log'}: expected a capture (pcap or pcapng), got log\n")


def test_the_other_inputs_are_listed_after_an_unusable_one(run, folder):
    assert len(run("connections", folder / "calls.log", EXAMPLE).events) == 1


def test_a_damaged_capture_is_listed_with_status_1(run):
    done = run("connections", input=EXAMPLE.read_bytes()[:-10])
    assert (done.status, len(done.events)) == (1, 1)


def test_omitted_connections_are_reported(run, monkeypatch):
    monkeypatch.setattr("tlib_codec.formats.captures.connections.MAX_LISTED", 1)
    data = pcap(Talk().open().packets + Talk(cport=40001).open().packets)
    assert "the list has the first 1 connections and omits 1" in run("connections", input=data).err


# -- captures without frames, in other commands


@pytest.mark.parametrize("command", ["decode", "inspect", "calls"])
def test_a_capture_of_the_vendor_gives_the_reason(run, vendor, command):
    assert "the vendor's transport encoding is not public" in run(command, vendor).err


@pytest.mark.parametrize("command", ["decode", "inspect", "calls"])
def test_a_capture_of_the_vendor_gives_the_way_out(run, vendor, command):
    assert "tlib decode tserver.log" in run(command, vendor).err


def test_check_gives_the_reason_on_its_output(run, vendor):
    assert "the vendor's transport encoding is not public" in run("check", vendor).out


def test_check_names_each_capture_of_the_vendor(run, vendor, tmp_path):
    (tmp_path / "other.pcap").write_bytes(VENDOR)
    assert run("check", vendor, tmp_path / "other.pcap").out.count("[capture-no-frames]") == 2


def test_the_table_gives_the_reason(run, vendor):
    text = " ".join(run("decode", "--to", "table", vendor).out.split())
    assert "the vendor's transport encoding is not public" in text


def test_the_reason_is_given_when_the_port_of_the_vendor_is_chosen(run, vendor):
    assert "the vendor's transport encoding is not public" in run("decode", "--port", "3000", vendor).err


def test_a_port_that_no_connection_has_gives_the_way_to_the_list(run, vendor):
    assert "List the connections: tlib connections FILE." in run("decode", "--port", "80", vendor).err


def test_a_capture_with_frames_gives_no_reason(run):
    assert run("decode", EXAMPLE).err == ""


def test_inspect_of_no_frame_is_plain(run, vendor):
    assert run("inspect", vendor).err.endswith(f"tlib: {vendor}: the input has no frame\n")


# -- addresses in the table of events


def test_the_table_of_a_capture_shows_sender_and_receiver(run):
    assert f"\n  10.51.7.20:5001 → 10.51.7.25:41532  {EXAMPLE}: packet 4\n" in run("decode", "--to", "table", EXAMPLE).out


def test_a_wide_table_has_the_addresses_on_the_line_of_the_event(run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")
    assert f" 10.51.7.20:5001 → 10.51.7.25:41532  {EXAMPLE}: packet 4" in run("decode", "--to", "table", EXAMPLE).out.splitlines()[0]


def test_the_table_of_frames_shows_offsets(run, folder):
    assert f"{folder / 'good.tlb'}@0\n" in run("decode", "--to", "table", folder / "good.tlb").out


def test_the_source_of_json_in_a_table_has_its_addresses(run):
    event = json.dumps(run("decode", EXAMPLE).events[0]).encode()
    assert "10.51.7.20:5001 → 10.51.7.25:41532" in run("decode", "--to", "table", input=event).out
