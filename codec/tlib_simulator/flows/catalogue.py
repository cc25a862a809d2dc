"""The flows of calls with one conversation: queued, routed, direct, outbound, internal, over two sites."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

from tlib_schemas.enumerations import MessageType as M
from tlib_schemas.enumerations import TCallState, TCallType, TDNRole

from .dice import Dice, releasing
from .joined import conference, consultation, mute_transfer, single_step_transfer, two_step_transfer
from .leg import Leg

Flow: TypeAlias = Callable[[Dice], None]


def hang_up(dice: Dice, leg: Leg, time: int, dn: str, caller: str) -> str | None:
    """Release the only party inside; return who hung up first, where the T-Server says it."""
    if not dice.says():
        leg.event(time, M.EventReleased, dn, caller)
        return None
    inside = dice.rng.random() < 0.5
    leg.event(time, M.EventReleased, dn, caller, **releasing("1 Local" if inside else "2 Remote"))
    return dn if inside else caller


def queue_to_agent(dice: Dice) -> None:
    """A caller waits in a queue, and an agent answers."""
    caller, queue, agent = dice.outside(), dice.queue(), dice.here.agent()
    leg = dice.call(TCallType.Inbound, ani=caller, dnis=queue)
    t0 = dice.now
    t1 = dice.after(t0, 1, 90)
    t2 = dice.after(t1, 1, 15)
    t3 = dice.after(t2, 5, 300)
    leg.event(t0, M.EventQueued, queue, caller, ThisQueue=queue)
    leg.event(t1, M.EventDiverted, queue, caller, ThisQueue=queue, ThirdPartyDN=agent, ThirdPartyDNRole=TDNRole.Destination)
    leg.event(t1, M.EventRinging, agent, caller, ThisQueue=queue)
    leg.event(t2, M.EventEstablished, agent, caller, ThisQueue=queue)
    first = hang_up(dice, leg, t3, agent, caller)
    truth = leg.truth
    truth.over("answered", t0, t3, first=first, queue=t1 - t0, ring=t2 - t1, talk=t3 - t2, hold=0)
    truth.party(caller, "Origination")
    truth.party(queue, "Destination", queued=(t0, t1))
    truth.party(agent, "Destination", leg.agents[agent], ringing=(t1, t2), established=(t2, t3))


def routed(dice: Dice) -> None:
    """A routing point asks for a route, a virtual queue counts the wait, and an agent answers and holds the call once."""
    caller, point, virtual, agent = dice.outside(), "8000", "9000", dice.here.agent()
    leg = dice.call(TCallType.Inbound, ani=caller, dnis=point)
    t0 = dice.now
    t1 = dice.after(t0, 0.1, 2)
    t2 = dice.after(t1, 1, 120)
    t3 = dice.after(t2, 1, 15)
    t4 = dice.after(t3, 5, 60)
    t5 = dice.after(t4, 5, 60)
    t6 = dice.after(t5, 5, 60)
    leg.event(t0, M.EventQueued, point, caller, ThisQueue=point)
    leg.event(t0, M.EventRouteRequest, point, caller, ThisQueue=point)
    leg.event(t1, M.EventQueued, virtual, caller, ThisQueue=virtual)
    leg.event(t2, M.EventRouteUsed, point, caller, ThisQueue=point, ThirdPartyDN=agent, ThirdPartyDNRole=TDNRole.Destination)
    leg.event(t2, M.EventDiverted, virtual, caller, ThisQueue=virtual, ThirdPartyDN=agent)
    leg.event(t2, M.EventDiverted, point, caller, ThisQueue=point, ThirdPartyDN=agent)
    leg.event(t2, M.EventRinging, agent, caller, ThisQueue=point)
    leg.event(t3, M.EventEstablished, agent, caller, ThisQueue=point)
    leg.event(t4, M.EventHeld, agent, caller)
    leg.event(t5, M.EventRetrieved, agent, caller)
    first = hang_up(dice, leg, t6, agent, caller)
    truth = leg.truth
    truth.over("answered", t0, t6, first=first, queue=t2 - t0, ring=t3 - t2, talk=t6 - t3 - (t5 - t4), hold=t5 - t4)
    truth.party(caller, "Origination")
    truth.party(point, "Destination", queued=(t0, t2))
    truth.party(virtual, "Destination", queued=(t1, t2))
    truth.party(agent, "Destination", leg.agents[agent], ringing=(t2, t3), established=(t3, t6), held=(t4, t5))


def abandoned_in_queue(dice: Dice) -> None:
    """A caller hangs up in a queue."""
    caller, queue = dice.outside(), dice.queue()
    leg = dice.call(TCallType.Inbound, ani=caller, dnis=queue)
    t0 = dice.now
    t1 = dice.after(t0, 1, 200)
    leg.event(t0, M.EventQueued, queue, caller, ThisQueue=queue)
    leg.event(t1, M.EventAbandoned, queue, caller, ThisQueue=queue)
    leg.truth.over("abandoned", t0, t1, first=caller, queue=t1 - t0)
    leg.truth.party(caller, "Origination")
    leg.truth.party(queue, "Destination", queued=(t0, t1))


def abandoned_ringing(dice: Dice) -> None:
    """A caller hangs up while the agent's telephone rings."""
    caller, queue, agent = dice.outside(), dice.queue(), dice.here.agent()
    leg = dice.call(TCallType.Inbound, ani=caller, dnis=queue)
    t0 = dice.now
    t1 = dice.after(t0, 1, 60)
    t2 = dice.after(t1, 1, 20)
    leg.event(t0, M.EventQueued, queue, caller, ThisQueue=queue)
    leg.event(t1, M.EventRinging, agent, caller, ThisQueue=queue)
    leg.event(t1, M.EventDiverted, queue, caller, ThisQueue=queue, ThirdPartyDN=agent)
    leg.event(t2, M.EventAbandoned, agent, caller, ThisQueue=queue)
    leg.truth.over("abandoned", t0, t2, first=caller, queue=t1 - t0, ring=t2 - t1)
    leg.truth.party(caller, "Origination")
    leg.truth.party(queue, "Destination", queued=(t0, t1))
    leg.truth.party(agent, "Destination", leg.agents[agent], ringing=(t1, t2))


