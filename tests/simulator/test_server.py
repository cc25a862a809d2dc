"""The server: one stream for all, live calls for who comes late, and nobody waits for who does not read."""

from __future__ import annotations

import asyncio
import errno
import ssl
from types import SimpleNamespace

import pytest
from stories import frames, stream, uuid

from tlib_codec import EventCallCreated, aio, decode, encode
from tlib_codec.calls import follow
from tlib_simulator.faults import Fault, FaultKind, Injector
from tlib_simulator.network import (
    Connected,
    Disconnected,
    Listener,
    OtherStream,
    Received,
    Resynchronised,
    Server,
    ServerSettings,
    Silent,
    stand_by,
)
from tlib_simulator.network.connection import Connection
from tlib_simulator.network.handshake import Handshake, LinkRequest

WAIT_FOR_ONE = ServerSettings(min_clients=1)


async def everything(address, **settings):
    """The handshake, and the bytes behind it, of one connection to its end."""
    reader, writer = await aio.connect(*address, **settings)
    async with writer:
        items = [(item, reader.data) async for item in reader]
    return Handshake.of(items[0][0]), b"".join(data for _, data in items[1:])


async def heard(listener, kind, count=1):
    """The first so many of a kind that a listener hears."""
    found = []
    async for one in listener:
        if isinstance(one, kind):
            found.append(one)
            if len(found) == count:
                break
    return found


async def until(holds):
    while not holds():  # noqa: ASYNC110 what is waited for has no event of its own
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("speed", [0, 5_000])
def test_every_client_gets_the_same_stream_in_order(within, speed):
    events = stream(200)

    async def run():
        async with Server(ServerSettings(min_clients=5), stream="it") as server:
            address = await server.listen()
            clients = [asyncio.create_task(everything(address)) for _ in range(5)]
            await server.play(events, speed=speed)
            await server.close()
            return await asyncio.gather(*clients)

    for handshake, data in within(run()):
        assert handshake == Handshake(calls=0, position=0, stream="it")
        assert data == frames(events)


def test_who_comes_late_is_reported_the_live_calls(within):
    events = stream(20)
    half = len(events) // 2

    async def run():
        async with Server() as server:
            address = await server.listen()
            await server.play(events[:half], speed=0)
            reader, writer = await aio.connect(*address)
            async with writer:
                first = await reader.batch()
                await server.play(events[half:], speed=0)
                await server.close()
                rest = [item async for item in reader]
        return [item for _, _, item in first], rest

    first, rest = within(run())
    handshake = Handshake.of(first[0])
    assert (handshake.calls, handshake.position) == (len(first) - 1, half)
    assert all(isinstance(item, EventCallCreated) for item in first[1:])
    told = [call.user_data["N"] for call in first[1:] if call.user_data is not None]
    assert told == sorted(told)
    assert told
    assert rest == [one.event for one in events[half:]]
    calls = list(follow([*first, *rest]))
    assert all(not call.anomalies and call.ending.value == "deleted" for call in calls)


def test_who_does_not_read_is_cut_off_and_harms_nobody(within):
    events = stream(600, filling="x" * 20_000)
    told = []

    async def run():
        async with Server(ServerSettings(max_backlog=1 << 18, min_clients=2, patience=2.0), report=told.append) as server:
            address = await server.listen()
            _, sleeper = await aio.connect(*address)
            sleeper.stream.transport.pause_reading()
            good = asyncio.create_task(everything(address))
            await server.play(events, speed=0)
            assert server.clients.disconnected == 1
            await server.close()
            sleeper.stream.transport.abort()
            return await good

    _, data = within(run())
    assert data == frames(events)
    assert sum("disconnected" in line for line in told) == 1


def test_announcements_are_not_falling_behind(within):
    """However many calls are live, to be told of them is nobody's fault."""
    events = [one for one in stream(400, overlap=400, filling="x" * 2_000) if one.time < 800]

    async def run():
        async with Server(ServerSettings(max_backlog=1_000)) as server:
            address = await server.listen()
            await server.play(events, speed=0)
            late = asyncio.create_task(everything(address))
            await server.clients.wait_for(1)
            await server.play(stream(1), speed=0)
            await server.close()
            return await late, server.clients.disconnected

    (handshake, data), disconnected = within(run())
    assert handshake.calls == 400
    assert len(data) > 800_000
    assert disconnected == 0


