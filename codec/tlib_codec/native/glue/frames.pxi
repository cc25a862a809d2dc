# Runs of frames as the C core reads them, and the verdict on each. Included by batches.pyx.

cdef extern from "frames.h" nogil:
    ctypedef struct tlib_frames:
        const tlib_tables *tables
        tlib_limits limits
        tlib_workspace *space
        const uint8_t *data
        const uint64_t *bounds
        uint64_t count
        int printed

    int tlib_bounds_fit(const uint64_t *bounds, uint64_t count, uint64_t length)
    int tlib_frames_index(const tlib_frames *frames, uint64_t i, uint16_t *table)
    uint64_t tlib_frames_verdicts(const tlib_frames *frames, uint64_t start, uint8_t *out)


cdef class FrameRun:
    """A run of frames, and the workspace to index them."""

    cdef object data, bounds  # kept alive
    cdef Tables tables
    cdef Workspace work
    cdef tlib_frames core

    def __cinit__(self, bytes data, bytes bounds, registry, limits, bint printed):
        cdef Py_ssize_t size = PyBytes_GET_SIZE(bounds)
        if size < 8 or size % 8:
            raise ValueError("bounds: expected unsigned 64-bit numbers, one more than frames")
        self.data, self.bounds = data, bounds
        self.tables = tables_of(registry)
        self.work = Workspace()
        self.work.widen(self.tables)
        self.core.tables = self.tables.tables
        self.core.limits = limits_of(limits)
        self.core.space = self.work.space
        self.core.data = <const uint8_t *> PyBytes_AS_STRING(data)
        self.core.bounds = <const uint64_t *> PyBytes_AS_STRING(bounds)
        self.core.count = <uint64_t> (size // 8 - 1)
        self.core.printed = printed
        if not tlib_bounds_fit(self.core.bounds, self.core.count, <uint64_t> PyBytes_GET_SIZE(data)):
            raise ValueError("bounds: expected ascending places within the data")


def verdicts(bytes data, bytes bounds, registry, limits, bint printed=False):
    """Return a byte for each frame: 0 valid, 1 it breaks a rule of severity ERROR, 2 it is malformed or only Python can judge it."""
    cdef FrameRun run = FrameRun(data, bounds, registry, limits, printed)
    cdef bytes made = PyBytes_FromStringAndSize(NULL, <Py_ssize_t> run.core.count)
    cdef uint8_t *out = <uint8_t *> PyBytes_AS_STRING(made)
    cdef uint64_t at = 0
    while True:
        with nogil:
            at = tlib_frames_verdicts(&run.core, at, out)
        if at == run.core.count:
            return made
        run.work.grow()
