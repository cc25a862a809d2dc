"""Formats of files, link types and IP: the same events out of every wrapping; what is broken is told and survived."""

from __future__ import annotations

import gzip
import io
import random
import struct
import sys
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tlib_codec import EventCallDeleted, TCause, encode, read
from tlib_codec.formats.captures.decoder import CaptureDecoder
from tlib_codec.formats.captures.model import CaptureSettings
from tlib_codec.formats.captures.open import read_capture
from tlib_codec.formats.captures.pcap import PcapReader
from tlib_codec.formats.captures.pcapng import PcapngReader
from tlib_codec.formats.compression import MAGIC, kind_of
from tlib_codec.formats.source import Source
from tlib_codec.records import Diagnostic, Origin, Record
from tlib_fuzz.packets import ACK, PSH, Talk, block, enhanced, ethernet, interface, ipv4, ipv6, pcap, pcapng, section, simple, tcp

CONN = "006c02462a161006"
EVENT = EventCallDeleted(call_uuid="01FES9JKSOFQLEKK3CSH5B5AES00JV1U", conn_id=CONN, cause=TCause.Transfer)
FRAME = encode(EVENT)
START = 1_700_000_000_000_000_000


def talk(count=3):
    made = Talk().open()
    for _ in range(count):
        made.say(FRAME).ack()
    return made.close().packets


def records(entries):
    return [one for one in entries if isinstance(one, Record)]


def codes(entries):
    return [one.code for one in entries if isinstance(one, Diagnostic)]


def segment(data=FRAME, seq=1):
    return tcp("10.0.0.2", "10.0.0.1", 3000, 40000, seq, 1, PSH | ACK, data)


V4 = ipv4("10.0.0.2", "10.0.0.1", segment())
V6 = ipv6("fd00::2", "fd00::1", tcp("fd00::2", "fd00::1", 3000, 40000, 1, 1, PSH | ACK, FRAME))


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("nano", [False, True])
def test_pcap(decode, order, nano):
    found = decode(pcap([(time + 1_234, data) for time, data in talk()], order=order, nano=nano))
    assert [item.item for item in found] == [EVENT] * 3
    first = found[0]
    assert first.frame == FRAME
    assert first.origin == Origin(
        packet=4,
        offset=0,
        time=START + 4_000_000 + (1_234 if nano else 1_000),
        src="10.0.0.2:3000",
        dst="10.0.0.1:40000",
        connection=0,
        direction="to-client",
    )


@pytest.mark.parametrize("order", ["<", ">"])
def test_pcapng_of_several_interfaces_and_sections(decode, order):
    packets = [data for _, data in talk()]
    stamps = {0: 5_000_000, 1: 5 << 20, 2: 5_000_000_000, 3: 2_000}
    head = section(order) + interface(1, order) + interface(1, order, resolution=0x80 | 20) + interface(101, order, resolution=9)
    head += interface(1, order, resolution=3, offset=3)
    data = head
    for index, packet in enumerate(packets):
        number = index % 4
        data += enhanced(stamps[number], packet[14:] if number == 2 else packet, order, number=number)
        data += block(5, b"statistics", order)
    other = ">" if order == "<" else "<"
    more = Talk(cport=41000).open().say(FRAME).packets
    data += section(other) + interface(1, other) + b"".join(enhanced(7_000_000, packet, other) for _, packet in more)
    found = decode(data)
    assert [item.item for item in found] == [EVENT] * 4
    assert [one.origin.time for one in found] == [5_000_000_000] * 3 + [7_000_000_000]
    assert [one.origin.connection for one in found] == [0, 0, 0, 1]


def test_simple_and_obsolete_packet_blocks(decode):
    old = struct.pack("<HHIIII", 0, 0, 0, 9, len(V6), len(V6)) + V6
    data = section() + interface(101) + simple(V4) + block(2, old)
    assert [(one.item, one.origin.time) for one in decode(data)] == [(EVENT, 0), (EVENT, 9_000)]


