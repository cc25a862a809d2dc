"""Targets give an outcome for each frame, whatever becomes of them on the way."""

import contextlib
import subprocess
import sys
from pathlib import Path

import pytest

from tlib_fuzz.cases.tree import Attribute, Frame
from tlib_fuzz.kit import protocol
from tlib_fuzz.kit.crashes import ended, recognise, signature
from tlib_fuzz.kit.persistent import MISSING, NOT_ALONE
from tlib_fuzz.kit.protocol import Outcome, Settings, TargetError, Verdict
from tlib_fuzz.kit.target import open_target

MOODY = Path(__file__).with_name("moody.py")
ABORT, SLEEP, RAISE, CHATTER, SWELL, LEAVE, SECOND, SKIP, REFUSE, SLOW_SWELL, TIRED, FULL, MUTE = (
    Frame(mood).write() for mood in range(1, 14)
)
FINE = Frame(200).write()
SETTINGS = Settings(timeout=1.0, memory=100)
needs_proc = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="a living process's memory is watched by /proc")


@pytest.fixture
def pipe():
    with contextlib.closing(open_target(f"{sys.executable} -S {MOODY}", "pipe", SETTINGS)) as target:
        yield target


def verdicts(outcomes):
    return [str(outcome.verdict) for outcome in outcomes]


@pytest.mark.parametrize(
    ("line", "outcome"),
    [
        (b"accept", Outcome(Verdict.ACCEPT)),
        (b'accept {"Event":1}', Outcome(Verdict.ACCEPT, json=b'{"Event":1}')),
        (b"reject", Outcome(Verdict.REJECT)),
        (b"reject bad-magic\r", Outcome(Verdict.REJECT, code="bad-magic")),
        (b"skip", Outcome(Verdict.SKIP)),
        (b"", Outcome(Verdict.GARBLED)),
        (b"accepted", Outcome(Verdict.GARBLED, signature="accepted")),
        (b"\xff\xfe", Outcome(Verdict.GARBLED, signature="\N{REPLACEMENT CHARACTER}" * 2)),
    ],
)
def test_replies(line, outcome):
    assert protocol.outcome(line) == outcome


def test_a_batch_in_order(pipe):
    frames = [FINE, REFUSE, SKIP, FINE] * 100
    found = pipe.run(frames)
    assert verdicts(found) == ["accept", "reject", "skip", "accept"] * 100
    assert found[1].code == "flags-not-liked"


def test_replies_longer_than_a_pipe_holds_do_not_block():
    loud = "import sys\nwhile h := sys.stdin.buffer.read(4):\n sys.stdin.buffer.read(int.from_bytes(h,'big'))\n print('reject', 'x' * 5000, flush=True)"
    with contextlib.closing(open_target(f'{sys.executable} -S -c "{loud}"', "pipe", SETTINGS)) as target:
        found = target.run([Frame(300, [Attribute(200, 2, bytes(0x4000))]).write()] * 64)
    assert {outcome.code for outcome in found} == {"x" * 5000}
    assert len(found) == 64


@pytest.mark.parametrize(
    ("frame", "verdict", "words"),
    [
        (ABORT, Verdict.CRASH, "SIGABRT"),
        (LEAVE, Verdict.CRASH, "exit status 3"),
        (RAISE, Verdict.CRASH, "KeyError in answer < serve"),
        (SLEEP, Verdict.HANG, "no reply in 1 s"),
        (CHATTER, Verdict.GARBLED, "debug: here we are"),
        pytest.param(SWELL, Verdict.MEMORY, "MiB more than at rest", marks=needs_proc),
        pytest.param(SLOW_SWELL, Verdict.MEMORY, "MiB more than at rest", marks=needs_proc),
    ],
)
def test_the_one_to_blame_in_a_batch(pipe, frame, verdict, words):
    found = pipe.run([FINE, REFUSE, FINE, frame, FINE, REFUSE])
    assert verdicts(found) == ["accept", "reject", "accept", verdict, "accept", "reject"]
    assert words in found[3].signature


def test_several_deaths_in_a_batch(pipe):
    assert verdicts(pipe.run([ABORT, FINE, LEAVE, ABORT, FINE])) == ["crash", "accept", "crash", "crash", "accept"]


def test_a_death_that_depends_on_the_frames_before(pipe):
    found = pipe.run([FINE] * 50 + [SECOND] + [FINE] * 5)
    crashes = [outcome for outcome in found if outcome.verdict is Verdict.CRASH]
    assert len(found) == 56
    assert [outcome.signature for outcome in crashes] == [f"SIGABRT, {NOT_ALONE}"]


