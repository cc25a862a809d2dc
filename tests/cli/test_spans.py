"""One file in several processes: the same output and the same reports as in one."""

from __future__ import annotations

import subprocess
import sys

import pytest
from benchmarks.road_log import Log

from tlib_cli.commands import decode
from tlib_codec import EventCallCreated, KVList, encode
from tlib_codec.formats.writers import Once
from tlib_codec.records import Diagnostic, Origin
from tlib_schemas.errors import Severity


def tlib(*arguments, cwd):
    command = [sys.executable, "-m", "tlib_cli", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, capture_output=True, check=False, timeout=300)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("spans")
    odd = b"".join(Log(odd=10).blocks(1_200_000))
    (folder / "odd.log").write_bytes(odd)
    (folder / "latin.log").write_bytes(odd.replace("ü".encode(), b"\xfc").replace("ë".encode(), b"\xeb"))
    tlib("decode", "odd.log", "-o", "odd.jsonl", "--jobs", 1, cwd=folder)
    tlib("decode", "odd.log", "-o", "good.tlb", "--jobs", 1, cwd=folder)
    good = (folder / "good.tlb").read_bytes()
    (folder / "bad.tlb").write_bytes(good + b"garbage" + good[:-5] + good)
    frames = encode(EventCallCreated(call_uuid="01FES9JKSOFQLEKK3CSH5B5AES00JV1U", conn_id="006c02462a161006"))
    hidden = EventCallCreated(
        call_uuid="01FES9JKSOFQLEKK3CSH5B5AES00JV1U", conn_id="006c02462a161006", user_data=KVList({"x": frames * 700})
    )
    (folder / "hidden.tlb").write_bytes(encode(hidden) * 20)
    open_text = b"@10:00:00.0000 [0] 8.1.101.25 distribute_event: message EventOnHook\n\tAttributeThisDN\t'2001\n\n\n"
    (folder / "texts.log").write_bytes(odd[:200_000].rsplit(b"\n\n", 1)[0] + b"\n\n" + open_text * 9000)
    day = b"@%02d:00:00.0000 [0] 8.1.101.25 distribute_event: message EventOnHook\n\tAttributeThisDN\t'%s'\n\n"
    days = b"".join(day % (hour % 24, b"2" * 500) for hour in range(3000))
    (folder / "days.log").write_bytes(b"Local time:      2026-03-14T00:00:00.000\n\n" + days)
    return folder


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("odd.log", "out.jsonl"),
        ("odd.log", "out.tlb"),
        ("latin.log", "out.csv"),
        ("texts.log", "out.jsonl"),
        ("days.log", "out.jsonl"),
        ("odd.jsonl", "out.tlb"),
        ("bad.tlb", "out.jsonl"),
        ("hidden.tlb", "out.jsonl"),
    ],
)
def test_spans_of_one_file_give_the_bytes_and_reports_of_one_process(folder, run, monkeypatch, source, target):
    monkeypatch.chdir(folder)
    alone = run("decode", source, "-o", target, "--jobs", 1)
    expected = alone.status, alone.err, (folder / target).read_bytes()
    several = tlib("decode", source, "-o", target, "--jobs", 3, cwd=folder)
    assert (several.returncode, several.stderr.decode(), (folder / target).read_bytes()) == expected


def test_a_query_over_spans_counts_every_event(folder):
    done = tlib("decode", "good.tlb", "--where", "ANI = none", "--jobs", 3, cwd=folder)
    alone = tlib("decode", "good.tlb", "--where", "ANI = none", "--jobs", 1, cwd=folder)
    assert done.stderr == alone.stderr
    assert b"0 of " in done.stderr


def test_spans_leave_no_file_beside_the_output(folder):
    tlib("decode", "good.tlb", "-o", "alone.jsonl", "--jobs", 3, cwd=folder)
    assert not list(folder.glob(".tlib-parts-*"))


