"""CSV of whole frames: the native writer and the Python one give the same bytes and the same entries."""

from __future__ import annotations

import io
import struct
from array import array

import own
import pytest
import weather
from sampleframes import run as frames

from tlib_codec import InvalidEvent
from tlib_codec.arrow.plain_csv import PlainCsv
from tlib_codec.formats import WriteOptions
from tlib_codec.records import NO_FLOW, NO_TIME, Batch, Flow
from tlib_fuzz.selfcheck.compare import entries_of
from tlib_fuzz.selfcheck.csv_rows import disagreement
from tlib_schemas import Attributes, KVList, RawValue, UnknownEvent
from tlib_schemas.limits import DEFAULT_LIMITS
from tlib_schemas.tlibrary import TLIBRARY

pytest.importorskip("tlib_codec.native.text", reason="the native engine is not built: no C compiler was found", exc_type=ImportError)

HELD = bytes.fromhex("544c 01 00 00a0 0000000e 0009 06 000008 006c02462a161006")  # without its mandatory CallUUID
BROKEN = bytes.fromhex("544c 01 00 004d 00000007 0003 01 000001 00")


def unknown(**attributes):
    return UnknownEvent(60, Attributes(attributes))


def row(part, *columns, origins=None):
    """Return the cells of the first row under these columns."""
    out = io.BytesIO()
    list(PlainCsv(out, WriteOptions(origins=origins)).write(Batch([part])))
    header, first, *_ = out.getvalue().decode().splitlines()
    cells = dict(zip(header.split(","), first.split(","), strict=True))
    return [cells[f'"{column}"'] for column in columns]


def difference(part, registry=TLIBRARY, limits=DEFAULT_LIMITS):
    return disagreement(part, registry, limits)


def notes(*pairs):
    packed = [struct.pack("=I", len(one)) + one for pair in pairs for one in pair]
    made = b"".join(packed)
    return {"notes": made, "note_bounds": array("Q", [0, len(made)]).tobytes()}


def test_a_row_has_the_cells_of_its_attributes():
    part = frames(unknown(ThisDN='a "b"', CallID=7))
    assert row(part, "Event", "ThisDN", "CallID", "ANI") == ['"EventRinging"', '"a ""b"""', "7", ""]


def test_a_message_without_a_name_is_its_number_in_quotes():
    assert row(frames(UnknownEvent(9999)), "Event") == ['"9999"']


def test_a_number_without_a_label_is_in_quotes():
    assert row(frames(unknown(CallType=999)), "CallType") == ['"999"']


def test_text_that_is_not_utf8_keeps_its_frame():
    part = frames(unknown(ThisDN="a\udcff"))
    assert row(part, "ThisDN", "$frame") == ['"a�"', f'"{part.data.hex()}"']


def test_an_attribute_without_a_column_keeps_the_frame():
    part = frames(unknown(**{"#200": RawValue(7, b"\0")}))
    assert row(part, "$frame") == [f'"{part.data.hex()}"']


def test_attributes_out_of_order_keep_the_frame():
    swapped = bytes.fromhex("544c 01 00 003c 00000014 0004 01 000004 00000001 0003 01 000004 00000002")
    assert row(frames(swapped), "$frame") == [f'"{swapped.hex()}"']


def test_an_invalid_frame_has_its_first_error():
    part = frames(HELD, offsets=array("Q", [7]).tobytes())
    assert row(part, "$error", "$error_offset", "$error_path") == ['"mandatory-missing"', "7", '"EventCallCreated.CallUUID"']


def test_an_invalid_frame_is_yielded():
    batch = Batch([frames(unknown(), HELD)])
    (entry,) = entries_of(PlainCsv(io.BytesIO(), WriteOptions()).write(batch), batch)
    assert type(entry.item) is InvalidEvent


@pytest.mark.parametrize(
    "part",
    [
        frames(HELD, HELD, encoded=True),
        frames(BROKEN, HELD, BROKEN),
        frames(unknown(UserData=KVList({"a": "\udcff"})), unknown(UserData=KVList({"\udcff": 1}))),
        frames(HELD[:10], unknown(UserData=KVList({'a"': {"b": [("c", 1), ("c", 2)]}, "x": b"\1"}))),
        frames(bytes.fromhex("544c 01 00 003c 00000014 0004 01 000004 00000001 0003 01 000004 00000002"), encoded=True),
        frames(unknown(), file="caf\udce9.log", **notes((b"", b"caf\xe9"), (b"AttributeFoo", b'"1"'))),
        frames(unknown(), **notes((b"AttributeFoo", b"\xe9"))),
        frames(unknown(), **notes((b"\xe9", b"1"))),
        frames(unknown(), **notes((b"", b""))),
    ],
    ids=["encoded", "malformed", "lists that are not UTF-8", "nested lists", "out of order", "notes", "bad value", "bad name", "no text"],
)
def test_frames_that_are_left_to_python_in_part(part):
    assert difference(part) is None


@pytest.mark.parametrize("time", [NO_TIME, NO_TIME + 1, -1, 0, 1_748_450_724_594_200_999, 2**63 - 1])
def test_times_are_rounded_down_to_microseconds(time):
    column = array("q", [time]).tobytes()
    assert difference(frames(unknown(), times=column, local_times=column, times_of_day=column)) is None


@pytest.mark.parametrize("origins", [("src",), ("src", "peer"), ("file", "dst", "text"), ("line", "unnumbered"), ()])
def test_chosen_origins(origins):
    table = [Flow(connection=0, src='"a"', dst="b", direction="received", peer="p", version="8.1")]
    part = frames(unknown(), unknown(), file="a", flows=array("I", [0, NO_FLOW]).tobytes(), flow_table=table)
    assert disagreement(part, TLIBRARY, DEFAULT_LIMITS, origins) is None


def test_an_invalid_frame_of_many_attributes():
    attributes = b"".join(struct.pack(">HBBH", number, 0, 0, 0) for number in range(0x9000, 0x9100))
    assert difference(frames(b"TL\x01\x00\x00\xa0" + struct.pack(">I", len(attributes)) + attributes)) is None


def test_a_batch_of_another_registry_is_written_by_the_records():
    out = io.BytesIO()
    list(PlainCsv(out, WriteOptions(part=True)).write(Batch([frames(unknown())], registry=weather.WEATHER)))
    assert out.getvalue().startswith(b'"EventRinging",')


def test_an_event_that_builds_itself_is_left_to_python():
    note = b"TL\x01\x00\x00\x06" + struct.pack(">IHBBH", 9, 305, 0, 0, 3) + b"abc"
    assert difference(frames(note), own.OWN) is None
