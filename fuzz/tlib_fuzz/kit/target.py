"""Targets: whatever answers frames with outcomes.

Strategy: `run` takes a batch and gives an outcome for each of its frames, in order, whatever happens
on the way. A batch is written ahead, so a living target costs one turn of the loop for dozens of
frames. One that dies, hangs or swells under a batch is started anew and gets the frames not yet
answered one by one, so that the one to blame is beyond doubt. If none repeats a crash, the first
that got no answer stands for it, and says so.
"""

from __future__ import annotations

import contextlib
import socket
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Protocol

import msgspec

from . import protocol
from .channel import Channel, Ended
from .child import Child, command_of
from .crashes import ended as in_words
from .crashes import recognise, sign
from .protocol import Outcome, TargetError, Verdict

START: Final = 15.0  # seconds a target gets for its first reply
WARM_UP: Final = bytes.fromhex("544c0100ffff00000000")  # well-formed, of a message that no table has
NOT_ALONE: Final = "but not when the frames are sent one by one"
_FILE: Final = "@@"
_MIB: Final = 1 << 20


class Settings(msgspec.Struct, frozen=True):
    """`timeout` in seconds a frame; `memory` in MiB above what the target takes at rest, 0 for any."""

    timeout: float = 2.0
    memory: int = 256


class Target(Protocol):
    """Answers frames."""

    def run(self, frames: Sequence[bytes]) -> list[Outcome]:
        """An outcome for each of `frames`, in order. Raises TargetError."""

    def close(self) -> None:
        """End it."""


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

    def run(self, frames: Sequence[bytes]) -> list[Outcome]:
        """As `Target.run`."""
        found: list[Outcome] = []
        while len(found) < len(frames):
            answers, fault = self._ask(frames[len(found) :])
            found += answers
            if fault is not None:
                found += self._blame(frames[len(found) :], fault)
        return found

    def _blame(self, suspects: Sequence[bytes], fault: Outcome) -> list[Outcome]:
        """The outcomes of `suspects`, sent one by one, as far as the one that does it again."""
        found: list[Outcome] = []
        for frame in suspects:
            answers, own = self._ask((frame,))
            found += answers
            if own is not None:
                return [*found, own]
        if fault.verdict is Verdict.CRASH:
            found[0] = msgspec.structs.replace(fault, sign=f"{fault.sign}, {NOT_ALONE}")
        return found

    def _ask(self, frames: Sequence[bytes]) -> tuple[list[Outcome], Outcome | None]:
        """The outcomes of the frames that were answered, and what kept the others from it."""
        peer = self._peer or self._start()
        lines, ended = peer.channel.exchange(b"".join(map(protocol.pack, frames)), len(frames), self._settings.timeout)
        if ended is not None:
            return [protocol.outcome(line) for line in lines], self._fault(peer, ended)
        swelled = peer.swelled()
        if swelled:  # which of them did it is not known yet
            return [], self._swollen(peer, f"{swelled} MiB more than at rest")
        return [protocol.outcome(line) for line in lines], None

    def _fault(self, peer: Peer, ended: Ended) -> Outcome:
        if ended is Ended.STOPPED:
            return self._swollen(peer, f"more than {self._settings.memory} MiB more than at rest")
        self._peer = None
        if ended is Ended.CLOSED:
            status = peer.end()
            return Outcome(Verdict.CRASH, sign=sign(peer.channel.trace, status), trace=peer.channel.trace)
        peer.kill()
        peer.end()
        if ended is Ended.LONG:
            return Outcome(Verdict.GARBLED, sign="a reply that does not end")
        return Outcome(Verdict.HANG, sign=f"no reply in {self._settings.timeout:g} s", trace=peer.channel.trace)

    def _swollen(self, peer: Peer, words: str) -> Outcome:
        self._peer = None
        peer.kill()
        peer.end()
        return Outcome(Verdict.MEMORY, sign=words)

    def _start(self) -> Peer:
        peer = self._begin()
        lines, ended = peer.channel.exchange(protocol.pack(WARM_UP), 1, START)
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


def _no_start(lines: Sequence[bytes], ended: Ended | None, status: int | None, trace: str) -> str:
    if lines:
        shown = lines[0][:60].decode("utf-8", "replace")
        return f"the target's first line is {shown!r}, where accept or reject is expected: let it print nothing else on its standard output"
    if ended is Ended.LATE:
        return (
            f"the target does not answer a first frame within {START:g} s: does it speak the protocol and flush each line? "
            "(tlib fuzz new writes one that does; --mode process needs no protocol)"
        )
    how = "the connection was closed" if status is None else f"the target ended ({in_words(status)})"
    return f"{how} before it answered a first frame{_last(trace)}"


