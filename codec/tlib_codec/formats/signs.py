"""The first bytes by which files are recognised that need more than this to be read.

Strategy: apart from their readers, so that recognising a file loads none of them.
"""

CAPTURES = {b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\xc3\xd4", b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\x3c\x4d", b"\x0a\x0d\x0d\x0a"}
"""pcap in both byte orders and with micro- or nanoseconds; pcapng."""

COMPRESSED = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}


class CompressionError(OSError):
    """The compressed data are damaged or cut, or what reads them is not installed."""
