"""The examples: made by their script byte for byte, logs and frames alike."""

import importlib.util
from pathlib import Path

import pytest

from tlib_codec import EventAddressInfo, EventRegistered, TCause, calls_of, read
from tlib_codec.records import Record

EXAMPLES = Path(__file__).parents[4] / "examples"


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("make_examples", EXAMPLES / "make_examples.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def records(path):
    """Return the records of a file without a diagnostic."""
    found = list(read(path, server=0))
    assert all(isinstance(one, Record) and one.valid for one in found)
    return found


@pytest.mark.parametrize("name", ["tserver.log", "platform_sdk.log"])
def test_the_logs_read_as_the_frames_decode(name):
    frames = [record.item for record in records(EXAMPLES / "calls.tlb")]
    assert [record.item for record in records(EXAMPLES / name)] == frames


@pytest.mark.parametrize("name", ["tserver.log", "platform_sdk.log"])
def test_every_message_of_the_logs_has_a_local_time(name):
    assert all(record.origin.local_time for record in records(EXAMPLES / name))


@pytest.fixture(scope="module")
def logged():
    return records(EXAMPLES / "tserver.log")


@pytest.mark.parametrize("attribute", ["is_link_list", "dialed_number", "ref_call_uuid"])
def test_the_log_has_an_event_with(logged, attribute):
    assert any(getattr(record.item, attribute, None) for record in logged)


@pytest.mark.parametrize("cause", [TCause.Transfer, TCause.Conference])
def test_the_log_has_an_event_of_cause(logged, cause):
    assert any(getattr(record.item, "cause", None) == cause for record in logged)


def test_the_log_tells_the_calls_on_an_abstract_dn(logged):
    told = [record.item for record in logged if isinstance(record.item, EventAddressInfo | EventRegistered)]
    assert told
    assert all(calls_of(item.extensions) for item in told)


def days(found):
    return (found[-1].origin.local_time - found[0].origin.local_time) / DAY


DAY = 86_400 * 10**9


def test_the_log_crosses_midnight(logged):
    assert logged[0].origin.local_time // DAY < logged[-1].origin.local_time // DAY


def test_the_script_makes_them_again(script, tmp_path, monkeypatch):
    monkeypatch.setattr(script, "HERE", tmp_path)
    monkeypatch.setattr("sys.argv", ["make_examples.py"])
    script.main()
    for made in tmp_path.iterdir():
        assert made.read_bytes() == (EXAMPLES / made.name).read_bytes()
        assert made.stat().st_size < 100_000
    assert len(list(tmp_path.iterdir())) == 5


def test_a_log_of_a_size(script, tmp_path, monkeypatch):
    big = tmp_path / "big.log"
    monkeypatch.setattr("sys.argv", ["make_examples.py", "--size", "5M", "-o", str(big)])
    script.main()
    assert big.stat().st_size >= 5 << 20
    assert days(records(big)) >= 1


def test_a_size_without_a_file_to_write_is_refused(script, monkeypatch):
    monkeypatch.setattr("sys.argv", ["make_examples.py", "--size", "1K"])
    with pytest.raises(SystemExit):
        script.main()
