"""Inputs beyond the size of one batch, one row group or one piece: no row is lost, and each keeps its place."""

from __future__ import annotations

import io

import pyarrow as pa
import pytest
from pyarrow import parquet

from tlib_codec import Attributes, EventCallDeleted, Gap, KVList, UnknownEvent, encode
from tlib_codec.arrow.calls import CallParquet
from tlib_codec.arrow.columns import Columns, validate
from tlib_codec.arrow.parquet import GroupWriter
from tlib_codec.arrow.records import RecordColumns
from tlib_codec.arrow.splits import cut
from tlib_codec.arrow.writer import Grouped
from tlib_codec.calls import Call
from tlib_codec.formats import WriteOptions, writable
from tlib_codec.records import Batch, Origin, Record
from tlib_codec.reference import Policy
from tlib_schemas import TLIBRARY

BATCH_ROWS = 16_384
GROUP_ROWS = 3 << 14
EVENT = EventCallDeleted(call_uuid="01FES9JKSOFQLEKK3CSH5B5AES00JV1U", conn_id="006c02462a161006")
FRAME = encode(EVENT)
LARGE = encode(UnknownEvent(60, Attributes({"UserData": KVList({f"k{i}": "x" * 1000 for i in range(60)})})), policy=Policy.LENIENT)
BUILDERS = pytest.mark.parametrize("builder", [True, False], ids=["native", "python"])


def sizes(batch, builder):
    return [rows.num_rows for rows, _ in RecordColumns(builder=builder).rows(batch, [])]


@BUILDERS
def test_more_gaps_than_a_batch_has_rows(builder):
    gaps = [Record(Gap(place, b"?"), b"?", Origin(offset=place)) for place in range(BATCH_ROWS + 5)]
    assert sizes(Batch(gaps), builder) == [BATCH_ROWS, 5]


@BUILDERS
def test_more_events_than_a_batch_has_rows(builder):
    assert sizes(Batch([Record(EVENT)] * (BATCH_ROWS + 5)), builder) == [BATCH_ROWS, 5]


@BUILDERS
def test_a_buffer_of_several_pieces_gives_every_frame(builder):
    buffer = LARGE * 40
    assert len(buffer) > 2 << 20
    assert sum(batch.num_rows for batch in Columns(buffer, builder=builder)) == 40


@BUILDERS
def test_a_buffer_of_several_pieces_is_validated_whole(builder):
    assert validate(LARGE * 40, builder=builder).frames == 40


class Sink:
    """Notes the rows of each group."""

    def __init__(self):
        self.groups = []

    def write(self, batches):
        self.groups.append(sum(batch.num_rows for batch in batches))

    def close(self):
        self.groups.append("end")


def grouped(*batches):
    sink = Sink()
    groups = Grouped(sink)
    for batch in batches:
        groups.write(batch)
    groups.close()
    return sink.groups


def test_rows_beyond_a_group_begin_the_next_one():
    batch = pa.RecordBatch.from_pydict({"n": list(range(GROUP_ROWS - 10))})
    assert grouped(batch, batch) == [GROUP_ROWS, GROUP_ROWS - 20, "end"]


def test_a_group_of_many_bytes_is_written_before_it_has_all_rows():
    batch = pa.RecordBatch.from_pydict({"data": [bytes(1 << 20)] * 21})
    assert grouped(batch, batch) == [21, 21, "end"]


def test_a_parquet_file_of_columns_without_a_value():
    schema = pa.schema([("a", pa.string()), ("b", pa.int64())])
    file = io.BytesIO()
    writer = GroupWriter(file, schema)
    writer.write([pa.RecordBatch.from_pydict({"a": [None] * 3, "b": [None] * 3}, schema)])
    writer.close()
    assert parquet.read_table(io.BytesIO(file.getvalue())).num_rows == 3


def test_batches_without_rows_make_no_row_group():
    schema = pa.schema([("a", pa.string())])
    file = io.BytesIO()
    writer = GroupWriter(file, schema)
    writer.write([pa.RecordBatch.from_pydict({"a": []}, schema)])
    writer.close()
    assert parquet.ParquetFile(io.BytesIO(file.getvalue())).num_row_groups == 0


def test_more_calls_than_a_row_group_has():
    file = io.BytesIO()
    with CallParquet(file, TLIBRARY) as writer:
        for number in range(10_001):
            writer.write(Call({}, conn_id=f"{number:016x}"))
    assert parquet.ParquetFile(io.BytesIO(file.getvalue())).num_row_groups == 2


def test_csv_has_the_unnumbered_attributes_of_a_log_as_json():
    file = io.BytesIO()
    make = writable()["csv"].write
    writer = make(file, WriteOptions())
    assert list(writer.write(Batch([Record(EVENT, unnumbered={"AttributeMystery": "5"})]))) == []
    writer.close()
    assert '{""AttributeMystery"":""5""}' in file.getvalue().decode()


def test_a_cut_behind_the_end_of_a_file_is_its_end():
    assert cut(io.BytesIO(FRAME), 5 * len(FRAME)) == len(FRAME)


def test_a_cut_in_bytes_without_a_frame_stays_where_it_is():
    assert cut(io.BytesIO(FRAME + b"?" * (18 << 20)), 1 << 20) == 1 << 20
