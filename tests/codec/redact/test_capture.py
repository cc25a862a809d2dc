"""Captures made safe: what is decoded from them is what was, with pseudonyms; nothing else of it is left."""

from __future__ import annotations

import gzip
import io
import itertools
import random
import string
import struct
import subprocess

import pytest
from tshark import TSHARK

from tlib_codec import EventCallCreated, EventCallDataChanged, EventCallDeleted, KVList, TCallType, encode
from tlib_codec.formats.captures.decoder import CaptureDecoder
from tlib_codec.formats.captures.model import CaptureSettings
from tlib_codec.formats.source import Source
from tlib_codec.records import Batch, Diagnostic, Record
from tlib_codec.redact import CaptureRedactor, Redactor, capture
from tlib_codec.redact.frames import FrameRedactor
from tlib_codec.stream import Gap
from tlib_fuzz.conversations import Conversation, mixed
from tlib_fuzz.packets import (
    ACK,
    PSH,
    RST,
    SYN,
    Talk,
    block,
    checksum,
    enhanced,
    ethernet,
    interface,
    ipv4,
    ipv6,
    pcap,
    pcapng,
    section,
    simple,
    tcp,
)
from tlib_schemas.errors import EncodeError

UUID, CONN = "01FES9JKSOFQLEKK3CSH5B5AES00JV1U", "006c02462a161006"
NAME = b"Ana Souza"


def created(ani="5551006967", name="Ana Souza"):
    return EventCallCreated(
        call_uuid=UUID, conn_id=CONN, call_type=TCallType.Inbound, ani=ani, dnis="8005550100", user_data=KVList({"CustomerName": name})
    )


FRAME = encode(created())


def decoded(data):
    decoder = CaptureDecoder()
    decoder.feed(data)
    decoder.close()
    return list(Batch(decoder.items()))


def events(data):
    return [one for one in decoded(data) if isinstance(one, Record) and not isinstance(one.item, Gap)]


def place(record):
    return record.origin.offset, record.origin.packet, record.origin.time


def ends(record):
    return record.origin.src, record.origin.dst


def packets_of(data):
    """The packets of a pcap file as they stand in it, after its header."""
    at, found = 24, []
    while at < len(data):
        (size,) = struct.unpack_from("<I", data, at + 8)
        found.append(data[at + 16 : at + 16 + size])
        at += 16 + size
    return found


def redact(data, *, secret=b"x", source=None, **options):
    """The safe file, the redactor, and the problems."""
    redactor = CaptureRedactor(Redactor(secret), **options)
    found = list(redactor.records(source or Source(io.BytesIO(data))))
    return b"".join(one for one in found if isinstance(one, bytes)), redactor, [one for one in found if isinstance(one, Diagnostic)]


def bad_checksums(data, tmp_path):
    """The packets that tshark finds a wrong checksum in."""
    path = tmp_path / "safe"
    path.write_bytes(data)
    checks = [part for name in ("ip", "tcp", "udp", "icmp") for part in ("-o", f"{name}.check_checksum:TRUE") if name != "icmp"]
    wanted = " || ".join(f"{name}.checksum.status == 0" for name in ("ip", "tcp", "udp", "icmp", "icmpv6"))
    done = subprocess.run([TSHARK, "-n", "-r", str(path), *checks, "-Y", wanted], capture_output=True, text=True, check=True)
    return done.stdout


