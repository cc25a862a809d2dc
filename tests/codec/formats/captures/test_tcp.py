"""Reassembly: what a connection may do, and that lanes in Python, lanes in C and any chunking give the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlib_codec import EventCallDeleted, Missing, TCause, encode
from tlib_codec.formats.captures import lanes
from tlib_codec.formats.captures.decoder import CaptureDecoder, is_frame
from tlib_codec.formats.captures.model import CaptureSettings
from tlib_codec.records import Batch, Diagnostic, Record
from tlib_codec.stream import Gap
from tlib_fuzz.conversations import Conversation, mixed
from tlib_fuzz.packets import ACK, FIN, PSH, RST, SYN, Talk, pcap, pcapng

CONN = "006c02462a161006"
FRAMES = [encode(EventCallDeleted(call_uuid="01FES9JKSOFQLEKK3CSH5B5AES00JV1U", conn_id=CONN, cause=TCause(i))) for i in range(1, 40)]


def kinds(entries):
    return [one.code if isinstance(one, Diagnostic) else type(one.item).__name__ for one in entries]


def causes(entries):
    return [int(one.item.cause) for one in entries if isinstance(one, Record) and isinstance(one.item, EventCallDeleted)]


def swap(packets, one, two):
    packets[one], packets[two] = packets[two], packets[one]


def test_out_of_order_and_retransmitted(decode):
    talk = Talk(sseq=0xFFFF_FFF0).open()
    for data in FRAMES[:6]:
        talk.say(data)
    swap(talk.packets, 4, 6)
    talk.packets.append(talk.packets[5])
    found = decode(pcap(talk.packets))
    assert causes(found) == [1, 2, 3, 4, 5, 6]
    assert [one.origin.packet for one in found] == [4, 7, 7, 7, 8, 9]
    assert [one.origin.offset for one in found] == [i * len(FRAMES[0]) for i in range(6)]


def test_overlap_first_wins_and_a_conflict_is_reported(decode):
    talk = Talk().open().say(FRAMES[0])
    talk.packet(1, PSH | ACK, b"X" * 10 + FRAMES[0][10:] + FRAMES[1], seq=talk.seqs[1] - len(FRAMES[0]))
    talk.seqs[1] += len(FRAMES[1])
    talk.say(FRAMES[2])
    found = decode(pcap(talk.packets))
    assert kinds(found) == ["EventCallDeleted", "tcp-conflict", "EventCallDeleted", "EventCallDeleted"]
    assert causes(found) == [1, 2, 3]
    assert found[1].origin.packet == 5
    assert "from its byte 0 on" in found[1].actual


def test_overlap_of_what_waits(decode):
    talk = Talk().open()
    base = talk.seqs[1]
    stream = b"".join(FRAMES[:3])
    size = len(stream)
    talk.packet(1, ACK, stream[100:150], seq=base + 100)
    talk.packet(1, ACK, stream[20:60], seq=base + 20)
    talk.packet(1, ACK, b"?" * 10 + stream[60:120], seq=base + 50)  # the first ten are another's
    talk.packet(1, ACK, stream[10:], seq=base + 10)
    talk.packet(1, ACK, stream[:20], seq=base)
    found = decode(pcap(talk.packets))
    assert causes(found) == [1, 2, 3]
    assert kinds(found).count("tcp-conflict") == 1
    assert found[-1].origin.offset + len(found[-1].frame) == size


@pytest.mark.parametrize("acknowledged", [True, False])
def test_a_missing_segment_is_a_gap_and_decoding_goes_on(decode, acknowledged):
    talk = Talk().open().say(FRAMES[0])
    talk.seqs[1] += len(FRAMES[1])
    for data in FRAMES[2:30]:
        talk.say(data)
        if acknowledged:
            talk.ack()
    found = decode(pcap(talk.packets))
    assert causes(found) == [1, *range(3, 31)]
    missing = found[1]
    assert missing.item == Missing(len(FRAMES[0]), b"", len(FRAMES[1]))
    assert missing.origin.packet == (23 if acknowledged else 32)


def test_a_gap_inside_a_frame(decode):
    stream = b"".join(FRAMES[:9])
    cut = len(FRAMES[0]) + 20
    talk = Talk().open().say(stream[:cut])
    talk.seqs[1] += 4
    talk.say(stream[cut + 4 :]).ack().close()
    found = decode(pcap(talk.packets))
    assert kinds(found) == ["EventCallDeleted", "MalformedFrame", "Missing", "Gap"] + ["EventCallDeleted"] * 7
    assert [(one.origin.offset, one.item.offset) for one in found[1:4]] == [(len(FRAMES[0]),) * 2, (cut,) * 2, (cut + 4,) * 2]
    assert found[4].origin.offset == 2 * len(FRAMES[0])


def test_the_end_is_missing(decode):
    talk = Talk().open().say(FRAMES[0])
    talk.seqs[1] += 100
    found = decode(pcap(talk.packet(1, FIN | ACK).packets))
    assert kinds(found) == ["EventCallDeleted", "Missing"]
    assert found[1].item.length == 100


def test_joined_in_the_middle(decode):
    talk = Talk().say(FRAMES[0][30:]).say(FRAMES[1]).say(FRAMES[2], side=0)
    found = decode(pcap(talk.packets))
    assert kinds(found) == ["Gap", "EventCallDeleted", "EventCallDeleted"]
    assert [one.origin.direction for one in found] == ["to-client", "to-client", "to-server"]


def test_ports_used_again(decode):
    one = Talk().open().say(FRAMES[0][:-3])
    two = Talk(cseq=7, sseq=99, time=one.time).open().say(FRAMES[1]).close()
    three = Talk(cseq=70, sseq=990, time=two.time).packet(1, SYN | ACK).say(FRAMES[2])
    late = Talk(cseq=0x7000_0000, sseq=0x7000_0000, time=three.time).close().say(FRAMES[3])
    found = decode(pcap(one.packets + two.packets + three.packets + late.packets))
    assert kinds(found)[:2] == ["MalformedFrame", "EventCallDeleted"]
    assert causes(found)[:2] == [2, 3]
    assert [one.origin.connection for one in found][:3] == [0, 1, 2]


def test_a_connection_after_its_end_without_a_syn(decode):
    one = Talk().open().say(FRAMES[0]).close()
    two = Talk(cseq=0x5000_0000, sseq=0x6000_0000, time=one.time).say(FRAMES[1])
    found = decode(pcap(one.packets + two.packets))
    assert [(one.origin.connection, one.origin.offset) for one in found] == [(0, 0), (1, 0)]


def test_half_closed_and_reset(decode):
    talk = Talk().open().packet(0, FIN | ACK).say(FRAMES[0]).say(FRAMES[1][:20]).packet(1, RST | ACK)
    found = decode(pcap(talk.packets))
    assert kinds(found) == ["EventCallDeleted", "MalformedFrame"]
    talk.say(FRAMES[1][20:]).say(FRAMES[2])  # the RST was not theirs
    assert causes(decode(pcap(talk.packets))) == [1, 3]


def test_retransmitted_syn_and_keep_alive(decode):
    talk = Talk().packet(0, SYN, ack=0).packet(0, SYN, seq=1000, ack=0).packet(1, SYN | ACK).packet(0, ACK).say(FRAMES[0])
    talk.packet(1, ACK, FRAMES[0][-1:], seq=talk.seqs[1] - 1).packet(1, ACK, seq=talk.seqs[1] - 1).ack().say(FRAMES[1])
    found = decode(pcap(talk.packets))
    assert (kinds(found), causes(found)) == (["EventCallDeleted"] * 2, [1, 2])


def test_other_connections_are_left_alone_unless_chosen(decode):
    web = Talk(sport=80).open().say(b"GET / HTTP/1.1\r\n" * 20).say(b"more").close()
    ours = Talk(sport=3000, client="fd00::1", server="fd00::2").open().say(FRAMES[0])
    data = pcap(web.packets + ours.packets)
    assert kinds(decode(data, settings=CaptureSettings(recognise=64))) == ["EventCallDeleted"]
    assert kinds(decode(data)) == ["EventCallDeleted"]
    assert kinds(decode(data, ports=[3000], hosts=["fd00::2"])) == ["EventCallDeleted"]
    assert kinds(decode(data, ports=[80]))[-1] == "capture-no-frames"
    assert kinds(decode(data, hosts=["10.1.1.1"])) == ["capture-no-connection"]
    with pytest.raises(ValueError, match="does not appear to be an IPv4 or IPv6"):
        decode(data, hosts=["nowhere"])


def test_a_sign_that_comes_later_and_what_was_missed_before(decode):
    talk = Talk().open()
    talk.seqs[1] += 50
    talk.say(b"hello " * 10)
    for data in FRAMES[:12]:
        talk.say(data).ack()
    found = decode(pcap(talk.packets))
    assert sorted(kinds(found))[:1] == ["EventCallDeleted"]
    assert causes(found) == list(range(1, 13))
    assert {"Missing"} <= set(kinds(found))


def test_bounds_on_what_waits(decode):
    for settings in (CaptureSettings(held=100), CaptureSettings(held_segments=2), CaptureSettings(wait=0.0015)):
        talk = Talk().open().say(FRAMES[0])
        talk.seqs[1] += 10
        for data in FRAMES[1:9]:
            talk.say(data)
        found = decode(pcap(talk.packets), settings=settings)
        assert causes(found) == list(range(1, 10))
        assert found[1].origin.packet < 9


def test_bounds_on_connections_and_memory(decode):
    packets = []
    for port in range(40_000, 40_020):
        packets += Talk(cport=port).open().say(FRAMES[0] + FRAMES[1][:30]).packets
    found = decode(pcap(packets), settings=CaptureSettings(connections=4))
    assert kinds(found).count("EventCallDeleted") == 20
    assert kinds(found).count("tcp-evicted") >= 16
    found = decode(pcap(packets), settings=CaptureSettings(memory=500), piece=200)
    assert kinds(found).count("EventCallDeleted") == 20
    assert "tcp-evicted" in kinds(found)
    records = dict(zip(range(1, len(packets) + 1), record_places(packets), strict=True))
    for origin in (one.origin for one in found if isinstance(one, Diagnostic)):
        assert origin.time == packets[origin.packet - 1][0] // 1000 * 1000
        assert origin.offset == records[origin.packet]


def record_places(packets):
    """Where each packet's record begins in a pcap file."""
    at = 24
    for _, data in packets:
        yield at
        at += 16 + len(data)


