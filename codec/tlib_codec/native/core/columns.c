/* Columns: filling them, and running over a stream. columns_export.c hands them over. */
#include "columns.h"

#include <stdlib.h>

#define UNTOUCHED UINT32_MAX

static const uint8_t WIDTH[] = {4, 4, 4, 8, 4, 4, 4, 4, 4};
static const char DIGITS[] = "0123456789abcdef";

/* -- memory --------------------------------------------------------------------------------------- */

/* Arrow's offsets are 32 bits, signed: what does not fit them is refused as memory is. */
static int more_bytes(tlib_bytes *bytes, size_t more) {
    size_t need = bytes->length + more, capacity = 2 * bytes->capacity;
    if (more > INT32_MAX || need > INT32_MAX)
        return -1;
    if (!bytes->at)
        capacity = bytes->hint + bytes->hint / 8 + 64;
    if (capacity < need)
        capacity = need;
    uint8_t *at = realloc(bytes->at, capacity);
    if (!at)
        return -1;
    bytes->at = at;
    bytes->capacity = capacity;
    return 0;
}

static inline int reserve(tlib_bytes *bytes, size_t more) {
    return more <= bytes->capacity - bytes->length ? 0 : more_bytes(bytes, more);
}

static int resize(void **at, size_t size) {
    void *made = realloc(*at, size);
    if (!made)
        return -1;
    *at = made;
    return 0;
}

static inline int has_offsets(const tlib_column *column) {
    return column->kind == TLIB_COLUMN_TEXT || column->kind == TLIB_COLUMN_HEX || column->kind == TLIB_COLUMN_BINARY ||
           column->kind == TLIB_COLUMN_LIST;
}

static int size_column(tlib_column *column, uint32_t before, uint32_t capacity) {
    size_t bits = (before + 7) / 8, more = (capacity + 7) / 8;
    if (resize((void **)&column->fixed, ((size_t)capacity + 1) * WIDTH[column->kind]) || resize((void **)&column->bits, more))
        return -1;
    memset(column->bits + bits, 0, more - bits);
    return 0;
}

/* Bring the column up to the open row: null in those that it missed. */
static int pad(tlib_columns *columns, tlib_column *column) {
    uint32_t row = columns->rows;
    if (column->rows == UNTOUCHED) {
        if (!columns->capacity) {
            columns->capacity = columns->hint + columns->hint / 8 + 64;
            if (columns->capacity > TLIB_MAX_ROWS)
                columns->capacity = TLIB_MAX_ROWS;
        }
        if (size_column(column, 0, columns->capacity))
            return -1;
        column->rows = 0;
        if (has_offsets(column))
            memset(column->fixed, 0, 4);
    }
    if (has_offsets(column)) {
        int32_t *offsets = (int32_t *)(void *)column->fixed, last = offsets[column->rows];
        for (uint32_t i = column->rows; i < row; i++)
            offsets[i + 1] = last;
    } else
        memset(column->fixed + (size_t)column->rows * WIDTH[column->kind], 0, (size_t)(row - column->rows) * WIDTH[column->kind]);
    column->rows = row;
    return 0;
}

static inline int reach(tlib_columns *columns, tlib_column *column) {
    return column->rows == columns->rows ? 0 : pad(columns, column);
}

/* The open row of a column that has been reached, and has its value, is valid. */
static inline void fill(tlib_column *column) {
    column->bits[column->rows >> 3] |= (uint8_t)(1 << (column->rows & 7));
    column->rows++;
    column->valid++;
}

static inline void fill_offset(tlib_column *column, size_t end) {
    ((int32_t *)(void *)column->fixed)[column->rows + 1] = (int32_t)end;
    fill(column);
}

/* -- values --------------------------------------------------------------------------------------- */

static inline uint64_t word(const uint8_t *at) {
    uint64_t value;
    memcpy(&value, at, 8);
    return value;
}