@pytest.mark.parametrize(
    ("frame", "verdict", "words"),
    [
        (TIRED, Verdict.HANG, "no reply in 1 s"),
        pytest.param(FULL, Verdict.MEMORY, "MiB more than at rest", marks=needs_proc),
    ],
)
def test_other_harm_that_depends_on_the_frames_before(pipe, frame, verdict, words):
    pipe.run([FINE] * 50)
    (found,) = [outcome for outcome in pipe.run([FINE, frame, FINE]) if outcome.verdict is not Verdict.ACCEPT]
    assert found.verdict is verdict
    assert words in found.signature
    assert found.signature.endswith(NOT_ALONE)


def test_a_reply_that_is_left_out_shifts_no_verdict(pipe):
    pipe.run([FINE] * 50)
    found = pipe.run([REFUSE, MUTE, REFUSE, FINE])
    assert verdicts(found) == ["garbled", "accept", "reject", "accept"]
    assert found[0].signature == f"{MISSING}, {NOT_ALONE}"
    found = pipe.run([FINE] * 50 + [REFUSE, MUTE, REFUSE, FINE])  # and where it does so again
    assert verdicts(found) == ["accept"] * 50 + ["reject", "hang", "reject", "accept"]


def test_a_target_that_does_not_come_back_leaves_what_it_did(tmp_path):
    flag = tmp_path / "once"
    lasting = f"import pathlib, sys; p = pathlib.Path('{flag}'); p.exists() and sys.exit(9); p.touch(); sys.argv = ['x']; exec(open('{MOODY}').read())"
    with contextlib.closing(open_target(f'{sys.executable} -S -c "{lasting}"', "pipe", SETTINGS)) as target:
        found = target.run([FINE, REFUSE, ABORT, FINE])
        assert verdicts(found) == ["accept", "reject", "crash"]
        assert found[2].signature == "SIGABRT, of this or another of the 2 frames not answered"
        with pytest.raises(TargetError, match="exit status 9"):
            target.run([FINE])


def test_more_replies_than_frames_are_no_replies():
    twice = "import sys\nwhile h := sys.stdin.buffer.read(4):\n n = int.from_bytes(h,'big')\n sys.stdin.buffer.read(n)\n sys.stdout.write('accept\\n' * (1 + (n > 10)))\n sys.stdout.flush()"
    with contextlib.closing(open_target(f'{sys.executable} -S -c "{twice}"', "pipe", SETTINGS)) as target:
        found = target.run([FINE + b"x"])
        for _ in range(1_000):  # the second line may come later than the first
            found += target.run([FINE])
            if found[-1].verdict is Verdict.GARBLED:
                break
    assert Outcome(Verdict.GARBLED, signature="more replies than frames") in found


def test_memory_is_not_watched_where_nobody_asks():
    with contextlib.closing(open_target(f"{sys.executable} -S {MOODY}", "pipe", Settings(memory=0))) as target:
        assert verdicts(target.run([SWELL])) == ["accept"]


@needs_proc
@pytest.mark.parametrize("command", [f"{sys.executable} -S {MOODY} once", f"{sys.executable} -S {MOODY} once @@"])
def test_a_process_a_frame(command):
    # In a small process: the kernel counts what a program's parent had at its start as memory of the program, too.
    frames = [FINE, REFUSE, ABORT, RAISE, LEAVE, SLEEP, SWELL, SLOW_SWELL, FINE]
    text = (
        "from tlib_fuzz.kit.protocol import Settings\n"
        "from tlib_fuzz.kit.target import open_target\n"
        f"target = open_target({command!r}, 'process', Settings(timeout=1.0, memory=100))\n"
        f"for one in target.run({frames!r}): print(one.verdict.value, one.code, one.signature, sep=':')\n"
        "target.close()\n"
    )
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    found = [line.split(":", 2) for line in done.stdout.splitlines()]
    assert [verdict for verdict, _, _ in found] == ["accept", "reject", "crash", "crash", "crash", "hang", "memory", "memory", "accept"]
    assert found[1][1] == "flags-not-liked"
    assert [what for _, _, what in found[2:5]] == ["SIGABRT", "KeyError in answer < once < <module>", "exit status 3"]


