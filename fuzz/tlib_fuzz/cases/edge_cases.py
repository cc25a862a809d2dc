"""The catalogue of edge cases: frames that are correct though they look wrong, or that lie exactly at a limit.

Strategy: each is a valid frame with one thing that parsers get wrong. A parser that refuses it, or reads another value, checks
too much or is off by one. Warnings are no reason to refuse.
"""

from __future__ import annotations

from typing import Final

from tlib_schemas.enumerations import TKVType
from tlib_schemas.kinds import WireType

from .entries import Change, Edit, Section
from .sites import ADVISED, ATTRIBUTE, BODY, DEPRECATED, LIST, OUTERMOST, SHAPED, WHOLE, WHOLE_TABLE, Place, nest, shown
from .tree import Attribute, List, Pair
from .values import DEEPEST, INTS, KEYS, MOST_VALUE, integer, repeated

_STRING, _INT, _BINARY, _LIST, _UNICODE = (int(kind) for kind in TKVType if kind >= 0)
_NOT_UTF8 = (b"\xff", b"caf\xe9", b"\x80", b"\xed\xa0\x80", b"\xc0\xaf", b"a\xe2\x82", b"\xf4\x90\x80\x80")


def _add(at: Place, number: int, kind: int, value: bytes | List) -> str:
    """Append an attribute and return its path."""
    at.frame.attributes.append(Attribute(number, kind, value))
    return at.at(number)


# -- frames and attributes -------------------------------------------------------------------------

_FRAMES = Section()


@_FRAMES.entry("message-without-table", WHOLE, "no table describes the message")
def _no_table(at: Place) -> Change:
    at.frame.message = at.chooser.pick(at.walker.tableless)
    return Change(at.at(), f"message {at.frame.message} has no table")


@_FRAMES.entry("empty-body", WHOLE, "a message without attributes")
def _empty_body(at: Place) -> Change:
    at.frame.message = at.chooser.pick(at.walker.tableless)
    at.frame.attributes.clear()
    return Change(at.at(), "a message has no attributes at all")


@_FRAMES.entry("descending-ids", BODY, "attributes are in descending order")
def _descending(at: Place) -> Change:
    at.frame.attributes.sort(key=lambda a: -a.id)
    return Change(at.path, "attributes are in descending order of id")


@_FRAMES.entry("unknown-id", ATTRIBUTE, "an attribute is not declared")
def _unknown_id(at: Place) -> Change:
    number = at.free_id()
    at.frame.attributes.append(at.walker.attribute(at.chooser, number))
    return Change(at.at(number), f"attribute {number} is not declared")


@_FRAMES.entry("unknown-type", ATTRIBUTE, "an undeclared attribute has a type number that the format does not name")
def _unknown_type(at: Place) -> Change:
    kind = at.chooser.pick((4, 5, 7, 8, 0x7F, 0x80, 0xFF))
    value = at.chooser.bytes(at.chooser.integer(0, 9))
    return Change(_add(at, at.free_id(), kind, value), f"an undeclared attribute has type {kind}")


@_FRAMES.entry("long-value", ATTRIBUTE, "a value at and beyond 65,535 bytes", share=0.2)
def _long_value(at: Place) -> Change:
    size = at.chooser.pick((255, 256, 65_534, 65_535, 65_536, 70_000))
    kind = at.chooser.pick((int(WireType.String), int(WireType.Binary)))
    value = repeated(at.chooser, size)
    return Change(_add(at, at.free_id(), kind, value), f"a value has {size} bytes")


@_FRAMES.entry("extreme-number", ATTRIBUTE, "an Int or Long at the end of its range")
def _extreme(at: Place) -> Change:
    kind, body = at.chooser.pick(
        (
            (int(WireType.Int), at.chooser.pick(INTS[-4:])),
            (int(WireType.Long), at.chooser.pick((b"\xff" * 8, b"\x80" + bytes(7), b"\x7f" + b"\xff" * 7, bytes(8)))),
        )
    )
    return Change(_add(at, at.unlisted(at.walker.of_kind.get(kind, ())), kind, body), f"a number is {body.hex()}")


