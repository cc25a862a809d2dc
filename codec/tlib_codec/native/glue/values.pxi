# Values from bytes: texts, numbers and identifiers. Included by engine.pyx.

cdef enum Kind:
    STRING
    UINT
    SINT
    BINARY
    LIST
    LONG
    CONN_ID
    ENUM
    SIGNED_ENUM
    RAW
    CALLERS  # a construct of the user's own

cdef char HEX[512]
cdef uint8_t UNHEX[256]
for _i in range(256):
    HEX[2 * _i], HEX[2 * _i + 1] = f"{_i:02x}".encode()
    UNHEX[_i] = 0xFF
for _i in range(16):
    UNHEX[ord(f"{_i:x}")] = _i  # lower case only: the one form that a decoder gives


# Texts of one or two bytes are shared: an object of its own for each would cost many times its bytes.
# At most 4 MB in all, and no page of the table is touched before it is needed.
cdef PyObject *SHORT[256 + 65536]
cdef PyObject *SHORT_UNICODE[257]


cdef object short_text(const uint8_t *data, Py_ssize_t length):
    cdef uint32_t number = data[0] if length == 1 else 256 + tlib_u16(data)
    if SHORT[number] == NULL:
        made = PyUnicode_DecodeUTF8(<const char *> data, length, b"surrogateescape")
        Py_INCREF(made)
        SHORT[number] = <PyObject *> made
    return <object> SHORT[number]


cdef object unicode_text(const uint8_t *data, Py_ssize_t length):
    cdef uint32_t number = 1 + data[0] if length else 0
    if length > 1:
        return UNICODE(text(data, length))
    if SHORT_UNICODE[number] == NULL:
        made = UNICODE(text(data, length))
        Py_INCREF(made)
        SHORT_UNICODE[number] = <PyObject *> made
    return <object> SHORT_UNICODE[number]


cdef inline object text(const uint8_t *data, Py_ssize_t length):
    if 0 < length <= 2:
        return short_text(data, length)
    if tlib_ascii(data, length):
        made = PyUnicode_New(length, 127)
        memcpy(PyUnicode_DATA(made), data, length)
        return made
    return PyUnicode_DecodeUTF8(<const char *> data, length, b"surrogateescape")


# Keys of key-value lists repeat from event to event: short ASCII ones are kept, as in a cache that
# forgets (a later key takes the place of an earlier one with the same hash).
cdef enum:
    KEYS = 1024  # two to the power of the ten bits that the hash keeps
    KEY_LENGTH = 32
cdef PyObject *KEY_CACHE[KEYS]
memset(KEY_CACHE, 0, sizeof(KEY_CACHE))


cdef object key_text(const uint8_t *data, Py_ssize_t length):
    cdef uint64_t head = 0, tail = 0
    cdef uint32_t number
    cdef PyObject *known
    if length <= 2 or length > KEY_LENGTH:
        return text(data, length)
    if length >= 8:
        memcpy(&head, data, 8)
        memcpy(&tail, data + length - 8, 8)
    else:
        memcpy(&head, data, length)
    number = <uint32_t> (((head ^ tail * 31 ^ <uint64_t> length) * 0x9E3779B97F4A7C15u) >> 54)
    known = KEY_CACHE[number]
    if known != NULL and PyUnicode_GET_LENGTH(<object> known) == length and memcmp(PyUnicode_DATA(<object> known), data, length) == 0:
        return <object> known
    made = text(data, length)
    if PyUnicode_IS_COMPACT_ASCII(made):
        Py_INCREF(made)
        KEY_CACHE[number] = <PyObject *> made
        Py_XDECREF(known)
    return made


cdef inline object conn_id(const uint8_t *data):
    made = PyUnicode_New(16, 127)
    cdef char *out = <char *> PyUnicode_DATA(made)
    cdef int i
    for i in range(8):
        memcpy(out + 2 * i, HEX + 2 * data[i], 2)
    return made


cdef inline object untracked(object cls):
    """An instance of `cls`, all slots empty, that the collector does not look at.

    Only for what no cycle can pass through: strings, numbers, immutable lists of them.
    """
    cdef PyTypeObject *kind = <PyTypeObject *> cls
    if not PyType_IS_GC(kind):
        return PyType_GenericAlloc(kind, 0)
    made = _PyObject_GC_New(kind)
    memset(<char *> <PyObject *> made + sizeof(PyObject), 0, kind.tp_basicsize - sizeof(PyObject))
    return made
