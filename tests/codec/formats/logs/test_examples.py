"""The examples: made by their script byte for byte, logs and frames alike."""

import importlib.util
from pathlib import Path

import pytest

from tlib_codec import EventAddressInfo, EventRegistered, InvalidEvent, StreamDecoder, TCause, calls_of
from tlib_codec.formats.logs.reader import read_log

EXAMPLES = Path(__file__).parents[4] / "examples"


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("make_examples", EXAMPLES / "make_examples.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def frames():
    decoder = StreamDecoder()
    decoder.feed((EXAMPLES / "calls.tlb").read_bytes())
    decoder.close()
    return list(decoder)


@pytest.mark.parametrize("name", ["tserver.log", "platform_sdk.log"])
def test_the_logs_read_as_the_frames_decode(name):
    with (EXAMPLES / name).open("rb") as file:
        records = list(read_log(file, name=name))
    assert [record.item for record in records] == frames()
    assert not any(record.problems or isinstance(record.item, InvalidEvent) for record in records)
    assert all(record.time for record in records)


def test_what_happens_in_them():
    with (EXAMPLES / "tserver.log").open("rb") as file:
        records = list(read_log(file))
    causes = {getattr(record.item, "cause", None) for record in records}
    assert {TCause.Transfer, TCause.Conference} <= causes
    assert any(getattr(record.item, "is_link_list", None) for record in records)
    assert any(getattr(record.item, "dialed_number", None) for record in records)
    assert any(getattr(record.item, "ref_call_uuid", None) for record in records)
    assert all(calls_of(record.item.extensions) for record in records if isinstance(record.item, EventAddressInfo | EventRegistered))
    assert records[0].time.date() < records[-1].time.date()


def test_the_script_makes_them_again(script, tmp_path, monkeypatch):
    monkeypatch.setattr(script, "HERE", tmp_path)
    monkeypatch.setattr("sys.argv", ["make_examples.py"])
    script.main()
    for made in tmp_path.iterdir():
        assert made.read_bytes() == (EXAMPLES / made.name).read_bytes()
        assert made.stat().st_size < 100_000
    assert len(list(tmp_path.iterdir())) == 3


def test_a_log_of_a_size(script, tmp_path, monkeypatch):
    big = tmp_path / "big.log"
    monkeypatch.setattr("sys.argv", ["make_examples.py", "--size", "5M", "-o", str(big)])
    script.main()
    assert big.stat().st_size >= 5 << 20
    with big.open("rb") as file:
        records = list(read_log(file))
    assert not any(record.problems for record in records)
    assert (records[-1].time - records[0].time).days >= 1
    monkeypatch.setattr("sys.argv", ["make_examples.py", "--size", "1K"])
    with pytest.raises(SystemExit):
        script.main()
