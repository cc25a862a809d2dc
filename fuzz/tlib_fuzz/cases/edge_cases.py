"""The catalogue of oddities: what is right though it looks wrong, and what lies exactly at a limit.

Strategy: a parser that refuses one of these, or reads another value, checks too much or counts one
off. Each is a valid frame with one thing in it that parsers get wrong; warnings are no reason to refuse.
"""

from __future__ import annotations

from typing import Final

from tlib_schemas.enumerations import TKVType
from tlib_schemas.wire import WireType

from .sites import ADVISED, ATTRIBUTE, BODY, LIST, OUTERMOST, SHAPED, WHOLE, Entry, Make, Place, Site, Told, event_of, free_id, nest, shown
from .tree import Attribute, List, Pair
from .values import DEEPEST, INTS, KEYS, MOST_VALUE, integer, repeated

_STRING, _INT, _BINARY, _LIST, _UNICODE = (int(kind) for kind in TKVType if kind >= 0)
_NOT_UTF8 = (b"\xff", b"caf\xe9", b"\x80", b"\xed\xa0\x80", b"\xc0\xaf", b"a\xe2\x82", b"\xf4\x90\x80\x80")


def _add(at: Place, kind: int, value: bytes | List, number: int | None = None) -> int:
    number = free_id(at) if number is None else number
    at.frame.attributes.append(Attribute(number, kind, value))
    return number


def _in_list(at: Place, *pairs: Pair) -> str:
    """Put pairs into a list, one behind the other; gives the path of the first."""
    assert at.node is not None
    index = at.chooser.integer(0, len(at.node.pairs))
    at.node.pairs[index:index] = pairs
    return f"{at.path}[{shown(pairs[0].key)}]"


# -- frames and attributes -------------------------------------------------------------------------


def _no_table(at: Place) -> Told:
    at.frame.message = at.chooser.pick(at.walker.tableless)
    return Told(at.walker.path(at.frame), f"message {at.frame.message} has no table")


def _empty_body(at: Place) -> Told:
    at.frame.message = at.chooser.pick(at.walker.tableless)
    at.frame.attributes.clear()
    return Told(at.walker.path(at.frame), "a message has no attributes at all")


def _descending(at: Place) -> Told:
    at.frame.attributes.sort(key=lambda a: -a.id)
    return Told(at.path, "attributes stand in descending order of id")


def _unknown_id(at: Place) -> Told:
    number = free_id(at)
    at.frame.attributes.append(at.walker.attribute(at.chooser, number))
    return Told(at.walker.path(at.frame, number), f"nobody declared attribute {number}")


def _unknown_type(at: Place) -> Told:
    kind = at.chooser.pick((4, 5, 7, 8, 0x7F, 0x80, 0xFF))
    number = _add(at, kind, at.chooser.bytes(at.chooser.integer(0, 9)))
    return Told(at.walker.path(at.frame, number), f"an undeclared attribute has type {kind}")


def _long_value(at: Place) -> Told:
    size = at.chooser.pick((255, 256, 65_534, 65_535, 65_536, 70_000))
    kind = at.chooser.pick((int(WireType.String), int(WireType.Binary)))
    number = _add(at, kind, repeated(at.chooser, size))
    return Told(at.walker.path(at.frame, number), f"a value has {size} bytes")


def _extreme(at: Place) -> Told:
    kind, body = at.chooser.pick(
        (
            (int(WireType.Int), at.chooser.pick(INTS[-4:])),
            (int(WireType.Long), at.chooser.pick((b"\xff" * 8, b"\x80" + bytes(7), b"\x7f" + b"\xff" * 7, bytes(8)))),
        )
    )
    taken = {a.id for a in at.frame.attributes} | at.walker.listed(at.frame.message)
    number = at.chooser.pick([n for n in at.walker.of_kind.get(kind, ()) if n not in taken] or [free_id(at)])
    _add(at, kind, body, number)
    return Told(at.walker.path(at.frame, number), f"a number is {body.hex()}")


def _odd_text(at: Place) -> Told:
    value = at.chooser.pick((b"", b"\0", b"a\0b", *_NOT_UTF8))
    taken = {a.id for a in at.frame.attributes} | at.walker.listed(at.frame.message)
    number = at.chooser.pick([n for n in at.walker.of_kind.get(int(WireType.String), ()) if n not in taken] or [free_id(at)])
    _add(at, int(WireType.String), value, number)
    return Told(at.walker.path(at.frame, number), f"a String is {value!r}")


# -- lists -----------------------------------------------------------------------------------------


def _empty_list(at: Place) -> Told:
    assert at.node is not None
    at.node.pairs.clear()
    return Told(at.path, "a list has no pairs")


def _nested_empty(at: Place) -> Told:
    key = at.chooser.pick(KEYS)
    return Told(_in_list(at, Pair(_LIST, key, List())), "a nested list has no pairs")


