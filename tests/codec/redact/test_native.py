"""Pseudonyms and redaction in C: the same as in Python."""

import hashlib
import random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tlib_codec import TLIBRARY, EventCallCreated, KVList, encode, native
from tlib_codec.records import Frames
from tlib_codec.redact import Pseudonyms, Redactor, Rules
from tlib_codec.redact.frames import FrameRedactor
from tlib_codec.redact.pseudonym import pseudonyms
from tlib_codec.stream import StreamDecoder
from tlib_schemas.limits import Limits

pytestmark = pytest.mark.skipif(native.extension("batches") is None, reason="the native engine is not built: no C compiler was found")
PYTHON, NATIVE = Pseudonyms(b"one"), pseudonyms(b"one")
HEX, BASE32 = "0123456789abcdef", "0123456789ABCDEFGHIJKLMNOPQRSTUV"
TEXTS = st.text(st.sampled_from("0123456789+-() ABcdéÉß李伟\udcff\udcc3\udca9٣²😀"), max_size=70) | st.text(max_size=50)


@given(TEXTS)
@example("a lone surrogate \ud800")
@example("a lone surrogate \ud800 in a long text")
@example("1" * 16)
@example("1" * 17)
@example("1" * 41)
@example("x" * 41 + "1234")
def test_a_text_has_the_same_pseudonym(text):
    assert NATIVE.text(text) == PYTHON.text(text)


@given(st.integers(-(1 << 66), 1 << 66))
def test_an_integer_has_the_same_pseudonym(number):
    assert NATIVE.integer(number) == PYTHON.integer(number)


@pytest.mark.parametrize("secret", [bytes([i]) for i in range(20)])
def test_integers_of_two_digits_have_the_same_pseudonyms(secret):
    python, ours = Pseudonyms(secret), pseudonyms(secret)
    assert [ours.integer(n) for n in range(-99, 100)] == [python.integer(n) for n in range(-99, 100)]


@given(st.text(st.sampled_from(HEX + HEX.upper()), min_size=16, max_size=16) | st.text(st.sampled_from(BASE32), min_size=32, max_size=32))
def test_an_identifier_has_the_same_pseudonym(text):
    assert NATIVE.text(text) == PYTHON.text(text)


@given(st.binary(max_size=60))
@example("Анна Каренина".encode("koi8-r"))
@example("王小明".encode("gbk"))
@example(b"a\0b")
def test_bytes_of_any_encoding_have_the_same_pseudonym(data):
    text = data.decode("utf-8", "surrogateescape")
    assert NATIVE.text(text) == PYTHON.text(text)


@pytest.mark.parametrize("text", ["-1", "-0", "0", "-2147483648", "18446744073709551615", "18446744073709551616", "7001@Hill::", "+1-"])
def test_a_number_at_an_edge_has_the_same_pseudonym(text):
    secrets = [bytes([i]) for i in range(20)]
    assert [pseudonyms(secret).text(text) for secret in secrets] == [Pseudonyms(secret).text(text) for secret in secrets]


def test_more_texts_than_the_cache_holds_keep_their_pseudonyms():
    texts = [f"{number:07}" for number in range(40_000)]
    first = list(map(NATIVE.text, texts))
    assert list(map(NATIVE.text, texts)) == first


def frames_of(*events):
    decoder = StreamDecoder()
    decoder.feed(b"".join(map(encode, events)))
    data, bounds, offsets = decoder.frames()
    return Frames(data=data, bounds=bounds, offsets=offsets)


def event_with(**more):
    return EventCallCreated(call_uuid="01FES9JKSOFQLEKK3CSH5B5AES00JV1U", conn_id="006c02462a161006", **more)


def replaced(event, **rules):
    """Return the frame that the C makes of an event, which it does not leave, and the redactor."""
    redactor = Redactor(b"s", rules=Rules(**rules))
    data, left = FrameRedactor(redactor).replaced(frames_of(event))
    assert list(left) == []
    return data, redactor


NESTED = event_with(ani="5551000", user_data=KVList({"Segment": {"Tier": "Gold", "Name": "Ana"}, "Group": "VAG", "Age": 41, "Raw": b"abc"}))


@pytest.mark.parametrize(
    "rules",
    [
        {},
        {"keep_keys": ("Seg*",)},
        {"keep_keys": ("Segment.Tier",)},
        {"only_keys": ("Segment.Name",)},
        {"only_keys": ("Segment",)},
        {"replace": ("ids",)},
    ],
    ids=str,
)
def test_a_list_is_replaced_as_in_python(rules):
    data, _ = replaced(NESTED, **rules)
    assert data == Redactor(b"s", rules=Rules(**rules)).frame(NESTED)


def test_replaced_values_are_counted():
    _, redactor = replaced(NESTED)
    assert redactor.counts == {"ANI": 1, "UserData": 5}


def test_a_pattern_that_matches_no_key_is_known():
    _, redactor = replaced(NESTED, only_keys=("Segment.*", "Nobody"))
    assert redactor.unmatched == ("Nobody",)


def test_a_path_beyond_the_longest_is_left_to_python():
    event = event_with(user_data=KVList({"k" * 5000: "v"}))
    _, left = FrameRedactor(Redactor(b"s", rules=Rules(keep_keys=("x",)))).replaced(frames_of(event))
    assert list(left) == [0]


def test_frames_under_other_limits_are_left_to_python():
    frames = frames_of(NESTED)
    assert list(FrameRedactor(Redactor(b"s")).replaced(frames, Limits(list_depth=2))[1]) == [0]


def test_pseudonyms_made_in_python_leave_every_frame_to_python():
    redactor = Redactor(b"s")
    redactor.pseudonyms = Pseudonyms(b"s")
    assert list(FrameRedactor(redactor).replaced(frames_of(NESTED))[1]) == [0]


def test_an_error_of_a_pattern_is_raised(monkeypatch):
    monkeypatch.setattr(Redactor, "wants", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        FrameRedactor(Redactor(b"s", rules=Rules(keep_keys=("x",)))).replaced(frames_of(NESTED))


def test_a_frame_with_more_attributes_than_the_workspace_holds_is_replaced():
    raw = b"".join((1000 + i).to_bytes(2) + b"\0\0\0\7" + b"5551000" for i in range(300))
    frame = b"TL\1\0\x27\x0f" + len(raw).to_bytes(4) + raw
    decoder = StreamDecoder()
    decoder.feed(frame)
    data, bounds, _ = decoder.frames()
    safe, left = FrameRedactor(Redactor(b"s")).replaced(Frames(data=data, bounds=bounds))
    assert (list(left), safe.count(b"5551000"), len(safe)) == ([], 0, len(frame))


def test_the_digests_are_those_of_hashlib():
    rng = random.Random(3)
    for length in (0, 1, 63, 64, 65, 126, 127, 128, 129, 255, 256, 1000):
        data = rng.randbytes(length)
        expected = hashlib.blake2b(b"\5" + data, key=PYTHON.key).digest()[:length]
        made = FrameRedactor(Redactor(b"one", rules=Rules(replace=("InputMask",))))
        frame = (
            b"TL\1\0\x27\x0f"
            + (length + 6).to_bytes(4)
            + TLIBRARY.attribute_number("InputMask").to_bytes(2)
            + b"\2"
            + length.to_bytes(3)
            + data
        )
        safe, _ = made.replaced(Frames(data=frame, bounds=b"".join(n.to_bytes(8, "little") for n in (0, len(frame)))))
        assert safe[16 : 16 + min(length, 64)] == expected[:64]
