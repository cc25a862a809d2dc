"""The catalogue of defects: each entry makes a frame wrong in one way and names the codes that report it.

Strategy: one change to a valid frame, so a parser that accepts the result lacks exactly one check. Where another order
of checks gives another code, that code is correct too.
"""

from __future__ import annotations

from typing import Final

from tlib_schemas import wire
from tlib_schemas.enumerations import TKVType
from tlib_schemas.kinds import WireType
from tlib_schemas.limits import DEFAULT_LIMITS

from .entries import Change, Edit, Section
from .sites import ATTRIBUTE, BODY, LIST, WHOLE, Place, nest, rule_breaks, shown
from .tree import Attribute, Frame, List, Pair
from .values import DEEPEST, KEYS, integer, pair, text

_HEADER = wire.HEADER.size
_LIMIT = DEFAULT_LIMITS.frame_body
_STRING, _INT, _BINARY, _LIST, _UNICODE = (int(kind) for kind in TKVType if kind >= 0)
_BAD_UTF8: Final = (
    ("a lone continuation byte", b"\x80"),
    ("a sequence cut short", b"a\xe2\x82"),
    ("an overlong '/'", b"\xc0\xaf"),
    ("an overlong NUL", b"\xc0\x80"),
    ("a surrogate", b"\xed\xa0\x80"),
    ("a number beyond U+10FFFF", b"\xf4\x90\x80\x80"),
    ("the byte ff", b"abc\xff"),
    ("a lead byte before a letter", b"\xc3A"),
    ("Latin-1", b"Gr\xfc\xdfe"),
)

# -- the frame -------------------------------------------------------------------------------------

_FRAMES = Section()


@_FRAMES.entry("magic", WHOLE, "the magic is not 54 4c", "bad-magic")
def _magic(at: Place) -> Change:
    preamble = bytearray(at.frame.preamble)
    where = at.chooser.integer(0, 1)
    preamble[where] ^= at.chooser.integer(1, 255)
    at.frame.preamble = bytes(preamble)
    return Change("", f"the magic is {at.frame.preamble[:2].hex(' ')} instead of 54 4c")


@_FRAMES.entry("version", WHOLE, "the version is not 1", "bad-version")
def _version(at: Place) -> Change:
    version = at.chooser.pick((2, 0, 255, at.chooser.integer(2, 255)))
    at.frame.preamble = wire.MAGIC + bytes((version, 0))
    return Change("", f"the version is {version} instead of {wire.VERSION}")


@_FRAMES.entry("flags", WHOLE, "a flag bit is set", "bad-flags")
def _flags(at: Place) -> Change:
    flags = at.chooser.pick((1, 0x80, at.chooser.integer(1, 255)))
    at.frame.preamble = wire.MAGIC + bytes((wire.VERSION, flags))
    return Change("", f"flags are {flags:#04x} instead of 0")


@_FRAMES.entry("header-cut", WHOLE, "the input ends inside the header, or is empty", "truncated-header")
def _header_cut(at: Place) -> Change:
    cut = at.chooser.integer(0, _HEADER - 1)
    return Change("", f"only {cut} of the header's {_HEADER} bytes are there", cut)


@_FRAMES.entry("frame-cut", BODY, "the input ends at any byte of the attributes", "truncated-frame")
def _frame_cut(at: Place) -> Change:
    size = len(at.frame.write())
    cut = at.chooser.pick((size - 1, at.chooser.integer(_HEADER, size - 1)))
    return Change("", f"the frame of {size} bytes is cut off after {cut}", cut)


def _body(frame: Frame) -> int:
    return len(frame.write()) - _HEADER


@_FRAMES.entry("length-long", WHOLE, "the header's length is beyond the end", "truncated-frame")
def _length_long(at: Place) -> Change:
    size = _body(at.frame)
    more = at.chooser.pick((1, 2, 6, at.chooser.integer(1, 1000)))
    at.frame.length = size + more
    return Change("", f"the header announces {more} bytes more than the {size} that follow")


@_FRAMES.entry("length-huge", WHOLE, "the header's length is beyond the limit of 16 MiB", "frame-too-long", "truncated-frame")
def _length_huge(at: Place) -> Change:
    at.frame.length = at.chooser.pick((_LIMIT + 1, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, at.chooser.integer(_LIMIT + 1, 0xFFFF_FFFF)))
    return Change("", f"the header announces {at.frame.length} bytes, more than the limit")


