# Events of calls: of each frame, what call tracking reads. Included by calls.pyx.
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

cdef enum:
    NUMBER_NONE = 0
    NUMBER_KNOWN
    NUMBER_OTHER     # none of 64 bits

cdef enum:
    ENOUGH_OF_CALLS = 1 << 18  # bytes of lines that are handed over at once
    NO_FLOW = 0xFFFFFFFF

cdef int64_t SECOND = 1_000_000_000
cdef int64_t LONGEST = <int64_t> 1 << 60    # microseconds
cdef object UTC = dt.UTC
cdef object LAST_NUMBER = int.from_bytes(b"\xff" * 8, "big")
cdef object EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@cython.final
cdef class OriginOf:
    """Makes the origin of a frame when it is asked for."""

    cdef object frames, time
    cdef uint64_t place

    def __call__(self):
        origin = self.frames.origin(self.place)
        return origin if origin.time is not None or self.time is None else msgspec.structs.replace(origin, time=self.time)


cdef object datetime_of(int64_t micros):
    """Return microseconds since 1970 as a time in UTC. Days to dates as H. Hinnant, chrono-Compatible Low-Level Date Algorithms."""
    cdef int64_t seconds, days, era, day, year_of_era, day_of_year, month
    if micros < 0:
        return EPOCH + dt.timedelta(microseconds=micros)
    seconds = micros // 1_000_000
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
        <int> (seconds % 60), <int> (micros % 1_000_000), UTC,
    )


cdef int64_t micros_of(object time) except? -1:
    """Return a time in UTC as microseconds since 1970; NO_TIME for None."""
    cdef int64_t year, month, days
    if time is None:
        return NO_TIME
    year, month = PyDateTime_GET_YEAR(time), PyDateTime_GET_MONTH(time)
    year -= month <= 2
    month = month - 3 if month > 2 else month + 9
    days = 365 * year + year // 4 - year // 100 + year // 400 + (153 * month + 2) // 5 + PyDateTime_GET_DAY(time) - 1 - 719468
    return (
        (days * 86400 + PyDateTime_DATE_GET_HOUR(time) * 3600 + PyDateTime_DATE_GET_MINUTE(time) * 60 + PyDateTime_DATE_GET_SECOND(time))
        * 1_000_000 + PyDateTime_DATE_GET_MICROSECOND(time)
    )


cdef int64_t at_least(double seconds):
    """Return microseconds that are no more than `seconds`."""
    return <int64_t> (seconds * 1e6) if seconds < 1e12 else LONGEST


