"""Redact runs of frames in place: a pseudonym is as long as its value, so a frame keeps its length and a run its index.

Strategy: a table says for each attribute of the registry what becomes of its value (`Action`), so the C of `native.batches.Redaction`
needs no other knowledge. It leaves a frame that it is not sure of (malformed, not canonical, a value of a caller's own construct) as it is;
`Redactor.frame` replaces that one. Without the extension it leaves every frame.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence

from tlib_codec import native
from tlib_codec.records import Frames
from tlib_schemas.kinds import Kind
from tlib_schemas.limits import DEFAULT_LIMITS, Limits
from tlib_schemas.wire import Attribute

from .items import Redactor

_batches = native.extension("batches")


class Action(enum.IntEnum):
    """What becomes of the value of an attribute, as core/redact.h numbers it."""

    KEEP = 0
    TEXT = 1
    DATA = 2
    LIST = 3
    CALLS = 4  # a list that may name the calls on an abstract DN
    LINKS = 5  # a list of which only identifiers are replaced
    RAW = 6  # a value of any type
    HEX = 7  # a ConnID
    IDENTIFIER = 8
    LEAVE = 9  # the frame is left to `Redactor.frame`


_BY_KIND = {Kind.TEXT: Action.TEXT, Kind.BINARY: Action.DATA, Kind.ENUM: Action.KEEP, Kind.LIST: Action.LIST}


def action_of(redactor: Redactor, attribute: Attribute) -> Action:
    """Return what `Redactor.value` does with the values of a declared attribute."""
    number = attribute.id
    kind = None if attribute.value is None else attribute.value.kind
    if redactor.rules.ids and number in redactor.identifiers and kind in {Kind.TEXT, Kind.HEX}:
        return Action.HEX if kind is Kind.HEX else Action.IDENTIFIER
    if number in redactor.linked_calls and kind is Kind.LIST and number not in redactor.rules.kept:
        return Action.LINKS if redactor.rules.ids else Action.KEEP
    if not redactor.chooses(number):
        return Action.KEEP
    if kind is None:
        return Action.RAW
    if kind is Kind.LIST and number in redactor.listed_calls:
        return Action.CALLS
    return _BY_KIND.get(kind, Action.LEAVE)


class FrameRedactor:
    """Replaces values in runs of frames as `redactor` does in events, and adds to its counts."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._native = None
        if _batches is not None and (cipher := redactor.pseudonyms.cipher) is not None:
            rules, registry = redactor.rules, redactor.registry
            actions = bytes([Action.RAW, *(action_of(redactor, attribute) for attribute in registry.dictionary.values())])
            kept = sorted(rules.kept - registry.dictionary.keys())
            every = rules.keys == ("*",) and not rules.keep
            self._native = _batches.Redaction(cipher, registry, actions, kept, rules.ids, None if every else redactor.wants)

    def replaced(self, frames: Frames, limits: Limits = DEFAULT_LIMITS) -> tuple[bytes, Sequence[int]]:
        """Return the data of a run with pseudonyms, and the places of the frames that stand in it as they were."""
        if self._native is None or limits != DEFAULT_LIMITS:  # a list inside an undeclared attribute has the usual limits
            return frames.data, range(len(frames))
        data, left, counts = self._native.frames(frames.data, frames.bounds, limits)
        for number, count in counts.items():
            self._redactor.counts[self._redactor.registry.attribute_name(number)] += count
        return data, left
