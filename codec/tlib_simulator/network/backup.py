"""The backup of a pair: it follows its primary, and takes over when the primary is gone.

Strategy: both servers have the same stream, so the primary only sends its position. The backup skips the events up
to there, so it knows the live calls, and sends its own clients the handshake as soon as the link breaks, for
whatever reason.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl as tls
from collections.abc import Callable, Iterator

from tlib_codec import aio
from tlib_simulator.faults.injector import Injector

from .connection import reason
from .handshake import Handshake, LinkRequest, Progress
from .server import Server, TimedItem

_RETRY = 0.2  # seconds between attempts to reach the primary
_STEP = 2_000  # events to skip before connections are served


class OtherStream(Exception):
    """The primary has another stream than its backup: another scenario or seed."""


async def stand_by(
    server: Server,
    stream: Iterator[TimedItem],
    primary: tuple[str, int],
    *,
    ssl: tls.SSLContext | None = None,
    injector: Injector | None = None,
    report: Callable[[str], None] = lambda _: None,
) -> None:
    """Keep `server` at the primary's position, skipping events of `stream`; return after it has taken over.

    `injector` is that of the play that follows: a fault that the primary has applied does not apply again. Waits for
    a primary that is not there yet. Raises OtherStream.
    """
    linked = waiting = False
    while not linked:
        try:
            reader, writer = await aio.connect(*primary, ssl=ssl)
        except OSError as error:
            if not waiting:
                report(f"waiting for the primary at {primary[0]}:{primary[1]}: {reason(error)}")
                waiting = True
            await asyncio.sleep(_RETRY)
            continue
        async with writer:
            with contextlib.suppress(OSError):  # a broken link is the reason to take over
                await writer.write(LinkRequest(server.stream).frame())
                async for item in reader:
                    if (handshake := Handshake.of(item)) is not None and handshake.stream != server.stream:
                        raise OtherStream(f"the primary has the stream {handshake.stream}, this server {server.stream}")
                    progress = Progress.of(item)
                    if progress is not None:
                        if not linked:
                            report(f"in step with the primary at event {progress.position}")
                        linked = True
                        await _skip(server, stream, progress.position, injector)
        if not linked:
            await asyncio.sleep(_RETRY)
    report("the primary is gone")
    if injector is not None:
        injector.discard_held()
    server.activate()


async def _skip(server: Server, stream: Iterator[TimedItem], position: int, injector: Injector | None) -> None:
    while server.position < position:
        timed = next(stream, None)
        if timed is None:
            return  # the primary is past the end of the stream
        server.skip(timed, injector)
        if not server.position % _STEP:
            await asyncio.sleep(0)
