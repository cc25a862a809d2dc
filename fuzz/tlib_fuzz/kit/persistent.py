"""A target that speaks the protocol: written ahead, read in step, started anew when it dies.

Strategy: a batch is written ahead, so a living target costs one turn of the loop for dozens of
frames. One that dies, hangs or swells under a batch is started anew and gets the frames not yet
answered one by one, so that the one to blame is beyond doubt. If none repeats it, the first that got no
answer stands for it, and says so. Where there are too few replies, or too many, nobody knows which reply is
whose, so those before are asked for again, too: what they were the first time shows what was amiss.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Protocol

import msgspec

from . import protocol
from .channel import Channel, Ended
from .crashes import ended as in_words
from .crashes import last_line, sign
from .protocol import Outcome, Settings, TargetError, Verdict

NOT_ALONE: Final = "but not when the frames are sent one by one"
UNSURE: Final = "frames not answered"
FEWER: Final = "fewer replies than frames"


class Peer(Protocol):
    """One life of a target that speaks the protocol: a program, or a connection."""

    channel: Channel

    def rest(self) -> None:
        """What it takes now is what it needs to live."""

    def swelled(self) -> int:
        """By how many MiB its memory went over the limit."""

    def kill(self) -> None:
        """End it at once."""

    def end(self) -> int | None:
        """Wait for its end and give its status, None where it has none."""


class Speaking:
    """A target that speaks the protocol; `begin` starts a life of it."""

    def __init__(self, begin: Callable[[], Peer], settings: Settings) -> None:
        self._begin = begin
        self._settings = settings
        self._peer: Peer | None = None
        self._gone: TargetError | None = None

    def run(self, frames: Sequence[bytes]) -> list[Outcome]:
        """As `Target.run`."""
        if self._gone is not None:
            raise self._gone
        found: list[Outcome] = []
        while len(found) < len(frames):
            answers, fault = self._ask(frames[len(found) :])
            if fault is not None and len(frames) == 1:
                return [fault]
            doubted: list[Outcome] = []
            if fault is not None and fault.verdict is Verdict.HANG:
                answers, doubted = doubted, answers
            found += answers
            if fault is not None:
                try:
                    found += self._blame(frames[len(found) :], fault, doubted)
                except TargetError as error:
                    self._gone = error
                    found += doubted
                    return [*found, _unsure(fault, len(frames) - len(found))]
        return found

    def _blame(self, suspects: Sequence[bytes], fault: Outcome, doubted: Sequence[Outcome]) -> list[Outcome]:
        """The outcomes of `suspects`, sent one by one, as far as the one that does it again; `doubted` is what the first ones were."""
        found: list[Outcome] = []
        for frame in suspects:
            answers, own = self._ask((frame,))
            found += answers
            if own is not None:
                return [*found, own]
        if found[: len(doubted)] != list(doubted):  # a reply was left out, and those behind it moved up
            fault = Outcome(Verdict.GARBLED, sign=FEWER)
        first = len(doubted) if fault.verdict is Verdict.HANG else 0
        found[first] = msgspec.structs.replace(fault, sign=f"{fault.sign}, {NOT_ALONE}")
        return found

    def _ask(self, frames: Sequence[bytes]) -> tuple[list[Outcome], Outcome | None]:
        """The outcomes of the frames that were answered, and what kept the others from it."""
        peer = self._peer or self._start()
        lines, ended = peer.channel.exchange(b"".join(map(protocol.pack, frames)), len(frames), self._settings.timeout)
        found = [protocol.outcome(line) for line in lines if ended is not Ended.TALKS]
        garbled = next((index for index, outcome in enumerate(found) if outcome.verdict is Verdict.GARBLED), None)
        if garbled is not None:  # which reply is whose is lost from here on
            return found[:garbled], self._stopped(peer, found[garbled])
        if ended is not None:
            return found, self._fault(peer, ended)
        swelled = peer.swelled()
        if swelled:  # which of them did it is not known yet
            return [], self._stopped(peer, Outcome(Verdict.MEMORY, sign=f"{swelled} MiB more than at rest"))
        return found, None

    def _fault(self, peer: Peer, ended: Ended) -> Outcome:
        if ended is Ended.CLOSED:
            self._peer = None
            status = peer.end()
            return Outcome(Verdict.CRASH, sign=sign(peer.channel.trace, status), trace=peer.channel.trace)
        late = f"no reply in {self._settings.timeout:g} s"
        outcome = {
            Ended.STOPPED: Outcome(Verdict.MEMORY, sign=f"more than {self._settings.memory} MiB more than at rest"),
            Ended.LATE: Outcome(Verdict.HANG, sign=late, trace=peer.channel.trace),
        }.get(ended, Outcome(Verdict.GARBLED, sign=ended.value))
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
        """As `Target.close`."""
        if self._peer is not None:
            peer, self._peer = self._peer, None
            peer.end()


def _unsure(fault: Outcome, suspects: int) -> Outcome:
    """`fault`, which cannot be shown again: a connection that breaks takes replies with it, so another frame may have done it."""
    if suspects == 1:
        return fault
    return msgspec.structs.replace(fault, sign=f"{fault.sign}, of this or another of the {suspects} {UNSURE}")


def _no_start(lines: Sequence[bytes], ended: Ended | None, status: int | None, trace: str) -> str:
    if lines:
        shown = lines[0][:60].decode("utf-8", "replace")
        return f"the target's first line is {shown!r}, where accept or reject is expected: let it print nothing else on its standard output"
    if ended is Ended.LATE:
        return (
            f"the target does not answer a first frame within {protocol.START:g} s: does it speak the protocol and flush each line? "
            "(tlib fuzz new writes one that does; --mode process needs no protocol)"
        )
    how = "the connection was closed" if status is None else f"the target ended ({in_words(status)})"
    return f"{how} before it answered a first frame{last_line(trace)}"
