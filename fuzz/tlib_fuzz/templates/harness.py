"""A harness: calls a parser and answers `tlib fuzz run`.

    tlib fuzz run --target "python3 harness.py"

The standard input has frames, each after its length (4 bytes, big-endian). For each frame, write one line
to the standard output, in the same order: "accept", "accept JSON", "reject", "reject CODE" or "skip".
Print nothing else there; the standard error is free.
"""

import sys


class Refused(Exception):
    """The frame is wrong; the text is an error code, or empty."""


def parse(frame: bytes) -> str:
    """Put the call of your parser here: return its JSON as one line, or "", or raise Refused."""
    for at, byte in enumerate(frame[:4]):
        if byte != b"TL\x01\x00"[at]:
            raise Refused(("bad-magic", "bad-magic", "bad-version", "bad-flags")[at])
    if len(frame) < 10:
        raise Refused("truncated-header")
    length = int.from_bytes(frame[6:10], "big")
    if length > 16 << 20:
        raise Refused("frame-too-long")
    if len(frame) < 10 + length:
        raise Refused("truncated-frame")
    if len(frame) > 10 + length:
        raise Refused("trailing-bytes")
    return ""


def main() -> None:
    source, answers = sys.stdin.buffer, sys.stdout
    while head := source.read(4):
        frame = source.read(int.from_bytes(head, "big"))
        try:
            answers.write(f"accept {parse(frame)}".strip() + "\n")
        except Refused as refused:
            answers.write(f"reject {refused}".strip() + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
