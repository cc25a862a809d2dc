# Decode: from an indexed frame to an event. Included by engine.pyx.

cdef dict by_name(Tables tables, Layout layout, bytes frame, const uint8_t *data, tlib_workspace *space):
    """Return the attributes that `layout` does not list (None: all), by name, in ascending order of id."""
    cdef uint32_t i
    cdef tlib_attribute *a
    cdef Entry entry
    cdef dict made = {}
    if not space.ascending:
        tlib_sort(space)
    for i in range(space.count):
        a = &space.attributes[i]
        if layout is not None and tables.schemas[layout.number].slot[a.dense]:
            continue
        entry = <Entry> tables.entries[a.dense]
        made[nameless(a.id) if entry is None else entry.name] = value_of(tables, tables.kinds[a.dense], frame, data, a)
    return made


cdef object attributes_object(dict items):
    made = untracked(ATTRIBUTES)
    fill(made, ATTRIBUTES_ITEMS, items)
    return made


# Counting None once for all the fields that are absent; None is immortal from 3.12 on.
cdef extern from *:
    """
    #if PY_VERSION_HEX >= 0x030C0000
    #define ADD_NONES(n) ((void)(n))
    #else
    #define ADD_NONES(n) (Py_None->ob_refcnt += (n))
    #endif
    """
    void ADD_NONES(Py_ssize_t n) noexcept


cdef inline Py_ssize_t slots_of(PyTypeObject *cls) noexcept:
    return (cls.tp_basicsize - <Py_ssize_t> sizeof(PyObject)) // <Py_ssize_t> sizeof(PyObject *)


cdef void free_event(PyObject *event) noexcept:
    """tp_dealloc of an event class, and so the last step of its subclasses'."""
    cdef PyTypeObject *cls = Py_TYPE(event)
    cdef PyTypeObject *base = cls
    cdef PyObject **slots = <PyObject **> (<char *> event + sizeof(PyObject))
    cdef PyObject *held
    cdef Py_ssize_t i, count, nones = 0
    while base.tp_dealloc != free_event:
        base = base.tp_base
    if cls == base and cls.tp_finalize != NULL and PyObject_CallFinalizerFromDealloc(event) < 0:
        return
    PyObject_GC_UnTrack(event)
    count = slots_of(base)
    for i in range(count):
        held = slots[i]
        slots[i] = NULL
        if held == <PyObject *> None:
            nones += 1
        else:
            Py_XDECREF(held)
    ADD_NONES(-nones)
    if cls == base and cls.tp_finalize == NULL and kept.event_count[count] < KEPT_EVENTS:
        kept.events[count][kept.event_count[count]] = event
        kept.event_count[count] += 1
    else:
        cls.tp_free(event)
    Py_DECREF(<object> <PyObject *> cls)


cdef bint freed_quickly(object cls, int fields):
    """Have instances of an event class freed by `free_event`, where they are nothing but slots; return whether they are."""
    cdef PyTypeObject *kind = <PyTypeObject *> cls
    if (
        not PyType_IS_GC(kind)
        or kind.tp_dictoffset
        or kind.tp_weaklistoffset
        or slots_of(kind) != fields + 1
        or fields >= WIDEST_EVENT
    ):
        return False
    kind.tp_dealloc = free_event
    return True


cdef inline object new_event(Layout layout):
    """Return an event that the collector does not look at: every field None, `extra` empty."""
    cdef PyTypeObject *cls = <PyTypeObject *> layout.cls
    cdef Py_ssize_t count = slots_of(cls)
    if layout.quick and kept.event_count[count]:
        kept.event_count[count] -= 1
        event = PyObject_Init(kept.events[count][kept.event_count[count]], cls)
    else:
        event = untracked(layout.cls)
    memcpy(<char *> <PyObject *> event + sizeof(PyObject), layout.template, cls.tp_basicsize - sizeof(PyObject))
    ADD_NONES(layout.field_count)
    Py_INCREF(NONE_EXTRA)
    return event


cdef object build(Tables tables, Layout layout, bytes frame, const uint8_t *data, tlib_workspace *space):
    """The event that an indexed, valid frame is; None where the reference engine must make it."""
    cdef const uint16_t *slots = tables.schemas[layout.number].slot
    cdef uint32_t i
    cdef bint unlisted = False
    cdef uint16_t number
    cdef tlib_attribute *a
    cdef Place *place
    cdef PyObject **whole
    cdef CompositeSlots composite
    cdef Py_ssize_t filled = 0
    cdef int k
    event = new_event(layout)
    for i in range(space.count):
        a = &space.attributes[i]
        number = slots[a.dense]
        if number == 0:
            unlisted = True
            continue
        place = &layout.places[number]
        if place.composite < 0:
            fill(event, place.offset, value_of(tables, place.kind, frame, data, a))
            filled += 1
            continue
        whole = slot(event, place.offset)
        if whole[0] == <PyObject *> None:
            composite = <CompositeSlots> layout.composites[place.composite]
            fill(event, place.offset, untracked(composite.cls))
            filled += 1
        fill(<object> whole[0], place.part, value_of(tables, place.kind, frame, data, a))
    ADD_NONES(-filled)
    for k in range(layout.composite_count):
        composite = <CompositeSlots> PyList_GET_ITEM(layout.composites, k)
        whole = slot(event, composite.offset)
        if whole[0] == <PyObject *> None:
            continue
        for offset in composite.needed:
            if slot(<object> whole[0], offset)[0] == NULL:
                return None  # parts without the whole: they belong to extra
        for offset in composite.all:
            if slot(<object> whole[0], offset)[0] == NULL:
                fill(<object> whole[0], offset, None)
    if unlisted:
        Py_DECREF(NONE_EXTRA)
        fill(event, layout.extra, attributes_object(by_name(tables, layout, frame, data, space)))
    return event