def no_answer_redirect(dice: Dice) -> None:
    """An agent does not answer, and the call rings at the next one."""
    caller, queue, absent, agent = dice.outside(), dice.queue(), dice.here.agent(), dice.here.agent()
    leg = dice.call(TCallType.Inbound, ani=caller, dnis=queue)
    t0 = dice.now
    t1 = dice.after(t0, 1, 60)
    t2 = dice.after(t1, 10, 20)
    t3 = dice.after(t2, 1, 15)
    t4 = dice.after(t3, 5, 200)
    leg.event(t0, M.EventQueued, queue, caller, ThisQueue=queue)
    leg.event(t1, M.EventDiverted, queue, caller, ThisQueue=queue, ThirdPartyDN=absent)
    leg.event(t1, M.EventRinging, absent, caller, ThisQueue=queue)
    leg.event(t2, M.EventReleased, absent, caller, CallState=TCallState.Redirected, ThirdPartyDN=agent)
    leg.event(t2, M.EventRinging, agent, caller, ThisQueue=queue, CallState=TCallState.Redirected, ThirdPartyDN=absent)
    leg.event(t3, M.EventEstablished, agent, caller, ThisQueue=queue)
    first = hang_up(dice, leg, t4, agent, caller)
    leg.truth.over("answered", t0, t4, first=first, queue=t1 - t0, ring=t3 - t1, talk=t4 - t3, hold=0)
    leg.truth.party(caller, "Origination")
    leg.truth.party(queue, "Destination", queued=(t0, t1))
    leg.truth.party(absent, "Destination", leg.agents[absent], ringing=(t1, t2))
    leg.truth.party(agent, "Destination", leg.agents[agent], ringing=(t2, t3), established=(t3, t4))


def direct_inbound(dice: Dice) -> None:
    """A caller dials an agent."""
    caller, agent = dice.outside(), dice.here.agent()
    leg = dice.call(TCallType.Inbound, ani=caller, dnis=agent)
    t0 = dice.now
    t1 = dice.after(t0, 1, 20)
    t2 = dice.after(t1, 5, 300)
    leg.event(t0, M.EventRinging, agent, caller)
    leg.event(t1, M.EventEstablished, agent, caller)
    first = hang_up(dice, leg, t2, agent, caller)
    leg.truth.over("answered", t0, t2, first=first, ring=t1 - t0, talk=t2 - t1, hold=0)
    leg.truth.party(caller, "Origination")
    leg.truth.party(agent, "Destination", leg.agents[agent], ringing=(t0, t1), established=(t1, t2))


def outbound(dice: Dice, result: str) -> None:
    """An agent dials a number outside; it answers, is busy, or does not answer."""
    agent, number = dice.here.agent(), dice.outside()
    leg = dice.call(TCallType.Outbound, ani=agent, dnis=number)
    t0 = dice.now
    t1 = dice.after(t0, 0.2, 3)
    t2 = dice.after(t1, 1, 30)
    t3 = dice.after(t2, 2, 300)
    leg.caller(t0, M.EventDialing, agent, number)
    leg.truth.party(number, "Destination")
    if result == "answered":
        leg.caller(t1, M.EventNetworkReached, agent, number)
        leg.caller(t2, M.EventEstablished, agent, number)
        leg.caller(t3, M.EventReleased, agent, number)
        leg.truth.over("answered", t0, t3, ring=t2 - t0, talk=t3 - t2, hold=0)
        leg.truth.party(agent, "Origination", leg.agents[agent], dialing=(t0, t2), established=(t2, t3))
        return
    if result == "busy":
        leg.caller(t1, M.EventDestinationBusy, agent, number, CallState=TCallState.Busy)
        leg.caller(t2, M.EventReleased, agent, number, CallState=TCallState.Busy)
    else:
        leg.caller(t1, M.EventNetworkReached, agent, number)
        state = TCallState.NoAnswer if dice.rng.random() < 0.5 else TCallState.Ok
        leg.caller(t2, M.EventReleased, agent, number, CallState=state)
    leg.truth.over(result, t0, t2, ring=t2 - t0)
    leg.truth.party(agent, "Origination", leg.agents[agent], dialing=(t0, t2))


