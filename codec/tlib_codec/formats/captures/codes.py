"""The error codes that reading a capture raises."""

from __future__ import annotations

from tlib_schemas.errors import register_codes

_CUT = "The packets before the end are read; end the capture before you copy it, or give the rest of it."
_TORN = "Look at the packet there; where many packets are wrong, the file or the way of capturing is damaged."
_LIMIT = "Raise the limit (`CaptureSettings`), or choose connections by port or host."
_NOT_OURS = (
    "The packets of a T-Server itself cannot be decoded: the vendor's transport encoding is not public, and frames are a format of this "
    "project (docs/wire-format.md). Read the T-Server's log instead: tlib decode tserver.log. "
    "To see which connections there are: tlib connections FILE; an encrypted one (TLS) cannot be read."
)

register_codes(
    (
        ("capture-cut", "The capture ends inside a record, or its compressed data do.", _CUT),
        ("capture-record", "A record of the capture has an impossible length or type; reading goes on at the next possible one.", _TORN),
        (
            "capture-link",
            "Packets have a link type that is not read; they are skipped.",
            "Capture on an interface of another type, or convert it.",
        ),
        ("capture-truncated", "Fewer bytes of a packet were captured than it had.", "Capture with a larger snaplen: tcpdump -s 0."),
        ("capture-packet", "A header of a packet has an impossible length or version; the packet is skipped.", _TORN),
        (
            "capture-fragment",
            "An IP packet's fragments are incomplete; it is skipped.",
            "Check whether the capture dropped packets: tcpdump says so at its end.",
        ),
        ("capture-no-frames", "No TCP connection of the capture carries frames.", _NOT_OURS),
        (
            "capture-no-connection",
            "No TCP connection of the capture has the chosen port and host.",
            "List the connections: tlib connections FILE.",
        ),
        ("capture-more-problems", "A capture has more problems of a kind than the limit; the rest are only counted.", _LIMIT),
        ("tcp-conflict", "A segment repeats bytes with other contents; the first ones count.", _TORN),
        ("tcp-evicted", "A connection was dropped to stay within the limits; later segments are read as a new one.", _LIMIT),
    )
)
