"""Key-value lists, times, mappings of attributes, limits: what a person does with them in Python."""

from __future__ import annotations

import datetime as dt

import pytest

from tlib_codec import decode, encode
from tlib_schemas import (
    AttributeID,
    Attributes,
    EncodeError,
    EventCallCreated,
    Frame,
    KVList,
    Limits,
    RawAttribute,
    Shape,
    TCallType,
    Timestamp,
    Unicode,
    UnknownEvent,
    wire,
)


def test_a_list_is_built_from_pairs_or_a_mapping_or_a_list():
    pairs = [("a", 1), ("b", "x")]
    assert KVList(pairs) == KVList(dict(pairs)) == KVList(iter(pairs)) == KVList(KVList(pairs))
    assert KVList() == KVList({}) == KVList([])


def test_a_list_is_read():
    kv = KVList([("k", 1), ("j", "x"), ("k", b"2"), ("n", {"m": {}})])
    assert list(kv) == [("k", 1), ("j", "x"), ("k", b"2"), ("n", KVList({"m": {}}))]
    assert (len(kv), kv["k"], kv["n"]["m"], "j" in kv, "z" in kv) == (4, 1, KVList(), True, False)
    assert (kv.get("j"), kv.get("z"), kv.get("z", 5), kv.get_all("k"), kv.get_all("z")) == ("x", None, 5, [1, b"2"], [])
    assert kv.keys() == ["k", "j", "k", "n"]
    assert kv.values() == [value for _, value in kv.items()]
    assert kv.items() == list(kv)
    assert dict(kv) == {"k": 1, "j": "x", "n": KVList({"m": {}})}
    assert repr(KVList({"a": Unicode("x")})) == "KVList([('a', Unicode('x'))])"
    assert eval(repr(kv)) == kv
    with pytest.raises(KeyError, match="'z'"):
        kv["z"]


def test_a_list_becomes_a_dict_of_plain_values():
    assert KVList([("k", 1), ("n", {"m": {}, "u": Unicode("x")})]).to_dict() == {"k": 1, "n": {"m": {}, "u": "x"}}


def test_a_key_that_repeats_has_its_first_value_in_a_dict():
    assert KVList([("k", 1), ("j", "x"), ("k", b"2")]).to_dict() == {"k": 1, "j": "x"}


def test_a_list_keeps_its_types():
    kv = KVList({"s": "x", "u": Unicode("x"), "i": TCallType.Inbound, "b": bytearray(b"1"), "v": memoryview(b"2"), "l": [("k", ())]})
    assert [type(value) for value in kv.values()] == [str, Unicode, int, bytes, bytes, KVList]
    assert type(KVList({Unicode("k"): 1}).keys()[0]) is str


def test_equal_texts_of_other_types_make_unequal_lists():
    assert Unicode("x") == "x"
    assert KVList({"k": "x"}) != KVList({"k": Unicode("x")})
    assert KVList({"k": {"k": "x"}}) != KVList({"k": {"k": Unicode("x")}})
    assert KVList([("a", 1), ("b", 2)]) != KVList([("b", 2), ("a", 1)])
    assert KVList({"a": 1}) != {"a": 1}
    assert len({KVList({"a": 1}), KVList({"a": 1}), KVList()}) == 2


@pytest.mark.parametrize("value", [True, 1.5, None, {1, 2}, object()])
def test_what_a_list_cannot_hold_is_refused(value):
    with pytest.raises(TypeError, match="a KVList has no"):
        KVList({"k": value})


@pytest.mark.parametrize("key", [1, b"k", None])
def test_a_key_is_a_text(key):
    with pytest.raises(TypeError, match="a key of a KVList is a str"):
        KVList([(key, 1)])


@pytest.mark.parametrize("value", [{"k": 1.5}, {"k": [1, 2]}, {"k": ["abc"]}, {"k": [("a", 1, 2)]}, [("k", 1)], "k"])
def test_an_event_with_what_is_no_list_is_not_written(value):
    with pytest.raises(EncodeError, match=r"EventCallCreated\.UserData: .* \[value-type\]"):
        encode(EventCallCreated(call_uuid="0" * 32, conn_id="0" * 16, user_data=value))