def test_a_reset_on_purpose_and_the_calls_after_it(within):
    events = stream(12)
    log = []

    async def run():
        async with Server(WAIT_FOR_ONE) as server:
            address = await server.listen()
            listener = Listener([address], min_retry=0.01)
            hearing = asyncio.create_task(heard(listener, (Connected, Disconnected, Resynchronised), 4))
            injector = Injector([Fault(kind=FaultKind.RESET, event=13)], log=log.append)
            await server.play(events[:13], speed=0, injector=injector)
            await server.clients.wait_for(1)
            return await hearing

    first, lost, second, again = within(run())
    assert [type(one) for one in (first, lost, second)] == [Connected, Disconnected, Connected]
    assert "reset" in lost.reason.lower()
    assert again.connection == 2
    assert log[0].call_uuid in again.new  # its creation was lost, and is told now
    ended = {one.event.call_uuid for one in events[:13] if type(one.event).__name__ == "EventCallDeleted"}
    assert {*again.kept, *again.new} == {one.event.call_uuid for one in events[:13]} - ended


def test_a_client_that_comes_in_the_middle_of_a_frame_gets_whole_frames(within):
    events = stream(4)

    async def run():
        async with Server(WAIT_FOR_ONE) as server:
            address = await server.listen()
            first = asyncio.create_task(everything(address))
            playing = asyncio.create_task(server.play(events, injector=Injector([Fault(kind=FaultKind.SPLIT, seconds=0.3)]), speed=1000))
            await server.clients.wait_for(1)
            second = asyncio.create_task(everything(address))
            await playing
            await server.close()
            return await first, await second

    for _, data in within(run()):
        assert frames(events).endswith(data[-100:])
        assert data[:4] == b"TL\1\0"


# -- a pair ------------------------------------------------------------------------------------------


async def pair(events, *, stories=("it", "it")):
    """A primary and its backup, in step; what is left of the backup's story; the takeover."""
    primary = Server(stream=stories[0])
    backup = Server(stream=stories[1], active=False)
    addresses = [await primary.listen(), await backup.listen()]
    rest = iter(events)
    taking = asyncio.create_task(stand_by(backup, rest, addresses[0]))
    return primary, backup, addresses, rest, taking


def test_the_backup_takes_over_with_every_live_call(within):
    events = stream(30)

    async def run():
        primary, backup, addresses, rest, taking = await pair(events)
        listener = Listener(addresses, min_retry=0.01)
        heard_all = []

        async def listen():
            async for one in listener:
                heard_all.append(one)
                if isinstance(one, Received) and one.item == events[-1].event:
                    return

        listening = asyncio.create_task(listen())
        await primary.clients.wait_for(1)
        await primary.play(events[:40], speed=0)
        await until(lambda: backup.position == 40)
        await primary.close()
        await taking
        await backup.clients.wait_for(1)
        await backup.play(rest, speed=0)
        await listening
        await backup.close()
        return heard_all, backup

    told, backup = within(run())
    assert backup.position == len(events)
    (again,) = [one for one in told if isinstance(one, Resynchronised)]
    live = {one.event.call_uuid for one in events[:40]} - {
        one.event.call_uuid for one in events[:40] if type(one.event).__name__ == "EventCallDeleted"
    }
    assert set(again.kept) == live
    assert (again.new, again.lost) == ((), ())
    items = [one.item for one in told if isinstance(one, Received)]
    assert all(not call.anomalies for call in follow(items))
    assert [item for item in items if type(item) is not EventCallCreated and hasattr(item, "call_uuid")] == [
        one.event for one in events if type(one.event) is not EventCallCreated
    ]


def test_a_backup_is_silent_while_its_primary_lives(within):
    async def run():
        primary, backup, addresses, _, taking = await pair(stream(3))
        reader, writer = await aio.connect(*addresses[1])
        async with writer:
            await primary.play(stream(3), speed=0)
            await backup.clients.wait_for(1)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(reader.batch(), 0.2)
            await primary.close()
            await taking
            first = await reader.batch()
        await backup.close()
        return first

    assert Handshake.of(within(run())[0][2]) is not None


def test_a_backup_of_another_story_says_so(within):
    async def run():
        primary, backup, _, _, taking = await pair(stream(3), stories=("one", "other"))
        with pytest.raises(OtherStream, match="has the stream one, this server other"):
            await taking
        await backup.close()
        await primary.close()

    within(run())


