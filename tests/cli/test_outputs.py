"""`tlib decode` to Parquet, Arrow, CSV and captures, and the filters of time and address."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet
import pytest

import tlib_cli as cli
from tlib_codec.arrow.columns import Columns, frames
from tlib_codec.formats.captures.conversation import checksum

EXAMPLES = Path(__file__).parents[2] / "examples"
CAPTURED = [
    '{"Event":"EventCallDeleted","CallUUID":"01FES9JKSOFQLEKK3CSH5B5AES00JV1U","ConnID":"006c02462a161006",'
    f'"$source":{{"file":"a.pcap","packet":{i},"time":"2026-03-14T21:00:0{i}+00:00","src":"{src}","dst":"{dst}","connection":1}}}}'
    for i, (src, dst) in enumerate(
        [("10.0.0.1:3063", "10.0.0.9:5000"), ("10.0.0.9:5000", "10.0.0.1:3063"), ("[2001:db8::1]:3063", "[2001:db8::2]:70")]
    )
]


def read(path):
    match path.suffix:
        case ".parquet":
            return pyarrow.parquet.read_table(path)
        case ".arrow":
            return pyarrow.ipc.open_file(path).read_all()
        case _:
            return pyarrow.ipc.open_stream(path).read_all()


@pytest.fixture
def mixed(tmp_path, sample):
    path = tmp_path / "mixed.tlb"
    path.write_bytes(b"junk!" + sample.first + sample.first[:70] + sample.frames + sample.invalid)
    return path


@pytest.mark.parametrize("suffix", [".parquet", ".arrow", ".arrows"])
def test_columns_give_the_input_back_and_report_errors(mixed, tmp_path, run, suffix):
    done = run("decode", mixed, "-o", tmp_path / f"out{suffix}")
    table = read(tmp_path / f"out{suffix}")
    assert b"".join(frames(table)) == mixed.read_bytes()
    assert set(table["$file"].to_pylist()) == {str(mixed)}
    plain = run("decode", mixed, "-o", tmp_path / "out.jsonl")
    assert (done.status, plain.status) == (1, 1)
    told, expected = done.err.splitlines(), plain.err.splitlines()
    assert [told[0], told[2]] == [expected[0], expected[2]]
    assert "[" + re.findall(r"\[([a-z-]+)\]$", expected[1])[0] + "]" in told[1]


def test_rows_of_hex_text_equal_rows_of_frames(mixed, tmp_path, run):
    run("decode", mixed, "-o", tmp_path / "straight.parquet")
    (tmp_path / "mixed.hex").write_text(mixed.read_bytes().hex())
    run("decode", tmp_path / "mixed.hex", "-o", tmp_path / "items.parquet")
    straight, items = (read(tmp_path / name).drop(["$file"]) for name in ("straight.parquet", "items.parquet"))
    assert set(items["$line"].to_pylist()) == {1}
    assert items.drop(["$line"]).to_pylist() == straight.to_pylist()


def test_rows_of_a_query_equal_the_rows_of_the_whole_file(sample, tmp_path, run):
    path = tmp_path / "a.tlb"
    path.write_bytes(sample.frames + sample.invalid)
    run("decode", path, "--event", "EventCallDeleted", "-o", tmp_path / "a.parquet")
    rows = read(tmp_path / "a.parquet").to_pylist()
    whole = [row for row in pa.table(Columns(path.read_bytes())).to_pylist() if row["Event"] == "EventCallDeleted"]
    assert [{k: v for k, v in row.items() if k not in {"$file", "$time"}} for row in rows] == whole


def test_a_log_has_its_lines_times_and_private_names(tmp_path, run):
    text = (
        "2015-05-29T16:45:24.594 Trc 04541 EventRinging received from [66] (x)\nmessage EventRinging\n"
        "\tAttributeThisDN\t'2'\n\tAttributeMystery\t'x'\n\n@16:45:26.0000 [0] 8.1 distribute_event: message EventNotPublic\n"
        "\tAttributeThisDN\t'3'\n\n"
    )
    (tmp_path / "a.log").write_text(text)
    run("decode", tmp_path / "a.log", "-o", tmp_path / "a.parquet")
    first, second = read(tmp_path / "a.parquet").select(["Event", "ThisDN", "$line", "$local_time", "$unnumbered"]).to_pylist()
    assert (first["Event"], first["ThisDN"], first["$line"]) == ("EventRinging", "2", 2)
    assert first["$local_time"].isoformat() == "2015-05-29T16:45:24.594000"
    assert first["$unnumbered"] == [("AttributeMystery", "'x'")]
    assert (second["Event"], second["ThisDN"]) == ("EventNotPublic", "3")


def test_jsonl_of_a_capture_has_its_addresses(tmp_path, run):
    (tmp_path / "a.jsonl").write_text("\n".join(CAPTURED) + "\nnonsense\n")
    assert run("decode", tmp_path / "a.jsonl", "-o", tmp_path / "a.parquet").status == 1
    rows = read(tmp_path / "a.parquet").to_pylist()
    assert [row["$src"] for row in rows] == ["10.0.0.1:3063", "10.0.0.9:5000", "[2001:db8::1]:3063", None]
    assert rows[1]["$time"].isoformat() == "2026-03-14T21:00:01+00:00"
    assert [row["$packet"] for row in rows] == [0, 1, 2, None]
    assert (rows[3]["$error"], rows[3]["$line"], rows[3]["$frame"]) == ("json-syntax", 4, b"")


def test_csv(mixed, tmp_path, run):
    run("decode", mixed, "-o", tmp_path / "a.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "a.csv").read_text())))
    assert [row["Event"] for row in rows][1:3] == ["EventCallCreated", "EventCallCreated"]
    assert json.loads(rows[1]["UserData"]) == {"Group": "VAG", "RTR": 115, "Seg.ment": {"Tier": {"$unicode": "Gold"}}}
    assert bytes.fromhex(rows[0]["$frame"]) == b"junk!"
    assert len(run("decode", mixed, "--to", "csv").out.splitlines()) == len(rows) + 1


@pytest.mark.parametrize("output", [["--to", "parquet", "-o", "x.parquet"], ["-o", "folder/"]], ids=["file", "folder"])
def test_without_pyarrow_one_line_names_the_extra(mixed, tmp_path, output):
    code = f"import sys; sys.modules['pyarrow'] = None; from tlib_cli import main; sys.exit(main(['decode', {str(mixed)!r}, *{output!r}]))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (2, "tlib: columns need pyarrow: pip install 'tlib-codec[arrow]'\n")


def test_an_interrupted_run_leaves_the_old_file(sample, tmp_path, monkeypatch, run):
    path, out = tmp_path / "a.tlb", tmp_path / "out.parquet"
    path.write_bytes(sample.frames)
    out.write_bytes(b"before")
    monkeypatch.setattr("tlib_codec.arrow.records.filled", lambda *a, **k: (_ for _ in ()).throw(KeyboardInterrupt))
    assert cli.main(["decode", str(path), "-o", str(out)]) == cli.INTERRUPTED
    assert out.read_bytes() == b"before"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.tlb", "out.parquet"]


# -- captures ------------------------------------------------------------------------------------


def packets(path):
    """Every packet of a classic pcap or of our pcapng."""
    data = path.read_bytes()
    at = 24
    if path.suffix == ".pcapng":
        at = 28 + 20
    while at < len(data):
        if path.suffix == ".pcapng":
            length = struct.unpack_from("<I", data, at + 4)[0]
            high, low, size = struct.unpack_from("<III", data, at + 12)
            yield (high << 32) + low, data[at + 28 : at + 28 + size]
            at += length
        else:
            seconds, part, size = struct.unpack_from("<III", data, at)
            yield seconds * 1_000_000 + part, data[at + 16 : at + 16 + size]
            at += 16 + size


def payload(packet):
    ip = packet[14:]
    if ip[0] >> 4 == 4:
        assert checksum(ip[:20]) == 0
        source, tcp = ip[12:20], ip[20:]
    else:
        source, tcp = ip[8:40], ip[40:]
    assert checksum(source + struct.pack(">II", len(tcp), 6) + tcp) == 0
    return tcp[(tcp[12] >> 4) * 4 :]


@pytest.mark.parametrize("suffix", [".pcap", ".pcapng"])
def test_the_payload_of_a_conversation_is_the_frames(tmp_path, sample, run, suffix):
    path, out = tmp_path / "a.tlb", tmp_path / f"a{suffix}"
    big = b"TL\x01\x00\x00\x3c\x00\x00\x40\x06\x00\xc8\x02\x00\x40\x00" + bytes(0x4000)
    path.write_bytes(sample.frames + big + sample.frames)
    assert run("decode", path, "-o", out).status == 0
    made = list(packets(out))
    assert b"".join(payload(packet) for _, packet in made) == path.read_bytes()
    assert all(len(payload(packet)) <= 1460 for _, packet in made)
    flags = [packet[14 + 20 + 13] for _, packet in made]
    assert flags[:3] == [2, 18, 16]
    assert flags[-3:] == [17, 17, 16]


def test_addresses_and_times_of_the_source_are_kept(tmp_path, run):
    run("decode", "-o", tmp_path / "a.pcapng", input="\n".join(CAPTURED).encode())
    made = [(time, packet) for time, packet in packets(tmp_path / "a.pcapng") if payload(packet)]
    assert [time % 60_000_000 for time, _ in made] == [0, 1_000_000, 2_000_000]
    assert made[0][1][26:34] == bytes([10, 0, 0, 1, 10, 0, 0, 9])
    assert made[1][1][26:34] == bytes([10, 0, 0, 9, 10, 0, 0, 1])
    assert made[2][1][12:14] == b"\x86\xdd"


def test_a_conversation_per_pair_and_sequence_numbers_wrap():
    from tlib_codec.formats.captures.conversation import Conversations, Pcap

    file = io.BytesIO()
    conversations = Conversations(Pcap(file))
    conversations.send(b"a", src="10.0.0.1:1", dst="10.0.0.2:2")
    side, _ = conversations._sides("10.0.0.1:1", "10.0.0.2:2")
    side.sequence = 0xFFFF_FFFF
    conversations.send(b"bc", src="10.0.0.1:1", dst="10.0.0.2:2")
    assert side.sequence == 1
    conversations.close()
    assert not conversations._open


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
@pytest.mark.parametrize("suffix", [".pcap", ".pcapng"])
def test_tshark_reads_the_conversation_and_finds_nothing_wrong(tmp_path, run, suffix):
    out = tmp_path / f"a{suffix}"
    run("decode", EXAMPLES / "tserver.log", "-o", out)
    run("decode", EXAMPLES / "tserver.log", "-o", tmp_path / "a.tlb")
    checked = ["-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"]
    wrong = "tcp.analysis.flags || tcp.checksum.status != 1 || ip.checksum.status != 1"
    done = subprocess.run(["tshark", "-r", out, *checked, "-Y", wrong], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout == ""
    done = subprocess.run(["tshark", "-r", out, "-q", "-z", "follow,tcp,raw,0"], capture_output=True, text=True, timeout=120, check=True)
    assert bytes.fromhex("".join(re.findall(r"^\s*([0-9a-f]+)$", done.stdout, re.MULTILINE))) == (tmp_path / "a.tlb").read_bytes()


# -- time and address ----------------------------------------------------------------------------


def lines(done):
    return [json.loads(line) for line in done.out.splitlines()]


def own_time(line):
    """Seconds since 1970, by the attributes or by the composite of an event's table."""
    if "time" in line:
        return int(dt.datetime.fromisoformat(line["time"]).timestamp())
    return line.get("TimeinSecs")


