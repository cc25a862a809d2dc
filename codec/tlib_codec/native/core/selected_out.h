/* Chosen columns of frames as lines of JSON or CSV, as formats/selected.py lays them out.
 *
 * Strategy: a column is a field, whose first value is its cell. Names of numbers stand ready as text, in the quotes of the output. A
 * value that is neither text nor number is written by the caller, and so is the line of a frame that is malformed, invalid, or has a
 * value that only the caller knows.
 */
#ifndef TLIB_SELECTED_OUT_H
#define TLIB_SELECTED_OUT_H

#include "buffer.h"
#include "fields.h"
#include "names.h"
#include "time_text.h"

typedef struct {
    tlib_field field;
    const uint8_t *before; /* what stands in front of the cell */
    uint32_t before_length;
    const tlib_labels *labels; /* of a number with names; NULL: none */
    uint8_t bare;              /* CSV: without quotes */
} tlib_chosen;

/* `write` appends a cell to the buffer; below 0: it failed. */
typedef struct {
    const tlib_chosen *columns;
    uint32_t count;
    int csv;
    int guard;          /* CSV: put an apostrophe before a text that a spreadsheet takes for a formula */
    const uint8_t *end; /* of a line */
    uint32_t end_length;
    tlib_date date;
    void *context;
    int (*write)(void *context, uint32_t column, const tlib_value *value, tlib_buffer *out);
} tlib_selected;

enum { TLIB_SELECTED_END = 0, TLIB_SELECTED_FULL, TLIB_SELECTED_ASK, TLIB_SELECTED_CAPACITY, TLIB_SELECTED_FAILED };

/* Append the lines of the frames from *row on, which moves, until the buffer holds `enough` bytes. */
int tlib_selected_lines(tlib_selected *selected, tlib_subject *subject, uint64_t *row, tlib_buffer *out, size_t enough);

#endif
