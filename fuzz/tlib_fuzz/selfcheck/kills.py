"""End commands at random moments and look at their outputs: ``python -m tlib_fuzz.selfcheck kills --count N``.

Strategy: run each command once to its end, which gives the whole output and the time it takes. Then run it again and again, over an
old output or none, and end it: by a signal after a random part of that time, or by a disk that is full after a random part of that
output (a limit to the size of files). The name of the output must have the old contents or the whole ones; an output that Ctrl-C
completes may be shorter, but must read without an error. No temporary file stays, except after SIGKILL.
"""

from __future__ import annotations

import contextlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from tlib_codec import read
from tlib_codec.records import Diagnostic
from tlib_codec.stream import Gap

from .loop import FailureError

_TLIB: Final = (sys.executable, "-m", "tlib_cli")
_OLD: Final = b"the old output\n"
_FULL: Final = 0  # in place of a signal
_KILL: Final = getattr(signal, "SIGKILL", -1)  # Windows lacks it, and SIGHUP
_ENDS: Final = (signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGHUP", _FULL), _KILL, _FULL)
_PATIENCE: Final = 300  # seconds until a command must have ended
_BEGUN: Final = 0.8  # of the runs are left alone until their output has begun
_LISTENING: Final = 2.0  # seconds, at most, that a listener is left alone
_TICK: Final = 0.01
_UNUSABLE: Final = 2


class Command(NamedTuple):
    """A command and its output.

    A signal ends an `endless` command in good order, so its output is complete as far as it goes. `until` is a command that gives the
    whole output of one that has no end of its own; empty if nothing gives it. An output that `grows` is written in place.
    """

    arguments: str
    output: str
    endless: bool = False
    grows: bool = False
    until: str | None = None


COMMANDS: Final = (
    Command("decode day.tlb -o out.jsonl", "out.jsonl"),
    Command("decode day.tlb -o out.csv", "out.csv"),
    Command("decode day.tlb -o out.parquet", "out.parquet"),
    Command("decode day.tlb -o out.pcapng", "out.pcapng"),
    Command("decode day.tlb day.log --jobs 2 -o out.tlb", "out.tlb"),
    Command("decode day.tlb day.log -o out/ --partition event", "out"),
    Command("encode day.jsonl -o out.tlb", "out.tlb"),
    Command("redact day.tlb --secret secret -o out.tlb", "out.tlb"),
    Command("redact day.log --secret secret -o out.log", "out.log"),
    Command("calls day.tlb -o out.jsonl", "out.jsonl"),
    Command("calls day.tlb -o out.parquet", "out.parquet"),
    Command("calls day.tlb --ladder out.svg --to jsonl", "out.svg"),
    Command("connections day.pcapng -o out.csv", "out.csv"),
    Command("check day.log --write-baseline out.toml", "out.toml"),
    Command("simulate --seed 3 --stories 300 -o out.tlb", "out.tlb", endless=True),
    Command("simulate --seed 3 --stories 300 -o out.parquet", "out.parquet", endless=True),
    Command("simulate --seed 3 --stories 300 -o out.jsonl", "out.jsonl", endless=True, grows=True),
    Command("decode --follow day.tlb -o out.parquet", "out.parquet", endless=True, until="decode day.tlb -o out.parquet"),
    Command("decode --follow day.tlb -o out.pcapng", "out.pcapng", endless=True, until="decode day.tlb -o out.pcapng"),
    Command("decode --follow day.tlb -o out.csv", "out.csv", endless=True, until="decode day.tlb -o out.csv"),
    Command("decode --follow day.tlb day.log -o out.tlb", "out.tlb", endless=True, until=""),
    Command("decode --follow day.log -o out.jsonl", "out.jsonl", endless=True, grows=True, until="decode day.log -o out.jsonl"),
    Command("listen SERVER -o out.tlb", "out.tlb", endless=True, until=""),
    Command("listen SERVER -o out.parquet", "out.parquet", endless=True, until=""),
    Command("listen SERVER -o out.jsonl", "out.jsonl", endless=True, grows=True, until=""),
)


class Whole(NamedTuple):
    """The undisturbed run: the contents of the output (of each file, for a folder), exit status and seconds."""

    files: dict[str, bytes]
    status: int
    seconds: float


def report(count: int, seed: int) -> Iterator[str]:
    """End commands `count` times; yield a line for each command. Raise FailureError."""
    rng = random.Random(seed)  # noqa: S311
    with tempfile.TemporaryDirectory(prefix="tlib-kills-") as folder, _inputs(Path(folder)) as server:
        yield from Kills(Path(folder), server, rng).lines(count)


class Kills:
    """Ends the commands in `folder`, in which their inputs are; `server` is the address of a simulated server."""

    def __init__(self, folder: Path, server: str, rng: random.Random) -> None:
        self._folder = folder
        self._server = server
        self._rng = rng
        self._inputs = {path.name for path in folder.iterdir()}
        self._whole: dict[Command, Whole] = {}

    def lines(self, count: int) -> Iterator[str]:
        """End commands `count` times, each of them equally often; yield the outcomes of each command. Raise FailureError."""
        outcomes: dict[Command, Counter[str]] = {}
        for number in range(count):
            command = COMMANDS[number % len(COMMANDS)]
            outcomes.setdefault(command, Counter())[self.end(command)] += 1
        for command, found in outcomes.items():
            yield f"{found.total():>6,} tlib {command.arguments}: {', '.join(f'{n} {name}' for name, n in found.most_common())}"

    def end(self, command: Command) -> str:
        """Run a command, end it at a random moment, and return what its output is. Raise FailureError."""
        whole = self._whole.get(command)
        if whole is None:
            whole = self._whole[command] = self._run(command)
        self._clean()
        old = command.output != "out" and self._rng.random() < 0.5
        if old:
            (self._folder / command.output).write_bytes(_OLD)
        number = self._rng.choice(_ENDS)
        limit = self._rng.randrange(2000, 2000 + max(map(len, whole.files.values()), default=50_000)) if number == _FULL else None
        process = self._start(command.arguments, limit)
        if self._rng.random() < _BEGUN:
            self._wait_for_output(process, command, old=old)
        delay = self._rng.uniform(0, whole.seconds)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_PATIENCE if limit is not None and command.until is None else delay)
        if process.poll() is None:
            process.send_signal(number or signal.SIGTERM)
        _, errors = process.communicate(timeout=_PATIENCE)
        status = -signal.SIGINT if b"<frozen site>" in errors else process.returncode  # Python itself was interrupted as it began
        number = number or (signal.SIGTERM if command.until is not None else _FULL)
        outcome = self._judge(command, whole, status, number, _OLD if old else None, limited=limit is not None)
        if outcome is None or (b"Traceback" in errors and status != -number):
            found = {name: len(data) for name, data in self._files(command).items()}
            raise FailureError(
                f"tlib {command.arguments}: signal {number}, limit {limit}, after {delay:.3f} s: status {status}, "
                f"files {sorted(path.name for path in self._folder.iterdir())}, output {found}, stderr {errors.decode()[-500:]!r}",
                b"",
            )
        return outcome

    def _judge(self, command: Command, whole: Whole, status: int, number: int, old: bytes | None, *, limited: bool) -> str | None:
        """Return what the output is; None if it breaks the promise."""
        expected = {whole.status, -number, 128 + number, *((_UNUSABLE,) if limited else ())}
        clean = {path.name for path in self._folder.iterdir()} <= self._inputs | {command.output}
        if status not in expected or not (clean or number == _KILL):
            return None
        files = self._files(command)
        if files == whole.files and files:
            return "whole"
        if command.until is None and status == whole.status:
            return None  # reported as written
        if files == ({} if old is None else {command.output: old}):
            return "as it was"
        if command.output == "out" and files.items() <= whole.files.items():
            return "whole inputs"
        if command.grows and (number == _KILL or limited):
            return "in place"
        return "ended" if command.endless and status == 128 + number and _is_part(self._folder / command.output, whole) else None

    def _wait_for_output(self, process: subprocess.Popen[bytes], command: Command, *, old: bool) -> None:
        """Wait until the command writes to a temporary file or to its output, or ends."""
        known = len(self._inputs) + old
        while process.poll() is None and len(list(self._folder.iterdir())) == known:
            if old and command.grows and (self._folder / command.output).read_bytes() != _OLD:
                return
            time.sleep(_TICK)

    def _run(self, command: Command) -> Whole:
        self._clean()
        if command.until == "":
            return Whole({}, 0, _LISTENING)
        began = time.monotonic()
        process = self._start(command.until or command.arguments, None)
        _, errors = process.communicate(timeout=_PATIENCE)
        if process.returncode > 1:
            raise FailureError(f"tlib {command.arguments}: status {process.returncode}, {errors.decode()!r}", b"")
        return Whole(self._files(command), process.returncode, time.monotonic() - began)

    def _files(self, command: Command) -> dict[str, bytes]:
        """Return the contents of the output, or of the data files of a folder."""
        path = self._folder / command.output
        if path.is_dir():
            return {str(one.relative_to(path)): one.read_bytes() for one in path.rglob("*.parquet")}
        return {path.name: path.read_bytes()} if path.exists() else {}

    def _start(self, arguments: str, limit: int | None) -> subprocess.Popen[bytes]:
        words = arguments.replace("SERVER", self._server).split()

        def prepare() -> None:
            import resource  # noqa: PLC0415 Windows lacks it

            for number in (signal.SIGINT, signal.SIGHUP):  # a job in the background ignores them
                signal.signal(number, signal.SIG_DFL)
            if limit is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

        return subprocess.Popen(  # noqa: S603 our own command
            [*_TLIB, *words],
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            preexec_fn=prepare,  # noqa: PLW1509 no thread of ours
        )

    def _clean(self) -> None:
        for path in self._folder.iterdir():
            if path.name not in self._inputs:
                if path.is_dir():
                    shutil.rmtree(path)
                else:
                    path.unlink()


