"""What a client learns about calls that began before it came: at connect, at switchover, on request.

Strategy: a site keeps what its clients have been told of each live call, so an announcement is
that, added up. Three marks say that it is no news: the CallUUID is the one that the call has
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

_DELETED = KVList()
_STATE = tuple(field.name for field in EventCallCreated.__schema__.fields)
_MOST_LISTED = 20_000  # calls: three pairs each, and a list counts its pairs in 16 bits


def live_calls(switch: Switch) -> Iterator[EventCallCreated]:
    """The calls that are alive, as they would be announced."""
    for told in switch.live.values():
        state: dict[str, Any] = {}
        for event in told:
            state.update((name, value) for name in _STATE if (value := getattr(event, name, None)) is not None)
        # an empty list says that the data were deleted: a call without data
        yield EventCallCreated(**{name: value for name, value in state.items() if value != _DELETED})


def announcement(switch: Switch, now: float) -> Iterator[Event]:
    """What a client is told that connects at `now`."""
    yield EventRegistered(info_type=TAddressInfoType.AddressType, **_of_abstract_dn(switch, now))
    yield from live_calls(switch)


def address_info(switch: Switch, now: float) -> Event:
    """The answer to a client that asks for the calls on the abstract DN."""
    return EventAddressInfo(info_type=TAddressInfoType.DNStatus, info_status=len(switch.live), **_of_abstract_dn(switch, now))


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
