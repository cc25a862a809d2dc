"""The benchmark of whole paths runs and writes its tables. How fast is no test's matter."""

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from benchmarks import road_log
from benchmarks.page import road_of
from benchmarks.peers.naive_log import convert
from benchmarks.peers.pipelines import events_of

from tlib_codec import TLIBRARY, read
from tlib_codec.records import Record

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def smoke(tmp_path_factory):
    docs = tmp_path_factory.mktemp("docs")
    (docs / "benchmarks.md").write_text("before\n<!-- measured -->\nold\n<!-- measured so far -->\nafter\n")
    command = [sys.executable, "-m", "benchmarks.road", "--smoke", "--docs", docs, "--cache", docs / "cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=600)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout, docs


def test_every_aim_is_measured_that_needs_no_other_checkout(smoke):
    lines = smoke[0].split("\n\n")[0].splitlines()[2:]
    absent = {line.strip().split(", against before")[0] for line in lines if line.endswith("absent")}
    assert absent == {"capture → JSONL", "check of frames", "calls of frames", "redact frames", "frames → CSV", "frames → pcapng"}


def test_the_page_has_the_new_tables(smoke):
    page = (smoke[1] / "benchmarks.md").read_text()
    assert "old" not in page
    assert page.startswith("before\n<!-- measured -->\n\n**Reach, on data without repetition**\n\n|")
    assert page.endswith("|\n\n<!-- measured so far -->\nafter\n")


def test_another_run_of_the_benchmarks_keeps_the_tables(smoke):
    assert "**Growth**" in road_of(smoke[1] / "benchmarks.md")


def test_the_plot_is_an_image(smoke):
    assert ET.parse(smoke[1] / "road.svg").getroot().tag.endswith("svg")


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    path = tmp_path_factory.mktemp("log") / "a.log"
    road_log.write(path, 300_000)
    return path


def test_the_generated_log_has_no_errors(log):
    assert all(isinstance(entry, Record) and entry.valid for entry in read(log))


def test_no_message_of_the_generated_log_repeats(log):
    items = [str(entry.item) for entry in read(log) if isinstance(entry, Record)]
    assert len(set(items)) == len(items)


def test_odd_messages_are_reported(tmp_path):
    road_log.write(tmp_path / "odd.log", 300_000, odd=5)
    assert any(not isinstance(entry, Record) for entry in read(tmp_path / "odd.log"))


def test_the_naive_script_reads_the_same_events(log, tmp_path):
    convert(str(log), str(tmp_path / "a.jsonl"))
    names = [event["Event"] for event in events_of(tmp_path / "a.jsonl")]
    assert names == [TLIBRARY.message_name(entry.item.message) for entry in read(log) if isinstance(entry, Record)]
