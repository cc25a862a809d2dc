"""Events as a TCP conversation in a pcap or pcapng file: the writer of ``--to pcap``."""

from __future__ import annotations

from typing import BinaryIO

from tlib_codec.engine import encode
from tlib_codec.formats.captures.conversation import Conversations, Pcap, Pcapng
from tlib_codec.reference import Policy
from tlib_codec.stream import Gap
from tlib_schemas.registry import Registry

from .inputs import Found, Problem
from .output import Untold
from .select import clock


class Packets:
    """Each item's frame in segments of the conversation it came in, at its time."""

    def __init__(self, file: BinaryIO, registry: Registry, target: str) -> None:
        self._file = file
        self._registry = registry
        self._conversations = Conversations((Pcapng if target == "pcapng" else Pcap)(file))
        self._time = clock(registry)
        self._untold = Untold()

    def write(self, found: Found) -> str:
        """Send the item's frame; a gap or a broken frame is none. Raises EncodeError."""
        item = found.item
        if isinstance(item, Gap):
            return ""  # already complained of
        data = found.data or encode(item, registry=self._registry, policy=Policy.LENIENT)
        src, dst = (str(found.source.get(key, "")) for key in ("src", "dst"))
        self._conversations.send(data, time=self._time(found), src=src, dst=dst)
        return self._untold.note(found)

    def problem(self, problem: Problem) -> None:
        """A problem is no frame."""

    def flush(self) -> None:
        """Let everything written so far be seen."""
        self._file.flush()

    def close(self) -> None:
        """End the conversations."""
        self._conversations.close()
