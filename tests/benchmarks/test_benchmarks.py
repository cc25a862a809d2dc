"""The benchmark runs, its peers carry the same event, and its page says so. How fast they are is no test's matter."""

import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

ROOT = Path(__file__).parents[2]
OPTIONAL = {"orjson", "msgpack", "cbor2", "protobuf", "asn1tools", "kaitaistruct", "dissect.cstruct", "scapy"}


def run(*arguments):
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)


@pytest.fixture(scope="module")
def smoke(tmp_path_factory):
    docs = tmp_path_factory.mktemp("docs")
    done = run("-m", "benchmarks", "--smoke", "--docs", docs)
    assert done.stderr == ""
    assert done.returncode == 0
    return done.stdout, docs


def sections(text):
    """Title of each table, and its rows as cells."""
    parts = [part.splitlines() for part in text.split("\n\n")]
    return {
        lines[0]: [re.split(r" {2,}", line.strip()) for line in lines[2:]]
        for lines in parts
        if len(lines) > 2 and not lines[0].startswith(" ")
    }


def test_every_peer_is_measured_or_reported_absent(smoke):
    text, _ = smoke
    absent = set(re.findall(r"^absent: (\S+)", text, re.MULTILINE))
    assert absent <= OPTIONAL | {"tlib-codec", "pyarrow", "the"}
    found = sections(text[text.index("decode, small event") :])
    for event in ("small", "large"):
        names = {row[0] for row in found[f"decode, {event} event"]}
        assert {
            "msgspec msgpack, typed Struct",
            "msgspec JSON, typed Struct",
            "tlib-codec, reference engine",
            "construct, idiomatic",
        } <= names
        for package in OPTIONAL - absent - {"protobuf", "kaitaistruct"}:
            assert any(name.startswith(package) for name in names), package


def test_every_ratio_is_a_time_over_the_baselines(smoke):
    text, _ = smoke
    found = sections(text[text.index("decode, small event") :])
    for title in ("decode, small event", "decode, large event", "encode, small event", "encode, large event"):
        rows = found[title]
        (base,) = (row for row in rows if row[4] == "baseline")
        assert base[3] == "1"
        ratios = [float(row[3].replace(",", "")) for row in rows]
        assert ratios == sorted(ratios)
        assert ratios[0] > 0


def test_every_aim_stands_beside_what_was_measured(smoke):
    text, docs = smoke
    aims = [line for line in text[text.rindex("\naims\n") :].splitlines()[3:] if line]
    assert len(aims) == 17
    assert all(line.endswith(("reached", "missed", "absent")) for line in aims)
    page = (docs / "benchmarks.md").read_text(encoding="utf-8")
    assert len(re.findall(r"\| (?:reached|missed|absent) \|$", page, re.MULTILINE)) == 17


def test_the_page_has_no_times_and_the_plot_a_bar_for_every_peer(smoke):
    text, docs = smoke
    page = (docs / "benchmarks.md").read_text(encoding="utf-8")
    assert not re.search(r"\d (?:ns|µs|ms)\b", page)
    plot = ET.parse(docs / "benchmarks.svg")
    bars = plot.findall(".//{*}g/{*}rect")
    found = sections(text[text.index("decode, small event") :])
    assert len(bars) == sum(len(found[f"decode, {event} event"]) for event in ("small", "large"))


@pytest.mark.parametrize(
    ("found", "told"),
    [("{}", "does not decode the event"), ("lambda data: {} if data == b'encoded' else expected", "does not encode the event")],
)
def test_a_peer_that_leaves_something_out_is_refused(found, told):
    decode = found if found.startswith("lambda") else f"lambda data: {found}"
    done = run(
        "-c",
        f"""if True:
        from benchmarks.events import SMALL, plain
        from benchmarks.peers import Peer, agree
        expected = plain(SMALL)
        agree(Peer("fast", b"data", {decode}, dict, lambda event: b"encoded", SMALL), expected)
        """,
    )
    assert done.returncode == 1
    assert done.stderr.startswith(f"fast {told}")


def test_the_events_are_of_the_stated_sizes():
    done = run(
        "-c",
        """if True:
        from benchmarks.events import FRAMES, LARGE, present
        print(len(FRAMES["small"]), len(FRAMES["large"]), len(present(LARGE)), len(LARGE.user_data), LARGE.is_link_list is not None)
        """,
    )
    small, large, attributes, pairs, links = done.stdout.split()
    assert 70 <= int(small) <= 80
    assert 480 <= int(large) <= 500
    assert (attributes, pairs, links) == ("12", "8", "True")


def test_ratios_are_taken_round_by_round():
    done = run("-c", "from benchmarks.paired import ratio_of; print(ratio_of([2.0, 8.0, 9.0], [1.0, 2.0, 3.0]))")
    assert done.stdout == "Ratio(median=3.0, low=2.5, high=3.5, best=2.0)\n"


@pytest.mark.parametrize("wrong", [("--rounds", "0"), ("--seconds", "0"), ("--events", "0")])
def test_settings_that_measure_nothing_are_refused(wrong):
    done = run("-m", "benchmarks", *wrong)
    assert done.returncode == 2
    assert "at least 1 round" in done.stderr
