"""The differentials of JSON lines and CSV: a small run of each, and what they report."""

import own
import pytest
import weather

from tlib_codec.arrow.plain_csv import PlainCsv
from tlib_codec.formats.jsonl.writer import LineWriter
from tlib_fuzz.selfcheck import csv_rows, json_lines
from tlib_fuzz.selfcheck.csv_rows import CsvRows
from tlib_fuzz.selfcheck.json_lines import JsonLines
from tlib_fuzz.selfcheck.loop import FailureError
from tlib_schemas.tlibrary import TLIBRARY

pytest.importorskip("tlib_codec.native.text", reason="the native engine is not built: no C compiler was found", exc_type=ImportError)

CHECKS = pytest.mark.parametrize("check", [JsonLines, CsvRows])


@CHECKS
@pytest.mark.parametrize("registry", [TLIBRARY, weather.WEATHER, own.OWN], ids=lambda registry: registry.name)
def test_both_writers_give_the_same_bytes(check, registry):
    check(1, registry).batch(0, 500)


@pytest.mark.parametrize("module", [json_lines, csv_rows])
def test_the_report_counts_the_frames_that_are_left_to_python(module, capsys):
    assert module.main(["--count", "100"]) == 0
    assert "left to Python" in capsys.readouterr().out


def test_a_difference_of_lines_is_reported(monkeypatch):
    monkeypatch.setattr(LineWriter, "put", lambda self, record: None)
    with pytest.raises(FailureError):
        JsonLines(1).batch(0, 500)


def test_a_difference_of_rows_is_reported(monkeypatch, capsys):
    monkeypatch.setattr(PlainCsv, "write", lambda self, batch: iter(batch.parts))
    assert csv_rows.main(["--count", "20"]) == 1
    assert "csv_rows fails" in capsys.readouterr().out
