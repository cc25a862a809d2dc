"""Simulated T-Servers: scenarios, calls, and the events that they tell of.

>>> from tlib_codec.simulator import Scenario, Simulation
>>> events = list(Simulation(Scenario(calls=2, mix={"answered": 1}), seed=7))
>>> [type(one.event).__name__ for one in events][:3]
['EventCallCreated', 'EventCallDataChanged', 'EventCallDataChanged']
"""

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
