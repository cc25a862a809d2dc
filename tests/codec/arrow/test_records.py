"""Records as record batches: both builders give the same rows, and the rows have the origins of their records."""

from __future__ import annotations

import datetime as dt
import io
import random
import subprocess
import sys
from array import array
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from printed import printed_batch

from tlib_codec import (
    TLIBRARY,
    Attributes,
    EventCallDeleted,
    EventPartyChanged,
    Gap,
    InvalidEvent,
    TCause,
    UnknownEvent,
    arrow,
    encode,
    native,
)
from tlib_codec.arrow.layout import MAX_ROWS, layout
from tlib_codec.arrow.records import RecordColumns, records_schema
from tlib_codec.formats.captures import lanes
from tlib_codec.formats.captures.model import CaptureSettings
from tlib_codec.formats.captures.open import read_capture
from tlib_codec.formats.logs.reader import read_log
from tlib_codec.formats.source import Source
from tlib_codec.records import NO_FLOW, NO_TIME, Batch, Diagnostic, Flow, Frames, Origin, Record
from tlib_fuzz.conversations import Conversation, mixed
from tlib_fuzz.packets import Talk, pcap, pcapng
from tlib_schemas.enumerations import MessageType
from tlib_schemas.errors import Severity
from tlib_schemas.limits import DEFAULT_LIMITS
from tlib_schemas.values import KVList

EVENT = EventCallDeleted(call_uuid="01FES9JKSOFQLEKK3CSH5B5AES00JV1U", conn_id="006c02462a161006", cause=TCause.Transfer)
FRAME = encode(EVENT)
INVALID = FRAME[:6] + bytes(4)  # no attribute at all
DEEP = FRAME[:4] + FRAME[4:].replace(b"01FES9", b"\xff1FES9")


class Pieces(io.BytesIO):
    """A file that gives at most `step` bytes a read."""

    def __init__(self, data, step):
        super().__init__(data)
        self.step = step

    def read1(self, size=-1):
        return self.read(min(size, self.step))


def captured(data, step=1 << 20, **options):
    """The batches of a capture named x."""
    return read_capture(Source(Pieces(data, step), name="x"), **options)


def table(batches, **options):
    """The rows of batches as a valid table."""
    made = pa.table(RecordColumns(batches, **options))
    made.validate(full=True)
    return made


def rows(entries, **options):
    """The rows of single records and diagnostics."""
    return table([Batch(entries)], **options).to_pylist()


def both(data, step=1 << 20, **options):
    """The rows of a capture, which are the same by either builder."""
    native_rows, python_rows = (table(captured(data, step, **options), builder=builder).to_pylist() for builder in (True, False))
    assert native_rows == python_rows
    return native_rows


def errors(batches):
    """The entries that `rows` yields beside the batches, and the number of rows that have an error."""
    columns = RecordColumns()
    wrong, count = [], 0
    for batch in batches:
        for made, entries in columns.rows(batch, []):
            wrong += entries
            count += made.num_rows - made.column("$error").null_count
    return wrong, count


needs_native = pytest.mark.skipif(native.extension("columns") is None, reason="the native engine is not built, or does not run")
BUILDERS = pytest.mark.parametrize("builder", [True, False], ids=["native", "python"])


@needs_native
@given(seed=st.integers(0, 2**32), step=st.sampled_from([300, 3000, 1 << 20]), chosen=st.booleans(), damage=st.integers(0, 20))
def test_both_builders_give_the_same_rows_of_a_capture(seed, step, chosen, damage):
    chance = random.Random(seed)
    data = bytearray((pcap if seed % 2 else pcapng)(mixed([Conversation(seed + i, i) for i in range(chance.randint(1, 4))], seed)))
    for _ in range(damage):
        data[chance.randrange(30, len(data))] = chance.randrange(256)
    del data[chance.choice([len(data), chance.randrange(30, len(data))]) :]
    settings = CaptureSettings(
        problems=chance.choice([3, 1000]), memory=chance.choice([2000, 128 << 20]), connections=chance.choice([2, 16_384])
    )
    both(bytes(data), step, ports=[3000] if chosen else [], settings=settings)


