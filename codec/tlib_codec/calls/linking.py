"""Link calls: a consultation with its main call, a call with the one it was merged into, and the same call at other sites."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tlib_schemas.enumerations import AttributeID, OpenEnum, TCallState, TCause
from tlib_schemas.kinds import Identifies
from tlib_schemas.registry import Registry
from tlib_schemas.values import KVList

from .links import sites
from .model import Link, LinkKind
from .open_call import OpenCall
from .open_calls import OpenCalls
from .outcome import Outcome

ELSEWHERE = (int(AttributeID.LastTransferConnID), int(AttributeID.FirstTransferConnID))
"""The attributes that name the call at another site by ConnID."""

_OUTCOMES = {
    TCause.Transfer.label: Outcome.TRANSFERRED,
    TCause.SingleStepTransfer.label: Outcome.TRANSFERRED,
    TCallState.Transferred.label: Outcome.TRANSFERRED,
    TCause.Conference.label: Outcome.CONFERENCED,
    TCallState.Conferenced.label: Outcome.CONFERENCED,
}


class Linking:
    """Adds links to both calls, as far as both are open."""

    def __init__(self, calls: OpenCalls, registry: Registry) -> None:
        self._calls = calls
        self._identifies = {thing: tuple(map(int, registry.identifying(thing))) for thing in Identifies}
        self._linking = frozenset((*self._identifies[Identifies.ORIGINAL_CALL], *self._identifies[Identifies.LINKED_CALLS], *ELSEWHERE))

    def named(self, values: Mapping[int, Any], thing: Identifies) -> str | None:
        """Return the text by which `values` identify the thing; None where they do not."""
        for number in self._identifies[thing]:
            value = values.get(number)
            if isinstance(value, str) and value:
                return value
        return None

    def follow(self, one: OpenCall, values: Mapping[int, Any]) -> None:
        """Link a call to its main call and to the call at other sites, as far as an event names them."""
        if self._linking.isdisjoint(values):
            return
        main = self.named(values, Identifies.ORIGINAL_CALL)
        if main is not None:
            self.consults(one, main, None)
        for links in (values.get(number) for number in self._identifies[Identifies.LINKED_CALLS]):
            if isinstance(links, KVList):
                for uuid, conn in sites(links, self._calls.limits.entries):
                    if uuid not in one.uuids and conn not in one.conn_ids:
                        self._both(one, LinkKind.SITE, LinkKind.SITE, uuid, conn)
        for conn in (values.get(number) for number in ELSEWHERE):
            if isinstance(conn, str) and conn not in one.conn_ids and not any((kind, conn) in one.linked for kind in LinkKind):
                self._both(one, LinkKind.SITE, LinkKind.SITE, None, conn)

    def consults(self, one: OpenCall, uuid: str | None, conn: str | None) -> None:
        """Link a consultation to its main call."""
        if (LinkKind.CONSULTS_FOR, uuid or conn) in one.linked:
            return
        main = self._calls.find(uuid, conn)
        if main is not None and main.main is one:
            return
        self._both(one, LinkKind.CONSULTS_FOR, LinkKind.CONSULTED_BY, uuid, conn)
        if main is not None and main is not one and one.main is None:
            one.main = main
            if len(main.consults) < self._calls.limits.entries:
                main.consults = [*main.consults, one]

    def merged(self, one: OpenCall, values: Mapping[int, Any]) -> None:
        """Link a call to the one that its end names as the one it was merged into."""
        self.merge(one, self.named(values, Identifies.MERGED_CALL), self.named(values, Identifies.MERGED_CONNECTION), _label(values))

    def merge(self, one: OpenCall, uuid: str | None, conn: str | None, cause: str | None) -> None:
        """Link a call to the one it was merged into."""
        if uuid is None and (conn is None or (LinkKind.MERGED_INTO, conn) in one.linked):
            return  # not named, or linked already with more
        self._both(one, LinkKind.MERGED_INTO, LinkKind.MERGED_FROM, uuid, conn, cause)
        outcome = _OUTCOMES.get(cause)
        for call in (one, self._calls.find(uuid, conn)):
            if call is not None and outcome is not None:
                self._calls.evidence(call, outcome)

    def _add(self, one: OpenCall, link: Link) -> None:
        if link not in one.linked and self._calls.fits(one, one.call.links):
            one.call.links.append(link)
            one.linked |= {link, (link.kind, link.call_uuid), (link.kind, link.conn_id)}
            self._calls.hold(one, 300)

    def _both(self, one: OpenCall, there: LinkKind, back: LinkKind, uuid: str | None, conn: str | None, cause: str | None = None) -> None:
        other = self._calls.find(uuid, conn)
        if other is one:
            return
        if other is not None:
            uuid, conn = uuid or other.call.call_uuid, conn or other.call.conn_id
            self._add(other, Link(back, one.call.call_uuid, one.call.conn_id, cause))
        self._add(one, Link(there, uuid, conn, cause))


def _label(values: Mapping[int, Any]) -> str | None:
    """Return the cause of a merge as it is printed."""
    cause = values.get(AttributeID.Cause, values.get(AttributeID.CallState))
    return cause.label or str(int(cause)) if isinstance(cause, OpenEnum) else None
