"""Counts of a run."""

from __future__ import annotations

from tlib_codec.stats import Stats, Units


def test_units_without_any_have_no_share():
    assert str(Units()) == "0 units, 0 (0 %) asked of Python"


def test_the_most_frequent_reason_comes_first():
    units = Units(native=90)
    units.ask("header", 3)
    units.ask("value", 7)
    assert str(units) == "100 units, 10 (10.000 %) asked of Python: value 7, header 3"


def test_a_reason_of_no_unit_is_not_named():
    units = Units(native=1)
    units.ask("value", 0)
    assert units.asked == {}


def test_the_counts_of_two_runs_add_up():
    stats, other = Stats(), Stats()
    stats.read.ask("value")
    other.read.ask("value")
    other.read.native = 5
    other.written.native = 4
    stats.add(other)
    assert stats == Stats(Units(5, {"value": 2}), Units(4))


def test_two_runs_do_not_share_counts():
    first, second = Stats(), Stats()
    first.read.ask("value")
    assert second.read.asked == {}