# -- clients -----------------------------------------------------------------------------------------


def test_a_listener_knows_which_calls_ended_while_it_was_away(within):
    events = stream(6)

    async def run():
        async with Server() as server:
            address = await server.listen()
            listener = Listener([address], min_retry=0.01)
            hearing = asyncio.create_task(heard(listener, Resynchronised))
            await server.clients.wait_for(1)
            await server.play(events[:6], speed=0)
            await until(lambda: len(listener.live) == 3)
            server.clients.reset()
            for one in events[6:12]:
                server.send(one.event)
            (again,) = await hearing
            return again, {call.call_uuid for call in server.live}, {call.call_uuid for call in listener.live}

    again, live, known = within(run())
    assert again.lost
    assert set(again.kept) | set(again.new) == live == known
    assert set(again.kept) | set(again.lost) == {uuid(n) for n in range(3)}


def test_once_ends_with_the_connection(within):
    async def run():
        async with Server(WAIT_FOR_ONE) as server:
            address = await server.listen()
            listener = Listener([address], once=True)

            async def listen():
                return [type(one) async for one in listener]

            hearing = asyncio.create_task(listen())
            await server.play(stream(1), speed=0)
            await server.close()
            return await hearing

    assert within(run()) == [Connected, *[Received] * 4, Disconnected]


def test_nobody_there_is_reported_once(within):
    async def run():
        async with Server() as server:
            address = await server.listen()
        listener = Listener([address], min_retry=0.001, max_retry=0.002)
        hearing = asyncio.create_task(heard(listener, Disconnected, 2))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(hearing), 0.2)
        again = Server()
        await again.listen(*address)
        await again.clients.wait_for(1)
        await again.close()
        return await hearing

    first, second = within(run())
    assert (first.connection, second.connection) == (0, 1)


@pytest.mark.usefixtures("certificate")
def test_tls(within, tmp_path):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    events = stream(50)

    async def run():
        async with Server(WAIT_FOR_ONE) as server:
            address = await server.listen(ssl=context)
            with pytest.raises(ssl.SSLError):
                await aio.connect(*address, ssl=ssl.create_default_context())
            trusting = ssl.create_default_context(cafile=tmp_path / "cert.pem")
            client = asyncio.create_task(everything(address, ssl=trusting))
            await server.play(events, speed=0)
            await server.close()
            return await client

    assert within(run())[1] == frames(events)


def test_a_message_that_is_not_utf8_breaks_no_connection(within):
    """Neither a client that hears it in place of a handshake, nor the server in place of a request."""
    message = LinkRequest("it").frame().replace(b"stream", b"str\xffam")
    assert LinkRequest.of(decode(message)) is None

    async def run():
        said = []
        async with Server(ServerSettings(min_clients=1), report=said.append) as server:
            address = await server.listen()
            reader, writer = await aio.connect(*address)
            async with writer:
                await writer.write(message)
                await until(lambda: server.clients.connections)
                await server.play(stream(3))
                assert len(await reader.batch()) >= 1
            await until(lambda: not server.clients.connections)
        return said

    assert within(run())[-1] in {"client 1: closed", "client 1: Connection reset by peer"}


@pytest.mark.parametrize("reset", [False, True])
def test_a_server_that_ends_before_its_first_word_is_reported_and_the_next_one_tried(within, reset):
    async def run():
        tried = 0

        async def ending(_, writer):
            nonlocal tried
            tried += 1
            if reset:
                Connection(writer, 1).reset()
            writer.close()

        async with await asyncio.start_server(ending, "127.0.0.1", 0) as first, Server() as second:
            addresses = [first.sockets[0].getsockname(), await second.listen()]
            ((lost,), (connected,)) = await heard(Listener(addresses), Disconnected), await heard(Listener(addresses), Connected)
            await heard(Listener(addresses[:1]), Disconnected)
            hearing = asyncio.create_task(heard(Listener(addresses[:1], min_retry=0.2), Connected))
            tried = 0
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(hearing, 0.5)
            assert tried <= 3  # 0, 0.2, 0.6 seconds
        return lost, connected, addresses

    lost, connected, addresses = within(run())
    assert lost == Disconnected(addresses[0], 0, "Connection reset by peer" if reset else "closed by the server")
    assert connected == Connected(addresses[1], 1)


