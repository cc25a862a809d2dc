"""`tlib check`: violations and their summary."""

from __future__ import annotations


def test_check(folder, run):
    done = run("check", folder / "good.tlb")
    assert done.status == 0
    assert done.out.splitlines()[0] == "3 events, 0 errors, 0 warnings, 0 gaps, 0 malformed"
    done = run("check", folder / "bad.tlb", folder / "calls.log")
    assert done.status == 1
    assert "[not-allowed]" in done.out
    assert "calls.log:6: error: EventReleased" in done.out
    assert "8 events" in done.out
    assert "2 malformed" in done.out
    assert run("check", folder / "bad.tlb", folder / "nowhere").status == 2


def test_check_by_severity_and_as_json(run):
    text = b'{"Event":"EventCallCreated","CallUUID":"short","ConnID":"006c02462a161006"}'
    done = run("check", "--json", input=text)
    told, summary = done.events
    assert (done.status, told["code"], told["severity"], told["$source"]["line"]) == (1, "shape", "warning", 1)
    assert summary["$summary"]["by_code"] == {"shape": 1}
    done = run("check", "--severity", "error", input=text)
    assert (done.status, done.out.splitlines()[0]) == (0, "1 event, 0 errors, 0 gaps, 0 malformed")
    done = run("check", "--json", input=b'{"Event":4711}\n{')
    assert [line.get("code") for line in done.events] == ["json-syntax", None]
    assert "#4711" in done.out
