"""The self-checks: their loop, their reports, and the failures that they must notice."""

from __future__ import annotations

import functools
import random
import time
from types import SimpleNamespace

import own
import pytest
import weather

from tlib_codec import Policy, reference
from tlib_codec.checks import Signatures
from tlib_fuzz.cases.walker import random_frame
from tlib_fuzz.selfcheck import __main__ as program
from tlib_fuzz.selfcheck import agreement, differential, heap
from tlib_fuzz.selfcheck.call_frames import CallFrames
from tlib_fuzz.selfcheck.campaign import DIFFERENTIAL, Campaign
from tlib_fuzz.selfcheck.checks import Checks
from tlib_fuzz.selfcheck.commands import Finished, problem
from tlib_fuzz.selfcheck.engines import engines
from tlib_fuzz.selfcheck.invariants import INVARIANTS
from tlib_fuzz.selfcheck.loop import FailureError, run
from tlib_schemas.tlibrary import TLIBRARY

needs_native = pytest.mark.skipif(len(engines()) < 2, reason="the native engine is not built: no C compiler was found")
main = program.main


@pytest.fixture
def finished():
    campaign = Campaign(2)
    run(campaign, 3_000)
    return campaign


@pytest.fixture
def leaky(monkeypatch):
    """An invariant of frames that leaks an IndexError on three bytes."""

    def leak(data, *, thorough=False):
        if b"\0\x33\3" in data:
            raise IndexError("leaked")
        return "fine"

    monkeypatch.setitem(INVARIANTS, "frame", leak)


class Lossy:
    """A native engine that loses the last byte of every encoding."""

    def __init__(self):
        self.real = engines()[1]

    def __getattr__(self, name):
        return getattr(self.real, name)

    def encode(self, *args, **options):
        return self.real.encode(*args, **options)[:-1]


# -- campaign --------------------------------------------------------------------------------------


@needs_native
def test_a_campaign_counts_every_input(finished):
    assert finished.tally.outcomes.total() == 3_000


@needs_native
def test_the_same_seed_gives_the_same_campaign(finished):
    again = Campaign(2)
    run(again, 3_000)
    assert again.tally.outcomes == finished.tally.outcomes


@needs_native
def test_a_campaign_knows_the_slowest_input_of_each_kind(finished):
    assert all(cost > 0 and length > 0 for cost, length in finished.tally.slowest.values())


@needs_native
def test_a_failure_has_the_smallest_bytes(leaky):
    with pytest.raises(FailureError) as failure:
        run(Campaign(1), 20_000)
    assert failure.value.data == b"\0\x33\3"


@needs_native
def test_a_failure_has_the_exception_as_its_cause(leaky):
    with pytest.raises(FailureError) as failure:
        run(Campaign(1), 20_000)
    assert isinstance(failure.value.__cause__, IndexError)


@needs_native
def test_the_batch_that_a_failure_names_fails_alone(leaky, capsys):
    assert main(["campaign", "--count", "20000", "--seed", "1"]) == 1
    batch = capsys.readouterr().out.partition("batch ")[2].partition(":")[0]
    assert main(["campaign", "--count", "1000", "--seed", "1", "--batch", batch]) == 1


@needs_native
def test_the_command_prints_the_smallest_bytes(leaky, capsys):
    assert main(["campaign", "--count", "20000", "--seed", "1"]) == 1
    assert "smallest: 003303" in capsys.readouterr().out


@needs_native
def test_the_command_prints_a_report(tmp_path, capsys):
    assert main(["campaign", "--count", "2000", "--seed", "1", "--corpus", str(tmp_path)]) == 0
    assert "every invariant holds, seed 1, engine" in capsys.readouterr().out


# -- differential ----------------------------------------------------------------------------------


@needs_native
def test_the_differential_compares_frames_and_streams():
    check = Campaign(3, shares=DIFFERENTIAL, thorough=1)
    run(check, 20_000)
    assert {kind for kind, _ in check.tally.outcomes} == {"frame", "stream"}


@needs_native
def test_a_difference_of_the_engines_is_reduced(monkeypatch):
    monkeypatch.setattr(differential, "native", Lossy)
    with pytest.raises(FailureError, match="encode of an unread item") as failure:
        run(Campaign(1, shares={"frame": 1}, thorough=1), 1_000)
    assert differential.check_frame(failure.value.data) is not None


# -- checks and calls ------------------------------------------------------------------------------


@needs_native
@pytest.mark.parametrize("registry", [TLIBRARY, weather.WEATHER, own.OWN], ids=lambda registry: registry.name)
def test_the_checks_of_the_core_are_those_of_python(registry):
    check = Checks(1, registry)
    run(check, 4_000)
    assert check.tally.outcomes["frame", "broken"]


