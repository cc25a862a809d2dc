"""What others do with a capture, each as it is told to be used. All of them do less than decode it.

A reader takes the path of a pcap file and gives how many packets it read, so that none is fast for reading fewer.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from benchmarks.capture_file import size_of


class Peer(NamedTuple):
    """`read` is given a capture of about `size` bytes, less for those that take long."""

    name: str
    what: str
    size: int
    read: Callable[[Path], int]
    absent: bool


def _dpkt(path: Path) -> int:
    import dpkt  # noqa: PLC0415

    count = 0
    with path.open("rb") as file:
        for _, data in dpkt.pcap.Reader(file):
            dpkt.ethernet.Ethernet(data)
            count += 1
    return count


def _scapy(path: Path) -> int:
    import scapy.layers.inet  # noqa: F401, PLC0415 it makes IP and TCP known
    from scapy.utils import PcapReader  # noqa: PLC0415

    with PcapReader(str(path)) as packets:
        return sum(1 for _ in packets)


def _tshark(path: Path) -> int:
    command = ["tshark", "-n", "-r", str(path), "-q", "-o", "tcp.reassemble_out_of_order:TRUE", "-z", "follow,tcp,raw,0", "-z", "io,stat,0"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    line = next(line for line in done.stdout.splitlines() if "<>" in line)
    return int(line.split("|")[2])


PEERS = (
    Peer(
        "dpkt",
        "reads packets and their Ethernet, IP and TCP; no reassembly",
        size_of("20M"),
        _dpkt,
        importlib.util.find_spec("dpkt") is None,
    ),
    Peer(
        "scapy",
        "reads packets and their layers; no reassembly; a file of 1 MB, since it takes so long",
        size_of("1M"),
        _scapy,
        importlib.util.find_spec("scapy") is None,
    ),
    Peer(
        "tshark",
        "reads packets and follows one connection of 20, out-of-order reassembly on; without a dissector of the frames",
        size_of("8M"),
        _tshark,
        shutil.which("tshark") is None,
    ),
)
