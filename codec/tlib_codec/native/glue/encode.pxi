# Encode: from an event's slots to its frame. Included by engine.pyx.

cdef enum:
    ON_STACK = 2048


cdef struct Out:
    uint8_t *data
    size_t length
    size_t capacity
    uint8_t *heap  # what must be freed; NULL while the caller's stack serves
    bint strict    # refuse what would not decode again
    bint raw       # a RawValue is among the values: it may be malformed
    bint extra     # attributes beyond the table are among them
    int32_t last   # id of the attribute written last, -1 before the first
    uint32_t required  # attributes written that the table makes mandatory


cdef inline uint8_t *reserve(Out *out, size_t more) except NULL:
    """Workspace for `more` bytes, taken. Every byte of it must then be written."""
    cdef size_t at = out.length
    if at + more > out.capacity:
        widen(out, at + more)
    out.length = at + more
    return out.data + at


cdef int widen(Out *out, size_t need) except -1:
    """Move the workspace to one of at least `need` bytes."""
    cdef uint8_t *grown = <uint8_t *> PyMem_Realloc(out.heap, 2 * need)
    if grown == NULL:
        raise MemoryError
    if out.heap == NULL:
        memcpy(grown, out.data, out.length)
    out.heap = out.data = grown
    out.capacity = 2 * need
    return 0


cdef inline void put16(uint8_t *at, uint32_t value) noexcept:
    at[0] = <uint8_t> (value >> 8)
    at[1] = <uint8_t> value


cdef inline void put32(uint8_t *at, uint32_t value) noexcept:
    put16(at, value >> 16)
    put16(at + 2, value)


cdef extern from *:
    """
    /* Texts are short: a few moves that may overlap, instead of a call. */
    static inline void copy_text(uint8_t *to, const uint8_t *from, size_t n) {
        uint64_t a, b, c, d;
        if (n > 32) {
            memcpy(to, from, n);
        } else if (n >= 16) {
            memcpy(&a, from, 8); memcpy(&b, from + 8, 8); memcpy(&c, from + n - 16, 8); memcpy(&d, from + n - 8, 8);
            memcpy(to, &a, 8); memcpy(to + 8, &b, 8); memcpy(to + n - 16, &c, 8); memcpy(to + n - 8, &d, 8);
        } else if (n >= 8) {
            memcpy(&a, from, 8); memcpy(&b, from + n - 8, 8);
            memcpy(to, &a, 8); memcpy(to + n - 8, &b, 8);
        } else {
            for (size_t i = 0; i < n; i++) to[i] = from[i];
        }
    }
    """
    void copy_text(uint8_t *to, const void *source, size_t n) noexcept


cdef inline int put_bytes(Out *out, const void *data, size_t length) except -1:
    if length:
        memcpy(reserve(out, length), data, length)
    return 0


# Numbers of one digit, which most are, without a call.
cdef extern from *:
    """
    #if PY_VERSION_HEX >= 0x030C0000
    #define COMPACT(v) PyUnstable_Long_IsCompact((PyLongObject *)(v))
    #define COMPACT_VALUE(v) ((long long)PyUnstable_Long_CompactValue((PyLongObject *)(v)))
    #else
    #define COMPACT(v) ((size_t)(Py_SIZE(v) + 1) <= 2)
    #define COMPACT_VALUE(v) ((long long)Py_SIZE(v) * (long long)((PyLongObject *)(v))->ob_digit[0])
    #endif
    """
    bint COMPACT(object number) noexcept
    long long COMPACT_VALUE(object number) noexcept


# The functions below return 0 when they wrote a value, 1 when the reference engine must.


cdef int put_text(Out *out, object value, bint strict) except -1:
    cdef Py_ssize_t length = 0
    cdef const char *data
    if PyUnicode_IS_COMPACT_ASCII(value):
        put_bytes(out, PyUnicode_DATA(value), PyUnicode_GET_LENGTH(value))
        return 0
    try:
        packed = PyUnicode_AsEncodedString(value, b"utf-8", b"strict" if strict else b"surrogateescape")
    except UnicodeEncodeError:
        return 1
    put_bytes(out, PyBytes_AS_STRING(packed), PyBytes_GET_SIZE(packed))
    return 0


