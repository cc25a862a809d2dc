/* Frames to JSON lines, as formats/jsonl/items.py and records.Origin lay them out.
 *
 * Strategy: everything that a registry gives stands ready as text: the members' names with their comma and colon, the names of
 * numbers in quotes. A frame is indexed and judged; its attributes are copied in the order of its table, then those outside the table.
 * A frame that breaks a rule has its attributes in ascending order, and its violations in the words that the caller gave for its signature.
 * One that is malformed, or has a value that only the caller can write, is left to the caller.
 */
#ifndef TLIB_JSON_OUT_H
#define TLIB_JSON_OUT_H

#include "buffer.h"
#include "frames.h"
#include "names.h"
#include "origins.h"
#include "time_text.h"
#include "wording.h"

#define TLIB_COPIED 32 /* bytes that may be read from the beginning of a tlib_text, however short it is */

typedef struct {
    const uint8_t *at;
    uint32_t length;
} tlib_text;

/* How the value of an attribute is written. */
typedef enum {
    TLIB_VALUE_RAW = 0, /* its type is not declared */
    TLIB_VALUE_TEXT,
    TLIB_VALUE_UINT,
    TLIB_VALUE_SINT,
    TLIB_VALUE_LONG,
    TLIB_VALUE_HEX,
    TLIB_VALUE_LABEL, /* an unsigned number with names */
    TLIB_VALUE_SIGNED_LABEL,
    TLIB_VALUE_BINARY,
    TLIB_VALUE_LIST,
    TLIB_VALUE_ASK /* only the caller can write it */
} tlib_value_kind;

/* `names`: the texts of the labels, in quotes. */
typedef struct {
    tlib_text key; /* ,"Name": */
    const tlib_labels *labels;
    const tlib_text *names;
    uint8_t kind;
} tlib_json_attribute;

/* A composite is there when all attributes that it needs are, or any where it needs none. */
enum { TLIB_COMPOSITE_PARTS = 0, TLIB_COMPOSITE_TIME, TLIB_COMPOSITE_ASK };
typedef struct {
    tlib_text key;
    uint16_t first; /* of its slots */
    uint16_t count;
    uint16_t needed;
    uint8_t form;
} tlib_json_composite;

/* A table: by slot, the number plus one of its composite (0: a field of its own) and whether that composite needs it. */
typedef struct {
    const uint16_t *composite;
    const uint8_t *needed;
    const tlib_json_composite *composites;
    uint8_t ask; /* only the caller can write its events */
} tlib_json_table;

/* `attributes` by dense number, `tables` as those of the registry; `heads` are the labels of `messages`: {"Event":"Name". `widest`: bytes
 * of the longest of all these texts. `seconds` and `micros`: the dense numbers of an event's own time, 0 where there is none. `seen` has a
 * bit a slot, all zero between frames. `words` are those of frames that break a rule (NULL: the caller writes them); `made` frames were
 * encoded by their reader. `invalid` gets the place of each frame that is written and breaks a rule, as 64 bits. */
typedef struct {
    const tlib_json_attribute *attributes;
    const tlib_json_table *tables;
    const tlib_labels *messages;
    const tlib_text *heads;
    size_t widest;
    uint16_t seconds, micros;
    uint64_t *seen;
    tlib_buffer keys; /* of a long list */
    tlib_wordings *words;
    int made;
    tlib_buffer invalid;
    tlib_date date;
    int marked; /* a list or notes had a text that is not UTF-8 */
    int stop;   /* why nothing was written: one of those below */
} tlib_json;

/* What a run stopped for. */
enum {
    TLIB_JSON_END = 0,  /* all frames are written */
    TLIB_JSON_FULL,     /* there are `enough` bytes */
    TLIB_JSON_ASK,      /* the frame is for the caller */
    TLIB_JSON_WORD,     /* the caller must word the frame's violations first */
    TLIB_JSON_CAPACITY, /* the workspace needs more capacity */
    TLIB_JSON_MEMORY    /* no memory */
};

/* Append the lines of the frames from *place on, which moves; until the buffer holds `enough` bytes. */
int tlib_json_lines(tlib_json *json, const tlib_frames *frames, const tlib_origins *origins, uint64_t *place, tlib_buffer *out,
                    size_t enough);

/* Find the words of an indexed frame, NULL where it breaks no rule: TLIB_JSON_END, or why it cannot be written. */
int tlib_json_judge(tlib_json *json, const tlib_frames *frames, const tlib_origins *origins, uint64_t i, uint16_t table,
                    const tlib_wording **wording);

/* Note the place of a frame that is written and breaks a rule; a place is reserved by tlib_json_judge. */
static inline void tlib_json_invalid(tlib_json *json, uint64_t i) {
    memcpy(json->invalid.at + json->invalid.length, &i, sizeof i);
    json->invalid.length += sizeof i;
}

/* Write the attributes without a public number in the notes of a frame as an object, nothing where there are none, and find the text of the
 * origin; 8 bytes a byte are reserved. NULL where only the caller can. */
uint8_t *tlib_json_notes(tlib_json *json, uint8_t *out, const tlib_origins *origins, uint64_t i, tlib_note *text);

/* Write the value of an attribute; NULL where only the caller can. Room for tlib_json_list_room of its length and the longest name is
 * reserved. */
uint8_t *tlib_json_value(tlib_json *json, uint8_t *out, const uint8_t *data, const tlib_attribute *attribute);

/* Write the member $source with the comma before it, nothing where the origin is not known. */
uint8_t *tlib_json_source(tlib_json *json, uint8_t *out, const tlib_origins *origins, uint64_t i, const tlib_note *text);
/* The offset of a frame in its input. */
static inline uint64_t tlib_json_offset(const tlib_origins *origins, uint64_t i) {
    return origins->offsets == NULL ? 0 : origins->offsets[i];
}

/* Whether a frame's flow and notes are there. */
int tlib_origin_fits(const tlib_origins *origins, uint64_t i);

/* Whether no key of a checked list repeats, begins with $ or is not UTF-8: 1, 0, or -1 where there is no memory. */
int tlib_json_plain(tlib_json *json, const uint8_t *list);

/* Write a checked list; room for tlib_json_list_room is reserved. NULL where there is no memory. */
uint8_t *tlib_json_list(tlib_json *json, uint8_t *out, const uint8_t *list);

/* Bytes that a list of `length` bytes may become: the nine bytes a byte are those of a pair without key or value. */
static inline size_t tlib_json_list_room(size_t length) {
    return 9 * length + 64;
}

/* Find the own time of an indexed frame, in nanoseconds since 1970; TLIB_NO_TIME where it has none. 0 where only the caller can. */
int tlib_json_own_time(const tlib_json *json, const uint8_t *data, const tlib_workspace *space, const tlib_schema *schema, int64_t *time);

#endif
