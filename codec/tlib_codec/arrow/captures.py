"""The frames of a capture as Arrow record batches, each row with its time, addresses and place in its stream.

Strategy: reassembled bytes go from the lanes of `captures` to the native builder of columns as they are, cut into
frames and put into the order of their packets, so a good frame never becomes an object. What is none (a gap, bytes that are
missing, a problem of the capture) is put between them item by item. Without the C core items go through
`column_items`, which gives the same rows.

pyarrow is needed (extra ``arrow``).
"""

from __future__ import annotations

import struct
from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import Any, Final, TypeAlias, Unpack

from tlib_codec import native
from tlib_codec.formats.captures.decoder import CaptureDecoder
from tlib_codec.formats.captures.model import Captured, CaptureItem, CaptureProblem, Cut, Flow, captured, origin
from tlib_codec.formats.captures.open import read_chunks, read_items
from tlib_codec.formats.captures.tcp import Options
from tlib_codec.stream import Gap, MalformedFrame, StreamItem
from tlib_schemas.errors import DecodeError
from tlib_schemas.events import InvalidEvent
from tlib_schemas.limits import DEFAULT_LIMITS
from tlib_schemas.registry import Registry
from tlib_schemas.tlibrary import TLIBRARY

from .columns import batch_of
from .columns import schema as attribute_schema
from .items import SOURCE_COLUMNS, ItemColumns, constant, items_schema, source_columns, texts
from .plan import ERROR, GAP, LARGEST_BATCH, Told, plan

try:
    import pyarrow as pa
    import pyarrow.compute as pc
except ImportError:
    raise ImportError("columns need pyarrow: pip install 'tlib-codec[arrow]'") from None

__all__ = ["CaptureColumns"]

Batch: TypeAlias = tuple[pa.RecordBatch, list[CaptureItem]]

_NO_TIME: Final = -(1 << 63)
_NO_FLOW: Final = (1 << 32) - 1
_NUMBER, _TIME, _FLOW = struct.Struct("=Q"), struct.Struct("=q"), struct.Struct("=I")
# Not by `pyarrow.scalar`, which would load pandas.
_ZERO, _THOUSAND = pa.Array.from_buffers(pa.int64(), 2, [None, pa.py_buffer(_TIME.pack(0) + _TIME.pack(1000))])
_OF_FLOW: Final = {"$src": "src", "$dst": "dst", "$connection": "connection", "$direction": "direction"}

_columns, _capture = native.extension("columns"), native.extension("capture")


class CaptureColumns:
    """The frames of a capture, and what is none, as `pyarrow.RecordBatch`es: a row each, in the order of their packets.

    `file` is a raw binary file that gives a pcap or pcapng file, `name` what stands in `$file`, `columns` names the columns of the
    source (those that a capture can fill). The options are those of `CaptureDecoder`. Read once; memory does not grow with the file.
    Anything that reads Arrow's PyCapsule interface reads it as it is.
    """

    def __init__(
        self,
        file: Any,
        *,
        name: str = "",
        columns: Sequence[str] | None = None,
        native_builder: bool = True,
        **options: Unpack[Options],
    ) -> None:
        self._file = file
        self._name = name
        self._registry = registry = options.get("registry", TLIBRARY)
        self._source = source_columns(["capture"]) if columns is None else tuple(columns)
        self.schema = items_schema(registry=registry, source=self._source)
        self._fields = attribute_schema(registry=registry)
        self._cuts = None
        if native_builder and _columns is not None and _capture is not None and "lanes" not in options:
            self._cuts = _capture.Cuts()
            options["items"] = lambda: self._cuts
        self._decoder = CaptureDecoder(**options)

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        for batch, _ in self.batches():
            yield batch

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """The batches as a stream of the Arrow PyCapsule interface."""
        return pa.RecordBatchReader.from_batches(self.schema, iter(self)).__arrow_c_stream__(requested_schema)

    def batches(self) -> Iterator[Batch]:
        """Batches, each with the items that its rows with an `$error` are, in their order."""
        return self._by_item() if self._cuts is None else self._straight(self._cuts)

    def _by_item(self) -> Iterator[Batch]:
        columns = ItemColumns(self._registry, source=self._source)
        wrong: list[CaptureItem] = []
        for found in read_items(self._decoder, self._file):
            where = origin(found, self._name)
            if isinstance(found, Captured):
                full = columns.add(found.item, data=found.data, offset=found.offset, source=where)
            else:
                full = columns.add(found.as_item(), source=where)
            if isinstance(found, CaptureProblem) or isinstance(found.item, Gap | InvalidEvent):
                wrong.append(found)
            if full:
                for batch in columns.take():
                    yield batch, wrong
                    wrong = []
        for batch in columns.take():
            yield batch, wrong
            wrong = []

    def _straight(self, cuts: Any) -> Iterator[Batch]:
        assert _columns is not None
        builder = _columns.FrameBuilder(self._registry, DEFAULT_LIMITS, plan(self._registry), LARGEST_BATCH)
        origins = _Origins(self._name, self._source, self.schema, cuts)
        for found in read_chunks(self._decoder, self._file):
            for one in found:
                if isinstance(one, Cut):
                    origins.cut(one)
                    builder.put(one.data, one.bounds, one.offsets)
                    while builder.fill():
                        yield self._taken(builder, origins)
                else:
                    origins.odd(one)
                    item = one.as_item() if isinstance(one, CaptureProblem) else one.item
                    assert isinstance(item, Gap)
                    if builder.odd(item.data, one.offset, _told(item)):
                        yield self._taken(builder, origins)
            if builder.rows:
                yield self._taken(builder, origins)
            origins.begin()

    def _taken(self, builder: Any, origins: _Origins) -> Batch:
        batch = batch_of(builder.take(), self._fields)
        errors = batch.column(ERROR)
        wrong = []
        if errors.null_count < batch.num_rows:
            places = pc.indices_nonzero(errors.is_valid()).to_pylist()
            wrong = [origins.item(place, self._registry) for place in places]
        return origins.completed(batch), wrong