@_FRAMES.entry("unnamed-number", ATTRIBUTE, "a number that its enumeration does not name")
def _unnamed(at: Place) -> Change:
    """Change an attribute that no rule reads, or add one."""
    controls = at.walker.controls(at.frame.message)
    present = [a for a in at.frame.attributes if a.id in at.walker.enumerations and a.id not in controls]
    if present and at.chooser.chance(0.7):
        victim = at.chooser.pick(present)
    else:
        victim = Attribute(at.unlisted(tuple(at.walker.enumerations)), int(WireType.Int), b"")
        at.frame.attributes.append(victim)
    named = at.walker.enumerations.get(victim.id, ())
    victim.value = body = at.chooser.pick([body for body in (*INTS, b"\0\0\x01\x2c", b"\0\1\0\1") if body not in named])
    return Change(at.at(victim.id), f"the number {int.from_bytes(body, 'big')} has no name")


@_FRAMES.entry("odd-text", ATTRIBUTE, "a String that is empty, has a NUL, or is not UTF-8")
def _odd_text(at: Place) -> Change:
    value = at.chooser.pick((b"", b"\0", b"a\0b", *_NOT_UTF8))
    number = at.unlisted(at.walker.of_kind.get(int(WireType.String), ()))
    return Change(_add(at, number, int(WireType.String), value), f"a String is {value!r}")


# -- lists -----------------------------------------------------------------------------------------

_LISTS = Section()


@_LISTS.entry("empty-list", LIST, "a list without pairs: not the same as none")
def _empty_list(at: Place) -> Change:
    at.list.pairs.clear()
    return Change(at.path, "a list has no pairs")


@_LISTS.entry("nested-empty-list", LIST, "a nested list without pairs")
def _nested_empty(at: Place) -> Change:
    return Change(at.insert(Pair(_LIST, at.chooser.pick(KEYS), List())), "a nested list has no pairs")


@_LISTS.entry("duplicate-key", LIST, "a key occurs twice: both count, in order")
def _twin_keys(at: Place) -> Change:
    key = at.chooser.pick(KEYS)
    twins = (Pair(_STRING, key, b"1"), Pair(at.chooser.pick((_STRING, _BINARY, _UNICODE)), key, b"2"))
    return Change(at.insert(*twins), "a key occurs twice")


@_LISTS.entry("same-bytes", LIST, "the same bytes as String, Unicode and Binary: three values")
def _alike(at: Place) -> Change:
    key = at.chooser.pick(KEYS)
    pairs = (Pair(kind, key + bytes((48 + kind,)), b"same") for kind in (_STRING, _UNICODE, _BINARY))
    return Change(at.insert(*pairs), "the same bytes are String, Unicode and Binary")


@_LISTS.entry("odd-pair", LIST, "an empty key or value, a NUL, bytes that are not UTF-8")
def _odd_pair(at: Place) -> Change:
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
    return Change(at.insert(pair), f"a pair is {pair.key!r}: {pair.value!r}")


@_LISTS.entry("int-pair", LIST, "an Int pair is signed")
def _int_pair(at: Place) -> Change:
    value = at.chooser.pick((b"\xff\xff\xff\xff", b"\x80\0\0\0", b"\x7f\xff\xff\xff", bytes(4), integer(at.chooser)))
    return Change(at.insert(Pair(_INT, at.chooser.pick(KEYS), value)), f"an Int pair is {int.from_bytes(value, 'big', signed=True)}")


def _new_list(at: Place) -> tuple[List, str]:
    """Append an attribute that is a list, where only the frame's length bounds the pairs; return the list and its path."""
    node = List()
    return node, _add(at, at.free_id(), int(WireType.List), node)