/* Copy `length` bytes; whether they are all below 0x80. Overlapping loads stay inside both ends. */
static inline int copy_ascii(uint8_t *to, const uint8_t *from, size_t length) {
    if (length >= 8) {
        uint64_t bits = 0, last = word(from + length - 8);
        for (size_t i = 0; i + 8 < length; i += 8) {
            uint64_t some = word(from + i);
            bits |= some;
            memcpy(to + i, &some, 8);
        }
        memcpy(to + length - 8, &last, 8);
        return ((bits | last) & 0x8080808080808080u) == 0;
    }
    uint8_t bits = 0;
    if (length >= 4) {
        uint32_t first, last;
        memcpy(&first, from, 4);
        memcpy(&last, from + length - 4, 4);
        memcpy(to, &first, 4);
        memcpy(to + length - 4, &last, 4);
        return ((first | last) & 0x80808080u) == 0;
    }
    for (size_t i = 0; i < length; i++) {
        to[i] = from[i];
        bits |= from[i];
    }
    return bits < 0x80;
}

/* Each byte that is not UTF-8 becomes U+FFFD. `spare` bytes stay reserved beyond. */
static int repair(tlib_bytes *bytes, const uint8_t *data, size_t length, size_t spare) {
    if (reserve(bytes, 3 * length + spare))
        return -1;
    while (length) {
        size_t good = tlib_utf8(data, length);
        if (good)
            memcpy(bytes->at + bytes->length, data, good);
        bytes->length += good;
        data += good;
        length -= good;
        if (length) {
            memcpy(bytes->at + bytes->length, "\xEF\xBF\xBD", 3);
            bytes->length += 3;
            data++;
            length--;
        }
    }
    return 0;
}

/* Text for which `length` bytes are reserved; `spare` of them must be left in any case. */
static inline int put_text(tlib_bytes *bytes, const uint8_t *data, size_t length, size_t spare, int *exact) {
    if (copy_ascii(bytes->at + bytes->length, data, length) || tlib_utf8(data, length) == length) {
        bytes->length += length;
        return 0;
    }
    *exact = 0;
    return repair(bytes, data, length, spare);
}

static int stranger(tlib_columns *columns, tlib_column *column, int64_t number) {
    tlib_unnamed *known = column->unnamed;
    if (!known) {
        known = column->unnamed = calloc(1, sizeof *known);
        if (!known)
            return -1;
    }
    uint32_t at = (uint32_t)(((uint64_t)number * 0x9E3779B97F4A7C15u) >> 40) % (2 * TLIB_MAX_UNNAMED);
    while (known->slot[at]) {
        if (known->numbers[known->slot[at] - 1] == number)
            return known->slot[at] - 1 + (int)column->labels->count;
        at = (at + 1) % (2 * TLIB_MAX_UNNAMED);
    }
    known->numbers[known->count++] = number;
    known->slot[at] = (uint16_t)known->count;
    if (known->count == TLIB_MAX_UNNAMED)
        columns->full = 1; /* the batch ends with this row, which can bring one */
    return (int)(known->count - 1 + column->labels->count);
}

static int label(tlib_columns *columns, tlib_column *column, int64_t number) {
    int found = tlib_label(column->labels, number);
    return found < 0 ? stranger(columns, column, number) : found;
}

static inline int put_label(tlib_columns *columns, tlib_column *column, int64_t number) {
    int found = label(columns, column, number);
    if (found < 0)
        return -1;
    ((int32_t *)(void *)column->fixed)[column->rows] = found;
    fill(column);
    return 0;
}

/* -- lists ---------------------------------------------------------------------------------------- */