def _last(trace: str) -> str:
    lines = trace.strip().splitlines()
    return f": {lines[-1]}" if lines else ""


class Connection:
    """A life of a server: one connection to it. Refused ones are tried again while it may be starting."""

    def __init__(self, host: str, port: int) -> None:
        deadline = time.monotonic() + START
        while True:
            try:
                self._socket = socket.create_connection((host, port), timeout=START)
                break
            except OSError as error:
                if time.monotonic() > deadline or not isinstance(error, ConnectionRefusedError):
                    raise TargetError(f"no connection to {host}:{port}: {error.strerror or error}; is the server running?") from None
                time.sleep(0.1)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        number = self._socket.fileno()
        self.channel = Channel(number, number, shut=self._shut)

    def _shut(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)

    def rest(self) -> None:
        """As `Peer.rest`: a server's memory is not watched."""

    def swelled(self) -> int:
        """As `Peer.swelled`."""
        return 0

    def kill(self) -> None:
        """As `Peer.kill`."""
        self._socket.close()

    def end(self) -> None:
        """As `Peer.end`."""
        self._socket.close()


class Once:
    """A program started for each frame: from its standard input, or from a file in place of ``@@``.

    Status 0 accepts, 1 refuses, anything else is a crash; a line of the protocol on its standard
    output says more.
    """

    def __init__(self, command: Sequence[str], settings: Settings) -> None:
        self._settings = settings
        self._rest = 0
        self._folder = tempfile.TemporaryDirectory(prefix="tlib-fuzz-")
        self._file = Path(self._folder.name, "frame.bin")
        self._by_file = any(_FILE in word for word in command)
        self._command = [word.replace(_FILE, str(self._file)) for word in command]
        with contextlib.ExitStack() as undo:
            undo.callback(self.close)
            first = self._one(WARM_UP, START)
            if first.verdict in {Verdict.CRASH, Verdict.HANG}:
                raise TargetError(f"the target, given a first frame: {first.sign}{_last(first.trace)}")
            undo.pop_all()

    def run(self, frames: Sequence[bytes]) -> list[Outcome]:
        """As `Target.run`."""
        return [self._one(frame, self._settings.timeout) for frame in frames]

    def _one(self, frame: bytes, timeout: float) -> Outcome:
        if self._by_file:
            self._file.write_bytes(frame)
        child = Child(self._command, self._settings.memory)
        if self._rest:
            child.rest()
        text, ended = child.channel.drain(b"" if self._by_file else frame, timeout)
        if ended is not Ended.CLOSED:
            child.kill()
        status = child.end()
        trace = child.channel.trace
        if ended is Ended.STOPPED:
            return Outcome(Verdict.MEMORY, sign=f"more than {self._settings.memory} MiB more than at rest")
        if ended is not Ended.CLOSED or status is None:
            return Outcome(Verdict.HANG, sign=f"not ended in {timeout:g} s", trace=trace)
        self._rest = self._rest or child.peak
        swelled = (child.peak - self._rest) // _MIB
        if self._settings.memory and swelled > self._settings.memory:
            return Outcome(Verdict.MEMORY, sign=f"{swelled} MiB more than at rest")
        if status not in {0, 1} or recognise(trace):
            return Outcome(Verdict.CRASH, sign=sign(trace, status), trace=trace)
        told = protocol.outcome((text.strip().splitlines() or [b""])[-1])
        if told.verdict is not Verdict.GARBLED:
            return told
        return Outcome(Verdict.REJECT if status else Verdict.ACCEPT)

    def close(self) -> None:
        """As `Target.close`."""
        self._folder.cleanup()


def _pipe(target: str, settings: Settings) -> Target:
    command = command_of(target)
    return Speaking(lambda: Child(command, settings.memory), settings)


def _process(target: str, settings: Settings) -> Target:
    return Once(command_of(target), settings)


def _tcp(target: str, settings: Settings) -> Target:
    host, colon, port = target.rpartition(":")
    if not colon or not port.isascii() or not port.isdigit() or not 0 < int(port) <= 0xFFFF:
        raise TargetError(f"{target!r} is not HOST:PORT, which --mode tcp connects to")
    return Speaking(lambda: Connection(host.strip("[]") or "localhost", int(port)), settings)


MODES: Final[dict[str, Callable[[str, Settings], Target]]] = {"pipe": _pipe, "process": _process, "tcp": _tcp}


def open_target(target: str, mode: str, settings: Settings) -> Target:
    """The target that a tester named, in one of `MODES`. Raises TargetError."""
    return MODES[mode](target, settings)