@pytest.mark.parametrize("seed", range(24))
def test_what_is_decoded_has_pseudonyms_and_the_rest_is_gone(seed, monkeypatch, tmp_path):
    secrets = []

    def frame(chance):
        name = "".join(chance.choices(string.ascii_letters, k=chance.randint(8, 60)))
        number = "".join(chance.choices(string.digits, k=12))
        secrets.extend((name, number))
        if chance.random() < 0.2:
            return encode(EventCallDeleted(call_uuid=UUID, conn_id=CONN, ctrl_party=number))
        if chance.random() < 0.5:
            return encode(
                EventCallDataChanged(call_uuid=UUID, conn_id=CONN, user_data=KVList({"Name": name, "In": KVList({"No": number})}))
            )
        return encode(created(number, name))

    monkeypatch.setattr(Conversation, "_frame", lambda self, registry: frame(self.chance))
    chance = random.Random(seed)
    packets = mixed([Conversation(chance.getrandbits(60), number) for number in range(3)], seed)
    order = chance.choice("<>")
    data = (pcapng if seed % 2 else pcap)(packets, order=order)
    safe, redactor, problems = redact(data, addresses=seed % 4 > 1)
    assert not problems
    assert redactor.packets == len(packets)
    before, after = events(data), events(safe)
    assert before
    same = Redactor(b"x")
    assert [same.item(one.item) for one in before] == [one.item for one in after]
    assert list(map(place, before)) == list(map(place, after))
    assert [ends(one) == ends(other) for one, other in zip(before, after, strict=True)] == [seed % 4 < 2] * len(before)
    # Not even a part of a secret: of 7 letters in a row hardly any come out as they were by chance.
    parts = {name[i : i + 7].encode() for name in secrets if name.isalpha() for i in range(len(name) - 6)}
    assert not any(safe[i : i + 7] in parts for i in range(len(safe)))
    assert not any(number.encode() in safe for number in secrets)
    if seed % 2 == 0:
        for one, other in zip(packets_of(data) if order == "<" else (), packets_of(safe) if order == "<" else (), strict=True):
            assert len(one) == len(other)
    if TSHARK is not None:
        assert bad_checksums(safe, tmp_path) == ""


def test_every_header_and_time_stays():
    talk = Talk().open().say(FRAME[:50]).say(FRAME[50:]).ack().close()
    data = pcap(talk.packets)
    safe, _, _ = redact(data)
    assert len(safe) == len(data)
    changed = [i for i, (one, other) in enumerate(zip(packets_of(data), packets_of(safe), strict=True)) if one != other]
    assert changed == [3, 4]
    for i in changed:
        one, other = packets_of(data)[i], packets_of(safe)[i]
        assert one[:50] + one[52:54] == other[:50] + other[52:54]  # all but the checksum


@pytest.mark.parametrize("first", [0, 30, len(FRAME)])
def test_every_copy_of_a_byte_becomes_the_same_whatever_it_says(first):
    talk = Talk().open()
    start = talk.seqs[1]
    talk.say(FRAME[:first] or b"") if first else None
    talk.packet(1, ACK | PSH, FRAME, seq=start)
    talk.seqs[1] = start + len(FRAME)
    talk.ack()
    talk.packet(1, ACK | PSH, FRAME[20:], seq=start + 20)
    talk.packet(1, ACK | PSH, FRAME.replace(NAME, b"Eva Braun"), seq=start)
    talk.packet(1, ACK | PSH, FRAME[:40] + b"5551006967", seq=start)
    talk.say(FRAME)
    safe, redactor, _ = redact(pcap(talk.packets))
    wanted = Redactor(b"x").frame(created())
    payloads = [packet[54:] for packet in packets_of(safe) if len(packet) > 54]
    copies = [wanted, wanted[20:], wanted, wanted[:50], wanted]
    assert payloads == ([wanted[:first]] if first else []) + copies
    assert redactor.blank == 0


