"""``tlib simulate``: the events of a scenario, as fast as they can be made, in any form of output.

Strategy: a simulated event takes the way of a decoded one through the same writers. Each site is a
T-Server of its own: a source, an address, a conversation.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from typing import Any

import click
import msgspec

from tlib_cli import FINE
from tlib_cli.faulty import ByteWriter, with_faults
from tlib_cli.options import output_options
from tlib_cli.output import format_for, opened, opened_for
from tlib_cli.pipeline import Pipeline, Task
from tlib_cli.reports import Unusable
from tlib_cli.serving import FaultLog, Serving, serve, serving_options
from tlib_codec.engine import encode
from tlib_codec.formats import Format, Writer
from tlib_codec.records import Origin, Record, batches
from tlib_schemas.tlibrary import TLIBRARY
from tlib_simulator import Scenario, ScenarioError, Simulation

_ENOUGH = 1000  # stories, where neither the scenario nor an option names an end


@click.command()
@click.argument("scenario", required=False, metavar="[SCENARIO.toml]")
@output_options
@click.option("--seed", type=int, metavar="N", help="Other calls, other people; the same seed gives the same bytes.")
@click.option("--calls", type=click.IntRange(1), metavar="N", help=f"Tell so many stories; {_ENOUGH} where nothing else ends it.")
@click.option(
    "--duration", type=click.FloatRange(0, min_open=True), metavar="SECONDS", help="Stop so long after the start, in the simulation's time."
)
@click.option("--rate", type=click.FloatRange(0, min_open=True), metavar="N", help="Begin so many stories a second, on average.")
@click.option("--stamps", is_flag=True, default=None, help="Put sequence number and time on every event, as T-Servers do.")
@click.option("--site", metavar="NAME", help="Only what that site's T-Server tells.")
@serving_options
def command(
    scenario: str | None,
    to: str | None,
    output: str | None,
    seed: int | None,
    calls: int | None,
    duration: float | None,
    rate: float | None,
    stamps: bool | None,
    site: str | None,
    serving: Serving,
) -> int:
    """Simulate a T-Server: calls that come, are answered, transferred and ended, told as events.

    Without a scenario the usual mix of calls at one site; docs/simulator.md says what a scenario
    can have. Options take the place of the scenario's values.

    \b
    tlib simulate
    tlib simulate --calls 10000 --seed 7 -o day.tlb
    tlib simulate centre.toml -o day.pcapng
    tlib simulate --calls 1 --stamps --to log
    tlib simulate centre.toml --listen :3000
    tlib simulate centre.toml --listen :3001 --backup-of :3000
    """  # noqa: D301
    chosen = load(scenario, seed=seed, calls=calls, duration=duration, rate=rate, stamps=stamps)
    if site is not None and site not in (names := [one.name for one in chosen.sites]):
        raise Unusable(f"--site {site}: the scenario has {', '.join(names)}")
    if serving.listen is not None or serving.backup_of is not None:
        if output is not None or to is not None:
            raise click.UsageError("--listen tells it to clients: leave out -o and --to")
        return tell(chosen, serving, site)
    return simulate(chosen, format_for(output, to), output, site, serving.fault_log)


def load(path: str | None, **changes: Any) -> Scenario:
    """The scenario of a file, or the usual one, with those `changes` that are not None. Raises Unusable where it cannot be played."""
    try:
        scenario = Scenario() if path is None else Scenario.load(path)
    except ScenarioError as error:
        raise Unusable(str(error)) from None
    except OSError as error:
        raise Unusable(f"{path}: {error.strerror}") from None
    try:
        scenario = scenario.with_(**{name: value for name, value in changes.items() if value is not None})
    except ScenarioError as error:
        raise click.UsageError(f"--{error}") from None  # an option has the name of the key that it takes the place of
    try:
        Simulation(scenario)
    except ScenarioError as error:
        raise Unusable(str(error if path is None else error.within(f".{path}: "))) from None
    return scenario


def tell(scenario: Scenario, serving: Serving, site: str | None) -> int:
    """Tell clients what happens in a scenario; gives the exit status. Raises Unusable."""
    if scenario.stamps and site is None and len(scenario.sites) > 1:
        raise Unusable(f"one T-Server numbers its events: give --site, one of {', '.join(one.name for one in scenario.sites)}")
    story = (told for told in Simulation(scenario) if site is None or told.site == site)
    name = hashlib.sha256(msgspec.json.encode((scenario, site))).hexdigest()[:16]
    return serve(serving, story, name=name, registry=TLIBRARY, faults=scenario.faults, seed=scenario.seed)


def simulate(scenario: Scenario, target: Format, output: str | None, site: str | None, fault_log: str | None = None) -> int:
    """Write what happens in a scenario; gives the exit status. Raises Unusable."""
    names = [one.name for one in scenario.sites]
    if target.name == "log":
        scenario = scenario.with_(stamps=True)
    if target.name in {"frames", "log"} and scenario.stamps and site is None and len(names) > 1:
        what = "writes a log" if target.name == "log" else "numbers its events"
        raise Unusable(f"one T-Server {what}: give --site, one of {', '.join(names)}; or write .pcapng or .jsonl")
    if not scenario.calls and not scenario.duration:
        scenario = scenario.with_(calls=_ENOUGH)
    with _writer(target, output, scenario) as writer, contextlib.ExitStack() as stack:
        records = _records(Simulation(scenario), site)
        if scenario.faults:
            log = FaultLog(stack.enter_context(opened(fault_log)) if fault_log is not None else None)
            records = with_faults(records, scenario.faults, seed=scenario.seed, registry=TLIBRARY, log=log)
        for batch in batches(records, registry=TLIBRARY):
            for entry in writer.write(batch):
                assert isinstance(entry, Record), "a simulated event can be written"
        writer.close()
        writer.flush()
    return FINE


@contextlib.contextmanager
def _writer(target: Format, output: str | None, scenario: Scenario) -> Iterator[Writer]:
    stream = output in {None, "-"} or str(output).lower().endswith(".arrows")
    with opened_for(output, target) as file:
        if target.name == "frames" and scenario.faults:
            yield ByteWriter(file, TLIBRARY)
        else:
            yield Pipeline(Task(target=target.name, origins=("time", "src", "dst"), stream=stream), TLIBRARY).writer(file)


def _records(simulation: Simulation, site: str | None) -> Iterator[Record]:
    """Yield each event with its frame and origin, as if it had been decoded."""
    ends = {
        one.name: (f"192.0.2.{1 + number % 200}:{3063 + number // 200}", f"192.0.2.254:{49_152 + number}", {"server": one.application})
        for number, one in enumerate(simulation.scenario.sites)
    }
    for told in simulation:
        if site is None or told.site == site:
            src, dst, other = ends[told.site]
            origin = Origin(time=round(told.time * 1_000_000) * 1000, src=src, dst=dst, other=other)
            yield Record(told.event, encode(told.event), origin)
