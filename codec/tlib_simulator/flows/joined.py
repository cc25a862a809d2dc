"""The flows in which an agent brings another one into a call: consultation, transfers, conference."""

from __future__ import annotations

from typing import Any

import msgspec

from tlib_schemas.enumerations import MessageType as M
from tlib_schemas.enumerations import TCallState, TCallType, TDNRole

from .dice import Dice
from .leg import Leg

_BY: dict[TCallState, dict[str, Any]] = {
    TCallState.Transferred: {"CallState": TCallState.Transferred, "ThirdPartyDNRole": TDNRole.TransferredBy},
    TCallState.Conferenced: {"CallState": TCallState.Conferenced, "ThirdPartyDNRole": TDNRole.ConferencedBy},
}


class Talk(msgspec.Struct):
    """A call that an agent has answered: `t0` rings, `t1` answered, `t2` where something new begins."""

    leg: Leg
    caller: str
    agent: str
    t0: int
    t1: int
    t2: int


def talk(dice: Dice) -> Talk:
    """Begin an inbound call that an agent answers."""
    caller, agent = dice.outside(), dice.here.agent()
    leg = dice.call(TCallType.Inbound, ani=caller, dnis=agent)
    t0 = dice.now
    t1 = dice.after(t0, 1, 15)
    leg.event(t0, M.EventRinging, agent, caller)
    leg.event(t1, M.EventEstablished, agent, caller)
    leg.truth.party(caller, "Origination")
    return Talk(leg, caller, agent, t0, t1, dice.after(t1, 5, 100))


class Consult(msgspec.Struct):
    """A consultation: `t3` dialled, `t4` ringing, `t5` answered where it was, `t6` where it ends."""

    leg: Leg
    other: str
    t3: int
    t4: int
    t5: int
    t6: int


def consult(dice: Dice, main: Talk, *, answered: bool) -> Consult:
    """Hold the call and consult another agent."""
    other = dice.here.agent()
    leg = dice.call(TCallType.Consult, ani=main.agent, dnis=other, main=main.leg)
    t3 = dice.after(main.t2, 0.1, 0.5)
    t4 = dice.after(t3, 0.1, 0.5)
    t5 = dice.after(t4, 1, 15)
    t6 = dice.after(t5, 1, 60) if answered else t5
    main.leg.event(main.t2, M.EventHeld, main.agent, main.caller)
    leg.caller(t3, M.EventDialing, main.agent, other)
    leg.event(t4, M.EventRinging, other, main.agent)
    if answered:
        leg.event(t5, M.EventEstablished, other, main.agent)
        leg.caller(t5, M.EventEstablished, main.agent, other)
    return Consult(leg, other, t3, t4, t5, t6)


def state_consult(main: Talk, second: Consult, outcome: str, *, answered: bool, first: str | None = None) -> None:
    """State the truth about a consultation."""
    truth, agents = second.leg.truth, second.leg.agents
    known = {"talk": second.t6 - second.t5, "hold": 0} if answered else {}
    truth.over(outcome, second.t3, second.t6, ring=second.t5 - second.t4, first=first, **known)
    spans = {"established": (second.t5, second.t6)} if answered else {}
    truth.party(main.agent, "Origination", agents[main.agent], dialing=(second.t3, second.t5), **spans)
    truth.party(second.other, "Destination", agents[second.other], ringing=(second.t4, second.t5), **spans)


def join(dice: Dice, main: Talk, second: Consult, state: TCallState) -> None:
    """Release the consultation, and move the consulted party to the main call."""
    before = dice.rng.random() < 0.5
    time, by = second.t6, _BY[state] | {"ThirdPartyDN": main.agent, "PreviousConnID": second.leg.truth.conn}
    back = M.EventReleased if state == TCallState.Transferred else M.EventRetrieved
    if before:
        main.leg.event(time, M.EventPartyChanged, second.other, main.caller, **by)
    second.leg.caller(time, M.EventReleased, main.agent, second.other, CallState=state)
    main.leg.event(time, back, main.agent, main.caller, CallState=state)
    if not before:
        main.leg.event(time, M.EventPartyChanged, second.other, main.caller, **by)
    second.leg.truth.merged = main.leg.truth.conn


def consultation(dice: Dice) -> None:
    """An agent consults another one and takes the call back."""
    main = talk(dice)
    second = consult(dice, main, answered=True)
    t7 = dice.after(second.t6, 0.1, 2)
    t8 = dice.after(t7, 5, 100)
    second.leg.event(second.t6, M.EventReleased, second.other, main.agent)
    second.leg.caller(second.t6, M.EventReleased, main.agent, second.other)
    main.leg.event(t7, M.EventRetrieved, main.agent, main.caller)
    main.leg.event(t8, M.EventReleased, main.agent, main.caller)
    state_consult(main, second, "answered", answered=True, first=second.other)
    hold = t7 - main.t2
    main.leg.truth.over("answered", main.t0, t8, ring=main.t1 - main.t0, talk=t8 - main.t1 - hold, hold=hold)
    agent = main.leg.agents[main.agent]
    main.leg.truth.party(main.agent, "Destination", agent, ringing=(main.t0, main.t1), established=(main.t1, t8), held=(main.t2, t7))


