r"""Logs: T-Server and SIP Server text, Platform SDK text; readers of both and writers of both.

>>> from tlib_codec.formats.logs import read_log
>>> log = [b"@16:45:24.5942 [0] 8.1.101.25 distribute_event: message EventOnHook\n", b"\tAttributeThisDN\t'2001'\n"]
>>> [record.item for record in read_log(log)]
[UnknownEvent(message=87, attributes=Attributes({'ThisDN': '2001'}))]
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

from tlib_codec.formats import Format, ReadOptions, WriteOptions, Writer

from .sniff import sniff

if TYPE_CHECKING:
    from tlib_codec.formats.source import Source
    from tlib_codec.records import Batch

    from .lines import DEFAULT_LOG_LIMITS, LogLimits
    from .reader import read_log
    from .writer import platform_sdk_text, tserver_text

__all__ = ["DEFAULT_LOG_LIMITS", "FORMATS", "LogLimits", "platform_sdk_text", "read_log", "sniff", "tserver_text"]

_HOME = {
    "DEFAULT_LOG_LIMITS": "lines",
    "LogLimits": "lines",
    "read_log": "reader",
    "platform_sdk_text": "writer",
    "tserver_text": "writer",
}


def __getattr__(name: str) -> object:
    """Import a public name when it is asked for: recognising a file needs none of them."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib  # noqa: PLC0415

    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)


def _recognise(head: bytes, _end: bool) -> bool:
    """Whether a line in `head` is one that only a log has."""
    return sniff(head) is not None


def _read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    from tlib_codec.records import batches  # noqa: PLC0415

    from .reader import entries  # noqa: PLC0415

    found = entries(source.chunks(), registry=options.registry, name=source.name, server=options.server)
    return batches(found, registry=options.registry)


def _write(file: BinaryIO, options: WriteOptions) -> Writer:
    from .log_writer import LogWriter  # noqa: PLC0415

    return LogWriter(file, options.registry)


FORMATS = (
    Format(
        name="log",
        title="T-Server, SIP Server or Platform SDK log",
        suffixes=(".log",),
        recognise=_recognise,
        read=_read,
        origins=("file", "line", "offset", "local_time", "direction", "peer", "version", "text"),
        write=_write,
    ),
)
