"""Files redacted in memory as ``tlib redact`` does by default, by format."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import Final

from tlib_codec.formats import ReadOptions, readable
from tlib_codec.formats.jsonl.writer import line_of
from tlib_codec.formats.source import Source
from tlib_codec.records import Batch, Diagnostic, Frames
from tlib_codec.redact import CaptureRedactor, LogRedactor, Redactor
from tlib_codec.redact.frames import FrameRedactor
from tlib_codec.redact.records import safe_record
from tlib_codec.stream import Gap
from tlib_schemas.errors import EncodeError
from tlib_schemas.registry import Registry


def _batches(data: bytes, name: str, registry: Registry) -> list[Batch]:
    read = readable()[name].read
    assert read is not None
    return list(read(Source(io.BytesIO(data)), ReadOptions(registry=registry)))


def frames(data: bytes, key: bytes, registry: Registry) -> bytes:
    """Return the frames made safe, natively, and those that the native step leaves."""
    redactor = Redactor(key, registry=registry)
    runs = FrameRedactor(redactor)
    parts = []
    for batch in _batches(data, "frames", registry):
        for part in batch.parts:
            if not isinstance(part, Frames):
                continue
            safe, left = runs.replaced(part, batch.limits)
            bounds = memoryview(part.bounds).cast("Q")
            places = set(left)
            for place, record in enumerate(part.records(registry, batch.limits)):
                if place not in places:
                    parts.append(safe[bounds[place] : bounds[place + 1]])
                elif not isinstance(record.item, Gap):
                    try:
                        parts.append(redactor.frame(record.item))
                    except EncodeError:
                        continue
    return b"".join(parts)


def lines(data: bytes, key: bytes, registry: Registry) -> bytes:
    """Return the lines of JSON made safe."""
    redactor = Redactor(key, registry=registry)
    parts = []
    for batch in _batches(data, "jsonl", registry):
        for entry in batch:
            if isinstance(entry, Diagnostic) or isinstance(entry.item, Gap):
                continue
            parts.append(line_of(safe_record(redactor, entry), registry))
    return b"".join(parts)


def log(data: bytes, key: bytes, registry: Registry) -> bytes:
    """Return the log made safe."""
    return b"".join(LogRedactor(Redactor(key, registry=registry)).lines(io.BytesIO(data), name="a.log"))


def capture(data: bytes, key: bytes, registry: Registry) -> bytes:
    """Return the capture made safe."""
    pieces = CaptureRedactor(Redactor(key, registry=registry)).records(Source(io.BytesIO(data)))
    return b"".join(piece for piece in pieces if isinstance(piece, bytes))


REDACT: Final[Mapping[str, Callable[[bytes, bytes, Registry], bytes]]] = {
    "frames": frames,
    "jsonl": lines,
    "log": log,
    "capture": capture,
}
