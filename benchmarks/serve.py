"""One simulated server and many clients: how fast, how much memory, and whether anything is lost.

    python -m benchmarks.serve                            # 100 clients, 20,000 events/s in total, 60 s
    python -m benchmarks.serve --clients 10 --rate 100000 --seconds 10

Strategy: the server is the program itself, in its own process. A scenario and a seed give the same bytes, so every
client knows the stream beforehand and compares each byte: a stream that agrees to the end lost nothing and is in
order. Linux only (/proc).
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import re
import subprocess
import sys
import time

from tlib_codec import encode
from tlib_schemas.wire import HEADER
from tlib_simulator import Scenario, Simulation

SPEED = 100.0  # times real time: calls of minutes take seconds, and the stream is soon steady
SAMPLE = 5  # seconds
PER_STORY = 4.7  # events, on average: where the search for the rate begins
CALM = 0.05  # fraction of the seconds: a stream that is later than that has fallen behind
TICKS = os.sysconf("SC_CLK_TCK")


class Client(asyncio.Protocol):
    """Compares the bytes it receives with the expected stream."""

    def __init__(self, expected: bytes) -> None:
        self.expected = memoryview(expected)
        self.received = 0
        self.wrong_at: int | None = None
        self.ended = asyncio.get_running_loop().create_future()
        self._handshake: bytes | None = b""

    def data_received(self, data: bytes) -> None:
        if self._handshake is not None:
            self._handshake += data
            if len(self._handshake) < HEADER.size:
                return
            length = HEADER.size + HEADER.unpack_from(self._handshake)[-1]
            if len(self._handshake) < length:
                return
            data, self._handshake = self._handshake[length:], None
        if self.wrong_at is None and self.expected[self.received : self.received + len(data)] != data:
            self.wrong_at = self.received
        self.received += len(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self.ended.set_result(None)


def usage(pid: int) -> tuple[float, float]:
    """Return resident MiB and CPU seconds of a process."""
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:  # noqa: PTH123
        resident = int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / (1 << 20)
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:  # noqa: PTH123
        fields = file.read().rpartition(")")[2].split()
    return resident, (int(fields[11]) + int(fields[12])) / TICKS


async def run(clients: int, rate: float, seconds: float) -> int:
    """Print a line every few seconds, then the result; return 1 if anything was lost."""
    stories = rate / clients / PER_STORY / SPEED
    for _ in range(3):  # calls that have not ended have fewer events than the average
        frames = [encode(timed.event) for timed in Simulation(Scenario(rate=stories, duration=seconds * SPEED))]
        if len(frames) >= seconds * rate / clients:
            break
        stories *= 1.01 * seconds * rate / clients / max(len(frames), 1)
    ends = list(itertools.accumulate(map(len, frames)))
    expected = b"".join(frames)
    print(f"{clients} clients, {len(frames):,} events each, {len(expected) / 1e6:.1f} MB")
    arguments = ["simulate", "--rate", str(stories), "--duration", str(seconds * SPEED), "--speed", str(SPEED)]
    server = subprocess.Popen(  # noqa: ASYNC220 once, before anything runs
        [sys.executable, "-m", "tlib_cli", *arguments, "--listen", "127.0.0.1:0", "--min-clients", str(clients)],
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stderr is not None
        where = re.search(r"listening at (\S+):(\d+)", server.stderr.readline())
        assert where is not None
        loop = asyncio.get_running_loop()
        tail = loop.run_in_executor(None, server.stderr.read)
        listening = [(await loop.create_connection(lambda: Client(expected), where[1], int(where[2])))[1] for _ in range(clients)]
        begun = time.monotonic()
        got, most = 0, 0.0
        finished = asyncio.gather(*(one.ended for one in listening))
        print(f"{'s':>5} {'events/s':>10} {'MiB':>7} {'CPU s':>7}")
        resident, spent = usage(server.pid)
        while not finished.done():
            at = time.monotonic()
            await asyncio.wait([finished], timeout=SAMPLE)
            now, before = time.monotonic(), got
            got = sum(one.received for one in listening)
            if server.poll() is None:
                resident, spent = usage(server.pid)
                most = max(most, resident)
            events = (got - before) / len(expected) * len(frames)
            print(f"{now - begun:5.0f} {events / (now - at):10,.0f} {resident:7.1f} {spent:7.2f}")
        elapsed = time.monotonic() - begun
        report = await tail
    finally:
        server.kill()
        server.wait()
    whole = sum(one.wrong_at is None and one.received == len(expected) for one in listening)
    lost = sum(len(frames) - sum(end <= (one.received if one.wrong_at is None else one.wrong_at) for end in ends) for one in listening)
    late = max(0.0, elapsed - seconds)
    print(
        f"{clients * len(frames) - lost:,} events delivered in {elapsed:.1f} s: {(clients * len(frames) - lost) / elapsed:,.0f}/s, "
        f"lost or out of order {lost}, streams complete and in order {whole} of {clients}"
    )
    print(f"server: at most {most:.1f} MiB, {spent:.2f} CPU s; {report.strip().splitlines()[-1]}")
    if late > CALM * seconds:
        print(f"the server was {late:.1f} s behind its clock at the end: it is slower than that rate on this machine")
    return 0 if whole == clients else 1


def main() -> int:
    """Run the benchmark with the command line's arguments."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=100)
    parser.add_argument("--rate", type=float, default=20_000, help="events a second, to all clients together")
    parser.add_argument("--seconds", type=float, default=60)
    given = parser.parse_args()
    return asyncio.run(run(given.clients, given.rate, given.seconds))


if __name__ == "__main__":
    sys.exit(main())
