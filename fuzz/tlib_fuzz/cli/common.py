"""What the sub-commands of ``tlib fuzz`` share: labels, and frames out of the user's own files."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator

import msgspec

from tlib_cli.inputs import InputError, entries
from tlib_cli.reports import Unusable
from tlib_codec.formats import ReadOptions
from tlib_codec.formats.frame_writer import frame_of
from tlib_codec.access import closest
from tlib_codec.records import Record
from tlib_codec.stream import Gap
from tlib_fuzz.cases.catalogue import CATALOGUE
from tlib_fuzz.cases.generate import VALID
from tlib_fuzz.cases.walker import walker_of
from tlib_fuzz.kit.workload import RAW
from tlib_schemas.errors import EncodeError
from tlib_schemas.registry import Registry


class Asked(msgspec.Struct, frozen=True):
    """What the tester wants: labels of cases (None: all), the share of raw mutations, codes that these are not to test."""

    labels: tuple[str, ...] | None
    raw: float
    unasked: frozenset[str]


def asked(only: Iterable[str], skip: Iterable[str], raw: float, registry: Registry) -> Asked:
    """What ``--only``, ``--skip`` and ``--raw`` say. Raises Unusable."""
    only, skip = tuple(only), set(skip)
    walker = walker_of(registry)
    codes = {entry.label: set(entry.codes) for entry in CATALOGUE.values() if entry.site.fits(walker)}
    known = [VALID, *codes, RAW]
    for label in (*only, *skip):
        if label not in known:
            raise Unusable(f"no label {label!r}{closest(label, known)}; docs/defects.md lists them")
    wanted = [label for label in (only or known) if label not in skip]
    if not wanted:
        raise Unusable("--skip leaves no label to be sent")
    labels = tuple(label for label in wanted if label != RAW)
    share = 0.0 if RAW not in wanted else raw if labels else 1.0
    kept = set().union(*(codes[label] for label in codes if label not in skip))
    unasked = frozenset().union(*(codes[label] for label in skip if label in codes)) - kept
    return Asked(labels if only or skip else None, share, unasked)


def seeds(files: Iterable[str], registry: Registry) -> tuple[bytes, ...]:
    """Every frame of the user's files, of any form that `tlib decode` reads. Raises Unusable."""
    found: dict[bytes, None] = {}
    for path in files:
        before = len(found)
        try:
            found.update(dict.fromkeys(_frames(path, registry)))
        except InputError as error:
            raise Unusable(str(error)) from None
        if len(found) == before:
            raise Unusable(f"{path}: no frame in it that was not there before")
    return tuple(found)


def _frames(path: str, registry: Registry) -> Iterator[bytes]:
    for entry in entries(path, "auto", ReadOptions(registry=registry)):
        if isinstance(entry, Record):
            if isinstance(entry.item, Gap):
                if entry.frame:
                    yield entry.frame
                continue
            with contextlib.suppress(EncodeError):  # a log may name a message that has no number
                yield frame_of(entry, registry)
