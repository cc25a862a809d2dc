"""Each bug that is planted in the toy parser is found, and made small; the clean parser and our engines show none.

`python tests/fuzz/parser/planted.py` does it for ten seeds.
"""

import contextlib
import importlib.util
import shutil
import sys
from pathlib import Path

import pytest

from tlib_fuzz.kit.findings import TargetOptions
from tlib_fuzz.kit.judge import Kind
from tlib_fuzz.kit.session import Session
from tlib_fuzz.kit.workload import Workload

HERE = Path(__file__).parent
CASES = 5_000
CLEAN_CASES = 2_000

_spec = importlib.util.spec_from_file_location("planted", HERE / "parser" / "planted.py")
planted = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(planted)

needs_gcc = pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")


@needs_gcc
@pytest.mark.parametrize("name", planted.BUGS)
def test_a_planted_bug_is_found_and_made_small(name, tmp_path):
    bug = planted.BUGS[name]
    if bug.kind is Kind.MEMORY and not Path("/proc/self/status").exists():
        pytest.skip("a living process's memory is watched by /proc")
    program = planted.build(tmp_path, name, sanitized=bug.sanitized)
    _, found = planted.hunt(program, bug, 1, CASES, tmp_path / "findings")
    assert found is not None
    assert bug.smallest == 0 or found.size < 2 * bug.smallest


def hits(command):
    with contextlib.closing(TargetOptions(command=command, timeout=20.0).open()) as target:
        return Session(target, Workload(seed=1)).chunk(0, CLEAN_CASES).hits


@needs_gcc
@pytest.mark.parametrize("sanitized", [False, True])
def test_the_clean_parser_shows_nothing(sanitized, tmp_path):
    assert hits(str(planted.build(tmp_path, sanitized=sanitized))) == []


@pytest.mark.parametrize("engine", ["reference", "native"])
def test_our_engines_show_nothing(engine):
    if importlib.util.find_spec("tlib_codec.native.engine") is None and engine == "native":
        pytest.skip("the native engine is not built: no C compiler was found")
    assert hits(f"{sys.executable} {HERE / 'engines.py'} {engine}") == []