def jobs_of(path, *, to="jsonl", wanted=3, **options):
    from tlib_cli.output import outputs
    from tlib_cli.pipeline import Task

    return decode._jobs(wanted, (str(path),), outputs()[to], Task(target=to, **options))


def test_a_large_file_is_decoded_in_several_processes(folder):
    assert jobs_of(folder / "good.tlb") == 3


@pytest.mark.parametrize(
    "options", [{"to": "parquet"}, {"strict": True}, {"select": "ANI"}, {"address": "10.0.0.1"}, {"follow": True}, {"wanted": None}]
)
def test_an_output_that_one_process_must_write_has_one_job(folder, options):
    assert jobs_of(folder / "good.tlb", **options) == 1


def test_a_small_file_has_one_job(tmp_path, sample):
    (tmp_path / "a.tlb").write_bytes(sample.frames)
    assert jobs_of(tmp_path / "a.tlb") == 1


def test_a_compressed_file_has_one_job(folder):
    import gzip

    (folder / "good.tlb.gz").write_bytes(gzip.compress((folder / "good.tlb").read_bytes(), 0))
    assert jobs_of(folder / "good.tlb.gz") == 1


def test_an_unknown_file_has_one_job(tmp_path):
    (tmp_path / "noise").write_bytes(bytes(range(200)) * 3000)
    assert jobs_of(tmp_path / "noise") == 1


# -- notes that are made once ------------------------------------------------------------------------------------


def unnumbered(names, line):
    origin = Origin(file="a.log", line=line)
    return Diagnostic("log-unnumbered", origin, "attributes with a public number", names, severity=Severity.WARNING)


def test_a_name_that_was_noted_is_not_noted_again():
    once = Once()
    once(unnumbered("AttributeA, AttributeB", 1))
    assert once(unnumbered("AttributeB", 2)) is None


def test_a_note_keeps_the_names_that_are_new():
    once = Once()
    once(unnumbered("AttributeA", 1))
    again = once(unnumbered("AttributeA, AttributeB", 2))
    assert (again.actual, again.origin.line) == ("AttributeB", 2)


def test_the_encoding_of_a_file_is_noted_once():
    once = Once()
    note = Diagnostic("log-encoding", Origin(file="a.log", line=3), "UTF-8", "other bytes", severity=Severity.WARNING)
    assert [once(note), once(note)] == [note, None]


def test_the_encoding_of_each_file_is_noted():
    once = Once()
    notes = [Diagnostic("log-encoding", Origin(file=name), "UTF-8", "other", severity=Severity.WARNING) for name in ("a.log", "b.log")]
    assert [once(note) for note in notes] == notes


# -- counts ------------------------------------------------------------------------------------------------------


def test_stats_count_the_bytes_and_records_of_every_process(folder):
    size = (folder / "good.tlb").stat().st_size
    shown = []
    for jobs in (1, 3):
        done = tlib("decode", "good.tlb", "-o", "stats.jsonl", "--jobs", jobs, "--stats", cwd=folder)
        lines = done.stderr.decode().splitlines()
        assert lines[0].startswith(f"tlib: {size / 1e6:,.1f} MB in ")
        shown.append(lines[1:])
    assert shown[0] == shown[1]
    assert shown[0][0] == f"tlib: read {len((folder / 'stats.jsonl').read_bytes().splitlines()):,} records and 0 diagnostics"


def test_stats_count_merged_inputs(folder, run):
    done = run("decode", "--merge", folder / "good.tlb", folder / "good.tlb", "--to", "jsonl", "--stats")
    assert f"{2 * (folder / 'good.tlb').stat().st_size / 1e6:,.1f} MB in " in done.err


def test_stats_count_diagnostics(folder, run):
    done = run("decode", folder / "odd.log", "--to", "jsonl", "--stats", "--jobs", 1)
    assert "records and 0 diagnostics" not in done.err
    assert " diagnostics" in done.err
