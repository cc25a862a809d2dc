"""The catalogue of defects: every way to be wrong, each an entry with the codes that say so.

Strategy: one change to a valid frame each, so a parser that accepts the result lacks exactly one
check. Where another order of checking would give another code, that code is right too.
"""

from __future__ import annotations

from typing import Final

from tlib_schemas import wire
from tlib_schemas.enumerations import TKVType
from tlib_schemas.limits import DEFAULT_LIMITS
from tlib_schemas.wire import WireType

from .sites import ATTRIBUTE, BODY, LIST, WHOLE, Entry, Place, Told, broken_by, free_id, nest, shown
from .tree import Attribute, Frame, List, Pair
from .values import DEEPEST, KEYS, integer, pair, text

_HEADER = wire.HEADER.size
_LIMIT = DEFAULT_LIMITS.frame_body
_STRING, _INT, _BINARY, _LIST, _UNICODE = (int(kind) for kind in TKVType if kind >= 0)

BAD_UTF8: Final = {
    "a lone continuation byte": b"\x80",
    "a sequence cut short": b"a\xe2\x82",
    "an overlong '/'": b"\xc0\xaf",
    "an overlong NUL": b"\xc0\x80",
    "a surrogate": b"\xed\xa0\x80",
    "a number beyond U+10FFFF": b"\xf4\x90\x80\x80",
    "the byte ff": b"abc\xff",
    "a lead byte before a letter": b"\xc3A",
    "Latin-1": b"Gr\xfc\xdfe",
}
_BAD_UTF8 = tuple(BAD_UTF8.items())


# -- the frame -------------------------------------------------------------------------------------


def _magic(at: Place) -> Told:
    sign = bytearray(at.frame.sign)
    where = at.chooser.integer(0, 1)
    sign[where] ^= at.chooser.integer(1, 255)
    at.frame.sign = bytes(sign)
    return Told("", f"the magic is {at.frame.sign[:2].hex(' ')} instead of 54 4c")


def _version(at: Place) -> Told:
    version = at.chooser.pick((2, 0, 255, at.chooser.integer(2, 255)))
    at.frame.sign = wire.MAGIC + bytes((version, 0))
    return Told("", f"the version is {version} instead of {wire.VERSION}")


def _flags(at: Place) -> Told:
    flags = at.chooser.pick((1, 0x80, at.chooser.integer(1, 255)))
    at.frame.sign = wire.MAGIC + bytes((wire.VERSION, flags))
    return Told("", f"flags are {flags:#04x} instead of 0")


def _header_cut(at: Place) -> Told:
    cut = at.chooser.integer(0, _HEADER - 1)
    return Told("", f"only {cut} of the header's {_HEADER} bytes are there", cut)


def _frame_cut(at: Place) -> Told:
    size = len(at.frame.write())
    cut = at.chooser.pick((size - 1, at.chooser.integer(_HEADER, size - 1)))
    return Told("", f"the frame of {size} bytes is cut off after {cut}", cut)


def _body(frame: Frame) -> int:
    return len(frame.write()) - _HEADER


def _length_long(at: Place) -> Told:
    size = _body(at.frame)
    more = at.chooser.pick((1, 2, 6, at.chooser.integer(1, 1000)))
    at.frame.length = size + more
    return Told("", f"the header announces {more} bytes more than the {size} that are there")


def _length_huge(at: Place) -> Told:
    at.frame.length = at.chooser.pick((_LIMIT + 1, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, at.chooser.integer(_LIMIT + 1, 0xFFFF_FFFF)))
    return Told("", f"the header announces {at.frame.length} bytes, more than the limit")


def _length_short(at: Place) -> Told:
    size = _body(at.frame)
    less = at.chooser.pick((1, size, at.chooser.integer(1, size)))
    at.frame.length = size - less
    return Told("", f"the header announces {less} bytes fewer than the {size} that are there")


def _trailing_bytes(at: Place) -> Told:
    at.frame.after = bytes(1) if at.chooser.chance(0.3) else at.chooser.bytes(at.chooser.integer(1, 12))
    return Told("", f"{len(at.frame.after)} bytes follow the frame")


