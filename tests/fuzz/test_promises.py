"""What is promised of any bytes: on the corpus that coverage-guided fuzzing has left, and on inputs made at random."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tlib_codec.formats.captures.decoder import CaptureDecoder
from tlib_fuzz.dictionary import file_of
from tlib_fuzz.selfcheck import campaign, heap
from tlib_fuzz.selfcheck import invariants as promises
from tlib_fuzz.selfcheck.inputs import Inputs
from tlib_fuzz.selfcheck.invariants import PROMISES, BrokenPromiseError
from tlib_fuzz.tokens import TOKENS

pytest.importorskip("tlib_codec.native.engine", reason="the native engine is not built: no C compiler was found", exc_type=ImportError)

CORPUS = Path(__file__).parents[2] / "fuzz" / "corpus"
each_kind = pytest.mark.parametrize("kind", sorted(PROMISES))


@each_kind
def test_the_corpus_keeps_every_promise(kind):
    files = sorted((CORPUS / kind).iterdir())
    assert len(files) > 50
    outcomes = {PROMISES[kind](file.read_bytes(), thorough=True) for file in files}
    assert len(outcomes) > 1  # it holds good inputs and bad ones


@each_kind
def test_inputs_are_repeatable_and_of_many_sorts(kind):
    def some():
        source = Inputs(7)
        return [source.make(kind) for _ in range(60)]

    made = some()
    assert made == some()
    assert len(set(made)) > 50
    assert len({PROMISES[kind](data) for data in made}) > 1


@each_kind
def test_a_variation_is_another_input(kind):
    source = Inputs(3)
    data = source.make(kind)
    assert sum(source.vary(kind, data) != data for _ in range(50)) > 30


def test_a_campaign_counts_what_it_tried():
    found = campaign.run(3_000, 2)
    assert found.counts.total() == 3_000
    assert sum(found.outcomes.values()) == 3_000
    assert found.outcomes == campaign.run(3_000, 2).outcomes
    assert all(worst > 0 and length > 0 for worst, length in found.slowest.values())


def test_a_broken_promise_ends_the_campaign_with_small_bytes(monkeypatch, capsys):
    def no_zero_type(data, *, thorough=False):
        if b"\0\x33\3" in data:
            raise IndexError("leaked")
        return "fine"

    monkeypatch.setitem(PROMISES, "frame", no_zero_type)
    with pytest.raises(campaign.FindingError) as found:
        campaign.run(20_000, 1)
    assert found.value.data == b"\0\x33\3"
    assert isinstance(found.value.__cause__, IndexError)
    assert campaign.main(["--count", "20000", "--seed", "1"]) == 1
    assert "smallest: 003303" in capsys.readouterr().out
    assert campaign.main(["--seed", "1", "--batch", str(found.value.batch)]) == 1


def test_the_campaign_command(tmp_path, capsys):
    assert campaign.main(["--count", "2000", "--seed", "1", "--corpus", str(tmp_path)]) == 0
    assert "every promise held, seed 1, engine" in capsys.readouterr().out


# -- a promise that is broken is noticed -----------------------------------------------------------


def frames():
    source = Inputs(1)
    return [source.make("frame") for _ in range(200)]


def test_an_engine_that_loses_a_byte_is_noticed(monkeypatch):
    real = promises.encode
    monkeypatch.setattr(promises, "encode", lambda item, **options: real(item, **options)[:-1])
    with pytest.raises(BrokenPromiseError, match="as many bytes"):
        [promises.frame(data) for data in frames()]


def test_an_error_of_two_lines_is_noticed(monkeypatch):
    monkeypatch.setattr("tlib_schemas.errors.quote", lambda text, limit=64: text)
    monkeypatch.setattr("tlib_codec.formats.jsonl.quote", lambda text, limit=64: text)
    with pytest.raises(BrokenPromiseError, match="one line"):
        promises.json(b'{"Event":"a\\nb","ThisDN":true}')


def test_a_foreign_exception_goes_through(monkeypatch):
    monkeypatch.setattr(promises, "decode", lambda data, **_: {}[data])
    with pytest.raises(KeyError):
        promises.frame(b"")


def test_a_decoder_that_depends_on_chunks_is_noticed(monkeypatch):
    class Forgetful(CaptureDecoder):
        def feed(self, data):
            super().feed(data[:100])

    monkeypatch.setattr(promises, "CaptureDecoder", Forgetful)
    source = Inputs(1)
    with pytest.raises(BrokenPromiseError, match="chunks"):
        [promises.capture(source.make("capture")) for _ in range(50)]


# -- tokens ----------------------------------------------------------------------------------------


@each_kind
def test_tokens_make_a_dictionary(kind):
    text = file_of((f"token_{n}", token) for n, token in enumerate(TOKENS[kind]))
    assert text.isascii()
    assert len(text.splitlines()) == len(set(TOKENS[kind]))
    assert kind not in {"json", "log"} or "EventCallCreated" in text


# -- memory ----------------------------------------------------------------------------------------


def test_the_search_finds_what_costs_more():
    worst, frame, recipe = heap.search(60, 1, heap.read)
    first = heap.some_recipe(random.Random(1)).frame()
    assert worst >= heap.peak(lambda: heap.read(first)) / len(first)
    assert recipe.frame() == frame
    assert len(frame) > 20_000
