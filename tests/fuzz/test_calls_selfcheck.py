"""The self-check of calls: what it accepts, what it finds wrong, and a small run."""

import random
from collections import Counter

import msgspec
import pytest

from tlib_fuzz.selfcheck.calls import WAYS, exact, followed, inputs, judged, less, main
from tlib_simulator.flows import Day

DAY = Day(3, 60)


def rebuilt(way):
    texts, whole = inputs(DAY, way, random.Random(1))
    return followed(texts), whole


@pytest.mark.parametrize("way", WAYS)
def test_a_small_day_holds(way):
    calls, whole = rebuilt(way)
    assert list(judged(calls, DAY.truth, whole, Counter())) == []


@pytest.mark.parametrize("way", ["whole", "two files"])
def test_every_call_of_a_whole_day_is_exact(way):
    counts = Counter()
    calls, whole = rebuilt(way)
    list(judged(calls, DAY.truth, whole, counts))
    assert counts == {"exact": len(DAY.truth)}


def test_a_call_that_the_day_does_not_have_is_wrong():
    calls, _ = rebuilt("whole")
    assert list(judged(calls[:1], [], set(), Counter())) == [f"{calls[0].conn_id}: no such call"]


def test_a_call_twice_is_wrong():
    calls, _ = rebuilt("whole")
    assert list(judged([calls[0], calls[0]], DAY.truth, set(), Counter())) == [f"{calls[0].conn_id}: twice"]


def test_a_whole_call_that_is_not_there_is_wrong():
    true = DAY.truth[0]
    assert list(judged([], [true], {true.conn}, Counter())) == [f"{true.flow} {true.conn}: not there"]


@pytest.mark.parametrize(
    "change",
    [{"outcome": "busy"}, {"ring": 1}, {"end": 0}, {"parties": {}}],
    ids=lambda change: next(iter(change)),
)
@pytest.mark.parametrize("judge", [exact, less])
def test_a_difference_is_found(judge, change):
    calls, _ = rebuilt("whole")
    true = next(true for true in DAY.truth if true.flow == "two-step transfer" and true.main is None)
    call = next(call for call in calls if call.conn_id == true.conn)
    assert list(judge(call, msgspec.structs.replace(true, **change)))


def test_the_command_prints_counts(capsys):
    status = main(["--seeds", "1", "--calls", "10"])
    assert (status, capsys.readouterr().out.count(" 0 wrong\n")) == (0, 4)
