"""Compare our reassembly with tshark's: the streams it follows, out-of-order reassembly on, have our bytes.

Run it: python tests/captures/tshark.py [--count 1000] [--seed 1]

Strategy: many generated conversations go into one capture file, so that tshark is started once for all of them. It
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

from tlib_codec.captures import Captured, CaptureDecoder
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
    for item in decoder:
        if isinstance(item, Captured):
            missing = isinstance(item.item, Missing)
            count = item.item.length if missing else 0
            text = f"[{count} bytes missing in capture file]\0".encode() if missing else item.data
            src = item.flow.src.translate(_BRACKETS)
            found[item.flow.connection, src] = found.get((item.flow.connection, src), b"") + text
    return {key: _MISSING.sub(b"", text) for key, text in found.items()}, decoder.connections


def batch(seed, size):
    """A capture file of `size` conversations; in some of them a later one has the ports of an earlier one."""
    chance = random.Random(seed)
    conversations = [Conversation(chance.getrandbits(60), number) for number in range(size)]
    return (pcapng if seed % 2 else pcap)(mixed(conversations, seed))


def compare(seed, size):
    """Compare a batch; gives the differences, each as a line, and the bytes compared."""
    data = batch(seed, size)
    mine, streams = ours(data)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "capture"
        path.write_bytes(data)
        theirs = followed(path, streams + 1)
    wrong = []
    for key in sorted({*mine, *theirs}):
        one, two = mine.get(key, b""), theirs.get(key, b"")
        if one != two:
            place = next((i for i, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), min(len(one), len(two)))
            wrong.append(
                f"seed {seed}: stream {key[0]} from {key[1]}: we have {len(one)} bytes, tshark {len(two)}; they differ at byte {place}"
            )
    return wrong, sum(map(len, mine.values()))


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1000, help="conversations to compare")
    parser.add_argument("--batch", type=int, default=50, help="conversations in a capture file")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    if TSHARK is None:
        sys.exit("tshark is not installed: apt-get install tshark")
    wrong, size, done, seed = [], 0, 0, arguments.seed
    while done < arguments.count:
        found, length = compare(seed, arguments.batch)
        wrong += found
        size, done, seed = size + length, done + arguments.batch, seed + 1
    print(*wrong, sep="\n", end="\n" if wrong else "")
    print(f"{done} conversations in {seed - arguments.seed} captures, {size:,} bytes of streams, {len(wrong)} differences")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
