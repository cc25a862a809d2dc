"""The differentials of JSON lines and CSV: a small run of each, and a difference that each finds."""

import own
import pytest
import weather

from tlib_codec.arrow.plain_csv import PlainCsv
from tlib_codec.formats.jsonl.writer import LineWriter
from tlib_fuzz.selfcheck import csv_rows, json_lines
from tlib_fuzz.selfcheck.compare import FailureError, Runs
from tlib_schemas.tlibrary import TLIBRARY

pytest.importorskip("tlib_codec.native.text", reason="the native engine is not built: no C compiler was found", exc_type=ImportError)

CHECKS = pytest.mark.parametrize("check", [json_lines, csv_rows])


@CHECKS
@pytest.mark.parametrize("registry", [TLIBRARY, weather.WEATHER, own.OWN], ids=lambda registry: registry.name)
def test_both_writers_give_the_same_bytes(check, registry):
    Runs(check.difference, 1, registry).batch(0, 400)


@CHECKS
def test_a_fifth_of_the_frames_are_written_natively(check):
    runs = Runs(check.difference, 1)
    runs.batch(0, 200)
    assert runs.tally.outcomes["frame", "native"] > 40


def test_a_difference_of_lines_is_reported(monkeypatch):
    monkeypatch.setattr(LineWriter, "put", lambda self, record: None)
    with pytest.raises(FailureError):
        Runs(json_lines.difference, 1).batch(0, 200)


def test_a_difference_of_rows_is_reported(monkeypatch):
    monkeypatch.setattr(PlainCsv, "write", lambda self, batch: iter(list(batch)[: len(batch.parts)]))
    with pytest.raises(FailureError):
        Runs(csv_rows.difference, 1).batch(0, 200)
