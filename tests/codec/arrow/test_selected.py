"""Chosen columns in Parquet and Arrow, read by other libraries' own field access."""

from __future__ import annotations

import re

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as parquet_file
import pytest

from tlib_codec import Attributes, KVList, RawValue, UnknownEvent, write
from tlib_codec.arrow.selected import pairs
from tlib_codec.formats import WriteOptions, writable
from tlib_codec.query import Selection
from tlib_codec.records import Batch, Origin, Record

RECORDS = [
    Record(
        UnknownEvent(
            60,
            Attributes(
                {
                    "ANI": "1\udcff",
                    "CallID": 7,
                    "ReferenceID": -1,
                    "InputMask": b"\x0a",
                    "PartyID": RawValue(2, b"\x07"),
                    "TimeinSecs": 1_773_531_552,
                    "UserData": KVList([("Tier", "Gold"), ("Tier", "Silver"), ("Segment", {"Name": "A", "Rank": 5}), ("raw", b"\x0a")]),
                }
            ),
        ),
        origin=Origin(line=1 << 64),
        unnumbered={"Novel": "x"},
    ),
    Record(UnknownEvent(60, Attributes({"PartyID": "odd", "UserData": KVList([("Segment", "plain")])})), origin=Origin(time=1 << 70)),
]
SELECT = "time,Event,ANI,CallID,ReferenceID,InputMask,PartyID,$line,UserData,UserData.Segment,UserData.Segment.Rank,$unnumbered"


@pytest.fixture
def parquet(tmp_path):
    path = tmp_path / "a.parquet"
    write(path, RECORDS, select=SELECT)
    return str(path)


def test_duckdb_finds_a_key_of_a_list(parquet):
    assert duckdb.sql(f"select UserData['Tier'] from '{parquet}' where UserData['Segment.Rank'] = '5'").fetchall() == [("Gold",)]


def test_duckdb_finds_a_key_of_a_nested_list(parquet):
    assert duckdb.sql(f"select \"UserData.Segment\"['Name'] from '{parquet}'").fetchall() == [("A",), (None,)]


def test_polars_finds_a_key_of_a_list(parquet):
    frame = pl.read_parquet(parquet).select(pl.col("UserData").map.get("Segment.Rank"))
    assert frame.to_series().to_list() == ["5", None]


def test_a_value_at_a_path_is_a_column(parquet):
    assert pl.read_parquet(parquet)["UserData.Segment.Rank"].to_list() == ["5", None]


def test_a_column_has_the_type_of_its_attribute(parquet):
    types = {field.name: re.sub(r" \(.*\)", "", str(field.type)) for field in parquet_file.read_schema(parquet)}
    assert types == {
        "time": "timestamp[us, tz=UTC]",
        "Event": "string",
        "ANI": "string",
        "CallID": "uint32",
        "ReferenceID": "int32",
        "InputMask": "binary",
        "PartyID": "binary",
        "$line": "uint64",
        "UserData": "map<string, string>",
        "UserData.Segment": "map<string, string>",
        "UserData.Segment.Rank": "string",
        "$unnumbered": "map<string, string>",
    }


def test_a_row_has_the_values_of_its_event(parquet):
    first, second = parquet_file.read_table(parquet).drop_columns(["time", "UserData", "$unnumbered"]).to_pylist()
    assert first == {
        "Event": "EventRinging",
        "ANI": "1\ufffd",
        "CallID": 7,
        "ReferenceID": -1,
        "InputMask": b"\x0a",
        "PartyID": b"\x07",
        "$line": None,
        "UserData.Segment": [("Name", "A"), ("Rank", "5")],
        "UserData.Segment.Rank": "5",
    }
    assert second["UserData.Segment"] == [("", "plain")]


def test_a_time_beyond_the_calendar_is_null(parquet):
    assert pl.read_parquet(parquet)["time"].is_null().to_list() == [False, True]


def test_a_value_of_another_type_keeps_its_text(parquet):
    assert pl.read_parquet(parquet)["PartyID"].to_list()[1] == b"odd"


def test_a_number_of_another_type_than_declared_is_null(tmp_path):
    write(tmp_path / "a.parquet", [Record(UnknownEvent(60, Attributes({"CallID": "seven"})))], select="CallID")
    assert pl.read_parquet(tmp_path / "a.parquet")["CallID"].to_list() == [None]


def test_a_repeated_key_shows_its_first_value():
    assert pairs(KVList([("a", "1"), ("a", "2")])) == {"a": "1"}


def test_a_file_without_rows_has_its_columns(tmp_path):
    write(tmp_path / "a.parquet", [], select="Event,UserData")
    assert pl.read_parquet(tmp_path / "a.parquet").columns == ["Event", "UserData"]


def test_many_rows_are_several_groups(tmp_path):
    write(tmp_path / "a.arrow", RECORDS * 9000, select="Event,UserData.Segment")
    assert pl.read_ipc(tmp_path / "a.arrow").height == 18_000


def test_a_stream_is_readable_after_a_flush(tmp_path):
    with (tmp_path / "a.arrows").open("wb") as file:
        writer = writable()["arrow"].write(file, WriteOptions(select=Selection("Event"), stream=True))
        list(writer.write(Batch(RECORDS)))
        writer.flush()
        file.flush()
        batch = pa.ipc.open_stream((tmp_path / "a.arrows").read_bytes()).read_next_batch()
        writer.close()
    assert batch.to_pylist() == [{"Event": "EventRinging"}] * 2
