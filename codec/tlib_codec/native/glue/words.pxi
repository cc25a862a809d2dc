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

    enum:
        TLIB_UNWORDED
        TLIB_UNSURE

    int tlib_find_wording(tlib_wordings *words, const tlib_frames *frames, const uint8_t *data, uint16_t table, int made,
                          const tlib_wording **found)
    size_t tlib_wording_room(const tlib_wording *wording)
    uint8_t *tlib_write_wording(uint8_t *out, const tlib_wording *wording, const tlib_workspace *space, uint64_t base)

cdef extern from "stdint.h" nogil:
    uint64_t INT64_MAX


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

    cdef int word(self, frames, uint64_t place, limits) except -1:
        """Make what the core waits for at a frame: the demands of the registry, or the words of the frame's signature."""
        return self.begin() if self.checks is None else self.learn(frames, place, limits)

    cdef int begin(self) except -1:
        self.checks, self.signatures = CHECKS(self.registry), Signatures()
        self.core.known = <const tlib_wording *> zeroed(TLIB_MAX_SIGNATURES + 1, sizeof(tlib_wording))
        self.core.signatures, self.core.checks = &self.signatures.core, &self.checks.core
        return 0

    cdef int learn(self, frames, uint64_t place, limits) except -1:
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


cdef class WordedFrames:
    """The words about the invalid frames of a run."""

    cdef Words words
    cdef FrameRun run
    cdef object source, limits
    cdef bytes offsets
    cdef bint made

    def __cinit__(self, Words words not None, frames, limits):
        self.words, self.source, self.limits = words, frames, limits
        self.run = FrameRun(frames.data, frames.bounds, words.registry, limits, frames.printed)
        self.offsets, self.made = frames.offsets, frames.made
        if self.offsets is not None and <uint64_t> PyBytes_GET_SIZE(self.offsets) != 8 * self.run.core.count:
            raise ValueError("offsets: expected a number for each frame")

    def text(self, uint64_t place):
        """Return the words about a frame; None where only the caller can make them."""
        cdef const tlib_wording *found = NULL
        cdef uint16_t table = 0
        cdef uint64_t base = 0
        cdef bytes made
        cdef int code = TLIB_MORE_CAPACITY
        if place >= self.run.core.count:
            raise IndexError(place)
        while code == TLIB_MORE_CAPACITY:
            code = tlib_frames_index(&self.run.core, place, &table)
            if code == TLIB_MORE_CAPACITY:
                self.run.work.grow()
        if self.offsets is not None:
            base = (<const uint64_t *> PyBytes_AS_STRING(self.offsets))[place]
        if code or not table or base > INT64_MAX:
            return None
        code = TLIB_UNWORDED
        while code == TLIB_UNWORDED:
            code = tlib_find_wording(
                &self.words.core, &self.run.core, self.run.core.data + self.run.core.bounds[place], table, self.made, &found
            )
            if code == TLIB_UNWORDED:
                self.words.word(self.source, place, self.limits)
        if code == TLIB_UNSURE:
            return None
        made = PyBytes_FromStringAndSize(NULL, <Py_ssize_t> tlib_wording_room(found))
        length = tlib_write_wording(<uint8_t *> PyBytes_AS_STRING(made), found, self.run.core.space, base) - <uint8_t *> PyBytes_AS_STRING(made)
        return made[:length]