cdef int put_number(Out *out, object value, bint signed) except -1:
    cdef int overflow = 0
    cdef long long number
    cdef uint8_t *at
    if not PyLong_Check(value) or value is True or value is False:
        return 1
    if COMPACT(value):
        number = COMPACT_VALUE(value)
    else:
        number = PyLong_AsLongLongAndOverflow(value, &overflow)
    if overflow or (not -0x80000000LL <= number <= 0x7FFFFFFFLL if signed else not 0 <= number <= 0xFFFFFFFFLL):
        return 1
    at = reserve(out, 4)
    put32(at, <uint32_t> number)
    return 0


cdef int put_long(Out *out, object value) except -1:
    cdef unsigned long long number
    cdef uint8_t *at
    cdef int overflow = 0
    if not PyLong_Check(value) or value is True or value is False:
        return 1
    number = <unsigned long long> PyLong_AsLongLongAndOverflow(value, &overflow)  # the quick way for most
    if overflow < 0 or (not overflow and <long long> number < 0):
        return 1
    if overflow:
        try:
            number = PyLong_AsUnsignedLongLong(value)
        except OverflowError:
            return 1
    at = reserve(out, 8)
    put32(at, <uint32_t> (number >> 32))
    put32(at + 4, <uint32_t> number)
    return 0


cdef int put_conn_id(Out *out, object value) except -1:
    cdef const uint8_t *digits
    cdef uint8_t *at
    cdef uint8_t high, low
    cdef int i
    if not PyUnicode_Check(value) or not PyUnicode_IS_COMPACT_ASCII(value) or PyUnicode_GET_LENGTH(value) != 16:
        return 1
    digits = <const uint8_t *> PyUnicode_DATA(value)
    at = reserve(out, 8)
    for i in range(8):
        high, low = UNHEX[digits[2 * i]], UNHEX[digits[2 * i + 1]]
        if (high | low) & 0xF0:
            return 1
        at[i] = <uint8_t> (high << 4 | low)
    return 0


cdef int put_packed(Out *out, object kv, uint32_t depth, const tlib_limits *limits) except -1:
    """Write a packed list, which was checked when it was made, but perhaps under other limits or at another depth."""
    cdef tlib_limits left = limits[0]
    cdef tlib_error error
    cdef uint32_t length = packed_of(kv).length
    left.list_depth -= depth - 1
    if tlib_list(list_of(kv), 0, length, &left, &error):
        return 1
    put_bytes(out, list_of(kv), length)
    return 0


