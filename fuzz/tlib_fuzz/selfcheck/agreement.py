"""Agreement: every engine gives the answer that the label of a case names.

Strategy: cases know their answer without a decoder, so a wrong engine, a wrong label and a rule of the documentation that
neither follows all show as a disagreement.
"""

from __future__ import annotations

import itertools
import random
from types import ModuleType

from tlib_codec.formats import jsonl
from tlib_fuzz.cases import Case, cases
from tlib_fuzz.cases.catalogue import CATALOGUE
from tlib_schemas.errors import DecodeError, SchemaViolation
from tlib_schemas.registry import Registry
from tlib_schemas.tlibrary import TLIBRARY

from .engines import engines
from .loop import FailureError, Tally


def disagreement(case: Case, engine: ModuleType, registry: Registry = TLIBRARY) -> str | None:
    """Return how an engine's answer differs from the case: verdict, JSON, code or path; None where they agree.

    Raises any exception of the engine that is not a DecodeError or SchemaViolation.
    """
    try:
        item = engine.decode(case.frame, registry=registry)
    except (DecodeError, SchemaViolation) as error:
        if case.accept:
            return f"refused: {error}"
        if error.code not in case.codes:
            return f"refused with {error.code}, not {' or '.join(sorted(case.codes))}: {error}"
        if error.code == CATALOGUE[case.label].codes[0] and error.path != case.path:
            return f"refused at {error.path}, not {case.path}: {error}"
        return None
    if not case.accept:
        return f"accepted, not refused with {' or '.join(sorted(case.codes))}"
    json = jsonl.dumps(item, registry=registry)
    return None if json == case.json else f"read as {json!r}, not {case.json!r}"


class Agreement:
    """Holds every engine against labelled cases, and counts the cases of each label."""

    def __init__(self, seed: int, registry: Registry = TLIBRARY) -> None:
        self.seed = seed
        self.registry = registry
        self.tally: Tally = Tally()

    def batch(self, number: int, size: int) -> None:
        """Check the cases of one batch. Raises FailureError."""
        seed = random.Random(f"{self.seed}:{number}").getrandbits(64)  # noqa: S311
        for case in itertools.islice(cases(seed, self.registry), size):
            for engine in engines():
                difference = disagreement(case, engine, self.registry)
                if difference is not None:
                    name = engine.__name__.rpartition(".")[2]
                    raise FailureError(f"{case.label}, batch {number}: {case.reason}: {name} {difference}", case.frame)
            self.tally.outcomes[case.label, "accepted" if case.accept else "refused"] += 1
