"""Logs as they come: other encodings, folders and support bundles, several files that grow and rotate."""

from __future__ import annotations

import gzip
import io
import json
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from tlib_cli.following import decode_followed
from tlib_cli.inputs import size_of
from tlib_cli.pipeline import Pipeline, Task
from tlib_codec.formats.jsonl.writer import LineWriter
from tlib_schemas.tlibrary import TLIBRARY

EXAMPLES = Path(__file__).parents[2] / "examples"
HEAD = b"@16:45:24.5942 [0] 8.1.101.25 distribute_event: message EventDNDOn\n"


def message(dn):
    return HEAD + b"\tAttributeThisDN\t'" + dn + b"'\n\n"


LATIN = message(b"Ren\xe9e")


@pytest.mark.parametrize(
    ("options", "text"), [((), "Renée"), (("--encoding", "cp437"), "RenΘe"), (("--encoding", "utf-8"), {"$string": "UmVu6WU="})]
)
def test_text_that_is_not_utf_8(run, options, text):
    assert run("decode", *options, input=LATIN).events[0]["ThisDN"] == text


@pytest.mark.parametrize("command", ["decode", "check", "calls"])
def test_the_assumed_encoding_is_announced_once(run, command):
    assert run(command, input=LATIN * 3).err.count("[log-encoding]") == 1


@pytest.mark.parametrize("target", ["jsonl", "table", "frames", "csv", "log"])
def test_the_announcement_stands_in_no_output(run, target):
    done = run("decode", "--to", target, input=LATIN)
    assert ("log-encoding" in done.out, "log-encoding" in done.err) == (False, True)


@pytest.mark.parametrize("command", ["decode", "check"])
def test_an_assumed_encoding_is_no_error(run, command):
    assert run(command, input=LATIN).status == 0


@pytest.mark.parametrize("command", ["decode", "check", "calls", "replay"])
def test_an_unknown_encoding_is_wrong_usage(run, command):
    done = run(command, "--encoding", "klingon", input=LATIN)
    assert (done.status, "'klingon': expected the encoding of a text" in done.err) == (2, True)


@pytest.fixture
def logs(tmp_path):
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "b.log").write_bytes(message(b"2"))
    (folder / "a.log.gz").write_bytes(gzip.compress(message(b"1")))
    (folder / "readme.txt").write_bytes(b"hello\n")
    return folder


@pytest.fixture
def bundle(tmp_path, logs):
    path = tmp_path / "bundle.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in logs.iterdir():
            archive.write(file, file.name)
    return path


def places(done):
    return [event["$source"]["file"] for event in done.events]


def test_a_folder_is_read_file_by_file(run, logs):
    assert places(run("decode", logs)) == [f"{logs}/a.log.gz", f"{logs}/b.log"]


def test_a_bundle_is_read_member_by_member(run, bundle):
    assert places(run("decode", bundle)) == [f"{bundle}!a.log.gz", f"{bundle}!b.log"]


def test_a_member_is_read_alone(run, bundle):
    assert [event["ThisDN"] for event in run("decode", f"{bundle}!b.log").events] == ["2"]


def test_skipped_files_are_counted(run, logs):
    assert run("decode", logs).err == f"tlib: {logs}: skipped 1 of 3 files: no known format\n"


@pytest.mark.parametrize("command", ["check", "calls", "inspect"])
def test_other_commands_read_a_bundle_too(run, bundle, command):
    assert f"{bundle}!a.log.gz" in run(command, bundle).err + run(command, bundle).out or command != "inspect"


def test_a_damaged_bundle_is_unusable(run, tmp_path):
    (tmp_path / "b.zip").write_bytes(b"PK\3\4 and no more")
    done = run("decode", tmp_path / "b.zip")
    assert (done.status, "the zip file is damaged" in done.err) == (2, True)


def test_several_processes_read_a_bundle(run, bundle, tmp_path):
    run("decode", "--jobs", "2", bundle, "-o", tmp_path / "out.jsonl")
    assert len((tmp_path / "out.jsonl").read_text().splitlines()) == 2


def test_a_bundle_is_decoded_into_a_folder_of_parquet(run, bundle, tmp_path):
    pytest.importorskip("pyarrow")
    assert run("decode", bundle, "-o", f"{tmp_path}/out/").status == 0
    assert len(list((tmp_path / "out").glob("*.parquet"))) == 2


