"""Compare our reassembly with tshark's: the streams it follows, out-of-order reassembly on, have our bytes.

Run it: python tests/tshark.py [--captures 1000] [--seed 1]

Strategy: a capture of one to five conversations is generated from its own seed, and read by us as a file of its own (pcap or pcapng). For
tshark, whose start takes longer than the reading, some captures are put one behind the other; each has addresses
of its own, so its streams stay apart, and the streams count on where those of the capture before end. It
writes a missing segment as a text of its own among the bytes; so do we, and how much is missing
is compared too. (At the very end of a stream it does not tell; then neither do we.)
"""

from __future__ import annotations

import argparse
import random
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tlib_codec.formats.captures.decoder import CaptureDecoder
from tlib_codec.records import Batch, Record
from tlib_codec.stream import Missing
from tlib_fuzz.conversations import Conversation, mixed
from tlib_fuzz.packets import pcap, pcapng

TSHARK = shutil.which("tshark")
REASSEMBLE = ["-o", "tcp.reassemble_out_of_order:TRUE", "-o", "ip.defragment:TRUE", "-o", "ipv6.defragment:TRUE"]
_BRACKETS = str.maketrans("", "", "[]")  # of an IPv6 address
_MISSING = re.compile(rb"(\[\d+ bytes? missing in capture file\]\0?)+\Z")


def followed(path, streams):
    """The bytes of each stream and direction by tshark: {(stream, src): bytes}."""
    taps = [part for i in range(streams) for part in ("-z", f"follow,tcp,raw,{i}")]
    done = subprocess.run([TSHARK, "-n", "-r", str(path), "-q", *REASSEMBLE, *taps], capture_output=True, check=True)
    found = {}
    for text in done.stdout.decode().split("Follow: tcp,raw\n")[1:]:
        number = int(re.search(r"tcp\.stream eq (\d+)", text)[1])
        nodes = re.findall(r"^Node \d: (.*)$", text, re.MULTILINE)
        body = text.split(nodes[1] + "\n", 1)[1]
        parts = {0: [], 1: []}
        for line in body.splitlines():
            if re.fullmatch(r"\t?[0-9a-f]+", line):
                parts[line.startswith("\t")].append(bytes.fromhex(line.strip()))
        for side in (0, 1):
            found[number, nodes[side].translate(_BRACKETS)] = _MISSING.sub(b"", b"".join(parts[side]))
    return found


def ours(data, **options):
    """The same by us, whatever the streams hold."""
    decoder = CaptureDecoder(ports=[3000], **options)
    decoder.feed(data)
    decoder.close()
    found = {}
    for item in Batch(decoder.items()):
        if isinstance(item, Record):
            missing = isinstance(item.item, Missing)
            count = item.item.length if missing else 0
            text = f"[{count} bytes missing in capture file]\0".encode() if missing else item.frame
            src = item.origin.src.translate(_BRACKETS)
            found[item.origin.connection, src] = found.get((item.origin.connection, src), b"") + text
    return {key: _MISSING.sub(b"", text) for key, text in found.items()}, decoder.connections


def capture(seed, first, start):
    """The packets of a capture: one to five conversations, the first of which has the addresses of number `first`."""
    chance = random.Random(seed)
    conversations = [Conversation(chance.getrandbits(60), first + i) for i in range(chance.randint(1, 5))]
    return mixed(conversations, seed, start), len(conversations)


def compare(seed, captures):
    """Compare so many captures, from `seed` on; gives the differences, each as a line, and the bytes and conversations compared."""
    mine, merged, owner, number = {}, [], [], 0
    for one in range(seed, seed + captures):
        start = merged[-1][0] + 1_000_000 if merged else 1_700_000_000_000_000_000
        packets, count = capture(one, number, start)
        found, streams = ours((pcapng if one % 2 else pcap)(packets))
        mine |= {(len(owner) + stream, src): text for (stream, src), text in found.items()}
        owner += [one] * streams
        merged += packets
        number += count
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "capture"
        path.write_bytes(pcap(merged))
        theirs = followed(path, len(owner) + 1)
    wrong = []
    for key in sorted({*mine, *theirs}):
        one, two = mine.get(key, b""), theirs.get(key, b"")
        if one != two:
            place = next((i for i, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), min(len(one), len(two)))
            whose = owner[key[0]] if key[0] < len(owner) else "?"
            wrong.append(f"capture {whose}: from {key[1]}: we have {len(one)} bytes, tshark {len(two)}; they differ at byte {place}")
    return wrong, sum(map(len, mine.values())), number


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--captures", type=int, default=1000, help="captures to compare")
    parser.add_argument("--together", type=int, default=20, help="captures that tshark reads at once")
    parser.add_argument("--seed", type=int, default=1, help="of the first capture; the next has the next")
    arguments = parser.parse_args()
    if TSHARK is None:
        sys.exit("tshark is not installed: apt-get install tshark")
    wrong, size, count = [], 0, 0
    for first in range(0, arguments.captures, arguments.together):
        found, length, conversations = compare(arguments.seed + first, min(arguments.together, arguments.captures - first))
        wrong += found
        size, count = size + length, count + conversations
    print(*wrong, sep="\n", end="\n" if wrong else "")
    print(f"{arguments.captures:,} captures, {count:,} conversations, {size:,} bytes of streams, {len(wrong)} differences")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
