# The program of a query: fields, runs of frames, selected frames. Included by batches.pyx.

cdef extern from "fields.h" nogil:
    enum:
        TLIB_FLOW_TEXTS
        TLIB_ASK
        TLIB_FROM_CALLER
        TLIB_FROM_ERRORS
        TLIB_FROM_MESSAGE
        TLIB_FROM_TIME
        TLIB_FIELD_TEXT
        TLIB_FIELD_UNICODE
        TLIB_FIELD_UINT
        TLIB_FIELD_SINT
        TLIB_FIELD_LONG
        TLIB_FIELD_HEX
        TLIB_FIELD_BINARY
        TLIB_FIELD_LIST
        TLIB_FIELD_RAW

    ctypedef struct tlib_value:
        uint8_t type
        int64_t number
        uint8_t large
        const uint8_t *data
        uint32_t length

    ctypedef struct tlib_field_place:
        uint16_t id
        uint8_t kind

    ctypedef struct tlib_field:
        uint8_t source
        uint8_t which
        const tlib_field_place *places
        uint32_t place_count
        const uint8_t *path
        uint32_t path_length

    ctypedef struct tlib_flow_texts:
        const uint8_t *text
        const uint32_t *bounds
        const uint8_t *kinds
        const int64_t *numbers

    ctypedef struct tlib_subject:
        const tlib_frames *frames
        const tlib_origins *origins
        const tlib_flow_texts *flows
        tlib_field_place seconds
        tlib_field_place micros
        const uint8_t *asks

    ctypedef struct tlib_cursor:
        uint32_t next

    int tlib_subject_open(tlib_subject *subject, uint64_t row)
    int tlib_subject_fails(const tlib_subject *subject)
    void tlib_cursor_begin(tlib_cursor *cursor)
    int tlib_cursor_next(tlib_cursor *cursor, const tlib_subject *subject, const tlib_field *field, tlib_value *value)

cdef extern from "query.h" nogil:
    enum:
        TLIB_ACCEPT
        TLIB_MET_SLOTS
        TLIB_BOUND_NONE
        TLIB_BOUND_INSTANT
        TLIB_BOUND_DAILY
        TLIB_QUERY_DONE
        TLIB_QUERY_ASK
        TLIB_QUERY_CAPACITY
        TLIB_QUERY_FAILED

    ctypedef struct tlib_leaf:
        tlib_field field
        uint8_t test, order, negated, fold, watched, numeral
        int64_t number
        const uint8_t *text
        uint32_t text_length
        int32_t if_true, if_false
        uint64_t tested
        uint8_t present, held, full
        uint64_t *met

    ctypedef struct tlib_bound:
        uint8_t kind, local
        int64_t own, instant

    ctypedef struct tlib_span:
        uint8_t asked, settled, fixed, overnight
        int64_t ahead
        tlib_bound since, until

    ctypedef struct tlib_query:
        tlib_leaf *leaves
        uint32_t leaf_count
        int32_t first
        const uint64_t *messages
        const uint8_t *addresses
        uint8_t address_seen
        tlib_span span
        void *context
        int (*judge)(void *context, uint32_t leaf, const tlib_value *value) noexcept
        int (*meet)(void *context, uint32_t leaf, const tlib_value *value) noexcept
        uint64_t tested, matched

    ctypedef struct tlib_selecting:
        tlib_query *query
        tlib_subject subject
        uint64_t row
        uint64_t *selected
        uint64_t *odd
        uint64_t selected_count, odd_count

    int tlib_query_run(tlib_selecting *run)


# -- a run of frames for the core -------------------------------------------------------------------

