"""Simulated T-Servers: scenarios, stories of calls, and the events that they send.

`tlib_simulator.network` serves the events to clients, `tlib_simulator.faults` breaks them on purpose,
`tlib_simulator.replay` selects and rewrites recordings, `tlib_simulator.testing` is a server for tests.

>>> from tlib_simulator import Scenario, Simulation
>>> for timed in Simulation(Scenario(stories=1, mix={"internal": 1}), seed=7):
...     print(f"{timed.time:.0f}", timed.site, type(timed.event).__name__)
1773475200 Lakeside EventCallCreated
1773475243 Lakeside EventCallDeleted
"""

from . import codes  # noqa: F401 registers the error codes of scenarios
from .scenario import Duration, Scenario, ScenarioError, Site, Times
from .simulation import Simulation, TimedEvent
from .story import CATALOGUE, Call, Script, Story, Unanswered

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