cdef int put_list(Out *out, object kv, uint32_t depth, const tlib_limits *limits) except -1:
    cdef PyObject *flat = slot(kv, KV_FLAT)[0]
    cdef size_t start, value_start, length
    cdef uint32_t count, i
    cdef uint8_t kind
    cdef uint8_t *at
    if depth > limits.list_depth:
        return 1
    if type(kv) is PACKED:
        return put_packed(out, kv, depth, limits)
    if flat == NULL:
        return 1
    if not PyTuple_CheckExact(<object> flat):
        return 1
    held = <object> flat  # writing a text may run code that replaces it
    if PyTuple_GET_SIZE(held) & 1:
        return 1
    count = <uint32_t> (PyTuple_GET_SIZE(held) // 2)
    if count > limits.list_pairs:
        return 1
    put16(reserve(out, 2), count)
    for i in range(count):
        key = <object> PyTuple_GET_ITEM(<object> flat, 2 * i)
        value = <object> PyTuple_GET_ITEM(<object> flat, 2 * i + 1)
        if not PyUnicode_Check(key):
            return 1
        if PyUnicode_IS_COMPACT_ASCII(key) and PyUnicode_CheckExact(value) and PyUnicode_IS_COMPACT_ASCII(value):
            # Nearly every pair: two ASCII texts, whose lengths are known before they are written.
            start = PyUnicode_GET_LENGTH(key)
            length = PyUnicode_GET_LENGTH(value)
            if start > 0xFFFF or length > 0xFFFF:
                return 1
            at = reserve(out, 5 + start + length)
            at[0] = TLIB_PAIR_STRING
            put16(at + 1, <uint32_t> start)
            put16(at + 3, <uint32_t> length)
            copy_text(at + 5, PyUnicode_DATA(key), start)
            copy_text(at + 5 + start, PyUnicode_DATA(value), length)
            continue
        start = out.length
        reserve(out, 5)
        if put_text(out, key, False):
            return 1
        value_start = out.length
        if PyUnicode_CheckExact(value):
            kind = TLIB_PAIR_STRING
            if put_text(out, value, False):
                return 1
        elif PyLong_Check(value):
            kind = TLIB_PAIR_INT
            if put_number(out, value, True):
                return 1
        elif is_list(value):
            kind = TLIB_PAIR_LIST
            reserve(out, 2)
            if put_list(out, value, depth + 1, limits):
                return 1
            length = out.length - value_start - 2
            if length > 0xFFFF - 2:
                return 1
            put16(out.data + value_start, <uint32_t> length)
        elif PyBytes_CheckExact(value):
            kind = TLIB_PAIR_BINARY
            put_bytes(out, PyBytes_AS_STRING(value), PyBytes_GET_SIZE(value))
        elif type(value) is UNICODE:
            kind = TLIB_PAIR_UNICODE
            if put_text(out, value, True):
                return 1
        else:
            return 1
        if value_start - start - 5 > 0xFFFF or out.length - value_start > 0xFFFF:
            return 1
        at = out.data + start
        at[0] = kind
        put16(at + 1, <uint32_t> (value_start - start - 5))
        put16(at + 3, <uint32_t> (out.length - value_start))
    return 0


cdef int put_attribute(Out *out, uint16_t number, Entry entry, object value, const tlib_limits *limits) except -1:
    cdef size_t start = out.length, length
    cdef Kind kind = RAW if entry is None else entry.kind
    cdef uint8_t wire_type
    cdef uint8_t *at
    cdef int odd
    if number <= out.last:
        return 1  # it stands in the table and in `extra`, or under two names
    out.last = number
    if kind == STRING and PyUnicode_CheckExact(value) and PyUnicode_IS_COMPACT_ASCII(value):
        length = PyUnicode_GET_LENGTH(value)
        if length > 0xFFFFFF:
            return 1
        at = reserve(out, TLIB_ATTRIBUTE + length)
        put16(at, number)
        put32(at + 2, <uint32_t> length)  # type String is 0
        copy_text(at + TLIB_ATTRIBUTE, PyUnicode_DATA(value), length)
        return 0
    reserve(out, TLIB_ATTRIBUTE)
    if kind == RAW or (not out.strict and type(value) is RAWVALUE):
        if type(value) is not RAWVALUE or not PyLong_CheckExact(value.type) or not 0 <= value.type <= 0xFF or not PyBytes_CheckExact(value.value):
            return 1
        wire_type = value.type
        out.raw = True
        put_bytes(out, PyBytes_AS_STRING(value.value), PyBytes_GET_SIZE(value.value))
        odd = 0
    else:
        wire_type = entry.wire_type
        if kind == STRING:
            odd = 1 if not PyUnicode_Check(value) else put_text(out, value, False)
        elif kind == CONN_ID:
            odd = put_conn_id(out, value)
        elif kind == LIST:
            odd = 1 if not is_list(value) else put_list(out, value, 1, limits)
        elif kind == UINT or kind == ENUM:
            odd = put_number(out, value, False)
        elif kind == SINT or kind == SIGNED_ENUM:
            odd = put_number(out, value, True)
        elif kind == LONG:
            odd = put_long(out, value)
        elif kind == BINARY and PyBytes_CheckExact(value):
            odd = put_bytes(out, PyBytes_AS_STRING(value), PyBytes_GET_SIZE(value))
        else:
            odd = 1
    if odd:
        return 1
    length = out.length - start - TLIB_ATTRIBUTE
    if length > 0xFFFFFF:
        return 1
    put16(out.data + start, number)
    put32(out.data + start + 2, <uint32_t> wire_type << 24 | <uint32_t> length)
    return 0


cdef struct Named:
    # an attribute that an event holds by name
    uint32_t id
    PyObject *value  # counted


cdef enum:
    NAMED_ON_STACK = 64


cdef struct NamedList:
    # attributes by name, in ascending order of id
    Py_ssize_t count
    Named *items
    Named on_stack[NAMED_ON_STACK]


cdef int by_id(const void *a, const void *b) noexcept nogil:
    return <int> (<const Named *> a).id - <int> (<const Named *> b).id


cdef bint take_named(NamedList *named, Tables tables, object attributes) except -1:
    """Fill `named` with attributes by name; return False where a name is unknown or they are no Attributes.

    The caller frees `named` in either case.
    """
    cdef PyObject *name = NULL
    cdef PyObject *value = NULL
    cdef PyObject *number
    cdef Py_ssize_t at = 0, size
    cdef uint32_t last = 0
    cdef bint ascending = True
    named.count = 0
    named.items = named.on_stack
    if type(attributes) is not ATTRIBUTES:
        return False
    cdef dict items = <dict> slot(attributes, ATTRIBUTES_ITEMS)[0]
    size = len(items)
    if size > NAMED_ON_STACK:
        named.items = <Named *> PyMem_Malloc(size * sizeof(Named))
        if named.items == NULL:
            named.items = named.on_stack
            raise MemoryError
    while named.count < size and PyDict_Next(items, &at, &name, &value):
        # Held before a name's own hash can run code that changes the dict.
        Py_INCREF(<object> value)
        named.items[named.count].value = value
        named.count += 1
        held = <object> name
        number = PyDict_GetItem(tables.ids, held)
        if number != NULL:
            named.items[named.count - 1].id = <object> number
        else:
            try:
                named.items[named.count - 1].id = tables.registry().attribute_number(held)
            except reference.EncodeError:
                return False
        ascending = ascending and named.items[named.count - 1].id >= last
        last = named.items[named.count - 1].id
    if not ascending:
        qsort(named.items, named.count, sizeof(Named), by_id)
    return True


cdef void free_named(NamedList *named) noexcept:
    cdef Py_ssize_t i
    for i in range(named.count):
        Py_XDECREF(named.items[i].value)
    if named.items != named.on_stack:
        PyMem_Free(named.items)


cdef int put_named(Out *out, Tables tables, const Named *attribute, const tlib_limits *limits) except -1:
    cdef uint16_t number = <uint16_t> attribute.id
    cdef PyObject *entry = PyList_GET_ITEM(tables.entries, tables.tables.dense[number])
    return put_attribute(out, number, <Entry> entry, <object> attribute.value, limits)


cdef int put_event(Out *out, Tables tables, Layout layout, object event, const tlib_limits *limits) except -1:
    cdef NamedList extra
    cdef object held
    if slot(event, layout.extra)[0] == <PyObject *> NONE_EXTRA:
        extra.count = 0
        return put_fields(out, tables, layout, event, &extra, limits)
    held = <object> slot(event, layout.extra)[0]
    out.extra = True
    try:
        if not take_named(&extra, tables, held):
            return 1
        return put_fields(out, tables, layout, event, &extra, limits)
    finally:
        free_named(&extra)


cdef int put_fields(Out *out, Tables tables, Layout layout, object event, const NamedList *extra, const tlib_limits *limits) except -1:
    """Write the fields of an event and its attributes by name, in ascending order of id."""
    cdef PyObject *value
    cdef object held  # writing a value may run code that replaces it
    cdef Step *step
    cdef Py_ssize_t taken = 0
    cdef int i
    for i in range(layout.step_count):
        value = slot(event, layout.offsets[i])[0]
        if value == NULL or value == <PyObject *> None:
            continue
        step = &layout.steps[i]
        if step.part >= 0:
            if type(<object> value) is not <object> step.composite:
                return 1
            value = slot(<object> value, step.part)[0]
            if value == NULL or value == <PyObject *> None:
                continue
        while taken < extra.count and extra.items[taken].id < step.id:
            if put_named(out, tables, &extra.items[taken], limits):
                return 1
            taken += 1
        held = <object> value
        if put_attribute(out, step.id, <Entry> step.entry, held, limits):
            return 1
        out.required += step.required
    while taken < extra.count:
        if put_named(out, tables, &extra.items[taken], limits):
            return 1
        taken += 1
    return 0


cdef int put_classless(Out *out, Tables tables, object event, uint16_t *message, const tlib_limits *limits) except -1:
    """Write an UnknownEvent or InvalidEvent."""
    cdef NamedList named
    cdef Py_ssize_t i
    number = event.message
    if not PyLong_Check(number) or not 0 <= number <= 0xFFFF:
        return 1
    message[0] = number
    out.extra = True
    try:
        if not take_named(&named, tables, event.attributes):
            return 1
        for i in range(named.count):
            if put_named(out, tables, &named.items[i], limits):
                return 1
        return 0
    finally:
        free_named(&named)


@cython.binding(False)
def encode(event, *, registry=LIBRARY, policy=STRICT, limits=LIMITS):
    """encode(event, *, registry=..., policy=..., limits=...)\n--\n\nReturn the canonical frame of an event: attributes in ascending order of id.

    Raises EncodeError where a value does not fit its attribute, and under the strict policy
    SchemaViolation where the event breaks its schema.
    """
    cdef Tables tables = tables_of(registry)
    cdef PyTypeObject *kind = Py_TYPE(<PyObject *> event)
    cdef tlib_limits own = DEFAULT if limits is LIMITS else limits_of(limits)
    cdef uint8_t stack[ON_STACK]
    cdef Out out
    cdef void *layout  # of the tables, which are held
    cdef const tlib_schema *schema = NULL  # of the event's class
    cdef uint16_t message = 0
    cdef int odd
    memset(&out, 0, sizeof(Out))
    out.data, out.length, out.capacity = stack, TLIB_HEADER, ON_STACK
    out.strict = policy is STRICT
    out.last = -1
    if <void *> kind != tables.last_class:
        tables.last_class = kind
        tables.last_layout = <void *> PyDict_GetItem(tables.by_class, type(event))
    try:
        layout = tables.last_layout
        if layout != NULL:
            message = (<Layout> layout).message
            schema = &tables.schemas[(<Layout> layout).number]
            odd = put_event(&out, tables, <Layout> layout, event, &own)
        elif kind == <PyTypeObject *> UNKNOWN or kind == <PyTypeObject *> INVALID:
            odd = put_classless(&out, tables, event, &message, &own)
        else:
            odd = 1
        if not odd and finish(&out, tables, message, schema, &own):
            return PyBytes_FromStringAndSize(<const char *> out.data, out.length)
    finally:
        PyMem_Free(out.heap)
    return reference.encode(event, registry=registry, policy=policy, limits=limits)


cdef bint finish(Out *out, Tables tables, uint16_t message, const tlib_schema *schema, const tlib_limits *limits) except -1:
    """Write the header; return whether the frame may be sent. `schema` is the table of the event's class, NULL where it has none.

    Where the strict policy has more to refuse than a Mandatory attribute that is missing, the frame is read as a decoder reads it.
    """
    cdef tlib_error error
    cdef Workspace work
    cdef bint fine
    cdef uint16_t number
    memcpy(out.data, b"TL\x01\x00", 4)
    put16(out.data + 4, message)
    if out.length > 0xFFFFFFFFu or out.length - TLIB_HEADER > limits.frame_body:
        return False
    put32(out.data + 6, <uint32_t> (out.length - TLIB_HEADER))
    if not out.strict:
        return True
    if schema == NULL and tables.tables.schema[message] == 0 and not out.raw:
        return True
    if schema != NULL and not (out.raw or out.extra or schema.rule_count or schema.beyond or schema.when):
        return out.required == schema.required_count
    work = take_workspace(tables)
    fine = index(tables, limits, out.data, <uint32_t> out.length, out.raw, work, &error) == TLIB_OK
    if fine and schema == NULL:
        number = tlib_table(tables.tables, message, out.data, work.space)
        if number:
            schema = &tables.schemas[number - 1]
    fine = fine and (schema == NULL or tlib_fails(tables.tables, schema, out.data, work.space, False) == 0)
    give_back(work)
    return fine
