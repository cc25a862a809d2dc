# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""The native engine: thin glue between Python and the C core.

Strategy: the core checks a whole frame and indexes it; only then are Python objects made, and they
are written straight into the event's slots. Whatever is out of the ordinary (malformed bytes, a
broken rule, a value of an odd type, a user's own construct) is handed to the reference engine,
which raises or answers as it always does: so the two engines cannot differ in an error's wording,
and a test holds them to the same verdict.

Key-value lists come as views: a KVList holds the frame's bytes, and the id of the attribute whose
checked list it is, until it is first read (`Flat`); then it lets the frame go. What is decoded
from a caller's buffer is copied first, so no buffer of a caller is kept.
"""

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_CheckExact, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.dict cimport PyDict_GetItem, PyDict_SetItem
from cpython.long cimport PyLong_FromLong, PyLong_FromUnsignedLong, PyLong_FromUnsignedLongLong
from cpython.mem cimport PyMem_Free, PyMem_Malloc, PyMem_Realloc
from cpython.ref cimport Py_DECREF, Py_INCREF
from cpython.tuple cimport PyTuple_CheckExact, PyTuple_New, PyTuple_SET_ITEM
from cpython.unicode cimport PyUnicode_DecodeUTF8
from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcmp, memcpy, memmove, memset

from tlib_codec._core cimport *

import struct

from tlib_schemas import wire
from tlib_schemas.declare import Composite
from tlib_schemas.errors import DecodeError, SchemaViolation, Severity, Truncated
from tlib_schemas.events import InvalidEvent, UnknownEvent
from tlib_schemas.limits import DEFAULT_LIMITS
from tlib_schemas.rules import While
from tlib_schemas.tlibrary import TLIBRARY
from tlib_schemas.values import NO_ATTRIBUTES, Attributes, KVList, RawValue, Unicode

from . import reference
from .reference import Policy
from .stream import Gap, MalformedFrame

cdef extern from "Python.h":
    object PyUnicode_New(Py_ssize_t size, uint32_t maxchar)
    void *PyUnicode_DATA(object text)
    bint PyUnicode_IS_COMPACT_ASCII(object text)
    Py_ssize_t PyUnicode_GET_LENGTH(object text)
    const char *PyUnicode_AsUTF8AndSize(object text, Py_ssize_t *size) except NULL
    bytes PyUnicode_AsEncodedString(object text, const char *encoding, const char *errors)
    bint PyUnicode_Check(object text)
    bint PyUnicode_CheckExact(object text)
    bint PyLong_Check(object value)
    bint PyLong_CheckExact(object value)
    long long PyLong_AsLongLongAndOverflow(object value, int *overflow) except? -1
    unsigned long long PyLong_AsUnsignedLongLong(object value) except? 0xFFFFFFFFFFFFFFFF
    object PyType_GenericAlloc(PyTypeObject *cls, Py_ssize_t items)
    bint PyType_IS_GC(PyTypeObject *cls)
    object _PyObject_GC_New(PyTypeObject *cls)
    PyObject *PyTuple_GET_ITEM(object things, Py_ssize_t i)
    Py_ssize_t PyTuple_GET_SIZE(object things)
    ctypedef struct PyObject:
        pass
    ctypedef void (*destructor)(PyObject *)
    ctypedef struct PyTypeObject:
        Py_ssize_t tp_basicsize
        destructor tp_dealloc
        void (*tp_free)(void *)
        object (*tp_iter)(object)
        destructor tp_finalize
        PyTypeObject *tp_base
        Py_ssize_t tp_dictoffset
        Py_ssize_t tp_weaklistoffset
    int PyObject_CallFinalizerFromDealloc(PyObject *thing)
    PyTypeObject *Py_TYPE(PyObject *thing)
    void PyObject_GC_UnTrack(PyObject *thing)
    object PyObject_Init(PyObject *thing, PyTypeObject *cls)
    void Py_XDECREF(PyObject *thing)
    PyObject *PyList_GET_ITEM(object things, Py_ssize_t i)
    ctypedef struct PyMemberDef:
        Py_ssize_t offset
    ctypedef struct PyMemberDescrObject:
        PyMemberDef *d_member

# -- slots ----------------------------------------------------------------------------------------


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
cdef Py_ssize_t KV_PACKED = slot_of(KVList, "_packed")
cdef Py_ssize_t KV_PLACE = slot_of(KVList, "_place")
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

# -- values from bytes ----------------------------------------------------------------------------

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

# -- the registry as tables -----------------------------------------------------------------------

cdef class Entry:
    """One attribute of the dictionary."""

    cdef Kind kind
    cdef uint8_t wire_type
    cdef str name
    cdef object value        # its construct
    cdef object enumeration
    cdef list members        # by number, for the small ones; None where there is none
    cdef dict others         # the rest, by number

    def __cinit__(self, attribute):
        value = attribute.value
        self.name = attribute.name
        self.value = value
        kinds = {
            type(wire.String): STRING,
            type(wire.Int): UINT,
            type(wire.SignedInt): SINT,
            type(wire.Binary): BINARY,
            type(wire.KVList): LIST,
            type(wire.Long): LONG,
            type(wire.ConnID): CONN_ID,
        }
        if value is None:
            self.kind = RAW
            self.wire_type = TLIB_UNKNOWN_TYPE
            return
        self.wire_type = value.wire_type
        if type(value) is wire.Enum:
            self.kind = SIGNED_ENUM if value.signed else ENUM
            self.enumeration = value.enumeration
            self.others = {int(member): member for member in value.enumeration}
            self.members = [self.others.get(number) for number in range(256)]
        else:
            self.kind = kinds.get(type(value), CALLERS)


cdef inline object enumerated(Entry entry, int64_t number):
    cdef PyObject *found
    if 0 <= number < 256:
        found = PyList_GET_ITEM(entry.members, number)
        if found != <PyObject *> None:
            return <object> found
    found = PyDict_GetItem(entry.others, number)
    if found != NULL:
        return <object> found
    return entry.enumeration(number)


cdef inline object value_of(Tables tables, int kind, bytes frame, const uint8_t *data, const tlib_attribute *attribute):
    """The Python value of an indexed attribute; `kind` is the dictionary's."""
    cdef const uint8_t *at = data + attribute.offset
    if kind == STRING:
        return text(at, attribute.length)
    if kind == CONN_ID:
        return conn_id(at)
    if kind == LIST:
        return view_of(frame, attribute.id)
    if kind == ENUM:
        return enumerated(<Entry> PyList_GET_ITEM(tables.entries, attribute.dense), tlib_u32(at))
    if kind == UINT:
        return PyLong_FromUnsignedLong(tlib_u32(at))
    if kind == LONG:
        return PyLong_FromUnsignedLongLong(tlib_u64(at))
    if kind == SINT:
        return PyLong_FromLong(<int32_t> tlib_u32(at))
    if kind == BINARY:
        return PyBytes_FromStringAndSize(<const char *> at, attribute.length)
    if kind == SIGNED_ENUM:
        return enumerated(<Entry> PyList_GET_ITEM(tables.entries, attribute.dense), <int32_t> tlib_u32(at))
    if attribute.length == 0:
        return EMPTY_RAW[attribute.type]
    return RAWVALUE(attribute.type, PyBytes_FromStringAndSize(<const char *> at, attribute.length))


