"""Hypothesis strategies of everything the protocol can say, and of what breaks it, for any registry.

Strategy: none of its own. Each strategy is the walker with a chooser that draws, so Hypothesis
shrinks what the walker builds: to the fewest attributes, the plainest values, the shortest texts.

`hypothesis` is needed (extra ``fuzz``). Where it is installed, ``st.from_type(EventCallCreated)`` and
``st.builds`` know the events of T-Library without an import; `register` does the same for a registry
of one's own.
"""

from __future__ import annotations

import functools
import random
from collections.abc import Callable, Collection, Sequence
from itertools import pairwise
from typing import Any, TypeVar

try:
    from hypothesis import strategies as st
except ImportError as error:
    raise ImportError("the strategies need hypothesis: pip install 'tlib-codec[fuzz]'") from error

from tlib_schemas.events import Event, InvalidEvent, UnknownEvent
from tlib_schemas.registry import Item, Registry
from tlib_schemas.tlibrary import TLIBRARY
from tlib_schemas.values import Frame, KVList, RawAttribute
from tlib_schemas.wire import Attribute

from .cases import generate as _cases
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
    """A `chooser.Chooser` whose answers Hypothesis draws: the plainest one is what it shrinks to."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw

    def integer(self, low: int, high: int) -> int:
        """A number from `low` to `high`."""
        return self._draw(_integers(low, high))

    def pick(self, options: Sequence[T]) -> T:
        """One of `options`."""
        return options[self._draw(_integers(0, len(options) - 1))]

    def chance(self, probability: float) -> bool:
        """True with about that probability; False is what it shrinks to, even of a certainty."""
        return 0 < self._draw(_integers(0, 999)) >= 1000 * (1 - probability)

    def bytes(self, size: int) -> bytes:
        """`size` bytes."""
        return self._draw(_binary(size))


@functools.lru_cache(1024)
def _integers(low: int, high: int) -> st.SearchStrategy[int]:
    return st.integers(low, high)


@functools.lru_cache(1024)
def _binary(size: int) -> st.SearchStrategy[bytes]:
    return st.binary(min_size=size, max_size=size)


@st.composite
def built(draw: st.DrawFn, registry: Registry, build: Callable[[Walker, Chooser], T]) -> T:
    """Whatever a function builds with the walker of a registry and the choices that are drawn."""
    return build(walker_of(registry), DrawChooser(draw))


# -- values --------------------------------------------------------------------------------------


def _as_text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def texts() -> st.SearchStrategy[str]:
    """Texts as frames hold them: any UTF-8, and bytes that are not UTF-8 by surrogateescape."""
    return st.one_of(st.text(max_size=10), built(TLIBRARY, lambda _, chooser: _as_text(text(chooser))))


def kv_lists(deepest: int = 4) -> st.SearchStrategy[KVList]:
    """Key-value lists of all five types, nested down to `deepest` levels, keys repeated now and then."""
    return built(TLIBRARY, lambda _, chooser: pairs_of(kv_list(chooser, 1, deepest)))


def values(attribute: Attribute) -> st.SearchStrategy[Any]:
    """Values of an attribute whose type is declared, of its Python type. Raises TypeError for its name, ValueError without a type."""
    if not isinstance(attribute, Attribute):
        raise TypeError(f"an attribute is expected, not {attribute!r}: a registry gives it, as TLIBRARY.attribute('ConnID')")
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
    """Valid events of one class, or of any of the registry's; `extra` False: only what their tables list.

    Every rule of the table holds by construction, so none is thrown away. Raises LookupError where the
    registry has no such event.
    """
    wanted = [schema for schema in registry.schemas.values() if event is None or schema.cls is registry.event(event)]

    def build(walker: Walker, chooser: Chooser) -> E:
        found: Any = walker.item(walker.event(chooser, chooser.pick(wanted), extra=extra))
        return found  # type: ignore[no-any-return]

    return built(registry, build)


def unknown_events(registry: Registry = TLIBRARY) -> st.SearchStrategy[UnknownEvent]:
    """Messages without a table, named or not, with any attributes."""

    def build(walker: Walker, chooser: Chooser) -> UnknownEvent:
        found: Any = walker.item(walker.message(chooser))
        return found  # type: ignore[no-any-return]

    return built(registry, build)


def invalid_events(registry: Registry = TLIBRARY) -> st.SearchStrategy[InvalidEvent]:
    """What is no event because a rule of severity ERROR is broken, or several are."""

    def build(walker: Walker, chooser: Chooser) -> InvalidEvent:
        found: Any = walker.item(walker.invalid(chooser))
        return found  # type: ignore[no-any-return]

    return built(registry, build)


def items(registry: Registry = TLIBRARY) -> st.SearchStrategy[Item]:
    """Everything that a well-formed frame can be."""
    return built(registry, lambda walker, chooser: walker.item(walker.any(chooser)))


# -- frames --------------------------------------------------------------------------------------


def frames(registry: Registry = TLIBRARY, *, canonical: bool = False, valid: bool = False) -> st.SearchStrategy[bytes]:
    """Well-formed frames; `canonical` ones have ascending ids, of `valid` ones the schema holds."""

    def build(walker: Walker, chooser: Chooser) -> bytes:
        frame = walker.frame(chooser) if valid else walker.any(chooser)
        if canonical:
            frame.attributes.sort(key=lambda a: a.id)
        return frame.write()

    return built(registry, build)


_NO_REGISTRY = Registry("Untyped")


def untyped_frames() -> st.SearchStrategy[Frame]:
    """Well-formed frames of which no registry is asked."""

    def build(walker: Walker, chooser: Chooser) -> Frame:
        tree = walker.message(chooser)
        raw = ((a.id, a.kind, a.value if isinstance(a.value, bytes) else a.value.write()) for a in tree.attributes)
        return Frame(tree.message, tuple(RawAttribute(*one) for one in raw))

    return built(_NO_REGISTRY, build)


def cases(registry: Registry = TLIBRARY, *, labels: Collection[str] | None = None) -> st.SearchStrategy[Case]:
    """Frames with what a right parser does with them; `labels` as for `tlib_fuzz.cases.cases`."""
    entries, valid = _cases.chosen(walker_of(registry), labels)
    choices = ([None] if valid else []) + entries
    return built(registry, lambda walker, chooser: _cases.case_of(chooser.pick(choices), walker, chooser))


def broken_frames(registry: Registry = TLIBRARY, *, labels: Collection[str] | None = None) -> st.SearchStrategy[bytes]:
    """Frames with exactly one defect of the catalogue, or of those `labels`: a right parser refuses each."""
    fitting, _ = _cases.chosen(walker_of(registry), None)
    defects = [entry.label for entry in fitting if entry.codes]
    if not isinstance(labels, str | None) and (
        accepted := [label for label in labels if label in CATALOGUE and not CATALOGUE[label].codes]
    ):
        raise ValueError(f"{accepted[0]} is no defect: give some of {', '.join(defects)}")
    return cases(registry, labels=defects if labels is None else labels).map(lambda case: case.frame)


def mutated_frames(registry: Registry = TLIBRARY) -> st.SearchStrategy[bytes]:
    """Frames damaged blindly: bits flipped, cut, bytes put in, lengths that lie, frames spliced. Some stay well-formed."""

    def damage(frame: bytes, other: bytes, rng: random.Random) -> bytes:
        return mutate(frame, rng, (other, frame))[0]

    return st.builds(damage, frames(registry), frames(registry), st.randoms(use_true_random=False))


# -- streams -------------------------------------------------------------------------------------


def streams(registry: Registry = TLIBRARY, *, pieces: int = 6) -> st.SearchStrategy[bytes]:
    """Up to `pieces` good, broken and damaged frames, beginnings of frames and garbage, back to back."""
    lies = _integers(0, 300).map(lambda length: b"TL\x01\x00\x00\x04" + length.to_bytes(4, "big"))
    beginnings = st.sampled_from((b"T", b"TL", b"TL\x01", b"TL\x01\x00", b"TL\x02\x00", b"TL\x01\x01", b"\x00TL\x01\x00\x00\x3c"))
    piece = st.one_of(frames(registry), broken_frames(registry), mutated_frames(registry), st.binary(max_size=30), beginnings, lies)
    return st.lists(piece, max_size=pieces).map(b"".join)


def chunkings(data: bytes, *, cuts: int = 8) -> st.SearchStrategy[list[bytes]]:
    """The ways to cut bytes into up to `cuts` + 1 chunks, empty ones among them, or one byte at a time."""
    places = st.lists(_integers(0, len(data)), max_size=cuts).map(lambda found: [0, *sorted(found), len(data)])
    some = places.map(lambda found: [data[a:b] for a, b in pairwise(found)])
    return st.one_of(some, st.just([data[i : i + 1] for i in range(len(data))]))


def captures(registry: Registry = TLIBRARY, *, conversations: int = 3, complete: bool = False) -> st.SearchStrategy[Capture]:
    """Captures of TCP conversations that carry frames: segments late, repeated, overlapping, fragmented, lost.

    `complete` ones lose nothing, so every frame of `Capture.frames` is to be found in them.
    """
    return st.builds(capture, _integers(0, 2**32), _integers(0, conversations), complete=st.just(complete), registry=st.just(registry))


# -- types ---------------------------------------------------------------------------------------


def register(registry: Registry) -> None:
    """Make ``st.from_type`` of the registry's event classes give valid events of them."""
    for cls in registry.events:
        st.register_type_strategy(cls, functools.partial(events, registry=registry))
