"""A persistent target: a process or connection that answers many frames and is restarted when it dies.

Strategy: a batch is written ahead, so dozens of frames cost one turn of the loop. A target that dies, hangs or exceeds its memory
limit is restarted and gets the unanswered frames one by one, which identifies the frame that did it. If none repeats it, the
first unanswered frame stands for it, and the outcome says so. With too few or too many replies the order relates no reply to its
frame, so the earlier frames are sent again too, and a reply that changed shows the fault.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Protocol

import msgspec

from . import protocol
from .channel import Channel, Ended
from .crashes import ended as in_words
from .crashes import last_line, signature
from .protocol import Outcome, Settings, TargetError, Verdict

NOT_ALONE: Final = "but not when the frames are sent one by one"
UNSURE: Final = "frames not answered"
MISSING: Final = "fewer replies than frames"


class Peer(Protocol):
    """One run of a target that speaks the protocol: a process or a connection."""

    channel: Channel

    def rest(self) -> None:
        """Take its present memory as its memory at rest."""

    def excess(self) -> int:
        """Return the MiB above rest of its peak where they exceed the limit, else 0."""

    def kill(self) -> None:
        """Kill it."""

    def end(self) -> int | None:
        """Wait for its end and return its status, None where it has none."""


class Persistent:
    """A target that speaks the protocol; `begin` starts a peer."""

    def __init__(self, begin: Callable[[], Peer], settings: Settings) -> None:
        self._begin = begin
        self._settings = settings
        self._peer: Peer | None = None
        self._gone: TargetError | None = None

    def run(self, frames: Sequence[bytes]) -> list[Outcome]:
        """Return an outcome for each frame, in order; fewer where the target did not restart. Raises TargetError."""
        if self._gone is not None:
            raise self._gone
        outcomes: list[Outcome] = []
        while len(outcomes) < len(frames):
            answers, fault = self._ask(frames[len(outcomes) :])
            if fault is not None and len(frames) == 1:
                return [fault]
            doubted: list[Outcome] = []
            if fault is not None and fault.verdict is Verdict.HANG:
                answers, doubted = doubted, answers
            outcomes += answers
            if fault is not None:
                try:
                    outcomes += self._blame(frames[len(outcomes) :], fault, doubted)
                except TargetError as error:
                    self._gone = error
                    outcomes += doubted
                    return [*outcomes, _unsure(fault, len(frames) - len(outcomes))]
        return outcomes

    def _blame(self, suspects: Sequence[bytes], fault: Outcome, doubted: Sequence[Outcome]) -> list[Outcome]:
        """Send `suspects` one by one up to the frame that repeats the fault; `doubted` are the earlier outcomes of the first ones."""
        outcomes: list[Outcome] = []
        for frame in suspects:
            answers, own = self._ask((frame,))
            outcomes += answers
            if own is not None:
                return [*outcomes, own]
        if outcomes[: len(doubted)] != list(doubted):  # a reply was missing, and the later ones moved up
            fault = Outcome(Verdict.GARBLED, signature=MISSING)
        first = len(doubted) if fault.verdict is Verdict.HANG else 0
        outcomes[first] = msgspec.structs.replace(fault, signature=f"{fault.signature}, {NOT_ALONE}")
        return outcomes

    def _ask(self, frames: Sequence[bytes]) -> tuple[list[Outcome], Outcome | None]:
        """Return the outcomes of the answered frames, and the fault that prevented the others."""
        peer = self._peer or self._start()
        lines, ended = peer.channel.exchange(b"".join(map(protocol.pack, frames)), len(frames), self._settings.timeout)
        outcomes = [protocol.outcome(line) for line in lines if ended is not Ended.SURPLUS]
        garbled = next((index for index, outcome in enumerate(outcomes) if outcome.verdict is Verdict.GARBLED), None)
        if garbled is not None:  # no later reply can be related to its frame
            return outcomes[:garbled], self._stopped(peer, outcomes[garbled])
        if ended is not None:
            return outcomes, self._fault(peer, ended)
        excess = peer.excess()
        if excess:  # the frame is not known yet
            return [], self._stopped(peer, Outcome(Verdict.MEMORY, signature=f"{excess} MiB more than at rest"))
        return outcomes, None

    def _fault(self, peer: Peer, ended: Ended) -> Outcome:
        if ended is Ended.CLOSED:
            self._peer = None
            status = peer.end()
            return Outcome(Verdict.CRASH, signature=signature(peer.channel.trace, status), trace=peer.channel.trace)
        late = f"no reply in {self._settings.timeout:g} s"
        outcome = {
            Ended.STOPPED: Outcome(Verdict.MEMORY, signature=f"more than {self._settings.memory} MiB more than at rest"),
            Ended.LATE: Outcome(Verdict.HANG, signature=late, trace=peer.channel.trace),
        }.get(ended, Outcome(Verdict.GARBLED, signature=ended.value))
        return self._stopped(peer, outcome)

    def _stopped(self, peer: Peer, outcome: Outcome) -> Outcome:
        self._peer = None
        peer.kill()
        peer.end()
        return outcome

    def _start(self) -> Peer:
        peer = self._begin()
        lines, ended = peer.channel.exchange(protocol.pack(protocol.WARM_UP), 1, protocol.START)
        if ended is None and protocol.outcome(lines[0]).verdict is not Verdict.GARBLED:
            peer.rest()
            self._peer = peer
            return peer
        if ended is not Ended.CLOSED:
            peer.kill()
        status = peer.end()
        raise TargetError(_no_start(lines, ended, status, peer.channel.trace))

    def close(self) -> None:
        """End the peer."""
        if self._peer is not None:
            peer, self._peer = self._peer, None
            peer.end()


def _unsure(fault: Outcome, suspects: int) -> Outcome:
    """Return `fault` with a note that another frame may have caused it: a connection that breaks loses its replies."""
    if suspects == 1:
        return fault
    return msgspec.structs.replace(fault, signature=f"{fault.signature}, of this or another of the {suspects} {UNSURE}")


def _no_start(lines: Sequence[bytes], ended: Ended | None, status: int | None, trace: str) -> str:
    if lines:
        shown = lines[0][:60].decode("utf-8", "replace")
        return f"the target's first line is {shown!r}, but accept or reject is expected; print nothing else to the standard output"
    if ended is Ended.LATE:
        return (
            f"the target does not answer a first frame within {protocol.START:g} s: let it speak the protocol and flush each line "
            "(tlib fuzz new writes a harness that does; --mode process needs no protocol)"
        )
    how = "the connection was closed" if status is None else f"the target ended ({in_words(status)})"
    return f"{how} before it answered a first frame{last_line(trace)}"
