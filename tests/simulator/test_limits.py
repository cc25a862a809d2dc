"""Limits of servers and listeners: clients, files, backlogs, live calls."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import ssl

import pytest

from tlib_codec import EventCallCreated, EventCallDataChanged, EventCallDeleted, KVList, encode
from tlib_simulator.network import Evicted, Listener, LiveCalls, Server, ServerSettings
from tlib_simulator.network.accepting import Acceptor, listening
from tlib_simulator.network.handshake import Handshake


def created(number, **fields):
    return EventCallCreated(call_uuid=f"{number:032d}", conn_id=f"{number:016x}", call_type=2, **fields)


async def until(holds):
    for _ in range(2_000):
        if holds():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it does not come")


def test_clients_beyond_the_limit_wait_until_one_leaves(within):
    told = []

    async def run():
        async with Server(ServerSettings(max_clients=2, patience=0.2), report=told.append) as server:
            address = await server.listen()
            writers = [(await asyncio.open_connection(*address))[1] for _ in range(3)]
            await until(lambda: any("others wait" in line for line in told))
            assert len(server.clients.connections) == 2
            writers[0].close()
            await until(lambda: "client 3" in " ".join(told))
            for writer in writers:
                writer.close()

    within(run())
    assert "2 clients are connected: others wait until one leaves" in told


class Exhausted:
    """A loop's `sock_accept` that fails a few times, as where no file is left."""

    def __init__(self, accept, times):
        self.accept, self.times, self.tries = accept, times, 0

    async def __call__(self, sock):
        self.tries += 1
        if self.tries <= self.times:
            raise OSError(errno.EMFILE, "Too many open files")
        return await self.accept(sock)


def test_no_more_files_is_one_line_and_a_pause(within, monkeypatch):
    told = []

    async def run():
        loop = asyncio.get_running_loop()
        exhausted = Exhausted(loop.sock_accept, 2)
        monkeypatch.setattr(loop, "sock_accept", exhausted)
        async with Server(ServerSettings(patience=0.2), report=told.append) as server:
            _, writer = await asyncio.open_connection(*await server.listen())
            await until(lambda: server.clients.connections)
            writer.close()

    within(run())
    assert [line for line in told if "Too many" in line] == ["no connection can be accepted for now: Too many open files"]


def test_a_handshake_that_fails_is_one_line(within, certificate, tmp_path):
    told = []
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")

    async def run():
        async with Server(ServerSettings(patience=0.2), report=told.append) as server:
            _, writer = await asyncio.open_connection(*await server.listen(ssl=context))
            writer.write(b"no TLS at all, and long enough to be seen as such\n" * 10)
            await until(lambda: told)
            writer.close()

    within(run())
    assert told[0].startswith("a client was not accepted: ")


def test_an_address_in_use_is_an_error(within):
    async def run():
        (sock,) = await listening("127.0.0.1", 0)
        with contextlib.closing(sock), pytest.raises(OSError, match="in use"):
            await listening("127.0.0.1", sock.getsockname()[1])

    within(run())


def test_an_address_of_another_machine_is_an_error(within):
    async def run():
        with pytest.raises(OSError, match="assign"):
            await listening("203.0.113.1", 0)

    within(run())


def test_an_acceptor_closes_its_sockets(within):
    async def serve(_reader, writer):
        writer.close()

    async def run():
        acceptor = Acceptor(1, serve, lambda _: None)
        (sock,) = await listening("127.0.0.1", 0)
        acceptor.accept(sock, None)
        await asyncio.sleep(0)
        acceptor.close()
        assert sock.fileno() == -1

    within(run())


def test_clients_that_do_not_read_keep_no_more_than_the_limit_together(within):
    events = [created(n, user_data=KVList({"A": "x" * 20_000})) for n in range(600)]

    async def run():
        settings = ServerSettings(max_backlog=1 << 30, max_backlogs=4 << 20, patience=0.2)
        async with Server(settings) as server:
            address = await server.listen()
            sleepers = [socket.create_connection(address) for _ in range(20)]
            await server.clients.wait_for(20)
            for event in events:
                server.send(event)
                server.flush()
                assert sum(one.backlog for one in server.clients.connections) <= 4 << 20
            assert server.clients.disconnected
            for sleeper in sleepers:
                sleeper.close()

    within(run())


# -- live calls -----------------------------------------------------------------------------------


def test_the_oldest_live_call_is_forgotten_beyond_the_number():
    live = LiveCalls(limit=2)
    for n in range(3):
        live.apply(created(n))
    assert [call.conn_id for call in live] == [f"{n:016x}" for n in (1, 2)]
    assert live.evicted == 1


def test_live_calls_count_their_frames():
    live = LiveCalls(memory=100_000)
    for n in range(100):
        live.apply(created(n), 20_000)
    assert len(live) == 4


def test_a_call_that_ends_gives_its_memory_back():
    live = LiveCalls(memory=100_000)
    for n in range(100):
        live.apply(created(n), 20_000)
        live.apply(EventCallDeleted(call_uuid=f"{n:032d}", conn_id=f"{n:016x}"))
    live.apply(created(1), 90_000)
    live.apply(created(1), 90_000)
    assert (len(live), live.evicted) == (1, 0)


def test_changes_of_the_same_value_do_not_add_up():
    live = LiveCalls(memory=100_000)
    live.apply(created(1), 500)
    for n in range(100):
        live.apply(EventCallDataChanged(call_uuid=f"{1:032d}", conn_id=f"{1:016x}", user_data=KVList({"A": str(n)})), 20_000)
    live.apply(EventCallDataChanged(call_uuid=f"{2:032d}", conn_id=f"{2:016x}", user_data=KVList({"A": "b"})), 20_000)
    assert (len(live), live.evicted) == (2, 0)


def test_a_server_reports_once_that_calls_are_forgotten():
    told = []
    server = Server(report=told.append)
    server.live = LiveCalls(limit=2)
    for n in range(5):
        server.send(created(n))
    assert told == ["more live calls than the limit (2): the oldest are not announced to new clients"]


async def notices_of(announced):
    """The notices of a listener with place for two live calls, whose server announces some of five calls, and its live calls at the end."""

    async def serve(_reader, writer):
        writer.write(Handshake(announced, 0, "").frame() + b"".join(encode(created(n)) for n in range(5)))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    listener = Listener([server.sockets[0].getsockname()[:2]], once=True)
    listener.live = LiveCalls(limit=2)
    notices = [notice async for notice in listener]
    server.close()
    return notices, len(listener.live)


def test_a_listener_says_once_that_calls_are_forgotten(within):
    notices, live = within(notices_of(announced=0))
    assert ([notice for notice in notices if isinstance(notice, Evicted)], live) == ([Evicted(2)], 2)


def test_an_announcement_keeps_no_more_names_than_the_limit(within):
    notices, _ = within(notices_of(announced=5))
    assert [len(notice.new) for notice in notices if hasattr(notice, "new")] in ([], [2])
