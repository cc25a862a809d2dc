# The tables of a registry as demands, and the signatures of frames. Included by batches.pyx and text.pyx.

cdef extern from "check.h" nogil:
    enum:
        TLIB_MAX_SIGNATURES
        TLIB_MAX_CAUSES
        TLIB_DEMAND_PART
        TLIB_DEMAND_RULE
        TLIB_DEMAND_SHAPE

    ctypedef struct tlib_part:
        uint32_t first
        uint32_t count
        uint8_t all

    ctypedef struct tlib_demand:
        tlib_part part
        uint8_t kind
        uint8_t clients
        uint8_t present
        uint8_t test
        uint16_t other
        uint32_t first_value, value_count
        uint32_t first_also, also_count
        int64_t length
        uint8_t alphabet
        uint64_t letters[2]
        uint32_t first_suffix, suffix_length

    ctypedef struct tlib_check:
        const uint16_t *slot
        uint32_t slot_count
        const tlib_demand *demands
        uint32_t demand_count
        const uint32_t *slot_part
        uint8_t partial
        uint8_t ask

    ctypedef struct tlib_checks:
        const tlib_check *tables
        const tlib_part *parts
        const uint16_t *slots
        const uint64_t *values
        const uint8_t *suffixes
        const uint8_t *common

    ctypedef struct tlib_signature:
        uint32_t count
        uint64_t place

    ctypedef struct tlib_signatures:
        tlib_signature *known
        uint32_t *causes
        uint16_t *slots
        uint32_t *order
        uint32_t count, used, run, seen

    int tlib_part_there(const tlib_checks *checks, const tlib_part *part, const uint32_t *at)
    void tlib_check_slots(const tlib_check *table, tlib_workspace *space)
    int tlib_check_listed(const tlib_checks *checks, const tlib_check *table, uint16_t slot, const uint32_t *at)
    void tlib_check_begin(tlib_signatures *signatures)
    uint64_t tlib_check_run(const tlib_frames *frames, const tlib_checks *checks, tlib_signatures *signatures, uint64_t start,
                            uint32_t *numbers)


import struct
from array import array as numbers_of
from functools import lru_cache

from tlib_schemas.declare import Composite
from tlib_schemas.kinds import Kind
from tlib_schemas.rules import While

cdef object NUMBERS = (Kind.UINT, Kind.SINT, Kind.LONG, Kind.ENUM)
cdef dict TESTS = {While.ALWAYS: TLIB_ALWAYS, While.IN: TLIB_IN, While.NOT_IN: TLIB_NOT_IN, While.ABSENT: TLIB_ABSENT}


cdef bytes packed(str kind, numbers):
    return numbers_of(kind, numbers).tobytes()


cdef class Demands:
    """The demands of one table: the Python side of a `tlib_check`."""

    cdef bytes slot, slot_part, made
    cdef bint partial, ask
    cdef uint32_t slot_count


