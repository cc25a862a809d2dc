"""Scenarios as data: sites, load, the mix of stories, durations and faults.

Strategy: the structs below are the whole declaration. msgspec reads a TOML file into them and refuses a
value that does not fit; the reference in docs/simulator.md derives from them. Every key has a default, so an
empty file is a scenario.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self

import msgspec
from msgspec import Meta

from tlib_schemas.errors import TLibError, quote
from tlib_simulator.faults.fault import Fault

from .explain import explain

Weight = Annotated[float, Meta(ge=0, le=1e9)]
Seconds = Annotated[float, Meta(ge=0, le=1e9)]


class ScenarioError(TLibError):
    """A scenario that cannot run; names the file, the key and the expected value."""


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the TOML file."""


class Duration(_Table, frozen=True):
    """A log-normally distributed duration, as waiting and talking are."""

    mean: Annotated[Seconds, Meta(description="average, in seconds")]
    spread: Annotated[float, Meta(ge=0, le=3, description="standard deviation of the logarithm: 0 is always the mean, 1 very uneven")] = 0.6


class Times(_Table, frozen=True):
    """The durations of the parts of a call."""

    menu: Annotated[Duration, Meta(description="in the voice menu, before the queue")] = Duration(mean=20)
    ring: Annotated[Duration, Meta(description="until an agent or a callee answers")] = Duration(mean=6)
    talk: Annotated[Duration, Meta(description="one stretch of conversation")] = Duration(mean=120)
    consult: Annotated[Duration, Meta(description="a consultation between agents")] = Duration(mean=30)
    wrap_up: Annotated[Duration, Meta(description="an agent's work after a call")] = Duration(mean=10)
    patience: Annotated[Duration, Meta(description="a caller's wait in the queue before hanging up")] = Duration(mean=90)


class Site(_Table, frozen=True):
    """A site: a switch, and the T-Server in front of it."""

    name: Annotated[str, Meta(min_length=1, description="the location, as other sites name it")] = "Lakeside"
    tserver: Annotated[str, Meta(description="the T-Server's application name, which its abstract DN begins with; SIP_<name> if empty")] = (
        ""
    )
    agents: Annotated[int, Meta(ge=4, le=1_000_000, description="number of agents logged in")] = 200
    first_agent: Annotated[int, Meta(ge=0, description="DN of the first agent; the others follow")] = 7001
    queues: Annotated[tuple[str, ...], Meta(min_length=1, description="DNs of the queues")] = ("8001", "8002", "8003")
    numbers: Annotated[tuple[str, ...], Meta(min_length=1, description="numbers that customers call: DNIS")] = ("8005550100", "8005550199")
    tenant: Annotated[str, Meta(description="the tenant that owns the calls: CustomerID")] = "Resources"

    network_node: Annotated[
        int, Meta(ge=0, le=0xFFFF_FFFF, description="NetworkNodeID of inbound calls, which then also have a NetworkCallID; 0 is neither")
    ] = 0

    @property
    def application(self) -> str:
        """Return the T-Server's application name."""
        return self.tserver or f"SIP_{self.name}"


class Scenario(_Table, frozen=True):
    """The input of a simulation. Raises ScenarioError for values that contradict each other."""

    seed: Annotated[int, Meta(description="the same seed gives the same bytes")] = 1
    start: Annotated[dt.datetime, Meta(description="start of the simulation's clock, and of the first stories")] = dt.datetime(
        2026, 3, 14, 8, tzinfo=dt.UTC
    )
    stories: Annotated[int, Meta(ge=0, description="number of stories; 0 is no limit")] = 0
    duration: Annotated[Seconds, Meta(description="end of the stream, in seconds after the start; 0 is no limit")] = 0.0
    rate: Annotated[float, Meta(ge=0, le=1e6, description="stories that begin per second, on average; 0: only those that you play")] = 1.0
    stamps: Annotated[
        bool,
        Meta(description="EventSequenceNumber and time on every event, as T-Servers send them; no table lists them, so `tlib check` warns"),
    ] = False
    released: Annotated[bool, Meta(description="the deprecated EventReleased on the abstract DN for each call that ends")] = False
    switchover: Annotated[
        tuple[Seconds, ...], Meta(description="seconds after the start at which the backup takes over and announces the live calls again")
    ] = ()
    query_interval: Annotated[
        Seconds, Meta(description="seconds between a client's queries for the calls on the abstract DN (EventAddressInfo); 0 is none")
    ] = 0.0
    mix: Annotated[Mapping[str, Weight], Meta(description="weight of each story; a story without a weight does not occur")] = {}
    times: Annotated[Times, Meta(description="durations of the parts of a call")] = Times()
    sites: Annotated[tuple[Site, ...], Meta(min_length=1, description="switches, each with its T-Server; a story begins at any")] = (
        Site(),
    )
    faults: tuple[Fault, ...] = ()

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or not 1970 < self.start.year < 2100:
            expected = "a time with an offset, from 1971 to 2099, such as 2026-03-14T08:00:00Z"
            raise ScenarioError("scenario-form", expected=expected, actual=self.start.isoformat(), parts=("start",))
        if 0 < self.query_interval < 1:
            raise ScenarioError("scenario-form", expected="0, or 1 and more", actual=str(self.query_interval), parts=("query_interval",))
        names = [site.name for site in self.sites]
        for index, name in enumerate(names):
            if name in names[:index]:
                raise ScenarioError(
                    "scenario-form", expected="a name that no other site has", actual=quote(name), parts=(f"sites[{index}].name",)
                )

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a scenario from a TOML file. Raises ScenarioError, and OSError if the file cannot be read."""
        return cls.from_toml(Path(path).read_bytes(), str(path))

    @classmethod
    def from_toml(cls, text: bytes | str, name: str = "scenario") -> Self:
        """Read a scenario from TOML text; errors begin with `name`. Raises ScenarioError."""
        try:
            return cls.from_data(tomllib.loads(text if isinstance(text, str) else text.decode()))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ScenarioError("scenario-syntax", expected="TOML", actual=str(error), parts=(f".{name}",)) from None
        except ScenarioError as error:
            raise error.within(f".{name}: " if error.path else f".{name}") from None  # the leading dot is not shown

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        """Read a scenario from plain data, as parsed TOML has it. Raises ScenarioError."""
        try:
            return msgspec.convert(data, cls)
        except msgspec.ValidationError as error:
            where, expected, actual = explain(error, data, cls)
            raise ScenarioError("scenario-form", expected=expected, actual=actual, parts=(where,) if where else ()) from None

    def replace(self, **changes: Any) -> Self:
        """Return a copy with changed values, within the limits of a file. Raises ScenarioError."""
        return self.from_data(msgspec.to_builtins(msgspec.structs.asdict(self) | changes, builtin_types=(dt.datetime,)))