cdef struct Place:
    # where a listed attribute goes: a slot of the event, or one of a composite in that slot
    Py_ssize_t offset
    Py_ssize_t part
    int composite  # number of the composite, -1 for a plain field
    int kind


cdef struct Step:
    # one attribute to write, in ascending order of id
    uint16_t id
    Py_ssize_t offset
    Py_ssize_t part  # -1 for a plain field
    PyObject *entry
    PyObject *composite
    uint32_t required


cdef class Plan:
    """One event class: where its attributes go, and in what order they are written."""

    cdef object cls
    cdef int number            # of its schema in the tables
    cdef uint16_t message
    cdef bint exact            # nothing in the class needs the reference engine
    cdef Place *places         # by slot of the schema
    cdef Step *steps
    cdef int step_count
    cdef Py_ssize_t *fields    # offset of every field but `extra`
    cdef int field_count
    cdef Py_ssize_t extra
    cdef list composites       # CompositeSlots
    cdef int composite_count
    cdef list kept             # what the C arrays borrow
    cdef char *template        # the memory of a new event: every field None, `extra` empty
    cdef Pool pool             # where its instances wait for the next frame

    def __dealloc__(self):
        PyMem_Free(self.template)
        PyMem_Free(self.places)
        PyMem_Free(self.steps)
        PyMem_Free(self.fields)


cdef class CompositeSlots:
    cdef object cls
    cdef Py_ssize_t offset       # of the composite in the event
    cdef list all, needed        # offsets inside the composite


# The names of ids that nobody declared, made once each: 4 MB when an attacker has sent them all.
cdef PyObject *NAMELESS[65536]


cdef str nameless(uint16_t number):
    if NAMELESS[number] == NULL:
        made = f"#{number}"
        Py_INCREF(made)
        NAMELESS[number] = <PyObject *> made
    return <str> <object> NAMELESS[number]


cdef void *room_for(size_t count, size_t size) except NULL:
    cdef void *made = PyMem_Malloc((count or 1) * size)
    if made == NULL:
        raise MemoryError
    memset(made, 0, (count or 1) * size)
    return made


