# Events of calls: of each frame, what call tracking reads. Included by batches.pyx.
#
# Strategy: numbers and times are followed here as `Connection` and `OpenCalls` do it, in the usual case: the next number, no call that is
# over. In any other case the tracker's own methods do it. So every rule stands in Python, and the shortest path through it also here.

cdef enum:
    WAY_QUIET = 0
    WAY_NAMED
    WAY_PARTY
    WAY_EVERY

cdef enum:
    ROLE_SECONDS = 1
    ROLE_MICROSECONDS
    ROLE_NUMBER
    ROLE_UUID
    ROLE_CONN
    ROLE_PARTY
    ROLE_OTHER
    ROLES

cdef enum:
    READ_CALL = 1    # an attribute of a call
    READ_ALWAYS = 2  # read of every event of a party

cdef int64_t NO_TIME = -(<int64_t> 1 << 62) * 2
cdef int64_t SECOND = 1_000_000_000
cdef int64_t LAST_SECOND = 253_402_300_799  # of the year 9999
cdef object UTC = dt.UTC


@cython.final
cdef class OriginOf:
    """Makes the origin of a frame when it is asked for."""

    cdef object frames, time
    cdef uint64_t place

    def __call__(self):
        origin = self.frames.origin(self.place)
        return origin if origin.time is not None or self.time is None else replace(origin, time=self.time)


