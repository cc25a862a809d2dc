"""Properties that hold of every value, event and frame, on every engine, for our registry and a user's."""

from __future__ import annotations

import copy
import pickle

import construct
import pytest
from hypothesis import given
from hypothesis import strategies as st
from weather import WEATHER

from tlib_codec import DecodeError, Event, Policy, RawAttribute, SchemaViolation, TLibError, Truncated
from tlib_fuzz import strategies as some
from tlib_fuzz.cases.defects import DEFECTS
from tlib_schemas import TLIBRARY, Attributes, EncodeError, Frame, InvalidEvent, Severity, wire

MALFORMED = [entry.label for group, entries in DEFECTS.items() if group != "events" for entry in entries]
REGISTRIES = pytest.mark.parametrize("registry", [TLIBRARY, WEATHER], ids=lambda r: r.name)


def without_offsets(item):
    """What a frame's place adds to an InvalidEvent, taken away."""
    if not isinstance(item, InvalidEvent):
        return item
    return InvalidEvent(
        item.message,
        item.attributes,
        tuple((v.code, v.severity, v.attribute, v.expected, v.actual, v.footnote) for v in item.violations),
    )


@REGISTRIES
@given(data=st.data())
def test_an_event_comes_back_as_it_was(codec, registry, data):
    event = data.draw(some.events(registry=registry))
    frame = codec.encode(event, registry=registry)
    assert codec.decode(frame, registry=registry) == event
    assert type(codec.decode(memoryview(bytearray(frame)), registry=registry)) is type(event)
    assert not [v for v in codec.check(frame, registry=registry) if v.severity is Severity.ERROR]


@REGISTRIES
@given(data=st.data())
def test_what_is_no_event_comes_back_too(codec, registry, data):
    item = data.draw(st.one_of(some.unknown_events(registry), some.invalid_events(registry)))
    frame = codec.encode(item, registry=registry, policy=Policy.LENIENT)
    back = codec.decode(frame, registry=registry, policy=Policy.LENIENT)
    assert type(back) is type(item)
    assert without_offsets(back) == without_offsets(item)


@REGISTRIES
@given(data=st.data())
def test_a_canonical_frame_is_encoded_to_the_same_bytes(codec, registry, data):
    frame = data.draw(some.frames(registry, canonical=True))
    assert codec.encode(codec.decode(frame, registry=registry, policy=Policy.LENIENT), registry=registry, policy=Policy.LENIENT) == frame


@REGISTRIES
@given(data=st.data())
def test_any_order_of_attributes_is_the_same_item(codec, registry, data):
    frame = data.draw(some.frames(registry))
    item = codec.decode(frame, registry=registry, policy=Policy.LENIENT)
    canonical = codec.encode(item, registry=registry, policy=Policy.LENIENT)
    assert without_offsets(codec.decode(canonical, registry=registry, policy=Policy.LENIENT)) == without_offsets(item)
    assert len(canonical) == len(frame)


@given(frame=some.frames())
def test_an_untyped_frame_keeps_the_order_of_arrival(codec, frame):
    untyped = codec.decode_frame(frame)
    assert codec.encode_frame(untyped) == frame
    assert [a.id for a in untyped.attributes] == list(wire.offsets(frame))


@given(frame=some.untyped_frames())
def test_an_untyped_frame_comes_back(codec, frame):
    assert codec.decode_frame(codec.encode_frame(frame)) == frame


def judged(codec, data, registry=TLIBRARY):
    """What decoding gives: an item, or the error. Anything else raised fails the test."""
    try:
        return codec.decode(data, registry=registry)
    except (DecodeError, SchemaViolation) as error:
        assert str(error).isprintable()
        assert error.advice
        assert error.offset is None or 0 <= error.offset <= len(data)
        if isinstance(error, Truncated):
            assert error.available == len(data) < error.needed
        return error


@given(data=st.one_of(st.binary(max_size=80), st.binary(max_size=60).map(lambda tail: b"TL\x01\x00" + tail), some.mutated_frames()))
def test_any_bytes_decode_or_raise_one_of_our_errors(codec, data):
    result = judged(codec, data)
    # the lenient policy refuses exactly what is malformed, and `check` agrees with both
    if isinstance(result, DecodeError):
        with pytest.raises(type(result)) as lenient:
            codec.decode(data, policy=Policy.LENIENT)
        with pytest.raises(type(result)) as checked:
            codec.check(data, base=1000)
        assert lenient.value == result
        assert (checked.value.code, checked.value.path, checked.value.offset) == (result.code, result.path, result.offset + 1000)
    elif isinstance(result, SchemaViolation):
        assert codec.decode(data, policy=Policy.LENIENT).violations == result.violations == codec.check(data)
    else:
        assert all(v.severity is Severity.WARNING for v in codec.check(data))


