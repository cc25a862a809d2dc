/* The core of the codec, without Python: frames, attribute index, packed lists, streams.
 *
 * Strategy: the protocol is a table (`tlib_tables`) that the caller builds from its registry; these
 * functions only follow lengths through bytes that they have checked. Nothing is allocated here,
 * nothing recurses on input, every multi-byte load is a memcpy. Integers are big-endian on the wire.
 *
 * A frame is at most 4 GiB, so offsets inside one fit 32 bits. Functions that can fail return 0 on
 * success and otherwise fill a tlib_error whose code and offset are those of the reference engine.
 */
#ifndef TLIB_CORE_H
#define TLIB_CORE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define TLIB_HEADER 10   /* bytes of frame header */
#define TLIB_ATTRIBUTE 6 /* bytes of attribute header */
#define TLIB_DEEPEST 200 /* no limit on list depth may exceed it */

enum { TLIB_STRING = 0, TLIB_INT = 1, TLIB_BINARY = 2, TLIB_LIST = 3, TLIB_LONG = 6 };
enum { TLIB_PAIR_STRING = 0, TLIB_PAIR_INT = 1, TLIB_PAIR_BINARY = 2, TLIB_PAIR_LIST = 3, TLIB_PAIR_UNICODE = 4 };

/* Error codes; tlib_code_name gives the stable name. */
typedef enum {
    TLIB_OK = 0,
    TLIB_TRUNCATED_HEADER,
    TLIB_TRUNCATED_FRAME,
    TLIB_BAD_MAGIC,
    TLIB_BAD_VERSION,
    TLIB_BAD_FLAGS,
    TLIB_TRAILING_BYTES,
    TLIB_FRAME_TOO_LONG,
    TLIB_ATTRIBUTE_HEADER,
    TLIB_ATTRIBUTE_OVERRUN,
    TLIB_DUPLICATE_ATTRIBUTE,
    TLIB_ATTRIBUTE_TYPE,
    TLIB_INT_LENGTH,
    TLIB_LONG_LENGTH,
    TLIB_LIST_HEADER,
    TLIB_LIST_TRAILING,
    TLIB_LIST_LENGTH,
    TLIB_LIST_TOO_DEEP,
    TLIB_LIST_TOO_MANY_PAIRS,
    TLIB_PAIR_HEADER,
    TLIB_PAIR_OVERRUN,
    TLIB_PAIR_TYPE_CODE,
    TLIB_PAIR_INT_LENGTH,
    TLIB_PAIR_UNICODE_CODE,
    TLIB_CODES
} tlib_code;

const char *tlib_code_name(int code);

/* `offset` counts from the start of the bytes given; `attribute` is the id it happened in, -1 where
 * in none; `expected` and `actual` are the numbers that the message needs. */
typedef struct {
    int code;
    uint64_t offset;
    int32_t attribute;
    int64_t expected;
    int64_t actual;
} tlib_error;

typedef struct {
    uint32_t frame_body;
    uint32_t list_depth;
    uint32_t list_pairs;
} tlib_limits;

/* One attribute of a frame: its value is `length` bytes at `offset` from the frame's start; `dense`
 * is its number in the dictionary, 0 where it has none. */
typedef struct {
    uint32_t offset;
    uint32_t length;
    uint16_t id;
    uint16_t dense;
    uint8_t type;
} tlib_attribute;

/* A rule of severity ERROR, on slots of its schema: broken when the field is present (or absent)
 * while the other field is as `test` says. */
enum { TLIB_ALWAYS = 0, TLIB_IN, TLIB_NOT_IN, TLIB_ABSENT };
typedef struct {
    uint16_t field;
    uint16_t other;
    uint8_t present;
    uint8_t test;
    uint32_t first_value; /* in tlib_tables.values */
    uint32_t value_count;
} tlib_rule;

/* The circumstance of a table, where a message has several: the text of one attribute ends in `suffix` or is absent, or it
 * is present and does not. */
enum { TLIB_EVER = 0, TLIB_ENDS_IN, TLIB_ENDS_OTHERWISE };

/* Whether an attribute of a table is required: always, or by all but a log, since the receiving client sets it. */
enum { TLIB_OPTIONAL = 0, TLIB_REQUIRED = 1, TLIB_CLIENTS = 2 };

/* One event's table: `slot` maps the dense number of an attribute to its place in the table plus
 * one (0: not listed); `required` by slot is one of TLIB_REQUIRED; rules likewise on slots. `when` is its circumstance, on the attribute
 * with the dense number `subject`; `next` is the number plus one of the next table of its message, 0 where it is the last. */
typedef struct {
    const uint16_t *slot;
    const uint8_t *required;
    uint32_t slot_count;
    uint32_t required_count; /* attributes that are required, those of the client included */
    uint32_t client_count;
    const tlib_rule *rules;
    uint32_t rule_count;
    uint8_t beyond; /* has rules that only the caller can evaluate */
    uint8_t own;    /* its class may change values when an event is made: only the caller knows the event */
    uint8_t when;
    uint16_t subject;
    uint16_t next;
    uint32_t suffix_length;
    const char *suffix;
} tlib_schema;

#define TLIB_UNKNOWN_TYPE 0xFF
#define TLIB_CALLERS_VALUE 0x80 /* or'ed to a type: only the caller can check the value */

typedef struct {
    uint16_t dense[65536];   /* number in the dictionary by attribute id, 0: not in it */
    uint16_t schema[65536];  /* number plus one of the first schema by message, 0: none */
    const uint8_t *declared; /* wire type by number in the dictionary; TLIB_UNKNOWN_TYPE: any type */
    const tlib_schema *schemas;
    const uint64_t *values;
} tlib_tables;

