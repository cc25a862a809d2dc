# The program of a query: fields, runs of frames, selected frames. Included by batches.pyx.

cdef extern from "fields.h" nogil:
    enum:
        TLIB_ORIGIN_NUMBERS
        TLIB_FLOW_TEXTS
        TLIB_FIELD_ASK
        TLIB_FROM_CALLER
        TLIB_FROM_ERRORS
        TLIB_FROM_MESSAGE
        TLIB_FROM_TIME
        TLIB_VALUE_TEXT
        TLIB_VALUE_UNICODE
        TLIB_VALUE_UINT
        TLIB_VALUE_SINT
        TLIB_VALUE_LONG
        TLIB_VALUE_HEX
        TLIB_VALUE_BINARY
        TLIB_VALUE_LIST
        TLIB_VALUE_RAW

    ctypedef struct tlib_value:
        uint8_t type
        int64_t number
        uint8_t large
        const uint8_t *data
        uint32_t length

    ctypedef struct tlib_place:
        uint16_t id
        uint8_t kind

    ctypedef struct tlib_field:
        uint8_t source
        uint8_t which
        const tlib_place *places
        uint32_t place_count
        const uint8_t *path
        uint32_t path_length

    ctypedef struct tlib_flow_texts:
        const uint8_t *text
        const uint32_t *bounds
        const uint8_t *kinds
        const int64_t *numbers

    ctypedef struct tlib_frames:
        const uint8_t *data
        uint64_t data_length
        const uint64_t *bounds
        uint64_t count
        int printed
        const uint64_t *numbers[3]
        const int64_t *times
        const int64_t *local_times
        const int64_t *times_of_day
        const uint32_t *flows
        uint32_t flow_count
        const tlib_flow_texts *texts
        const uint8_t *file
        uint32_t file_length
        const uint8_t *notes
        uint64_t notes_length
        const uint64_t *note_bounds

    ctypedef struct tlib_subject:
        const uint8_t *data
        uint32_t length
        uint16_t message
        const tlib_tables *tables
        tlib_workspace *space
        tlib_place seconds
        tlib_place micros

    ctypedef struct tlib_cursor:
        uint32_t next

    int tlib_subject_open(tlib_subject *subject, const tlib_frames *frames, uint64_t row, const tlib_limits *limits)
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
        const tlib_frames *frames
        tlib_limits limits
        uint64_t row
        uint64_t *selected
        uint64_t *odd
        uint64_t selected_count, odd_count

    int tlib_query_run(tlib_selecting *run)


# -- what a run of frames looks like to the core ----------------------------------------------------

cdef const void *column_of(object column, Py_ssize_t count, Py_ssize_t width) except? NULL:
    """Return the numbers of a column; NULL where it is not known."""
    if column is None:
        return NULL
    if not isinstance(column, bytes) or PyBytes_GET_SIZE(column) != count * width:
        raise ValueError("a column has a number for each frame")
    return <const void *> PyBytes_AS_STRING(column)


cdef int frames_of(object frames, tlib_frames *made) except -1:
    """Show `Frames` to the core; they must stay alive."""
    cdef Py_ssize_t count = PyBytes_GET_SIZE(frames.bounds) // 8 - 1
    memset(made, 0, sizeof(tlib_frames))
    if count < 0:
        raise ValueError("frames have one bound more than there are of them")
    made.data = <const uint8_t *> PyBytes_AS_STRING(frames.data)
    made.data_length = PyBytes_GET_SIZE(frames.data)
    made.count = count
    made.bounds = <const uint64_t *> column_of(frames.bounds, count + 1, 8)
    made.printed = frames.printed
    made.numbers[0] = <const uint64_t *> column_of(frames.lines, count, 8)
    made.numbers[1] = <const uint64_t *> column_of(frames.packets, count, 8)
    made.numbers[2] = <const uint64_t *> column_of(frames.offsets, count, 8)
    made.times = <const int64_t *> column_of(frames.times, count, 8)
    made.local_times = <const int64_t *> column_of(frames.local_times, count, 8)
    made.times_of_day = <const int64_t *> column_of(frames.times_of_day, count, 8)
    made.flows = <const uint32_t *> column_of(frames.flows, count, 4)
    made.notes = <const uint8_t *> PyBytes_AS_STRING(frames.notes)
    made.notes_length = PyBytes_GET_SIZE(frames.notes)
    made.note_bounds = <const uint64_t *> column_of(frames.note_bounds, count + 1, 8)
    return 0


