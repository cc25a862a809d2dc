"""The base of the readers of pcap and pcapng: bytes in, whole records out, no I/O.

Strategy: fed pieces are joined only once the next record can be complete, so small pieces cost no
more than large ones, and nothing is ever allocated because a length says so. A record that cannot be is reported, and
the next plausible one is searched; a search looks at no byte twice.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator

from tlib_codec.records import Diagnostic, Origin

from .model import DEFAULT_SETTINGS, CaptureSettings, Packet


class RecordReader(ABC):
    """Feed the bytes of a capture file, iterate packets and problems, `close`, iterate the rest.

    `buffer` from `position` on is not read yet; `base` is the file offset of its
    beginning. `number` is that of the last packet. Whoever reads records by other means moves `position` and `number`.
    """

    unit = "record"
    head = 0  # bytes of a record's head

    def __init__(self, settings: CaptureSettings = DEFAULT_SETTINGS, file: str = "") -> None:
        self.settings: CaptureSettings = settings
        self.file: str = file
        self.buffer: bytes = b""
        self.position: int = 0
        self.base: int = 0
        self.number: int = 0
        self.closed: bool = False
        self._pieces: list[bytes] = []
        self._waiting = 0  # bytes in the pieces
        self._need = 0  # bytes from the position on, before which nothing can be read
        self._search: int | None = None  # a record was broken: where in the file it began

    @property
    def offset(self) -> int:
        """Return the file offset of the next record."""
        return self.base + self.position

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the file."""
        self._pieces.append(data)
        self._waiting += len(data)
        if len(self.buffer) - self.position + self._waiting >= self._need:
            self._join()

    def close(self) -> None:
        """Say that no more bytes come."""
        self._join()
        self.closed = True

    def _join(self) -> None:
        rest = self.buffer[self.position :]
        self.base += self.position
        self.buffer = b"".join((rest, *self._pieces)) if rest or len(self._pieces) != 1 else self._pieces[0]
        self.position = 0
        self._pieces = []
        self._waiting = 0

    def __iter__(self) -> Iterator[Packet | Diagnostic]:
        while (match := self.next()) is not None:
            yield match

    def next(self) -> Packet | Diagnostic | None:
        """Return the next packet or problem; None where more bytes are needed, or none are left."""
        while True:
            if self._search is not None and not self._searched():
                return None
            left = len(self.buffer) - self.position
            if not left:
                return None
            before = self.position
            match = self._read()
            if match is not None:
                return match
            if self.position == before:
                break  # incomplete
        if not self.closed:
            return None
        problem = self._problem("capture-cut", f"{self._need} bytes of a {self.unit}", str(left))
        self.position = len(self.buffer)
        return problem

    def _wait(self, size: int) -> bool:
        """Return whether `size` bytes are available; if not, the reader waits for them."""
        self._need = size
        return len(self.buffer) - self.position >= size

    def _problem(self, code: str, expected: str, actual: str) -> Diagnostic:
        return Diagnostic(code, Origin(file=self.file, offset=self.offset), expected, actual)

    def _broken(self, expected: str, actual: str) -> Diagnostic:
        """Report the record at the position as impossible, and search from the next byte on."""
        problem = self._problem("capture-record", expected, actual)
        self._search = self.offset
        self.position += 1
        return problem

    def _searched(self) -> bool:
        """Move to the next plausible record; whether there is one."""
        end = len(self.buffer)
        while self.position < end:
            self.position = self._candidate(self.position)
            verdict = self._plausible(self.position)
            if verdict is None and not self.closed:
                return False
            if verdict:
                self._search = None
                return True
            self.position += 1
        self._need = 0
        return False

    def passed(self, time: int) -> None:  # noqa: B027 most have no use for it
        """Note the time of the last packet, where another has read it."""

    @property
    @abstractmethod
    def layout(self) -> tuple[int, int, int, tuple[tuple[int, int, int, int], ...]] | None:
        """Return the layout of the records, for `Lanes.walk`."""

    @abstractmethod
    def _read(self) -> Packet | Diagnostic | None:
        """Read one record, moving the position; None where it is incomplete, or was of no interest."""

    def _find(self, pattern: re.Pattern[bytes], at: int) -> int:
        """Return the place of `pattern` from `at` on, or the place from which too few bytes are left to decide."""
        match = pattern.search(self.buffer, at)
        short = max(at, len(self.buffer) - self.head + 1)
        return min(match.start(), short) if match else short

    @abstractmethod
    def _candidate(self, at: int) -> int:
        """Return the first place from `at` on where a record may begin, which makes a search quick."""

    @abstractmethod
    def _plausible(self, at: int) -> bool | None:
        """Return whether a record seems to begin at `at` of the buffer; None if that needs more bytes (`_need` is set)."""