@given(data=some.broken_frames(labels=MALFORMED))
def test_a_malformed_frame_is_malformed_without_a_registry_unless_its_types_are_the_fault(codec, data):
    error = judged(codec, data)
    assert isinstance(error, DecodeError)
    if error.code != "attribute-type":
        with pytest.raises(DecodeError) as untyped:
            codec.decode_frame(data)
        assert (untyped.value.code, untyped.value.offset) == (error.code, error.offset)


@given(frame=some.frames(), base=st.integers(0, 2**40))
def test_check_points_at_attribute_headers(codec, frame, base):
    message = int.from_bytes(frame[4:6], "big")
    places = {TLIBRARY.attribute_name(number): base + place for number, place in wire.offsets(frame).items()}
    for violation in codec.check(frame, base=base):
        assert violation.event == TLIBRARY.message_name(message)
        if violation.attribute in places:
            assert violation.offset == places[violation.attribute]
            at = violation.offset - base
            assert TLIBRARY.attribute_number(violation.attribute) == int.from_bytes(frame[at : at + 2], "big")
        else:
            assert violation.offset == base or violation.attribute in TLIBRARY.composites


@REGISTRIES
@given(data=st.data())
def test_constructs_parse_and_build_inside_a_struct_of_the_user(registry, data):
    event = data.draw(some.events(registry=registry))
    untyped = data.draw(some.untyped_frames())
    ours = registry.construct(type(event))
    packet = construct.Struct("before" / construct.Int8ub, "event" / ours, "frame" / wire.Frame, "after" / construct.Int16ub)
    parsed = packet.parse(packet.build({"before": 7, "event": event, "frame": untyped, "after": 513}))
    assert (parsed.before, parsed.event, parsed.frame, parsed.after) == (7, event, untyped, 513)
    assert ours.parse(ours.build(event)) == event


@given(frame=some.frames())
def test_attribute_lists_parse_and_build_on_their_own(frame):
    attributes = wire.AttributeList(TLIBRARY.dictionary)
    found = TLIBRARY.frame().unpack(frame)[1]
    assert attributes.parse(attributes.build(found)) == found


@given(data=st.data())
def test_each_value_is_a_construct_of_its_own(data):
    attribute = data.draw(st.sampled_from([a for a in TLIBRARY.dictionary.values() if a.value is not None]))
    value = data.draw(some.values(attribute))
    assert attribute.value.parse(attribute.value.build(value)) == value
    assert attribute.value.size in (None, len(attribute.value.build(value)))


@REGISTRIES
@given(data=st.data())
def test_items_are_hashable_and_survive_pickle_and_copy(registry, data):
    item = data.draw(some.items(registry))
    for twin in (pickle.loads(pickle.dumps(item)), copy.copy(item), copy.deepcopy(item)):
        assert twin == item
        assert hash(twin) == hash(item)
        assert repr(twin) == repr(item)


@given(kv=some.kv_lists())
def test_lists_are_hashable_and_survive_pickle_and_copy(kv):
    for twin in (pickle.loads(pickle.dumps(kv)), copy.copy(kv), copy.deepcopy(kv)):
        assert twin == kv
        assert hash(twin) == hash(kv)
        assert [type(v) for v in twin.values()] == [type(v) for v in kv.values()]


@given(data=some.mutated_frames())
def test_errors_are_hashable_and_survive_pickle_and_copy(codec, data):
    error = judged(codec, data)
    if isinstance(error, TLibError):
        for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
            assert twin == error
            assert hash(twin) == hash(error)
            assert (str(twin), twin.__dict__) == (str(error), error.__dict__)


@given(item=some.items(), attributes=st.lists(st.builds(RawAttribute, st.integers(0, 0xFFFF), st.integers(0, 255), st.binary(max_size=9))))
def test_encoding_writes_or_raises_one_of_our_errors(codec, item, attributes):
    """What the strict policy writes decodes; the lenient one writes whatever fits the fields."""
    try:
        frame = codec.encode(item)
    except (EncodeError, SchemaViolation) as error:
        assert str(error).isprintable()
    else:
        codec.decode(frame)
    message = item.message
    untyped = Frame(int(message), tuple(attributes))
    written = codec.encode_frame(untyped, policy=Policy.LENIENT)
    try:
        strict = codec.encode_frame(untyped)
    except EncodeError as error:
        with pytest.raises(DecodeError) as refused:
            codec.decode_frame(written)
        assert (refused.value.code, refused.value.offset, refused.value.path) == (error.code, error.offset, error.path)
    else:
        assert strict == written
        assert codec.decode_frame(strict) == untyped


@given(event=some.events())
def test_validate_agrees_with_check(codec, event):
    told = [(v.code, v.attribute, v.expected, v.actual) for v in TLIBRARY.validate(event)]
    assert told == [(v.code, v.attribute, v.expected, v.actual) for v in codec.check(codec.encode(event))]
    assert isinstance(event, Event)
    assert isinstance(event.extra, Attributes)
