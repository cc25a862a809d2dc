"""The backup of a pair: it keeps in step with its primary, and takes over when that is gone.

Strategy: both have the same story, so the primary need only say how far it has told it. The backup
skips what has been told, knows the live calls from that, and greets its own clients with them as
soon as the link breaks, in whatever way.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl as tls
from collections.abc import Callable, Iterator

from tlib_codec import aio

from .connection import reason
from .greeting import Greeting, LinkRequest, Progress
from .injector import Injector
from .server import Server, Told

_RETRY = 0.2  # seconds until a primary that is not there yet is looked for again
_STEP = 2_000  # events that are skipped before the connections have their turn


class AnotherStory(Exception):
    """The primary tells another story than its backup: another scenario or seed."""


async def stand_by(
    server: Server,
    story: Iterator[Told],
    primary: tuple[str, int],
    *,
    ssl: tls.SSLContext | None = None,
    injector: Injector | None = None,
    report: Callable[[str], None] = lambda _: None,
) -> None:
    """Keep `server` in step with the primary, skipping events of `story`; returns when it has taken over.

    `injector` is that of the play that follows: what the primary has done once is not done again.
    Waits for a primary that is not there yet. Raises AnotherStory.
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
            with contextlib.suppress(OSError):  # the link broke: that is what a backup is for
                await writer.write(LinkRequest(server.story).message())
                async for item in reader:
                    if (greeting := Greeting.of(item)) is not None and greeting.story != server.story:
                        raise AnotherStory(f"the primary tells the story {greeting.story}, this server {server.story}")
                    progress = Progress.of(item)
                    if progress is not None:
                        if not linked:
                            report(f"in step with the primary at event {progress.told}")
                        linked = True
                        await _skip(server, story, progress.told, injector)
        if not linked:
            await asyncio.sleep(_RETRY)
    report("the primary is gone")
    if injector is not None:
        injector.let_go()
    server.activate()


async def _skip(server: Server, story: Iterator[Told], told: int, injector: Injector | None) -> None:
    while server.told < told:
        one = next(story, None)
        if one is None:
            return  # the primary told more than the story has: it is over either way
        server.skip_told(one, injector)
        if not server.told % _STEP:
            await asyncio.sleep(0)