def test_the_size_of_a_member_is_that_of_its_text(bundle):
    assert size_of(f"{bundle}!b.log") == len(message(b"2"))


@pytest.mark.parametrize("path", ["-", "nowhere"])
def test_another_kind_of_input_has_no_size(path):
    assert size_of(path) == 0


def test_a_member_that_is_not_there_has_no_size(bundle):
    assert size_of(f"{bundle}!c.log") == 0


# -- files that grow -----------------------------------------------------------------------------


class Followed:
    """``tlib decode --follow`` in a process of its own."""

    def __init__(self, out, paths):
        self.out = out
        command = [sys.executable, "-m", "tlib_cli", "decode", "--follow", *map(str, paths)]
        with out.open("wb") as file:
            self.process = subprocess.Popen(command, stdout=file, stderr=subprocess.DEVNULL)

    def events(self, count):
        """Wait for this number of events."""
        until = time.monotonic() + 60
        while time.monotonic() < until and self.out.read_bytes().count(b"\n") < count:
            time.sleep(0.02)
        return [json.loads(line) for line in self.out.read_bytes().splitlines()]


@pytest.fixture
def followed(growing, tmp_path):
    one = Followed(tmp_path / "out.jsonl", growing)
    yield one
    one.process.kill()
    one.process.wait()


def append(path, data):
    with path.open("ab") as file:
        file.write(data)


@pytest.fixture
def growing(tmp_path):
    paths = [tmp_path / "a.log", tmp_path / "b.log"]
    for path in paths:
        path.write_bytes(message(path.stem.encode()))
    return paths


def test_several_files_that_grow_are_followed(growing, followed):
    assert len(followed.events(2)) == 2
    append(growing[1], message(b"b2"))
    assert followed.events(3)[-1]["ThisDN"] == "b2"
    append(growing[0], message(b"a2"))
    assert followed.events(4)[-1]["ThisDN"] == "a2"


def test_a_followed_log_goes_on_in_the_file_that_takes_its_name(growing, followed):
    followed.events(2)
    growing[0].rename(growing[0].with_suffix(".1"))
    growing[0].write_bytes(message(b"new"))
    assert followed.events(3)[-1]["ThisDN"] == "new"


def test_lines_of_the_next_file_count_from_1(growing, followed):
    followed.events(2)
    growing[0].write_bytes(b"")
    time.sleep(0.5)
    growing[0].write_bytes(b"\n" + message(b"new"))
    assert followed.events(3)[-1]["$source"]["line"] == 2


def followed_to_the_end(paths, **options):
    """Follow files that end at once (standard input is none of them): nothing waits without `follow`."""
    out = io.BytesIO()
    pipelines = [(str(path), Pipeline(Task(target="jsonl", **options), TLIBRARY)) for path in paths]
    return decode_followed(pipelines, LineWriter(out, TLIBRARY)), out.getvalue()


def test_the_last_end_ends_the_run(growing):
    status, out = followed_to_the_end(growing)
    assert (status, out.count(b"\n")) == (0, 2)


def test_a_file_that_cannot_be_read_leaves_the_others(growing, capsys):
    status, out = followed_to_the_end([growing[0].with_name("none.log"), *growing])
    assert (status, out.count(b"\n")) == (2, 2)
    assert "none.log: No such file or directory" in capsys.readouterr().err


def test_an_error_of_the_program_is_raised(growing):
    with pytest.raises(KeyError, match="klingon"):
        followed_to_the_end(growing, format="klingon")


def test_strict_ends_the_run_at_the_first_invalid_record(tmp_path):
    path = tmp_path / "a.log"
    path.write_bytes(b"\tAttributeThisDN\t'7001'\n\n" * 2)
    status, out = followed_to_the_end([path], strict=True)
    assert (status, out.count(b"\n")) == (1, 1)


def test_a_compressed_log_is_unpacked_where_its_format_is_named(run, logs):
    assert [event["ThisDN"] for event in run("decode", "--format", "log", logs / "a.log.gz").events] == ["1"]


def test_several_processes_read_logs_of_both_kinds_as_one_does(run):
    logs = (EXAMPLES / "platform_sdk.log", EXAMPLES / "tserver.log")
    assert run("decode", "--jobs", "2", *logs).out == run("decode", "--jobs", "1", *logs).out
