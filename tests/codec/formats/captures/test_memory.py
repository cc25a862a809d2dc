"""Records of a capture keep nothing alive but themselves: not the stack that an error was raised on, with the stream in it."""

from __future__ import annotations

import gc

from tlib_codec import EventCallDeleted, MalformedFrame, TLibError, encode
from tlib_codec.formats.captures.decoder import CaptureDecoder
from tlib_codec.records import Batch, Record
from tlib_fuzz.packets import Talk, pcap

FRAME = encode(EventCallDeleted(call_uuid="01FES9JKSOFQLEKK3CSH5B5AES00JV1U", conn_id="006c02462a161006"))
TORN = FRAME[:15] + b"\xff" + FRAME[16:]


def malformed():
    talk = Talk().open()
    for data in (FRAME, TORN, FRAME):
        talk.say(data)
    decoder = CaptureDecoder()
    decoder.feed(pcap(talk.packets))
    decoder.close()
    return [one for one in Batch(decoder.items()) if isinstance(one, Record) and isinstance(one.item, MalformedFrame)]


def alive():
    gc.collect()
    return sum(isinstance(thing, MalformedFrame | CaptureDecoder) for thing in gc.get_objects())


def test_an_error_holds_no_stack():
    (found,) = malformed()
    assert found.item.error.__traceback__ is None
    assert found.item.error.__context__ is None


def raise_one():
    found = malformed()  # alive in the frame of this call, which the error then knows
    try:
        raise found[0].item.error
    except TLibError:
        pass


def test_an_error_that_is_raised_again_keeps_nothing():
    raise_one()
    before = alive()
    for _ in range(10):
        raise_one()
    assert alive() == before
