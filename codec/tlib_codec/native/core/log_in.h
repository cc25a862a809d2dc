/* T-Server log text to frames: formats/logs/reader.py in C.
 *
 * Strategy: the C follows the Python reader line by line, with the same state: the clock, the last line that was looked at for a header,
 * the open message with its values in packed form. It stops (TLIB_LOG_ASK) at a unit that it is not sure of: the open message from its
 * header on, or a line between messages. The state is then that before the unit, so Python reads the unit and gives the state back
 * behind it. Positions count from the beginning of the bytes at hand; the caller keeps those from tlib_log_first on.
 *
 * log_clock.c follows stamps, log_header.c reads the line that opens a message, log_list.c and log_values.c its attributes,
 * log_problems.c notes its wrong lines, log_in.c reads the lines.
 */
#ifndef TLIB_LOG_IN_H
#define TLIB_LOG_IN_H

#include "buffer.h"
#include "log_clock.h"
#include "log_text.h"
#include "names.h"
#include "tlib_core.h"

enum { TLIB_LOG_MORE = 0, TLIB_LOG_FULL, TLIB_LOG_ASK, TLIB_LOG_MEMORY };

/* Why Python is asked. */
enum {
    TLIB_ASK_LINE = 0, /* a line that is no part of a message as T-Servers print it */
    TLIB_ASK_VALUE,
    TLIB_ASK_LIST,
    TLIB_ASK_HEADER,
    TLIB_ASK_NAME, /* a message without a number */
    TLIB_ASK_CLOCK,
    TLIB_ASK_ENCODING,
    TLIB_ASK_SIZE,
    TLIB_ASK_ORPHAN,
    TLIB_ASK_REASONS
};

/* How the value of an attribute is read; TLIB_LOG_CALLERS: by Python. */
enum {
    TLIB_LOG_CALLERS = 0,
    TLIB_LOG_ANY,
    TLIB_LOG_TEXT,
    TLIB_LOG_UINT,
    TLIB_LOG_SINT,
    TLIB_LOG_ENUM,
    TLIB_LOG_SIGNED_ENUM,
    TLIB_LOG_LONG,
    TLIB_LOG_CONN_ID,
    TLIB_LOG_BINARY,
    TLIB_LOG_LIST
};

/* Wrong lines after which the message goes on; Python words them. */
enum { TLIB_PROBLEM_STRAY = 0, TLIB_PROBLEM_AGAIN, TLIB_PROBLEM_VALUE };

/* A wrong line: its number, its offset, and behind the struct an attribute's name and a text. */
typedef struct {
    uint64_t line;
    uint64_t offset;
    uint64_t kind;
    uint32_t name; /* their lengths */
    uint32_t text;
} tlib_log_problem;

/* An attribute of the registry; `labels` has the names of an enumeration's numbers. */
typedef struct {
    uint16_t id;
    uint8_t kind;
    const tlib_names *labels;
} tlib_log_attribute;

/* UTF-8, with bytes beside it that stand for themselves; the same, but a line that is no UTF-8 at all is Windows-1252; or bytes that
 * are characters by `tlib_log_tables.characters`. */
enum { TLIB_ENCODING_UTF8 = 0, TLIB_ENCODING_GUESS, TLIB_ENCODING_BYTES };

/* The registry and the settings of a log, made once. */
typedef struct {
    const tlib_log_attribute *attributes;
    const tlib_names *exact;     /* places in `attributes` by printed name */
    const tlib_names *folded;    /* ... by name without its prefix in small letters */
    const uint16_t *by_id;       /* ... plus one by id, 0: not in the dictionary */
    const tlib_names *messages;  /* numbers by name */
    const uint8_t *wants_server; /* by message */
    uint16_t server_id, seconds_id, micros_id;
    uint8_t server_readable; /* Server is an integer */
    uint8_t encoding;
    uint8_t zone; /* the caller knows the zone of local times */
    uint8_t has_server;
    uint32_t server;
    uint8_t characters[128][3]; /* the UTF-8 of the bytes from 0x80 on; a byte alone (the first is 0x80 to 0xBF) stands for itself */
    uint32_t line;              /* limits */
    uint32_t message;
    uint32_t problems;
    tlib_limits limits;
} tlib_log_tables;

#define TLIB_LOG_ITEMS 256  /* attributes of a message */
#define TLIB_LOG_LEVELS 32  /* of a list */
#define TLIB_LOG_ROWS 8192  /* messages of a run */
#define TLIB_LOG_FLOWS 1024 /* flows of a run */
#define TLIB_LOG_PLACE 512  /* characters before a message's name that are looked at */
#define TLIB_LOG_SHOWN 256  /* characters of a stray line that Python may show */
#define TLIB_LOG_BEFORE (4 * TLIB_LOG_PLACE)

