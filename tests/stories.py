"""Streams without a scenario: calls that begin, change and end, one event per second."""

from __future__ import annotations

from types import SimpleNamespace

from tlib_codec import EventCallCreated, EventCallDataChanged, EventCallDeleted, KVList, encode


def uuid(number):
    return f"01FES9JKSOFQLEKK3CSH5B5AES{number:06d}"


def stream(calls, *, overlap=3, filling=""):
    """Return events of `calls` calls, `overlap` of them live at a time; each is created, changed and deleted."""
    events = []
    for n in range(calls + overlap):
        if n < calls:
            events.append(EventCallCreated(call_uuid=uuid(n), conn_id=f"{n + 1:016x}", ani="5551000"))
            events.append(EventCallDataChanged(call_uuid=uuid(n), conn_id=f"{n + 1:016x}", user_data=KVList({"N": n, "Text": filling})))
        if n >= overlap:
            events.append(EventCallDeleted(call_uuid=uuid(n - overlap), conn_id=f"{n - overlap + 1:016x}"))
    return [SimpleNamespace(time=float(second), event=event) for second, event in enumerate(events)]


def frames(events):
    return b"".join(encode(timed.event) for timed in events)
