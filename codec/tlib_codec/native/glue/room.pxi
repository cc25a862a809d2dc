# Room: the core's workspace, kept from call to call. Included by engine.pyx.

cdef class Room:
    """A workspace that grows. One is kept for the next call; calls that overlap make their own."""

    def __cinit__(self):
        self.space = <tlib_workspace *> room_for(1, SIZEOF_WORKSPACE)
        self.space.attributes = <tlib_attribute *> room_for(64, sizeof(tlib_attribute))
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


cdef Room SPARE = None


cdef Room take_room(Tables tables):
    global SPARE
    cdef Room room = SPARE
    SPARE = None
    if room is None:
        room = Room()
    if room.wide < tables.widest:
        room.widen(tables)
    return room


cdef inline void give_back(Room room) noexcept:
    global SPARE
    if room.space.capacity <= 4096:  # one huge frame is no reason to keep its room for ever
        SPARE = room


cdef int index(Tables tables, const tlib_limits *limits, const uint8_t *data, uint32_t length, bint deep, Room room, tlib_error *error) except -2:
    cdef int code = tlib_index(tables.tables, limits, data, length, deep, room.space, error)
    while code == TLIB_MORE_ROOM:
        room.grow()
        code = tlib_index(tables.tables, limits, data, length, deep, room.space, error)
    return code