def _trailing_frame(at: Place) -> Told:
    at.frame.after = at.walker.frame(at.chooser).write()
    return Told("", "another frame follows the frame")


# -- attributes ------------------------------------------------------------------------------------


def _attribute_header_cut(at: Place) -> Told:
    at.frame.tail = at.chooser.bytes(at.chooser.integer(1, wire.ATTRIBUTE.size - 1))
    return Told(at.path, f"{len(at.frame.tail)} bytes are left for an attribute's header of {wire.ATTRIBUTE.size}")


def _attribute_length_long(at: Place) -> Told:
    last = at.frame.attributes[-1]
    size = len(last.write()) - wire.ATTRIBUTE.size
    last.length = min(size + at.chooser.pick((1, 2, at.chooser.integer(1, 1000))), 0xFF_FFFF)
    return Told(at.walker.path(at.frame, last.id), f"the last attribute says {last.length} bytes of value where {size} are left")


def _attribute_length_huge(at: Place) -> Told:
    victim = at.chooser.pick(at.frame.attributes)
    victim.length = at.chooser.pick((0xFF_FFFF, 0x80_0000, 0x7F_FFFF))
    return Told(at.walker.path(at.frame, victim.id), f"an attribute says {victim.length} bytes of value")


def _attribute_length_short(at: Place) -> Told:
    less = at.chooser.integer(1, wire.ATTRIBUTE.size - 1)
    last = Attribute(free_id(at), int(WireType.Binary), b"x" * (less + at.chooser.integer(0, 8)))
    last.length = len(last.value) - less  # type: ignore[arg-type]
    at.frame.attributes.append(last)
    return Told(at.path, f"the last attribute says {less} bytes fewer than its value has")


def _duplicate(at: Place) -> Told:
    twin = at.chooser.pick(at.frame.attributes)
    again = Attribute(twin.id, twin.kind, twin.value) if at.chooser.chance(0.5) else at.walker.attribute(at.chooser, twin.id)
    where = at.frame.attributes.index(twin)
    at.frame.attributes.insert(at.chooser.pick((where + 1, len(at.frame.attributes))), again)
    return Told(at.walker.path(at.frame, twin.id), f"attribute {twin.id} stands twice")


def _wrong_type(at: Place) -> Told:
    number = at.chooser.pick(at.walker.typed)
    right = at.walker.kind(number)
    kind = at.chooser.pick(tuple(k for k in (0, 1, 2, 3, 4, 5, 6, 7, 0x7F, 0x80, 0xFF) if k != right))
    _replace(at.frame, Attribute(number, kind, at.walker.body(at.chooser, kind)))
    return Told(at.walker.path(at.frame, number), f"attribute {number} has type {kind} instead of {right}")


def _replace(frame: Frame, attribute: Attribute) -> None:
    """Put an attribute in the place of the one of its id, or at the end."""
    for index, there in enumerate(frame.attributes):
        if there.id == attribute.id:
            frame.attributes[index] = attribute
            return
    frame.attributes.append(attribute)


def _fixed(kind: WireType, sizes: tuple[int, ...], right: int) -> Entry:
    def make(at: Place) -> Told:
        known = at.walker.of_kind.get(int(kind), ())
        number = at.chooser.pick(known if known and at.chooser.chance(0.7) else at.walker.unknown)
        size = at.chooser.pick(sizes)
        _replace(at.frame, Attribute(number, int(kind), at.chooser.bytes(size)))
        return Told(at.walker.path(at.frame, number), f"a value of type {kind.name} has {size} bytes instead of {right}")

    name = kind.name.lower()
    what = f"the value of {'an' if name == 'int' else 'a'} {kind.name} has another length than {right} bytes"
    return Entry(label=f"{name}-length", site=ATTRIBUTE, what=what, make=make, codes=(f"{name}-length",))


# -- lists -----------------------------------------------------------------------------------------