@_LISTS.entry("longest-pair", OUTERMOST, "a key or value at and below 65,535 bytes", share=0.3)
def _longest(at: Place) -> Change:
    node, path = _new_list(at)
    size = at.chooser.pick((MOST_VALUE, MOST_VALUE, MOST_VALUE - 1, 255, 256, 0x7FFF, 0x8000))
    long, short = repeated(at.chooser, size), at.chooser.pick((b"", b"k"))
    key, value = (long, short) if at.chooser.chance(0.3) else (short, long)
    node.pairs += (Pair(at.chooser.pick((_STRING, _BINARY)), key, value), Pair(_INT, b"after", bytes(4)))
    return Change(f"{path}[{shown(key)}]", f"a key has {len(key)} bytes, its value {len(value)}")


@_LISTS.entry("longest-nested-list", OUTERMOST, "a nested list of 65,533 bytes", share=0.1)
def _longest_nested(at: Place) -> Change:
    node, path = _new_list(at)
    inner = nest(node, b"k", [Pair(_STRING, b"", b"a" * (MOST_VALUE - 2 - 2 - 5))])
    return Change(f"{path}[{shown(b'k')}]", f"a nested list has {len(inner.write())} bytes, the maximum")


@_LISTS.entry("deepest-list", OUTERMOST, f"lists nested {DEEPEST} levels deep, which is the limit")
def _deepest(at: Place) -> Change:
    node, path = _new_list(at)
    for _ in range(1, DEEPEST):
        node, path = nest(node, b"k"), f"{path}[{shown(b'k')}]"
    node.pairs.append(Pair(_INT, b"k", bytes(4)))
    return Change(path, f"lists are nested {DEEPEST} levels deep, the limit")


def _pairs(*counts: int) -> Edit:
    def edit(at: Place) -> Change:
        node, path = _new_list(at)
        count = at.chooser.pick(counts)
        node.pairs = [Pair(_INT, b"", bytes(4))] * count
        return Change(path, f"a list has {count} pairs")

    return edit


_LISTS.entry("many-pairs", OUTERMOST, "255, 256 or 1,000 pairs", share=0.2)(_pairs(255, 256, 1000))
_LISTS.entry("most-pairs", OUTERMOST, "65,534 or 65,535 pairs: the maximum of the count", share=0.005)(_pairs(65_534, 65_535))

# -- events with warnings --------------------------------------------------------------------------

_EVENTS = Section()


@_EVENTS.entry("deprecated", DEPRECATED, "the event is deprecated", warnings=("deprecated",))
def _deprecated(at: Place) -> Change:
    return Change(at.path, "the event is deprecated")


@_EVENTS.entry("unlisted-attribute", WHOLE_TABLE, "an attribute that the event's table does not list", warnings=("unlisted-attribute",))
def _unlisted(at: Place) -> Change:
    number = at.unlisted(tuple(number for number in at.walker.typed if number not in at.walker.registry.common))
    at.frame.attributes.append(at.walker.attribute(at.chooser, number))
    return Change(at.at(number), "the event's table does not list it")


@_EVENTS.entry(
    "advisory", ADVISED, "an attribute is present or absent where a footnote says that it usually is not", warnings=("advisory",)
)
def _advised(at: Place) -> Change:
    assert at.broken is not None
    return Change(at.path, f"{at.broken.step.field.label} is unusual here: {at.footnote}")


_SHAPELESS = (b"", b"7001", b"0123456789abcdef", b"x" * 33, b"Gr\xc3\xbc\xc3\x9fe", b"\xff", b"\0")


@_EVENTS.entry("shape", SHAPED, "a text without the shape that its attribute has", warnings=("shape",))
def _ill_shaped(at: Place) -> Change:
    assert at.field is not None
    field, shape = at.field
    for attribute in at.frame.attributes:
        if attribute.id == field.ids[0]:
            attribute.value = at.chooser.pick([text for text in _SHAPELESS if not shape.fits(text.decode("utf-8", "surrogateescape"))])
    return Change(at.path, f"the text is not {shape.description}")


EDGE_CASES: Final = {"frames and attributes": _FRAMES, "lists": _LISTS, "events": _EVENTS}
