# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""Columns by the C core: the glue that feeds it bytes and words what is out of the ordinary.

Strategy: the core runs over the input without the GIL and fills a batch until it meets a row that
needs words (a gap, a malformed frame, a broken rule). That row's code, offset and path come from the
reference engine; then the core goes on.
"""

from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.mem cimport PyMem_Free, PyMem_Realloc
from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t, uintptr_t
from libc.string cimport memcpy, memmove, memset

from tlib_codec.native.libcore cimport *
from tlib_codec.native.engine cimport Labels, Workspace, Tables, limits_of, zeroed, stream_error, tables_of

from tlib_codec.arrow.layout import GAP, Counts, first_error

cdef extern from "columns.h" nogil:
    enum:
        TLIB_RUN_MORE
        TLIB_RUN_BATCH
        TLIB_RUN_GAP
        TLIB_RUN_MALFORMED
        TLIB_RUN_INVALID
        TLIB_RUN_ASK
        TLIB_RUN_CAPACITY
        TLIB_RUN_MEMORY

    struct ArrowArray:
        void (*release)(ArrowArray *)

    ctypedef struct tlib_pairs:
        pass

    ctypedef struct tlib_column:
        uint8_t kind
        uint8_t skip
        const tlib_labels *labels
        tlib_pairs *pairs

    ctypedef struct tlib_columns:
        tlib_column *columns
        uint32_t count
        const uint16_t *of
        uint32_t event, offset, error, error_offset, error_path, frame
        uint32_t rows
        uint64_t bytes

    ctypedef struct tlib_counts:
        uint64_t frames
        uint64_t valid
        uint64_t unknown

    int TLIB_COLUMN_LIST
    ctypedef struct tlib_run:
        tlib_columns *columns
        const tlib_tables *tables
        tlib_limits limits
        tlib_workspace *space
        int printed
        uint64_t batch_bytes
        tlib_stream stream
        const uint8_t *at
        uint64_t left
        int closed
        uint64_t item
        int broken
        tlib_counts counts

    int tlib_columns_run(tlib_run *run)
    void tlib_columns_pass(tlib_run *run)
    int tlib_columns_frame(tlib_columns *columns, const uint8_t *data, uint32_t length, uint64_t offset, const tlib_workspace *work)
    int tlib_columns_bytes(tlib_columns *columns, const uint8_t *data, uint64_t length, uint64_t offset, int32_t message)
    int tlib_columns_error(tlib_columns *columns, const uint8_t *code, size_t code_length, int has_offset, uint64_t offset,
                           const uint8_t *path, size_t path_length)
    int tlib_columns_row(tlib_columns *columns)
    int tlib_columns_export(tlib_columns *columns, ArrowArray *out)
    void tlib_columns_clear(tlib_columns *columns)
    int tlib_columns_full(const tlib_columns *columns, uint64_t batch_bytes)


cdef class Run:
    """A stream, and the columns that it is taken into: what `ColumnBuilder` and `validate` share."""

    cdef object registry
    cdef object limits
    cdef Tables tables
    cdef Workspace work
    cdef tlib_run core
    cdef uint64_t invalid, malformed, gaps
    cdef bint printed          # the frames hold events of a log

    def __cinit__(self, registry, limits, *arguments):
        self.registry = registry
        self.limits = limits
        self.tables = tables_of(registry)
        self.work = Workspace()
        self.work.widen(self.tables)
        self.core.tables = self.tables.tables
        self.core.limits = limits_of(limits)
        self.core.space = self.work.space
        self.core.stream.walked = TLIB_HEADER

    cdef int run(self) except -1:
        """Go on until a batch is full (1) or the input is used up (0)."""
        cdef int stop
        while True:
            with nogil:
                stop = tlib_columns_run(&self.core)
            if stop == TLIB_RUN_MORE:
                return 0
            if stop == TLIB_RUN_BATCH:
                return 1
            if stop == TLIB_RUN_MEMORY:
                raise MemoryError
            if stop == TLIB_RUN_CAPACITY:
                self.work.grow()
                continue
            if stop == TLIB_RUN_GAP:
                self.gap(self.core.item, self.core.broken)
            else:
                self.odd_frame(self.core.item, stop)
            tlib_columns_pass(&self.core)

    cdef int gap(self, uint64_t length, bint broken) except -1:
        cdef int32_t message = -1
        cdef uint16_t number = 0
        cdef uint32_t body = 0
        cdef tlib_error error
        fault = ("gap", None, "")
        if broken:
            refused = stream_error(self.tables, &self.core.stream, self.core.at, self.core.left, self.limits)
            fault = (refused.code, refused.offset, refused.path)
            if tlib_header(self.core.at, length, &self.core.limits, &number, &body, &error) == TLIB_OK:
                message = number
            self.malformed += 1
        else:
            self.gaps += 1
        return self.row_of_bytes(length, message, fault)

    cdef int odd_frame(self, uint64_t length, int stop) except -1:
        """A frame that is malformed, breaks a rule, or that only Python can judge."""
        cdef tuple fault = None
        cdef bint malformed
        if stop != TLIB_RUN_INVALID or self.core.columns != NULL:
            packed = PyBytes_FromStringAndSize(<const char *> self.core.at, <Py_ssize_t> length)
            malformed, fault = first_error(packed, self.core.stream.base, self.registry, self.limits, printed=self.printed)
            if malformed:
                self.malformed += 1
                return self.row_of_bytes(length, tlib_u16(self.core.at + 4), fault)
        self.core.counts.frames += 1
        if fault is None and stop == TLIB_RUN_ASK:
            if tlib_table(self.tables.tables, tlib_u16(self.core.at + 4), self.core.at, self.work.space):
                self.core.counts.valid += 1
            else:
                self.core.counts.unknown += 1
        else:
            self.invalid += 1
        if self.core.columns == NULL:
            return 0
        if tlib_columns_frame(self.core.columns, self.core.at, <uint32_t> length, self.core.stream.base, self.work.space):
            raise MemoryError
        return self.close_row(length, fault)

    cdef int row_of_bytes(self, uint64_t length, int32_t message, tuple fault) except -1:
        if self.core.columns == NULL:
            return 0
        if tlib_columns_bytes(self.core.columns, self.core.at, length, self.core.stream.base, message):
            raise MemoryError
        return self.close_row(length, fault)

    cdef int close_row(self, uint64_t length, tuple fault) except -1:
        cdef bytes code, path
        if fault is not None:
            code, path = fault[0].encode(), fault[2].encode("utf-8", "replace")
            if tlib_columns_error(
                self.core.columns, <const uint8_t *> PyBytes_AS_STRING(code), PyBytes_GET_SIZE(code), fault[1] is not None, fault[1] or 0,
                <const uint8_t *> PyBytes_AS_STRING(path), PyBytes_GET_SIZE(path),
            ):
                raise MemoryError
        if tlib_columns_row(self.core.columns):
            raise MemoryError
        self.core.columns.bytes += length
        return 0


cdef class ColumnBuilder(Run):
    """Takes bytes, gives batches: `fill` until it says that one is ready, then `take`."""

    cdef tlib_columns own_columns
    cdef list kept
    cdef uint16_t *of
    cdef Py_buffer view
    cdef bint has_view
    cdef uint8_t *buffer
    cdef uint64_t capacity
    cdef ArrowArray batch

    def __cinit__(self, registry, limits, tuple layout, uint64_t batch_bytes):
        cdef tlib_column *column
        cdef Py_ssize_t i
        cdef Labels labels
        self.kept = []
        self.core.batch_bytes = batch_bytes
        self.own_columns.columns = <tlib_column *> zeroed(len(layout), sizeof(tlib_column))
        self.own_columns.count = <uint32_t> len(layout)
        self.of = <uint16_t *> zeroed(len(registry.dictionary) + 1, sizeof(uint16_t))
        self.own_columns.of = self.of
        place = {one.name: i for i, one in enumerate(layout)}
        for i, one in enumerate(layout):
            column = &self.own_columns.columns[i]
            column.kind = one.kind
            column.skip = one.skip
            if one.labels is not None:
                labels = Labels(one.labels)
                self.kept.append(labels)
                column.labels = &labels.labels
            if column.kind == TLIB_COLUMN_LIST:
                column.pairs = <tlib_pairs *> zeroed(1, sizeof(tlib_pairs))
            if one.id is not None:
                self.of[self.tables.tables.dense[<int> one.id]] = i + 1
        self.own_columns.event = place["Event"]
        self.own_columns.offset = place["$offset"]
        self.own_columns.error = place["$error"]
        self.own_columns.error_offset = place["$error_offset"]
        self.own_columns.error_path = place["$error_path"]
        self.own_columns.frame = place["$frame"]
        tlib_columns_clear(&self.own_columns)
        self.core.columns = &self.own_columns

    def __dealloc__(self):
        cdef uint32_t i
        if self.batch.release != NULL:
            self.batch.release(&self.batch)
        if self.own_columns.columns != NULL:
            if self.core.columns != NULL:
                tlib_columns_clear(&self.own_columns)
            for i in range(self.own_columns.count):
                PyMem_Free(self.own_columns.columns[i].pairs)
            PyMem_Free(self.own_columns.columns)
        PyMem_Free(self.of)
        PyMem_Free(self.buffer)
        if self.has_view:
            PyBuffer_Release(&self.view)

    def attach(self, buffer):
        """Take `buffer` as the whole input, without copying it."""
        PyObject_GetBuffer(buffer, &self.view, PyBUF_SIMPLE)
        self.has_view = True
        self.core.at = <const uint8_t *> self.view.buf
        self.core.left = self.view.len
        self.core.closed = True

    def feed(self, data):
        """Take the next bytes of the input."""
        cdef Py_buffer view
        cdef void *more
        cdef uint64_t need
        PyObject_GetBuffer(data, &view, PyBUF_SIMPLE)
        try:
            if self.core.left and self.core.at != self.buffer:
                memmove(self.buffer, self.core.at, self.core.left)
            need = self.core.left + view.len
            if need > self.capacity:
                more = PyMem_Realloc(self.buffer, need + need // 2)
                if more == NULL:
                    raise MemoryError
                self.buffer = <uint8_t *> more
                self.capacity = need + need // 2
            if view.len:
                memcpy(self.buffer + self.core.left, view.buf, view.len)
            self.core.at = self.buffer
            self.core.left = need
        finally:
            PyBuffer_Release(&view)

    def close(self):
        """Say that no more bytes come."""
        self.core.closed = True

    def fill(self):
        """Whether a batch is ready; if not, feed more, or all is done."""
        return self.run() == 1 or (self.core.closed and self.own_columns.rows > 0)

    def take(self):
        """The address of the batch as an ArrowArray, to be imported at once."""
        if self.batch.release != NULL:
            self.batch.release(&self.batch)
        if tlib_columns_export(&self.own_columns, &self.batch):
            raise MemoryError
        return <uintptr_t> &self.batch


cdef class FrameBuilder(ColumnBuilder):
    """Takes whole frames, each from a place of its own, and what is no frame; gives batches."""

    cdef bytes data, bounds, places
    cdef Py_ssize_t count, row

    def put(self, bytes data not None, bytes bounds not None, bytes places not None, bint printed=False):
        """Take frames, joined: their bounds and, from 0 on, the place of each (64 bits); `fill` puts them into rows.

        `printed` frames hold valid events of a log: what the receiving client sets is not missing.
        """
        if self.row < self.count:
            raise ValueError("the frames before are not in rows yet")
        if PyBytes_GET_SIZE(places) % sizeof(uint64_t) or PyBytes_GET_SIZE(bounds) != PyBytes_GET_SIZE(places) + <Py_ssize_t> sizeof(uint64_t):
            raise ValueError("frames have a place each, and one bound more")
        self.data, self.bounds, self.places, self.printed = data, bounds, places, printed
        self.core.printed = printed
        self.count = PyBytes_GET_SIZE(places) // sizeof(uint64_t)
        self.row = 0
        self.core.closed = True

    def fill(self):
        """Whether a batch is full; if not, all frames are in rows."""
        cdef const uint64_t *bounds
        cdef const uint64_t *places
        while self.row < self.count:
            bounds = <const uint64_t *> <const void *> PyBytes_AS_STRING(self.bounds)
            places = <const uint64_t *> <const void *> PyBytes_AS_STRING(self.places)
            if bounds[self.row] >= bounds[self.row + 1] or bounds[self.row + 1] > <uint64_t> PyBytes_GET_SIZE(self.data):
                raise ValueError("a bound that is none")
            memset(&self.core.stream, 0, sizeof(tlib_stream))
            self.core.stream.walked = TLIB_HEADER
            self.core.stream.base = places[self.row]
            self.core.at = <const uint8_t *> PyBytes_AS_STRING(self.data) + bounds[self.row]
            self.core.left = bounds[self.row + 1] - bounds[self.row]
            if self.run():
                return True
            self.row += 1
        return tlib_columns_full(&self.own_columns, self.core.batch_bytes) != 0

    @property
    def rows(self):
        """How many rows wait to be taken."""
        return self.own_columns.rows

    def put_damage(self, bytes data not None, uint64_t place, tuple fault not None):
        """Take what is no frame, and the code, offset and path of its error, as a row; whether a batch is full."""
        cdef uint32_t body = 0
        cdef uint16_t number = 0
        cdef int32_t message = -1
        cdef tlib_error error
        cdef const uint8_t *at = <const uint8_t *> PyBytes_AS_STRING(data)
        if fault[0] != GAP and tlib_header(at, PyBytes_GET_SIZE(data), &self.core.limits, &number, &body, &error) == TLIB_OK:
            message = number
        if tlib_columns_bytes(self.core.columns, at, PyBytes_GET_SIZE(data), place, message):
            raise MemoryError
        self.close_row(PyBytes_GET_SIZE(data), fault)
        return tlib_columns_full(&self.own_columns, self.core.batch_bytes) != 0


def validate(buffer, registry, limits):
    """Check all frames in a buffer, and count what they are."""
    cdef Run run = Run(registry, limits)
    cdef Py_buffer view
    PyObject_GetBuffer(buffer, &view, PyBUF_SIMPLE)
    try:
        run.core.at = <const uint8_t *> view.buf
        run.core.left = view.len
        run.core.closed = True
        run.run()
        return Counts(
            frames=run.core.counts.frames, valid=run.core.counts.valid, invalid=run.invalid, unknown=run.core.counts.unknown,
            malformed=run.malformed, gaps=run.gaps, bytes=view.len,
        )
    finally:
        PyBuffer_Release(&view)