@_FRAMES.entry(
    "length-short", BODY, "the header's length ends before the attributes do", "trailing-bytes", "attribute-header", "attribute-overrun"
)
def _length_short(at: Place) -> Change:
    size = _body(at.frame)
    less = at.chooser.pick((1, size, at.chooser.integer(1, size)))
    at.frame.length = size - less
    return Change("", f"the header announces {less} bytes fewer than the {size} that follow")


@_FRAMES.entry("trailing-bytes", WHOLE, "bytes follow the frame", "trailing-bytes")
def _trailing_bytes(at: Place) -> Change:
    at.frame.after = bytes(1) if at.chooser.chance(0.3) else at.chooser.bytes(at.chooser.integer(1, 12))
    return Change("", f"{len(at.frame.after)} bytes follow the frame")


@_FRAMES.entry("trailing-frame", WHOLE, "another frame follows the frame", "trailing-bytes")
def _trailing_frame(at: Place) -> Change:
    at.frame.after = at.walker.frame(at.chooser).write()
    return Change("", "another frame follows the frame")


# -- attributes ------------------------------------------------------------------------------------

_ATTRIBUTES = Section()


@_ATTRIBUTES.entry("attribute-header-cut", ATTRIBUTE, "fewer than 6 bytes are left for an attribute's header", "attribute-header")
def _attribute_header_cut(at: Place) -> Change:
    at.frame.tail = at.chooser.bytes(at.chooser.integer(1, wire.ATTRIBUTE.size - 1))
    return Change(at.path, f"{len(at.frame.tail)} bytes are left for an attribute's header of {wire.ATTRIBUTE.size}")


_OVERRUN = ("attribute-overrun", "int-length", "long-length")


@_ATTRIBUTES.entry("attribute-length-long", BODY, "the last attribute's length is beyond the end", *_OVERRUN)
def _attribute_length_long(at: Place) -> Change:
    last = at.frame.attributes[-1]
    size = len(last.write()) - wire.ATTRIBUTE.size
    last.length = min(size + at.chooser.pick((1, 2, at.chooser.integer(1, 1000))), 0xFF_FFFF)
    return Change(at.at(last.id), f"the last attribute announces {last.length} bytes of value where {size} are left")


@_ATTRIBUTES.entry("attribute-length-huge", BODY, "an attribute's length is millions", *_OVERRUN)
def _attribute_length_huge(at: Place) -> Change:
    victim = at.chooser.pick(at.frame.attributes)
    victim.length = at.chooser.pick((0xFF_FFFF, 0x80_0000, 0x7F_FFFF))
    return Change(at.at(victim.id), f"an attribute announces {victim.length} bytes of value")


@_ATTRIBUTES.entry("attribute-length-short", ATTRIBUTE, "the last attribute's length leaves 1 to 5 bytes over", "attribute-header")
def _attribute_length_short(at: Place) -> Change:
    less = at.chooser.integer(1, wire.ATTRIBUTE.size - 1)
    number = at.free_id()
    size = less + at.chooser.integer(0, 8)
    at.frame.attributes.append(Attribute(number, int(WireType.Binary), b"x" * size, length=size - less))
    return Change(at.path, f"the last attribute announces {less} bytes fewer than its value has")


@_ATTRIBUTES.entry("duplicate-attribute", BODY, "an attribute id occurs twice", "duplicate-attribute")
def _duplicate(at: Place) -> Change:
    twin = at.chooser.pick(at.frame.attributes)
    again = Attribute(twin.id, twin.kind, twin.value) if at.chooser.chance(0.5) else at.walker.attribute(at.chooser, twin.id)
    where = at.frame.attributes.index(twin)
    at.frame.attributes.insert(at.chooser.pick((where + 1, len(at.frame.attributes))), again)
    return Change(at.at(twin.id), f"attribute {twin.id} occurs twice")


@_ATTRIBUTES.entry("attribute-type", ATTRIBUTE, "a known attribute has another type", "attribute-type")
def _wrong_type(at: Place) -> Change:
    number = at.chooser.pick(at.walker.typed)
    declared = at.walker.kind(number)
    kind = at.chooser.pick(tuple(k for k in (0, 1, 2, 3, 4, 5, 6, 7, 0x7F, 0x80, 0xFF) if k != declared))
    _replace(at.frame, Attribute(number, kind, at.walker.body(at.chooser, kind)))
    return Change(at.at(number), f"attribute {number} has type {kind} instead of {declared}")


def _replace(frame: Frame, attribute: Attribute) -> None:
    """Put an attribute in the place of the one with its id, or at the end."""
    for index, present in enumerate(frame.attributes):
        if present.id == attribute.id:
            frame.attributes[index] = attribute
            return
    frame.attributes.append(attribute)


