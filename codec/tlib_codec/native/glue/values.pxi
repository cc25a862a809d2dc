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


cdef inline object text(const uint8_t *data, Py_ssize_t length):
    if length == 1 and data[0] < 0x80:
        return PyUnicode_FromOrdinal(data[0])  # Python keeps these
    if tlib_ascii(data, length):
        made = PyUnicode_New(length, 127)
        memcpy(PyUnicode_DATA(made), data, length)
        return made
    return PyUnicode_DecodeUTF8(<const char *> data, length, b"surrogateescape")


cdef object key_text(const uint8_t *data, Py_ssize_t length):
    """Return the key of a pair. Keys repeat from event to event: short ASCII ones are kept, of each hash the last."""
    cdef uint64_t head = 0, tail = 0
    cdef uint32_t number
    cdef PyObject *known
    if length <= 2 or length > KEPT_KEY:
        return text(data, length)
    if length >= 8:
        memcpy(&head, data, 8)
        memcpy(&tail, data + length - 8, 8)
    else:
        memcpy(&head, data, length)
    number = <uint32_t> (((head ^ tail * 31 ^ <uint64_t> length) * 0x9E3779B97F4A7C15u) >> 54)
    known = kept.keys[number]
    if known != NULL and PyUnicode_GET_LENGTH(<object> known) == length and memcmp(PyUnicode_DATA(<object> known), data, length) == 0:
        return <object> known
    made = text(data, length)
    if PyUnicode_IS_COMPACT_ASCII(made):
        Py_INCREF(made)
        kept.keys[number] = <PyObject *> made
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
