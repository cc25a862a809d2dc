"""Cases and random events survive every format: both engines, chunks, JSON, logs, columns, captures."""

from __future__ import annotations

import datetime as dt
import itertools

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from weather import WEATHER

from tlib_codec import (
    TLIBRARY,
    EncodeError,
    Event,
    KVList,
    MalformedFrame,
    RawValue,
    StreamDecoder,
    decode,
    encode,
    read,
    reference,
    stream,
)
from tlib_codec.formats import jsonl
from tlib_codec.formats.logs.context import messages_with_server
from tlib_codec.formats.logs.reader import read_log
from tlib_codec.formats.logs.writer import platform_sdk_text, tserver_text
from tlib_codec.records import Diagnostic, Record
from tlib_fuzz import strategies as some
from tlib_fuzz.cases import cases
from tlib_fuzz.selfcheck.engines import engines
from tlib_schemas.enumerations import AttributeID

pa = pytest.importorskip("pyarrow", reason="rows need the extra arrow")
columns = pytest.importorskip("tlib_codec.arrow.columns")

REGISTRIES = pytest.mark.parametrize("registry", [TLIBRARY, WEATHER], ids=lambda registry: registry.name)
TIME = dt.datetime.fromisoformat("2015-05-29T16:45:24.5942")


@REGISTRIES
@given(data=st.data())
def test_events_of_each_class_come_back_from_both_engines(registry, data):
    cls = data.draw(st.sampled_from(registry.events))
    event = data.draw(some.events(cls, registry=registry))
    assert type(event) is cls
    written = {engine.encode(event, registry=registry) for engine in (reference, *engines())}
    (frame,) = written
    for engine in engines():
        assert engine.decode(frame, registry=registry) == event


@REGISTRIES
def test_accepted_cases_are_fixed_points(registry):
    """Frame to item to frame to item, and item to JSON to item; the second time to the same bytes."""
    for case in itertools.islice((case for case in cases(6, registry) if case.accept), 2500):
        item = decode(case.frame, registry=registry)
        canonical = encode(item, registry=registry)
        assert len(canonical) == len(case.frame)
        assert decode(canonical, registry=registry) == item
        back = jsonl.loads(case.json, registry=registry)
        assert back == item
        assert encode(back, registry=registry) == canonical
        assert jsonl.dumps(back, registry=registry) == case.json


def test_a_stream_of_all_cases_loses_nothing():
    for seed in range(6):
        data = b"".join(case.frame for case in itertools.islice(cases(seed), 150))
        assert b"".join(columns.frames(list(columns.Columns(data)))) == data
        found = []
        for decoder in (stream.StreamDecoder(), StreamDecoder()):
            decoder.feed(data)
            decoder.close()
            found.append([(decoder.offset, decoder.data, repr(item)) for item in decoder])
        assert found[0] == found[1]
        assert b"".join(piece for _, piece, _ in found[0]) == data


@given(data=st.data())
def test_any_chunking_of_any_stream_gives_the_same_items(codec, data):
    sent = data.draw(some.streams())
    pieces = data.draw(some.chunkings(sent))
    assert b"".join(pieces) == sent
    whole, cut = codec.StreamDecoder(), codec.StreamDecoder()
    whole.feed(sent)
    whole.close()
    expected = [(whole.offset, whole.data, item) for item in whole]
    found = []
    for piece in pieces:
        cut.feed(piece)
        found += [(cut.offset, cut.data, item) for item in cut]
    cut.close()
    assert found + [(cut.offset, cut.data, item) for item in cut] == expected


def test_each_defect_of_sound_framing_costs_its_own_frame_alone():
    good = next(cases(2, labels=["valid"])).frame
    for label in (
        "pair-type",
        "pair-unicode",
        "nesting",
        "int-length",
        "attribute-type",
        "duplicate-attribute",
        "count-high",
        "mandatory-missing",
    ):
        for case in itertools.islice(cases(3, labels=[label]), 20):
            decoder = StreamDecoder()
            decoder.feed(good + case.frame + good)
            decoder.close()
            if label != "int-length":  # a length that cannot be is reason enough to doubt the rest
                assert [decoder.data for _ in decoder] == [good, case.frame, good]
            else:
                items = [(decoder.data, item) for item in decoder]
                assert items[0][0] == items[-1][0] == good
                assert any(isinstance(item, MalformedFrame) for _, item in items)


# -- logs -----------------------------------------------------------------------------------------


def printable(text):
    """Return the characters of a text that a log prints and reads unchanged: it does not escape quotes, and lines end."""
    return "".join(letter if letter.isalnum() or letter in "_ -.:@" else "_" for letter in text).strip()


def in_a_log(value):
    """Return the part of a value that a log can hold: Unicode reads back as String."""
    if isinstance(value, KVList):
        return KVList([(printable(key), in_a_log(inner)) for key, inner in value])
    if isinstance(value, str):
        return printable(value)
    return value


def for_a_log(event):
    """Return an event with the attributes that a log can hold, and its Server, which no log prints where a table lists it."""
    _, values = TLIBRARY.lay_out(event)
    kept = {}
    for number, value in values.items():
        attribute = TLIBRARY.dictionary.get(number)
        if attribute is None or isinstance(value, RawValue):
            continue  # no declaration says how to print it
        kept[number] = value if attribute.value.size is not None else in_a_log(value)
    return TLIBRARY.assemble(event.message, kept), kept.get(AttributeID.Server)


@pytest.mark.parametrize("kind", ["tserver", "platform-sdk"])
@given(event=some.events())
def test_an_event_printed_as_log_text_reads_back(kind, event):
    item, server = for_a_log(event)
    assume(event.message in messages_with_server(TLIBRARY) or AttributeID.Server not in TLIBRARY.lay_out(item)[1])
    text = tserver_text(item, TIME) if kind == "tserver" else platform_sdk_text(item)
    (record,) = read_log([text.encode("utf-8", "surrogateescape")], kind=kind, server=server)
    assert record.item == item


@given(item=some.items())
def test_any_item_is_printed_or_refused_and_what_is_printed_can_be_read(item):
    try:
        text = tserver_text(item, TIME)
    except EncodeError as error:
        assert error.path
        return
    assert list(read_log([text.encode("utf-8", "surrogateescape")]))


# -- columns and captures -------------------------------------------------------------------------


@given(events=st.lists(some.events(), max_size=5))
def test_rows_hold_events(events):
    sent = b"".join(encode(event) for event in events)
    table = pa.table(columns.Columns(sent))
    assert table.column("Event").to_pylist() == [event.__schema__.name for event in events]
    assert b"".join(columns.frames(table)) == sent


@given(capture=some.captures(complete=True))
def test_a_complete_capture_gives_what_was_sent(capture):
    found = {}
    for entry in read(capture.open()):
        if isinstance(entry, Diagnostic):
            assert entry.code == "capture-no-frames"
            continue
        assert isinstance(entry.item, Event), entry
        found.setdefault((entry.origin.src, entry.origin.dst), []).append(entry.item)
    sent = {}
    for one in capture.conversations:
        for ends, frames in ((one.name, one.frames[0]), (one.name[::-1], one.frames[1])):
            if frames:
                sent[ends] = [decode(frame) for frame in frames]
    assert found == sent


@given(capture=some.captures())
def test_any_capture_gives_items_and_invents_none(capture):
    sent = {decode(frame) for frames in capture.frames for frame in frames}
    for entry in read(capture.open()):
        if isinstance(entry, Record) and isinstance(entry.item, Event):
            assert entry.item in sent
