"""Read log text in tests: one message, its diagnostics. Every text is read in C too, whole and in pieces: both readers must agree."""

from __future__ import annotations

from tlib_codec.formats.logs.reader import read_log
from tlib_codec.records import Diagnostic, Record
from tlib_fuzz.selfcheck.logs import Case, difference
from tlib_schemas.tlibrary import TLIBRARY


def read(text, **options):
    """Return the records and diagnostics of a log; bytes that are not UTF-8 stay bytes."""
    options.setdefault("encoding", "utf-8")
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")
    entries = list(read_log([data], **options))
    agree(data, **options)
    return entries


def agree(data, *, kind="tserver", registry=TLIBRARY, **options):
    """Hold the reader in C against the one in Python, over text of T-Servers."""
    if kind == "tserver":
        for cuts in ((), range(1, len(data), max(1, len(data) // 50))):
            fault = difference(Case(data, cuts, **options), registry=registry)
            assert fault is None, fault


def records(entries):
    """Return the records among the entries."""
    return [one for one in entries if isinstance(one, Record)]


def codes(entries):
    """Return the codes of the diagnostics among the entries."""
    return [one.code for one in entries if isinstance(one, Diagnostic)]


def message(text, **options):
    """Return the one message of a log and its diagnostics."""
    record, *diagnostics = read(text, **options)
    assert isinstance(record, Record)
    assert records(diagnostics) == []
    return record, diagnostics


def one(text, **options):
    """Return the one message of a log that gives no diagnostic."""
    record, diagnostics = message(text, **options)
    assert diagnostics == []
    return record
