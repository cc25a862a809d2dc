"""Test an agent desktop against a simulated T-Server: the fixture `tserver`.

Run it: pytest examples/test_desktop.py
"""

from __future__ import annotations

import asyncio
import socket
import threading

import pytest

from tlib_codec import EventCallCreated, EventCallDataChanged, EventCallDeleted, InvalidEvent, StreamDecoder, aio
from tlib_simulator.faults import Fault, FaultKind


class Desktop:
    """The code under test: it shows the live calls, and the callers."""

    def __init__(self) -> None:
        self.calls: dict[str, str] = {}
        self.history: list[str] = []
        self.invalid = 0

    def take(self, item: object) -> None:
        match item:
            case EventCallCreated():
                self.calls[item.call_uuid] = item.ani or "unknown"
            case EventCallDataChanged() if item.user_data is not None and "CustomerName" in item.user_data:
                self.calls[item.call_uuid] = item.user_data["CustomerName"]
            case EventCallDeleted():
                self.history.append(self.calls.pop(item.call_uuid, "an unknown call"))
            case InvalidEvent():
                self.invalid += 1


def a_customer_calls(story):
    """A customer calls, and an agent sells something."""
    with story.inbound(ani="5551000", dnis="8005550100") as call:
        call.attach(CustomerName="Ana Souza")
        agent = call.answer()
        call.talk(90)
        call.attach(Outcome="Sold", by=agent)


def test_the_caller_has_a_name(tserver):
    """A desktop with threads and sockets; the server runs in a thread too."""
    desktop = Desktop()

    def run(connection):
        decoder = StreamDecoder()
        while data := connection.recv(65536):
            decoder.feed(data)
            for item in decoder:
                desktop.take(item)

    with socket.create_connection(tserver.address) as connection:
        listening = threading.Thread(target=run, args=(connection,))
        listening.start()
        tserver.play(a_customer_calls)
        tserver.close()
        listening.join()

    assert desktop.history == ["Ana Souza"]
    assert desktop.calls == {}


async def one_customer(desktop, tserver):
    reader, writer = await aio.connect(*tserver.address)
    async with writer:
        await tserver.aplay(a_customer_calls)
        await tserver.aclose()
        async for item in reader:
            desktop.take(item)


def test_the_caller_has_a_name_in_asyncio(tserver):
    """A desktop in asyncio; the server runs in the test's event loop."""
    desktop = Desktop()
    asyncio.run(one_customer(desktop, tserver))
    assert desktop.history == ["Ana Souza"]


@pytest.mark.tserver(faults=[Fault(kind=FaultKind.OMIT, attribute="CallUUID", stage="changed", probability=1)])
def test_a_server_that_breaks_the_rules(tserver):
    """No change has a CallUUID. The desktop must notice and continue."""
    desktop = Desktop()
    asyncio.run(one_customer(desktop, tserver))
    assert {fault.expect for fault in tserver.injected} == {("mandatory-missing",)}
    assert desktop.invalid == len(tserver.injected) == 2
    assert desktop.history == ["5551000"]  # the name never arrived
