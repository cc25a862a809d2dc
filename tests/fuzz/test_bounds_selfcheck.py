"""The searches for what costs memory and time: their kinds, their reports, and that they notice what exceeds a limit."""

from __future__ import annotations

import itertools

import pytest

from tlib_fuzz.selfcheck import memory, nasty, slow
from tlib_fuzz.selfcheck.__main__ import main
from tlib_fuzz.selfcheck.nasty import KINDS, Kind

MIB = 1 << 20


@pytest.mark.parametrize("name", sorted(KINDS))
def test_reading_a_nasty_input_takes_bounded_memory(name):
    peak, _ = memory.measure(KINDS[name], MIB)
    assert 0 < peak <= KINDS[name].most


def test_the_report_has_memory_time_and_limit():
    ((line, fits),) = memory.report(100_000, ["endless-line"])
    assert "of  64" in line
    assert "endless-line: a line without an end" in line
    assert fits


def test_memory_beyond_the_limit_is_a_failure(monkeypatch, capsys):
    monkeypatch.setitem(nasty.KINDS, "endless-line", Kind("endless-line", "", 1, KINDS["endless-line"].pieces))
    assert main(["memory", "--size", "10K", "endless-line"]) == 1
    assert "EXCEEDED" in capsys.readouterr().out
    assert main(["memory", "--size", "10000", "headers"]) == 0


def test_a_reader_that_fails_is_an_error(monkeypatch):
    kind = Kind("nothing", "no known format", 1, lambda: itertools.repeat(b"\1" * 1000))
    with pytest.raises(RuntimeError, match="nothing: the reader ended with status 1"):
        memory.measure(kind, 10_000)


def test_the_search_for_slow_inputs_reports_each_kind(capsys):
    assert main(["slow", "--count", "5"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(slow.KINDS)
