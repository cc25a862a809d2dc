"""Scenarios: everything has a default, and what cannot be is refused with its key and what it takes."""

import datetime as dt
from pathlib import Path

import pytest

from tlib_codec import check, encode
from tlib_simulator import Duration, Scenario, ScenarioError, Simulation, Site, Times

EXAMPLES = sorted((Path(__file__).parents[2] / "examples" / "scenarios").glob("*.toml"))


def test_an_empty_file_is_a_scenario():
    assert Scenario.from_toml("") == Scenario()


def test_a_file_says_what_python_says():
    text = """
    seed = 7
    start = 2026-01-01T12:00:00+01:00
    stories = 10
    switchover = [60, 90.5]
    mix = { answered = 2, transfer = 1 }
    [times.talk]
    mean = 30
    [[sites]]
    name = "A"
    numbers = ["100"]
    """
    assert Scenario.from_toml(text) == Scenario(
        seed=7,
        start=dt.datetime(2026, 1, 1, 11, tzinfo=dt.UTC),
        stories=10,
        switchover=(60.0, 90.5),
        mix={"answered": 2.0, "transfer": 1.0},
        times=Times(talk=Duration(mean=30)),
        sites=(Site(name="A", numbers=("100",)),),
    )


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_examples_can_be_played(path):
    assert next(iter(Simulation(Scenario.load(path)))).event.call_uuid


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("rate = 1 0", "f.toml: expected TOML, found Expected newline or end of document after a statement (at line 1, column 10)"),
        ("\xff", "f.toml: expected TOML, found Invalid statement (at line 1, column 1)"),
        ('rate = "x"', 'f.toml: rate: expected a number, found "x"'),
        ("rate = -1", "f.toml: rate: expected a number of at least 0.0, found -1"),
        ("rate = nan", "f.toml: rate: expected a number of at least 0.0, found nan"),
        ("stories = 1e3", "f.toml: stories: expected a whole number, found 1000.0"),
        ("stamps = 1", "f.toml: stamps: expected true or false, found 1"),
        ("rate = true", "f.toml: rate: expected a number, found true"),
        ("[times.talk]\nmeen = 3", 'f.toml: times.talk: expected one of the keys mean, spread, found "meen" (did you mean mean?)'),
        ("[times.talk]\nspread = 1", "f.toml: times.talk: expected the key mean, found none"),
        ("[times]\ntalk = 3", "f.toml: times.talk: expected a table, found 3"),
        ("mix = []", "f.toml: mix: expected a table, found an empty one"),
        ("[mix]\nanswered = -1", "f.toml: mix[...]: expected a number of at least 0.0, found another value"),
        ("sites = []", "f.toml: sites: expected an array of a length of at least 1, found an empty one"),
        ("[[sites]]\nagents = 2", "f.toml: sites[0].agents: expected a whole number of at least 4, found 2"),
        ('[[sites]]\nqueues = ["1", 3]', "f.toml: sites[0].queues[1]: expected a text, found 3"),
        ("[[sites]]\n[[sites]]", 'f.toml: sites[1].name: expected a name that no other site has, found "Lakeside"'),
        ("start = 2026-01-01", "f.toml: start: expected a time such as 2026-03-14T08:00:00Z, found 2026-01-01"),
        ("start = 2026-01-01T00:00:00", "f.toml: start: expected a time with an offset, from 1971 to 2099, such as 2026-03-14T08:00:00Z, found 2026-01-01T00:00:00"),
        ("start = 2200-01-01T00:00:00Z", "f.toml: start: expected a time with an offset, from 1971 to 2099, such as 2026-03-14T08:00:00Z, found 2200-01-01T00:00:00+00:00"),
        ('[[faults]]\nkind = "nix"', 'f.toml: faults[0].kind: expected one of drop, delay, duplicate, reorder, split, glue, corrupt, omit, forbidden, wrong-type, unknown-attribute, unknown-message, stall, reset, found "nix"'),
        ("duration = inf", "f.toml: duration: expected a number of at most 1000000000.0, found inf"),
        ("query_interval = 1e-9", "f.toml: query_interval: expected 0, or 1 and more, found 1e-09"),
        ("mix = { answered = inf }", "f.toml: mix[...]: expected a number of at most 1000000000.0, found another value"),
        ("start = {}", "f.toml: start: expected a time such as 2026-03-14T08:00:00Z, found a table"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(text, told):
    with pytest.raises(ScenarioError) as met:
        Scenario.from_toml(text, "f.toml")
    assert str(met.value).removesuffix(" [scenario-form]").removesuffix(" [scenario-syntax]") == told


def test_bytes_that_are_no_text_are_refused():
    with pytest.raises(ScenarioError, match="invalid start byte"):
        Scenario.from_toml(b"\xff")


def test_a_key_that_there_is_not_is_named_with_those_that_there_are():
    with pytest.raises(ScenarioError, match=r'^f: expected one of the keys seed, start, .*, found "foo" \[scenario-form\]$'):
        Scenario.from_toml("foo = 1", "f")


def test_the_longest_times_and_the_rarest_calls_end_with_the_calendar():
    long = Duration(mean=1e9, spread=3)
    slow = Scenario(
        rate=1e-9, released=True, stamps=True, times=Times(menu=long, ring=long, talk=long, consult=long, wrap_up=long, patience=long)
    )
    for one in Simulation(slow):
        assert one.time < 2**32
        assert check(encode(one.event)) is not None


@pytest.mark.parametrize(
    ("mix", "told"),
    [
        ({"nix": 1}, r"mix: expected a story: answered, .*, found \"nix\""),
        ({"other_site": 1}, r"mix\.other_site: expected 2 sites, found 1"),
        ({"answered": 0}, "mix: expected a story with a weight above 0, found none"),
    ],
)
def test_a_mix_of_what_cannot_be_reported_is_refused(mix, told):
    with pytest.raises(ScenarioError, match=told):
        Simulation(Scenario(mix=mix))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"rate": float("nan")}, "rate: expected a number of at least 0.0, found nan"),
        ({"rate": 1e300}, "rate: expected a number of at most 1000000.0, found 1e\\+300"),
        ({"duration": float("inf")}, "duration: expected a number of at most 1000000000.0, found inf"),
        ({"rat": 1}, 'found "rat" .did you mean rate'),
    ],
)
def test_what_is_changed_has_the_limits_of_a_file(changes, told):
    with pytest.raises(ScenarioError, match=told):
        Scenario().replace(**changes)


def test_a_changed_scenario_keeps_everything_else():
    whole = Scenario.load(EXAMPLES[0].parent / "faulty.toml")
    assert whole.replace(seed=77).replace(seed=whole.seed) == whole
