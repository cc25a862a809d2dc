"""TCP conversations with the faults of a network and a mirror port, each from a seed.

Strategy: two streams of frames are cut into segments that the two sides send in turn. The seed decides which segments are lost,
late, repeated, repeated with other bounds, fragmented or tagged; whether the connection begins before the capture and ends by
FIN, half-closed, by RST or not at all; whether its sequence numbers wrap. Each side acknowledges as if it received
everything. Overlapping segments have the same bytes, because nothing defines the result otherwise.
"""

from __future__ import annotations

import io
import random
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TypeAlias

from tlib_schemas.registry import Registry
from tlib_schemas.tlibrary import TLIBRARY

from .cases.chooser import RandomChooser
from .cases.walker import walker_of
from .packets import ACK, FIN, PSH, RST, SYN, ethernet, ipv4, ipv6, pcap, pcapng, tcp

Segment: TypeAlias = tuple[int, int, int]  # side, start and end in its stream


class Conversation:
    """One conversation: `packets` are Ethernet frames in the order of the capture.

    `frames` are the frames that each side sends, the client first, and `streams` their bytes. `number` distinguishes the
    conversations of a capture. Without `lossy` nothing is lost; with `complete` the capture also begins before the connection.
    """

    def __init__(self, seed: int, number: int = 0, *, lossy: bool = True, complete: bool = False, registry: Registry = TLIBRARY) -> None:
        chance = random.Random(seed)  # noqa: S311
        self.chance: random.Random = chance
        self.complete = complete
        self.six: bool = chance.random() < 0.25
        self.fragments: bool = chance.random() < 0.2
        self.tags: tuple[int, ...] = chance.choice([(), (), (), (0x8100,), (0x88A8, 0x8100)])
        high, low = divmod(number, 250)
        self.hosts: tuple[str, str] = (
            (f"fd00::{high + 1:x}:{low + 1:x}", "fd00::ffff") if self.six else (f"10.0.{high}.{low + 1}", "10.9.9.9")
        )
        self.ports: tuple[int, int] = (20_000 + number, 3000)
        self.isn: list[int] = [chance.choice([chance.getrandbits(32), 0xFFFF_FFFF - chance.randrange(3000)]) for _ in range(2)]
        self.loss: float = chance.choice([0, 0, 0.05]) if lossy and not complete else 0
        self.lateness: float = chance.choice([0, 0.1, 0.3])
        self.again: float = chance.choice([0, 0.1])
        self.frames: tuple[list[bytes], ...] = tuple([self._frame(registry) for _ in range(chance.randrange(n))] for n in (4, 24))
        self.streams: list[bytes] = [b"".join(frames) for frames in self.frames]
        self.ident: int = chance.getrandbits(16)
        self.packets: list[bytes] = []
        self._write()

    def _frame(self, registry: Registry) -> bytes:
        walker = walker_of(registry)
        chooser = RandomChooser(self.chance)
        return walker.event(chooser, chooser.pick(tuple(walker.tables))).write()

    @property
    def name(self) -> tuple[str, str]:
        """Client and server as ``address:port``."""
        client, server = (f"[{h}]:{p}" if self.six else f"{h}:{p}" for h, p in zip(self.hosts, self.ports, strict=True))
        return client, server

    def _segments(self) -> list[Segment]:
        """Return (side, start, end) in the order of sending."""
        places, order = [0, 0], list[Segment]()
        while any(places[i] < len(self.streams[i]) for i in (0, 1)):
            side = self.chance.choice([i for i in (0, 1) if places[i] < len(self.streams[i])])
            end = min(places[side] + self.chance.choice([self.chance.randint(1, 40), self.chance.randint(1, 700)]), len(self.streams[side]))
            order.append((side, places[side], end))
            places[side] = end
        return order

    def _put(self, side: int, flags: int, start: int = 0, end: int = 0, *, acked: int | None = None, before: int = 0) -> None:
        chance = self.chance
        seq = self.isn[side] + 1 + start - before
        ack = 0 if acked is None else self.isn[1 - side] + 1 + acked
        options = b"\x01\x01\x08\x0a" + struct.pack(">II", 1, 1) if chance.random() < 0.3 else b""
        data = self.streams[side][start:end]
        src, dst = self.hosts[side], self.hosts[1 - side]
        body = tcp(src, dst, self.ports[side], self.ports[1 - side], seq, ack, flags, data, options)
        self.ident = (self.ident + 1) & 0xFFFF
        if not self.fragments or len(body) < 64 or chance.random() < 0.6:
            whole = (
                ipv6(src, dst, body)
                if self.six
                else ipv4(src, dst, body, ident=self.ident, options=chance.choice([b"", b"", b"\x01\x01\x01\x00"]))
            )
            self.packets.append(ethernet(whole, self.tags))
            return
        cuts = [0, *sorted({chance.randrange(8, len(body), 8) for _ in range(chance.randint(1, 3))}), len(body)]
        pieces = []
        for low, high in pairwise(cuts):
            more = high < len(body)
            if self.six:
                header = b"\0" + struct.pack(">HI", low | more, self.ident)
                pieces.append(ipv6(src, dst, body[low:high], extensions=[(44, header)]))
            else:
                pieces.append(ipv4(src, dst, body[low:high], ident=self.ident, fragment=low // 8 | (0x2000 if more else 0)))
        if chance.random() < 0.5:
            chance.shuffle(pieces)
        self.packets += [ethernet(piece, self.tags) for piece in pieces]

    def _write(self) -> None:
        chance = self.chance
        order = self._segments()
        joined = chance.random() < 0.2 and not self.complete
        skipped: list[Segment] = []
        if joined:
            skipped = order[: chance.randrange(len(order) // 2 + 1)]
            order = order[len(skipped) :]
        else:
            for _ in range(1 + (chance.random() < 0.1)):
                self._put(0, SYN, before=1)
            self._put(1, SYN | ACK, acked=0, before=1)
            self._put(0, ACK, acked=0)
        got = [0, 0]  # bytes of each stream that the other side has received in order
        if joined:
            for side, _, end in skipped:
                got[side] = end
            for side in (0, 1):  # so that a reader learns the positions of both streams
                self._put(side, ACK, got[side], got[side], acked=got[1 - side])
        lost = [0, 0]
        late: list[tuple[int, Segment]] = []  # (packets until it comes, segment)
        arrived: list[set[tuple[int, int]]] = [set(), set()]

        def receive(side: int, start: int, end: int) -> None:
            arrived[side].add((start, end))
            while (following := next((s for s in arrived[side] if s[0] == got[side]), None)) is not None:
                arrived[side].discard(following)
                got[side] = following[1]

        def send(side: int, start: int, end: int) -> None:
            self._put(side, ACK | PSH, start, end, acked=got[1 - side])
            receive(side, start, end)

        for index, (side, start, end) in enumerate(order):
            lot = chance.random()
            if lot < self.loss and index:
                receive(side, start, end)
                lost[side] = end
            elif lot < self.loss + self.lateness and (index or not joined):
                late.append((chance.randint(1, 4), (side, start, end)))
            else:
                send(side, start, end)
            if chance.random() < self.again:  # a repetition of received bytes
                high = got[side]
                # not of lost bytes: it depends on a reader's patience whether those still count
                floor = max(start if joined else 0, lost[side], high - 900)
                low = chance.randint(floor, high) if high >= floor else high
                if low < high:
                    self._put(side, ACK | PSH, low, chance.randint(low + 1, high), acked=got[1 - side])
            if chance.random() < 0.3:
                self._put(1 - side, ACK, got[1 - side], got[1 - side], acked=got[side])
            due = [segment for patience, segment in late if patience <= 1]
            late = [(patience - 1, segment) for patience, segment in late if patience > 1]
            for segment in due:
                send(*segment)
        for _, segment in late:
            send(*segment)
        for side in (0, 1):
            self._put(side, ACK, got[side], got[side], acked=got[1 - side])
        ending = chance.choice(["fin", "half", "rst", "none"])
        if ending == "rst":
            self._put(0, RST | ACK, got[0], got[0], acked=got[1])
        if ending in {"fin", "half"}:
            self._put(0, FIN | ACK, got[0], got[0], acked=got[1])
        if ending == "fin":
            self._put(1, FIN | ACK, got[1], got[1], acked=got[0] + 1)
            self._put(0, ACK, got[0] + 1, got[0] + 1, acked=got[1] + 1)


@dataclass(frozen=True)
class Capture:
    """A capture file and its conversations; `data` is pcap or pcapng."""

    data: bytes = field(repr=False)
    conversations: tuple[Conversation, ...]

    @property
    def frames(self) -> list[list[bytes]]:
        """The frames that each direction of each conversation sends."""
        return [frames for one in self.conversations for frames in one.frames]

    def open(self) -> io.BytesIO:
        """Return the file, open for reading."""
        return io.BytesIO(self.data)


def capture(seed: int, conversations: int = 3, *, complete: bool = False, registry: Registry = TLIBRARY) -> Capture:
    """Return a capture of interleaved conversations, in one of the two formats."""
    made = tuple(Conversation(seed + i, i, complete=complete, registry=registry) for i in range(conversations))
    return Capture((pcap, pcapng)[seed % 2](mixed(made, seed)), made)


def mixed(conversations: Sequence[Conversation], seed: int, start: int = 1_700_000_000_000_000_000) -> list[tuple[int, bytes]]:
    """Return the packets of several conversations, interleaved: (time in ns, bytes)."""
    chance = random.Random(seed)  # noqa: S311
    queues = [list(c.packets) for c in conversations]
    time, out = start, list[tuple[int, bytes]]()
    while queues:
        queue = chance.choice(queues)
        time += chance.randint(1, 2_000) * 1000
        out.append((time, queue.pop(0)))
        if not queue:
            queues.remove(queue)
    return out
