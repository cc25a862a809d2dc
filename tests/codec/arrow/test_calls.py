"""Calls as Parquet."""

from __future__ import annotations

import io

import pytest
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


class Full(io.BytesIO):
    """A file that is full behind its beginning."""

    def write(self, data):
        if self.tell() > 4:
            raise OSError("full")
        return super().write(data)


def test_an_error_comes_before_that_of_closing_the_file():
    def work():
        with CallParquet(io.BytesIO(), TLIBRARY) as writer:
            writer.write(Call(state={"CallID": 1}))
            raise KeyError

    with pytest.raises(KeyError):
        work()


def test_a_full_disk_at_the_end_is_an_error():
    with pytest.raises(OSError, match="full"):
        CallParquet(Full(), TLIBRARY).__exit__(None, None, None)
