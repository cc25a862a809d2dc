"""`tlib inspect`: annotated hex."""

from __future__ import annotations

import pytest

LONG = b"TL\x01\x00\x00\x3c\x00\x00\x01\x06\x00\xc8\x02\x00\x01\x00" + bytes(256)


def test_valid_frames_have_status_0(folder, run):
    assert run("inspect", folder / "good.tlb").status == 0


def test_every_frame_has_a_heading(folder, run):
    assert run("inspect", folder / "good.tlb").out.count("frame of") == 3


@pytest.mark.parametrize(
    "label",
    ["00000000  54 4c 01 00  ", "message EventCallCreated (160)", "id UserData (51)  type List", "value Inbound (2)", 'value "Gold"'],
)
def test_the_bytes_of_a_frame_have_labels(folder, run, label):
    assert label in run("inspect", folder / "good.tlb").out


def test_a_cut_header_is_named(run):
    assert "[truncated-header]" in run("inspect", input=b"TL\x01\x00\x00").out


def test_a_malformed_frame_has_status_1(run):
    assert run("inspect", input=b"TL\x01\x00\x00").status == 1


def test_the_broken_place_is_marked(folder, run):
    assert "<< BROKEN: expected" in run("inspect", folder / "bad.tlb").out


def test_a_gap_has_a_heading(folder, run):
    assert "gap of 5 bytes" in run("inspect", folder / "bad.tlb").out


def test_frame_selects_by_number(folder, run):
    done = run("inspect", folder / "bad.tlb", "--frame", "2")
    assert done.out.startswith(f"#2  {folder / 'bad.tlb'}, byte 5: frame of")


def test_offset_selects_by_byte(folder, run):
    assert run("inspect", folder / "bad.tlb", "--offset", "20").out.startswith("#2  ")


def test_limit_stops_after_n_frames(folder, run):
    assert run("inspect", folder / "bad.tlb", "--limit", "2").out.count("#") == 2


def test_a_limited_output_names_the_options_that_show_more(folder, run):
    assert "--limit 0" in run("inspect", folder / "bad.tlb", "--limit", "2").err


def test_a_frame_number_beyond_the_input_is_refused_with_the_count(folder, run):
    assert "no frame 9; the input has 3" in run("inspect", folder / "good.tlb", "--frame", "9").err


def test_an_offset_beyond_the_input_has_status_2(folder, run):
    assert run("inspect", folder / "good.tlb", "--offset", "99999").status == 2


@pytest.mark.parametrize(("name", "command"), [("good.jsonl", "tlib encode"), ("calls.log", "tlib decode -o")])
def test_another_format_is_refused_with_the_command_that_converts_it(folder, run, name, command):
    assert command in run("inspect", folder / name).err


def test_a_line_that_is_not_hex_has_status_1(sample, run):
    assert run("inspect", "--format", "hex", input=b"xyz\n" + sample.first.hex().encode()).status == 1


def test_a_long_value_is_cut_at_80_columns(run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    assert "128 more bytes (--full)" in run("inspect", input=LONG).out


def test_full_shows_all_bytes_of_a_long_value(run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    assert len(run("inspect", "--full", input=LONG).out.splitlines()) == 37


def test_a_wide_terminal_shows_twice_as_many_bytes(run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    assert "more bytes" not in run("inspect", input=LONG).out
