"""A toy parser with three mistakes and its harness for `tlib fuzz run`; docs/fuzzing.md finds them.

It knows the frame's layout but no tables, so it is tested with --lenient.
"""

import struct
import sys


class Refused(Exception):
    """The frame is wrong; the text is an error code."""


def parse(frame: bytes) -> dict[int, object]:
    """Return the attributes of a frame by id."""
    if frame[:2] != b"TL"[: len(frame)]:
        raise Refused("bad-magic")
    if frame[2:3] not in (b"", b"\x01"):
        raise Refused("bad-version")
    if frame[3:4] not in (b"", b"\x00"):
        raise Refused("bad-flags")
    if len(frame) < 10:
        raise Refused("truncated-header")
    (length,) = struct.unpack(">I", frame[6:10])
    if length > 16 << 20:
        raise Refused("frame-too-long")
    if len(frame) != 10 + length:
        raise Refused("truncated-frame" if len(frame) < 10 + length else "trailing-bytes")
    attributes = {}
    at = 10
    while at < len(frame):
        if len(frame) - at < 6:
            raise Refused("attribute-header")
        number, word = struct.unpack(">HI", frame[at : at + 6])
        kind, value = word >> 24, frame[at + 6 : at + 6 + (word & 0xFFFFFF)]
        if len(value) < word & 0xFFFFFF:
            raise Refused("attribute-overrun")
        attributes[number] = parse_value(kind, value)
        at += 6 + len(value)
    return attributes


def parse_value(kind: int, value: bytes) -> object:
    """Return a number, a list, or the bytes."""
    if kind in (1, 6) and len(value) != {1: 4, 6: 8}[kind]:
        raise Refused("int-length" if kind == 1 else "long-length")
    return int.from_bytes(value, "big") if kind in (1, 6) else parse_list(value) if kind == 3 else value


def parse_list(data: bytes, depth: int = 1) -> list[tuple[bytes, object]]:
    """Return the pairs of a packed list."""
    if len(data) < 2:
        raise Refused("list-header")
    pairs = []
    at = 2
    for _ in range(int.from_bytes(data[:2], "big")):
        if len(data) - at < 5:
            raise Refused("pair-header")
        kind, key_length, value_length = struct.unpack(">BHH", data[at : at + 5])
        key = data[at + 5 : at + 5 + key_length]
        value = data[at + 5 + key_length : at + 5 + key_length + value_length]
        at += 5 + key_length + value_length
        if at > len(data):
            raise Refused("pair-overrun")
        if kind == 1:
            (value,) = struct.unpack(">i", value)
        elif kind == 3:
            if depth == 32:
                raise Refused("list-too-deep")
            if len(value) < 2 or int.from_bytes(value[:2], "big") != len(value) - 2:
                raise Refused("list-length")
            value = parse_list(value[2:], depth + 1)
        elif kind == 4:
            value = value.decode("utf-8", "replace")
        elif kind > 4:
            raise Refused("pair-type")
        pairs.append((key, value))
    if at != len(data):
        raise Refused("list-trailing")
    return pairs


def main() -> None:
    """Answer each frame, as the harness of `tlib fuzz new python` does."""
    while head := sys.stdin.buffer.read(4):
        frame = sys.stdin.buffer.read(int.from_bytes(head, "big"))
        try:
            parse(frame)
            print("accept", flush=True)
        except Refused as refused:
            print("reject", refused, flush=True)


if __name__ == "__main__":
    main()