cdef enum:
    MOST_UNLISTED = 101  # unlisted attributes of an invalid frame that its violations must see: those told one by one, and one more


cdef object invalid(Tables tables, Layout layout, bytes frame, const uint8_t *data, tlib_workspace *space, uint64_t base):
    """The InvalidEvent that an indexed frame is which breaks its schema: its lists stay views.

    The schema judges the attributes of its table and a few others: a frame can hold 65,536.
    """
    cdef uint32_t i, more = 0, others = 0
    cdef tlib_attribute *a
    attributes = attributes_object(by_name(tables, None, frame, data, space))
    values, places = {}, {}
    for i in range(space.count):  # in ascending order by now
        a = &space.attributes[i]
        if not tables.schemas[layout.number].slot[a.dense]:
            others += 1
            if others > MOST_UNLISTED:
                more += 1
                continue
        values[a.id] = value_of(tables, tables.kinds[a.dense], frame, data, a)
        places[a.id] = base + a.offset - TLIB_ATTRIBUTE
    registry = tables.registry()
    found = registry.violations_at(layout.message, values, places, base, more)
    return INVALID(layout.message, attributes, found)


cdef object item_of(Tables tables, bytes frame, const uint8_t *data, uint16_t message, Workspace work, uint64_t base):
    """What an indexed frame is, or None where the reference engine must say.

    `base` is where the frame stands in its stream.
    """
    cdef uint16_t number
    cdef int verdict
    cdef Layout layout
    if work.space.callers:
        return None
    number = tlib_table(tables.tables, message, data, work.space)
    if number == 0:
        return UNKNOWN(message, attributes_object(by_name(tables, None, frame, data, work.space)))
    layout = <Layout> PyList_GET_ITEM(tables.layouts, number - 1)
    if not layout.exact:
        return None
    verdict = tlib_fails(tables.tables, &tables.schemas[number - 1], data, work.space, False)
    if verdict == 0:
        return build(tables, layout, frame, data, work.space)
    if verdict == 1:
        return invalid(tables, layout, frame, data, work.space, base)
    return None  # a rule that only the reference engine can judge


@cython.binding(False)  # a plain builtin: Python calls it in less time. The docstring states its signature.
def decode(frame, *, registry=LIBRARY, policy=STRICT, limits=LIMITS):
    """decode(frame, *, registry=..., policy=..., limits=...)\n--\n\nThe event that one frame is; an UnknownEvent where the registry has no table for it.

    Raises DecodeError where the bytes are malformed, and under the strict policy SchemaViolation
    where they are well-formed but no valid event.
    """
    cdef bytes data = <bytes> frame if PyBytes_CheckExact(frame) else reference.as_bytes(frame)
    cdef const uint8_t *start = <const uint8_t *> PyBytes_AS_STRING(data)
    cdef Py_ssize_t length = PyBytes_GET_SIZE(data)
    cdef Tables tables = tables_of(registry)
    cdef tlib_limits own = DEFAULT if limits is LIMITS else limits_of(limits)
    cdef tlib_error error
    cdef uint16_t message = 0
    cdef uint32_t body = 0
    cdef Workspace work
    item = None
    if (
        tlib_header(start, length, &own, &message, &body, &error) == TLIB_OK
        and <uint64_t> length == <uint64_t> body + TLIB_HEADER
        and <uint64_t> length <= 0xFFFFFFFFu
    ):
        work = take_workspace(tables)
        if index(tables, &own, start, <uint32_t> length, True, work, &error) == TLIB_OK:
            item = item_of(tables, data, start, message, work, 0)
        give_back(work)
    if item is None:
        return reference.decode(data, registry=registry, policy=policy, limits=limits)
    if policy is STRICT and Py_TYPE(<PyObject *> item) == <PyTypeObject *> INVALID:
        raise SchemaViolation(item.violations)
    return item


def core_error(frame, *, registry=LIBRARY, limits=LIMITS):
    """The C core's own verdict on a frame: (code, offset) of the first fault, None where it finds none.

    For tests that hold it to the reference engine, whose words `decode` uses. NotImplemented where
    it came upon an attribute of a user's own construct, which the core alone cannot judge.
    """
    cdef bytes data = reference.as_bytes(frame)
    cdef const uint8_t *start = <const uint8_t *> PyBytes_AS_STRING(data)
    cdef uint64_t length = PyBytes_GET_SIZE(data)
    cdef Tables tables = tables_of(registry)
    cdef tlib_limits own = limits_of(limits)
    cdef tlib_error error
    cdef uint16_t message = 0
    cdef uint32_t body = 0
    cdef Workspace work
    if tlib_header(start, length, &own, &message, &body, &error) == TLIB_OK:
        if length < <uint64_t> body + TLIB_HEADER:
            return "truncated-frame", 0
        if length > <uint64_t> body + TLIB_HEADER:
            return "trailing-bytes", body + TLIB_HEADER
        work = take_workspace(tables)
        error.code = index(tables, &own, start, <uint32_t> length, True, work, &error)
        callers = work.space.callers
        give_back(work)
        if callers:
            return NotImplemented
    return (tlib_code_name(error.code).decode(), error.offset) if error.code else None