static int more_pairs(tlib_pairs *pairs, uint32_t more) {
    uint64_t need = (uint64_t)pairs->rows + more, capacity = 2 * (uint64_t)pairs->capacity;
    if (!pairs->capacity)
        capacity = (uint64_t)pairs->hint + pairs->hint / 8 + 64;
    if (capacity < need)
        capacity = need;
    if (capacity >= INT32_MAX)
        return -1;
    if (resize((void **)&pairs->depth, capacity) || resize((void **)&pairs->type, capacity) ||
        resize((void **)&pairs->key_offsets, (capacity + 1) * 4) || resize((void **)&pairs->text_offsets, (capacity + 1) * 4) ||
        (pairs->numbers && resize((void **)&pairs->numbers, capacity * 4)) ||
        (pairs->data_offsets && resize((void **)&pairs->data_offsets, (capacity + 1) * 4)))
        return -1;
    if (!pairs->capacity)
        pairs->key_offsets[0] = pairs->text_offsets[0] = 0;
    pairs->capacity = (uint32_t)capacity;
    return 0;
}

static void pad_numbers(tlib_pairs *pairs, uint32_t row) {
    memset(pairs->numbers + pairs->number_rows, 0, (size_t)(row - pairs->number_rows) * 4);
    pairs->number_rows = row;
}

static void pad_data(tlib_pairs *pairs, uint32_t row) {
    for (uint32_t i = pairs->data_rows; i < row; i++)
        pairs->data_offsets[i + 1] = pairs->data_offsets[i];
    pairs->data_rows = row;
}

static int put_number(tlib_pairs *pairs, uint32_t row, uint32_t number) {
    if (!pairs->numbers && resize((void **)&pairs->numbers, (size_t)pairs->capacity * 4))
        return -1;
    if (pairs->number_rows != row)
        pad_numbers(pairs, row);
    memcpy(&pairs->numbers[row], &number, 4);
    pairs->number_rows = row + 1;
    return 0;
}

static int put_data(tlib_pairs *pairs, uint32_t row, const uint8_t *data, uint32_t length) {
    if (!pairs->data_offsets) {
        if (resize((void **)&pairs->data_offsets, ((size_t)pairs->capacity + 1) * 4))
            return -1;
        pairs->data_offsets[0] = 0;
    }
    pad_data(pairs, row);
    if (reserve(&pairs->data, length))
        return -1;
    if (length)
        memcpy(pairs->data.at + pairs->data.length, data, length);
    pairs->data.length += length;
    pairs->data_offsets[row + 1] = (int32_t)pairs->data.length;
    pairs->data_rows = row + 1;
    return 0;
}

/* Where text goes, kept apart from the columns: a byte stored may alias nothing here. */
typedef struct {
    uint8_t *at;
    size_t length;
} cursor;

static inline int put_piece(tlib_bytes *bytes, cursor *end, const uint8_t *data, size_t length, size_t spare, int *exact) {
    if (copy_ascii(end->at + end->length, data, length) || tlib_utf8(data, length) == length) {
        end->length += length;
        return 0;
    }
    *exact = 0;
    bytes->length = end->length;
    int failed = repair(bytes, data, length, spare);
    end->at = bytes->at;
    end->length = bytes->length;
    return failed;
}

/* The pairs of a checked list, in the order in which they stand. The lengths are looked at again,
 * because the buffer may be one that someone else writes. */
