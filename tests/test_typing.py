"""The type checker says what the registry says: see tests/typing/events.py."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

HERE = Path(__file__).parent
FILE = HERE / "typing" / "events.py"


def test_mypy_refuses_and_infers_what_it_must(monkeypatch):
    api = pytest.importorskip("mypy.api")
    monkeypatch.chdir(HERE.parent)
    out, err, _ = api.run(["--no-error-summary", "--hide-error-context", "--no-pretty", str(FILE)])
    assert not err
    found = Counter()
    for line in out.splitlines():
        match = re.fullmatch(r".*events\.py:(\d+): error: .*\[([a-z-]+)\]", line)
        assert match or ": note: " in line, line
        if match:
            found[int(match[1]), match[2]] += 1
    expected = {
        (number, code)
        for number, line in enumerate(FILE.read_text(encoding="utf-8").splitlines(), 1)
        if (mark := re.search(r"# refused: ([a-z -]+)$", line))
        for code in mark[1].split()
    }
    assert set(found) == expected