def test_a_late_copy_of_what_is_forgotten_is_zeros():
    talk = Talk().open()
    start = talk.seqs[1]
    for _ in range(3 * (1 << 20) // len(FRAME)):
        talk.say(FRAME)
    talk.packet(1, ACK | PSH, FRAME, seq=start)
    talk.say(FRAME)
    safe, redactor, _ = redact(pcap(talk.packets))
    assert NAME not in safe
    *_, late, last = packets_of(safe)
    assert late[54:] == bytes(len(FRAME))
    assert last[54:] == Redactor(b"x").frame(created())
    assert redactor.blank == len(FRAME)


def test_what_is_in_no_frame_is_blanked_unless_kept():
    broken = FRAME[:13] + b"\xff" + FRAME[14:]
    talk = Talk().open().say(b"5551006967" + FRAME).say(broken).say(FRAME).say(FRAME[:90]).close()
    data = pcap(talk.packets)
    safe, redactor, _ = redact(data)
    assert redactor.blank == 10 + len(FRAME) + 90
    assert not any(secret in safe for secret in (b"5551006967", NAME))
    assert len(events(safe)) == len(events(data)) == 2
    kept, redactor, _ = redact(data, keep_malformed=True)
    assert redactor.blank == 0
    assert kept.count(NAME) == 2


def test_a_hole_and_what_is_behind_it():
    talk = Talk().open().say(FRAME[:60])
    talk.seqs[1] += 20
    talk.say(FRAME[80:] + FRAME).ack().close()
    data = pcap(talk.packets)
    safe, redactor, _ = redact(data)
    assert NAME not in safe
    assert redactor.blank == len(FRAME) - 20
    assert [one.origin.offset for one in events(safe)] == [one.origin.offset for one in events(data)] == [len(FRAME)]


def test_a_connection_joined_in_the_middle_that_ends_by_a_reset():
    talk = Talk().say(FRAME[-40:] + FRAME).packet(0, RST).packet(0, RST, NAME).packet(1, RST | ACK, NAME)
    talk.packets += Talk(cport=1).packet(0, RST, NAME).packets
    safe, _, _ = redact(pcap(talk.packets))
    assert NAME not in safe
    assert len(events(safe)) == 1


def other_packets():
    """Packets that carry a name, of connections and protocols that are none of ours."""
    ends = "10.0.0.1", "10.0.0.2"
    udp = struct.pack(">HHHH", 53, 5300, 8 + len(NAME), 0) + NAME
    pseudo = bytes((10, 0, 0, 1, 10, 0, 0, 2)) + struct.pack(">BBH", 0, 17, len(udp))
    right = udp[:6] + struct.pack(">H", checksum(pseudo + udp)) + udp[8:]
    icmp = b"\x03\x01\0\0\0\0\0\0" + NAME
    icmp = icmp[:2] + struct.pack(">H", checksum(icmp)) + icmp[4:]
    web = Talk(cport=5, sport=80).open().say(NAME).packets
    return [
        ethernet(ipv4(*ends, udp, proto=17)),
        ethernet(ipv4(*ends, right, proto=17)),
        ethernet(ipv4(*ends, icmp, proto=1)),
        ethernet(ipv4(*ends, b"any" + NAME, proto=89)),
        ethernet(ipv6("fd00::1", "fd00::2", NAME, following=59)),
        ethernet(ipv4(*ends, udp[:-1], proto=17, fragment=0x2000)),
        ethernet(ipv4(*ends, b"\0" * 12 + NAME + b"\0" * 3, fragment=0x2000)),  # a first fragment of TCP
        ethernet(ipv4(*ends, b"\0" * 12 + NAME)),  # a header of TCP that cannot be
        ethernet(ipv4(*ends, tcp(*ends, 7, 80, 1, 1, SYN))) + NAME,  # behind the packet
        ethernet(b"\x40" + NAME)[:12] + b"\x08\x06" + NAME,  # ARP
        ethernet(ipv4(*ends, b""))[:22] + NAME,  # a header that is cut
        NAME,
        *(packet for _, packet in web),
    ]


def test_what_else_is_in_the_capture_is_blanked_unless_kept(tmp_path):
    packets = [(time, packet) for time, packet in enumerate(other_packets())] + Talk().open().say(FRAME).packets
    data = pcap(packets)
    safe, redactor, _ = redact(data)
    assert NAME not in safe
    assert len(safe) == len(data)
    assert redactor.others == 10
    if TSHARK is not None:
        assert bad_checksums(safe, tmp_path) == ""
    kept, redactor, _ = redact(data, keep_other=True)
    assert redactor.others == 0
    assert kept.count(NAME) == 9  # not what may be a part of our connections
    assert len(events(kept)) == 1


@pytest.mark.parametrize("link", [0, 12, 101, 113, 276, 147])
def test_other_link_types(link):
    body = ipv4("10.0.0.1", "10.0.0.2", NAME, proto=89)
    head = {0: b"\2\0\0\0", 113: b"\0" * 14 + b"\x08\x00", 276: b"\x08\x00" + b"\0" * 18}.get(link, b"")
    safe, _, _ = redact(pcap([(0, head + body), (1, head + NAME), (2, b"")], link=link))
    one, two, three = packets_of(safe)
    assert one == (head + body[:20] if link != 147 else bytes(20)) + bytes(len(NAME))
    assert (two[len(head) :], three) == (bytes(len(NAME)), b"")


def test_a_checksum_that_was_wrong_or_cannot_be_known_becomes_zero(tmp_path):
    talk = Talk().open().say(FRAME).say(FRAME)
    time, packet = talk.packets[-1]
    wrong = packet[:50] + b"\xab\xcd" + packet[52:]
    cut = Talk(cport=7).open().say(FRAME).say(FRAME)
    packets = [*talk.packets[:-1], (time, wrong), *cut.packets[:-1], (cut.time, cut.packets[-1][1][:120], len(cut.packets[-1][1]))]
    safe, _, _ = redact(pcap(packets))
    found = packets_of(safe)
    assert found[4][50:52] == found[9][50:52] == b"\0\0"
    assert found[9][54:] == bytes(66)
    assert NAME not in safe


def test_addresses_keep_their_networks(tmp_path):
    talks = [Talk(client=f"10.0.0.{i}", cport=i).open().say(FRAME) for i in (1, 2)] + [
        Talk(client="fd00::1", server="fd00::2").open().say(FRAME)
    ]
    packets = [packet for talk in talks for packet in talk.packets]
    safe, _, _ = redact(pcap(packets), addresses=True)
    assert redact(pcap(packets), addresses=True)[0] == safe
    sources = [one.origin.dst.rpartition(":")[0] for one in events(safe)]
    assert len(set(sources)) == 3
    one, two, _ = sources
    assert one != "10.0.0.1"
    assert one.rpartition(".")[0] == two.rpartition(".")[0]
    if TSHARK is not None:
        assert bad_checksums(safe, tmp_path) == ""
    kept, _, _ = redact(pcap([*packets, *enumerate(other_packets())]), addresses=True, keep_other=True)
    assert bytes((10, 0, 0, 1)) not in kept
    if TSHARK is not None:
        assert bad_checksums(kept, tmp_path) == ""


def option(code, value, order):
    return struct.pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4)


