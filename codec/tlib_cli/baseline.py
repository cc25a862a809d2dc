"""Kinds of violations, and the baseline file that lists the known ones.

Strategy: a baseline has no counts and no places, only kinds, one a line and sorted. So it changes only when a kind comes or
goes, and a difference between two baselines reads like a list. The format is TOML, so a person can add comments.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable
from pathlib import Path

import msgspec

from tlib_codec.records import Diagnostic, Record
from tlib_codec.stream import MalformedFrame
from tlib_schemas.errors import Violation

from .output import opened
from .reports import Unusable

GAP = "gap"
_HEADER = "# Known violations, which `tlib check --baseline` ignores. `tlib check --write-baseline` writes this file.\n"


class Kind(msgspec.Struct, frozen=True, kw_only=True, order=True, forbid_unknown_fields=True):
    """Groups violations: all of one kind have the same event, attribute, code and expectation.

    A malformed frame, a gap and a diagnostic have no event and no expectation; `attribute` is the path of a diagnostic.
    """

    event: str
    attribute: str
    code: str
    expected: str

    @classmethod
    def of_violation(cls, violation: Violation) -> Kind:
        """Return the kind of a violation."""
        return cls(event=violation.event, attribute=violation.attribute, code=violation.code, expected=violation.expected)

    @classmethod
    def of_damage(cls, entry: Record | Diagnostic) -> Kind:
        """Return the kind of a diagnostic, a malformed frame or a gap."""
        if isinstance(entry, Diagnostic):
            return cls(event="", attribute=entry.path, code=entry.code, expected="")
        code = entry.item.error.code if isinstance(entry.item, MalformedFrame) else GAP
        return cls(event="", attribute="", code=code, expected="")


class _File(msgspec.Struct, forbid_unknown_fields=True):
    known: list[Kind]


def read_baseline(path: str) -> frozenset[Kind]:
    """Return the kinds that a baseline file lists. Raise Unusable if it cannot be read or is no baseline."""
    try:
        return frozenset(msgspec.convert(tomllib.loads(Path(path).read_text(encoding="utf-8")), _File).known)
    except OSError as error:
        raise Unusable(f"{path}: {error.strerror}; write a baseline with --write-baseline") from None
    except (ValueError, msgspec.ValidationError) as error:
        raise Unusable(f"{path}: expected a baseline: {error}; write one with --write-baseline") from None


def write_baseline(path: str, kinds: Iterable[Kind], inputs: tuple[str, ...]) -> None:
    """Write a baseline file. Raise Unusable if it cannot be written or is one of the inputs."""
    rows = (", ".join(f"{name} = {_quoted(getattr(kind, name))}" for name in Kind.__struct_fields__) for kind in sorted(kinds))
    lines = "".join(f"  {{ {row} }},\n" for row in rows)
    with opened(path, inputs) as file:
        file.write(f"{_HEADER}known = [\n{lines}]\n".encode())


def _quoted(text: str) -> str:
    """Return a TOML string: JSON's escapes are TOML's, but JSON leaves DEL as it is."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
