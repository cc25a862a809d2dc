"""The catalogue: the stories that a mix can name, each with its weight in the default mix."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from tlib_schemas.enumerations import TCause

from .attached_data import MENU, NOTE, RESULT, ROUTED
from .call import Call
from .story import Script, Story


class Entry(msgspec.Struct, frozen=True):
    """A story of the catalogue: its script, its weight in the default mix, and the number of sites it needs."""

    script: Script
    weight: float
    sites: int = 1

    @property
    def description(self) -> str:
        """Return the description of the story."""
        return (self.script.__doc__ or "").strip()


CATALOGUE: dict[str, Entry] = {}


def catalogued(weight: float, *, sites: int = 1) -> Callable[[Script], Script]:
    """Add a script to the catalogue, under its function's name."""

    def add(script: Script) -> Script:
        CATALOGUE[script.__name__] = Entry(script, weight, sites)
        return script

    return add


def to_queue(story: Story, call: Call) -> None:
    """Pass the voice menu, and let the router put the caller in a queue."""
    call.wait(story.draw(story.durations.menu))
    call.attach(story.dice.pick(MENU))
    call.attach(story.dice.pick(ROUTED), by=story.dice.pick(call.site.site.queues))


def to_agent(story: Story, call: Call) -> None:
    """Pass the voice menu and the router, and talk to an agent."""
    to_queue(story, call)
    call.answer()
    call.talk()


@catalogued(weight=40)
def answered(story: Story) -> None:
    """A customer calls, passes the voice menu and the router, and talks to an agent."""
    with story.inbound() as call:
        to_agent(story, call)


@catalogued(weight=10)
def abandoned(story: Story) -> None:
    """A customer hangs up in the queue."""
    with story.inbound() as call:
        to_queue(story, call)
        call.wait(story.draw(story.durations.patience))


@catalogued(weight=12)
def outbound(story: Story) -> None:
    """An agent calls a customer; the switch assigns the CallID after dialing."""
    with story.outbound() as call:
        call.wait(0.4)
        call.change(call_id=story.site.identifiers.call_id())
        call.wait(story.draw(story.durations.ring))
        call.talk()
        call.attach(story.dice.pick(RESULT), by=call.agent)


@catalogued(weight=4)
def unreached(story: Story) -> None:
    """An agent calls a customer, who is busy or does not answer."""
    with story.outbound() as call:
        call.wait(0.4)
        call.change(call_id=story.site.identifiers.call_id())
        call.wait(3 * story.draw(story.durations.ring))
        call.release(cause=story.dice.pick((TCause.Busy, TCause.NoAnswer)))


@catalogued(weight=6)
def internal(story: Story) -> None:
    """An agent calls a colleague."""
    with story.internal() as call:
        call.answer()
        call.talk()


@catalogued(weight=8)
def transfer(story: Story) -> None:
    """An agent consults a colleague in a second call and hands the customer over: a two-step transfer."""
    with story.inbound() as call:
        to_agent(story, call)
        call.transfer()
        call.talk()


@catalogued(weight=3)
def single_step_transfer(story: Story) -> None:
    """An agent sends the customer to a colleague without a consultation."""
    with story.inbound() as call:
        to_agent(story, call)
        with call.single_step_transfer() as onward:
            onward.answer()
            onward.talk()


@catalogued(weight=4)
def conference(story: Story) -> None:
    """An agent consults a colleague in a second call, and the colleague joins: a conference of three."""
    with story.inbound() as call:
        to_agent(story, call)
        call.conference()
        call.talk()


@catalogued(weight=2)
def merge(story: Story) -> None:
    """An agent calls a third party without a consultation, and merges the two calls."""
    with story.inbound() as call:
        to_agent(story, call)
        with story.outbound(agent=call.agent) as other:
            other.wait(story.draw(story.durations.ring))
            other.talk(story.draw(story.durations.consult))
            call.merge(other)
        call.talk()


@catalogued(weight=5)
def data(story: Story) -> None:
    """Agents add, replace and delete attached data, first by key, at the end all of it."""
    with story.inbound() as call:
        to_agent(story, call)
        call.attach(story.dice.pick(NOTE), by=call.agent)
        call.talk()
        call.attach(story.dice.pick(NOTE), by=call.agent)
        call.detach(*story.dice.pick(ROUTED).keys(), by=call.agent)
        call.talk(5)
        call.detach(by=call.agent)


@catalogued(weight=2)
def renumbered(story: Story) -> None:
    """T-Server gives a live call another ConnID; the CallUUID stays."""
    with story.inbound() as call:
        to_queue(story, call)
        call.renumber()
        call.answer()
        call.talk()


@catalogued(weight=6, sites=2)
def other_site(story: Story) -> None:
    """The router sends a call to another site, where it is a second call, linked to the first, with the same ConnID and data."""
    with story.inbound() as call:
        to_queue(story, call)
        elsewhere = [site for site in story.sites if site is not call.site]
        with call.route_to(story.dice.pick(elsewhere)) as leg:
            leg.answer()
            leg.talk()
