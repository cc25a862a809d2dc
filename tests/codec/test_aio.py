"""Events over asyncio streams: any pieces, back-pressure, and errors of a type."""

from __future__ import annotations

import asyncio
import socket

import pytest

from tlib_codec import (
    EventCallCreated,
    EventCallDeleted,
    Gap,
    InvalidEvent,
    LimitExceeded,
    Limits,
    Malformed,
    MalformedFrame,
    Policy,
    SchemaViolation,
    TCause,
    Truncated,
    aio,
    encode,
)

UUID = "01FES9JKSOFQLEKK3CSH5B5AES00JV1U"
CONN = "006c02462a161006"
CREATED = EventCallCreated(call_uuid=UUID, conn_id=CONN, ani="5551000")
DELETED = EventCallDeleted(call_uuid=UUID, conn_id=CONN)
INVALID = EventCallDeleted(call_uuid=UUID, conn_id=CONN, cause=TCause.Busy, ref_conn_id=CONN)


def told(*pieces, **settings):
    """What an EventReader makes of a stream that arrives in these pieces."""

    async def run():
        stream = asyncio.StreamReader()
        reader = aio.EventReader(stream, **settings)

        async def feed():
            for piece in pieces:
                stream.feed_data(piece)
                await asyncio.sleep(0)
            stream.feed_eof()

        feeding = asyncio.create_task(feed())
        found = [(reader.offset, reader.data, item) async for item in reader]
        await feeding
        return found

    return asyncio.run(run())


def test_events_in_any_pieces():
    data = encode(CREATED) + encode(DELETED)
    whole = told(data)
    assert [item for _, _, item in whole] == [CREATED, DELETED]
    assert [(offset, frame) for offset, frame, _ in whole] == [(0, encode(CREATED)), (len(encode(CREATED)), encode(DELETED))]
    assert told(*(data[i : i + 1] for i in range(len(data)))) == whole


def test_lenient_gives_everything():
    broken = bytearray(encode(CREATED))
    broken[12] = 9  # the type of the first attribute
    items = [item for _, _, item in told(b"noise", bytes(broken), encode(INVALID, policy=Policy.LENIENT))]
    assert [type(item) for item in items] == [Gap, MalformedFrame, InvalidEvent]


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (encode(INVALID, policy=Policy.LENIENT), SchemaViolation),
        (encode(CREATED)[:-1], Truncated),
        (bytes.fromhex("544c 01 00 00a0 00000008 0003 01 000001 00"), Malformed),
    ],
)
def test_strict_raises(data, error):
    with pytest.raises(error):
        told(encode(DELETED), data, policy=Policy.STRICT)


def test_strict_leaves_out_gaps():
    assert [item for _, _, item in told(b"noise" + encode(CREATED), policy=Policy.STRICT)] == [CREATED]


def test_limits_hold():
    with pytest.raises(LimitExceeded):
        told(encode(CREATED), limits=Limits(frame_body=16), policy=Policy.STRICT)


def test_a_batch_is_what_one_read_completes():
    async def run():
        stream = asyncio.StreamReader()
        reader = aio.EventReader(stream)
        frames = [encode(CREATED), encode(DELETED)]
        stream.feed_data(b"".join(frames)[:-1])
        first = await reader.batch()
        stream.feed_data(frames[1][-1:])
        stream.feed_eof()
        return first, await reader.batch(), await reader.batch()

    first, second, end = asyncio.run(run())
    assert first == [(0, encode(CREATED), CREATED)]
    assert second == [(len(encode(CREATED)), encode(DELETED), DELETED)]
    assert end == []


def over_tcp(handler, client, **settings):
    async def run():
        async with await aio.serve(handler, "127.0.0.1", 0, **settings) as server:
            reader, writer = await aio.connect(*server.sockets[0].getsockname())
            async with writer:
                return await asyncio.wait_for(client(reader, writer), 30)

    return asyncio.run(run())


def test_server_and_client_talk():
    async def echo(reader, writer):
        async for item in reader:
            await writer.send(item)

    async def client(reader, writer):
        await writer.send(CREATED, DELETED)
        writer.stream.write_eof()
        return [item async for item in reader]

    assert over_tcp(echo, client) == [CREATED, DELETED]


def test_nothing_is_written_where_one_event_is_invalid():
    async def quiet(reader, writer):
        with pytest.raises(SchemaViolation):
            await writer.send(CREATED, INVALID)

    async def client(reader, writer):
        return [item async for item in reader]

    assert over_tcp(quiet, client) == []


def test_a_server_may_be_wrong_on_purpose():
    async def liar(reader, writer):
        await writer.send(INVALID)

    async def client(reader, writer):
        return [type(item) async for item in reader]

    assert over_tcp(liar, client, writer_policy=Policy.LENIENT) == [InvalidEvent]


def test_a_writer_waits_for_a_reader_that_does_not_read():
    """Without back-pressure all of it would lie in memory at once; here the writer stops."""
    written = 0

    async def flood(reader, writer):
        nonlocal written
        writer.stream.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8192)
        for _ in range(64):
            await writer.write(bytes(1 << 20))
            written += 1

    async def client(reader, writer):
        before = -1
        while written != before:  # until it stands still
            before = written
            await asyncio.sleep(0.2)
        return before

    assert over_tcp(flood, client) < 64


def test_a_reset_comes_through_after_what_had_arrived():
    async def rude(reader, writer):
        await writer.send(CREATED)
        await reader.batch()  # until the client has it
        writer.stream.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        writer.stream.transport.abort()

    async def client(reader, writer):
        found = await reader.batch()
        await writer.send(DELETED)
        with pytest.raises(ConnectionResetError):
            await reader.batch()
        return [item for _, _, item in found]

    assert over_tcp(rude, client) == [CREATED]