cdef class FlowView:
    """The texts of flows (query/flows.py) as the core reads them."""

    cdef tlib_flow_texts texts[6]
    cdef object flows

    def __cinit__(self, flows):
        cdef array.array bounds, numbers
        self.flows = flows
        for which, one in flows.texts.items():
            bounds, numbers = one.bounds, one.numbers
            self.texts[<int> which].text = <const uint8_t *> PyByteArray_AS_STRING(one.text)
            self.texts[<int> which].bounds = bounds.data.as_uints
            self.texts[<int> which].kinds = <const uint8_t *> PyByteArray_AS_STRING(one.kinds)
            self.texts[<int> which].numbers = <const int64_t *> numbers.data.as_voidptr


cdef int field_of(object source, tlib_field *made) except -1:
    """Fill a field from a `Source`, which must stay alive; `free_field` frees its memory."""
    cdef tlib_place *places = <tlib_place *> zeroed(len(source.attributes), sizeof(tlib_place))
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
    if kind == TLIB_VALUE_TEXT:
        return PyUnicode_DecodeUTF8(at, value.length, b"surrogateescape")
    if kind == TLIB_VALUE_UNICODE:
        return UNICODE(PyUnicode_DecodeUTF8(at, value.length, b"surrogateescape"))
    if kind == TLIB_VALUE_LONG:
        return <uint64_t> value.number
    if kind == TLIB_VALUE_UINT or kind == TLIB_VALUE_SINT:
        return value.number if enumeration is None else enumeration(value.number)
    if kind == TLIB_VALUE_HEX:
        return PyBytes_FromStringAndSize(at, value.length).hex()
    data = PyBytes_FromStringAndSize(at, value.length)
    if kind == TLIB_VALUE_LIST:
        return list_view(data, 0, value.length)
    return data if kind == TLIB_VALUE_BINARY else RAWVALUE(value.number, data)


# -- queries ----------------------------------------------------------------------------------------

cdef class Program:
    """A query as the core runs it; see query/program.py. One run at a time."""

    cdef object registry, tally, failure
    cdef list steps
    cdef Tables tables
    cdef Workspace work
    cdef tlib_query query
    cdef uint64_t *messages
    cdef tlib_place own[2]
    cdef bint asks_address

    def __cinit__(self, registry, tally, list steps, messages, list own, bint asks_address):
        cdef Py_ssize_t i
        self.registry = registry
        self.tally = tally
        self.steps = steps
        self.tables = tables_of(registry)
        self.work = Workspace()
        self.work.widen(self.tables)
        self.asks_address = asks_address
        for i, (number, kind) in enumerate(own):
            self.own[i].id = number
            self.own[i].kind = kind
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
        cdef tlib_frames view
        cdef FlowView texts = FlowView(flows)
        cdef bytes file = frames.file.encode("utf-8", "surrogateescape")
        cdef bytearray addresses = flows.addresses
        cdef int stop
        frames_of(frames, &view)
        view.texts = texts.texts
        view.flow_count = <uint32_t> flows.count
        view.file = <const uint8_t *> PyBytes_AS_STRING(file)
        view.file_length = <uint32_t> PyBytes_GET_SIZE(file)
        memset(&run, 0, sizeof(tlib_selecting))
        run.query = &self.query
        run.frames = &view
        run.limits = limits_of(limits)
        run.subject.tables = self.tables.tables
        run.subject.space = self.work.space
        run.subject.seconds = self.own[0]
        run.subject.micros = self.own[1]
        self.query.addresses = <const uint8_t *> PyByteArray_AS_STRING(addresses) if self.asks_address else NULL
        self.load()
        span_of(span, &self.query.span)
        run.selected = <uint64_t *> zeroed(view.count, 8)
        try:
            if odd:
                run.odd = <uint64_t *> zeroed(view.count, 8)
            while True:
                with nogil:
                    stop = tlib_query_run(&run)
                if stop == TLIB_QUERY_CAPACITY:
                    self.work.grow()
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
