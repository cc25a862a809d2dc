"""Coverage-guided fuzzing of the codec in Python: one target for each kind of input, by atheris.

    python fuzz/targets/python.py frame -max_total_time=60 build/fuzz/frame fuzz/corpus/frame

The first argument names an invariant of `tlib_fuzz.selfcheck.invariants`, which both engines must keep for any input; the
others are libFuzzer's own. The schemas and the codec are instrumented when they are imported; the mutator is not, because it
runs between inputs. Every other mutation is one of `Inputs`, which knows the kind; the rest are libFuzzer's own, with the
dictionary of the kind. ``-merge=1 fuzz/corpus/frame build/fuzz/frame`` keeps the corpus small.
"""

from __future__ import annotations

import random
import shlex
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["tlib_schemas", "tlib_codec"]):
    import tlib_codec.formats.captures
    import tlib_codec.formats.jsonl
    import tlib_codec.formats.logs
    import tlib_codec.reference  # noqa: F401

from tlib_fuzz.dictionary import TOKENS, file_of
from tlib_fuzz.selfcheck.inputs import Inputs
from tlib_fuzz.selfcheck.invariants import INVARIANTS


def main(arguments: Sequence[str]) -> None:
    """Fuzz until libFuzzer's options stop it; a broken invariant is a crash, and libFuzzer keeps its input."""
    kind, *options = arguments
    invariant = INVARIANTS[kind]
    source = Inputs(0)
    source.make("frame")  # fills the pool for mutations

    def one_input(data: bytes) -> None:
        invariant(data, thorough=True)

    def mutate(data: bytes, most: int, seed: int) -> bytes:
        source.rng = random.Random(seed)  # noqa: S311 libFuzzer's seed makes a run repeatable
        if seed % 16 == 0:
            return source.make(kind)[:most]
        return source.vary(kind, data)[:most] if seed % 2 else atheris.Mutate(data, most)

    with tempfile.TemporaryDirectory() as folder:
        dictionary = Path(folder, "tokens.dict")
        dictionary.write_text(file_of((f"token_{n}", token) for n, token in enumerate(TOKENS[kind])), encoding="ascii")
        again = Path(folder, "again")  # the program that libFuzzer starts for -merge=1
        again.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {shlex.quote(__file__)} {kind} "$@"\n', encoding="utf-8")
        again.chmod(0o700)
        atheris.Setup([str(again), f"-dict={dictionary}", "-timeout=20", *options], one_input, custom_mutator=mutate)
        atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1:])
