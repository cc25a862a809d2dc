"""Cases: frames with the answer of a correct parser, endless and repeatable, or for any given bytes.

Strategy: `cases` knows the answer by construction, because the walker built the frame and the catalogue changed it.
`expectation` asks our own decoder, for bytes from elsewhere (raw mutations, a user's capture).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache

from tlib_codec.engine import decode
from tlib_codec.formats import jsonl
from tlib_schemas.errors import CODES, DecodeError, SchemaViolation, Severity
from tlib_schemas.events import UnknownEvent
from tlib_schemas.registry import Registry
from tlib_schemas.tlibrary import TLIBRARY

from .catalogue import Entry, entries_for
from .chooser import Chooser, RandomChooser
from .tree import Frame
from .walker import Walker, walker_of

VALID = "valid"
_PLAIN = 0.3  # the share of plain valid cases


@dataclass(frozen=True, slots=True)
class Case:
    """A frame and the answer of a correct parser.

    `label` is "valid" or the label of an entry. `json` is the canonical JSON of a frame to accept; `codes` are the errors any of
    which is correct for a frame to refuse. `path` is the path of the change, such as ``EventCallCreated.UserData["k"]``, and
    `schema` the message's name.
    """

    label: str
    frame: bytes
    accept: bool
    json: bytes | None
    codes: frozenset[str]
    reason: str
    path: str
    schema: str


def cases(seed: int, registry: Registry = TLIBRARY, *, labels: Collection[str] | None = None) -> Iterator[Case]:
    """Yield cases without end, valid and wrong; the same seed gives the same cases.

    `labels` chooses among "valid" and the labels of the catalogue. Raises ValueError for a label without a site in the registry,
    TypeError for a text.
    """
    walker = walker_of(registry)
    entries, valid = chosen(walker, labels)
    return _endless(walker, RandomChooser(seed), entries, valid)


def chosen(walker: Walker, labels: Collection[str] | None) -> tuple[list[Entry], bool]:
    """Return the entries that `labels` names (None: all with a site in the registry), and whether "valid" is among the labels.

    Raises ValueError for a label without a case, TypeError for a text, whose letters are not labels.
    """
    if isinstance(labels, str):
        raise TypeError(f"labels is the text {labels!r}: give a collection of labels, as ({labels!r},)")
    fitting = entries_for(walker)
    wanted = [VALID, *fitting] if labels is None else list(labels)
    for label in wanted:
        if label != VALID and label not in fitting:
            raise ValueError(f"{walker.registry.name} has no cases {label!r}; choose among {', '.join([VALID, *fitting])}")
    if not wanted:
        raise ValueError(f"no label is given; choose among {', '.join([VALID, *fitting])}")
    return [fitting[label] for label in wanted if label != VALID], VALID in wanted


def _endless(walker: Walker, chooser: Chooser, entries: list[Entry], valid: bool) -> Iterator[Case]:
    usual = [entry for entry in entries if entry.share >= 1] or entries
    rare = [entry for entry in entries if entry not in usual]
    while True:
        if not entries or (valid and chooser.chance(_PLAIN)):
            yield case_of(None, walker, chooser)
            continue
        entry = next((e for e in rare if chooser.chance(e.share / len(entries))), None) or chooser.pick(usual)
        yield case_of(entry, walker, chooser)


def case_of(entry: Entry | None, walker: Walker, chooser: Chooser) -> Case:
    """Return a case of one entry of the catalogue; None: a valid frame."""
    if entry is None:
        frame = walker.frame(chooser)
        return _accepted(VALID, walker, frame, "a valid frame", walker.path(frame))
    place = entry.site.make(walker, chooser)
    change = entry.edit(place)
    frame = place.frame
    if not entry.codes:
        return _accepted(entry.label, walker, frame, change.reason, change.path)
    data = frame.write()
    return Case(
        label=entry.label,
        frame=data if change.cut is None else data[: change.cut],
        accept=False,
        json=None,
        codes=_codes(entry.codes),
        reason=change.reason,
        path=change.path,
        schema=walker.path(frame),
    )


@lru_cache(256)
def _codes(codes: tuple[str, ...]) -> frozenset[str]:
    return frozenset(codes)


def _accepted(label: str, walker: Walker, frame: Frame, reason: str, path: str) -> Case:
    return Case(
        label=label,
        frame=frame.write(),
        accept=True,
        json=jsonl.dumps(walker.item(frame), registry=walker.registry),
        codes=frozenset(),
        reason=reason,
        path=path,
        schema=walker.path(frame),
    )


def expectation(frame: bytes, registry: Registry = TLIBRARY) -> Case:
    """Return the case of any bytes, with the answer of our own decoder; its label is "raw"."""
    name = registry.frame().message_name(int.from_bytes(frame[4:6], "big")) if len(frame) >= 6 else ""
    try:
        item = decode(frame, registry=registry)
    except SchemaViolation as error:
        codes = frozenset(v.code for v in error.violations if v.severity is Severity.ERROR)
        return Case("raw", frame, False, None, codes, str(error), error.path, name)
    except DecodeError as error:
        return Case("raw", frame, False, None, frozenset((error.code,)), CODES[error.code].meaning, error.path, name)
    reason = "a message without a table" if isinstance(item, UnknownEvent) else "a valid event"
    return Case("raw", frame, True, jsonl.dumps(item, registry=registry), frozenset(), reason, name, name)