def two_step_transfer(dice: Dice) -> None:
    """An agent consults another one, who answers, and leaves the caller with them."""
    main = talk(dice)
    second = consult(dice, main, answered=True)
    join(dice, main, second, TCallState.Transferred)
    t6, t7 = second.t6, dice.after(second.t6, 5, 200)
    main.leg.event(t7, M.EventReleased, second.other, main.caller)
    state_consult(main, second, "transferred", answered=True)
    truth, agents = main.leg.truth, main.leg.agents
    talked = main.t2 - main.t1 + t7 - t6
    truth.over("transferred", main.t0, t7, ring=main.t1 - main.t0, talk=talked, hold=t6 - main.t2)
    spans = {"ringing": (main.t0, main.t1), "established": (main.t1, t6), "held": (main.t2, t6)}
    truth.party(main.agent, "Destination", agents[main.agent], **spans)
    truth.party(second.other, "Destination", agents[second.other], established=(t6, t7))


def mute_transfer(dice: Dice) -> None:
    """An agent transfers the call while the other agent's telephone still rings."""
    main = talk(dice)
    second = consult(dice, main, answered=False)
    join(dice, main, second, TCallState.Transferred)
    t6 = second.t6
    t7 = dice.after(t6, 1, 15)
    t8 = dice.after(t7, 5, 200)
    main.leg.event(t7, M.EventEstablished, second.other, main.caller)
    main.leg.event(t8, M.EventReleased, second.other, main.caller)
    state_consult(main, second, "transferred", answered=False)
    truth, agents = main.leg.truth, main.leg.agents
    talked = main.t2 - main.t1 + t8 - t7
    truth.over("transferred", main.t0, t8, ring=main.t1 - main.t0 + t7 - t6, talk=talked, hold=t6 - main.t2)
    spans = {"ringing": (main.t0, main.t1), "established": (main.t1, t6), "held": (main.t2, t6)}
    truth.party(main.agent, "Destination", agents[main.agent], **spans)
    truth.party(second.other, "Destination", agents[second.other], ringing=(t6, t7), established=(t7, t8))


def single_step_transfer(dice: Dice) -> None:
    """An agent sends the caller to another agent without consulting."""
    main = talk(dice)
    other = dice.here.agent()
    leg, caller, agent, t2 = main.leg, main.caller, main.agent, main.t2
    t3 = dice.after(t2, 1, 15)
    t4 = dice.after(t3, 5, 200)
    by = _BY[TCallState.Transferred] | {"ThirdPartyDN": agent}
    leg.event(t2, M.EventReleased, agent, caller, CallState=TCallState.Transferred, ThirdPartyDN=other)
    leg.event(t2, M.EventRinging, other, caller, **by)
    leg.event(t3, M.EventEstablished, other, caller)
    leg.event(t4, M.EventReleased, other, caller)
    ring = main.t1 - main.t0 + t3 - t2
    leg.truth.over("transferred", main.t0, t4, ring=ring, talk=t2 - main.t1 + t4 - t3, hold=0)
    leg.truth.party(agent, "Destination", leg.agents[agent], ringing=(main.t0, main.t1), established=(main.t1, t2))
    leg.truth.party(other, "Destination", leg.agents[other], ringing=(t2, t3), established=(t3, t4))


def conference(dice: Dice) -> None:
    """An agent consults another one and brings them into the call; the other one leaves first."""
    main = talk(dice)
    second = consult(dice, main, answered=True)
    join(dice, main, second, TCallState.Conferenced)
    leg, caller, agent, other, t6 = main.leg, main.caller, main.agent, second.other, second.t6
    t7 = dice.after(t6, 5, 100)
    t8 = dice.after(t7, 5, 100)
    by = _BY[TCallState.Conferenced] | {"ThirdPartyDN": agent, "OtherDNRole": TDNRole.NewParty}
    leg.event(t6, M.EventPartyAdded, agent, other, **by)
    leg.event(t7, M.EventReleased, other, caller)
    leg.event(t7, M.EventPartyDeleted, agent, other, OtherDNRole=TDNRole.DeletedParty)
    leg.event(t8, M.EventReleased, agent, caller)
    state_consult(main, second, "conferenced", answered=True)
    hold = t6 - main.t2
    leg.truth.over("conferenced", main.t0, t8, ring=main.t1 - main.t0, talk=t8 - main.t1 - hold, hold=hold)
    leg.truth.party(agent, "Destination", leg.agents[agent], ringing=(main.t0, main.t1), established=(main.t1, t8), held=(main.t2, t6))
    leg.truth.party(other, "Destination", leg.agents[other], established=(t6, t7))
