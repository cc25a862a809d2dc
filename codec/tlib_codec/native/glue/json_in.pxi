# JSON lines to frames. Included by text.pyx.

import weakref

import msgspec

from tlib_schemas.attributes import Timestamp
from tlib_schemas.kinds import Kind as ValueKind

from tlib_codec.records import Flow, Frames

cdef extern from "buffer.h" nogil:
    ctypedef struct tlib_buffer:
        uint8_t *at
        size_t length
        size_t capacity

cdef extern from "json_in.h" nogil:
    enum:
        TLIB_COMPOSITE
        TLIB_HAS_SOURCE
        TLIB_HAS_LINE
        TLIB_HAS_PACKET
        TLIB_HAS_OFFSET
        TLIB_TIMES
        TLIB_LOCAL_TIMES
        TLIB_TIMES_OF_DAY
        TLIB_LINES_END
        TLIB_LINES_ASK
        TLIB_LINES_RUN
        TLIB_LINES_CAPACITY
        TLIB_LINES_MEMORY

    ctypedef struct tlib_composite:
        const tlib_names *parts
        int timestamp
        uint16_t seconds
        uint16_t microseconds

    ctypedef struct tlib_json_words:
        const tlib_tables *tables
        const uint8_t *kinds
        const tlib_names **enumerations
        const tlib_names *labels
        const tlib_names *messages
        const tlib_composite *composites
        tlib_limits limits

    ctypedef struct tlib_rows:
        tlib_buffer data, bounds, lines, packets, offsets
        tlib_buffer *clocks
        tlib_buffer flows, notes, note_bounds
        uint32_t rows
        uint8_t shape
        uint8_t *any
        uint8_t any_flow
        tlib_buffer file

    ctypedef struct tlib_flow_texts:
        tlib_buffer text
        uint32_t count
        size_t *bounds

    ctypedef struct tlib_lines:
        const tlib_json_words *words
        tlib_workspace *space
        uint64_t longest
        uint64_t at
        uint64_t line
        tlib_rows rows
        tlib_flow_texts flows

    int tlib_lines_run(tlib_lines *lines, const uint8_t *block, uint64_t length)
    uint64_t tlib_lines_pass(tlib_lines *lines, const uint8_t *block, uint64_t length)
    void tlib_lines_taken(tlib_lines *lines)
    void tlib_lines_free(tlib_lines *lines)

cdef extern from *:
    """
    #define SIZEOF_LINES sizeof(tlib_lines)
    """
    size_t SIZEOF_LINES

cdef object DECODE = msgspec.json.Decoder().decode
cdef object WORDS = weakref.WeakKeyDictionary()  # JsonWords by registry


def labels_of(enumeration):
    """Return the numbers of an enumeration by the names that `OpenEnum.from_label` takes."""
    members = {name: int(member) for name, member in enumeration.__members__.items()}
    return {name.removesuffix("_"): number for name, number in members.items() if name.endswith("_")} | members


cdef class JsonWords:
    """A registry's names as JSON has them."""

    cdef Tables tables
    cdef tlib_json_words core
    cdef const tlib_names **enumerations
    cdef tlib_composite *composites
    cdef list kept  # the Names that the core points into

    def __cinit__(self, registry, limits):
        cdef Names names
        cdef Py_ssize_t i
        self.tables = tables_of(registry)
        self.kept = []
        self.enumerations = <const tlib_names **> zeroed(len(registry.dictionary) + 1, sizeof(void *))
        self.composites = <tlib_composite *> zeroed(len(registry.composites), sizeof(tlib_composite))
        for number, attribute in registry.dictionary.items():
            if attribute.value is not None and attribute.value.standard and attribute.value.kind is ValueKind.ENUM:
                names = self.names(labels_of(attribute.value.enumeration))
                self.enumerations[self.tables.tables.dense[<int> number]] = &names.names
        labels = {name: number for number, a in registry.dictionary.items() for name in (a.name, *a.aliases)}
        for i, (label, field) in enumerate(registry.composites.items()):
            labels[label] = TLIB_COMPOSITE + i
            names = self.names({attribute.name: attribute.id for _, attribute in field.attributes})
            self.composites[i].parts = &names.names
            if field.composite is Timestamp and all(attribute.value.kind is ValueKind.UINT for _, attribute in field.attributes):
                self.composites[i].timestamp = True
                self.composites[i].seconds, self.composites[i].microseconds = field.ids
        names = self.names(labels)
        self.core.labels = &names.names
        names = self.names(registry.messages)
        self.core.messages = &names.names
        self.core.tables = self.tables.tables
        self.core.kinds = self.tables.kinds
        self.core.enumerations = self.enumerations
        self.core.composites = self.composites
        self.core.limits = limits_of(limits)

    cdef Names names(self, known):
        made = Names(known)
        self.kept.append(made)
        return made

    def __dealloc__(self):
        PyMem_Free(self.enumerations)
        PyMem_Free(self.composites)


