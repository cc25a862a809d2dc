"""`tlib decode` of several files: in several processes, and to a folder that a second run completes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.dataset
import pyarrow.parquet
import pytest

from tlib_codec.arrow.columns import frames
from tlib_codec.arrow.partition import PartitionedSink

EXAMPLES = Path(__file__).parents[2] / "examples"
TLIB = [sys.executable, "-m", "tlib_cli"]


def tlib(*arguments, cwd):
    return subprocess.run([*TLIB, *map(str, arguments)], capture_output=True, cwd=cwd, timeout=120, check=False)


@pytest.fixture
def inputs(tmp_path, sample):
    (tmp_path / "a.tlb").write_bytes(sample.frames + sample.invalid)
    (tmp_path / "b.log").write_bytes((EXAMPLES / "tserver.log").read_bytes())
    (tmp_path / "c.tlb").write_bytes(b"junk" + sample.frames)
    return ["a.tlb", "b.log", "c.tlb"]


@pytest.mark.parametrize("suffix", ["jsonl", "tlb", "csv", "parquet"])
def test_several_processes_write_the_output_of_one(inputs, tmp_path, suffix):
    one, two = (tlib("decode", *inputs, "--jobs", n, "-o", f"{n}.{suffix}", cwd=tmp_path) for n in (1, 2))
    assert (one.returncode, two.returncode) == (1, 1)
    assert two.stderr == one.stderr
    assert one.stderr
    if suffix == "parquet":
        first, second = (pyarrow.parquet.read_table(tmp_path / f"{n}.parquet") for n in (1, 2))
        assert first.to_pylist() == second.to_pylist()
    else:
        assert (tmp_path / f"1.{suffix}").read_bytes() == (tmp_path / f"2.{suffix}").read_bytes()
    assert not list(tmp_path.glob(".tlib-parts*"))


def test_several_processes_report_an_unusable_input_as_one_does(inputs, tmp_path):
    (tmp_path / "d.bin").write_bytes(b"\x01\x02neither")
    one, two = (tlib("decode", inputs[0], "d.bin", inputs[1], "--jobs", n, cwd=tmp_path) for n in (1, 2))
    assert (two.returncode, two.stdout, two.stderr) == (one.returncode, one.stdout, one.stderr)
    assert one.returncode == 2


def test_an_interrupt_stops_the_workers_and_leaves_nothing(sample, tmp_path):
    for name in "ab":
        (tmp_path / f"{name}.tlb").write_bytes(sample.first * 400_000)
    process = subprocess.Popen(
        [*TLIB, "decode", "a.tlb", "b.tlb", "--jobs", "2", "-o", "out.csv"], cwd=tmp_path, stderr=subprocess.PIPE, start_new_session=True
    )
    until = time.monotonic() + 60
    while not list(tmp_path.glob(".tlib-parts*/0")) and time.monotonic() < until:
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (130, b"")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.tlb", "b.tlb"]


# -- a folder ------------------------------------------------------------------------------------


def rows(folder):
    table = pyarrow.dataset.dataset(folder, partitioning="hive").to_table()
    return sorted(json.dumps(row, default=str, sort_keys=True) for row in table.to_pylist())


def parts(folder):
    return {str(path.relative_to(folder)): path.stat().st_mtime_ns for path in folder.rglob("*.parquet")}


def test_a_folder_has_every_row_under_its_keys(inputs, tmp_path):
    assert tlib("decode", *inputs, "-o", "out/", "--partition", "date,event", "--jobs", "2", cwd=tmp_path).returncode == 1
    assert tlib("decode", *inputs, "-o", "flat/", cwd=tmp_path).returncode == 1
    flat = pyarrow.dataset.dataset(tmp_path / "flat").to_table()
    assert len(parts(tmp_path / "flat")) == 3
    table = pyarrow.dataset.dataset(tmp_path / "out", partitioning="hive").to_table()
    assert table.num_rows == flat.num_rows
    counted = {(row["Event"], row["$file"]): 0 for row in flat.to_pylist()}
    assert {(row["Event"], row["$file"]) for row in table.to_pylist()} == set(counted)
    dates = {str(row["date"]) for row in table.to_pylist() if row["TimeinSecs"]}
    assert dates == {"2026-03-14"}
    one = next(path for path in (tmp_path / "flat").glob("c-*.parquet"))
    assert b"".join(frames(pyarrow.parquet.read_table(one))) == (tmp_path / "c.tlb").read_bytes()


def test_a_second_run_decodes_only_new_inputs(inputs, tmp_path, sample):
    command = ["decode", *inputs, "-o", "out/", "--partition", "event"]
    tlib(*command, cwd=tmp_path)
    before, had = parts(tmp_path / "out"), rows(tmp_path / "out")
    again = tlib(*command, cwd=tmp_path)
    assert (again.returncode, again.stderr) == (
        1,
        b"tlib: out/: skipped 3 of 3 files, which an earlier run decoded; the run that decoded them reported their errors\n",
    )
    assert parts(tmp_path / "out") == before
    (tmp_path / "a.tlb").write_bytes(sample.first * 2)
    tlib(*command, cwd=tmp_path)
    after = parts(tmp_path / "out")
    assert {name: at for name, at in after.items() if "/a-" not in name} == {n: at for n, at in before.items() if "/a-" not in n}
    assert [name.split("/")[0] for name in after if "/a-" in name] == ["Event=EventCallCreated"]  # its stale parts are gone
    assert len(rows(tmp_path / "out")) == len(had) - 4 + 2


def test_an_interrupted_run_is_completed_by_the_next(inputs, tmp_path, monkeypatch, run):
    tlib("decode", *inputs, "-o", "whole/", "--partition", "event", cwd=tmp_path)
    whole = rows(tmp_path / "whole")
    files = [tmp_path / name for name in inputs]
    out = f"{tmp_path}/out/"

    class Broken(Exception):
        pass

    broken = count = 0
    done = False
    real = Path.replace

    def replace(self, target):
        nonlocal count
        count += 1
        if count > broken:
            raise Broken
        return real(self, target)

    while not done:  # a rename further each time
        count = 0
        with monkeypatch.context() as patched:
            patched.setattr(Path, "replace", replace)
            try:
                run("decode", *files, "-o", out, "--partition", "event", "--jobs", 1)
                done = True
            except Broken:
                broken += 1
        for path in Path(out).rglob("*.parquet"):
            pyarrow.parquet.read_table(path)
    assert broken >= 4
    assert [row.replace(str(tmp_path) + "/out", "") for row in rows(Path(out))] == whole
    assert not (Path(out) / "_tlib" / "work").exists()


def test_other_options_or_another_run_are_refused(inputs, tmp_path):
    import fcntl

    tlib("decode", inputs[0], "-o", "out/", cwd=tmp_path)
    other = tlib("decode", inputs[0], "-o", "out/", "--partition", "date", cwd=tmp_path)
    assert other.returncode == 2
    assert b"an earlier run used other options" in other.stderr
    with (tmp_path / "out" / "_tlib" / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        busy = tlib("decode", inputs[0], "-o", "out/", cwd=tmp_path)
    assert (busy.returncode, busy.stderr) == (2, b"tlib: out: another run writes to this folder; wait for it, or give another folder\n")
    assert tlib("decode", inputs[0], "--partition", "date", "-o", "x.parquet", cwd=tmp_path).returncode == 2
    assert b"expected date, event" in tlib("decode", inputs[0], "--partition", "size", "-o", "new/", cwd=tmp_path).stderr


def test_a_sink_writes_more_partitions_than_it_opens_files(tmp_path):
    from tlib_codec import UnknownEvent
    from tlib_codec.arrow.records import RecordColumns
    from tlib_codec.records import Batch, Record
    from tlib_schemas.values import Attributes

    columns = RecordColumns()
    sink = PartitionedSink(tmp_path, "x", columns.schema, ("date",), max_held=0, max_open=3)
    for turn in range(2):
        events = [UnknownEvent(60, Attributes({"TimeinSecs": day * 86_400 + turn})) for day in range(7)]
        for rows, _ in columns.rows(Batch([Record(event) for event in events]), []):
            sink.write([rows])
    sink.close()
    assert len(sink.parts) == len(set(sink.parts)) > 7
    found = [pyarrow.parquet.read_table(path) for path in tmp_path.glob("*.part")]
    assert sorted(seconds for table in found for seconds in table["TimeinSecs"].to_pylist()) == sorted(
        day * 86_400 + turn for turn in range(2) for day in range(7)
    )
