# Chosen columns: their values, and their lines of JSON and CSV. Included by batches.pyx.

cdef extern from "buffer.h" nogil:
    ctypedef struct tlib_buffer:
        uint8_t *at
        size_t length

    int tlib_reserve(tlib_buffer *buffer, size_t more)
    void tlib_release(tlib_buffer *buffer)

cdef extern from "selected_out.h" nogil:
    enum:
        TLIB_SELECTED_END
        TLIB_SELECTED_ASK
        TLIB_SELECTED_CAPACITY
        TLIB_SELECTED_FAILED

    ctypedef struct tlib_chosen:
        tlib_field field
        const uint8_t *before
        uint32_t before_length
        const tlib_labels *labels
        uint8_t bare

    ctypedef struct tlib_selected:
        const tlib_chosen *columns
        uint32_t count
        int csv
        int guard
        const uint8_t *end
        uint32_t end_length
        void *context
        int (*write)(void *context, uint32_t column, const tlib_value *value, tlib_buffer *out) noexcept

    int tlib_selected_lines(tlib_selected *selected, tlib_subject *subject, uint64_t *row, tlib_buffer *out, size_t enough)

cdef enum:
    KEPT_NAMES = 4096  # texts of numbers that a column keeps
    ENOUGH_LINES = 1 << 18  # bytes of lines that are handed over at once


cdef class Rows:
    """The values of columns out of runs of frames; see query/selection.py."""

    cdef object registry
    cdef list sources, shows, names
    cdef object facts
    cdef tlib_field *fields
    cdef Py_ssize_t count

    def __cinit__(self, registry, list sources, list shows, facts):
        """Take the source of each column, and the function that returns its numbers as text; None for values as they are."""
        cdef Py_ssize_t i
        self.registry, self.sources, self.shows, self.facts = registry, sources, shows, facts
        self.names = [{} for _ in sources]
        self.count = len(sources)
        self.fields = <tlib_field *> zeroed(self.count, sizeof(tlib_field))
        for i in range(self.count):
            field_of(sources[i], &self.fields[i])

    def __dealloc__(self):
        cdef Py_ssize_t i
        if self.fields != NULL:
            for i in range(self.count):
                PyMem_Free(<void *> self.fields[i].places)
        PyMem_Free(self.fields)

    def take(self, frames, limits, flows):
        """Return the values of each frame, a list a frame: None for a frame that is malformed, invalid or has a value only Python knows."""
        cdef Subject subject = Subject(frames, self.registry, limits, flows, self.facts)
        cdef uint64_t row
        cdef int code
        cdef list made = []
        for row in range(subject.run.core.count):
            code = tlib_subject_open(&subject.core, row)
            while code == TLIB_MORE_CAPACITY:
                subject.run.work.grow()
                code = tlib_subject_open(&subject.core, row)
            made.append(None if code or tlib_subject_fails(&subject.core) else self.row(&subject.core))
        return made

    cdef list row(self, const tlib_subject *subject):
        cdef tlib_cursor cursor
        cdef tlib_value value
        cdef Py_ssize_t i
        cdef int code
        cdef list made = [None] * self.count
        for i in range(self.count):
            tlib_cursor_begin(&cursor)
            code = tlib_cursor_next(&cursor, subject, &self.fields[i], &value)
            if code == TLIB_ASK:
                return None
            if code:
                made[i] = value_object(&value, None) if self.shows[i] is None else self.shown(i, &value)
        return made

    cdef object shown(self, Py_ssize_t i, const tlib_value *value):
        """Return a number as text."""
        cdef dict names = <dict> self.names[i]
        number = value.number
        text = names.get(number)
        if text is None:
            enumeration = self.sources[i].enumeration
            text = self.shows[i](number if enumeration is None else enumeration(number))
            if len(names) < KEPT_NAMES:
                names[number] = text
        return text


cdef class SelectedLines:
    """The lines of chosen columns; see formats/selected.py."""

    cdef object registry, facts, convert, failure
    cdef list kept
    cdef tlib_chosen *columns
    cdef tlib_selected core
    cdef tlib_buffer out

    def __cinit__(self, registry, list columns, facts, bytes end, bint csv, bint guard, convert):
        """Take for each column its source, what stands in front of its cell, the texts of its numbers or None, and whether it is bare.

        `convert` returns the cell of a value, by the number of its column.
        """
        cdef Py_ssize_t i
        cdef bytes before
        cdef Labels names
        self.registry, self.facts, self.convert = registry, facts, convert
        self.kept = [columns, end]
        self.columns = <tlib_chosen *> zeroed(len(columns), sizeof(tlib_chosen))
        self.core.columns = self.columns
        self.core.csv = csv
        self.core.guard = guard
        self.core.end = <const uint8_t *> PyBytes_AS_STRING(end)
        self.core.end_length = <uint32_t> PyBytes_GET_SIZE(end)
        self.core.context = <void *> self
        self.core.write = write_value
        for i, (source, before, labels, bare) in enumerate(columns):
            self.core.count += 1
            field_of(source, &self.columns[i].field)
            self.columns[i].before = <const uint8_t *> PyBytes_AS_STRING(before)
            self.columns[i].before_length = <uint32_t> PyBytes_GET_SIZE(before)
            self.columns[i].bare = bare
            if labels is not None:
                names = Labels(labels)
                self.kept.append(names)
                self.columns[i].labels = &names.labels

    def __dealloc__(self):
        cdef uint32_t i
        for i in range(self.core.count):
            PyMem_Free(<void *> self.columns[i].field.places)
        PyMem_Free(self.columns)
        tlib_release(&self.out)

    def write(self, frames, limits, flows):
        """Yield the lines of frames in pieces, and between them the place of each frame whose line only the caller can write."""
        cdef Subject subject = Subject(frames, self.registry, limits, flows, self.facts)
        cdef uint64_t row = 0
        cdef int code
        while row < subject.run.core.count:
            self.out.length = 0
            with nogil:
                code = tlib_selected_lines(&self.core, &subject.core, &row, &self.out, ENOUGH_LINES)
            if code == TLIB_SELECTED_FAILED:
                failure, self.failure = self.failure, None
                raise failure or MemoryError()
            if self.out.length:
                yield PyBytes_FromStringAndSize(<const char *> self.out.at, <Py_ssize_t> self.out.length)
            if code == TLIB_SELECTED_CAPACITY:
                subject.run.work.grow()
            elif code == TLIB_SELECTED_ASK:
                yield row
                row += 1


cdef int write_value(void *context, uint32_t column, const tlib_value *value, tlib_buffer *out) noexcept with gil:
    """Append the cell of a value that only Python can write."""
    cdef bytes cell
    lines = <SelectedLines> context
    try:
        enumeration = (<list> lines.kept[0])[column][0].enumeration
        cell = lines.convert(column, value_object(value, enumeration))
    except BaseException as error:
        lines.failure = error
        return -1
    if tlib_reserve(out, PyBytes_GET_SIZE(cell)):
        return -1
    memcpy(out.at + out.length, PyBytes_AS_STRING(cell), PyBytes_GET_SIZE(cell))
    out.length += PyBytes_GET_SIZE(cell)
    return 0
