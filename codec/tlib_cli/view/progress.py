"""Draw a progress bar for a large input on the standard error.

Strategy: import and draw nothing unless the input is large, its size is known, the standard error is a terminal, and
the command writes nothing else to that terminal. Output to a pipe may reach the terminal through a pager, so no bar
is drawn beside it.
"""

from __future__ import annotations

import os
import stat
import sys
from types import TracebackType
from typing import TYPE_CHECKING, Self

from tlib_schemas.errors import printable

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

    from tlib_codec.formats.source import Source

_LARGE = 4 << 20


class Progress:
    """Draws a bar for each input of a command; a context manager.

    `output` is the file that the command writes to; None and ``-`` are the standard output.
    """

    def __init__(self, output: str | None) -> None:
        self._wanted = sys.stderr.isatty() and (output not in {None, "-"} or _is_file())
        self._bar: Bar | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._bar is not None:
            self._bar.stop()

    def opened(self, source: Source) -> None:
        """Begin the next input."""
        self._task = None
        if source.size is not None:
            self.start(source.name, source.size)

    def start(self, name: str, size: int) -> None:
        """Begin an input of `size` bytes."""
        if size < _LARGE or not self._wanted:
            return
        if self._bar is None:
            from rich.console import Console  # noqa: PLC0415
            from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn, TransferSpeedColumn  # noqa: PLC0415
            from rich.progress import Progress as Bar  # noqa: PLC0415

            title = TextColumn("{task.description}", markup=False)
            columns = (title, BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
            self._bar = Bar(*columns, console=Console(stderr=True), transient=True)
            self._bar.start()
        self._task = self._bar.add_task(printable(name), total=size)

    def moved(self, count: int) -> None:
        """Count bytes read."""
        if self._bar is not None and self._task is not None:
            self._bar.advance(self._task, count)


def _is_file() -> bool:
    """Return whether the standard output is a file or the null device, neither a terminal nor a pipe."""
    mode = os.fstat(sys.stdout.fileno()).st_mode
    return stat.S_ISREG(mode) or (stat.S_ISCHR(mode) and not sys.stdout.isatty())
