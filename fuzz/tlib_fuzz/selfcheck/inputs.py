"""Random inputs for every invariant: well-formed inputs of a kind, then damaged. Seeded and fast.

Strategy: every kind starts from frames (`walker`, `mutate`), because all kinds contain them: alone, joined to a stream, as JSON or
a log, in the TCP segments of a capture. The result is damaged once more, by mutations that know nothing of the format and by
tokens that the kind's reader looks for. `make` draws a new input; `vary` is one step of a fuzzer on existing bytes.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Sequence

from tlib_codec import reference
from tlib_codec.formats import jsonl
from tlib_codec.formats.logs.writer import platform_sdk_text, tserver_text
from tlib_codec.reference import Policy
from tlib_fuzz.cases.mutate import MUTATIONS, mutate
from tlib_fuzz.cases.walker import random_frame
from tlib_fuzz.dictionary import TOKENS
from tlib_fuzz.packets import ACK, PSH, ethernet, ipv4, pcap, pcapng, tcp
from tlib_schemas.errors import DecodeError, EncodeError
from tlib_schemas.registry import Item, Registry
from tlib_schemas.tlibrary import TLIBRARY

_GENERIC = ("flip-bit", "set-byte", "set-word", "nudge-byte", "insert", "delete", "truncate", "repeat", "splice")
_STAMP = dt.datetime(2025, 5, 3, 16, 45, 24)  # noqa: DTZ001 a log prints local time
_HOSTS = ("10.0.0.2", "10.0.0.1")
_POOL = 200


class Inputs:
    """A source of inputs: the same seed, corpus and calls give the same inputs.

    `corpus` are frames to start from, beside random ones.
    """

    def __init__(self, seed: int, corpus: Sequence[bytes] = (), registry: Registry = TLIBRARY) -> None:
        self.rng: random.Random = random.Random(seed)  # noqa: S311
        self.corpus = corpus
        self.registry = registry
        self.pool: list[bytes] = []
        self._drawn = 0

    def make(self, kind: str) -> bytes:
        """Return a new input of a kind of `invariants.INVARIANTS`."""
        if self._drawn % 2000 == 0:
            self.pool = [*self.corpus, *(random_frame(self.rng, self.registry) for _ in range(_POOL))]
        self._drawn += 1
        made = _MAKERS[kind](self)
        return made if kind == "frame" or self.rng.random() < 0.3 else self.vary(kind, made)

    def vary(self, kind: str, data: bytes) -> bytes:
        """Return `data` with a little damage."""
        rng = self.rng
        if kind == "frame":
            return mutate(data, rng, self.pool or [data])[0]
        damaged = bytearray(data)
        for _ in range(min(rng.randint(1, 4), rng.randint(1, 4))):
            if rng.random() < 0.5:
                MUTATIONS[rng.choice(_GENERIC)](damaged, rng, [data])
            else:
                where = rng.randrange(len(damaged) + 1)
                damaged[where : where + rng.choice((0, 0, 1, 4))] = rng.choice(TOKENS[kind])
        return bytes(damaged)

    def frame(self) -> bytes:
        """Return a frame, usually damaged."""
        data = self.rng.choice(self.pool)
        return data if self.rng.random() < 0.1 else mutate(data, self.rng, self.pool)[0]

    def case(self) -> bytes:
        """Return bytes that choose a case."""
        return self.rng.randbytes(self.rng.randrange(400))

    def stream(self) -> bytes:
        """Return a few frames back to back, some damaged, some with bytes between them."""
        rng = self.rng
        return b"".join(
            rng.randbytes(rng.randrange(8)) if rng.random() < 0.1 else rng.choice(self.pool) if rng.random() < 0.6 else self.frame()
            for _ in range(rng.randint(1, 6))
        )

    def item(self) -> Item:
        """Return the lenient result of decoding a frame."""
        while True:
            try:
                return reference.decode(self.frame(), registry=self.registry, policy=Policy.LENIENT)
            except DecodeError:
                continue

    def json(self) -> bytes:
        """Return an item as a line of JSON."""
        return jsonl.dumps(self.item(), registry=self.registry)

    def log(self) -> bytes:
        """Return a few items as a log of one of the two kinds."""
        server = self.rng.random() < 0.5
        texts = []
        for _ in range(self.rng.randint(1, 3)):
            try:
                item = self.item()
                texts.append(
                    tserver_text(item, _STAMP, registry=self.registry) if server else platform_sdk_text(item, registry=self.registry)
                )
            except EncodeError:  # a message without a public name, or a value that no log prints
                continue
        return "".join(texts).encode("utf-8", "surrogateescape")

    def capture(self) -> bytes:
        """Return a pcap or pcapng file with a stream in TCP segments of one direction, some late or repeated."""
        rng = self.rng
        data = self.stream()
        at, sequence, packets = 0, rng.choice((1, 0xFFFF_FFF0)), []
        while at < len(data):
            size = rng.choice((1, 20, 200, 1400))
            packets.append(_packet((sequence + at) & 0xFFFF_FFFF, data[at : at + size]))
            at += size
        if rng.random() < 0.3:
            rng.shuffle(packets)
        if rng.random() < 0.3:
            packets += rng.choices(packets, k=2) if packets else []
        stamped = list(enumerate(packets))
        return (pcap if rng.random() < 0.5 else pcapng)(stamped, order=rng.choice("<>"))


def _packet(sequence: int, payload: bytes) -> bytes:
    return ethernet(ipv4(*_HOSTS, tcp(*_HOSTS, 3000, 40000, sequence, 1, PSH | ACK, payload)))


_MAKERS: dict[str, Callable[[Inputs], bytes]] = {
    "frame": Inputs.frame,
    "case": Inputs.case,
    "stream": Inputs.stream,
    "json": Inputs.json,
    "log": Inputs.log,
    "capture": Inputs.capture,
}
