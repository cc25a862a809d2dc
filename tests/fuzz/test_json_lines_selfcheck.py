"""The differential of JSON lines: a small run, and what it reports."""

import own
import pytest
import weather

from tlib_codec.formats.jsonl.writer import LineWriter
from tlib_fuzz.selfcheck.json_lines import JsonLines, main
from tlib_fuzz.selfcheck.loop import FailureError
from tlib_schemas.tlibrary import TLIBRARY

pytest.importorskip("tlib_codec.native.text", reason="the native engine is not built: no C compiler was found", exc_type=ImportError)


@pytest.mark.parametrize("registry", [TLIBRARY, weather.WEATHER, own.OWN], ids=lambda registry: registry.name)
def test_both_writers_give_the_same_lines(registry):
    JsonLines(1, registry).batch(0, 1000)


def test_the_report_counts_the_frames_that_are_left_to_python(capsys):
    assert main(["--count", "100"]) == 0
    assert "left to Python" in capsys.readouterr().out


def test_a_difference_is_reported(monkeypatch):
    monkeypatch.setattr(LineWriter, "put", lambda self, record: None)
    with pytest.raises(FailureError):
        JsonLines(1).batch(0, 1000)
