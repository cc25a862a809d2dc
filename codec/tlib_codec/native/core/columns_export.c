/* Columns: handing a batch over through the Arrow C data interface.
 *
 * Every array owns its buffers and the arrays below it, so that a consumer may keep any of them
 * alone. What no row touched points to ZEROS, which nobody frees.
 */
#include "columns.h"

#include <stdio.h>
#include <stdlib.h>

#define UNTOUCHED UINT32_MAX

/* Enough for the values, or the offsets, of any column of any batch. */
static const uint64_t ZEROS[TLIB_MAX_ROWS + 1];

/* What an array keeps: its buffers, and room for the arrays below it. */
typedef struct {
    const void *buffers[3];
    void *owned[3];
    struct ArrowArray dictionary;
    struct ArrowArray *pointers; /* to the children, n_children of them */
    struct ArrowArray **children;
} keeper;

static void release(struct ArrowArray *array) {
    keeper *kept = array->private_data;
    for (int64_t i = 0; i < array->n_children; i++)
        if (array->children[i]->release)
            array->children[i]->release(array->children[i]);
    if (array->dictionary && array->dictionary->release)
        array->dictionary->release(array->dictionary);
    for (int i = 0; i < 3; i++)
        free(kept->owned[i]);
    free(kept->pointers);
    free(kept->children);
    free(kept);
    array->release = NULL;
}

/* What no row touched owns nothing. */
static const void *const NOTHING[3] = {ZEROS, ZEROS, ZEROS};

static void release_nothing(struct ArrowArray *array) {
    array->release = NULL;
}

static void untouched_array(struct ArrowArray *out, int64_t length, int64_t nulls, int buffers) {
    memset(out, 0, sizeof *out);
    out->length = length;
    out->null_count = nulls;
    out->n_buffers = buffers;
    out->buffers = (const void **)NOTHING; /* consumers do not write there */
    out->release = release_nothing;
}

/* An array with `buffers` buffers, none of them set, and children that are released already. */
static keeper *open_array(struct ArrowArray *out, int64_t length, int64_t nulls, int buffers, uint32_t children) {
    memset(out, 0, sizeof *out);
    keeper *kept = calloc(1, sizeof *kept);
    if (!kept)
        return NULL;
    if (children) {
        kept->pointers = calloc(children, sizeof *kept->pointers);
        kept->children = malloc(children * sizeof *kept->children);
        if (!kept->pointers || !kept->children) {
            free(kept->pointers);
            free(kept->children);
            free(kept);
            return NULL;
        }
        for (uint32_t i = 0; i < children; i++)
            kept->children[i] = &kept->pointers[i];
    }
    out->length = length;
    out->null_count = nulls;
    out->n_buffers = buffers;
    out->n_children = children;
    out->buffers = kept->buffers;
    out->children = kept->children;
    out->release = release;
    out->private_data = kept;
    return kept;
}

static void hand(keeper *kept, int which, void *owned) {
    kept->owned[which] = owned;
    kept->buffers[which] = owned;
}

/* A buffer that may be missing is one of zeros. */
static void hand_or_zeros(keeper *kept, int which, void *owned) {
    kept->owned[which] = owned;
    kept->buffers[which] = owned ? owned : (const void *)ZEROS;
}

static void hand_bytes(keeper *kept, int which, tlib_bytes *bytes) {
    hand_or_zeros(kept, which, bytes->at);
    bytes->hint = bytes->length;
    bytes->at = NULL;
    bytes->length = bytes->capacity = 0;
}

/* The names, and the unnamed as text, in one piece of memory. */
static int export_labels(const tlib_labels *labels, const tlib_unnamed *unnamed, struct ArrowArray *out) {
    uint32_t more = unnamed ? unnamed->count : 0;
    size_t known = (size_t)labels->offsets[labels->count], table = ((size_t)labels->count + more + 1) * sizeof(int32_t);
    int32_t *offsets = malloc(table + known + (size_t)more * 12 + 1);
    keeper *kept = offsets ? open_array(out, (int64_t)labels->count + more, 0, 3, 0) : NULL;
    if (!kept) {
        free(offsets);
        return -1;
    }
    uint8_t *text = (uint8_t *)offsets + table;
    memcpy(offsets, labels->offsets, ((size_t)labels->count + 1) * sizeof *offsets);
    memcpy(text, labels->text, known);
    for (uint32_t i = 0; i < more; i++) {
        known += (size_t)snprintf((char *)text + known, 12 + 1, "%lld", (long long)unnamed->numbers[i]);
        offsets[labels->count + i + 1] = (int32_t)known;
    }
    hand(kept, 1, offsets);
    kept->buffers[2] = text;
    return 0;
}