@needs_native
@given(seed=st.integers(0, 2**32), step=st.sampled_from([200, 1 << 20]))
def test_frames_of_every_kind(seed, step):
    chance = random.Random(seed)
    talk, other = Talk().open(), Talk(cport=41_000).open()
    for _ in range(chance.randint(1, 40)):
        kind = chance.choice([FRAME, FRAME, INVALID, DEEP, FRAME + FRAME, FRAME[:-7], b"no frame", FRAME[:30]])
        chance.choice([talk, other]).say(kind, side=chance.randrange(2))
    packets = [*talk.packets, *other.packets]
    chance.shuffle(packets)
    both(pcap(sorted(packets) if seed % 3 else packets), step)


@needs_native
def test_many_frames_of_one_read_have_their_offsets():
    talk = Talk().open()
    for _ in range(500):
        talk.say(FRAME * 40)
    found = both(pcap(talk.close().packets), 1 << 24)
    assert [row["$offset"] for row in found] == list(range(0, 20_000 * len(FRAME), len(FRAME)))
    assert found[-1] | {"ConnID": EVENT.conn_id, "Event": "EventCallDeleted", "$file": "x", "$src": "10.0.0.2:3000"} == found[-1]


def test_missing_bytes_are_a_row_with_its_origin():
    talk = Talk().open().say(FRAME)
    talk.seqs[1] += 100
    talk.say(FRAME).close()
    good, missing, more = table(captured(pcap(talk.packets))).to_pylist()
    assert (missing["$error"], missing["$frame"], missing["$offset"]) == ("gap", b"", len(FRAME))
    assert more["$offset"] - missing["$offset"] == 100
    assert (missing["$src"], missing["$connection"], missing["$direction"]) == (good["$src"], "0", "to-client")
    assert missing["$packet"] > good["$packet"]
    assert missing["$time"] > good["$time"]


WRONG = pcap(Talk().open().say(FRAME + INVALID + b"?" + FRAME).packets)


def test_a_row_of_a_wrong_record_has_the_code_of_its_error():
    assert table(captured(WRONG))["$error"].to_pylist() == [None, "mandatory-missing", "gap", None]


def test_each_wrong_row_gives_its_record():
    wrong, count = errors(captured(WRONG))
    assert [(record.origin.offset, record.frame) for record in wrong] == [(len(FRAME), INVALID), (len(FRAME) + len(INVALID), b"?")]
    assert count == 2


@given(seed=st.integers(0, 2**32))
def test_there_is_an_entry_for_each_row_with_an_error(seed):
    wrong, count = errors(captured(pcap(mixed([Conversation(seed + i, i) for i in range(3)], seed)), 3000))
    assert len(wrong) == count


def test_chosen_origins_are_the_columns_behind_the_attributes():
    data = pcap(Talk().open().say(FRAME).close().packets)
    made = table(captured(data), origins=["packet"])
    assert made.column_names[-1] == "$packet"
    assert made["$packet"].to_pylist() == [4]


def test_no_origins_leave_the_columns_of_frames():
    assert records_schema(origins=[]).names[-1] == "$frame"


def test_a_record_without_a_frame_is_encoded():
    (row,) = rows([Record(EVENT)])
    assert (row["Event"], row["ConnID"], row["$frame"], row["$offset"]) == ("EventCallDeleted", EVENT.conn_id, None, None)


def test_a_record_without_a_frame_keeps_the_offset_of_its_origin():
    (row,) = rows([Record(EVENT, origin=Origin(offset=70))])
    assert row["$offset"] == 70


def test_an_invalid_record_without_a_frame_has_no_place_of_its_error():
    item = InvalidEvent(EventCallDeleted.message, Attributes({"ConnID": EVENT.conn_id}))
    (row,) = rows([Record(item)])
    assert (row["$error"], row["$error_offset"]) == ("mandatory-missing", None)


def test_a_message_that_only_a_log_names_keeps_its_name():
    assert [row["Event"] for row in rows([Record(EVENT), Record(UnknownEvent("EventNovel", Attributes({"ANI": "1"})))])] == [
        "EventCallDeleted",
        "EventNovel",
    ]


def test_a_record_that_cannot_be_encoded_has_no_row_and_gives_a_diagnostic():
    failed = []
    origin = Origin(file="a.log", line=3)
    batch = Batch([Record(UnknownEvent(60, Attributes({"CallID": -1})), origin=origin)])
    assert list(RecordColumns().rows(batch, failed)) == []
    assert [(one.code, one.origin, one.path) for one in failed] == [("value-range", origin, "EventRinging.CallID")]


def test_a_diagnostic_is_a_row_of_its_code():
    (row,) = rows([Diagnostic("log-line", Origin(file="a.log", line=3), "an attribute", "noise", path="X")])
    assert (row["$error"], row["$error_path"], row["$file"], row["$line"], row["$frame"]) == ("log-line", "X", "a.log", 3, b"")


