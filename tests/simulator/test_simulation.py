"""The stream: in order, the same for the same seed, sound, and what a client that comes later is told."""

import importlib.util
import itertools
import subprocess
import sys
from pathlib import Path

import pytest

from tlib_codec import (
    EventAddressInfo,
    EventCallCreated,
    EventCallDeleted,
    EventRegistered,
    TAddressInfoType,
    calls_of,
    decode,
    encode,
    reference,
)
from tlib_codec.calls import follow
from tlib_simulator import CATALOGUE, Scenario, Simulation, Site

ROOT = Path(__file__).parents[2]
_SPEC = importlib.util.spec_from_file_location("stories_of_benchmarks", ROOT / "benchmarks" / "stories.py")
STORIES = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(STORIES)
FULL, KNOWN, DEFAULT, findings = STORIES.FULL, STORIES.KNOWN, STORIES.DEFAULT, STORIES.findings
SOME = Scenario(stories=200, seed=5)


def events(scenario=SOME, seed=None, **options):
    return [one.event for one in Simulation(scenario, seed, **options)]


def test_the_same_seed_tells_the_same():
    assert events() == events()
    assert events(seed=6) != events()
    assert events(seed=6) == events(SOME.replace(seed=6))


def test_both_engines_write_the_same_bytes():
    for one in Simulation(FULL.replace(stories=100)):
        assert encode(one.event) == reference.encode(one.event)
        assert decode(encode(one.event)) == one.event


@pytest.mark.parametrize(("scenario", "known"), [(DEFAULT, frozenset()), (FULL, KNOWN)], ids=["default", "full"])
def test_nothing_is_found_in_a_stream(scenario, known):
    seen, found = findings(scenario.replace(stories=800), 3, known)
    assert seen["calls"] > 800
    assert not found


def test_the_checks_would_find_something():
    _, found = findings(FULL.replace(stories=50), 3)
    assert {text.partition(":")[0] for text in found} == {"deprecated"}


def test_the_command_that_prints_it():
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.stories", "--seeds", "1", "--stories", "20"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count(" 0 findings") == 2


def test_time_never_runs_backwards_and_numbers_have_no_gap():
    times, numbers = [], {}
    for one in Simulation(FULL.replace(stories=300, switchover=())):
        times.append(one.time)
        numbers.setdefault(one.site, []).append(one.event.extra["EventSequenceNumber"])
    assert times == sorted(times)
    assert set(numbers) == {"Lakeside", "Hillside"}
    assert all(found == list(range(1, len(found) + 1)) for found in numbers.values())


def test_stories_come_at_the_rate_and_in_the_mix():
    simulation = Simulation(Scenario(rate=4, duration=2000, mix={"internal": 3, "unreached": 1}, sites=(Site(agents=2000),)))
    found = [one.event for one in simulation if isinstance(one.event, EventCallCreated)]
    assert 7500 < len(found) < 8500
    assert 0.2 < sum(event.dialed_number is not None for event in found) / len(found) < 0.3
    assert simulation.now < simulation.scenario.start.timestamp() + 2000


def test_identifiers_are_shaped_like_real_ones_and_never_the_same():
    created = [event for event in events(Scenario(stories=5000, mix={"answered": 1})) if isinstance(event, EventCallCreated)]
    assert len({event.call_uuid for event in created}) == len({event.conn_id for event in created}) == 5000
    assert {len(event.call_uuid) for event in created} == {32}
    assert {event.conn_id[:4] for event in created} == {"006c"}


def test_the_load_is_borne_by_as_many_agents_as_there_are():
    overload = Scenario(stories=2000, rate=20, mix={"answered": 1}, sites=(Site(agents=10),))
    simulation = Simulation(overload)
    most = max(len(simulation.sites[0].live) for _ in simulation)
    assert most < 20 * 400  # nobody waits for longer than his patience


def test_a_client_that_connects_is_reported_the_live_calls():
    simulation = Simulation(SOME.replace(stamps=True))
    told = [one.event for one in itertools.islice(simulation, 300)]
    open_calls = {call.call_uuid: call for call in follow(told) if call.ending.value == "open"}
    assert len(open_calls) > 20
    registered, *created = (one.event for one in simulation.announce())
    assert created == [msg for msg in simulation.announce("Lakeside")[1:] for msg in [msg.event]]
    assert isinstance(registered, EventRegistered)
    assert registered.this_dn == "SIP_Lakeside::"
    listed = calls_of(registered.extensions)
    assert {call.call_uuid for call in listed} == {event.call_uuid for event in created} == set(open_calls)
    for event in created:
        state = open_calls[event.call_uuid].state
        assert (event.conn_id, event.user_data, event.call_id) == (state["ConnID"], state.get("UserData"), state["CallID"])
        assert "EventSequenceNumber" not in event.extra
        assert "TimeinSecs" in event.extra
    assert [event.call_uuid for event in simulation.live_calls()] == [event.call_uuid for event in created]


