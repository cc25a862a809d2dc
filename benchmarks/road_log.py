"""Generate a T-Server log without repetition: every call has identifiers, numbers and user data of its own.

Run it: python -m benchmarks.road_log SIZE FILE [--odd 5]

Strategy: a call is eight messages with 8 to 40 pairs of user data in three nested lists at most, printed from templates, since an encoder
would be too slow for a gigabyte. A text ends with a serial number, so that no cache of values holds the next one. `odd` is the percentage
of messages with something that a reader rarely meets: an unnumbered attribute, a value over two lines, a duplicate, a wrong
number, a stray line, a message without a public number.
"""

from __future__ import annotations

import argparse
import datetime as dt
import random
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Final

from benchmarks.capture_file import size_of

_START: Final = dt.datetime(2026, 3, 14, 6, 0, tzinfo=dt.UTC)
_AHEAD: Final = 7200  # seconds by which the clock of the log is ahead of UTC
_VERSION: Final = "8.1.101.25"
_CLIENT: Final = "00000e85 RoutingServer_1 10.51.7.21:49280"
_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUV"
_SPECIAL: Final = ("Zoë", "Müller", "李 伟", "https://ors.example:8080/scxml?id=", "O'Neil", '"x"', "C:\\dir")
_BLOCK: Final = 1 << 20


