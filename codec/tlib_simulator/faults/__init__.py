"""Faults on purpose: their declaration, the frames that deviate, and the injector that applies them.

>>> from tlib_codec import encode
>>> from tlib_simulator import Scenario, Simulation
>>> log: list[InjectedFault] = []
>>> injector = Injector([Fault(kind=FaultKind.DROP, stage="deleted")], log=log.append)
>>> for timed in Simulation(Scenario(stories=1)):
...     for action in injector.feed(timed.time, timed.event, encode(timed.event)):
...         assert isinstance(action, bytes)
>>> log[0].name, log[0].expect
('EventCallDeleted', ('open',))
"""

from .fault import DESCRIPTIONS, Fault, FaultKind, InjectedFault, Stage
from .injector import Action, Injector, Pause, Reset

__all__ = ["DESCRIPTIONS", "Action", "Fault", "FaultKind", "InjectedFault", "Injector", "Pause", "Reset", "Stage"]