/* The line before: at a position, or kept where its bytes are gone. */
typedef struct {
    size_t at;
    size_t length;
    uint8_t kept;
} tlib_log_before;

typedef struct {
    size_t at; /* its header, in `values` */
    uint16_t id;
} tlib_log_item;

/* An open list: `indent` of its pairs is 0 until one has begun a line. */
typedef struct {
    size_t pair; /* the pair that holds it */
    size_t count_at;
    uint32_t count;
    uint32_t base;
    uint32_t indent;
} tlib_log_level;

enum { TLIB_HELD_NOTHING = 0, TLIB_HELD_ATTRIBUTE, TLIB_HELD_PAIR, TLIB_HELD_NOTE };

typedef struct {
    uint8_t open;
    uint8_t certain;
    uint8_t carriage_returns;
    uint8_t has_text;
    uint8_t in_list;
    uint8_t flat; /* the list has lost its indentation */
    uint8_t may_be_empty;
    uint8_t aside;    /* a value without a number goes on */
    uint8_t dropping; /* further lines of a value that is not kept are left out */
    uint8_t held;     /* the quoted value that goes on: TLIB_HELD_... */
    uint8_t strays;
    uint32_t consumed;
    int64_t number; /* -1: not known */
    int64_t server; /* -1: not known */
    uint32_t flow;
    tlib_stamp stamp;
    tlib_own_time own;
    tlib_buffer values; /* attributes as they come, each with its header */
    tlib_buffer notes;
    tlib_buffer problems; /* behind `certain_problems` those of stray lines, which count if the message goes on */
    size_t certain_problems;
    uint32_t problem_count;
    size_t held_at; /* of the header, the pair, or the note's length */
    size_t aside_at;
    tlib_log_item items[TLIB_LOG_ITEMS];
    uint32_t count;
    uint64_t seen[1024];
    uint32_t list_indent;
    int32_t list_count; /* as its head prints it, -1: not known */
    uint32_t list_size;
    uint32_t depth;
    tlib_log_level levels[TLIB_LOG_LEVELS];
} tlib_log_message;

/* The frames of a run and their origins in columns, as `Frames` has them. A flow is its direction (0: none, 1: received, 2: sent), the
 * lengths of peer and version, and both; `flow_at` has where each begins and where the last one ends. */
typedef struct {
    tlib_buffer data;
    tlib_buffer notes;
    tlib_buffer flows;
    tlib_buffer problems; /* of the last message: a run ends behind it */
    uint64_t bounds[TLIB_LOG_ROWS + 1];
    uint64_t lines[TLIB_LOG_ROWS];
    uint64_t offsets[TLIB_LOG_ROWS];
    int64_t times[TLIB_LOG_ROWS];
    int64_t local_times[TLIB_LOG_ROWS];
    int64_t times_of_day[TLIB_LOG_ROWS];
    uint64_t note_bounds[TLIB_LOG_ROWS + 1];
    uint32_t flow_of[TLIB_LOG_ROWS];
    size_t flow_at[TLIB_LOG_FLOWS + 1];
    uint16_t flow_slots[4 * TLIB_LOG_FLOWS];
    uint32_t flow_count;
    uint32_t count;
    uint8_t has_notes, has_times, has_local_times, has_times_of_day, has_zone_times;
} tlib_log_output;

/* Where a log stands. Zero it, then set `line` to 1. */
typedef struct {
    size_t at;     /* of the next line */
    uint64_t base; /* offset in the file of the bytes at hand */
    uint64_t line; /* number of the next line */
    size_t clear;  /* the bytes before it are ASCII */
    tlib_clock clock;
    tlib_log_before before;
    uint8_t orphaned;
    uint8_t announced; /* that a line is not UTF-8 */
    uint8_t why;
    uint64_t messages;        /* frames made */
    uint16_t predicted[1024]; /* the attribute plus one that last came after another one, by place */
    uint16_t last;
    /* the unit at hand: where it begins */
    size_t unit_at;
    uint64_t unit_line;
    tlib_clock unit_clock;
    tlib_log_before unit_before;
    tlib_log_message message;
    tlib_buffer scratch; /* a line in UTF-8 */
    uint8_t kept_before[TLIB_LOG_BEFORE];
} tlib_log;

