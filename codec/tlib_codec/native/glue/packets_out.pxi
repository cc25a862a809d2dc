# Frames as TCP conversations in a capture. Included by batches.pyx.

cdef extern from "buffer.h" nogil:
    ctypedef struct tlib_buffer:
        uint8_t *at
        size_t length
        size_t capacity

cdef extern from "origins.h" nogil:
    int64_t TLIB_NO_TIME
    ctypedef struct tlib_note:
        const uint8_t *name
        uint32_t name_length
    int tlib_note_at(const uint8_t *notes, uint64_t *at, uint64_t end, tlib_note *note)

cdef extern from "packets_out.h" nogil:
    uint32_t TLIB_NO_TALK
    enum:
        TLIB_SENT
        TLIB_OPEN
        TLIB_LEFT
        TLIB_FULL
        TLIB_WRITTEN
    ctypedef struct tlib_talks:
        tlib_buffer out
        uint64_t now
        uint32_t first
    ctypedef struct tlib_end:
        const uint8_t *address
        uint32_t length
        uint16_t port
    ctypedef struct tlib_own_time:
        uint16_t seconds
        uint16_t micros
        uint8_t seconds_signed
        uint8_t micros_signed
    ctypedef struct tlib_sent:
        const tlib_tables *tables
        const uint8_t *data
        const uint64_t *bounds
        const int64_t *times
        const uint32_t *flows
        const uint32_t *routes
        uint32_t flow_count
        tlib_own_time own
        int canonical
    void tlib_talks_init(tlib_talks *talks, int ng)
    void tlib_talks_free(tlib_talks *talks)
    int tlib_talks_begin(tlib_talks *talks)
    int tlib_talk_open(tlib_talks *talks, tlib_end server, tlib_end client, uint32_t *talk)
    int tlib_talk_close(tlib_talks *talks, uint32_t talk)
    int tlib_talk_send(tlib_talks *talks, uint32_t talk, int side, const uint8_t *data, size_t length)
    uint64_t tlib_talks_next(const tlib_talks *talks, int64_t time)
    int tlib_talks_frames(tlib_talks *talks, const tlib_sent *sent, uint64_t *at, uint64_t end, uint32_t *flow, int64_t *time)

cdef enum:
    MOST_ROUTES = 1 << 16  # pairs of addresses as text that are remembered


