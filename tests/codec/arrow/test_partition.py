"""Rows in a file per date and event."""

from __future__ import annotations

import pytest
from pyarrow import parquet

from tlib_codec import EventCallDeleted, TCause
from tlib_codec.arrow.partition import PartitionedSink
from tlib_codec.arrow.records import RecordColumns, records_schema
from tlib_codec.records import Batch, Origin, Record

UUID, CONN = "01FES9JKSOFQLEKK3CSH5B5AES00JV1U", "006c02462a161006"
DAY = 86_400 * 10**9


def rows(*days):
    """Return a batch with the rows of an event per day after 1970."""
    event = EventCallDeleted(call_uuid=UUID, conn_id=CONN, cause=TCause.Busy)
    (batch,) = RecordColumns([Batch([Record(event, origin=Origin(time=day * DAY)) for day in days])])
    return batch


@pytest.fixture
def sink(tmp_path):
    return PartitionedSink(tmp_path, "x", records_schema(), ("date",), max_held=0, max_open=1)


def test_each_date_has_a_file(sink):
    sink.write([rows(0, 1, 0)])
    sink.close()
    assert sink.parts == ["date=1970-01-01/x-0.parquet", "date=1970-01-02/x-0.parquet"]


def test_no_rows_make_no_file(sink):
    sink.write([rows(0).slice(0, 0)])
    sink.close()
    assert sink.parts == []


def test_an_open_file_takes_the_next_rows(sink, tmp_path):
    sink.write([rows(0)])
    sink.write([rows(0)])
    sink.close()
    (file,) = tmp_path.iterdir()
    assert parquet.ParquetFile(file).metadata.num_row_groups == 2


def test_beyond_the_open_files_a_date_gets_a_second_file(sink):
    for day in (0, 1, 0):
        sink.write([rows(day)])
    sink.close()
    assert sink.parts[-1] == "date=1970-01-01/x-1.parquet"


def test_a_folder_by_event_has_no_event_column(tmp_path):
    sink = PartitionedSink(tmp_path, "x", records_schema(), ("event",))
    sink.write([rows(0)])
    sink.close()
    (file,) = tmp_path.iterdir()
    assert "Event" not in parquet.ParquetFile(file).schema_arrow.names
