"""JSON lines to frames in C: lines of the usual form, their origins in columns, and the lines that are left to Python."""

from __future__ import annotations

import datetime as dt
import io
import json

import pytest
import weather

from tlib_codec import decode, encode, read, write
from tlib_codec.clock import timed
from tlib_codec.formats.jsonl.reader import read_lines, runs
from tlib_codec.formats.source import Source
from tlib_codec.native import extension
from tlib_codec.records import Batch, Diagnostic, Flow, Frames, Record
from tlib_codec.stats import Units
from tlib_fuzz.selfcheck.json_in import LineChecks, check, difference
from tlib_schemas.tlibrary import TLIBRARY

pytestmark = pytest.mark.skipif(extension("text") is None, reason="the native engine is not built")

DND = '{"Event":"EventDNDOn","ThisDN":"7001"%s}\n'
LOG = ',"$source":{"file":"a.log","line":%d}'


def parts_of(*lines, registry=TLIBRARY, name="x.jsonl"):
    """The parts that the step in C makes of lines, and of those that it leaves."""
    data = "".join(lines).encode("utf-8", "surrogatepass")
    return [part for part in runs(Source(io.BytesIO(data), name=name), registry, 1 << 20, Units()) if part is not None]


def frames_of(*lines, registry=TLIBRARY):
    (frames,) = parts_of(*lines, registry=registry)
    assert isinstance(frames, Frames)
    return frames


def record_of(line):
    (record,) = frames_of(line).records(TLIBRARY)
    return record


def left(line):
    """Whether a line is left to Python."""
    return not any(isinstance(part, Frames) for part in parts_of(line))


# -- the differential -----------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
def test_both_readers_agree_over_edited_and_damaged_lines(seed):
    assert check(seed, 500, Units()) == []


def test_both_readers_agree_in_another_registry():
    assert check(9, 500, Units(), weather.WEATHER) == []


def test_a_batch_of_the_differential_counts_its_lines():
    checks = LineChecks(0)
    checks.batch(0, 20)
    assert checks.tally.outcomes.total() == 20


def test_every_example_is_read_without_python(tmp_path):
    for name in ("tserver.log", "platform_sdk.log", "calls.tlb", "calls.pcapng"):
        target = tmp_path / "x.jsonl"
        write(target, read(f"examples/{name}"))
        units = Units()
        with Source(target) as source:
            list(read_lines(source, TLIBRARY, units=units))
        assert units.asked == {}, name


# -- attributes -----------------------------------------------------------------------------------


def test_the_order_of_members_does_not_matter():
    ordered = frames_of('{"ANI":"1","Event":77,"ThisDN":"7001"}\n')
    assert frames_of('{"ThisDN":"7001","Event":"EventDNDOn","ANI":"1"}\n').data == ordered.data


def test_attributes_stand_in_the_order_that_encode_gives_them():
    data = frames_of('{"ThisDN":"7001","Event":"EventDNDOn","ANI":"1"}\n').data
    assert data == encode(decode(data))


def test_escapes_become_their_characters():
    record = record_of('{"Event":"EventDNDOn","ThisDN":"\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9\\u65e5\\ud83d\\ude00"}\n')
    assert record.item.attributes["ThisDN"] == '"\\/\b\f\n\r\tAé日\U0001f600'


@pytest.mark.parametrize("text", ["\\ud800", "\\ude00", "\\ud800x", "\\ud800\\u0041", "\\x", "\\u12g4", "\x01"])
def test_a_wrong_escape_is_left(text):
    assert left(f'{{"Event":"EventDNDOn","ThisDN":"{text}"}}\n')


def test_bytes_that_are_not_utf_8_are_left():
    source = Source(io.BytesIO(b'{"Event":"EventDNDOn","ThisDN":"\xff"}'), name="x")
    (entry,) = [entry for batch in read_lines(source, TLIBRARY) for entry in batch]
    assert isinstance(entry, Diagnostic)


