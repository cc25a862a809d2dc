"""The faults and their keys, as tables for docs/faults.md: from the declaration, and from a run of each.

Strategy: what a client notices is not written down: every kind of fault is done to a story, and the
codes are those that its log expects, which tests hold against what is found in the stream.
"""

from __future__ import annotations

import msgspec
from msgspec import inspect

from tlib_codec import encode
from tlib_simulator import Scenario, Simulation
from tlib_simulator.faults import MEANINGS, Fault, FaultKind, Injected
from tlib_simulator.injector import Injector


def fault_kinds() -> str:
    """Every kind, and what is to be noticed of it."""
    story = [(one.time, one.event, encode(one.event)) for one in Simulation(Scenario(calls=60), seed=3)]
    rows = ["| kind | what happens | what a client notices |", "|---|---|---|"]
    for kind in FaultKind:
        told: list[Injected] = []
        injector = Injector([Fault(kind=kind, probability=0.5)], log=told.append)
        for time, event, data in story:
            for _ in injector.feed(time, event, data):
                pass
        for _ in injector.close():
            pass
        codes = sorted({code for one in told for code in one.expect})
        rows.append(f"| `{kind}` | {MEANINGS[kind]} | {', '.join(f'`{code}`' for code in codes) or 'nothing, if it is well made'} |")
    return "\n".join([*rows, ""])


def fault_keys() -> str:
    """The keys of a fault."""
    described = inspect.type_info(Fault)
    assert isinstance(described, inspect.StructType)
    rows = ["| key | default | |", "|---|---|---|"]
    for field in described.fields:
        about, kind = "", field.type
        while isinstance(kind, inspect.Metadata):
            about = about or (kind.extra_json_schema or {}).get("description", "")
            kind = kind.type
        default = "required" if field.default is msgspec.NODEFAULT else "" if field.default in (None, "") else f"{field.default:g}"
        rows.append(f"| `{field.encode_name}` | {default} | {about} |")
    return "\n".join([*rows, ""])