cdef class Conversations:
    """`conversation.Conversations` in C; `send_frames` takes runs of frames."""

    cdef tlib_talks talks
    cdef object file, endpoint, otherwise
    cdef uint32_t most
    cdef dict ends      # key and first end, by src and dst as texts
    cdef dict opened    # number of the conversation and its first end, by key
    cdef dict keys      # key, by number
    cdef object table   # the flow table to which `routes` belongs
    cdef uint32_t *routes
    cdef uint32_t flow_count

    def __cinit__(self, file, bint ng):
        from tlib_codec.formats.captures.conversation import DEFAULT_FLOW, MOST_OPEN, endpoint

        tlib_talks_init(&self.talks, ng)
        self.file, self.endpoint, self.otherwise, self.most = file, endpoint, DEFAULT_FLOW, MOST_OPEN
        self.ends, self.opened, self.keys = {}, {}, {}
        if tlib_talks_begin(&self.talks):
            raise MemoryError
        self.written()

    def __dealloc__(self):
        tlib_talks_free(&self.talks)
        PyMem_Free(self.routes)

    cdef int written(self) except -1:
        """Write the packets that wait."""
        self.file.write(PyBytes_FromStringAndSize(<const char *> self.talks.out.at, self.talks.out.length))
        self.talks.out.length = 0
        return 0

    cdef tuple pair(self, str src, str dst):
        """Return the key of a conversation and its first end: those of the examples' addresses where a text is no endpoint."""
        found = self.ends.get((src, dst))
        if found is None:
            one, other = self.endpoint(src), self.endpoint(dst)
            if one is None or other is None or one[0].version != other[0].version or one == other:
                one, other = map(self.endpoint, self.otherwise)
            if len(self.ends) >= MOST_ROUTES:
                self.ends.clear()
            found = self.ends[src, dst] = (frozenset((one, other)), one, other)
        return found

    cdef int64_t route(self, str src, str dst) except -1:
        """Return the route of a flow: twice its conversation, which is opened at `now` where it is not, plus the sender's side."""
        cdef tlib_end server, client
        cdef uint32_t number = 0
        cdef bytes near, far
        key, one, other = self.pair(src, dst)
        known = self.opened.get(key)
        if known is None:
            if len(self.opened) >= self.most:
                number = self.talks.first
                del self.opened[self.keys.pop(number)]
                self.forget()
                if tlib_talk_close(&self.talks, number):
                    raise MemoryError
            near, far = one[0].packed, other[0].packed
            server.address, server.length, server.port = <const uint8_t *> PyBytes_AS_STRING(near), <uint32_t> len(near), one[1]
            client.address, client.length, client.port = <const uint8_t *> PyBytes_AS_STRING(far), <uint32_t> len(far), other[1]
            if tlib_talk_open(&self.talks, server, client, &number):
                raise MemoryError
            known = self.opened[key] = (number, one)
            self.keys[number] = key
        return 2 * <uint32_t> known[0] + (known[1] != one)

    cdef void forget(self) noexcept:
        """Forget the routes of the flow table: one of them is closed."""
        if self.routes != NULL:
            memset(self.routes, 0xFF, (self.flow_count + 1) * sizeof(uint32_t))

    cdef int follow(self, table) except -1:
        """Make the routes of a flow table, none of them known."""
        cdef void *more
        if table is self.table:
            return 0
        more = PyMem_Realloc(self.routes, (len(table) + 1) * sizeof(uint32_t))
        if more == NULL:
            raise MemoryError
        self.routes, self.flow_count, self.table = <uint32_t *> more, <uint32_t> len(table), table
        self.forget()
        return 0

    def send(self, bytes data, *, time=None, str src="", str dst=""):
        """Write `data` as sent from `src` to `dst` at `time` (microseconds since 1970; None: just after the last)."""
        cdef int64_t route
        self.talks.now = max(self.talks.now, min(time, 1 << 62)) if time is not None else self.talks.now + 1
        route = self.route(src, dst)
        if tlib_talk_send(&self.talks, <uint32_t> (route // 2), route % 2, <const uint8_t *> PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data)):
            raise MemoryError
        self.written()

    def send_frames(self, frames, registry, uint64_t start, uint64_t end, own):
        """Write the frames from `start` to `end`, which are valid; return the place of the first that `send` must write, or `end`.

        `own` has the numbers of the attributes of an event's own time, and whether they are signed.
        """
        cdef bytes data = frames.data, bounds = frames.bounds, times = frames.times, flows = frames.flows
        cdef tlib_sent sent
        cdef uint64_t count = PyBytes_GET_SIZE(bounds) // 8 - 1, at = start
        cdef uint32_t flow = 0
        cdef int64_t time = 0
        cdef int state
        cdef Tables tables = tables_of(registry)
        if end > count or not tlib_bounds_fit(<const uint64_t *> PyBytes_AS_STRING(bounds), count, PyBytes_GET_SIZE(data)):
            raise ValueError("bounds: expected ascending places within the data")
        for column, width in ((times, 8), (flows, 4)):
            if column is not None and len(column) != width * count:
                raise ValueError("a column: expected a number for each frame")
        sent.tables = tables.tables
        sent.data = <const uint8_t *> PyBytes_AS_STRING(data)
        sent.bounds = <const uint64_t *> PyBytes_AS_STRING(bounds)
        sent.times = NULL if times is None else <const int64_t *> PyBytes_AS_STRING(times)
        sent.flows = NULL if flows is None else <const uint32_t *> PyBytes_AS_STRING(flows)
        seconds, micros, sent.own.seconds_signed, sent.own.micros_signed = own
        sent.own.seconds = 0 if seconds is None else tables.tables.dense[<uint16_t> seconds]
        sent.own.micros = 0 if micros is None else tables.tables.dense[<uint16_t> micros]
        sent.canonical = frames.made
        self.follow(frames.flow_table)
        sent.flow_count = self.flow_count
        while True:
            sent.routes = self.routes
            with nogil:
                state = tlib_talks_frames(&self.talks, &sent, &at, end, &flow, &time)
            if state < 0:
                raise MemoryError
            if state != TLIB_OPEN:
                self.written()
            if state == TLIB_SENT or state == TLIB_LEFT:
                return at
            if state == TLIB_FULL:
                continue
            self.talks.now = tlib_talks_next(&self.talks, time)
            one = None if flow == self.flow_count else self.table[flow]
            self.routes[flow] = <uint32_t> (self.route("", "") if one is None else self.route(one.src, one.dst))
            if time == TLIB_NO_TIME:
                self.talks.now -= 1  # sending adds it again

    def close(self):
        """Close every conversation."""
        while self.talks.first != TLIB_NO_TALK:
            if tlib_talk_close(&self.talks, self.talks.first):
                raise MemoryError
            if self.talks.out.length > TLIB_WRITTEN:
                self.written()
        self.opened.clear()
        self.keys.clear()
        self.forget()
        self.written()


def first_noted(bytes notes, bytes note_bounds, known, uint64_t start):
    """Return the place from `start` on of the first frame whose notes have a name that is not `known`, else the number of frames."""
    cdef Names names = Names({name: 1 for name in known})
    cdef const uint64_t *bounds = <const uint64_t *> PyBytes_AS_STRING(note_bounds)
    cdef uint64_t count = PyBytes_GET_SIZE(note_bounds) // 8 - 1, at, end
    cdef const uint8_t *text = <const uint8_t *> PyBytes_AS_STRING(notes)
    cdef tlib_note note
    if not tlib_bounds_fit(bounds, count, PyBytes_GET_SIZE(notes)):
        raise ValueError("note bounds: expected ascending places within the notes")
    while start < count:
        at, end = bounds[start], bounds[start + 1]
        while at < end:
            if not tlib_note_at(text, &at, end, &note):
                raise ValueError("notes: expected whole entries")
            if note.name_length and tlib_number(&names.names, note.name, note.name_length, 0) == 0:
                return start
        start += 1
    return count
