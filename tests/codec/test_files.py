"""`read` and `write`: every format, path and open file; the records come back."""

from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import csv, parquet

from tlib_codec import EventCallCreated, EventCallDeleted, Gap, UnknownEvent, encode, read, write
from tlib_codec.formats.source import InputError
from tlib_codec.records import Batch, Diagnostic, Origin, Record

EXAMPLES = Path(__file__).parents[2] / "examples"
EVENT = EventCallDeleted(call_uuid="01FES9JKSOFQLEKK3CSH5B5AES00JV1U", conn_id="006c02462a161006")
FRAME = encode(EVENT)
WRONG = Diagnostic("log-line", Origin(line=1), "this", "that")


@pytest.mark.parametrize(
    ("name", "expected"),
    [("calls.tlb", "frames"), ("calls.pcapng", "capture"), ("tserver.log", "log"), ("platform_sdk.log", "log")],
)
def test_an_example_is_read_by_its_first_bytes(name, expected):
    reader = read(EXAMPLES / name)
    assert reader.format == expected
    assert any(isinstance(record.item, EventCallCreated) for record in reader)


@pytest.fixture
def bundle(tmp_path):
    """Return a zip file of two inputs and a text."""
    path = tmp_path / "b.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.tlb", FRAME)
        archive.writestr("b.hex", FRAME.hex() * 2)
        archive.writestr("readme", "hello")
    return path


def test_a_zip_file_gives_the_records_of_each_member(bundle):
    assert [record.origin.file for record in read(bundle)] == [f"{bundle}!a.tlb", f"{bundle}!b.hex", f"{bundle}!b.hex"]


def test_a_folder_gives_the_records_of_each_file_below_it(bundle):
    assert len(list(read(bundle.parent))) == 3


def test_the_format_of_a_zip_file_is_that_of_its_first_member(bundle):
    with read(bundle) as reader:
        assert reader.format == "frames"


def test_a_member_is_read_alone(bundle):
    assert len(list(read(f"{bundle}!b.hex"))) == 2


def test_a_named_format_counts_for_every_member(bundle):
    assert len(list(read(bundle, format="hex"))) > 2


def test_an_empty_folder_has_no_format(tmp_path):
    assert read(tmp_path).format is None


def test_an_encoding_is_taken_by_its_name():
    log = b"@16:45:24.5942 [0] 8.1.101.25 distribute_event: message EventDNDOn\n\tAttributeThisDN\t'Ren\xe9'\n"
    assert [record.item.attributes["ThisDN"] for record in read(io.BytesIO(log), encoding="Latin-1")] == ["René"]


def test_hex_text_is_read():
    assert [record.item for record in read(io.BytesIO(FRAME.hex(" ").encode()))] == [EVENT]


def test_a_path_may_be_text():
    assert len(list(read(str(EXAMPLES / "calls.tlb")))) == 65


def test_an_open_file_need_not_be_seekable():
    class Pipe(io.RawIOBase):
        def __init__(self):
            self._left = [FRAME[:9], FRAME[9:]]

        def readable(self):
            return True

        def read(self, size=-1):
            return self._left.pop(0) if self._left else b""

    assert [record.item for record in read(Pipe())] == [EVENT]


def test_a_compressed_file_is_read():
    assert [record.item for record in read(io.BytesIO(gzip.compress(FRAME)))] == [EVENT]


def test_an_empty_file_has_no_format_and_no_records():
    reader = read(io.BytesIO(b""))
    assert (reader.format, list(reader)) == (None, [])


def test_a_file_of_no_known_format_is_refused():
    with pytest.raises(InputError, match="no known format"):
        read(io.BytesIO(b"hello"))


def test_a_given_format_is_not_detected():
    (record,) = read(io.BytesIO(b"hello"), format="frames")
    assert isinstance(record.item, Gap)


@pytest.mark.parametrize("name", ["nonsense", "csv"])
def test_a_format_that_cannot_be_read_is_refused(name):
    with pytest.raises(ValueError, match=f"no format '{name}' can be read; there are capture, frames"):
        read(io.BytesIO(), format=name)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(InputError, match="No such file"):
        read(tmp_path / "none.tlb")


