"""Call flows as the events of DNs, with a record of what happened.

Strategy: a flow is a function that writes the events which T-Servers send for it and, from the same times, states the truth: parties,
outcome and times. `Day` lays the flows of a seed over each other and prints the log of each T-Server.

>>> day = Day(seed=1, calls=3)
>>> sorted(day.logs), len(day.truth) >= 3
(['hill', 'lake'], True)
"""

from .catalogue import FLOWS
from .day import Day
from .truth import TrueCall, TrueParty

__all__ = ["FLOWS", "Day", "TrueCall", "TrueParty"]