@pytest.mark.parametrize(
    "member",
    [
        '"Cause":"Nothing at all"',
        '"ReferenceID":4294967296',
        '"CallID":-1',
        '"ReferenceID":01',
        '"ReferenceID":-0',
        '"ReferenceID":1.0',
        '"ReferenceID":"1"',
        '"ReferenceID":18446744073709551616',
        '"ConnID":"006C02462A161006"',
        '"ConnID":"006c"',
        '"UserData":{"a":1,"a":2}',
        '"UserData":{"a":true}',
        '"UserData":{"a":2147483648}',
        '"UserData":{"a":{"b":1,"$c":1}}',
        '"UserData":[["a"]]',
        '"UserData":[["a",1,2]]',
        '"UserData":5',
        '"InputMask":{"$binary":"AB=="}',
        '"InputMask":{"$binary":"A"}',
        '"InputMask":"AA=="',
        '"#200":{"type":256,"value":""}',
        '"#200":{"type":1,"value":"AA=="}',
        '"#200":{"type":1,"type":1}',
        '"#70000":{"type":7,"value":""}',
        '"ANI":"1","ANI":"1"',
        '"time":"yesterday"',
        '"CallHistory":{"ANI":"1"}',
        '"time":"2026-03-14T21:39:12Z","time":{}',
        '"CallHistory":"text"',
        '"Nothing":1',
        '"$malformed":{}',
        '"$gap":{}',
        '"$time":"2026-03-14T21:39:12"',
        '"$time":"2026-02-30T21:39:12Z"',
        '"$time":"2026-03-14T21:39:12Z","$time":"2026-03-14T21:39:12Z"',
        '"$violations":[{"offset":5}]',
        '"$violations":{}',
        '"$unnumbered":{"a":1}',
        '"$unnumbered":{"a":"1","a":"2"}',
        '"$unnumbered":[]',
        '"$source":5',
        '"$source":{"more":1}',
        '"$source":{"line":-1}',
        '"$source":{"line":1,"line":1}',
        '"$source":{"file":""}',
        '"$source":{"text":""}',
        '"$source":{"src":"a","src":"b"}',
        '"$source":{"connection":-1}',
        '"$source":{"time":"2026-03-14T21:39:12.000000Z"}',
        '"$source":{"time":"21:39:12"}',
        '"$other":[1,}',
        '"$other":{1:2}',
        '"$other":nul',
        '"$other":' + "[" * 65 + "]" * 65,
        '"\\u0041NI":"1"',
    ],
)
def test_a_member_of_another_form_is_left(member):
    assert left(f'{{"Event":"EventDNDOn",{member}}}\n')


@pytest.mark.parametrize(
    "line",
    [
        "{}",
        "[]",
        "5",
        '{"Event":"EventUnheardOf"}',
        '{"Event":65536}',
        '{"Event":77,"Event":77}',
        '{"Event":77} x',
        '{"Event":77',
        '{"Event":77,}',
    ],
)
def test_a_line_that_is_no_event_is_left(line):
    assert left(line)


@pytest.mark.parametrize(
    "member",
    [
        '"UserData":{}',
        '"UserData":[]',
        '"UserData":[["a",1],["a","2"],[{"$string":"/w=="},{"b":[["c",{"$unicode":"é"}]]}]]',
        '"UserData":{"a":{"$binary":"AAEC"},"b":{"$string":"/w=="},"c":-2147483648,"d":{"e":{}}}',
        '"UserData":{' + ",".join(f'"key {number}":{number}' for number in range(100)) + "}",
        '"InputMask":{"$binary":""}',
        '"#200":{"value":"AAA=","type":7}',
        '"CallHistory":{}',
        '"CallHistory":{"LastTransferOrigDN":"1","FirstTransferOrigDN":"2"}',
        '"time":"2026-03-14T21:39:12Z"',
        '"time":{"TimeinuSecs":5}',
        '"ForwardMode":"None"',
        '"ForwardMode":"None_"',
        '"Cause":99999',
        '"$violations":[{"code":"shape"}]',
        '"$other":{"a":[1,-2,"x",true,false,null,{}],"b":[]}',
        '"$unnumbered":{}',
        '"$source":{}',
    ],
)
def test_a_member_of_the_usual_form_is_not_left(member):
    line = f'{{"Event":"EventDNDOn",{member}}}\n'
    assert not left(line)
    assert difference(line.encode()) is None


