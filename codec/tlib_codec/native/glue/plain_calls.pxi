# The notes of plain calls. Included by calls.pyx.

cdef extern from "calls.h" nogil:
    enum:
        TLIB_CALL_EVENTS
        TLIB_NUMBERS
        TLIB_EFFECT_ASK
        TLIB_EFFECT_CREATED
        TLIB_EFFECT_DELETED
        TLIB_EFFECT_PARTY
        TLIB_OUTCOMES
        TLIB_NAME_UUID
        TLIB_NAME_CONN
        TLIB_NAME_PARTY
        TLIB_NAME_OTHER
        TLIB_NAME_KINDS
        TLIB_KNOWN_LINE
        TLIB_KNOWN_PACKET
        TLIB_KNOWN_OFFSET
        TLIB_TRAIT_EVENT
        TLIB_TRAIT_CALL
        TLIB_TRAIT_ASK
        TLIB_CALL_DONE
        TLIB_CALL_ASK

    ctypedef struct tlib_call_event:
        uint32_t size
        uint16_t message
        uint8_t effect
        uint8_t known
        uint16_t names[4]
        uint32_t attributes
        uint32_t named
        int64_t time
        int64_t own
        uint64_t line, packet, offset
        int64_t local_time, time_of_day

    ctypedef struct tlib_call_words:
        const uint8_t *traits
        uint16_t agent, ani, call_state, cause, controlling, extensions, other_role, third_party, third_role, this_role, this_queue, user_data
        const tlib_json_attribute *states
        const tlib_json_attribute *roles
        uint8_t joined[256]
        uint8_t failed[256]
        uint8_t onward[256]
        uint8_t role_joined[256]
        uint8_t role_unreal[256]
        uint8_t causes[256]
        uint32_t ok, remote_release
        tlib_text outcomes[8]
        double settle
        int history

    const tlib_attribute *tlib_call_attributes(const tlib_call_event *event)
    int tlib_call_line(tlib_json *json, const tlib_call_words *words, const uint8_t *notes, size_t length, tlib_text file, tlib_text flow,
                       tlib_buffer *out, tlib_buffer *history)

cdef extern from "buffer.h" nogil:
    int tlib_reserve(tlib_buffer *buffer, size_t more)

cdef extern from "origins.h" nogil:
    ctypedef struct tlib_note:
        uint32_t name_length
        uint32_t value_length

    int64_t tlib_time_at(const int64_t *column, uint64_t i)
    int tlib_note_at(const uint8_t *notes, uint64_t *at, uint64_t end, tlib_note *note)

cdef enum:
    MOST_NOTED = 1 << 20  # bytes of a frame of a plain call
    NOTED_CALL = 2000   # what the tracker counts for a call at most, beside its events
    NOTED_EVENT = 1500  # ... and for an event, beside its values
    NOTED_VALUE = 300   # ... and for a value, beside three times its bytes

cdef int64_t NO_TIME = -(<int64_t> 1 << 62) * 2
cdef object FLOW = Flow()


@cython.final
cdef class Source:
    """A flow of a run of frames: its connection, and the members of ``$source`` that it gives."""

    cdef object connection, origin  # the origin of a frame of it
    cdef str file
    cdef object flow
    cdef bytes file_members, flow_members

    cdef bint is_as(self, Source other) except -1:
        return self is other or (self.connection is other.connection and self.file == other.file and self.flow == other.flow)


@cython.final
@cython.freelist(256)
cdef class PlainCall:
    """An open call of which there are only notes (core/calls.h); it stands in the place of an `OpenCall`."""

    cdef tlib_buffer notes
    cdef uint32_t events
    cdef int64_t time            # of the last one, in microseconds since 1970
    cdef Source source
    cdef readonly object serial
    cdef readonly str uuid, conn
    cdef readonly Py_ssize_t size  # what the tracker counts for it at most

    def __dealloc__(self):
        tlib_release(&self.notes)

    @property
    def last(self):
        """Return the time of the last event."""
        return datetime_of(self.time)

    @property
    def listed(self):
        """Return that a call-based event told of the call."""
        return True


