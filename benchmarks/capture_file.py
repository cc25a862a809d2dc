"""Write a large capture: connections of T-Servers, with segments swapped and retransmitted.

Run it: python benchmarks/capture_file.py -o big.pcap [--size 200M] [--seed 1] [--pcapng] [--single]

Strategy: a pool of distinct frames is encoded once; streams of them are cut into segments (half of
them one frame each, as a server writes them, half of them several, cut anywhere), spread over
connections; 2% of the segments change place with the next one of their connection and 1% come again. `--single`
writes every frame as a segment of its own. What is printed says how many frames are in it.
"""

from __future__ import annotations

import argparse
import random
import struct
from pathlib import Path

from tlib_codec import EventCallCreated, EventCallDataChanged, EventCallDeleted, KVList, TCallType, TCause, encode

_MSS = 1448
_ACK, _PSH, _SYN, _FIN = 16, 8, 2, 1


def pool(count: int, chance: random.Random) -> list[bytes]:
    """Frames of the three call events, of about 60 to 300 bytes."""
    frames = []
    for _ in range(count):
        uuid = "".join(chance.choices("0123456789ABCDEFGHIJKLMNOPQRSTUV", k=32))
        conn = f"{chance.getrandbits(64):016x}"
        pairs = KVList({f"Key{i}": "v" * chance.randint(4, 24) for i in range(chance.randint(2, 8))})
        kind = chance.randrange(3)
        if kind == 0:
            event = EventCallCreated(
                call_uuid=uuid, conn_id=conn, call_type=TCallType.Inbound, ani=str(chance.randrange(10**9)), user_data=pairs
            )
        elif kind == 1:
            event = EventCallDataChanged(call_uuid=uuid, conn_id=conn, user_data=pairs)
        else:
            event = EventCallDeleted(call_uuid=uuid, conn_id=conn, cause=TCause.Transfer)
        frames.append(encode(event))
    return frames


class Connection:
    """A server's side: frames in, segments out."""

    def __init__(self, number: int, chance: random.Random) -> None:
        server, client = bytes((10, 1, number >> 8, number & 255)), bytes((10, 2, number >> 8, number & 255))
        self.ports = struct.pack(">HH", 3000, 30_000 + number)
        self.back = struct.pack(">HH", 30_000 + number, 3000)
        self.addresses, self.reverse = server + client, client + server
        self.seq = chance.getrandbits(32)
        self.ack = chance.getrandbits(32)
        self.waiting = b""

    def segment(self, data: bytes, flags: int = _ACK | _PSH, *, back: bool = False) -> bytes:
        """An Ethernet frame."""
        ports, addresses = (self.back, self.reverse) if back else (self.ports, self.addresses)
        seq, ack = (self.ack, self.seq) if back else (self.seq, self.ack)
        head = struct.pack(">BBHIBBH", 0x45, 0, 40 + len(data), 0x4000, 64, 6, 0) + addresses
        body = ports + struct.pack(">IIBBHI", seq, ack, 0x50, flags, 65_535, 0)
        if not back:
            self.seq = (self.seq + len(data) + bool(flags & (_SYN | _FIN))) & 0xFFFF_FFFF
        elif flags & (_SYN | _FIN):
            self.ack = (self.ack + 1) & 0xFFFF_FFFF
        return b"\x02\0\0\0\0\1\x02\0\0\0\0\2\x08\0" + head + body + data


def write(path: Path, size: int, *, seed: int = 1, connections: int = 20, ng: bool = False, single: bool = False) -> dict[str, int]:
    """Write a capture of about `size` bytes; gives what is in it."""
    chance = random.Random(seed)
    frames = pool(4000, chance)
    flows = [Connection(number, chance) for number in range(connections)]
    count = {"frames": 0, "packets": 0, "swapped": 0, "retransmitted": 0, "bytes": 0}
    time = 1_773_532_800_000_000
    held: dict[int, bytes] = {}  # a swapped segment, till the next one of its connection
    with path.open("wb") as file:
        if ng:
            file.write(struct.pack("<IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28) + struct.pack("<IIHHII", 1, 20, 1, 0, 0, 20))
        else:
            file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, 1))

        def put(packet: bytes) -> None:
            nonlocal time
            time += chance.randint(1, 40)
            if ng:
                padded = packet + b"\0" * (-len(packet) % 4)
                total = 32 + len(padded)
                record = struct.pack("<IIIIIII", 6, total, 0, time >> 32, time & 0xFFFF_FFFF, len(packet), len(packet)) + padded
                count["bytes"] += file.write(record + struct.pack("<I", total))
            else:
                seconds, part = divmod(time, 1_000_000)
                count["bytes"] += file.write(struct.pack("<IIII", seconds, part, len(packet), len(packet)) + packet)
            count["packets"] += 1

        for flow in flows:
            put(flow.segment(b"", _SYN, back=True))
            put(flow.segment(b"", _SYN | _ACK))
            put(flow.segment(b"", _ACK, back=True))

        def send(number: int, data: bytes) -> None:
            flow = flows[number]
            packet = flow.segment(data)
            lot = chance.random()
            if number in held:
                put(packet)
                put(held.pop(number))
            elif lot < 0.02:
                held[number] = packet
                count["swapped"] += 1
                return
            else:
                put(packet)
                if lot < 0.03:
                    put(packet)
                    count["retransmitted"] += 1
            if lot > 0.75:
                put(flow.segment(b"", _ACK, back=True))

        while count["bytes"] < size:
            number = chance.randrange(connections)
            flow = flows[number]
            few = 1 if single or chance.random() < 0.5 else chance.randint(2, 12)
            chosen = chance.choices(frames, k=few)
            count["frames"] += few
            data = flow.waiting + b"".join(chosen)
            flow.waiting = b""
            if few > 1:
                cut = max(len(data) - chance.randrange(40), 1)
                data, flow.waiting = data[:cut], data[cut:]
            for at in range(0, len(data), _MSS):
                send(number, data[at : at + _MSS])
        for number, flow in enumerate(flows):
            if flow.waiting:
                put(flow.segment(flow.waiting))
            if number in held:
                put(held.pop(number))
            put(flow.segment(b"", _FIN | _ACK))
            put(flow.segment(b"", _FIN | _ACK, back=True))
    return count


def size_of(text: str) -> int:
    """Bytes of a size such as 200M."""
    units = {"K": 10, "M": 20, "G": 30}
    return int(text[:-1]) << units[text[-1].upper()] if text[-1].upper() in units else int(text)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--size", type=size_of, default=200 << 20, help="such as 200M or 2G")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--connections", type=int, default=20)
    parser.add_argument("--pcapng", action="store_true", help="pcapng instead of pcap")
    parser.add_argument("--single", action="store_true", help="every frame a segment of its own")
    arguments = parser.parse_args()
    found = write(
        arguments.output,
        arguments.size,
        seed=arguments.seed,
        connections=arguments.connections,
        ng=arguments.pcapng,
        single=arguments.single,
    )
    print(", ".join(f"{value:,} {name}" for name, value in found.items()))


if __name__ == "__main__":
    main()
