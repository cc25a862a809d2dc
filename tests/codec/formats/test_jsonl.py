"""JSON lines as a person reads and writes them."""

from __future__ import annotations

import io
import json

import pytest

from tlib_codec import (
    Attributes,
    DecodeError,
    EventCallCreated,
    Gap,
    InvalidEvent,
    KVList,
    LimitExceeded,
    MalformedFrame,
    Missing,
    Policy,
    RawValue,
    SchemaViolation,
    StreamDecoder,
    TCallType,
    Truncated,
    Unicode,
    UnknownEvent,
    decode,
)
from tlib_codec.formats import jsonl

UUID = "01FES9JKSOFQLEKK3CSH5B5AES00JV1U"


def test_an_event_is_one_object_in_the_order_of_its_table():
    event = EventCallCreated(
        conn_id="006c02462a161006",
        call_uuid=UUID,
        user_data=KVList([("a", 1), ("u", Unicode("x")), ("b", b"\0"), ("l", {"m": "n"})]),
        call_type=TCallType.Inbound,
        extra=Attributes({"#200": RawValue(7, b"\0"), "InputMask": b"\1"}),
    )
    assert jsonl.dumps(event, source={"file": "a.log"}).decode() == (
        '{"Event":"EventCallCreated","CallUUID":"01FES9JKSOFQLEKK3CSH5B5AES00JV1U","ConnID":"006c02462a161006","CallType":"Inbound",'
        '"UserData":{"a":1,"u":{"$unicode":"x"},"b":{"$binary":"AA=="},"l":{"m":"n"}},'
        '"#200":{"type":7,"value":"AA=="},"InputMask":{"$binary":"AQ=="},"$source":{"file":"a.log"}}'
    )


def test_buffers_and_mappings_are_written_as_what_they_stand_for():
    event = EventCallCreated(call_uuid=UUID, conn_id="0" * 16, user_data={"a": 1}, extra=Attributes({"InputMask": bytearray(b"\1")}))
    data = jsonl.to_data(event)
    assert (data["UserData"], data["InputMask"]) == ({"a": 1}, {"$binary": "AQ=="})


def test_an_invalid_event_shows_its_violations_and_keeps_their_places():
    item = decode(bytes.fromhex("544c 01 00 00a0 0000000e 0009 06 000008 006c02462a161006"), policy=Policy.LENIENT)
    data = jsonl.to_data(item)
    assert data == {
        "Event": "EventCallCreated",
        "ConnID": "006c02462a161006",
        "$violations": [
            {
                "code": "mandatory-missing",
                "severity": "error",
                "path": "EventCallCreated.CallUUID",
                "offset": 0,
                "expected": "CallUUID",
                "actual": "nothing",
                "footnote": "Mandatory in the event's table.",
            }
        ],
    }
    assert jsonl.from_data(data, policy=Policy.LENIENT) == item
    with pytest.raises(SchemaViolation) as refused:
        jsonl.from_data(data)
    assert refused.value.offset == 0
    # what a person has corrected is judged anew; entries of another form place nothing
    assert isinstance(jsonl.from_data({**data, "CallUUID": UUID}), EventCallCreated)
    other = jsonl.from_data({**data, "$violations": [5, {"code": "shape"}, {"offset": "x"}]}, policy=Policy.LENIENT)
    assert isinstance(other, InvalidEvent)
    assert other.violations[0].offset is None


def items_of(data):
    decoder = StreamDecoder()
    decoder.feed(data)
    decoder.close()
    return list(decoder)


def test_a_gap_and_a_malformed_frame_are_one_line_each():
    gap, broken, cut = items_of(b"\xff" + bytes.fromhex("544c 01 00 003c 00000007 0003 01 000001 00") + b"TL\x01\x00")
    assert jsonl.to_data(gap) == {"$gap": {"offset": 0, "length": 1, "data": "/w=="}}
    assert jsonl.to_data(broken) == {
        "$malformed": {
            "code": "int-length",
            "offset": 17,
            "path": "EventRinging.CallID",
            "expected": "4 bytes",
            "actual": "1",
            "message": "EventRinging.CallID at byte 17: expected 4 bytes, found 1 [int-length]",
            "start": 1,
            "frame": "VEwBAAA8AAAABwADAQAAAQA=",
        }
    }
    back = jsonl.from_data(jsonl.to_data(cut))
    assert (type(back.error), back.error.needed, back.error.available) == (Truncated, 10, 4)
    for item in (gap, broken, cut):
        assert jsonl.loads(jsonl.dumps(item)) == item


