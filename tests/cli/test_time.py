"""Time is one thing: zones, spans, order and columns of all commands."""

from __future__ import annotations

import datetime as dt
import json

import pytest

LOG = "examples/tserver.log"
CAPTURE = "examples/calls.pcapng"
FIRST = "@{} [0] 8.1.101.25 distribute_event: message EventOnHook\n\tAttributeThisDN\t'{}'\n\n"
HEADER = "Local time:      2026-03-14T23:38:02.000\nUTC time:        2026-03-14T21:38:02.000\n\n"


@pytest.fixture
def log(tmp_path):
    """Write a log with a message a stamp; DNs are named after the file."""

    def write(name, *stamps, header=HEADER):
        path = tmp_path / name
        path.write_text(header + "".join(FIRST.format(stamp, name[0]) for stamp in stamps))
        return path

    return write


def lines(done):
    return [json.loads(line) for line in done.out.splitlines()]


def places(done):
    return [f"{line['ThisDN']}{line['$source']['line']}" for line in lines(done)]


# -- shown -----------------------------------------------------------------------------------------


def test_the_table_shows_the_zone_of_the_log(run):
    assert run("decode", "--to", "table", LOG).out.startswith("2026-03-14 23:38:02.003000+02:00  EventCallCreated")


def test_tz_is_the_zone_of_the_table(run):
    assert run("decode", "--to", "table", "--tz", "America/New_York", LOG).out.startswith("2026-03-14 17:38:02.003000-04:00  ")


def test_a_log_without_a_date_shows_its_time_of_day(run, log):
    assert run("decode", "--to", "table", log("a.log", "23:38:02.0610", header="")).out.startswith("23:38:02.061000  EventOnHook")


def test_the_heading_of_calls_names_the_zone(run):
    assert run("calls", "--to", "table", LOG).out.startswith("Begin (UTC+02:00) ")


def test_calls_begin_in_the_zone_of_tz(run):
    assert "03-15 03:08:49 " in run("calls", "--to", "table", "--tz", "Asia/Kolkata", LOG).out


def test_inspect_shows_the_zone_of_tz(run):
    assert "2026-03-14 23:38:08.850000+02:00  10.51.7.20" in run("inspect", CAPTURE, "--packet", "6", "--tz", "+02:00").out


def test_an_unknown_zone_is_refused_with_the_closest_name(run):
    done = run("decode", "--tz", "Europe/Pari", LOG)
    assert (done.status, "did you mean Europe/Paris?" in done.err) == (2, True)


def test_check_names_the_instant(run, log):
    path = log("a.log", "23:38:02.0610")
    path.write_text(path.read_text().replace("EventOnHook", "EventCallDeleted"))
    assert lines(run("check", "--json", path))[0]["$time"] == "2026-03-14T21:38:02.061000Z"


# -- JSON and columns ------------------------------------------------------------------------------


def test_json_has_the_instant_in_utc(run):
    assert lines(run("decode", LOG))[0]["$time"] == "2026-03-14T21:38:02.003000Z"


@pytest.mark.parametrize("path", [LOG, CAPTURE, "examples/calls.tlb", "examples/platform_sdk.log"])
def test_json_reads_back_as_it_was_written(run, path):
    written = run("decode", path).out
    assert run("decode", "--format", "jsonl", input=written.encode()).out == written


def test_the_time_of_day_reads_back_as_it_was_written(run, log):
    written = run("decode", log("a.log", "23:38:02.0610", header="")).out
    assert run("decode", "--format", "jsonl", input=written.encode()).out == written


@pytest.mark.parametrize("time", ['"noon"', "5", '"2026-03-14T23:38:02"'])
def test_a_time_that_is_no_instant_is_a_wrong_line(run, time):
    done = run("decode", input=f'{{"Event":"EventOnHook","$time":{time}}}\n'.encode())
    assert (done.status, lines(done)[0]["$malformed"]["path"]) == (1, "$time")


@pytest.mark.parametrize("path", [LOG, "examples/calls.tlb", CAPTURE])
def test_columns_have_the_instant_as_a_timestamp(run, tmp_path, path):
    parquet = pytest.importorskip("pyarrow.parquet")
    run("decode", path, "-o", tmp_path / "x.parquet")
    times = parquet.read_table(tmp_path / "x.parquet")["$time"].to_pylist()
    written = [line.get("$time") for line in lines(run("decode", path))]
    assert [None if time is None else f"{time.replace(tzinfo=None).isoformat(timespec='microseconds')}Z" for time in times] == written