cdef class EventReader:
    """Takes runs of frames for a `CallTracker`, whose parts it is given."""

    cdef Checks checker
    cdef FrameRun work
    cdef object frames, event, calls, count, arrive, over, follow, registry, limits, members, connect, lines_type
    cdef uint32_t *counts      # frames of each message since the tracker was told
    cdef uint16_t *seen        # those messages, in the order of their first frames
    cdef uint32_t seen_count
    cdef dict by_uuid, by_conn
    cdef object settling, away, open
    cdef int64_t idle, settle, stay  # microseconds
    cdef Py_ssize_t most_events, most_calls, most_size
    cdef bytes ways, roles, reads
    cdef dict names
    # the run
    cdef tlib_origins origins_of
    cdef list kept
    cdef dict sources          # Source by flow, in the order of the last use
    cdef Source source         # of the frame that is taken
    cdef uint32_t flow
    # the connection and the clock while the C follows them
    cdef int has_number
    cdef uint64_t number
    cdef int64_t latest, clock, before
    cdef bint moved            # they have changed since the tracker knew them
    # plain calls
    cdef CallWords words       # None: none is plain
    cdef bint lines            # new calls may be plain
    cdef tlib_buffer chosen    # const tlib_attribute *
    cdef tlib_buffer out
    cdef uint32_t line_count
    cdef list results          # what the tracker gave since the run was begun or gone on with

    def __cinit__(self, registry, limits, bytes ways, dict reads, list roles, event, calls, count, arrive, over, follow, members, plain,
                  lines, bint history):
        cdef uint8_t *role_of
        cdef uint8_t *read
        self.checker, self.limits = Checks(registry), limits
        self.registry, self.event, self.calls, self.count = registry, event, calls, count
        self.arrive, self.over, self.follow, self.members, self.lines_type = arrive, over, follow, members, lines
        self.counts = <uint32_t *> zeroed(1 << 16, sizeof(uint32_t))
        self.seen = <uint16_t *> zeroed(1 << 16, sizeof(uint16_t))
        self.by_uuid, self.by_conn, self.settling, self.away, self.open = calls.by_uuid, calls.by_conn, calls.settling, calls.away, calls.open
        self.idle, self.settle, self.stay = (at_least(one) for one in (calls.limits.idle, calls.limits.settle, calls.limits.away))
        self.most_events = min(<Py_ssize_t> TLIB_CALL_EVENTS, calls.limits.entries // 3)  # an event adds two parties and a release at most
        self.most_calls, self.most_size = calls.limits.calls, calls.limits.size
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
        if plain is not None:
            self.words = CallWords(registry, plain, history)

    def __dealloc__(self):
        PyMem_Free(self.counts)
        PyMem_Free(self.seen)
        tlib_release(&self.chosen)
        tlib_release(&self.out)

    # -- a run ---------------------------------------------------------------------------------------

    def take(self, frames, connect, bint lines):
        """Take a run of frames. `connect` gives the connection and the origin of a place; with `lines`, plain calls may come as lines."""
        self.work = FrameRun(frames.data, frames.bounds, self.registry, self.limits, frames.printed)
        self.kept = []
        columns_of(frames, &self.origins_of, self.work.core.count, self.kept)
        self.frames, self.connect, self.lines = frames, connect, lines and self.words is not None
        self.sources, self.source = {}, None

    def origins(self):
        """Return an origin of each flow of the run, in the order of the last use."""
        return [(<Source> source).origin for source in self.sources.values()]

    def run(self, uint64_t at):
        """Take the frames from `at` on.

        Return the place of the first that is not taken, and what the tracker gave for the one before it; None: that place has a frame for
        Python.
        """
        self.listen()
        try:
            place, found = self.taken(at)
        finally:
            self.tell()
        if found is None or place == self.work.core.count:
            self.tell_counts()
        return place, found

    cdef object tell_counts(self):
        cdef uint32_t i
        for i in range(self.seen_count):
            self.count(self.seen[i], self.counts[self.seen[i]])
            self.counts[self.seen[i]] = 0
        self.seen_count = 0

    cdef object taken_lines(self):
        """Return the lines that are written, as what the tracker gives; an empty list where there are none."""
        if not self.out.length:
            return []
        made = self.lines_type(PyBytes_FromStringAndSize(<const char *> self.out.at, <Py_ssize_t> self.out.length), self.line_count)
        self.out.length = self.line_count = 0
        return [made]

    cdef int give(self, object found) except -1:
        """Note what the tracker gives, behind the lines that are written by now."""
        if found:
            self.results += self.taken_lines()
            self.results += found
        return 0

    cdef object taken(self, uint64_t at):
        cdef tlib_frames *core = &self.work.core
        cdef tlib_workspace *space = core.space
        cdef const tlib_schema *schema
        cdef const uint8_t *data
        cdef uint16_t table, message
        cdef uint8_t way
        cdef uint32_t flow
        cdef int code
        self.results = []
        while at < core.count:
            flow = NO_FLOW if self.origins_of.flows == NULL else self.origins_of.flows[at]
            if self.source is None or flow != self.flow:
                self.change_flow(flow, at)
            table = 0
            code = tlib_frames_index(core, at, &table)
            if code == TLIB_MORE_CAPACITY:
                self.work.work.grow()
                continue
            data = core.data + core.bounds[at]
            if not code and not space.callers and table:
                schema = &core.tables.schemas[table - 1]
                code = self.checker.core.tables[table - 1].ask or tlib_fails(core.tables, schema, data, space, core.printed)
            if code or space.callers:
                return at, self.taken_lines() or None
            message = tlib_u16(data + 4)
            way = (<const uint8_t *> PyBytes_AS_STRING(self.ways))[message]
            if self.counts[message] == 0:
                self.seen[self.seen_count] = message
                self.seen_count += 1
            self.counts[message] += 1
            self.one(at, message, way, table, data)
            at += 1
            if self.results or self.out.length >= ENOUGH_OF_CALLS:
                break
        return at, self.results + self.taken_lines()

    cdef int change_flow(self, uint32_t flow, uint64_t place) except -1:
        """Go over to the connection of another flow."""
        cdef Source source = <Source> self.sources.pop(flow, None)
        if source is None:
            source = Source.__new__(Source)
            source.connection, source.origin = self.connect(place)
            source.file = self.frames.file
            source.flow = FLOW if flow == NO_FLOW else self.frames.flow_table[flow]
        self.sources[flow] = source
        if self.source is not None:
            self.tell()
        self.source, self.flow = source, flow
        self.listen()
        return 0

    # -- what both sides know ------------------------------------------------------------------------

    cdef int listen(self) except -1:
        """Take over connection and clock from the tracker."""
        self.moved = False
        if self.source is None:
            return 0
        last = self.source.connection.last
        self.has_number = NUMBER_NONE if last is None else NUMBER_KNOWN if 0 <= last <= LAST_NUMBER else NUMBER_OTHER
        self.number = <uint64_t> last if self.has_number == NUMBER_KNOWN else 0
        self.latest = NO_TIME
        self.clock, self.before = micros_of(self.calls.clock), micros_of(self.calls.before)
        return 0

    cdef int tell(self) except -1:
        """Give connection and clock back to the tracker."""
        if not self.moved:
            return 0
        self.moved = False
        if self.has_number == NUMBER_KNOWN:
            self.source.connection.last = self.number
        if self.latest != NO_TIME:
            self.source.connection.latest = datetime_of(self.latest)
            self.calls.clock, self.calls.before = datetime_of(self.clock), datetime_of(self.before)
        return 0

    cdef object tracked(self, object method, tuple arguments):
        """Call a method of the tracker."""
        self.tell()
        found = method(*arguments)
        self.listen()
        return found

    # -- a frame -------------------------------------------------------------------------------------

    cdef int one(self, uint64_t place, uint16_t message, uint8_t way, uint16_t table, const uint8_t *data) except -1:
        """Take one indexed frame."""
        cdef tlib_workspace *space = self.work.core.space
        cdef const uint8_t *role_of = <const uint8_t *> PyBytes_AS_STRING(self.roles)
        cdef const tlib_attribute *of[ROLES]
        cdef const tlib_attribute *a
        cdef uint32_t i
        cdef uint8_t role
        cdef int64_t own = tlib_time_at(self.origins_of.times, place), time
        memset(of, 0, sizeof(of))
        for i in range(space.count):
            a = &space.attributes[i]
            role = role_of[a.dense]
            if role and (role < ROLE_UUID or (a.length and (of[role] == NULL or a.id < of[role].id))):
                of[role] = a
        if way == WAY_NAMED and of[ROLE_UUID] == NULL and of[ROLE_CONN] == NULL:
            way = WAY_QUIET
        time = time_at(of, data, &own)
        if not self.arrives(of[ROLE_NUMBER], data, time, way):
            number = None if of[ROLE_NUMBER] == NULL else tlib_u64(data + of[ROLE_NUMBER].offset)
            # With every attribute: the call that has them may be over on arrival.
            event = self.event_of(place, message, WAY_EVERY, table, data, time, own, of)
            self.give(self.tracked(self.arrive, (event, number)))
            return 0 if way == WAY_QUIET else self.give(self.tracked(self.follow, (event,)))
        if self.is_over():
            self.give(self.tracked(self.over, ()))
        if way == WAY_QUIET or self.plainly(place, message, way, table, data, time, own, of):
            return 0
        event = self.event_of(place, message, way, table, data, time, own, of)
        return self.give(self.tracked(self.follow, (event,)))

    cdef bint arrives(self, const tlib_attribute *numbered, const uint8_t *data, int64_t time, uint8_t way) except -1:
        """Note number and time of an event, in the usual case; return whether it was one."""
        cdef uint64_t number
        if numbered == NULL:
            if self.has_number != NUMBER_NONE and way >= WAY_PARTY:
                return False
        else:
            number = tlib_u64(data + numbered.offset)
            if self.has_number == NUMBER_OTHER or (self.has_number == NUMBER_KNOWN and (number == 0 or number - 1 != self.number)):
                return False
            self.has_number, self.number = NUMBER_KNOWN, number
            self.moved = True
        if time != NO_TIME:
            self.clock = time if self.before == NO_TIME or time < self.before else self.before
            self.before = self.latest = time
            self.moved = True
        return True

    cdef bint is_over(self) except -1:
        """Whether a call may be over by now."""
        cdef int64_t last
        if self.clock == NO_TIME or not self.open:
            return False
        first = next(iter(self.open.values()))
        last = (<PlainCall> first).time if type(first) is PlainCall else micros_of(first.last)
        if last == NO_TIME or self.clock - last >= self.idle:
            return True
        return self.waits(self.settling, self.settle) or self.waits(self.away, self.stay)

    cdef bint waits(self, object line, int64_t most) except -1:
        """Whether the first call of a line may have waited for so long."""
        cdef int64_t since
        if not line:
            return False
        since = micros_of(next(iter(line.values())))
        return since == NO_TIME or self.clock - since >= most

    cdef object event_of(self, uint64_t place, uint16_t message, uint8_t way, uint16_t table, const uint8_t *data, int64_t time, int64_t own,
                         const tlib_attribute **of):
        """Return the `Event` of an indexed frame."""
        cdef Tables tables = self.checker.tables
        cdef OriginOf source = OriginOf.__new__(OriginOf)
        cdef uint32_t i
        cdef const tlib_attribute *a
        cdef dict values = {}
        source.frames, source.place, source.time = self.frames, place, None if own == NO_TIME else own
        uuid = None if of[ROLE_UUID] == NULL else value_at(tables, data, of[ROLE_UUID])
        conn = None if of[ROLE_CONN] == NULL else value_at(tables, data, of[ROLE_CONN])
        party = None if of[ROLE_PARTY] == NULL else value_at(tables, data, of[ROLE_PARTY])
        other = None if of[ROLE_OTHER] == NULL else value_at(tables, data, of[ROLE_OTHER])
        cdef uint8_t read = READ_CALL
        if way != WAY_EVERY and self.listed(uuid, conn):
            read = READ_ALWAYS
        # The indexed attributes move where they are sorted: `of` ends here.
        for i in range(self.choose(table, read)):
            a = (<const tlib_attribute **> self.chosen.at)[i]
            values[a.id] = value_at(tables, data, a)
        when = None if time == NO_TIME else datetime_of(time)
        return self.event(message, self.name_of(message), values, when, source, self.source.connection, uuid, conn, party, other)

    cdef object name_of(self, uint16_t message):
        name = self.names.get(message)
        if name is None:
            name = self.names[message] = self.registry.message_name(message) or f"#{message}"
        return name

    cdef bint listed(self, object uuid, object conn) except -1:
        """Whether the call of an event is known to have its attributes from call-based events."""
        one = self.by_conn.get(conn) if uuid is None else self.by_uuid.get(uuid)
        return one is not None and one.listed

    cdef uint32_t choose(self, uint16_t table, uint8_t read) except? 0xFFFFFFFF:
        """Choose the attributes that are read: those of the table in its order, then the others by id. Return how many there are."""
        cdef tlib_workspace *space = self.work.core.space
        cdef const tlib_checks *checks = &self.checker.core
        cdef const tlib_check *check
        cdef const uint8_t *reads = <const uint8_t *> PyBytes_AS_STRING(self.reads)
        cdef const tlib_attribute **chosen
        cdef const tlib_attribute *a
        cdef uint32_t i, count = 0
        self.chosen.length = 0
        if tlib_reserve(&self.chosen, (space.count + 1) * sizeof(const tlib_attribute *)):
            raise MemoryError
        chosen = <const tlib_attribute **> self.chosen.at
        if not table:
            if not space.ascending:
                tlib_sort(space)
            for i in range(space.count):
                a = &space.attributes[i]
                if reads[a.dense] & read:
                    chosen[count] = a
                    count += 1
            return count
        check = &checks.tables[table - 1]
        tlib_check_slots(check, space)
        for i in range(1, check.slot_count + 1):
            if space.at[i] and tlib_check_listed(checks, check, <uint16_t> i, space.at):
                a = &space.attributes[space.at[i] - 1]
                if reads[a.dense] & read:
                    chosen[count] = a
                    count += 1
        for i in range(space.count):
            a = &space.attributes[i]
            if reads[a.dense] & read and not tlib_check_listed(checks, check, check.slot[a.dense], space.at):
                chosen[count] = a
                count += 1
        return count

    # -- plain calls ---------------------------------------------------------------------------------

    cdef bint plainly(self, uint64_t place, uint16_t message, uint8_t way, uint16_t table, const uint8_t *data, int64_t time, int64_t own,
                      const tlib_attribute **of) except -1:
        """Note an event of a plain call; return whether it was one."""
        cdef Tables tables = self.checker.tables
        cdef PlainCall one
        cdef uint8_t effect
        if self.words is None:
            return False
        effect = (<const uint8_t *> PyBytes_AS_STRING(self.words.effects))[message]
        if effect == TLIB_EFFECT_ASK or time < 0 or not self.words.fit(self.work.core.space):
            return False
        if self.work.core.bounds[place + 1] - self.work.core.bounds[place] > MOST_NOTED:
            return False
        if of[ROLE_UUID] == NULL and (effect < TLIB_EFFECT_PARTY or of[ROLE_CONN] == NULL):
            return False
        uuid = None if of[ROLE_UUID] == NULL else value_at(tables, data, of[ROLE_UUID])
        conn = None if of[ROLE_CONN] == NULL else value_at(tables, data, of[ROLE_CONN])
        if effect == TLIB_EFFECT_CREATED:
            if not self.lines or conn is None or uuid in self.by_uuid or conn in self.by_conn or len(self.open) >= self.most_calls:
                return False
            if self.most_events < 1 or self.has_text(place) or self.calls.is_known(uuid, conn):
                return False
            one = PlainCall.__new__(PlainCall)
            one.uuid, one.conn, one.source = uuid, conn, self.source
            one.size = NOTED_CALL + 4 * <Py_ssize_t> len(self.source.flow.peer)
            self.note(one, place, message, effect, way, table, data, time, own, of)
            if self.calls.size + one.size > self.most_size:
                return False
            one.serial = self.calls.begin(one)
            return True
        found = self.by_conn.get(conn) if uuid is None else self.by_uuid.get(uuid)
        if type(found) is not PlainCall or not self.lines:
            return False
        one = <PlainCall> found
        if (conn is not None and self.by_conn.get(conn) is not one) or one.events >= self.most_events or not one.source.is_as(self.source):
            return False
        one.source = self.source
        return self.go_on(one, place, message, effect, way, table, data, time, own, of)

    cdef bint go_on(self, PlainCall one, uint64_t place, uint16_t message, uint8_t effect, uint8_t way, uint16_t table, const uint8_t *data,
                    int64_t time, int64_t own, const tlib_attribute **of) except -1:
        """Note another event of a plain call; return whether the call goes on or has a line."""
        cdef size_t length = one.notes.length
        cdef Py_ssize_t size = one.size
        cdef int64_t before = one.time
        if self.has_text(place):
            return False
        self.note(one, place, message, effect, way, table, data, time, own, of)
        if effect != TLIB_EFFECT_DELETED:
            if self.calls.size + one.size - size <= self.most_size:
                self.calls.noted += one.size - size
                self.open.move_to_end(one.serial)
                return True
        elif self.words.write(one, &self.out) == TLIB_CALL_DONE:
            one.size = size
            self.calls.finish(one, self.source.connection.number, datetime_of(time))
            self.line_count += 1
            return True
        # The tracker takes the events before, then this one.
        one.notes.length, one.size, one.time = length, size, before
        one.events -= 1
        return False

    cdef bint has_text(self, uint64_t place) except -1:
        """Whether the origin of a frame has a text."""
        cdef tlib_note note
        cdef uint64_t at, end
        if self.origins_of.note_bounds == NULL:
            return False
        at, end = self.origins_of.note_bounds[place], self.origins_of.note_bounds[place + 1]
        while at < end:
            if end > self.origins_of.notes_length or not tlib_note_at(self.origins_of.notes, &at, end, &note) or note.name_length == 0:
                return True
        return False

    cdef int note(self, PlainCall one, uint64_t place, uint16_t message, uint8_t effect, uint8_t way, uint16_t table, const uint8_t *data,
                  int64_t time, int64_t own, const tlib_attribute **of) except -1:
        cdef tlib_call_event event
        cdef tlib_attribute named[4]
        cdef const tlib_origins *origins = &self.origins_of
        cdef int i
        memset(&event, 0, sizeof(event))
        event.message, event.effect, event.time, event.own = message, effect, time, own
        for i in range(TLIB_NAME_KINDS):
            if of[ROLE_UUID + i] != NULL:
                named[event.named] = of[ROLE_UUID + i][0]
                event.named += 1
                event.names[i] = <uint16_t> event.named
        if origins.lines != NULL:
            event.known |= TLIB_KNOWN_LINE
            event.line = origins.lines[place]
        if origins.packets != NULL:
            event.known |= TLIB_KNOWN_PACKET
            event.packet = origins.packets[place]
        if origins.offsets != NULL:
            event.known |= TLIB_KNOWN_OFFSET
            event.offset = origins.offsets[place]
        event.local_time, event.time_of_day = tlib_time_at(origins.local_times, place), tlib_time_at(origins.times_of_day, place)
        if one.source.file_members is None:
            one.source.file_members, one.source.flow_members = self.members(one.source.file, one.source.flow)
        # The indexed attributes move where they are sorted: `of` ends here.
        i = self.choose(table, READ_CALL if way == WAY_EVERY else READ_ALWAYS)
        return note_event(one, &event, named, <const tlib_attribute **> self.chosen.at, i, data)

    def events(self, PlainCall one):
        """Return the noted events of a call as `Event`s."""
        cdef Tables tables = self.checker.tables
        cdef const tlib_call_event *event
        cdef const tlib_attribute *attributes
        cdef size_t at = 0
        cdef uint32_t i
        cdef list made = []
        while at < one.notes.length:
            event = <const tlib_call_event *> (one.notes.at + at)
            attributes = tlib_call_attributes(event)
            names = [value_at(tables, one.notes.at, &attributes[event.names[i] - 1]) if event.names[i] else None for i in range(4)]
            values = {attributes[i].id: value_at(tables, one.notes.at, &attributes[i]) for i in range(event.named, event.attributes)}
            origin = origin_of(one.source, event)
            made.append(
                self.event(
                    event.message, self.name_of(event.message), values, datetime_of(event.time), origin, one.source.connection, *names
                )
            )
            at += event.size
        return made


cdef object origin_of(Source source, const tlib_call_event *event):
    """Return the origin of a noted event."""
    flow = source.flow
    return Origin(
        source.file,
        event.line if event.known & TLIB_KNOWN_LINE else None,
        event.packet if event.known & TLIB_KNOWN_PACKET else None,
        event.offset if event.known & TLIB_KNOWN_OFFSET else None,
        None if event.own == NO_TIME else event.own,
        None if event.local_time == NO_TIME else event.local_time,
        flow.src, flow.dst, flow.connection, flow.direction, flow.peer, flow.version, "",
        None if event.time_of_day == NO_TIME else event.time_of_day,
    )


cdef int64_t time_at(const tlib_attribute **of, const uint8_t *data, int64_t *own):
    """Return the time of an event, as `Connection.time` does, and put that of its origin into `own`."""
    cdef int64_t seconds, microseconds = 0
    if of[ROLE_SECONDS] != NULL:
        seconds = tlib_u32(data + of[ROLE_SECONDS].offset)
        if of[ROLE_MICROSECONDS] != NULL:
            microseconds = tlib_u32(data + of[ROLE_MICROSECONDS].offset)
        if own[0] == NO_TIME:
            own[0] = seconds * SECOND + (microseconds * 1000 if microseconds < 1_000_000 else 0)
            return seconds * 1_000_000 + microseconds
        if of[ROLE_MICROSECONDS] != NULL or own[0] // SECOND != seconds:
            return seconds * 1_000_000 + microseconds
    return own[0] if own[0] == NO_TIME else own[0] // 1000
