"""The counts of a run that ``tlib decode --stats`` prints.

Strategy: the pipeline counts the records of each batch; a reader and a writer in C count their units in `Stats`. Several processes send
their counts to the first one, which adds them.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tlib_codec.records import Batch, Diagnostic, Frames
from tlib_codec.stats import Stats


class Counts(msgspec.Struct):
    """The bytes, records and diagnostics of a run, and the units of its reader and writer."""

    bytes: int = 0
    records: int = 0
    diagnostics: int = 0
    stats: Stats = msgspec.field(default_factory=Stats)

    def add_batch(self, batch: Batch) -> None:
        """Count the parts of a batch that was read."""
        for part in batch.parts:
            if isinstance(part, Frames):
                self.records += len(part)
            elif isinstance(part, Diagnostic):
                self.diagnostics += 1
            else:
                self.records += 1

    def add(self, other: Counts) -> None:
        """Add the counts of another process."""
        self.bytes += other.bytes
        self.records += other.records
        self.diagnostics += other.diagnostics
        self.stats.add(other.stats)

    def lines(self, seconds: float) -> Iterator[str]:
        """Yield the lines for a person; `seconds` is the time on the wall."""
        speed = self.bytes / seconds / 1e6 if seconds else 0
        yield f"{self.bytes / 1e6:,.1f} MB in {seconds:.2f} s: {speed:,.1f} MB/s"
        yield f"read {self.records:,} records and {self.diagnostics:,} diagnostics"
        for title, units in (("reader in C", self.stats.read), ("writer in C", self.stats.written)):
            yield f"{title}: {units}" if units.total else f"{title}: not used"
