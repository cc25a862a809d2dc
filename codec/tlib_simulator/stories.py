"""The catalogue: every story that a mix can name, each with its weight in the usual mix."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from tlib_schemas.enumerations import TCause

from .attached import MENU, NOTE, RESULT, ROUTED
from .call import Call
from .story import Script, Story


class Entry(msgspec.Struct, frozen=True):
    """A story of the catalogue: what is told, its weight in the usual mix, and how many sites it takes."""

    script: Script
    weight: float
    sites: int = 1

    @property
    def about(self) -> str:
        """What happens in it."""
        return (self.script.__doc__ or "").strip()


CATALOGUE: dict[str, Entry] = {}


def story(weight: float, *, sites: int = 1) -> Callable[[Script], Script]:
    """Put a script into the catalogue, under its function's name."""

    def add(script: Script) -> Script:
        CATALOGUE[script.__name__] = Entry(script, weight, sites)
        return script

    return add


def to_queue(tell: Story, call: Call) -> None:
    """The voice menu asks, and the router has the caller wait in a queue."""
    call.wait(tell.draw(tell.clocks.menu))
    call.attach(tell.dice.pick(MENU))
    call.attach(tell.dice.pick(ROUTED), by=tell.dice.pick(call.site.site.queues))


def to_agent(tell: Story, call: Call) -> None:
    """The voice menu asks, the router finds an agent, the agent answers and talks."""
    to_queue(tell, call)
    call.answer()
    call.talk()


@story(weight=40)
def answered(tell: Story) -> None:
    """A customer calls, is asked and routed, and talks to an agent."""
    with tell.inbound() as call:
        to_agent(tell, call)


@story(weight=10)
def abandoned(tell: Story) -> None:
    """A customer hangs up in the queue."""
    with tell.inbound() as call:
        to_queue(tell, call)
        call.wait(tell.draw(tell.clocks.patience))


@story(weight=12)
def outbound(tell: Story) -> None:
    """An agent calls a customer; the switch gives its number for the call when it has dialed."""
    with tell.outbound() as call:
        call.wait(0.4)
        call.change(call_id=tell.site.identifiers.call_id())
        call.wait(tell.draw(tell.clocks.ring))
        call.talk()
        call.attach(tell.dice.pick(RESULT), by=call.agent)


@story(weight=4)
def unreached(tell: Story) -> None:
    """An agent calls a customer, who is busy or does not answer."""
    with tell.outbound() as call:
        call.wait(0.4)
        call.change(call_id=tell.site.identifiers.call_id())
        call.wait(3 * tell.draw(tell.clocks.ring))
        call.release(cause=tell.dice.pick((TCause.Busy, TCause.NoAnswer)))


@story(weight=6)
def internal(tell: Story) -> None:
    """An agent calls a colleague."""
    with tell.internal() as call:
        call.answer()
        call.talk()


@story(weight=8)
def transfer(tell: Story) -> None:
    """An agent asks a colleague in a second call, and hands the customer over: a two-step transfer."""
    with tell.inbound() as call:
        to_agent(tell, call)
        call.transfer()
        call.talk()


@story(weight=3)
def single_step_transfer(tell: Story) -> None:
    """An agent sends the customer on to a colleague without asking."""
    with tell.inbound() as call:
        to_agent(tell, call)
        with call.single_step_transfer() as onward:
            onward.answer()
            onward.talk()


@story(weight=4)
def conference(tell: Story) -> None:
    """An agent asks a colleague in a second call, and takes the colleague in: three talk."""
    with tell.inbound() as call:
        to_agent(tell, call)
        call.conference()
        call.talk()


@story(weight=2)
def merge(tell: Story) -> None:
    """An agent calls a third party in a call that is no consultation, and merges the two calls."""
    with tell.inbound() as call:
        to_agent(tell, call)
        with tell.outbound(agent=call.agent) as other:
            other.wait(tell.draw(tell.clocks.ring))
            other.talk(tell.draw(tell.clocks.consult))
            call.merge(other)
        call.talk()


@story(weight=5)
def data(tell: Story) -> None:
    """Attached data are added, replaced, deleted one by one, and in the end deleted altogether."""
    with tell.inbound() as call:
        to_agent(tell, call)
        call.attach(tell.dice.pick(NOTE), by=call.agent)
        call.talk()
        call.attach(tell.dice.pick(NOTE), by=call.agent)
        call.detach(*tell.dice.pick(ROUTED).keys(), by=call.agent)
        call.talk(5)
        call.detach(by=call.agent)


@story(weight=2)
def renumbered(tell: Story) -> None:
    """T-Server gives the call another ConnID while it lasts; the CallUUID stays."""
    with tell.inbound() as call:
        to_queue(tell, call)
        call.renumber()
        call.answer()
        call.talk()


@story(weight=6, sites=2)
def other_site(tell: Story) -> None:
    """A call is routed to another site: a call there too, linked to the first one, with its ConnID and its data."""
    with tell.inbound() as call:
        to_queue(tell, call)
        elsewhere = [site for site in tell.sites if site is not call.site]
        with call.extend(tell.dice.pick(elsewhere)) as leg:
            leg.answer()
            leg.talk()
