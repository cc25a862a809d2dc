"""The reducer: finds a smaller input that shows the same fault.

Strategy: the input is pruned as a tree of a frame, so its correct lengths stay correct and its wrong ones stay wrong: pieces of every
sequence (attributes, pairs, keys, values, trailing bytes) are removed, large ones first; a list is replaced by a list inside
it; the message becomes one with fewer mandatory fields. Last, bytes that cannot be removed become zeros. A step is kept where the
fault still shows, and the number of tries is bounded. Other bytes than a frame are a tree of one sequence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from tlib_fuzz.cases import tree
from tlib_schemas.kinds import WireType
from tlib_schemas.registry import Registry

Shows: TypeAlias = Callable[[bytes], bool]
Part: TypeAlias = tuple[Any, str]  # a node of the tree and the name of its field
_SMALL = 64  # bytes of an input from which single bytes are removed
_UNLISTED = 0xFFFF  # a message without a table, an attribute that is not declared
_BINARY = int(WireType.Binary)
_MANY_PAIRS = b"\xff\xff"  # the highest count


class Reducer:
    """Makes inputs smaller while `shows` holds, in at most `tries`."""

    def __init__(self, shows: Shows, registry: Registry, tries: int = 3_000) -> None:
        self._shows = shows
        self._tries = tries
        schemas = sorted(registry.tables, key=lambda schema: sum(field.mandatory for field in schema.fields))
        self._messages = (_UNLISTED, *(schema.message for schema in schemas))

    def reduce(self, data: bytes) -> bytes:
        """Return the smallest input found."""
        size = len(data) + 1
        while len(data) < size and self._tries > 0:
            size = len(data)
            for step in (self._message, self._drop, self._hoist, self._blank, self._correct, self._cut):
                data = step(data)
        return self._plain(data)

    def _holds(self, data: bytes, than: bytes) -> bool:
        if data == than or self._tries <= 0:
            return False
        self._tries -= 1
        return self._shows(data)

    def _try(self, frame: tree.Frame, data: bytes) -> bytes | None:
        """Return the bytes of a changed tree where they are not longer than `data` and show the fault."""
        changed = frame.write()
        return changed if len(changed) <= len(data) and self._holds(changed, data) else None

    def _message(self, data: bytes) -> bytes:
        """Change the message to one that requires less."""
        frame = tree.read(data)
        for number in self._messages if frame is not None else ():
            if frame is None or number == frame.message:
                break
            other = data[:4] + number.to_bytes(2, "big") + data[6:]
            if self._holds(other, data):
                return other
        return data

    def _drop(self, data: bytes) -> bytes:
        """Remove pieces from every sequence of the tree."""
        place = 0
        while (part := _part(data, place)) is not None:
            size = len(getattr(*part))
            while size:
                data = self._drop_pieces(data, place, size)
                part = _part(data, place)
                size = 0 if part is None else min(size // 2, len(getattr(*part)))
            place += 1
        return data

    def _drop_pieces(self, data: bytes, place: int, size: int) -> bytes:
        at = 0
        while (frame := _read(data)) is not None and self._tries > 0:
            part = _nth(_parts(frame), place)
            if part is None or at >= len(getattr(*part)):
                break
            sequence = getattr(*part)
            _set(part, sequence[:at] + sequence[at + size :])
            smaller = self._try(frame, data)
            if smaller is None:
                at += size
            else:
                data = smaller
        return data

    def _each(self, data: bytes, options: Callable[[tree.Frame], Iterator[Callable[[], None]]]) -> bytes:
        """Try the changes that `options` yields of a tree, one by one."""
        place = 0
        while (frame := _read(data)) is not None and (change := _nth(options(frame), place)) is not None:
            change()
            changed = self._try(frame, data)
            if changed is None:
                place += 1
            else:
                data = changed
        return data

    def _hoist(self, data: bytes) -> bytes:
        """Replace lists by a list inside them."""
        return self._each(data, _hoists)

    def _correct(self, data: bytes) -> bytes:
        """Correct wrong lengths and counts."""
        return self._each(data, lambda frame: (lambda part=part: _set(part, None) for part in _wrong(frame)))  # type: ignore[misc]

    def _blank(self, data: bytes) -> bytes:
        """Replace the attributes of one id by empty ones that are not declared."""
        frame = tree.read(data)
        for number in sorted({a.id for a in frame.attributes}) if frame is not None else ():
            frame = _read(data)
            assert frame is not None
            for a in frame.attributes:
                if a.id == number:
                    a.id, a.kind, a.value, a.length = _UNLISTED, _BINARY, b"", None
            smaller = frame.write()
            if len(smaller) < len(data) and self._holds(smaller, data):
                data = smaller
        return data

    def _cut(self, data: bytes) -> bytes:
        """Remove bytes anywhere from a small input."""
        size = len(data) // 2 if len(data) <= _SMALL else 0
        while size:
            at = 0
            while at < len(data):
                smaller = data[:at] + data[at + size :]
                if self._holds(smaller, data):
                    data = smaller
                else:
                    at += size
            size //= 2
        return data

    def _plain(self, data: bytes) -> bytes:
        """Replace keys and values by zeros or by one letter."""
        for place in range(len(list(_parts(frame))) if (frame := _read(data)) is not None else 0):
            for fill in (b"\0", b"a"):
                frame = _read(data)
                part = None if frame is None else _nth(_parts(frame), place)
                if frame is None or part is None:
                    return data
                sequence = getattr(*part)
                if not isinstance(sequence, bytes) or sequence == fill * len(sequence):
                    break
                _set(part, fill * len(sequence))
                plainer = self._try(frame, data)
                if plainer is not None:
                    data = plainer
                    break
        return data


def _read(data: bytes) -> tree.Frame | None:
    """Return the tree of `data`, with the pairs beyond a list's count as pairs too."""
    frame = tree.read(data)
    for node, _ in [] if frame is None else frame.lists():
        more = tree.read_list(_MANY_PAIRS + node.tail)
        if more is not None and more.pairs:
            node.count = len(node.pairs) if node.count is None else node.count
            node.pairs += more.pairs
            node.tail = more.tail
    return frame


