"""The attributes of a call: the last value of each, and the changes that an event makes."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

from tlib_schemas.call_events import EventCallDataChanged
from tlib_schemas.enumerations import AttributeID, OpenEnum
from tlib_schemas.errors import quote
from tlib_schemas.kinds import Identifies
from tlib_schemas.registry import Registry
from tlib_schemas.values import KVList

from .links import weight
from .open_call import Event, OpenCall
from .open_calls import OpenCalls

OF_CALL = frozenset(map(int, EventCallDataChanged.__schema__.listed))
_USER_DATA = int(AttributeID.UserData)


class Attributes:
    """Applies the values of events to the state of calls."""

    def __init__(self, calls: OpenCalls, registry: Registry) -> None:
        self._calls = calls
        self._registry = registry
        self._own = frozenset(registry.identifying(Identifies.CALL, Identifies.CONNECTION))
        self._known = {
            int(number): (attribute.name, attribute.of_event, int(number) in OF_CALL) for number, attribute in registry.dictionary.items()
        }

    def apply(
        self, one: OpenCall, event: Event, *, judged: bool = False, listed: bool = False, keep: Container[int] = ()
    ) -> dict[str, tuple[Any, Any]]:
        """Apply the values of an event and return the changes, by name: (old, new).

        Where `judged`, a value that the call has already is an anomaly. `listed` takes only attributes of calls; `keep` stay as they are.
        """
        call, held = one.call, 0
        changes: dict[str, tuple[Any, Any]] = {}
        for number, value in event.values.items():
            name, of_event, of_call = self._known.get(number) or (self._registry.attribute_name(number), False, False)
            if of_event or (listed and not of_call) or number in keep:
                continue
            old = call.state.get(name)
            new = None if number == _USER_DATA and isinstance(value, KVList) and not len(value) else value
            if old == new and (type(old) is type(new) or old is not None):
                if judged and of_call and number not in self._own and (old is not None or call.created):
                    said = "deleted, and there was none" if new is None else f"changed to {_shown(new)}, which it was"
                    self._calls.anomaly(one, event, "call-unchanged", f"{name} is said to be {said}")
                continue
            changes[name] = (old, new)
            held += weight(new) - (0 if old is None else weight(old))
            if new is None:
                del call.state[name]
            else:
                call.state[name] = new
        self._calls.hold(one, held)
        return changes


def _shown(value: Any) -> str:
    if isinstance(value, OpenEnum):
        return value.label or str(int(value))
    return quote(value) if isinstance(value, str) else quote(str(value)) if isinstance(value, KVList) else str(value)
