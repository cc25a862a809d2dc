"""Machines of states: a stream that a careless sender writes, and the lives of calls told through frames."""

from __future__ import annotations

import itertools

import hypothesis.strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, precondition, rule

from tlib_codec import (
    Attributes,
    EventCallCreated,
    EventCallDataChanged,
    EventCallDeleted,
    KVList,
    MalformedFrame,
    StreamDecoder,
    TCause,
    UnknownEvent,
    decode,
    encode,
    stream,
)
from tlib_codec.calls import CallTracker, Ending, LinkKind
from tlib_fuzz import strategies as some
from tlib_fuzz.cases import cases

# Wrong inside a framing that is sound: such a frame costs nobody else anything.
SOUND = (
    "pair-type",
    "pair-unicode",
    "pair-int-length",
    "count-high",
    "list-trailing",
    "nested-length",
    "nesting",
    "attribute-type",
    "duplicate-attribute",
)
BROKEN = [case.frame for label in SOUND for case in itertools.islice(cases(1, labels=[label]), 3)]
OF_CALLS = ("CallUUID", "ConnID", "TimeinSecs", "TimeinuSecs", "EventSequenceNumber", "ThisDN")


class Sender(RuleBasedStateMachine):
    """Good frames, broken ones and garbage are sent in pieces; both decoders find each where it stands."""

    def __init__(self):
        super().__init__()
        self.decoders = (stream.StreamDecoder(), StreamDecoder())
        self.found = ([], [])
        self.sent = []  # (kind, bytes): garbage that adjoins is one
        self.waiting = b""
        self.fed = 0

    def send(self, kind, data):
        if kind == "garbage" and self.sent and self.sent[-1][0] == "garbage":
            self.sent[-1] = (kind, self.sent[-1][1] + data)
        else:
            self.sent.append((kind, data))
        self.waiting += data

    @rule(frame=some.frames())
    def a_frame(self, frame):
        self.send("frame", frame)

    @rule(frame=st.sampled_from(BROKEN))
    def a_broken_frame(self, frame):
        self.send("broken", frame)

    @rule(data=st.binary(min_size=1, max_size=40).map(lambda data: data.replace(b"T", b"t")))
    def garbage(self, data):
        self.send("garbage", data)

    @rule(size=st.integers(0, 200))
    def feed(self, size):
        self.pour(self.waiting[:size])
        self.waiting = self.waiting[size:]

    def pour(self, data):
        for decoder, found in zip(self.decoders, self.found, strict=True):
            decoder.feed(data)
            found += [(decoder.offset, decoder.data, item) for item in decoder]
        self.fed += len(data)

    @invariant()
    def decoders_agree_and_are_ahead_of_nothing(self):
        assert repr(self.found[0]) == repr(self.found[1])
        assert sum(len(data) for _, data, _ in self.found[0]) <= self.fed

    def teardown(self):
        self.pour(self.waiting)
        for decoder, found in zip(self.decoders, self.found, strict=True):
            decoder.close()
            found += [(decoder.offset, decoder.data, item) for item in decoder]
            assert [data for _, data, _ in found] == [data for _, data in self.sent]
            for (_, _, item), (kind, _) in zip(found, self.sent, strict=True):
                assert isinstance(item, MalformedFrame) is (kind == "broken")
        self.decoders_agree_and_are_ahead_of_nothing()


class Switch(RuleBasedStateMachine):
    """Calls are created, change, merge and end; each event goes through a frame, and the tracker knows them all."""

    calls = Bundle("calls")

    def __init__(self):
        super().__init__()
        self.tracker = CallTracker()
        self.count = 0
        self.live = {}  # CallUUID: what is known of the call
        self.ended = []

    def tell(self, event):
        told = list(self.tracker.feed(decode(encode(event))))
        self.ended += told
        return told

    @rule(target=calls, user_data=some.kv_lists(), ani=some.texts())
    def create(self, user_data, ani):
        self.count += 1
        uuid, conn = f"{self.count:032d}", f"{self.count:016x}"
        assert not self.tell(EventCallCreated(call_uuid=uuid, conn_id=conn, ani=ani, user_data=user_data))
        self.live[uuid] = {"ConnID": conn, "ANI": ani, "UserData": user_data if len(user_data) else None}
        return uuid

    @rule(uuid=calls, user_data=some.kv_lists())
    def attach(self, uuid, user_data):
        if (user_data if len(user_data) else None) == self.live[uuid]["UserData"]:
            user_data = KVList({"what": "was not there"})  # else it would be no change
        assert not self.tell(EventCallDataChanged(call_uuid=uuid, conn_id=self.live[uuid]["ConnID"], user_data=user_data))
        self.live[uuid]["UserData"] = user_data if len(user_data) else None

    @rule(uuid=calls)
    def move(self, uuid):
        """The ConnID may change during a call, its CallUUID never does."""
        self.count += 1
        self.live[uuid]["ConnID"] = f"{self.count:016x}"
        assert not self.tell(EventCallDataChanged(call_uuid=uuid, conn_id=self.live[uuid]["ConnID"]))

    @rule(uuid=calls)
    def announce_again(self, uuid):
        """After a reconnect T-Server tells of the calls that there are: ISLinkList says that it does."""
        event = EventCallCreated(call_uuid=uuid, conn_id=self.live[uuid]["ConnID"], ani=self.live[uuid]["ANI"], is_link_list=KVList())
        assert not self.tell(event)

    @rule(item=some.unknown_events())
    def something_else(self, item):
        kept = {name: value for name, value in item.attributes.items() if name not in OF_CALLS}
        assert not self.tell(UnknownEvent(item.message, Attributes(kept)))

    @rule(uuid=consumes(calls), cause=st.sampled_from([None, TCause.Busy, TCause.NoAnswer]))
    def end(self, uuid, cause):
        known = self.live.pop(uuid)
        (call,) = self.tell(EventCallDeleted(call_uuid=uuid, conn_id=known["ConnID"], cause=cause))
        self.check(call, uuid, known)

    @precondition(lambda self: len(self.live) > 1)
    @rule(gone=consumes(calls), kept=calls)
    def merge(self, gone, kept):
        known, other = self.live.pop(gone), self.live[kept]
        event = EventCallDeleted(
            call_uuid=gone, conn_id=known["ConnID"], cause=TCause.Transfer, ref_call_uuid=kept, ref_conn_id=other["ConnID"]
        )
        (call,) = self.tell(event)
        self.check(call, gone, known)
        assert [(link.kind, link.call_uuid) for link in call.links][-1] == (LinkKind.MERGED_INTO, kept)

    @staticmethod
    def check(call, uuid, known):
        assert (call.call_uuid, call.ending, call.created, call.anomalies) == (uuid, Ending.DELETED, True, [])
        assert {name: call.state.get(name) for name in known} == known

    @invariant()
    def the_tracker_has_the_calls_that_live(self):
        assert len(self.tracker) == len(self.live)

    def teardown(self):
        for call in self.tracker.close():
            known = self.live.pop(call.call_uuid)
            assert (call.ending, call.anomalies) == (Ending.OPEN, [])
            assert {name: call.state.get(name) for name in known} == known
        assert not self.live


TestSender = Sender.TestCase
TestSwitch = Switch.TestCase