cdef class CallWords:
    """The words of a registry for plain calls; see calls/plain.py."""

    cdef JsonWriter writer
    cdef tlib_json json
    cdef tlib_call_words core
    cdef bytes traits, effects
    cdef list kept
    cdef tlib_buffer history

    def __cinit__(self, registry, plain, bint history):
        cdef Tables tables = tables_of(registry)
        cdef uint8_t *traits
        cdef bytes text
        cdef int i
        self.writer = JsonWriter(registry)
        self.json = self.writer.core
        self.effects = plain.effects
        self.traits = bytes(len(registry.dictionary) + 1)
        traits = <uint8_t *> PyBytes_AS_STRING(self.traits)
        traits[0] = TLIB_TRAIT_ASK  # an attribute that the registry does not know
        for number, (of_event, of_call, ask) in plain.traits.items():
            i = tables.tables.dense[<int> number]
            traits[i] = of_event * TLIB_TRAIT_EVENT | of_call * TLIB_TRAIT_CALL | ask * TLIB_TRAIT_ASK
            if self.json.attributes[i].kind == TLIB_VALUE_ASK:
                traits[i] = TLIB_TRAIT_ASK
        self.core.traits = traits
        (
            self.core.agent, self.core.ani, self.core.call_state, self.core.cause, self.core.controlling, self.core.extensions,
            self.core.other_role, self.core.third_party, self.core.third_role, self.core.this_role, self.core.this_queue,
            self.core.user_data,
        ) = plain.attributes
        self.core.states = &self.json.attributes[<int> tables.tables.dense[self.core.call_state]]
        self.core.roles = &self.json.attributes[<int> tables.tables.dense[self.core.this_role]]
        meanings(self.core.joined, plain.joined)
        meanings(self.core.failed, plain.failed)
        meanings(self.core.onward, plain.onward)
        meanings(self.core.role_joined, plain.role_joined)
        meanings(self.core.role_unreal, plain.role_unreal)
        meanings(self.core.causes, plain.causes)
        self.core.ok, self.core.remote_release = plain.ok, plain.remote_release
        self.kept = [msgspec.json.encode(text_) for text_ in plain.outcomes]
        for i, text in enumerate(self.kept, 1):
            self.core.outcomes[i].at = <const uint8_t *> PyBytes_AS_STRING(text)
            self.core.outcomes[i].length = <uint32_t> PyBytes_GET_SIZE(text)
        self.core.settle = plain.settle
        self.core.history = history

    def __dealloc__(self):
        tlib_release(&self.json.keys)
        tlib_release(&self.history)

    cdef bint fit(self, const tlib_workspace *space) noexcept:
        """Whether nothing that an indexed frame has is for the tracker alone."""
        cdef const uint8_t *traits = self.core.traits
        cdef uint32_t i
        for i in range(space.count):
            if traits[space.attributes[i].dense] & TLIB_TRAIT_ASK:
                return False
        return True

    cdef int write(self, PlainCall one, tlib_buffer *out) except -1:
        """Append the line of a call that is deleted; return TLIB_CALL_DONE, or TLIB_CALL_ASK where the call is for the tracker."""
        cdef tlib_text file, flow
        cdef int code
        file.at, file.length = <const uint8_t *> PyBytes_AS_STRING(one.source.file_members), <uint32_t> len(one.source.file_members)
        flow.at, flow.length = <const uint8_t *> PyBytes_AS_STRING(one.source.flow_members), <uint32_t> len(one.source.flow_members)
        code = tlib_call_line(&self.json, &self.core, one.notes.at, one.notes.length, file, flow, out, &self.history)
        if code != TLIB_CALL_DONE and code != TLIB_CALL_ASK:
            raise MemoryError
        return code


cdef int meanings(uint8_t *table, dict known) except -1:
    for number, meaning in known.items():
        table[<int> number] = meaning
    return 0


cdef inline size_t aligned(size_t size) noexcept:
    return (size + 7) // 8 * 8


cdef int note_event(PlainCall one, tlib_call_event *event, const tlib_attribute *named, const tlib_attribute **values, uint32_t value_count,
                    const uint8_t *data) except -1:
    """Append an event, of which `named` and `values` are the attributes in a frame."""
    cdef size_t start = one.notes.length, size = sizeof(tlib_call_event) + (event.named + value_count) * sizeof(tlib_attribute), at
    cdef tlib_attribute *made
    cdef const tlib_attribute *a
    cdef uint32_t i
    cdef Py_ssize_t counted = NOTED_EVENT
    event.attributes = event.named + value_count
    at = size
    for i in range(event.attributes):
        a = &named[i] if i < event.named else values[i - event.named]
        size += a.length
        counted += NOTED_VALUE + 3 * <Py_ssize_t> a.length
    size = aligned(size)
    if tlib_reserve(&one.notes, size):
        raise MemoryError
    event.size = <uint32_t> size
    memcpy(one.notes.at + start, event, sizeof(tlib_call_event))
    made = <tlib_attribute *> (one.notes.at + start + sizeof(tlib_call_event))
    for i in range(event.attributes):
        a = &named[i] if i < event.named else values[i - event.named]
        made[i] = a[0]
        made[i].offset = <uint32_t> (start + at)
        memcpy(one.notes.at + start + at, data + a.offset, a.length)
        at += a.length
    one.notes.length += size
    one.events += 1
    one.time = event.time
    one.size += counted
    return 0