cdef class Tables:
    """A registry as the C core reads it."""

    def __cinit__(self, registry):
        cdef uint8_t *declared
        cdef Entry entry
        self.registry = registry
        self.kept = []
        self.entries = [None]
        self.kinds = <uint8_t *> room_for(len(registry.dictionary) + 1, 1)
        self.kinds[0] = RAW
        self.plans = []
        self.by_class = {}
        self.tables = <tlib_tables *> room_for(1, SIZEOF_TABLES)
        declared = <uint8_t *> room_for(len(registry.dictionary) + 1, 1)
        declared[0] = TLIB_UNKNOWN_TYPE
        self.tables.declared = declared
        for number, attribute in registry.dictionary.items():
            entry = Entry(attribute)
            self.kinds[<int> len(self.entries)] = entry.kind
            self.entries.append(entry)
            self.tables.dense[<int> number] = len(self.entries) - 1
            # A type number above 0x7E has no place beside the flag: 0x7E never matches then, and the reference engine judges.
            declared[len(self.entries) - 1] = TLIB_CALLERS_VALUE | min(entry.wire_type, 0x7E) if entry.kind == CALLERS else entry.wire_type
        schemas = list(registry.schemas.values())
        rules = [rule for schema in schemas for rule in self.rules_of(schema)]
        self.values = <uint64_t *> room_for(sum(len(rule.values) for rule in rules), sizeof(uint64_t))
        self.tables.values = self.values
        self.schemas = <tlib_schema *> room_for(len(schemas), sizeof(tlib_schema))
        self.tables.schemas = self.schemas
        self.widest = 1
        cdef uint32_t used = 0
        for number, schema in enumerate(schemas):
            used = self.add_schema(number, schema, used)
            self.tables.schema[<int> schema.message] = number + 1

    def __dealloc__(self):
        cdef Py_ssize_t i
        if self.schemas != NULL:
            for i in range(len(self.plans)):
                PyMem_Free(<void *> self.schemas[i].slot)
                PyMem_Free(<void *> self.schemas[i].required)
                PyMem_Free(<void *> self.schemas[i].rules)
        PyMem_Free(self.schemas)
        PyMem_Free(self.values)
        PyMem_Free(self.kinds)
        if self.tables != NULL:
            PyMem_Free(<void *> self.tables.declared)
        PyMem_Free(self.tables)

    @staticmethod
    def rules_of(schema):
        """The rules that the core can evaluate: plain fields, a number (or nothing) to compare."""
        return [rule for rule in schema.rules if rule.severity is Severity.ERROR and Tables.core_rule(schema, rule)]

    @staticmethod
    def core_rule(schema, rule):
        fields = [schema.by_name[name] for name in (rule.field, rule.other) if name]
        if any(field.composite is not None for field in fields):
            return False
        if rule.test is While.ALWAYS or not rule.other:
            return rule.test is While.ALWAYS
        value = fields[1].attributes[0][1].value
        return rule.test is While.ABSENT or type(value) in NUMBERS

    cdef uint32_t add_schema(self, int number, object schema, uint32_t used) except? 0xFFFFFFFF:
        """Fill schema `number`; `used` values of rules are taken. Returns how many are then."""
        cdef tlib_schema *made = &self.schemas[number]
        cdef uint16_t *slots = <uint16_t *> room_for(len(self.entries), sizeof(uint16_t))
        made.slot = slots
        cdef uint32_t count = len(schema.listed)
        cdef uint8_t *required = <uint8_t *> room_for(count + 1, 1)
        made.required = required
        made.slot_count = count
        cdef Plan plan = Plan()
        self.plans.append(plan)
        self.by_class[schema.cls] = plan
        plan.cls = schema.cls
        plan.number = number
        plan.message = schema.message
        # A construction of the user's own, or a place where a cycle can hang: the class makes its own instances.
        plan.exact = not hasattr(schema.cls, "__post_init__") and not schema.cls.__dictoffset__
        plan.composites = []
        plan.kept = []
        plan.places = <Place *> room_for(count + 1, sizeof(Place))
        plan.steps = <Step *> room_for(count, sizeof(Step))
        plan.fields = <Py_ssize_t *> room_for(len(schema.fields), sizeof(Py_ssize_t))
        plan.extra = slot_of(schema.cls, "extra")
        plan.template = <char *> room_for(1, (<PyTypeObject *> schema.cls).tp_basicsize)
        (<PyObject **> (plan.template + plan.extra - sizeof(PyObject)))[0] = <PyObject *> NONE_EXTRA
        place_of = {}
        steps = []
        cdef CompositeSlots composite
        cdef Py_ssize_t offset
        for field in schema.fields:
            offset = slot_of(schema.cls, field.name)
            plan.fields[plan.field_count] = offset
            (<PyObject **> (plan.template + offset - sizeof(PyObject)))[0] = <PyObject *> None
            plan.field_count += 1
            composite = None
            if field.composite is not None:
                composite = CompositeSlots()
                composite.cls = field.composite
                composite.offset = offset
                composite.all = [slot_of(field.composite, name) for name, _ in field.attributes]
                composite.needed = [slot_of(field.composite, name) for name, a in field.attributes if a.id in field.needed]
                if field.composite.__post_init__ is not Composite.__post_init__ or field.composite.__dictoffset__:
                    plan.exact = False
                plan.composites.append(composite)
                plan.composite_count += 1
                if field.mandatory and not field.needed:
                    made.beyond = True
            for name, attribute in field.attributes:
                index = len(place_of) + 1
                place_of[attribute.id] = index
                slots[self.tables.dense[<int> attribute.id]] = index
                plan.places[<int> index].offset = offset
                plan.places[<int> index].composite = len(plan.composites) - 1 if composite is not None else -1
                plan.places[<int> index].part = slot_of(field.composite, name) if composite is not None else -1
                plan.places[<int> index].kind = self.kinds[self.tables.dense[<int> attribute.id]]
                if field.mandatory and (composite is None or attribute.id in field.needed):
                    required[<int> index] = 1
                    made.required_count += 1
                steps.append((attribute.id, index))
        for attribute_id, index in sorted(steps):
            entry = self.entries[self.tables.dense[<int> attribute_id]]
            plan.steps[plan.step_count].id = attribute_id
            plan.steps[plan.step_count].offset = plan.places[<int> index].offset
            plan.steps[plan.step_count].part = plan.places[<int> index].part
            plan.steps[plan.step_count].entry = <PyObject *> entry
            plan.steps[plan.step_count].required = required[<int> index]
            if plan.places[<int> index].composite >= 0:
                composite = plan.composites[plan.places[<int> index].composite]
                plan.steps[plan.step_count].composite = <PyObject *> composite.cls
            plan.step_count += 1
        plan.pool = pool_of(schema.cls, plan.field_count)
        rules = self.rules_of(schema)
        if len(rules) != sum(1 for rule in schema.rules if rule.severity is Severity.ERROR):
            made.beyond = True
        cdef tlib_rule *array = <tlib_rule *> room_for(len(rules), sizeof(tlib_rule))
        made.rules = array
        tests = {While.ALWAYS: TLIB_ALWAYS, While.IN: TLIB_IN, While.NOT_IN: TLIB_NOT_IN, While.ABSENT: TLIB_ABSENT}
        for rule in rules:
            array[made.rule_count].field = place_of[schema.by_name[rule.field].ids[0]]
            array[made.rule_count].present = rule.present
            array[made.rule_count].test = tests[rule.test]
            array[made.rule_count].first_value = used
            if rule.other:
                other = schema.by_name[rule.other].attributes[0][1]
                array[made.rule_count].other = place_of[other.id]
                if type(other.value) in NUMBERS:
                    for value in rule.values:
                        try:
                            packed = other.value.field.pack(value)
                        except struct.error:
                            continue  # the field never holds it
                        self.values[used] = int.from_bytes(packed, "big")
                        used += 1
            array[made.rule_count].value_count = used - array[made.rule_count].first_value
            made.rule_count += 1
        if count + 1 > self.widest:
            self.widest = count + 1
        return used

    cdef str name_of(self, uint16_t number):
        cdef uint16_t dense = self.tables.dense[number]
        return nameless(number) if dense == 0 else (<Entry> self.entries[dense]).name


cdef extern from *:
    """
    #define SIZEOF_TABLES sizeof(tlib_tables)
    #define SIZEOF_WORKSPACE sizeof(tlib_workspace)
    """
    size_t SIZEOF_TABLES
    size_t SIZEOF_WORKSPACE

cdef object LAST_REGISTRY = None
cdef Tables LAST_TABLES = None

cdef Tables tables_of(object registry):
    global LAST_REGISTRY, LAST_TABLES
    if registry is LAST_REGISTRY:
        return LAST_TABLES
    made = registry.__dict__.get("_tables")
    if made is None:
        made = registry._tables = Tables(registry)
    LAST_REGISTRY, LAST_TABLES = registry, made
    return made


cdef tlib_limits limits_of(object limits) except *:
    cdef tlib_limits made
    made.frame_body = limits.frame_body
    made.list_depth = limits.list_depth
    made.list_pairs = limits.list_pairs
    return made


cdef tlib_limits DEFAULT = limits_of(DEFAULT_LIMITS)

# -- room -----------------------------------------------------------------------------------------