def _list_without_count(at: Place) -> Told:
    known = at.walker.of_kind.get(int(WireType.List), ())
    number = at.chooser.pick(known if known and at.chooser.chance(0.7) else at.walker.unknown)
    size = at.chooser.integer(0, 1)
    _replace(at.frame, Attribute(number, int(WireType.List), bytes(size)))
    return Told(at.walker.path(at.frame, number), f"a list has {size} bytes instead of a pair count of 2")


def _nested_without_count(at: Place) -> Told:
    key, size = at.chooser.pick(KEYS), at.chooser.integer(0, 1)
    path, _ = _put_pair(at, Pair(_LIST, key, size.to_bytes(2, "big") + bytes(size)))
    return Told(path, f"a nested list has {size} bytes instead of a pair count of 2")


def _node(at: Place) -> List:
    assert at.node is not None
    return at.node


def _put_pair(at: Place, new: Pair) -> tuple[str, int]:
    """Put a pair anywhere into the list; gives its path and index."""
    node = _node(at)
    index = at.chooser.integer(0, len(node.pairs))
    node.pairs.insert(index, new)
    return f"{at.path}[{shown(new.key)}]", index


def _count_high(at: Place) -> Told:
    node = _node(at)
    true = len(node.pairs)
    node.count = at.chooser.pick((true + 1, true + 2, 0xFFFF, 0x8000))
    return Told(f"{at.path}[{true}]", f"a list of {true} pairs says {node.count}")


def _count_low(at: Place) -> Told:
    node = _node(at)
    node.pairs.append(pair(at.chooser, DEEPEST))
    node.count = at.chooser.pick((len(node.pairs) - 1, 0))
    return Told(at.path, f"a list of {len(node.pairs)} pairs says {node.count}")


def _list_trailing(at: Place) -> Told:
    node = _node(at)
    node.tail = bytes(1) if at.chooser.chance(0.3) else at.chooser.bytes(at.chooser.integer(1, 12))
    return Told(at.path, f"{len(node.tail)} bytes are left over after a list's last pair")


def _pair_header_cut(at: Place) -> Told:
    node = _node(at)
    node.tail = at.chooser.bytes(at.chooser.integer(1, 4))
    node.count = len(node.pairs) + 1
    return Told(f"{at.path}[{len(node.pairs)}]", f"{len(node.tail)} bytes are left for a pair's header of 5")


def _last_pair(at: Place, node: List) -> Pair:
    last = Pair(at.chooser.pick((_STRING, _BINARY, _UNICODE)), at.chooser.pick(KEYS), at.chooser.pick((b"", b"v", b"value")))
    node.pairs.append(last)
    return last


def _key_overrun(at: Place) -> Told:
    node = _node(at)
    last = _last_pair(at, node)
    room = len(last.key) + len(last.value)  # type: ignore[arg-type]
    last.key_length = at.chooser.pick((room + 1, 0x7FFF, 0x8000, 0xFFFF))
    return Told(f"{at.path}[{len(node.pairs) - 1}]", f"a pair says a key of {last.key_length} bytes where {room} are left")


def _value_overrun(at: Place) -> Told:
    node = _node(at)
    last = _last_pair(at, node)
    room = len(last.value)  # type: ignore[arg-type]
    last.value_length = at.chooser.pick((room + 1, room + 2, 0x7FFF, 0x8000, 0xFFFF))
    return Told(f"{at.path}[{len(node.pairs) - 1}]", f"a pair says a value of {last.value_length} bytes where {room} are left")


def _pair_type(at: Place) -> Told:
    kind = at.chooser.pick((5, 6, 7, 0x7F, 0x80, 0xFF, at.chooser.integer(5, 255)))
    path, _ = _put_pair(at, Pair(kind, at.chooser.pick(KEYS), text(at.chooser)[:20]))
    return Told(path, f"a pair has type {kind}")


def _pair_int_length(at: Place) -> Told:
    size = at.chooser.pick((0, 1, 2, 3, 5, 8))
    path, _ = _put_pair(at, Pair(_INT, at.chooser.pick(KEYS), (integer(at.chooser) * 2)[:size]))
    return Told(path, f"an Int pair has {size} bytes instead of 4")


