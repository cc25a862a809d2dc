"""Hypothesis strategies for every valid and broken input of a registry.

Strategy: each strategy is the walker with a chooser that draws, so Hypothesis shrinks a frame to the fewest attributes, the
simplest values and the shortest texts.

The strategies need `hypothesis` (extra ``fuzz``). Where it is installed, ``st.from_type(EventCallCreated)`` and ``st.builds``
know the events of T-Library without an import; `register` adds those of your own registry.
"""

from __future__ import annotations

import functools
import random
from collections.abc import Callable, Collection, Sequence
from itertools import pairwise
from typing import Any, TypeVar

try:
    from hypothesis import strategies as st
except ImportError:
    raise ImportError("the strategies need hypothesis: pip install 'tlib-codec[fuzz]'") from None

from tlib_schemas.events import Event, InvalidEvent, UnknownEvent
from tlib_schemas.registry import Item, Registry
from tlib_schemas.tlibrary import TLIBRARY
from tlib_schemas.values import Frame, KVList, RawAttribute
from tlib_schemas.wire import Attribute

from .cases import generate
from .cases.catalogue import CATALOGUE
from .cases.chooser import Chooser
from .cases.generate import Case
from .cases.mutate import mutate
from .cases.values import kv_list, maker, text
from .cases.walker import Walker, pairs_of, walker_of
from .conversations import Capture, capture

T = TypeVar("T")
E = TypeVar("E", bound=Event)


class DrawChooser:
    """A `chooser.Chooser` whose choices Hypothesis draws; it shrinks to the simplest."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw

    def integer(self, low: int, high: int) -> int:
        """Draw a number from `low` to `high`."""
        return self._draw(_integers(low, high))

    def pick(self, options: Sequence[T]) -> T:
        """Draw one of `options`."""
        return options[self._draw(_integers(0, len(options) - 1))]

    def chance(self, probability: float) -> bool:
        """Draw True with about this probability; it shrinks to False, even from certainty."""
        return 0 < self._draw(_integers(0, 999)) >= 1000 * (1 - probability)

    def bytes(self, size: int) -> bytes:
        """Draw `size` bytes."""
        return self._draw(_binary(size))


@functools.lru_cache(1024)
def _integers(low: int, high: int) -> st.SearchStrategy[int]:
    return st.integers(low, high)


@functools.lru_cache(1024)
def _binary(size: int) -> st.SearchStrategy[bytes]:
    return st.binary(min_size=size, max_size=size)


@st.composite
def built(draw: st.DrawFn, registry: Registry, build: Callable[[Walker, Chooser], T]) -> T:
    """Draw the result of a function of a registry's walker and a chooser."""
    return build(walker_of(registry), DrawChooser(draw))


# -- values --------------------------------------------------------------------------------------


def _as_text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def texts() -> st.SearchStrategy[str]:
    """Draw texts as frames hold them: any UTF-8, and bytes that are not UTF-8 by surrogateescape."""
    return st.one_of(st.text(max_size=10), built(TLIBRARY, lambda _, chooser: _as_text(text(chooser))))


def kv_lists(deepest: int = 4) -> st.SearchStrategy[KVList]:
    """Draw key-value lists of all five types, nested down to `deepest` levels, with keys that sometimes repeat."""
    return built(TLIBRARY, lambda _, chooser: pairs_of(kv_list(chooser, 1, deepest)))


def values(attribute: Attribute) -> st.SearchStrategy[Any]:
    """Draw Python values of an attribute. Raises TypeError for its name, ValueError where its type is not declared."""
    if not isinstance(attribute, Attribute):
        raise TypeError(f"expected an attribute, not {attribute!r}: take it from the registry, as in TLIBRARY.attribute('ConnID')")
    declared = attribute.value
    if declared is None:
        raise ValueError(f"the type of {attribute.name} is not declared")
    make = maker(attribute)

    def build(_: Walker, chooser: Chooser) -> Any:
        body = make(chooser)
        return declared.unpack(body) if isinstance(body, bytes) else pairs_of(body)

    return built(TLIBRARY, build)


# -- events and other items ----------------------------------------------------------------------


def events(event: type[E] | None = None, *, registry: Registry = TLIBRARY, extra: bool = True) -> st.SearchStrategy[E]:
    """Draw valid events of one class, or of any of the registry's; `extra` False: only attributes of their tables.

    Every rule holds by construction, so no example is discarded. Raises LookupError where the registry lacks the class.
    """
    classes = registry.events if event is None else registry.events_of(event)
    wanted = [cls.__schema__ for cls in classes]

    def build(walker: Walker, chooser: Chooser) -> E:
        event: Any = walker.item(walker.event(chooser, chooser.pick(wanted), extra=extra))
        return event  # type: ignore[no-any-return]

    return built(registry, build)


def unknown_events(registry: Registry = TLIBRARY) -> st.SearchStrategy[UnknownEvent]:
    """Draw messages without a table, named or not, with any attributes."""

    def build(walker: Walker, chooser: Chooser) -> UnknownEvent:
        item = walker.item(walker.message(chooser))
        assert isinstance(item, UnknownEvent)
        return item

    return built(registry, build)


