"""Words about invalid frames: one frame of a signature gives those of the others."""

from __future__ import annotations

import struct
from array import array

import pytest
from sampleframes import run as frames

from tlib_codec.formats.complaints import Complaints
from tlib_codec.formats.jsonl import violation_to_data
from tlib_codec.formats.wording import wording_of
from tlib_codec.records import Frames
from tlib_fuzz.selfcheck.csv_rows import disagreement as csv_disagreement
from tlib_fuzz.selfcheck.json_lines import disagreement
from tlib_schemas import Attributes, UnknownEvent
from tlib_schemas.limits import DEFAULT_LIMITS
from tlib_schemas.tlibrary import TLIBRARY

text = pytest.importorskip("tlib_codec.native.text", reason="the native engine is not built: no C compiler was found", exc_type=ImportError)


def frame(message: int, *attributes: tuple[int, int, bytes]) -> bytes:
    body = b"".join(struct.pack(">HBBH", number, kind, 0, len(value)) + value for number, kind, value in attributes)
    return b"TL\x01\x00" + struct.pack(">HI", message, len(body)) + body


CONN = (9, 6, bytes.fromhex("006c02462a161006"))
HELD = frame(160, CONN)  # without its mandatory CallUUID
ODD = frame(160, CONN, (200, 7, b"x"), (201, 7, b""))  # and with two attributes that no table lists
DELETED = frame(162, CONN)


def offsets(*numbers: int) -> bytes:
    return array("Q", numbers).tobytes()


def words(item) -> bytes:
    return repr([violation_to_data(one) for one in item.violations]).encode()


def wording(part: Frames, text_of=words):
    return wording_of(text_of)(part, 0, TLIBRARY, DEFAULT_LIMITS)


def complaints(part: Frames) -> list[str]:
    return list(Complaints(TLIBRARY).of(part, DEFAULT_LIMITS))


def test_the_offset_of_a_violation_is_that_of_its_attribute_if_a_frame_has_it():
    _, holes = wording(frames(HELD))
    assert [ids for _, ids in holes] == [(141,)]


def test_an_attribute_outside_the_table_has_its_own_offset():
    _, holes = wording(frames(ODD))
    assert {(200,), (201,)} <= {ids for _, ids in holes}


def test_a_frame_of_a_log_has_no_offsets():
    _, holes = wording(frames(HELD, encoded=True))
    assert holes == []


def test_a_valid_frame_has_no_wording():
    assert wording(frames(UnknownEvent(60, Attributes({"CallID": 1})))) is None


@pytest.mark.parametrize("number", [9_000_000_000_000_000_000, 9_000_000_000_000_000_999])
def test_a_text_with_a_number_like_a_mark_has_no_wording(number):
    assert wording(frames(HELD), lambda item: words(item) + b" %d" % number) is None


@pytest.mark.parametrize("part", [frames(HELD, ODD, HELD, DELETED), frames(ODD, ODD, encoded=True), frames(HELD, ODD, printed=True)])
def test_the_frames_of_a_signature_have_their_own_offsets(part):
    assert disagreement(part, TLIBRARY, DEFAULT_LIMITS) is None
    assert csv_disagreement(part, TLIBRARY, DEFAULT_LIMITS) is None


def test_an_offset_beyond_63_bits_is_left_to_python():
    assert disagreement(frames(HELD, HELD, offsets=offsets(1 << 63, (1 << 64) - 1)), TLIBRARY, DEFAULT_LIMITS) is None


def test_complaints_are_those_of_the_records():
    part = frames(HELD, ODD, HELD, file="a.tlb", offsets=offsets(5, 100, 1 << 63))
    assert complaints(part) == [one.complaint() for one in part.records(TLIBRARY)]


def test_a_complaint_about_a_place_beyond_the_frames_is_refused():
    worded = text.WordedFrames(text.Words(TLIBRARY, wording_of(words)), frames(HELD), DEFAULT_LIMITS)
    with pytest.raises(IndexError):
        worded.text(1)


def test_offsets_of_another_length_are_refused():
    with pytest.raises(ValueError, match="offsets"):
        text.WordedFrames(text.Words(TLIBRARY, wording_of(words)), frames(HELD, offsets=offsets(1, 2)), DEFAULT_LIMITS)


def test_a_malformed_frame_has_no_words():
    part = frames(bytes.fromhex("544c 01 00 004d 00000007 0003 01 000001 00"))
    assert text.WordedFrames(text.Words(TLIBRARY, wording_of(words)), part, DEFAULT_LIMITS).text(0) is None


def test_a_violation_of_the_whole_event_is_at_the_frame():
    released = frame(65, (13, 1, bytes(4)), (20, 0, b"vq::"))  # deprecated
    _, holes = wording(frames(released))
    assert () in {ids for _, ids in holes}
    assert disagreement(frames(released, released), TLIBRARY, DEFAULT_LIMITS) is None
