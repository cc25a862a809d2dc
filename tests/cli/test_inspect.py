"""`tlib inspect`: annotated hex."""

from __future__ import annotations


def test_inspect_names_the_bytes(folder, run):
    done = run("inspect", folder / "good.tlb")
    assert (done.status, done.err) == (0, "")
    assert done.out.count("frame of") == 3
    for piece in (
        "00000000  54 4c 01 00  ",
        "message EventCallCreated (160)",
        "id UserData (51)  type List",
        "value Inbound (2)",
        'value "Gold"',
    ):
        assert piece in done.out


def test_inspect_shows_cut_headers(run):
    done = run("inspect", input=b"TL\x01\x00\x00")
    assert "[truncated-header]" in done.out
    assert done.status == 1


def test_inspect_marks_the_broken_place(folder, run):
    done = run("inspect", folder / "bad.tlb")
    assert done.status == 1
    assert "<< BROKEN: expected" in done.out
    assert "gap of 5 bytes" in done.out


def test_inspect_chooses(folder, run, sample):
    assert run("inspect", folder / "bad.tlb", "--frame", "2").out.startswith(f"#2  {folder / 'bad.tlb'}, byte 5: frame of")
    assert run("inspect", folder / "bad.tlb", "--offset", "20").out.startswith("#2  ")
    limited = run("inspect", folder / "bad.tlb", "--limit", "2")
    assert limited.out.count("#") == 2
    assert "--limit 0" in limited.err
    assert "no frame" in run("inspect", folder / "good.tlb", "--frame", "9").err
    assert run("inspect", folder / "good.tlb", "--offset", "99999").status == 2
    assert "tlib encode" in run("inspect", folder / "good.jsonl").err
    assert "tlib decode -o" in run("inspect", folder / "calls.log").err
    assert run("inspect", "--format", "hex", input=b"xyz\n" + sample.first.hex().encode()).status == 1


def test_inspect_shortens_long_values(run, monkeypatch):
    data = b"TL\x01\x00\x00\x3c\x00\x00\x01\x06\x00\xc8\x02\x00\x01\x00" + bytes(256)
    monkeypatch.setenv("COLUMNS", "80")
    assert "128 more bytes (--full)" in run("inspect", input=data).out
    assert len(run("inspect", "--full", input=data).out.splitlines()) == 37
    monkeypatch.setenv("COLUMNS", "120")
    assert "more bytes" not in run("inspect", input=data).out
