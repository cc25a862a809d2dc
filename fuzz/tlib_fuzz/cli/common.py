"""Parts that the sub-commands of ``tlib fuzz`` share: labels, the frames of a user's files, explained bytes."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator

import msgspec

from tlib_cli.commands.inspect import rows
from tlib_cli.inputs import InputError, entries
from tlib_cli.reports import Unusable
from tlib_codec.access import closest
from tlib_codec.annotate import annotate
from tlib_codec.formats import ReadOptions
from tlib_codec.formats.frame_writer import frame_of
from tlib_codec.records import Record
from tlib_codec.stream import Gap
from tlib_fuzz.cases import VALID
from tlib_fuzz.cases.catalogue import entries_for
from tlib_fuzz.cases.walker import walker_of
from tlib_fuzz.kit.workload import RAW
from tlib_schemas.errors import EncodeError
from tlib_schemas.registry import Registry


class Selection(msgspec.Struct, frozen=True):
    """The selected `labels` (None: all), the share of `raw` mutations, and the codes that mutations must not test."""

    labels: tuple[str, ...] | None
    raw: float
    ignored: frozenset[str]


def selected(only: Iterable[str], skip: Iterable[str], raw: float, registry: Registry) -> Selection:
    """Return the selection of ``--only``, ``--skip`` and ``--raw``. Raises Unusable."""
    only, skip = tuple(only), set(skip)
    codes = {label: set(entry.codes) for label, entry in entries_for(walker_of(registry)).items()}
    known = [VALID, *codes, RAW]
    for label in (*only, *skip):
        if label not in known:
            raise Unusable(f"no label {label!r}{closest(label, known)}; docs/defects.md lists them")
    wanted = [label for label in (only or known) if label not in skip]
    if not wanted:
        raise Unusable("--skip leaves no label to send")
    labels = tuple(label for label in wanted if label != RAW)
    share = 0.0 if RAW not in wanted else raw if labels else 1.0
    kept = set().union(*(codes[label] for label in codes if label not in skip))
    ignored = frozenset().union(*(codes[label] for label in skip if label in codes)) - kept
    return Selection(labels if only or skip else None, share, ignored)


def frames_of(files: Iterable[str], registry: Registry) -> tuple[bytes, ...]:
    """Return every frame of files of any format that `tlib decode` reads, each once. Raises Unusable."""
    frames: dict[bytes, None] = {}
    for path in files:
        before = len(frames)
        try:
            frames.update(dict.fromkeys(_frames(path, registry)))
        except InputError as error:  # its hint names --format, which is not an option here
            raise Unusable(str(error).partition("; use --format")[0]) from None
        if len(frames) == before:
            raise Unusable(f"{path}: no new frame in it")
    return tuple(frames)


def _frames(path: str, registry: Registry) -> Iterator[bytes]:
    for entry in entries(path, "auto", ReadOptions(registry=registry)):
        if isinstance(entry, Record):
            if isinstance(entry.item, Gap):
                if entry.frame:
                    yield entry.frame
                continue
            with contextlib.suppress(EncodeError):  # a log may name a message that has no number
                yield frame_of(entry, registry)


def explained(frame: bytes, registry: Registry) -> str:
    """Return the frame byte by byte, with a name for each range, as ``tlib inspect`` prints it."""
    return "".join(f"{row.plain}\n" for row in rows(annotate(frame, registry=registry), frame))
