"""Write the tables of docs/faults.md: the kinds of faults, and the keys of a fault.

Strategy: the codes that a client reports come from a run: each kind applies to a simulation, and its log holds the
codes, which tests compare with those found in the stream. The keys come from the declaration.
"""

from __future__ import annotations

import msgspec
from msgspec import inspect

from tlib_codec import encode
from tlib_simulator import Scenario, Simulation
from tlib_simulator.faults import DESCRIPTIONS, Fault, FaultKind, InjectedFault, Injector


def fault_kinds() -> str:
    """Return the table of kinds, with the codes that a client reports."""
    stream = [(timed.time, timed.event, encode(timed.event)) for timed in Simulation(Scenario(stories=60), seed=3)]
    rows = ["| kind | effect | a client reports |", "|---|---|---|"]
    for kind in FaultKind:
        log: list[InjectedFault] = []
        injector = Injector([Fault(kind=kind, probability=0.5)], log=log.append)
        for time, event, data in stream:
            for _ in injector.feed(time, event, data):
                pass
        for _ in injector.close():
            pass
        codes = sorted({code for injected in log for code in injected.expect})
        rows.append(f"| `{kind}` | {DESCRIPTIONS[kind]} | {', '.join(f'`{code}`' for code in codes) or 'nothing, if it is correct'} |")
    return "\n".join([*rows, ""])


def fault_keys() -> str:
    """Return the table of keys."""
    described = inspect.type_info(Fault)
    assert isinstance(described, inspect.StructType)
    rows = ["| key | default | meaning |", "|---|---|---|"]
    for field in described.fields:
        about, kind = "", field.type
        while isinstance(kind, inspect.Metadata):
            about = about or (kind.extra_json_schema or {}).get("description", "")
            kind = kind.type
        default = "required" if field.default is msgspec.NODEFAULT else "" if field.default in (None, "") else f"{field.default:g}"
        rows.append(f"| `{field.encode_name}` | {default} | {about} |")
    return "\n".join([*rows, ""])