def test_deleted_data_are_not_announced():
    simulation = Simulation(Scenario(rate=0))
    with simulation.story() as story, story.call() as call:
        call.attach(A=1)
        call.detach()
        call.talk(10)
    iterator = iter(simulation)
    for _ in range(3):
        next(iterator)
    [created] = simulation.live_calls()
    assert created.user_data is None


def test_a_site_that_there_is_not():
    with pytest.raises(LookupError, match="Nowhere"):
        Simulation().announce("Nowhere")


def test_a_switchover_announces_every_live_call_under_its_uuid():
    scenario = Scenario(stories=300, stamps=True, switchover=(100.0,))
    simulation = Simulation(scenario)
    at = scenario.start.timestamp() + 100
    before, after = [], []
    for one in simulation:
        (after if one.time >= at else before).append(one.event)
    live = {call.call_uuid for call in follow(before) if call.ending.value == "open"}
    registered, *rest = after
    assert isinstance(registered, EventRegistered)
    assert registered.extra["EventSequenceNumber"] == 1
    announced = rest[: len(live)]
    assert {event.call_uuid for event in announced} == live
    assert all(isinstance(event, EventCallCreated) for event in announced)
    new = next(event for event in rest[len(live) :] if isinstance(event, EventCallCreated))
    assert new.call_uuid[:26] != announced[0].call_uuid[:26]  # the backup's own share
    ended = [event.call_uuid for event in rest if isinstance(event, EventCallDeleted)]
    assert live <= set(ended)


def test_a_query_is_answered_with_the_live_calls():
    simulation = Simulation(Scenario(stories=100, query_interval=50.0))
    answers = []
    for one in simulation:
        if isinstance(one.event, EventAddressInfo):
            answers.append(one.event)
            assert {call.call_uuid for call in calls_of(one.event.extensions)} == {c.call_uuid for c in simulation.live_calls()}
    assert len(answers) > 2
    assert {event.info_type for event in answers} == {TAddressInfoType.DNStatus}
    assert [event.info_status for event in answers] == [len(calls_of(event.extensions)) for event in answers]


def test_a_story_of_ones_own_is_reported_among_the_others_and_on_demand():
    def hello(story):
        with story.call(ani="1"):
            story.wait(1)

    scenario = Scenario(stories=50, mix={"hello": 1, "internal": 1})
    anis = [event.ani for event in events(scenario, scripts={"hello": hello}) if isinstance(event, EventCallCreated)]
    assert 10 < anis.count("1") < 40
    simulation = Simulation(Scenario(rate=0))
    assert list(simulation) == []
    simulation.play(hello)
    simulation.play(hello, at=simulation.now + 0.5)
    assert [type(one.event).__name__[9:] for one in simulation] == ["Created", "Created", "Deleted", "Deleted"]
    simulation.play(CATALOGUE["internal"].script)
    assert len(list(simulation)) == 2


def test_an_iteration_goes_on_where_it_was_left_off():
    simulation = Simulation(SOME)
    first = [one.event for one in itertools.islice(simulation, 100)]
    assert first + [one.event for one in simulation] == events()


@pytest.mark.parametrize("left_off", range(0, 300, 23))
def test_nor_does_leaving_off_lose_what_a_switchover_announces(left_off):
    scenario = Scenario(stories=60, switchover=(20.0,), query_interval=20.0)
    simulation = Simulation(scenario)
    first = [one.event for one in itertools.islice(simulation, left_off)]
    assert first + [one.event for one in simulation] == events(scenario)


def test_a_switchover_at_the_moment_of_other_events_announces_no_call_that_has_ended():
    def script(story):
        with story.call() as call:
            call.wait(1)

    simulation = Simulation(Scenario(rate=0, switchover=(1.0,), query_interval=1.0))
    for _ in range(3):
        simulation.play(script)
    told = [type(one.event).__name__ for one in simulation]
    assert told[3:] == ["EventRegistered", *["EventCallCreated"] * 3, "EventAddressInfo", *["EventCallDeleted"] * 3, "EventAddressInfo"]


def test_an_endless_scenario_ends_with_the_calendar():
    simulation = Simulation(Scenario(rate=1e-9, mix={"internal": 1}))
    assert all(one.time < 2**32 for one in simulation)
