"""JSON lines of whole frames: the native writer and the Python one give the same bytes and the same entries."""

from __future__ import annotations

import io
import json
import struct
from array import array
from typing import Annotated

import msgspec
import own
import pytest
import weather
from sampleframes import run as frames

from tlib_codec import Event, InvalidEvent, MalformedFrame, read
from tlib_codec.formats.jsonl.writer import LineWriter
from tlib_codec.records import NO_TIME, Batch, Flow, Frames
from tlib_fuzz.selfcheck.compare import entries_of
from tlib_fuzz.selfcheck.json_lines import disagreement
from tlib_schemas import Attribute, Attributes, KVList, OpenEnum, Registry, Timestamp, UnknownEvent, event, wire
from tlib_schemas.attributes import TimeinSecs, TimeinuSecs
from tlib_schemas.limits import DEFAULT_LIMITS, Limits
from tlib_schemas.tlibrary import TLIBRARY

pytest.importorskip("tlib_codec.native.text", reason="the native engine is not built: no C compiler was found", exc_type=ImportError)

HELD = bytes.fromhex("544c 01 00 00a0 0000000e 0009 06 000008 006c02462a161006")  # without its mandatory CallUUID
BROKEN = bytes.fromhex("544c 01 00 004d 00000007 0003 01 000001 00")


def unknown(**attributes):
    return UnknownEvent(60, Attributes(attributes))


def difference(part, registry=TLIBRARY, limits=DEFAULT_LIMITS):
    return disagreement(part, registry, limits)


def notes(**texts):
    packed = [struct.pack("=I", len(one)) + one for pair in texts.items() for one in map(str.encode, pair)]
    made = b"".join(packed)
    return {"notes": made, "note_bounds": array("Q", [0, len(made)]).tobytes()}


def written(part, registry=TLIBRARY):
    """Return the lines of frames, as objects, and the entries that the writer yields."""
    out = io.BytesIO()
    batch = Batch([part], registry=registry)
    entries = list(entries_of(LineWriter(out, registry).write(batch), batch))
    return [json.loads(line) for line in out.getvalue().splitlines()], entries


def test_the_frames_of_a_file_give_the_same_bytes():
    with read("examples/calls.tlb") as reader:
        for batch in reader.batches():
            for part in batch.parts:
                assert difference(part) is None


def test_an_invalid_frame_is_written_in_its_place():
    lines, _ = written(frames(unknown(), HELD, unknown()))
    assert ["$violations" in line for line in lines] == [False, True, False]


def test_an_invalid_frame_is_yielded():
    _, (entry,) = written(frames(unknown(), HELD, unknown()))
    assert type(entry.item) is InvalidEvent


def test_a_malformed_frame_is_yielded():
    _, (entry,) = written(frames(unknown(), BROKEN))
    assert type(entry.item) is MalformedFrame


def test_every_member_of_the_source_comes_in_its_order():
    part = frames(
        unknown(),
        file="a.log",
        lines=array("Q", [1]).tobytes(),
        packets=array("Q", [2]).tobytes(),
        offsets=array("Q", [3]).tobytes(),
        local_times=array("q", [1_748_450_724_594_200_001]).tobytes(),
        flows=array("I", [0]).tobytes(),
        flow_table=[Flow(connection=0, src="a", dst="b", direction="received", peer="p", version="8.1")],
        **notes(**{"": "text", "AttributeFoo": "1"}),
    )
    (line,), _ = written(part)
    assert line["$unnumbered"] == {"AttributeFoo": "1"}
    assert list(line["$source"].items()) == [
        ("file", "a.log"), ("line", 1), ("packet", 2), ("offset", 3), ("time", "2025-05-28T16:45:24.594200001"), ("src", "a"), ("dst", "b"),
        ("connection", 0), ("direction", "received"), ("peer", "p"), ("version", "8.1"), ("text", "text"),
    ]  # fmt: skip


def test_a_frame_without_an_origin_has_no_source():
    assert written(frames(unknown()))[0] == [{"Event": "EventRinging"}]


def test_a_time_of_day_is_shown_without_a_date():
    (line,), _ = written(frames(unknown(), times_of_day=array("q", [36_000_000_000_000]).tobytes()))
    assert line["$source"] == {"time": "10:00:00.000000"}


def test_the_column_of_times_comes_before_the_own_time_of_the_event():
    own_time = {"TimeinSecs": 5, "TimeinuSecs": 7}
    (first, second), _ = written(frames(unknown(**own_time), unknown(**own_time), times=array("q", [NO_TIME, 0]).tobytes()))
    assert (first["$time"], second["$time"]) == ("1970-01-01T00:00:05.000007Z", "1970-01-01T00:00:00.000000Z")


@pytest.mark.parametrize(
    "keys", [["a"] * 2, ["a"] * 300, [str(i) for i in range(300)], ["$a"], ["\udcff"], ["é"], [""], ["a" * 9, "b" + "a" * 8]]
)
def test_lists_of_any_keys(keys):
    assert difference(frames(unknown(UserData=KVList([(key, 1) for key in keys])))) is None


