"""The paths that people run, as data: a command, its input, and the other programs that do the like.

Strategy: a row of a table is a `Path`; a peer is a `Peer`, a command of its own or a pipeline that prints its CPU seconds. Both name files
by the suffix of the input, so the same rows run on every kind of data.
"""

from __future__ import annotations

import importlib.util
import shutil
import sys
from pathlib import Path as File
from typing import Final, NamedTuple

_PEERS: Final = File(__file__).parent / "peers"


class Path(NamedTuple):
    """A command of `tlib` on the file with the suffix `source`; `target` is the suffix of the output, "" for the standard output."""

    title: str
    words: tuple[str, ...]
    source: str
    target: str = ""

    def command(self, path: str, output: str) -> list[str]:
        """Return the words of the command on one input."""
        out = ["-o", output + self.target] if self.target else []
        return [*self.words, path, *out, *(["--jobs", "1"] if self.words[0] == "decode" else [])]


def _decode(title: str, source: str, target: str, *words: str) -> Path:
    return Path(title, ("decode", *words), source, target)


LOG_JSONL: Final = "log → JSONL"
LOG_FRAMES: Final = "log → frames"
ODD: Final = "log with 5 % odd messages → JSONL"
FRAMES_JSONL: Final = "frames → JSONL"
JSONL_FRAMES: Final = "JSONL → frames"
CAPTURE_JSONL: Final = "capture → JSONL"
CHECK: Final = "check of frames"
CALLS: Final = "calls of frames"
REDACT: Final = "redact frames"
CSV: Final = "frames → CSV"
PCAPNG: Final = "frames → pcapng"
PARQUET: Final = "log → Parquet"
PARQUET_EVENT: Final = "log → Parquet, one event"

PATHS: Final = (
    _decode(LOG_JSONL, ".log", ".jsonl"),
    _decode(LOG_FRAMES, ".log", ".tlb"),
    _decode(ODD, ".odd.log", ".jsonl"),
    _decode(FRAMES_JSONL, ".tlb", ".jsonl"),
    Path(JSONL_FRAMES, ("encode",), ".jsonl", ".tlb"),
    _decode(CAPTURE_JSONL, ".pcapng", ".jsonl"),
    Path(CHECK, ("check",), ".tlb"),
    Path(CALLS, ("calls",), ".tlb", ".jsonl"),
    Path(REDACT, ("redact",), ".tlb", ".tlb"),
    _decode(CSV, ".tlb", ".csv"),
    _decode(PCAPNG, ".tlb", ".pcapng"),
    *(
        (_decode(PARQUET, ".log", ".parquet"), _decode(PARQUET_EVENT, ".log", ".parquet", "--event", "EventCallDeleted"))
        if importlib.util.find_spec("pyarrow")
        else ()
    ),
)


class Peer(NamedTuple):
    """Another program on the file with the suffix `source`; its `words` have ``{input}`` and ``{output}``.

    One that is `timed` prints its CPU seconds.
    """

    title: str
    words: tuple[str, ...]
    source: str
    timed: bool = False


NAIVE: Final = "naive script, log → JSONL"
MSGSPEC_OUT: Final = "msgspec, MessagePack → JSON, typed"
MSGSPEC_IN: Final = "msgspec, JSON → MessagePack, typed"


def _pipeline(title: str, name: str) -> Peer:
    return Peer(title, (sys.executable, str(_PEERS / "pipelines.py"), name, "{input}"), ".jsonl", timed=True)


_ALL: Final = (
    Peer(NAIVE, (sys.executable, str(_PEERS / "naive_log.py"), "{input}", "{output}"), ".log"),
    Peer("grep -c, log", ("grep", "-c", "message Event", "{input}"), ".log"),
    Peer("wc -l, log", ("wc", "-l", "{input}"), ".log"),
    Peer("jq -c ., JSONL", ("jq", "-c", ".", "{input}"), ".jsonl"),
    _pipeline(MSGSPEC_OUT, "msgspec-to-json"),
    _pipeline(MSGSPEC_IN, "msgspec-from-json"),
    _pipeline("orjson, JSON → dict → JSON", "orjson"),
)


def peers() -> tuple[tuple[Peer, ...], tuple[str, ...]]:
    """Return the peers that can run here, and the names of the programs and packages that are missing."""
    missing = [program for program in ("grep", "wc", "jq") if shutil.which(program) is None]
    if importlib.util.find_spec("orjson") is None:
        missing.append("orjson")
    return tuple(peer for peer in _ALL if not any(peer.title.startswith(name) for name in missing)), tuple(missing)