cdef class Subject:
    """A run of frames with its origins and flows (query/flows.py), for fields."""

    cdef FrameRun run
    cdef tlib_origins origins
    cdef tlib_flow_texts texts[6]
    cdef tlib_subject core
    cdef list kept

    def __cinit__(self, frames, registry, limits, flows, facts):
        cdef array.array bounds, numbers
        cdef bytes file = frames.file.encode("utf-8", "surrogateescape")
        self.run = FrameRun(frames.data, frames.bounds, registry, limits, frames.printed)
        self.kept = [file, flows, facts]
        columns_of(frames, &self.origins, self.run.core.count, self.kept)
        self.origins.flow_count = <uint32_t> flows.count
        self.origins.file = <const uint8_t *> PyBytes_AS_STRING(file)
        self.origins.file_length = PyBytes_GET_SIZE(file)
        for which, one in flows.texts.items():
            bounds, numbers = one.bounds, one.numbers
            self.texts[<int> which].text = <const uint8_t *> PyByteArray_AS_STRING(one.text)
            self.texts[<int> which].bounds = bounds.data.as_uints
            self.texts[<int> which].kinds = <const uint8_t *> PyByteArray_AS_STRING(one.kinds)
            self.texts[<int> which].numbers = <const int64_t *> numbers.data.as_voidptr
        self.core.frames = &self.run.core
        self.core.origins = &self.origins
        self.core.flows = self.texts
        (self.core.seconds.id, self.core.seconds.kind), (self.core.micros.id, self.core.micros.kind) = facts.own_time
        self.core.asks = <const uint8_t *> PyBytes_AS_STRING(facts.asks)


cdef int field_of(object source, tlib_field *made) except -1:
    """Fill a field from a `Source`, which must stay alive; `free_field` frees its memory."""
    cdef tlib_field_place *places = <tlib_field_place *> zeroed(len(source.attributes), sizeof(tlib_field_place))
    made.places = places
    made.source = source.place
    made.which = source.which
    made.place_count = <uint32_t> len(source.attributes)
    for i, (number, kind) in enumerate(source.attributes):
        places[<int> i].id = number
        places[<int> i].kind = kind
    made.path = <const uint8_t *> PyBytes_AS_STRING(source.path)
    made.path_length = <uint32_t> PyBytes_GET_SIZE(source.path)
    return 0


cdef object value_object(const tlib_value *value, object enumeration):
    """Return a value as decoding a frame gives it."""
    cdef const char *at = <const char *> value.data
    cdef int kind = value.type
    if kind == TLIB_FIELD_TEXT:
        return PyUnicode_DecodeUTF8(at, value.length, b"surrogateescape")
    if kind == TLIB_FIELD_UNICODE:
        return UNICODE(PyUnicode_DecodeUTF8(at, value.length, b"surrogateescape"))
    if kind == TLIB_FIELD_LONG:
        return <uint64_t> value.number
    if kind == TLIB_FIELD_UINT or kind == TLIB_FIELD_SINT:
        return value.number if enumeration is None else enumeration(value.number)
    if kind == TLIB_FIELD_HEX:
        return PyBytes_FromStringAndSize(at, value.length).hex()
    data = PyBytes_FromStringAndSize(at, value.length)
    if kind == TLIB_FIELD_LIST:
        return list_view(data, 0, value.length)
    return data if kind == TLIB_FIELD_BINARY else RAWVALUE(value.number, data)


# -- queries ----------------------------------------------------------------------------------------