cdef class Room:
    """A workspace that grows. One is kept for the next call; calls that overlap make their own."""

    def __cinit__(self):
        self.space = <tlib_workspace *> room_for(1, SIZEOF_WORKSPACE)
        self.space.attributes = <tlib_attribute *> room_for(64, sizeof(tlib_attribute))
        self.space.capacity = 64

    def __dealloc__(self):
        if self.space != NULL:
            PyMem_Free(self.space.attributes)
            PyMem_Free(self.space.at)
            PyMem_Free(self.space)

    cdef int widen(self, Tables tables) except -1:
        cdef void *more
        more = PyMem_Realloc(self.space.at, (tables.widest + 1) * sizeof(uint32_t))
        if more == NULL:
            raise MemoryError
        self.space.at = <uint32_t *> more
        self.wide = tables.widest
        return 0

    cdef int grow(self) except -1:
        cdef void *more = PyMem_Realloc(self.space.attributes, 4 * self.space.capacity * sizeof(tlib_attribute))
        if more == NULL:
            raise MemoryError
        self.space.attributes = <tlib_attribute *> more
        self.space.capacity *= 4
        return 0


cdef Room SPARE = None


cdef Room take_room(Tables tables):
    global SPARE
    cdef Room room = SPARE
    SPARE = None
    if room is None:
        room = Room()
    if room.wide < tables.widest:
        room.widen(tables)
    return room


cdef inline void give_back(Room room) noexcept:
    global SPARE
    if room.space.capacity <= 4096:  # one huge frame is no reason to keep its room for ever
        SPARE = room


cdef int index(Tables tables, const tlib_limits *limits, const uint8_t *data, uint32_t length, bint deep, Room room, tlib_error *error) except -2:
    cdef int code = tlib_index(tables.tables, limits, data, length, deep, room.space, error)
    while code == TLIB_MORE_ROOM:
        room.grow()
        code = tlib_index(tables.tables, limits, data, length, deep, room.space, error)
    return code


# -- decode ---------------------------------------------------------------------------------------


cdef dict by_name(Tables tables, Plan plan, bytes frame, const uint8_t *data, tlib_workspace *space):
    """The attributes that `plan` does not list (None: all), by name, in ascending order of id."""
    cdef uint32_t i
    cdef tlib_attribute *a
    cdef Entry entry
    cdef dict made = {}
    if not space.ascending:
        tlib_sort(space)
    for i in range(space.count):
        a = &space.attributes[i]
        if plan is not None and tables.schemas[plan.number].slot[a.dense]:
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


cdef enum:
    POOLED = 32


cdef class Pool:
    """Freed instances of one event class. Classes live as long as the process does, and so do these."""

    cdef PyObject *free[POOLED]
    cdef int count
    cdef Py_ssize_t slots


cdef dict POOLS = {}
cdef PyTypeObject *LAST_POOLED = NULL
cdef PyObject *LAST_POOL = NULL


cdef void free_event(PyObject *event) noexcept:
    """tp_dealloc of an event class, and so the last step of its subclasses'."""
    global LAST_POOLED, LAST_POOL
    cdef PyTypeObject *cls = Py_TYPE(event)
    cdef PyTypeObject *base = cls
    cdef PyObject **slots = <PyObject **> (<char *> event + sizeof(PyObject))
    cdef PyObject *held
    cdef Py_ssize_t i, nones = 0
    cdef Pool pool
    while base.tp_dealloc != free_event:
        base = base.tp_base
    if cls == base and cls.tp_finalize != NULL and PyObject_CallFinalizerFromDealloc(event) < 0:
        return
    PyObject_GC_UnTrack(event)
    if base != LAST_POOLED:
        LAST_POOL = PyDict_GetItem(POOLS, <object> <PyObject *> base)
        LAST_POOLED = base
    pool = <Pool> LAST_POOL
    for i in range(pool.slots):
        held = slots[i]
        slots[i] = NULL
        if held == <PyObject *> None:
            nones += 1
        else:
            Py_XDECREF(held)
    ADD_NONES(-nones)
    if cls == base and cls.tp_finalize == NULL and pool.count < POOLED:
        pool.free[pool.count] = event
        pool.count += 1
    else:
        cls.tp_free(event)
    Py_DECREF(<object> <PyObject *> cls)


cdef Pool pool_of(object cls, int fields):
    """The pool of an event class, None where its instances are more than slots that we know."""
    cdef PyTypeObject *kind = <PyTypeObject *> cls
    cdef Pool pool
    if cls in POOLS:
        return POOLS[cls]
    if (
        not PyType_IS_GC(kind)
        or kind.tp_dictoffset
        or kind.tp_weaklistoffset
        or kind.tp_basicsize != <Py_ssize_t> (sizeof(PyObject) + (fields + 1) * sizeof(PyObject *))
    ):
        return None
    pool = POOLS[cls] = Pool()
    pool.slots = fields + 1
    kind.tp_dealloc = free_event
    return pool


cdef inline object new_event(Plan plan):
    """An event that the collector does not look at: every field None, `extra` empty."""
    cdef PyTypeObject *cls = <PyTypeObject *> plan.cls
    if plan.pool is not None and plan.pool.count:
        plan.pool.count -= 1
        event = PyObject_Init(plan.pool.free[plan.pool.count], cls)
    else:
        event = untracked(plan.cls)
    memcpy(<char *> <PyObject *> event + sizeof(PyObject), plan.template, cls.tp_basicsize - sizeof(PyObject))
    ADD_NONES(plan.field_count)
    Py_INCREF(NONE_EXTRA)
    return event


cdef object build(Tables tables, Plan plan, bytes frame, const uint8_t *data, tlib_workspace *space):
    """The event that an indexed, valid frame is; None where the reference engine must make it."""
    cdef const uint16_t *slots = tables.schemas[plan.number].slot
    cdef uint32_t i
    cdef bint unlisted = False
    cdef uint16_t number
    cdef tlib_attribute *a
    cdef Place *place
    cdef PyObject **whole
    cdef CompositeSlots composite
    cdef Py_ssize_t filled = 0
    cdef int k
    event = new_event(plan)
    for i in range(space.count):
        a = &space.attributes[i]
        number = slots[a.dense]
        if number == 0:
            unlisted = True
            continue
        place = &plan.places[number]
        if place.composite < 0:
            fill(event, place.offset, value_of(tables, place.kind, frame, data, a))
            filled += 1
            continue
        whole = slot(event, place.offset)
        if whole[0] == <PyObject *> None:
            composite = <CompositeSlots> plan.composites[place.composite]
            fill(event, place.offset, untracked(composite.cls))
            filled += 1
        fill(<object> whole[0], place.part, value_of(tables, place.kind, frame, data, a))
    ADD_NONES(-filled)
    for k in range(plan.composite_count):
        composite = <CompositeSlots> PyList_GET_ITEM(plan.composites, k)
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
        fill(event, plan.extra, attributes_object(by_name(tables, plan, frame, data, space)))
    return event


