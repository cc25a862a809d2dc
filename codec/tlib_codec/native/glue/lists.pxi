# Key-value lists in packed bytes: a KVList that is read where it stands. Included by engine.pyx.
#
# Strategy: `PackedKVList` is a subclass of `KVList` that holds checked bytes, and where the list begins in them. Look-ups search the bytes,
# and make the one value that is asked for; iterating makes one pair after the other. Nothing that was made is kept: a list takes the memory
# of its bytes, however often it is read. Whatever else `KVList` does reads `_flat` or iterates, and `_flat` is unpacked each time.
# Instances are made by decoding only, and never change.

cdef extern from "pairs.h" nogil:
    ctypedef struct tlib_pair:
        const uint8_t *key
        const uint8_t *value
        uint32_t key_length
        uint32_t length
        uint8_t type
    tlib_pair tlib_pair_at(const uint8_t *at)
    bint tlib_find_pair(const uint8_t *list, const void *key, size_t length, tlib_pair *pair)

cdef extern from "Python.h":
    enum:
        METH_FASTCALL
        METH_KEYWORDS
        METH_NOARGS
        Py_mp_length
        Py_mp_subscript
        Py_sq_contains
        Py_sq_length
        Py_tp_dealloc
        Py_tp_doc
        Py_tp_getset
        Py_tp_hash
        Py_tp_iter
        Py_tp_methods
        Py_tp_richcompare
        Py_TPFLAGS_DEFAULT
        Py_TPFLAGS_DISALLOW_INSTANTIATION
    ctypedef struct PyGetSetDef:
        const char *name
        object (*get)(object, void *)
        int (*set)(object, PyObject *, void *) except -1
        const char *doc
        void *closure
    ctypedef struct PyMethodDef:
        const char *ml_name
        void *ml_meth
        int ml_flags
        const char *ml_doc
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
    object PyList_New(Py_ssize_t size)
    void PyList_SET_ITEM(object things, Py_ssize_t i, object thing)
    PyObject *PyDict_SetDefault(object things, object key, object value) except NULL  # borrowed

# A pair that nobody kept is filled again. From 3.14 on a tuple keeps its hash.
cdef extern from *:
    """
    #define UNSHARED(o) (Py_REFCNT(o) == 1)
    #if PY_VERSION_HEX >= 0x030E0000
    #define FORGET_HASH(t) (((PyTupleObject *)(t))->ob_hash = -1)
    #else
    #define FORGET_HASH(t) ((void)(t))
    #endif
    """
    bint UNSHARED(PyObject *thing) noexcept
    void FORGET_HASH(PyObject *pair) noexcept

cdef struct Packed:
    # what an instance holds beside the slots of KVList
    PyObject *data    # bytes that have been checked
    uint32_t at       # where the list begins in them
    uint32_t length

cdef enum:
    # A list of more bytes than these, in a frame of which it is a small part, has its own copy: it keeps no large frame alive.
    LARGE_FRAME = 1024
    SMALL_PART = 4

cdef Py_ssize_t KV_PACKED = (<PyTypeObject *> KVLIST).tp_basicsize


cdef inline Packed *packed_of(object kv) noexcept:
    return <Packed *> ((<char *> <PyObject *> kv) + KV_PACKED)


cdef inline const uint8_t *list_of(object kv) noexcept:
    """Return where the bytes of a packed list begin."""
    return <const uint8_t *> PyBytes_AS_STRING(<object> packed_of(kv).data) + packed_of(kv).at


cdef void free_list(PyObject *kv) noexcept:
    cdef PyTypeObject *cls = Py_TYPE(kv)
    cdef Packed *packed = packed_of(<object> kv)
    Py_XDECREF(packed.data)
    packed.data = NULL
    if kept.list_count < KEPT_LISTS:
        kept.lists[kept.list_count] = kv
        kept.list_count += 1
    else:
        cls.tp_free(kv)
    Py_DECREF(<object> <PyObject *> cls)


