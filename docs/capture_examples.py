"""One example for each error code of captures: a title, the bytes, and the settings to read them with.

Strategy: each is the smallest capture that raises the code: pcap, raw IP (link type 101), a client and a server on port 3000.
"""

import struct

from tlib_codec.formats.captures.model import CaptureSettings

_CLIENT, _SERVER = b"\x0a\0\0\1", b"\x0a\0\0\2"


def _packet(seq: int, data: bytes = b"", *, flags: int = 16, port: int = 40_000, fragment: int = 0, header: int = 5) -> bytes:
    """Return an IPv4 packet from the server."""
    head = struct.pack(">BBHHHBBH", 0x45, 0, 40 + len(data), 1, fragment, 64, 6, 0) + _SERVER + _CLIENT
    return head + struct.pack(">HHIIBBHI", 3000, port, seq, 1, header << 4, flags, 65_535, 0) + data


def _pcap(*packets: bytes, link: int = 101, longer: int = 0) -> bytes:
    """Return a pcap file of packets a millisecond apart; on the wire each was `longer` bytes longer."""
    records = [struct.pack("<IIII", 1_773_532_800, 1000 * i, len(p), len(p) + longer) + p for i, p in enumerate(packets)]
    return struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, link) + b"".join(records)


_PLAIN = CaptureSettings()
_ONE = _packet(1, b"TL")

CAPTURE_EXAMPLES: dict[str, tuple[str, bytes, CaptureSettings]] = {
    "capture-cut": ("a file that ends inside its last packet", _pcap(_ONE)[:-10], _PLAIN),
    "capture-record": ("a record with a length of 4 GiB", _pcap(_ONE) + b"\xff" * 16, _PLAIN),
    "capture-link": ("a capture of USB", _pcap(_ONE, link=189), _PLAIN),
    "capture-truncated": ("a packet cut after 42 bytes", _pcap(_packet(1, b"TL\x01\0")[:42], longer=2), _PLAIN),
    "capture-packet": ("a TCP header with a length of 8 bytes", _pcap(_packet(1, b"TL", header=2)), _PLAIN),
    "capture-fragment": ("the first fragment of a packet without the others", _pcap(_packet(1, b"TL\x01\0", fragment=0x2000)), _PLAIN),
    "capture-no-frames": ("a connection that carries HTTP", _pcap(_packet(1, b"GET / HTTP/1.1\r\n")), _PLAIN),
    "capture-no-connection": ("a connection of port 3000, read with `ports=(80,)`", _pcap(_packet(1, b"TL\x01\0")), _PLAIN),
    "capture-more-problems": (
        "two TCP headers with a length of 8 bytes, with `CaptureSettings(problems=1)`",
        _pcap(*[_packet(1, header=2)] * 2),
        CaptureSettings(problems=1),
    ),
    "tcp-conflict": ("a retransmission with other bytes", _pcap(_packet(1, b"TL\x01\0"), _packet(1, b"TL\x02\0")), _PLAIN),
    "tcp-evicted": (
        "two connections at once, with `CaptureSettings(connections=1)`",
        _pcap(_ONE, _packet(1, b"TL", port=40_001)),
        CaptureSettings(connections=1),
    ),
}
