"""Hold `tlib_codec.calls` against generated days of calls, whose truth is known: ``python -m tlib_fuzz.selfcheck.calls``.

Strategy: the log of a day is followed whole, in two files that split every site's log at a message, cut at random lines, and with 1 % of
its lines lost. Of a whole log, and of a call whose events are all in a cut log, everything is right (`exact`). Of any other call
nothing is wrong, there is only less (`less`):

- there is no call and no party that the day does not have, and no call twice;
- the outcome is the true one, or unknown; or *answered* for a call that was answered and then transferred or conferenced, or
  *redirected* for a call that goes on at a site of which the events are missing;
- a party enters a state at a true time, or at an unknown one; agent and party that hung up first are the true ones, or unknown;
- each sum of times is the true one, or smaller, or unknown.
"""

from __future__ import annotations

import argparse
import io
import random
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from tlib_codec.calls import Call, CallTracker
from tlib_codec.calls.outcome import hold_time, outcome, queue_time, released_first, ring_time, talk_time
from tlib_codec.calls.party import Party
from tlib_codec.formats.logs.reader import read_log
from tlib_codec.merge import merged
from tlib_codec.records import Record
from tlib_simulator.flows import Day, TrueCall, TrueParty
from tlib_simulator.flows.day import moment

_LOST = 0.01  # of the lines
_CLOSE = 1e-6  # seconds
WAYS = ("whole", "two files", "cut", "lines lost")


def followed(texts: Sequence[tuple[str, str]]) -> list[Call]:
    """Return the calls of logs, given by name and text."""
    tracker = CallTracker()
    calls: list[Call] = []
    inputs = [read_log(io.BytesIO(text.encode()), name=name) for name, text in texts]
    for entry in merged(inputs):
        if isinstance(entry, Record):
            calls += [one for one in tracker.feed(entry.item, entry.origin) if isinstance(one, Call)]
    return [*calls, *tracker.close()]


def exact(call: Call, true: TrueCall) -> Iterator[str]:
    """Yield the differences between a call and the truth."""
    known = outcome(call)
    yield from _differ("outcome", known and known.value, true.outcome)
    duration = None if call.duration is None else call.duration.total_seconds()
    times = (("total", duration, true.end - true.begin), *_sums(call, true))
    for name, seconds, units in times:
        if (seconds is None) != (units is None) or abs((seconds or 0) - (units or 0) / 10_000) > _CLOSE:
            yield f"{name}: {seconds} instead of {units and units / 10_000}"
    yield from _differ("released first", released_first(call), true.first)
    links = {(link.kind.value, link.conn_id) for link in call.links}
    for kind, conn in (("consults-for", true.main), ("merged-into", true.merged)):
        if conn is not None and (kind, conn) not in links:
            yield f"not {kind} {conn}"
    parties = {party.dn: party for party in call.parties.values()}
    yield from _differ("parties", sorted(parties), sorted(true.parties))
    for dn, party in parties.items():
        if dn in true.parties:
            yield from _exact_party(party, true.parties[dn])


def _exact_party(party: Party, true: TrueParty) -> Iterator[str]:
    yield from _differ(f"role of {party.dn}", party.role, true.role)
    yield from _differ(f"agent of {party.dn}", party.agent, true.agent)
    spans = sorted((span.state.value, str(span.start), str(span.end)) for span in party.spans)
    expected = sorted((state, str(moment(start)), str(moment(end))) for state, known in true.spans.items() for start, end in known)
    yield from _differ(f"spans of {party.dn}", spans, expected)


def less(call: Call, true: TrueCall) -> Iterator[str]:
    """Yield what a call states that is not true."""
    known = outcome(call)
    first_half = {"answered": true.talk is not None and true.outcome in ("transferred", "conferenced")}
    first_half["redirected"] = len({site for site, _ in true.events}) > 1
    if known is not None and known.value != true.outcome and not first_half.get(known.value):
        yield f"outcome: {known.value} instead of {true.outcome}"
    duration = None if call.duration is None else call.duration.total_seconds()
    for name, seconds, units in (("total", duration, true.end - true.begin), *_sums(call, true)):
        if seconds is not None and seconds > (units or 0) / 10_000 + _CLOSE:
            yield f"{name}: {seconds} instead of {units and units / 10_000}"
    if released_first(call) not in (None, true.first):
        yield f"released first: {released_first(call)} instead of {true.first}"
    for party in call.parties.values():
        there = true.parties.get(party.dn)
        if there is None:
            yield f"party {party.dn}"
            continue
        if party.agent not in (None, there.agent):
            yield f"agent of {party.dn}: {party.agent}"
        starts = {(state, moment(start)) for state, spans in there.spans.items() for start, _ in spans}
        for span in party.spans:
            if span.start is not None and (span.state.value, span.start) not in starts:
                yield f"{party.dn} {span.state.value} from {span.start}"