cdef enum:
    TOLD = 101  # unlisted attributes of an invalid frame that its violations must see: those told one by one, and one more


cdef object invalid(Tables tables, Plan plan, bytes frame, const uint8_t *data, tlib_workspace *space, uint64_t base):
    """The InvalidEvent that an indexed frame is which breaks its schema: its lists stay views.

    The schema judges the attributes of its table and a few others: a frame can hold 65,536.
    """
    cdef uint32_t i, more = 0, others = 0
    cdef tlib_attribute *a
    attributes = attributes_object(by_name(tables, None, frame, data, space))
    values, places = {}, {}
    for i in range(space.count):  # in ascending order by now
        a = &space.attributes[i]
        if not tables.schemas[plan.number].slot[a.dense]:
            others += 1
            if others > TOLD:
                more += 1
                continue
        values[a.id] = value_of(tables, tables.kinds[a.dense], frame, data, a)
        places[a.id] = base + a.offset - TLIB_ATTRIBUTE
    registry = tables.registry
    found = registry.schemas[plan.message].violations(values, registry.attribute_name, places, base, more)
    return INVALID(plan.message, attributes, found)


cdef object item_of(Tables tables, bytes frame, const uint8_t *data, uint16_t message, Room room, uint64_t base):
    """What an indexed frame is, or None where the reference engine must say.

    `base` is where the frame stands in its stream.
    """
    cdef uint16_t number = tables.tables.schema[message]
    cdef int verdict
    cdef Plan plan
    if room.space.callers:
        return None
    if number == 0:
        return UNKNOWN(message, attributes_object(by_name(tables, None, frame, data, room.space)))
    plan = <Plan> PyList_GET_ITEM(tables.plans, number - 1)
    if not plan.exact:
        return None
    verdict = tlib_fails(tables.tables, &tables.schemas[number - 1], data, room.space)
    if verdict == 0:
        return build(tables, plan, frame, data, room.space)
    if verdict == 1:
        return invalid(tables, plan, frame, data, room.space, base)
    return None  # a rule that only the reference engine can judge


