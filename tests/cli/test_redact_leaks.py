"""``tlib redact`` over files with planted secrets: none stands in the output, in its name or in the summary."""

import gzip
import random

import pytest

from tlib_fuzz.selfcheck.leak import FILES
from tlib_fuzz.selfcheck.leak.search import Search
from tlib_fuzz.selfcheck.leak.secrets import draw
from tlib_schemas.tlibrary import TLIBRARY

SUFFIXES = {"frames": ".tlb", "jsonl": ".jsonl", "log": ".log", "platform log": ".log", "capture": ".pcap"}
ZERO = {"log": ("--format", "log")}  # a log with a zero byte is not recognised


@pytest.fixture(autouse=True)
def secret(monkeypatch):
    monkeypatch.setenv("TLIB_SECRET", "a secret")


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_no_planted_secret_is_in_the_safe_file(run, tmp_path, name, suffix):
    secrets = draw(random.Random(5), 400)
    file = tmp_path / f"input{SUFFIXES[name]}"
    file.write_bytes(FILES[name](random.Random(5), secrets, TLIBRARY)[0])
    safe = tmp_path / f"safe{SUFFIXES[name]}{suffix}"
    done = run("redact", file, "-o", safe, *ZERO.get(name, ()))
    assert done.status in {0, 1}
    data = safe.read_bytes()
    data = gzip.decompress(data) if suffix else data
    assert len(data) > 1000
    assert Search(secrets).found(data) == set()


@pytest.mark.parametrize("name", FILES)
def test_the_name_of_a_file_does_not_leak(run, tmp_path, name):
    secrets = draw(random.Random(6), 40)
    folder, safe = tmp_path / "day", tmp_path / "safe"
    folder.mkdir()
    for one in secrets:
        data = FILES[name](random.Random(7), draw(random.Random(7), 20), TLIBRARY)[0]
        (folder / f"{one.text}{SUFFIXES[name]}").write_bytes(data)
    assert run("redact", folder, "-o", safe).status in {0, 1}
    names = "\n".join(str(path.relative_to(safe)) for path in safe.rglob("*") if path.is_file())
    assert len(names.splitlines()) == len(secrets)
    assert Search(secrets).found(names.encode("utf-8", "surrogateescape")) == set()
