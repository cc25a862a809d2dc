"""Rows of columns back to the frames they came from.

Strategy: the values of a row, by attribute id and of the Python types that the wire constructs take,
are packed by those constructs: so a frame out of columns is checked as any other that is encoded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from tlib_schemas.enumerations import TKVType
from tlib_schemas.errors import EncodeError, part, quote
from tlib_schemas.limits import DEEPEST_LIST, LONGEST_BODY, Limits
from tlib_schemas.registry import Registry
from tlib_schemas.values import KVList, RawValue, Unicode

from .layout import EVENT, FRAME, Column, Kind, layout

# The reader's limits held for these frames; they are not known here.
_NO_LIMITS: Final = Limits(frame_body=LONGEST_BODY, list_depth=DEEPEST_LIST)
_DIGITS: Final = 20  # of a 64-bit number
_FIELDS: Final[dict[int, tuple[str, type]]] = {
    int(TKVType.String): ("text", str),
    int(TKVType.Unicode): ("text", str),
    int(TKVType.Int): ("number", int),
    int(TKVType.Binary): ("data", bytes),
}


def _refuse(value: object, expected: str) -> EncodeError:
    return EncodeError("value-type", expected=expected, actual=type(value).__name__)


def list_of(rows: Iterable[Mapping[str, Any]]) -> KVList:
    """Return the list whose pairs stand in pre-order. Raises EncodeError where they cannot be one."""
    stack: list[tuple[str, list[tuple[str, Any]]]] = [("", [])]
    for row in rows:
        if not isinstance(row, Mapping):
            raise _refuse(row, "a pair")
        key, kind, depth = row.get("key"), row.get("type"), row.get("depth")
        if not isinstance(key, str) or type(kind) is not int or type(depth) is not int:
            raise _refuse(row, "key, type and depth of a pair")
        while len(stack) > max(depth, 1):
            _close(stack)
        if len(stack) != depth:
            raise EncodeError("value-range", expected=f"a depth from 1 to {len(stack)}", actual=str(depth), parts=(f"[{quote(key)}]",))
        if kind == TKVType.List:
            stack.append((key, []))
            continue
        name, python = _FIELDS.get(kind, ("", type(None)))
        value = row.get(name)
        if not name or type(value) is not python:
            expected, actual = (f"{name} of a pair", value) if name else ("a type from 0 to 4", kind)
            raise EncodeError("value-type", expected=expected, actual=str(actual), parts=(f"[{quote(key)}]",))
        stack[-1][1].append((key, Unicode(value) if kind == TKVType.Unicode else value))
    while len(stack) > 1:
        _close(stack)
    return KVList(stack[0][1])


def _close(stack: list[tuple[str, list[tuple[str, Any]]]]) -> None:
    key, pairs = stack.pop()
    stack[-1][1].append((key, KVList(pairs)))


class Rebuilder:
    """Makes frames of rows, by one registry."""

    def __init__(self, registry: Registry) -> None:
        self.layout: tuple[Column, ...] = layout(registry)
        self._registry = registry
        self._frame = registry.frame(_NO_LIMITS)
        self._numbers = {column.name: {name: number for number, name in column.labels or ()} for column in self.layout}

    def frames(self, columns: Mapping[str, Sequence[Any]], rows: int) -> Iterator[bytes]:
        """Yield the frames of `rows` rows; a column that is not among `columns` is null in all of them."""
        nothing = [None] * rows
        kept = columns.get(FRAME, nothing)
        events = columns.get(EVENT, nothing)
        attributes = [(column, columns[column.name]) for column in self.layout if column.id is not None and column.name in columns]
        for row in range(rows):
            yield kept[row] if kept[row] is not None else self._made(row, events[row], attributes)

    def _made(self, row: int, event: str | None, attributes: Iterable[tuple[Column, Sequence[Any]]]) -> bytes:
        if event is None:
            raise EncodeError("value-type", expected=f"{EVENT} or {FRAME}", actual=f"neither in row {row} of a batch")
        values: dict[int, Any] = {}
        for column, cells in attributes:
            value = cells[row]
            if value is not None:
                assert column.id is not None
                try:
                    values[column.id] = self._value(column, value)
                except EncodeError as error:
                    raise error.within(part(column.name), event) from None
        try:
            return self._frame.pack(self._number(EVENT, event), self._frame.attributes.pack(values, strict=False))
        except EncodeError as error:
            raise error.within(event) from None

    def _number(self, name: str, text: object) -> int:
        if not isinstance(text, str):
            raise _refuse(text, f"a name of {name} as text")
        number = self._numbers[name].get(text)
        if number is not None:
            return number
        if not (len(text) <= _DIGITS and text.isascii() and text.removeprefix("-").isdigit()):
            raise EncodeError("unknown-name", expected=f"a name or number of {name}", actual=quote(text))
        return int(text)

    def _value(self, column: Column, value: Any) -> Any:
        assert column.id is not None
        match column.kind:
            case Kind.LABEL | Kind.SIGNED_LABEL:
                return self._number(column.name, value)
            case Kind.LIST:
                if not isinstance(value, list):
                    raise _refuse(value, "a list of pairs")
                return list_of(value)
            case Kind.BINARY:
                if not isinstance(value, bytes):
                    raise _refuse(value, "bytes")
                declared = self._registry.dictionary[column.id].value
                assert declared is not None
                return RawValue(int(declared.wire_type), value)
            case _:
                return value