enum { IS_TEXT, IS_NUMBER, IS_DATA };

/* The low bit of each byte: 1 where a type (0 to 4) is one that the column holds. */
static inline uint64_t held(uint64_t types, int what) {
    uint64_t high = types >> 1;
    uint64_t found = what == IS_TEXT ? ~(types | high) : what == IS_NUMBER ? types & ~high : ~types & high;
    return found & 0x0101010101010101u;
}

/* A bitmap of the pairs whose type is of one column, 8 at a time; how many they are. */
static uint8_t *types_as_bits(const tlib_pairs *pairs, int what, uint32_t *count) {
    uint8_t *bits = malloc((size_t)pairs->rows / 8 + 1);
    uint32_t row = 0, valid = 0;
    if (!bits)
        return NULL;
    for (; row < pairs->rows; row += 8) {
        uint8_t some[8] = {3, 3, 3, 3, 3, 3, 3, 3}; /* beyond the end: a list, which no column holds */
        const uint8_t *at = pairs->type + row;
        if (pairs->rows - row < 8) {
            memcpy(some, at, pairs->rows - row);
            at = some;
        }
        uint64_t types = 0;
        for (int i = 0; i < 8; i++)
            types |= (uint64_t)at[i] << (8 * i);
        uint64_t found = held(types, what);
        bits[row >> 3] = (uint8_t)((found * 0x0102040810204080u) >> 56);
        valid += (uint32_t)((found * 0x0101010101010101u) >> 56);
    }
    *count = valid;
    return bits;
}

/* One of the pairs' columns that hold only what is of its type. */
static keeper *open_typed(struct ArrowArray *out, const tlib_pairs *pairs, int buffers, int what) {
    uint32_t valid = 0;
    uint8_t *bits = types_as_bits(pairs, what, &valid);
    keeper *kept = bits ? open_array(out, pairs->rows, (int64_t)pairs->rows - valid, buffers, 0) : NULL;
    if (!kept) {
        free(bits);
        return NULL;
    }
    if (valid == pairs->rows)
        free(bits);
    else
        hand(kept, 0, bits);
    return kept;
}

static int pad_pairs(tlib_pairs *pairs) {
    if (pairs->data_offsets)
        for (uint32_t i = pairs->data_rows; i < pairs->rows; i++)
            pairs->data_offsets[i + 1] = pairs->data_offsets[i];
    else if (!(pairs->data_offsets = calloc((size_t)pairs->rows + 1, 4)))
        return -1;
    if (pairs->numbers)
        memset(pairs->numbers + pairs->number_rows, 0, (size_t)(pairs->rows - pairs->number_rows) * 4);
    else if (!(pairs->numbers = calloc((size_t)pairs->rows + 1, 4)))
        return -1;
    return 0;
}

static int export_pairs(tlib_pairs *pairs, struct ArrowArray *out) {
    keeper *kept = open_array(out, pairs->rows, 0, 1, 6), *one;
    if (!kept)
        return -1;
    struct ArrowArray *child = kept->pointers;
    if (!pairs->rows && !pairs->capacity) {
        for (int i = 0; i < 6; i++)
            untouched_array(&child[i], 0, 0, i == 0 || i == 2 || i == 4 ? 2 : 3);
        return 0;
    }
    if (pad_pairs(pairs))
        return -1;
    if (!(one = open_array(&child[0], pairs->rows, 0, 2, 0)))
        return -1;
    hand_or_zeros(one, 1, pairs->depth);
    pairs->depth = NULL;
    if (!(one = open_array(&child[1], pairs->rows, 0, 3, 0)))
        return -1;
    hand_or_zeros(one, 1, pairs->key_offsets);
    hand_bytes(one, 2, &pairs->key);
    pairs->key_offsets = NULL;
    /* The type is read until the columns that follow from it are made. */
    if (!(one = open_typed(&child[3], pairs, 3, IS_TEXT)))
        return -1;
    hand_or_zeros(one, 1, pairs->text_offsets);
    hand_bytes(one, 2, &pairs->text);
    pairs->text_offsets = NULL;
    if (!(one = open_typed(&child[4], pairs, 2, IS_NUMBER)))
        return -1;
    hand_or_zeros(one, 1, pairs->numbers);
    pairs->numbers = NULL;
    if (!(one = open_typed(&child[5], pairs, 3, IS_DATA)))
        return -1;
    hand_or_zeros(one, 1, pairs->data_offsets);
    hand_bytes(one, 2, &pairs->data);
    pairs->data_offsets = NULL;
    if (!(one = open_array(&child[2], pairs->rows, 0, 2, 0)))
        return -1;
    hand_or_zeros(one, 1, pairs->type);
    pairs->type = NULL;
    pairs->hint = pairs->rows;
    pairs->rows = pairs->capacity = pairs->number_rows = pairs->data_rows = 0;
    return 0;
}

