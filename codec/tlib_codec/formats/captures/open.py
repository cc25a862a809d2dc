"""Read a capture from a source: batches as its packets complete them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Unpack

from tlib_codec.formats.compression import CompressionError
from tlib_codec.formats.source import CHUNK, Source
from tlib_codec.records import Batch, Diagnostic, Origin

from .decoder import CaptureDecoder
from .tcp import Options


def read_capture(source: Source, **options: Unpack[Options]) -> Iterator[Batch]:
    """Yield the content of a capture in batches, each the frames that one read completed. The options are those of `Reassembler`.

    Compressed data that end too early or are damaged give a diagnostic; InputError is for a file that cannot be read.
    """
    options["file"] = source.name
    decoder = CaptureDecoder(**options)
    while True:
        try:
            data = source.read(CHUNK)
        except CompressionError as error:
            origin = Origin(file=source.name, offset=decoder.offset)
            cut = Diagnostic("capture-cut", origin, "compressed data up to the end", str(error))
            yield Batch([cut], registry=decoder.registry)
            break
        if not data:
            break
        decoder.feed(data)
        yield Batch(decoder.items(), registry=decoder.registry)
    decoder.close()
    for parts in decoder.parts():
        yield Batch(parts, registry=decoder.registry)