class _Origins:
    """Where the rows come from that a builder was given since `begin`; those of `completed` batches are done with."""

    def __init__(self, name: str, columns: Sequence[str], fields: pa.Schema, cuts: Any) -> None:
        self._name, self._columns, self._fields, self._cuts = name, columns, fields, cuts
        self.begin()

    def begin(self) -> None:
        """Forget all of it."""
        self._packets, self._times, self._flows = bytearray(), bytearray(), bytearray()
        self._cuts.flows = []
        self._of: list[tuple[int, Cut | CaptureItem]] = []  # with the row at which each begins
        self._rows = self._done = 0
        self._nulls = False

    def cut(self, cut: Cut) -> None:
        """The next rows are the frames of `cut`."""
        self._of.append((self._rows, cut))
        self._packets += cut.packets
        self._times += cut.times
        self._flows += cut.flows
        self._rows += len(cut.packets) // 8

    def odd(self, item: CaptureItem) -> None:
        """The next row is `item`."""
        self._of.append((self._rows, item))
        self._nulls = True
        self._packets += _NUMBER.pack(item.packet or 0)
        self._times += _TIME.pack(_NO_TIME if item.time is None else item.time)
        self._flows += _FLOW.pack(_NO_FLOW if item.flow is None else len(self._cuts.flows))
        if item.flow is not None:
            self._cuts.flows.append(item.flow)
        self._rows += 1

    def item(self, row: int, registry: Registry) -> CaptureItem:
        """What that row of the batch at hand is."""
        row += self._done
        first, found = self._of[bisect_right(self._of, row, key=itemgetter(0)) - 1]
        if not isinstance(found, Cut):
            return found
        return _whole(found, row - first, self._cuts.flows, registry)

    def completed(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The batch with the columns of its source behind it."""
        start, count = self._done, batch.num_rows
        self._done += count
        arrays = batch.columns  # the fields that `items_schema` begins with
        for name in self._columns:
            if name == "$file":
                made = constant(self._name, count)
            elif name == "$packet":
                made = self._numbers(self._packets, pa.uint64(), start, count, absent=0)
            elif name == "$time":
                times = self._numbers(self._times, pa.int64(), start, count, absent=_NO_TIME)
                made = _microseconds(times).cast(SOURCE_COLUMNS[name].type)
            elif name in _OF_FLOW:
                flows = self._numbers(self._flows, pa.uint32(), start, count, absent=_NO_FLOW)
                values = [str(getattr(flow, _OF_FLOW[name])) for flow in self._cuts.flows]
                names = list(dict.fromkeys(values))
                places = {value: place for place, value in enumerate(names)}
                which = pa.py_buffer(array("i", map(places.__getitem__, values)).tobytes())
                indices = pa.Array.from_buffers(pa.int32(), len(values), [None, which]).take(flows)
                made = pa.DictionaryArray.from_arrays(indices, texts(names))
            else:
                made = pa.nulls(count, SOURCE_COLUMNS[name].type)
            arrays.append(made)
        return pa.RecordBatch.from_arrays(arrays, schema=self._fields)

    def _numbers(self, data: bytearray, kind: pa.DataType, start: int, count: int, *, absent: int) -> pa.Array:
        numbers = pa.Array.from_buffers(kind, count, [None, pa.py_buffer(bytes(data))], 0, start)
        if not self._nulls:
            return numbers
        return pc.if_else(pc.equal(numbers, pa.scalar(absent, kind)), pa.scalar(None, kind), numbers)


def _microseconds(times: pa.Array) -> pa.Array:
    micros = pc.divide(times, _THOUSAND)  # towards 0, and a damaged stamp may be before 1970
    return pc.subtract(micros, pc.less(pc.subtract(times, pc.multiply(micros, _THOUSAND)), _ZERO).cast(pa.int64()))


def _whole(cut: Cut, row: int, flows: Sequence[Flow], registry: Registry) -> Captured:
    """A frame of `cut` as the item that it is."""
    data = cut.data[slice(*struct.unpack_from("=QQ", cut.bounds, row * 8))]
    (offset,), (packet,), (time,), (flow,) = (
        struct.unpack_from(form, numbers, row * struct.calcsize(form))
        for form, numbers in (("=Q", cut.offsets), ("=Q", cut.packets), ("=q", cut.times), ("=I", cut.flows))
    )
    item: StreamItem
    try:
        item = registry.assemble(*registry.frame(DEFAULT_LIMITS).unpack(data), data, offset)
    except DecodeError as error:
        item = MalformedFrame(offset, data, error.shift(offset))
    return captured(item, data, offset, packet, time, flows[flow])


def _told(item: Gap) -> Told:
    if isinstance(item, MalformedFrame):
        return item.error.code, item.error.offset, item.error.path
    return GAP, None, ""
