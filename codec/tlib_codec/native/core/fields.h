/* Fields: the values that a query or a column takes out of a frame and its origin.
 *
 * Strategy: a field says where its values are (attributes, a path into a key-value list, a column of origins, a note). A cursor
 * gives them one by one, as places in the frame or in the buffers of its run: nothing is copied. Where only the caller knows the value
 * the cursor says so.
 */
#ifndef TLIB_FIELDS_H
#define TLIB_FIELDS_H

#include "frames.h"
#include "origins.h"

#define TLIB_FLOW_TEXTS 6 /* src, dst, connection, direction, peer, version */

/* Where the values of a field are. */
enum {
    TLIB_FROM_ATTRIBUTES = 0, /* of the ids `places` */
    TLIB_FROM_LIST,           /* at `path` into the list of the id `places[0]` */
    TLIB_FROM_MESSAGE,        /* the message's number */
    TLIB_FROM_NUMBER,         /* of the column `which`: line, packet, offset */
    TLIB_FROM_TIME,           /* the instant */
    TLIB_FROM_FLOW,           /* of the text of flows `which` */
    TLIB_FROM_FILE,           /* the name of the input */
    TLIB_FROM_NOTE,           /* the note `path`; an empty path is the explanation text */
    TLIB_FROM_ERRORS,         /* the codes of an invalid event: the caller knows them */
    TLIB_FROM_CALLER          /* a composite, or what else only the caller knows */
};

/* The kind of an attribute's values, as the registry declares it. */
enum {
    TLIB_FIELD_TEXT = 0, /* str */
    TLIB_FIELD_UNICODE,  /* str of a Unicode pair */
    TLIB_FIELD_UINT,     /* 32 bits */
    TLIB_FIELD_SINT,     /* 32 bits, signed */
    TLIB_FIELD_LONG,     /* 64 bits, unsigned */
    TLIB_FIELD_HEX,      /* 8 bytes, shown as 16 hex digits */
    TLIB_FIELD_BINARY,   /* bytes */
    TLIB_FIELD_LIST,     /* a packed list */
    TLIB_FIELD_RAW       /* the bytes of an attribute that is not declared, of the wire type `number` */
};

typedef struct {
    uint8_t type;
    int64_t number; /* of a number; one of 64 bits beyond INT64_MAX has these bits and `large` */
    uint8_t large;
    const uint8_t *data; /* of the others */
    uint32_t length;
} tlib_value;

typedef struct {
    uint16_t id;
    uint8_t kind;
} tlib_field_place;

typedef struct {
    uint8_t source;
    uint8_t which;
    const tlib_field_place *places; /* in the order in which a frame gives their values */
    uint32_t place_count;
    const uint8_t *path;
    uint32_t path_length;
} tlib_field;

/* One text of each flow: of flow i text[bounds[i]..bounds[i + 1]). kinds[i] is 0 where it has none, 1 for a text, 2 for the
 * number numbers[i], of which that is the text. */
typedef struct {
    const uint8_t *text;
    const uint32_t *bounds;
    const uint8_t *kinds;
    const int64_t *numbers;
} tlib_flow_texts;

/* One frame of a run, indexed, and its table (0: none). `flows` has TLIB_FLOW_TEXTS; those that no field asks for are zero. `seconds`
 * and `micros` say where an event has its own time; `asks` says by table whether only the caller can make its events. */
typedef struct {
    const tlib_frames *frames;
    const tlib_origins *origins;
    const tlib_flow_texts *flows;
    tlib_field_place seconds, micros;
    const uint8_t *asks;
    uint64_t row;
    const uint8_t *data;
    uint16_t message;
    uint16_t table;
} tlib_subject;

typedef struct {
    uint32_t next;                  /* place, or whether the one value is given */
    uint32_t depth;                 /* of open lists */
    uint32_t end[TLIB_DEEPEST];     /* of each list, from the frame's start */
    uint32_t at[TLIB_DEEPEST];      /* its next pair */
    uint32_t matched[TLIB_DEEPEST]; /* bytes of the path in front of its keys */
} tlib_cursor;

/* Index frame `row`: TLIB_OK, TLIB_MORE_CAPACITY, or another code where it is malformed or where only the caller can judge a value. */
int tlib_subject_open(tlib_subject *subject, uint64_t row);

/* Whether the indexed frame breaks a rule: 0 no, 1 yes, TLIB_ASK. */
int tlib_subject_fails(const tlib_subject *subject);

/* The instant of a frame: 1 with its time, 0 where it has none, TLIB_ASK. */
int tlib_subject_time(const tlib_subject *subject, int64_t *time);

static inline void tlib_cursor_begin(tlib_cursor *cursor) {
    cursor->next = cursor->depth = 0;
}

/* The next value of a field: 1, 0 at the end, TLIB_ASK. */
int tlib_cursor_next(tlib_cursor *cursor, const tlib_subject *subject, const tlib_field *field, tlib_value *value);

#endif
