# Streams: the decoder that is fed bytes in any pieces. Included by engine.pyx.

cdef object stream_error(Tables tables, const tlib_stream *stream, const uint8_t *start, uint64_t length, object limits):
    """The broken frame's error, in the words of the reference engine."""
    cdef const tlib_error *found = &stream.error
    cdef object at = found.offset
    cdef object header = PyBytes_FromStringAndSize(<const char *> start, <Py_ssize_t> min(length, <uint64_t> TLIB_HEADER))
    if found.code == TLIB_TRUNCATED_HEADER or found.code == TLIB_TRUNCATED_FRAME:
        return Truncated(
            tlib_code_name(found.code).decode(), needed=found.expected, available=found.actual, offset=found.offset
        )
    if found.code == TLIB_ATTRIBUTE_HEADER:
        error = wire.no_header(at, at + found.actual)
    elif found.code == TLIB_ATTRIBUTE_OVERRUN:
        error = wire.overrun(at, at + TLIB_ATTRIBUTE + found.actual, at + TLIB_ATTRIBUTE + found.expected)
    elif found.code == TLIB_INT_LENGTH or found.code == TLIB_LONG_LENGTH:
        error = wire.wrong_length(wire.Int if found.code == TLIB_INT_LENGTH else wire.Long, at, at + found.actual)
    else:
        try:
            wire.parse_header(header, limits)
        except DecodeError as refused:
            return refused.shift(stream.base)
        raise AssertionError("the engines differ: " + tlib_code_name(found.code).decode())
    if found.attribute >= 0:
        error.within("." + tables.name_of(<uint16_t> found.attribute))
    return error.within(tables.registry().frame().message_name(stream.message))


cdef enum:
    KEPT = 1 << 20  # bytes of buffer that an idle decoder keeps


