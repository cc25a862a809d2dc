"""`tlib check`: violations and their summary."""

from __future__ import annotations

from itertools import pairwise

import pytest
from rich.cells import cell_len

from tlib_fuzz.selfcheck.checks import run_of
from tlib_fuzz.selfcheck.inputs import Inputs

UNLISTED = b'{"Event":"EventCallDeleted","CallUUID":"01FES9JKSOFQLEKK3CSH5B5AES00JV1U","ConnID":"006c02462a161006","ANI":"1"}\n'
SHORT_UUID = b'{"Event":"EventCallCreated","CallUUID":"short","ConnID":"006c02462a161006"}'


def test_valid_frames_have_status_0(sample, run):
    assert run("check", input=sample.first).status == 0


def test_the_summary_of_valid_frames_counts_events(sample, run):
    assert run("check", input=2 * sample.first).out.splitlines()[0] == "2 events, 0 errors, 0 warnings, 0 gaps, 0 malformed"


@pytest.fixture
def broken(folder, run):
    return run("check", folder / "bad.tlb", folder / "calls.log")


def test_violations_have_status_1(broken):
    assert broken.status == 1


def test_a_violation_of_a_frame_has_its_code(broken):
    assert "[not-allowed]" in broken.out


def test_a_violation_of_a_log_has_its_line(broken):
    assert "calls.log:6: error: EventReleased" in broken.out


@pytest.mark.parametrize("count", ["8 events", "2 malformed"])
def test_the_summary_covers_all_inputs(broken, count):
    assert count in broken.out


def test_an_unusable_input_has_status_2_after_violations(folder, run):
    assert run("check", folder / "bad.tlb", folder / "nowhere").status == 2


def test_json_has_an_object_per_violation(run):
    violation, _ = run("check", "--json", input=SHORT_UUID).events
    assert (violation["code"], violation["severity"]) == ("shape", "warning")


def test_json_gives_the_line_of_a_violation(run):
    violation, _ = run("check", "--json", input=SHORT_UUID).events
    assert violation["$source"]["line"] == 1


def test_json_ends_with_a_summary(run):
    assert run("check", "--json", input=SHORT_UUID).events[-1]["$summary"]["by_code"] == {"shape": 1}


def test_a_warning_has_status_1(run):
    assert run("check", input=SHORT_UUID).status == 1


def test_severity_error_ignores_warnings(run):
    assert run("check", "--severity", "error", input=SHORT_UUID).status == 0


def test_severity_error_counts_no_warnings(run):
    done = run("check", "--severity", "error", input=SHORT_UUID)
    assert done.out.splitlines()[0] == "1 event, 0 errors, 0 gaps, 0 malformed"


def test_a_malformed_line_is_a_json_object_with_its_code(run):
    assert run("check", "--json", input=b'{"Event":4711}\n{').events[0]["code"] == "json-syntax"


def test_the_summary_names_an_unknown_message_by_number(run):
    assert run("check", "--json", input=b'{"Event":4711}').events[-1]["$summary"]["by_event"] == {"#4711": 1}


# -- groups


def test_violations_of_one_kind_share_a_line(run):
    assert run("check", input=3 * UNLISTED).out.splitlines()[0].endswith("[unlisted-attribute] (3 times)")


def test_the_line_of_a_kind_has_its_first_place(run):
    assert run("check", input=SHORT_UUID + b"\n" + 3 * UNLISTED).out.splitlines()[1].startswith("(standard input):2: ")


def test_a_single_violation_has_no_count(run):
    assert run("check", input=UNLISTED).out.splitlines()[0].endswith("[unlisted-attribute]")


def test_kinds_stand_in_the_order_of_their_first_place(run):
    lines = run("check", input=UNLISTED + SHORT_UUID + b"\n" + UNLISTED).out.splitlines()
    assert [line.partition("[")[2].partition("]")[0] for line in lines[:2]] == ["unlisted-attribute", "shape"]


def test_violations_of_two_attributes_are_two_kinds(run):
    both = UNLISTED.replace(b'"ANI"', b'"DNIS":"2","ANI"')
    assert len(run("check", input=2 * both).out.splitlines()) == 3


def test_violations_of_several_files_share_a_line(run, tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).write_bytes(UNLISTED)
    assert "(2 times)" in run("check", tmp_path / "one", tmp_path / "two").out


