"""Stories that need no scenario: calls that come, change and end, a second between any two events."""

from __future__ import annotations

from types import SimpleNamespace

from tlib_codec import EventCallCreated, EventCallDataChanged, EventCallDeleted, KVList, encode


def uuid(number):
    return f"01FES9JKSOFQLEKK3CSH5B5AES{number:06d}"


def story(calls, *, overlap=3, filling=""):
    """`overlap` calls are live at any time; each is created, changed and deleted, one event a second."""
    events = []
    for n in range(calls + overlap):
        if n < calls:
            events.append(EventCallCreated(call_uuid=uuid(n), conn_id=f"{n + 1:016x}", ani="5551000"))
            events.append(EventCallDataChanged(call_uuid=uuid(n), conn_id=f"{n + 1:016x}", user_data=KVList({"N": n, "Text": filling})))
        if n >= overlap:
            events.append(EventCallDeleted(call_uuid=uuid(n - overlap), conn_id=f"{n - overlap + 1:016x}"))
    return [SimpleNamespace(time=float(second), event=event) for second, event in enumerate(events)]


def frames(events):
    return b"".join(encode(one.event) for one in events)
