"""The self-check of queries and chosen columns: a small run over several registries, and the faults that it finds."""

import pytest
from own import OWN
from weather import WEATHER

from tlib_codec import native
from tlib_codec.query import Query
from tlib_codec.query.sources import From, Source
from tlib_fuzz.selfcheck.frames import random_run
from tlib_fuzz.selfcheck.inputs import Inputs
from tlib_fuzz.selfcheck.loop import FailureError
from tlib_fuzz.selfcheck.queries import QueryChecks, check, columns_difference, difference
from tlib_schemas.tlibrary import TLIBRARY

pytestmark = pytest.mark.skipif(native.extension("batches") is None, reason="needs the native engine")


def runs():
    inputs = Inputs(1)
    inputs.make("frame")
    return [random_run(inputs) for _ in range(3)]


@pytest.mark.parametrize("registry", [TLIBRARY, OWN, WEATHER], ids=lambda registry: registry.name)
@pytest.mark.parametrize("seed", range(3))
def test_queries_and_columns_are_equal(registry, seed):
    frames, found = check(seed, registry)
    assert frames
    assert found is None


def test_a_frame_that_is_not_selected_is_found(monkeypatch):
    select = Query.select
    monkeypatch.setattr(
        Query, "select", lambda query, batch, dropped: type(batch)(select(query, batch, dropped).parts[1:], registry=batch.registry)
    )
    assert difference(runs(), {"since": "0001-01-01"}, "UTC", TLIBRARY).startswith("selected")


def test_a_line_of_columns_that_differs_is_found(monkeypatch):
    monkeypatch.setattr("tlib_codec.query.selection.source_of", lambda _field, _registry: Source(From.FILE))
    assert columns_difference(runs(), "Event", TLIBRARY).startswith("jsonl of Event")


def test_columns_that_are_equal_have_no_difference():
    assert columns_difference(runs(), "Event,time", TLIBRARY) is None


def test_a_batch_counts_its_pairs():
    checks = QueryChecks(0)
    checks.batch(0, 100)
    assert checks.tally.outcomes["pair", "equal"] >= 100


def test_a_batch_names_the_seed_of_a_difference(monkeypatch):
    monkeypatch.setattr("tlib_fuzz.selfcheck.queries.check", lambda seed, _: (1, f"seed {seed}"))
    with pytest.raises(FailureError, match="batch 0: seed"):
        QueryChecks(0).batch(0, 100)