def decode(frame, *, registry=LIBRARY, policy=STRICT, limits=LIMITS):
    """The event that one frame is; an UnknownEvent where the registry has no table for it.

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
    cdef Room room
    item = None
    if (
        tlib_header(start, length, &own, &message, &body, &error) == TLIB_OK
        and <uint64_t> length == <uint64_t> body + TLIB_HEADER
        and <uint64_t> length <= 0xFFFFFFFFu
    ):
        room = take_room(tables)
        if index(tables, &own, start, <uint32_t> length, True, room, &error) == TLIB_OK:
            item = item_of(tables, data, start, message, room, 0)
        give_back(room)
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
    cdef Room room
    if tlib_header(start, length, &own, &message, &body, &error) == TLIB_OK:
        if length < <uint64_t> body + TLIB_HEADER:
            return "truncated-frame", 0
        if length > <uint64_t> body + TLIB_HEADER:
            return "trailing-bytes", body + TLIB_HEADER
        room = take_room(tables)
        error.code = index(tables, &own, start, <uint32_t> length, True, room, &error)
        callers = room.space.callers
        give_back(room)
        if callers:
            return NotImplemented
    return (tlib_code_name(error.code).decode(), error.offset) if error.code else None


# -- encode ---------------------------------------------------------------------------------------

cdef enum:
    ON_STACK = 2048


cdef struct Out:
    uint8_t *data
    size_t length
    size_t capacity
    uint8_t *heap  # what must be freed; NULL while the caller's stack serves
    bint raw       # a RawValue is among the values: it may be malformed
    bint extra     # attributes beyond the table: one may stand twice
    uint32_t required  # attributes written that the table makes mandatory


cdef inline uint8_t *reserve(Out *out, size_t more) except NULL:
    """Room for `more` bytes, taken. Every byte of it must then be written."""
    cdef size_t need = out.length + more
    cdef uint8_t *grown
    if need > out.capacity:
        grown = <uint8_t *> PyMem_Realloc(out.heap, 2 * need)
        if grown == NULL:
            raise MemoryError
        if out.heap == NULL:
            memcpy(grown, out.data, out.length)
        out.heap = out.data = grown
        out.capacity = 2 * need
    grown = out.data + out.length
    out.length = need
    return grown


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


cdef int put_list(Out *out, object kv, uint32_t depth, const tlib_limits *limits) except -1:
    cdef PyObject *flat = slot(kv, KV_FLAT)[0]
    cdef const uint8_t *packed
    cdef uint32_t size = 0
    cdef tlib_error error
    cdef size_t start, value_start, length
    cdef uint32_t count, i
    cdef uint8_t kind
    cdef uint8_t *at
    if depth > limits.list_depth:
        return 1
    if flat == NULL:
        if slot(kv, KV_PACKED)[0] == NULL:
            return 1
        packed = packed_list(kv, &size)
        # Checked when it was made, but perhaps under other limits or at another depth.
        if depth > 1 or tlib_list(packed, 0, size, limits, &error):
            flat = <PyObject *> kv._flat  # kept alive by kv
        else:
            put_bytes(out, packed, size)
            return 0
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
        elif type(value) is KVLIST:
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
    if kind == RAW:
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
            odd = 1 if type(value) is not KVLIST else put_list(out, value, 1, limits)
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


cdef int put_event(Out *out, Tables tables, Plan plan, object event, const tlib_limits *limits) except -1:
    cdef PyObject *extra = slot(event, plan.extra)[0]
    cdef PyObject *value
    cdef object held  # writing a value may run code that replaces it
    cdef Step *step
    cdef list rest = None
    cdef Py_ssize_t taken = 0, count = 0
    cdef int i
    if extra != <PyObject *> NONE_EXTRA:
        rest = sorted_by_id(tables, <object> extra)
        if rest is None:
            return 1
        count = len(rest)
        out.extra = True
    for i in range(plan.step_count):
        step = &plan.steps[i]
        value = slot(event, step.offset)[0]
        if value == NULL or value == <PyObject *> None:
            continue
        if step.part >= 0:
            if type(<object> value) is not <object> step.composite:
                return 1
            value = slot(<object> value, step.part)[0]
            if value == NULL or value == <PyObject *> None:
                continue
        while taken < count and rest[taken][0] < step.id:
            if put_extra(out, tables, <tuple> rest[taken], limits):
                return 1
            taken += 1
        held = <object> value
        if put_attribute(out, step.id, <Entry> step.entry, held, limits):
            return 1
        out.required += step.required
    while taken < count:
        if put_extra(out, tables, <tuple> rest[taken], limits):
            return 1
        taken += 1
    return 0


cdef int put_extra(Out *out, Tables tables, tuple extra, const tlib_limits *limits) except -1:
    cdef uint16_t number = extra[0]
    return put_attribute(out, number, <Entry> tables.entries[tables.tables.dense[number]], extra[1], limits)


cdef list sorted_by_id(Tables tables, object attributes):
    """(id, value) of attributes by name, ascending; None where a name is unknown or they are no Attributes."""
    if type(attributes) is not ATTRIBUTES:
        return None
    cdef dict items = <dict> slot(attributes, ATTRIBUTES_ITEMS)[0]
    ids = tables.registry._ids
    found = []
    for name, value in items.items():
        number = ids.get(name)
        if number is None:
            try:
                number = tables.registry.attribute_number(name)
            except reference.EncodeError:
                return None
        found.append((number, value))
    if len(found) > 1:
        found.sort(key=first)
    return found


def first(pair):
    return pair[0]


def encode(event, *, registry=LIBRARY, policy=STRICT, limits=LIMITS):
    """The canonical frame of an event: attributes in ascending order of id.

    Raises EncodeError where a value does not fit its attribute, and under the strict policy
    SchemaViolation where the event breaks its schema.
    """
    cdef Tables tables = tables_of(registry)
    cdef PyObject *found
    cdef tlib_limits own
    cdef uint8_t stack[ON_STACK]
    cdef Out out
    cdef bint done = False
    if <void *> Py_TYPE(<PyObject *> event) != tables.last_class:
        tables.last_class = Py_TYPE(<PyObject *> event)
        tables.last_plan = <void *> PyDict_GetItem(tables.by_class, type(event))
    found = <PyObject *> tables.last_plan
    if found == NULL or policy is not STRICT:
        return reference.encode(event, registry=registry, policy=policy, limits=limits)
    own = DEFAULT if limits is LIMITS else limits_of(limits)
    memset(&out, 0, sizeof(Out))
    out.data, out.length, out.capacity = stack, TLIB_HEADER, ON_STACK
    try:
        if put_event(&out, tables, <Plan> found, event, &own) == 0:
            done = finish(&out, tables, <Plan> found, &own)
        if done:
            return PyBytes_FromStringAndSize(<const char *> out.data, out.length)
    finally:
        PyMem_Free(out.heap)
    return reference.encode(event, registry=registry, policy=policy, limits=limits)


cdef bint finish(Out *out, Tables tables, Plan plan, const tlib_limits *limits) except -1:
    """Write the header; whether the frame may be sent. Where more than Mandatory can be broken, it
    is read as a decoder would read it."""
    cdef tlib_error error
    cdef Room room
    cdef uint16_t message = 0
    cdef uint32_t body = 0
    cdef bint fine
    memcpy(out.data, b"TL\x01\x00", 4)
    put16(out.data + 4, plan.message)
    if out.length > 0xFFFFFFFFu:
        return False
    put32(out.data + 6, <uint32_t> (out.length - TLIB_HEADER))
    if tlib_header(out.data, out.length, limits, &message, &body, &error):
        return False
    if not (out.extra or tables.schemas[plan.number].rule_count or tables.schemas[plan.number].beyond):
        return out.required == tables.schemas[plan.number].required_count
    room = take_room(tables)
    fine = (
        index(tables, limits, out.data, <uint32_t> out.length, out.raw, room, &error) == TLIB_OK
        and tlib_fails(tables.tables, &tables.schemas[plan.number], out.data, room.space) == 0
    )
    give_back(room)
    return fine


# -- streams --------------------------------------------------------------------------------------


cdef object stream_error(Tables tables, const tlib_stream *stream, const uint8_t *start, uint64_t length, object limits):
    """The broken frame's error, in the words of the reference engine."""
    cdef const tlib_error *found = &stream.error
    cdef object at = found.offset
    cdef object header = PyBytes_FromStringAndSize(<const char *> start, <Py_ssize_t> min(length, <uint64_t> TLIB_HEADER))
    if found.code == TLIB_TRUNCATED_HEADER or found.code == TLIB_TRUNCATED_FRAME:
        return Truncated(
            tlib_code_name(found.code).decode(), needed=found.expected, available=found.actual, offset=found.offset
        )
    if found.code == TLIB_ATTRIBUTE_HEADER:
        error = wire.no_header(at, at + found.actual)
    elif found.code == TLIB_ATTRIBUTE_OVERRUN:
        error = wire.overrun(at, at + TLIB_ATTRIBUTE + found.actual, at + TLIB_ATTRIBUTE + found.expected)
    elif found.code == TLIB_INT_LENGTH or found.code == TLIB_LONG_LENGTH:
        error = wire.wrong_length(wire.Int if found.code == TLIB_INT_LENGTH else wire.Long, at, at + found.actual)
    else:
        try:
            wire.parse_header(header, limits)
        except DecodeError as refused:
            return refused.shift(stream.base)
        raise AssertionError("the engines differ: " + tlib_code_name(found.code).decode())
    if found.attribute >= 0:
        error.within("." + tables.name_of(<uint16_t> found.attribute))
    return error.within(tables.registry.frame().message_name(stream.message))


cdef enum:
    KEPT = 1 << 20  # bytes of buffer that an idle decoder keeps


