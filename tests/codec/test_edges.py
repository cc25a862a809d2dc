"""Small things that only a changed program would show: the last value that fits, the field that is passed on.

Each was found by changing the code and seeing that no test noticed (`make mutants`).
"""

from __future__ import annotations

import io
import pickle

import pytest
from weather import WEATHER

from tlib_codec import EventCallCreated, EventCallDeleted, KVList, Limits, Policy, TCause, encode, read, reference, views, write
from tlib_codec.formats import jsonl
from tlib_schemas import TLIBRARY, Attributes, Malformed, RawValue, SchemaViolation, Timestamp, Truncated, Unicode, UnknownEvent, wire
from tlib_schemas.abstract_dn import is_call
from tlib_schemas.errors import quote
from tlib_schemas.limits import DEEPEST_LIST

UUID = "01FES9JKSOFQLEKK3CSH5B5AES00JV1U"
CALL = EventCallDeleted(call_uuid=UUID, conn_id="006c02462a161006", cause=TCause.Transfer, ref_conn_id="0000000000000001")


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("conn-0", "006c02462a161006", True),
        ("conn-0", UUID, False),
        ("call-uuid-1", UUID, True),
        ("call-uuid-1", "006c02462a161006", False),
        ("ct-1", 2, True),
        ("ct-1", "2", False),
        ("conn-0", 2, False),
        ("else-1", UUID, False),
    ],
)
def test_a_pair_of_a_call_on_an_abstract_dn_looks_like_it(key, value, expected):
    assert is_call(key, value) is expected


def test_values_build_by_construct():
    assert wire.Int.build(5) == b"\0\0\0\5"
    assert wire.Int.parse(wire.Int.build(5)) == 5
    assert wire.AttributeList(TLIBRARY.dictionary).build({20: "7001"}) == b"\0\x14\0\0\0\x047001"


def test_a_number_that_an_enumeration_lacks_is_written_and_read():
    for one in (wire.Enum(TCause), wire.Enum(TCause, signed=True)):
        assert one.unpack(one.pack(TCause(9_999))) == TCause(9_999)
        assert one.pack(TCause.Transfer) == b"\0\0\0\x0a"
    assert wire.Enum(TCause, signed=True).pack(-1) == b"\xff" * 4


def test_the_last_lengths_that_fit_a_nested_list():
    for size, fits in ((65_525, True), (65_526, False)):
        try:
            reference.encode(UnknownEvent(60, Attributes({"UserData": KVList({"l": {"k": "v" * size}})})))
        except reference.EncodeError as error:
            assert (fits, error.code, error.actual) == (False, "value-too-long", "65534")
        else:
            assert fits


def test_hashes_tell_values_apart():
    assert len({hash(KVList({"a": n})) for n in range(50)}) > 40
    assert len({hash(Attributes({"CallID": n})) for n in range(50)}) > 40
    assert hash(KVList({"a": 1})) == hash(KVList([("a", 1)]))


def test_an_error_is_cut_beyond_64_characters_and_not_before():
    assert quote("x" * 64) == '"' + "x" * 64 + '"'
    assert quote("x" * 65) == '"' + "x" * 64 + '…"'


@pytest.mark.parametrize(
    "error",
    [
        Malformed("bad-magic", offset=3, expected="a", actual="b", parts=(".x",)),
        Truncated("truncated-frame", needed=5, available=3),
    ],
)
def test_an_error_comes_back_from_a_pickle(error):
    back = pickle.loads(pickle.dumps(error))
    assert (type(back), back.__dict__, back.args, str(back)) == (type(error), error.__dict__, error.args, str(error))


def test_a_refusal_says_what_its_first_error_says():
    broken = EventCallDeleted(call_uuid="short", conn_id="006c02462a161006", cause=TCause.Busy, ref_conn_id="0000000000000001")
    with pytest.raises(SchemaViolation) as refused:
        reference.encode(broken)
    first = next(v for v in refused.value.violations if v.severity == "error")
    assert refused.value.detail() == {
        "code": first.code, "offset": first.offset, "path": first.path, "expected": first.expected, "actual": first.actual,
    }  # fmt: skip