@pytest.mark.parametrize(
    ("field", "value", "shown"),
    [
        ("file", "a", "a"),
        ("line", 5, 5),
        ("line", 1 << 64, None),
        ("packet", 6, 6),
        ("packet", -1, None),
        ("time", 1_999, dt.datetime(1970, 1, 1, 0, 0, 0, 1, dt.UTC)),
        ("time", -1, dt.datetime(1969, 12, 31, 23, 59, 59, 999_999, dt.UTC)),
        ("time", 1 << 63, None),
        ("local_time", 1_000, dt.datetime(1970, 1, 1, 0, 0, 0, 1)),  # noqa: DTZ001
        ("src", "10.0.0.1:1", "10.0.0.1:1"),
        ("dst", "10.0.0.2:1", "10.0.0.2:1"),
        ("connection", 0, "0"),
        ("connection", "main", "main"),
        ("direction", "sent", "sent"),
        ("peer", "backup", "backup"),
        ("peer", "caf\udce9", "caf?"),
        ("version", "8.1", "8.1"),
        ("text", "busy", "busy"),
        ("text", "", None),
    ],
)
def test_a_field_of_an_origin_is_a_column(field, value, shown):
    (row,) = rows([Record(EVENT, origin=Origin(**{field: value}))])
    assert row[f"${field}"] == shown


def test_unnumbered_attributes_are_a_map():
    novel, plain, wrong = rows([Record(EVENT, unnumbered={"AttributeNovel": "5"}), Record(EVENT), Diagnostic("log-line", Origin(), "", "")])
    assert novel["$unnumbered"] == [("AttributeNovel", "5")]
    assert plain["$unnumbered"] is wrong["$unnumbered"] is None


def numbers(kind, *values):
    return array(kind, values).tobytes()


def run(count, **columns):
    """A run of `count` frames with these columns."""
    return Frames(data=FRAME * count, bounds=numbers("Q", *range(0, (count + 1) * len(FRAME), len(FRAME))), **columns)


FLOWS = [Flow(0, "10.0.0.1:1", "10.0.0.2:2", "to-server"), Flow("b", "10.0.0.2:2", "10.0.0.1:1", "to-client")]


@pytest.mark.parametrize(
    "columns",
    [
        {},
        {"file": "a"},
        {"offsets": numbers("Q", 5, 6, 7), "lines": numbers("Q", 1, 2, 3), "packets": numbers("Q", 7, 8, 9)},
        {"times": numbers("q", 1_999, -1, -1_000), "local_times": numbers("q", 1_000, 2_000, 3_000)},
        {"times": numbers("q", 1_000, NO_TIME, 5)},
        {"flows": numbers("I", 0, 1, 0), "flow_table": FLOWS},
        {"flows": numbers("I", 0, NO_FLOW, 1), "flow_table": FLOWS},
    ],
    ids=["nothing", "file", "numbers", "times", "unknown time", "flows", "unknown flow"],
)
@BUILDERS
def test_rows_of_frames_are_the_rows_of_their_records(columns, builder):
    frames = run(3, **columns)
    together = rows([frames], builder=builder)
    apart = rows(list(frames.records(TLIBRARY)), builder=builder)
    assert together == apart


@BUILDERS
def test_frames_records_and_diagnostics_of_a_batch_are_rows_in_its_order(builder):
    wrong = Diagnostic("log-line", Origin(line=1), "", "")
    found = rows([run(2, file="a"), Record(EVENT), wrong, wrong, run(1, file="b"), Record(Gap(3, b"?"))], builder=builder)
    assert [(row["Event"], row["$file"], row["$error"]) for row in found] == [
        ("EventCallDeleted", "a", None),
        ("EventCallDeleted", "a", None),
        ("EventCallDeleted", None, None),
        (None, None, "log-line"),
        (None, None, "log-line"),
        ("EventCallDeleted", "b", None),
        (None, None, "gap"),
    ]


@BUILDERS
def test_a_batch_beyond_the_rows_of_a_builder_is_split(builder):
    columns = RecordColumns([Batch([run(MAX_ROWS + 2, lines=numbers("Q", *range(MAX_ROWS + 2)))])], origins=["line"], builder=builder)
    assert [row for made in columns for row in made.column("$line").to_pylist()] == list(range(MAX_ROWS + 2))


