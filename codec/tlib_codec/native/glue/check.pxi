# The signature of each frame of a run. Included by batches.pyx.


cdef class FrameChecker:
    """Finds the signature of each frame: its table and everything that it breaks, warnings included.

    `check` takes runs of frames; numbers of signatures hold for all of them.
    """

    cdef object registry, limits
    cdef Tables tables
    cdef Checks checks
    cdef tlib_checks core    # of `checks`
    cdef Signatures signatures

    def __cinit__(self, registry, limits):
        self.registry, self.limits, self.signatures = registry, limits, Signatures()
        self.tables, self.checks = tables_of(registry), CHECKS(registry)
        self.core = self.checks.core

    def check(self, bytes data, bytes bounds, bint printed=False):
        """Return (place, number, count) of each signature in order of its first place, and the number of each frame's signature.

        A frame that only Python can judge has the number 0, and stands alone in the list. Numbers are unsigned 32-bit numbers.
        """
        cdef FrameRun run = FrameRun(data, bounds, self.registry, self.limits, printed)
        cdef uint64_t i, at = 0, count = run.core.count
        cdef bytes made = PyBytes_FromStringAndSize(NULL, <Py_ssize_t> (count * sizeof(uint32_t)))
        cdef uint32_t *numbers = <uint32_t *> PyBytes_AS_STRING(made)
        cdef tlib_signature *one
        tlib_check_begin(&self.signatures.core)
        while True:
            with nogil:
                at = tlib_check_run(&run.core, &self.core, &self.signatures.core, at, numbers)
            if at == count:
                break
            run.work.grow()
        found = []
        for i in range(self.signatures.core.seen):
            one = &self.signatures.core.known[self.signatures.core.order[i]]
            found.append((one.place, self.signatures.core.order[i], one.count))
        found += [(i, 0, 1) for i in range(count) if numbers[i] == 0]
        found.sort()
        return found, made
