/* Columns: frames become the buffers of Arrow arrays, a batch at a time, without Python.
 *
 * Strategy: a column is filled only where it is touched. The rows that it missed are padded when it
 * is touched again, or at the end of the batch; a column that a batch never touched borrows a buffer
 * of zeros. Validity within key-value lists follows from the pairs' types, and is computed once a
 * batch. What is out of the ordinary (a malformed frame, a broken rule, a gap) is left to the caller,
 * which adds the row with its words and goes on.
 *
 * Memory is bounded by what the batch's input and TLIB_MAX_ROWS back: a value is copied at most three
 * times as long as it came (U+FFFD for a byte), and a row costs at most 8 bytes a touched column.
 */
#ifndef TLIB_COLUMNS_H
#define TLIB_COLUMNS_H

#include "names.h"
#include "tlib_core.h"

#define TLIB_MAX_ROWS 16384u   /* most rows of a batch */
#define TLIB_MAX_UNNAMED 1024u /* most numbers without a name of one column in a batch */

#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE
/* As the Arrow C data interface lays it out. */
struct ArrowArray {
    int64_t length;
    int64_t null_count;
    int64_t offset;
    int64_t n_buffers;
    int64_t n_children;
    const void **buffers;
    struct ArrowArray **children;
    struct ArrowArray *dictionary;
    void (*release)(struct ArrowArray *);
    void *private_data;
};
#endif

typedef enum {
    TLIB_COLUMN_TEXT = 0, /* string; bytes that are not UTF-8 are shown as U+FFFD each */
    TLIB_COLUMN_UINT,     /* uint32 */
    TLIB_COLUMN_SINT,     /* int32 */
    TLIB_COLUMN_LONG,     /* uint64 */
    TLIB_COLUMN_HEX,      /* string: 8 bytes as 16 hex digits */
    TLIB_COLUMN_LABEL,    /* dictionary<int32, string> of an unsigned number */
    TLIB_COLUMN_SIGNED_LABEL,
    TLIB_COLUMN_BINARY, /* binary */
    TLIB_COLUMN_LIST    /* list<struct<depth, key, type, text, number, data>> */
} tlib_column_kind;

typedef struct {
    uint8_t *at;
    size_t length;
    size_t capacity;
    size_t hint; /* what the batch before came to */
} tlib_bytes;

/* Numbers without a name, in order of arrival; `slot` is a hash of them. */
typedef struct {
    int64_t numbers[TLIB_MAX_UNNAMED];
    uint16_t slot[2 * TLIB_MAX_UNNAMED];
    uint32_t count;
} tlib_unnamed;

/* The struct inside of a list column. `number` and `data` are padded when touched. */
typedef struct {
    uint32_t rows;
    uint32_t capacity;
    uint32_t hint;
    uint8_t *depth;
    uint8_t *type;
    int32_t *key_offsets;
    int32_t *text_offsets;
    int32_t *numbers;
    int32_t *data_offsets;
    uint32_t number_rows;
    uint32_t data_rows;
    tlib_bytes key;
    tlib_bytes text;
    tlib_bytes data;
} tlib_pairs;

typedef struct {
    uint8_t kind;
    uint8_t skip; /* not asked for: checked, not filled */
    const tlib_labels *labels;
    tlib_pairs *pairs;
    /* the batch */
    uint32_t rows; /* filled so far; UINT32_MAX: untouched */
    uint32_t valid;
    uint8_t *bits;
    uint8_t *fixed; /* offsets or values */
    tlib_bytes data;
    tlib_unnamed *unnamed;
} tlib_column;

/* A builder. `columns` in the schema's order; `of` gives the column, plus one, of an attribute by its
 * dense number. The rest of the numbers are those of the columns that are no attributes. */
typedef struct {
    tlib_column *columns;
    uint32_t count;
    const uint16_t *of;
    uint32_t event, offset, error, error_offset, error_path, frame;
    uint32_t rows;
    uint32_t capacity;
    uint32_t hint;
    uint64_t bytes; /* of input, in this batch */
    uint8_t full;   /* a column has as many unnamed as it may */
} tlib_columns;

/* What tlib_columns_run stopped for. The row of an odd item is not added: the caller does. */
enum {
    TLIB_RUN_MORE = 0,  /* the input is used up */
    TLIB_RUN_BATCH,     /* the batch is full */
    TLIB_RUN_GAP,       /* `length` bytes that are no frame; `broken` as of tlib_next */
    TLIB_RUN_MALFORMED, /* a frame of `length` bytes that does not index: `error` */
    TLIB_RUN_INVALID,   /* an indexed frame that breaks a rule */
    TLIB_RUN_ASK,       /* an indexed frame that the caller must judge */
    TLIB_RUN_CAPACITY,  /* the workspace needs more capacity; then run again */
    TLIB_RUN_MEMORY     /* no memory */
};

typedef struct {
    uint64_t frames;
    uint64_t valid;
    uint64_t unknown;
} tlib_counts;

/* One run over an input: the caller fills the first part, sets `at` and `left` to the bytes that it has, and calls again. */
typedef struct {
    tlib_columns *columns; /* NULL: only count and check */
    const tlib_tables *tables;
    tlib_limits limits;
    tlib_workspace *space;
    int printed;          /* the frames hold events of a log */
    uint64_t batch_bytes; /* of input, after which a batch is full */
    tlib_stream stream;
    const uint8_t *at; /* the input from stream.base on: `left` bytes */
    uint64_t left;
    int closed; /* no more follow them */
    /* The item that the run stopped for, where `at` stands: its length, `broken` as of tlib_next, or why it does not index. */
    uint64_t item;
    int broken;
    tlib_error error;
    tlib_counts counts;
} tlib_run;

/* Take frames into the columns until something stops it: which of TLIB_RUN_*. Moves `at` past what it took. */
int tlib_columns_run(tlib_run *run);

/* Move `at` past the item that the run stopped for. */
void tlib_columns_pass(tlib_run *run);

/* Fill the row that is open; each returns 0, or -1 where there is no memory. */
int tlib_columns_frame(tlib_columns *columns, const uint8_t *data, uint32_t length, uint64_t offset, const tlib_workspace *space);
int tlib_columns_bytes(tlib_columns *columns, const uint8_t *data, uint64_t length, uint64_t offset, int32_t message);
int tlib_columns_error(tlib_columns *columns, const uint8_t *code, size_t code_length, int has_offset, uint64_t offset, const uint8_t *path,
                       size_t path_length);
/* Close it. */
int tlib_columns_row(tlib_columns *columns);

/* Whether the batch is to end. */
static inline int tlib_columns_full(const tlib_columns *columns, uint64_t batch_bytes) {
    return columns->rows >= TLIB_MAX_ROWS || columns->bytes >= batch_bytes || columns->full;
}

/* Hand the batch over as a struct array of the columns that are not skipped; an empty one begins. */
int tlib_columns_export(tlib_columns *columns, struct ArrowArray *out);

/* Drop what the batch holds. */
void tlib_columns_clear(tlib_columns *columns);

#endif
