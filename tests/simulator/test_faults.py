"""Every kind of fault is done when it is due, logged, and noticed as the log says."""

from __future__ import annotations

import pytest

from tlib_codec import Gap, InvalidEvent, MalformedFrame, StreamDecoder, UnknownEvent, check, encode
from tlib_codec.calls import Call, CallTracker
from tlib_schemas.tlibrary import TLIBRARY
from tlib_simulator import Scenario, Simulation
from tlib_simulator.faults import DESCRIPTIONS, Fault, FaultKind, Injector, Pause, Reset

STORY = [(one.time, one.event, encode(one.event)) for one in Simulation(Scenario(stories=40), seed=3)]
TRUE = b"".join(data for _, _, data in STORY)


def tell(*faults, seed=1, story=STORY):
    """The steps that a story becomes, and the log of its faults."""
    log = []
    injector = Injector(faults, seed=seed, log=log.append)
    steps = [step for time, event, data in story for step in injector.feed(time, event, data)]
    return steps + list(injector.close()), log


def stream(steps):
    return b"".join(step for step in steps if isinstance(step, bytes))


def noticed(data):
    """What a client notices in a stream: the codes of each call (None: of no call that is known), by CallUUID."""
    decoder, tracker = StreamDecoder(), CallTracker()
    decoder.feed(data)
    decoder.close()
    found = set()
    ends = []
    for item in decoder:
        if isinstance(item, MalformedFrame):
            found.add(item.error.code)
        elif isinstance(item, Gap):
            found.add("gap")
        else:
            found |= {violation.code for violation in check(decoder.data)}
            if isinstance(item, UnknownEvent) and TLIBRARY.message_name(item.message) is None:
                found.add("unknown-message")
            ends += [told for told in tracker.feed(item) if isinstance(told, Call)]
    for call in [*ends, *tracker.close()]:
        found |= {anomaly.code for anomaly in call.anomalies}
        if call.ending.value == "open":
            found.add("open")
    return found


OBSERVABLE = [
    Fault(kind=FaultKind.DROP, stage="created"),
    Fault(kind=FaultKind.DROP, stage="deleted", call=7),
    Fault(kind=FaultKind.DELAY, stage="created", seconds=100_000),
    Fault(kind=FaultKind.DUPLICATE, stage="created"),
    Fault(kind=FaultKind.DUPLICATE, stage="changed"),
    Fault(kind=FaultKind.DUPLICATE, stage="deleted"),
    Fault(kind=FaultKind.REORDER, stage="created", event=20),
    Fault(kind=FaultKind.CORRUPT),
    Fault(kind=FaultKind.CORRUPT, probability=0.2),
    Fault(kind=FaultKind.OMIT),
    Fault(kind=FaultKind.OMIT, attribute="CallUUID", event=9),
    Fault(kind=FaultKind.FORBIDDEN, stage="deleted"),
    Fault(kind=FaultKind.FORBIDDEN, stage="changed", attribute="Cause"),
    Fault(kind=FaultKind.FORBIDDEN, stage="created", attribute="ISLinkList"),
    Fault(kind=FaultKind.WRONG_TYPE),
    Fault(kind=FaultKind.WRONG_TYPE, attribute="UserData"),
    Fault(kind=FaultKind.UNKNOWN_ATTRIBUTE),
    Fault(kind=FaultKind.UNKNOWN_MESSAGE),
]


def test_nothing_is_noticed_without_faults():
    assert noticed(TRUE) == set()
    assert tell() == ([data for _, _, data in STORY], [])


@pytest.mark.parametrize("fault", OBSERVABLE, ids=lambda fault: f"{fault.kind}-{fault.stage or fault.attribute or 'any'}")
def test_what_the_log_expects_is_noticed(fault):
    steps, log = tell(fault)
    assert log, "the fault was never done"
    for injected in log:
        assert injected.fault is fault.kind
        assert injected.expect
        assert fault.stage is None or injected.name == f"EventCall{'DataChanged' if fault.stage == 'changed' else fault.stage.title()}"
    expected = {code for injected in log for code in injected.expect}
    assert expected <= noticed(stream(steps))


@pytest.mark.parametrize("kind", [FaultKind.SPLIT, FaultKind.GLUE, FaultKind.STALL])
def test_what_a_client_has_to_bear_in_silence(kind):
    steps, log = tell(Fault(kind=kind, event=5, seconds=3))
    (injected,) = log
    assert (injected.event, injected.frame, injected.expect) == (5, 5, ())
    assert stream(steps) == TRUE
    frames = [data for _, _, data in STORY]
    if kind is FaultKind.GLUE:
        assert steps == [*frames[:4], frames[4] + frames[5], *frames[6:]]
    else:
        place = steps.index(Pause(3))
        assert b"".join(steps[:place]) == b"".join(frames[:4]) + (steps[place - 1] if kind is FaultKind.SPLIT else b"")
        assert 0 < len(stream(steps[4:5])) < len(frames[4]) or kind is FaultKind.STALL


