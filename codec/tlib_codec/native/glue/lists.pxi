# Key-value lists: views of checked bytes that become pairs when they are first read. Included by engine.pyx.

# KVLists die as often as they are made, and freeing an instance of a Python class is slow: a few
# are kept for the next views.
cdef enum:
    VIEWS = 64
cdef PyObject *FREE_VIEWS[VIEWS]
cdef int FREE_COUNT = 0


cdef inline void empty(PyObject *thing, Py_ssize_t offset) noexcept:
    cdef PyObject **place = <PyObject **> (<char *> thing + offset)
    cdef PyObject *held = place[0]
    place[0] = NULL
    Py_XDECREF(held)


cdef void free_kvlist(PyObject *kv) noexcept:
    """tp_dealloc of KVList, and so the last step of its subclasses'."""
    global FREE_COUNT
    cdef PyTypeObject *cls = Py_TYPE(kv)
    PyObject_GC_UnTrack(kv)
    empty(kv, KV_FLAT)
    empty(kv, KV_PACKED)
    empty(kv, KV_PLACE)
    if cls == <PyTypeObject *> KVLIST and FREE_COUNT < VIEWS:
        FREE_VIEWS[FREE_COUNT] = kv
        FREE_COUNT += 1
    else:
        cls.tp_free(kv)
    Py_DECREF(<object> <PyObject *> cls)


(<PyTypeObject *> KVLIST).tp_dealloc = free_kvlist


cdef inline object view_of(bytes packed, object place):
    """A KVList over checked bytes: a packed list, or (place: an id) a frame's attribute."""
    global FREE_COUNT
    if FREE_COUNT:
        FREE_COUNT -= 1
        kv = PyObject_Init(FREE_VIEWS[FREE_COUNT], <PyTypeObject *> KVLIST)
    else:
        kv = untracked(KVLIST)
    fill(kv, KV_PACKED, packed)
    fill(kv, KV_PLACE, place)
    return kv


cdef const uint8_t *packed_list(object kv, uint32_t *length) noexcept:
    """Where the bytes of a KVList stand that has not been read yet."""
    cdef bytes packed = <bytes> slot(kv, KV_PACKED)[0]
    cdef const uint8_t *data = <const uint8_t *> PyBytes_AS_STRING(packed)
    cdef uint32_t position = TLIB_HEADER
    cdef uint16_t number
    if <object> slot(kv, KV_PLACE)[0] is None:
        length[0] = <uint32_t> PyBytes_GET_SIZE(packed)
        return data
    number = <object> slot(kv, KV_PLACE)[0]
    while tlib_u16(data + position) != number:
        position += TLIB_ATTRIBUTE + tlib_u24(data + position + 3)
    length[0] = tlib_u24(data + position + 3)
    return data + position + TLIB_ATTRIBUTE


cdef tuple unpack_list(const uint8_t *data):
    """The keys and values of a checked, packed list in turn."""
    cdef uint32_t count = tlib_u16(data), position = 2, i, key, length, at
    cdef uint8_t kind
    cdef object name, value
    parts = PyTuple_New(2 * <Py_ssize_t> count)
    for i in range(count):
        kind = data[position]
        key = tlib_u16(data + position + 1)
        length = tlib_u16(data + position + 3)
        at = position + 5 + key
        name = key_text(data + position + 5, key)
        if kind == TLIB_PAIR_STRING:
            value = text(data + at, length)
        elif kind == TLIB_PAIR_INT:
            value = PyLong_FromLong(<int32_t> tlib_u32(data + at))
        elif kind == TLIB_PAIR_LIST:
            value = view_of(PyBytes_FromStringAndSize(<const char *> (data + at + 2), length - 2), None)
        elif kind == TLIB_PAIR_BINARY:
            value = PyBytes_FromStringAndSize(<const char *> (data + at), length)
        else:
            value = unicode_text(data + at, length)
        Py_INCREF(name)
        PyTuple_SET_ITEM(parts, 2 * i, name)
        Py_INCREF(value)
        PyTuple_SET_ITEM(parts, 2 * i + 1, value)
        position = at + length
    return parts


cdef class Flat:
    """Stands in for the slot `KVList._flat`: the first look at an empty one unpacks the list."""

    def __get__(self, kv, owner):
        if kv is None:
            return self
        if not isinstance(kv, KVLIST):
            raise TypeError("not a KVList")
        cdef uint32_t length = 0
        if slot(kv, KV_FLAT)[0] == NULL:
            if slot(kv, KV_PACKED)[0] == NULL:
                raise AttributeError("_flat")
            # Held here: making objects may start the collector, and with it code (or a switch to a
            # thread) that reads this list too. Who comes first has made the pairs.
            packed = <object> slot(kv, KV_PACKED)[0]
            made = unpack_list(packed_list(kv, &length))
            if slot(kv, KV_FLAT)[0] == NULL:
                fill(kv, KV_FLAT, made)
                empty(<PyObject *> kv, KV_PACKED)
        return <object> slot(kv, KV_FLAT)[0]

    def __set__(self, kv, flat):
        if not isinstance(kv, KVLIST):
            raise TypeError("not a KVList")
        cdef PyObject *before = slot(kv, KV_FLAT)[0]
        fill(kv, KV_FLAT, flat)
        Py_XDECREF(before)


KVList._flat = Flat()


@cython.final
@cython.freelist(16)
cdef class PairIterator:
    """Iterates the pairs of a flat tuple."""

    cdef tuple flat
    cdef Py_ssize_t at

    def __iter__(self):
        return self

    def __next__(self):
        cdef Py_ssize_t at = self.at
        if at + 1 >= PyTuple_GET_SIZE(self.flat):
            raise StopIteration
        self.at = at + 2
        return <object> PyTuple_GET_ITEM(self.flat, at), <object> PyTuple_GET_ITEM(self.flat, at + 1)


cdef object iterate(object kv):
    cdef PairIterator made = PairIterator.__new__(PairIterator)
    made.flat = kv._flat
    return made


def pairs_of(kv):
    return iterate(kv)


KVList.__iter__ = pairs_of  # for whoever calls it; `for` and `list` take the shorter way
(<PyTypeObject *> KVLIST).tp_iter = iterate