def test_a_list_as_deep_as_the_limit_is_read():
    deep = '{"a":' * 31 + "{}" + "}" * 31
    assert not left(f'{{"Event":"EventDNDOn","UserData":{deep}}}\n')


def test_a_list_deeper_than_the_limit_is_left():
    deep = '{"a":' * 32 + "{}" + "}" * 32
    assert left(f'{{"Event":"EventDNDOn","UserData":{deep}}}\n')


def test_a_repeated_key_among_many_is_left():
    pairs = ",".join(f'"key {number % 99}":{number}' for number in range(100))
    assert left(f'{{"Event":"EventDNDOn","UserData":{{{pairs}}}}}\n')


def test_more_attributes_than_the_workspace_holds_are_read():
    members = ",".join(f'"#{number}":{{"type":7,"value":""}}' for number in range(2000, 2300))
    line = f'{{"Event":"EventDNDOn",{members}}}\n'
    assert not left(line)
    assert difference(line.encode()) is None


# -- origins --------------------------------------------------------------------------------------


def test_a_line_without_source_has_its_own_place():
    frames = frames_of(DND % "", "\n", DND % "")
    assert [(origin.file, origin.line) for origin in frames.origins()] == [("x.jsonl", 1), ("x.jsonl", 3)]


def test_an_event_of_a_log_is_printed():
    assert frames_of(DND % LOG % 7).printed


def test_a_line_number_of_the_file_itself_prints_nothing():
    assert not frames_of(DND % "").printed


def test_frames_of_lines_are_no_bytes_of_the_input():
    assert record_of(DND % "").frame is None


def test_another_file_begins_another_run():
    runs_ = parts_of(DND % LOG % 1, DND % LOG % 2, (DND % LOG % 1).replace("a.log", "b.log"))
    assert [(run.file, len(run)) for run in runs_] == [("a.log", 2), ("b.log", 1)]


def test_another_set_of_columns_begins_another_run():
    assert len(parts_of(DND % ',"$source":{"offset":1}', DND % ',"$source":{"packet":1}')) == 2


def test_a_line_that_is_left_stands_between_runs():
    kinds = [type(part) for part in parts_of(DND % "", "{\n", DND % "")]
    assert kinds == [Frames, Diagnostic, Frames]


def test_lines_behind_one_that_is_left_keep_their_numbers():
    assert [origin.line for origin in parts_of(DND % "", "{\n", DND % "")[2].origins()] == [3]


def test_flows_come_from_the_source():
    members = ',"$source":{"packet":1,"src":"10.0.0.1:1","dst":"h\\u00e9:2","connection":0,"direction":"to-server"}'
    frames = frames_of(DND % members, DND % members)
    assert list(frames.flow_table) == [Flow(0, "10.0.0.1:1", "hé:2", "to-server")]


def test_more_flows_than_a_run_holds_begin_another():
    lines = [DND % f',"$source":{{"packet":1,"connection":{number}}}' for number in range(5000)]
    assert [origin.connection for part in parts_of(*lines) for origin in part.origins()] == list(range(5000))


class Large(Source):
    """A source that is read in larger chunks than usual."""

    def chunks(self, size=1 << 20):
        return super().chunks(size)


def test_more_rows_than_a_run_holds_begin_another():
    parts = runs(Large(io.BytesIO((DND % "").encode() * 17_000)), TLIBRARY, 1 << 20, Units())
    assert [len(part) for part in parts if part is not None] == [16_384, 616]


