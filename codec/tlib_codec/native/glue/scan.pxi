# Scan: a buffer's frames as views, of which only what is asked for is made. Included by engine.pyx.

@cython.final
@cython.freelist(64)
cdef class FrameView:
    """A frame inside a buffer: checked, indexed, nothing of it made until it is asked for.

    `offset` and `length` place it in the buffer, `valid` says whether its schema holds (for a
    message without a table: True). Attributes are read by name or id, each on its own.
    """

    cdef Scanner scanner
    cdef readonly uint64_t offset
    cdef readonly uint32_t length
    cdef readonly uint16_t message
    cdef readonly bint valid

    @property
    def name(self):
        """The message's name, or None where none is known."""
        return self.scanner.registry.message_name(self.message)

    @property
    def data(self):
        """The frame's bytes."""
        return PyBytes_FromStringAndSize(<const char *> self.scanner.start + self.offset, self.length)

    cdef uint32_t find(self, object key, uint32_t *length) except? 0xFFFFFFFF:
        """Where the attribute's header stands in the frame and how long its value is, 0 where it is absent.

        Every length is checked again: the buffer is its owner's, who may have written to it.
        """
        cdef const uint8_t *frame = self.scanner.start + self.offset
        cdef uint32_t position = TLIB_HEADER, size, left
        cdef uint16_t wanted
        number = self.scanner.registry._ids.get(key) if isinstance(key, str) else key
        if number is None:
            number = self.scanner.registry.attribute(key).id
        if not isinstance(number, int) or not 0 <= number <= 0xFFFF:
            return 0
        wanted = number
        while position < self.length:
            left = self.length - position
            size = tlib_u24(frame + position + 3) if left >= TLIB_ATTRIBUTE else 0
            if left < TLIB_ATTRIBUTE or size > left - TLIB_ATTRIBUTE:
                raise wire.overrun(self.offset + position, self.offset + position + TLIB_ATTRIBUTE + size, self.offset + self.length)
            if tlib_u16(frame + position) == wanted:
                length[0] = size
                return position
            position += TLIB_ATTRIBUTE + size
        return 0

    def get(self, key, default=None):
        """The value of an attribute, by name or id. Raises LookupError for a name that is none.

        Raises DecodeError where the value is malformed: the buffer was written to since it was
        scanned, or was not scanned deeply.
        """
        cdef uint32_t length = 0
        cdef uint32_t position = self.find(key, &length)
        cdef const uint8_t *at
        cdef const uint8_t *value
        cdef tlib_attribute a
        cdef tlib_error error
        cdef int kind
        cdef bytes data
        if position == 0:
            return default
        # One copy, and what is looked at from here on is the copy.
        data = PyBytes_FromStringAndSize(<const char *> self.scanner.start + self.offset + position, TLIB_ATTRIBUTE + length)
        at = <const uint8_t *> PyBytes_AS_STRING(data)
        value = at + TLIB_ATTRIBUTE
        a.id = tlib_u16(at)
        a.type = at[2]
        a.length = length
        a.offset = TLIB_ATTRIBUTE
        a.dense = self.scanner.tables.tables.dense[a.id]
        kind = self.scanner.tables.kinds[a.dense]
        if kind == LIST and a.type == TLIB_LIST and tlib_list(value, 0, length, &self.scanner.own, &error) == TLIB_OK:
            return view_of(data, TLIB_ATTRIBUTE, length)
        if (
            (kind == STRING and a.type == TLIB_STRING)
            or (kind == BINARY and a.type == TLIB_BINARY)
            or (kind in (UINT, SINT, ENUM, SIGNED_ENUM) and a.type == TLIB_INT and length == 4)
            or (kind in (LONG, CONN_ID) and a.type == TLIB_LONG and length == 8)
        ):
            return value_of(self.scanner.tables, kind, None, at, &a)
        try:
            return self.scanner.registry.frame(self.scanner.limits).attributes.unpack(data)[a.id]
        except DecodeError as refused:
            raise refused.shift(self.offset + position).within(self.scanner.registry.frame().message_name(self.message)) from None

    def __getitem__(self, key):
        found = self.get(key, STRICT)
        if found is STRICT:
            raise KeyError(key)
        return found

    def __contains__(self, key):
        cdef uint32_t length = 0
        return self.find(key, &length) != 0

    def event(self, *, policy=STRICT):
        """The event, decoded: as `decode` gives it."""
        return decode(self.data, registry=self.scanner.registry, policy=policy, limits=self.scanner.limits)

    def __repr__(self):
        return f"<FrameView {self.name or self.message} at {self.offset}, {self.length} bytes>"


