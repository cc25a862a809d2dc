"""``tlib redact`` as a person runs it."""

import gzip
import json
from pathlib import Path

import pytest

from tlib_codec import EventCallCreated, StreamDecoder, encode
from tlib_fuzz.packets import Talk, block, pcap, pcapng

ROOT = Path(__file__).parents[2]
FRAMES, LOG, PLATFORM, CAPTURE = (ROOT / "examples" / name for name in ("calls.tlb", "tserver.log", "platform_sdk.log", "calls.pcapng"))
SECRETS = (b"5551006967", b"5551002486", b"91557218480", b"Ana Souza", "Zoë".encode())


@pytest.fixture(autouse=True)
def secret(monkeypatch):
    monkeypatch.setenv("TLIB_SECRET", "a secret")


@pytest.mark.parametrize("path", [FRAMES, LOG, PLATFORM], ids=lambda path: path.name)
def test_no_personal_value_remains_and_the_calls_are_the_same(run, path, tmp_path):
    safe = tmp_path / f"safe{path.suffix}"
    done = run("redact", path, "-o", safe)
    assert (done.status, done.out) == (0, "")
    assert "UserData" in done.err
    data = safe.read_bytes()
    assert not any(one in data for one in SECRETS)
    before, after = (run("calls", one, "--history").out.splitlines() for one in (path, safe))
    for one, other in zip(map(json.loads, before), map(json.loads, after), strict=True):
        assert {key: one[key] for key in ("CallUUID", "ConnID", "$begin", "$end", "$ending", "$events")} == {
            key: other[key] for key in ("CallUUID", "ConnID", "$begin", "$end", "$ending", "$events")
        }
        assert one.get("$links") == other.get("$links")
        assert one.get("ANI", "-") != other.get("ANI")


def test_all_formats_get_the_same_pseudonyms(run, tmp_path):
    run("redact", FRAMES, "-o", tmp_path / "safe.tlb")
    run("redact", LOG, "-o", tmp_path / "safe.log")
    jsonl = run("redact", "-", input=run("decode", LOG, "--server", 0).raw).raw
    (tmp_path / "safe.jsonl").write_bytes(jsonl)
    told = [run("decode", tmp_path / name, "--to", "frames", "--server", 0).raw for name in ("safe.tlb", "safe.log", "safe.jsonl")]
    assert told[0] == told[1] == told[2]
    assert len(told[0]) == len(FRAMES.read_bytes())
    assert run("check", "--severity", "error", tmp_path / "safe.tlb").status == 0
    assert str(LOG).encode() not in jsonl


def test_secrets(run, monkeypatch, tmp_path):
    file = tmp_path / "secret"
    file.write_bytes(b"a secret\n")
    known = run("redact", FRAMES).raw
    assert run("redact", FRAMES, "--secret", file).raw == known
    monkeypatch.setenv("TLIB_SECRET", "another")
    assert run("redact", FRAMES).raw != known
    monkeypatch.delenv("TLIB_SECRET")
    one, two = run("redact", FRAMES), run("redact", FRAMES)
    assert one.raw != two.raw
    assert "this run uses a random secret" in one.err
    file.write_bytes(b"\n")
    assert run("redact", FRAMES, "--secret", file).status == 2
    assert run("redact", FRAMES, "--secret", tmp_path / "none").status == 2


def test_options(run):
    event = EventCallCreated(call_uuid="01FES9JKSOFQLEKK3CSH5B5AES00JV1U", conn_id="006c02462a161006", ani="5551000", call_id=5551000)

    def safe(*options):
        return json.loads(run("decode", "-", input=run("redact", "-", *options, input=encode(event)).raw).out)

    assert safe()["CallID"] == 5551000
    assert safe("--replace", "CallID")["CallID"] != 5551000
    assert safe("--keep", "ANI")["ANI"] == "5551000"
    hidden = safe("--replace", "ids")
    assert (len(hidden["CallUUID"]), len(hidden["ConnID"])) == (32, 16)
    assert hidden["CallUUID"] != event.call_uuid
    for options, said in ((("--replace", "ANY"), "did you mean ANI?"), (("--replace", "CallType"), "an enumeration")):
        done = run("redact", FRAMES, *options)
        assert done.status == 2
        assert said in done.err
    data = json.loads(
        run("decode", "-", "--event", "EventCallDataChanged", input=run("redact", FRAMES, "--keep-keys", "IVR").raw).out.splitlines()[0]
    )["UserData"]
    assert data["IVR"]["Menu"]["Label"] == "Billing"
    assert data["CustomerName"] != "Ana Souza"


