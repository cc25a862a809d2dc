"""The commands as a person runs them: processes, ports, signals, and a primary that is killed."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import subprocess
import sys
from itertools import islice

import pytest
from stories import frames, stream

from tlib_codec import EventCallCreated, encode
from tlib_codec.calls import follow
from tlib_simulator import Scenario, Simulation
from tlib_simulator.network import Connected, Listener, LiveCalls, Received, Resynchronised

TLIB = [sys.executable, "-m", "tlib_cli"]


@contextlib.contextmanager
def serving(*arguments, **settings):
    """A process of `tlib` that listens, and its address."""
    process = subprocess.Popen([*TLIB, *map(str, arguments), "--listen", "127.0.0.1:0"], stderr=subprocess.PIPE, text=True, **settings)
    try:
        for line in process.stderr:
            found = re.search(r"listening at (\S+):(\d+)", line)
            if found:
                yield process, (found[1], int(found[2]))
                return
        raise AssertionError(f"{arguments} ended with {process.wait()}")
    finally:
        process.kill()
        process.communicate()


def tlib(*arguments, status=0, **settings):
    done = subprocess.run([*TLIB, *map(str, arguments)], capture_output=True, text=True, timeout=120, check=False, **settings)
    assert done.returncode == status, done.stderr
    return done


def at(address):
    return f"{address[0]}:{address[1]}"


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


def test_listen_gets_what_simulate_would_write(tmp_path):
    """The stream over the network is the file that the same scenario gives, behind the handshake."""
    tlib("simulate", "--stories", 50, "--seed", 3, "-o", tmp_path / "file.tlb")
    with serving("simulate", "--stories", 50, "--seed", 3, "--speed", 0, "--min-clients", 1) as (process, address):
        tlib("listen", at(address), "--once", "-o", tmp_path / "heard.tlb")
        assert process.wait(60) == 0
    heard, file = (tmp_path / "heard.tlb").read_bytes(), (tmp_path / "file.tlb").read_bytes()
    assert heard.endswith(file)
    assert heard[: len(heard) - len(file)].count(b"TL\1\0") == 1


def test_listen_chooses_counts_and_says_where_from():
    with serving("simulate", "--stories", 20, "--speed", 0, "--min-clients", 1) as (_, address):
        done = tlib("listen", at(address), "--event", "EventCallDeleted", "--once")
        found = lines(done.stdout)
        assert {line["Event"] for line in found} == {"EventCallDeleted"}
        assert {line["$source"]["file"] for line in found} == {at(address)}
    with serving("simulate", "--stories", 20, "--speed", 0, "--min-clients", 1) as (_, address):
        assert len(lines(tlib("listen", at(address), "--count", 5).stdout)) == 5


@pytest.mark.skipif(os.name == "nt", reason="signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_server_in_good_order(number):
    with serving("simulate", "--rate", 50) as (process, address):
        listening = subprocess.Popen([*TLIB, "listen", at(address), "--once"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        listening.stdout.readline()
        process.send_signal(number)
        out, err = listening.communicate(timeout=60)
        assert process.wait(60) == 128 + number
        assert "events sent" in process.stderr.read()
    assert listening.returncode == 0
    assert "closed by the server" in err
    assert all("$malformed" not in line for line in out.splitlines())


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_a_signal_ends_a_listener_in_good_order(tmp_path):
    with serving("simulate", "--rate", 200) as (_, address):
        target = tmp_path / "heard.jsonl"
        listening = subprocess.Popen([*TLIB, "listen", at(address), "-o", target], stderr=subprocess.PIPE, text=True)
        assert "connected" in listening.stderr.readline()
        while not target.exists() or target.stat().st_size < 1000:
            listening.poll()
            assert listening.returncode is None
        listening.send_signal(signal.SIGINT)
        listening.communicate(timeout=60)
        assert listening.returncode == 130
        assert lines(target.read_text())[0]["Event"] == "EventLinkConnected"


def test_faults_are_logged(tmp_path):
    scenario = tmp_path / "faulty.toml"
    scenario.write_text('stories = 30\n[[faults]]\nkind = "omit"\nevent = 5\n[[faults]]\nkind = "corrupt"\nevent = 9\n')
    log = tmp_path / "faults.jsonl"
    with serving("simulate", scenario, "--speed", 0, "--min-clients", 1, "--fault-log", log) as (process, address):
        done = tlib("listen", at(address), "--once", status=1)
        assert process.wait(60) == 0
    told = lines(log.read_text())
    assert [one["fault"] for one in told] == ["omit", "corrupt"]
    for one in told:
        assert any(f"[{code}]" in done.stderr for code in one["expect"]), (one, done.stderr)


def test_replay_sends_the_bytes_that_were_recorded(tmp_path):
    recorded = tmp_path / "recorded.tlb"
    broken = b"noise" + frames(stream(3)) + b"\0"
    recorded.write_bytes(broken)
    with serving("replay", recorded, "--speed", 0, "--min-clients", 1) as (_, address):
        tlib("listen", at(address), "--once", "-o", tmp_path / "heard.tlb", status=1)
    heard = (tmp_path / "heard.tlb").read_bytes()
    assert heard.endswith(frames(stream(3)))


def test_replay_under_fresh_names():
    with serving("replay", "examples/calls.tlb", "--rewrite", "ids", "--secret", "it", "--speed", 0, "--min-clients", 1) as (_, address):
        fresh = lines(tlib("listen", at(address), "--once").stdout)[1:]
    old = lines(tlib("decode", "examples/calls.tlb", "--to", "jsonl").stdout)
    assert len(fresh) == len(old)
    names = {}
    for one, other in zip(old, fresh, strict=True):
        for key in ("CallUUID", "ConnID", "RefCallUUID", "RefConnID", "OrigCallUUID"):
            assert (key in one) is (key in other)
            if key in one:
                assert one[key] != other[key]
                assert names.setdefault(one[key], other[key]) == other[key]
        assert one.get("ANI") == other.get("ANI")
        assert one.get("UserData") == other.get("UserData")


def test_replay_of_one_call_to_a_server():
    wanted = lines(tlib("calls", "examples/calls.tlb", "--to", "jsonl").stdout)[0]

    async def run():
        heard = bytearray()
        done = asyncio.Event()

        async def take(reader, writer):
            while data := await reader.read(65_536):
                heard.extend(data)
            writer.close()
            done.set()

        server = await asyncio.start_server(take, "127.0.0.1", 0)
        async with server:
            where = at(server.sockets[0].getsockname())
            process = await asyncio.create_subprocess_exec(
                *TLIB, "replay", "examples/calls.tlb", "--connect", where, "--call", wanted["ConnID"], "--speed", "0"
            )
            assert await process.wait() == 0
            await asyncio.wait_for(done.wait(), 60)
        return bytes(heard)

    heard = asyncio.run(run())
    decoded = subprocess.run([*TLIB, "decode", "--to", "jsonl"], input=heard, capture_output=True, check=True).stdout
    told = lines(decoded.decode())
    assert told
    assert {one.get("CallUUID", wanted["CallUUID"]) for one in told} == {wanted["CallUUID"]}
    assert {"EventCallCreated", "EventCallDeleted"} <= {one["Event"] for one in told}


def test_nobody_to_replay_to():
    assert "127.0.0.1:1" in tlib("replay", "examples/calls.tlb", "--connect", "127.0.0.1:1", status=2).stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("--listen", "nowhere"),
        ("--backup-of", "localhost:3000"),
        ("--listen", ":0", "--tls-key", "key.pem"),
        ("--listen", ":0", "-o", "x.tlb"),
    ],
)
def test_wrong_usage(arguments):
    assert tlib("simulate", *arguments, status=2).stderr.endswith("; see tlib simulate --help\n")


# -- kill -9 -----------------------------------------------------------------------------------------


@pytest.mark.skipif(os.name == "nt", reason="kill -9")
def test_a_primary_that_is_killed_under_load(within):
    """Three clients listen to a pair. The primary is killed; the backup announces every call that is live."""
    rate = 400
    arguments = ("simulate", "--rate", rate, "--seed", 11)

    async def listen(addresses, before, after):
        """What one client hears until so many events behind the takeover."""
        heard, left = [], after
        async for one in Listener(addresses, min_retry=0.01):
            heard.append(one)
            if isinstance(one, Received):
                if len(heard) == 500:
                    before.release()
                if one.connection > 1:
                    left -= 1
                if not left:
                    return heard
        raise AssertionError

    async def run():
        before = asyncio.Semaphore(0)
        with serving(*arguments) as (primary, first), serving(*arguments, "--backup-of", at(first)) as (backup, second):
            for line in backup.stderr:
                if "in step" in line:
                    break
            clients = [asyncio.create_task(listen([first, second], before, 1_500)) for _ in range(3)]
            for _ in clients:
                await before.acquire()
            primary.send_signal(signal.SIGKILL)
            return await asyncio.gather(*clients), first, second

    heard, first, second = within(run())
    for one in heard:
        assert [told.address for told in one if isinstance(told, Connected)] == [first, second]
        (again,) = [told for told in one if isinstance(told, Resynchronised) and told.connection == 2]
        # What the backup announced are the calls that are live at that event of the story, all of them.
        handshake = next(told.item for told in one if isinstance(told, Received) and told.connection == 2)
        events = int(handshake.extensions["position"])
        live = LiveCalls()
        scenario = Scenario(rate=rate, seed=11)
        for told in islice(Simulation(scenario), events):
            live.apply(told.event)
        assert {*again.kept, *again.new} == {call.call_uuid for call in live}
        assert len(again.kept) > 50
        # The stories go on: no change of a call that is not known, and the events that the scenario has.
        items = [told.item for told in one if isinstance(told, Received)]
        assert {anomaly.code for call in follow(items) for anomaly in call.anomalies} <= {"call-after-deletion"}
        announced = int(handshake.extensions["calls"])
        after = [told.data for told in one if isinstance(told, Received) and told.connection == 2][1 + announced :]
        rest = islice(Simulation(scenario), events, events + len(after))
        assert after == [encode(told.event) for told in rest]
        assert any(isinstance(item, EventCallCreated) for item in items[-100:])


@pytest.mark.usefixtures("certificate")
def test_a_pair_that_speaks_tls(tmp_path):
    simulate = ("simulate", "--seed", 3, "--rate", 50, "--tls-cert", "cert.pem", "--tls-key", "key.pem")
    with (
        serving(*simulate, cwd=tmp_path) as (primary, address),
        serving(*simulate, "--backup-of", at(address), "--tls-ca", "cert.pem", cwd=tmp_path) as (backup, _),
    ):
        assert "in step with the primary" in backup.stderr.readline()
        primary.kill()
        told = backup.stderr.readline() + backup.stderr.readline()
        assert "the primary is gone" in told
        assert "active at event" in told


def test_a_backup_without_a_primary_says_what_it_waits_for():
    with serving("simulate", "--backup-of", "127.0.0.1:1") as (backup, _):
        assert "waiting for the primary at 127.0.0.1:1: Connection refused" in backup.stderr.readline()
