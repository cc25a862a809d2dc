/* The origins of a run of frames, in columns, and the notes beside it: `records.Frames` as the core reads it. */
#ifndef TLIB_ORIGINS_H
#define TLIB_ORIGINS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define TLIB_NO_TIME INT64_MIN
#define TLIB_NO_FLOW UINT32_MAX

/* A column has a number a frame; NULL: not known for any. Text i of the flows is flow_text[flow_bounds[i]..flow_bounds[i + 1]), in the
 * words of the output; `file` too. Entries of notes: a length, a name, a length, a value, from note_bounds[i] to note_bounds[i + 1]. */
typedef struct {
    const uint64_t *lines, *packets, *offsets;
    const int64_t *times, *local_times, *times_of_day;
    const uint32_t *flows;
    uint32_t flow_count;
    const uint64_t *flow_bounds;
    const uint8_t *flow_text;
    const uint8_t *file;
    size_t file_length;
    const uint8_t *notes;
    uint64_t notes_length;
    const uint64_t *note_bounds;
} tlib_origins;

/* An entry of notes: an attribute without a public number, or, without a name, the text of the origin. */
typedef struct {
    const uint8_t *name, *value;
    uint32_t name_length, value_length;
} tlib_note;

static inline int64_t tlib_time_at(const int64_t *column, uint64_t i) {
    return column == NULL ? TLIB_NO_TIME : column[i];
}

/* The flow of a frame; TLIB_NO_FLOW where it has none. */
static inline uint32_t tlib_flow_at(const tlib_origins *origins, uint64_t i) {
    return origins->flows == NULL ? TLIB_NO_FLOW : origins->flows[i];
}

/* Read a length and its bytes at *at, which moves behind them; 0 where they do not end by `end`. */
static inline int tlib_note_part(const uint8_t *notes, uint64_t *at, uint64_t end, const uint8_t **part, uint32_t *length) {
    if (end - *at < sizeof *length)
        return 0;
    memcpy(length, notes + *at, sizeof *length);
    *at += sizeof *length;
    if (end - *at < *length)
        return 0;
    *part = notes + *at;
    *at += *length;
    return 1;
}

/* Read the entry at *at, which moves behind it; 0 where it is cut. */
static inline int tlib_note_at(const uint8_t *notes, uint64_t *at, uint64_t end, tlib_note *note) {
    return tlib_note_part(notes, at, end, &note->name, &note->name_length) &&
           tlib_note_part(notes, at, end, &note->value, &note->value_length);
}

#endif
