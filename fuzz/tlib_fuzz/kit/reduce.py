"""The smallest frame found that still shows a fault.

Strategy: the frame is pruned as a tree, so its true lengths stay true and its lies stay lies: pieces
of every sequence in it (attributes, pairs, keys, values, what is left over) are taken out, large
ones first; lists are replaced by lists inside them; the message becomes one that asks for less. Last,
what cannot go is made plain. Each step stands only where the fault still shows, and the number of
tries is bounded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from tlib_fuzz.cases import tree
from tlib_schemas.registry import Registry
from tlib_schemas.wire import WireType

Shows: TypeAlias = Callable[[bytes], bool]
_FEW = 64  # bytes of which each is tried
_UNLISTED = 0xFFFF  # a message of which no table asks anything, an attribute that none knows
_BINARY = int(WireType.Binary)
_MOST = b"\xff\xff"  # the highest count of pairs


class Reducer:
    """Makes frames smaller while `shows` holds, in at most `tries`."""

    def __init__(self, shows: Shows, registry: Registry, tries: int = 3_000) -> None:
        self._shows = shows
        self._tries = tries
        asks = sorted(registry.schemas.values(), key=lambda schema: sum(field.mandatory for field in schema.fields))
        self._messages = (_UNLISTED, *(schema.message for schema in asks))

    def reduce(self, data: bytes) -> bytes:
        """The smallest frame found."""
        size = len(data) + 1
        while len(data) < size and self._tries > 0:
            size = len(data)
            data = self._truthful(self._blank(self._hoist(self._drop(self._message(data)))))
            data = self._cut(data)
        return self._plain(data)

    def _holds(self, data: bytes, than: bytes) -> bool:
        if data == than or self._tries <= 0:
            return False
        self._tries -= 1
        return self._shows(data)

    def _message(self, data: bytes) -> bytes:
        frame = tree.read(data)
        for number in self._messages if frame is not None else ():
            if frame is None or number == frame.message:
                break
            other = data[:4] + number.to_bytes(2, "big") + data[6:]
            if self._holds(other, data):
                return other
        return data

    def _drop(self, data: bytes) -> bytes:
        """Pieces taken out of every sequence of the tree."""
        which = 0
        while True:
            places = _places(data)
            if which >= len(places):
                return data
            size = len(_sequence(places[which]))
            while size:
                data = self._drop_pieces(data, which, size)
                size = min(size // 2, len(_sequence(_places(data)[which])) if which < len(_places(data)) else 0)
            which += 1

    def _drop_pieces(self, data: bytes, which: int, size: int) -> bytes:
        at = 0
        while True:
            frame = _read(data)
            places = [] if frame is None else list(_walk(frame))
            if frame is None or which >= len(places) or at >= len(_sequence(places[which])) or self._tries <= 0:
                return data
            owner, name = places[which]
            sequence = getattr(owner, name)
            setattr(owner, name, sequence[:at] + sequence[at + size :])
            shorter = frame.write()
            if self._holds(shorter, data):
                data = shorter
            else:
                at += size

    def _hoist(self, data: bytes) -> bytes:
        """Lists replaced by a list inside them."""
        which = 0
        while True:
            frame = _read(data)
            found = [] if frame is None else [*_nested(frame)]
            if frame is None or which >= len(found):
                return data
            owner, inner = found[which]
            inner.length = owner.value.length
            owner.value = inner
            shorter = frame.write()
            if self._holds(shorter, data):
                data = shorter
            else:
                which += 1

    def _blank(self, data: bytes) -> bytes:
        """Attributes of one id, which cannot go, made empty ones that nobody knows."""
        for number in sorted({attribute.id for attribute in _attributes(data)}):
            frame = _read(data)
            assert frame is not None
            for attribute in frame.attributes:
                if attribute.id == number:
                    attribute.id, attribute.kind, attribute.value, attribute.length = _UNLISTED, _BINARY, b"", None
            shorter = frame.write()
            if len(shorter) < len(data) and self._holds(shorter, data):
                data = shorter
        return data

    def _truthful(self, data: bytes) -> bytes:
        """Lies told no greater than needed: one more or one less than the truth, or the truth."""
        which = 0
        while True:
            frame = _read(data)
            lies = [] if frame is None else [*_lies(frame)]
            if frame is None or which >= len(lies):
                return data
            owner, name = lies[which]
            setattr(owner, name, None)
            honest = frame.write()
            if len(honest) <= len(data) and self._holds(honest, data):
                data = honest
            else:
                which += 1

    def _cut(self, data: bytes) -> bytes:
        """Bytes taken out wherever they are: of what is no tree, or hardly one."""
        size = len(data) // 2 if len(data) <= _FEW else 0
        while size:
            at = 0
            while at < len(data):
                shorter = data[:at] + data[at + size :]
                if self._holds(shorter, data):
                    data = shorter
                else:
                    at += size
            size //= 2
        return data

    def _plain(self, data: bytes) -> bytes:
        """Keys and values of zeros, or of one letter, where they say nothing."""
        for which in range(len(_places(data))):
            for fill in (b"\0", b"a"):
                frame = _read(data)
                places = [] if frame is None else list(_walk(frame))
                if frame is None or which >= len(places):
                    return data
                owner, name = places[which]
                sequence = getattr(owner, name)
                if not isinstance(sequence, bytes) or sequence == fill * len(sequence):
                    break
                setattr(owner, name, fill * len(sequence))
                plainer = frame.write()
                if self._holds(plainer, data):
                    data = plainer
                    break
        return data


Place: TypeAlias = tuple[Any, str]


def _read(data: bytes) -> tree.Frame | None:
    """The tree of `data`, pairs behind the last that a list's count tells being pairs too."""
    frame = tree.read(data)
    for node, _ in [] if frame is None else frame.lists():
        more = tree.read_list(_MOST + node.tail)
        if more is not None and more.pairs:
            node.count = len(node.pairs) if node.count is None else node.count
            node.pairs += more.pairs
            node.tail = more.tail
    return frame