def _pair_unicode(at: Place) -> Told:
    why, value = at.chooser.pick(_BAD_UTF8)
    path, _ = _put_pair(at, Pair(_UNICODE, at.chooser.pick(KEYS), value))
    return Told(path, f"a Unicode pair is no UTF-8: {why}")


def _nested_length(at: Place) -> Told:
    inner = List([Pair(_STRING, b"k", b"v")] if at.chooser.chance(0.5) else [])
    true = len(inner.write())
    inner.length = at.chooser.pick((true - 1, true + 1, 0, true + 2, 0xFFFF))
    path, _ = _put_pair(at, Pair(_LIST, at.chooser.pick(KEYS), inner))
    return Told(path, f"a nested list of {true} bytes says {inner.length}")


def _nested_no_length(at: Place) -> Told:
    size = at.chooser.integer(0, 1)
    path, _ = _put_pair(at, Pair(_LIST, at.chooser.pick(KEYS), bytes(size)))
    return Told(path, f"a nested list's value has {size} bytes: no length of 2")


def _too_deep(at: Place) -> Told:
    node, depth, path = _node(at), at.depth, at.path
    deepest = at.chooser.pick((DEEPEST + 1, DEEPEST + 2, 2 * DEEPEST, 190))
    while depth < deepest:
        inner = nest(node, b"k")
        assert not isinstance(inner.value, bytes)
        node, depth = inner.value, depth + 1
        path += '["k"]' if depth <= DEEPEST + 1 else ""
    return Told(path, f"lists are nested {deepest} levels deep, {DEEPEST} is the limit")


# -- rules -----------------------------------------------------------------------------------------


def _rule(code: str, label: str, what: str) -> Entry:
    def make(at: Place) -> Told:
        assert at.broken is not None
        step = at.broken.step
        at.walker.break_rule(at.chooser, at.frame, at.broken)
        state = "present" if step.present else "absent"
        return Told(at.path, f"{step.field.label} is {state}" + (f": {at.note}" if at.note else ""))

    return Entry(label=label, site=broken_by(code), what=what, make=make, codes=(code,))