def _of_kind(at: Place, kind: WireType) -> int:
    """Choose the id of an attribute of a type, known or unknown."""
    known = at.walker.of_kind.get(int(kind), ())
    return at.chooser.pick(known if known and at.chooser.chance(0.7) else at.walker.unknown)


def _wrong_size(kind: WireType, sizes: tuple[int, ...], correct: int) -> Edit:
    def edit(at: Place) -> Change:
        number = _of_kind(at, kind)
        size = at.chooser.pick(sizes)
        _replace(at.frame, Attribute(number, int(kind), at.chooser.bytes(size)))
        return Change(at.at(number), f"a value of type {kind.name} has {size} bytes instead of {correct}")

    return edit


_ATTRIBUTES.entry("int-length", ATTRIBUTE, "the value of an Int has another length than 4 bytes", "int-length")(
    _wrong_size(WireType.Int, (0, 1, 2, 3, 5, 8), 4)
)
_ATTRIBUTES.entry("long-length", ATTRIBUTE, "the value of a Long has another length than 8 bytes", "long-length")(
    _wrong_size(WireType.Long, (0, 1, 4, 7, 9, 16), 8)
)

# -- lists -----------------------------------------------------------------------------------------

_LISTS = Section()


@_LISTS.entry("list-without-count", ATTRIBUTE, "a list's value has fewer than the 2 bytes of a pair count", "list-header")
def _list_without_count(at: Place) -> Change:
    number = _of_kind(at, WireType.List)
    size = at.chooser.integer(0, 1)
    _replace(at.frame, Attribute(number, int(WireType.List), bytes(size)))
    return Change(at.at(number), f"a list has {size} bytes instead of a pair count of 2")


@_LISTS.entry("nested-without-count", LIST, "a nested list has fewer than the 2 bytes of a pair count", "list-header", "list-length")
def _nested_without_count(at: Place) -> Change:
    key, size = at.chooser.pick(KEYS), at.chooser.integer(0, 1)
    path = at.insert(Pair(_LIST, key, size.to_bytes(2, "big") + bytes(size)))
    return Change(path, f"a nested list has {size} bytes instead of a pair count of 2")


@_LISTS.entry("count-high", LIST, "a list announces more pairs than it has", "pair-header")
def _count_high(at: Place) -> Change:
    size = len(at.list.pairs)
    at.list.count = at.chooser.pick((size + 1, size + 2, 0xFFFF, 0x8000))
    return Change(f"{at.path}[{size}]", f"a list of {size} pairs announces {at.list.count}")


@_LISTS.entry("count-low", LIST, "a list announces fewer pairs than it has", "list-trailing")
def _count_low(at: Place) -> Change:
    at.list.pairs.append(pair(at.chooser, DEEPEST))
    size = len(at.list.pairs)
    at.list.count = at.chooser.pick((size - 1, 0))
    return Change(at.path, f"a list of {size} pairs announces {at.list.count}")


@_LISTS.entry("list-trailing", LIST, "bytes follow a list's last pair", "list-trailing")
def _list_trailing(at: Place) -> Change:
    at.list.tail = bytes(1) if at.chooser.chance(0.3) else at.chooser.bytes(at.chooser.integer(1, 12))
    return Change(at.path, f"{len(at.list.tail)} bytes are left over after a list's last pair")


@_LISTS.entry("pair-header-cut", LIST, "fewer than 5 bytes are left for a pair's header", "pair-header")
def _pair_header_cut(at: Place) -> Change:
    size = len(at.list.pairs)
    at.list.tail = at.chooser.bytes(at.chooser.integer(1, 4))
    at.list.count = size + 1
    return Change(f"{at.path}[{size}]", f"{len(at.list.tail)} bytes are left for a pair's header of 5")


def _last_pair(at: Place) -> tuple[Pair, int, str]:
    """Append a pair; return it, the size of its value and its path."""
    value: bytes
    kind, key, value = at.chooser.pick((_STRING, _BINARY, _UNICODE)), at.chooser.pick(KEYS), at.chooser.pick((b"", b"v", b"value"))
    last = Pair(kind, key, value)
    at.list.pairs.append(last)
    return last, len(value), f"{at.path}[{len(at.list.pairs) - 1}]"


@_LISTS.entry("key-overrun", LIST, "a key's length is beyond the list's end", "pair-overrun")
def _key_overrun(at: Place) -> Change:
    last, size, path = _last_pair(at)
    size += len(last.key)
    last.key_length = at.chooser.pick((size + 1, 0x7FFF, 0x8000, 0xFFFF))
    return Change(path, f"a pair announces a key of {last.key_length} bytes where {size} are left")


