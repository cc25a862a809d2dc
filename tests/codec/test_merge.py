"""Several inputs as one, in the order of time."""

from tlib_codec import TLIBRARY, Attributes, UnknownEvent
from tlib_codec.merge import merged
from tlib_codec.records import Diagnostic, Origin, Record


def at(seconds, name=""):
    return Record(UnknownEvent(60, Attributes({})), origin=Origin(file=name, time=None if seconds is None else seconds * 10**9))


def order(*inputs):
    return [entry.origin.file for entry in merged(inputs, TLIBRARY)]


def test_the_earliest_record_comes_first():
    assert order([at(1, "a"), at(4, "b")], [at(2, "c"), at(3, "d")]) == ["a", "c", "d", "b"]


def test_records_of_one_time_keep_the_order_of_the_inputs():
    assert order([at(1, "a"), at(1, "b")], [at(1, "c")]) == ["a", "b", "c"]


def test_an_entry_without_a_time_stays_behind_the_one_before():
    problem = Diagnostic("log-line", Origin(file="b"), "a pair", "nothing")
    assert order([at(1, "a"), problem, at(None, "c")], [at(2, "d")]) == ["a", "b", "c", "d"]


def test_one_input_stays_as_it_is():
    assert order([at(2, "a"), at(1, "b")]) == ["a", "b"]


def test_a_log_counts_in_utc():
    local = Record(UnknownEvent(60, Attributes({"TimeinSecs": 100})), origin=Origin(file="a", local_time=7300 * 10**9))
    after = Record(UnknownEvent(60, Attributes({})), origin=Origin(file="c", local_time=7310 * 10**9))
    assert order([local, after], [at(105, "b")]) == ["a", "b", "c"]
