# Key-value lists in packed bytes: a KVList that becomes pairs when it is first read. Included by engine.pyx.
#
# `PackedKVList` is a subclass of `KVList`, which takes its pairs from `_flat` (see `KVList`). Here `_flat` is computed: the first
# look unpacks the list and lets the bytes go. Instances are made by decoding only.

cdef extern from "Python.h":
    enum:
        Py_tp_dealloc
        Py_tp_doc
        Py_tp_getset
        Py_tp_hash
        Py_tp_iter
        Py_tp_richcompare
        Py_TPFLAGS_DEFAULT
        Py_TPFLAGS_DISALLOW_INSTANTIATION
    ctypedef struct PyGetSetDef:
        const char *name
        object (*get)(object, void *)
        int (*set)(object, PyObject *, void *) except -1
        const char *doc
        void *closure
    ctypedef struct PyType_Slot:
        int slot
        void *pfunc
    ctypedef struct PyType_Spec:
        const char *name
        int basicsize
        int itemsize
        unsigned int flags
        PyType_Slot *slots
    object PyType_FromSpecWithBases(PyType_Spec *spec, object bases)

cdef struct Packed:
    # what an instance holds beside the slots of KVList
    PyObject *data    # bytes that have been checked; NULL once the list has been read
    uint32_t at       # where the list begins in them
    uint32_t length

cdef Py_ssize_t KV_PACKED = (<PyTypeObject *> KVLIST).tp_basicsize


cdef inline Packed *packed_of(PyObject *kv) noexcept:
    return <Packed *> ((<char *> kv) + KV_PACKED)


cdef inline void empty(PyObject **place) noexcept:
    cdef PyObject *held = place[0]
    place[0] = NULL
    Py_XDECREF(held)


cdef void free_list(PyObject *kv) noexcept:
    cdef PyTypeObject *cls = Py_TYPE(kv)
    empty(slot(<object> kv, KV_FLAT))
    empty(&packed_of(kv).data)
    if kept.list_count < KEPT_LISTS:
        kept.lists[kept.list_count] = kv
        kept.list_count += 1
    else:
        cls.tp_free(kv)
    Py_DECREF(<object> <PyObject *> cls)


cdef inline object view_of(bytes data, uint32_t at, uint32_t length):
    """Return the KVList that stands in checked bytes."""
    if kept.list_count:
        kept.list_count -= 1
        kv = PyObject_Init(kept.lists[kept.list_count], <PyTypeObject *> PACKED)
    else:
        kv = untracked(PACKED)
    cdef Packed *packed = packed_of(<PyObject *> kv)
    Py_INCREF(data)
    packed.data = <PyObject *> data
    packed.at = at
    packed.length = length
    return kv


cdef tuple unpack_list(bytes packed, uint32_t position):
    """Return the keys and values in turn of the checked list that begins at `position`."""
    cdef const uint8_t *data = <const uint8_t *> PyBytes_AS_STRING(packed)
    cdef uint32_t count = tlib_u16(data + position), i, key, length, at
    cdef uint8_t kind
    cdef object name, value
    position += 2
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
            value = view_of(packed, at + 2, length - 2)
        elif kind == TLIB_PAIR_BINARY:
            value = PyBytes_FromStringAndSize(<const char *> (data + at), length)
        else:
            value = UNICODE(text(data + at, length))
        Py_INCREF(name)
        PyTuple_SET_ITEM(parts, 2 * i, name)
        Py_INCREF(value)
        PyTuple_SET_ITEM(parts, 2 * i + 1, value)
        position = at + length
    return parts


cdef object flat_of(object kv, void *closure):
    cdef Packed *packed = packed_of(<PyObject *> kv)
    if slot(kv, KV_FLAT)[0] == NULL:
        # Held here: making objects may start the collector, and with it code (or a switch to a
        # thread) that reads this list too. Who comes first has made the pairs.
        data = <object> packed.data
        made = unpack_list(<bytes> data, packed.at)
        if slot(kv, KV_FLAT)[0] == NULL:
            fill(kv, KV_FLAT, made)
            empty(&packed.data)
    return <object> slot(kv, KV_FLAT)[0]


cdef int replace_flat(object kv, PyObject *flat, void *closure) except -1:
    """Let `KVList.__init__` make a list anew."""
    cdef PyObject *before = slot(kv, KV_FLAT)[0]
    if flat == NULL:
        raise AttributeError("_flat")
    fill(kv, KV_FLAT, <object> flat)
    Py_XDECREF(before)
    empty(&packed_of(<PyObject *> kv).data)
    return 0


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
    made.flat = flat_of(kv, NULL)
    return made


cdef object compare(object kv, object other, int op):
    """Compare as `KVList.__eq__` does: Python asks the subclass first, on whichever side it stands."""
    cdef Py_ssize_t i
    cdef bint same
    if (op != Py_EQ and op != Py_NE) or not isinstance(other, KVLIST):
        return NotImplemented
    mine = flat_of(kv, NULL)
    theirs = other._flat
    same = mine == theirs
    if same:
        for i in range(PyTuple_GET_SIZE(mine)):
            if (type(<object> PyTuple_GET_ITEM(mine, i)) is UNICODE) != (type(<object> PyTuple_GET_ITEM(theirs, i)) is UNICODE):
                same = False
                break
    return same == (op == Py_EQ)


cdef Py_hash_t hash_of(object kv) except -1:
    return hash(flat_of(kv, NULL))


cdef PyGetSetDef PACKED_FIELDS[2]


cdef object packed_type():
    """Make the class: the C API has no other way to a subclass of a Python class with fields of C."""
    cdef PyType_Slot slots[7]
    cdef PyType_Spec spec
    memset(PACKED_FIELDS, 0, sizeof(PACKED_FIELDS))
    memset(slots, 0, sizeof(slots))
    memset(&spec, 0, sizeof(spec))
    PACKED_FIELDS[0].name = b"_flat"
    PACKED_FIELDS[0].get = flat_of
    PACKED_FIELDS[0].set = replace_flat
    slots[0].slot, slots[0].pfunc = Py_tp_doc, <char *> b"A KVList in packed bytes, which are unpacked when the list is first read."
    slots[1].slot, slots[1].pfunc = Py_tp_dealloc, <void *> free_list
    slots[2].slot, slots[2].pfunc = Py_tp_iter, <void *> iterate
    slots[3].slot, slots[3].pfunc = Py_tp_getset, &PACKED_FIELDS[0]
    slots[4].slot, slots[4].pfunc = Py_tp_richcompare, <void *> compare
    slots[5].slot, slots[5].pfunc = Py_tp_hash, <void *> hash_of
    spec.name = b"tlib_codec.native.engine.PackedKVList"
    spec.basicsize = <int> (KV_PACKED + sizeof(Packed))
    spec.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION
    spec.slots = &slots[0]
    return PyType_FromSpecWithBases(&spec, (KVList,))


cdef object PACKED = packed_type()
PackedKVList = PACKED


cdef inline bint is_list(object value) noexcept:
    return type(value) is KVLIST or type(value) is PACKED