def test_a_reader_gives_batches():
    (batch, *_) = read(EXAMPLES / "calls.tlb").batches()
    assert isinstance(batch, Batch)


def test_a_reader_is_a_context_manager_that_closes_the_file():
    with read(EXAMPLES / "calls.tlb") as reader:
        next(iter(reader))


def test_ports_choose_the_connections_of_a_capture():
    found = list(read(EXAMPLES / "calls.pcapng", ports=[1]))
    assert [one.code for one in found] == ["capture-no-connection"]


def test_server_is_the_attribute_of_events_from_a_log():
    servers = {getattr(record.item, "server", None) for record in read(EXAMPLES / "tserver.log", server=7)}
    assert 7 in servers


def rows_of(path):
    match path.suffix:
        case ".csv":
            return csv.read_csv(path)
        case ".parquet":
            return parquet.read_table(path)
        case _:
            return pa.ipc.open_file(path).read_all()


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".arrow"])
def test_events_are_written_as_rows(tmp_path, suffix):
    path = tmp_path / f"calls{suffix}"
    assert write(path, read(EXAMPLES / "calls.tlb")) == 0
    assert rows_of(path)["Event"].to_pylist()[0] == "EventCallCreated"


@pytest.mark.parametrize("suffix", [".tlb", ".jsonl", ".log", ".pcap", ".pcapng"])
def test_events_come_back_from_what_is_written(tmp_path, suffix):
    path = tmp_path / f"calls{suffix}"
    assert write(path, read(EXAMPLES / "calls.tlb")) == 0
    assert [record.item for record in read(path, server=0)] == [record.item for record in read(EXAMPLES / "calls.tlb")]


def test_plain_events_are_written():
    file = io.BytesIO()
    assert write(file, [EVENT, EVENT], format="frames") == 0
    assert file.getvalue() == FRAME * 2


def test_batches_and_records_are_written_in_order():
    file = io.BytesIO()
    ringing = UnknownEvent(60)
    write(file, [ringing, Batch([Record(EVENT)]), Record(ringing)], format="frames")
    assert file.getvalue() == encode(ringing) + FRAME + encode(ringing)


def test_more_events_than_a_batch_are_written():
    file = io.BytesIO()
    write(file, [EVENT] * 3000, format="frames")
    assert file.getvalue() == FRAME * 3000


def test_write_counts_what_is_invalid_or_not_written():
    assert write(io.BytesIO(), [EVENT, WRONG, Gap(0, b"x"), UnknownEvent("EventNovel")], format="frames") == 3


def test_a_format_wins_over_the_suffix(tmp_path):
    path = tmp_path / "calls.tlb"
    write(path, [EVENT], format="jsonl")
    assert path.read_bytes().startswith(b'{"Event"')


@pytest.mark.parametrize(
    ("target", "options", "told"),
    [
        ("calls.xyz", {}, "the suffix of 'calls.xyz' names no format"),
        ("calls.tlb", {"format": "hex"}, "format 'hex' names no format"),
        (io.BytesIO(), {}, "a file without a path names no format"),
    ],
)
def test_a_target_of_no_format_is_refused(target, options, told):
    with pytest.raises(ValueError, match=told):
        write(target, [], **options)


def failing():
    yield EVENT
    raise KeyError("the records end here")


@pytest.mark.parametrize("name", ["calls.tlb", "calls.jsonl", "calls.log"])
def test_a_file_stays_as_it_was_where_the_records_fail(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(b"before")
    with pytest.raises(KeyError):
        write(path, failing())
    assert [(one.name, one.read_bytes()) for one in tmp_path.iterdir()] == [(name, b"before")]


def test_a_pipe_is_written_as_it_is():
    assert write("/dev/null", [EVENT], format="frames") == 0


def test_compressed_text_is_unpacked_where_its_format_is_named():
    assert [record.item for record in read(io.BytesIO(gzip.compress(FRAME.hex().encode())), format="hex")] == [EVENT]