def test_a_batch_of_nothing_has_no_rows():
    assert list(RecordColumns([Batch([])])) == []


def test_lanes_in_python_give_rows():
    data = pcap(Talk().open().say(FRAME).close().packets)
    assert table(captured(data, lanes=lanes.Lanes))["ConnID"].to_pylist() == [EVENT.conn_id]


@needs_native
def test_a_builder_that_is_misused():
    builder = native.extension("columns").FrameBuilder(TLIBRARY, DEFAULT_LIMITS, layout(TLIBRARY), 1 << 20)
    assert (builder.fill(), builder.rows) == (False, 0)
    with pytest.raises(ValueError, match="a place each"):
        builder.put(FRAME, bytes(8), bytes(8))
    builder.put(FRAME, bytes(8) + (len(FRAME) + 1).to_bytes(8, "little"), bytes(8))
    with pytest.raises(ValueError, match="not in rows"):
        builder.put(FRAME, bytes(16), bytes(8))
    with pytest.raises(ValueError, match="a bound that is none"):
        builder.fill()


def test_an_origin_that_no_input_has_is_refused():
    with pytest.raises(ValueError, match="no origin has a field 'nonsense': the fields are file, line, packet"):
        RecordColumns(origins=["file", "nonsense"])


@pytest.mark.parametrize("name", sorted({*arrow.__all__} - {"Counts"}))
def test_without_pyarrow_a_name_tells_the_extra(name):
    program = f"import sys; sys.modules['pyarrow'] = None; from tlib_codec.arrow import {name}"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-1].endswith("pip install 'tlib-codec[arrow]'")


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        arrow.nonsense  # noqa: B018


def test_the_package_lists_its_names():
    assert dir(arrow) == sorted(arrow.__all__)


@pytest.mark.parametrize("builder", [False, True])
def test_a_valid_event_of_a_log_has_no_error_where_its_frame_lacks_what_logs_do_not_print(builder):
    values = {"ThisDN": "Lakeside::", "TimeinSecs": 1, "ReferenceID": 2, "Extensions": KVList(), "InfoType": 8}
    numbered = {TLIBRARY.attribute_number(name): value for name, value in values.items()}
    items = [TLIBRARY.assemble(MessageType.EventRegistered, numbered, printed=printed) for printed in (False, True, True)]
    batch = Batch([*(Record(item) for item in items), Record(EVENT)])
    table = pa.Table.from_batches(list(RecordColumns([batch], builder=builder)))
    assert table.column("$error").to_pylist() == ["mandatory-missing", None, None, None]


# -- logs as frames --------------------------------------------------------------------------------

LOG = """\
@21:39:12.0070 [0] 8.1.101.25 distribute_event: message EventPartyChanged
\tAttributeThisDN\t'2001'
\tAttributeUnheard\t'n\xf6vel'
\tAttributeUnheard2\t5

@21:39:13.0070 [0] 8.1.101.25 distribute_response: message EventError
\t(Invalid n\xfcmber)
\tAttributeErrorCode\t50
\tAttributeReferenceID\t7

@21:39:14.0070 [0] 8.1.101.25 distribute_event: message EventFromTheFuture
\tAttributeThisDN\t'2001'
"""


def log_entries(name):
    if name == "text":
        return list(read_log([LOG.encode("latin-1")], name="x.log", encoding="utf-8"))
    return list(read_log(io.BytesIO(Path(f"examples/{name}").read_bytes()), name=name))


@pytest.mark.parametrize("builder", [False, True])
@pytest.mark.parametrize("name", ["text", "tserver.log", "lake.log", "hill.log", "platform_sdk.log"])
def test_the_events_of_a_log_give_the_same_rows_as_frames(name, builder):
    entries = log_entries(name)
    assert table([printed_batch(entries)], builder=builder).equals(table([Batch(entries)], builder=builder))


def test_the_log_of_these_tests_has_notes_an_invalid_event_and_a_message_without_a_number():
    records = [entry for entry in log_entries("text") if isinstance(entry, Record)]
    assert [(len(one.unnumbered), bool(one.origin.text), type(one.item)) for one in records] == [
        (2, False, EventPartyChanged),
        (0, True, InvalidEvent),
        (0, False, UnknownEvent),
    ]


def test_a_note_between_two_records_has_no_row():
    note = Diagnostic("log-encoding", Origin(), "UTF-8", "other bytes", severity=Severity.WARNING)
    assert len(rows([Record(EVENT), note, Record(EVENT)])) == 2