def test_notes_come_from_unnumbered_attributes_and_the_text():
    record = record_of(DND % ',"$unnumbered":{"Foo":"a\\tb"},"$source":{"line":1,"text":"so"}')
    assert (record.unnumbered, record.origin.text) == ({"Foo": "a\tb"}, "so")


def test_times_of_day_and_local_times_have_columns_of_their_own():
    frames = frames_of(DND % ',"$source":{"time":"23:59:59.000001"}', DND % ',"$source":{"time":"2026-03-14T06:00:00.000000123"}')
    assert [(origin.time_of_day, origin.local_time) for origin in frames.origins()] == [
        (86_399_000_001_000, None),
        (None, 1_773_468_000_000_000_123),
    ]


def test_a_byte_order_mark_is_passed_over():
    assert len(frames_of("\ufeff" + DND % "")) == 1


def test_a_line_that_spans_chunks_is_read_once():
    data = (DND % "" * 3).encode()
    units = Units()
    assert difference(data, range(1, len(data), 7), units=units) is None
    assert units == Units(native=3)


def test_a_long_line_is_left_and_reported():
    data = b'{"Event":77,"$x":"' + b"x" * 100 + b'"}\n' + (DND % "").encode()
    entries = [entry for batch in read_lines(Source(io.BytesIO(data), name="x"), TLIBRARY, longest=60) for entry in batch]
    assert [type(entry) for entry in entries] == [Diagnostic, Record]


def test_a_line_of_too_many_values_is_reported():
    data = b'{"Event":77,"UserData":[' + b"[]," * 600_000 + b"0]}\n" + (DND % "").encode()
    first, second = (entry for batch in read_lines(Source(io.BytesIO(data), name="x"), TLIBRARY) for entry in batch)
    assert isinstance(first, Diagnostic)
    assert (first.code, first.expected) == ("json-form", "a line of at most 524288 values")
    assert isinstance(second, Record)


# -- the zone of times ----------------------------------------------------------------------------

STAMPED = DND % ',"$source":{"line":1,"time":"2026-03-14T06:00:00.000000"}'
PARIS = dt.timezone(dt.timedelta(hours=1))


def instants(*lines):
    batch = Batch(parts_of(*lines))
    return [record.origin.time for timed_batch in timed([batch], TLIBRARY, PARIS) for record in timed_batch]


def test_a_local_time_is_one_of_the_given_zone():
    assert instants(STAMPED) == [1_773_464_400_000_000_000]


def test_the_own_time_of_an_event_precedes_its_local_time():
    assert instants(STAMPED.replace('"7001"', '"7001","TimeinSecs":5')) == [5_000_000_000]


def test_the_instant_of_a_line_precedes_its_local_time():
    assert instants(STAMPED.replace('"7001"', '"7001","$time":"1970-01-01T00:00:07Z"'), STAMPED) == [
        7_000_000_000,
        1_773_464_400_000_000_000,
    ]


def test_frames_without_local_times_stay_as_they_are():
    frames = frames_of(DND % "")
    (batch,) = timed([Batch([frames])], TLIBRARY, PARIS)
    assert batch.parts == [frames]


# -- frames out of lines --------------------------------------------------------------------------


def written(*lines):
    """The bytes of a file of frames that lines become, and the number of problems."""
    target = io.BytesIO()
    problems = write(target, Batch(parts_of(*lines)).parts and [Batch(parts_of(*lines))], format="frames")
    return target.getvalue(), problems


def test_frames_are_written_as_they_stand():
    assert written(DND % "", DND % "")[0] == frames_of(DND % "", DND % "").data


def test_an_invalid_event_is_written_and_reported():
    invalid = json.dumps({"Event": "EventCallDeleted", "ConnID": "0" * 16}) + "\n"
    assert written(DND % "", invalid, DND % "") == (frames_of(DND % "", invalid, DND % "").data, 1)


def test_an_attribute_without_number_is_noted_once():
    noted = DND % ',"$unnumbered":{"Foo":"1"}'
    assert written(noted, DND % "", noted)[1] == 1