cdef JsonWords words_of(object registry, object limits):
    made = WORDS.get(registry)
    if made is None or made[0] != limits:
        made = WORDS[registry] = (limits, JsonWords(registry, limits))
    return <JsonWords> made[1]


cdef bytes buffer_bytes(const tlib_buffer *buffer):
    return PyBytes_FromStringAndSize(<const char *> buffer.at, <Py_ssize_t> buffer.length)


cdef class JsonReader:
    """Reads blocks of whole lines: `attach` one, then call `step` until `finished`. `name` is the file's; `line` the number of the next line."""

    cdef JsonWords words
    cdef Workspace work
    cdef tlib_lines *lines
    cdef bytes block
    cdef str name
    cdef list flows

    def __cinit__(self, registry, limits, str name, uint64_t longest):
        self.words = words_of(registry, limits)
        self.work = Workspace()
        self.work.widen(self.words.tables)
        self.lines = <tlib_lines *> zeroed(1, SIZEOF_LINES)
        self.lines.words = &self.words.core
        self.lines.space = self.work.space
        self.lines.longest = longest
        self.lines.line = 1
        self.block = b""
        self.name = name
        self.flows = []

    def __dealloc__(self):
        if self.lines != NULL:
            tlib_lines_free(self.lines)
        PyMem_Free(self.lines)

    @property
    def line(self):
        return self.lines.line

    @line.setter
    def line(self, uint64_t number):
        self.lines.line = number

    @property
    def finished(self):
        return self.lines.at == <uint64_t> PyBytes_GET_SIZE(self.block)

    def attach(self, bytes block not None):
        """Take a block, the one before it being finished."""
        self.block = block
        self.lines.at = 0

    def step(self):
        """Return the frames of a run of lines (or None), and the number and text of the line behind it that the caller must read (or None)."""
        cdef const uint8_t *block = <const uint8_t *> PyBytes_AS_STRING(self.block)
        cdef uint64_t length = <uint64_t> PyBytes_GET_SIZE(self.block), at, number
        cdef int code = TLIB_LINES_CAPACITY
        while code == TLIB_LINES_CAPACITY:
            with nogil:
                code = tlib_lines_run(self.lines, block, length)
            if code == TLIB_LINES_CAPACITY:
                self.work.grow()
        if code == TLIB_LINES_MEMORY:
            raise MemoryError
        frames = self.frames() if self.lines.rows.rows else None
        if code != TLIB_LINES_ASK:
            return frames, None
        at, number = self.lines.at, self.lines.line
        length = tlib_lines_pass(self.lines, block, length)
        return frames, (number, self.block[at:at + length])

    cdef object frames(self):
        cdef tlib_rows *rows = &self.lines.rows
        cdef uint8_t shape = rows.shape
        cdef size_t start, end
        cdef Py_ssize_t i
        for i in range(len(self.flows), self.lines.flows.count):
            start, end = self.lines.flows.bounds[i], self.lines.flows.bounds[i + 1]
            members = PyBytes_FromStringAndSize(<const char *> self.lines.flows.text.at + start, <Py_ssize_t> (end - start) - 1)
            self.flows.append(Flow(**DECODE(b"{" + members + b"}")))
        if shape & TLIB_HAS_SOURCE:
            file = DECODE(buffer_bytes(&rows.file)) if rows.file.length else ""
        else:
            file = self.name
        made = Frames(
            data=buffer_bytes(&rows.data),
            bounds=buffer_bytes(&rows.bounds),
            offsets=buffer_bytes(&rows.offsets) if shape & TLIB_HAS_OFFSET else None,
            file=file,
            lines=buffer_bytes(&rows.lines) if shape & TLIB_HAS_LINE else None,
            packets=buffer_bytes(&rows.packets) if shape & TLIB_HAS_PACKET else None,
            times=buffer_bytes(&rows.clocks[TLIB_TIMES]) if rows.any[TLIB_TIMES] else None,
            local_times=buffer_bytes(&rows.clocks[TLIB_LOCAL_TIMES]) if rows.any[TLIB_LOCAL_TIMES] else None,
            times_of_day=buffer_bytes(&rows.clocks[TLIB_TIMES_OF_DAY]) if rows.any[TLIB_TIMES_OF_DAY] else None,
            flows=buffer_bytes(&rows.flows) if rows.any_flow else None,
            flow_table=self.flows if rows.any_flow else (),
            encoded=True,
            printed=shape & (TLIB_HAS_SOURCE | TLIB_HAS_LINE) == TLIB_HAS_SOURCE | TLIB_HAS_LINE,
            notes=buffer_bytes(&rows.notes) if rows.notes.length else b"",
            note_bounds=buffer_bytes(&rows.note_bounds) if rows.notes.length else None,
        )
        tlib_lines_taken(self.lines)
        if self.lines.flows.count == 0:
            self.flows = []
        return made
