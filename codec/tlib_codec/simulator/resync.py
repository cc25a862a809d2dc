"""What a client learns about calls that began before it came: at connect, at switchover, on request.

Strategy: a site knows each live call as its clients have been told of it, so an announcement is
that state once more. Three marks say that it is no news: the CallUUID is the one that the call has
had, EventRegistered on the abstract DN stands before it, and ISLinkList may be there, which is
unknown when a call really begins.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from tlib_schemas.abstract_dn import AbstractDNCall, extensions_of
from tlib_schemas.abstract_dn_events import EventAddressInfo, EventRegistered
from tlib_schemas.call_events import EventCallCreated
from tlib_schemas.enumerations import TAddressInfoType
from tlib_schemas.events import Event
from tlib_schemas.values import KVList

from .call import timestamp
from .switch import Switch

_OF_A_CALL = frozenset(EventCallCreated.__struct_fields__)
_MOST_LISTED = 20_000  # calls: three pairs each, and a list counts its pairs in 16 bits


def live_calls(switch: Switch) -> list[EventCallCreated]:
    """The calls that are alive, as they would be announced."""
    return [EventCallCreated(**fields) for fields in _told(switch)]


def _told(switch: Switch) -> Iterator[dict[str, Any]]:
    """For each live call the fields of its creation, by what has been told until now; deleted data are none."""
    for state in switch.live.values():
        yield {name: value for name, value in state.items() if name in _OF_A_CALL and not (isinstance(value, KVList) and not len(value))}


def announcement(switch: Switch, now: float) -> Iterator[tuple[type[Event], dict[str, Any]]]:
    """What a client is told that connects at `now`."""
    yield EventRegistered, _of_abstract_dn(switch, now) | {"info_type": TAddressInfoType.AddressType}
    for fields in _told(switch):
        yield EventCallCreated, fields


def address_info(switch: Switch, now: float) -> tuple[type[Event], dict[str, Any]]:
    """The answer to a client that asks for the calls on the abstract DN."""
    more = {"info_type": TAddressInfoType.DNStatus, "info_status": len(switch.live)}
    return EventAddressInfo, _of_abstract_dn(switch, now) | more


def _of_abstract_dn(switch: Switch, now: float) -> dict[str, Any]:
    switch.requests += 1
    calls = [
        AbstractDNCall(index=index, conn_id=call.conn_id, call_type=call.call_type, call_uuid=call.call_uuid)
        for index, call in enumerate(itertools.islice(live_calls(switch), _MOST_LISTED))
    ]
    return {
        "extensions": extensions_of(calls),
        "reference_id": switch.requests,
        "server": 0,
        "this_dn": switch.abstract_dn,
        "time": timestamp(now),
    }
