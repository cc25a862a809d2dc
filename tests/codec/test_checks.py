"""Signatures of frames: one number for all frames that break the same."""

from __future__ import annotations

from array import array
from itertools import accumulate

import pytest

from tlib_codec import EventCallCreated, EventCallDeleted, KVList, Policy, encode
from tlib_codec.checks import UNSIGNED, Signatures, violations_of
from tlib_codec.native import extension
from tlib_codec.records import Frames
from tlib_schemas.events import UnknownEvent
from tlib_schemas.limits import DEFAULT_LIMITS
from tlib_schemas.tlibrary import TLIBRARY
from tlib_schemas.values import Attributes, RawValue

UUID, CONN = "01FES9JKSOFQLEKK3CSH5B5AES00JV1U", "006c02462a161006"
CLEAN = encode(EventCallDeleted(call_uuid=UUID, conn_id=CONN))
SHORT = encode(EventCallDeleted(call_uuid="short", conn_id=CONN))
SHORTER = encode(EventCallDeleted(call_uuid="s", conn_id=CONN))
OTHER = encode(EventCallCreated(call_uuid=UUID, conn_id=CONN))
LINKED = encode(EventCallCreated(call_uuid=UUID, conn_id=CONN, is_link_list=KVList([("a", "b")])))
UNLISTED = encode(EventCallDeleted(call_uuid=UUID, conn_id=CONN, extra=Attributes({"#60000": RawValue(2, b"")})))
WITHOUT = encode(UnknownEvent(EventCallDeleted.message, Attributes({"ConnID": CONN})), policy=Policy.LENIENT)
NAMELESS = encode(UnknownEvent(60_000, Attributes()), policy=Policy.LENIENT)
MALFORMED = b"TL\1\0\0\1\0\0\0\x07\x00\x01\x01\0\0\1\0"

needs_native = pytest.mark.skipif(extension("batches") is None, reason="the native engine is not built: no C compiler was found")


def run_of(*frames, printed=False, lines=True):
    bounds = array("Q", accumulate(map(len, frames), initial=0))
    numbers = array("Q", range(1, len(frames) + 1)).tobytes() if printed and lines else None
    offsets = None if printed else bounds[:-1].tobytes()
    return Frames(data=b"".join(frames), bounds=bounds.tobytes(), offsets=offsets, lines=numbers, printed=printed)


@pytest.fixture
def signatures():
    return Signatures(TLIBRARY, DEFAULT_LIMITS)


def numbers(signatures, *frames, **options):
    return list(signatures.of(run_of(*frames, **options))[1])


@needs_native
@pytest.mark.parametrize("other", [SHORT, OTHER, UNLISTED, WITHOUT, NAMELESS])
def test_frames_that_break_something_else_have_another_signature(signatures, other):
    first, second = numbers(signatures, CLEAN, other)
    assert UNSIGNED != first != second != UNSIGNED


@needs_native
def test_frames_that_break_the_same_have_one_signature_whatever_their_values(signatures):
    first, second = numbers(signatures, SHORT, SHORTER)
    assert first == second


@needs_native
def test_a_number_holds_for_the_next_run(signatures):
    assert numbers(signatures, CLEAN, SHORT)[1] == numbers(signatures, SHORT)[0]


@needs_native
def test_a_malformed_frame_has_no_signature(signatures):
    assert numbers(signatures, MALFORMED) == [UNSIGNED]


@needs_native
def test_signatures_are_counted_in_the_order_of_their_first_frames(signatures):
    rows, each = signatures.of(run_of(SHORT, CLEAN, MALFORMED, SHORT))
    assert rows == [(0, each[0], 2), (1, each[1], 1), (2, UNSIGNED, 1)]


@needs_native
def test_a_frame_of_a_log_without_lines_has_no_signature(signatures):
    assert numbers(signatures, CLEAN, printed=True, lines=False) == [UNSIGNED]


@needs_native
def test_more_than_64_attributes_outside_the_table_are_left_to_python(signatures):
    extra = Attributes({f"#{number}": RawValue(2, b"") for number in range(60_000, 60_065)})
    assert numbers(signatures, encode(EventCallDeleted(call_uuid=UUID, conn_id=CONN, extra=extra))) == [UNSIGNED]


def test_without_the_native_core_no_frame_has_a_signature(monkeypatch):
    monkeypatch.setenv("TLIB_ENGINE", "reference")
    assert numbers(Signatures(TLIBRARY, DEFAULT_LIMITS), CLEAN, SHORT) == [UNSIGNED, UNSIGNED]


@pytest.mark.parametrize(("frame", "codes"), [(CLEAN, []), (SHORT, ["shape"]), (LINKED, ["advisory"]), (WITHOUT, ["mandatory-missing"])])
def test_violations_of_a_record_include_warnings(frame, codes):
    [record] = run_of(frame).records(TLIBRARY)
    assert [violation.code for violation in violations_of(record, TLIBRARY)] == codes