cdef class StreamDecoder:
    """Incremental decoder: `feed` bytes in any chunks, iterate what they complete, `close`.

    Items are events, `InvalidEvent`, `UnknownEvent`, `Gap` and `MalformedFrame`; iterating ends
    when more bytes are needed, and may be resumed after the next `feed`. `offset` and `data` tell
    where in the stream the last item stood and what its bytes were.
    """

    def __cinit__(self, *, registry=LIBRARY, limits=LIMITS, uint64_t offset=0):
        self.registry = registry
        self.limits = limits
        self.offset = 0
        self.data = b""
        self.tables = tables_of(registry)
        self.own = limits_of(limits)
        memset(&self.stream, 0, sizeof(tlib_stream))
        self.stream.walked = TLIB_HEADER
        self.stream.base = offset

    def __dealloc__(self):
        PyMem_Free(self.buffer)

    @property
    def work(self):
        """Attribute headers followed so far: what bounds the time."""
        return self.stream.work

    @property
    def waiting(self):
        """Bytes that no item has given yet."""
        return self.end - self.start

    @property
    def memory(self):
        """The bytes of memory that the buffer takes."""
        return self.capacity

    def feed(self, data):
        """Take the next bytes of the stream. Raises ValueError after `close`."""
        cdef Py_buffer view
        cdef void *more
        if self.closed:
            raise ValueError("the stream is closed")
        PyObject_GetBuffer(data, &view, PyBUF_SIMPLE)
        try:
            if self.start == self.end:
                self.start = self.end = 0
                if self.capacity > KEPT:  # one huge frame is no reason to keep its memory for ever
                    PyMem_Free(self.buffer)
                    self.buffer = NULL
                    self.capacity = 0
            if self.end + view.len > self.capacity:
                if self.start > self.end - self.start:  # a move is paid for by the bytes that have left
                    memmove(self.buffer, self.buffer + self.start, self.end - self.start)
                    self.end -= self.start
                    self.start = 0
                if self.end + view.len > self.capacity:
                    more = PyMem_Realloc(self.buffer, (self.end + view.len) // 2 * 3 + 64)
                    if more == NULL:
                        raise MemoryError
                    self.buffer = <uint8_t *> more
                    self.capacity = (self.end + view.len) // 2 * 3 + 64
            if view.len:
                memcpy(self.buffer + self.end, view.buf, view.len)
                self.end += view.len
        finally:
            PyBuffer_Release(&view)

    def close(self):
        """Say that no more bytes come: iterating gives what is left, and does not wait."""
        self.closed = True

    def __iter__(self):
        return self

    def __next__(self):
        cdef const uint8_t *at = NULL
        cdef uint64_t length = 0, base = self.stream.base
        cdef bytes data
        item = self.step(&at, &length)
        if item is not None:
            return item
        if not length:
            raise StopIteration
        # The frame has left the buffer before anything is made of it: making may run code that feeds or iterates this decoder.
        data = PyBytes_FromStringAndSize(<const char *> at, <Py_ssize_t> length)
        self.offset = base
        self.data = data
        return whole_frame(self.tables, data, &self.own, self.registry, self.limits, base)

    def frames(self):
        """Take the whole frames that come next, without decoding them: their bytes, bounds and offsets.

        The frames stand back to back. `bounds` are where each of n frames begins in the bytes and where the last one ends:
        n + 1 unsigned 64-bit numbers as the machine has them; `offsets` are n numbers, the place of each frame in the stream.
        A frame has a good header and attribute headers that end with it; its values are not checked. n is 0 where more bytes
        are needed, or where iterating gives what comes next.
        """
        cdef uint64_t first = self.stream.base, size = 0, length
        cdef size_t count = 0, capacity = 256, i
        cdef uint64_t *bounds = <uint64_t *> PyMem_Malloc(capacity * sizeof(uint64_t))
        cdef void *more = bounds
        cdef const uint8_t *begin = self.buffer + self.start
        try:
            # No Python object is made before all frames have left the buffer: making may run code that feeds this decoder.
            while more != NULL:
                bounds[count] = size
                length = tlib_next_frame(&self.stream, begin + size, self.end - self.start, self.closed, &self.own)
                if length == 0:
                    break
                tlib_consume(&self.stream, length)
                self.start += length
                size += length
                count += 1
                if count == capacity:
                    more = PyMem_Realloc(bounds, 2 * capacity * sizeof(uint64_t))
                    if more != NULL:
                        bounds, capacity = <uint64_t *> more, 2 * capacity
            if more == NULL:
                raise MemoryError
            data = PyBytes_FromStringAndSize(<const char *> begin, <Py_ssize_t> size)
            ends = PyBytes_FromStringAndSize(<const char *> bounds, (count + 1) * sizeof(uint64_t))
            for i in range(count):
                bounds[i] += first
            return data, ends, PyBytes_FromStringAndSize(<const char *> bounds, count * sizeof(uint64_t))
        finally:
            PyMem_Free(bounds)

    cdef object step(self, const uint8_t **at, uint64_t *length):
        """Take what comes next out of the buffer: a `Gap` is given, a frame is where `at` points up to the next `feed`, and no bytes are no item."""
        cdef int broken = 0, kind
        cdef bytes data, head
        cdef tlib_stream state
        cdef uint64_t base = self.stream.base
        length[0] = 0
        if self.start == self.end:
            return None
        at[0] = self.buffer + self.start
        kind = tlib_next(&self.stream, at[0], self.end - self.start, self.closed, &self.own, length, &broken)
        if kind == TLIB_ITEM_NONE:
            length[0] = 0
            return None
        if kind == TLIB_ITEM_GAP:
            data = PyBytes_FromStringAndSize(<const char *> at[0], <Py_ssize_t> length[0])
            if broken:
                head = PyBytes_FromStringAndSize(<const char *> at[0], <Py_ssize_t> min(self.end - self.start, <uint64_t> TLIB_HEADER))
                state = self.stream
        self.start += length[0]
        tlib_consume(&self.stream, length[0])
        if kind == TLIB_ITEM_FRAME:
            return None
        self.offset = base
        self.data = data
        if not broken:
            return Gap(base, data)
        error = stream_error(self.tables, &state, <const uint8_t *> PyBytes_AS_STRING(head), PyBytes_GET_SIZE(head), self.limits)
        return MalformedFrame(base, data, error)


cdef object whole_frame(Tables tables, bytes data, const tlib_limits *own, object registry, object limits, uint64_t base):
    """What a frame is whose attribute headers chain: an item, or a MalformedFrame."""
    cdef const uint8_t *start = <const uint8_t *> PyBytes_AS_STRING(data)
    cdef tlib_error error
    cdef Workspace work = take_workspace(tables)
    item = None
    if index(tables, own, start, <uint32_t> PyBytes_GET_SIZE(data), True, work, &error) == TLIB_OK:
        item = item_of(tables, data, start, tlib_u16(start + 4), work, base)
    give_back(work)
    if item is not None:
        return item
    try:
        message, values = registry.frame(limits).unpack(data)
    except DecodeError as refused:
        return MalformedFrame(base, data, refused.shift(base))
    return registry.assemble(message, values, data, base)