cdef inline object view_of(bytes data, uint32_t at, uint32_t length):
    """Return the KVList that stands in checked bytes."""
    if PyBytes_GET_SIZE(data) > LARGE_FRAME and length < PyBytes_GET_SIZE(data) // SMALL_PART:
        data = PyBytes_FromStringAndSize(PyBytes_AS_STRING(data) + at, length)
        at = 0
    if kept.list_count:
        kept.list_count -= 1
        kv = PyObject_Init(kept.lists[kept.list_count], <PyTypeObject *> PACKED)
    else:
        kv = untracked(PACKED)
    cdef Packed *packed = packed_of(kv)
    Py_INCREF(data)
    packed.data = <PyObject *> data
    packed.at = at
    packed.length = length
    return kv


# -- pairs ------------------------------------------------------------------------------------------


cdef inline object key_of(const tlib_pair *pair):
    return key_text(pair.key, pair.key_length)


cdef inline object pair_value(object data, const tlib_pair *pair):
    """Return the value of a pair of a list in `data`."""
    cdef uint32_t at
    if pair.type == TLIB_PAIR_STRING:
        return text(pair.value, pair.length)
    if pair.type == TLIB_PAIR_INT:
        return PyLong_FromLong(<int32_t> tlib_u32(pair.value))
    if pair.type == TLIB_PAIR_LIST:
        at = <uint32_t> (pair.value + 2 - <const uint8_t *> PyBytes_AS_STRING(data))
        return view_of(<bytes> data, at, pair.length - 2)
    if pair.type == TLIB_PAIR_BINARY:
        return PyBytes_FromStringAndSize(<const char *> pair.value, pair.length)
    return UNICODE(text(pair.value, pair.length))


cdef inline void put_in_tuple(object parts, Py_ssize_t i, object part) noexcept:
    Py_INCREF(part)
    PyTuple_SET_ITEM(parts, i, part)


cdef inline object pair_of(object data, const tlib_pair *pair):
    made = PyTuple_New(2)
    put_in_tuple(made, 0, key_of(pair))
    put_in_tuple(made, 1, pair_value(data, pair))
    return made


cdef object flat_of(object kv, void *closure):
    """Return the keys and values of a packed list in turn."""
    cdef const uint8_t *at = list_of(kv)
    cdef Py_ssize_t count = tlib_u16(at), i
    cdef tlib_pair pair
    data = <object> packed_of(kv).data
    parts = PyTuple_New(2 * count)
    at += 2
    for i in range(count):
        pair = tlib_pair_at(at)
        put_in_tuple(parts, 2 * i, key_of(&pair))
        put_in_tuple(parts, 2 * i + 1, pair_value(data, &pair))
        at = pair.value + pair.length
    return parts


@cython.final
@cython.freelist(16)
@cython.no_gc
cdef class PairIterator:
    """Iterates the pairs of a packed list. A pair that nobody kept is filled again, as `zip` does it."""

    cdef object data
    cdef const uint8_t *at
    cdef uint32_t left
    cdef PyObject *pair  # the one that was given last

    def __iter__(self):
        return self

    def __length_hint__(self):
        return self.left

    def __next__(self):
        cdef tlib_pair pair
        cdef PyObject *before
        cdef PyObject *value_before
        if not self.left:
            raise StopIteration
        self.left -= 1
        pair = tlib_pair_at(self.at)
        self.at = pair.value + pair.length
        if self.pair != NULL and UNSHARED(self.pair):
            key, value = key_of(&pair), pair_value(self.data, &pair)
            before, value_before = PyTuple_GET_ITEM(<object> self.pair, 0), PyTuple_GET_ITEM(<object> self.pair, 1)
            put_in_tuple(<object> self.pair, 0, key)
            put_in_tuple(<object> self.pair, 1, value)
            FORGET_HASH(self.pair)
            Py_XDECREF(before)
            Py_XDECREF(value_before)
            return <object> self.pair
        made = pair_of(self.data, &pair)
        Py_XDECREF(self.pair)
        Py_INCREF(made)
        self.pair = <PyObject *> made
        return made

    def __dealloc__(self):
        Py_XDECREF(self.pair)


