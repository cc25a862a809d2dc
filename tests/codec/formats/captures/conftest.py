"""The capture decoder with both kinds of lanes: in Python, and in C with its walk."""

from __future__ import annotations

import importlib.util

import pytest

from tlib_codec.formats.captures import lanes
from tlib_codec.formats.captures.decoder import CaptureDecoder
from tlib_codec.records import Batch


@pytest.fixture(params=["python", "c"])
def decode(request):
    """Decode a capture given as bytes, fed in pieces of `piece` bytes, and return its records and diagnostics."""
    kind = lanes.Lanes
    if request.param == "c":
        if importlib.util.find_spec("tlib_codec.native.capture") is None:
            pytest.skip("the walk is not built: no C compiler was found")
        from tlib_codec.native.capture import Lanes as kind

    def call(data, *, piece=1 << 20, **options):
        decoder = CaptureDecoder(lanes=kind, **options)
        entries = []
        for at in range(0, len(data), piece):
            decoder.feed(data[at : at + piece])
            entries += Batch(decoder.items())
        decoder.close()
        entries += Batch(decoder.items())
        assert decoder.items() == []
        return entries

    return call
