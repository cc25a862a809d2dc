"""Cells of CSV: no spreadsheet runs one, and every text comes back."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlib_codec import KVList, UnknownEvent, encode, read, write
from tlib_codec.formats.csv_text import guarded, unguarded
from tlib_schemas.values import Attributes

OPERATORS = "=+-@\t\r\n＝＋－＠"


@pytest.mark.parametrize("first", OPERATORS)
def test_a_text_that_begins_as_a_formula_gets_an_apostrophe(first):
    assert guarded(f"{first}SUM(A1)") == f"'{first}SUM(A1)"


@pytest.mark.parametrize("text", ["", "'", "''", "2001", "a=b", "+1 (555) 010-0199", "-5", "+", "'quoted'", "O'Hara"])
def test_any_other_text_and_a_number_with_a_sign_stay(text):
    assert guarded(text) == text


def test_a_formula_behind_apostrophes_gets_one_more():
    assert guarded("'=1") == "''=1"


@given(st.text(st.sampled_from("'" + OPERATORS + "1a ."), max_size=6) | st.text())
def test_unguarded_gives_back_every_text(text):
    assert unguarded(guarded(text)) == text


def rows(tmp_path, *texts, **options):
    """The cells of ThisDN that `write` gives to frames, as CSV reads them."""
    source, target = tmp_path / "in.tlb", tmp_path / "out.csv"
    source.write_bytes(b"".join(encode(UnknownEvent(60, Attributes({"ThisDN": text, "UserData": KVList({"k": text})}))) for text in texts))
    assert write(target, read(source), **options) == 0
    return [row["ThisDN"] for row in csv.DictReader(io.StringIO(target.read_bytes().decode(), newline=""))]


TEXTS = [*(f"{one}x" for one in OPERATORS), "+1 555", "'=x", "'", "2001", "é=", "\ufeff=", "\uff1c"]


@pytest.mark.parametrize("select", [None, "ThisDN"])
def test_csv_guards_texts_of_frames(tmp_path, select):
    assert rows(tmp_path, *TEXTS, select=select) == [guarded(text) for text in TEXTS]


@pytest.mark.parametrize("select", [None, "ThisDN"])
def test_raw_csv_leaves_texts_unchanged(tmp_path, select):
    assert rows(tmp_path, *TEXTS, select=select, raw_csv=True) == TEXTS


def test_csv_guards_names_and_origins_of_records(tmp_path):
    source = tmp_path / "in.jsonl"
    source.write_text('{"Event": "=1+1", "ThisDN": "@x", "$source": {"peer": "=cmd", "text": "-x"}}\n', encoding="utf-8")
    write(tmp_path / "out.csv", read(source))
    (row,) = csv.DictReader(io.StringIO((tmp_path / "out.csv").read_text(encoding="utf-8")))
    assert (row["Event"], row["ThisDN"], row["$peer"], row["$text"]) == ("'=1+1", "'@x", "'=cmd", "'-x")
