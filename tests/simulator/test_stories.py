"""Each story is told in the events that the specification allows for it, and a call says only what changed."""

import pytest

from tlib_codec import (
    EventCallCreated,
    EventCallDataChanged,
    EventCallDeleted,
    EventReleased,
    KVList,
    TCallState,
    TCallType,
    TCause,
    check,
    encode,
)
from tlib_codec.calls import LinkKind, follow
from tlib_simulator import CATALOGUE, Duration, Scenario, Simulation, Site, Times

AT_ONCE = Duration(mean=1, spread=0)
QUIET = Scenario(rate=0, times=Times(ring=AT_ONCE, talk=AT_ONCE, consult=AT_ONCE, menu=AT_ONCE, wrap_up=AT_ONCE, patience=AT_ONCE))
TWO_SITES = QUIET.replace(sites=(Site(), Site(name="Hillside", first_agent=6001)))


def told(script, scenario=QUIET, **options):
    simulation = Simulation(scenario)
    simulation.play(script, site="Lakeside", **options)
    return [one.event for one in simulation]


def calls(events):
    found = list(follow(events))
    assert [a for call in found for a in call.anomalies] == []
    return {call.call_uuid: call for call in found}


def names(events):
    return [type(event).__name__.removeprefix("EventCall") for event in events]


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_story_of_the_catalogue_is_sound(name):
    assert CATALOGUE[name].description.endswith(".")
    for seed in range(20):
        simulation = Simulation(TWO_SITES, seed)
        simulation.play(CATALOGUE[name].script)
        events = [one.event for one in simulation]
        assert [violation for event in events for violation in check(encode(event))] == []
        assert {call.ending.value for call in calls(events).values()} == {"deleted"}
        assert not any(site.live for site in simulation.sites)


def test_a_call_says_only_what_changed():
    def script(story):
        with story.call(ani="5551000", dnis="800") as call:
            call.attach(Priority=5)
            call.attach(Priority=5)
            call.change(ani="5551000")
            call.change(ani="5552000", dnis="800", by="7001")

    created, attached, changed, deleted = told(script)
    assert (created.ani, created.dnis, created.call_type, created.user_data) == ("5551000", "800", TCallType.Inbound, None)
    assert attached == EventCallDataChanged(call_uuid=created.call_uuid, conn_id=created.conn_id, user_data=KVList({"Priority": 5}))
    assert changed == EventCallDataChanged(call_uuid=created.call_uuid, conn_id=created.conn_id, ani="5552000", ctrl_party="7001")
    assert deleted == EventCallDeleted(call_uuid=created.call_uuid, conn_id=created.conn_id, ctrl_party="5552000")


def test_data_are_added_replaced_deleted_one_by_one_and_altogether():
    def script(story):
        with story.call(user_data=KVList({"A": "1"})) as call:
            call.attach({"B": 2})
            call.attach([("A", "one")], C=KVList({"D": "x"}))
            call.detach("B", "no such key")
            call.detach("no such key")
            call.detach()
            call.detach()
            call.attach(E="again")

    data = [dict(event.user_data.items()) for event in told(script) if getattr(event, "user_data", None) is not None]
    nested = KVList({"D": "x"})
    assert data == [
        {"A": "1"},
        {"A": "1", "B": 2},
        {"A": "one", "B": 2, "C": nested},
        {"A": "one", "C": nested},
        {},
        {"E": "again"},
    ]


@pytest.mark.parametrize(("how", "cause"), [("transfer", TCause.Transfer), ("conference", TCause.Conference)])
def test_a_consultation_ends_in_the_main_call(how, cause):
    def script(story):
        with story.call(agent="7001") as call:
            getattr(call, how)("7002")
            assert call.agent == "7002"

    events = told(script)
    main, second = (event for event in events if isinstance(event, EventCallCreated))
    assert (second.call_type, second.orig_call_uuid, second.ani) == (TCallType.Consult, main.call_uuid, "7001")
    gone = next(event for event in events if isinstance(event, EventCallDeleted))
    assert gone == EventCallDeleted(
        call_uuid=second.call_uuid,
        conn_id=second.conn_id,
        cause=cause,
        ref_call_uuid=main.call_uuid,
        ref_conn_id=main.conn_id,
        ctrl_party="7001",
    )
    changed = [event.call_id for event in events if isinstance(event, EventCallDataChanged)]
    assert changed == ([second.call_id] if how == "transfer" else [])