def _sums(call: Call, true: TrueCall) -> Iterator[tuple[str, float | None, int | None]]:
    yield "queue", queue_time(call), true.queue
    yield "ring", ring_time(call), true.ring
    yield "talk", talk_time(call), true.talk
    yield "hold", hold_time(call), true.hold


def _differ(name: str, known: object, true: object) -> Iterator[str]:
    if known != true:
        yield f"{name}: {known} instead of {true}"


def judged(calls: Iterable[Call], truth: Sequence[TrueCall], whole: set[str], counts: Counter[str]) -> Iterator[str]:
    """Yield the faults of the calls of one input, in which the calls of the ConnIDs `whole` are complete; count them."""
    by_conn = {true.conn: true for true in truth}
    seen: set[str] = set()
    for call in calls:
        true = by_conn.get(call.conn_id or "")
        if true is None or true.conn in seen:
            counts["wrong"] += 1
            yield f"{call.conn_id}: {'twice' if true is not None else 'no such call'}"
            continue
        seen.add(true.conn)
        differences = list(exact(call, true))
        faults = differences if true.conn in whole else list(less(call, true))
        counts["exact" if not differences else "wrong" if faults else "less"] += 1
        yield from (f"{true.flow} {true.conn}: {fault}" for fault in faults)
    for conn in by_conn.keys() - seen:
        counts["wrong" if conn in whole else "not seen"] += 1
        if conn in whole:
            yield f"{by_conn[conn].flow} {conn}: not there"


def inputs(day: Day, way: str, rng: random.Random) -> tuple[list[tuple[str, str]], set[str]]:
    """Return the logs of a day in one of the `WAYS`, and the ConnIDs of the calls that are complete in them."""
    every = {true.conn for true in day.truth}
    texts = [(f"{site}.log", day.text(site)) for site in day.logs]
    if way == "whole":
        return texts, every
    if way == "two files":
        parts = []
        for site, messages in day.logs.items():
            at = rng.randrange(len(messages) + 1)
            parts += [
                (f"{site}.1.log", day.heads[site] + "".join(messages[:at])),
                (f"{site}.2.log", day.heads[site] + "".join(messages[at:])),
            ]
        return parts, every
    if way == "lines lost":
        kept = ("".join(line for line in text.splitlines(keepends=True) if rng.random() >= _LOST) for _, text in texts)
        return [(name, day.heads[name.removesuffix(".log")] + text) for (name, _), text in zip(texts, kept, strict=True)], set()
    cut: list[tuple[str, str]] = []
    there: dict[str, range] = {}
    for site, messages in day.logs.items():
        ends = [0]
        for text in messages:
            ends.append(ends[-1] + text.count("\n"))
        first, last = sorted((rng.randrange(ends[-1]), rng.randrange(ends[-1])))
        lines = "".join(messages).splitlines(keepends=True)[first:last]
        cut.append((f"{site}.log", day.heads[site] + "".join(lines)))
        inside = [number for number in range(len(messages)) if first <= ends[number] and ends[number + 1] <= last]
        there[site] = range(inside[0], inside[-1] + 1) if inside else range(0)
    whole = {true.conn for true in day.truth if all(number in there[site] for site, number in true.events)}
    return cut, {true.conn for true in day.truth if true.conn in whole and (true.merged or true.conn) in whole}


def check(seed: int, calls: int) -> tuple[dict[str, Counter[str]], list[str]]:
    """Follow a day of about so many calls in every way; return the counts of each way, and the faults."""
    day = Day(seed, calls)
    rng = random.Random(seed)  # noqa: S311 test data
    counts: dict[str, Counter[str]] = {}
    faults: list[str] = []
    for way in WAYS:
        texts, whole = inputs(day, way, rng)
        counts[way] = Counter()
        faults += [f"seed {seed}, {way}: {fault}" for fault in judged(followed(texts), day.truth, whole, counts[way])]
    return counts, faults


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the days of several seeds, and print the counts and the faults; return 1 where there is one."""
    parser = argparse.ArgumentParser(prog="python -m tlib_fuzz.selfcheck.calls", description="Check calls against generated call flows.")
    parser.add_argument("--seeds", type=int, default=20, metavar="N", help="Check N days (default: %(default)s).")
    parser.add_argument("--first", type=int, default=0, metavar="SEED", help="Begin with SEED (default: %(default)s).")
    parser.add_argument("--calls", type=int, default=500, metavar="N", help="Begin N calls a day (default: %(default)s).")
    options = parser.parse_args(arguments)
    totals: dict[str, Counter[str]] = {way: Counter() for way in WAYS}
    failed = False
    for seed in range(options.first, options.first + options.seeds):
        counts, faults = check(seed, options.calls)
        for way, counted in counts.items():
            totals[way].update(counted)
        sys.stdout.writelines(f"{fault}\n" for fault in faults)
        failed = failed or bool(faults)
    for way, counted in totals.items():
        kinds = ", ".join(f"{counted[kind]:,} {kind}" for kind in ("exact", "less", "not seen", "wrong"))
        sys.stdout.write(f"{way}: {counted.total():,} calls: {kinds}\n")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
