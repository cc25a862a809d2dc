"""Calls as the text of a Mermaid sequence diagram."""

from hypothesis import given
from hypothesis import strategies as st
from partyevents import AGENT, CALLER, CONN, OTHER, SECOND, STEPS, calls, consultation, established, event, fed, joined, released, ringing

from tlib_codec import TCallState
from tlib_codec.calls import follow, mermaid
from tlib_fuzz import strategies


def lines(found, **options):
    return [line.strip() for line in mermaid(found.values(), **options).splitlines()]


def test_a_diagram_has_a_participant_a_party():
    drawn = lines(calls(ringing(0), released(1)))
    assert [line for line in drawn if line.startswith("participant")] == [f"participant p0 as {AGENT}", f"participant p1 as {CALLER}"]


def test_an_offered_call_points_at_its_destination():
    assert "p1->>p0: 01:46:40 Ringing" in lines(calls(ringing(0)))


def test_an_answer_points_back():
    assert "p0-->>p1: 01:46:41 Established" in lines(calls(ringing(0), established(1)))


def test_a_party_that_leaves_has_a_cross():
    assert "p0-xp1: 01:46:42 Released" in lines(calls(ringing(0), released(2)))


def test_an_event_without_another_party_is_a_note():
    assert "Note over p0: 01:46:43 Held" in lines(calls(ringing(0), event("Held", 3, AGENT)))


def test_a_merge_is_a_note():
    drawn = lines(calls(*consultation(), *joined(40, TCallState.Transferred), released(60, OTHER)))
    assert f"Note over p0,p2: {SECOND} goes on as {CONN}" in drawn


def test_a_site_is_a_box():
    drawn = lines(fed(STEPS))
    assert [line for line in drawn if line.startswith("box")] == ["box lake.log", "box hill.log"]


def test_a_long_diagram_is_cut():
    assert "Note over p0,p1: more events than are drawn" in lines(calls(ringing(0), established(1)), rows=1)


def test_a_diagram_of_nothing_has_a_participant():
    assert "participant calls as Calls" in lines({})


def test_text_of_the_input_cannot_break_out():
    drawn = mermaid(calls(ringing(0, "a;b\nend%%{init}#", "c")).values(), title="x\nbox y")
    assert "participant p0 as a#59;b#92;nend#37;#37;#123;init#125;#35;" in drawn


@given(st.lists(strategies.items(), max_size=10))
def test_any_calls_can_be_written(items):
    mermaid(follow(items)).encode("ascii")