cdef object moment(int64_t seconds, int64_t microseconds):
    """Return a time since 1970 in UTC; None beyond the calendar. Days to dates as H. Hinnant, chrono-Compatible Low-Level Date Algorithms."""
    cdef int64_t days, era, day, year_of_era, day_of_year, month
    seconds += microseconds // 1_000_000
    microseconds %= 1_000_000
    if not 0 <= seconds <= LAST_SECOND:
        return None
    days = seconds // 86400 + 719468
    seconds %= 86400
    era = days // 146097
    day = days - era * 146097
    year_of_era = (day - day // 1460 + day // 36524 - day // 146096) // 365
    day_of_year = day - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    month = (5 * day_of_year + 2) // 153
    day = day_of_year - (153 * month + 2) // 5 + 1
    month = month + 3 if month < 10 else month - 9
    return datetime_new(
        <int> (year_of_era + era * 400 + (month <= 2)), <int> month, <int> day, <int> (seconds // 3600), <int> (seconds // 60 % 60),
        <int> (seconds % 60), <int> microseconds, UTC,
    )


cdef object at_least(double seconds):
    """Return a span that is no longer than `seconds`."""
    return dt.timedelta(microseconds=int(seconds * 1e6)) if seconds < 1e12 else dt.timedelta.max


cdef class EventReader:
    """Takes the frames of one connection after the other for a `CallTracker`, whose parts it is given."""

    cdef FrameChecker checker
    cdef FrameRun work
    cdef object frames, event, calls, count, arrive, over, follow, registry
    cdef uint32_t *counts      # frames of each message since the tracker was told
    cdef uint16_t *seen        # those messages, in the order of their first frames
    cdef uint32_t seen_count
    cdef object by_uuid, by_conn, settling, away, open
    cdef object idle, settle, stay  # spans
    cdef bytes ways, times, roles, reads
    cdef const int64_t *time_of
    cdef dict names

    def __cinit__(self, registry, limits, bytes ways, dict reads, list roles, event, calls, count, arrive, over, follow):
        cdef uint8_t *role_of
        cdef uint8_t *read
        self.checker = FrameChecker(registry, limits)
        self.registry, self.event, self.calls, self.count = registry, event, calls, count
        self.arrive, self.over, self.follow = arrive, over, follow
        self.counts = <uint32_t *> zeroed(1 << 16, sizeof(uint32_t))
        self.seen = <uint16_t *> zeroed(1 << 16, sizeof(uint16_t))
        self.by_uuid, self.by_conn, self.settling, self.away, self.open = calls.by_uuid, calls.by_conn, calls.settling, calls.away, calls.open
        self.idle, self.settle, self.stay = (at_least(one) for one in (calls.limits.idle, calls.limits.settle, calls.limits.away))
        self.ways, self.names = ways, {}
        self.roles, self.reads = bytes(len(registry.dictionary) + 1), bytes(len(registry.dictionary) + 1)
        role_of, read = <uint8_t *> PyBytes_AS_STRING(self.roles), <uint8_t *> PyBytes_AS_STRING(self.reads)
        dense = self.checker.tables.tables.dense
        read[0] = READ_CALL
        for number, always in reads.items():
            read[dense[<int> number]] = READ_CALL | (READ_ALWAYS if always else 0)
        for role, number in enumerate(roles[0], ROLE_SECONDS):
            role_of[dense[<int> number]] = role
        for role, numbers in enumerate(roles[1:], ROLE_UUID):
            for number in numbers:
                role_of[dense[<int> number]] = role

    def __dealloc__(self):
        PyMem_Free(self.counts)
        PyMem_Free(self.seen)

    def take(self, frames, bytes data, bytes bounds, bint printed, bytes times):
        """Take a run of frames; `times` are those of their origins in nanoseconds since 1970, or None."""
        self.work = FrameRun(data, bounds, self.registry, self.checker.limits, printed)
        if times is not None and PyBytes_GET_SIZE(times) != <Py_ssize_t> (8 * self.work.core.count):
            raise ValueError("times: expected a signed 64-bit number for each frame")
        self.frames, self.times = frames, times
        self.time_of = NULL if times is None else <const int64_t *> PyBytes_AS_STRING(times)

    def run(self, uint64_t at, uint64_t end, connection):
        """Take the frames from `at` to `end`, which came on `connection`.

        Return the place of the first that is not taken, and what the tracker gave for the one before it; None: that place has a frame for
        Python.
        """
        place, found = self.taken(at, end, connection)
        if found is None or place == end:
            self.tell_counts()
        return place, found

    cdef object tell_counts(self):
        cdef uint32_t i
        for i in range(self.seen_count):
            self.count(self.seen[i], self.counts[self.seen[i]])
            self.counts[self.seen[i]] = 0
        self.seen_count = 0

    cdef object taken(self, uint64_t at, uint64_t end, object connection):
        cdef tlib_frames *core = &self.work.core
        cdef tlib_workspace *space = core.space
        cdef const tlib_schema *schema
        cdef const uint8_t *data
        cdef uint16_t table, message
        cdef uint8_t way
        cdef int code
        if end > core.count:
            raise ValueError("end: expected a place in the run")
        while at < end:
            table = 0
            code = tlib_frames_index(core, at, &table)
            if code == TLIB_MORE_CAPACITY:
                self.work.work.grow()
                continue
            if code or space.callers:
                return at, None
            data = core.data + core.bounds[at]
            if table:
                schema = &core.tables.schemas[table - 1]
                if self.checker.core.tables[table - 1].ask or tlib_fails(core.tables, schema, data, space, core.printed):
                    return at, None
            message = tlib_u16(data + 4)
            way = (<const uint8_t *> PyBytes_AS_STRING(self.ways))[message]
            if self.counts[message] == 0:
                self.seen[self.seen_count] = message
                self.seen_count += 1
            self.counts[message] += 1
            found = self.one(at, message, way, table, data, connection)
            at += 1
            if found:
                return at, found
        return at, ()

    cdef object one(self, uint64_t place, uint16_t message, uint8_t way, uint16_t table, const uint8_t *data, object connection):
        """Take one indexed frame; return what the tracker gives for it."""
        cdef tlib_workspace *space = self.work.core.space
        cdef const uint8_t *role_of = <const uint8_t *> PyBytes_AS_STRING(self.roles)
        cdef const tlib_attribute *of[ROLES]
        cdef const tlib_attribute *a
        cdef uint32_t i
        cdef uint8_t role
        memset(of, 0, sizeof(of))
        for i in range(space.count):
            a = &space.attributes[i]
            role = role_of[a.dense]
            if role and (role < ROLE_UUID or (a.length and (of[role] == NULL or a.id < of[role].id))):
                of[role] = a
        if way == WAY_NAMED and of[ROLE_UUID] == NULL and of[ROLE_CONN] == NULL:
            way = WAY_QUIET
        cdef int64_t own = NO_TIME if self.time_of == NULL else self.time_of[place]
        time = self.time_at(of, data, &own)
        number = None
        if of[ROLE_NUMBER] != NULL:
            number = tlib_u64(data + of[ROLE_NUMBER].offset)
        if not self.arrives(connection, number, time, way):
            # With every attribute: the call that has them may be over on arrival.
            event = self.event_of(place, message, WAY_EVERY, table, data, connection, time, own, of)
            found = self.arrive(event, number)
            return found if way == WAY_QUIET else [*found, *self.follow(event)]
        found = self.over() if self.is_over() else None
        if way == WAY_QUIET:
            return found
        event = self.event_of(place, message, way, table, data, connection, time, own, of)
        ended = self.follow(event)
        return [*found, *ended] if found else ended

    cdef object time_at(self, const tlib_attribute **of, const uint8_t *data, int64_t *own):
        """Return the time of an event, as `Connection.time` does, and put that of its origin into `own`."""
        cdef int64_t seconds, microseconds = 0
        if of[ROLE_SECONDS] != NULL:
            seconds = tlib_u32(data + of[ROLE_SECONDS].offset)
            if of[ROLE_MICROSECONDS] != NULL:
                microseconds = tlib_u32(data + of[ROLE_MICROSECONDS].offset)
            if own[0] == NO_TIME:
                own[0] = seconds * SECOND + (microseconds * 1000 if microseconds < 1_000_000 else 0)
                return moment(seconds, microseconds)
            if of[ROLE_MICROSECONDS] != NULL or own[0] // SECOND != seconds:
                return moment(seconds, microseconds)
        if own[0] == NO_TIME:
            return None
        if 0 <= own[0]:
            return moment(own[0] // SECOND, own[0] % SECOND // 1000)
        return dt.datetime(1970, 1, 1, tzinfo=UTC) + dt.timedelta(microseconds=own[0] // 1000)

    cdef bint arrives(self, object connection, object number, object time, uint8_t way) except -1:
        """Note number and time of an event, in the usual case; return whether it was one."""
        last = connection.last
        if number is None:
            if last is not None and way >= WAY_PARTY:
                return False
        elif last is not None and number != last + 1:
            return False
        else:
            connection.last = number
        if time is not None:
            connection.latest = time
            before = self.calls.before
            self.calls.clock = time if before is None or time < before else before
            self.calls.before = time
        return True

    cdef bint is_over(self) except -1:
        """Whether a call may be over by now."""
        if not self.open:
            return False
        clock = self.calls.clock
        if clock is None:
            return False
        last = next(iter(self.open.values())).last
        if last is None or clock - last >= self.idle:
            return True
        for line, most in ((self.settling, self.settle), (self.away, self.stay)):
            if line:
                since = next(iter(line.values()))
                if since is None or clock - since >= most:
                    return True
        return False

    cdef object event_of(self, uint64_t place, uint16_t message, uint8_t way, uint16_t table, const uint8_t *data, object connection,
                         object time, int64_t own, const tlib_attribute **of):
        """Return the `Event` of an indexed frame."""
        cdef Tables tables = self.checker.tables
        cdef OriginOf source = OriginOf.__new__(OriginOf)
        source.frames, source.place, source.time = self.frames, place, None if own == NO_TIME else own
        uuid = None if of[ROLE_UUID] == NULL else value_at(tables, data, of[ROLE_UUID])
        conn = None if of[ROLE_CONN] == NULL else value_at(tables, data, of[ROLE_CONN])
        party = None if of[ROLE_PARTY] == NULL else value_at(tables, data, of[ROLE_PARTY])
        other = None if of[ROLE_OTHER] == NULL else value_at(tables, data, of[ROLE_OTHER])
        name = self.names.get(message)
        if name is None:
            name = self.names[message] = self.registry.message_name(message) or f"#{message}"
        cdef uint8_t read = READ_CALL
        if way != WAY_EVERY and self.listed(uuid, conn):
            read = READ_ALWAYS
        # The indexed attributes move where they are sorted: `of` ends here.
        values = self.values_of(table, data, read)
        return self.event(message, name, values, time, source, connection, uuid, conn, party, other)

    cdef bint listed(self, object uuid, object conn) except -1:
        """Whether the call of an event is known to have its attributes from call-based events."""
        one = self.by_conn.get(conn) if uuid is None else self.by_uuid.get(uuid)
        return one is not None and one.listed

    cdef dict values_of(self, uint16_t table, const uint8_t *data, uint8_t read):
        """Return the attributes that are read, by id: those of the table in its order, then the others by id."""
        cdef Tables tables = self.checker.tables
        cdef tlib_workspace *space = self.work.core.space
        cdef const tlib_checks *checks = &self.checker.core
        cdef const tlib_check *check
        cdef const uint8_t *reads = <const uint8_t *> PyBytes_AS_STRING(self.reads)
        cdef const tlib_attribute *a
        cdef uint32_t i
        cdef dict values = {}
        if not table:
            if not space.ascending:
                tlib_sort(space)
            for i in range(space.count):
                a = &space.attributes[i]
                if reads[a.dense] & read:
                    values[a.id] = value_at(tables, data, a)
            return values
        check = &checks.tables[table - 1]
        tlib_check_slots(check, space)
        for i in range(1, check.slot_count + 1):
            if space.at[i] and tlib_check_listed(checks, check, <uint16_t> i, space.at):
                a = &space.attributes[space.at[i] - 1]
                if reads[a.dense] & read:
                    values[a.id] = value_at(tables, data, a)
        for i in range(space.count):
            a = &space.attributes[i]
            if reads[a.dense] & read and not tlib_check_listed(checks, check, check.slot[a.dense], space.at):
                values[a.id] = value_at(tables, data, a)
        return values