def test_malformed_frames_and_gaps_are_omitted_by_default(run):
    data = b"5551006967" + FRAMES.read_bytes()[:-5]
    done = run("redact", "-", input=data)
    assert done.status == 1
    assert "2 malformed frames and gaps omitted" in done.err
    assert b"5551006967" not in done.raw
    decoder = StreamDecoder()
    decoder.feed(done.raw)
    assert len(list(decoder)) == 64
    kept = run("redact", "-", "--keep-malformed", input=data)
    assert kept.raw.startswith(b"5551006967")
    assert len(kept.raw) == len(data)
    text = run("decode", "-", input=data).raw
    assert b"$gap" not in run("redact", "-", input=text).raw
    assert run("redact", "-", "--keep-malformed", input=text).raw.count(b"$gap") == 1


def test_lines_of_a_log_and_of_json(run):
    done = run("redact", LOG)
    assert "lines outside messages omitted" in done.err
    assert "Warm Standby" not in done.out
    assert "Warm Standby" in run("redact", LOG, "--keep-lines").out
    lines = b'{"Event":"EventRinging","ANI":"5551000","$unnumbered":{"AttributePrivate":"\'5551000\'"},"$source":{"file":"/home/ana/x","peer":"ana"}}\n{"Event":\n'
    done = run("redact", "-", input=lines)
    assert done.status == 1
    assert "5551000" not in done.out
    assert "ana" not in done.out
    assert "1 lines without an event omitted" in done.err


def test_a_capture(run, tmp_path):
    data = CAPTURE.read_bytes()
    safe = tmp_path / "safe.pcapng"
    done = run("redact", CAPTURE, "-o", safe)
    assert (done.status, done.out) == (0, "")
    assert done.err.startswith("tlib: 87 packets written; replaced: UserData ")
    assert len(safe.read_bytes()) == len(data)
    assert not any(one in safe.read_bytes() for one in SECRETS)
    run("redact", FRAMES, "-o", tmp_path / "safe.tlb")
    assert run("decode", safe, "--to", "frames").raw == run("decode", tmp_path / "safe.tlb", "--to", "frames").raw
    assert run("redact", "-", input=gzip.compress(data)).raw == safe.read_bytes()
    hidden = run("redact", CAPTURE, "--addresses").raw
    one, two = (json.loads(run("decode", "-", input=one).out.splitlines()[0]) for one in (data, hidden))
    assert one["$source"]["src"] != two["$source"]["src"]
    assert one["ConnID"] == two["ConnID"]


def test_blanked_and_omitted_parts_of_a_capture_are_reported(run):
    talk = Talk().open().say(b"5551006967" + FRAMES.read_bytes()[:-5]).close().packets
    other = Talk(cport=7, sport=80).open().say(b"5551006967").close().packets
    done = run("redact", "-", input=pcapng(talk + other) + block(4, b"5551006967"))
    assert done.status == 1
    assert b"5551006967" not in done.raw
    assert "bytes outside whole frames blanked, of connections that carry frames" in done.err
    assert "1 packet payloads of other connections and protocols blanked" in done.err
    assert "1 blocks without packets omitted" in done.err
    assert run("redact", "-", "--keep-malformed", "--keep-other", input=pcap(talk + other)).raw.count(b"5551006967") > 1
    done = run("redact", "-", input=pcap(other)[:-1])
    assert done.status == 1
    assert "no connection carries frames" in done.err
    assert "[capture-cut]" in done.err


def test_unusable_input_leaves_no_output(run, tmp_path):
    target = tmp_path / "out"
    assert run("redact", "-", "-o", target, input=b"").status == 2
    assert run("redact", tmp_path / "absent", "-o", target).status == 2
    assert not target.exists()
    copy = tmp_path / "calls.tlb"
    copy.write_bytes(FRAMES.read_bytes())
    assert run("redact", copy, "-o", copy).status == 2
    assert copy.read_bytes() == FRAMES.read_bytes()


def test_an_option_without_effect_is_refused_or_reported(run, tmp_path):
    assert "--addresses needs a capture; the input is frames" in run("redact", "--addresses", input=FRAMES.read_bytes()).err
    assert "--only-keys Nope: matches no key of a list" in run("redact", "--only-keys", "Nope", input=FRAMES.read_bytes()).err


def test_a_query_omits_a_malformed_frame_of_a_run(run, tmp_path):
    broken = tmp_path / "broken.tlb"
    broken.write_bytes(FRAMES.read_bytes() + b"TL\1\0\0\1\0\0\0\7\0\x0d\3\0\0\1\0")
    safe = tmp_path / "safe.tlb"
    result = run("redact", broken, "-o", safe, "--event", "EventCallCreated")
    assert "1 malformed frames and gaps omitted" in result.err


def test_a_query_keeps_a_malformed_frame_in_its_place(run, tmp_path):
    bad = b"TL\1\0\0\1\0\0\0\7\0\x0d\3\0\0\1\0"
    broken = tmp_path / "broken.tlb"
    broken.write_bytes(FRAMES.read_bytes() + bad)
    safe = tmp_path / "safe.tlb"
    run("redact", broken, "-o", safe, "--event", "EventCallCreated", "--keep-malformed")
    assert safe.read_bytes().endswith(bad)
