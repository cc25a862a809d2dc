"""The records of a log as printed `Frames`, as a reader in C makes them."""

from __future__ import annotations

import sys
from array import array
from itertools import accumulate

from tlib_codec import encode
from tlib_codec.records import NO_TIME, Batch, Diagnostic, Flow, Frames
from tlib_codec.reference import Policy
from tlib_codec.stream import Gap
from tlib_schemas.errors import EncodeError
from tlib_schemas.tlibrary import TLIBRARY


def printed_batch(entries, registry=TLIBRARY):
    """Return a batch of the entries of a log: runs of printed frames, and between them entries that have no frame."""
    parts, run = [], []
    for entry in entries:
        frame = frame_of(entry, registry)
        if frame is not None:
            run.append((entry, frame))
            continue
        if run:
            parts.append(printed_run(run))
            run = []
        parts.append(entry)
    return Batch([*parts, *([printed_run(run)] if run else [])], registry=registry)


def frame_of(entry, registry):
    if isinstance(entry, Diagnostic) or isinstance(entry.item, Gap) or not isinstance(entry.item.message, int):
        return None
    try:
        return encode(entry.item, registry=registry, policy=Policy.LENIENT)
    except EncodeError:
        return None


def printed_run(run):
    """Return the records of (record, frame) as one run."""
    records, frames = zip(*run, strict=True)
    origins = [record.origin for record in records]
    flows = [Flow(direction=one.direction, peer=one.peer, version=one.version) for one in origins]
    table = list(dict.fromkeys(flows))
    notes = [notes_of(record) for record in records]
    return Frames(
        data=b"".join(frames),
        bounds=bounds(frames),
        file=origins[0].file,
        offsets=array("Q", [one.offset for one in origins]).tobytes(),
        lines=array("Q", [one.line for one in origins]).tobytes(),
        times=times(one.time for one in origins),
        local_times=times(one.local_time for one in origins),
        times_of_day=times(one.time_of_day for one in origins),
        flows=array("I", [table.index(flow) for flow in flows]).tobytes(),
        flow_table=table,
        printed=True,
        notes=b"".join(notes),
        note_bounds=bounds(notes),
    )


def bounds(pieces):
    return array("Q", accumulate(map(len, pieces), initial=0)).tobytes()


def times(values):
    return array("q", [NO_TIME if value is None else value for value in values]).tobytes()


def notes_of(record):
    texts = [*record.unnumbered.items(), *([("", record.origin.text)] if record.origin.text else [])]
    return b"".join(_piece(text) for pair in texts for text in pair)


def _piece(text):
    data = str(text).encode("utf-8", "surrogateescape")
    return len(data).to_bytes(4, sys.byteorder) + data
