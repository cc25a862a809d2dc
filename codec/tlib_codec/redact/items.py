"""Replace numbers and names of people in an event, and the values in its lists.

Strategy: decide by attribute, not by event, so the rules hold for every message, also one without a table. Replace an
undeclared attribute, since it may hold anything. Keep numbers and enumerations of the model, which identify nobody, and
times, sequence numbers and identifiers of calls, so that calls stay linked.
"""

from __future__ import annotations

import contextlib
import fnmatch
import functools
from collections import Counter
from typing import Any

import msgspec

from tlib_codec.calls.links import is_conn_id
from tlib_codec.engine import encode
from tlib_codec.formats.logs.values import looks_hex
from tlib_codec.records import Origin
from tlib_codec.reference import Policy
from tlib_codec.stream import Gap
from tlib_schemas import wire
from tlib_schemas.abstract_dn import is_call
from tlib_schemas.attributes import ABSTRACT_DN, UUID_SHAPE
from tlib_schemas.enumerations import OpenEnum
from tlib_schemas.errors import DecodeError, SchemaViolation
from tlib_schemas.events import Event, UnknownEvent
from tlib_schemas.kinds import Identifies, Kind, Personal, WireType
from tlib_schemas.registry import Item, Registry
from tlib_schemas.tlibrary import TLIBRARY
from tlib_schemas.values import Attributes, KVList, RawValue, Unicode
from tlib_schemas.wire import Attribute

from .pseudonym import Pseudonyms, pseudonyms

# Identifiers of calls and parties: texts that `ids` replaces.
_IDENTIFIERS = (
    Identifies.CALL,
    Identifies.CONNECTION,
    Identifies.OTHER_CALL,
    Identifies.OTHER_CONNECTION,
    Identifies.ORIGINAL_CALL,
    Identifies.MERGED_CALL,
    Identifies.MERGED_CONNECTION,
    Identifies.PARTY_ID,
)

UNNUMBERED = "attributes without a public number"


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """The values to replace. `attributes` and `kept` are ids on top of the declared ones.

    In lists the values whose key (or dotted path) matches one of `keys`, and none of `keep`.
    """

    attributes: frozenset[int] = frozenset()
    kept: frozenset[int] = frozenset()
    keys: tuple[str, ...] = ("*",)
    keep: tuple[str, ...] = ()
    agents: bool = False
    ids: bool = False


