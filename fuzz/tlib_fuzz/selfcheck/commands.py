"""Run every command with every kind of input: ``python -m tlib_fuzz.selfcheck commands --count N``.

Strategy: an input is a run of `tlib_cli.main` in this process: a command, options drawn by their click types, generated and damaged files
of any kind, compressed or not. The options come from the commands, so a new one is drawn without a change here; `_TEXTS` has
the values that chance would hardly produce. Options that wait, or need a network, are left out. A run must end in time, without an
exception, with status 0, 1 or 2. Each line of the standard error must begin with ``tlib: ``, and text for people must be printable.
"""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import json
import lzma
import os
import random
import shutil
import signal
import sys
import tempfile
import threading
import traceback
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import click

from tlib_cli import main
from tlib_cli.app import tlib
from tlib_codec.query.syntax import field_text, to_text
from tlib_codec.records import Origin
from tlib_schemas.tlibrary import TLIBRARY

from .inputs import Inputs
from .loop import FailureError, Tally, watch
from .queries import Chooser

SECONDS: float = 30  # for a command, a hundred times the time of a slow one
_LEFT_OUT: Final = frozenset({"follow", "listen", "backup_of", "connect", "tls", "tls_ca", "tls_cert", "tls_key", "jobs", "help"})
_ENDS: Final = {"decode": ("--jobs", "1"), "simulate": ("--stories", "2")}  # these win over the drawn options
_COMMANDS: Final = (*tlib.own, *("decode", "calls", "check", "inspect", "redact") * 4)  # those that read much, often
_WITHOUT_FILES: Final = frozenset({"schema", "simulate", "listen"})
_PEOPLE: Final = frozenset({"inspect", "schema", "check"})
_JUNK: Final = ("", "x", "-", "--", "é", "\u202e\x9b\x1b[2J", "\udcff", "a\nb", "'", "[", "0", "$x", "=1", "x" * 300, "%s", "{}", "😀")
_TIMES: Final = ("2026-03-14", "21:39", "2026-03-14T22:00+02:00", "0001-01-01", "9999-12-31T23:59:59-23:59", "24:00", "now")
_SUFFIXES: Final = (".jsonl", ".txt", ".csv", ".log", ".tlb", ".pcap", ".pcapng", ".parquet", ".arrow", ".x")
_TEXTS: Final[Mapping[str, tuple[str, ...]]] = {
    "output": (*(f"out{suffix}" for suffix in _SUFFIXES), "-", "no/out.csv", ".", "in.jsonl", ""),
    "ladder_path": ("out.svg", "out.mmd", "in.log", "no/x.svg"),
    "since": _TIMES,
    "until": _TIMES,
    "zone": ("UTC", "+02:00", "Europe/Paris", "+99:00", "../x", "Europe/\u202e"),
    "encoding": ("utf-8", "cp1251", "gbk", "utf-16", "rot13", "hex", "idna"),
    "events": ("EventRinging", "EventCallDeleted", "60", "65535", "-1", "EventRinging,60"),
    "address": ("10.0.0.1", "10.0.0.0/8", "10.0.0.1:3000", "::1", "[::1]:3", "1", "10.0.0.1/99"),
    "hosts": ("10.0.0.1", "::1", "x"),
    "select": ("time,Event,ANI", "$text,$peer,$src", "UserData.k", "UserData", "$unnumbered", "$other", ",", "ANI,ANI"),
    "partition": ("date", "date,event", "x"),
    "wanted": ("006c", "01FES9JKSOFQLEKK3CSH5B5AES00JV1U"),
    "attributes": ("ANI", "#70", "UserData", "CallType", "x"),
    "kept": ("ANI", "#70", "UserData", "x"),
    "keys": ("*", "Seg*", "[", "**", "\\"),
    "keep": ("*", "Seg*", "[", "\\"),
    "secret_file": ("in.tlb", "empty", "no", "."),
    "baseline": ("base.toml", "in.jsonl", "no", "."),
    "new_baseline": ("base.toml", "no/base.toml", "."),
    "fault_log": ("out.jsonl", "no/x"),
    "registry": ("tlib_schemas.tlibrary:TLIBRARY", "nowhere:X", "json:loads", "x", ":", "a b:c"),
    "site": ("default", "x"),
    "name": ("EventRinging", "CallType", "60", "eventcalldeleted", "1e9"),
    "scenario": ("s.toml", "in.jsonl", "no"),
    "servers": ("x", ":", "localhost:99999", "[::1", "a:b,c:d"),
}
_PACKERS: Final[tuple[Callable[[bytes], bytes], ...]] = (gzip.compress, bz2.compress, lzma.compress)
_MEMBERS: Final = (*Origin.__struct_fields__, "server", "x")


