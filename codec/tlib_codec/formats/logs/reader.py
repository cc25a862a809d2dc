"""Reads a log: lines in, records and problems out.

Strategy: one pass. Between messages only a header counts, all else is the log's own talk; within
one, the message takes its lines until one is not its own. Nothing is held but the message at hand.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import BinaryIO

from tlib_schemas.errors import quote
from tlib_schemas.registry import Registry
from tlib_schemas.tlibrary import TLIBRARY

from .dates import Clock
from .lines import DEFAULT_LOG_LIMITS, LogLimits, chunks, split_lines
from .message import Context, Message
from .platform_sdk import PlatformForm
from .record import LogProblem, LogRecord
from .sniff import sniff
from .tserver import TServerForm
from .values import bare

FORMS: dict[str, type[TServerForm | PlatformForm]] = {"tserver": TServerForm, "platform-sdk": PlatformForm}
_HEAD = 1 << 16


def read_log(
    file: Iterable[bytes] | BinaryIO,
    *,
    registry: Registry = TLIBRARY,
    name: str = "",
    form: str | None = None,
    server: int | None = None,
    limits: LogLimits = DEFAULT_LOG_LIMITS,
) -> Iterator[LogRecord | LogProblem]:
    """The messages of a log, in order, and the problems that lie in none of them.

    `file` is open for reading bytes, or any chunks of bytes. `name` is the file's name: the date
    may stand in it. `form` is ``tserver`` or ``platform-sdk``; None recognises it from the
    beginning, and takes ``tserver`` where nothing is recognised. `server` is the id of the connection that the
    attribute Server gets where the log does not print it (0 where it is None).

    Raises ValueError for an unknown form, or where `server` does not fit an unsigned 32-bit
    integer; nothing for what the log contains.
    """
    if form is not None and form not in FORMS:
        raise ValueError(f"the form of a log is {' or '.join(FORMS)}, not {form!r}")
    if server is not None and not 0 <= server <= 0xFFFF_FFFF:
        raise ValueError(f"server is an unsigned 32-bit integer, not {server}")
    return _read(file, Context(registry, server, limits), Clock(name), form)


def recognised(pieces: Iterator[bytes]) -> tuple[Iterator[bytes], str]:
    held: list[bytes] = []
    size = 0
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size >= _HEAD:
            break
    head = b"".join(held)
    return chain([head], pieces), sniff(head[:_HEAD]) or "tserver"


def _read(file: Iterable[bytes] | BinaryIO, context: Context, clock: Clock, form: str | None) -> Iterator[LogRecord | LogProblem]:
    pieces = chunks(file)
    if form is None:
        pieces, form = recognised(pieces)
    headers = FORMS[form](context, clock)
    message: Message | None = None
    orphaned = False  # attributes without a header have been reported, or belong to a message that was cut
    for entry in split_lines(pieces, context.limits.line):
        if isinstance(entry, LogProblem):
            if message is None:
                yield entry
            else:
                message.add(entry)
            continue
        if message is not None:
            if message.take(entry):
                continue
            record = message.finish()
            orphaned = message.full
            message = None
            if record is not None:
                yield record
        number, offset, line = entry
        if not line or line.isspace():
            orphaned = False
            continue
        header = headers.header(entry)
        if header is not None:
            message = headers.message(context, header)
        elif _attribute(line):
            if not orphaned:
                yield LogProblem(number, offset, "log-orphan", "a message's header first", quote(line.strip()))
            orphaned = True
    if message is not None:
        record = message.finish()
        if record is not None:
            yield record


def _attribute(line: str) -> bool:
    parts = line.split(None, 1)
    return bool(parts) and bare(parts[0]) is not None
