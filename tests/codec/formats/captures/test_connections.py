"""The list of a capture's connections."""

from __future__ import annotations

import gzip
import io
import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlib_codec import EventCallDeleted, TCause, encode
from tlib_codec.formats.captures import lanes
from tlib_codec.formats.captures.connections import ConnectionList
from tlib_codec.formats.captures.decoder import is_frame
from tlib_codec.formats.captures.open import read_capture
from tlib_codec.formats.source import Source
from tlib_fuzz.conversations import Conversation, mixed
from tlib_fuzz.packets import ACK, Talk, ethernet, ipv4, pcap, pcapng

FRAME = encode(EventCallDeleted(call_uuid="01FES9JKSOFQLEKK3CSH5B5AES00JV1U", conn_id="006c02462a161006", cause=TCause.Busy))
HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"


class Slow(io.BytesIO):
    """A file that gives one byte a read."""

    def read1(self, size=-1, /):
        return super().read1(min(size, 1))


def listed(data, *, limit=100, kind=io.BytesIO, **options):
    """Return the list of a capture given as bytes, and the diagnostics of reading it."""
    source = Source(kind(data), name="x.pcap")
    if kind is io.BytesIO:
        source.detect()
    connections = ConnectionList(source, limit=limit, **options)
    return connections, list(connections.read())


def only(data, **options):
    """Return the one connection of a capture."""
    (connection,) = listed(data, **options)[0].connections.values()
    return connection


@pytest.fixture
def talk():
    return Talk(client="10.0.0.1", server="10.0.0.2", cport=40000, sport=3000).open().say(FRAME).say(FRAME[:20]).say(FRAME[20:]).ack()


def test_the_client_sent_the_syn(talk):
    assert only(pcap(talk.packets)).client == "10.0.0.1:40000"


def test_the_server_is_the_other_side(talk):
    assert only(pcap(talk.packets)).server == "10.0.0.2:3000"


def test_without_a_syn_the_lower_port_is_the_server(talk):
    assert only(pcap(talk.packets[3:])).server == "10.0.0.2:3000"


def test_an_ipv6_address_is_in_brackets():
    talk = Talk(client="2001:db8::1", server="2001:db8::2").open()
    assert only(pcap(talk.packets)).client == "[2001:db8::1]:40000"


def test_packets_of_both_directions_count(talk):
    assert only(pcap(talk.packets)).packets == len(talk.packets)


def test_bytes_are_whole_packets_on_the_wire(talk):
    packets = [(time, data[:60], len(data)) for time, data in talk.packets]
    assert only(pcap(packets)).bytes == sum(len(data) for _, data in talk.packets)


def test_a_frame_in_two_packets_counts_once(talk):
    assert only(pcap(talk.packets)).frames == 2


def test_lanes_in_python_give_the_same(talk):
    assert only(pcap(talk.packets), lanes=lanes.Lanes) == only(pcap(talk.packets))


def test_bytes_outside_frames_are_no_frame():
    assert only(pcap(Talk().open().say(FRAME + b"junk").close().packets)).frames == 1


def test_a_malformed_frame_counts():
    assert only(pcap(Talk().open().say(FRAME + FRAME[:40]).close().packets)).frames == 2


def test_start_is_the_time_of_the_first_packet(talk):
    assert only(pcap(talk.packets)).start == talk.packets[0][0]


def test_duration_is_in_seconds(talk):
    assert only(pcap(talk.packets)).duration == (talk.packets[-1][0] - talk.packets[0][0]) / 1e9


def test_a_packet_that_comes_late_does_not_move_the_end(talk):
    assert only(pcap([*talk.packets[:-2], talk.packets[-1], talk.packets[-2]])).end == talk.packets[-1][0]


def test_tls_is_seen_by_its_handshake():
    assert only(pcap(Talk().open().packet(0, ACK, HELLO).packets)).tls


