"""Frames that hold secrets in every attribute and every list, declared or not."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from typing import Any, Final

from tlib_codec import encode
from tlib_codec.reference import Policy
from tlib_schemas import wire
from tlib_schemas.events import UnknownEvent
from tlib_schemas.kinds import Kind, WireType
from tlib_schemas.registry import Registry
from tlib_schemas.values import Attributes, KVList, RawValue, Unicode

from .secrets import Planted, Secret

_PRIVATE: Final = range(40_000, 60_000)  # numbers of attributes and messages that nobody declares

Value = tuple[str, int, Any]
"""A place, the number of an attribute, and its value with a secret."""


def plants(secret: Secret, rng: random.Random, registry: Registry) -> Iterator[Value]:
    """Yield places for a secret without end, a random attribute after the other."""
    declared = [one for one in registry.dictionary.values() if one.value is None or one.value.kind in _MAKERS]
    own = rng.choice(_PRIVATE)
    for turn in count(rng.randrange(4)):
        if turn % 4:
            attribute = rng.choice(declared)
            kind = None if attribute.value is None else attribute.value.kind
            make = rng.choice(_RAW) if kind is None else _MAKERS[kind]
            value = make(secret, rng)
            yield f"{attribute.name} ({make.__name__})", attribute.id, value
        else:
            make = rng.choice(_RAW)
            yield f"an unknown attribute ({make.__name__})", own, make(secret, rng)


def text(secret: Secret, rng: random.Random) -> str:
    """Return a text with the secret, alone or in a sentence."""
    return rng.choice(("{}", "{}", "{}", "to {}", "{} (x)", "{}::", "<{}>", "{}\n{}")).replace("{}", secret.loose)


def listed(secret: Secret, rng: random.Random) -> KVList:
    """Return a list that holds the secret in one of its places, some lists deep."""
    result = rng.choice(_PAIRS)(secret, rng)
    for _ in range(rng.choice((0, 0, 1, 2, 5))):
        result = KVList([("Before", 1), ("Inner", result), ("After", "x")])
    return result


def data(secret: Secret, _rng: random.Random) -> bytes:
    """Return bytes with the secret."""
    return b"\x01\x00" + secret.data + b"\xff"


def raw_text(secret: Secret, rng: random.Random) -> RawValue:
    """Return a text of an attribute without a type."""
    return RawValue(WireType.String, text(secret, rng).encode("utf-8", "surrogateescape"))


def raw_data(secret: Secret, rng: random.Random) -> RawValue:
    """Return bytes of an attribute without a type."""
    return RawValue(rng.choice((WireType.Binary, 4, 5, 9, 77)), data(secret, rng))


def raw_list(secret: Secret, rng: random.Random) -> RawValue:
    """Return a list of an attribute without a type."""
    return RawValue(WireType.List, wire.KVList.pack(listed(secret, rng)))


def raw_number(secret: Secret, rng: random.Random) -> RawValue:
    """Return a number of an attribute without a type; text where the secret is none."""
    if not secret.plain or len(secret.text) > 18:
        return raw_text(secret, rng)
    return RawValue(WireType.Long, int(secret.text).to_bytes(8))


def _as_value(secret: Secret, rng: random.Random) -> KVList:
    return KVList([(rng.choice(("Name", "conn-0", "ct-0", "x y", "")), text(secret, rng)), ("n", 3)])


def _as_unicode(secret: Secret, _rng: random.Random) -> KVList:
    return KVList([("Name", Unicode(secret.text))])


def _as_data(secret: Secret, rng: random.Random) -> KVList:
    return KVList([("Name", data(secret, rng))])


def _as_key(secret: Secret, rng: random.Random) -> KVList:
    if secret.named:
        return _as_value(secret, rng)
    return KVList([(secret.loose, rng.choice((1, "x", KVList([("y", 2)]), b"z")))])


_PAIRS: Final[Sequence[Callable[[Secret, random.Random], KVList]]] = (_as_value, _as_value, _as_unicode, _as_data, _as_key)
_RAW: Final[Sequence[Callable[[Secret, random.Random], RawValue]]] = (raw_text, raw_data, raw_list, raw_number)
_MAKERS: Final[dict[Kind, Callable[[Secret, random.Random], Any]]] = {Kind.TEXT: text, Kind.LIST: listed, Kind.BINARY: data}


def frame(secrets: Sequence[Secret], rng: random.Random, registry: Registry) -> tuple[bytes, list[Planted]]:
    """Return a frame that holds each of the secrets in an attribute of its own."""
    values: dict[str, Any] = {}
    planted = []
    for secret in secrets:
        for place, number, value in plants(secret, rng, registry):
            name = registry.attribute_name(number)
            if name not in values:
                values[name] = value
                planted.append(Planted(secret, place))
                break
    message = rng.choice([*registry.messages.values(), rng.choice(_PRIVATE)])
    return encode(UnknownEvent(message, Attributes(values)), registry=registry, policy=Policy.LENIENT), planted


def file(rng: random.Random, secrets: Sequence[Secret], registry: Registry) -> tuple[bytes, list[Planted]]:
    """Return frames back to back, some malformed, with bytes between them."""
    parts, planted = [], []
    for some in groups(rng, secrets):
        one, places = frame(some, rng, registry)
        chance = rng.random()
        if chance < 0.05:
            one = damaged(one)
            places = [Planted(secret, f"{place} of a malformed frame") for secret, place, _ in places]
        elif chance < 0.08:
            one = b"".join(secret.data + b"\0" for secret in some)
            places = [Planted(secret, "between frames") for secret in some]
        parts.append(one)
        planted += places
    return b"".join(parts), planted


def groups(rng: random.Random, secrets: Sequence[Secret]) -> Iterator[Sequence[Secret]]:
    """Yield the secrets, a few at a time."""
    at = 0
    while at < len(secrets):
        size = rng.randint(1, 4)
        yield secrets[at : at + size]
        at += size


def damaged(one: bytes) -> bytes:
    """Return a frame whose first attribute has a type that its length does not fit."""
    return one[:12] + b"\x01" + one[13:]
