"""The fields of a call in a condition."""

from __future__ import annotations

import datetime as dt

import pytest
from partyevents import calls, established, released, ringing

from tlib_codec.calls import CALLS, Call, Ending
from tlib_codec.calls.anomalies import Anomaly
from tlib_codec.calls.party import Party
from tlib_codec.query import QueryError
from tlib_codec.query.condition import Condition
from tlib_schemas.enumerations import TCause
from tlib_schemas.tlibrary import TLIBRARY

BEGIN = dt.datetime(2026, 3, 14, 21, tzinfo=dt.UTC)
CALL = Call(
    state={"Cause": TCause.Transfer, "ANI": "5551000"},
    created=True,
    ending=Ending.DELETED,
    begin=BEGIN,
    end=BEGIN + dt.timedelta(minutes=6),
    events=4,
    parties={"a": Party(dn="7001", agent="Ann"), "b": Party(dn="7002")},
)
OPEN = Call(state={})


@pytest.mark.parametrize(
    ("condition", "wanted"),
    [
        ("$duration > 5m", True),
        ("$duration > 6m", False),
        ("$party = 7002", True),
        ("$party = 7003", False),
        ("$agent = Ann", True),
        ("$begin >= 2026-03-14T21:00", True),
        ("$end < 2026-03-14T21:06", False),
        ("$begin ~ 2026-03-14T21:*Z", True),
        ("$ending = deleted", True),
        ("$events >= 4", True),
        ("$anomaly ~ *", False),
        ("Cause = Transfer and ANI ~ 555*", True),
    ],
)
def test_a_condition_tests_a_call(condition, wanted):
    assert Condition(condition, CALLS, TLIBRARY)(CALL) is wanted


@pytest.mark.parametrize("field", ["$duration", "$queue", "$ring", "$talk", "$hold", "$begin", "$end", "$released_first", "$party"])
def test_a_call_without_the_value_meets_no_condition(field):
    assert not Condition(f"{field} ~ *", CALLS, TLIBRARY)(OPEN)


def test_the_code_of_an_anomaly_is_a_field():
    call = Call(state={}, anomalies=[Anomaly("late-event", None, "")])
    assert Condition("$anomaly = late-event", CALLS, TLIBRARY)(call)


def test_a_misspelt_outcome_names_the_closest():
    with pytest.raises(QueryError, match=r"did you mean transferred\?"):
        Condition("$outcome = transfered", CALLS, TLIBRARY)


def test_an_agent_that_rang_and_did_not_answer_is_a_field():
    (call,) = calls(ringing(0, "7001", AgentID="Ann"), released(9, "7001")).values()
    assert Condition("$unanswered = Ann", CALLS, TLIBRARY)(call)


def test_an_agent_that_answered_is_not():
    (call,) = calls(ringing(0), established(3), released(9)).values()
    assert not Condition("$unanswered ~ *", CALLS, TLIBRARY)(call)
