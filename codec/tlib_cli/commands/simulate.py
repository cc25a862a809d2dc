"""``tlib simulate``: write the events of a scenario in any format, or serve them to clients.

Strategy: simulated events pass through the same writers as decoded ones. Each site is a T-Server of its own, with its
own origin, address and conversation.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from typing import Any, BinaryIO

import click
import msgspec

from tlib_cli.faulty import ByteWriter, with_faults
from tlib_cli.options import output_options
from tlib_cli.output import completed, format_for, opened, opened_for
from tlib_cli.pipeline import Pipeline, Task
from tlib_cli.reports import Unusable
from tlib_cli.serving import FaultLog, Serving, serve, serving_options
from tlib_codec.engine import encode
from tlib_codec.formats import Format, Writer
from tlib_codec.records import Diagnostic, Origin, Record, batches
from tlib_schemas.tlibrary import TLIBRARY
from tlib_simulator import Scenario, ScenarioError, Simulation

_STORIES = 1000  # if neither the scenario nor an option limits the stream


@click.command()
@click.argument("scenario", required=False, metavar="[SCENARIO.toml]")
@output_options
@click.option("--seed", type=int, metavar="N", help="Seed the random choices; the same seed gives the same bytes.")
@click.option("--stories", type=click.IntRange(1), metavar="N", help=f"Stop after N stories; {_STORIES} if nothing else limits the stream.")
@click.option("--duration", type=click.FloatRange(0, min_open=True), metavar="SECONDS", help="Stop after SECONDS of simulated time.")
@click.option("--rate", type=click.FloatRange(0, min_open=True), metavar="N", help="Begin N stories per second, on average.")
@click.option("--stamps", is_flag=True, default=None, help="Add sequence number and time to every event, as T-Servers do.")
@click.option("--site", metavar="NAME", help="Send only the events of this site's T-Server.")
@serving_options
def command(
    scenario: str | None,
    to: str | None,
    output: str | None,
    raw_csv: bool,
    seed: int | None,
    stories: int | None,
    duration: float | None,
    rate: float | None,
    stamps: bool | None,
    site: str | None,
    serving: Serving,
) -> int:
    """Simulate a T-Server: the events of calls that arrive, are answered, transferred and released.

    Without a scenario: the default mix of calls at one site; docs/simulator.md lists the keys of a scenario. Options
    replace the scenario's values. Ctrl-C completes the output; JSONL, a log and a table can be read before.

    \b
    tlib simulate
    tlib simulate --stories 10000 --seed 7 -o day.tlb
    tlib simulate centre.toml -o day.pcapng
    tlib simulate --stories 1 --stamps --to log
    tlib simulate centre.toml --listen :3000
    tlib simulate centre.toml --listen :3001 --backup-of :3000
    """  # noqa: D301
    chosen = load(scenario, seed=seed, stories=stories, duration=duration, rate=rate, stamps=stamps)
    if site is not None and site not in (names := [one.name for one in chosen.sites]):
        raise Unusable(f"--site {site}: the scenario has {', '.join(names)}")
    if serving.listen is not None or serving.backup_of is not None:
        if output is not None or to is not None:
            raise click.UsageError("--listen sends events to clients: leave out -o and --to")
        return send(chosen, serving, site, scenario)
    return simulate(chosen, format_for(output, to), output, site, scenario, serving.fault_log, raw_csv=raw_csv)


def load(path: str | None, **changes: Any) -> Scenario:
    """Return the scenario of a file, or the default one, with the `changes` that are not None. Raises Unusable if it cannot run."""
    try:
        scenario = Scenario() if path is None else Scenario.load(path)
    except ScenarioError as error:
        raise Unusable(str(error)) from None
    except OSError as error:
        raise Unusable(f"{path}: {error.strerror}") from None
    try:
        scenario = scenario.replace(**{name: value for name, value in changes.items() if value is not None})
    except ScenarioError as error:
        raise click.UsageError(f"--{error}") from None  # an option has the name of the key that it replaces
    try:
        Simulation(scenario)
    except ScenarioError as error:
        raise Unusable(str(error if path is None else error.within(f".{path}: "))) from None
    return scenario


def send(scenario: Scenario, serving: Serving, site: str | None, source: str | None = None) -> int:
    """Send the events of a scenario, which is the file `source`, to clients; return the exit status. Raises Unusable."""
    if scenario.stamps and site is None and len(scenario.sites) > 1:
        raise Unusable(f"one T-Server numbers its events: give --site, one of {', '.join(one.name for one in scenario.sites)}")
    stream = (timed for timed in Simulation(scenario) if site is None or timed.site == site)
    name = hashlib.sha256(msgspec.json.encode((scenario, site))).hexdigest()[:16]
    return serve(serving, stream, name=name, registry=TLIBRARY, faults=scenario.faults, seed=scenario.seed, inputs=(source,))


def simulate(
    scenario: Scenario,
    target: Format,
    output: str | None,
    site: str | None,
    source: str | None = None,
    fault_log: str | None = None,
    *,
    raw_csv: bool = False,
) -> int:
    """Write the events of a scenario, which is the file `source`; return the exit status. Raises Unusable."""
    names = [one.name for one in scenario.sites]
    if target.name == "log":
        scenario = scenario.replace(stamps=True)
    if target.name in {"frames", "log"} and scenario.stamps and site is None and len(names) > 1:
        problem = "writes a log" if target.name == "log" else "numbers its events"
        raise Unusable(f"one T-Server {problem}: give --site, one of {', '.join(names)}; or write .pcapng or .jsonl")
    if not scenario.stories and not scenario.duration:
        scenario = scenario.replace(stories=_STORIES)
    with contextlib.ExitStack() as stack:
        log = FaultLog(None)
        if scenario.faults and fault_log is not None:
            log = FaultLog(stack.enter_context(opened(fault_log, (source,), others=(output,), grows=True)))
        file = stack.enter_context(opened_for(output, target, (source,), endless=True))
        made = stack.enter_context(completed(_writer(target, file, output, scenario, raw_csv=raw_csv), file, endless=True))
        records = _records(Simulation(scenario), site)
        if scenario.faults:
            records = with_faults(records, scenario.faults, seed=scenario.seed, registry=TLIBRARY, log=log)
        for batch in batches(records, registry=TLIBRARY):
            for part in made.writer.write(batch):
                assert not isinstance(part, Diagnostic), "a simulated event can be written"
    return made.status


def _writer(target: Format, file: BinaryIO, output: str | None, scenario: Scenario, *, raw_csv: bool) -> Writer:
    if target.name == "frames" and scenario.faults:
        return ByteWriter(file, TLIBRARY)
    stream = output in {None, "-"} or str(output).lower().endswith(".arrows")
    task = Task(target=target.name, origins=("time", "src", "dst"), stream=stream, raw_csv=raw_csv)
    return Pipeline(task, TLIBRARY).writer(file)


def _records(simulation: Simulation, site: str | None) -> Iterator[Record]:
    """Yield each event with its frame and origin, as if it had been decoded."""
    ends = {
        one.name: (f"192.0.2.{1 + number % 200}:{3063 + number // 200}", f"192.0.2.254:{49_152 + number}", {"server": one.application})
        for number, one in enumerate(simulation.scenario.sites)
    }
    for timed in simulation:
        if site is None or timed.site == site:
            src, dst, other = ends[timed.site]
            origin = Origin(time=round(timed.time * 1_000_000) * 1000, src=src, dst=dst, other=other)
            yield Record(timed.event, encode(timed.event), origin)