/* Memory that a caller lends: `attributes` for `capacity` entries, `at` for one entry more than the
 * largest slot_count, `seen` all zero between calls. */
typedef struct {
    tlib_attribute *attributes;
    uint32_t capacity;
    uint32_t count;
    uint32_t *at;
    int ascending; /* the indexed ids were */
    int callers;   /* one of them has a value that only the caller can check */
    uint64_t seen[1024];
} tlib_workspace;

#define TLIB_MORE_CAPACITY (-1) /* tlib_index: the workspace needs more capacity; try again */

/* Header of the frame at `data`: message and length of the attributes. */
int tlib_header(const uint8_t *data, size_t length, const tlib_limits *limits, uint16_t *message, uint32_t *body, tlib_error *error);

/* Index the attributes of a whole frame (data[0..length), header already read). `deep` also checks
 * the contents of lists. On success the workspace holds them in order of arrival. */
int tlib_index(const tlib_tables *tables, const tlib_limits *limits, const uint8_t *data, uint32_t length, int deep, tlib_workspace *space,
               tlib_error *error);

/* Put the indexed attributes into ascending order of id. */
void tlib_sort(tlib_workspace *space);

/* The number plus one of the table that holds for the indexed frame of a message; 0 where none does. */
uint16_t tlib_table(const tlib_tables *tables, uint16_t message, const uint8_t *data, const tlib_workspace *space);

/* Whether the indexed frame breaks a rule of severity ERROR of `schema`, its circumstance included: 0 no, 1 yes, 2 the
 * caller must look (tlib_schema.beyond). A `printed` frame holds an event of a log. */
int tlib_fails(const tlib_tables *tables, const tlib_schema *schema, const uint8_t *data, tlib_workspace *space, int printed);

/* Check one packed list that fills data[start..end). */
int tlib_list(const uint8_t *data, uint32_t start, uint32_t end, const tlib_limits *limits, tlib_error *error);

/* Length of the longest valid UTF-8 prefix (whole characters). */
size_t tlib_utf8(const uint8_t *data, size_t length);

/* -- streams ------------------------------------------------------------------------------------ */

enum { TLIB_ITEM_NONE = 0, TLIB_ITEM_FRAME, TLIB_ITEM_GAP };

/* Where a stream stands; see stream.py for the strategy. Zero it, then set walked = TLIB_HEADER. */
typedef struct {
    uint64_t base;   /* stream offset of the buffer's first byte */
    uint64_t work;   /* attribute headers followed in all */
    uint64_t search; /* where to look on for a sign of a frame, if out of step */
    uint32_t walked; /* how far the current frame's headers have been followed */
    uint8_t out_of_step;
    uint8_t has_error; /* `error` (offset from stream start) is the broken frame's */
    uint16_t message;  /* of that frame, if its header was read */
    tlib_error error;
} tlib_stream;

/* What the buffer begins with: an item and its length. TLIB_ITEM_NONE: more bytes are needed. A
 * TLIB_ITEM_FRAME has a sound chain of attribute headers and is not checked further. The caller
 * consumes the item by tlib_consume before it asks again. `broken` is set where a gap begins with a
 * broken frame: then stream->error tells. */
int tlib_next(tlib_stream *stream, const uint8_t *buffer, uint64_t length, int closed, const tlib_limits *limits, uint64_t *item,
              int *broken);
/* The same for frames alone: the length of the frame that the buffer begins with, 0 where more bytes are
 * needed or where tlib_next gives no frame next. */
uint64_t tlib_next_frame(tlib_stream *stream, const uint8_t *buffer, uint64_t length, int closed, const tlib_limits *limits);
void tlib_consume(tlib_stream *stream, uint64_t length);

/* -- loads ---------------------------------------------------------------------------------------- */

static inline uint16_t tlib_u16(const uint8_t *p) {
    return (uint16_t)((p[0] << 8) | p[1]);
}
static inline uint32_t tlib_u24(const uint8_t *p) {
    return ((uint32_t)p[0] << 16) | ((uint32_t)p[1] << 8) | p[2];
}
static inline uint32_t tlib_u32(const uint8_t *p) {
    return ((uint32_t)p[0] << 24) | ((uint32_t)p[1] << 16) | ((uint32_t)p[2] << 8) | (uint32_t)p[3];
}
static inline uint64_t tlib_u64(const uint8_t *p) {
    return ((uint64_t)tlib_u32(p) << 32) | tlib_u32(p + 4);
}

/* -- stores --------------------------------------------------------------------------------------- */

static inline void tlib_put16(uint8_t *at, uint32_t value) {
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}
static inline void tlib_put32(uint8_t *at, uint32_t value) {
    tlib_put16(at, value >> 16);
    tlib_put16(at + 2, value);
}
static inline void tlib_put64(uint8_t *at, uint64_t value) {
    tlib_put32(at, (uint32_t)(value >> 32));
    tlib_put32(at + 4, (uint32_t)value);
}

/* Whether all bytes are below 0x80. */
static inline int tlib_ascii(const uint8_t *data, size_t length) {
    uint64_t word, bits = 0;
    size_t i = 0;
    for (; i + 8 <= length; i += 8) {
        memcpy(&word, data + i, 8);
        bits |= word;
    }
    for (; i < length; i++)
        bits |= data[i];
    return (bits & 0x8080808080808080u) == 0;
}

static inline int tlib_fail(tlib_error *error, int code, uint64_t offset, int32_t attribute, int64_t expected, int64_t actual) {
    error->code = code;
    error->offset = offset;
    error->attribute = attribute;
    error->expected = expected;
    error->actual = actual;
    return code;
}

#endif