def test_a_flood_of_connections(decode):
    packets = [Talk(cport=1 + i % 60_000, client=f"10.1.{i % 250}.1").packet(0, SYN, ack=0).packets[0] for i in range(2_000)]
    packets += Talk().open().say(FRAMES[0]).packets
    assert kinds(decode(pcap(packets), settings=CaptureSettings(connections=100))) == ["EventCallDeleted"]


def by_flow(entries):
    found = {}
    for one in entries:
        found.setdefault((one.origin.connection, one.origin.src), []).append(one)
    return found


@given(seed=st.integers(0, 2**32), piece=st.integers(1, 5000))
def test_python_and_c_and_any_chunking_give_the_same(seed, piece):
    packets_module = pytest.importorskip("tlib_codec.native.capture")
    data = (pcap if seed % 2 else pcapng)(mixed([Conversation(seed + i, i) for i in range(3)], seed))
    results = []
    for kind, size in ((lanes.Lanes, len(data)), (packets_module.Lanes, len(data)), (packets_module.Lanes, piece), (lanes.Lanes, piece)):
        decoder = CaptureDecoder(lanes=kind)
        entries = []
        for at in range(0, len(data), size):
            decoder.feed(data[at : at + size])
            entries += Batch(decoder.items())
        decoder.close()
        entries += Batch(decoder.items())
        results.append((entries, decoder.packets, decoder.connections))
    assert results[0] == results[1]
    assert results[2] == results[3]
    assert by_flow(results[0][0]) == by_flow(results[2][0])
    assert results[0][1:] == results[2][1:]


