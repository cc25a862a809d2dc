"""The packed key-value list: how a TKVList lies in bytes.

Strategy: two plain functions over a bytes object and a position, strict about every length, used
by the construct in `wire`. No slice is taken and nothing is allocated before the bytes that back
it have been seen; nesting is bounded by `Limits.list_depth`, so recursion is too.

    count u16, then count pairs, exactly filling the list:
    type u8 | key length u16 | value length u16 | key | value

A nested list's value is ``u16 length of the inner list`` and then the inner list. The sizes are
confirmed by public logs; the order of a pair's fields and the two extra bytes of a nested list
are this project's choice.
"""

from __future__ import annotations

import struct

from .enumerations import TKVType
from .errors import EncodeError, LimitExceeded, Malformed, quote
from .limits import Limits
from .values import KVList, KVValue, Unicode

_COUNT = struct.Struct(">H")
_PAIR = struct.Struct(">BHH")
_INT = struct.Struct(">i")
_STRING, _INTEGER, _BINARY, _LIST, _UNICODE = (int(t) for t in TKVType if t >= 0)


def unpack(data: bytes, start: int, end: int, depth: int, limits: Limits) -> KVList:
    """The list that fills ``data[start:end]``.

    Raises Malformed or LimitExceeded, with the offset counted in `data`.
    """
    if end - start < 2:
        raise Malformed("list-header", offset=start, expected="2 bytes of pair count", actual=str(end - start))
    (count,) = _COUNT.unpack_from(data, start)
    if count > limits.list_pairs:
        raise LimitExceeded("list-too-many-pairs", offset=start, expected=f"at most {limits.list_pairs} pairs", actual=str(count))
    parts: list[KVValue] = []
    position = start + 2
    for index in range(count):
        if end - position < 5:
            raise Malformed(
                "pair-header", offset=position, expected="5 bytes of pair header", actual=str(end - position), parts=(f"[{index}]",)
            )
        kind, key_length, value_length = _PAIR.unpack_from(data, position)
        at = position + 5 + key_length
        after = at + value_length
        if after > end:
            raise Malformed(
                "pair-overrun",
                offset=position,
                expected=f"at most {end - position - 5} bytes of key and value",
                actual=str(key_length + value_length),
                parts=(f"[{index}]",),
            )
        key = data[position + 5 : at].decode("utf-8", "surrogateescape")
        value: KVValue
        if kind == _STRING:
            value = data[at:after].decode("utf-8", "surrogateescape")
        elif kind == _INTEGER:
            if value_length != 4:
                raise Malformed("pair-int-length", offset=at, expected="4 bytes", actual=str(value_length), parts=(_part(key),))
            (value,) = _INT.unpack_from(data, at)
        elif kind == _LIST:
            value = _unpack_nested(data, at, after, depth + 1, limits, key)
        elif kind == _BINARY:
            value = data[at:after]
        elif kind == _UNICODE:
            try:
                value = Unicode(data[at:after], "utf-8")
            except UnicodeDecodeError as error:
                raise Malformed(
                    "pair-unicode",
                    offset=at + error.start,
                    expected="UTF-8",
                    actual=f"byte {data[at + error.start]:#04x}",
                    parts=(_part(key),),
                ) from None
        else:
            raise Malformed("pair-type", offset=position, expected="a type from 0 to 4", actual=str(kind), parts=(_part(key),))
        parts += (key, value)
        position = after
    if position != end:
        raise Malformed(
            "list-trailing", offset=position, expected=f"the list to end after {count} pairs", actual=f"{end - position} more bytes"
        )
    return KVList.of_flat(tuple(parts))


def _unpack_nested(data: bytes, start: int, end: int, depth: int, limits: Limits, key: str) -> KVList:
    if depth > limits.list_depth:
        raise LimitExceeded(
            "list-too-deep", offset=start, expected=f"at most {limits.list_depth} levels", actual=f"level {depth}", parts=(_part(key),)
        )
    if end - start < 2:
        raise Malformed("list-length", offset=start, expected="2 bytes of length", actual=str(end - start), parts=(_part(key),))
    (length,) = _COUNT.unpack_from(data, start)
    if length != end - start - 2:
        raise Malformed("list-length", offset=start, expected=f"a length of {end - start - 2}", actual=str(length), parts=(_part(key),))
    try:
        return unpack(data, start + 2, end, depth, limits)
    except (Malformed, LimitExceeded) as error:
        raise error.within(_part(key)) from None


def pack(kv: KVList, depth: int, limits: Limits) -> bytes:
    """The bytes of `kv`.

    Raises EncodeError where a number or length does not fit its field, where a text is not
    encodable, or where lists are nested deeper than `Limits.list_depth`.
    """
    if depth > limits.list_depth:
        raise EncodeError("list-too-deep", expected=f"at most {limits.list_depth} levels", actual=f"level {depth}")
    if len(kv) > limits.list_pairs:
        raise EncodeError("list-too-many-pairs", expected=f"at most {limits.list_pairs} pairs", actual=str(len(kv)))
    out = [_COUNT.pack(len(kv))]
    for key, value in kv:
        try:
            kind, packed = _pack_value(value, depth, limits)
            name = pack_text(key)
            if len(name) > 0xFFFF or len(packed) > 0xFFFF:
                raise EncodeError("value-too-long", expected="at most 65535 bytes", actual=str(max(len(name), len(packed))))
        except EncodeError as error:
            raise error.within(_part(key)) from None
        out += (_PAIR.pack(kind, len(name), len(packed)), name, packed)
    return b"".join(out)


def _pack_value(value: KVValue, depth: int, limits: Limits) -> tuple[int, bytes]:
    match value:
        case Unicode():
            return _UNICODE, pack_text(value, errors="strict")
        case str():
            return _STRING, pack_text(value)
        case int():
            if not -0x8000_0000 <= value <= 0x7FFF_FFFF:
                raise EncodeError("value-range", expected="a signed 32-bit integer", actual=str(value))
            return _INTEGER, _INT.pack(value)
        case KVList():
            inner = pack(value, depth + 1, limits)
            if len(inner) > 0xFFFF - 2:
                raise EncodeError("value-too-long", expected="at most 65533 bytes of nested list", actual=str(len(inner)))
            return _LIST, _COUNT.pack(len(inner)) + inner
        case _:
            return _BINARY, value


def pack_text(text: str, errors: str = "surrogateescape") -> bytes:
    """`text` as UTF-8; bytes that were not UTF-8 when decoded are written back as they were.

    Raises EncodeError where `text` has a lone surrogate that stands for no byte.
    """
    try:
        return text.encode("utf-8", errors)
    except UnicodeEncodeError as error:
        raise EncodeError("value-text", expected="text that UTF-8 can write", actual=quote(text[error.start : error.start + 1])) from None


def _part(key: str) -> str:
    return f"[{quote(key)}]"
