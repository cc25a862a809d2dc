# Frames to JSON lines. Included by text.pyx.

from array import array
from itertools import accumulate

import msgspec

from tlib_schemas import kinds as value_kinds
from tlib_schemas.attributes import Timestamp
from tlib_schemas.declare import Composite
from tlib_schemas.enumerations import AttributeID, OpenEnum
from tlib_schemas.kinds import WireType

cdef extern from "buffer.h" nogil:
    ctypedef struct tlib_buffer:
        uint8_t *at
        size_t length
        size_t capacity

    void tlib_release(tlib_buffer *buffer)

cdef extern from "json_out.h" nogil:
    enum:
        TLIB_COPIED
        TLIB_VALUE_RAW
        TLIB_VALUE_TEXT
        TLIB_VALUE_UINT
        TLIB_VALUE_SINT
        TLIB_VALUE_LONG
        TLIB_VALUE_HEX
        TLIB_VALUE_LABEL
        TLIB_VALUE_SIGNED_LABEL
        TLIB_VALUE_BINARY
        TLIB_VALUE_LIST
        TLIB_VALUE_ASK
        TLIB_COMPOSITE_PARTS
        TLIB_COMPOSITE_TIME
        TLIB_COMPOSITE_ASK
        TLIB_JSON_END
        TLIB_JSON_FULL
        TLIB_JSON_ASK
        TLIB_JSON_WORD
        TLIB_JSON_CAPACITY
        TLIB_JSON_MEMORY

    ctypedef struct tlib_text:
        const uint8_t *at
        uint32_t length

    ctypedef struct tlib_json_attribute:
        tlib_text key
        const tlib_labels *labels
        const tlib_text *names
        uint8_t kind

    ctypedef struct tlib_json_composite:
        tlib_text key
        uint16_t first
        uint16_t count
        uint16_t needed
        uint8_t form

    ctypedef struct tlib_json_table:
        const uint16_t *composite
        const uint8_t *needed
        const tlib_json_composite *composites
        uint8_t ask

    ctypedef struct tlib_json:
        const tlib_json_attribute *attributes
        const tlib_json_table *tables
        const tlib_labels *messages
        const tlib_text *heads
        size_t widest
        uint16_t seconds
        uint16_t micros
        uint64_t *seen
        tlib_buffer keys
        tlib_wordings *words
        int made
        tlib_buffer invalid

    int tlib_json_lines(tlib_json *json, const tlib_frames *frames, const tlib_origins *origins, uint64_t *place, tlib_buffer *out, size_t enough)

cdef enum:
    ENOUGH = 1 << 18  # bytes of lines that are handed over at once

# How a value is written, and the type on the wire on which that relies.
cdef dict VALUE_KINDS = {
    value_kinds.Kind.TEXT: (TLIB_VALUE_TEXT, None),
    value_kinds.Kind.UINT: (TLIB_VALUE_UINT, WireType.Int),
    value_kinds.Kind.SINT: (TLIB_VALUE_SINT, WireType.Int),
    value_kinds.Kind.ENUM: (TLIB_VALUE_LABEL, WireType.Int),
    value_kinds.Kind.LONG: (TLIB_VALUE_LONG, WireType.Long),
    value_kinds.Kind.HEX: (TLIB_VALUE_HEX, WireType.Long),
    value_kinds.Kind.BINARY: (TLIB_VALUE_BINARY, None),
    value_kinds.Kind.LIST: (TLIB_VALUE_LIST, WireType.List),
}


def value_kind(value):
    """Return how the core writes the values of a construct (None: a type that is not declared)."""
    if value is None:
        return TLIB_VALUE_RAW
    kind, wire_type = VALUE_KINDS.get(value.kind, (TLIB_VALUE_ASK, None))
    if not value.standard or (wire_type is not None and wire_type != value.wire_type):
        return TLIB_VALUE_ASK
    if kind != TLIB_VALUE_LABEL:
        return kind
    cls = value.enumeration
    if cls.label is not OpenEnum.label or cls._missing_.__func__ is not OpenEnum._missing_.__func__:
        return TLIB_VALUE_ASK
    return TLIB_VALUE_SIGNED_LABEL if value.signed else TLIB_VALUE_LABEL


def composite_form(composite):
    """Return how the core writes a composite of that class."""
    if composite is Timestamp:
        return TLIB_COMPOSITE_TIME
    if composite.to_text is not Composite.to_text or composite.__post_init__ is not Composite.__post_init__:
        return TLIB_COMPOSITE_ASK
    return TLIB_COMPOSITE_PARTS