def test_a_single_step_transfer_goes_on_in_a_new_call():
    events = told(CATALOGUE["single_step_transfer"].script)
    before, after = (event for event in events if isinstance(event, EventCallCreated))
    gone = next(event for event in events if isinstance(event, EventCallDeleted))
    assert (gone.call_uuid, gone.cause, gone.ref_call_uuid) == (before.call_uuid, TCause.SingleStepTransfer, after.call_uuid)
    assert (after.ani, after.dnis, after.orig_call_uuid) == (before.ani, before.dnis, None)
    assert after.user_data is not None


def test_merged_calls_end_in_each_other():
    found = calls(told(CATALOGUE["merge"].script))
    kinds = {link.kind for call in found.values() for link in call.links}
    assert kinds == {LinkKind.MERGED_INTO, LinkKind.MERGED_FROM}


def test_an_outgoing_call_has_the_number_dialed_and_gets_its_id_from_the_switch():
    created, numbered, marked, _ = told(CATALOGUE["outbound"].script)
    assert (created.call_type, created.call_id) == (TCallType.Outbound, 0)
    assert created.dialed_number
    assert numbered.call_id > 0
    assert marked.user_data.keys() == ["CallResult"]


def test_a_call_from_the_network_is_known_there_under_one_number_at_every_site():
    sites = (Site(network_node=7), Site(name="Hillside", first_agent=6001))
    events = told(CATALOGUE["other_site"].script, QUIET.replace(sites=sites))
    created = [(event.network_node_id, event.network_call_id) for event in events if isinstance(event, EventCallCreated)]
    assert len(created) == 2
    assert created[0] == created[1]
    assert created[0][0] == 7


def test_a_call_keeps_its_uuid_under_another_conn_id():
    events = told(CATALOGUE["renumbered"].script)
    assert len({event.call_uuid for event in events}) == 1
    assert len({event.conn_id for event in events}) == 2


def test_a_call_at_two_sites_is_linked_and_has_one_conn_id_in_the_end():
    events = told(CATALOGUE["other_site"].script, TWO_SITES)
    here, there = (event for event in events if isinstance(event, EventCallCreated))
    assert here.is_link_list is there.is_link_list is None
    assert here.conn_id != there.conn_id
    links = {event.call_uuid: event.is_link_list for event in events if getattr(event, "is_link_list", None) is not None}
    assert links[here.call_uuid]["Hillside"]["call-uuid"] == there.call_uuid
    assert links[there.call_uuid]["Lakeside"]["call-uuid"] == here.call_uuid
    deleted = [event for event in events if isinstance(event, EventCallDeleted)]
    assert [(event.call_uuid, event.conn_id) for event in deleted] == [(there.call_uuid, here.conn_id), (here.call_uuid, here.conn_id)]
    assert all(LinkKind.SITE in {link.kind for link in call.links} for call in calls(events).values())


@pytest.mark.parametrize(
    ("name", "states"),
    [
        ("answered", [(TCallType.Inbound, TCallState.Ok)]),
        ("transfer", [(TCallType.Consult, TCallState.Transferred), (TCallType.Inbound, TCallState.Ok)]),
        ("conference", [(TCallType.Consult, TCallState.Conferenced), (TCallType.Inbound, TCallState.Ok)]),
        ("single_step_transfer", [(TCallType.Inbound, TCallState.Transferred), (TCallType.Inbound, TCallState.Ok)]),
        ("unreached", [(TCallType.Outbound, TCallState.Ok)]),
    ],
)
def test_each_end_is_reported_on_the_abstract_dn(name, states):
    events = told(CATALOGUE[name].script, QUIET.replace(released=True))
    released = [event for event in events if isinstance(event, EventReleased)]
    assert [(event.call_type, event.call_state) for event in released] == states
    assert {event.this_dn for event in released} == {"SIP_Lakeside::"}
    ends = [event for event in events if isinstance(event, EventCallDeleted)]
    assert [event.conn_id for event in released] == [event.conn_id for event in ends]
    assert [event.ref_conn_id for event in released] == [event.ref_conn_id for event in ends]


@pytest.mark.parametrize("seconds", [-400, float("nan"), float("inf"), 1e300])
def test_time_that_cannot_pass_is_refused(seconds):
    def script(story):
        with story.inbound() as call:
            for spend in (story.wait, call.wait, call.talk):
                with pytest.raises(ValueError, match="seconds: give a number from 0 to"):
                    spend(seconds)

    simulation = Simulation(QUIET)
    simulation.play(script)
    assert len({one.time for one in simulation}) == 1


