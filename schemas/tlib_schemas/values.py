"""The Python values that attributes carry, and the untyped frame.

Strategy: plain `str`, `int` and `bytes` wherever they say all there is. Classes of our own only
where Python has no word for it: a key-value list keeps order, duplicates and the difference
between String and Unicode; a raw value keeps the type number of an attribute nobody declared.
All of them are immutable, comparable, hashable and picklable.
"""

from __future__ import annotations

from collections.abc import ItemsView, Iterable, Iterator, Mapping
from typing import Any, TypeAlias, overload

import msgspec


class Unicode(str):
    """A text that travels as pair type Unicode (4), not String (0).

    It compares equal to a `str` of the same characters; two *lists* are equal only when their
    types agree too.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return f"Unicode({super().__repr__()})"


KVValue: TypeAlias = "str | int | bytes | Unicode | KVList"
_KVInput: TypeAlias = "str | int | bytes | bytearray | memoryview | Unicode | KVList | Mapping[str, Any] | Iterable[tuple[str, Any]]"


class KVList:
    """A TKVList: ordered pairs of a key and a typed value; keys may repeat, lists may nest.

    Built from pairs or from a mapping. `str` is String, `Unicode` is Unicode, `int` is a signed
    32-bit Int, bytes are Binary, a mapping or a list of pairs is a nested list. TKVList has no
    booleans, floats or nulls: they raise TypeError.

    >>> kv = KVList({"RTR": 115, "Segment": {"Tier": "Gold"}})
    >>> kv["RTR"], kv["Segment"]["Tier"], "Absent" in kv, list(kv)[0]
    (115, 'Gold', False, ('RTR', 115))
    """

    # The whole storage: keys and values in turn, without a tuple a pair, which halves the objects. Every method reads `_flat`
    # and nothing else. So a subclass can store the list in another way: it overrides `_flat` with a property.
    __slots__ = ("_flat",)
    _flat: tuple[Any, ...]

    def __init__(self, pairs: KVList | Mapping[str, Any] | Iterable[tuple[str, Any]] = ()) -> None:
        if isinstance(pairs, KVList):
            self._flat = pairs._flat  # noqa: SLF001
            return
        items = pairs.items() if isinstance(pairs, Mapping) else pairs
        self._flat = tuple(part for key, value in items for part in (_key(key), _value(value)))

    @classmethod
    def of_flat(cls, flat: tuple[Any, ...]) -> KVList:
        """A list of keys and values in turn that are known to be right: what a decoder calls."""
        kv = cls.__new__(cls)
        kv._flat = flat  # noqa: SLF001
        return kv

    def __iter__(self) -> Iterator[tuple[str, KVValue]]:
        parts = iter(self._flat)
        return zip(parts, parts)  # noqa: B905 one iterator, always even, and half the time without

    def __len__(self) -> int:
        return len(self._flat) // 2

    def __getitem__(self, key: str) -> Any:
        for name, value in self:
            if name == key:
                return value
        raise KeyError(key)

    @overload
    def get(self, key: str) -> Any | None: ...
    @overload
    def get(self, key: str, default: Any) -> Any: ...
    def get(self, key: str, default: Any = None) -> Any:
        """The first value of `key`, or `default`."""
        return next((value for name, value in self if name == key), default)

    def get_all(self, key: str) -> list[KVValue]:
        """Every value of `key`, in order."""
        return [value for name, value in self if name == key]

    def __contains__(self, key: object) -> bool:
        return any(name == key for name, _ in self)

    def keys(self) -> list[str]:
        """The keys in order, repeated ones repeated."""
        return list(self._flat[::2])

    def values(self) -> list[KVValue]:
        """The values in order."""
        return list(self._flat[1::2])

    def items(self) -> list[tuple[str, KVValue]]:
        """The pairs in order."""
        return list(self)

    def to_dict(self) -> dict[str, Any]:
        """Return the list as a dict, nested lists too; of a key that repeats, the first value.

        >>> KVList([("RTR", 115), ("Segment", {"Tier": "Gold"}), ("RTR", 116)]).to_dict()
        {'RTR': 115, 'Segment': {'Tier': 'Gold'}}
        """
        made: dict[str, Any] = {}
        for key, value in self:
            if key not in made:
                made[key] = value.to_dict() if isinstance(value, KVList) else value
        return made

    @property
    def packed_size(self) -> int:
        """The length of the packed list in bytes."""
        return 2 + sum(5 + _packed_size(key) + _packed_size(value) for key, value in self)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, KVList):
            return NotImplemented
        mine, theirs = self._flat, other._flat
        if mine != theirs:
            return False
        # Equal values of unequal types are String and Unicode, which differ on the wire, or lists that are stored differently.
        types, others = [*map(type, mine)], [*map(type, theirs)]
        return types == others or Unicode not in {*types, *others} or [t is Unicode for t in types] == [t is Unicode for t in others]

    def __hash__(self) -> int:
        return hash(self._flat)

    def __repr__(self) -> str:
        return f"KVList({list(self)!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return (KVList, (list(self),))

    def __copy__(self) -> KVList:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> KVList:
        return self


def _packed_size(value: KVValue) -> int:
    if isinstance(value, KVList):
        return 2 + value.packed_size
    if isinstance(value, int):
        return 4
    return len(value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value)


def _key(key: object) -> str:
    if not isinstance(key, str):
        raise TypeError(f"a key of a KVList is a str, not {type(key).__name__}")
    return str(key)


def _value(value: _KVInput) -> KVValue:
    match value:
        case KVList():
            return value
        case Unicode():
            return Unicode(value)
        case str():
            return str(value)
        case bool() | float() | None:
            pass
        case int():
            return int(value)
        case bytes() | bytearray() | memoryview():
            return bytes(value)
        case Mapping() | list() | tuple():
            return KVList(value)
    raise TypeError(f"a KVList has no {type(value).__name__}: give str, int, bytes, Unicode or a nested list")


class RawValue(msgspec.Struct, frozen=True, gc=False):
    """A value of an attribute whose type nobody declared: its wire type number and its bytes."""

    type: int
    value: bytes


class RawAttribute(msgspec.Struct, frozen=True, gc=False):
    """An attribute as it stands in a frame: id, wire type number and the bytes of its value."""

    id: int
    type: int
    value: bytes


class Frame(msgspec.Struct, frozen=True):
    """A well-formed frame, untyped: message number and attributes in the order of arrival."""

    message: int
    attributes: tuple[RawAttribute, ...] = ()


class Attributes(Mapping[str, Any]):
    """Attributes by name, as an immutable mapping; an id without a name is ``#200``.

    Values have the type that the registry declares, or are `RawValue`.
    """

    __slots__ = ("_items",)
    _items: dict[str, Any]

    def __init__(self, items: Mapping[str, Any] | Iterable[tuple[str, Any]] = ()) -> None:
        self._items = dict(items)

    def __getitem__(self, name: str) -> Any:
        return self._items[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def get(self, name: str, default: Any = None, /) -> Any:
        """Return the value of that name, `default` where there is none: faster than Mapping's own."""
        return self._items.get(name, default)

    def items(self) -> ItemsView[str, Any]:
        """The pairs of name and value."""
        return self._items.items()

    def __hash__(self) -> int:
        return hash(frozenset(self._items.items()))

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Attributes):
            return self._items == other._items
        return self._items == other if isinstance(other, Mapping) else NotImplemented

    def __repr__(self) -> str:
        return f"Attributes({self._items!r})"

    def __reduce__(self) -> str | tuple[Any, ...]:
        # none stays the one that is the default of `extra`: the copy of an event prints as the event does
        return "NO_ATTRIBUTES" if self is NO_ATTRIBUTES else (Attributes, (self._items,))


NO_ATTRIBUTES = Attributes()
