# Redaction of frames, and pseudonyms of texts. Included by batches.pyx.

cdef extern from "pseudonym.h" nogil:
    enum:
        TLIB_ALPHABETS
        TLIB_CODE_BLOCKS
        TLIB_ESCAPED
        TLIB_CACHE
    ctypedef struct tlib_blake:
        pass
    ctypedef struct tlib_alphabet:
        uint32_t id
        uint8_t count
        uint8_t decimal
        uint8_t letters[64]
    ctypedef struct tlib_code_block:
        uint8_t alphabet[64]
        uint8_t index[64]
        tlib_alphabet alphabets[24]
    ctypedef struct tlib_kept_pseudonym:
        pass
    ctypedef struct tlib_pseudonyms:
        tlib_blake keyed
        tlib_code_block *blocks[17408]
        tlib_kept_pseudonym *cache
        void *context
        tlib_code_block *(*block)(void *context, uint32_t number) noexcept nogil
    void tlib_blake_key(tlib_blake *state, const uint8_t *key, size_t length)
    int tlib_pseudonym(tlib_pseudonyms *names, const uint8_t *text, uint32_t length, uint8_t *out)
    uint64_t tlib_pseudonym_number(tlib_pseudonyms *names, uint64_t number)

cdef extern from "redact.h" nogil:
    enum:
        TLIB_REDACTED
        TLIB_ASK_FRAME
        TLIB_WIDER
        TLIB_FAILED
        TLIB_KEEP_ALL
        TLIB_NOT_WANTED
        TLIB_WANTED
    ctypedef struct tlib_redaction:
        tlib_pseudonyms *names
        const uint8_t *actions
        const uint16_t *kept
        uint32_t kept_count
        const uint32_t *members
        const uint32_t *members_at
        int ids
        int every
        void *context
        int (*wants)(void *context, const uint8_t *path, uint32_t length, uint32_t key, int inside) noexcept nogil
    int tlib_redact(
        const tlib_redaction *redaction, const tlib_frames *frames, uint64_t i, uint8_t *out, uint32_t *changed, uint32_t changed_count
    )

cdef enum:
    MOST_KEYS = 1 << 16    # answers about keys that are remembered


cdef tlib_code_block *new_block(void *context, uint32_t number) noexcept with gil:
    """Make a block of Unicode; the cipher keeps the error where that fails."""
    cdef Cipher cipher = <Cipher> context
    cdef tlib_code_block *block = NULL
    cdef tlib_alphabet *one
    cdef uint32_t place, which
    # The last byte of a character in UTF-8 is its place in the block, under these bits.
    cdef uint8_t bits = 0xC0 if number == (TLIB_ESCAPED + 0xC0) // 64 else 0x80 if number > 1 else 0x40 if number else 0
    try:
        block = <tlib_code_block *> zeroed(1, sizeof(tlib_code_block))
        memset(block.alphabet, TLIB_ALPHABETS, sizeof(block.alphabet))
        for which, alphabet in enumerate(cipher.code_block(number)):
            one = &block.alphabets[which]
            one.id, one.decimal = alphabet.id, alphabet.decimal
            for letter in alphabet.characters:
                place = <uint32_t> ord(letter) % 64
                block.alphabet[place] = <uint8_t> which
                block.index[place] = one.count
                one.letters[one.count] = <uint8_t> place | bits
                one.count += 1
    except BaseException as error:
        cipher.error = error
        PyMem_Free(block)
        return NULL
    return block


cdef class Cipher:
    """`redact.Pseudonyms` in C, under a key of 32 bytes; `code_block` is that of `redact.pseudonym`."""

    cdef tlib_pseudonyms *names
    cdef object code_block, error

    def __cinit__(self, bytes key not None, code_block):
        if len(key) != 32:
            raise ValueError(f"expected a key of 32 bytes, found {len(key)}")
        self.code_block = code_block
        self.names = <tlib_pseudonyms *> zeroed(1, sizeof(tlib_pseudonyms))
        self.names.cache = <tlib_kept_pseudonym *> zeroed(TLIB_CACHE, sizeof(tlib_kept_pseudonym))
        self.names.context = <void *> self
        self.names.block = new_block
        tlib_blake_key(&self.names.keyed, <const uint8_t *> PyBytes_AS_STRING(key), 32)

    def __dealloc__(self):
        cdef uint32_t i
        if self.names != NULL:
            for i in range(TLIB_CODE_BLOCKS):
                PyMem_Free(self.names.blocks[i])
            PyMem_Free(self.names.cache)
            PyMem_Free(self.names)

    cdef object failed(self):
        """Raise the error of a function that the core called."""
        error, self.error = self.error, None
        raise error

    def text(self, bytes text not None):
        """Return the pseudonym of a text; bytes that are not UTF-8 are replaced too."""
        cdef bytes out = PyBytes_FromStringAndSize(NULL, PyBytes_GET_SIZE(text))
        cdef const uint8_t *at = <const uint8_t *> PyBytes_AS_STRING(text)
        if len(text) > 0xFFFFFFFF:
            raise ValueError("a text of more than 4 GiB")
        if tlib_pseudonym(self.names, at, <uint32_t> PyBytes_GET_SIZE(text), <uint8_t *> PyBytes_AS_STRING(out)):
            self.failed()
        return out

    def number(self, uint64_t number):
        """Return the pseudonym of a number of 64 bits."""
        return tlib_pseudonym_number(self.names, number)


