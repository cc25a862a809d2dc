"""Chosen columns of frames: the bytes that every format writes of their records."""

from __future__ import annotations

import io

import pytest
from sampleframes import CREATED, FRAMES, INVALID, REGISTERED, TORN, UNKNOWN, run

from tlib_codec.formats import WriteOptions, writable
from tlib_codec.query import Selection
from tlib_codec.records import Batch, Diagnostic, Origin
from tlib_schemas.registry import Registry
from tlib_schemas.tlibrary import TLIBRARY

NAMES = {
    "texts": "Event,ANI,ThisDN,ConnID,CallUUID",
    "numbers": "CallID,CallType,TimeinSecs,InfoType,$line,$packet,$offset",
    "times": "time,$time",
    "flows": "$src,$dst,$connection,$direction,$peer,$version",
    "origins": "$file,$text,$unnumbered,$unnumbered.Bare,$error",
    "lists": "UserData,UserData.Tier,UserData.n,UserData.n.deep,UserData.n.é,UserData.raw",
    "bytes": "InputMask,PartyID,#40000",
}


def written(name, select, batch):
    file = io.BytesIO()
    writer = writable()[name].write(file, WriteOptions(select=Selection(select), registry=batch.registry))
    reported = list(map(repr, writer.write(batch)))
    writer.close()
    return file.getvalue(), reported


@pytest.mark.parametrize("name", ["jsonl", "csv", "arrow"])
@pytest.mark.parametrize("select", NAMES.values(), ids=NAMES)
def test_columns_of_frames_are_those_of_their_records(select, name):
    batch = Batch([FRAMES, run(CREATED, bytes(TORN), UNKNOWN), Diagnostic("log-line", Origin(line=1), "this", "that")])
    assert written(name, select, batch) == written(name, select, Batch(list(batch)))


@pytest.mark.parametrize("name", ["jsonl", "csv", "arrow"])
def test_a_composite_of_frames_is_a_text(name):
    batch = Batch([run(REGISTERED, CREATED)])
    select = ",".join(sorted(TLIBRARY.composites))
    assert written(name, select, batch) == written(name, select, Batch(list(batch)))


def test_an_invalid_frame_has_a_row_and_is_reported():
    lines, reported = written("jsonl", "Event,ANI", Batch([run(INVALID)]))
    assert lines == b'{"Event":"EventCallCreated","ANI":null}\n'
    assert len(reported) == 1


def test_a_number_without_a_name_is_its_digits():
    frame = run(UNKNOWN).data[:4] + b"\xff\xfe" + run(UNKNOWN).data[6:]
    assert written("csv", "Event", Batch([run(frame)]))[0] == b'"Event"\n"65534"\n'


def test_a_number_without_a_name_is_its_digits_as_text_in_json():
    frame = run(UNKNOWN).data[:4] + b"\xff\xfe" + run(UNKNOWN).data[6:]
    assert written("jsonl", "Event", Batch([run(frame)]))[0] == b'{"Event":"65534"}\n'


def test_many_lines_are_written_in_pieces():
    batch = Batch([run(*[CREATED] * 6000)])
    assert written("jsonl", "Event,ConnID", batch)[0].count(b"\n") == 6000


def test_frames_of_another_registry_give_the_values_of_their_records():
    file = io.BytesIO()
    other = Registry("Other", messages={"Ping": 60})
    writer = writable()["jsonl"].write(file, WriteOptions(select=Selection("Event"), registry=TLIBRARY))
    list(writer.write(Batch([run(UNKNOWN)], registry=other)))
    assert file.getvalue().count(b"\n") == 1


def test_an_error_of_a_cell_is_raised(monkeypatch):
    writer = writable()["jsonl"].write(io.BytesIO(), WriteOptions(select=Selection("UserData")))

    def refuse(_):
        raise ZeroDivisionError

    monkeypatch.setattr("tlib_codec.formats.selected.data_of", refuse)
    with pytest.raises(ZeroDivisionError):
        list(writer.write(Batch([run(CREATED)])))


@pytest.mark.parametrize("name", ["jsonl", "csv"])
def test_both_engines_write_the_same_columns(name, monkeypatch):
    batch = Batch([FRAMES, run(CREATED, UNKNOWN)])
    native = written(name, NAMES["lists"], batch)
    monkeypatch.setenv("TLIB_ENGINE", "reference")
    assert written(name, NAMES["lists"], batch) == native
