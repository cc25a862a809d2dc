"""One call at two T-Servers, out of two logs."""

from partyevents import (
    AGENT,
    CALLER,
    CONN,
    HERE,
    HILL,
    LAKE,
    QUEUE,
    SECOND,
    STEPS,
    THERE,
    UUID,
    UUID_2,
    diverted,
    established,
    fed,
    queued,
    released,
    ringing,
    spans,
)

from tlib_codec import EventCallCreated, EventCallDeleted
from tlib_codec.calls import LinkKind


def test_the_same_conn_id_at_another_site_is_the_same_call():
    assert list(fed(STEPS)) == [CONN]


def test_a_call_has_the_log_of_each_of_its_sites():
    assert fed(STEPS)[CONN].sites == {UUID: "lake.log", UUID_2: "hill.log"}


def test_a_party_has_its_site():
    assert fed(STEPS)[CONN].parties[f"{AGENT} {UUID_2}"].site == UUID_2


def test_the_same_dn_at_two_sites_is_two_parties():
    steps = [(ringing(0, **HERE), LAKE), (ringing(1, **THERE), HILL)]
    assert [party.dn for party in fed(steps)[CONN].parties.values() if party.present] == [AGENT, AGENT]


def test_a_deletion_at_one_site_does_not_end_the_call_at_the_other():
    named = {"call_uuid": UUID, "conn_id": CONN}
    created, deleted = (EventCallCreated(**named), LAKE), (EventCallDeleted(**named), LAKE)
    [call] = fed([created, *STEPS[:3], deleted, *STEPS[3:]]).values()
    assert spans(call, f"{AGENT} {UUID_2}") == [("ringing", 12, 15), ("established", 15, 60)]


def test_a_transfer_conn_id_of_another_site_links_the_calls():
    steps = [(queued(0), LAKE), (ringing(5, conn=SECOND, LastTransferConnID=CONN), HILL)]
    assert [link.kind for link in fed(steps)[CONN].links] == [LinkKind.SITE]


def test_a_call_known_by_its_uuid_alone_is_united_with_the_one_of_its_conn_id():
    steps = [(queued(0, **HERE), LAKE), (queued(3, "8999", conn=None, **THERE), HILL), (diverted(5, dn="8999", **THERE), HILL)]
    assert fed(steps)[CONN].events == 3


def test_states_are_united_with_a_call():
    steps = [(ringing(0, conn=None, **HERE), LAKE), (established(2), LAKE), (released(9, **HERE), LAKE)]
    assert spans(fed(steps)[CONN], AGENT) == [("ringing", 0, 2), ("established", 2, 9)]


def test_an_event_takes_no_conn_id_away_from_another_call():
    steps = [(ringing(0, **HERE), LAKE), (ringing(1, conn=SECOND, **THERE), LAKE), (established(2, conn=SECOND, **HERE), LAKE)]
    assert sorted(fed(steps)) == [CONN, SECOND]


def test_two_logs_without_call_uuids_are_joined_by_conn_id():
    steps = [(queued(0), LAKE), (diverted(4), LAKE), (ringing(5, ThisQueue=QUEUE), HILL)]
    assert list(fed(steps)[CONN].parties) == [QUEUE, CALLER, AGENT]