cdef bytes member(str name):
    """Return the beginning of a member that another one precedes."""
    return b"," + msgspec.json.encode(name) + b":"


cdef class Texts:
    """Texts back to back, from which the core may copy TLIB_COPIED bytes at once."""

    cdef list parts
    cdef bytes joined

    def __cinit__(self, parts):
        self.parts = list(parts)
        self.joined = b"".join([*self.parts, bytes(TLIB_COPIED)])

    cdef void fill(self, tlib_text *text, uint32_t stride):
        """Fill an array of structs that begin with a text."""
        cdef const uint8_t *at = <const uint8_t *> PyBytes_AS_STRING(self.joined)
        cdef bytes part
        for part in self.parts:
            text.at = at
            text.length = <uint32_t> PyBytes_GET_SIZE(part)
            at += text.length
            text = <tlib_text *> (<char *> text + stride)


cdef class JsonWriter:
    """A registry as the core writes it in JSON."""

    cdef object registry
    cdef Tables tables
    cdef tlib_json core
    cdef list kept           # what the core points into
    cdef list blocks         # addresses of memory that goes with this object

    def __cinit__(self, registry):
        cdef tlib_json_attribute *attributes
        cdef tlib_json_table *made
        self.registry = registry
        self.tables = tables_of(registry)
        self.kept, self.blocks = [], []
        attributes = <tlib_json_attribute *> self.block(len(registry.dictionary) + 1, sizeof(tlib_json_attribute))
        self.core.attributes = attributes
        self.texts([b"", *(member(one.name) for one in registry.dictionary.values())], &attributes[0].key, sizeof(tlib_json_attribute))
        for number, attribute in registry.dictionary.items():
            dense = self.tables.tables.dense[<int> number]
            attributes[<int> dense].kind = value_kind(attribute.value)
            if attributes[<int> dense].kind in (TLIB_VALUE_LABEL, TLIB_VALUE_SIGNED_LABEL):
                self.labels(
                    {int(one): msgspec.json.encode(one.label) for one in attribute.value.enumeration if one.label},
                    &attributes[<int> dense].labels, &attributes[<int> dense].names,
                )
        names = {number: registry.message_name(number) for number in registry.messages.values()}
        heads = {number: b'{"Event":' + msgspec.json.encode(name) for number, name in names.items() if name}
        self.labels(heads, &self.core.messages, &self.core.heads)
        made = <tlib_json_table *> self.block(len(registry.tables), sizeof(tlib_json_table))
        self.core.tables = made
        for i, schema in enumerate(registry.tables):
            self.table(&made[<int> i], schema)
        self.core.seconds = self.tables.tables.dense[<int> AttributeID.TimeinSecs]
        self.core.micros = self.tables.tables.dense[<int> AttributeID.TimeinuSecs]

    def __dealloc__(self):
        for address in self.blocks or ():
            PyMem_Free(<void *> <size_t> address)

    cdef void *block(self, size_t count, size_t size) except NULL:
        cdef void *made = zeroed(count, size)
        self.blocks.append(<size_t> made)
        return made

    cdef int labels(self, dict texts, const tlib_labels **found, const tlib_text **names) except -1:
        """Make the labels of numbers, and the texts of the labels."""
        cdef Labels made = Labels(tuple((number, "") for number in texts))
        cdef tlib_text *array = <tlib_text *> self.block(len(texts), sizeof(tlib_text))
        self.kept.append(made)
        self.texts(list(texts.values()), array, sizeof(tlib_text))
        found[0], names[0] = &made.labels, array
        return 0

    cdef int texts(self, list parts, tlib_text *first, uint32_t stride) except -1:
        made = Texts(parts)
        made.fill(first, stride)
        self.kept.append(made)
        self.core.widest = max(self.core.widest, max(map(len, parts), default=0))
        return 0

    cdef int table(self, tlib_json_table *made, schema) except -1:
        composites = [field for field in schema.fields if field.composite is not None]
        cdef uint16_t *numbers = <uint16_t *> self.block(len(schema.listed) + 1, sizeof(uint16_t))
        cdef uint8_t *needed = <uint8_t *> self.block(len(schema.listed) + 1, 1)
        cdef tlib_json_composite *array = <tlib_json_composite *> self.block(len(composites), sizeof(tlib_json_composite))
        cdef int slot = 1, number = 0
        made.composite, made.needed, made.composites = numbers, needed, array
        made.ask = hasattr(schema.cls, "__post_init__")
        if composites:
            self.texts([member(field.label) for field in composites], &array[0].key, sizeof(tlib_json_composite))
        for field in schema.fields:
            if field.composite is not None:
                array[number].first = slot
                array[number].count = len(field.attributes)
                array[number].needed = len(field.needed)
                array[number].form = composite_form(field.composite)
                number += 1
            for _, attribute in field.attributes:
                if field.composite is not None:
                    numbers[slot] = number
                    needed[slot] = attribute.id in field.needed
                slot += 1
        return 0

    def write(self, frames, limits, bytes file not None, list flows not None, Words words=None):
        """Return a run: an iterator of the lines of `frames` in pieces, and between them the place of each frame whose line only the caller can write.

        `file` are the members of ``$source`` that name the file, and `flows` those of each flow, each member with a comma behind it.
        `words` give the member ``$violations`` of invalid frames, with a comma before it; None leaves them to the caller.
        """
        return LineRun(self, frames, limits, file, flows, words)


