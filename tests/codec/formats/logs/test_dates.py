"""When a line was written: dates from the file's name, its header or the line, and midnight."""

import datetime as dt
import zoneinfo

import pytest
from logtext import read, records

from tlib_codec.records import iso

MESSAGE = "{} [0] 8.1.101.25 distribute_event: message EventDNDOn\n\n"


def times(text, name=""):
    """The local times of the messages."""
    found = [record.origin for record in records(read(text, name=name))]
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


# -- zones -----------------------------------------------------------------------------------------


HEADER = "Local time:      2026-03-14T23:38:02.000\nUTC time:        2026-03-14T21:38:02.000\n\n"
OWN = "{} [0] 8.1.101.25 distribute_event: message EventOnHook\n\tAttributeTimeinSecs\t{}\n\n"
START = 1_773_524_282  # 2026-03-14T21:38:02Z


def instants(text, **options):
    """The instants of the messages in UTC."""
    found = [record.origin for record in records(read(text, **options))]
    return [None if origin.time is None else iso(origin.time) for origin in found]


def test_the_header_gives_the_zone():
    assert instants(HEADER + at("@23:38:02.0610")) == ["2026-03-14T21:38:02.061000"]


def test_a_utc_time_before_the_local_time_gives_no_zone():
    header = "UTC time: 2026-03-14T21:38:02.000\nLocal time: 2026-03-14T23:38:02.000\n\n"
    assert instants(header + at("@23:38:02.0610")) == [None]


def test_a_utc_time_that_is_no_zone_away_gives_no_zone():
    header = "Local time: 2026-03-14T23:38:02.000\nUTC time: 2026-03-16T21:38:02.000\n\n"
    assert instants(header + at("@23:38:02.0610")) == [None]


@pytest.mark.parametrize("header", ["Local time: 2026-13-14T23:38:02\n", "UTC time: 2026-03-14T99:38:02\n"])
def test_a_header_with_digits_that_are_no_time_gives_nothing(header):
    assert instants(header + at("@23:38:02.0610")) == [None]


def test_an_event_with_its_own_time_gives_the_zone_of_the_lines_behind_it():
    log = OWN.format("2026-03-14T23:38:02.100", START) + at("2026-03-14T23:38:05.000")
    assert instants(log)[1] == "2026-03-14T21:38:05.000000"


def test_the_own_time_of_an_event_comes_before_that_of_its_line():
    log = OWN.format("2026-03-14T23:38:05.100", f"{START}\n\tAttributeTimeinuSecs\t7000")
    assert instants(log) == ["2026-03-14T21:38:02.007000"]


def test_an_own_time_without_a_fraction_has_that_of_its_line():
    assert instants(OWN.format("2026-03-14T23:38:02.100", START)) == ["2026-03-14T21:38:02.100000"]


def test_an_own_time_of_another_second_than_its_line_has_no_fraction():
    assert instants(OWN.format("2026-03-14T23:38:03.100", START)) == ["2026-03-14T21:38:02.000000"]


def test_an_event_after_the_end_of_summer_time_changes_the_zone():
    log = HEADER + OWN.format("2026-03-14T22:38:02.000", START)
    assert instants(log) == ["2026-03-14T21:38:02.000000"]


def test_an_own_time_days_away_gives_no_zone():
    assert instants(OWN.format("2026-03-14T23:38:02.100", 5)) == [None]


def test_the_zone_of_the_caller_holds_where_the_log_knows_none():
    zone = dt.timezone(dt.timedelta(hours=-5))
    assert instants(at("2026-03-14T23:38:02.100"), zone=zone) == ["2026-03-15T04:38:02.100000"]


def test_the_zone_of_the_log_comes_before_that_of_the_caller():
    zone = dt.timezone(dt.timedelta(hours=-5))
    assert instants(HEADER + at("@23:38:02.0610"), zone=zone) == ["2026-03-14T21:38:02.061000"]


def test_a_named_zone_of_the_caller_follows_summer_time():
    zone = zoneinfo.ZoneInfo("Europe/Paris")
    assert instants(at("2026-07-01T12:00:00.000"), zone=zone) == ["2026-07-01T10:00:00.000000"]


def test_a_log_without_a_date_keeps_its_time_of_day():
    [record] = records(read(at("@16:45:24.5942")))
    assert record.origin.time_of_day == ((16 * 60 + 45) * 60 + 24) * 10**9 + 594_200_000


def test_an_event_with_its_own_time_gives_the_date_of_the_lines_behind_it():
    assert times(OWN.format("@23:38:02.1000", START) + at("@23:38:05.0000"))[1] == "2026-03-14T23:38:05.000000"


def test_a_date_that_an_event_gives_passes_midnight():
    assert times(OWN.format("@23:38:02.1000", START) + at("@00:00:05.0000"))[1] == "2026-03-15T00:00:05.000000"


def test_an_own_time_that_fits_no_zone_gives_no_date():
    assert times(OWN.format("@23:43:02.1000", START) + at("@23:43:05.0000")) == [None, None]
