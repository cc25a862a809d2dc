"""Row groups encoded apart and joined: every reader reads what was written."""

from __future__ import annotations

import io
from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa
import pytest
from pyarrow import parquet

from tlib_codec.arrow.columns import Columns, schema
from tlib_codec.arrow.parquet import GroupWriter
from tlib_codec.arrow.parquet_footer import _fields as fields_of
from tlib_codec.arrow.parquet_footer import _list_head as list_head
from tlib_codec.arrow.parquet_footer import _number as number
from tlib_codec.arrow.parquet_footer import _signed as signed


def written(groups, fields, **options):
    file = io.BytesIO()
    writer = GroupWriter(file, fields, **options)
    for group in groups:
        writer.write(group)
    writer.close()
    return file.getvalue()


def example(number):
    return pa.RecordBatch.from_pydict(
        {
            "id": pa.array([number, None, 2**63 + number], pa.uint64()),
            "name": pa.array(["a", "b", f"n{number}"]).dictionary_encode(),
            "empty": pa.nulls(3, pa.string()),
            "pairs": pa.array([[{"key": "k", "data": None}], None, []], pa.list_(pa.struct({"key": pa.string(), "data": pa.binary()}))),
            "map": pa.array([[("a", "b")], None, []], pa.map_(pa.string(), pa.string())),
            "data": pa.array([b"x" * number, None, b""]),
        }
    )


@pytest.mark.parametrize("threads", [1, 2, 8])
@pytest.mark.parametrize("count", [0, 1, 3, 40])
def test_groups_come_back_in_order(threads, count):
    batches = [example(i) for i in range(count)]
    data = written([[batch] for batch in batches], example(0).schema, threads=threads)
    found = parquet.ParquetFile(io.BytesIO(data))
    assert found.metadata.num_row_groups == count
    assert found.schema_arrow == example(0).schema
    assert found.read().to_pylist() == [row for batch in batches for row in batch.to_pylist()]
    places = [found.metadata.row_group(i).column(0).data_page_offset for i in range(count)]
    assert places == sorted(set(places))
    for i in range(count):
        assert found.read_row_group(i).to_pylist() == batches[i].to_pylist()


def test_other_readers(tmp_path):
    path = tmp_path / "x.parquet"
    path.write_bytes(written([[example(i)] for i in range(30)], example(0).schema, threads=2))
    assert pl.read_parquet(path)["name"].to_list() == [name for i in range(30) for name in ("a", "b", f"n{i}")]
    assert duckdb.sql(f"select count(*), count(id), max(id), count(empty) from '{path}'").fetchall() == [(90, 60, 2**63 + 29, 0)]


def test_frames():
    batches = list(Columns(Path("examples/calls.tlb").read_bytes(), batch_bytes=1500))
    found = parquet.read_table(io.BytesIO(written([[batch] for batch in batches], schema(), threads=2)))
    assert found.to_pylist() == [row for batch in batches for row in batch.to_pylist()]


def test_what_cannot_be_encoded_is_reported():
    writer = GroupWriter(io.BytesIO(), example(0).schema, threads=2)
    writer.write([pa.RecordBatch.from_pydict({"other": [1]})])
    with pytest.raises(pa.ArrowInvalid):
        writer.close()


def test_numbers_of_thrift():
    numbers = (0, -1, 1, 63, 64, 2**40)
    assert [number(n) for n in numbers] == [b"\0", b"\1", b"\2", b"\x7e", b"\x80\1", b"\x80\x80\x80\x80\x80\x40"]
    assert [signed(number(n), 0) for n in numbers] == list(numbers)
    assert (list_head(2), list_head(300)) == (b"\x2c", b"\xfc\xac\2")


def test_a_field_may_give_its_number_in_full():
    assert fields_of(bytes.fromhex("05 06 02 00"), 0) == {3: (2, 3)}