cdef class LineRun:
    """One run over frames, which writes a line for each: an iterator of bytes, and of the places of frames that are for the caller."""

    cdef JsonWriter lines
    cdef FrameRun frames
    cdef object source, limits
    cdef Words words
    cdef list kept
    cdef tlib_json core
    cdef tlib_origins origins
    cdef tlib_buffer out
    cdef uint64_t place
    cdef bint asks           # the frame at `place` is for the caller

    def __cinit__(self, JsonWriter lines, frames, limits, bytes file, list flows, Words words, *more):
        self.lines, self.source, self.limits, self.words = lines, frames, limits, words
        self.frames = FrameRun(frames.data, frames.bounds, lines.registry, limits, frames.printed)
        self.core = lines.core
        self.core.made = frames.made
        self.core.words = NULL if words is None else &words.core
        self.core.seen = <uint64_t *> zeroed(lines.tables.widest // 64 + 2, sizeof(uint64_t))
        self.kept = [file]
        fill_origins(&self.origins, frames, self.frames.core.count, flows, self.kept)
        self.origins.file = <const uint8_t *> PyBytes_AS_STRING(file)
        self.origins.file_length = PyBytes_GET_SIZE(file)

    def __dealloc__(self):
        PyMem_Free(self.core.seen)
        tlib_release(&self.core.keys)
        tlib_release(&self.core.invalid)
        tlib_release(&self.out)

    cdef int step(self) noexcept nogil:
        return tlib_json_lines(&self.core, &self.frames.core, &self.origins, &self.place, &self.out, ENOUGH)

    cdef bytes taken(self):
        return PyBytes_FromStringAndSize(<const char *> self.out.at, <Py_ssize_t> self.out.length)

    def invalid(self):
        """Return the places of the invalid frames that were written since the last call."""
        cdef bytes places = PyBytes_FromStringAndSize(<const char *> self.core.invalid.at, <Py_ssize_t> self.core.invalid.length)
        self.core.invalid.length = 0
        return array("Q", places)

    def __iter__(self):
        return self

    def __next__(self):
        cdef int code = TLIB_JSON_END
        self.out.length = 0
        while not self.asks and self.place < self.frames.core.count and self.out.length < ENOUGH:
            with nogil:
                code = self.step()
            if code == TLIB_JSON_MEMORY:
                raise MemoryError
            if code == TLIB_JSON_CAPACITY:
                self.frames.work.grow()
            if code == TLIB_JSON_WORD:
                self.words.word(self.source, self.place, self.limits)
            self.asks = code == TLIB_JSON_ASK
        if self.out.length:
            return self.taken()
        if not self.asks:
            raise StopIteration
        self.asks = False
        self.place += 1
        return self.place - 1


cdef int fill_origins(tlib_origins *origins, frames, uint64_t count, list flows, list kept) except -1:
    """Point `origins` to the columns of frames; `flows` has the text of each."""
    cdef bytes joined = b"".join(flows)
    bounds = array("Q", accumulate(map(len, flows), initial=0)).tobytes()
    columns_of(frames, origins, count, kept)
    origins.flow_count = <uint32_t> len(flows)
    origins.flow_bounds = <const uint64_t *> column_of(bounds, len(flows) + 1, 8, kept)
    origins.flow_text = <const uint8_t *> PyBytes_AS_STRING(joined)
    kept.append(joined)
    return 0