def test_an_error_that_is_no_reset_loses_the_connection_and_not_the_listener(within, monkeypatch):
    async def run():
        async with Server(WAIT_FOR_ONE) as server:
            address = await server.listen()
            hearing = asyncio.create_task(heard(Listener([address], min_retry=0.01), Disconnected))
            await server.clients.wait_for(1)
            read = asyncio.StreamReader.read

            async def unreachable(self, size):
                monkeypatch.setattr(asyncio.StreamReader, "read", read)
                raise OSError(errno.EHOSTUNREACH, "No route to host")

            await until(lambda: server.clients.connections and all(client.streaming for client in server.clients.connections))
            await asyncio.sleep(0.1)
            monkeypatch.setattr(asyncio.StreamReader, "read", unreachable)
            await server.play(stream(1), speed=0)
            return await hearing

    (lost,) = within(run())
    assert (lost.connection, lost.reason) == (1, "No route to host")


def test_a_server_that_says_nothing_is_reported_and_waited_for(within):
    async def run():
        async with Server(active=False) as server:
            address = await server.listen()
            hearing = asyncio.create_task(heard(Listener([address], handshake_timeout=0.01), Silent | Connected, 2))
            await server.clients.wait_for(1)
            await asyncio.sleep(0.1)
            server.activate()
            return await hearing, address

    found, address = within(run())
    assert found == [Silent(address), Connected(address, 1)]


def test_a_backup_does_not_do_again_what_its_primary_did(within):
    """Faults that happen once, by number or by call, and those of chance go on where the primary was."""
    events = stream(30)
    faults = [Fault(kind=FaultKind.OMIT, event=5), Fault(kind=FaultKind.DUPLICATE, probability=0.2), Fault(kind=FaultKind.DROP, event=60)]

    async def run():
        told = [], []
        primary = Server(stream="it")
        backup = Server(stream="it", active=False)
        injectors = [Injector(faults, log=log.append) for log in told]
        rest = iter(events)
        taking = asyncio.create_task(stand_by(backup, rest, await primary.listen(), injector=injectors[1]))
        await until(lambda: primary.clients.connections and all(client.is_backup for client in primary.clients.connections))
        await primary.play(events[:40], speed=0, injector=injectors[0])
        await until(lambda: backup.position == 40)
        await primary.close()
        await taking
        await backup.play(rest, speed=0, injector=injectors[1])
        await backup.close()
        return told

    before, after = within(run())
    alone = []
    injector = Injector(faults, log=alone.append)
    for one in events:
        list(injector.feed(one.time, one.event, encode(one.event)))
    assert before + after == alone
    assert {injected.event > 40 for injected in after} == {True}


@pytest.mark.parametrize("kind", [FaultKind.DELAY, FaultKind.REORDER, FaultKind.GLUE])
def test_who_comes_while_a_creation_is_held_back_is_reported_it_once(within, kind):
    events = stream(3)

    async def run():
        async with Server(ServerSettings(min_clients=1)) as server:
            address = await server.listen()
            injector = Injector([Fault(kind=kind, stage="created", seconds=1_000_000)])
            first = asyncio.create_task(everything(address))
            await server.play(events[:0], injector=injector)
            await server.clients.wait_for(1)
            server.skip(events[0], injector)
            second = asyncio.create_task(everything(address))
            await server.clients.wait_for(2)
            await server.play(events[1:], speed=0, injector=injector)
            await server.close()
            return await first, await second

    created = encode(events[0].event)
    for handshake, data in within(run()):
        assert data.count(created) == 1
        assert handshake.calls in {0, 1}


def test_a_takeover_keeps_the_storys_time(within, monkeypatch):
    """The silence between the last event of the primary and the first of the backup is there, at the speed of both."""
    events = stream(3)
    later = [SimpleNamespace(time=one.time + 100, event=one.event) for one in events[4:6]]
    waits = []

    async def run():
        async with Server() as server:
            for one in events[:4]:
                server.skip(one)
            sleep = asyncio.sleep

            async def slept(seconds):
                waits.append(seconds)
                await sleep(0)

            monkeypatch.setattr(asyncio, "sleep", slept)
            await server.play(later, speed=1.0)
            monkeypatch.setattr(asyncio, "sleep", sleep)

    within(run())
    assert waits[0] == pytest.approx(later[0].time - events[3].time, abs=5)