def test_tls_is_seen_when_its_handshake_is_not_captured():
    assert only(pcap(Talk().packet(0, ACK, b"\x17\x03\x03\x00\x20" + bytes(32)).packets)).tls


def test_frames_are_no_tls(talk):
    assert not only(pcap(talk.packets)).tls


def test_tls_is_searched_only_at_the_beginning():
    talk = Talk().open()
    for _ in range(16):
        talk.say(b"x")
    assert not only(pcap(talk.say(HELLO).packets)).tls


def test_a_reused_port_is_a_second_connection(talk):
    again = Talk(cseq=9_000_000, time=talk.time).open()
    assert list(listed(pcap(talk.close().packets + again.packets))[0].connections) == [0, 1]


def test_connections_beyond_the_limit_are_omitted(talk):
    other = Talk(cport=40001, time=talk.time).open().say(FRAME)
    assert listed(pcap(talk.packets + other.packets), limit=1)[0].omitted == 1


def test_frames_of_an_omitted_connection_count_nowhere(talk):
    other = Talk(cport=40001, time=talk.time).open().say(FRAME)
    assert only(pcap(talk.packets + other.packets), limit=1).frames == 2


def test_a_packet_without_tcp_is_counted_apart(talk):
    udp = (talk.time, ethernet(ipv4("10.0.0.1", "10.0.0.2", b"\0" * 8, proto=17)))
    assert listed(pcap([*talk.packets, udp]))[0].others == 1


def test_an_impossible_packet_is_a_diagnostic(talk):
    broken = (talk.time, ethernet(ipv4("10.0.0.1", "10.0.0.2", b"\0" * 8)))
    (problem,) = listed(pcap([*talk.packets, broken]))[1]
    assert problem.code == "capture-packet"


def test_a_cut_capture_is_a_diagnostic(talk):
    (problem,) = listed(pcap(talk.packets)[:-5])[1]
    assert problem.code == "capture-cut"


def test_cut_compressed_data_are_a_diagnostic(talk):
    assert "capture-cut" in [problem.code for problem in listed(gzip.compress(pcap(talk.packets))[:-20])[1]]


def test_pcapng_gives_the_same_as_pcap(talk):
    assert only(pcapng(talk.packets)) == only(pcap(talk.packets))


def test_bytes_may_come_one_by_one(talk):
    assert only(pcap(talk.packets), kind=Slow) == only(pcap(talk.packets))


def test_a_port_matches_either_side(talk):
    assert only(pcap(talk.packets)).matches(ports=[40000])


def test_another_port_does_not_match(talk):
    assert not only(pcap(talk.packets)).matches(ports=[80])


def test_a_host_matches_in_any_notation():
    assert only(pcap(Talk(client="2001:db8::1", server="2001:db8::2").open().packets)).matches(hosts=["2001:DB8:0::1"])


def test_another_host_does_not_match(talk):
    assert not only(pcap(talk.packets)).matches(hosts=["10.0.0.3"])


def test_data_have_iso_time(talk):
    assert only(pcap(talk.packets)).to_data()["start"] == "2023-11-14T22:13:20.001000Z"


@given(seed=st.integers(0, 2**32), damage=st.integers(0, 20))
def test_a_connection_has_the_frames_that_decoding_gives_however_damaged_the_capture_is(seed, damage):
    chance = random.Random(seed)
    data = bytearray(pcap(mixed([Conversation(seed + i, i) for i in range(chance.randint(1, 4))], seed)))
    for _ in range(damage):
        data[chance.randrange(30, len(data))] = chance.randrange(256)
    decoded = Counter(
        entry.origin.connection
        for batch in read_capture(Source(io.BytesIO(data), name="x.pcap"))
        for entry in batch
        if is_frame(entry) and entry.origin.connection is not None
    )
    found = listed(bytes(data), limit=1_000_000)[0].connections
    assert {number: one.frames for number, one in found.items() if one.frames} == decoded
