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
    read,
    write,
)
from tlib_codec.formats import jsonl
from tlib_codec.records import Diagnostic, Origin, Record

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
    gap, broken, cut = items_of(b"\xff" + bytes.fromhex("544c 01 00 004d 00000007 0003 01 000001 00") + b"TL\x01\x00")
    assert jsonl.to_data(gap) == {"$gap": {"offset": 0, "length": 1, "data": "/w=="}}
    assert jsonl.to_data(broken) == {
        "$malformed": {
            "code": "int-length",
            "offset": 17,
            "path": "EventDNDOn.CallID",
            "expected": "4 bytes",
            "actual": "1",
            "message": "EventDNDOn.CallID at byte 17: expected 4 bytes, found 1 [int-length]",
            "start": 1,
            "frame": "VEwBAABNAAAABwADAQAAAQA=",
        }
    }
    back = jsonl.from_data(jsonl.to_data(cut))
    assert (type(back.error), back.error.needed, back.error.available) == (Truncated, 10, 4)
    for item in (gap, broken, cut):
        assert jsonl.loads(jsonl.dumps(item)) == item


def test_the_class_of_an_error_comes_back():
    (item,) = items_of(bytes.fromhex("544c 01 00 004d ffffffff"))
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


def lines(*text):
    """Return what a file of these lines gives."""
    return list(read(io.BytesIO(b"".join(line + b"\n" for line in text)), format="jsonl"))


def test_a_file_gives_a_record_a_line_and_passes_over_blank_lines():
    found = lines(b'{"Event":77}', b"", b"  \r", b'{"$gap":{"offset":5,"data":"AA=="}}')
    assert [record.item for record in found] == [UnknownEvent(77), Gap(5, b"\0")]


def test_a_line_that_is_no_item_is_a_diagnostic_and_the_next_is_read():
    wrong, after = lines(b'{"Event":77,"CallID":"x"}', b'{"Event":77}')
    assert str(wrong) == 'line 1: EventDNDOn.CallID: expected an integer, found "x" [json-form]'
    assert after.item == UnknownEvent(77)


def test_an_event_that_breaks_its_table_is_a_record():
    (record,) = lines(b'{"Event":160}')
    assert isinstance(record.item, InvalidEvent)


def test_a_record_without_a_source_has_its_line_as_its_origin():
    assert [record.origin for record in lines(b"", b'{"Event":77}')] == [Origin(line=2)]


def test_a_record_with_a_source_has_it_as_its_origin():
    (record,) = lines(b'{"Event":77,"$source":{"file":"a.pcap","packet":7}}')
    assert record.origin == Origin(file="a.pcap", packet=7)


def test_unnumbered_attributes_come_back():
    (record,) = lines(b'{"Event":77,"$unnumbered":{"AttributeNovel":"5"}}')
    assert record.unnumbered == {"AttributeNovel": "5"}


@pytest.mark.parametrize("name", [b"$source", b"$unnumbered"])
def test_a_source_of_another_form_is_passed_over(name):
    (record,) = lines(b'{"Event":77,"' + name + b'":5}')
    assert (record.origin, record.unnumbered) == (Origin(line=1), {})


def test_a_byte_order_mark_at_the_beginning_is_dropped():
    assert [record.item for record in lines(b'\xef\xbb\xbf{"Event":77}')] == [UnknownEvent(77)]


def written(*records):
    file = io.BytesIO()
    write(file, records, format="jsonl")
    return [json.loads(line) for line in file.getvalue().splitlines()]


def test_each_item_is_written_as_a_line():
    assert written(UnknownEvent(77), Gap(0, b"")) == [{"Event": "EventDNDOn"}, {"$gap": {"offset": 0, "length": 0, "data": ""}}]


def test_unnumbered_attributes_and_the_origin_are_written():
    assert written(Record(UnknownEvent(77), origin=Origin(line=3), unnumbered={"AttributeNovel": "5"})) == [
        {"Event": "EventDNDOn", "$unnumbered": {"AttributeNovel": "5"}, "$source": {"line": 3}}
    ]


