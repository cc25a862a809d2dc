"""`tlib check`: violations and their summary."""

from __future__ import annotations

import pytest

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