def _twin_keys(at: Place) -> Told:
    key = at.chooser.pick(KEYS)
    twins = (Pair(_STRING, key, b"1"), Pair(at.chooser.pick((_STRING, _BINARY, _UNICODE)), key, b"2"))
    return Told(_in_list(at, *twins), "a key stands twice")


def _alike(at: Place) -> Told:
    key = at.chooser.pick(KEYS)
    kinds = (_STRING, _UNICODE, _BINARY)
    return Told(
        _in_list(at, *(Pair(kind, key + bytes((48 + kind,)), b"same") for kind in kinds)), "the same bytes as String, Unicode and Binary"
    )


def _odd_pair(at: Place) -> Told:
    pair = at.chooser.pick(
        (
            Pair(_STRING, b"", b""),
            Pair(_UNICODE, b"", b""),
            Pair(_BINARY, b"k", b""),
            Pair(_STRING, b"k", at.chooser.pick(_NOT_UTF8)),
            Pair(_STRING, at.chooser.pick(_NOT_UTF8), b"v"),
            Pair(_STRING, b"a\0b", b"\0"),
            Pair(_UNICODE, b"k", b"a\0b\xf4\x8f\xbf\xbf"),
        )
    )
    return Told(_in_list(at, pair), f"a pair is {pair.key!r}: {pair.value!r}")


def _int_pair(at: Place) -> Told:
    value = at.chooser.pick((b"\xff\xff\xff\xff", b"\x80\0\0\0", b"\x7f\xff\xff\xff", bytes(4), integer(at.chooser)))
    return Told(_in_list(at, Pair(_INT, at.chooser.pick(KEYS), value)), f"an Int pair is {int.from_bytes(value, 'big', signed=True)}")


def _top(at: Place) -> tuple[List, str]:
    """A new attribute that is a list: outermost, so that its pairs have all the room there is."""
    node = List()
    number = _add(at, int(WireType.List), node)
    return node, at.walker.path(at.frame, number)


def _longest(at: Place) -> Told:
    node, path = _top(at)
    size = at.chooser.pick((MOST_VALUE, MOST_VALUE, MOST_VALUE - 1, 255, 256, 0x7FFF, 0x8000))
    long, short = repeated(at.chooser, size), at.chooser.pick((b"", b"k"))
    key, value = (long, short) if at.chooser.chance(0.3) else (short, long)
    node.pairs += (Pair(at.chooser.pick((_STRING, _BINARY)), key, value), Pair(_INT, b"after", bytes(4)))
    return Told(f"{path}[{shown(key)}]", f"a key has {len(key)} bytes, its value {len(value)}")


def _longest_nested(at: Place) -> Told:
    node, path = _top(at)
    inner = nest(node, b"k", [Pair(_STRING, b"", b"a" * (MOST_VALUE - 2 - 2 - 5))])
    assert not isinstance(inner.value, bytes)
    return Told(f'{path}["k"]', f"a nested list has {len(inner.value.write())} bytes, the most there can be")


def _deepest(at: Place) -> Told:
    node, path = _top(at)
    depth = 1
    while depth < DEEPEST:
        inner = nest(node, b"k")
        assert not isinstance(inner.value, bytes)
        node, depth, path = inner.value, depth + 1, f'{path}["k"]'
    node.pairs.append(Pair(_INT, b"k", bytes(4)))
    return Told(path, f"lists are nested {DEEPEST} levels deep, the limit")


def _many(sizes: tuple[int, ...]) -> Make:
    def make(at: Place) -> Told:
        node, path = _top(at)
        count = at.chooser.pick(sizes)
        node.pairs = [Pair(_INT, b"", bytes(4))] * count
        return Told(path, f"a list has {count} pairs")

    return make


# -- events whose schema warns, and numbers without a name -----------------------------------------


def _unnamed(at: Place) -> Told:
    """A number that its enumeration does not name: in an attribute that is there and that no rule asks for, or a new one."""
    controls = at.walker.controls(at.frame.message)
    there = [a for a in at.frame.attributes if a.id in at.walker.enumerations and a.id not in controls]
    if there and at.chooser.chance(0.7):
        victim = at.chooser.pick(there)
    else:
        taken = {a.id for a in at.frame.attributes} | at.walker.listed(at.frame.message)
        number = at.chooser.pick([n for n in at.walker.enumerations if n not in taken] or [free_id(at)])
        victim = Attribute(number, int(WireType.Int), b"")
        at.frame.attributes.append(victim)
    named = at.walker.enumerations.get(victim.id, ())
    victim.value = at.chooser.pick([body for body in (*INTS, b"\0\0\x01\x2c", b"\0\1\0\1") if body not in named])
    return Told(at.walker.path(at.frame, victim.id), f"the number {int.from_bytes(victim.value, 'big')} has no name")


