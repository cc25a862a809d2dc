"""JSON is lossless both ways: item → line → item, frame → line → frame, line → frame → line."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from weather import WEATHER

from tlib_codec import DecodeError, Gap, Policy, SchemaViolation, read, write
from tlib_codec.formats import jsonl
from tlib_fuzz import strategies as some
from tlib_schemas import TLIBRARY

REGISTRIES = pytest.mark.parametrize("registry", [TLIBRARY, WEATHER], ids=lambda r: r.name)


@REGISTRIES
@given(data=st.data())
def test_an_item_comes_back_from_its_line(registry, data):
    item = data.draw(some.items(registry))
    line = jsonl.dumps(item, registry=registry)
    assert b"\n" not in line
    back = jsonl.loads(line, registry=registry, policy=Policy.LENIENT)
    assert (type(back), back) == (type(item), item)
    assert jsonl.dumps(back, registry=registry) == line


@REGISTRIES
@given(data=st.data())
def test_a_canonical_frame_comes_back_through_its_line(codec, registry, data):
    frame = data.draw(some.frames(registry, canonical=True))
    item = codec.decode(frame, registry=registry, policy=Policy.LENIENT)
    line = jsonl.dumps(item, registry=registry, source={"file": "a.pcap"})
    back = jsonl.loads(line, registry=registry, policy=Policy.LENIENT)
    assert back == item  # the offsets of violations too
    assert codec.encode(back, registry=registry, policy=Policy.LENIENT) == frame


@given(event=some.events())
def test_a_line_comes_back_through_its_frame(codec, event):
    line = jsonl.dumps(event)
    assert json.loads(jsonl.dumps(codec.decode(codec.encode(jsonl.loads(line))))) == json.loads(line)


@given(data=st.lists(st.one_of(some.frames(), some.mutated_frames(), st.binary(max_size=40)), max_size=5).map(b"".join))
def test_every_item_of_a_stream_comes_back_from_its_lines(codec, data):
    decoder = codec.StreamDecoder()
    decoder.feed(data)
    decoder.close()
    items = list(decoder)
    file = io.BytesIO()
    write(file, items, format="jsonl")
    file.seek(0)
    back = [record.item for record in read(file, format="jsonl")]
    assert back == items
    assert [type(one) for one in back] == [type(one) for one in items]
    for one, other in zip(back, items, strict=True):
        if hasattr(one, "error"):
            assert one.error.__dict__ == {**other.error.__dict__, "_parts": one.error._parts}


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.sampled_from(("$binary", "AA==", "Inbound"))),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.one_of(st.text(max_size=4), st.sampled_from(("$binary", "$string", "$unicode", "type", "value"))), inner, max_size=3
        ),
    ),
    max_leaves=6,
)
NAMES = st.one_of(
    st.sampled_from((*TLIBRARY.composites, "$gap", "$malformed", "$violations", "Event", "#5", "#70000", "Nothing")),
    st.sampled_from([a.name for a in TLIBRARY.dictionary.values()]),
)
OBJECTS = st.builds(
    lambda name, rest: {"Event": name, **rest},
    st.sampled_from((*(e.__name__ for e in TLIBRARY.events), "EventRinging", 200, -1, "Nothing")),
    st.dictionaries(NAMES, JSON, max_size=5),
)


@given(data=st.one_of(JSON, OBJECTS), policy=st.sampled_from(Policy))
def test_any_json_is_an_item_or_one_of_our_errors(codec, data, policy):
    line = json.dumps(data)
    try:
        item = jsonl.loads(line, policy=policy)
    except (DecodeError, SchemaViolation) as error:
        assert str(error).isprintable()
        assert error.advice
    else:
        if not isinstance(item, Gap) and isinstance(item.message, int):
            frame = codec.encode(item, policy=Policy.LENIENT)
            assert isinstance(frame, bytes)
        assert jsonl.loads(jsonl.dumps(item), policy=Policy.LENIENT) == item


@given(line=st.one_of(st.binary(max_size=60), st.text(max_size=60)))
def test_any_text_is_an_item_or_one_of_our_errors(line):
    with pytest.raises((DecodeError, SchemaViolation)) as error:
        jsonl.loads(line)
    assert str(error.value).isprintable()
