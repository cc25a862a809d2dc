"""Events of parties in tests: one second is one second after some moment."""

from __future__ import annotations

from tlib_codec import Attributes, TCallState, TCallType, UnknownEvent
from tlib_codec.calls import CallTracker, follow
from tlib_codec.records import Origin
from tlib_schemas.enumerations import MessageType, TDNRole

CONN, SECOND, THIRD = "006c02462a161006", "006c02462a161007", "006c02462a161008"
UUID, UUID_2 = "01FES9JKSOFQLEKK3CSH5B5AES00JV1U", "01FES9JKSOFQLEKK3CSH5B5AES00JV1V"
CALLER, AGENT, OTHER, QUEUE = "5551000", "7001", "7002", "8000"
LAKE, HILL = Origin(file="lake.log"), Origin(file="hill.log")


def event(name, seconds, dn, other=None, *, conn=CONN, kind=TCallType.Inbound, state=TCallState.Ok, **more):
    """Return an event of a party; attributes that are None are left out."""
    values = {"ConnID": conn, "CallType": kind, "CallState": state, "ThisDN": dn, "OtherDN": other}
    values |= {"TimeinSecs": 1_000_000_000 + int(seconds), "TimeinuSecs": round(seconds % 1 * 1e6), **more}
    return UnknownEvent(int(MessageType[f"Event{name}"]), Attributes({key: value for key, value in values.items() if value is not None}))


def ringing(seconds, dn=AGENT, other=CALLER, **more):
    return event("Ringing", seconds, dn, other, **more)


def established(seconds, dn=AGENT, other=CALLER, **more):
    return event("Established", seconds, dn, other, **more)


def released(seconds, dn=AGENT, other=CALLER, **more):
    return event("Released", seconds, dn, other, **more)


def queued(seconds, dn=QUEUE, **more):
    return event("Queued", seconds, dn, CALLER, ThisQueue=dn, **more)


def diverted(seconds, to=AGENT, dn=QUEUE, **more):
    return event("Diverted", seconds, dn, CALLER, ThisQueue=dn, ThirdPartyDN=to, **more)


def dialing(seconds, dn=AGENT, other=CALLER, kind=TCallType.Outbound, **more):
    return event("Dialing", seconds, dn, other, kind=kind, ThisDNRole=TDNRole.Origination, **more)


def consultation(*, answered=True):
    """Return the events of an inbound call whose agent consults another one from second 20 on; the other answers at 30."""
    consult = {"conn": SECOND, "kind": TCallType.Consult, "PreviousConnID": CONN}
    begin = [ringing(0), established(5), event("Held", 20, AGENT, CALLER), dialing(21, AGENT, OTHER, **consult)]
    begin += [ringing(22, OTHER, AGENT, **consult)]
    return begin + ([established(30, OTHER, AGENT, **consult), established(30, AGENT, OTHER, **consult)] if answered else [])


def joined(seconds, state, before=True):
    """Return the events that join a consultation with its main call."""
    consult = {"conn": SECOND, "kind": TCallType.Consult, "PreviousConnID": CONN, "state": state}
    return [
        released(seconds, AGENT, OTHER, **consult),
        released(seconds, AGENT, CALLER, state=state)
        if state == TCallState.Transferred
        else event("Retrieved", seconds, AGENT, CALLER, state=state),
        event("PartyChanged", seconds, OTHER, CALLER, state=state, PreviousConnID=SECOND if before else None, ThirdPartyDN=AGENT),
    ]


def calls(*events, origin=None, **options):
    """Return the calls of events by ConnID."""
    return {call.conn_id: call for call in follow(events, **options)} if origin is None else fed([(one, origin) for one in events])


def fed(steps, **options):
    """Return the calls of events with origins, by ConnID."""
    tracker = CallTracker(**options)
    found = [one for item, origin in steps for one in tracker.feed(item, origin)]
    return {call.conn_id: call for call in [*found, *tracker.close()] if hasattr(call, "conn_id")}


def spans(call, dn):
    """Return the spans of a party as (state, start, end), in seconds."""

    def at(time):
        return None if time is None else time.timestamp() - 1_000_000_000

    return [(span.state.value, at(span.start), at(span.end)) for span in call.parties[dn].spans]


HERE, THERE = {"CallUUID": UUID}, {"CallUUID": UUID_2}
STEPS = [
    (queued(0, **HERE), LAKE),
    (diverted(10, **HERE), LAKE),
    (ringing(12, ThisQueue="8999", **THERE), HILL),
    (established(15, **THERE), HILL),
    (released(60, **THERE), HILL),
]
"""One call that the first site sends to the second one."""