static void pad_to_the_end(tlib_column *column, uint32_t rows) {
    if (column->kind == TLIB_COLUMN_LONG)
        memset(column->fixed + (size_t)column->rows * 8, 0, (size_t)(rows - column->rows) * 8);
    else if (column->kind == TLIB_COLUMN_TEXT || column->kind == TLIB_COLUMN_HEX || column->kind == TLIB_COLUMN_BINARY ||
             column->kind == TLIB_COLUMN_LIST) {
        int32_t *offsets = (int32_t *)(void *)column->fixed;
        for (uint32_t i = column->rows; i < rows; i++)
            offsets[i + 1] = offsets[i];
    } else
        memset(column->fixed + (size_t)column->rows * 4, 0, (size_t)(rows - column->rows) * 4);
}

static int export_column(tlib_column *column, uint32_t rows, struct ArrowArray *out) {
    int untouched = column->rows == UNTOUCHED;
    int data = column->kind == TLIB_COLUMN_TEXT || column->kind == TLIB_COLUMN_HEX || column->kind == TLIB_COLUMN_BINARY;
    int list = column->kind == TLIB_COLUMN_LIST;
    if (untouched && !list && !column->labels) {
        untouched_array(out, rows, rows, data ? 3 : 2);
        return 0;
    }
    keeper *kept = open_array(out, rows, untouched ? rows : (int64_t)rows - column->valid, data ? 3 : 2, list ? 1 : 0);
    if (!kept)
        return -1;
    if (!untouched)
        pad_to_the_end(column, rows);
    if (!untouched && column->valid == rows)
        free(column->bits);
    else
        hand_or_zeros(kept, 0, column->bits);
    hand_or_zeros(kept, 1, column->fixed);
    column->bits = column->fixed = NULL;
    column->rows = UNTOUCHED;
    column->valid = 0;
    if (data)
        hand_bytes(kept, 2, &column->data);
    if (column->labels) {
        if (export_labels(column->labels, column->unnamed, &kept->dictionary))
            return -1;
        out->dictionary = &kept->dictionary;
        free(column->unnamed);
        column->unnamed = NULL;
    }
    return list ? export_pairs(column->pairs, &kept->pointers[0]) : 0;
}

int tlib_columns_export(tlib_columns *columns, struct ArrowArray *out) {
    uint32_t asked = 0, taken = 0;
    for (uint32_t i = 0; i < columns->count; i++)
        asked += !columns->columns[i].skip;
    keeper *kept = open_array(out, columns->rows, 0, 1, asked);
    if (!kept)
        return -1;
    for (uint32_t i = 0; i < columns->count; i++)
        if (!columns->columns[i].skip && export_column(&columns->columns[i], columns->rows, &kept->pointers[taken++])) {
            release(out);
            tlib_columns_clear(columns);
            return -1;
        }
    columns->hint = columns->rows;
    columns->rows = columns->capacity = 0;
    columns->bytes = 0;
    columns->full = 0;
    return 0;
}

static void drop(tlib_bytes *bytes) {
    free(bytes->at);
    bytes->at = NULL;
    bytes->length = bytes->capacity = 0;
}

void tlib_columns_clear(tlib_columns *columns) {
    for (uint32_t i = 0; i < columns->count; i++) {
        tlib_column *column = &columns->columns[i];
        free(column->bits);
        free(column->fixed);
        free(column->unnamed);
        drop(&column->data);
        column->bits = column->fixed = NULL;
        column->unnamed = NULL;
        column->rows = UNTOUCHED;
        column->valid = 0;
        if (column->pairs) {
            tlib_pairs *pairs = column->pairs;
            uint32_t hint = pairs->hint;
            free(pairs->depth);
            free(pairs->type);
            free(pairs->key_offsets);
            free(pairs->text_offsets);
            free(pairs->numbers);
            free(pairs->data_offsets);
            drop(&pairs->key);
            drop(&pairs->text);
            drop(&pairs->data);
            memset(pairs, 0, sizeof *pairs);
            pairs->hint = hint;
        }
    }
    columns->rows = columns->capacity = 0;
    columns->bytes = 0;
    columns->full = 0;
}
