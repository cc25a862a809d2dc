"""Draw pictures/simulate.svg: `tlib simulate` and `tlib listen` side by side, recorded from a run.

Run it: python docs/record.py

Strategy: both programs run in pseudo-terminals of their own. `Screen` follows their output as a terminal does, as far as they use it
(colours, lines erased and rewritten), and rich draws the two screens. Two live runs are never the same, so
docs/generate.py does not write this picture.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

DOCS = Path(__file__).parent
SCENARIO = "faulty.toml"
LEFT, RIGHT, HEIGHT = 72, 92, 26
LONGEST = 60.0  # seconds
AFTERWARDS = 6  # visible lines after the reconnection
PORT = 3000
BACK = b"resynchronised"
_CONTROL = re.compile(rb"\x1b\[(\??[0-9;]*)([A-Za-z])|\r\n|\r|\n")


class Screen:
    """The lines of a terminal, with their colours; the last `HEIGHT` of them are visible."""

    def __init__(self) -> None:
        self.lines = [b""]
        self.row = 0

    def feed(self, data: bytes) -> None:
        """Take the output of a program."""
        at = 0
        for found in _CONTROL.finditer(data):
            self.lines[self.row] += data[at : found.start()]
            at = found.end()
            code, letter = found[1] or b"", found[2]
            if found[0] in {b"\r\n", b"\n"}:
                self.row += 1
                if self.row == len(self.lines):
                    self.lines.append(b"")
            elif letter == b"m":
                self.lines[self.row] += found[0]
            elif letter == b"A":
                self.row = max(0, self.row - int(code or b"1"))
            elif letter == b"K" or found[0] == b"\r":
                self.lines[self.row] = b"" if letter == b"K" else self.lines[self.row]
        self.lines[self.row] += data[at:]

    def text(self) -> Text:
        """Return the visible lines, up to the client's reconnection."""
        end = next((row + AFTERWARDS for row, line in enumerate(self.lines) if BACK in line), len(self.lines))
        return Text.from_ansi(b"\n".join(self.lines[:end][-HEIGHT:]).decode("utf-8", "replace"))


def start(arguments: list[str], width: int) -> tuple[subprocess.Popen[bytes], int]:
    """Start `tlib` in a terminal of that width; return the process and the terminal."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", HEIGHT, width, 0, 0))
    environment = {k: v for k, v in os.environ.items() if k not in {"COLUMNS", "NO_COLOR"}} | {"TERM": "xterm-256color"}
    process = subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "tlib_cli", *arguments],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment,
        cwd=DOCS.parent / "examples" / "scenarios",
    )
    os.close(theirs)
    return process, ours


def main() -> None:
    """Run both, and draw their screens."""
    serve = ["simulate", SCENARIO, "--listen", f":{PORT}", "--min-clients", "1", "--speed", "20"]
    listen = ["listen", f"localhost:{PORT}"]
    processes, screens = [], {}
    for arguments, width in ((serve, LEFT), (listen, RIGHT)):
        process, terminal = start(arguments, width)
        processes.append(process)
        screens[terminal] = Screen()
        time.sleep(2)  # the server listens
    server, client = screens.values()
    end = time.monotonic() + LONGEST
    while time.monotonic() < end:
        for terminal in select.select(list(screens), [], [], 0.1)[0]:
            screens[terminal].feed(os.read(terminal, 65_536))
        if any(BACK in line for line in client.lines[:-AFTERWARDS]):
            break
    left, right = server.text(), client.text()
    for process in processes:
        process.send_signal(signal.SIGINT)
        process.wait()
    grid = Table.grid(padding=(0, 1))
    panels = ((left, serve, LEFT), (right, listen, RIGHT))
    grid.add_row(
        *(
            Panel(text, title=f"$ tlib {' '.join(a)}", title_align="left", width=w + 4, height=HEIGHT + 2, border_style="dim")
            for text, a, w in panels
        )
    )
    console = Console(record=True, width=LEFT + RIGHT + 10, file=open(os.devnull, "w", encoding="utf-8"), force_terminal=True)  # noqa: SIM115, PTH123
    console.print(grid)
    target = DOCS / "pictures" / "simulate.svg"
    console.save_svg(str(target), title="tlib simulate, tlib listen")
    print(f"wrote {target.name}")


if __name__ == "__main__":
    main()
