"""Key-value lists of both engines: every way to read them must give the same answer.

Strategy: the reference engine's list holds its pairs in a tuple; the native engine's is read in the bytes of its frame. Each operation
of `KVList` is a line of `WHOLE` or `KEYED`; its answers over both lists are compared with their reprs, which show the types of values.
The keys to look up are those of the list, keys close to them, and keys that no list has.
"""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, TypeAlias

from tlib_schemas.registry import Item, Registry
from tlib_schemas.values import KVList, Unicode

Answer: TypeAlias = tuple[Any, str]

WHOLE: Final[dict[str, Callable[[KVList], Any]]] = {
    "list()": list,
    "pairs that are dropped": lambda kv: [(key, value) for key, value in kv],
    "hashes of pairs": lambda kv: [hash(pair) for pair in kv],
    "two iterators": lambda kv: list(zip(kv, kv, strict=True)),
    "keys()": KVList.keys,
    "keys() of its class": lambda kv: kv.keys(),
    "values()": lambda kv: kv.values(),
    "items()": lambda kv: kv.items(),
    "to_dict()": lambda kv: kv.to_dict(),
    "dict()": dict,
    "KVList()": KVList,
    "len()": len,
    "hash()": hash,
    "repr()": repr,
    "bool()": bool,
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda kv: pickle.loads(pickle.dumps(kv)),  # noqa: S301 its own
    "a list without its last pair": lambda kv: kv == KVList(list(kv)[:-1]),
    "a list of the same pairs": lambda kv: kv == KVList(list(kv)) and KVList(list(kv)) == kv,
    "a dict": lambda kv: kv == dict(kv),
}
KEYED: Final[dict[str, Callable[[KVList, Any], Any]]] = {
    "kv[key]": lambda kv, key: kv[key],
    "get(key)": lambda kv, key: kv.get(key),
    "get(key, 5)": lambda kv, key: kv.get(key, 5),
    "get(key=, default=)": lambda kv, key: kv.get(key=key, default=5),
    "get_all(key)": lambda kv, key: kv.get_all(key),
    "key in kv": lambda kv, key: key in kv,
}
_KEYS = 6  # keys of a list that are looked up: time stays linear in its bytes
_STRANGE: Final[tuple[Any, ...]] = ("", "\ud800", "\udcff", "é", 5, None, b"k")


def _answer(look: Callable[[], Any]) -> Answer:
    try:
        value = look()
    except KeyError as error:
        return ("KeyError", repr(error))
    return (value, repr(value))


def _keys(kv: KVList) -> Iterator[Any]:
    """Yield keys to look up."""
    keys = kv.keys()
    for key in [*keys[: _KEYS // 2], *keys[-_KEYS // 2 :]]:
        yield from (key, Unicode(key), key + "x", key[:-1], key.encode("utf-8", "surrogateescape").decode("latin-1"))
        # Each byte as the surrogate of a byte that is no UTF-8: another text with the same bytes.
        yield "".join(chr(0xDC00 + byte) if byte >= 0x80 else chr(byte) for byte in key.encode("utf-8", "surrogateescape"))
    yield from _STRANGE


def list_difference(expected: KVList, actual: KVList, place: str = "") -> str | None:
    """Return how two lists differ that should be equal, nested lists too, or None. `actual` is asked first."""
    for name, look in WHOLE.items():
        given, wanted = _answer(lambda look=look: look(actual)), _answer(lambda look=look: look(expected))  # type: ignore[misc]
        if given != wanted:
            return f"{place} {name}\n  reference {wanted!r}\n  native    {given!r}"
    for key in _keys(expected):
        for name, find in KEYED.items():
            given, wanted = _answer(lambda find=find, key=key: find(actual, key)), _answer(lambda find=find, key=key: find(expected, key))  # type: ignore[misc]
            if given != wanted:
                return f"{place} {name} of {key!r}\n  reference {wanted!r}\n  native    {given!r}"
    for (key, value), other in zip(expected, actual.values(), strict=True):
        if isinstance(value, KVList) and isinstance(other, KVList) and (found := list_difference(value, other, f"{place}[{key!r}]")):
            return found
    return None


def lists_of(item: Item, registry: Registry) -> list[KVList]:
    """Return the lists of an item, in ascending order of their attributes."""
    values = registry.lay_out(item)[1]
    return [values[number] for number in sorted(values) if isinstance(values[number], KVList)]


def lists_difference(expected: Sequence[KVList], actual: Sequence[KVList]) -> str | None:
    """Return how the lists of one item differ between engines, or None; lists of an item are compared with each other too."""
    for one, other in zip(expected, actual, strict=True):
        if found := list_difference(one, other):
            return found
    for i, one in enumerate(expected):
        for k, other in enumerate(expected):
            if (one == other) != (actual[i] == actual[k]):
                return f"lists {i} and {k}: {one!r} == {other!r} is {one == other}, and not so for the native engine"
    return None