def _attributes(data: bytes) -> list[tree.Attribute]:
    frame = tree.read(data)
    return [] if frame is None else frame.attributes


def _sequence(place: Place) -> Any:
    return getattr(*place)


def _places(data: bytes) -> list[Place]:
    frame = _read(data)
    return [] if frame is None else list(_walk(frame))


def _walk(frame: tree.Frame) -> Iterator[Place]:
    """Every sequence of the tree that could be shorter: its owner and its name there, outermost first."""
    yield from ((frame, "attributes"), (frame, "tail"), (frame, "after"))
    waiting: list[Any] = [*frame.attributes]
    for owner in waiting:  # grows on the way
        if isinstance(owner, tree.Pair):
            yield owner, "key"
        if isinstance(owner.value, bytes):
            yield owner, "value"
        else:
            yield owner.value, "pairs"
            yield owner.value, "tail"
            waiting += owner.value.pairs


def _nested(frame: tree.Frame) -> Iterator[tuple[Any, tree.List]]:
    """Each attribute or pair that holds a list, with a list inside that one."""
    owners: list[Any] = [*frame.attributes]
    for owner in owners:  # grows on the way
        if not isinstance(owner.value, bytes):
            yield from ((owner, pair.value) for pair in owner.value.pairs if not isinstance(pair.value, bytes))
            owners += owner.value.pairs


def _lies(frame: tree.Frame) -> Iterator[Place]:
    """Every length or count that is not true."""
    owners: list[Any] = [frame, *frame.attributes]
    for owner in owners:  # grows on the way
        value = getattr(owner, "value", b"")
        if not isinstance(value, bytes):
            owners += (value, *value.pairs)
        for name in ("length", "count", "key_length", "value_length"):
            if getattr(owner, name, None) is not None:
                yield owner, name