static int put_list(tlib_pairs *pairs, const uint8_t *data, uint32_t size, int *exact) {
    uint32_t left[TLIB_DEEPEST], depth = 0, position = 2, remaining;
    if (size < 2)
        return 0;
    if (size / 5 > pairs->capacity - pairs->rows && more_pairs(pairs, size / 5))
        return -1;
    if (reserve(&pairs->key, size) || reserve(&pairs->text, size))
        return -1;
    remaining = tlib_u16(data);
    uint32_t row = pairs->rows;
    uint8_t *depths = pairs->depth, *types = pairs->type;
    int32_t *key_offsets = pairs->key_offsets, *text_offsets = pairs->text_offsets;
    cursor keys = {pairs->key.at, pairs->key.length}, texts = {pairs->text.at, pairs->text.length};
    for (;;) {
        while (remaining == 0) {
            if (depth == 0)
                goto done;
            remaining = left[--depth];
        }
        remaining--;
        if (size - position < 5)
            goto done;
        const uint8_t *head = data + position;
        uint8_t type = head[0];
        uint32_t key = tlib_u16(head + 1), value = tlib_u16(head + 3);
        if (key + value > size - position - 5)
            goto done;
        position += 5 + key + value;
        depths[row] = (uint8_t)(depth + 1);
        types[row] = type;
        if (put_piece(&pairs->key, &keys, head + 5, key, size, exact))
            return -1;
        key_offsets[row + 1] = (int32_t)keys.length;
        const uint8_t *at = head + 5 + key;
        if (type == TLIB_PAIR_STRING || type == TLIB_PAIR_UNICODE) {
            if (put_piece(&pairs->text, &texts, at, value, size, exact))
                return -1;
        } else if (type == TLIB_PAIR_INT) {
            if (value == 4 && put_number(pairs, row, tlib_u32(at)))
                return -1;
        } else if (type == TLIB_PAIR_BINARY) {
            if (put_data(pairs, row, at, value))
                return -1;
        } else if (value >= 4 && depth + 1 < TLIB_DEEPEST) {
            position -= value - 4;
            left[depth++] = remaining;
            remaining = tlib_u16(at + 2);
        }
        text_offsets[row + 1] = (int32_t)texts.length;
        row++;
    }
done:
    pairs->rows = row;
    pairs->key.length = keys.length;
    pairs->text.length = texts.length;
    return 0;
}

/* Whether a value that no column takes would come back from one. */
static int comes_back(uint8_t kind, const uint8_t *data, uint32_t size) {
    if (kind == TLIB_COLUMN_TEXT)
        return tlib_utf8(data, size) == size;
    if (kind != TLIB_COLUMN_LIST)
        return 1;
    /* Pairs follow one another whatever their depth, but for the 4 bytes that begin a nested list. */
    for (uint32_t position = 2; position < size && size - position >= 5;) {
        const uint8_t *head = data + position;
        uint32_t key = tlib_u16(head + 1), value = tlib_u16(head + 3);
        if (key + value > size - position - 5)
            break;
        if (tlib_utf8(head + 5, key) != key || (head[0] == TLIB_PAIR_STRING && tlib_utf8(head + 5 + key, value) != value))
            return 0;
        position += 5 + key + (head[0] == TLIB_PAIR_LIST ? 4 : value);
    }
    return 1;
}

/* -- rows ----------------------------------------------------------------------------------------- */

static int put(tlib_columns *columns, tlib_column *column, const uint8_t *at, uint32_t length, int *exact) {
    if (reach(columns, column))
        return -1;
    uint32_t row = column->rows, number;
    uint64_t big;
    uint8_t *hex;
    switch ((tlib_column_kind)column->kind) {
    case TLIB_COLUMN_TEXT:
        if (reserve(&column->data, length) || put_text(&column->data, at, length, 0, exact))
            return -1;
        fill_offset(column, column->data.length);
        return 0;
    case TLIB_COLUMN_UINT:
    case TLIB_COLUMN_SINT:
        number = tlib_u32(at);
        memcpy(column->fixed + (size_t)row * 4, &number, 4);
        fill(column);
        return 0;
    case TLIB_COLUMN_LONG:
        big = tlib_u64(at);
        memcpy(column->fixed + (size_t)row * 8, &big, 8);
        fill(column);
        return 0;
    case TLIB_COLUMN_HEX:
        if (reserve(&column->data, 16))
            return -1;
        hex = column->data.at + column->data.length;
        for (int i = 0; i < 8; i++) {
            hex[2 * i] = (uint8_t)DIGITS[at[i] >> 4];
            hex[2 * i + 1] = (uint8_t)DIGITS[at[i] & 15];
        }
        column->data.length += 16;
        fill_offset(column, column->data.length);
        return 0;
    case TLIB_COLUMN_LABEL:
        return put_label(columns, column, tlib_u32(at));
    case TLIB_COLUMN_SIGNED_LABEL:
        return put_label(columns, column, (int32_t)tlib_u32(at));
    case TLIB_COLUMN_BINARY:
        if (reserve(&column->data, length))
            return -1;
        if (length)
            memcpy(column->data.at + column->data.length, at, length);
        column->data.length += length;
        fill_offset(column, column->data.length);
        return 0;
    case TLIB_COLUMN_LIST:
        if (put_list(column->pairs, at, length, exact))
            return -1;
        fill_offset(column, column->pairs->rows);
        return 0;
    }
    return 0;
}

