# The values of chosen columns. Included by batches.pyx.

cdef enum:
    KEPT_NAMES = 4096  # texts of numbers that a column keeps


cdef class Rows:
    """The values of columns out of runs of frames; see query/selection.py."""

    cdef object registry
    cdef list sources, shows, names, own
    cdef tlib_field *fields
    cdef Py_ssize_t count

    def __cinit__(self, registry, list sources, list shows, list own):
        """Take the source of each column, and the function that returns its numbers as text; None for values as they are."""
        cdef Py_ssize_t i
        self.registry, self.sources, self.shows, self.own = registry, sources, shows, own
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
        cdef Subject subject = Subject(frames, self.registry, limits, flows, self.own)
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
