"""Test vectors for any language: frames with their correct results, as one file of JSON.

Strategy: the layout of Wycheproof. A file has groups, here one for each message. A test has a number, the frame in hex, the result,
and flags for its subject; each flag is explained once, at the top. `SCHEMA` describes the file for validators and
code generators.
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

from .cases.catalogue import entries_for
from .cases.generate import VALID, Case, cases
from .cases.walker import walker_of

SCHEMA_NAME: Final = "tlib_vectors_schema.json"
_LONGEST = 4_096  # bytes of a frame; the first of a label may be longer


def vectors(per_label: int, seed: int, registry: Registry = TLIBRARY) -> dict[str, Any]:
    """Return a file of vectors: `per_label` tests of each label, and five times as many valid ones."""
    groups: dict[str, list[dict[str, Any]]] = {}
    number = 0
    for case in _chosen(per_label, seed, registry):
        number += 1
        groups.setdefault(case.schema or "(no message)", []).append(_test(case, number))
    fitting = entries_for(walker_of(registry))
    notes = {VALID: {"description": "The frame is valid and plain.", "codes": []}}
    notes |= {
        label: {"description": f"{entry.description[:1].upper()}{entry.description[1:]}.", "codes": list(entry.codes)}
        for label, entry in fitting.items()
    }
    return {
        "generatorVersion": __version__,
        "protocol": registry.name,
        "schema": SCHEMA_NAME,
        "seed": seed,
        "numberOfTests": number,
        "header": [
            "A parser accepts a frame whose result is valid and decodes it to json; it refuses a frame whose result is invalid.",
            "Any of the codes is correct for a refusal; a parser without codes is judged by the result alone.",
        ],
        "notes": notes,
        "codes": {code: CODES[code].meaning for code in sorted({code for entry in fitting.values() for code in entry.codes})},
        "testGroups": [{"type": "Frame", "message": message, "tests": tests} for message, tests in sorted(groups.items())],
    }


def _chosen(per_label: int, seed: int, registry: Registry) -> Iterator[Case]:
    for index, label in enumerate([VALID, *entries_for(walker_of(registry))]):
        wanted = per_label * 5 if label == VALID else per_label
        made = islice(cases(seed + index, registry, labels=(label,)), wanted * 20)
        kept = 0
        for case in made:
            if kept == wanted:
                break
            if len(case.frame) <= _LONGEST or not kept:
                kept += 1
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
    "title": "Frames and the correct results of a parser",
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
                "path": {**_TEXT, "description": "the path of the change, empty for the whole frame"},
                "frame": {"type": "string", "pattern": "^([0-9a-f]{2})*$"},
                "result": {"enum": ["valid", "invalid"]},
                "json": {"type": "object", "description": "the event of a valid frame, as docs/json.md describes"},
                "codes": {**_TEXTS, "minItems": 1, "description": "of an invalid frame: any of them is correct"},
            },
            "if": {"properties": {"result": {"const": "valid"}}},
            "then": {"required": ["json"], "not": {"required": ["codes"]}},
            "else": {"required": ["codes"], "not": {"required": ["json"]}},
        }
    },
}
