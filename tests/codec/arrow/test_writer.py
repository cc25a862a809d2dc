"""The writers of CSV, Parquet and Arrow: parts join, and an Arrow stream can be read while it grows."""

from __future__ import annotations

import io

import pyarrow as pa
import pytest
from pyarrow import csv, parquet

from tlib_codec import Attributes, EventCallDeleted, UnknownEvent
from tlib_codec.arrow.writer import Grouped
from tlib_codec.formats import WriteOptions, writable
from tlib_codec.records import Batch, Record

EVENT = EventCallDeleted(call_uuid="01FES9JKSOFQLEKK3CSH5B5AES00JV1U", conn_id="006c02462a161006")
BATCH = Batch([Record(EVENT)])
NAMES = pytest.mark.parametrize("name", ["csv", "parquet", "arrow"])


def written(name, *batches, parts=(), **options):
    file = io.BytesIO()
    writer = writable()[name].write(file, WriteOptions(**options))
    for batch in batches:
        assert list(writer.write(batch)) == []
    for part in parts:
        writer.join(io.BytesIO(part))
    writer.flush()
    writer.close()
    return file.getvalue()


def events(name, data):
    source = io.BytesIO(data)
    table = {"csv": csv.read_csv, "parquet": parquet.read_table, "arrow": lambda file: pa.ipc.open_file(file).read_all()}[name](source)
    return table["Event"].to_pylist()


@NAMES
def test_parts_follow_the_rows_before_them(name):
    part = written(name, BATCH, part=True)
    assert events(name, written(name, BATCH, parts=[part, part])) == ["EventCallDeleted"] * 3


def test_an_arrow_stream_has_a_batch_a_group():
    with pa.ipc.open_stream(written("arrow", BATCH, stream=True)) as reader:
        assert [batch.num_rows for batch in reader] == [1]


@NAMES
def test_a_record_that_cannot_be_encoded_gives_a_diagnostic(name):
    writer = writable()[name].write(io.BytesIO(), WriteOptions())
    (told,) = writer.write(Batch([Record(UnknownEvent(60, Attributes({"CallID": -1})))]))
    writer.close()
    assert told.code == "value-range"


def test_many_rows_are_written_in_groups():
    data = written("parquet", *[Batch([Record(EVENT)] * 4096)] * 13)
    found = parquet.ParquetFile(io.BytesIO(data)).metadata
    assert (found.num_rows, found.num_row_groups) == (13 * 4096, 2)


class Sink:
    """Keeps the numbers of batches in each group."""

    def __init__(self):
        self.groups = []

    def write(self, batches):
        self.groups.append(len(batches))

    def close(self):
        pass


def test_large_rows_end_a_group():
    sink = Sink()
    grouped = Grouped(sink)
    grouped.write(pa.RecordBatch.from_pydict({"text": [b"x" * (30 << 20)]}))
    assert sink.groups == [1]