cdef class Scanner:
    """Iterates a buffer of frames. Made by `scan`."""

    cdef object registry
    cdef object limits
    cdef Tables tables
    cdef tlib_limits own
    cdef tlib_stream stream
    cdef Py_buffer view
    cdef const uint8_t *start
    cdef uint64_t length
    cdef bint deep

    def __cinit__(self, buffer, registry, limits, bint deep):
        PyObject_GetBuffer(buffer, &self.view, PyBUF_SIMPLE)
        self.start = <const uint8_t *> self.view.buf
        self.length = self.view.len
        self.registry = registry
        self.limits = limits
        self.tables = tables_of(registry)
        self.own = limits_of(limits)
        self.stream.walked = TLIB_HEADER
        self.deep = deep

    def __dealloc__(self):
        PyBuffer_Release(&self.view)

    def __iter__(self):
        return self

    def __next__(self):
        cdef uint64_t base, left, length = 0
        cdef int broken = 0, kind, odd = -1
        cdef const uint8_t *at
        cdef tlib_error error
        cdef tlib_stream state
        cdef FrameView view
        cdef uint16_t number, message = 0
        cdef uint32_t body = 0
        cdef bytes data
        cdef bint fails = False
        cdef Workspace work = take_workspace(self.tables)
        # Nothing that may run other code stands between here and the step forward: that code may
        # iterate this scanner.
        base = self.stream.base
        if base == self.length:
            give_back(work)
            raise StopIteration
        at = self.start + base
        left = self.length - base
        # A frame that indexes is sound: its headers need not be followed twice.
        if not self.stream.out_of_step and tlib_header(at, left, &self.own, &message, &body, &error) == TLIB_OK:
            length = <uint64_t> body + TLIB_HEADER
            if length <= left and length <= 0xFFFFFFFFu:
                odd = index(self.tables, &self.own, at, <uint32_t> length, self.deep, work, &error)
                if odd == TLIB_OK and not work.space.callers:
                    self.stream.work += work.space.count
                else:
                    odd = -1
        if odd != TLIB_OK:
            kind = tlib_next(&self.stream, at, left, True, &self.own, &length, &broken)
            if kind != TLIB_ITEM_FRAME:
                give_back(work)
                if kind == TLIB_ITEM_NONE:
                    raise StopIteration
                data = PyBytes_FromStringAndSize(<const char *> at, <Py_ssize_t> length)
                state = self.stream
                tlib_consume(&self.stream, length)
                if not broken:
                    return Gap(base, data)
                return MalformedFrame(base, data, stream_error(self.tables, &state, at, left, self.limits))
            message = tlib_u16(at + 4)
            odd = index(self.tables, &self.own, at, <uint32_t> length, self.deep, work, &error)
        tlib_consume(&self.stream, length)
        number = tlib_table(self.tables.tables, message, at, work.space) if odd == TLIB_OK else 0
        if odd == TLIB_OK:
            odd = work.space.callers
        if odd == 0 and number:
            odd = tlib_fails(self.tables.tables, &self.tables.schemas[number - 1], at, work.space, False)
            fails = odd == 1
            odd = odd == 2
        give_back(work)
        if odd:
            # A malformed frame, or one that the core alone cannot judge.
            data = PyBytes_FromStringAndSize(<const char *> at, <Py_ssize_t> length)
            item = whole_frame(self.tables, data, &self.own, self.registry, self.limits, base)
            if isinstance(item, MalformedFrame):
                return item
            fails = isinstance(item, InvalidEvent)
        view = FrameView.__new__(FrameView)
        view.scanner = self
        view.offset = base
        view.length = <uint32_t> length
        view.message = message
        view.valid = not fails
        return view


def scan(buffer, *, registry=LIBRARY, limits=LIMITS, bint deep=True):
    """Iterate the frames in a buffer as `FrameView`s, and what is no frame as `Gap` or `MalformedFrame`.

    `deep` False leaves the contents of key-value lists unchecked: reading such a list is then the
    moment at which it may turn out to be malformed.
    """
    return Scanner(buffer, registry, limits, deep)


cdef object list_view(bytes data, uint32_t at, uint32_t length):
    """Return the KVList that stands in checked bytes, for other extensions."""
    return view_of(data, at, length)