def test_a_mapping_will_do_for_a_list():
    event = EventCallCreated(call_uuid="0" * 32, conn_id="0" * 16, user_data={"k": {"l": 1}})
    assert decode(encode(event)).user_data == KVList({"k": {"l": 1}})


def test_attributes_are_an_immutable_mapping():
    attributes = Attributes([("ANI", "1"), ("#200", 5)])
    assert attributes == {"ANI": "1", "#200": 5} == Attributes({"#200": 5, "ANI": "1"})
    assert hash(attributes) == hash(Attributes({"#200": 5, "ANI": "1"}))
    assert attributes != 5
    assert (attributes["ANI"], list(attributes), len(attributes)) == ("1", ["ANI", "#200"], 2)
    assert repr(attributes) == "Attributes({'ANI': '1', '#200': 5})"
    with pytest.raises(TypeError):
        attributes["ANI"] = "2"


def test_events_are_frozen():
    event = EventCallCreated(call_uuid="0" * 32, conn_id="0" * 16)
    with pytest.raises(AttributeError):
        event.ani = "1"
    with pytest.raises(TypeError):
        EventCallCreated("0" * 32, "0" * 16)
    assert repr(event) == f"EventCallCreated(call_uuid='{'0' * 32}', conn_id='{'0' * 16}')"


def test_a_time_in_utc():
    stamp = Timestamp.of(dt.datetime(2015, 5, 29, 18, 45, 24, 594_200, dt.timezone(dt.timedelta(hours=2))))
    assert stamp == Timestamp(seconds=1_432_917_924, microseconds=594_200)
    assert stamp.datetime == dt.datetime(2015, 5, 29, 16, 45, 24, 594_200, dt.UTC)
    assert Timestamp(seconds=0, microseconds=2_500_000).datetime == dt.datetime(1970, 1, 1, 0, 0, 2, 500_000, dt.UTC)
    with pytest.raises(ValueError, match="give it a tzinfo"):
        Timestamp.of(dt.datetime(2015, 5, 29))  # noqa: DTZ001


@pytest.mark.parametrize("stamp", [Timestamp(seconds=-1), Timestamp(seconds=2**32), Timestamp(seconds=10**30, microseconds=1)])
def test_a_time_beyond_its_field_has_no_text(stamp):
    assert stamp.to_text() is None


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "noon", "", "2015-05-29"])
def test_what_is_no_time_is_a_value_error(text):
    with pytest.raises(ValueError):
        Timestamp.from_text(text)


@pytest.mark.parametrize(
    "wrong", [{"list_depth": 0}, {"list_depth": 201}, {"list_pairs": 65_536}, {"frame_body": 2**32 - 10}, {"frame_body": 0}]
)
def test_limits_have_limits(wrong):
    (name,) = wrong
    with pytest.raises(ValueError, match=f"Limits.{name} is between 1 and"):
        Limits(**wrong)


@pytest.mark.parametrize(("text", "fits"), [("AB::", True), ("::", False), ("ABC:", False), ("ab::", False)])
def test_shapes(text, fits):
    assert Shape(description="", length=4, alphabet="AB:", suffix="::").fits(text) is fits


def test_an_attribute_of_a_number_without_a_name_has_none():
    assert wire.Attribute(AttributeID(200), wire.Int).name == ""


def test_a_value_beyond_24_bits_of_length_is_not_written():
    with pytest.raises(EncodeError, match="at most 16777215 bytes, found 16777216"):
        wire.Frame.bytes(Frame(60, (RawAttribute(0xF000, 2, bytes(0x100_0000)),)))


def test_a_named_message_is_written_by_its_number():
    assert encode(UnknownEvent("EventRinging")) == encode(UnknownEvent(60)) == bytes.fromhex("544c 01 00 003c 00000000")


def test_an_extra_attribute_without_a_number_is_not_written():
    event = EventCallCreated(call_uuid="0" * 32, conn_id="0" * 16, extra=Attributes({"Nothing\n": 1}))
    with pytest.raises(EncodeError) as refused:
        encode(event)
    assert (refused.value.code, refused.value.path) == ("unknown-name", 'EventCallCreated["Nothing\\n"]')
