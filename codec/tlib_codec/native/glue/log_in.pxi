# Log text to frames: the C of log_in.h as a class. Included by text.pyx.

cdef extern from "log_in.h" nogil:
    enum:
        TLIB_LOG_MORE
        TLIB_LOG_FULL
        TLIB_LOG_ASK
        TLIB_LOG_MEMORY
        TLIB_LOG_BEFORE
        TLIB_STAMP

    ctypedef struct log_bytes "tlib_buffer":
        uint8_t *at
        size_t length

    ctypedef struct tlib_stamp:
        int64_t second
        uint32_t micro
        uint8_t kind

    ctypedef struct tlib_clock:
        int64_t ahead
        int64_t day
        int64_t header
        int32_t last
        uint8_t has_ahead
        uint8_t has_day
        uint8_t has_header
        uint8_t length
        uint8_t *text
        tlib_stamp stamp

    ctypedef struct tlib_log_attribute:
        uint16_t id
        uint8_t kind
        const tlib_names *labels

    ctypedef struct tlib_log_tables:
        const tlib_log_attribute *attributes
        const tlib_names *exact
        const tlib_names *folded
        const uint16_t *by_id
        const tlib_names *messages
        const uint8_t *wants_server
        uint16_t server_id
        uint16_t seconds_id
        uint16_t micros_id
        uint8_t server_readable
        uint8_t encoding
        uint8_t zone
        uint8_t has_server
        uint32_t server
        uint8_t characters[128][3]
        uint32_t line
        uint32_t message
        uint32_t problems
        tlib_limits limits

    ctypedef struct tlib_log_problem:
        uint64_t line
        uint64_t offset
        uint64_t kind
        uint32_t name
        uint32_t text

    ctypedef struct tlib_log_before:
        size_t at
        size_t length
        uint8_t kept

    ctypedef struct tlib_log_output:
        log_bytes data
        log_bytes notes
        log_bytes flows
        log_bytes problems
        uint64_t *bounds
        uint64_t *lines
        uint64_t *offsets
        int64_t *times
        int64_t *local_times
        int64_t *times_of_day
        uint64_t *note_bounds
        uint32_t *flow_of
        size_t *flow_at
        uint32_t flow_count
        uint32_t count
        uint8_t has_notes
        uint8_t has_times
        uint8_t has_local_times
        uint8_t has_times_of_day
        uint8_t has_zone_times

    ctypedef struct tlib_log_message:
        uint8_t open

    ctypedef struct tlib_log:
        tlib_log_message message
        size_t at
        uint64_t base
        uint64_t line
        tlib_clock clock
        tlib_log_before before
        uint8_t orphaned
        uint8_t announced
        uint8_t why
        uint64_t messages
        uint8_t *kept_before

    int tlib_log_run(const tlib_log_tables *tables, tlib_log *log, tlib_log_output *out, const uint8_t *data, size_t length, int closed)
    size_t tlib_log_first(const tlib_log *log)
    void tlib_log_forget(tlib_log *log, const uint8_t *data, size_t count)
    void tlib_log_taken(tlib_log *log, tlib_log_output *out)
    void tlib_log_release(tlib_log *log, tlib_log_output *out)


LOG_MORE, LOG_FULL, LOG_ASK = TLIB_LOG_MORE, TLIB_LOG_FULL, TLIB_LOG_ASK


cdef class LogTables:
    """A registry as the C reads logs of it; the arguments are those of `formats.logs.native`."""

    cdef tlib_log_tables tables
    cdef list kept           # what the C points into
    cdef tlib_log_attribute *attributes
    cdef uint16_t *by_id
    cdef uint8_t *wants

    def __cinit__(self, dict exact, dict folded, list attributes, dict messages, frozenset wants, tuple ids, int server_readable):
        cdef Py_ssize_t i
        self.attributes = <tlib_log_attribute *> zeroed(len(attributes), sizeof(tlib_log_attribute))
        self.by_id = <uint16_t *> zeroed(1 << 16, sizeof(uint16_t))
        self.wants = <uint8_t *> zeroed(1 << 16, 1)
        self.kept = []
        for i, (number, kind, labels) in enumerate(attributes):
            self.attributes[i].id = number
            self.attributes[i].kind = kind
            self.attributes[i].labels = self.names(labels)
            self.by_id[<int> number] = i + 1
        for number in wants:
            self.wants[<int> number] = 1
        self.tables.exact = self.names(exact)
        self.tables.folded = self.names(folded)
        self.tables.messages = self.names(messages)
        self.tables.attributes = self.attributes
        self.tables.by_id = self.by_id
        self.tables.wants_server = self.wants
        self.tables.server_id, self.tables.seconds_id, self.tables.micros_id = ids
        self.tables.server_readable = server_readable

    cdef const tlib_names *names(self, dict known) except NULL:
        cdef Names made = Names(known)
        self.kept.append(made)
        return &made.names

    def __dealloc__(self):
        PyMem_Free(self.attributes)
        PyMem_Free(self.by_id)
        PyMem_Free(self.wants)


