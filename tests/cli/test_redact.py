"""``tlib redact`` as a person runs it."""

import gzip
import hashlib
import json
import sys
import zipfile
from pathlib import Path

import pytest

from tlib_codec import EventCallCreated, EventRinging, Policy, StreamDecoder, encode
from tlib_codec.redact import Redactor
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


def test_several_inputs_need_a_folder(run):
    assert "several inputs need a folder" in run("redact", FRAMES, LOG).err


@pytest.fixture
def day(tmp_path):
    """A folder of logs and frames, whose names hold numbers."""
    folder = tmp_path / "day"
    (folder / "site 5551006967").mkdir(parents=True)
    (folder / "site 5551006967" / "ana.log.gz").write_bytes(gzip.compress(LOG.read_bytes()))
    (folder / "5551006967.tlb").write_bytes(FRAMES.read_bytes())
    return folder


def written(folder):
    """Return the bytes of the files below a folder by their paths in it."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_folder_becomes_a_tree_of_its_files(run, day, tmp_path):
    done = run("redact", day, "-o", f"{tmp_path}/safe/")
    assert done.status == 0
    assert sorted(map(len, written(tmp_path / "safe"))) == [len("5551006967.tlb"), len("site 5551006967/ana.log.gz")]


def test_the_names_of_a_tree_are_pseudonyms(run, day, tmp_path):
    done = run("redact", day, "-o", f"{tmp_path}/safe/")
    assert "2 files written" in done.err
    assert "their names are pseudonyms" in done.err
    assert not any("5551006967" in name or "ana" in name for name in written(tmp_path / "safe"))


def test_a_file_of_a_tree_is_that_of_one_run(run, day, tmp_path):
    run("redact", day, "-o", f"{tmp_path}/safe/")
    (frames,) = [data for name, data in written(tmp_path / "safe").items() if name.endswith(".tlb")]
    assert frames == run("redact", FRAMES).raw


def test_a_file_of_a_tree_is_compressed_as_its_input(run, day, tmp_path):
    run("redact", day, "-o", f"{tmp_path}/safe/")
    (log,) = [data for name, data in written(tmp_path / "safe").items() if name.endswith(".log.gz")]
    assert gzip.decompress(log) == run("redact", LOG).raw


def test_two_files_of_one_name_are_both_written(run, tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.tlb").write_bytes(FRAMES.read_bytes())
    run("redact", tmp_path / "a" / "x.tlb", tmp_path / "b" / "x.tlb", "-o", f"{tmp_path}/safe/")
    assert len(written(tmp_path / "safe")) == 2


def test_a_zip_file_becomes_a_tree(run, tmp_path):
    with zipfile.ZipFile(tmp_path / "bundle.zip", "w") as bundle:
        bundle.writestr("logs/../5551006967.tlb", FRAMES.read_bytes())
    run("redact", tmp_path / "bundle.zip", "-o", tmp_path / "safe")
    assert list(written(tmp_path / "safe").values()) == [run("redact", FRAMES).raw]


def test_an_input_of_no_use_does_not_stop_the_others(run, tmp_path):
    (tmp_path / "empty.tlb").write_bytes(b"")
    done = run("redact", tmp_path / "empty.tlb", FRAMES, "-", "-o", tmp_path / "safe", input=FRAMES.read_bytes())
    assert done.status == 2
    assert "the input is empty" in done.err


def test_a_tree_is_not_written_into_its_input(run, day):
    done = run("redact", day, "-o", f"{day}/safe/")
    assert done.status == 2
    assert "the output is inside the input" in done.err


def test_a_tree_is_not_written_to_a_file(run, day, tmp_path):
    (tmp_path / "safe").write_bytes(b"")
    assert "several inputs need a folder; this is a file" in run("redact", day, "-o", tmp_path / "safe").err


def test_a_tree_that_cannot_be_written_is_an_error(run, day):
    done = run("redact", day, "-o", "/proc/nowhere/")
    assert done.status == 2
    assert done.err.count("\n") <= 2


@pytest.mark.parametrize("suffix", ["gz", "bz2", "xz", "zst"])
def test_an_output_is_compressed_as_its_suffix_says(run, tmp_path, suffix):
    if suffix == "zst":
        pytest.importorskip("backports.zstd" if sys.version_info < (3, 14) else "compression.zstd")
    target = tmp_path / f"safe.tlb.{suffix}"
    run("redact", FRAMES, "-o", target)
    assert target.read_bytes()[:2] != FRAMES.read_bytes()[:2]
    assert run("decode", target, "--to", "frames").raw == run("redact", FRAMES).raw


def test_a_compressed_output_names_no_file(run, tmp_path):
    run("redact", FRAMES, "-o", tmp_path / "ana.tlb.gz")
    assert b"ana" not in (tmp_path / "ana.tlb.gz").read_bytes()


def test_the_secret_is_not_overwritten(run, tmp_path):
    secret = tmp_path / "secret"
    secret.write_bytes(b"a secret\n")
    done = run("redact", FRAMES, "--secret", secret, "-o", secret)
    assert done.status == 2
    assert secret.read_bytes() == b"a secret\n"


def test_a_secret_goes_through_scrypt(run):
    decoder = StreamDecoder()
    decoder.feed(FRAMES.read_bytes())
    redactor = Redactor(hashlib.scrypt(b"a secret", salt=b"tlib-codec redaction", n=2**14, r=8, p=1, dklen=32))
    assert run("redact", FRAMES).raw == b"".join(map(redactor.frame, decoder))


def test_names_of_options_are_separated_by_commas(run):
    event = EventRinging(call_uuid="01FES9JKSOFQLEKK3CSH5B5AES00JV1U", conn_id="006c02462a161006", this_dn="7001", this_queue="8001")
    made = run("decode", "-", input=run("redact", "-", "--keep", "queues,ThisDN", input=encode(event, policy=Policy.LENIENT)).raw).out
    assert (json.loads(made)["ThisDN"], json.loads(made)["ThisQueue"]) == ("7001", "8001")


def test_a_pattern_of_keys_is_no_category(run):
    done = run("redact", FRAMES, "--keep", "agent")
    assert done.status == 2
    assert "'agent' is neither a category nor an attribute of T-Library; did you mean agents?" in done.err


def test_the_name_of_an_unknown_message_of_json_is_replaced(run):
    assert "AnaSouza" not in run("redact", "-", input=b'{"Event":"EventAnaSouza","ANI":"5551000"}').out


def test_unknown_members_of_json_are_left_out(run):
    done = run(
        "redact",
        "-",
        input=b'{"Event":"EventRinging","ANI":"5551000","$note":"Ana Souza","$source":{"peer":"Ana Souza","x":["Ana Souza"]}}',
    )
    assert "Souza" not in done.out
    assert "$source 1" in done.err


def test_zstd_without_its_package_is_an_error_of_one_line(run, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "backports.zstd" if sys.version_info < (3, 14) else "compression.zstd", None)
    done = run("redact", FRAMES, "-o", tmp_path / "safe.tlb.zst")
    assert (done.status, len(done.err.splitlines())) == (2, 1)
    assert not (tmp_path / "safe.tlb.zst").exists()