cdef int wanted(void *context, const uint8_t *path, uint32_t length, uint32_t key, int inside) noexcept with gil:
    """Return whether to replace the value under a key; the redaction keeps the error where that fails."""
    cdef Redaction redaction = <Redaction> context
    try:
        asked = (PyBytes_FromStringAndSize(<const char *> path, length), key, inside)
        answer = redaction.answers.get(asked)
        if answer is None:
            whole = asked[0].decode("utf-8", "surrogateescape")
            last = asked[0][length - key :].decode("utf-8", "surrogateescape")
            result = redaction.wants(last, whole, bool(inside))
            answer = TLIB_KEEP_ALL if result is None else TLIB_WANTED if result else TLIB_NOT_WANTED
            if len(redaction.answers) >= MOST_KEYS:
                redaction.answers.clear()
            redaction.answers[asked] = answer
        return answer
    except BaseException as error:
        redaction.cipher.error = error
        return -1


cdef class Redaction:
    """Replaces the values of frames: `actions` and `members` (of an enumeration) have one for each dense number, `kept` are undeclared ids.

    `wants` is `Redactor.wants`, None where every value is wanted.
    """

    cdef Cipher cipher
    cdef bytes actions
    cdef object registry, wants
    cdef dict answers
    cdef tlib_redaction core
    cdef uint16_t *kept
    cdef uint32_t *members
    cdef uint32_t *members_at
    cdef uint32_t *changed
    cdef uint32_t width
    cdef uint64_t *counts     # by attribute id
    cdef uint16_t *counted    # the ids of which something is counted
    cdef uint32_t ids

    def __cinit__(self, Cipher cipher not None, registry, bytes actions not None, members, kept, bint ids, wants):
        cdef uint32_t i, at = 0
        if not len(actions) == len(members) == len(registry.dictionary) + 1:
            raise ValueError("actions, members: expected one for each attribute of the registry, and the first")
        self.cipher, self.registry, self.actions, self.wants, self.answers = cipher, registry, actions, wants, {}
        self.kept = <uint16_t *> zeroed(len(kept), sizeof(uint16_t))
        for i, number in enumerate(kept):
            self.kept[i] = number
        self.members = <uint32_t *> zeroed(sum(map(len, members)), sizeof(uint32_t))
        self.members_at = <uint32_t *> zeroed(len(members) + 1, sizeof(uint32_t))
        for i, group in enumerate(members):
            for member in group:
                self.members[at] = member
                at += 1
            self.members_at[i + 1] = at
        self.counts = <uint64_t *> zeroed(1 << 16, sizeof(uint64_t))
        self.counted = <uint16_t *> zeroed(1 << 16, sizeof(uint16_t))
        self.core.names = cipher.names
        self.core.actions = <const uint8_t *> PyBytes_AS_STRING(actions)
        self.core.kept, self.core.kept_count = self.kept, <uint32_t> len(kept)
        self.core.members, self.core.members_at = self.members, self.members_at
        self.core.ids, self.core.every = ids, wants is None
        self.core.context, self.core.wants = <void *> self, wanted

    def __dealloc__(self):
        PyMem_Free(self.kept)
        PyMem_Free(self.members)
        PyMem_Free(self.members_at)
        PyMem_Free(self.changed)
        PyMem_Free(self.counts)
        PyMem_Free(self.counted)

    def frames(self, bytes data not None, bytes bounds not None, limits):
        """Return the data with pseudonyms, the places of the frames that are left to Python, and how many values of which attributes changed.

        The frames that are left stand in the data as they were.
        """
        cdef FrameRun run = FrameRun(data, bounds, self.registry, limits, False)
        cdef bytes made = PyBytes_FromStringAndSize(PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data))
        cdef uint8_t *out = <uint8_t *> PyBytes_AS_STRING(made)
        cdef uint64_t i = 0
        cdef uint32_t k
        cdef int state
        cdef list left = []
        while i < run.core.count:
            with nogil:
                state = self.some(run, out, &i)
            if state == TLIB_FAILED:
                self.cipher.failed()
            elif state == TLIB_ASK_FRAME:
                memcpy(out + run.core.bounds[i], run.core.data + run.core.bounds[i], run.core.bounds[i + 1] - run.core.bounds[i])
                left.append(i)
                i += 1
            elif state == TLIB_WIDER:
                self.widen(run)
        counts = {self.counted[k]: self.counts[self.counted[k]] for k in range(self.ids)}
        for k in range(self.ids):
            self.counts[self.counted[k]] = 0
        self.ids = 0
        return made, left, counts

    cdef int widen(self, FrameRun run) except -1:
        """Make capacity for more attributes: first the counts as for the workspace, then both."""
        cdef void *more
        if self.width >= run.core.space.capacity:
            run.work.grow()
        more = PyMem_Realloc(self.changed, run.core.space.capacity * sizeof(uint32_t))
        if more == NULL:
            raise MemoryError
        self.changed, self.width = <uint32_t *> more, run.core.space.capacity
        return 0

    cdef int some(self, FrameRun run, uint8_t *out, uint64_t *place) noexcept nogil:
        """Replace the values of frames up to one that is not plain; return its state."""
        cdef uint32_t k
        cdef uint16_t number
        cdef int state
        while place[0] < run.core.count:
            state = tlib_redact(&self.core, &run.core, place[0], out + run.core.bounds[place[0]], self.changed, self.width)
            if state != TLIB_REDACTED:
                return state
            for k in range(run.core.space.count):
                number = run.core.space.attributes[k].id
                if self.changed[k] and not self.counts[number]:
                    self.counted[self.ids] = number
                    self.ids += 1
                self.counts[number] += self.changed[k]
            place[0] += 1
        return TLIB_REDACTED
