"""What is simulated: sites, load, the mix of stories, times. One small TOML file, or Python.

Strategy: the structs below are the whole declaration. msgspec reads a file into them and refuses
what does not fit; the reference in docs/simulator.md is made from them. Everything has a default,
so an empty file is a scenario.
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

from .explain import explain
from .faults import Fault

Weight = Annotated[float, Meta(ge=0, le=1e9)]
Seconds = Annotated[float, Meta(ge=0, le=1e9)]


class ScenarioError(TLibError):
    """A scenario that cannot be played; names the file, the key, and what is expected there."""


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the file."""


class Duration(_Table, frozen=True):
    """How long something takes: log-normally distributed, as waiting and talking are."""

    mean: Annotated[Seconds, Meta(description="seconds, on average")]
    spread: Annotated[float, Meta(ge=0, le=3, description="standard deviation of the logarithm: 0 is always the mean, 1 very uneven")] = 0.6


class Times(_Table, frozen=True):
    """How long the parts of a call take."""

    menu: Annotated[Duration, Meta(description="in the voice menu, before the queue")] = Duration(mean=20)
    ring: Annotated[Duration, Meta(description="until an agent or a callee answers")] = Duration(mean=6)
    talk: Annotated[Duration, Meta(description="one stretch of conversation")] = Duration(mean=120)
    consult: Annotated[Duration, Meta(description="a consultation between agents")] = Duration(mean=30)
    wrap_up: Annotated[Duration, Meta(description="an agent's work after a call")] = Duration(mean=10)
    patience: Annotated[Duration, Meta(description="how long a caller waits in the queue before hanging up")] = Duration(mean=90)


class Site(_Table, frozen=True):
    """A site: a switch, and the T-Server in front of it."""

    name: Annotated[str, Meta(min_length=1, description="the location, as other sites name it")] = "Lakeside"
    tserver: Annotated[str, Meta(description="the application's name, of which its abstract DN is made; SIP_<name> if empty")] = ""
    agents: Annotated[int, Meta(ge=4, le=1_000_000, description="how many agents are logged in")] = 200
    first_agent: Annotated[int, Meta(ge=0, description="DN of the first one; the others follow")] = 7001
    queues: Annotated[tuple[str, ...], Meta(min_length=1, description="DNs of the queues")] = ("8001", "8002", "8003")
    numbers: Annotated[tuple[str, ...], Meta(min_length=1, description="numbers that customers call: DNIS")] = ("8005550100", "8005550199")
    tenant: Annotated[str, Meta(description="the tenant that owns the calls: CustomerID")] = "Resources"

    network_node: Annotated[
        int,
        Meta(
            ge=0, le=0xFFFF_FFFF, description="NetworkNodeID of the network that brings the inbound calls; they have a NetworkCallID then"
        ),
    ] = 0

    @property
    def application(self) -> str:
        """Name of the T-Server."""
        return self.tserver or f"SIP_{self.name}"


class Scenario(_Table, frozen=True):
    """Everything that a simulation needs; every value has a default.

    Raises ScenarioError where the values contradict each other.
    """

    seed: Annotated[int, Meta(description="the same seed gives the same bytes")] = 1
    start: Annotated[dt.datetime, Meta(description="when the first call may come; virtual time runs from here")] = dt.datetime(
        2026, 3, 14, 8, tzinfo=dt.UTC
    )
    calls: Annotated[int, Meta(ge=0, description="how many stories are told; 0 is without end")] = 0
    duration: Annotated[Seconds, Meta(description="nothing is told after so many seconds; 0 is without end")] = 0.0
    rate: Annotated[float, Meta(ge=0, le=1e6, description="stories that begin in a second, on average; 0: none by itself")] = 1.0
    stamps: Annotated[
        bool,
        Meta(description="EventSequenceNumber and time on every event, as T-Servers send them; no table lists them, so `tlib check` warns"),
    ] = False
    released: Annotated[bool, Meta(description="the deprecated EventReleased on the abstract DN for each call that ends")] = False
    switchover: Annotated[
        tuple[Seconds, ...], Meta(description="seconds after the start at which the backup takes over and announces the live calls again")
    ] = ()
    query_every: Annotated[
        Seconds, Meta(description="seconds between a client's questions which calls are on the abstract DN (EventAddressInfo); 0 is never")
    ] = 0.0
    mix: Annotated[Mapping[str, Weight], Meta(description="weight of each story; what is not named is not told")] = {}
    times: Annotated[Times, Meta(description="how long the parts of a call take")] = Times()
    sites: Annotated[tuple[Site, ...], Meta(min_length=1, description="switches, each with its T-Server; a story begins at any")] = (
        Site(),
    )
    faults: tuple[Fault, ...] = ()

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or not 1970 < self.start.year < 2100:
            expected = "a time with an offset, from 1971 to 2099, such as 2026-03-14T08:00:00Z"
            raise ScenarioError("scenario-form", expected=expected, actual=self.start.isoformat(), parts=("start",))
        if 0 < self.query_every < 1:
            raise ScenarioError("scenario-form", expected="0, or 1 and more", actual=str(self.query_every), parts=("query_every",))
        names = [site.name for site in self.sites]
        for index, name in enumerate(names):
            if name in names[:index]:
                raise ScenarioError(
                    "scenario-form", expected="a name that no other site has", actual=quote(name), parts=(f"sites[{index}].name",)
                )

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """The scenario in a TOML file. Raises ScenarioError, and OSError where it cannot be read."""
        return cls.from_toml(Path(path).read_bytes(), str(path))

    @classmethod
    def from_toml(cls, text: bytes | str, name: str = "scenario") -> Self:
        """The scenario in a TOML text; `name` stands in errors. Raises ScenarioError."""
        try:
            return cls.from_data(tomllib.loads(text if isinstance(text, str) else text.decode()))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ScenarioError("scenario-syntax", expected="TOML", actual=str(error), parts=(f".{name}",)) from None
        except ScenarioError as error:
            raise error.within(f".{name}: " if error.path else f".{name}") from None  # a dot begins a part, and is not shown

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        """The scenario in plain data, as TOML has it. Raises ScenarioError."""
        try:
            return msgspec.convert(data, cls)
        except msgspec.ValidationError as error:
            where, expected, found = explain(error, data, cls)
            raise ScenarioError("scenario-form", expected=expected, actual=found, parts=(where,) if where else ()) from None

    def with_(self, **changes: Any) -> Self:
        """A scenario with some values changed, held to the same limits as a file. Raises ScenarioError."""
        return self.from_data(msgspec.to_builtins(msgspec.structs.asdict(self) | changes, builtin_types=(dt.datetime,)))
