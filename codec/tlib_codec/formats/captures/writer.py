"""Write records as TCP conversations in a pcap or pcapng file."""

from __future__ import annotations

from typing import BinaryIO

from tlib_codec.formats.frame_writer import frame_of
from tlib_codec.formats.writers import RecordWriter, UnnumberedNotes
from tlib_codec.records import Diagnostic, Record
from tlib_codec.stream import Gap
from tlib_schemas.registry import Registry

from .conversation import Conversations, Pcap, Pcapng


class PacketWriter(RecordWriter):
    """Writes each frame in segments of the connection it came in, at its time; gaps and malformed frames are left out."""

    def __init__(self, file: BinaryIO, registry: Registry, name: str) -> None:
        super().__init__(file, registry)
        self._conversations = Conversations((Pcapng if name == "pcapng" else Pcap)(file))
        self._notes = UnnumberedNotes()

    def put(self, record: Record) -> Diagnostic | None:
        """Send the record's frame. Raises EncodeError."""
        if isinstance(record.item, Gap):
            return None
        data = frame_of(record, self._registry)
        time = record.origin.time
        self._conversations.send(data, time=None if time is None else time // 1000, src=record.origin.src, dst=record.origin.dst)
        return self._notes.note(record)

    def close(self) -> None:
        """Close the conversations."""
        self._conversations.close()
