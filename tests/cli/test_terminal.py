"""Data does not steer the terminal that shows it."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import threading

import pytest

from tlib_cli.terminal import TerminalFile, printable_lines
from tlib_codec import EventCallCreated, KVList, encode
from tlib_schemas.errors import printable

# C0 but the line breaks of JSON and logs, DEL, C1, bidi, no width, separators, a tag, a byte-order mark
BIDI = "\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
pty = pytest.importorskip("pty", reason="a pseudo-terminal")

HOSTILE = "".join(map(chr, (*range(1, 32), *range(0x7F, 0xA0)))) + BIDI + "\u2028\u2029\u200b\u200d\ufeff\U000e0041"
PRINTED = HOSTILE.replace("\n", "").replace("\t", "")


def printed(*arguments, **environment):
    """The bytes that `tlib` writes to a terminal that is its standard output and error."""
    leader, follower = pty.openpty()
    taken = []

    def take():
        try:
            while data := os.read(leader, 65536):
                taken.append(data)
        except OSError:  # the terminal is closed
            pass

    reader = threading.Thread(target=take)
    reader.start()
    env = os.environ | {"TERM": "dumb", "COLUMNS": "100", "NO_COLOR": "1"} | environment
    subprocess.run([sys.executable, "-m", "tlib_cli", *map(str, arguments)], stdout=follower, stderr=follower, env=env, check=False)
    os.close(follower)
    reader.join()
    os.close(leader)
    return b"".join(taken).replace(b"\r\n", b"\n").decode()


@pytest.fixture
def hostile(tmp_path):
    """An event whose texts and keys hold every character of `HOSTILE`, as frames and as JSON lines."""
    event = EventCallCreated(
        call_uuid="01FES9JKSOFQLEKK3CSH5B5AES00JV1U",
        conn_id="006c02462a161006",
        ani=HOSTILE,
        user_data=KVList({HOSTILE: HOSTILE, "inner": KVList({HOSTILE: HOSTILE})}),
    )
    (tmp_path / "hostile.tlb").write_bytes(encode(event))
    names = ("file", "src", "dst", "connection", "direction", "peer", "version", "text", "server", "x")
    source = {**dict.fromkeys(names, HOSTILE), HOSTILE: HOSTILE}
    line = {"Event": HOSTILE, HOSTILE: HOSTILE, "ANI": HOSTILE, "$source": source, "$unnumbered": {HOSTILE: HOSTILE}}
    known = {**line, "Event": "EventCallCreated", "ConnID": "006c02462a161006"}
    lines = [json.dumps(one) for one in (line, known, {"Event": "EventRinging", **line})]
    (tmp_path / "hostile.jsonl").write_text("\n".join([*lines, '{"Event": "\u202e\x9b']), encoding="utf-8")
    return tmp_path


COMMANDS = [
    ("decode", "hostile.tlb"),
    ("decode", "hostile.jsonl"),
    ("decode", "--to", "jsonl", "hostile.tlb"),
    ("decode", "--to", "jsonl", "hostile.jsonl"),
    ("decode", "--to", "log", "hostile.tlb"),
    ("decode", "--to", "csv", "hostile.jsonl"),
    ("decode", "--select", "ANI,$text,$peer", "hostile.jsonl"),
    ("inspect", "hostile.tlb"),
    ("check", "--all", "hostile.jsonl"),
    ("check", "--json", "hostile.jsonl"),
    ("check", "--summary", "hostile.jsonl"),
    ("calls", "--history", "hostile.tlb"),
    ("calls", "--history", "hostile.jsonl"),
    ("calls", "--to", "jsonl", "hostile.tlb"),
    ("redact", "hostile.jsonl"),
    ("decode", "no\u202e\x1bsuch"),
    ("decode", "--event", "no\u202e\x1bsuch", "hostile.tlb"),
    ("schema", "no\u202e\x1bsuch"),
    ("connections", "hostile.tlb"),
]


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_no_character_of_the_data_steers_the_terminal(hostile, arguments):
    shown = printed(*(hostile / one if one.startswith("hostile") else one for one in arguments))
    assert shown.strip()
    assert [c for c in shown if not c.isprintable() and c not in "\n\t"] == []


def test_json_on_a_terminal_keeps_its_meaning(hostile):
    line = printed("decode", "--to", "jsonl", hostile / "hostile.tlb")
    assert json.loads(line)["ANI"] == HOSTILE


def test_json_in_a_pipe_keeps_its_bytes(hostile):
    done = subprocess.run(
        [sys.executable, "-m", "tlib_cli", "decode", "--to", "jsonl", hostile / "hostile.tlb"], capture_output=True, check=True
    )
    assert "\u202e".encode() in done.stdout


def test_a_drawing_has_no_such_character(hostile):
    for name in ("ladder.svg", "ladder.mmd"):
        printed("calls", "--ladder", hostile / name, hostile / "hostile.tlb")
        text = (hostile / name).read_text(encoding="utf-8")
        assert [c for c in text if not c.isprintable() and c != "\n"] == []


def test_every_such_character_is_escaped_as_json_does():
    assert json.loads(f'"{printable(HOSTILE)}"') == HOSTILE
    assert printable(HOSTILE).isprintable()
    assert printable("\udc9b") == r"\udc9b"


def test_lines_and_tabs_stay():
    assert printable_lines("a\tb\n\x1bc\n") == "a\tb\n\\u001bc\n"


def test_a_character_in_two_writes_is_whole():
    terminal = io.BytesIO()
    file = TerminalFile(terminal)
    assert [file.write(part) for part in ("é".encode()[:1], "é\u202e".encode()[1:], b"\x9b\n")] == [1, 4, 2]
    file.flush()
    assert terminal.getvalue().decode() == "é\\u202e\\udc9b\n"
    assert file.isatty()
    assert file.writable()