cdef class Program:
    """A query as the core runs it; see query/program.py. One run at a time."""

    cdef object registry, tally, failure
    cdef list steps
    cdef object facts
    cdef tlib_query query
    cdef uint64_t *messages
    cdef bint asks_address

    def __cinit__(self, registry, tally, list steps, messages, facts, bint asks_address):
        cdef Py_ssize_t i
        self.registry = registry
        self.tally = tally
        self.steps = steps
        self.facts = facts
        self.asks_address = asks_address
        if messages:
            self.messages = <uint64_t *> zeroed(1024, sizeof(uint64_t))
            for number in messages:
                if number <= 0xFFFF:
                    self.messages[<int> number >> 6] |= <uint64_t> 1 << (<int> number & 63)
        self.query.messages = self.messages
        self.query.context = <void *> self
        self.query.judge = judge
        self.query.meet = meet
        self.query.first = 0 if steps else TLIB_ACCEPT
        self.query.leaves = <tlib_leaf *> zeroed(len(steps), sizeof(tlib_leaf))
        self.query.leaf_count = <uint32_t> len(steps)
        for i, step in enumerate(steps):
            leaf_of(step, &self.query.leaves[i])

    def __dealloc__(self):
        cdef uint32_t i
        if self.query.leaves != NULL:
            for i in range(self.query.leaf_count):
                PyMem_Free(<void *> self.query.leaves[i].field.places)
                PyMem_Free(self.query.leaves[i].met)
        PyMem_Free(self.query.leaves)
        PyMem_Free(self.messages)

    cdef void load(self):
        """Take what the counts of the leaves have from elsewhere."""
        cdef uint32_t i
        for i in range(self.query.leaf_count):
            counts = self.steps[i].counts
            self.query.leaves[i].held = counts.held
            self.query.leaves[i].full = counts.full

    cdef void count(self, object addresses):
        """Add the counts of the run to the tally."""
        cdef uint32_t i
        cdef tlib_leaf *leaf
        self.tally.tested += self.query.tested
        self.tally.matched += self.query.matched
        self.query.tested = self.query.matched = 0
        for i in range(self.query.leaf_count):
            leaf = &self.query.leaves[i]
            if leaf.tested:
                counts = self.steps[i].counts
                counts.tested += leaf.tested
                counts.present |= bool(leaf.present)
                counts.held |= bool(leaf.held)
                leaf.tested = leaf.present = 0
        if self.query.address_seen:
            addresses.seen = True

    def run(self, frames, limits, flows, span, bint odd, ask):
        """Return the places of the frames that the query selects, and of those that it does not and that may be invalid."""
        cdef tlib_selecting run
        cdef Subject subject = Subject(frames, self.registry, limits, flows, self.facts)
        cdef uint64_t count = subject.run.core.count
        cdef bytearray addresses = flows.addresses
        cdef int stop
        memset(&run, 0, sizeof(tlib_selecting))
        run.query = &self.query
        run.subject = subject.core
        self.query.addresses = <const uint8_t *> PyByteArray_AS_STRING(addresses) if self.asks_address else NULL
        self.load()
        span_of(span, &self.query.span)
        run.selected = <uint64_t *> zeroed(count, 8)
        try:
            if odd:
                run.odd = <uint64_t *> zeroed(count, 8)
            while True:
                with nogil:
                    stop = tlib_query_run(&run)
                if stop == TLIB_QUERY_CAPACITY:
                    subject.run.work.grow()
                    continue
                self.count(flows.address)
                if stop == TLIB_QUERY_DONE:
                    break
                if stop == TLIB_QUERY_FAILED:
                    failure, self.failure = self.failure, None
                    raise failure
                if ask(run.row):
                    run.selected[run.selected_count] = run.row
                    run.selected_count += 1
                elif odd:
                    run.odd[run.odd_count] = run.row
                    run.odd_count += 1
                run.row += 1
                self.load()
                span_of(span, &self.query.span)
            return (
                PyBytes_FromStringAndSize(<const char *> run.selected, 8 * run.selected_count),
                PyBytes_FromStringAndSize(<const char *> run.odd, 8 * run.odd_count) if odd else b"",
            )
        finally:
            PyMem_Free(run.selected)
            PyMem_Free(run.odd)


cdef int leaf_of(object step, tlib_leaf *made) except -1:
    """Fill a leaf from a `Step`, which must stay alive."""
    field_of(step.source, &made.field)
    made.test = step.kind
    made.order = step.order
    made.negated = step.negated
    made.fold = step.fold
    made.numeral = step.number is not None
    made.number = step.number or 0
    made.text = <const uint8_t *> PyBytes_AS_STRING(step.text)
    made.text_length = <uint32_t> PyBytes_GET_SIZE(step.text)
    made.if_true, made.if_false = step.if_true, step.if_false
    made.watched = step.counts.wanted is not None
    if made.watched:
        made.met = <uint64_t *> zeroed(TLIB_MET_SLOTS, sizeof(uint64_t))
    return 0


