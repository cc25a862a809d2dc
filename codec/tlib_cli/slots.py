"""Files in a slot of memory that a worker shares with the first process.

Strategy: a worker writes its part into the slot, and the first process writes it from there to the output, so no part goes through the
disk. A part that outgrows its slot moves to a file.
"""

from __future__ import annotations

import io
import mmap
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

SLOT: Final = 8 << 20  # bytes; memory that nobody writes to is not used
SPAN: Final = 4 << 20  # bytes of an input whose output a slot holds, as a rule


class SlotWriter(io.BufferedIOBase):
    """Writes to a slot; what outgrows it goes to the file `path`.

    `size` is the number of bytes in the slot, None where they are in the file.
    """

    def __init__(self, slot: mmap.mmap, path: str) -> None:
        self._slot = slot
        self._path = path
        self._file: BinaryIO | None = None
        self.size: int | None = 0

    def writable(self) -> bool:
        return True

    def write(self, data: ReadableBuffer, /) -> int:
        """Write bytes. Raises OSError."""
        with memoryview(data) as view:
            if self.size is not None:
                end = self.size + view.nbytes
                if end <= len(self._slot):
                    self._slot[self.size : end] = view
                    self.size = end
                    return view.nbytes
                self._spill(self.size)
            assert self._file is not None
            return self._file.write(view)

    def _spill(self, size: int) -> None:
        """Move the bytes in the slot to the file."""
        self._file = Path(self._path).open("wb")  # noqa: SIM115 `close` closes it
        with memoryview(self._slot) as slot:
            self._file.write(slot[:size])
        self.size = None

    def close(self) -> None:
        """Close the file, if there is one."""
        if self._file is not None:
            self._file.close()
        super().close()


class SlotReader(io.BufferedIOBase):
    """Reads the first `size` bytes of a slot, without a copy."""

    def __init__(self, slot: mmap.mmap, size: int) -> None:
        self._slot = memoryview(slot)
        self._size = size
        self._at = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1, /) -> memoryview:  # type: ignore[override]
        """Return the next bytes, all that are left for a negative size or None."""
        start = self._at
        self._at = self._size if size is None or size < 0 else min(self._size, start + size)
        return self._slot[start : self._at]

    def close(self) -> None:
        """Let go of the slot."""
        self._slot.release()
        super().close()