class Redactor:
    """Replaces what identifies people, under one secret. `counts` says how often, by attribute."""

    def __init__(self, secret: bytes, *, rules: Rules | None = None, registry: Registry = TLIBRARY) -> None:
        self.rules: Rules = rules or Rules()
        self.registry: Registry = registry
        self.pseudonyms: Pseudonyms = pseudonyms(secret)
        self.counts: Counter[str] = Counter()
        self._matched: set[str] = set()
        self._chosen = {number for number, attribute in registry.dictionary.items() if self._replaces(attribute)} - self.rules.kept
        self.conn_ids: set[int] = {
            n for n, attribute in registry.dictionary.items() if attribute.value is not None and attribute.value.kind is Kind.HEX
        }
        self.identifiers: set[int] = self.conn_ids | set(registry.identifying(*_IDENTIFIERS))
        self.linked_calls: frozenset[int] = frozenset(registry.identifying(Identifies.LINKED_CALLS))
        self.listed_calls: frozenset[int] = frozenset(registry.identifying(Identifies.LISTED_CALLS))

    def _replaces(self, attribute: Attribute) -> bool:
        if attribute.value is None or attribute.id in self.rules.attributes:
            return True
        if attribute.value.kind is Kind.LIST and attribute.identifies is not Identifies.LINKED_CALLS:
            return True
        return attribute.personal is Personal.ANYONE or (self.rules.agents and attribute.personal is Personal.AGENT)

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
                return UnknownEvent(item.message, Attributes(named))
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
        return number is None or number in self._chosen or (number not in self.registry.dictionary and number not in self.rules.kept)

    def value(self, number: int, value: Any) -> Any:
        """Return the value of an attribute, replaced where it is to be."""
        if self.rules.ids and isinstance(value, str) and number in self.identifiers:
            return self._count(number, value, self.identifier(value))
        if number in self.linked_calls and isinstance(value, KVList) and number not in self.rules.kept:
            return self._count(number, value, self._ids_in(value)) if self.rules.ids else value
        if not self.chooses(number):
            return value
        return self._count(number, value, self._replaced(number, value))

    def _count(self, number: int, old: Any, new: Any) -> Any:
        if old != new:
            self.counts[self.registry.attribute_name(number)] += _changed(old, new)
        return new

    def _replaced(self, number: int, value: Any) -> Any:
        if isinstance(value, KVList):
            return self.list(value, calls=number in self.listed_calls)
        if isinstance(value, RawValue):
            return self._raw(value)
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, bytes):
            return self.pseudonyms.data(value)
        return value if isinstance(value, OpenEnum) else self._integer(number, value)

    def _integer(self, number: int, value: int) -> int:
        """Return the pseudonym of an attribute that was named although it is a number: as many digits, and it still fits."""
        declared = self.registry.dictionary[number].value
        result = self.pseudonyms.integer(value)
        most = 0xFFFF_FFFF if declared is not None and declared.kind in {Kind.UINT, Kind.SINT} else (1 << 64) - 1
        return result if abs(result) <= most else result % most

    def _raw(self, value: RawValue) -> RawValue:
        if value.type == WireType.String:
            return RawValue(value.type, self.text(value.value.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape"))
        if value.type == WireType.List:
            try:
                return RawValue(value.type, wire.KVList.pack(self.list(wire.KVList.unpack(value.value))))
            except DecodeError:  # beyond the usual limits: all of it may be somebody's
                return RawValue(value.type, b"\0\0")
        number = int.from_bytes(value.value, "big")
        if value.type == WireType.Int:
            return RawValue(value.type, (self.pseudonyms.integer(number) & 0xFFFF_FFFF).to_bytes(4, "big"))
        if value.type == WireType.Long:
            return RawValue(value.type, bytes.fromhex(self.long(f"{number:016x}")))
        return RawValue(value.type, self.pseudonyms.data(value.value))

    def long(self, digits: str) -> str:
        """Return the pseudonym of 64 bits, in 16 hex digits; printed in decimal where that is how a log prints them."""
        if looks_hex(digits):
            return self.pseudonyms.hex(digits)
        return f"{self.pseudonyms.integer(int(digits, 16)) & (1 << 64) - 1:016x}"

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

    def text(self, text: str) -> str:
        """Return the pseudonym of a text; the name of an abstract DN is nobody's and stays."""
        return text if ABSTRACT_DN.fits(text) else self.pseudonyms.text(text)

    def identifier(self, text: str) -> str:
        """Return the pseudonym of a ConnID or CallUUID."""
        if is_conn_id(text):
            return self.pseudonyms.hex(text)
        return self.pseudonyms.base32(text) if UUID_SHAPE.fits(text) else self.pseudonyms.text(text)

    def wants(self, key: str, path: str, inside: bool) -> bool | None:
        """Return whether to replace the value under a key; None keeps it with everything inside."""
        if _matching(key, path, self.rules.keep):
            return None
        result = _matching(key, path, self.rules.keys)
        self._matched.update(result)
        return inside or bool(result)

    @property
    def unmatched(self) -> tuple[str, ...]:
        """Return the patterns of `Rules.keys` that matched no key, except ``*``."""
        return tuple(pattern for pattern in self.rules.keys if pattern != "*" and pattern not in self._matched)

    def list(self, kv: KVList, *, calls: bool = False, path: str = "", inside: bool = False) -> KVList:
        """Return a list with pseudonyms; `calls` says that its pairs may be the calls on an abstract DN."""
        pairs = []
        for key, value in kv:
            here = f"{path}.{key}" if path else key
            wanted = self.wants(key, here, inside)
            if wanted is None:
                pairs.append((key, value))
            elif isinstance(value, KVList):
                pairs.append((key, self.list(value, path=here, inside=wanted)))
            elif calls and not path and is_call(key, value):
                kept = type(value)(self.identifier(value)) if self.rules.ids and isinstance(value, str) else value
                pairs.append((key, kept))
            else:
                pairs.append((key, self.pair(value) if wanted else value))
        return KVList(pairs)

    def pair(self, value: Any) -> Any:
        """Return the value of one pair."""
        if isinstance(value, Unicode):
            return Unicode(self.pseudonyms.text(str(value)))
        if isinstance(value, str):
            return self.pseudonyms.text(value)
        return self.pseudonyms.integer(value) if isinstance(value, int) else self.pseudonyms.data(value)

    def _ids_in(self, kv: KVList) -> KVList:
        return KVList((key, self._id_in(value)) for key, value in kv)

    def _id_in(self, value: Any) -> Any:
        if isinstance(value, KVList):
            return self._ids_in(value)
        named = isinstance(value, str) and not isinstance(value, Unicode) and (is_conn_id(value) or UUID_SHAPE.fits(value))
        return self.identifier(value) if named else value


def _changed(old: Any, new: Any) -> int:
    """Return the number of values that differ: of a list, those in it."""
    if not isinstance(old, KVList):
        return int(old != new)
    return sum(_changed(one, other) for (_, one), (_, other) in zip(old, new, strict=True))


@functools.lru_cache(maxsize=4096)
def _matching(key: str, path: str, patterns: tuple[str, ...]) -> tuple[str, ...]:
    """Return the patterns that match the key or its path."""
    return tuple(pattern for pattern in patterns if any(fnmatch.fnmatchcase(name, pattern) for name in (key, path)))


_SAFE = ("line", "packet", "offset", "time", "local_time", "time_of_day", "direction", "version", "connection")


def safe_origin(origin: Origin) -> Origin:
    """Return the origin without names of machines, files and people, or the words of an error."""
    kept = {name: getattr(origin, name) for name in _SAFE}
    return Origin(**kept, file="input" if origin.file else "")