class _HangError(BaseException):
    """A command does not end."""


class Finished(NamedTuple):
    """A finished run."""

    status: int
    out: str
    err: str


class CommandChecks:
    """Runs commands, as a self-check."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.tally: Tally = Tally()

    def batch(self, number: int, size: int) -> None:
        """Run the commands of one batch. Raises FailureError."""
        rng = random.Random(f"{self.seed}:{number}")  # noqa: S311
        inputs = Inputs(rng.getrandbits(64))
        inputs.make("frame")
        with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
            for _ in range(size):
                watch()
                self._one(inputs)

    def _one(self, inputs: Inputs) -> None:
        rng = inputs.rng
        for file in Path().iterdir():
            shutil.rmtree(file) if file.is_dir() else file.unlink()
        files = {f"in.{kind}": input_of(inputs, kind) for kind in rng.sample(("tlb", "jsonl", "log", "pcap", "txt", "zip"), 2)}
        files |= {"empty": b"", "base.toml": inputs.vary("log", b"kinds = []\n"), "s.toml": _scenario(inputs)}
        for name, data in files.items():
            Path(name).write_bytes(data)
        command = rng.choice(_COMMANDS)
        arguments = [command, *self._arguments(command, inputs, list(files)), *_ENDS.get(command, ())]
        data = files[rng.choice([*list(files)[:2] * 4, *files])]
        try:
            done = run_command(arguments, data)
        except _HangError:
            raise FailureError(f"{arguments} does not end in {SECONDS} s", data) from None
        except BaseException as error:
            raise FailureError(f"{arguments}: {traceback.format_exc()}", self._shown(files, data)) from error
        wrong = problem(arguments, done)
        if wrong is not None:
            raise FailureError(f"{arguments}: {wrong}\n{done.err[-2000:]}", self._shown(files, data))
        self.tally.outcomes[command, f"status {done.status}"] += 1

    @staticmethod
    def _shown(files: Mapping[str, bytes], standard_input: bytes) -> bytes:
        """Return the inputs of a failure: each file by name, and the standard input."""
        shown = {name: data.hex() for name, data in {**files, "-": standard_input}.items() if data}
        return json.dumps(shown).encode()

    @staticmethod
    def _arguments(command: str, inputs: Inputs, files: list[str]) -> Iterator[str]:
        """Yield random options of a command and its arguments."""
        rng = inputs.rng
        found = tlib.get_command(click.Context(tlib), command)
        assert found is not None
        for parameter in found.params:
            if isinstance(parameter, click.Option):
                if parameter.name not in _LEFT_OUT and rng.random() < (0.3 if parameter.name in {"to", "where"} else 0.04):
                    yield parameter.opts[-1]
                    if not parameter.is_flag:
                        yield _value(parameter, inputs)
            elif command in _WITHOUT_FILES:
                if rng.random() < 0.8:
                    yield _value(parameter, inputs)
            else:
                count = rng.choice((0, 1, 1, 1, 1, 2)) if parameter.nargs == -1 else rng.choice((0, 1, 1))
                yield from rng.choices([*files[:2] * 12, *files, "-", "no", "."], k=count)


def _value(parameter: click.Parameter, inputs: Inputs) -> str:
    """Return a value for a parameter, usually of its type."""
    rng = inputs.rng
    kind = parameter.type
    if rng.random() < 0.04:
        return rng.choice(_JUNK)
    if isinstance(kind, click.Choice):
        return str(rng.choice(list(kind.choices)))
    if isinstance(kind, click.types.IntParamType):
        return rng.choice(("0", "1", "2", "7", "100", "65535", "4294967295", str(2**31), str(2**64), "-1"))
    if isinstance(kind, click.types.FloatParamType):
        return rng.choice(("0.1", "1", "1e-300", "1e6", "1e300", "nan", "inf", "-1"))
    if parameter.name == "where":
        return to_text(Chooser(rng, TLIBRARY, ()).expression()) if rng.random() < 0.9 else rng.choice(_JUNK)
    if parameter.name == "select" and rng.random() < 0.5:
        return ",".join(field_text(Chooser(rng, TLIBRARY, ()).field(several=False)) for _ in range(2))
    return rng.choice(_TEXTS.get(parameter.name or "", _JUNK))


def _scenario(inputs: Inputs) -> bytes:
    text = b'seed = 1\nstories = 2\n[mix]\ninbound = 1\n[[sites]]\nname = "a"\n'
    return text if inputs.rng.random() < 0.5 else inputs.vary("log", text)


def input_of(inputs: Inputs, kind: str) -> bytes:
    """Return the bytes of an input: frames, JSON lines, a log, a capture, hex text or a zip file of these; some of them compressed."""
    rng = inputs.rng
    if kind == "zip":
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as file:
            for name in rng.sample(("a.log", "b\u202e.jsonl", "c/d.tlb", "..\\e"), 2):
                file.writestr(name, input_of(inputs, rng.choice(("tlb", "jsonl", "log"))))
        return inputs.vary("capture", packed.getvalue()) if rng.random() < 0.3 else packed.getvalue()
    data = {
        "tlb": lambda: inputs.make("stream"),
        "jsonl": lambda: b"\n".join(_line(inputs) for _ in range(rng.randint(1, 4))),
        "log": lambda: b"".join(inputs.make("log") for _ in range(2)),
        "pcap": lambda: inputs.make("capture"),
        "txt": lambda: inputs.make("stream").hex(" ").encode(),
    }[kind]()
    return rng.choice(_PACKERS)(data) if rng.random() < 0.1 else data


def _line(inputs: Inputs) -> bytes:
    """Return a line of JSON, often with members of its own and of any type."""
    line = inputs.make("json") if inputs.rng.random() < 0.3 else inputs.json()
    try:
        data = json.loads(line)
    except ValueError:
        return line
    if not isinstance(data, dict) or inputs.rng.random() < 0.3:
        return line
    rng = inputs.rng
    if rng.random() < 0.7:
        data["$source"] = {name: _odd(rng) for name in rng.sample(_MEMBERS, 4)} if rng.random() < 0.9 else _odd(rng)
    for name in ("$time", "$unnumbered", "$violations", "$malformed", "$gap", "$frame", "Event", "\u202e"):
        if rng.random() < 0.08:
            data[name] = {rng.choice(("offset", "code", "a\x1b", "length", "data")): _odd(rng)} if rng.random() < 0.4 else _odd(rng)
    return json.dumps(data, ensure_ascii=rng.random() < 0.5).encode("utf-8", "surrogatepass")


def _odd(rng: random.Random, depth: int = 0) -> Any:
    """Return a JSON value of any type."""
    numbers = (0, 1, -1, 2**31, 2**63, 2**64, -(2**63), 10**30, 1.5, -0.0, 1e308, float("nan"))
    kinds: list[Any] = [rng.choice(_JUNK), rng.choice(_TIMES), rng.choice(numbers), None, True, rng.choice(_JUNK[:6])]
    if depth < 2:
        kinds += [[_odd(rng, depth + 1) for _ in range(2)], {rng.choice(_JUNK): _odd(rng, depth + 1)}]
    return rng.choice(kinds)


def problem(arguments: list[str], done: Finished) -> str | None:
    """Return the broken requirement of a finished run, or None."""
    if done.status not in {0, 1, 2}:
        return f"status {done.status}"
    for line in done.err.splitlines():
        if not line.startswith("tlib: ") or not line.isprintable():
            return f"a line of the standard error is no report: {line!r}"
    people = (arguments[0] in _PEOPLE and "--json" not in arguments) or "table" in arguments
    if people and not all(c.isprintable() or c == "\n" for c in done.out):
        return f"text for people has a character that is not printable: {[c for c in done.out if not c.isprintable()][:5]}"
    return None


def run_command(arguments: list[str], standard_input: bytes) -> Finished:
    """Run `tlib` in this process, its standard streams in files. Raises what the command raises, and `_HangError`."""
    with contextlib.ExitStack() as stack:
        files = [stack.enter_context(tempfile.TemporaryFile()) for _ in range(3)]
        files[0].write(standard_input)
        files[0].seek(0)
        modes = zip(files, ("r", "w", "w"), strict=True)
        streams = [os.fdopen(os.dup(file.fileno()), mode, encoding="utf-8", errors="backslashreplace") for file, mode in modes]
        replaced = sys.stdin, sys.stdout, sys.stderr
        sys.stdin, sys.stdout, sys.stderr = streams
        try:
            with _limited():
                status = main(arguments)
        finally:
            sys.stdin, sys.stdout, sys.stderr = replaced
            for stream in streams:
                with contextlib.suppress(OSError, ValueError):
                    stream.close()
        texts = []
        for file in files[1:]:
            file.seek(0)
            texts.append(file.read().decode("utf-8", "surrogateescape"))
    return Finished(status, *texts)


@contextlib.contextmanager
def _limited() -> Iterator[None]:
    """Raise _HangError after `SECONDS`, where signals can be had."""
    if not hasattr(signal, "SIGALRM") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(*_: object) -> None:
        raise _HangError

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
