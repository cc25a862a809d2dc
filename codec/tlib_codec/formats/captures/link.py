"""From a captured packet to the IP packet in it, by link type.

Numbers: the LINKTYPE_ registry of tcpdump.org.
"""

from __future__ import annotations

IPV4, IPV6 = 0x0800, 0x86DD
_TAGS = frozenset({0x8100, 0x88A8, 0x9100, 0x9200, 0x9300})  # 802.1Q, 802.1ad, and QinQ before it
_MOST_TAGS = 8
_LOOPBACK = {2: IPV4, 10: IPV6, 23: IPV6, 24: IPV6, 28: IPV6, 30: IPV6}  # AF_INET and every system's AF_INET6
NULL, ETHERNET, RAW_BSD, RAW_OPENBSD, RAW, LOOP, SLL, RAW4, RAW6, SLL2 = 0, 1, 12, 14, 101, 108, 113, 228, 229, 276
SUPPORTED = frozenset({NULL, ETHERNET, RAW_BSD, RAW_OPENBSD, RAW, LOOP, SLL, RAW4, RAW6, SLL2})
_SNAP = b"\xaa\xaa\x03\x00\x00\x00"


def network(link: int, data: bytes) -> tuple[int, int]:
    """Return the EtherType of a packet's content and the place where it begins; type 0 where it is unknown or cut short."""
    if link == ETHERNET:
        at = 14
        kind = int.from_bytes(data[12:14])
        if kind <= 1500 and data[14:20] == _SNAP:
            kind, at = int.from_bytes(data[20:22]), 22
    elif link == SLL:
        kind, at = int.from_bytes(data[14:16]), 16
    elif link == SLL2:
        kind, at = int.from_bytes(data[0:2]), 20
    elif link in {NULL, LOOP}:
        # in the order of the machine that captured, which need not be the file's
        family = int.from_bytes(data[:4], "little")
        return _LOOPBACK.get(family if family <= 0xFFFF else int.from_bytes(data[:4]), 0), 4
    elif link in SUPPORTED:
        return {4: IPV4, 6: IPV6}.get(data[0] >> 4 if data else 0, 0), 0
    else:
        return 0, 0
    for _ in range(_MOST_TAGS):
        if kind not in _TAGS:
            break
        kind = int.from_bytes(data[at + 2 : at + 4])
        at += 4
    return (kind, at) if kind in {IPV4, IPV6} else (0, 0)