cdef object iterate(object kv):
    cdef PairIterator made = PairIterator.__new__(PairIterator)
    made.data = <object> packed_of(kv).data
    made.at = list_of(kv) + 2
    made.left = tlib_u16(list_of(kv))
    return made


# -- look-ups ---------------------------------------------------------------------------------------


cdef bint find_key(object kv, object key, tlib_pair *pair) except -1:
    """Find the first pair of `key`; return whether there is one."""
    cdef const char *wanted = NULL
    cdef Py_ssize_t length = 0
    if PyUnicode_CheckExact(key) and PyUnicode_IS_COMPACT_ASCII(key):
        return tlib_find_pair(list_of(kv), PyUnicode_DATA(key), PyUnicode_GET_LENGTH(key), pair)
    if PyUnicode_CheckExact(key):
        try:
            wanted = PyUnicode_AsUTF8AndSize(key, &length)
        except UnicodeEncodeError:  # a surrogate, which stands for a byte that is no UTF-8
            return find_equal(kv, key, pair)
        return tlib_find_pair(list_of(kv), wanted, length, pair)
    return find_equal(kv, key, pair)


cdef bint find_equal(object kv, object key, tlib_pair *pair) except -1:
    """Find the first pair whose key says that it equals `key`, an object of any type."""
    cdef const uint8_t *at = list_of(kv)
    cdef uint32_t left = tlib_u16(at)
    at += 2
    while left:
        left -= 1
        pair[0] = tlib_pair_at(at)
        if key_of(pair) == key:
            return True
        at = pair.value + pair.length
    return False


cdef object subscript(object kv, object key):
    cdef tlib_pair pair
    if not find_key(kv, key, &pair):
        raise KeyError(key)
    return pair_value(<object> packed_of(kv).data, &pair)


cdef int contains(object kv, object key) except -1:
    cdef tlib_pair pair
    return find_key(kv, key, &pair)


cdef Py_ssize_t length_of(object kv) noexcept:
    return tlib_u16(list_of(kv))


cdef object list_get(object kv, PyObject *const *arguments, Py_ssize_t count, PyObject *names):
    cdef tlib_pair pair
    if names == NULL and count == 2:
        default = <object> arguments[1]
    elif names == NULL and count == 1:
        default = None
    else:  # by keyword, or wrongly: `KVList.get` says how
        given = tuple([<object> arguments[i] for i in range(count)])
        named = {} if names == NULL else {name: <object> arguments[count + i] for i, name in enumerate(<object> names)}
        return KVLIST.get(kv, *given, **named)
    if not find_key(kv, <object> arguments[0], &pair):
        return default
    return pair_value(<object> packed_of(kv).data, &pair)


# -- all at once ------------------------------------------------------------------------------------

ctypedef object (*Maker)(object data, const tlib_pair *pair)


cdef object just_key(object data, const tlib_pair *pair):
    return key_of(pair)


cdef inline object each_of(object kv, Maker make):
    cdef const uint8_t *at = list_of(kv)
    cdef Py_ssize_t count = tlib_u16(at), i
    cdef tlib_pair pair
    data = <object> packed_of(kv).data
    made = PyList_New(count)
    at += 2
    for i in range(count):
        pair = tlib_pair_at(at)
        one = make(data, &pair)
        Py_INCREF(one)
        PyList_SET_ITEM(made, i, one)
        at = pair.value + pair.length
    return made


cdef object list_keys(object kv, PyObject *nothing):
    return each_of(kv, just_key)


cdef object list_values(object kv, PyObject *nothing):
    return each_of(kv, pair_value)


cdef object list_items(object kv, PyObject *nothing):
    return each_of(kv, pair_of)


cdef dict plain_dict(object data, const uint8_t *at):
    """Return the list that begins at `at` as dicts. It is checked, and so no deeper than TLIB_DEEPEST."""
    cdef uint32_t left = tlib_u16(at)
    cdef tlib_pair pair
    cdef dict made = {}
    at += 2
    while left:
        left -= 1
        pair = tlib_pair_at(at)
        PyDict_SetDefault(made, key_of(&pair), plain_dict(data, pair.value + 2) if pair.type == TLIB_PAIR_LIST else pair_value(data, &pair))
        at = pair.value + pair.length
    return made