@pytest.fixture
def server():
    with subprocess.Popen([sys.executable, "-S", str(MOODY), "0"], stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        yield process, int(process.stderr.readline())
        process.kill()


def test_a_server(server):
    _, port = server
    with contextlib.closing(open_target(f"127.0.0.1:{port}", "tcp", SETTINGS)) as target:
        found = target.run([FINE, RAISE, REFUSE, FINE])
    assert verdicts(found) == ["accept", "crash", "reject", "accept"]
    assert found[1].signature == "connection closed"


def test_a_server_that_is_gone(server, monkeypatch):
    monkeypatch.setattr("tlib_fuzz.kit.protocol.START", 0.3)
    process, port = server
    with contextlib.closing(open_target(f"localhost:{port}", "tcp", SETTINGS)) as target:
        assert verdicts(target.run([FINE])) == ["accept"]
        process.kill()
        process.wait()
        assert verdicts(target.run([FINE])) == ["crash"]
        with pytest.raises(TargetError, match=r"no connection to localhost:\d+: .*is the server running\?"):
            target.run([FINE])


@pytest.mark.parametrize(
    ("target", "mode", "message"),
    [
        ("./no-such-parser", "pipe", "the target './no-such-parser' does not start: No such file or directory; is it built"),
        ("", "pipe", "--target is empty"),
        ("'", "pipe", "No closing quotation"),
        ("false", "pipe", r"the target ended \(exit status 1\) before it answered a first frame"),
        (
            f"{sys.executable} -c 'import nowhere'",
            "pipe",
            "before it answered a first frame: ModuleNotFoundError: No module named 'nowhere'",
        ),
        ("echo hello", "pipe", "the target's first line is 'hello', but accept or reject is expected"),
        (
            f"{sys.executable} -c 'import time; time.sleep(9)'",
            "pipe",
            "does not answer a first frame within 0.3 s: let it speak the protocol",
        ),
        (f"{sys.executable} -c 'import nowhere'", "process", "the target, given a first frame: .*No module named 'nowhere'"),
        ("somewhere", "tcp", "'somewhere' is not HOST:PORT"),
        ("localhost:99999", "tcp", "'localhost:99999' is not HOST:PORT"),
    ],
)
def test_what_cannot_be_used_is_reported_in_one_line(target, mode, message, monkeypatch):
    monkeypatch.setattr("tlib_fuzz.kit.protocol.START", 0.3 if "sleep" in target else 15.0)
    with pytest.raises(TargetError, match=message) as told:
        open_target(target, mode, SETTINGS).run([FINE])
    assert "\n" not in str(told.value)


ASAN = """=================================================================
==812==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x602000000011 at pc 0x55 bp 0x7f sp 0x7f
READ of size 1 at 0x602000000011 thread T0
    #0 0x7f5e in memcpy ../asan/interceptors.cc:390
    #1 0x55a1 in list /src/parser.c:120
    #2 0x55a2 in frame /src/parser.c:300
SUMMARY: AddressSanitizer: heap-buffer-overflow /src/parser.c:120 in list"""
UBSAN = "parser.c:12:3: runtime error: shift exponent 32 is too large\n    #0 0x55a1 in list /src/parser.c:12"
JAVA = 'Exception in thread "main" java.lang.ArrayIndexOutOfBoundsException: Index 5\n\tat Parser.list(Parser.java:12)\n\tat Harness.main(Harness.java:9)'
GO = "panic: runtime error: index out of range [5] with length 5\n\ngoroutine 1 [running]:\nmain.parse(0xc00)\n\t/src/harness.go:20 +0x1d\nmain.main()\n"
NODE = "file:///src/harness.mjs:12\n  throw x;\n  ^\n\nRangeError: out of bounds\n    at parse (file:///src/harness.mjs:12:3)\n    at main (file:///x:3:3)\n"
RUST = "thread 'main' panicked at src/main.rs:12:9:\nindex out of bounds"


@pytest.mark.parametrize(
    ("trace", "words"),
    [
        (ASAN, "AddressSanitizer: heap-buffer-overflow in list < frame"),
        (UBSAN, "shift exponent N is too large in list"),
        (JAVA, "java.lang.ArrayIndexOutOfBoundsException in Parser.list < Harness.main"),
        (GO, "runtime error: index out of range [N] with length N in main.parse < main.main"),
        (NODE, "RangeError: out of bounds in parse < main"),
        (RUST, "src/main.rs"),
        ("parser: list.c:12: list: Assertion `n < 5' failed.", "Assertion `n < N' failed"),
        ("*** stack smashing detected ***: terminated", "stack smashing detected"),
        ("warning: something\nall is well", ""),
    ],
)
def test_a_crash_is_known_by_its_fault_and_place(trace, words):
    assert recognise(trace) == words


def test_without_a_trace_its_end_is_all_there_is():
    assert (signature("", -11), signature("", 3), signature("", None), ended(-200)) == (
        "SIGSEGV",
        "exit status 3",
        "connection closed",
        "signal 200",
    )
