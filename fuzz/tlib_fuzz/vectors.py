"""Test vectors for people without Python: frames with what is right, as one file of JSON.

Strategy: the manner of Wycheproof. A file has groups, here one a message; a test has a number,
the frame in hex, the result, and flags that say what it is about; each flag is explained once, at
the top. `SCHEMA` describes the form for validators and for generators of code.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

import msgspec

from tlib_codec._version import __version__
from tlib_schemas.errors import CODES
from tlib_schemas.registry import Registry
from tlib_schemas.tlibrary import TLIBRARY

from .cases.catalogue import CATALOGUE
from .cases.generate import VALID, Case, cases
from .cases.walker import walker_of

SCHEMA_NAME: Final = "tlib_vectors_schema.json"
_LONGEST = 4_096  # bytes of a frame, but for the first of its label


def vectors(per_label: int, seed: int, registry: Registry = TLIBRARY) -> dict[str, Any]:
    """A file of vectors: so many tests of each label, five times as many valid ones."""
    groups: dict[str, list[dict[str, Any]]] = {}
    tests = 0
    for case in _chosen(per_label, seed, registry):
        tests += 1
        groups.setdefault(case.schema or "(no message)", []).append(_test(case, tests))
    walker = walker_of(registry)
    fitting = {entry.label: entry for entry in CATALOGUE.values() if entry.site.fits(walker)}
    notes = {VALID: {"description": "The frame is valid, and nothing about it is odd.", "codes": []}}
    notes |= {
        label: {"description": f"{entry.what[:1].upper()}{entry.what[1:]}.", "codes": list(entry.codes)} for label, entry in fitting.items()
    }
    return {
        "generatorVersion": __version__,
        "protocol": registry.name,
        "schema": SCHEMA_NAME,
        "seed": seed,
        "numberOfTests": tests,
        "header": [
            "A parser takes a frame whose result is valid, and gives what json says; it refuses one whose result is invalid.",
            "Any of the codes is right for a refusal; a parser that has no codes is judged by the result alone.",
        ],
        "notes": notes,
        "codes": {code: CODES[code].meaning for code in sorted({code for entry in fitting.values() for code in entry.codes})},
        "testGroups": [{"type": "Frame", "message": message, "tests": found} for message, found in sorted(groups.items())],
    }


def _chosen(per_label: int, seed: int, registry: Registry) -> Iterator[Case]:
    walker = walker_of(registry)
    for index, label in enumerate([VALID, *(entry.label for entry in CATALOGUE.values() if entry.site.fits(walker))]):
        wanted = per_label * 5 if label == VALID else per_label
        made = islice(cases(seed + index, registry, labels=(label,)), wanted * 20)
        found = 0
        for case in made:
            if found == wanted:
                break
            if len(case.frame) <= _LONGEST or not found:
                found += 1
                yield case


def _test(case: Case, number: int) -> dict[str, Any]:
    test: dict[str, Any] = {
        "tcId": number,
        "comment": case.reason,
        "flags": [case.label],
        "path": case.path,
        "frame": case.frame.hex(),
        "result": "valid" if case.accept else "invalid",
    }
    if case.accept and case.json is not None:
        test["json"] = msgspec.Raw(case.json)
    if not case.accept:
        test["codes"] = sorted(case.codes)
    return test


_TEXT: Final = {"type": "string"}
_TEXTS: Final = {"type": "array", "items": _TEXT}
SCHEMA: Final[dict[str, Any]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Frames, and what a parser does with them",
    "type": "object",
    "required": ["generatorVersion", "protocol", "schema", "seed", "numberOfTests", "header", "notes", "codes", "testGroups"],
    "additionalProperties": False,
    "properties": {
        "generatorVersion": _TEXT,
        "protocol": _TEXT,
        "schema": _TEXT,
        "seed": {"type": "integer", "minimum": 0},
        "numberOfTests": {"type": "integer", "minimum": 0},
        "header": _TEXTS,
        "notes": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "required": ["description", "codes"],
                "additionalProperties": False,
                "properties": {"description": _TEXT, "codes": _TEXTS},
            },
        },
        "codes": {"type": "object", "additionalProperties": _TEXT},
        "testGroups": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["type", "message", "tests"],
                "additionalProperties": False,
                "properties": {"type": {"const": "Frame"}, "message": _TEXT, "tests": {"type": "array", "items": {"$ref": "#/$defs/test"}}},
            },
        },
    },
    "$defs": {
        "test": {
            "type": "object",
            "required": ["tcId", "comment", "flags", "path", "frame", "result"],
            "additionalProperties": False,
            "properties": {
                "tcId": {"type": "integer", "minimum": 1},
                "comment": _TEXT,
                "flags": {**_TEXTS, "description": "names in notes"},
                "path": {**_TEXT, "description": "where in the frame the defect is, empty where it is the frame"},
                "frame": {"type": "string", "pattern": "^([0-9a-f]{2})*$"},
                "result": {"enum": ["valid", "invalid"]},
                "json": {"type": "object", "description": "the event of a valid frame, in the form of docs/json.md"},
                "codes": {**_TEXTS, "minItems": 1, "description": "of an invalid frame: any of them is right"},
            },
            "if": {"properties": {"result": {"const": "valid"}}},
            "then": {"required": ["json"], "not": {"required": ["codes"]}},
            "else": {"required": ["codes"], "not": {"required": ["json"]}},
        }
    },
}