static int put_place(tlib_columns *columns, uint32_t which, uint64_t offset) {
    tlib_column *column = &columns->columns[which];
    if (column->skip)
        return 0;
    if (reach(columns, column))
        return -1;
    memcpy(column->fixed + (size_t)column->rows * 8, &offset, 8);
    fill(column);
    return 0;
}

static int put_message(tlib_columns *columns, uint16_t message) {
    tlib_column *column = &columns->columns[columns->event];
    return column->skip ? 0 : reach(columns, column) || put_label(columns, column, message) ? -1 : 0;
}

/* Bytes or text as they are; a length beyond Arrow's offsets is refused by reserve(). */
static int put_whole(tlib_columns *columns, uint32_t which, const uint8_t *data, size_t length) {
    tlib_column *column = &columns->columns[which];
    if (column->skip)
        return 0;
    if (reach(columns, column) || reserve(&column->data, length))
        return -1;
    if (length)
        memcpy(column->data.at + column->data.length, data, length);
    column->data.length += length;
    fill_offset(column, column->data.length);
    return 0;
}

int tlib_columns_frame(tlib_columns *columns, const uint8_t *data, uint32_t length, uint64_t offset, const tlib_workspace *space) {
    int exact = space->ascending;
    int whole = !columns->columns[columns->frame].skip;
    if (put_message(columns, tlib_u16(data + 4)) || put_place(columns, columns->offset, offset))
        return -1;
    for (uint32_t i = 0; i < space->count; i++) {
        const tlib_attribute *a = &space->attributes[i];
        uint16_t which = columns->of[a->dense];
        if (!which) {
            exact = 0;
            continue;
        }
        tlib_column *column = &columns->columns[which - 1];
        if (column->skip) {
            if (whole && exact)
                exact = comes_back(column->kind, data + a->offset, a->length);
        } else if (put(columns, column, data + a->offset, a->length, &exact))
            return -1;
    }
    return exact ? 0 : put_whole(columns, columns->frame, data, length);
}

int tlib_columns_bytes(tlib_columns *columns, const uint8_t *data, uint64_t length, uint64_t offset, int32_t message) {
    if (message >= 0 && put_message(columns, (uint16_t)message))
        return -1;
    return put_place(columns, columns->offset, offset) || put_whole(columns, columns->frame, data, (size_t)length) ? -1 : 0;
}

int tlib_columns_error(tlib_columns *columns, const uint8_t *code, size_t code_length, int has_offset, uint64_t offset, const uint8_t *path,
                       size_t path_length) {
    if (put_whole(columns, columns->error, code, code_length) ||
        (path_length && put_whole(columns, columns->error_path, path, path_length)))
        return -1;
    return has_offset ? put_place(columns, columns->error_offset, offset) : 0;
}

int tlib_columns_row(tlib_columns *columns) {
    columns->rows++;
    if (!columns->capacity || columns->rows < columns->capacity || columns->capacity >= TLIB_MAX_ROWS)
        return 0;
    uint32_t before = columns->capacity, capacity = 2 * before > TLIB_MAX_ROWS ? TLIB_MAX_ROWS : 2 * before;
    for (uint32_t i = 0; i < columns->count; i++)
        if (columns->columns[i].rows != UNTOUCHED && size_column(&columns->columns[i], before, capacity))
            return -1;
    columns->capacity = capacity;
    return 0;
}