cdef class Checks:
    """The demands of all tables of a registry."""

    cdef object registry
    cdef Tables tables
    cdef tlib_checks core
    cdef list slots, parts, values, demands  # what the demands of all tables refer to
    cdef bytearray suffixes
    cdef list kept

    def __cinit__(self, registry):
        cdef tlib_check *tables
        cdef Demands one
        cdef Py_ssize_t i
        self.registry = registry
        self.tables = tables_of(registry)
        self.slots, self.parts, self.values, self.suffixes = [], [], [], bytearray()
        self.demands = [self.demands_of(number, schema) for number, schema in enumerate(registry.tables)]
        tables = <tlib_check *> zeroed(len(self.demands), sizeof(tlib_check))
        self.core.tables = tables
        for i in range(len(self.demands)):
            one = self.demands[i]
            tables[i].slot = self.tables.schemas[i].slot
            tables[i].slot_count = self.tables.schemas[i].slot_count
            tables[i].demands = <const tlib_demand *> PyBytes_AS_STRING(one.made)
            tables[i].demand_count = <uint32_t> (PyBytes_GET_SIZE(one.made) // <Py_ssize_t> sizeof(tlib_demand))
            tables[i].slot_part = <const uint32_t *> PyBytes_AS_STRING(one.slot_part)
            tables[i].partial = one.partial
            tables[i].ask = one.ask
        common = bytearray(len(registry.dictionary) + 1)
        for number in registry.common:
            common[self.tables.tables.dense[<int> number]] = 1
        self.kept = [packed("H", self.slots), packed("Q", self.values), bytes(self.suffixes), bytes(common), self.packed_parts()]
        self.core.slots = <const uint16_t *> PyBytes_AS_STRING(self.kept[0])
        self.core.values = <const uint64_t *> PyBytes_AS_STRING(self.kept[1])
        self.core.suffixes = <const uint8_t *> PyBytes_AS_STRING(self.kept[2])
        self.core.common = <const uint8_t *> PyBytes_AS_STRING(self.kept[3])
        self.core.parts = <const tlib_part *> PyBytes_AS_STRING(self.kept[4])

    def __dealloc__(self):
        PyMem_Free(<void *> self.core.tables)

    cdef bytes packed_parts(self):
        cdef bytes made = bytes(len(self.parts) * sizeof(tlib_part))
        cdef tlib_part *out = <tlib_part *> PyBytes_AS_STRING(made)
        cdef Py_ssize_t i
        for i in range(len(self.parts)):
            out[i].first, out[i].count, out[i].all = self.parts[i]
        return made

    cdef tuple part_of(self, object field, dict slot_of_id):
        """Return (first, count, all) of a field's presence."""
        ids = sorted(field.needed) if field.composite is not None and field.needed else field.ids
        first = len(self.slots)
        self.slots += [slot_of_id[number] for number in ids]
        return first, len(ids), field.composite is None or bool(field.needed)

    cdef Demands demands_of(self, int number, object schema):
        """Return the demands of a schema, in the order of its violations."""
        cdef Demands made = Demands()
        cdef tlib_demand one
        slot_of_id = {i: self.tables.schemas[number].slot[self.tables.tables.dense[<int> i]] for i in schema.listed}
        part_of = {field.name: self.part_of(field, slot_of_id) for field in schema.fields}
        slot_part = [0] * (len(slot_of_id) + 1)
        pieces = []
        made.partial = bool(schema.partial)
        made.ask = any(makes_its_own(cls) for cls in (schema.cls, *(field.composite for field in schema.fields if field.composite)))
        for field in schema.fields:
            if field.composite is not None:
                self.parts.append(part_of[field.name])
                for i in field.ids:
                    slot_part[slot_of_id[i]] = len(self.parts)
            memset(&one, 0, sizeof(one))
            one.part.first, one.part.count, one.part.all = part_of[field.name]
            if field.mandatory:
                one.kind = TLIB_DEMAND_PART
                one.clients = all(attribute.client_side for _, attribute in field.attributes)
                pieces.append(PyBytes_FromStringAndSize(<char *> &one, sizeof(one)))
            for rule in schema.rules:
                if rule.field == field.name:
                    self.add_rule(schema, rule, one, slot_of_id, part_of, pieces)
        for field, shape in schema.shapes:
            self.add_shape(made, shape, field, slot_of_id, pieces)
        made.slot_part = packed("I", slot_part)
        made.made = b"".join(pieces)
        return made

    cdef int add_rule(self, object schema, object rule, tlib_demand one, dict slot_of_id, dict part_of, list pieces) except -1:
        one.kind = TLIB_DEMAND_RULE
        one.present = rule.present
        one.test = TESTS[rule.test]
        if rule.other:
            attribute = schema.by_name[rule.other].attributes[0][1]
            one.other = slot_of_id[attribute.id]
            if rule.test in (While.IN, While.NOT_IN):
                if attribute.value is None or not attribute.value.standard or attribute.value.kind not in NUMBERS:
                    return 0  # no value of it is a number that the rule could compare; of a caller's own construct the frame is asked about
                one.first_value = <uint32_t> len(self.values)
                for value in rule.values:
                    try:
                        self.values.append(int.from_bytes(attribute.value.field.pack(value), "big"))
                    except struct.error:
                        continue  # the field never holds it
                one.value_count = <uint32_t> len(self.values) - one.first_value
        one.first_also = <uint32_t> len(self.parts)
        self.parts += [part_of[name] for name in rule.also]
        one.also_count = <uint32_t> len(rule.also)
        pieces.append(PyBytes_FromStringAndSize(<char *> &one, sizeof(one)))
        return 0

    cdef int add_shape(self, Demands made, object shape, object field, dict slot_of_id, list pieces) except -1:
        cdef tlib_demand one
        value = field.attributes[0][1].value
        if value is None or not value.standard or value.kind not in (Kind.TEXT, Kind.HEX):
            return 0  # no text, or a caller's own construct, of which the frame is asked about
        if value.kind is Kind.HEX or not (shape.alphabet + shape.suffix).isascii():
            made.ask = True
            return 0
        memset(&one, 0, sizeof(one))
        one.kind = TLIB_DEMAND_SHAPE
        one.part.first = <uint32_t> len(self.slots)
        one.part.count = one.part.all = 1
        self.slots.append(slot_of_id[field.ids[0]])
        one.length = -1 if shape.length is None else shape.length
        one.alphabet = bool(shape.alphabet)
        for letter in set(shape.alphabet.encode("ascii")):
            one.letters[<int> (letter >> 6)] |= <uint64_t> 1 << <int> (letter & 63)
        one.first_suffix = <uint32_t> len(self.suffixes)
        one.suffix_length = <uint32_t> len(shape.suffix)
        self.suffixes += shape.suffix.encode("ascii")
        pieces.append(PyBytes_FromStringAndSize(<char *> &one, sizeof(one)))
        return 0


CHECKS = lru_cache(maxsize=4)(Checks)


cdef class Signatures:
    """Memory for the signatures of frames."""

    cdef tlib_signatures core

    def __cinit__(self):
        self.core.known = <tlib_signature *> zeroed(TLIB_MAX_SIGNATURES + 1, sizeof(tlib_signature))
        self.core.causes = <uint32_t *> zeroed(TLIB_MAX_CAUSES, sizeof(uint32_t))
        self.core.slots = <uint16_t *> zeroed(2 * TLIB_MAX_SIGNATURES, sizeof(uint16_t))
        self.core.order = <uint32_t *> zeroed(TLIB_MAX_SIGNATURES, sizeof(uint32_t))

    def __dealloc__(self):
        PyMem_Free(self.core.known)
        PyMem_Free(self.core.causes)
        PyMem_Free(self.core.slots)
        PyMem_Free(self.core.order)


cdef bint makes_its_own(object cls):
    """Whether a class has a construction of its own, or a place where a cycle can hang."""
    post_init = getattr(cls, "__post_init__", None)
    return post_init not in (None, Composite.__post_init__) or bool(cls.__dictoffset__)
