"""The leak test: a small run of it, and secrets that it finds."""

import base64
import random
from urllib.parse import quote

import own
import pytest

from tlib_codec.formats.logs.reader import read_log
from tlib_codec.records import Record
from tlib_codec.redact import Redactor
from tlib_fuzz.selfcheck import leak
from tlib_fuzz.selfcheck.__main__ import main
from tlib_fuzz.selfcheck.leak.redacted import REDACT
from tlib_fuzz.selfcheck.leak.search import Search
from tlib_fuzz.selfcheck.leak.secrets import Secret, draw
from tlib_schemas.tlibrary import TLIBRARY

NOTHING = dict.fromkeys(REDACT, lambda data, key, registry: data)
SECRET = Secret("Душанбе7", "Cyrillic", "koi8-r")


@pytest.mark.parametrize("registry", [TLIBRARY, own.OWN], ids=lambda registry: registry.name)
def test_no_secret_leaks(registry):
    assert leak.check(1500, 1, registry).leaks == []


def test_each_secret_is_planted_once():
    result = leak.check(1500, 2)
    assert result.planted.total() == 1500
    assert result.hidden == []


def test_every_secret_leaks_from_files_that_are_not_redacted():
    result = leak.check(600, 3, redact=NOTHING)
    assert {one.file for one in result.leaks} == set(leak.FILES)
    assert len(result.leaks) > 550


def test_secrets_that_are_not_in_the_files_are_reported():
    plain, (lines, clean) = leak.FILES["frames"], leak.report(20, [1])
    assert (len(lines), clean) == (1, True)
    leak.FILES["frames"] = lambda rng, secrets, registry: (b"", plain(rng, secrets, registry)[1])
    try:
        lines, clean = leak.report(200, [1])
    finally:
        leak.FILES["frames"] = plain
    assert not clean
    assert lines[1].startswith("not planted: ")
    assert lines[-1].endswith(" more places")


def test_the_command_reports_and_exits(capsys, monkeypatch):
    assert main(["leak", "--count", "50", "--seeds", "2"]) == 0
    assert capsys.readouterr().out.startswith("0 leaks of 100 secrets (20 frames, ")
    monkeypatch.setattr(leak, "report", lambda count, seeds: (["1 leak"], False))
    assert main(["leak", "--count", "50"]) == 1


def test_secrets_differ():
    secrets = draw(random.Random(1), 2000)
    assert len({one.text for one in secrets}) == 2000


@pytest.mark.parametrize("name", ["log", "platform log"])
def test_a_log_with_secrets_reads_as_its_redacted_events(name, monkeypatch):
    monkeypatch.setattr(leak.logs, "DAMAGED", 0)
    data, _ = leak.FILES[name](random.Random(3), draw(random.Random(3), 2000), TLIBRARY)
    before, after = (
        [one.item for one in read_log([log], encoding="utf-8") if isinstance(one, Record)]
        for log in (data, REDACT["log"](data, b"s", TLIBRARY))
    )
    redactor = Redactor(b"s")
    pairs = [(redactor.item(one), other) for one, other in zip(before, after, strict=True)]
    assert len(pairs) > 1500
    # Of a ConnID with fewer digits the log cannot tell that it is one: it is replaced.
    assert [(one, other) for one, other in pairs if one != other and "conn_id='0000" not in repr(one)] == []


@pytest.mark.parametrize(
    "shown",
    [
        SECRET.text.encode(),
        SECRET.data,
        SECRET.text.encode("utf-16-le"),
        SECRET.text.encode("utf-16-be"),
        SECRET.text.encode("cp1251"),
        SECRET.text[::-1].encode(),
        SECRET.text.upper().encode(),
        SECRET.data.hex().encode(),
        SECRET.data.hex(" ").encode(),
        SECRET.data.hex().upper().encode(),
        base64.b64encode(b"a" + SECRET.data),
        base64.b64encode(b"ab" + SECRET.text.encode() + b"c"),
        quote(SECRET.text).encode(),
        SECRET.data.decode("cp1252", "replace").encode(),
        rb"\u0414\u0443\u0448\u0430\u043d\u0431\u0435\u0037",
    ],
)
def test_a_secret_is_found_in_every_encoding(shown):
    assert Search([SECRET]).found(b"before" + shown + b"after") == {SECRET}


@pytest.mark.parametrize("number", [(4_815_162_342).to_bytes(8), (4_815_162_342).to_bytes(8, "little"), f"{4_815_162_342:x}".encode()])
def test_a_number_is_found_in_binary(number):
    secret = Secret("4815162342", "digits", "utf-8")
    assert Search([secret]).found(number) == {secret}


def test_another_secret_is_not_found():
    assert Search([SECRET]).found(SECRET.text[:-1].encode() + b"8") == set()
