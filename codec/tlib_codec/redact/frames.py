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
from tlib_schemas.kinds import Category, Kind
from tlib_schemas.limits import DEFAULT_LIMITS, Limits
from tlib_schemas.wire import Attribute, Enum

from .items import Redactor

_batches = native.extension("batches")


class Action(enum.IntEnum):
    """What becomes of the value of an attribute, as core/redact.h numbers it."""

    KEEP = 0
    TEXT = 1
    DATA = 2
    LIST = 3
    CALLS = 4  # a list that may name the calls on an abstract DN
    LINKS = 5  # a list that may name calls at other sites
    RAW = 6  # a value of any type
    HEX = 7  # a ConnID
    UNSIGNED = 8
    SIGNED = 9
    LONG = 10
    KEEP_IDENTIFIER = 11
    KEEP_MEMBER = 12
    LEAVE = 13  # the frame is left to `Redactor.frame`


_REPLACED = {
    Kind.TEXT: Action.TEXT,
    Kind.BINARY: Action.DATA,
    Kind.LIST: Action.LIST,
    Kind.HEX: Action.HEX,
    Kind.UINT: Action.UNSIGNED,
    Kind.SINT: Action.SIGNED,
    Kind.LONG: Action.LONG,
    Kind.ENUM: Action.KEEP_MEMBER,
}


def action_of(redactor: Redactor, attribute: Attribute) -> Action:
    """Return what `Redactor.value` does with the values of a declared attribute."""
    number = attribute.id
    kind = None if attribute.value is None else attribute.value.kind
    if redactor.chooses(number):
        if kind is Kind.LIST and number in redactor.listed_calls:
            return Action.CALLS
        if kind is Kind.LIST and number in redactor.linked_calls:
            return Action.LINKS
        return Action.RAW if kind is None else _REPLACED.get(kind, Action.LEAVE)
    if number not in redactor.kept:
        if kind is Kind.ENUM:
            return Action.KEEP_MEMBER
        if kind is Kind.TEXT and attribute.category is Category.IDS:
            return Action.KEEP_IDENTIFIER
    return Action.KEEP


def _members(attribute: Attribute) -> list[int]:
    """Return the members of an enumeration as a frame has them; none of another attribute."""
    value = attribute.value
    return [int(member) & 0xFFFF_FFFF for member in value.enumeration] if isinstance(value, Enum) else []


class FrameRedactor:
    """Replaces values in runs of frames as `redactor` does in events, and adds to its counts."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._native = None
        if _batches is not None and (cipher := redactor.pseudonyms.cipher) is not None:
            rules, attributes = redactor.rules, redactor.registry.dictionary.values()
            actions = bytes([Action.RAW, *(action_of(redactor, attribute) for attribute in attributes)])
            members = [[], *map(_members, attributes)]
            kept = sorted(redactor.kept - redactor.registry.dictionary.keys())
            every = rules.only_keys == ("*",) and not rules.keep_keys
            wants = None if every else redactor.wants
            self._native = _batches.Redaction(cipher, redactor.registry, actions, members, kept, redactor.ids, wants)

    def replaced(self, frames: Frames, limits: Limits = DEFAULT_LIMITS) -> tuple[bytes, Sequence[int]]:
        """Return the data of a run with pseudonyms, and the places of the frames that stand in it as they were."""
        if self._native is None or limits != DEFAULT_LIMITS:  # a list inside an undeclared attribute has the usual limits
            return frames.data, range(len(frames))
        data, left, counts = self._native.frames(frames.data, frames.bounds, limits)
        for number, count in counts.items():
            self._redactor.counts[self._redactor.registry.attribute_name(number)] += count
        return data, left
