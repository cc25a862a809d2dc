"""Native steps over runs of frames give what the Python steps give."""

import own
import pytest
import weather

from tlib_codec import native
from tlib_fuzz.selfcheck import packets, redaction
from tlib_fuzz.selfcheck.__main__ import CHECKS, Entry, main
from tlib_fuzz.selfcheck.compare import FailureError, Runs
from tlib_schemas.tlibrary import TLIBRARY

pytestmark = pytest.mark.skipif(native.extension("batches") is None, reason="the native engine is not built: no C compiler was found")
each_registry = pytest.mark.parametrize("registry", [TLIBRARY, weather.WEATHER, own.OWN], ids=lambda registry: registry.name)


@each_registry
def test_the_native_writer_of_captures_writes_the_bytes_of_the_python_one(registry):
    Runs(packets.difference, 5, registry).batch(0, 600)


@each_registry
def test_native_redaction_gives_the_frames_of_the_python_one(registry):
    Runs(redaction.difference, 5, registry).batch(0, 600)


def test_half_of_the_frames_of_a_run_are_redacted_natively():
    runs = Runs(redaction.difference, 5)
    runs.batch(0, 400)
    assert runs.tally.outcomes["frame", "native"] > 150


def test_a_difference_names_the_frame():
    with pytest.raises(FailureError, match="every frame"):
        Runs(lambda *_: "every frame", 1).batch(0, 20)


def test_a_difference_of_a_run_alone_names_the_run():
    with pytest.raises(FailureError, match="together"):
        Runs(lambda frames, *_: "together" if len(frames) > 1 else None, 1).batch(0, 20)


def test_the_command_reports_the_count(capsys):
    assert main(["packets", "--count", "40"]) == 0
    assert "40 inputs" in capsys.readouterr().out


def test_the_command_reports_a_failure(capsys, monkeypatch):
    monkeypatch.setitem(CHECKS, "packets", Entry("", lambda options: Runs(lambda *_: "wrong", options.seed)))
    assert main(["packets", "--batch", "0", "--count", "20"]) == 1
    assert "packets fails, seed 0" in capsys.readouterr().out
