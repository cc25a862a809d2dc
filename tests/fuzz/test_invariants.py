"""Invariants of any bytes: on the corpus of coverage-guided fuzzing, and on random inputs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tlib_codec.formats.captures.decoder import CaptureDecoder
from tlib_fuzz.dictionary import TOKENS, file_of
from tlib_fuzz.selfcheck import invariants
from tlib_fuzz.selfcheck.inputs import Inputs
from tlib_fuzz.selfcheck.invariants import INVARIANTS, BrokenInvariantError

pytest.importorskip("tlib_codec.native.engine", reason="the native engine is not built: no C compiler was found", exc_type=ImportError)

CORPUS = Path(__file__).parents[2] / "fuzz" / "corpus"
each_kind = pytest.mark.parametrize("kind", sorted(INVARIANTS))


@each_kind
def test_every_invariant_holds_on_the_corpus(kind):
    for file in sorted((CORPUS / kind).iterdir()):
        INVARIANTS[kind](file.read_bytes(), thorough=True)


@each_kind
def test_the_corpus_has_inputs_of_several_outcomes(kind):
    outcomes = {INVARIANTS[kind](file.read_bytes()) for file in (CORPUS / kind).iterdir()}
    assert len(outcomes) > 1


@each_kind
def test_the_corpus_has_more_than_fifty_files(kind):
    assert len(list((CORPUS / kind).iterdir())) > 50


def inputs(kind, count=60, seed=7):
    source = Inputs(seed)
    return [source.make(kind) for _ in range(count)]


@each_kind
def test_the_same_seed_gives_the_same_inputs(kind):
    assert inputs(kind) == inputs(kind)


@each_kind
def test_inputs_differ(kind):
    assert len(set(inputs(kind))) > 50


@each_kind
def test_inputs_have_several_outcomes(kind):
    assert len({INVARIANTS[kind](data) for data in inputs(kind)}) > 1


@each_kind
def test_a_variation_is_another_input(kind):
    source = Inputs(3)
    data = source.make(kind)
    assert sum(source.vary(kind, data) != data for _ in range(50)) > 30


@pytest.mark.parametrize("data", [b"", b"a", bytes(range(200))])
def test_pieces_join_to_the_data(data):
    assert b"".join(invariants.pieces(data)) == data


# -- a broken invariant is noticed -----------------------------------------------------------------


def test_an_engine_that_loses_a_byte_is_noticed(monkeypatch):
    real = invariants.encode
    monkeypatch.setattr(invariants, "encode", lambda item, **options: real(item, **options)[:-1])
    with pytest.raises(BrokenInvariantError, match="as many bytes"):
        [invariants.frame(data) for data in inputs("frame", 200)]


def test_an_error_of_two_lines_is_noticed(monkeypatch):
    monkeypatch.setattr("tlib_schemas.errors.quote", lambda text, limit=64: text)
    monkeypatch.setattr("tlib_codec.formats.jsonl.items.quote", lambda text, limit=64: text)
    with pytest.raises(BrokenInvariantError, match="one line"):
        invariants.json(b'{"Event":"a\\nb","ThisDN":true}')


def test_an_exception_that_the_codec_leaks_goes_through(monkeypatch):
    monkeypatch.setattr(invariants, "decode", lambda data, **_: {}[data])
    with pytest.raises(KeyError):
        invariants.frame(b"")


def test_a_decoder_that_depends_on_chunks_is_noticed(monkeypatch):
    class Forgetful(CaptureDecoder):
        def feed(self, data):
            super().feed(data[:100])

    monkeypatch.setattr(invariants, "CaptureDecoder", Forgetful)
    with pytest.raises(BrokenInvariantError, match="chunks"):
        [invariants.capture(data) for data in inputs("capture", 50, 1)]


# -- tokens ----------------------------------------------------------------------------------------


def token_file(kind):
    return file_of((f"token_{n}", token) for n, token in enumerate(TOKENS[kind]))


@each_kind
def test_a_dictionary_of_tokens_has_each_once(kind):
    assert len(token_file(kind).splitlines()) == len(set(TOKENS[kind]))


@each_kind
def test_a_dictionary_of_tokens_is_ascii(kind):
    assert token_file(kind).isascii()


@pytest.mark.parametrize("kind", ["json", "log"])
def test_tokens_of_text_name_the_events(kind):
    assert "EventCallCreated" in token_file(kind)