@pytest.mark.parametrize("order", ["<", ">"])
def test_of_pcapng_only_packets_and_numbers_stay(order):
    end = bytes(4)
    talk = Talk().open().say(FRAME)
    comment = option(1, NAME, order)
    parts = [
        section(order, option(3, NAME, order) + option(4, NAME, order) + end),
        block(
            1,
            struct.pack(order + "HHI", 101, 0, 0) + option(2, NAME, order) + option(9, b"\x09", order) + option(11, NAME, order) + end,
            order,
        ),
        interface(order=order, resolution=3),
        block(4, b"\0\1\0\x0d" + NAME + bytes(3), order),  # names of addresses
        block(10, struct.pack(order + "II", 0x544C534B, 9) + NAME + bytes(3), order),  # keys of TLS
        block(0xBAD, b"\0\0\0\1" + NAME, order),
    ]
    for _, packet in talk.packets[:2]:
        fields = struct.pack(order + "IIIII", 0, 5, 7, len(packet) - 14, len(packet) - 14)
        options = comment + option(2, b"\0\0\0\1", order) + option(3, b"\2" + NAME, order) + end
        parts.append(block(6, fields + packet[14:] + bytes(-(len(packet) - 14) % 4) + options, order))
    _, packet = talk.packets[2]
    parts.append(
        block(2, struct.pack(order + "HHIIII", 1, 3, 1, 2, len(packet), len(packet)) + packet + bytes(-len(packet) % 4) + comment, order)
    )
    parts.append(enhanced(77, talk.packets[3][1], order, number=1))
    parts.append(block(5, struct.pack(order + "III", 0, 1, 2) + option(4, bytes(8), order) + comment + end, order))
    parts.append(section(order) + interface(order=order) + simple(Talk(cport=9).say(FRAME).packets[0][1], order))
    data = b"".join(parts)
    safe, redactor, problems = redact(data)
    assert NAME not in safe
    assert not problems
    assert redactor.blocks == 3
    assert redactor.packets == 5
    assert safe[8:12] == data[8:12]  # the byte order
    assert option(9, b"\x09", order) in safe
    before, after = events(data), events(safe)
    assert [one.origin for one in before] == [one.origin for one in after]
    assert len(after) == 2
    assert not [one for one in decoded(safe) if isinstance(one, Diagnostic)]


