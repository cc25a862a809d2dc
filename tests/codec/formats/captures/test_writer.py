"""Captures written from records."""

from __future__ import annotations

import io

from tlib_codec import EventCallDeleted, Gap, read, write
from tlib_codec.records import Record

EVENT = EventCallDeleted(call_uuid="01FES9JKSOFQLEKK3CSH5B5AES00JV1U", conn_id="006c02462a161006")


def written(*items):
    """Return what is read from a capture of these items."""
    file = io.BytesIO()
    write(file, map(Record, items), format="pcap")
    return [record.item for record in read(io.BytesIO(file.getvalue()))]


def test_an_event_comes_back():
    assert written(EVENT) == [EVENT]


def test_a_gap_is_left_out():
    assert written(EVENT, Gap(0, b"junk"), EVENT) == [EVENT, EVENT]
