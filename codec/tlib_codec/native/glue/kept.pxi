# What the engine keeps from call to call: one struct, everything in it bounded, no class and no registry among it. Included by engine.pyx.

cdef enum:
    KEPT_LISTS = 64
    KEPT_EVENTS = 32
    WIDEST_EVENT = 64  # fields of an event whose memory is kept
    KEPT_KEYS = 1024   # two to the power of the ten bits that the hash of a key keeps
    KEPT_KEY = 32      # bytes of the longest key that is kept
    KEPT_NAMES = 256

cdef struct Kept:
    # Events and lists die as often as they are made: the memory of freed ones serves the next of the same size.
    # Measured: the decoding of a small event takes 10 % less with the one, of a large one 25 % less with the other.
    PyObject *events[WIDEST_EVENT + 1][KEPT_EVENTS]
    int event_count[WIDEST_EVENT + 1]
    PyObject *lists[KEPT_LISTS]
    int list_count
    # The keys of pairs, by their hash: at most 90 kB.
    PyObject *keys[KEPT_KEYS]
    # Names as ``#200`` of ids that nobody declared, by the last byte of the id.
    PyObject *names[KEPT_NAMES]
    uint16_t named[KEPT_NAMES]
    # The registry that was used last, for comparison only, and its tables, which COMPILED owns.
    void *registry
    void *tables

cdef Kept kept
memset(&kept, 0, sizeof(Kept))
