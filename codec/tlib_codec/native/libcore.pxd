# The C core (core/), as Cython sees it. What each function does stands in tlib_core.h.
from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t

cdef extern from "tlib_core.h" nogil:
    enum:
        TLIB_HEADER
        TLIB_ATTRIBUTE
        TLIB_STRING
        TLIB_INT
        TLIB_BINARY
        TLIB_LIST
        TLIB_LONG
        TLIB_PAIR_STRING
        TLIB_PAIR_INT
        TLIB_PAIR_BINARY
        TLIB_PAIR_LIST
        TLIB_PAIR_UNICODE
        TLIB_OK
        TLIB_TRUNCATED_HEADER
        TLIB_TRUNCATED_FRAME
        TLIB_BAD_VERSION
        TLIB_BAD_FLAGS
        TLIB_FRAME_TOO_LONG
        TLIB_ATTRIBUTE_HEADER
        TLIB_ATTRIBUTE_OVERRUN
        TLIB_INT_LENGTH
        TLIB_LONG_LENGTH
        TLIB_ALWAYS
        TLIB_IN
        TLIB_NOT_IN
        TLIB_ABSENT
        TLIB_EVER
        TLIB_ENDS_IN
        TLIB_ENDS_OTHERWISE
        TLIB_REQUIRED
        TLIB_CLIENTS
        TLIB_UNKNOWN_TYPE
        TLIB_CALLERS_VALUE
        TLIB_MORE_CAPACITY
        TLIB_ITEM_NONE
        TLIB_ITEM_FRAME
        TLIB_ITEM_GAP

    ctypedef struct tlib_error:
        int code
        uint64_t offset
        int32_t attribute
        int64_t expected
        int64_t actual

    ctypedef struct tlib_limits:
        uint32_t frame_body
        uint32_t list_depth
        uint32_t list_pairs

    ctypedef struct tlib_attribute:
        uint32_t offset
        uint32_t length
        uint16_t id
        uint16_t dense
        uint8_t type

    ctypedef struct tlib_rule:
        uint16_t field
        uint16_t other
        uint8_t present
        uint8_t test
        uint32_t first_value
        uint32_t value_count

    ctypedef struct tlib_schema:
        const uint16_t *slot
        const uint8_t *required
        uint32_t slot_count
        uint32_t required_count
        uint32_t client_count
        const tlib_rule *rules
        uint32_t rule_count
        uint8_t beyond
        uint8_t own
        uint8_t when
        uint16_t subject
        uint16_t next
        uint32_t suffix_length
        const char *suffix

    ctypedef struct tlib_tables:
        uint16_t *dense
        uint16_t *schema
        const uint8_t *declared
        const tlib_schema *schemas
        const uint64_t *values

    ctypedef struct tlib_workspace:
        tlib_attribute *attributes
        uint32_t capacity
        uint32_t count
        uint32_t *at
        int ascending
        int callers

    ctypedef struct tlib_stream:
        uint64_t base
        uint64_t work
        uint32_t walked
        uint8_t out_of_step
        uint16_t message
        tlib_error error

    const char *tlib_code_name(int code)
    int tlib_header(const uint8_t *data, size_t length, const tlib_limits *limits, uint16_t *message, uint32_t *body, tlib_error *error)
    int tlib_index(const tlib_tables *tables, const tlib_limits *limits, const uint8_t *data, uint32_t length, int deep, tlib_workspace *room, tlib_error *error)
    void tlib_sort(tlib_workspace *room)
    uint16_t tlib_table(const tlib_tables *tables, uint16_t message, const uint8_t *data, const tlib_workspace *room)
    int tlib_fails(const tlib_tables *tables, const tlib_schema *schema, const uint8_t *data, tlib_workspace *room, int printed)
    int tlib_list(const uint8_t *data, uint32_t start, uint32_t end, const tlib_limits *limits, tlib_error *error)
    size_t tlib_utf8(const uint8_t *data, size_t length)
    int tlib_ascii(const uint8_t *data, size_t length)
    int tlib_next(tlib_stream *stream, const uint8_t *buffer, uint64_t length, int closed, const tlib_limits *limits, uint64_t *item, int *broken)
    uint64_t tlib_next_frame(tlib_stream *stream, const uint8_t *buffer, uint64_t length, int closed, const tlib_limits *limits)
    void tlib_consume(tlib_stream *stream, uint64_t length)
    uint16_t tlib_u16(const uint8_t *p)
    uint32_t tlib_u24(const uint8_t *p)
    uint32_t tlib_u32(const uint8_t *p)
    uint64_t tlib_u64(const uint8_t *p)

cdef extern from "names.h" nogil:
    ctypedef struct tlib_labels:
        const int32_t *direct
        uint32_t direct_count
        const int64_t *numbers
        const int32_t *label_of
        uint32_t number_count
        const uint8_t *text
        const int32_t *offsets
        uint32_t count

    ctypedef struct tlib_names:
        const uint8_t *text
        const uint32_t *offsets
        const int64_t *numbers
        const uint32_t *slots
        uint32_t mask

    int32_t tlib_label(const tlib_labels *labels, int64_t number)
    uint32_t tlib_hash(const uint8_t *text, size_t length)
    int64_t tlib_number(const tlib_names *names, const uint8_t *text, size_t length, int64_t otherwise)