def invalid_events(registry: Registry = TLIBRARY) -> st.SearchStrategy[InvalidEvent]:
    """Draw invalid events: they break one or more rules of severity ERROR."""

    def build(walker: Walker, chooser: Chooser) -> InvalidEvent:
        item = walker.item(walker.invalid(chooser))
        assert isinstance(item, InvalidEvent)
        return item

    return built(registry, build)


def items(registry: Registry = TLIBRARY) -> st.SearchStrategy[Item]:
    """Draw every kind of item that a well-formed frame decodes to."""
    return built(registry, lambda walker, chooser: walker.item(walker.any(chooser)))


# -- frames --------------------------------------------------------------------------------------


def frames(registry: Registry = TLIBRARY, *, canonical: bool = False, valid: bool = False) -> st.SearchStrategy[bytes]:
    """Draw well-formed frames; `canonical` ones have ascending ids, `valid` ones keep their schema."""

    def build(walker: Walker, chooser: Chooser) -> bytes:
        frame = walker.frame(chooser) if valid else walker.any(chooser)
        if canonical:
            frame.attributes.sort(key=lambda a: a.id)
        return frame.write()

    return built(registry, build)


_UNTYPED = Registry("Untyped")


def untyped_frames() -> st.SearchStrategy[Frame]:
    """Draw well-formed frames of a registry without declarations."""

    def build(walker: Walker, chooser: Chooser) -> Frame:
        tree = walker.message(chooser)
        raw = ((a.id, a.kind, a.value if isinstance(a.value, bytes) else a.value.write()) for a in tree.attributes)
        return Frame(tree.message, tuple(RawAttribute(*one) for one in raw))

    return built(_UNTYPED, build)


def cases(registry: Registry = TLIBRARY, *, labels: Collection[str] | None = None) -> st.SearchStrategy[Case]:
    """Draw frames with the answer of a correct parser; `labels` as for `tlib_fuzz.cases.cases`."""
    entries, valid = generate.chosen(walker_of(registry), labels)
    choices = ([None] if valid else []) + entries
    return built(registry, lambda walker, chooser: generate.case_of(chooser.pick(choices), walker, chooser))


def broken_frames(registry: Registry = TLIBRARY, *, labels: Collection[str] | None = None) -> st.SearchStrategy[bytes]:
    """Draw frames with exactly one defect of the catalogue, or one of `labels`: a correct parser refuses each."""
    fitting, _ = generate.chosen(walker_of(registry), None)
    defects = [entry.label for entry in fitting if entry.codes]
    if not isinstance(labels, str | None) and (
        accepted := [label for label in labels if label in CATALOGUE and not CATALOGUE[label].codes]
    ):
        raise ValueError(f"{accepted[0]} is not a defect; choose among {', '.join(defects)}")
    return cases(registry, labels=defects if labels is None else labels).map(lambda case: case.frame)


def mutated_frames(registry: Registry = TLIBRARY) -> st.SearchStrategy[bytes]:
    """Draw damaged frames: flipped bits, cuts, insertions, wrong lengths, splices. Some stay well-formed."""

    def damage(frame: bytes, other: bytes, rng: random.Random) -> bytes:
        return mutate(frame, rng, (other, frame))[0]

    return st.builds(damage, frames(registry), frames(registry), st.randoms(use_true_random=False))


# -- streams -------------------------------------------------------------------------------------


def streams(registry: Registry = TLIBRARY, *, pieces: int = 6) -> st.SearchStrategy[bytes]:
    """Draw up to `pieces` good, broken and damaged frames, starts of frames and garbage, back to back."""
    headers = _integers(0, 300).map(lambda length: b"TL\x01\x00\x00\x04" + length.to_bytes(4, "big"))
    starts = st.sampled_from((b"T", b"TL", b"TL\x01", b"TL\x01\x00", b"TL\x02\x00", b"TL\x01\x01", b"\x00TL\x01\x00\x00\x3c"))
    piece = st.one_of(frames(registry), broken_frames(registry), mutated_frames(registry), st.binary(max_size=30), starts, headers)
    return st.lists(piece, max_size=pieces).map(b"".join)


def chunkings(data: bytes, *, cuts: int = 8) -> st.SearchStrategy[list[bytes]]:
    """Draw ways to cut bytes into up to `cuts` + 1 chunks, which may be empty, or into single bytes."""
    places = st.lists(_integers(0, len(data)), max_size=cuts).map(lambda bounds: [0, *sorted(bounds), len(data)])
    some = places.map(lambda bounds: [data[a:b] for a, b in pairwise(bounds)])
    return st.one_of(some, st.just([data[i : i + 1] for i in range(len(data))]))


def captures(registry: Registry = TLIBRARY, *, conversations: int = 3, complete: bool = False) -> st.SearchStrategy[Capture]:
    """Draw captures of TCP conversations with frames: segments late, repeated, overlapping, fragmented, lost.

    `complete` ones lose nothing, so they contain every frame of `Capture.frames`.
    """
    return st.builds(capture, _integers(0, 2**32), _integers(0, conversations), complete=st.just(complete), registry=st.just(registry))


# -- types ---------------------------------------------------------------------------------------


def register(registry: Registry) -> None:
    """Make ``st.from_type`` of the registry's event classes draw valid events."""
    for cls in registry.events:
        st.register_type_strategy(cls, functools.partial(events, registry=registry))
