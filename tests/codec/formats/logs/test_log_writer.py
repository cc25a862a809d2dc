"""Records written as a log."""

from __future__ import annotations

import io

from tlib_codec import EventCallDeleted, Gap, read, write
from tlib_codec.records import Record

EVENT = EventCallDeleted(call_uuid="01FES9JKSOFQLEKK3CSH5B5AES00JV1U", conn_id="006c02462a161006")


def written(*items):
    """Return the bytes of a log of these items."""
    file = io.BytesIO()
    write(file, map(Record, items), format="log")
    return file.getvalue()


def test_an_event_comes_back():
    assert [record.item for record in read(io.BytesIO(written(EVENT)))] == [EVENT]


def test_a_gap_has_no_message():
    assert written(EVENT, Gap(0, b"junk")) == written(EVENT)
