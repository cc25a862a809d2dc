"""The peers: one module a library, each with a function `peers` from an event to what is timed.

Strategy: a module is imported only where its package is installed; otherwise the peer is reported as
absent. Before anything is timed, `agree` holds what each peer decodes (and what its encoder's bytes
decode to) against the event, so that none is fast for leaving something out.

To add a peer: a module here with `peers(event)`, a line in MODULES, and its package in the dependency group
`bench`.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from importlib import metadata
from typing import Any, NamedTuple

from benchmarks.events import Values, plain
from tlib_codec import Event


class Peer(NamedTuple):
    """One way to carry the event: `decode(data)` gives something that `values` can tell about.

    `encode(event)` gives bytes for `decode` again; None where the library only reads.
    """

    name: str
    data: bytes
    decode: Callable[[Any], Any]
    values: Callable[[Any], Values]
    encode: Callable[[Any], bytes] | None = None
    event: Any = None


class Module(NamedTuple):
    """A peer's module here, what it imports, and the distribution that this comes from."""

    name: str
    imports: str
    package: str


BASELINE = "msgspec msgpack, typed Struct"
NATIVE = "tlib-codec, native engine"
REFERENCE = "tlib-codec, reference engine"
IDIOMATIC = "construct, idiomatic"

MODULES = (
    Module("msgspec_struct", "msgspec", "msgspec"),
    Module("ours_native", "tlib_codec.native.engine", "tlib-codec"),
    Module("ours_reference", "tlib_codec.reference", "tlib-codec"),
    Module("orjson_dict", "orjson", "orjson"),
    Module("msgpack_dict", "msgpack", "msgpack"),
    Module("cbor2_dict", "cbor2", "cbor2"),
    Module("protobuf_message", "google.protobuf", "protobuf"),
    Module("asn1tools_spec", "asn1tools", "asn1tools"),
    Module("kaitai_reader", "kaitaistruct", "kaitaistruct"),
    Module("cstruct_reader", "dissect.cstruct", "dissect.cstruct"),
    Module("scapy_packet", "scapy", "scapy"),
    Module("construct_idiomatic", "construct", "construct"),
)


def installed(module: Module) -> bool:
    """Whether the module's package can be imported."""
    try:
        return importlib.util.find_spec(module.imports) is not None
    except ModuleNotFoundError:  # the package around it is missing
        return False


def absent() -> list[Module]:
    """The peers that cannot run here."""
    return [module for module in MODULES if not installed(module)]


def versions() -> dict[str, str]:
    """The versions of the packages that can."""
    return {module.package: metadata.version(module.package) for module in MODULES if installed(module)}


def peers_of(event: Event) -> list[Peer]:
    """Every peer that is installed, checked to carry `event`."""
    found: list[Peer] = []
    for module in MODULES:
        if installed(module):
            found += importlib.import_module(f"{__name__}.{module.name}").peers(event)
    expected = plain(event)
    for peer in found:
        agree(peer, expected)
    return found


def agree(peer: Peer, expected: Values) -> None:
    """Refuse to time a peer that does not carry the event's values. Raises SystemExit."""
    found = peer.values(peer.decode(peer.data))
    if found != expected:
        raise SystemExit(f"{peer.name} does not decode the event: found {found}, expected {expected}")
    if peer.encode is not None:
        again = peer.values(peer.decode(peer.encode(peer.event)))
        if again != expected:
            raise SystemExit(f"{peer.name} does not encode the event: found {again}, expected {expected}")