def _unlisted(at: Place) -> Told:
    taken = {a.id for a in at.frame.attributes} | at.walker.listed(at.frame.message)
    number = at.chooser.pick([n for n in at.walker.typed if n not in taken] or [free_id(at)])
    at.frame.attributes.append(at.walker.attribute(at.chooser, number))
    return Told(at.walker.path(at.frame, number), "the event's table does not list it")


def _deprecated(at: Place) -> Told:
    return Told(at.path, "the event is deprecated")


def _advised(at: Place) -> Told:
    assert at.broken is not None
    return Told(at.path, f"{at.broken.step.field.label} is unusual here: {at.note}")


def _ill_shaped(at: Place) -> Told:
    assert at.field is not None
    field, shape = at.field
    for attribute in at.frame.attributes:
        if attribute.id == field.ids[0]:
            attribute.value = at.chooser.pick([text for text in _SHAPELESS if not shape.fits(text.decode("utf-8", "surrogateescape"))])
    return Told(at.path, f"the text is not {shape.description}")


_SHAPELESS = (b"", b"7001", b"0123456789abcdef", b"x" * 33, b"Gr\xc3\xbc\xc3\x9fe", b"\xff", b"\0")

EVENT = Site("an event that has a table", event_of(bool), lambda walker: bool(walker.plans))
DEPRECATED = Site(
    "a deprecated event",
    event_of(lambda plan: bool(plan.schema.deprecated)),
    lambda walker: any(plan.schema.deprecated for plan in walker.plans.values()),
)

_FRAMES = (
    Entry(label="message-without-table", site=WHOLE, what="no table describes the message", make=_no_table),
    Entry(label="empty-body", site=WHOLE, what="a message without attributes", make=_empty_body),
    Entry(label="descending-ids", site=BODY, what="attributes stand in descending order", make=_descending),
    Entry(label="unknown-id", site=ATTRIBUTE, what="nobody declared an attribute", make=_unknown_id),
    Entry(
        label="unknown-type",
        site=ATTRIBUTE,
        what="an undeclared attribute has a type number that the format does not name",
        make=_unknown_type,
    ),
    Entry(label="long-value", site=ATTRIBUTE, what="a value at and beyond 65,535 bytes", make=_long_value, share=0.2),
    Entry(label="extreme-number", site=ATTRIBUTE, what="an Int or Long at the end of its range", make=_extreme),
    Entry(label="unnamed-number", site=ATTRIBUTE, what="a number that its enumeration does not name", make=_unnamed),
    Entry(label="odd-text", site=ATTRIBUTE, what="a String that is empty, has a NUL, or is not UTF-8", make=_odd_text),
)
_LISTS = (
    Entry(label="empty-list", site=LIST, what="a list without pairs: not the same as none", make=_empty_list),
    Entry(label="nested-empty-list", site=LIST, what="a nested list without pairs", make=_nested_empty),
    Entry(label="duplicate-key", site=LIST, what="a key stands twice: both count, in order", make=_twin_keys),
    Entry(label="same-bytes", site=LIST, what="the same bytes as String, Unicode and Binary: three values", make=_alike),
    Entry(label="odd-pair", site=LIST, what="an empty key or value, a NUL, bytes that are not UTF-8", make=_odd_pair),
    Entry(label="int-pair", site=LIST, what="an Int pair is signed", make=_int_pair),
    Entry(label="longest-pair", site=OUTERMOST, what="a key or value at and below 65,535 bytes", make=_longest, share=0.3),
    Entry(label="longest-nested-list", site=OUTERMOST, what="a nested list of 65,533 bytes", make=_longest_nested, share=0.1),
    Entry(label="deepest-list", site=OUTERMOST, what=f"lists nested {DEEPEST} levels deep, which is the limit", make=_deepest),
    Entry(label="many-pairs", site=OUTERMOST, what="255, 256 or 1,000 pairs", make=_many((255, 256, 1000)), share=0.2),
    Entry(
        label="most-pairs",
        site=OUTERMOST,
        what="65,534 or 65,535 pairs: all that the count can say",
        make=_many((65_534, 65_535)),
        share=0.005,
    ),
)
_EVENTS = (
    Entry(label="deprecated", site=DEPRECATED, what="the event is deprecated", make=_deprecated, notes=("deprecated",)),
    Entry(
        label="unlisted-attribute",
        site=EVENT,
        what="an attribute that the event's table does not list",
        make=_unlisted,
        notes=("unlisted-attribute",),
    ),
    Entry(
        label="advisory",
        site=ADVISED,
        what="an attribute is present where a footnote says it usually is not",
        make=_advised,
        notes=("advisory",),
    ),
    Entry(label="shape", site=SHAPED, what="a text without the shape that its attribute has", make=_ill_shaped, notes=("shape",)),
)

ODDITIES: Final = {"frames and attributes": _FRAMES, "lists": _LISTS, "events": _EVENTS}
