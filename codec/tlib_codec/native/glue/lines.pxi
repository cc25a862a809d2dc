# The number of lines, for ranges of a text.

cdef extern from "lines.h" nogil:
    uint64_t tlib_count_lines(const uint8_t *data, size_t length)


def count_lines(data):
    """Return the number of line feeds in some bytes."""
    cdef Py_buffer view
    cdef uint64_t lines
    PyObject_GetBuffer(data, &view, PyBUF_SIMPLE)
    try:
        with nogil:
            lines = tlib_count_lines(<const uint8_t *> view.buf, <size_t> view.len)
    finally:
        PyBuffer_Release(&view)
    return lines
