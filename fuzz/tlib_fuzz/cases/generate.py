"""Frames with what a right parser does with them: endless and repeatable, or for any bytes given.

Strategy: `cases` knows the answer by construction: the walker built the frame, the catalogue bent it.
`expectation` asks our own decoder, for bytes that nobody built (raw mutations, a user's capture).
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

from .catalogue import CATALOGUE, Entry
from .chooser import Chooser, RandomChooser
from .tree import Frame, read
from .walker import Walker, walker_of

VALID = "valid"
_PLAIN = 0.3  # of the cases are valid and nothing more


@dataclass(frozen=True, slots=True)
class Case:
    """A frame and what a right parser does with it.

    `label` is "valid" or the catalogue's; `json` is the canonical JSON of what is accepted; `codes` are
    the error codes any of which is right for what is refused; `path` is where the defect lies, such as
    ``EventCallCreated.UserData["k"]``, and `schema` the message's name.
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
    """Endless cases, valid and wrong, the same for the same seed.

    `labels` chooses among "valid" and the catalogue's. Raises ValueError for a label that the registry has no case for.
    """
    walker = walker_of(registry)
    entries, valid = chosen(walker, labels)
    return _endless(walker, RandomChooser(seed), entries, valid)


def chosen(walker: Walker, labels: Collection[str] | None) -> tuple[list[Entry], bool]:
    """The entries that `labels` name (None: all that the registry has cases for), and whether "valid" is among them.

    Raises ValueError for a label that there is no case for, TypeError for a text, whose letters are no labels.
    """
    if isinstance(labels, str):
        raise TypeError(f"labels is the text {labels!r}: give a collection of labels, as ({labels!r},)")
    fitting = {entry.label: entry for entry in CATALOGUE.values() if entry.site.fits(walker)}
    wanted = [VALID, *fitting] if labels is None else list(labels)
    for label in wanted:
        if label != VALID and label not in fitting:
            raise ValueError(f"{walker.registry.name} has no cases {label!r}: give some of {', '.join([VALID, *fitting])}")
    if not wanted:
        raise ValueError(f"no label is given: give some of {', '.join([VALID, *fitting])}")
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
    """A case of one entry of the catalogue; None: a valid frame."""
    if entry is None:
        frame = walker.frame(chooser)
        return _accepted(VALID, walker, frame, "a valid frame", walker.path(frame))
    place = entry.site.make(walker, chooser)
    told = entry.make(place)
    frame = place.frame
    if not entry.codes:
        return _accepted(entry.label, walker, frame, told.reason, told.path)
    data = frame.write()
    return Case(
        label=entry.label,
        frame=data if told.cut is None else data[: told.cut],
        accept=False,
        json=None,
        codes=_codes(entry.codes),
        reason=told.reason,
        path=told.path,
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
    """What a right parser does with any bytes, by our own decoder; the label is "raw"."""
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


def shrink_tree(frame: bytes) -> Frame | None:
    """The frame as a tree whose parts can be taken out, lengths following; None where it is shorter than a header."""
    return read(frame)
