"""The self-check of the reader of logs in C: a small run, and a fault that it finds."""

import pytest
from own import OWN

from tlib_codec import native
from tlib_codec.formats.logs import native as native_logs
from tlib_codec.formats.logs.native import characters_of
from tlib_fuzz.selfcheck.logs import Case, Cases, LogChecks, difference
from tlib_fuzz.selfcheck.loop import FailureError

needs_c = pytest.mark.skipif(native.extension("text") is None, reason="needs the native engine")


@needs_c
def test_random_logs_agree():
    LogChecks(5).batch(0, 300)


@needs_c
def test_most_units_of_undamaged_messages_are_read_in_c():
    checks = LogChecks(6)
    checks.batch(0, 50)
    assert checks.units.native > 0


@needs_c
def test_random_logs_of_another_registry_agree():
    LogChecks(7, OWN).batch(0, 60)


def test_the_same_seed_gives_the_same_cases():
    assert repr(Cases(3).make()) == repr(Cases(3).make())


@needs_c
def test_a_character_that_one_reader_takes_for_another_is_a_difference(monkeypatch):
    monkeypatch.setattr(native_logs, "characters_of", lambda _: characters_of("latin-1"))
    case = Case(b"\n@16:45:24.5942 [0] 8.1.1 distribute_event: message EventOnHook\n\tAttributeThisDN\t'\x80'\n", encoding="cp1252")
    assert "€" in difference(case)


@needs_c
def test_a_difference_names_the_log(monkeypatch):
    monkeypatch.setattr("tlib_fuzz.selfcheck.logs.difference", lambda *_: "one more")
    with pytest.raises(FailureError, match="one more"):
        LogChecks(1).batch(0, 1)
