# What other extensions share with the native engine. Documented in engine.pyx.
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t, int64_t

from tlib_codec.native.libcore cimport *


cdef class Tables:
    cdef object registry         # weak: the tables go with their registry
    cdef dict ids                # its attribute ids by name
    cdef tlib_tables *tables
    cdef tlib_schema *schemas
    cdef uint64_t *values
    cdef list entries            # Entry by dense number
    cdef uint8_t *kinds          # Kind by dense number
    cdef list layouts              # Layout by schema number
    cdef dict by_class
    cdef void *last_class        # the class that was encoded last, and its Layout (or NULL)
    cdef void *last_layout
    cdef uint32_t widest         # entries that tlib_workspace.at needs

    cdef uint32_t add_schema(self, int number, object schema, uint32_t used) except? 0xFFFFFFFF
    cdef str name_of(self, uint16_t number)


cdef class Labels:
    cdef tlib_labels labels
    cdef void *direct
    cdef void *numbers
    cdef void *label_of
    cdef void *offsets
    cdef bytes text


cdef class Names:
    cdef tlib_names names
    cdef uint32_t *offsets
    cdef int64_t *numbers
    cdef uint32_t *slots
    cdef bytes text


cdef class Workspace:
    cdef tlib_workspace *space
    cdef uint32_t wide

    cdef int widen(self, Tables tables) except -1
    cdef int grow(self) except -1


cdef class StreamDecoder:
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

    cdef object step(self, const uint8_t **at, uint64_t *length)


cdef void *zeroed(size_t count, size_t size) except NULL
cdef Tables tables_of(object registry)
cdef object list_view(bytes data, uint32_t at, uint32_t length)
cdef tlib_limits limits_of(object limits) except *
cdef object value_at(Tables tables, const uint8_t *data, const tlib_attribute *attribute)
cdef object stream_error(Tables tables, const tlib_stream *stream, const uint8_t *start, uint64_t length, object limits)