def internal(dice: Dice, *, answered: bool) -> None:
    """An agent calls another one."""
    one, other = dice.here.agent(), dice.here.agent()
    leg = dice.call(TCallType.Internal, ani=one, dnis=other)
    t0 = dice.now
    t1 = dice.after(t0, 0.1, 0.5)
    t2 = dice.after(t1, 1, 20)
    t3 = dice.after(t2, 2, 100)
    leg.caller(t0, M.EventDialing, one, other)
    leg.event(t1, M.EventRinging, other, one)
    end = t2
    if answered:
        leg.event(t2, M.EventEstablished, other, one)
        leg.caller(t2, M.EventEstablished, one, other)
        end = t3
    caller_first = not answered or dice.rng.random() < 0.5
    if caller_first:
        leg.caller(end, M.EventReleased, one, other)
    leg.event(end, M.EventReleased, other, one)
    if not caller_first:
        leg.caller(end, M.EventReleased, one, other)
    known = {"talk": t3 - t2, "hold": 0} if answered else {}
    leg.truth.over("answered" if answered else "no answer", t0, end, first=one if caller_first else other, ring=t2 - t1, **known)
    talk = {"established": (t2, t3)} if answered else {}
    leg.truth.party(one, "Origination", leg.agents[one], dialing=(t0, t2), **talk)
    leg.truth.party(other, "Destination", leg.agents[other], ringing=(t1, t2), **talk)


def two_sites(dice: Dice) -> None:
    """A routing point sends the call to an agent at another site, where it has the same ConnID."""
    caller, point, entry, agent = dice.outside(), "8001", "8999", dice.there.agent()
    leg = dice.call(TCallType.Inbound, ani=caller, dnis=point)
    far = dice.at_other_site(leg, LastTransferHomeLocation=dice.here.name, LastTransferOrigDN=point)
    t0 = dice.now
    t1 = dice.after(t0, 1, 60)
    t2 = dice.after(t1, 0.3, 2)
    t3 = dice.after(t2, 0.1, 1)
    t4 = dice.after(t3, 1, 15)
    t5 = dice.after(t4, 5, 200)
    leg.event(t0, M.EventQueued, point, caller, ThisQueue=point)
    leg.event(t0, M.EventRouteRequest, point, caller, ThisQueue=point)
    leg.event(t1, M.EventRouteUsed, point, caller, ThisQueue=point, ThirdPartyDN=agent)
    leg.event(t1, M.EventDiverted, point, caller, ThisQueue=point, ThirdPartyDN=agent)
    far.event(t2, M.EventQueued, entry, caller, ThisQueue=entry)
    far.event(t3, M.EventDiverted, entry, caller, ThisQueue=entry, ThirdPartyDN=agent)
    far.event(t3, M.EventRinging, agent, caller, ThisQueue=entry)
    far.event(t4, M.EventEstablished, agent, caller, ThisQueue=entry)
    first = hang_up(dice, far, t5, agent, caller)
    leg.truth.over("answered", t0, t5, first=first, queue=t1 - t0 + t3 - t2, ring=t4 - t3, talk=t5 - t4, hold=0)
    leg.truth.party(caller, "Origination")
    leg.truth.party(point, "Destination", queued=(t0, t1))
    leg.truth.party(entry, "Destination", queued=(t2, t3))
    leg.truth.party(agent, "Destination", far.agents[agent], ringing=(t3, t4), established=(t4, t5))


FLOWS: Final[dict[str, Flow]] = {
    "queue to agent": queue_to_agent,
    "routed, held and retrieved": routed,
    "abandoned in queue": abandoned_in_queue,
    "abandoned while ringing": abandoned_ringing,
    "no answer, redirected": no_answer_redirect,
    "direct inbound": direct_inbound,
    "outbound, answered": lambda dice: outbound(dice, "answered"),
    "outbound, busy": lambda dice: outbound(dice, "busy"),
    "outbound, no answer": lambda dice: outbound(dice, "no answer"),
    "internal": lambda dice: internal(dice, answered=True),
    "internal, no answer": lambda dice: internal(dice, answered=False),
    "consultation": consultation,
    "two-step transfer": two_step_transfer,
    "mute transfer": mute_transfer,
    "single-step transfer": single_step_transfer,
    "conference": conference,
    "two sites": two_sites,
}
"""Each flow by its name."""
