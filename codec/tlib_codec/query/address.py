"""The test of an address of a record's connection."""

from __future__ import annotations

import ipaddress

from tlib_codec.records import Record

from .errors import QueryError


class Address:
    """The test of an address: HOST, HOST:PORT or NETWORK/BITS, which the record's source or destination must be.

    `seen` says whether a record had an address at all. Raises QueryError.
    """

    def __init__(self, wanted: str) -> None:
        self._network: ipaddress.IPv4Network | ipaddress.IPv6Network | None = None
        self._wanted = wanted.lower()
        self.seen: bool = False
        try:
            self._network = ipaddress.ip_network(wanted.removeprefix("[").removesuffix("]"))
        except ValueError:
            host, _, port = wanted.rpartition(":")
            try:
                ipaddress.ip_address(host.removeprefix("[").removesuffix("]"))
                if not 0 <= int(port) <= 0xFFFF:
                    raise ValueError
            except ValueError:
                example = "10.0.0.1, 10.0.0.1:3063, [2001:db8::1]:3063 or 10.0.0.0/8"
                raise QueryError(f"{wanted!r} is no address; give one as in {example}", "address") from None

    def __call__(self, record: Record) -> bool:
        origin = record.origin
        self.seen |= bool(origin.src or origin.dst)
        return self.matches(origin.src, origin.dst)

    def matches(self, *ends: str) -> bool:
        """Return whether one of the ends of a connection has the address; an empty end is not known."""
        return any(self._is(end) for end in ends if end)

    def _is(self, end: str) -> bool:
        if self._network is None:
            return end.lower() == self._wanted
        for host in (end, end.rpartition(":")[0]):
            try:
                return ipaddress.ip_address(host.removeprefix("[").removesuffix("]").partition("%")[0]) in self._network
            except ValueError:
                continue
        return False