def test_a_pcapng_file_that_is_not_sound():
    good = pcapng(Talk().open().say(FRAME).packets)
    bad = good[:48] + enhanced(1, NAME, number=9) + good[48:] + block(3, NAME)[:-4] + b"\0\0\0\0" + NAME
    safe, redactor, problems = redact(bad)
    assert NAME not in safe
    assert {problem.code for problem in problems} == {"capture-record"}
    assert len(events(safe)) == 1
    assert redactor.packets == 4


@pytest.mark.parametrize("size", [0, 3, 20, 24, 30, 700])
def test_a_file_that_is_torn(size):
    data = pcap(Talk().open().say(FRAME * 5).say(FRAME).packets)
    safe, _, problems = redact(data[:size])
    assert [problem.code for problem in problems] == (["capture-cut"] if size not in {0, 24} else [])
    assert NAME not in safe
    assert safe == redact(data)[0][: len(safe)] or size == 700
    packed = gzip.compress(data)[:-9]
    source = Source(io.BytesIO(packed))
    source.unpack("gzip")
    safe, _, problems = redact(b"", source=source)
    assert [problem.code for problem in problems][:1] == ["capture-cut"]
    assert NAME not in safe


@pytest.mark.parametrize("keep_other", [False, True])
def test_memory_is_bounded_and_what_cannot_be_waited_for_is_zeros(keep_other, monkeypatch):
    monkeypatch.setattr(capture, "_CHUNK", 1 << 14)
    waiting = Talk().open().say(FRAME[-60:] + NAME)  # joined in the middle: not yet known for what it is
    others = [Talk(client=f"10.1.{i >> 8}.{i & 255}").open().say(FRAME) for i in range(1000)]
    packets = [*waiting.packets, *itertools.chain.from_iterable(talk.packets for talk in others)]
    count = len(packets)
    packets += Talk(cseq=waiting.seqs[0], sseq=waiting.seqs[1]).say(FRAME).packets
    data = pcap(packets)
    redactor = CaptureRedactor(Redactor(b"x"), keep_other=keep_other, settings=CaptureSettings(memory=1 << 19))
    most, out = 0, []
    for piece in redactor.records(Source(io.BytesIO(data))):
        out.append(piece)
        most = max(most, redactor._size)
    safe = b"".join(out)
    assert NAME not in safe
    assert len(safe) == len(data)
    assert most < 1 << 19
    assert count < redactor.packets
    assert len(events(safe)) == len(others) + 1


def test_layouts_that_cannot_be_are_blanked():
    ends = "fd00::1", "fd00::2"
    packets = [
        ethernet(ipv6(*ends, NAME, extensions=[(0, b"\x40" + NAME)])),  # an extension header longer than the packet
        ethernet(ipv6(*ends, b"", following=0)) + NAME,  # ... or not there
        ethernet(ipv6(*ends, NAME))[:50],
        ethernet(b"\x50" + ipv6(*ends, NAME)[1:])[:14] + b"\x50" + bytes(40) + NAME,  # version 5
        ethernet(ipv4("10.0.0.1", "10.0.0.2", NAME, total=10)),
        ethernet(ipv6(*ends, NAME * 3, extensions=[(60, b"\0" * 7)], following=6)),
    ]
    safe, redactor, _ = redact(pcap([*enumerate(packets), *Talk().open().say(FRAME).packets]), addresses=True)
    assert NAME not in safe
    assert redactor.packets == 10


