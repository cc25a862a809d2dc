"""Hypothesis searches for the input that costs most: heap and work a byte of input have a bound.

Inputs are made of one small part, repeated: what a sender would do who wants to hurt. Work is
counted, not timed: the calls that the reference engine makes.
"""

from __future__ import annotations

import gc
import sys
import tracemalloc

import pytest
from hypothesis import given, target
from hypothesis import strategies as st

from tlib_codec import TLIBRARY, DecodeError, Policy, UnknownEvent, reference, stream
from tlib_fuzz.cases.tree import Attribute, Frame, List, Pair
from tlib_fuzz.cases.values import pair
from tlib_fuzz.cases.walker import walker_of
from tlib_fuzz.selfcheck.engines import engines
from tlib_fuzz.strategies import DrawChooser
from tlib_schemas import KVList
from tlib_schemas.kinds import WireType

SIZE = 12_000  # bytes of input, so that what each decoding costs once is no matter
# Bytes of heap a byte of input on the worst that was found: pairs of one character that is no ASCII, each
# with the same for a key; attributes of no bytes that nobody declared, and the warning that each of them is.
READ, KEPT, WARNED = 30, 36, 80
CALLS, SEARCH = 4, 10  # a byte, of decoding one frame and of a stream


def peak(call):
    """The most bytes that a call holds at once; what it makes once is made before."""
    call()
    gc.collect()
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def read(item):
    """Every pair of every list, so that views become pairs."""
    waiting = [value for value in getattr(item, "attributes", {}).values() if isinstance(value, KVList)]
    while waiting:
        waiting += [value for value in waiting.pop().values() if isinstance(value, KVList)]
    return item


@st.composite
def lists(draw):
    """A message of one list that is the same few pairs again and again."""
    chooser = DrawChooser(draw)
    some = [Pair(p.kind, p.key[:3], p.value[:3] if isinstance(p.value, bytes) and p.kind != 1 else p.value) for p in _pairs(chooser)]
    size = sum(len(one.write()) for one in some)
    count = max(1, SIZE // size)
    return Frame(1, [Attribute(TLIBRARY.attribute("UserData").id, int(WireType.List), List(some * count))]).write()


def _pairs(chooser):
    found = [pair(chooser, 1, 3) for _ in range(chooser.integer(1, 3))]
    return [one for one in found if one.kind != 4 or len(one.value) < 3] or [Pair(4, b"", b"")]


@st.composite
def attributes(draw, message):
    """A message of thousands of small attributes that nobody declared."""
    kind, value = draw(st.sampled_from([(0, b""), (2, b""), (2, b"xy"), (1, bytes(4)), (3, b"\0\0"), (9, b"")]))
    first = draw(st.integers(0, 9))
    ids = walker_of(TLIBRARY).unknown[first : first + SIZE // (6 + len(value))]
    return Frame(message, [Attribute(number, kind, value) for number in ids]).write()


@pytest.mark.parametrize("engine", engines(), ids=lambda engine: engine.__name__)
@given(frame=lists())
def test_heap_of_lists(engine, frame):
    cost = peak(lambda: read(engine.decode(frame))) / len(frame)
    target(cost, label="heap a byte, lists read")
    assert cost <= READ


@pytest.mark.skipif(len(engines()) < 2, reason="the native engine is not built")
@given(frame=lists())
def test_lists_that_nobody_reads_take_no_heap(frame):
    assert peak(lambda: engines()[1].decode(frame)) < 4_000


@pytest.mark.parametrize("engine", engines(), ids=lambda engine: engine.__name__)
@given(frame=attributes(1))
def test_heap_of_attributes(engine, frame):
    cost = peak(lambda: engine.decode(frame)) / len(frame)
    target(cost, label="heap a byte, attributes")
    assert cost <= KEPT


@pytest.mark.parametrize("engine", engines(), ids=lambda engine: engine.__name__)
@given(frame=attributes(TLIBRARY.messages["EventCallCreated"]))
def test_heap_of_violations(engine, frame):
    cost = peak(lambda: engine.decode(frame, policy=Policy.LENIENT)) / len(frame)
    target(cost, label="heap a byte, violations")
    assert cost <= WARNED


# -- work -----------------------------------------------------------------------------------------


def calls(call):
    """How many functions a call calls, Python's and C's."""
    count = 0

    def profile(frame, event, argument):
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        call()
    finally:
        sys.setprofile(before)
    return count


@given(frame=st.one_of(lists(), attributes(1), attributes(TLIBRARY.messages["EventCallCreated"])))
def test_work_of_decoding(frame):
    cost = calls(lambda: reference.decode(frame, policy=Policy.LENIENT)) / len(frame)
    target(cost, label="calls a byte")
    assert cost <= CALLS


@given(data=st.data())
def test_work_of_a_stream_of_lies(data):
    """Headers and lengths that lie, over and over: what is searched again is bounded."""
    unit = data.draw(
        st.one_of(
            st.binary(min_size=1, max_size=12),
            st.integers(0, 400).map(lambda size: b"TL\1\0\0\1" + size.to_bytes(4, "big")),
            st.integers(0, 400).map(lambda size: b"TL\1\0\0\1" + size.to_bytes(4, "big") + b"\0\1\2\0\0\0"),
        )
    )
    sent = unit * (SIZE // len(unit))
    piece = data.draw(st.sampled_from((len(sent), 997)))

    def work():
        decoder = stream.StreamDecoder()
        for start in range(0, len(sent), piece):
            decoder.feed(sent[start : start + piece])
            for _ in decoder:
                pass
        decoder.close()
        for _ in decoder:
            pass

    cost = calls(work) / len(sent)
    target(cost, label="calls a byte of stream")
    assert cost <= SEARCH


def test_the_measures_measure():
    assert peak(lambda: bytes(100_000)) > 100_000
    assert 1_000 <= calls(lambda: [len(b"") for _ in range(1_000)]) < 1_100
    assert isinstance(read(UnknownEvent(1, {"a": KVList({"k": {"l": 1}})})), UnknownEvent)
    with pytest.raises(DecodeError):
        reference.decode(b"")
