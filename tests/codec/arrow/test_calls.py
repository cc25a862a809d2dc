"""Calls as Parquet."""

from __future__ import annotations

import io

from pyarrow import parquet

from tlib_codec import TLIBRARY
from tlib_codec.arrow.calls import CallParquet
from tlib_codec.calls import Call


def written(count):
    """Return the file of `count` calls."""
    file = io.BytesIO()
    with CallParquet(file, TLIBRARY) as writer:
        for number in range(count):
            writer.write(Call(state={"CallID": number}))
    return parquet.ParquetFile(file)


def test_no_calls_are_no_rows():
    assert written(0).metadata.num_rows == 0


def test_many_calls_are_written_in_groups():
    assert written(10_001).metadata.num_row_groups == 2


def test_groups_keep_the_order_of_calls():
    assert written(10_001).read(["CallID"])["CallID"].to_pylist() == list(range(10_001))