def test_a_reset_takes_the_event_along():
    steps, (injected,) = tell(Fault(kind=FaultKind.RESET, event=3))
    assert [*steps[:2], *steps[3:]] == [data for n, (_, _, data) in enumerate(STORY) if n != 2]
    assert steps[2] == Reset()
    assert injected.expect == ("reset",)


def test_a_delay_is_of_the_storys_time():
    steps, (injected,) = tell(Fault(kind=FaultKind.DELAY, event=2, seconds=60))
    late = STORY[1]
    after = next(n for n, (time, _, _) in enumerate(STORY) if time >= late[0] + 60)
    assert steps.index(late[2]) == after - 1
    assert injected.frame == after


def test_faults_behind_the_last_event_are_not_lost():
    last = len(STORY)
    for kind in (FaultKind.DELAY, FaultKind.GLUE):
        steps, log = tell(Fault(kind=kind, event=last))
        assert stream(steps) == TRUE
        assert len(log) == 1


def test_by_time_and_by_call():
    start = STORY[0][0]
    _, (injected,) = tell(Fault(kind=FaultKind.STALL, time=30))
    assert injected.time - start >= 30
    assert all(time - start < 30 for time, _, _ in STORY[: injected.event - 1])
    created = [event for _, event, _ in STORY if type(event).__name__ == "EventCallCreated"]
    _, log = tell(Fault(kind=FaultKind.STALL, call=4, probability=1))
    assert {injected.call_uuid for injected in log} == {created[3].call_uuid}


def test_a_fault_that_does_not_fit_waits_for_an_event_that_it_fits():
    _, (injected,) = tell(Fault(kind=FaultKind.FORBIDDEN))
    assert injected.name == "EventCallDeleted"
    _, (injected,) = tell(Fault(kind=FaultKind.WRONG_TYPE, attribute="CtrlParty"))
    assert getattr(STORY[injected.event - 1][1], "ctrl_party", None) is not None


def test_the_same_seed_does_the_same():
    faults = [Fault(kind=kind, probability=0.03) for kind in FaultKind]
    assert tell(*faults, seed=5) == tell(*faults, seed=5)
    assert tell(*faults, seed=5) != tell(*faults, seed=6)


def test_all_at_once_loses_no_frame_count():
    """The frame numbers of the log are those that a decoder counts, where no fault breaks the framing."""
    kinds = set(FaultKind) - {FaultKind.CORRUPT, FaultKind.WRONG_TYPE, FaultKind.RESET}
    steps, log = tell(*(Fault(kind=kind, probability=0.05) for kind in sorted(kinds)))
    decoder = StreamDecoder()
    decoder.feed(stream(steps))
    decoder.close()
    items = list(decoder)
    assert {injected.fault for injected in log} == kinds
    for injected in log:
        if injected.fault is FaultKind.OMIT:
            assert isinstance(items[injected.frame - 1], InvalidEvent)
        if injected.fault is FaultKind.UNKNOWN_MESSAGE:
            assert isinstance(items[injected.frame - 1], UnknownEvent)


def test_every_kind_is_explained():
    assert set(DESCRIPTIONS) == set(FaultKind)


@pytest.mark.parametrize("kinds", [(FaultKind.REORDER,), (FaultKind.DELAY,), (FaultKind.REORDER, FaultKind.DELAY)])
def test_the_log_expects_neither_more_nor_less_of_events_that_come_late(kinds):
    """Call by call, also where an event and those that should pass it are all held back."""
    steps, log = tell(*(Fault(kind=kind, probability=0.3, seconds=20) for kind in kinds))
    decoder, tracker = StreamDecoder(), CallTracker()
    decoder.feed(stream(steps))
    decoder.close()
    calls = [*[told for item in decoder for told in tracker.feed(item) if isinstance(told, Call)], *tracker.close()]
    found = {(call.call_uuid, anomaly.code) for call in calls for anomaly in call.anomalies}
    found |= {(call.call_uuid, "open") for call in calls if call.ending.value == "open"}
    expected = {(injected.call_uuid, code) for injected in log for code in injected.expect}
    assert len(expected) > 10
    assert found == expected