def test_a_packet_whose_extension_header_is_cut_is_blanked():
    packet = ethernet(ipv6("fd00::1", "fd00::2", NAME[:7], following=0))
    safe, *_ = redact(pcap([(0, packet), *Talk().open().say(FRAME).packets]))
    assert NAME[:7] not in safe


def test_fragments_that_never_become_whole():
    body = tcp("10.0.0.1", "10.0.0.2", 1, 2, 3, 4, ACK, NAME * 8)
    pieces = [(i, ethernet(ipv4("10.0.0.1", "10.0.0.2", body[:80], ident=i, fragment=0x2000))) for i in range(300)]
    late = [(300, ethernet(ipv4("10.0.0.1", "10.0.0.2", body[80:], ident=5, fragment=10)))]
    six = [(301, ethernet(ipv6("fd00::1", "fd00::2", body[:80], extensions=[(44, b"\0\0\1" + bytes(4))])))]
    safe, redactor, _ = redact(pcap([*pieces, *late, *six, *Talk().open().say(FRAME).packets]))
    assert NAME not in safe
    assert redactor.packets == 306


def test_fragments_of_one_datagram_without_end(monkeypatch):
    monkeypatch.setattr(capture, "_CHUNK", 1 << 14)
    body = tcp("10.0.0.1", "10.0.0.2", 1, 2, 3, 4, ACK, NAME * 8)
    again = ethernet(ipv4("10.0.0.1", "10.0.0.2", body[:80], fragment=0x2000))
    data = pcap([*((i, again) for i in range(3000)), (3000, ethernet(ipv4("10.0.0.1", "10.0.0.2", body[80:], fragment=10)))])
    redactor = CaptureRedactor(Redactor(b"x"), settings=CaptureSettings(memory=1 << 19))
    held = 0
    out = []
    for piece in redactor.records(Source(io.BytesIO(data))):
        out.append(piece)
        held = max(held, *map(len, redactor._fragments.values()), 0)
    assert NAME not in b"".join(out)
    assert redactor.packets == 3001
    assert 0 < held < 1000
    assert not redactor._fragments


def refused(self, item):
    raise EncodeError("value-range", expected="less", actual="more")


@pytest.mark.parametrize("frame", [lambda self, item: b"short", refused])
def test_frames_that_no_pseudonyms_fit_are_blanked(frame, monkeypatch):
    talk = Talk().open().say(FRAME).say(FRAME)
    monkeypatch.setattr(FrameRedactor, "replaced", lambda self, frames: (frames.data, range(len(frames))))
    monkeypatch.setattr(Redactor, "frame", frame)
    safe, redactor, _ = redact(pcap(talk.packets))
    assert redactor.blank == 2 * len(FRAME)
    assert NAME not in safe


# -- options of headers


def with_options(options, flags=ACK | PSH):
    """Return the redacted options of a segment of TCP that carries a frame."""
    talk = Talk().open().say(FRAME)
    ends = talk.hosts[::-1]
    packet = ethernet(ipv4(*ends, tcp(*ends, 3000, talk.ports[0], talk.seqs[1], talk.seqs[0], flags, FRAME, options)))
    safe, _, _ = redact(pcap([*talk.packets, (talk.time + 1, packet)]))
    return packets_of(safe)[-1][54 : 54 + len(options)], safe


TIMES = b"\x08\x0a" + bytes(range(1, 9))


@pytest.mark.parametrize(
    "options", [b"\x02\x04\x05\xb4", b"\x01\x01" + TIMES, b"\x04\x02\x01\x03\x03\x07\x01\x01", b"\x01\x01\x05\x0a" + bytes(range(1, 9))]
)
def test_options_of_tcp_that_are_numbers_stay(options):
    assert with_options(options)[0] == options