@given(seed=st.integers(0, 2**32))
def test_nothing_is_lost_that_was_captured(seed):
    made = Conversation(seed, lossy=False)
    decoder = CaptureDecoder(ports=[3000])
    decoder.feed(pcap(mixed([made], seed)))
    decoder.close()
    got = {"to-server": b"", "to-client": b""}
    entries = list(Batch(decoder.items()))
    records = [one for one in entries if isinstance(one, Record)]
    others = [one.code for one in entries if not isinstance(one, Record)]
    assert others == ([] if any(map(is_frame, records)) else ["capture-no-frames"])  # of a conversation joined behind its last frame
    for record in records:
        assert not isinstance(record.item, Missing)
        got[record.origin.direction] += record.frame
    streams = dict(zip(("to-server", "to-client"), made.streams, strict=True))
    assert all(streams[side].endswith(got[side]) for side in streams)


def test_feeding_after_the_end():
    decoder = CaptureDecoder()
    assert list(decoder) == []
    assert (decoder.packets, decoder.offset) == (0, 0)
    decoder.close()
    assert kinds(decoder) == []
    with pytest.raises(ValueError, match="closed"):
        decoder.feed(b"x")
    assert issubclass(Missing, Gap)


def test_what_is_not_followed_may_have_holes(decode):
    talk = Talk(sport=80).open().say(b"x" * 900)
    for _ in range(3):
        talk.seqs[1] += 10
        talk.say(b"y" * 900).ack()
    found = decode(pcap(talk.close().packets), settings=CaptureSettings(recognise=1000, patience=0), piece=300)
    assert kinds(found) == ["capture-no-frames"]


def test_bytes_behind_a_fin_do_not_count(decode):
    talk = Talk().open().say(FRAMES[0])
    end = talk.seqs[1]
    talk.packet(1, FIN | ACK).packet(1, PSH | ACK, FRAMES[1], seq=end)
    assert causes(decode(pcap(talk.packets))) == [1]


def test_bytes_behind_a_fin_do_not_count_once_a_hole_is_filled(decode):
    talk = Talk().open()
    start = talk.seqs[1]
    end = start + len(FRAMES[0]) + len(FRAMES[1])
    talk.packet(1, FIN | ACK, FRAMES[1], seq=start + len(FRAMES[0])).packet(1, PSH | ACK, FRAMES[0], seq=start)
    talk.packet(1, PSH | ACK, FRAMES[2], seq=end)
    assert causes(decode(pcap(talk.packets))) == [1, 2]