def test_since_and_until_take_the_events_own_time(run):
    whole = lines(run("decode", EXAMPLES / "calls.tlb"))
    timed = [line for line in whole if own_time(line) is not None]
    at = own_time(timed[10])
    wanted = [line for line in timed if at <= own_time(line) < at + 300]
    since, until = (dt.datetime.fromtimestamp(t, dt.UTC).isoformat() for t in (at, at + 300))
    got = lines(run("decode", EXAMPLES / "calls.tlb", "--since", since, "--until", until))
    assert 0 < len(got) < len(timed)
    assert got == wanted
    assert lines(run("decode", EXAMPLES / "calls.tlb", "--until", "2026-03-14")) == []
    assert lines(run("decode", EXAMPLES / "calls.tlb", "--since", "2026-03-14")) == timed


def test_a_logs_local_time_follows_the_events_that_know_both(run):
    whole = lines(run("decode", EXAMPLES / "tserver.log"))
    private = [line for line in whole if "TimeinSecs" not in line and "time" in line.get("$source", {})]
    own = [line["TimeinSecs"] for line in whole if "TimeinSecs" in line]
    assert private
    later = dt.datetime.fromtimestamp(max(own) + 60, dt.UTC).isoformat()
    assert lines(run("decode", EXAMPLES / "tserver.log", "--since", later)) == []


def test_addresses(run, sample):
    def ask(*wanted):
        done = run("decode", *(x for w in wanted for x in ("--address", w)), input="\n".join(CAPTURED).encode())
        return [line["$source"]["packet"] for line in lines(done)]

    assert ask("10.0.0.9") == [0, 1]
    assert ask("10.0.0.9:5000") == [0, 1]
    assert ask("10.0.0.9:5001") == []
    assert ask("10.0.0.0/8") == [0, 1]
    assert ask("2001:db8::2") == [2]
    assert ask("[2001:db8::2]:70") == [2]
    done = run("decode", "--address", "10.0.0.9", input=sample.frames)
    assert (done.status, done.err) == (
        2,
        "tlib: (standard input): --address needs a capture; these events have no addresses\n",
    )


@pytest.mark.parametrize(
    "wrong", [("--since", "yesterday"), ("--until", "25:00"), ("--address", "myhost"), ("--address", "10.0.0.1:99999")]
)
def test_an_unreadable_time_or_address_is_refused(run, wrong):
    done = run("decode", *wrong, input=b"")
    assert done.status == 2
    assert wrong[1] in done.err
