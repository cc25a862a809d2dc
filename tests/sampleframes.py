"""Runs of frames for tests: valid ones, an invalid and a torn one, with origins of every kind."""

from __future__ import annotations

import sys
from array import array
from itertools import accumulate

from tlib_codec import Attributes, EventCallCreated, EventRegistered, KVList, RawValue, TCallType, Timestamp, Unicode, UnknownEvent, encode
from tlib_codec.records import NO_FLOW, NO_TIME, Flow, Frames
from tlib_codec.reference import Policy

SECONDS = 1_773_531_552
CREATED = EventCallCreated(
    call_uuid="01FES9JKSOFQLEKK3CSH5B5AES00JV1U",
    conn_id="006c02462a161006",
    call_type=TCallType.Inbound,
    call_id=70,
    ani="5551000",
    user_data=KVList(
        [
            ("Tier", "Gold"),
            ("a.b", "dotted"),
            ("n", KVList([("deep", 5), ("é", Unicode("ü"))])),
            ("raw", b"\x0a\x0b"),
            ("Tier", "Silver"),
            ("score", "12.5"),
        ]
    ),
    extra=Attributes({"InputMask": b"\x0a\xff", "PartyID": RawValue(2, b"\x07"), "TimeinSecs": SECONDS, "TimeinuSecs": 5}),
)
REGISTERED = EventRegistered(extensions=KVList(), info_type=8, reference_id=1, server=5, this_dn="\udcffS", time=Timestamp(seconds=3))
UNKNOWN = UnknownEvent(60, Attributes({"ThisDN": "2001", "OtherDN": "2002", "PreviousConnID": "006c02462a161007"}))
INVALID = encode(CREATED)[:6] + bytes(4)  # no attribute at all
TORN = bytearray(encode(UNKNOWN))
TORN[13:16] = b"\x00\x00\x03"  # the text ends before the next header
FLOWS = [
    Flow(0, "10.0.0.1:3000", "10.0.0.2:40000", "to-client"),
    Flow("7", peer="client 5", version="8.1", direction="sent"),
    Flow(7, "", "host:1"),
]


def run(*frames, **columns):
    packed = [one if isinstance(one, bytes) else encode(one, policy=Policy.LENIENT) for one in frames]
    return Frames(data=b"".join(packed), bounds=numbers("Q", *accumulate(map(len, packed), initial=0)), **columns)


def numbers(kind, *values):
    return array(kind, values).tobytes()


def notes(*entries):
    """The notes of frames, each a list of names and values."""
    packed = [b"".join(_piece(text) for pair in one for text in pair) for one in entries]
    return {"notes": b"".join(packed), "note_bounds": numbers("Q", *accumulate(map(len, packed), initial=0))}


def _piece(text):
    data = text.encode("utf-8", "surrogateescape")
    return len(data).to_bytes(4, sys.byteorder) + data


FRAMES = run(
    CREATED,
    REGISTERED,
    UNKNOWN,
    INVALID,
    file="a.log",
    lines=numbers("Q", 7, 8, 9, 10),
    times=numbers("q", NO_TIME, SECONDS * 10**9, NO_TIME, -1),
    local_times=numbers("q", NO_TIME, NO_TIME, SECONDS * 10**9, NO_TIME),
    flows=numbers("I", 0, 1, NO_FLOW, 2),
    flow_table=FLOWS,
    **notes([("AttributeNovel", "'five'"), ("Bare", "5")], [("", "Invalid\udcff number")], [], [("AttributeNovel", '"')]),
)