def test_a_time_of_day_is_a_column_of_its_own(run, tmp_path, log):
    parquet = pytest.importorskip("pyarrow.parquet")
    run("decode", log("a.log", "23:38:02.0610", header=""), "-o", tmp_path / "x.parquet")
    assert parquet.read_table(tmp_path / "x.parquet")["$time_of_day"].to_pylist() == [dt.time(23, 38, 2, 61_000)]


def test_a_log_keeps_its_local_times(run, tmp_path):
    run("decode", LOG, "-o", tmp_path / "x.log")
    assert lines(run("decode", tmp_path / "x.log"))[1]["$source"]["time"] == "2026-03-14T23:38:02.061000"


def test_a_log_keeps_its_instants(run, tmp_path):
    run("decode", LOG, "-o", tmp_path / "x.log")
    assert lines(run("decode", tmp_path / "x.log"))[1]["$time"] == "2026-03-14T21:38:02.061000Z"


# -- asked for -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "since", ["2026-03-14 23:38:04.000000+02:00", "2026-03-14 23:38:04", "23:38:04", "2026-03-14T21:38:04Z", "2026-03-14T22:38:04+01:00"]
)
def test_since_takes_a_time_as_it_is_shown(run, log, since):
    assert places(run("decode", log("a.log", "23:38:02.0000", "23:38:04.0000"), "--since", since)) == ["a7"]


def test_since_is_in_the_zone_of_tz(run, log):
    path = log("a.log", "23:38:02.0000", "23:38:04.0000")
    assert places(run("decode", path, "--tz", "Europe/Paris", "--since", "2026-03-14T22:38:04")) == ["a7"]


def test_a_fragment_is_asked_by_time_of_day(run, log):
    path = log("a.log", "23:38:02.0000", "23:38:04.0000", header="")
    assert places(run("decode", path, "--until", "23:38:04")) == ["a1"]


def test_several_processes_take_times_in_the_zone_of_the_first_log(run, log):
    paths = log("a.log", "23:38:02.0000"), log("b.log", "21:38:02.0000", header=HEADER.replace("23:38", "21:38", 1))
    assert places(run("decode", *paths, "--jobs", 2, "--since", "2026-03-14T23:38:02")) == ["a4", "b4"]


def test_since_after_until_is_refused(run):
    done = run("decode", LOG, "--since", "2026-03-15", "--until", "2026-03-14")
    assert (done.status, "is after --until 2026-03-14" in done.err) == (2, True)


# -- in order --------------------------------------------------------------------------------------


def test_merge_orders_several_inputs_by_time(run, log):
    paths = log("a.log", "23:38:02.0000", "23:38:04.0000"), log("b.log", "23:38:03.0000")
    assert places(run("decode", "--merge", *paths)) == ["a4", "b4", "a7"]


def test_merge_knows_the_zones_of_its_inputs(run, log):
    paths = log("a.log", "23:38:02.0000"), log("b.log", "21:38:01.0000", header=HEADER.replace("23:38", "21:38", 1))
    assert places(run("decode", "--merge", *paths)) == ["b4", "a4"]


def test_without_merge_inputs_follow_one_another(run, log):
    paths = log("a.log", "23:38:04.0000"), log("b.log", "23:38:03.0000")
    assert places(run("decode", *paths)) == ["a4", "b4"]


def test_merge_reads_the_other_inputs_where_one_is_missing(run, log, tmp_path):
    done = run("decode", "--merge", tmp_path / "none.log", log("b.log", "23:38:03.0000"))
    assert (done.status, places(done)) == (2, ["b4"])


def test_merge_stops_at_the_first_invalid_record_of_a_strict_run(run, sample, tmp_path):
    (tmp_path / "a.tlb").write_bytes(sample.invalid + sample.frames)
    done = run("decode", "--merge", "--strict", tmp_path / "a.tlb")
    assert (done.status, len(lines(done))) == (1, 1)


def test_merge_of_inputs_without_addresses_refuses_an_address(run):
    assert "--address needs a capture" in run("decode", "--merge", "--address", "10.0.0.1", LOG).err


@pytest.mark.parametrize("other", [("--follow",), ("-o", "folder/")])
def test_merge_needs_the_end_of_its_inputs_and_one_output(run, other):
    assert "--merge reads its inputs to their end" in run("decode", "--merge", LOG, *other).err
