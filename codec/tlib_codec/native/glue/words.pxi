# The words about invalid frames, which the caller makes once a signature. Included by text.pyx.

cdef extern from "wording.h" nogil:
    ctypedef struct tlib_hole:
        uint32_t end
        uint32_t first
        uint32_t count

    ctypedef struct tlib_wording:
        const uint8_t *text
        const tlib_hole *holes
        const uint16_t *ids
        uint32_t length
        uint32_t hole_count
        uint8_t ask

    ctypedef struct tlib_wordings:
        const tlib_checks *checks
        tlib_signatures *signatures
        const tlib_wording *known
        uint32_t wanted


cdef class Words:
    """Words the violations of invalid frames, each signature of a frame once.

    `wording` gets frames, a place, the registry and the limits. It returns a text and its holes, which are a place in the text and the
    numbers of the attributes at whose first the offset points, or None where frames of the same signature need words of their own.
    """

    cdef object registry, wording
    cdef Checks checks
    cdef Signatures signatures
    cdef tlib_wordings core
    cdef list kept

    def __cinit__(self, registry, wording):
        self.registry, self.wording, self.kept = registry, wording, []

    def __dealloc__(self):
        PyMem_Free(<void *> self.core.known)

    cdef int begin(self) except -1:
        self.checks, self.signatures = Checks(self.registry), Signatures()
        self.core.known = <const tlib_wording *> zeroed(TLIB_MAX_SIGNATURES + 1, sizeof(tlib_wording))
        self.core.signatures, self.core.checks = &self.signatures.core, &self.checks.core
        return 0

    cdef int learn(self, frames, uint64_t place, limits) except -1:
        """Word the frame at a place, whose signature is wanted."""
        cdef tlib_wording *made = <tlib_wording *> &self.core.known[self.core.wanted]
        cdef bytes text, places, ids
        found = self.wording(frames, place, self.registry, limits)
        if found is None:
            made.ask = True
            return 0
        text, holes = found
        numbers, all_ids = [], []
        for end, some in holes:
            numbers += (end, len(all_ids), len(some))
            all_ids += some
        places, ids = packed("I", numbers), packed("H", all_ids)
        self.kept.append((text, places, ids))
        made.holes, made.hole_count = <const tlib_hole *> PyBytes_AS_STRING(places), <uint32_t> len(holes)
        made.ids = <const uint16_t *> PyBytes_AS_STRING(ids)
        made.length, made.text = <uint32_t> len(text), <const uint8_t *> PyBytes_AS_STRING(text)
        return 0