def _set(part: Part, value: Any) -> None:
    node, name = part
    setattr(node, name, value)


def _nth(items: Iterator[Any], place: int) -> Any:
    """Return the item at a place, None where there are fewer."""
    return next((item for number, item in enumerate(items) if number == place), None)


def _part(data: bytes, place: int) -> Part | None:
    frame = _read(data)
    part: Part | None = None if frame is None else _nth(_parts(frame), place)
    return part


def _owners(frame: tree.Frame) -> Iterator[tree.Attribute | tree.Pair]:
    """Yield every attribute and pair of a tree, outermost first."""
    waiting: list[tree.Attribute | tree.Pair] = [*frame.attributes]
    for owner in waiting:  # grows while it is read
        yield owner
        if isinstance(owner.value, tree.List):
            waiting += owner.value.pairs


def _parts(frame: tree.Frame) -> Iterator[Part]:
    """Yield every sequence of the tree that could be shorter, outermost first."""
    yield from ((frame, "attributes"), (frame, "tail"), (frame, "after"))
    for owner in _owners(frame):
        if isinstance(owner, tree.Pair):
            yield owner, "key"
        if isinstance(owner.value, bytes):
            yield owner, "value"
        else:
            yield owner.value, "pairs"
            yield owner.value, "tail"


def _hoists(frame: tree.Frame) -> Iterator[Callable[[], None]]:
    """Yield the changes that replace a list by a list inside it."""

    def hoist(owner: tree.Attribute | tree.Pair, length: int | None, inner: tree.List) -> None:
        inner.length = length
        owner.value = inner

    for owner in _owners(frame):
        if isinstance(owner.value, tree.List):
            for pair in owner.value.pairs:
                if isinstance(pair.value, tree.List):
                    yield lambda owner=owner, length=owner.value.length, inner=pair.value: hoist(owner, length, inner)  # type: ignore[misc]


def _wrong(frame: tree.Frame) -> Iterator[Part]:
    """Yield every length and count that is not correct."""
    nodes: list[Any] = [frame]
    for owner in _owners(frame):
        nodes += (owner, owner.value) if isinstance(owner.value, tree.List) else (owner,)
    for node in nodes:
        for name in ("length", "count", "key_length", "value_length"):
            if getattr(node, name, None) is not None:
                yield node, name
