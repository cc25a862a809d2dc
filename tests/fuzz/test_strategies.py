"""The public strategies: their values, their shrinking, the arguments that they refuse."""

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
from tlib_schemas import Registry, TCallType

# Without the phase that explains, whose examples are not the plainest.
find = partial(search, settings=settings(database=None, phases=(Phase.generate, Phase.shrink)))


@pytest.mark.parametrize("cls", TLIBRARY.events, ids=lambda cls: cls.__name__)
@given(data=st.data())
def test_a_class_draws_its_valid_events(cls, data):
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


def test_another_registry_registers_its_types():
    some.register(weather.WEATHER)
    from_type.register()
    assert type(find(st.from_type(weather.OldObservation), lambda event: True)) is weather.OldObservation
    with pytest.raises(LookupError, match="T-Library has no event"):
        some.events(weather.Observation)


def test_a_conn_id_shrinks_to_zeros():
    assert int(plainest_consultation().previous_conn_id, 16) == 0  # a rule requires it for Consult


def test_optional_fields_shrink_to_none():
    plain = plainest_consultation()
    assert [name for name in plain.__struct_fields__ if getattr(plain, name) is None] == [
        "ani", "call_history", "collected_digits", "customer_id", "dnis", "extensions", "network_call_id", "network_node_id",
        "reasons", "transferred_network_call_id", "transferred_network_node_id", "user_data",
    ]  # fmt: skip


def plainest_consultation():
    return find(some.events(EventReleased), lambda event: event.call_type is TCallType.Consult)


def test_a_list_shrinks_to_one_empty_pair():
    assert find(some.kv_lists(), lambda kv: len(kv) > 0) == KVList([("k", "")])


def test_a_frame_shrinks_to_its_header():
    assert find(some.frames(), lambda frame: True) == b"TL\x01\0\0\0\0\0\0\0"


def test_a_text_shrinks_to_one_digit():
    assert find(some.texts(), bool) == "0"


@given(event=some.events(extra=False))
def test_events_without_extra_have_the_attributes_of_their_table(event):
    assert not event.extra


@given(item=some.unknown_events())
def test_unknown_events_are_unknown(item):
    assert type(item) is UnknownEvent


@given(item=some.invalid_events())
def test_invalid_events_have_violations(item):
    assert type(item) is InvalidEvent
    assert item.violations


@given(frame=some.frames(valid=True))
def test_valid_frames_decode(frame):
    decode(frame)


@given(case=some.cases(labels=["valid", "not-allowed", "empty-list"]))
def test_cases_have_the_requested_labels(case):
    assert case.label in {"valid", "not-allowed", "empty-list"}


@pytest.mark.parametrize("registry", [TLIBRARY, weather.WEATHER], ids=lambda registry: registry.name)
@given(data=st.data())
def test_broken_frames_are_refused(registry, data):
    with pytest.raises((reference.DecodeError, SchemaViolation)):
        decode(data.draw(some.broken_frames(registry)), registry=registry)


def test_an_edge_case_is_not_a_defect():
    with pytest.raises(ValueError, match="empty-list is not a defect; choose among magic, version"):
        some.broken_frames(labels=["magic", "empty-list"])


def test_an_unknown_label_is_refused():
    with pytest.raises(ValueError, match="T-Library has no cases 'nonsense'"):
        some.cases(labels=["nonsense"])


def test_an_attribute_without_a_type_has_no_values():
    with pytest.raises(ValueError, match="the type of PartyID is not declared"):
        some.values(TLIBRARY.attribute("PartyID"))


def test_a_registry_without_events_has_no_invalid_events():
    with pytest.raises(ValueError, match="no event has a rule"):
        find(some.invalid_events(Registry("Untyped")), lambda event: True)


def test_without_hypothesis_the_extra_is_named():
    program = "import sys; sys.modules['hypothesis'] = None; import tlib_fuzz.cases\nimport tlib_fuzz.strategies"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)
    assert done.stderr.splitlines()[-1] == "ImportError: the strategies need hypothesis: pip install 'tlib-codec[fuzz]'"


@given(data=st.binary(max_size=40), draw=st.data())
def test_chunkings_are_the_data(data, draw):
    pieces = draw.draw(some.chunkings(data))
    assert b"".join(pieces) == data


def test_a_seed_makes_one_capture():
    assert capture(5).data == capture(5).data != capture(6).data


def test_a_conversation_has_two_directions():
    assert len(capture(7, 4, complete=True).frames) == 8


def test_a_capture_opens_as_a_file():
    whole = capture(7, 4, complete=True)
    assert whole.open().read() == whole.data


def test_the_frames_of_a_capture_are_events_of_several_classes():
    classes = {type(decode(frame)) for frames in capture(7, 4, complete=True).frames for frame in frames}
    assert EventCallDeleted in classes <= set(TLIBRARY.events)


@pytest.mark.parametrize("strategy", [some.cases, some.broken_frames])
def test_a_text_is_not_a_collection_of_labels(strategy):
    with pytest.raises(TypeError, match=r"labels is the text 'magic': give a collection of labels, as \('magic',\)"):
        strategy(labels="magic")


def test_a_name_is_not_an_attribute():
    with pytest.raises(TypeError, match=r"expected an attribute, not 'ConnID': take it from the registry"):
        some.values("ConnID")