def test_the_class_of_an_error_comes_back():
    (item,) = items_of(bytes.fromhex("544c 01 00 003c ffffffff"))
    back = jsonl.loads(jsonl.dumps(item))
    assert type(back.error) is LimitExceeded
    assert back == item
    told = {"$malformed": {"code": "list-trailing", "frame": ""}}
    assert jsonl.from_data(told).error.offset is None
    assert type(jsonl.from_data(told)) is MalformedFrame


def test_a_message_that_only_a_log_named_is_kept():
    item = UnknownEvent("EventPrivate", Attributes({"ANI": "1"}))
    assert jsonl.loads(jsonl.dumps(item), policy=Policy.LENIENT) == item
    with pytest.raises(DecodeError, match=r'expected the name of a message, or its number, found "EventPrivate"'):
        jsonl.loads(jsonl.dumps(item))
    with pytest.raises(DecodeError) as refused:
        jsonl.loads('{"Event":"Event\\nPrivate","CallID":"x"}', policy=Policy.LENIENT)
    assert refused.value.path == '"Event\\nPrivate".CallID'


def test_files_are_read_line_by_line_and_errors_name_the_line():
    file = io.BytesIO(b'{"Event":60}\n\n  \r\n{"$gap":{"offset":5,"data":"AA=="}}\n{"Event":60,"CallID":"x"}\n{"Event":160}\n')
    reader = jsonl.read(file)
    assert [next(reader), next(reader)] == [UnknownEvent(60), Gap(5, b"\0")]
    with pytest.raises(DecodeError) as refused:
        next(reader)
    assert str(refused.value) == 'line 5: EventRinging.CallID: expected an integer, found "x" [json-form]'
    with pytest.raises(SchemaViolation) as invalid:
        list(jsonl.read([b"\n", b'{"Event":160}']))
    assert str(invalid.value).startswith("line 2: EventCallCreated.CallUUID: expected CallUUID, found nothing")


def test_lines_are_written():
    file = io.BytesIO()
    jsonl.write([UnknownEvent(60), Gap(0, b"")], file)
    assert [json.loads(line) for line in file.getvalue().splitlines()] == [
        {"Event": "EventRinging"},
        {"$gap": {"offset": 0, "length": 0, "data": ""}},
    ]


@pytest.mark.parametrize("line", ["[" * 100_000, '{"Event":60,"UserData":' + '{"":' * 50_000])
def test_nesting_that_would_break_the_stack_is_refused(line):
    with pytest.raises(DecodeError) as refused:
        jsonl.loads(line)
    assert refused.value.code == "json-syntax"


def nested(depth):
    data = {}
    for _ in range(depth - 1):
        data = {"": data}
    return data


def test_lists_are_read_as_deep_as_any_setting_allows():
    item = jsonl.from_data({"Event": 60, "UserData": nested(200)})
    assert jsonl.to_data(item) == {"Event": "EventRinging", "UserData": nested(200)}
    with pytest.raises(LimitExceeded) as refused:
        jsonl.from_data({"Event": 60, "UserData": nested(201)})
    assert refused.value.code == "list-too-deep"


def test_values_of_subclasses_are_written_as_their_base():
    class Text(str):
        __slots__ = ()

    class Number(int):
        pass

    assert jsonl.value_to_data(Text("a")) == "a"
    assert jsonl.value_to_data(Number(7)) == 7


def test_bytes_that_a_capture_lacks():
    missing = Missing(7, b"", 1448)
    line = jsonl.dumps(missing)
    assert json.loads(line) == {"$gap": {"offset": 7, "length": 1448, "data": ""}}
    assert jsonl.loads(line) == missing
    assert jsonl.loads('{"$gap": {"offset": 7, "data": ""}}') == Gap(7, b"")
