"""The declaration of a simulation: sites, load, the mix of stories, durations, faults; out of TOML or Python."""

from .declaration import Duration, Scenario, ScenarioError, Site, Times

__all__ = ["Duration", "Scenario", "ScenarioError", "Site", "Times"]
