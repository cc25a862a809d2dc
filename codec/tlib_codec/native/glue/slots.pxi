# Slots: an event's fields are written where its class keeps them, without a dict or a call in between. Included by engine.pyx.

cdef Py_ssize_t slot_of(object cls, str name) except -1:
    """Where instances of `cls` keep a field: the offset that the field's descriptor states."""
    for base in cls.__mro__:
        found = base.__dict__.get(name)
        if found is not None:
            if type(found).__name__ != "member_descriptor":
                break
            return (<PyMemberDescrObject *> (<PyObject *> found)).d_member.offset
    raise TypeError(f"{cls.__name__}.{name} is not kept in a slot")


cdef inline PyObject **slot(object thing, Py_ssize_t offset) noexcept:
    return <PyObject **> ((<char *> <PyObject *> thing) + offset)


cdef inline void fill(object thing, Py_ssize_t offset, object value) noexcept:
    """Write a slot that is still empty."""
    Py_INCREF(value)
    slot(thing, offset)[0] = <PyObject *> value


cdef Py_ssize_t KV_FLAT = slot_of(KVList, "_flat")
cdef Py_ssize_t ATTRIBUTES_ITEMS = slot_of(Attributes, "_items")
cdef Py_ssize_t RAW_TYPE = slot_of(RawValue, "type")
cdef Py_ssize_t RAW_VALUE = slot_of(RawValue, "value")
cdef object KVLIST = KVList
cdef object ATTRIBUTES = Attributes
cdef object RAWVALUE = RawValue
cdef list EMPTY_RAW = [RawValue(number, b"") for number in range(256)]
cdef object UNICODE = Unicode
cdef object STRICT = Policy.STRICT
cdef object NUMBERS = (type(wire.Int), type(wire.SignedInt), type(wire.Long), wire.Enum)
cdef object LIBRARY = TLIBRARY
cdef object LIMITS = DEFAULT_LIMITS
cdef object NONE_EXTRA = NO_ATTRIBUTES
cdef object UNKNOWN = UnknownEvent
cdef object INVALID = InvalidEvent