/* -- a stream ------------------------------------------------------------------------------------- */

#define NOT_PLAIN (-2)

/* A whole frame where the stream stands in step, indexed, its headers followed only once. Where they
 * do not hold, tlib_next has the word; it follows the same headers and keeps count of them, so this
 * can at most double them. Lists are checked when all headers hold: then the frame is consumed. */
static int whole_frame(tlib_run *run) {
    tlib_stream *stream = &run->stream;
    const uint8_t *at = run->at;
    uint32_t body;
    uint16_t message;
    if (stream->out_of_step || stream->walked != TLIB_HEADER || run->left < TLIB_HEADER ||
        tlib_header(at, TLIB_HEADER, &run->limits, &message, &body, &run->error) || body > UINT32_MAX - TLIB_HEADER ||
        run->left < (uint64_t)body + TLIB_HEADER)
        return NOT_PLAIN;
    int code = tlib_index(run->tables, &run->limits, at, body + TLIB_HEADER, 0, run->space, &run->error);
    if (code == TLIB_MORE_CAPACITY)
        return code;
    if (code || run->space->callers)
        return NOT_PLAIN;
    run->item = (uint64_t)body + TLIB_HEADER;
    stream->message = message;
    stream->work += run->space->count;
    for (uint32_t i = 0; i < run->space->count; i++) {
        const tlib_attribute *a = &run->space->attributes[i];
        if (a->type == TLIB_LIST && (code = tlib_list(at, a->offset, a->offset + a->length, &run->limits, &run->error)))
            return code;
    }
    return TLIB_OK;
}

/* The frame at `at`, indexed: TLIB_OK, or what the run stops for. TLIB_RUN_MORE: more bytes are needed. */
static int next_frame(tlib_run *run, int *stop) {
    int code = whole_frame(run);
    if (code == NOT_PLAIN) {
        int kind = tlib_next(&run->stream, run->at, run->left, run->closed, &run->limits, &run->item, &run->broken);
        if (kind != TLIB_ITEM_FRAME) {
            *stop = kind == TLIB_ITEM_GAP ? TLIB_RUN_GAP : TLIB_RUN_MORE;
            return -1;
        }
        code = tlib_index(run->tables, &run->limits, run->at, (uint32_t)run->item, 1, run->space, &run->error);
    }
    *stop = code == TLIB_MORE_CAPACITY ? TLIB_RUN_CAPACITY : TLIB_RUN_MALFORMED;
    return code;
}

int tlib_columns_run(tlib_run *run) {
    tlib_columns *columns = run->columns;
    int stop;
    while (run->left) {
        if (columns && tlib_columns_full(columns, run->batch_bytes))
            return TLIB_RUN_BATCH;
        if (next_frame(run, &stop))
            return stop;
        if (run->space->callers)
            return TLIB_RUN_ASK;
        uint16_t number = tlib_table(run->tables, tlib_u16(run->at + 4), run->at, run->space);
        if (number) {
            int fails = tlib_fails(run->tables, &run->tables->schemas[number - 1], run->at, run->space, run->printed);
            if (fails)
                return fails == 1 ? TLIB_RUN_INVALID : TLIB_RUN_ASK;
            run->counts.valid++;
        } else
            run->counts.unknown++;
        run->counts.frames++;
        if (columns) {
            if (tlib_columns_frame(columns, run->at, (uint32_t)run->item, run->stream.base, run->space) || tlib_columns_row(columns))
                return TLIB_RUN_MEMORY;
            columns->bytes += run->item;
        }
        tlib_columns_pass(run);
    }
    return TLIB_RUN_MORE;
}

void tlib_columns_pass(tlib_run *run) {
    tlib_consume(&run->stream, run->item);
    run->at += run->item;
    run->left -= run->item;
}
