/* Fields: the values that a query or a column takes out of a frame and its origin.
 *
 * Strategy: a field says where its values are (attributes, a path into a key-value list, a column of origins, a note). A cursor
 * gives them one by one, as places in the frame or in the buffers of its run: nothing is copied. Where only the caller knows the value
 * the cursor says so.
 */
#ifndef TLIB_FIELDS_H
#define TLIB_FIELDS_H

#include "tlib_core.h"

#define TLIB_NO_TIME INT64_MIN
#define TLIB_ORIGIN_NUMBERS 3 /* line, packet, offset */
#define TLIB_FLOW_TEXTS 6     /* src, dst, connection, direction, peer, version */

/* Where the values of a field are. */
enum {
    TLIB_FROM_ATTRIBUTES = 0, /* of the ids `places` */
    TLIB_FROM_LIST,           /* at `path` into the list of the id `places[0]` */
    TLIB_FROM_MESSAGE,        /* the message's number */
    TLIB_FROM_NUMBER,         /* of the column of origins `which` */
    TLIB_FROM_TIME,           /* the instant */
    TLIB_FROM_FLOW,           /* of the text of flows `which` */
    TLIB_FROM_FILE,           /* the name of the input */
    TLIB_FROM_NOTE,           /* the note `path`; an empty path is the explanation text */
    TLIB_FROM_ERRORS,         /* the codes of an invalid event: the caller knows them */
    TLIB_FROM_CALLER          /* a composite, or what else only the caller knows */
};

/* The kind of an attribute's values, as the registry declares it. */
enum {
    TLIB_VALUE_TEXT = 0, /* str */
    TLIB_VALUE_UNICODE,  /* str of a Unicode pair */
    TLIB_VALUE_UINT,     /* 32 bits */
    TLIB_VALUE_SINT,     /* 32 bits, signed */
    TLIB_VALUE_LONG,     /* 64 bits, unsigned */
    TLIB_VALUE_HEX,      /* 8 bytes, shown as 16 hex digits */
    TLIB_VALUE_BINARY,   /* bytes */
    TLIB_VALUE_LIST,     /* a packed list */
    TLIB_VALUE_RAW       /* the bytes of an attribute that is not declared, of the wire type `number` */
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
} tlib_place;

typedef struct {
    uint8_t source;
    uint8_t which;
    const tlib_place *places; /* in the order in which a frame gives their values */
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

/* A run of frames with its origins, as `Frames` in records.py: columns that are not known are NULL. */
typedef struct {
    const uint8_t *data;
    uint64_t data_length;
    const uint64_t *bounds;
    uint64_t count;
    int printed;
    const uint64_t *numbers[TLIB_ORIGIN_NUMBERS];
    const int64_t *times;
    const int64_t *local_times;
    const int64_t *times_of_day;
    const uint32_t *flows;
    uint32_t flow_count;
    const tlib_flow_texts *texts; /* TLIB_FLOW_TEXTS; those that no field asks for are zero */
    const uint8_t *file;
    uint32_t file_length;
    const uint8_t *notes;
    uint64_t notes_length;
    const uint64_t *note_bounds;
} tlib_frames;

/* One frame of a run, indexed. `seconds` and `micros` say where an event has its own time. */
typedef struct {
    const tlib_frames *frames;
    uint64_t row;
    const uint8_t *data;
    uint32_t length;
    uint16_t message;
    const tlib_tables *tables;
    tlib_workspace *space;
    tlib_place seconds, micros;
} tlib_subject;

typedef struct {
    uint32_t next;                  /* place, or whether the one value is given */
    uint32_t depth;                 /* of open lists */
    uint32_t end[TLIB_DEEPEST];     /* of each list, from the frame's start */
    uint32_t at[TLIB_DEEPEST];      /* its next pair */
    uint32_t matched[TLIB_DEEPEST]; /* bytes of the path in front of its keys */
} tlib_cursor;

/* What these functions answer beside 0 and 1. */
enum { TLIB_FIELD_ASK = 2 };

/* Index frame `row` of a run as the caller's `subject`: TLIB_OK, TLIB_MORE_CAPACITY, or another code where it is malformed, or
 * where only the caller can judge one of its values. */
int tlib_subject_open(tlib_subject *subject, const tlib_frames *frames, uint64_t row, const tlib_limits *limits);

/* Whether the indexed frame breaks a rule: 0 no, 1 yes, TLIB_FIELD_ASK. */
int tlib_subject_fails(const tlib_subject *subject);

/* The instant of a frame: 1 with its time, 0 where it has none, TLIB_FIELD_ASK. */
int tlib_subject_time(const tlib_subject *subject, int64_t *time);

static inline void tlib_cursor_begin(tlib_cursor *cursor) {
    cursor->next = cursor->depth = 0;
}

/* The next value of a field: 1, 0 at the end, TLIB_FIELD_ASK. */
int tlib_cursor_next(tlib_cursor *cursor, const tlib_subject *subject, const tlib_field *field, tlib_value *value);

#endif