cdef class StreamDecoder:
    """Incremental decoder: `feed` bytes in any chunks, iterate what they complete, `close`.

    Items are events, `InvalidEvent`, `UnknownEvent`, `Gap` and `MalformedFrame`; iterating ends
    when more bytes are needed, and may be resumed after the next `feed`. `offset` and `data` tell
    where in the stream the last item stood and what its bytes were.
    """

    cdef readonly object registry
    cdef readonly object limits
    cdef readonly object offset
    cdef readonly bytes data
    cdef Tables tables
    cdef tlib_limits own
    cdef tlib_stream stream
    cdef uint8_t *buffer
    cdef uint64_t start, end, capacity  # the bytes that wait are buffer[start:end]
    cdef bint closed

    def __cinit__(self, *, registry=LIBRARY, limits=LIMITS):
        self.registry = registry
        self.limits = limits
        self.offset = 0
        self.data = b""
        self.tables = tables_of(registry)
        self.own = limits_of(limits)
        memset(&self.stream, 0, sizeof(tlib_stream))
        self.stream.walked = TLIB_HEADER

    def __dealloc__(self):
        PyMem_Free(self.buffer)

    @property
    def work(self):
        """Attribute headers followed so far: what bounds the time."""
        return self.stream.work

    def feed(self, data):
        """Take the next bytes of the stream. Raises ValueError after `close`."""
        cdef Py_buffer view
        cdef void *more
        if self.closed:
            raise ValueError("the stream is closed")
        PyObject_GetBuffer(data, &view, PyBUF_SIMPLE)
        try:
            if self.start == self.end:
                self.start = self.end = 0
                if self.capacity > KEPT:  # one huge frame is no reason to keep its room for ever
                    PyMem_Free(self.buffer)
                    self.buffer = NULL
                    self.capacity = 0
            if self.end + view.len > self.capacity:
                if self.start:
                    memmove(self.buffer, self.buffer + self.start, self.end - self.start)
                    self.end -= self.start
                    self.start = 0
                if self.end + view.len > self.capacity:
                    more = PyMem_Realloc(self.buffer, 2 * (self.end + view.len))
                    if more == NULL:
                        raise MemoryError
                    self.buffer = <uint8_t *> more
                    self.capacity = 2 * (self.end + view.len)
            if view.len:
                memcpy(self.buffer + self.end, view.buf, view.len)
                self.end += view.len
        finally:
            PyBuffer_Release(&view)

    def close(self):
        """Say that no more bytes come: iterating gives what is left, and does not wait."""
        self.closed = True

    def __iter__(self):
        return self

    def __next__(self):
        cdef uint64_t length = 0
        cdef int broken = 0, kind
        cdef uint8_t *at
        cdef bytes data, head
        cdef tlib_stream told
        cdef uint64_t base = self.stream.base
        if self.start == self.end:
            raise StopIteration
        at = self.buffer + self.start
        kind = tlib_next(&self.stream, at, self.end - self.start, self.closed, &self.own, &length, &broken)
        if kind == TLIB_ITEM_NONE:
            raise StopIteration
        # The item leaves the buffer before anything is made of it: making may run code that feeds or iterates this decoder.
        data = PyBytes_FromStringAndSize(<const char *> at, <Py_ssize_t> length)
        if broken:
            head = PyBytes_FromStringAndSize(<const char *> at, <Py_ssize_t> min(self.end - self.start, <uint64_t> TLIB_HEADER))
            told = self.stream
        self.start += length
        tlib_consume(&self.stream, length)
        self.offset = base
        self.data = data
        if broken:
            error = stream_error(self.tables, &told, <const uint8_t *> PyBytes_AS_STRING(head), PyBytes_GET_SIZE(head), self.limits)
            return MalformedFrame(base, data, error)
        if kind == TLIB_ITEM_GAP:
            return Gap(base, data)
        return whole_frame(self.tables, data, &self.own, self.registry, self.limits, base)


cdef object whole_frame(Tables tables, bytes data, const tlib_limits *own, object registry, object limits, uint64_t base):
    """What a frame is whose attribute headers chain: an item, or a MalformedFrame."""
    cdef const uint8_t *start = <const uint8_t *> PyBytes_AS_STRING(data)
    cdef tlib_error error
    cdef Room room = take_room(tables)
    item = None
    if index(tables, own, start, <uint32_t> PyBytes_GET_SIZE(data), True, room, &error) == TLIB_OK:
        item = item_of(tables, data, start, tlib_u16(start + 4), room, base)
    give_back(room)
    if item is not None:
        return item
    try:
        message, values = registry.frame(limits).unpack(data)
    except DecodeError as refused:
        return MalformedFrame(base, data, refused.shift(base))
    return registry.assemble(message, values, data, base)


# -- scan -----------------------------------------------------------------------------------------


