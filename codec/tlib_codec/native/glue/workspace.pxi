# The core's workspace, kept from call to call. Included by engine.pyx.

cdef class Workspace:
    """A workspace that grows. One is kept for the next call; calls that overlap make their own."""

    def __cinit__(self):
        self.space = <tlib_workspace *> zeroed(1, SIZEOF_WORKSPACE)
        self.space.attributes = <tlib_attribute *> zeroed(64, sizeof(tlib_attribute))
        self.space.capacity = 64

    def __dealloc__(self):
        if self.space != NULL:
            PyMem_Free(self.space.attributes)
            PyMem_Free(self.space.at)
            PyMem_Free(self.space)

    cdef int widen(self, Tables tables) except -1:
        cdef void *more
        more = PyMem_Realloc(self.space.at, (tables.widest + 1) * sizeof(uint32_t))
        if more == NULL:
            raise MemoryError
        self.space.at = <uint32_t *> more
        self.wide = tables.widest
        return 0

    cdef int grow(self) except -1:
        cdef void *more = PyMem_Realloc(self.space.attributes, 4 * self.space.capacity * sizeof(tlib_attribute))
        if more == NULL:
            raise MemoryError
        self.space.attributes = <tlib_attribute *> more
        self.space.capacity *= 4
        return 0


cdef Workspace SPARE = None


cdef Workspace take_workspace(Tables tables):
    global SPARE
    cdef Workspace work = SPARE
    SPARE = None
    if work is None:
        work = Workspace()
    if work.wide < tables.widest:
        work.widen(tables)
    return work


cdef inline void give_back(Workspace work) noexcept:
    global SPARE
    if work.space.capacity <= 4096:  # one huge frame is no reason to keep its memory for ever
        SPARE = work


cdef int index(Tables tables, const tlib_limits *limits, const uint8_t *data, uint32_t length, bint deep, Workspace work, tlib_error *error) except -2:
    cdef int code = tlib_index(tables.tables, limits, data, length, deep, work.space, error)
    while code == TLIB_MORE_CAPACITY:
        work.grow()
        code = tlib_index(tables.tables, limits, data, length, deep, work.space, error)
    return code