cdef int bound_of(object given, tlib_bound *made) except -1:
    memset(made, 0, sizeof(tlib_bound))
    if given is not None:
        bound, made.instant = given
        made.kind = TLIB_BOUND_DAILY if bound.daily else TLIB_BOUND_INSTANT
        made.local = bound.local
        made.own = bound.at
    return 0


cdef int span_of(object span, tlib_span *made) except -1:
    """Fill a span from what `span` gives now; None where the query has none."""
    if span is None:
        return 0
    fixed = span()
    made.asked = True
    made.settled = fixed.settled
    made.fixed = fixed.ahead is not None
    made.ahead = fixed.ahead or 0
    made.overnight = fixed.overnight
    bound_of(fixed.since, &made.since)
    return bound_of(fixed.until, &made.until)


cdef int judge(void *context, uint32_t leaf, const tlib_value *value) noexcept with gil:
    """Ask the Python test of a leaf about a value."""
    program = <Program> context
    try:
        step = program.steps[leaf]
        return bool(step.check(value_object(value, step.source.enumeration)))
    except BaseException as error:
        program.failure = error
        return -1


cdef int meet(void *context, uint32_t leaf, const tlib_value *value) noexcept with gil:
    """Give a leaf's counts a text that is not the wanted one."""
    program = <Program> context
    try:
        counts = program.steps[leaf].counts
        counts.values[value_object(value, None)] = None
        program.query.leaves[leaf].full = counts.full
        return 0
    except BaseException as error:
        program.failure = error
        return -1


# -- selected frames --------------------------------------------------------------------------------

cdef const uint64_t *places_of(array.array places, Py_ssize_t count) except? NULL:
    """Return places of `count` things."""
    cdef const uint64_t *made = <const uint64_t *> places.data.as_voidptr
    cdef Py_ssize_t i
    for i in range(len(places)):
        if made[i] >= <uint64_t> count:
            raise IndexError("a place beyond the last frame")
    return made


def picked(bytes column not None, array.array places not None, Py_ssize_t width):
    """Return the numbers of a column, of `width` bytes each, at these places."""
    cdef const uint64_t *at = places_of(places, PyBytes_GET_SIZE(column) // width)
    cdef const char *source = PyBytes_AS_STRING(column)
    made = PyBytes_FromStringAndSize(NULL, len(places) * width)
    cdef char *target = PyBytes_AS_STRING(made)
    cdef Py_ssize_t i
    if width == 8:
        for i in range(len(places)):
            memcpy(target + 8 * i, source + 8 * at[i], 8)
    else:
        for i in range(len(places)):
            memcpy(target + width * i, source + width * at[i], width)
    return made


def gathered(bytes data not None, bytes bounds not None, array.array places not None):
    """Return the pieces of `data` at these places, joined, and their bounds."""
    cdef Py_ssize_t i, count = PyBytes_GET_SIZE(bounds) // 8 - 1
    cdef const uint64_t *at = places_of(places, count)
    cdef const uint64_t *ends = <const uint64_t *> <const void *> PyBytes_AS_STRING(bounds)
    cdef uint64_t length = 0
    for i in range(count):
        if ends[i] > ends[i + 1] or ends[i + 1] > <uint64_t> PyBytes_GET_SIZE(data):
            raise ValueError("a bound that is none")
    for i in range(len(places)):
        length += ends[at[i] + 1] - ends[at[i]]
    joined = PyBytes_FromStringAndSize(NULL, <Py_ssize_t> length)
    made = PyBytes_FromStringAndSize(NULL, 8 * (<Py_ssize_t> len(places) + 1))
    cdef char *target = PyBytes_AS_STRING(joined)
    cdef uint64_t *own = <uint64_t *> <void *> PyBytes_AS_STRING(made)
    own[0] = 0
    for i in range(len(places)):
        length = ends[at[i] + 1] - ends[at[i]]
        memcpy(target + own[i], PyBytes_AS_STRING(data) + ends[at[i]], length)
        own[i + 1] = own[i] + length
    return joined, made