def _is_part(path: Path, whole: Whole) -> bool:
    """Return whether an output that was ended early reads without an error, and is the beginning of the whole one."""
    if not path.exists():
        return False
    if path.suffix == ".parquet":
        from pyarrow import parquet  # noqa: PLC0415

        table = parquet.read_table(path)
        if not whole.files:
            return True
        rows = parquet.read_table(_beside(path, whole.files[path.name]))
        return bool(table.drop_columns(["$file"]).equals(rows.drop_columns(["$file"]).slice(0, table.num_rows)))
    if path.suffix in {".csv", ".jsonl"} and whole.files:
        data = path.read_bytes()
        return (not data or data.endswith(b"\n")) and whole.files[path.name].startswith(data)
    frames = _frames(path)
    if frames is None:
        return False
    expected = _frames(_beside(path, whole.files[path.name])) if whole.files else None
    return expected is None or expected[: len(frames)] == frames


def _beside(path: Path, data: bytes) -> Path:
    """Write the whole output beside the one that was ended."""
    made = path.with_name(f"whole{path.suffix}")
    made.write_bytes(data)
    return made


def _frames(path: Path) -> list[bytes | None] | None:
    """Return the frames of a file; None if a part of it cannot be read."""
    if not path.stat().st_size:
        return []
    records = list(read(path))
    if any(isinstance(one, Diagnostic) or isinstance(one.item, Gap) for one in records):
        return None
    return [one.frame for one in records if not isinstance(one, Diagnostic)]


@contextlib.contextmanager
def _inputs(folder: Path) -> Iterator[str]:
    """Make the inputs of the commands, and yield the address of a server."""

    def tlib(*words: str) -> None:
        subprocess.run([*_TLIB, *words], cwd=folder, check=False, stderr=subprocess.DEVNULL)  # noqa: S603

    tlib("simulate", "--seed", "1", "--stories", "400", "-o", "one.tlb")
    one = folder / "one.tlb"
    (folder / "day.tlb").write_bytes(one.read_bytes() * 8)
    one.unlink()
    tlib("simulate", "--seed", "2", "--stories", "200", "--to", "log", "-o", "day.log")
    tlib("decode", "day.tlb", "-o", "day.jsonl")
    tlib("decode", "day.tlb", "-o", "day.pcapng")
    (folder / "secret").write_bytes(b"a secret for pseudonyms\n")
    serve = ("simulate", "--seed", "4", "--rate", "200", "--listen", "127.0.0.1:0")
    with subprocess.Popen([*_TLIB, *serve], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as server:  # noqa: S603
        assert server.stderr is not None
        try:
            yield server.stderr.readline().rpartition(" ")[2].strip()
        finally:
            server.terminate()