@needs_native
def test_a_wrong_signature_is_noticed(monkeypatch):
    monkeypatch.setattr(Signatures, "of", lambda _, frames: ([], [1] * len(frames)))
    with pytest.raises(FailureError, match="batch 0"):
        run(Checks(1), 1_000)


@needs_native
def test_calls_of_frames_are_those_of_records():
    check = CallFrames(1)
    run(check, 6_000)
    assert check.tally.outcomes["result", "call"]


@needs_native
def test_an_attribute_that_is_not_read_is_noticed(monkeypatch):
    monkeypatch.setattr("tlib_codec.calls.frame_events.READ", frozenset())
    with pytest.raises(FailureError, match="by record"):
        run(CallFrames(1), 6_000)


@needs_native
@pytest.mark.parametrize("name", ["checks", "call-frames"])
def test_the_command_runs_each(name, capsys):
    assert main([name, "--count", "1000"]) == 0
    assert "every invariant holds" in capsys.readouterr().out


def test_without_a_native_engine_there_is_nothing_to_compare(monkeypatch, capsys):
    monkeypatch.setattr(program, "engines", lambda: (reference,))
    assert main(["differential"]) == 2
    assert "the native engine is not built" in capsys.readouterr().err


def test_a_corpus_is_streams_and_vectors(tmp_path):
    frame = random_frame(random.Random(1), TLIBRARY)
    (tmp_path / "a.tlb").write_bytes(frame * 2)
    (tmp_path / "v.json").write_text('{"vectors": [{"wire": ["544c", "0100"]}, {"json": 1}]}')
    (tmp_path / "c").write_bytes(b"another suffix")
    assert program.read_corpus([tmp_path]) == [frame, frame, b"TL\1\0"]


# -- agreement -------------------------------------------------------------------------------------


def test_the_command_counts_the_labels(capsys):
    assert main(["agreement", "--count", "300", "--seed", "3"]) == 0
    assert " pair-type " in capsys.readouterr().out


def test_an_engine_without_a_check_is_named(monkeypatch, capsys):
    blind = SimpleNamespace(__name__="blind", decode=functools.partial(reference.decode, policy=Policy.LENIENT))
    monkeypatch.setattr(agreement, "engines", lambda: (blind,))
    assert main(["agreement", "--count", "3000"]) == 1
    assert "blind accepted, not refused with" in capsys.readouterr().out


# -- heap ------------------------------------------------------------------------------------------


def test_the_search_costs_no_less_than_its_first_recipe():
    first = heap.random_recipe(random.Random(1)).frame()
    assert heap.search(60, 1, heap.read)[0] >= heap.peak(lambda: heap.read(first)) / len(first)


def test_the_worst_frame_is_the_frame_of_its_recipe():
    _, frame, recipe = heap.search(20, 1, heap.read)
    assert recipe.frame() == frame


def test_a_recipe_fills_its_size():
    assert len(heap.random_recipe(random.Random(1)).frame()) > 20_000


def test_the_command_prints_each_measure(capsys):
    assert main(["heap", "--count", "1"]) == 0
    assert capsys.readouterr().out.count("bytes a byte") == len(heap.MEASURES)


def test_one_batch_has_a_thousand_inputs_at_most(capsys):
    assert main(["agreement", "--batch", "0"]) == 0
    assert ": 1,000 inputs, " in capsys.readouterr().out


# -- commands --------------------------------------------------------------------------------------


def test_every_command_takes_any_input(capsys):
    assert main(["commands", "--count", "150", "--seed", "1"]) == 0
    assert "redact" in capsys.readouterr().out


def test_a_command_that_raises_is_reported(monkeypatch, capsys):
    def fail(_arguments):
        raise IndexError("leaked")

    monkeypatch.setattr("tlib_fuzz.selfcheck.commands.main", fail)
    assert main(["commands", "--count", "1"]) == 1
    assert "IndexError: leaked" in capsys.readouterr().out


def test_a_command_that_does_not_end_is_reported(monkeypatch, capsys):
    monkeypatch.setattr("tlib_fuzz.selfcheck.commands.SECONDS", 0.01)
    monkeypatch.setattr("tlib_fuzz.selfcheck.commands.main", lambda _: time.sleep(5))
    assert main(["commands", "--count", "1"]) == 1
    assert "does not end in 0.01 s" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "status", "out", "err"),
    [
        (["decode"], 3, "", ""),
        (["decode"], 2, "", "Usage: tlib\n"),
        (["decode"], 2, "", "tlib: \x1b\n"),
        (["decode", "--to", "table"], 0, "\u202e\n", ""),
    ],
)
def test_a_run_that_breaks_a_requirement_is_noticed(arguments, status, out, err):
    assert problem(arguments, Finished(status, out, err))


def test_a_run_that_keeps_the_requirements_is_none():
    assert problem(["decode"], Finished(1, "\u202e\n", "tlib: x\n")) is None
