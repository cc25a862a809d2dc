# The origins of runs of frames as the C core reads them. Included by batches.pyx and text.pyx.

cdef extern from "origins.h" nogil:
    ctypedef struct tlib_origins:
        const uint64_t *lines
        const uint64_t *packets
        const uint64_t *offsets
        const int64_t *times
        const int64_t *local_times
        const int64_t *times_of_day
        const uint32_t *flows
        uint32_t flow_count
        const uint64_t *flow_bounds
        const uint8_t *flow_text
        const uint8_t *file
        size_t file_length
        const uint8_t *notes
        uint64_t notes_length
        const uint64_t *note_bounds


cdef const void *column_of(object data, uint64_t count, size_t size, list kept) except? NULL:
    """Return the numbers of a column, which `kept` keeps; NULL for None."""
    if data is None:
        return NULL
    if not isinstance(data, bytes) or <uint64_t> PyBytes_GET_SIZE(data) != count * size:
        raise ValueError(f"a column of frames: expected {size} bytes for each of {count} frames")
    kept.append(data)
    return PyBytes_AS_STRING(data)


cdef int columns_of(frames, tlib_origins *origins, uint64_t count, list kept) except -1:
    """Point `origins` to the columns and notes of frames."""
    cdef bytes notes = frames.notes
    origins.lines = <const uint64_t *> column_of(frames.lines, count, 8, kept)
    origins.packets = <const uint64_t *> column_of(frames.packets, count, 8, kept)
    origins.offsets = <const uint64_t *> column_of(frames.offsets, count, 8, kept)
    origins.times = <const int64_t *> column_of(frames.times, count, 8, kept)
    origins.local_times = <const int64_t *> column_of(frames.local_times, count, 8, kept)
    origins.times_of_day = <const int64_t *> column_of(frames.times_of_day, count, 8, kept)
    origins.flows = <const uint32_t *> column_of(frames.flows, count, 4, kept)
    origins.notes = <const uint8_t *> PyBytes_AS_STRING(notes)
    origins.notes_length = <uint64_t> PyBytes_GET_SIZE(notes)
    origins.note_bounds = <const uint64_t *> column_of(frames.note_bounds, count + 1, 8, kept)
    kept.append(notes)
    return 0
