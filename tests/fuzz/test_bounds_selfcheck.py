"""The searches for what costs memory and time: their kinds, their reports, and that they notice what exceeds a limit."""

from __future__ import annotations

import itertools
import tracemalloc

import pytest

from tlib_codec import read
from tlib_codec.records import Diagnostic
from tlib_fuzz.selfcheck import memory, nasty, slow
from tlib_fuzz.selfcheck.__main__ import main
from tlib_fuzz.selfcheck.nasty import KINDS, Kind

MIB = 1 << 20


class Endless:
    """The first bytes of a kind, as a file."""

    def __init__(self, kind: Kind, size: int) -> None:
        self._pieces = kind.pieces()
        self._left = size
        self._held = b""

    def read(self, size: int = -1, /) -> bytes:
        while not self._held and self._left > 0:
            self._held = next(self._pieces)[: self._left]
            self._left -= len(self._held)
        data, self._held = self._held[:size], self._held[size:]
        return data


@pytest.mark.parametrize("name", sorted(KINDS))
def test_reading_a_nasty_input_takes_bounded_memory(name):
    kind = KINDS[name]
    size = MIB // 4
    tracemalloc.start()
    try:
        codes = {one.code for batch in read(Endless(kind, size)).batches() for one in batch if isinstance(one, Diagnostic)}
        assert tracemalloc.get_traced_memory()[1] < 30 * MIB
    finally:
        tracemalloc.stop()
    assert all(codes)


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