@pytest.mark.parametrize(
    ("link", "packet"),
    [
        (1, ethernet(V4)),
        (1, ethernet(V6, (0x8100,))),
        (1, ethernet(V4, (0x88A8, 0x8100))),
        (1, ethernet(V4, (0x9100, 0x8100, 0x8100))),
        (1, b"\x01" * 12 + b"\0\x80\xaa\xaa\x03\0\0\0\x08\0" + V4),
        (113, b"\0" * 14 + b"\x08\0" + V4),
        (113, b"\0" * 14 + b"\x81\0\0\x05\x86\xdd" + V6),
        (276, b"\x86\xdd" + b"\0" * 18 + V6),
        (12, V4),
        (14, V6),
        (101, V6),
        (228, V4),
        (229, V6),
        (0, b"\x02\0\0\0" + V4),
        (0, b"\0\0\0\x1e" + V6),
        (0, b"\x18\0\0\0" + V6),
        (108, b"\0\0\0\x02" + V4),
    ],
)
def test_link_types(decode, link, packet):
    (found,) = decode(pcap([(START, packet)], link=link))
    assert found.item == EVENT


@pytest.mark.parametrize(
    "packet",
    [
        ipv4("10.0.0.2", "10.0.0.1", segment(), options=b"\x94\x04\0\0"),
        ipv4("10.0.0.2", "10.0.0.1", segment()) + b"padding of Ethernet",
        ipv4("10.0.0.2", "10.0.0.1", segment(), total=0),
        ipv6("fd00::2", "fd00::1", segment(), extensions=[(0, b"\0" * 7), (60, b"\x01" + b"\0" * 14), (43, b"\0" * 7)]),
        ipv6("fd00::2", "fd00::1", segment(), extensions=[(51, b"\x04" + b"\0" * 22)]),
        ipv6("fd00::2", "fd00::1", segment(), extensions=[(44, b"\0" * 7)]),
    ],
)
def test_options_and_extension_headers(decode, packet):
    (found,) = decode(pcap([(START, packet)], link=101))
    assert found.item == EVENT


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 1, 2)])
@pytest.mark.parametrize("six", [False, True])
def test_fragments(decode, order, six):
    body = segment()
    pieces = []
    for low, high in ((0, 24), (24, 48), (48, len(body))):
        more = high < len(body)
        if six:
            header = b"\0" + struct.pack(">HI", low | more, 7)
            pieces.append(ipv6("fd00::2", "fd00::1", body[low:high], extensions=[(44, header)]))
        else:
            pieces.append(ipv4("10.0.0.2", "10.0.0.1", body[low:high], ident=7, fragment=low // 8 | (0x2000 * more)))
    (found,) = decode(pcap([(START, pieces[i]) for i in order], link=101))
    assert (found.item, found.origin.packet) == (EVENT, len(order))


def test_fragments_that_never_come_are_reported(decode):
    pieces = [ipv4("10.0.0.2", "10.0.0.1", bytes(24), ident=i, fragment=0x2000) for i in range(5)]
    found = decode(pcap([(START, p) for p in pieces], link=101), settings=CaptureSettings(fragments=2))
    assert codes(found) == ["capture-fragment"] * 5 + ["capture-no-frames"]
    assert sorted(one.origin.packet for one in found[:5]) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("packet", "code"),
    [
        (V4[:10], "capture-truncated"),
        (b"\x42" + V4[1:], "capture-packet"),
        (V4[:2] + b"\0\x10" + V4[4:], "capture-packet"),
        (V4[:32] + b"\x10" + V4[33:], "capture-packet"),
        (ipv4("10.0.0.1", "10.0.0.1", tcp("10.0.0.1", "10.0.0.1", 3000, 3000, 1, 1, 16)), "capture-packet"),
        (V4[:32] + b"\xf0" + V4[33:60], "capture-truncated"),
        (ipv4("10.0.0.2", "10.0.0.1", b"short"), "capture-packet"),
        (ipv4("10.0.0.2", "10.0.0.1", bytes(9), fragment=0x2000), "capture-packet"),
        (V6[:30], "capture-truncated"),
        (ipv6("fd00::2", "fd00::1", b"\x06\xff" + bytes(6), following=0), "capture-packet"),
        (ipv6("fd00::2", "fd00::1", b"\x06", following=0), "capture-truncated"),
    ],
)
def test_packets_that_cannot_be(decode, packet, code):
    good = Talk(cport=50_000).open().say(FRAME).packets
    found = decode(
        pcap([(START, packet, len(packet) + (20 if code == "capture-truncated" else 0)), *((t, p[14:]) for t, p in good)], link=101)
    )
    assert found[0].code == code
    assert (found[0].origin.packet, found[0].origin.offset) == (1, 24)
    assert [item.item for item in records(found)][-1] == EVENT


def test_a_packet_cut_by_the_snaplen_leaves_a_gap(decode):
    packets = [(t, p[:70], len(p)) for t, p in talk(2)]
    found = decode(pcap([*packets, *Talk(cport=50_000).open().say(FRAME).packets]), ports=[3000])
    assert codes(found) == ["capture-truncated"] * 2
    assert sum(item.item.length for item in records(found) if hasattr(item.item, "length")) == 2 * (len(FRAME) - 16)
    assert [item.item for item in records(found)][-1] == EVENT


def test_an_unknown_link_type_is_reported_once(decode):
    assert codes(decode(pcap([(START, b"x"), (START, b"y")], link=189))) == ["capture-link", "capture-no-frames"]


@pytest.mark.parametrize("make", [pcap, pcapng])
def test_a_torn_file_gives_what_is_there(decode, make):
    data = make(talk())
    whole = decode(data)
    for cut in range(0, len(data), 7):
        found = decode(data[:cut])
        assert [item for item in whole if item in found] == records(found)[: len(records(found))] or codes(found)
        assert all(isinstance(str(p), str) for p in found)


@pytest.mark.parametrize("make", [pcap, pcapng])
@pytest.mark.parametrize("noise", [b"\xff" * 40, b"\0" * 64, bytes(range(200))])
def test_garbage_between_records_is_reported_and_survived(decode, make, noise):
    one, two = talk(), Talk(cport=50_000, time=START + 10**9).open().say(FRAME).say(FRAME).say(FRAME).packets
    data = make(one) + noise + make(two)[24 if make is pcap else len(section() + interface()) :]
    found = decode(data)
    assert "capture-record" in codes(found) or noise[0] == 0
    assert sum(item.item == EVENT for item in records(found)) == 6


def test_a_hostile_length_takes_no_memory(decode):
    for head in (pcap([]) + struct.pack("<IIII", 1, 1, 0x7FFFFFFF, 0x7FFFFFFF), section() + struct.pack("<II", 6, 0x7FFFFFFC)):
        assert codes(decode(head + b"x" * 100))[0] == "capture-record"


@pytest.mark.parametrize("data", [b"", b"\xd4", b"nonsense, and long enough to be a header"])
def test_what_is_no_capture(decode, data):
    assert records(decode(data)) == []


def test_what_is_no_capture_is_said_once_whatever_the_chunks():
    for cuts in ((30,), (25, 28), (4, 20, 29)):
        decoder = CaptureDecoder()
        data = b"nonsense, longer than a header"
        for start, end in pairwise((0, *cuts, len(data))):
            decoder.feed(data[start:end])
        decoder.close()
        assert codes(decoder.items()) == ["capture-record"]


@given(data=st.binary(max_size=300), seed=st.integers(0, 5), at=st.integers(0, 2000))
def test_any_bytes_give_items(data, seed, at):
    made = (pcap if seed % 2 else pcapng)(talk())
    at %= len(made)
    hostile = made[:at] + data + made[at + (len(data) if seed > 2 else 0) :]
    assume(not hostile.startswith(tuple(MAGIC)))  # damaged compression is an InputError
    assert all(isinstance(one, Record | Diagnostic) for one in read(io.BytesIO(hostile), format="capture"))


def compressed(data):
    """The capture packed in each way: in members of gzip with padding behind them, and in a frame of zstd."""
    zstd = pytest.importorskip("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")
    return {
        "plain": data,
        "gzip": gzip.compress(data[:100]) + gzip.compress(data[100:]) + b"\0" * 9,
        "zstd": zstd.compress(data),
    }


@pytest.mark.parametrize("packing", ["plain", "gzip", "zstd"])
def test_a_compressed_capture_reads_as_the_capture(tmp_path, packing):
    path = tmp_path / "trunk.capture"
    path.write_bytes(compressed(pcapng(talk()))[packing])
    assert [record.item for record in read(path)] == [EVENT] * 3


@pytest.mark.parametrize(
    "data",
    [
        gzip.compress(pcapng(talk()))[:-30],
        gzip.compress(pcapng(talk()))[:30] + b"\xff" * 10 + gzip.compress(pcapng(talk()))[40:],
        b"\x28\xb5\x2f\xfd" + b"\xff" * 50,
    ],
    ids=["cut", "damaged", "damaged zstd"],
)
def test_compressed_data_that_break_off_are_a_diagnostic(data):
    source = Source(io.BytesIO(data))
    source.unpack(kind_of(data))
    found = [one for batch in read_capture(source) for one in batch]
    assert codes(found)[0] == "capture-cut"


def test_problems_of_a_kind_are_bounded(decode):
    found = decode(pcap([(START, V4[:10], 60)] * 20, link=101), settings=CaptureSettings(problems=3))
    assert codes(found) == ["capture-truncated"] * 3 + ["capture-more-problems", "capture-no-frames"]
    assert found[3].actual == "20"
    assert found[3].advice.endswith(".")


@pytest.mark.parametrize(("resolution", "offset"), [(6, None), (0, None), (0xFF, 2**62), (0x7F, -(2**63)), (9, 2**63 - 1)])
def test_any_stamp_is_a_time(decode, resolution, offset):
    data = section() + interface(101, resolution=resolution, offset=offset) + enhanced(2**64 - 1, V4)
    (found,) = decode(data)
    assert found.item == EVENT
    assert found.origin.time is not None


@given(seed=st.integers(0, 2**32), order=st.sampled_from("<>"), last=st.sampled_from([None, 0, 1_700_000_000, 0xFFFF_FFFF]))
def test_a_search_passes_over_no_record_of_pcap(seed, order, last):
    chance = random.Random(seed)
    reader = PcapReader()
    reader.feed(pcap([], order=order))
    list(reader)
    if last is not None:
        reader.passed(last * 1_000_000_000)
    seconds = chance.choice([(last or 0) + chance.randint(-86_400, 86_400), chance.getrandbits(32)]) & 0xFFFF_FFFF
    size = chance.choice([0, 1, 300, chance.randrange(1 << 18)])
    record = struct.pack(order + "IIII", seconds, chance.randrange(1_000_000), size, chance.choice([size, 1 << 20]))
    never_passed_over(reader, record + bytes(min(size, 50)), chance)


@given(seed=st.integers(0, 2**32), order=st.sampled_from(["", "<", ">"]))
def test_a_search_passes_over_no_block_of_pcapng(seed, order):
    chance = random.Random(seed)
    reader = PcapngReader()
    reader.order = order
    size = chance.choice([12, 64, 4 * chance.randrange(3, 1 << 18)])
    kind = chance.choice([*range(12), 0xBAD, 0x40000BAD, 0x0A0D0D0A])
    some = struct.pack((order or "<") + "II", kind, size) + b"\x4d\x3c\x2b\x1a" + bytes(min(size, 300))
    never_passed_over(reader, chance.choice([some, section(order or "<"), block(5, b"statistics", order or "<")]), chance)


def never_passed_over(reader, record, chance):
    noise = bytes(chance.choice([0, 0, 1, 10, 255]) for _ in range(40))
    reader.feed(noise + record + noise)
    list(reader)
    reader.position = 0
    for at in range(len(reader.buffer)):
        if reader._plausible(at) is not False:
            assert reader._candidate(at) == at
