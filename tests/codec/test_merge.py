"""Several inputs in the order of time."""

from __future__ import annotations

from tlib_codec import Gap
from tlib_codec.merge import merged
from tlib_codec.records import Diagnostic, Origin, Record


def entries(name, *times):
    """The entries of an input: one a time."""
    return [Record(Gap(place, b""), origin=Origin(file=name, line=place, time=time)) for place, time in enumerate(times)]


def places(*inputs):
    return [f"{one.origin.file}{one.origin.line}" for one in merged(inputs)]


def test_entries_come_by_time():
    assert places(entries("a", 1, 4), entries("b", 2, 3)) == ["a0", "b0", "b1", "a1"]


def test_at_the_same_time_the_earlier_input_comes_first():
    assert places(entries("a", 1, 1), entries("b", 1)) == ["a0", "a1", "b0"]


def test_an_entry_without_a_time_follows_the_one_before_it():
    assert places(entries("a", 2, None), entries("b", 1, 3)) == ["b0", "a0", "a1", "b1"]


def test_an_entry_without_a_time_before_all_others_comes_first():
    assert places(entries("a", 1), entries("b", None, 2)) == ["b0", "a0", "b1"]


def test_an_input_that_is_not_in_order_keeps_its_own_order():
    assert places(entries("a", 3, 1), entries("b", 2)) == ["b0", "a0", "a1"]


def test_one_input_stays_as_it_is():
    assert places(entries("a", 3, 1)) == ["a0", "a1"]


def test_a_local_time_of_an_unknown_zone_counts_as_utc():
    local = [Record(Gap(0, b""), origin=Origin(file="b", line=0, local_time=2))]
    assert places(entries("a", 1, 3), local) == ["a0", "b0", "a1"]


def test_diagnostics_have_a_place_too():
    problem = Diagnostic("gap", Origin(file="b", line=0, time=2), "a", "b")
    assert places(entries("a", 1, 3), [problem]) == ["a0", "b0", "a1"]


def test_no_more_than_one_entry_of_an_input_is_held():
    taken = []

    def input_(name):
        for entry in entries(name, *range(1000)):
            taken.append(entry)
            yield entry

    both = merged([input_("a"), input_("b")])
    for _ in range(10):
        next(both)
    assert len(taken) <= 12
