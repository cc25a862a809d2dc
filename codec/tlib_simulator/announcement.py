"""Announce live calls: to a client that connects, at a switchover, and in answer to a query.

Strategy: a switch keeps the events sent for each live call; added up, they are its announcement. Three marks tell
an announcement from a new call: the CallUUID is the call's own, EventRegistered on the abstract DN precedes it, and
it may have ISLinkList, which is unknown when a call really begins.
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

from .story.call import timestamp
from .story.switch import Switch

_DELETED = KVList()
_STATE = tuple(field.name for field in EventCallCreated.__schema__.fields)
_MAX_LISTED = 20_000  # calls: three pairs each, and a list counts its pairs in 16 bits


def live_calls(switch: Switch) -> Iterator[EventCallCreated]:
    """Yield the creation that announces each live call now."""
    for events in switch.live.values():
        state: dict[str, Any] = {}
        for event in events:
            state.update((name, value) for name in _STATE if (value := getattr(event, name, None)) is not None)
        # an empty list means deleted data: a call without data
        yield EventCallCreated(**{name: value for name, value in state.items() if value != _DELETED})


def announcement(switch: Switch, now: float) -> Iterator[Event]:
    """Yield the events for a client that connects at `now`."""
    yield EventRegistered(info_type=TAddressInfoType.AddressType, **_abstract_dn_fields(switch, now))
    yield from live_calls(switch)


def address_info(switch: Switch, now: float) -> Event:
    """Return the answer to a client that queries the calls on the abstract DN."""
    return EventAddressInfo(info_type=TAddressInfoType.DNStatus, info_status=len(switch.live), **_abstract_dn_fields(switch, now))


def _abstract_dn_fields(switch: Switch, now: float) -> dict[str, Any]:
    switch.requests += 1
    calls = [
        AbstractDNCall(index=index, conn_id=call.conn_id, call_type=call.call_type, call_uuid=call.call_uuid)
        for index, call in enumerate(itertools.islice(live_calls(switch), _MAX_LISTED))
    ]
    return {
        "extensions": extensions_of(calls),
        "reference_id": switch.requests,
        "server": 0,
        "this_dn": switch.abstract_dn,
        "time": timestamp(now),
    }
