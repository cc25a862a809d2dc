"""What the sub-commands of ``tlib fuzz`` share: labels, and frames out of the user's own files."""

from __future__ import annotations

from collections.abc import Iterable

from tlib_codec.cli.common import Unusable, closest
from tlib_codec.cli.inputs import Found, entries
from tlib_codec.engine import encode
from tlib_codec.reference import Policy
from tlib_codec.stream import Gap
from tlib_fuzz.cases import VALID
from tlib_fuzz.catalogue import CATALOGUE
from tlib_fuzz.kit.session import RAW
from tlib_fuzz.walker import walker_of
from tlib_schemas.errors import EncodeError
from tlib_schemas.registry import Registry


def labels_of(only: Iterable[str], skip: Iterable[str], raw: float, registry: Registry) -> tuple[tuple[str, ...] | None, float]:
    """The labels of the cases asked for (None: all), and the share of raw mutations. Raises Unusable."""
    only, skip = tuple(only), set(skip)
    walker = walker_of(registry)
    known = [VALID, *(entry.label for entry in CATALOGUE.values() if entry.site.fits(walker))]
    for label in (*only, *skip):
        if label not in (*known, RAW):
            raise Unusable(f"no label {label!r}{closest(label, [*known, RAW])}; docs/defects.md lists them")
    wanted = [label for label in (only or [*known, RAW]) if label not in skip]
    if not wanted:
        raise Unusable("--skip leaves no label to be sent")
    labels = tuple(label for label in wanted if label != RAW)
    if RAW not in wanted:
        raw = 0.0
    elif not labels or raw == 1.0:  # mutations need frames to begin with
        return (), 1.0
    return None if not only and not skip else labels, raw


def seeds(files: Iterable[str], registry: Registry) -> tuple[bytes, ...]:
    """Every frame of the user's files, of any form that `tlib decode` reads. Raises Unusable."""
    found: dict[bytes, None] = {}
    for path in files:
        before = len(found)
        for entry in entries(path, "auto", registry):
            if not isinstance(entry, Found):
                continue
            data = entry.data
            if data is None and not isinstance(entry.item, Gap):
                try:
                    data = encode(entry.item, registry=registry, policy=Policy.LENIENT)
                except EncodeError:  # a log may name what has no number
                    continue
            if data:
                found[data] = None
        if len(found) == before:
            raise Unusable(f"{path}: no frame in it that was not there before")
    return tuple(found)