def long(story):
    with story.inbound() as call:
        call.answer()
        call.talk(1000)


def test_a_caller_loses_patience_where_all_agents_are_busy():
    simulation = Simulation(QUIET.replace(sites=(Site(agents=4),)))
    for _ in range(5):
        simulation.play(long)
    times = {}
    for one in simulation:
        times.setdefault(one.event.call_uuid, []).append(one.time)
    assert sorted(at[-1] - at[0] for at in times.values()) == [1, 1001, 1001, 1001, 1001]


def test_a_consultation_that_nobody_answers_ends_and_the_main_call_goes_on():
    def script(story):
        with story.inbound() as call:
            call.answer()
            call.transfer()
            call.attach(After="consultation")

    simulation = Simulation(QUIET.replace(sites=(Site(agents=4),)))
    for _ in range(3):
        simulation.play(long)
    simulation.play(script)
    events = [one.event for one in simulation]
    consultation = next(event for event in events if getattr(event, "call_type", None) == TCallType.Consult)
    gone = next(event for event in events if isinstance(event, EventCallDeleted) and event.call_uuid == consultation.call_uuid)
    assert (gone.cause, gone.ref_call_uuid) == (TCause.NoAnswer, None)
    assert events[events.index(gone) + 1].user_data.keys() == ["After"]


def test_nobody_free_to_call_out_means_no_call():
    def busy(story):
        with story.outbound() as call:
            call.talk(1000)

    simulation = Simulation(QUIET.replace(sites=(Site(agents=4),)))
    for _ in range(6):
        simulation.play(busy)
    assert names(one.event for one in simulation).count("Created") == 4


def test_a_story_that_takes_more_agents_than_there_are_goes_on_without():
    def crowd(story):
        with story.call() as call:
            for _ in range(5):
                call.conference()
            call.attach(After="all")

    simulation = Simulation(QUIET.replace(sites=(Site(agents=4),)))
    simulation.play(crowd)
    events = [one.event for one in simulation]
    causes = [event.cause for event in events if isinstance(event, EventCallDeleted)]
    assert causes == [TCause.Conference] * 4 + [TCause.NoAnswer, None]
    assert events[-2].user_data.keys() == ["After"]


@pytest.mark.parametrize("move", [lambda call: call.attach(A=1), lambda call: call.release(), lambda call: call.ring()])
def test_nothing_happens_to_a_call_that_has_ended(move):
    def script(story):
        with story.call() as call:
            call.release()
            move(call)

    with pytest.raises(ValueError, match="has ended"):
        told(script)


def test_a_call_goes_on_in_another_one_by_a_transfer_or_a_conference_only():
    def script(story):
        with story.call() as call, story.call() as other:
            other.release(into=call, cause=TCause.Busy)

    with pytest.raises(ValueError, match="Transfer or SingleStepTransfer or Conference only"):
        told(script)


def test_people_cost_time_and_tell_nothing():
    def script(story):
        with story.call(user_data={"A": 1}) as call:
            call.ring("7001")
            call.answer()
            with call.consult() as second:
                assert call.agent == "7001"
                second.ring("7002")
        with story.call() as unattended, unattended.consult():
            pass

    simulation = Simulation(QUIET)
    simulation.play(script)
    events = list(simulation)
    assert names(one.event for one in events) == ["Created", "Created", "Deleted", "Deleted"] * 2
    assert events[-1].time - events[0].time == 1  # ringing until the answer
    assert events[0].event.user_data == KVList({"A": 1})
    assert [one.event.ani for one in events if getattr(one.event, "call_type", None) == TCallType.Consult] == ["7001", None]


def test_only_a_consultation_can_be_completed():
    def script(story):
        with story.call() as call:
            call.complete_transfer()

    with pytest.raises(ValueError, match="no consultation"):
        told(script)


def test_an_error_in_a_script_is_the_scripts():
    def script(story):
        with story.call():
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        told(script)


def test_a_call_that_has_not_begun_is_reported():
    def script(story):
        call = story.inbound()
        for what in (lambda: call.attach({"a": 1}), call.ring, call.release):
            with pytest.raises(ValueError, match="has not begun: use it in a with block"):
                what()

    simulation = Simulation(QUIET)
    simulation.play(script)
    assert list(simulation) == []
