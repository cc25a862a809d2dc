"""Simulated T-Servers: scenarios, calls, and the events that they tell of.

>>> from tlib_simulator import Scenario, Simulation
>>> for told in Simulation(Scenario(calls=1, mix={"internal": 1}), seed=7):
...     print(f"{told.time:.0f}", told.site, type(told.event).__name__)
1773475200 Lakeside EventCallCreated
1773475243 Lakeside EventCallDeleted
"""

from . import codes  # noqa: F401 registers the error codes of scenarios
from .call import Call
from .scenario import Duration, Scenario, ScenarioError, Site, Times
from .simulation import Simulation, TimedEvent
from .stories import CATALOGUE
from .story import Script, Story
from .switch import Unanswered

__all__ = [
    "CATALOGUE",
    "Call",
    "Duration",
    "Scenario",
    "ScenarioError",
    "Script",
    "Simulation",
    "Site",
    "Story",
    "TimedEvent",
    "Times",
    "Unanswered",
]