cdef class LogReader:
    """Read the text of a T-Server log into frames. `feed` it, `run` it, take its `problems` and `frames`; where it asks, read `line` by `line`.

    The arguments are those of `formats.logs.native`. `run` returns LOG_MORE, LOG_FULL or LOG_ASK. `clock`, `before` and `orphaned` are the state that
    the reader in Python has between two units.
    """

    cdef LogTables known
    cdef tlib_log_tables tables
    cdef tlib_log *log
    cdef tlib_log_output *out
    cdef uint8_t *buffer
    cdef size_t end, capacity
    cdef uint64_t dropped    # bytes of the unfinished line, which is beyond the limit
    cdef size_t last         # where the last `line` began
    cdef size_t searched     # up to here, the line that `line` waits for has no end
    cdef bint waits, fed_line  # the last run wanted more bytes; a line feed has come since then
    cdef bint closed, moved
    cdef list flows
    cdef object flow_class

    def __cinit__(self, LogTables known, server, int encoding, list characters, bint zone, limits, frame_limits, flow_class):
        cdef Py_ssize_t i, j
        self.known = known
        self.tables = known.tables
        self.log = <tlib_log *> zeroed(1, sizeof(tlib_log))
        self.out = <tlib_log_output *> zeroed(1, sizeof(tlib_log_output))
        self.flows = []
        self.flow_class = flow_class
        self.tables.has_server = server is not None
        self.tables.server = server or 0
        self.tables.encoding = encoding
        self.tables.zone = zone
        for i, character in enumerate(characters):
            for j in range(len(character)):
                self.tables.characters[i][j] = character[j]
        self.tables.line = limits.line
        self.tables.message = limits.message
        self.tables.problems = limits.problems
        self.tables.limits = limits_of(frame_limits)
        self.log.line = 1

    def __dealloc__(self):
        if self.log != NULL and self.out != NULL:
            tlib_log_release(self.log, self.out)
        PyMem_Free(self.log)
        PyMem_Free(self.out)
        PyMem_Free(self.buffer)

    def begin(self, uint64_t offset, uint64_t line):
        """Begin inside a log, at this offset of the file and at the line with this number."""
        self.log.base = offset
        self.log.line = line

    @property
    def open(self):
        """Whether a message is open."""
        return bool(self.log.message.open)

    @property
    def messages(self):
        """The number of messages that C has made a frame of."""
        return self.log.messages

    @property
    def why(self):
        """The place of the reason for which C asks."""
        return self.log.why

    def feed(self, const uint8_t[::1] piece):
        """Take the next bytes."""
        cdef size_t first = tlib_log_first(self.log), size = piece.shape[0], capacity
        cdef uint8_t *grown
        if first:
            tlib_log_forget(self.log, self.buffer, first)
            self.end -= first
            self.searched -= min(self.searched, first)
            memmove(self.buffer, self.buffer + first, self.end)
        if size > self.capacity - self.end:
            capacity = self.end + size + (self.end + size) // 4
            grown = <uint8_t *> PyMem_Realloc(self.buffer, capacity)
            if grown == NULL:
                raise MemoryError
            self.buffer = grown
            self.capacity = capacity
        if size:
            memcpy(self.buffer + self.end, &piece[0], size)
            self.end += size
            self.fed_line = self.fed_line or memchr(&piece[0], c"\n", size) != NULL

    def close(self):
        """Take the end of the log."""
        self.closed = True

    def run(self):
        """Read on: LOG_MORE needs more bytes (or is the end), LOG_FULL wants its frames taken, LOG_ASK is at a unit for Python."""
        cdef int state
        if self.waits and not self.fed_line and not self.closed and self.end - self.log.at <= self.tables.line:
            return TLIB_LOG_MORE  # the line at hand has no end yet
        with nogil:
            state = tlib_log_run(&self.tables, self.log, self.out, self.buffer, self.end, self.closed)
        if state == TLIB_LOG_MEMORY:
            raise MemoryError
        self.waits = state == TLIB_LOG_MORE
        self.fed_line = False
        self.searched = 0
        return state

    def frames(self):
        """Return the columns of the frames read since the last call, as `Frames` has them; None where there are none."""
        cdef tlib_log_output *out = self.out
        cdef Py_ssize_t count = out.count
        cdef uint32_t flows = out.flow_count
        cdef dict columns
        if not count:  # but there may be no more place for flows, of units that Python has read
            tlib_log_taken(self.log, out)
            if out.flow_count < flows:
                self.flows = []
            return None
        self.add_flows()
        columns = {
            "data": copied(out.data.at, out.data.length),
            "bounds": copied(out.bounds, (count + 1) * 8),
            "lines": copied(out.lines, count * 8),
            "offsets": copied(out.offsets, count * 8),
            "flows": copied(out.flow_of, count * 4),
            "flow_table": self.flows,
        }
        if out.has_times:
            columns["times"] = copied(out.times, count * 8)
        if out.has_local_times:
            columns["local_times"] = copied(out.local_times, count * 8)
        if out.has_times_of_day:
            columns["times_of_day"] = copied(out.times_of_day, count * 8)
        if out.has_notes:
            columns["notes"] = copied(out.notes.at, out.notes.length)
            columns["note_bounds"] = copied(out.note_bounds, (count + 1) * 8)
        tlib_log_taken(self.log, out)
        if out.flow_count < <uint32_t> len(self.flows):
            self.flows = []
        return columns

    def problems(self):
        """Return what is wrong with lines of the last message of the next `frames`: kind, line, offset, an attribute's name, a text."""
        cdef tlib_log_problem one
        cdef size_t at = 0
        cdef list found = []
        while at < self.out.problems.length:
            memcpy(&one, self.out.problems.at + at, sizeof(one))
            at += sizeof(one)
            name = copied(self.out.problems.at + at, one.name).decode("ascii")
            at += one.name
            text = copied(self.out.problems.at + at, one.text).decode("utf-8", "surrogateescape")
            at += one.text
            found.append((one.kind, one.line, one.offset, name, text))
        return found

    @property
    def zone_times(self):
        """Whether the next `frames` have times that are to be converted by the caller's zone."""
        return bool(self.out.has_zone_times)

    cdef int add_flows(self) except -1:
        """Make the flows that are new. Frames share the list: it only grows."""
        cdef uint32_t i
        cdef uint32_t lengths[2]
        cdef const uint8_t *at
        for i in range(<uint32_t> len(self.flows), self.out.flow_count):
            at = self.out.flows.at + self.out.flow_at[i]
            memcpy(lengths, at + 1, 8)
            peer = copied(at + 9, lengths[0]).decode("ascii")
            version = copied(at + 9 + lengths[0], lengths[1]).decode("ascii")
            self.flows.append(self.flow_class(direction=("", "received", "sent")[at[0]], peer=peer, version=version))
        return 0

    # -- a unit that Python reads

    def line(self):
        """Return the next line as `split_lines` gives it; None where more bytes are needed, and at the end."""
        cdef tlib_log *log = self.log
        cdef const uint8_t *begin
        cdef const uint8_t *feed = NULL
        cdef size_t length = self.end - log.at
        cdef uint64_t size, offset = log.base + log.at
        cdef size_t known = max(log.at, self.searched)
        begin = self.buffer + log.at
        if self.end > known:
            feed = <const uint8_t *> memchr(self.buffer + known, c"\n", self.end - known)
        if feed != NULL:
            length = feed - begin
        size = length + self.dropped
        if feed == NULL:
            if not self.closed:
                self.searched = self.end
                if size > self.tables.line:
                    self.dropped = size
                    self.end = self.searched = log.at
                return None
            if not size:
                return None
        number = log.line
        found = copied(begin, length) if size <= self.tables.line else size
        self.last = log.at
        log.at += length + (feed != NULL)
        log.base += self.dropped
        self.dropped = 0
        log.line += 1
        return number, offset, found

    def unread(self):
        """Give the last line back, which was within the limit."""
        self.log.at = self.last
        self.log.line -= 1
        self.searched = 0

    @property
    def clock(self):
        """The state of the clock, as `Clock.state` has it."""
        cdef tlib_clock *clock = &self.log.clock
        return (
            clock.ahead if clock.has_ahead else None,
            clock.day if clock.has_day else None,
            clock.last,
            copied(clock.text, clock.length).decode("ascii"),
            clock.stamp.kind,
            clock.stamp.second,
            clock.stamp.micro,
            clock.header if clock.has_header else None,
        )

    @clock.setter
    def clock(self, tuple state):
        cdef tlib_clock *clock = &self.log.clock
        ahead, day, clock.last, text, clock.stamp.kind, clock.stamp.second, clock.stamp.micro, header = state
        clock.has_ahead = ahead is not None
        clock.ahead = ahead or 0
        clock.has_day = day is not None
        clock.day = day or 0
        clock.has_header = header is not None
        clock.header = header or 0
        encoded = text.encode("ascii")
        clock.length = len(encoded) if len(encoded) <= TLIB_STAMP else 0
        memcpy(clock.text, PyBytes_AS_STRING(encoded), clock.length)

    @property
    def before(self):
        """The line before, in the bytes of the log; at least the end of it that is looked at."""
        cdef tlib_log_before *before = &self.log.before
        return copied(self.log.kept_before if before.kept else self.buffer + before.at, before.length)

    def resume(self, bytes before, bint orphaned, bint announced):
        """Go on behind a unit that Python has read."""
        cdef size_t length = min(len(before), TLIB_LOG_BEFORE)
        self.log.before.kept = True
        self.log.before.length = length
        memcpy(self.log.kept_before, PyBytes_AS_STRING(before) + len(before) - length, length)
        self.log.orphaned = orphaned
        self.log.announced = announced

    @property
    def orphaned(self):
        """Whether attributes without a header have been reported, or belong to a message that was cut."""
        return bool(self.log.orphaned)


cdef bytes copied(const void *at, size_t length):
    return PyBytes_FromStringAndSize(<const char *> at, <Py_ssize_t> length)
