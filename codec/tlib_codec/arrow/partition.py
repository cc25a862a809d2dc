"""Write rows to a Parquet file per partition: folders ``date=2026-03-14/Event=EventCallCreated/``.

Strategy: sort each table by partition and hold the rows of a partition until they fill a row group, since small row
groups are slow to write and to read. Few files are open at once; a partition whose file was closed continues in
another file.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from tlib_codec.formats.output import open_output

from .library import pa, pc
from .parquet import GroupWriter

KEYS: Final = ("date", "event")
_MAX_OPEN: Final = 64  # files
_MAX_HELD: Final = 40 << 20  # bytes of rows in memory
_NULL: Final = "__HIVE_DEFAULT_PARTITION__"


class PartitionedSink:
    """Writes rows to a Parquet file per value of the keys, in folders ``key=value`` below `folder`.

    `max_held` bounds the bytes of rows in memory, `max_open` the open files. `parts` lists the files. A file has a
    temporary name (``~`` for ``/``, suffix ``.part``) until the caller renames it.
    """

    def __init__(
        self,
        folder: Path,
        stem: str,
        schema: pa.Schema,
        keys: Sequence[str],
        *,
        max_held: int = _MAX_HELD,
        max_open: int = _MAX_OPEN,
    ) -> None:
        self._folder = folder
        self._stem = stem
        self._keys = keys
        self._schema = schema.remove(schema.get_field_index("Event")) if "event" in keys else schema
        self._max_held, self._max_open = max_held, max_open
        self._held: dict[str, list[pa.Table]] = {}  # rows by folder, without the columns that are null in all of them
        self._bytes: Counter[str] = Counter()
        self._files: OrderedDict[str, tuple[GroupWriter, ExitStack]] = OrderedDict()
        self._counts: dict[str, int] = {}
        self.parts: list[str] = []

    def write(self, batches: Sequence[pa.RecordBatch]) -> None:
        """Write each row of `batches` to the file of its partition."""
        table = pa.Table.from_batches(batches).unify_dictionaries()
        if not table.num_rows:
            return
        groups = {key: self._values(table, key).dictionary_encode() for key in self._keys}
        code = pa.Array.from_buffers(pa.int32(), table.num_rows, [None, pa.py_buffer(bytes(4 * table.num_rows))])
        names = [""]
        for key, values in groups.items():
            labels = [_NULL if one is None else str(one) for one in values.dictionary.to_pylist()]
            title = "Event" if key == "event" else key
            code = pc.add(pc.multiply(code, len(labels)), values.indices)
            names = [f"{before}{title}={_escaped(one)}/" for before in names for one in labels]
        kept = table.select([name for name in self._schema.names if table[name].null_count < table.num_rows])
        order = pc.sort_indices(code)
        sizes = {row["values"]: row["counts"] for row in pc.value_counts(code).to_pylist()}
        start = 0
        for one in sorted(sizes):
            rows = kept.take(order.slice(start, sizes[one])) if len(sizes) > 1 else kept
            self._held.setdefault(names[one], []).append(rows)
            self._bytes[names[one]] += rows.nbytes
            start += sizes[one]
        while self._bytes.total() > self._max_held:
            self._write_group(self._bytes.most_common(1)[0][0])

    def _write_group(self, name: str) -> None:
        """Write the held rows of a partition as a row group."""
        del self._bytes[name]
        batches_ = []
        for table in self._held.pop(name):
            nulls = {kind: pa.chunked_array([pa.nulls(table.num_rows, kind)]) for kind in set(self._schema.types)}
            arrays = [table[field.name] if field.name in table.column_names else nulls[field.type] for field in self._schema]
            batches_ += pa.Table.from_arrays(arrays, schema=self._schema).to_batches()
        self._sink(name).write(batches_)

    def _values(self, table: pa.Table, key: str) -> pa.Array:
        if key == "event":
            values = table["Event"].cast(pa.string())
        else:
            choices = [pc.cast(table["$time"].cast(pa.timestamp("us")), pa.date32()), pc.cast(table["$local_time"], pa.date32())]
            values = pc.coalesce(*choices).cast(pa.string())
        return pc.fill_null(values, _NULL).combine_chunks()

    def _sink(self, name: str) -> GroupWriter:
        entry = self._files.get(name)
        if entry is None:
            if len(self._files) >= self._max_open:
                self._close_file(self._files.popitem(last=False)[1])
            count = self._counts[name] = self._counts.get(name, -1) + 1
            part = f"{name}{self._stem}-{count}.parquet"
            self.parts.append(part)
            path = self._folder / (part.replace("/", "~") + ".part")
            stack = ExitStack()
            entry = self._files[name] = GroupWriter(stack.enter_context(open_output(path)), self._schema), stack
        self._files.move_to_end(name)
        return entry[0]

    @staticmethod
    def _close_file(entry: tuple[GroupWriter, ExitStack]) -> None:
        sink, stack = entry
        with stack:
            sink.close()

    def close(self) -> None:
        """Write the held rows and close every file."""
        for name in [*self._held]:
            self._write_group(name)
        while self._files:
            self._close_file(self._files.popitem(last=False)[1])


def _escaped(value: str) -> str:
    """Return a value as part of a path, with Hive's percent escapes for all but letters, digits and ``-_.``."""
    return "".join(c if c.isalnum() or c in "-_." else "".join(f"%{byte:02X}" for byte in c.encode()) for c in value)
