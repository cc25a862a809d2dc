"""Annotated frames: every byte in one span, in order, and the error where the engine puts it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlib_codec import Attributes, DecodeError, KVList, Limits, StreamDecoder, Truncated, Unicode, UnknownEvent, decode, encode
from tlib_codec.annotate import Kind, annotate

HEAD = "544c 01 00 003c "
MALFORMED = {
    "truncated-header": "544c 01 00 00",
    "truncated-frame": HEAD + "00000020  0003 01 000004 00000001  0033 03 000010 0001",
    "bad-magic": "4745 54 20 2f20 48545450",
    "bad-version": "544c 02 00 003c 00000000",
    "bad-flags": "544c 01 80 003c 00000000",
    "trailing-bytes": HEAD + "00000000  544c",
    "frame-too-long": HEAD + "7fffffff",
    "attribute-header": HEAD + "00000003  0003 01",
    "attribute-overrun": HEAD + "00000008  0003 01 000004 0000",
    "duplicate-attribute": HEAD + "00000014  0003 01 000004 00000001  0003 01 000004 00000002",
    "attribute-type": HEAD + "00000007  0003 00 000001 37",
    "int-length": HEAD + "0000000b  0003 01 000005 0000000001",
    "long-length": HEAD + "0000000a  0009 06 000004 00000001",
    "list-header": HEAD + "00000007  0033 03 000001 00",
    "list-trailing": HEAD + "00000009  0033 03 000003 0000 ff",
    "list-length": HEAD + "00000012  0033 03 00000c 0001 03 0001 0004 61 0007 0000",
    "list-too-deep": HEAD + "00000012  0033 03 00000c 0001 03 0001 0004 61 0002 0000",
    "list-too-many-pairs": HEAD + "00000012  0033 03 00000c 0002 00 0000 0000 00 0000 0000",
    "pair-header": HEAD + "0000000a  0033 03 000004 0001 0000",
    "pair-overrun": HEAD + "0000000f  0033 03 000009 0001 00 0001 0005 61 62",
    "pair-type": HEAD + "0000000e  0033 03 000008 0001 05 0001 0000 61",
    "pair-int-length": HEAD + "00000010  0033 03 00000a 0001 01 0001 0002 61 0007",
    "pair-unicode": HEAD + "00000010  0033 03 00000a 0001 04 0001 0002 61 62ff",
}
LIMITS = {"list-too-deep": Limits(list_depth=1), "list-too-many-pairs": Limits(list_pairs=1)}


def assert_tiles(spans, length, base=0):
    """Every byte exactly once, in order; only the broken place may be empty."""
    at = base
    for span in spans:
        assert span.offset == at
        assert span.length > 0 or span.kind is Kind.BROKEN
        at += span.length
    assert at == base + length


@pytest.mark.parametrize("base", [0, 1000])
@pytest.mark.parametrize("code", MALFORMED)
def test_the_broken_place_is_where_the_engine_says(code, base):
    data = bytes.fromhex(MALFORMED[code])
    limits = LIMITS.get(code, Limits())
    with pytest.raises(DecodeError) as raised:
        decode(data, limits=limits)
    spans = list(annotate(data, limits=limits, base=base))
    assert_tiles(spans, len(data), base)
    (broken,) = [span for span in spans if span.kind is Kind.BROKEN]
    assert broken.error.code == raised.value.code == code
    assert f"[{code}]" in broken.value
    if isinstance(raised.value, Truncated):  # the frame as a whole is short: it breaks off where its bytes do
        assert broken.offset == base + len(data)
    else:
        assert broken.offset == base + raised.value.offset
    assert [span.kind for span in spans[spans.index(broken) + 1 :]] in ([], [Kind.UNREAD])
    assert all(span.kind is not Kind.UNREAD for span in spans[: spans.index(broken)])


def test_a_broken_part_of_a_value_begins_at_the_broken_byte():
    spans = list(annotate(bytes.fromhex(MALFORMED["pair-unicode"])))
    assert [(s.kind, s.length) for s in spans[-2:]] == [(Kind.VALUE, 1), (Kind.BROKEN, 1)]


def test_everything_is_named(sample):
    spans = list(annotate(sample.first, base=7))
    assert_tiles(spans, len(sample.first), 7)
    told = [(span.kind, span.value, span.depth) for span in spans]
    assert (Kind.MESSAGE, "EventCallCreated (160)", 0) in told
    assert (Kind.ID, "ConnID (9)", 1) in told
    assert (Kind.VALUE, "006c02462a161006", 2) in told
    assert (Kind.VALUE, "Inbound (2)", 2) in told
    assert (Kind.KEY, '"RTR"', 2) in told
    assert (Kind.VALUE, "115", 2) in told
    assert (Kind.VALUE, '"Gold"', 3) in told
    assert 'UserData["Seg.ment"]["Tier"]' in {span.path for span in spans}


def test_values_of_every_type_and_of_no_length(sample):
    kv = KVList([("", ""), ("binary", b"\x00"), ("empty", b""), ("list", {}), ("unicode", Unicode("é"))])
    values = {"UserData": kv, "ThisDN": "", "InputMask": b"\x01", "ReferenceID": -1, "CallState": 99}
    data = encode(UnknownEvent(4711, Attributes(values)))
    for wanted in (
        b"\x00\xc8\x00\x00\x00\x02hi",  # String, Int, Long, List, Binary and an unknown type, undeclared
        b"\x00\xc8\x01\x00\x00\x04\x00\x00\x00\x05",
        b"\x00\xc8\x06\x00\x00\x08\x00\x00\x00\x00\x00\x00\x00\x05",
        b"\x00\xc8\x03\x00\x00\x02\x00\x00",
        b"\x00\xc8\x02\x00\x00\x01\x00",
        b"\x00\xc8\x09\x00\x00\x00",
    ):
        frame = data[:6] + (len(data) - 10 + len(wanted)).to_bytes(4, "big") + data[10:] + wanted
        spans = list(annotate(frame))
        assert_tiles(spans, len(frame))
        assert Kind.BROKEN not in {span.kind for span in spans}
        assert spans[3].value == "4711"
        assert "99" in {span.value for span in spans}
        assert "#200" in {span.value for span in spans}


def test_a_streams_error_is_marked_and_lists_before_it_are_not_believed():
    # the list lies about its count, and an attribute after it runs past the frame's end
    data = bytes.fromhex(HEAD + "00000010  0033 03 000003 0009ff  0003 01 ffffff 00")
    decoder = StreamDecoder()
    decoder.feed(data)
    decoder.close()
    (item,) = list(decoder)
    spans = list(annotate(item.data, error=item.error))
    assert_tiles(spans, len(data))
    (broken,) = [span for span in spans if span.kind is Kind.BROKEN]
    assert (broken.error.code, broken.offset) == ("attribute-overrun", item.error.offset)


def test_the_broken_place_may_lie_behind_the_bytes():
    error = DecodeError("attribute-overrun", offset=500)
    data = bytes.fromhex(HEAD + "00000300 0033 03 000200 0005 00 0001 0001 6162 00")
    spans = list(annotate(data, error=error))
    assert_tiles(spans, len(data))
    assert (spans[-1].kind, spans[-1].length) == (Kind.BROKEN, 0)
    whole = bytes.fromhex(HEAD + "00000000")
    assert [s.kind for s in annotate(whole, error=error)][-1] is Kind.BROKEN


@pytest.mark.parametrize("inner", ["0002 00 0001 0001 6162", "0000 ff", "0001 03 0001 0009 61 0007 0005"])
def test_a_list_that_is_cut_short_is_followed_as_far_as_it_goes(inner):
    body = bytes.fromhex("0033 03 0000ff") + bytes.fromhex(inner)
    data = bytes.fromhex(HEAD) + (200).to_bytes(4, "big") + body
    for end in range(len(data) + 1):
        spans = list(annotate(data[:end]))
        assert_tiles(spans, end)
        assert [span.kind for span in spans].count(Kind.BROKEN) == 1


@given(st.data())
def test_any_bytes_are_tiled(data):
    frame = bytearray(encode(UnknownEvent(60, Attributes({"UserData": KVList({"a": {"b": "c"}, "d": 5}), "ThisDN": "7"}))))
    for _ in range(data.draw(st.integers(0, 3))):
        frame[data.draw(st.integers(0, len(frame) - 1))] = data.draw(st.integers(0, 255))
    frame = frame[: data.draw(st.integers(0, len(frame)))] + data.draw(st.binary(max_size=5))
    given_ = None
    if data.draw(st.booleans()):
        given_ = DecodeError("attribute-overrun", offset=data.draw(st.integers(0, 200)))
    spans = list(annotate(frame, error=given_))
    assert_tiles(spans, len(frame))
    assert [span.kind for span in spans].count(Kind.BROKEN) <= 1
    if given_ is None:
        try:
            decode(frame)
        except DecodeError as error:
            assert spans[-1].error == error or spans[-2].error == error
        except Exception:
            raise
        else:
            assert Kind.BROKEN not in {span.kind for span in spans}


def test_a_list_may_end_where_its_next_pair_should_begin():
    spans = list(annotate(bytes.fromhex(HEAD + "00000008  0033 03 000002 0001")))
    assert (spans[-1].kind, spans[-1].offset, spans[-1].error.code) == (Kind.BROKEN, 18, "pair-header")


def test_a_sound_list_in_front_of_a_streams_error_is_unfolded():
    data = bytes.fromhex(HEAD + "00000010  0033 03 000002 0000  0003 01 ffffff 0000")
    spans = list(annotate(data, error=DecodeError("attribute-overrun", offset=18)))
    assert Kind.COUNT in {span.kind for span in spans}
    assert_tiles(spans, len(data))
