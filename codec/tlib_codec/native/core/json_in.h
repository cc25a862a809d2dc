/* JSON lines to frames.
 *
 * Strategy: a line is read once, by the names of the registry. Its attributes become those of a canonical frame, ascending by id, its
 * origin becomes a row of columns, and a run of rows becomes one Frames. A line that is not of the usual form in every respect is not
 * judged here: the run stops before it (TLIB_LINES_ASK), the caller reads that line, and the C goes on behind it. A row that does not fit
 * the run (another file, another set of columns) ends it: the caller takes the run and begins the next.
 *
 * The state is the caller's and holds buffers that grow with the longest line and the rows of a run.
 */
#ifndef TLIB_JSON_IN_H
#define TLIB_JSON_IN_H

#include "buffer.h"
#include "json_read.h"
#include "names.h"
#include "tlib_core.h"

enum { TLIB_READ_MEMORY = -2 };

/* The kinds of values, numbered as in glue/values.pxi. */
enum {
    TLIB_KIND_STRING = 0,
    TLIB_KIND_UINT,
    TLIB_KIND_SINT,
    TLIB_KIND_BINARY,
    TLIB_KIND_LIST,
    TLIB_KIND_LONG,
    TLIB_KIND_CONN_ID,
    TLIB_KIND_ENUM,
    TLIB_KIND_SIGNED_ENUM,
    TLIB_KIND_RAW
};

#define TLIB_COMPOSITE 0x10000 /* labels of composites are numbered from here */

/* A field over several attributes. A `timestamp` is written as one text, and stands for the ids of seconds and microseconds. */
typedef struct {
    const tlib_names *parts;
    int timestamp;
    uint16_t seconds;
    uint16_t microseconds;
} tlib_composite;

/* A registry as JSON names it. `enumerations` has by dense number the names of its values, NULL where it has none. */
typedef struct {
    const tlib_tables *tables;
    const uint8_t *kinds;
    const tlib_names *const *enumerations;
    const tlib_names *labels;
    const tlib_names *messages;
    const tlib_composite *composites;
    tlib_limits limits;
} tlib_json_words;

/* What the rows of a run have in common, beside the file. */
enum { TLIB_HAS_SOURCE = 1, TLIB_HAS_LINE = 2, TLIB_HAS_PACKET = 4, TLIB_HAS_OFFSET = 8 };

/* The columns of a run; a column of times or flows counts where `any` says so. Text of flows: the members of each as JSON, a comma
 * behind each member. */
enum { TLIB_TIMES, TLIB_LOCAL_TIMES, TLIB_TIMES_OF_DAY, TLIB_CLOCKS };
typedef struct {
    tlib_buffer data, bounds, lines, packets, offsets, clocks[TLIB_CLOCKS], flows, notes, note_bounds;
    uint32_t rows;
    uint8_t shape;
    uint8_t any[TLIB_CLOCKS];
    uint8_t any_flow;
    tlib_buffer file; /* as JSON text */
} tlib_rows;

/* Flows by their text: `slots` has the number plus one of each, by hash. */
#define TLIB_MOST_FLOWS 1024
typedef struct {
    tlib_buffer text;
    uint32_t count;
    size_t bounds[TLIB_MOST_FLOWS + 1];
    uint16_t slots[2 * TLIB_MOST_FLOWS];
} tlib_flow_texts;

typedef struct {
    uint32_t at; /* in the body */
    uint32_t length;
    uint16_t id;
} tlib_written;

#define TLIB_MOST_ROWS 16384

enum { TLIB_LINES_END = 0, TLIB_LINES_ASK, TLIB_LINES_RUN, TLIB_LINES_CAPACITY, TLIB_LINES_MEMORY };

typedef struct {
    const tlib_json_words *words;
    tlib_workspace *space;
    uint64_t longest; /* bytes of a line */
    uint64_t at;      /* in the block */
    uint64_t line;    /* its number, from 1 */
    tlib_rows rows;
    tlib_flow_texts flows;
    /* the line at hand */
    tlib_buffer body;    /* its attributes, as they come */
    tlib_buffer written; /* tlib_written, of each attribute */
    tlib_buffer flow;    /* its flow's text */
    tlib_buffer scratch;
    uint64_t composites; /* a bit for each that has come */
    int raw;             /* an attribute has a type that only the line names */
} tlib_lines;

/* Whether a name is `known`, a literal. */
static inline int tlib_text_is(const uint8_t *name, int64_t length, const char *known) {
    size_t expected = strlen(known);
    return (size_t)length == expected && memcmp(name, known, expected) == 0;
}

/* Write the list at the cursor in its packed form behind `packed`, which has capacity for twice the rest of the line. Returns
 * TLIB_READ_OK, TLIB_READ_ASK or TLIB_READ_MEMORY. */
int tlib_read_list(tlib_cursor *cursor, const tlib_limits *limits, tlib_buffer *packed, tlib_buffer *scratch);

/* Write the attribute of that number, or the composite, whose value the cursor is at, to the line's body. Returns as tlib_read_list. */
int tlib_read_attribute(tlib_lines *lines, tlib_cursor *cursor, int64_t label);

/* The number of a label: of an attribute, of a composite from TLIB_COMPOSITE on; -1 where it has none. */
int64_t tlib_label_number(const tlib_json_words *words, const uint8_t *name, int64_t length);

/* Read lines from `at` on, in a block of whole lines; block[length] is readable and 0. Returns TLIB_LINES_END where all are read,
 * TLIB_LINES_ASK before a line that the caller must read, TLIB_LINES_RUN where the rows must be taken first, TLIB_LINES_CAPACITY where
 * the workspace must grow. */
int tlib_lines_run(tlib_lines *lines, const uint8_t *block, uint64_t length);

/* Move behind the line at `at`: its length without the line feed. */
uint64_t tlib_lines_pass(tlib_lines *lines, const uint8_t *block, uint64_t length);

/* Drop the rows, and the flows where they are many. */
void tlib_lines_taken(tlib_lines *lines);

void tlib_lines_free(tlib_lines *lines);

#endif
