"""`tlib check --baseline` and `--write-baseline`."""

from __future__ import annotations

import tomllib

import pytest

from tlib_cli.baseline import Kind, read_baseline, write_baseline

UNLISTED = b'{"Event":"EventCallDeleted","CallUUID":"01FES9JKSOFQLEKK3CSH5B5AES00JV1U","ConnID":"006c02462a161006","ANI":"1"}\n'
SHORT_UUID = b'{"Event":"EventCallCreated","CallUUID":"short","ConnID":"006c02462a161006"}\n'


@pytest.fixture
def baseline(tmp_path):
    return tmp_path / "known.toml"


@pytest.fixture
def written(run, baseline):
    """Write a baseline of one kind."""
    run("check", "--write-baseline", baseline, input=3 * UNLISTED)
    return baseline


def test_writing_a_baseline_has_status_0(run, baseline):
    assert run("check", "--write-baseline", baseline, input=UNLISTED).status == 0


def test_writing_a_baseline_prints_no_violation(run, baseline):
    assert run("check", "--write-baseline", baseline, input=UNLISTED).out == ""


def test_writing_a_baseline_reports_the_number_of_kinds(run, baseline):
    done = run("check", "--write-baseline", baseline, input=3 * UNLISTED + SHORT_UUID)
    assert done.err == f"tlib: {baseline}: kinds of violations written: 2\n"


def test_a_baseline_has_a_kind_without_count_or_place(written):
    (kind,) = tomllib.loads(written.read_text())["known"]
    assert kind == {
        "event": "EventCallDeleted",
        "attribute": "ANI",
        "code": "unlisted-attribute",
        "expected": "an attribute of the table",
    }


def test_a_baseline_has_a_line_per_kind(run, baseline):
    run("check", "--write-baseline", baseline, input=UNLISTED + SHORT_UUID)
    assert [line.startswith("  {") for line in baseline.read_text().splitlines()] == [False, False, True, True, False]


def test_a_baseline_does_not_depend_on_the_order_of_events(run, baseline, tmp_path):
    run("check", "--write-baseline", baseline, input=UNLISTED + SHORT_UUID)
    run("check", "--write-baseline", tmp_path / "other.toml", input=SHORT_UUID + UNLISTED)
    assert baseline.read_text() == (tmp_path / "other.toml").read_text()


def test_a_known_kind_is_not_printed(run, written):
    assert run("check", "--baseline", written, input=UNLISTED).out == "1 event, 0 errors, 0 warnings, 0 gaps, 0 malformed, 1 known\n"


def test_a_known_kind_has_status_0(run, written):
    assert run("check", "--baseline", written, input=UNLISTED).status == 0


def test_a_new_kind_has_status_1(run, written):
    assert run("check", "--baseline", written, input=UNLISTED + SHORT_UUID).status == 1


def test_a_new_kind_is_printed(run, written):
    assert "[shape]" in run("check", "--baseline", written, input=UNLISTED + SHORT_UUID).out


def test_json_counts_known_violations(run, written):
    assert run("check", "--json", "--baseline", written, input=2 * UNLISTED).events[-1]["$summary"]["known"] == 2


def test_json_without_a_baseline_counts_none(run):
    assert "known" not in run("check", "--json", input=UNLISTED).events[-1]["$summary"]


def test_both_options_add_to_a_baseline(run, written):
    run("check", "--baseline", written, "--write-baseline", written, input=SHORT_UUID)
    assert len(tomllib.loads(written.read_text())["known"]) == 2


def test_one_option_replaces_a_baseline(run, written):
    run("check", "--write-baseline", written, input=SHORT_UUID)
    assert len(tomllib.loads(written.read_text())["known"]) == 1


def test_a_baseline_may_have_comments(run, written):
    written.write_text("# why\n" + written.read_text())
    assert run("check", "--baseline", written, input=UNLISTED).status == 0


def test_severity_error_leaves_warnings_out_of_a_baseline(run, baseline):
    run("check", "--severity", "error", "--write-baseline", baseline, input=UNLISTED)
    assert tomllib.loads(baseline.read_text())["known"] == []


@pytest.mark.parametrize("code", ["gap", "attribute-overrun", "log-value"])
def test_damage_is_a_kind_too(folder, run, baseline, code):
    (folder / "torn.tlb").write_bytes(b"junk!" + bytes.fromhex("544c010000a20000000600090600000c"))
    run("check", "--write-baseline", baseline, folder / "torn.tlb", folder / "calls.log")
    assert code in [kind["code"] for kind in tomllib.loads(baseline.read_text())["known"]]


def test_an_unusable_input_has_status_2_although_the_baseline_is_written(run, baseline, tmp_path):
    assert run("check", "--write-baseline", baseline, tmp_path / "nowhere").status == 2


def test_a_missing_baseline_is_one_line(run, baseline):
    done = run("check", "--baseline", baseline, input=UNLISTED)
    assert (done.status, done.err) == (2, f"{baseline}: No such file or directory; write a baseline with --write-baseline")


@pytest.mark.parametrize("text", ["known = [", "other = 1", "known = [{ code = 'shape' }]", "known = [{ code = 1 }]"])
def test_another_file_is_no_baseline(run, baseline, text):
    baseline.write_text(text)
    assert f"{baseline}: expected a baseline: " in run("check", "--baseline", baseline, input=UNLISTED).err


def test_a_baseline_of_another_encoding_is_one_line(run, baseline):
    baseline.write_bytes(b"known = [] # \xe4")
    assert f"{baseline}: expected a baseline: " in run("check", "--baseline", baseline, input=UNLISTED).err


def test_a_baseline_does_not_replace_an_input(run, tmp_path):
    (tmp_path / "x.jsonl").write_bytes(UNLISTED)
    assert "the output is also an input" in run("check", "--write-baseline", tmp_path / "x.jsonl", tmp_path / "x.jsonl").err


@pytest.mark.parametrize("text", ['"', "\\", "\x7f", "\x00\x1f", "é→", "\n\t\r", "\u2028"])
def test_any_text_comes_back_from_a_baseline(baseline, text):
    kind = Kind(event=text, attribute=text, code=text, expected=text)
    write_baseline(str(baseline), [kind], ())
    assert read_baseline(str(baseline)) == {kind}