def test_the_places_of_violations_come_back_from_a_line():
    broken = Attributes({"ConnID": "0" * 16, "RefConnID": "0" * 16, "Cause": TCause.Busy})
    item = reference.decode(
        reference.encode(UnknownEvent(TLIBRARY.messages["EventCallDeleted"], broken), policy=Policy.LENIENT), policy=Policy.LENIENT
    )
    assert len({violation.offset for violation in item.violations}) > 1
    assert jsonl.loads(jsonl.dumps(item), policy=Policy.LENIENT) == item


def test_the_epoch_is_a_time():
    assert Timestamp(seconds=0, microseconds=0).to_text() is not None
    assert Timestamp.from_text(Timestamp(seconds=0, microseconds=0).to_text()) == Timestamp(seconds=0, microseconds=0)


def test_lists_of_json_are_as_deep_as_any_setting_allows():
    line = '{"Event":60,"UserData":' + '{"l":' * (DEEPEST_LIST - 1) + "{}" + "}" * DEEPEST_LIST
    assert jsonl.dumps(jsonl.loads(line)) == jsonl.dumps(jsonl.loads(line.encode()))


def test_lines_are_of_the_registry_that_is_given():
    items = [UnknownEvent(9_999, Attributes({"Temperature": -5}))]
    file = io.BytesIO()
    write(file, items, format="jsonl", registry=WEATHER)
    file.seek(0)
    assert [record.item for record in read(file, registry=WEATHER)] == items


def test_a_view_reads_an_attribute_among_others():
    data = encode(
        EventCallCreated(call_uuid=UUID, conn_id="006c02462a161006", ani="123", dnis="456", user_data=KVList({"u": Unicode("x")}))
    )
    (view,) = views.scan(data)
    assert [view[name] for name in ("ConnID", "DNIS", "ANI", "UserData", "CallUUID")] == [
        "006c02462a161006",
        "456",
        "123",
        KVList({"u": Unicode("x")}),
        UUID,
    ]


def test_a_scan_keeps_the_limits_that_are_given():
    data = encode(UnknownEvent(60, Attributes({"UserData": KVList({"a": {"b": 1}})})))
    assert [type(one).__name__ for one in views.scan(data, limits=Limits(list_depth=1))] == ["MalformedFrame"]
    assert [type(one).__name__ for one in views.scan(data, limits=Limits(list_depth=2))] == ["FrameView"]


def test_any_buffer_is_taken_and_bytes_are_not_copied():
    data = encode(CALL)
    assert reference.as_bytes(data) is data
    for other in (bytearray(data), memoryview(data)):
        assert reference.as_bytes(other) == data
        assert type(reference.as_bytes(other)) is bytes
    with pytest.raises(TypeError):
        reference.as_bytes("text")


@pytest.mark.parametrize("unlisted", [99, 100, 101, 102, 5_000])
def test_attributes_outside_the_table_are_reported_up_to_a_hundred(codec, unlisted):
    raw = {f"#{0x9000 + i}": RawValue(2, b"") for i in range(unlisted)}
    frame = reference.encode(
        UnknownEvent(TLIBRARY.messages["EventCallDeleted"], Attributes({"ConnID": "0" * 16, **raw})), policy=Policy.LENIENT
    )
    item = codec.decode(frame, policy=Policy.LENIENT)
    assert item.violations == codec.check(frame)
    assert len(item.attributes) == unlisted + 1
    found = [violation for violation in item.violations if violation.code == "unlisted-attribute"]
    assert [violation.attribute for violation in found[:100]] == list(raw)[:100]
    assert [violation.actual for violation in found[100:]] == ([f"{unlisted - 100} more"] if unlisted > 100 else [])
    assert [violation.offset for violation in found[100:]] == ([10 + 14 + 600] if unlisted > 100 else [])
