# The words of a registry as the core reads them. Included by engine.pyx.

cdef enum:
    INDEXED = 1 << 16  # numbers below it that have a label are found by an index


cdef class Labels:
    """Names of numbers as the core reads them, from pairs of a number and its name."""

    def __cinit__(self, tuple known):
        cdef list encoded = [name.encode("utf-8", "replace") for _, name in known]
        cdef int32_t *array
        cdef int64_t *wide
        cdef Py_ssize_t i
        cdef int32_t end = 0
        direct = {number: i for i, (number, _) in enumerate(known) if 0 <= number < INDEXED}
        others = sorted((number, i) for i, (number, _) in enumerate(known) if not 0 <= number < INDEXED)
        self.labels.direct_count = max(direct) + 1 if direct else 0
        array = <int32_t *> zeroed(self.labels.direct_count, sizeof(int32_t))
        self.direct = array
        for i in range(self.labels.direct_count):
            array[i] = direct.get(i, -1)
        wide = <int64_t *> zeroed(len(others), sizeof(int64_t))
        self.numbers = wide
        array = <int32_t *> zeroed(len(others), sizeof(int32_t))
        self.label_of = array
        for i, (number, which) in enumerate(others):
            wide[i] = number
            array[i] = which
        array = <int32_t *> zeroed(len(encoded) + 1, sizeof(int32_t))
        self.offsets = array
        for i in range(len(encoded)):
            end += <int32_t> len(encoded[i])
            array[i + 1] = end
        self.text = b"".join(encoded)
        self.labels.direct = <const int32_t *> self.direct
        self.labels.numbers = wide
        self.labels.label_of = <const int32_t *> self.label_of
        self.labels.number_count = <uint32_t> len(others)
        self.labels.text = <const uint8_t *> PyBytes_AS_STRING(self.text)
        self.labels.offsets = array
        self.labels.count = <uint32_t> len(encoded)

    def __dealloc__(self):
        PyMem_Free(self.direct)
        PyMem_Free(self.numbers)
        PyMem_Free(self.label_of)
        PyMem_Free(self.offsets)


cdef class Names:
    """Numbers of names as the core reads them, from a mapping of names to numbers."""

    def __cinit__(self, known):
        cdef list encoded = [name.encode("utf-8", "surrogateescape") for name in known]
        cdef uint32_t size = 8, at, end = 0
        cdef Py_ssize_t i
        while size < 2 * len(encoded) + 1:
            size *= 2
        self.text = b"".join(encoded)
        self.offsets = <uint32_t *> zeroed(len(encoded) + 1, sizeof(uint32_t))
        self.numbers = <int64_t *> zeroed(len(encoded), sizeof(int64_t))
        self.slots = <uint32_t *> zeroed(size, sizeof(uint32_t))
        for i, (name, number) in enumerate(zip(encoded, known.values())):
            end += <uint32_t> len(name)
            self.offsets[i + 1] = end
            self.numbers[i] = number
            at = tlib_hash(<const uint8_t *> PyBytes_AS_STRING(name), len(name)) & (size - 1)
            while self.slots[at]:
                at = (at + 1) & (size - 1)
            self.slots[at] = <uint32_t> i + 1
        self.names.text = <const uint8_t *> PyBytes_AS_STRING(self.text)
        self.names.offsets = self.offsets
        self.names.numbers = self.numbers
        self.names.slots = self.slots
        self.names.mask = size - 1

    def __dealloc__(self):
        PyMem_Free(self.offsets)
        PyMem_Free(self.numbers)
        PyMem_Free(self.slots)
