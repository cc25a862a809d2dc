"""Replace the values of an event that may tell of somebody, and the values in its lists.

Strategy: decide by attribute, not by event, so the rules hold for every message, also one without a table. Replace the value of every
attribute unless its category is harmless: an identifier, a time, a counter or a code. Replace an undeclared attribute,
since it may hold anything. What stays must have the shape of its category: a text that is no identifier is replaced in an attribute of
identifiers, and so is a number beyond 255 that is no member of its enumeration.
"""

from __future__ import annotations

import contextlib
import fnmatch
import functools
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import PurePath
from typing import Any, AnyStr, Final

import msgspec

from tlib_codec.engine import encode
from tlib_codec.formats import formats
from tlib_codec.formats.compression import SUFFIXES
from tlib_codec.formats.logs.values import looks_hex
from tlib_codec.reference import Policy
from tlib_codec.stream import Gap
from tlib_schemas import wire
from tlib_schemas.abstract_dn import is_call
from tlib_schemas.enumerations import OpenEnum
from tlib_schemas.errors import DecodeError, EncodeError, SchemaViolation
from tlib_schemas.events import Event, UnknownEvent
from tlib_schemas.kinds import Category, Identifies, Kind, WireType
from tlib_schemas.registry import Item, Registry
from tlib_schemas.tlibrary import TLIBRARY
from tlib_schemas.values import Attributes, KVList, RawValue

from .pseudonym import Pseudonyms, is_identifier, pseudonyms

UNNUMBERED: Final = "attributes without a public number"
SMALL: Final = 255  # a number up to this one stays where an enumeration stands
_KEY: Final = re.compile(r"(?!.*[0-9]{4})[A-Za-z_][A-Za-z0-9_.-]*")
_PART: Final = re.compile(r"\.[0-9]{1,3}")  # of a rotated log
_MESSAGE: Final = re.compile(r"(Event|Request|)(.*)", re.DOTALL)
_CATEGORIES: Final = frozenset(category.value for category in Category)


@functools.cache
def _suffixes() -> frozenset[str]:
    return frozenset(SUFFIXES).union(*(one.suffixes for one in formats().values()))


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """The values to replace.

    `keep` and `replace` have names of categories (`tlib_schemas.Category`) and of attributes, on top of the declarations; an attribute
    that both name is kept. In lists the values whose key (or dotted path) matches one of `only_keys`, and none of `keep_keys`, are
    replaced.
    """

    keep: tuple[str, ...] = ()
    replace: tuple[str, ...] = ()
    only_keys: tuple[str, ...] = ("*",)
    keep_keys: tuple[str, ...] = ()


