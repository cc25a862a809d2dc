"""The complaints about runs of invalid frames, without an object an event.

Strategy: the errors of a frame are worded once a signature (`wording`), and the place of each frame stands in the columns of the run. A
frame that needs words of its own is decoded.
"""

from __future__ import annotations

from collections.abc import Iterator

from tlib_codec.native import extension
from tlib_codec.records import Batch, Frames, errors_of
from tlib_schemas.events import InvalidEvent
from tlib_schemas.limits import Limits
from tlib_schemas.registry import Registry

from .wording import wording_of


class Complaints:
    """Words the complaints about the frames of a registry as `Record.complaint` does."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._core = extension("text")
        self._words = None if self._core is None else self._core.Words(registry, wording_of(_errors))

    def of(self, frames: Frames, limits: Limits) -> Iterator[str]:
        """Yield the complaint about each frame of a run, all of which are invalid."""
        assert self._core is not None, "only a writer in C yields runs of frames"
        worded = self._core.WordedFrames(self._words, frames, limits)
        for place, origin in enumerate(frames.origins()):
            text = worded.text(place)
            if text is not None:
                yield f"{origin.place}: {text.decode('utf-8', 'surrogateescape')}"
            else:
                for entry in Batch([frames.select([place])], registry=self._registry, limits=limits):
                    yield entry.complaint()


def _errors(item: InvalidEvent) -> bytes:
    return errors_of(item).encode("utf-8", "surrogateescape")
