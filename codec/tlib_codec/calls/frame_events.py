"""Events of calls out of runs of frames, without decoding what call tracking does not read.

Strategy: most of a frame is of no use here. The native core indexes each frame, follows numbers and times, and stops at nothing that
names no call; of the others it makes an `Event` with the attributes that the tracker reads, and those of the call where its call-based
events do not give them. A frame that the core is not sure of is decoded, and taken as a record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from tlib_codec.formats.jsonl.writer import flow_members, members
from tlib_codec.native import extension
from tlib_codec.records import Flow, Frames, Origin, Record
from tlib_schemas.enumerations import AttributeID
from tlib_schemas.kinds import Identifies, Kind
from tlib_schemas.limits import Limits
from tlib_schemas.registry import Registry

from .connection import Connection, Connections
from .linking import ELSEWHERE
from .messages import BACK_IN_STEP, CALL_BASED, FRESH_START, RELEASED
from .open_call import Event
from .open_calls import OpenCalls
from .party_events import EFFECTS, READ
from .plain import Lines, plain

if TYPE_CHECKING:
    from tlib_codec.native.calls import PlainCall

    from .follow import Followed

QUIET, NAMED, PARTY, EVERY = range(4)
"""The ways to take a message: it tells of no call; it does where it names one; it is of a party; all its attributes count."""
_TIME: Final = {AttributeID.TimeinSecs: Kind.UINT, AttributeID.TimeinuSecs: Kind.UINT, AttributeID.EventSequenceNumber: Kind.LONG}
_NAMES: Final = (Identifies.CALL, Identifies.CONNECTION, Identifies.PARTY, Identifies.OTHER_PARTY)


class FrameEvents:
    """Takes runs of frames for a tracker, whose parts it is given."""

    def __init__(
        self,
        registry: Registry,
        limits: Limits,
        calls: OpenCalls,
        connections: Connections,
        count: Callable[[int, int], None],
        arrive: Callable[[Event, Any], list[Followed]],
        over: Callable[[], list[Followed]],
        follow: Callable[[Event], Sequence[Followed]],
        *,
        history: bool,
    ) -> None:
        self.limits: Limits = limits
        self._registry = registry
        self._connections = connections
        native = extension("calls")
        self._native: Any = None
        if native is not None and _usual(registry):
            self._native = native
            self._reader = native.EventReader(
                registry, limits, _ways(registry), _read(registry), [tuple(map(int, _TIME)), *map(registry.identifying, _NAMES)],
                Event, calls, count, arrive, over, follow, _members, plain(registry, calls.limits), Lines, history,
            )  # fmt: skip

    def of(self, frames: Frames, start: int, *, lines: bool) -> Iterator[Followed | Record | Lines]:
        """Take the frames from `start` on; yield what the tracker gives for them, with `lines` some calls as lines.

        A record that it yields is not taken yet: the core is not sure of its frame.
        """
        if self._native is None or not self._connections.hold(len(frames.flow_table) + 1):
            yield from islice(frames.records(self._registry, self.limits), start, None)
            return

        def connect(place: int) -> tuple[Connection, Origin]:
            origin = frames.origin(place)
            return self._connections.of(origin), origin

        self._reader.take(frames, connect, lines)
        while start < len(frames):
            start, found = self._reader.run(start)
            if found is None:
                yield next(frames.select([start]).records(self._registry, self.limits))
                start += 1
            else:
                yield from found
        for origin in self._reader.origins():
            self._connections.of(origin)

    def events(self, one: PlainCall) -> list[Event]:
        """Return the noted events of a plain call."""
        made: list[Event] = self._reader.events(one)
        return made


def _members(file: str, flow: Flow) -> tuple[bytes, bytes]:
    """Return the members of ``$source`` that a file and a flow give."""
    return members(Origin(file=file)), flow_members(flow)


def _usual(registry: Registry) -> bool:
    """Return whether the registry declares times, numbers and names as the core reads them."""
    kinds = {i: None if a.value is None or not a.value.standard else a.value.kind for i, a in registry.dictionary.items()}
    names = (i for thing in _NAMES for i in registry.identifying(thing))
    return all(kinds.get(i) is kind for i, kind in _TIME.items()) and all(kinds[i] in (Kind.TEXT, Kind.HEX) for i in names)


def _ways(registry: Registry) -> bytes:
    """Return the way to take each message."""
    ways = bytearray(1 << 16)
    for name, message in registry.messages.items():
        if name.startswith("Event"):
            ways[message] = NAMED
    for effective in EFFECTS:
        ways[int(effective)] = PARTY
    for message in CALL_BASED | FRESH_START | BACK_IN_STEP | {RELEASED}:
        ways[message] = EVERY
    return bytes(ways)


def _read(registry: Registry) -> dict[int, bool]:
    """Return the attributes that tracking reads: True where it reads them of every event of a party, False where of a call's attributes."""
    linking = (Identifies.ORIGINAL_CALL, Identifies.LINKED_CALLS)
    always = {*READ, *ELSEWHERE, *registry.identifying(*linking)}
    controlling = registry.identifying(Identifies.CONTROLLING_PARTY)
    return {i: i in always for i, a in registry.dictionary.items() if i in always or i in controlling or not a.of_event}
