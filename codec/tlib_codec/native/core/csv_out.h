/* Frames to rows of CSV, as arrow/plain_csv.py lays them out.
 *
 * Strategy: an attribute knows its cell, and between two of them only commas are written. Lists are written as JSON first, and then quoted.
 * A byte of a text that is not UTF-8 is shown as U+FFFD. The cells of the error of
 * a frame that breaks a rule are the words for its signature. A frame that is malformed or has a list that is not UTF-8 is left to the
 * caller.
 */
#ifndef TLIB_CSV_OUT_H
#define TLIB_CSV_OUT_H

#include "json_out.h"

/* An attribute: its cell, counted from 1 (0: it has none); the texts of its labels, in quotes. */
typedef struct {
    const tlib_labels *labels;
    const tlib_text *names;
    uint32_t cell;
    uint8_t kind; /* tlib_value_kind */
} tlib_csv_attribute;

/* The cells behind those of a frame. The flow's are one text. */
enum {
    TLIB_CSV_FILE = 0,
    TLIB_CSV_LINE,
    TLIB_CSV_PACKET,
    TLIB_CSV_TIME,
    TLIB_CSV_LOCAL_TIME,
    TLIB_CSV_TIME_OF_DAY,
    TLIB_CSV_FLOW,
    TLIB_CSV_TEXT,
    TLIB_CSV_UNNUMBERED
};

/* `heads` are the names of `messages` in quotes; `frame` is the cell of a frame that the others do not give back, and `cells` the last one
 * before the origin's; the three cells before it are those of the error. `no_flow` are the
 * commas between the cells of a flow. `widest`: bytes of the longest text. */
typedef struct {
    tlib_json *json;
    const tlib_csv_attribute *attributes;
    const tlib_labels *messages;
    const tlib_text *heads;
    size_t widest;
    uint32_t frame, cells;
    const uint8_t *origins;
    uint32_t origin_count;
    uint32_t no_flow;
    int guard;             /* put an apostrophe before a text that a spreadsheet takes for a formula */
    int replaced;          /* a text was not UTF-8 */
    tlib_buffer json_text; /* a list as JSON */
} tlib_csv;

/* Append the rows of the frames from *place on, as tlib_json_lines does. */
int tlib_csv_rows(tlib_csv *csv, const tlib_frames *frames, const tlib_origins *origins, uint64_t *place, tlib_buffer *out, size_t enough);

#endif
