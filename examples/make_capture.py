"""Make calls.pcapng: the frames of calls.tlb as a T-Server sent them to its client, one packet late, one twice.

Run it: python examples/make_capture.py
"""

from __future__ import annotations

import struct
from pathlib import Path

from tlib_codec import StreamDecoder

HERE = Path(__file__).parent
FIN, SYN, PSH, ACK = 1, 2, 8, 16
CLIENT, SERVER = (b"\x0a\x33\x07\x19", 41_532), (b"\x0a\x33\x07\x14", 5001)
START = 1_773_524_282_000_000  # microseconds


def checksum(data: bytes) -> int:
    """The Internet checksum."""
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def packet(src: tuple[bytes, int], dst: tuple[bytes, int], seq: int, ack: int, flags: int, data: bytes = b"") -> bytes:
    """An Ethernet frame."""
    body = struct.pack(">HHIIBBHHH", src[1], dst[1], seq & 0xFFFF_FFFF, ack & 0xFFFF_FFFF, 0x50, flags, 64_240, 0, 0) + data
    total = checksum(src[0] + dst[0] + struct.pack(">HH", 6, len(body)) + body)
    body = body[:16] + struct.pack(">H", total) + body[18:]
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(body), seq & 0xFFFF, 0x4000, 64, 6, 0) + src[0] + dst[0]
    head = head[:10] + struct.pack(">H", checksum(head)) + head[12:]
    return b"\x02\0\0\x33\x07\x19\x02\0\0\x33\x07\x14\x08\0" + head + body


def block(kind: int, body: bytes) -> bytes:
    """A block of pcapng."""
    body += b"\0" * (-len(body) % 4)
    return struct.pack("<II", kind, len(body) + 12) + body + struct.pack("<I", len(body) + 12)


def conversation(frames: list[bytes]) -> list[bytes]:
    """The packets: the server's sequence numbers pass 2**32 on the way."""
    mine, theirs = 0x5A10_2200, 0xFFFF_F000
    packets = [
        packet(CLIENT, SERVER, mine, 0, SYN),
        packet(SERVER, CLIENT, theirs, mine + 1, SYN | ACK),
        packet(CLIENT, SERVER, mine + 1, theirs + 1, ACK),
    ]
    theirs += 1
    late: bytes | None = None
    for number, data in enumerate(frames):
        sent = packet(SERVER, CLIENT, theirs, mine + 1, PSH | ACK, data)
        theirs += len(data)
        if number == 5:
            late = sent  # the next one overtakes it
            continue
        packets.append(sent)
        if late is not None:
            packets.append(late)
            late = None
        if number == 20:
            packets.append(sent)  # once more: its acknowledgment was lost
        if number % 4 == 3:
            packets.append(packet(CLIENT, SERVER, mine + 1, theirs, ACK))
    packets.append(packet(SERVER, CLIENT, theirs, mine + 1, FIN | ACK))
    packets.append(packet(CLIENT, SERVER, mine + 1, theirs + 1, FIN | ACK))
    return packets


def main() -> None:
    """Write the file."""
    decoder = StreamDecoder()
    decoder.feed((HERE / "calls.tlb").read_bytes())
    frames = [decoder.data for _ in decoder]
    blocks = [block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)), block(1, struct.pack("<HHI", 1, 0, 0))]
    for number, data in enumerate(conversation(frames)):
        time = START + number * 1_370_000
        head = struct.pack("<IIIII", 0, time >> 32, time & 0xFFFF_FFFF, len(data), len(data))
        blocks.append(block(6, head + data))
    (HERE / "calls.pcapng").write_bytes(b"".join(blocks))


if __name__ == "__main__":
    main()
