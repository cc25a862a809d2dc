"""Bounds of readers of captures: what waits counts with its objects, and every segment and fragment costs its own bytes."""

from __future__ import annotations

import pytest

from tlib_codec import EventCallDeleted, encode
from tlib_codec.formats.captures.decoder import CaptureDecoder
from tlib_codec.formats.captures.ip import Datagram, Dissector
from tlib_codec.formats.captures.lanes import Lanes as PythonLanes
from tlib_codec.formats.captures.model import CaptureSettings, Packet
from tlib_codec.formats.captures.tcp import Lanes, Reassembler
from tlib_codec.records import Batch, Diagnostic
from tlib_fuzz.packets import ACK, PSH, Talk, ethernet, ipv6, pcap, tcp

FRAME = encode(EventCallDeleted(call_uuid="01FES9JKSOFQLEKK3CSH5B5AES00JV1U", conn_id="006c02462a161006"))
PACKET = Packet(1, 0, 0, 1, b"", 0)


def held_bytes(port, count):
    """Return the packets of a connection whose bytes wait one by one behind a hole, none next to another."""
    talk = Talk(cport=port).open().say(FRAME)
    base = talk.seqs[1] + 10
    for step in range(count):
        talk.packet(1, PSH | ACK, b"x", seq=base + 2 * step)
    return talk.packets


@pytest.mark.parametrize("lanes", [Lanes, PythonLanes])
def test_held_bytes_count_with_their_objects(lanes):
    packets = [packet for port in range(40_000, 40_010) for packet in held_bytes(port, 300)]
    decoder = CaptureDecoder(settings=CaptureSettings(memory=400_000), lanes=lanes)
    data = pcap(packets)
    for at in range(0, len(data), 10_000):
        decoder.feed(data[at : at + 10_000])
        found = [one for one in Batch(decoder.items()) if isinstance(one, Diagnostic)]
        if found:
            break
    assert found[0].code == "tcp-evicted"
    assert found[0].expected == "at most 400000 bytes for all connections"


def test_segments_over_many_held_ones_give_the_hole_up():
    talk = Talk().open().say(FRAME)
    base = talk.seqs[1] + 10
    for step in range(3000):
        talk.packet(1, PSH | ACK, b"x", seq=base + step)
    for _ in range(30):
        talk.packet(1, PSH | ACK, b"x" * 3000, seq=base)
    decoder = CaptureDecoder()
    decoder.feed(pcap(talk.packets))
    assert [type(one.item).__name__ for one in Batch(decoder.items())][:2] == ["EventCallDeleted", "Missing"]


def test_the_end_gives_what_many_connections_left_in_parts():
    packets = [packet for port in range(40_000, 40_060) for packet in held_bytes(port, 300)]
    decoder = CaptureDecoder()
    decoder.feed(pcap(packets))
    decoder.items()
    decoder.close()
    assert len([parts for parts in decoder.parts() if parts]) > 1
    assert decoder.items() == []


def test_streams_end_without_a_segment():
    assert list(Reassembler().close()) == [[]]


@pytest.mark.parametrize("lanes", [Lanes, PythonLanes])
def test_a_direction_that_is_not_followed_keeps_nothing(lanes):
    made = lanes()
    lane = made.add(b"k" * 12, None)
    for number in range(2_000):
        lane.append(b"x" * 20, 0, number)
    lane.take(0)
    lane.jump(0)
    assert lane.memory <= 24 * 1024


# -- fragments ------------------------------------------------------------------------------------


def test_the_bytes_of_a_fragment_that_came_first_count():
    datagram = Datagram(PACKET)
    assert datagram.add(8, b"bbbbbbbb", False) is None
    assert datagram.add(0, b"aaaaaaaaXXXXXXXXcccccccc", False) is None
    assert datagram.add(24, b"dd", True) == b"aaaaaaaabbbbbbbbccccccccdd"


def test_a_fragment_in_a_hole_completes_the_datagram():
    datagram = Datagram(PACKET)
    assert datagram.add(16, b"cc", True) is None
    assert datagram.add(32, b"xxxxxxxx", False) is None  # behind the end
    assert datagram.add(0, b"aaaaaaaa", False) is None
    assert datagram.add(8, b"bbbbbbbb", False) == b"aaaaaaaabbbbbbbbcc"


def test_the_first_end_of_a_datagram_counts():
    datagram = Datagram(PACKET)
    assert datagram.add(8, b"bb", True) is None
    assert datagram.add(16, b"cc", True) is None
    assert datagram.add(0, b"aaaaaaaa", False) == b"aaaaaaaabb"


def test_overlapping_fragments_keep_their_bytes_once():
    datagram = Datagram(PACKET)
    for start in range(8, 60_000, 8):
        datagram.add(start, bytes(1480), False)
    assert datagram.size == 61_464


def test_a_chain_of_extension_headers_is_walked_in_place():
    chain = [(60, bytes(7))] * 8_000
    packet = ethernet(ipv6("fe80::1", "fe80::2", tcp("fe80::1", "fe80::2", 1, 2, 0, 0, ACK, b"abc"), extensions=chain))
    segment = Dissector().segment(Packet(1, 0, 0, 1, packet, len(packet)))
    assert segment is not None
    assert segment.payload == b"abc"
