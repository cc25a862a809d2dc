"""A harness that is one of our own engines: `python engines.py reference`, or `native`."""

import importlib
import sys

from tlib_codec import DecodeError, SchemaViolation
from tlib_codec.formats import jsonl


def main(engine):
    decode = importlib.import_module({"native": "tlib_codec.native.engine", "reference": "tlib_codec.reference"}[engine]).decode
    source, answers = sys.stdin.buffer, sys.stdout.buffer
    while head := source.read(4):
        try:
            answers.write(b"accept " + jsonl.dumps(decode(source.read(int.from_bytes(head, "big")))) + b"\n")
        except (DecodeError, SchemaViolation) as error:
            answers.write(b"reject " + error.code.encode() + b"\n")
        answers.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