cdef object list_to_dict(object kv, PyObject *nothing):
    return plain_dict(<object> packed_of(kv).data, list_of(kv))


cdef object compare(object kv, object other, int op):
    """Compare as `KVList.__eq__` does: Python asks the subclass first, on whichever side it stands.

    Two packed lists are equal where their bytes are: no value has two encodings.
    """
    cdef Py_ssize_t i
    cdef bint same
    if (op != Py_EQ and op != Py_NE) or not isinstance(other, KVLIST):
        return NotImplemented
    if type(other) is PACKED:
        same = packed_of(kv).length == packed_of(other).length and memcmp(list_of(kv), list_of(other), packed_of(kv).length) == 0
        return same == (op == Py_EQ)
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


cdef object packed_size(object kv, void *closure):
    return packed_of(kv).length


# -- the class --------------------------------------------------------------------------------------

cdef PyGetSetDef PACKED_FIELDS[3]
cdef PyMethodDef PACKED_METHODS[6]


cdef void method(int i, const char *name, void *call, int flags, object like) except *:
    PACKED_METHODS[i].ml_name = name
    PACKED_METHODS[i].ml_meth = call
    PACKED_METHODS[i].ml_flags = flags
    PACKED_METHODS[i].ml_doc = PyUnicode_AsUTF8AndSize(like.__doc__, NULL)


cdef object packed_type():
    """Make the class: the C API has no other way to a subclass of a Python class with fields of C."""
    cdef PyType_Slot slots[12]
    cdef PyType_Spec spec
    memset(PACKED_FIELDS, 0, sizeof(PACKED_FIELDS))
    memset(PACKED_METHODS, 0, sizeof(PACKED_METHODS))
    memset(slots, 0, sizeof(slots))
    memset(&spec, 0, sizeof(spec))
    PACKED_FIELDS[0].name = b"_flat"
    PACKED_FIELDS[0].get = flat_of
    PACKED_FIELDS[1].name = b"packed_size"
    PACKED_FIELDS[1].get = packed_size
    method(0, b"get", <void *> list_get, METH_FASTCALL | METH_KEYWORDS, KVLIST.get)
    method(1, b"keys", <void *> list_keys, METH_NOARGS, KVLIST.keys)
    method(2, b"values", <void *> list_values, METH_NOARGS, KVLIST.values)
    method(3, b"items", <void *> list_items, METH_NOARGS, KVLIST.items)
    method(4, b"to_dict", <void *> list_to_dict, METH_NOARGS, KVLIST.to_dict)
    slots[0].slot, slots[0].pfunc = Py_tp_doc, <char *> b"A KVList in packed bytes, which is read where it stands."
    slots[1].slot, slots[1].pfunc = Py_tp_dealloc, <void *> free_list
    slots[2].slot, slots[2].pfunc = Py_tp_iter, <void *> iterate
    slots[3].slot, slots[3].pfunc = Py_tp_getset, &PACKED_FIELDS[0]
    slots[4].slot, slots[4].pfunc = Py_tp_methods, &PACKED_METHODS[0]
    slots[5].slot, slots[5].pfunc = Py_tp_richcompare, <void *> compare
    slots[6].slot, slots[6].pfunc = Py_tp_hash, <void *> hash_of
    slots[7].slot, slots[7].pfunc = Py_mp_subscript, <void *> subscript
    slots[8].slot, slots[8].pfunc = Py_mp_length, <void *> length_of
    slots[9].slot, slots[9].pfunc = Py_sq_length, <void *> length_of
    slots[10].slot, slots[10].pfunc = Py_sq_contains, <void *> contains
    spec.name = b"tlib_codec.native.engine.PackedKVList"
    spec.basicsize = <int> (KV_PACKED + sizeof(Packed))
    spec.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION
    spec.slots = &slots[0]
    return PyType_FromSpecWithBases(&spec, (KVList,))


cdef object PACKED = packed_type()
PackedKVList = PACKED


cdef inline bint is_list(object value) noexcept:
    return type(value) is KVLIST or type(value) is PACKED