def test_unnumbered_attributes_are_written_without_an_origin():
    assert written(Record(UnknownEvent(77), unnumbered={"AttributeNovel": "5"})) == [
        {"Event": "EventDNDOn", "$unnumbered": {"AttributeNovel": "5"}}
    ]


def test_a_diagnostic_is_written_as_a_malformed_frame_of_no_bytes():
    (data,) = written(Diagnostic("log-line", Origin(line=4), "an attribute", "noise"))
    assert data["$source"] == {"line": 4}
    assert (data["$malformed"]["code"], data["$malformed"]["frame"]) == ("log-line", "")


@pytest.mark.parametrize("line", ["[" * 100_000, '{"Event":77,"UserData":' + '{"":' * 50_000])
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
    item = jsonl.from_data({"Event": 77, "UserData": nested(200)})
    assert jsonl.to_data(item) == {"Event": "EventDNDOn", "UserData": nested(200)}
    with pytest.raises(LimitExceeded) as refused:
        jsonl.from_data({"Event": 77, "UserData": nested(201)})
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


# -- text that is not UTF-8 around an event --------------------------------------------------------

CAFE = b"caf\xe9".decode("utf-8", "surrogateescape")


def line_and_record(record):
    """Return the line of a record, and the record that reading the line gives."""
    out = io.BytesIO()
    write(out, [record], format="jsonl")
    (back,) = read(io.BytesIO(out.getvalue()), format="jsonl")
    return json.loads(out.getvalue()), back


def test_text_of_an_origin_that_is_not_utf8_is_base64():
    data, _ = line_and_record(Record(UnknownEvent(60), origin=Origin(text=CAFE)))
    assert data["$source"] == {"text": {"$string": "Y2Fm6Q=="}}


@pytest.mark.parametrize("field", ["file", "src", "dst", "connection", "direction", "peer", "version", "text"])
def test_text_of_an_origin_that_is_not_utf8_is_read_back(field):
    origin = Origin(**{field: CAFE})
    assert line_and_record(Record(UnknownEvent(60), origin=origin))[1].origin == origin


def test_a_marked_text_of_an_origin_that_is_utf8_stays_as_it_is():
    origin = Origin(other={"text": {"$string": "Y2Fm"}})
    assert line_and_record(Record(UnknownEvent(60), origin=origin))[1].origin == origin


def test_an_unnumbered_text_that_is_not_utf8_is_base64():
    data, _ = line_and_record(Record(UnknownEvent(60), unnumbered={"AttributeFoo": CAFE, "AttributeBar": "x"}))
    assert data["$unnumbered"] == {"AttributeFoo": {"$string": "Y2Fm6Q=="}, "AttributeBar": "x"}


def test_unnumbered_names_that_are_not_utf8_make_an_array_of_pairs():
    data, _ = line_and_record(Record(UnknownEvent(60), unnumbered={CAFE: "1", "AttributeBar": "x"}))
    assert data["$unnumbered"] == [[{"$string": "Y2Fm6Q=="}, "1"], ["AttributeBar", "x"]]


@pytest.mark.parametrize("unnumbered", [{"AttributeFoo": CAFE}, {CAFE: CAFE, "b": "x"}, {"$string": "x"}, {"é": 5}])
def test_unnumbered_attributes_are_read_back(unnumbered):
    assert line_and_record(Record(UnknownEvent(60), unnumbered=unnumbered))[1].unnumbered == unnumbered


@pytest.mark.parametrize("data", ["5", "[5]", "[[5, 6]]", '[["a"]]', '[[{"$string": "%"}, "x"]]', '[[{"$string": 5}, "x"]]'])
def test_unnumbered_attributes_of_another_shape_are_none(data):
    (record,) = read(io.BytesIO(b'{"Event":"EventRinging","$unnumbered":%s}' % data.encode()), format="jsonl")
    assert record.unnumbered == {}
