"""Captures that hold secrets in frames, in every way that TCP carries them, and in all that surrounds them.

Strategy: a place adds packets to a capture; each has a connection of its own. In a pcapng file the options and blocks beside the
packets are places too.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Callable, Sequence
from typing import Final

from tlib_fuzz.packets import (
    ACK,
    PSH,
    RST,
    SYN,
    Talk,
    block,
    ethernet,
    interface,
    ipv4,
    ipv6,
    section,
    tcp,
)
from tlib_schemas.registry import Registry

from . import frames
from .secrets import Planted, Secret

_ENDS: Final = ("10.0.0.1", "10.0.0.2")
_BACK: Final = (_ENDS[1], _ENDS[0])
_SIX: Final = ("fd00::1", "fd00::2")


class Tape:
    """A capture in the making: packets with their options, and blocks of pcapng between them."""

    def __init__(self, rng: random.Random, registry: Registry) -> None:
        self.rng: random.Random = rng
        self.registry: Registry = registry
        self.pieces: list[tuple[bytes, bytes] | bytes] = []
        self._ports = 1024

    def talk(self, server: int = 3000) -> Talk:
        """Return a new connection to a port of the server, open."""
        self._ports += 1
        return Talk(cport=self._ports, sport=server).open()

    def ours(self) -> Talk:
        """Return a new connection with a frame, which shows it to be one of ours."""
        return self.talk().say(self.frame([]))

    def frame(self, secrets: Sequence[Secret]) -> bytes:
        """Return a frame with secrets in its attributes."""
        return frames.frame(secrets, self.rng, self.registry)[0]

    def take(self, talk: Talk) -> None:
        """Add the packets of a conversation."""
        self.add(*(packet for _, packet, *_ in talk.packets))

    def add(self, *packets: bytes, options: bytes = b"") -> None:
        """Add packets, each with the same options of pcapng."""
        self.pieces.extend((packet, options) for packet in packets)

    def file(self, *, plain: bool) -> bytes:
        """Return the file: pcap without options and blocks where `plain`."""
        parts = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1)] if plain else [section(), interface()]
        for number, piece in enumerate(self.pieces):
            if isinstance(piece, bytes):
                parts.append(b"" if plain else piece)
                continue
            data, options = piece
            if plain:
                parts.append(struct.pack("<IIII", number, 0, len(data), len(data)) + data)
            else:
                fields = struct.pack("<IIIII", 0, 0, number, len(data), len(data))
                parts.append(block(6, fields + data + bytes(-len(data) % 4) + options))
        return b"".join(parts)


def _option(code: int, value: bytes) -> bytes:
    return struct.pack("<HH", code, len(value)) + value + bytes(-len(value) % 4)


# -- frames ----------------------------------------------------------------------------------------


def whole_frame(tape: Tape, secret: Secret) -> None:
    """One frame in one segment."""
    tape.take(tape.ours().say(tape.frame([secret])).ack())


def split_frame(tape: Tape, secret: Secret) -> None:
    """A frame over several segments, cut anywhere."""
    talk, data = tape.ours(), tape.frame([secret])
    step = tape.rng.choice((1, 3, 7, 20))
    for at in range(0, len(data), step):
        talk.say(data[at : at + step])
    tape.take(talk)


def shuffled_frame(tape: Tape, secret: Secret) -> None:
    """A frame whose segments come in another order, some twice."""
    talk, data = tape.ours(), tape.frame([secret])
    first = len(talk.packets)
    for at in range(0, len(data), 11):
        talk.say(data[at : at + 11])
    some = talk.packets[first:]
    talk.packets[first:] = tape.rng.sample([*some, *some], 2 * len(some))
    tape.take(talk)


def repeated_bytes(tape: Tape, secret: Secret) -> None:
    """A copy of a segment with other bytes: the secret stands in the copy."""
    talk = tape.ours()
    at = talk.seqs[1]
    talk.say(tape.frame([])).say(tape.frame([]))
    tape.take(talk.packet(1, ACK | PSH, secret.data, seq=at).packet(1, ACK | PSH, b"TL" + secret.data, seq=at + 3))


def behind_gap(tape: Tape, secret: Secret) -> None:
    """A frame of which a segment is lost."""
    talk, data = tape.ours(), tape.frame([secret])
    talk.say(data[:4])
    talk.seqs[1] += 3
    tape.take(talk.say(data[7:]).say(tape.frame([])).ack())


def garbage(tape: Tape, secret: Secret) -> None:
    """Bytes between two frames."""
    tape.take(tape.ours().say(secret.data).say(tape.frame([])))


def malformed_frame(tape: Tape, secret: Secret) -> None:
    """A frame that does not decode."""
    tape.take(tape.ours().say(frames.damaged(tape.frame([secret]))).say(tape.frame([])))


def unfinished_frame(tape: Tape, secret: Secret) -> None:
    """A frame that the end of the connection cuts."""
    tape.take(tape.ours().say(tape.frame([secret])[:-1]).close())


def fragments(tape: Tape, secret: Secret) -> None:
    """A frame in IP fragments, at times without the last one."""
    talk = tape.ours()
    body = tcp(*_BACK, 3000, talk.ports[0], talk.seqs[1], talk.seqs[0], ACK | PSH, tape.frame([secret]))
    tape.take(talk)
    cut = len(body) // 16 * 8
    number = tape.rng.randrange(0x10000)
    first = ethernet(ipv4(*_BACK, body[:cut], ident=number, fragment=0x2000))
    last = ethernet(ipv4(*_BACK, body[cut:], ident=number, fragment=cut // 8))
    tape.add(*tape.rng.choice(((first, last), (last, first), (first,), (last,))))


def cut_packet(tape: Tape, secret: Secret) -> None:
    """A packet of which the capture has a part."""
    talk = tape.ours().say(secret.data + b"TL" + tape.frame([secret]))
    talk.packets[-1] = (talk.packets[-1][0], talk.packets[-1][1][:-1])
    tape.take(talk)


# -- headers and other protocols -------------------------------------------------------------------


def tcp_option(tape: Tape, secret: Secret) -> None:
    """An option of TCP."""
    talk = tape.ours()
    value = secret.data[:34]
    kind = tape.rng.choice((2, 3, 4, 30, 69, 254))
    options = bytes((1, kind, len(value) + 2)) + value
    options = tape.rng.choice((options, b"\x01\x00" + value, b"\x01" + value))[:40]
    options += bytes(-len(options) % 4)
    side = tape.rng.choice((SYN, ACK | PSH))
    body = tcp(*_BACK, 3000, talk.ports[0], talk.seqs[1], talk.seqs[0], side, tape.frame([]), options)
    tape.take(talk)
    tape.add(ethernet(ipv4(*_BACK, body)))


def ip_option(tape: Tape, secret: Secret) -> None:
    """An option of IP."""
    talk = tape.ours()
    value = secret.data[:34]
    options = bytes((tape.rng.choice((7, 68, 131, 30)), len(value) + 2)) + value
    options = (options + bytes(-len(options) % 4))[:40]
    body = tcp(*_BACK, 3000, talk.ports[0], talk.seqs[1], talk.seqs[0], ACK | PSH, tape.frame([]))
    tape.take(talk)
    tape.add(ethernet(ipv4(*_BACK, tape.rng.choice((body, secret.data)), options=options)))


def extension(tape: Tape, secret: Secret) -> None:
    """An extension header of IPv6."""
    value = b"\x01" + bytes((len(secret.data),)) + secret.data
    length = -(-(2 + len(value)) // 8)
    data = bytes((length - 1,)) + value + bytes(length * 8 - 2 - len(value))
    body = tcp(*_SIX, 3000, 9, 1, 1, ACK | PSH, tape.frame([]))
    tape.add(ethernet(ipv6(*_SIX, body, extensions=[(tape.rng.choice((0, 43, 60, 135)), data)])))


def trailer(tape: Tape, secret: Secret) -> None:
    """Bytes behind the IP packet."""
    talk = tape.ours()
    tape.take(talk)
    tape.add(talk.packets[-1][1] + secret.data)


def datagram(tape: Tape, secret: Secret) -> None:
    """UDP, ICMP and a protocol that nobody knows."""
    head, number = tape.rng.choice(((struct.pack(">HHHH", 5060, 5060, 8 + len(secret.data), 0), 17), (b"\3\1\0\0", 1), (b"", 89)))
    tape.add(ethernet(ipv4(*_ENDS, head + secret.data, proto=number)), ethernet(ipv6(*_SIX, head + secret.data, following=number)))


def other_protocol(tape: Tape, secret: Secret) -> None:
    """A packet that is not IP, and one that is damaged."""
    tape.add(ethernet(b"\x40" + secret.data)[:12] + b"\x08\x06" + secret.data, ethernet(ipv4(*_ENDS, secret.data, total=10)))


def other_connection(tape: Tape, secret: Secret) -> None:
    """A connection of another program."""
    tape.take(tape.talk(80).say(b"GET /" + secret.data).say(secret.data, side=0).close())


def control(tape: Tape, secret: Secret) -> None:
    """The payload of a segment that opens or resets a connection."""
    tape.take(tape.ours().packet(0, SYN, secret.data).packet(1, RST, secret.data).packet(0, RST, secret.data))


# -- pcapng ----------------------------------------------------------------------------------------


def packet_option(tape: Tape, secret: Secret) -> None:
    """An option of a packet: a comment, or a number that is too long."""
    tape.take(tape.ours())
    packet = ethernet(ipv4(*_ENDS, b""))
    tape.add(packet, options=_option(tape.rng.choice((1, 2, 3, 4, 5, 6, 2988)), secret.data + bytes(3)) + tape.rng.choice((bytes(4), b"")))


def option_padding(tape: Tape, secret: Secret) -> None:
    """Bytes behind the last option of a packet."""
    tape.add(ethernet(ipv4(*_ENDS, b"")), options=_option(2, bytes(4)) + bytes(4) + secret.data)


def interface_option(tape: Tape, secret: Secret) -> None:
    """An option of an interface: its name, a filter, or a number that is too long."""
    code = tape.rng.choice((1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17))
    value = (b"\x06" if code == 9 else b"\0" * 8 if code == 14 else b"") + secret.data + bytes(9)
    tape.pieces.append(block(1, struct.pack("<HHI", 1, 0, 0) + _option(code, value) + bytes(4)))


def other_block(tape: Tape, secret: Secret) -> None:
    """A block of names, keys, a journal, a custom one or one that nobody knows."""
    kind = tape.rng.choice((4, 9, 10, 0xBAD, 0x40000BAD, 0x12345))
    head = struct.pack("<II", 0x544C534B, len(secret.data)) if kind == 10 else b"\0\1\0\0"
    tape.pieces.append(block(kind, head + secret.data))


def statistics(tape: Tape, secret: Secret) -> None:
    """An option of statistics."""
    tape.pieces.append(block(5, bytes(12) + _option(tape.rng.choice((1, 2, 4, 8, 99)), secret.data + bytes(9)) + bytes(4)))


def new_section(tape: Tape, secret: Secret) -> None:
    """An option of a section: the machine, the system, the program."""
    tape.pieces.append(section("<", _option(tape.rng.choice((1, 2, 3, 4)), secret.data) + bytes(4)) + interface())


_PLACES: Final[Sequence[Callable[[Tape, Secret], None]]] = (
    whole_frame, split_frame, shuffled_frame, repeated_bytes, behind_gap, garbage, malformed_frame, unfinished_frame, fragments, cut_packet,
    tcp_option, ip_option, extension, trailer, datagram, other_protocol, other_connection, control,
)  # fmt: skip
_BLOCKS: Final[Sequence[Callable[[Tape, Secret], None]]] = (
    packet_option, option_padding, interface_option, other_block, statistics, new_section,
)  # fmt: skip
_SPLIT: Final = frozenset({split_frame, shuffled_frame, behind_gap, unfinished_frame, fragments, tcp_option, ip_option})


def file(rng: random.Random, secrets: Sequence[Secret], registry: Registry) -> tuple[bytes, list[Planted]]:
    """Return a capture: pcap or pcapng."""
    plain = rng.random() < 0.3
    places = _PLACES if plain else (*_PLACES, *_BLOCKS)
    tape, planted = Tape(rng, registry), []
    for number, secret in enumerate(secrets):
        place = places[number % len(places)]
        place(tape, secret)
        planted.append(Planted(secret, place.__name__.replace("_", " "), split=place in _SPLIT))
    return tape.file(plain=plain), planted
