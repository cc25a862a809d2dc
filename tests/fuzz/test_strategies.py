"""The public strategies: what they give, how it shrinks, and what they refuse."""

from __future__ import annotations

import subprocess
import sys
from functools import partial

import pytest
import weather
from hypothesis import Phase, given, settings
from hypothesis import find as search
from hypothesis import strategies as st

from tlib_codec import (
    TLIBRARY,
    EventCallDeleted,
    EventReleased,
    InvalidEvent,
    KVList,
    SchemaViolation,
    UnknownEvent,
    decode,
    encode,
    reference,
)
from tlib_fuzz import from_type
from tlib_fuzz import strategies as some
from tlib_fuzz.conversations import capture
from tlib_schemas import TCallType, wire

# Without the phase that explains, whose examples are not the plainest.
find = partial(search, settings=settings(database=None, phases=(Phase.generate, Phase.shrink)))


@pytest.mark.parametrize("cls", TLIBRARY.events, ids=lambda cls: cls.__name__)
@given(data=st.data())
def test_a_type_gives_valid_events_of_it(cls, data):
    event = data.draw(st.from_type(cls))
    assert type(event) is cls
    assert decode(encode(event)) == event


def test_hypothesis_knows_the_types_without_an_import():
    """And its import does not pay for the strategies."""
    program = (
        "import sys; from hypothesis import strategies as st, settings, given; from tlib_codec import EventCallCreated, KVList\n"
        "assert 'tlib_fuzz.strategies' not in sys.modules and 'tlib_fuzz.walker' not in sys.modules\n"
        "given(st.from_type(EventCallCreated), st.from_type(KVList))(settings(database=None)(lambda e, k: None))()\n"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_protocol_of_ones_own_registers_its_types():
    some.register(weather.WEATHER)
    from_type.register()
    assert type(find(st.from_type(weather.OldObservation), lambda event: True)) is weather.OldObservation
    with pytest.raises(LookupError, match="T-Library has no event"):
        some.events(weather.Observation)


def test_events_shrink_to_the_plainest():
    plain = find(some.events(EventReleased), lambda event: event.call_type is TCallType.Consult)
    assert int(plain.previous_conn_id, 16) == 0  # which the rule asks for
    assert [name for name in plain.__struct_fields__ if getattr(plain, name) is None] == [
        "ani", "call_history", "collected_digits", "customer_id", "dnis", "extensions", "network_call_id", "network_node_id",
        "reasons", "transferred_network_call_id", "transferred_network_node_id", "user_data",
    ]  # fmt: skip
    assert find(some.kv_lists(), lambda kv: len(kv) > 0) == KVList([("k", "")])
    assert find(some.frames(), lambda frame: True) == b"TL\x01\0\0\0\0\0\0\0"
    assert find(some.texts(), bool) == "0"


@given(event=some.events(extra=False), unknown=some.unknown_events(), invalid=some.invalid_events(), frame=some.frames(valid=True))
def test_each_kind_is_of_its_kind(event, unknown, invalid, frame):
    assert not event.extra
    assert (type(unknown), type(invalid)) == (UnknownEvent, InvalidEvent)
    assert invalid.violations
    decode(frame)


@given(case=some.cases(labels=["valid", "not-allowed", "empty-list"]))
def test_cases_have_the_labels_asked_for(case):
    assert case.label in {"valid", "not-allowed", "empty-list"}


@pytest.mark.parametrize("registry", [TLIBRARY, weather.WEATHER], ids=lambda registry: registry.name)
@given(data=st.data())
def test_broken_frames_are_refused(registry, data):
    with pytest.raises((reference.DecodeError, SchemaViolation)):
        decode(data.draw(some.broken_frames(registry)), registry=registry)


def test_what_the_strategies_refuse():
    with pytest.raises(ValueError, match="empty-list is no defect: give some of magic, version"):
        some.broken_frames(labels=["magic", "empty-list"])
    with pytest.raises(ValueError, match="T-Library has no cases 'nonsense'"):
        some.cases(labels=["nonsense"])
    with pytest.raises(ValueError, match="the type of PartyID is not declared"):
        some.values(TLIBRARY.attribute("PartyID"))
    empty = wire.untyped_frame().attributes  # a registry without events has none to break
    assert not empty.dictionary
    with pytest.raises(ValueError, match="no event has a rule"):
        find(some.invalid_events(some._NO_REGISTRY), lambda event: True)


def test_without_hypothesis_the_extra_is_named():
    program = "import sys; sys.modules['hypothesis'] = None; import tlib_fuzz.cases\nimport tlib_fuzz.strategies"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)
    assert done.stderr.splitlines()[-1] == "ImportError: the strategies need hypothesis: pip install 'tlib-codec[fuzz]'"


@given(data=st.binary(max_size=40), draw=st.data())
def test_chunkings_are_the_data(data, draw):
    pieces = draw.draw(some.chunkings(data))
    assert b"".join(pieces) == data


def test_captures_are_made_from_their_seed():
    assert capture(5).data == capture(5).data != capture(6).data
    whole = capture(7, 4, complete=True)
    assert len(whole.frames) == 8
    assert whole.open().read() == whole.data
    assert all(isinstance(decode(frame), TLIBRARY.events) for frames in whole.frames for frame in frames)
    assert EventCallDeleted in {type(decode(frame)) for frames in whole.frames for frame in frames}


@pytest.mark.parametrize("strategy", [some.cases, some.broken_frames])
def test_a_text_is_no_collection_of_labels(strategy):
    with pytest.raises(TypeError, match=r"labels is the text 'magic': give a collection of labels, as \('magic',\)"):
        strategy(labels="magic")


def test_a_name_is_no_attribute():
    with pytest.raises(TypeError, match=r"an attribute is expected, not 'ConnID': a registry gives it"):
        some.values("ConnID")
