"""The parts of a log: frames by the C where it can, else the entries of the Python reader.

Strategy: the C reads T-Server text. Platform SDK text, encodings that the C does not know, and an installation without the extension
are the Python reader's, which gives the same records.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator

from tlib_codec import native
from tlib_codec.formats import ReadOptions
from tlib_codec.formats.encodings import checked, is_wide, transcoded
from tlib_codec.formats.source import Source
from tlib_codec.formats.spans import WHOLE
from tlib_codec.records import Part
from tlib_codec.stats import Units
from tlib_schemas.registry import Registry

from .context import Context, context_of, recognised
from .lines import DEFAULT_LOG_LIMITS, LogLimits
from .native import native_parts


def parts(
    pieces: Iterable[bytes],
    *,
    registry: Registry,
    name: str,
    kind: str | None = None,
    server: int | None = None,
    encoding: str | None = None,
    zone: dt.tzinfo | None = None,
    limits: LogLimits = DEFAULT_LOG_LIMITS,
    units: Units | None = None,
) -> Iterator[Part | None]:
    """Yield the parts of a log in order, and None where the next line must be waited for. `units` counts messages.

    The arguments are those of `read_log`. Raises ValueError as it does.
    """
    text = None if encoding is None else checked(encoding)
    context = context_of(registry, server, limits, name, zone)
    return _parts(pieces, context, kind, text, Units() if units is None else units)


def source_parts(source: Source, options: ReadOptions) -> Iterator[Part | None]:
    """Yield the parts of a source, or of a span of a log in T-Server form, as `parts` does."""
    span = source.span
    context = context_of(options.registry, options.server, DEFAULT_LOG_LIMITS, source.name, options.zone, span)
    kind = None if span == WHOLE else "tserver"
    yield from _parts(source.chunks(), context, kind, options.encoding, options.stats.read)
    if context.clean:
        source.reached = context.clock.state


def _parts(pieces: Iterable[bytes], context: Context, kind: str | None, encoding: str | None, units: Units) -> Iterator[Part | None]:
    if encoding is not None and is_wide(encoding):
        pieces, encoding = transcoded(pieces, encoding), "utf-8"
    if kind is None:
        pieces, kind = recognised(iter(pieces))
    extension = native.extension("text")
    found = None if extension is None or kind != "tserver" else native_parts(pieces, extension, context, encoding, units)
    if found is None:
        from .reader import read_pieces  # noqa: PLC0415 the reader in Python

        found = read_pieces(pieces, context, kind, encoding)
    yield from found