class Log:
    """Prints the messages of calls, one call after the other."""

    def __init__(self, seed: int = 5, odd: float = 0) -> None:
        self._random = rng = random.Random(seed)
        self._odd = odd / 100
        letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
        self._keys = ["".join(rng.choices(letters, k=rng.randrange(3, 24))) for _ in range(250)]
        words = ["".join(rng.choices(letters[:26], k=rng.randrange(2, 12))) for _ in range(5000)] + list(_SPECIAL) * 20
        self._texts = [" ".join(rng.choices(words, k=rng.randrange(1, 6))) for _ in range(1 << 14)]
        self._serial = count(1)
        self._time = int(_START.timestamp()) * 10_000  # UTC, in the tenths of milliseconds of a stamp
        self._sequence = 160

    def header(self) -> str:
        """Return the beginning of the file."""
        local = _START + dt.timedelta(seconds=_AHEAD)
        return (
            f"Local time:      {local:%Y-%m-%dT%H:%M:%S}.000\nUTC time:        {_START:%Y-%m-%dT%H:%M:%S}.000\n"
            f"Application name: SIP_Lakeside\nApplication type: TServer (1)\nVersion:         {_VERSION}\n\n"
        )

    def blocks(self, size: int) -> Iterator[bytes]:
        """Yield the log in pieces of about a MiB, until it has `size` bytes."""
        pieces, held = [self.header().encode()], 0
        while size > 0:
            text = self._call().encode()
            pieces.append(text)
            held += len(text)
            if held >= min(_BLOCK, size):
                yield b"".join(pieces)
                size -= held
                pieces, held = [], 0

    # -- one call ----------------------------------------------------------------------------------------------

    def _call(self) -> str:
        rng, number = self._random, next(self._serial)
        uuid = "".join(rng.choices(_DIGITS, k=26)) + f"{number:06d}"
        conn = f"006c{rng.getrandbits(48):012x}"
        ani, agent = f"5{rng.randrange(10**9):09d}", f"7{rng.randrange(10**4):04d}"
        call = f"\tAttributeCallUUID\t'{uuid}'\n\tAttributeConnID\t{conn}\n"
        size, data = self._list(rng.randrange(8, 40), "\t\t", 0)
        data = f"\tAttributeUserData\t[{size * 24}] 00 {size:02x} 00 00..\n{data}"
        party = f"\tAttributeCallID\t{number}\n\tAttributeCallState\t0\n\tAttributeCallType\t2\n{call}"
        party += f"\tAttributeOtherDN\t'{ani}'\n\tAttributeThisDN\t'{agent}'\n"
        made = f"{call}\tAttributeCallType\t2\n\tAttributeCallID\t{number}\n\tAttributeANI\t'{ani}'\n\tAttributeDNIS\t'80055{agent}'\n"
        connected = f"\tAttributeConnID\t{conn}\n\tAttributeThisDN\t'{agent}'\n"
        return "".join(
            (
                self._event("EventCallCreated", made),
                self._request("RequestAttachUserData", f"\tAttributeConnID\t{conn}\n\tAttributeThisDN\t'5100'\n{data}"),
                self._event("EventCallDataChanged", f"{call}{data}\tAttributeCtrlParty\t'5100'\n"),
                self._event("EventRinging", f"{party}{data}"),
                self._request("RequestAnswerCall", connected),
                f"{self._stamp()} [0] {_VERSION} statistics: calls {number}, transactions {rng.randrange(10**6)}\n",
                self._event("EventEstablished", f"{party}\tAttributeAgentID\t'agent{agent}'\n{data}"),
                self._event("EventReleased", party),
                self._event("EventCallDeleted", call),
            )
        )

    def _list(self, size: int, indent: str, depth: int) -> tuple[int, str]:
        """Return the number of pairs and their lines."""
        rng, texts, serial = self._random, self._texts, self._serial
        lines = []
        for key in rng.sample(self._keys, size):
            kind = rng.random()
            if kind < 0.2:
                lines.append(f"{indent}'{key}'\t{rng.randrange(-1000, 1 << 31)}\n")
            elif kind < 0.3 and depth < 2:
                _, inner = self._list(rng.randrange(1, 5), f"{indent}\t", depth + 1)
                lines.append(f"{indent}'{key}'(list) \n{inner}")
            elif kind < 0.45:
                lines.append(f"{indent}'{key}'\t'{rng.getrandbits(40)}'\n")
            else:
                lines.append(f"{indent}'{key}'\t'{texts[rng.getrandbits(14)]} {next(serial)}'\n")
        return size, "".join(lines)

    # -- messages ----------------------------------------------------------------------------------------------

    def _stamp(self) -> str:
        """Let up to a fifth of a second pass, and return the stamp."""
        self._time += 1 + self._random.getrandbits(11)
        seconds, fraction = divmod(self._time, 10_000)
        hours, rest = divmod((seconds + _AHEAD) % 86_400, 3600)
        return f"@{hours:02d}:{rest // 60:02d}:{rest % 60:02d}.{fraction:04d}"

    def _event(self, name: str, attributes: str) -> str:
        stamp = self._stamp()
        self._sequence += 1
        seconds, fraction = divmod(self._time, 10_000)
        body = (
            f"\tAttributeEventSequenceNumber\t{self._sequence:016x}\n\tAttributeTimeinuSecs\t{fraction * 100}\n"
            f"\tAttributeTimeinSecs\t{seconds} ({stamp[1:9]})\n{attributes}"
        )
        return self._message(f"{stamp} [0] {_VERSION} distribute_event: message {name}\n", body)

    def _request(self, name: str, attributes: str) -> str:
        stamp = self._stamp()
        day = dt.date.fromordinal(_START.toordinal() + (self._time // 10_000 + _AHEAD) // 86_400 - int(_START.timestamp()) // 86_400)
        head = f"{day}T{stamp[1:13]} Trc 04541 {name} received from [66] ({_CLIENT})\nmessage {name}\n"
        return self._message(head, f"\tAttributeReferenceID\t{next(self._serial)}\n{attributes}")

    def _message(self, head: str, body: str) -> str:
        if self._odd and self._random.random() < self._odd:
            return self._random.choice(_ODD)(head, body) + "\n"
        return f"{head}{body}\n"


def _last(body: str, line: str) -> str:
    return f"{body}{line}\n"


_ODD: Final[tuple[Callable[[str, str], str], ...]] = (
    lambda head, body: head + _last(body, "\tAttributeMystery\t'x'"),
    lambda head, body: head + _last(body, "\tAttributeReasons\t[40] 00 01 00 00..\n\t\t'Note'\t'first line\nsecond line'"),
    lambda head, body: head + body + body[: body.index("\n") + 1],
    lambda head, body: head + _last(body, "\tAttributeNodeID\tseven"),
    lambda head, body: head + body[: body.index("\n") + 1] + "@10:11:12.1314 [0] SIPTR: Begin step 0\n" + body[body.index("\n") + 1 :],
    lambda head, body: head.replace("message Event", "message EventPrivate").replace("message Request", "message RequestPrivate") + body,
)


def write(path: Path, size: int, *, odd: float = 0) -> None:
    """Write a log of about `size` bytes; `odd` is a percentage of the messages."""
    with path.open("wb") as file:
        file.writelines(Log(odd=odd).blocks(size))


def main() -> None:
    """Write the log that the command line describes."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.road_log", description="Generate a T-Server log without repetition.")
    parser.add_argument("size", type=size_of, metavar="SIZE", help="size of the log, such as 200M")
    parser.add_argument("path", type=Path, metavar="FILE", help="write it here")
    parser.add_argument("--odd", type=float, default=0, metavar="PERCENT", help="percentage of odd messages (default: 0)")
    options = parser.parse_args()
    write(options.path, options.size, odd=options.odd)


if __name__ == "__main__":
    main()
