"""When a line was written: dates from the file's name, its header or the line, and midnight."""

import pytest
from logtext import read, records

from tlib_codec.records import iso

MESSAGE = "{} [0] 8.1.101.25 distribute_event: message EventDNDOn\n\n"


def times(text, name=""):
    """The local times of the messages; no log tells its zone."""
    found = [record.origin for record in records(read(text, name=name))]
    assert all(origin.time is None for origin in found)
    return [None if origin.local_time is None else iso(origin.local_time) for origin in found]


def at(*stamps):
    return "".join(MESSAGE.format(stamp) for stamp in stamps)


def test_no_date_no_time():
    assert times(at("@16:45:24.5942")) == [None]


@pytest.mark.parametrize(
    "name",
    ["SIPS.20150529_164500_123.log", "/var/20140101_000000/SIPS.20150529_164500_123.log", "C:\\logs\\SIPS-20150529-164500.log"],
)
def test_the_date_stands_in_the_name(name):
    assert times(at("@16:45:24.5942"), name) == ["2015-05-29T16:45:24.594200"]


@pytest.mark.parametrize("name", ["SIPS.20159929_164500.log", "SIPS.120150529_164500.log", "tserver.log"])
def test_names_without_a_date(name):
    assert times(at("@16:45:24.5942"), name) == [None]


def test_the_date_stands_in_the_header():
    header = "Local time:      2015-05-29T16:45:20.000\nUTC time: 2015-05-30T00:00:00.000\n\n"
    assert times(header + at("@16:45:24.5942"), "a_20990101_000000.log") == ["2015-05-29T16:45:24.594200"]
    assert times("Local time: soon\n" + at("@16:45:24.5942")) == [None]


@pytest.mark.parametrize(
    "stamp", ["2015-05-29T16:45:24.594", "2015-05-29 16:45:24,594", "[2015-05-29 16:45:24.594]", "  2015-05-29T16:45:24.5940"]
)
def test_the_date_stands_in_the_line(stamp):
    assert times(at(stamp)) == ["2015-05-29T16:45:24.594000"]
    assert times(at(stamp, "@16:45:25.000")) == ["2015-05-29T16:45:24.594000", "2015-05-29T16:45:25.000000"]


@pytest.mark.parametrize("stamp", ["@99:00:00.000", "2015-02-31T00:00:00.000", "0000-01-01T00:00:00.000"])
def test_what_is_no_time(stamp):
    assert times(at(stamp, "@16:45:25.000"), "x_20150529_164500.log") == [None, "2015-05-29T16:45:25.000000"]


def test_midnight():
    assert times(at("@23:59:59.9999", "@00:00:00.0001", "@00:00:00.0002"), "x_20151231_235900.log") == [
        "2015-12-31T23:59:59.999900",
        "2016-01-01T00:00:00.000100",
        "2016-01-01T00:00:00.000200",
    ]


def test_midnight_between_the_name_and_the_first_line_and_in_lines_that_are_no_messages():
    assert times(at("@00:00:01.000"), "x_20151231_235959.log") == ["2016-01-01T00:00:01.000000"]
    text = at("@12:00:00.000") + "@23:00:00.000 talk\n@05:00:00.000 talk\n" + at("@12:00:00.000")
    assert times(text, "x_20150529_000000.log") == ["2015-05-29T12:00:00.000000", "2015-05-30T12:00:00.000000"]


def test_lines_out_of_order_around_midnight_and_the_end_of_summer_time():
    assert times(at("@23:59:59.000", "@00:00:00.000", "@23:59:59.500", "@00:00:01.000"), "x_20150529_235900.log") == [
        "2015-05-29T23:59:59.000000",
        "2015-05-30T00:00:00.000000",
        "2015-05-29T23:59:59.500000",
        "2015-05-30T00:00:01.000000",
    ]
    assert times(at("@02:59:59.000", "@02:00:00.000"), "x_20151025_000000.log") == [
        "2015-10-25T02:59:59.000000",
        "2015-10-25T02:00:00.000000",
    ]


def test_the_end_of_the_calendar():
    assert times(at("@23:59:59.000", "@00:00:00.000"), "x_99991231_120000.log") == ["9999-12-31T23:59:59.000000", None]


def test_a_header_without_a_stamp_has_the_time_of_the_line_before():
    text = "2015-05-29T12:21:16.438 Trc 04541 RequestQueryCall received from [66] (x)\nmessage RequestQueryCall\n"
    assert times(text) == ["2015-05-29T12:21:16.438000"]