class Redactor:
    """Replaces what may tell of somebody, under one secret. `counts` says how often, by attribute.

    Raises EncodeError where `rules` name an attribute that the registry does not have.
    """

    def __init__(self, secret: bytes, *, rules: Rules | None = None, registry: Registry = TLIBRARY) -> None:
        self.rules: Rules = rules or Rules()
        self.registry: Registry = registry
        self.pseudonyms: Pseudonyms = pseudonyms(secret)
        self.counts: Counter[str] = Counter()
        self._matched: set[str] = set()
        self.kept: frozenset[int] = frozenset(_named(self.rules.keep, registry))
        replaced = {number for number, attribute in registry.dictionary.items() if attribute.personal}
        self._chosen = (replaced | _named(self.rules.replace, registry)) - self.kept
        self.ids: bool = Category.IDS.value in self.rules.replace and Category.IDS.value not in self.rules.keep
        self.conn_ids: set[int] = {
            n for n, attribute in registry.dictionary.items() if attribute.value is not None and attribute.value.kind is Kind.HEX
        }
        self.linked_calls: frozenset[int] = frozenset(registry.identifying(Identifies.LINKED_CALLS))
        self.listed_calls: frozenset[int] = frozenset(registry.identifying(Identifies.LISTED_CALLS))

    # -- items -----------------------------------------------------------------------------------

    def item(self, item: Item) -> Item:
        """Return the same event with pseudonyms. A gap or malformed frame has none: it may hold anything."""
        if isinstance(item, Gap):
            raise TypeError("a gap or a malformed frame cannot be made safe: leave it out")
        if isinstance(item, Event):
            message, values = self.registry.lay_out(item)
        else:
            values = {self.registry.attribute_number(name): value for name, value in item.attributes.items()}
            if isinstance(item.message, str):  # a log's, whose number is not public
                named = ((self.registry.attribute_name(number), self.value(number, value)) for number, value in values.items())
                return UnknownEvent(self.message(item.message), Attributes(named))
            message = item.message
        safe = {number: self.value(number, value) for number, value in sorted(values.items())}
        return self.registry.assemble(message, safe, printed=isinstance(item, Event))

    def frame(self, item: Item) -> bytes:
        """Return the frame of the same event with pseudonyms. Raises EncodeError where they do not fit one."""
        safe = self.item(item)
        if isinstance(safe, Event):
            with contextlib.suppress(SchemaViolation):
                return encode(safe, registry=self.registry)
        return encode(safe, registry=self.registry, policy=Policy.LENIENT)

    def chooses(self, number: int | None) -> bool:
        """Return whether to replace an attribute; None stands for one without a public number."""
        return number is None or number in self._chosen or (number not in self.registry.dictionary and number not in self.kept)

    def value(self, number: int, value: Any) -> Any:
        """Return the value of an attribute, replaced where it is to be."""
        return self._count(number, value, self._replaced(number, value) if self.chooses(number) else self._bounded(number, value))

    def _bounded(self, number: int, value: Any) -> Any:
        """Return the value of an attribute that stays, replaced where it has not the shape of its category."""
        if number not in self.kept:
            if isinstance(value, OpenEnum):
                return self._member(value)
            if type(value) is str and self.registry.dictionary[number].category is Category.IDS and number not in self.conn_ids:
                return value if is_identifier(value) else self.text(value)
        return value

    def _member(self, value: OpenEnum) -> OpenEnum:
        """Return a value of an enumeration; a number beyond 255 that is no member is replaced."""
        return value if value.label or 0 <= value <= SMALL else type(value)(self.pseudonyms.integer(int(value)))

    def _count(self, number: int, old: Any, new: Any) -> Any:
        if old != new:
            self.counts[self.registry.attribute_name(number)] += _changed(old, new)
        return new

    def _replaced(self, number: int, value: Any) -> Any:
        if isinstance(value, KVList):
            return self.list(value, number)
        if isinstance(value, RawValue):
            return self._raw(value)
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, bytes):
            return self.pseudonyms.data(value)
        if isinstance(value, OpenEnum):
            return self._member(value)
        declared = self.registry.dictionary[number].value
        assert declared is not None
        if declared.kind is Kind.OTHER:
            return self._own(declared, value)
        return int(self.long(f"{value:016x}"), 16) if declared.kind is Kind.LONG else self.pseudonyms.integer(value)

    def _own(self, declared: wire.Value, value: Any) -> Any:
        """Return the pseudonym of a value that only a construct of the caller's own reads. Raise EncodeError where it reads none."""
        safe = self._raw(RawValue(declared.wire_type, declared.pack(value)))
        try:
            return declared.unpack(safe.value)
        except DecodeError as error:
            raise EncodeError("value-type", expected="a value that stays one when it is replaced", actual=error.actual) from None

    def _raw(self, value: RawValue) -> RawValue:
        if value.type == WireType.String:
            return RawValue(value.type, self.text(value.value))
        if value.type == WireType.List:
            try:
                return RawValue(value.type, wire.KVList.pack(self.list(wire.KVList.unpack(value.value))))
            except DecodeError:  # beyond the usual limits: all of it may be somebody's
                return RawValue(value.type, b"\0\0")
        if value.type == WireType.Int:
            return RawValue(value.type, self.pseudonyms.integer(int.from_bytes(value.value)).to_bytes(4))
        if value.type == WireType.Long:
            return RawValue(value.type, bytes.fromhex(self.long(value.value.hex())))
        return RawValue(value.type, self.pseudonyms.data(value.value))

    def long(self, digits: str) -> str:
        """Return the pseudonym of 64 bits, in 16 hex digits; printed in decimal where that is how a log prints them."""
        return self.text(digits) if looks_hex(digits) else f"{self.pseudonyms.integer(int(digits, 16)):016x}"

    def printed(self, number: int | None, text: str) -> str:
        """Return an attribute's text as a log prints it; None is an attribute without a public number."""
        attribute = None if number is None else self.registry.dictionary.get(number)
        if number is not None and attribute is not None and attribute.value is not None and attribute.value.python is str:
            return str(self.value(number, text))
        if not self.chooses(number):
            return text
        self.counts[UNNUMBERED if number is None else self.registry.attribute_name(number)] += 1
        return self.text(text)

    # -- values ----------------------------------------------------------------------------------

    def text(self, text: AnyStr) -> AnyStr:
        """Return the pseudonym of any text, in bytes or not; bytes that are no UTF-8 are replaced too.

        It has the same shape and length in UTF-8, and a number or name has the same one wherever it stands alone: as a
        value, in an integer, between separators such as ``7001@Hill``.
        """
        if isinstance(text, bytes):
            return self.pseudonyms.text(text.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
        return self.pseudonyms.text(text)

    def key(self, key: str) -> str:
        """Return a key of a list, or the name of an attribute: itself where it is a name of a program, else its pseudonym.

        That is one of ASCII letters, digits, ``_``, ``.`` and ``-`` that begins with a letter and has no four digits in a row.
        """
        return key if _KEY.fullmatch(key) is not None else self.text(key)

    def message(self, name: str) -> str:
        """Return the name of a message; of one that the registry does not have, only ``Event`` or ``Request`` stays."""
        if name in self.registry.messages:
            return name
        match = _MESSAGE.fullmatch(name)
        assert match is not None
        self.counts["message names"] += 1
        return match[1] + self.text(match[2])

    def file_name(self, name: str) -> str:
        """Return the name of a file or folder: its pseudonym with the suffixes that tell the format."""
        return "".join(self.file_name_parts(name))

    def file_name_parts(self, name: str) -> tuple[str, str]:
        """Return the pseudonym of the name of a file, and the suffixes that tell its format."""
        stem, suffixes = name, ""
        while (suffix := PurePath(stem).suffix) and (suffix.lower() in _suffixes() or _PART.fullmatch(suffix)):
            stem, suffixes = stem.removesuffix(suffix), suffix + suffixes
        return self.text(stem), suffixes

    def wants(self, key: str, path: str, inside: bool) -> bool | None:
        """Return whether to replace the value under a key; None keeps it with everything inside."""
        if _matching(key, path, self.rules.keep_keys):
            return None
        result = _matching(key, path, self.rules.only_keys)
        self._matched.update(result)
        return inside or bool(result)

    @property
    def unmatched(self) -> tuple[str, ...]:
        """Return the patterns of `Rules.only_keys` that matched no key, except ``*``."""
        return tuple(pattern for pattern in self.rules.only_keys if pattern != "*" and pattern not in self._matched)

    def list(self, kv: KVList, number: int | None = None, *, path: str | None = None, inside: bool = False) -> KVList:
        """Return a list with pseudonyms; `number` is the attribute that it is the value of, if that is declared."""
        pairs = []
        for key, value in kv:
            here = f"{path}.{key}" if path else key
            wanted = self.wants(key, here, inside)
            name = self.key(key) if wanted else key
            if wanted is None:
                pairs.append((key, value))
            elif isinstance(value, KVList):
                pairs.append((name, self.list(value, number, path=here, inside=wanted)))
            elif self.links(number, key, value, top=path is None):
                pairs.append((name, self.pair(value) if self.ids and isinstance(value, str) else value))
            else:
                pairs.append((name, self.pair(value) if wanted else value))
        return KVList(pairs)

    def links(self, number: int | None, key: str, value: Any, *, top: bool) -> bool:
        """Return whether a pair of an attribute's list links calls; `top` says that it stands in no nested list."""
        if number in self.listed_calls:
            return top and is_call(key, value) and (0 <= value <= SMALL if isinstance(value, int) else is_identifier(value))
        return number in self.linked_calls and type(value) is str and is_identifier(value)

    def pair(self, value: Any) -> Any:
        """Return the pseudonym of a value in a list."""
        if isinstance(value, str):
            return type(value)(self.text(str(value)))
        return self.pseudonyms.integer(value) if isinstance(value, int) else self.pseudonyms.data(value)


def _named(words: Iterable[str], registry: Registry) -> set[int]:
    """Return the ids of the attributes that are named, alone or by their category."""
    numbers = set()
    for word in words:
        if word in _CATEGORIES:
            numbers |= {number for number, attribute in registry.dictionary.items() if attribute.category.value == word}
        else:
            numbers.add(registry.attribute_number(word))
    return numbers


def _changed(old: Any, new: Any) -> int:
    """Return the number of keys and values that differ: of a list, those in it."""
    if not isinstance(old, KVList):
        return int(old != new)
    return sum((key != name) + _changed(one, other) for (key, one), (name, other) in zip(old, new, strict=True))


@functools.lru_cache(maxsize=4096)
def _matching(key: str, path: str, patterns: tuple[str, ...]) -> tuple[str, ...]:
    """Return the patterns that match the key or its path."""
    return tuple(pattern for pattern in patterns if any(fnmatch.fnmatchcase(name, pattern) for name in (key, path)))
