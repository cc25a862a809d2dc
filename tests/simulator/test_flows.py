"""Generated call flows: the same seed gives the same day, and every flow is rebuilt from its events."""

import io
import random

import pytest

from tlib_codec.formats.logs.reader import read_log
from tlib_codec.records import Record
from tlib_fuzz.selfcheck.calls import exact, followed
from tlib_simulator.flows import FLOWS, Day
from tlib_simulator.flows.day import log_of
from tlib_simulator.flows.dice import SECOND, Dice, Site


@pytest.mark.parametrize("name", FLOWS)
@pytest.mark.parametrize("seed", range(4))
def test_a_flow_is_rebuilt(name, seed):
    rng = random.Random(seed)
    sites = [Site(site, rng, first=first, generator=first, started=1.7e9) for site, first in (("lake", 6_000), ("hill", 2_000))]
    truth = []
    FLOWS[name](Dice(rng, name, SECOND, *sites, truth))
    found = {call.conn_id: call for call in followed([(f"{site.name}.log", log_of(site)) for site in sites])}
    assert {true.conn: list(exact(found[true.conn], true)) for true in truth} == {true.conn: [] for true in truth}


def test_a_seed_gives_one_day():
    assert Day(7, 20).text("lake") == Day(7, 20).text("lake")


def test_another_seed_gives_another_day():
    assert Day(7, 20).text("lake") != Day(8, 20).text("lake")


def test_the_log_of_a_day_has_no_error():
    entries = list(read_log(io.BytesIO(Day(7, 60).text("lake").encode())))
    assert [entry.complaint() for entry in entries if not isinstance(entry, Record) or not entry.valid] == []
