"""Calls as rows: a column for each attribute of the call-based events, the same for every input.

Strategy: the columns follow from the registry's tables. Lists, links, parties, anomalies and history are JSON texts.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from tlib_schemas.call_events import EventCallCreated, EventCallDataChanged, EventCallDeleted
from tlib_schemas.enumerations import OpenEnum
from tlib_schemas.registry import Registry
from tlib_schemas.wire import Attribute

from .model import Call

TIMES: Final = ("queue", "ring", "talk", "hold")
_BEFORE: Final = ("begin", "end", "duration", "outcome", *TIMES, "released_first", "ending", "created", "complete", "events", "dropped")
_ALONE: Final = ("ending", "created", "complete", "events", "dropped")
_TEXTS: Final = ("links", "anomalies", "history", "parties", "sites", "source")


class CallColumns:
    """The columns of calls: `names` are those of all columns, in order, `attributes` those of attributes, by name."""

    def __init__(self, registry: Registry) -> None:
        tables = (cls.__schema__.listed for cls in (EventCallCreated, EventCallDataChanged, EventCallDeleted))
        ids = dict.fromkeys(i for listed in tables for i in listed if i in registry.dictionary)
        listed = [registry.dictionary[i] for i in ids]
        self.attributes: dict[str, Attribute] = {attribute.name: attribute for attribute in listed if not attribute.of_event}
        self.names: tuple[str, ...] = (*_BEFORE, *self.attributes, "other_attributes", *_TEXTS)

    def row(self, call: Call) -> dict[str, Any]:
        """Return the values of a call by column: texts, numbers, truth values, and times in UTC; None where there is none."""
        data = call.to_data()
        duration = call.duration
        row: dict[str, Any] = {"begin": call.begin, "end": call.end, "duration": None if duration is None else duration.total_seconds()}
        row |= {name: data.get(f"${name}", 0) for name in _ALONE}
        row |= {name: data.get(f"${name}") for name in ("outcome", *TIMES)}
        first = data.get("$released_first")
        row["released_first"] = first if isinstance(first, str | None) else _json(first)
        row |= {name: _json(data.get(f"${name}")) for name in _TEXTS}
        others = {}
        for name, value in call.state.items():
            if name not in self.attributes:
                others[name] = data[name]
            elif isinstance(value, OpenEnum):
                row[name] = value.label or str(int(value))
            elif isinstance(value, int):
                row[name] = value
            else:
                row[name] = data[name] if isinstance(data[name], str) else _json(data[name])
        row["other_attributes"] = _json(others or None)
        return row


def _json(data: Any) -> str | None:
    return None if data is None else msgspec.json.encode(data).decode()
