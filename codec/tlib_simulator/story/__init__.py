"""Stories: the calls that a script makes at simulated switches, and the catalogue of scripts."""

from .call import Call
from .catalogue import CATALOGUE, Entry
from .dice import Dice, Durations
from .story import Script, Story
from .switch import Switch, Unanswered

__all__ = ["CATALOGUE", "Call", "Dice", "Durations", "Entry", "Script", "Story", "Switch", "Unanswered"]
