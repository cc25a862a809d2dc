"""The fixture `tserver`: in a thread, in the test's loop, and in a run of pytest of its own."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from stories import frames, stream

from tlib_codec import EventCallCreated, EventCallDeleted, StreamDecoder, aio
from tlib_codec.calls import follow
from tlib_simulator import Scenario
from tlib_simulator.faults import Fault, FaultKind
from tlib_simulator.network import Listener, Received, Resynchronised
from tlib_simulator.testing import TServer

EVENTS = [one.event for one in stream(3)]


def a_call(story):
    with story.inbound(ani="5551000", dnis="8005550100") as call:
        call.attach(CustomerName="Ana Souza")
        call.wait(3600)


def listen(address, take):
    """Read until `take` is satisfied with the items so far; gives them."""
    decoder, items = StreamDecoder(), []
    with socket.create_connection(address) as connection:
        connection.settimeout(60)
        yield
        while not take(items):
            data = connection.recv(65_536)
            if not data:
                break
            decoder.feed(data)
            items += decoder
    return items


def heard_of(tserver, what, **how):
    """What a client that blocks hears of a play."""
    listening = listen(tserver.address, lambda items: len(items) > len(tserver.events) > 0)
    next(listening)
    tserver.play(what, **how)
    try:
        next(listening)
    except StopIteration as end:
        return end.value[1:]  # behind the handshake
    raise AssertionError


def test_a_story_in_a_thread(tserver):
    items = heard_of(tserver, a_call)
    assert items == tserver.events
    assert isinstance(items[0], EventCallCreated)
    assert (items[0].ani, items[0].dnis) == ("5551000", "8005550100")
    assert isinstance(items[-1], EventCallDeleted)


def test_events_as_they_are(tserver):
    assert heard_of(tserver, EVENTS) == EVENTS
    assert tserver.play(EVENTS[0], clients=0) == [EVENTS[0]]


def test_stories_have_calls_of_their_own(tserver):
    for _ in range(3):
        tserver.play(a_call, clients=0)
    created = [event for event in tserver.events if isinstance(event, EventCallCreated)]
    assert len({event.call_uuid for event in created}) == len({event.conn_id for event in created}) == 3
    assert all(not call.anomalies for call in follow(tserver.events))


def test_a_scenario(tserver, tmp_path):
    path = tmp_path / "it.toml"
    path.write_text("stories = 3\n")
    assert tserver.play(path, clients=0) == tserver.play(Scenario(stories=3), clients=0)


def test_in_the_tests_own_loop(tserver):
    async def run():
        reader, writer = await aio.connect(*tserver.address)
        async with writer:
            told = await tserver.aplay(a_call)
            await tserver.aclose()
            return [item async for item in reader][1:], told

    items, told = asyncio.run(run())
    assert items == told == tserver.events


def test_a_loop_that_ends_takes_the_server_along(tserver):
    async def run():
        await tserver.aplay(EVENTS, clients=0)
        return tserver.address

    address = asyncio.run(run())
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address)


def test_play_says_what_to_write_in_a_loop(tserver):
    async def run():
        with pytest.raises(RuntimeError, match="await aplay"):
            tserver.play(a_call)

    asyncio.run(run())


@pytest.mark.tserver(faults=[Fault(kind=FaultKind.OMIT, stage="deleted")], seed=5)
def test_a_marker_says_how_it_is_made(tserver):
    tserver.play(a_call, clients=0)
    (injected,) = tserver.injected
    assert injected.expect == ("mandatory-missing",)
    assert tserver.seed == 5


def test_a_reset_and_the_calls_after_it():
    async def run():
        with TServer() as tserver:
            listener = Listener([tserver.address], min_retry=0.01)
            half = EVENTS[:4]

            async def hear():
                reset = False
                async for one in listener:
                    if isinstance(one, Received) and one.item == half[-1] and not reset:
                        reset = True
                        tserver.reset()
                    if isinstance(one, Resynchronised):
                        return one
                return None

            hearing = asyncio.create_task(hear())
            await tserver.aplay(half)
            again = await asyncio.wait_for(hearing, 60)
            await tserver.aclose()
            return again

    again = asyncio.run(run())
    assert len(again.kept) == 2
    assert again.lost == ()


def test_nothing_is_started_that_is_not_asked_for():
    assert TServer().close() is None


def test_the_plugin_imports_next_to_nothing():
    code = "import sys, tlib_pytest; print([name for name in sys.modules if name.startswith(('tlib_codec', 'tlib_schemas', 'msgspec', 'construct'))])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_run_of_pytest_of_its_own(tmp_path):
    """The example of the tutorial, in a project that knows nothing but the installed package."""
    example = Path(__file__).parents[2] / "examples" / "test_desktop.py"
    (tmp_path / "test_desktop.py").write_bytes(example.read_bytes())
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-W", "error", "--strict-markers", "-p", "no:cacheprovider"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout
    assert "3 passed" in done.stdout


def test_frames_of_the_helper_are_what_is_sent():
    assert frames(stream(1))[:2] == b"TL"


def test_leaving_it_in_a_coroutine_closes_it():
    async def run():
        with TServer() as tserver:
            reader, writer = await aio.connect(*tserver.address)
            await tserver.aplay(EVENTS)
        async with writer, asyncio.timeout(60):
            items = [item async for item in reader]
        with pytest.raises(ConnectionRefusedError):
            await aio.connect(*tserver.address)
        with pytest.raises(RuntimeError, match="the server is closed"):
            await tserver.aplay(EVENTS)
        return items

    assert asyncio.run(run())[1:] == EVENTS


def test_a_closed_server_says_so(tserver):
    tserver.play(EVENTS, clients=0)
    tserver.close()
    with pytest.raises(RuntimeError, match="the server is closed"):
        tserver.play(EVENTS)


@pytest.mark.tserver(timeout=0.05)
def test_nobody_came(tserver):
    with pytest.raises(TimeoutError, match=f"no client connected to 127.0.0.1:{tserver.port} within 0.05 s"):
        tserver.play(EVENTS)
