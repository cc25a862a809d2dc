"""Verdicts on runs of frames."""

from array import array

import pytest

from tlib_codec import native
from tlib_codec.formats import verdicts as module
from tlib_codec.formats.verdicts import verdicts
from tlib_codec.records import Batch, Frames

FRAME = bytes.fromhex("544c0100003c00000000")  # EventRinging
FRAMES = Frames(data=FRAME, bounds=array("Q", [0, len(FRAME)]).tobytes())


def test_there_are_no_verdicts_without_the_extension(monkeypatch):
    monkeypatch.setattr(module, "extension", lambda _: None)
    assert verdicts(FRAMES, Batch([FRAMES])) is None


@pytest.mark.skipif(native.extension("batches") is None, reason="the native engine is not built")
def test_a_valid_frame_has_the_verdict_0():
    assert verdicts(FRAMES, Batch([FRAMES])) == b"\0"