_FRAME = (
    Entry(label="magic", site=WHOLE, what="the magic is not 54 4c", make=_magic, codes=("bad-magic",)),
    Entry(label="version", site=WHOLE, what="the version is not 1", make=_version, codes=("bad-version",)),
    Entry(label="flags", site=WHOLE, what="a flag bit is set", make=_flags, codes=("bad-flags",)),
    Entry(
        label="header-cut", site=WHOLE, what="the input ends inside the header, or is empty", make=_header_cut, codes=("truncated-header",)
    ),
    Entry(label="frame-cut", site=BODY, what="the input ends at any byte of the attributes", make=_frame_cut, codes=("truncated-frame",)),
    Entry(label="length-long", site=WHOLE, what="the header's length is beyond the end", make=_length_long, codes=("truncated-frame",)),
    Entry(
        label="length-huge",
        site=WHOLE,
        what="the header's length is beyond the limit of 16 MiB",
        make=_length_huge,
        codes=("frame-too-long", "truncated-frame"),
    ),
    Entry(
        label="length-short",
        site=BODY,
        what="the header's length ends before the attributes do",
        make=_length_short,
        codes=("trailing-bytes", "attribute-header", "attribute-overrun"),
    ),
    Entry(label="trailing-bytes", site=WHOLE, what="bytes follow the frame", make=_trailing_bytes, codes=("trailing-bytes",)),
    Entry(label="trailing-frame", site=WHOLE, what="another frame follows the frame", make=_trailing_frame, codes=("trailing-bytes",)),
)
_ATTRIBUTES = (
    Entry(
        label="attribute-header-cut",
        site=ATTRIBUTE,
        what="fewer than 6 bytes are left for an attribute's header",
        make=_attribute_header_cut,
        codes=("attribute-header",),
    ),
    Entry(
        label="attribute-length-long",
        site=BODY,
        what="the last attribute's length is beyond the end",
        make=_attribute_length_long,
        codes=("attribute-overrun", "int-length", "long-length"),
    ),
    Entry(
        label="attribute-length-huge",
        site=BODY,
        what="an attribute's length is millions",
        make=_attribute_length_huge,
        codes=("attribute-overrun", "int-length", "long-length"),
    ),
    Entry(
        label="attribute-length-short",
        site=ATTRIBUTE,
        what="the last attribute's length leaves 1 to 5 bytes over",
        make=_attribute_length_short,
        codes=("attribute-header",),
    ),
    Entry(label="duplicate-attribute", site=BODY, what="an attribute id stands twice", make=_duplicate, codes=("duplicate-attribute",)),
    Entry(label="attribute-type", site=ATTRIBUTE, what="a known attribute has another type", make=_wrong_type, codes=("attribute-type",)),
    _fixed(WireType.Int, (0, 1, 2, 3, 5, 8), 4),
    _fixed(WireType.Long, (0, 1, 4, 7, 9, 16), 8),
)
_LISTS = (
    Entry(
        label="list-without-count",
        site=ATTRIBUTE,
        what="a list's value has fewer than the 2 bytes of a pair count",
        make=_list_without_count,
        codes=("list-header",),
    ),
    Entry(
        label="nested-without-count",
        site=LIST,
        what="a nested list has fewer than the 2 bytes of a pair count",
        make=_nested_without_count,
        codes=("list-header", "list-length"),
    ),
    Entry(label="count-high", site=LIST, what="a list says more pairs than it has", make=_count_high, codes=("pair-header",)),
    Entry(label="count-low", site=LIST, what="a list says fewer pairs than it has", make=_count_low, codes=("list-trailing",)),
    Entry(label="list-trailing", site=LIST, what="bytes follow a list's last pair", make=_list_trailing, codes=("list-trailing",)),
    Entry(
        label="pair-header-cut",
        site=LIST,
        what="fewer than 5 bytes are left for a pair's header",
        make=_pair_header_cut,
        codes=("pair-header",),
    ),
    Entry(label="key-overrun", site=LIST, what="a key's length is beyond the list's end", make=_key_overrun, codes=("pair-overrun",)),
    Entry(label="value-overrun", site=LIST, what="a value's length is beyond the list's end", make=_value_overrun, codes=("pair-overrun",)),
    Entry(label="pair-type", site=LIST, what="a pair has a type from 5 to 255", make=_pair_type, codes=("pair-type",)),
    Entry(label="pair-int-length", site=LIST, what="an Int pair is not 4 bytes", make=_pair_int_length, codes=("pair-int-length",)),
    Entry(label="pair-unicode", site=LIST, what="a Unicode pair is not UTF-8", make=_pair_unicode, codes=("pair-unicode",)),
    Entry(label="nested-length", site=LIST, what="a nested list's own length lies", make=_nested_length, codes=("list-length",)),
    Entry(
        label="nested-no-length", site=LIST, what="a nested list has no room for its length", make=_nested_no_length, codes=("list-length",)
    ),
    Entry(
        label="nesting",
        site=LIST,
        what=f"lists are nested deeper than {DEEPEST} levels",
        make=_too_deep,
        codes=("list-too-deep",),
    ),
)
_EVENTS = (
    _rule("mandatory-missing", "mandatory-missing", "a Mandatory attribute is absent"),
    _rule("conditionally-mandatory", "conditional-missing", "an attribute is absent where a footnote makes it mandatory"),
    _rule("not-allowed", "not-allowed", "an attribute is present where a footnote forbids it"),
)

DEFECTS: Final = {"frames": _FRAME, "attributes": _ATTRIBUTES, "lists": _LISTS, "events": _EVENTS}

# Codes of frames that no frame can meet under the default limits, with the reason.
OUT_OF_REACH: Final = {
    "list-too-many-pairs": "the pair count has 16 bits, and 65,535 pairs are allowed: only a lowered limit is exceeded",
    "message-number": "only the construct of one event asks for its message number",
}