/* Read on in data[0..length); `closed`: no more bytes follow. TLIB_LOG_MORE: more bytes are needed; TLIB_LOG_FULL: take the output. */
int tlib_log_run(const tlib_log_tables *tables, tlib_log *log, tlib_log_output *out, const uint8_t *data, size_t length, int closed);
/* The position of the first byte that is still needed. */
size_t tlib_log_first(const tlib_log *log);
/* Note that `count` bytes before tlib_log_first are gone. */
void tlib_log_forget(tlib_log *log, const uint8_t *data, size_t count);
/* Empty the output. Its flows stay, unless they are many: then flow_count is less than before. */
void tlib_log_taken(tlib_log *log, tlib_log_output *out);
void tlib_log_release(tlib_log *log, tlib_log_output *out);

/* -- between the parts --------------------------------------------------------------------------------------- */

enum { TLIB_STEP_DONE = 0, TLIB_STEP_NOT, TLIB_STEP_ASK, TLIB_STEP_MEMORY };

/* The header of a message: what its line and the one before say. */
typedef struct {
    tlib_slice name;
    tlib_slice peer;
    tlib_slice version;
    int64_t number;
    int64_t server;
    uint8_t direction;
    uint8_t certain;
} tlib_log_header;

/* The header in a line that is not blank: TLIB_STEP_DONE, TLIB_STEP_NOT or TLIB_STEP_ASK. `stamped`: where its stamp ends. */
int tlib_log_header_of(const tlib_log_tables *tables, tlib_slice line, int64_t stamped, tlib_slice before, tlib_log_header *header);
/* Whether a line ends in `message X`: 0, 1, or 2 where Python must say. */
int tlib_log_names_message(tlib_slice line, const uint8_t **before, tlib_slice *name);
/* Whether a line names a message or the way of one, so that it stands inside no other message. */
int tlib_log_is_foreign(tlib_slice line);

/* -?digits, then nothing, white space, or a remark, as an integer of `bits` (32 or 64), modulo 2^bits. 0: it is none. */
int tlib_log_whole(const uint8_t *p, const uint8_t *end, int bits, uint64_t *value);
/* "[N] b0 b1 .." at `p`: where it ends; NULL for another text. The first two bytes are stored, all are counted. */
const uint8_t *tlib_log_printed(const uint8_t *p, const uint8_t *end, uint32_t *length, uint8_t first[2], uint32_t *count, int *dots);
/* Add all N bytes of "[N] b0 b1": TLIB_STEP_DONE, TLIB_STEP_NOT for another text, TLIB_STEP_MEMORY. */
int tlib_log_whole_bytes(tlib_buffer *values, const uint8_t *p, const uint8_t *end);

/* A list whose head is "[N] b0 b1 .." at `p`, after the header of its attribute. */
int tlib_log_list_begin(tlib_log *log, const tlib_limits *limits, const uint8_t *p, const uint8_t *end, uint32_t indent);
/* A line that begins with a quote: a pair of the open list, or of a list without a number. */
int tlib_log_pair_line(tlib_log *log, const tlib_limits *limits, const uint8_t *p, const uint8_t *end, uint32_t indent);
int tlib_log_list_end(tlib_log *log);

/* Begin an attribute of a type, whose value follows. */
int tlib_log_item_begin(tlib_log *log, uint16_t id, uint32_t type);
/* Set the length of the attribute, pair or note (`sink`) that begins at `at` and is complete now. */
int tlib_log_close(tlib_log *log, int sink, size_t at);
/* Read a quoted value of the attribute, pair or note at `at`: p[0..end) is behind the opening quote. */
int tlib_log_quoted(tlib_log *log, const uint8_t *p, const uint8_t *end, int sink, size_t at);
/* Read a further line of the quoted value that goes on. */
int tlib_log_continue(tlib_log *log, tlib_slice line);
/* Whether a line that begins with a quote is a pair. */
int tlib_log_is_pair(const uint8_t *p, const uint8_t *end);
/* Note what is wrong with the line at hand. */
int tlib_log_problem_of(const tlib_log_tables *tables, tlib_log *log, int kind, tlib_slice name, tlib_slice text);
/* Note a stray line, which is wrong if the message goes on behind it. */
int tlib_log_stray(tlib_log *log, tlib_slice line);
/* Go on with the message behind stray lines. */
int tlib_log_resume(const tlib_log_tables *tables, tlib_log *log);
/* Read a line that begins with the prefix of an attribute's name. */
int tlib_log_attribute_line(const tlib_log_tables *tables, tlib_log *log, const uint8_t *p, const uint8_t *end, uint32_t indent);

/* Say why Python is asked. */
static inline int tlib_log_ask(tlib_log *log, int why) {
    log->why = (uint8_t)why;
    return TLIB_STEP_ASK;
}

#endif