@_LISTS.entry("value-overrun", LIST, "a value's length is beyond the list's end", "pair-overrun")
def _value_overrun(at: Place) -> Change:
    last, size, path = _last_pair(at)
    last.value_length = at.chooser.pick((size + 1, size + 2, 0x7FFF, 0x8000, 0xFFFF))
    return Change(path, f"a pair announces a value of {last.value_length} bytes where {size} are left")


@_LISTS.entry("pair-type", LIST, "a pair has a type from 5 to 255", "pair-type")
def _pair_type(at: Place) -> Change:
    kind = at.chooser.pick((5, 6, 7, 0x7F, 0x80, 0xFF, at.chooser.integer(5, 255)))
    return Change(at.insert(Pair(kind, at.chooser.pick(KEYS), text(at.chooser)[:20])), f"a pair has type {kind}")


@_LISTS.entry("pair-int-length", LIST, "an Int pair is not 4 bytes", "pair-int-length")
def _pair_int_length(at: Place) -> Change:
    size = at.chooser.pick((0, 1, 2, 3, 5, 8))
    path = at.insert(Pair(_INT, at.chooser.pick(KEYS), (integer(at.chooser) * 2)[:size]))
    return Change(path, f"an Int pair has {size} bytes instead of 4")


@_LISTS.entry("pair-unicode", LIST, "a Unicode pair is not UTF-8", "pair-unicode")
def _pair_unicode(at: Place) -> Change:
    why, value = at.chooser.pick(_BAD_UTF8)
    return Change(at.insert(Pair(_UNICODE, at.chooser.pick(KEYS), value)), f"a Unicode pair is not UTF-8: {why}")


@_LISTS.entry("nested-length", LIST, "a nested list's own length is wrong", "list-length")
def _nested_length(at: Place) -> Change:
    inner = List([Pair(_STRING, b"k", b"v")] if at.chooser.chance(0.5) else [])
    size = len(inner.write())
    inner.length = at.chooser.pick((size - 1, size + 1, 0, size + 2, 0xFFFF))
    return Change(at.insert(Pair(_LIST, at.chooser.pick(KEYS), inner)), f"a nested list of {size} bytes announces {inner.length}")


@_LISTS.entry("nested-no-length", LIST, "a nested list's value is too short for its length", "list-length")
def _nested_no_length(at: Place) -> Change:
    size = at.chooser.integer(0, 1)
    path = at.insert(Pair(_LIST, at.chooser.pick(KEYS), bytes(size)))
    return Change(path, f"a nested list's value has {size} bytes, fewer than the 2 of its length")


@_LISTS.entry("nesting", LIST, f"lists are nested deeper than {DEEPEST} levels", "list-too-deep")
def _too_deep(at: Place) -> Change:
    node, depth, path = at.list, at.depth, at.path
    deepest = at.chooser.pick((DEEPEST + 1, DEEPEST + 2, 2 * DEEPEST, 190))
    while depth < deepest:
        node, depth = nest(node, b"k"), depth + 1
        path += f"[{shown(b'k')}]" if depth <= DEEPEST + 1 else ""
    return Change(path, f"lists are nested {deepest} levels deep, {DEEPEST} is the limit")


# -- events ----------------------------------------------------------------------------------------

_EVENTS = Section()


def _break_rule(at: Place) -> Change:
    assert at.broken is not None
    step = at.broken.step
    at.walker.break_rule(at.chooser, at.frame, at.broken)
    state = "present" if step.present else "absent"
    return Change(at.path, f"{step.field.label} is {state}" + (f": {at.footnote}" if at.footnote else ""))


for _label, _code, _description in (
    ("mandatory-missing", "mandatory-missing", "a Mandatory attribute is absent"),
    ("conditional-missing", "conditionally-mandatory", "an attribute is absent where a footnote makes it mandatory"),
    ("not-allowed", "not-allowed", "an attribute is present where a footnote forbids it"),
):
    _EVENTS.entry(_label, rule_breaks(_code), _description, _code)(_break_rule)

DEFECTS: Final = {"frames": _FRAMES, "attributes": _ATTRIBUTES, "lists": _LISTS, "events": _EVENTS}

# Codes of frames that no frame reaches under the default limits, with the reason.
UNREACHABLE: Final = {
    "list-too-many-pairs": "the pair count has 16 bits, and 65,535 pairs are allowed: only a lowered limit is exceeded",
    "message-number": "only the construct of one event expects a message number",
}
