/* Chosen columns as lines: see selected_out.h. */
#include "selected_out.h"

#include "formula.h"
#include "json_text.h"

#define FAILED (-1)

static uint8_t *copy(uint8_t *out, const void *data, size_t length) {
    memcpy(out, data, length);
    return out + length;
}

/* A text in quotes, its quotes doubled; each byte that is not UTF-8 becomes U+FFFD. At most three bytes a byte, and two. */
static uint8_t *write_csv_text(uint8_t *out, const uint8_t *text, size_t length, int guard) {
    *out++ = '"';
    if (guard && tlib_is_formula(text, length))
        *out++ = '\'';
    while (length) {
        size_t good = tlib_ascii(text, length) ? length : tlib_utf8(text, length);
        for (size_t i = 0; i < good; i++) {
            if (text[i] == '"')
                *out++ = '"';
            *out++ = text[i];
        }
        text += good;
        length -= good;
        if (length) {
            out = copy(out, "\xEF\xBF\xBD", 3);
            text++;
            length--;
        }
    }
    *out++ = '"';
    return out;
}

static uint8_t *write_number(uint8_t *out, const tlib_value *value) {
    uint64_t bits = (uint64_t)value->number;
    if (value->number < 0 && !value->large) {
        *out++ = '-';
        bits = 0 - bits;
    }
    return tlib_write_u64(out, bits);
}

/* JSON: a string with nanoseconds where there are some; CSV: bare, a space for the T, whole microseconds. */
static uint8_t *write_moment(tlib_selected *selected, uint8_t *out, int64_t time) {
    uint8_t *start = out;
    if (!selected->csv) {
        *out++ = '"';
        out = tlib_write_time(out, time, &selected->date);
        return copy(out, "Z\"", 2);
    }
    int64_t nanos = time % 1000;
    out = tlib_write_time(out, time - (nanos < 0 ? nanos + 1000 : nanos), &selected->date);
    start[TLIB_DATE - 1] = ' ';
    *out++ = 'Z';
    return out;
}

static int is_number(const tlib_value *value) {
    return value->type == TLIB_FIELD_UINT || value->type == TLIB_FIELD_SINT || value->type == TLIB_FIELD_LONG;
}

/* The cell of a value, for which place is reserved: its end, or NULL where the caller writes it. */
static uint8_t *write_cell(tlib_selected *selected, const tlib_chosen *column, uint8_t *out, const tlib_value *value) {
    const tlib_labels *labels = column->labels;
    if (labels) {
        int32_t label = value->large ? -1 : tlib_label(labels, value->number);
        if (label < 0)
            return NULL;
        return copy(out, labels->text + labels->offsets[label], (size_t)(labels->offsets[label + 1] - labels->offsets[label]));
    }
    if (column->field.source == TLIB_FROM_TIME)
        return value->number < INT64_MIN + 1000 ? NULL : write_moment(selected, out, value->number);
    if (is_number(value)) {
        int quoted = selected->csv && !column->bare;
        if (quoted)
            *out++ = '"';
        out = write_number(out, value);
        if (quoted)
            *out++ = '"';
        return out;
    }
    switch (value->type) {
    case TLIB_FIELD_TEXT:
    case TLIB_FIELD_UNICODE:
        return selected->csv ? write_csv_text(out, value->data, value->length, selected->guard)
                             : tlib_json_text(out, value->data, value->length);
    case TLIB_FIELD_HEX:
        *out++ = '"';
        out = tlib_write_hex(out, value->data, 8);
        *out++ = '"';
        return out;
    default:
        return NULL;
    }
}

static size_t place_for(const tlib_chosen *column, const tlib_value *value) {
    const tlib_labels *labels = column->labels;
    size_t label = labels && labels->count ? (size_t)labels->offsets[labels->count] : 0; /* of all of them */
    return tlib_json_room(is_number(value) ? 0 : value->length) + TLIB_WIDEST_TIME + label;
}

/* Write a line: 0, TLIB_ASK, FAILED. */
static int write_line(tlib_selected *selected, const tlib_subject *subject, tlib_buffer *out) {
    tlib_cursor cursor;
    tlib_value value;
    for (uint32_t i = 0; i < selected->count; i++) {
        const tlib_chosen *column = &selected->columns[i];
        tlib_cursor_begin(&cursor);
        int known = tlib_cursor_next(&cursor, subject, &column->field, &value);
        if (known == TLIB_ASK)
            return TLIB_ASK;
        if (tlib_reserve(out, column->before_length + 4 + (known ? place_for(column, &value) : 0)))
            return FAILED;
        uint8_t *at = copy(out->at + out->length, column->before, column->before_length);
        if (!known) {
            at = selected->csv ? at : copy(at, "null", 4);
            out->length = (size_t)(at - out->at);
            continue;
        }
        out->length = (size_t)(at - out->at);
        at = write_cell(selected, column, at, &value);
        if (at)
            out->length = (size_t)(at - out->at);
        else if (selected->write(selected->context, i, &value, out) < 0)
            return FAILED;
    }
    if (tlib_reserve(out, selected->end_length))
        return FAILED;
    memcpy(out->at + out->length, selected->end, selected->end_length);
    out->length += selected->end_length;
    return 0;
}

int tlib_selected_lines(tlib_selected *selected, tlib_subject *subject, uint64_t *row, tlib_buffer *out, size_t enough) {
    for (; *row < subject->frames->count; (*row)++) {
        if (out->length >= enough)
            return TLIB_SELECTED_FULL;
        int code = tlib_subject_open(subject, *row);
        if (code)
            return code == TLIB_MORE_CAPACITY ? TLIB_SELECTED_CAPACITY : TLIB_SELECTED_ASK;
        if (tlib_subject_fails(subject))
            return TLIB_SELECTED_ASK;
        size_t before = out->length;
        code = write_line(selected, subject, out);
        if (code == FAILED)
            return TLIB_SELECTED_FAILED;
        if (code) {
            out->length = before;
            return TLIB_SELECTED_ASK;
        }
    }
    return TLIB_SELECTED_END;
}