def test_many_flows_of_which_few_are_used():
    table = [Flow(src=str(i)) for i in range(100)]
    part = frames(unknown(), unknown(), flows=array("I", [7, 99]).tobytes(), flow_table=table)
    assert [line["$source"] for line in written(part)[0]] == [{"src": "7"}, {"src": "99"}]


def test_a_frame_of_more_attributes_than_the_workspace_holds():
    attributes = b"".join(struct.pack(">HBBH", number, 0, 0, 0) for number in range(0x9000, 0x9100))
    assert difference(frames(b"TL\x01\x00\x00\x3c" + struct.pack(">I", len(attributes)) + attributes)) is None


def test_lines_that_fill_more_than_one_piece():
    part = frames(*[unknown(ThisDN="x" * 200)] * 3000)
    assert difference(part) is None


def test_limits_of_the_batch_hold():
    assert difference(frames(unknown(UserData=KVList({"a": {"b": 1}}))), limits=Limits(list_depth=1)) is None


def test_an_overlong_flow_number_is_left_to_python():
    with pytest.raises(IndexError):
        written(frames(unknown(), flows=array("I", [3]).tobytes()))


def test_notes_that_end_before_their_length():
    part = frames(unknown(), notes=b"\xff\xff\xff\xff", note_bounds=array("Q", [0, 4]).tobytes())
    assert difference(part) is None


def test_a_column_of_another_length_is_refused():
    with pytest.raises(ValueError, match="expected 8 bytes for each of 1 frames"):
        written(frames(unknown(), lines=b"1234"))


def test_bounds_that_descend_are_refused():
    with pytest.raises(ValueError, match="ascending"):
        written(Frames(data=b"", bounds=array("Q", [0, 7]).tobytes()))


def test_a_batch_of_another_registry_is_written_with_the_names_of_the_writer():
    out = io.BytesIO()
    list(LineWriter(out, TLIBRARY).write(Batch([frames(unknown())], registry=weather.WEATHER)))
    assert json.loads(out.getvalue()) == {"Event": "EventRinging"}


# -- registries of a user's own --------------------------------------------------------------------


class Loud(OpenEnum):
    """Names that no table of the registry has."""

    Low = 0

    @property
    def label(self):
        return f"<{int(self)}>"


class Lost(OpenEnum):
    """Numbers without a name become another one."""

    Low = 0

    @classmethod
    def _missing_(cls, value):
        return cls.Low


LoudValue = Annotated[Loud, Attribute(1, wire.Enum(Loud), "Loud")]
LostValue = Annotated[Lost, Attribute(2, wire.Enum(Lost), "Lost")]


@event(1)
class Noise(Event):
    """An event of enumerations that name their numbers themselves."""

    loud: LoudValue | None = None
    lost: LostValue | None = None


@event(2)
class Fraction(Event):
    """A table that lists the fraction of the own time, but not the seconds."""

    micros: TimeinuSecs | None = None


@event(3)
class Seconds(Event):
    """A table that lists the seconds, but not the fraction."""

    seconds: TimeinSecs | None = None


NOISE = Registry("Noise", events=[Noise, Fraction, Seconds], attributes=[msgspec.structs.replace(TLIBRARY.attribute("ThisDN"))])


def ints(message, *pairs):
    attributes = b"".join(struct.pack(">HBBHI", number, 1, 0, 4, value) for number, value in pairs)
    return b"TL\x01\x00" + struct.pack(">HI", message, len(attributes)) + attributes


@pytest.mark.parametrize("number", [1, 2])
def test_an_enumeration_that_names_its_numbers_itself_is_asked(number):
    assert difference(frames(ints(1, (number, 5)), ints(1, (number, 0))), NOISE) is None


@pytest.mark.parametrize("message", [2, 3, 4])
def test_an_own_time_that_the_table_lists_in_part(message):
    seconds, micros = int(TLIBRARY.attribute("TimeinSecs").id), int(TLIBRARY.attribute("TimeinuSecs").id)
    pairs = sorted([(seconds, 5), (micros, 7)])
    assert difference(frames(ints(message, *pairs)), NOISE) is None


@pytest.mark.parametrize("micros", [None, 0, 999_999, 1_000_000, 2**32 - 1])
def test_a_timestamp_of_any_fraction(micros):
    seconds = Timestamp(seconds=2**32 - 1, microseconds=micros)
    item = TLIBRARY.event("EventReleased")(
        call_id=7, call_state=0, conn_id="006c02462a161006", server=1, this_dn="1", call_type=1, reliability=0, time=seconds
    )
    assert difference(frames(item)) is None


def test_a_class_that_builds_itself_is_asked():
    note = b"TL\x01\x00\x00\x06" + struct.pack(">IHBBH", 9, 305, 0, 0, 3) + b"abc"
    (line,), _ = written(frames(note), own.OWN)
    assert line["Note"] == "ABC"
