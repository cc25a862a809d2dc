"""Captures: pcap and pcapng files, TCP reassembly, and the events in them.

`read_capture` reads a file; `CaptureDecoder` is fed bytes; `Reassembler` is fed segments.
"""

from .decoder import CaptureDecoder, is_capture
from .ip import Dissector, Segment
from .model import DEFAULT_SETTINGS, Captured, CaptureItem, CaptureProblem, CaptureSettings, Flow, Packet, iso, origin
from .open import read_capture, read_items
from .pcap import PcapReader
from .pcapng import PcapngReader
from .tcp import Reassembler

__all__ = [
    "DEFAULT_SETTINGS",
    "CaptureDecoder",
    "CaptureItem",
    "CaptureProblem",
    "CaptureSettings",
    "Captured",
    "Dissector",
    "Flow",
    "Packet",
    "PcapReader",
    "PcapngReader",
    "Reassembler",
    "Segment",
    "is_capture",
    "iso",
    "origin",
    "read_capture",
    "read_items",
]