def test_gaps_share_a_line(folder, run):
    (folder / "gaps.tlb").write_bytes(2 * (b"junk!" + (folder / "good.tlb").read_bytes()))
    assert "[gap] (2 times)" in run("check", folder / "gaps.tlb").out


def test_all_prints_a_line_per_violation(run):
    assert len(run("check", "--all", input=3 * UNLISTED).out.splitlines()) == 4


def test_json_has_an_object_per_violation_of_one_kind(run):
    assert len(run("check", "--json", input=3 * UNLISTED).events) == 4


def test_the_last_line_has_the_totals(run):
    assert run("check", input=3 * UNLISTED).out.splitlines()[-1] == "3 events, 0 errors, 3 warnings, 0 gaps, 0 malformed"


def test_beyond_the_limit_a_new_kind_has_no_group(run, monkeypatch):
    monkeypatch.setattr("tlib_cli.view.checks.MAX_KINDS", 1)
    both = UNLISTED.replace(b'"ANI"', b'"DNIS":"2","ANI"')
    lines = run("check", input=2 * both).out.splitlines()
    assert [line.count("times") for line in lines[:3]] == [0, 0, 1]


# -- runs of frames


@pytest.fixture(scope="module")
def frames():
    """Random frames, some damaged, many of the same kinds."""
    made = run_of(Inputs(5), 600, printed=False)
    bounds = memoryview(made.bounds).cast("Q")
    every = (made.data[start:end] for start, end in pairwise(bounds))
    return b"".join(frame for frame in every if frame[:4] == b"TL\1\0" and int.from_bytes(frame[6:10], "big") == len(frame) - 10)


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--all",),
        ("--json",),
        ("--summary",),
        ("--severity", "error"),
        ("--where", "any CallUUID"),
        ("--event", "EventCallDeleted", "--json"),
    ],
    ids=" ".join,
)
def test_runs_of_frames_give_what_single_frames_give(options, frames, run, monkeypatch):
    native = run("check", *options, input=frames)
    monkeypatch.setenv("TLIB_ENGINE", "reference")
    single = run("check", *options, input=frames)
    assert (native.out, native.err, native.status) == (single.out, single.err, single.status)


def test_kinds_beyond_the_limit_keep_their_places(frames, run, monkeypatch):
    monkeypatch.setattr("tlib_cli.view.checks.MAX_KINDS", 5)
    native = run("check", input=frames)
    monkeypatch.setenv("TLIB_ENGINE", "reference")
    assert native.out == run("check", input=frames).out


def test_a_baseline_covers_runs_of_frames(frames, run, tmp_path):
    baseline = tmp_path / "known.toml"
    run("check", "--write-baseline", baseline, input=frames)
    assert run("check", "--baseline", baseline, input=frames).status == 0


# -- summary


def test_a_summary_has_a_row_per_event_and_code(run):
    rows = run("check", "--summary", input=3 * UNLISTED + SHORT_UUID).out.splitlines()
    assert [row.split() for row in rows[1:]] == [
        ["EventCallDeleted", "3", "warning", "unlisted-attribute", "3"],
        ["EventCallCreated", "1", "warning", "shape", "1"],
    ]


def test_a_summary_has_a_row_for_an_event_without_violations(folder, run):
    assert ["EventCallDeleted", "1"] in [row.split() for row in run("check", "--summary", folder / "good.tlb").out.splitlines()]


def test_a_summary_has_a_row_for_damage(folder, run):
    assert ["(no", "event)", "gap", "1"] in [row.split() for row in run("check", "--summary", folder / "bad.tlb").out.splitlines()]


def test_a_summary_has_the_status_of_the_check(run):
    assert run("check", "--summary", input=UNLISTED).status == 1


def test_a_summary_as_json_is_one_object(run):
    (data,) = run("check", "--summary", "--json", input=3 * UNLISTED).events
    assert data["$summary"]["by_event_and_code"] == {"EventCallDeleted": {"unlisted-attribute": 3}}


def test_wide_characters_align_in_the_summary(tmp_path, run):
    (tmp_path / "wide.jsonl").write_text(
        '{"Event": "事件"}\n{"Event": "e\u0301"}\n{"Event": "EventRinging", "ThisDN": "1"}\n', encoding="utf-8"
    )
    rows = run("check", "--summary", tmp_path / "wide.jsonl").out.splitlines()
    assert len({cell_len(row[: row.index("1") + 1]) for row in rows if "1" in row}) == 1
