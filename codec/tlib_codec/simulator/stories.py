"""The catalogue: every story that a mix can name, each with its usual weight."""

from __future__ import annotations

from collections.abc import Callable

from .story import Script, Story

CATALOGUE: dict[str, tuple[Script, float]] = {}


def story(weight: float) -> Callable[[Script], Script]:
    """Put a script into the catalogue under its function's name, with its weight in the usual mix."""

    def add(script: Script) -> Script:
        CATALOGUE[script.__name__] = (script, weight)
        return script

    return add


@story(weight=40)
def answered(tell: Story) -> None:
    """A customer calls, is routed, talks to an agent."""
    with tell.inbound() as call:
        call.wait(tell.draw(tell.clocks.menu))
        call.attach(CustomerName="Ana Souza", RTR=115)
        call.attach(RTargetAgentGroup="VAG_Skill1", by=tell.dice.pick(call.site.site.queues))
        call.answer()
        call.talk()