@pytest.mark.parametrize(
    ("options", "safe"),
    [
        (b"\xfe\x0bAna Souza\x01", b"\xfe\x0b" + bytes(9) + b"\x01"),
        (b"\x02\x0bAna Souza\x01", b"\x02\x0b" + bytes(9) + b"\x01"),
        (b"\xfe\x04An\x02\x04\x05\xb4", b"\xfe\x04\0\0\x02\x04\x05\xb4"),
        (b"\x01\x00Ana Souza.", b"\x01" + bytes(11)),
        (b"\x01\xfe\x01Ana Souza", b"\x01" + bytes(11)),
        (b"\x01\xfe\x28Ana Souza", b"\x01" + bytes(11)),
        (b"\x01\x01\x01\xfe", b"\x01\x01\x01\0"),
    ],
)
def test_other_options_of_tcp_become_zeros(options, safe, tmp_path):
    found, data = with_options(options)
    assert found == safe
    if TSHARK is not None:
        assert bad_checksums(data, tmp_path) == ""


@pytest.mark.parametrize("flags", [SYN, RST])
def test_options_of_a_segment_without_a_frame_become_zeros(flags):
    assert with_options(b"\xfe\x0bAna Souza\x01", flags)[0][2:11] == bytes(9)


@pytest.mark.parametrize("addresses", [False, True])
def test_options_of_ip_become_zeros(addresses, tmp_path):
    talk = Talk().open().say(FRAME)
    packet = ethernet(ipv4(*talk.hosts, b"x" * 9, proto=89, options=b"\x44\x0bAna Souza\x01"))
    safe, _, _ = redact(pcap([*talk.packets, (talk.time, packet)]), addresses=addresses)
    assert packets_of(safe)[-1][34:46] == bytes(12)
    if TSHARK is not None:
        assert bad_checksums(safe, tmp_path) == ""


@pytest.mark.parametrize("number", [0, 43, 60, 135])
def test_of_an_extension_header_only_its_kind_and_length_stay(number):
    packet = ethernet(ipv6("fd00::1", "fd00::2", b"x" * 9, extensions=[(number, b"\x01" + b"Ana Souza 5551")], following=59))
    safe, _, _ = redact(pcap([*Talk().open().say(FRAME).packets, (0, packet)]))
    assert packets_of(safe)[-1][54:70] == b"\x3b\x01" + bytes(14)


def test_the_fields_of_a_fragment_stay():
    packet = ethernet(ipv6("fd00::1", "fd00::2", b"x" * 9, extensions=[(60, b"\0" + b"Souza."), (44, b"\0\0\1\0\0\0\7")], following=59))
    safe, _, _ = redact(pcap([*Talk().open().say(FRAME).packets, (0, packet)]))
    assert packets_of(safe)[-1][54:70] == b"\x2c\0" + bytes(6) + b"\x3b\0\0\1\0\0\0\7"


@pytest.mark.parametrize("size", [3, 5, 9])
def test_an_option_of_pcapng_with_another_length_is_omitted_and_counted(size):
    packet = Talk().open().say(FRAME).packets[-1][1]
    options = option(2, b"Ana Souza"[:size], "<") + option(4, bytes(8), "<") + bytes(4)
    fields = struct.pack("<IIIII", 0, 0, 1, len(packet), len(packet))
    data = section() + interface() + block(6, fields + packet + bytes(-len(packet) % 4) + options)
    safe, redactor, _ = redact(data)
    assert b"Ana" not in safe
    assert option(4, bytes(8), "<") in safe
    assert redactor.options == 1


def test_an_option_of_pcapng_that_its_block_cuts_is_omitted():
    packet = ethernet(ipv4("10.0.0.1", "10.0.0.2", b""))
    fields = struct.pack("<IIIII", 0, 0, 1, len(packet), len(packet))
    data = section() + interface() + block(6, fields + packet + bytes(-len(packet) % 4) + struct.pack("<HH", 4, 99) + b"Ana Souz")
    assert b"Ana" not in redact(data)[0]


def test_frames_that_are_not_wanted_become_zeros():
    redactor = CaptureRedactor(Redactor(b"x"), wanted=lambda record: False)
    safe = b"".join(redactor.records(Source(io.BytesIO(pcap(Talk().open().say(FRAME).packets)))))
    assert packets_of(safe)[-1][54:] == bytes(len(FRAME))