@cython.final
@cython.freelist(64)
cdef class FrameView:
    """A frame inside a buffer: checked, indexed, nothing of it made until it is asked for.

    `offset` and `length` place it in the buffer, `valid` says whether its schema holds (for a
    message without a table: True). Attributes are read by name or id, each on its own.
    """

    cdef Scanner scanner
    cdef readonly uint64_t offset
    cdef readonly uint32_t length
    cdef readonly uint16_t message
    cdef readonly bint valid

    @property
    def name(self):
        """The message's name, or None where none is known."""
        return self.scanner.registry.message_name(self.message)

    @property
    def data(self):
        """The frame's bytes."""
        return PyBytes_FromStringAndSize(<const char *> self.scanner.start + self.offset, self.length)

    cdef uint32_t find(self, object key, uint32_t *length) except? 0xFFFFFFFF:
        """Where the attribute's header stands in the frame and how long its value is, 0 where it is absent.

        Every length is checked again: the buffer is its owner's, who may have written to it.
        """
        cdef const uint8_t *frame = self.scanner.start + self.offset
        cdef uint32_t position = TLIB_HEADER, size, left
        cdef uint16_t wanted
        number = self.scanner.registry._ids.get(key) if isinstance(key, str) else key
        if number is None:
            number = self.scanner.registry.attribute(key).id
        if not isinstance(number, int) or not 0 <= number <= 0xFFFF:
            return 0
        wanted = number
        while position < self.length:
            left = self.length - position
            size = tlib_u24(frame + position + 3) if left >= TLIB_ATTRIBUTE else 0
            if left < TLIB_ATTRIBUTE or size > left - TLIB_ATTRIBUTE:
                raise wire.overrun(self.offset + position, self.offset + position + TLIB_ATTRIBUTE + size, self.offset + self.length)
            if tlib_u16(frame + position) == wanted:
                length[0] = size
                return position
            position += TLIB_ATTRIBUTE + size
        return 0

    def get(self, key, default=None):
        """The value of an attribute, by name or id. Raises LookupError for a name that is none.

        Raises DecodeError where the value is malformed: the buffer was written to since it was
        scanned, or was not scanned deeply.
        """
        cdef uint32_t length = 0
        cdef uint32_t position = self.find(key, &length)
        cdef const uint8_t *at
        cdef const uint8_t *value
        cdef tlib_attribute a
        cdef tlib_error error
        cdef int kind
        cdef bytes data
        if position == 0:
            return default
        # One copy, and what is looked at from here on is the copy.
        data = PyBytes_FromStringAndSize(<const char *> self.scanner.start + self.offset + position, TLIB_ATTRIBUTE + length)
        at = <const uint8_t *> PyBytes_AS_STRING(data)
        value = at + TLIB_ATTRIBUTE
        a.id = tlib_u16(at)
        a.type = at[2]
        a.length = length
        a.offset = TLIB_ATTRIBUTE
        a.dense = self.scanner.tables.tables.dense[a.id]
        kind = self.scanner.tables.kinds[a.dense]
        if kind == LIST and a.type == TLIB_LIST and tlib_list(value, 0, length, &self.scanner.own, &error) == TLIB_OK:
            return view_of(PyBytes_FromStringAndSize(<const char *> value, length), None)
        if (
            (kind == STRING and a.type == TLIB_STRING)
            or (kind == BINARY and a.type == TLIB_BINARY)
            or (kind in (UINT, SINT, ENUM, SIGNED_ENUM) and a.type == TLIB_INT and length == 4)
            or (kind in (LONG, CONN_ID) and a.type == TLIB_LONG and length == 8)
        ):
            return value_of(self.scanner.tables, kind, None, at, &a)
        try:
            return self.scanner.registry.frame(self.scanner.limits).attributes.unpack(data)[a.id]
        except DecodeError as refused:
            raise refused.shift(self.offset + position).within(self.scanner.registry.frame().message_name(self.message)) from None

    def __getitem__(self, key):
        found = self.get(key, STRICT)
        if found is STRICT:
            raise KeyError(key)
        return found

    def __contains__(self, key):
        cdef uint32_t length = 0
        return self.find(key, &length) != 0

    def event(self, *, policy=STRICT):
        """The event, decoded: as `decode` gives it."""
        return decode(self.data, registry=self.scanner.registry, policy=policy, limits=self.scanner.limits)

    def __repr__(self):
        return f"<FrameView {self.name or self.message} at {self.offset}, {self.length} bytes>"


cdef class Scanner:
    """Iterates a buffer of frames. Made by `scan`."""

    cdef object registry
    cdef object limits
    cdef Tables tables
    cdef tlib_limits own
    cdef tlib_stream stream
    cdef Py_buffer view
    cdef const uint8_t *start
    cdef uint64_t length
    cdef bint deep

    def __cinit__(self, buffer, registry, limits, bint deep):
        PyObject_GetBuffer(buffer, &self.view, PyBUF_SIMPLE)
        self.start = <const uint8_t *> self.view.buf
        self.length = self.view.len
        self.registry = registry
        self.limits = limits
        self.tables = tables_of(registry)
        self.own = limits_of(limits)
        self.stream.walked = TLIB_HEADER
        self.deep = deep

    def __dealloc__(self):
        PyBuffer_Release(&self.view)

    def __iter__(self):
        return self

    def __next__(self):
        cdef uint64_t base, left, length = 0
        cdef int broken = 0, kind, odd = -1
        cdef const uint8_t *at
        cdef tlib_error error
        cdef tlib_stream told
        cdef FrameView view
        cdef uint16_t number, message = 0
        cdef uint32_t body = 0
        cdef bytes data
        cdef bint fails = False
        cdef Room room = take_room(self.tables)
        # Nothing that may run other code stands between here and the step forward: that code may
        # iterate this scanner.
        base = self.stream.base
        if base == self.length:
            give_back(room)
            raise StopIteration
        at = self.start + base
        left = self.length - base
        # A frame that indexes is sound: its headers need not be followed twice.
        if not self.stream.out_of_step and tlib_header(at, left, &self.own, &message, &body, &error) == TLIB_OK:
            length = <uint64_t> body + TLIB_HEADER
            if length <= left and length <= 0xFFFFFFFFu:
                odd = index(self.tables, &self.own, at, <uint32_t> length, self.deep, room, &error)
                if odd == TLIB_OK and not room.space.callers:
                    self.stream.work += room.space.count
                else:
                    odd = -1
        if odd != TLIB_OK:
            kind = tlib_next(&self.stream, at, left, True, &self.own, &length, &broken)
            if kind != TLIB_ITEM_FRAME:
                give_back(room)
                if kind == TLIB_ITEM_NONE:
                    raise StopIteration
                data = PyBytes_FromStringAndSize(<const char *> at, <Py_ssize_t> length)
                told = self.stream
                tlib_consume(&self.stream, length)
                if not broken:
                    return Gap(base, data)
                return MalformedFrame(base, data, stream_error(self.tables, &told, at, left, self.limits))
            message = tlib_u16(at + 4)
            odd = index(self.tables, &self.own, at, <uint32_t> length, self.deep, room, &error)
        tlib_consume(&self.stream, length)
        number = self.tables.tables.schema[message]
        if odd == TLIB_OK:
            odd = room.space.callers
        if odd == 0 and number:
            odd = tlib_fails(self.tables.tables, &self.tables.schemas[number - 1], at, room.space)
            fails = odd == 1
            odd = odd == 2
        give_back(room)
        if odd:
            # A malformed frame, or one that the core alone cannot judge.
            data = PyBytes_FromStringAndSize(<const char *> at, <Py_ssize_t> length)
            item = whole_frame(self.tables, data, &self.own, self.registry, self.limits, base)
            if isinstance(item, MalformedFrame):
                return item
            fails = isinstance(item, InvalidEvent)
        view = FrameView.__new__(FrameView)
        view.scanner = self
        view.offset = base
        view.length = <uint32_t> length
        view.message = message
        view.valid = not fails
        return view


def scan(buffer, *, registry=LIBRARY, limits=LIMITS, bint deep=True):
    """Iterate the frames in a buffer as `FrameView`s, and what is no frame as `Gap` or `MalformedFrame`.

    `deep` False leaves the contents of key-value lists unchecked: reading such a list is then the
    moment at which it may turn out to be malformed.
    """
    return Scanner(buffer, registry, limits, deep)
