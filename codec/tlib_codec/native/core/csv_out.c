/* Frames to rows of CSV: a cell an attribute, then those of the origin. */
#include "csv_out.h"

#include "formula.h"
#include "json_text.h"

#define ROW_ROOM 512 /* bytes of a row's own cells */

static inline uint8_t *copy(uint8_t *out, const void *from, size_t length) {
    memcpy(out, from, length);
    return out + length;
}

static inline uint8_t *put(uint8_t *out, tlib_text text) {
    if (text.length <= TLIB_COPIED)
        memcpy(out, text.at, TLIB_COPIED);
    else
        memcpy(out, text.at, text.length);
    return out + text.length;
}

static uint8_t *stopped(tlib_csv *csv, int why) {
    csv->json->stop = why;
    return NULL;
}

/* Text without its quotes, each quote in it doubled. */
static uint8_t *write_doubled(uint8_t *out, const uint8_t *text, size_t length) {
    while (length) {
        const uint8_t *quote = memchr(text, '"', length);
        size_t plain = quote == NULL ? length : (size_t)(quote - text) + 1;
        out = copy(out, text, plain);
        if (quote != NULL)
            *out++ = '"';
        text += plain;
        length -= plain;
    }
    return out;
}

static uint8_t *write_quoted(uint8_t *out, const uint8_t *text, size_t length) {
    *out++ = '"';
    out = write_doubled(out, text, length);
    *out++ = '"';
    return out;
}

/* A text, in which U+FFFD stands for each byte that is not UTF-8. */
static uint8_t *write_replaced(tlib_csv *csv, uint8_t *out, const uint8_t *text, size_t length) {
    for (;;) {
        size_t good = tlib_utf8(text, length);
        out = write_doubled(out, text, good);
        if (good == length)
            break;
        csv->replaced = 1;
        out = copy(out, "\xEF\xBF\xBD", 3);
        text += good + 1;
        length -= good + 1;
    }
    return out;
}

static inline uint8_t *write_text(tlib_csv *csv, uint8_t *out, const uint8_t *text, size_t length) {
    *out++ = '"';
    if (csv->guard && tlib_is_formula(text, length))
        *out++ = '\'';
    out = tlib_ascii(text, length) ? write_doubled(out, text, length) : write_replaced(csv, out, text, length);
    *out++ = '"';
    return out;
}

/* What was written to json_text up to `end`, quoted. */
static uint8_t *write_json(tlib_csv *csv, uint8_t *out, const uint8_t *end) {
    if (end == NULL)
        return NULL;
    if (csv->json->marked)
        return stopped(csv, TLIB_JSON_ASK);
    return write_quoted(out, csv->json_text.at, (size_t)(end - csv->json_text.at));
}

static uint8_t *write_list(tlib_csv *csv, uint8_t *out, const uint8_t *list, uint32_t length) {
    if (tlib_reserve(&csv->json_text, tlib_json_list_room(length)))
        return stopped(csv, TLIB_JSON_MEMORY);
    csv->json->marked = 0;
    return write_json(csv, out, tlib_json_list(csv->json, csv->json_text.at, list));
}

static inline uint8_t *write_hex(uint8_t *out, const uint8_t *data, size_t length) {
    *out++ = '"';
    out = tlib_write_hex(out, data, length);
    *out++ = '"';
    return out;
}

/* A name in quotes; the number in quotes where it has none. */
static uint8_t *write_name(uint8_t *out, const tlib_labels *labels, const tlib_text *names, int64_t number) {
    int32_t label = tlib_label(labels, number);
    if (label >= 0)
        return put(out, names[label]);
    *out++ = '"';
    out = number < 0 ? tlib_write_i32(out, (int32_t)number) : tlib_write_u32(out, (uint32_t)number);
    *out++ = '"';
    return out;
}

static uint8_t *write_value(tlib_csv *csv, uint8_t *out, const uint8_t *data, const tlib_attribute *attribute) {
    const tlib_csv_attribute *known = &csv->attributes[attribute->dense];
    const uint8_t *value = data + attribute->offset;
    switch (known->kind) {
    case TLIB_VALUE_TEXT:
        return write_text(csv, out, value, attribute->length);
    case TLIB_VALUE_UINT:
        return tlib_write_u32(out, tlib_u32(value));
    case TLIB_VALUE_SINT:
        return tlib_write_i32(out, (int32_t)tlib_u32(value));
    case TLIB_VALUE_LONG:
        return tlib_write_u64(out, tlib_u64(value));
    case TLIB_VALUE_LABEL:
        return write_name(out, known->labels, known->names, tlib_u32(value));
    case TLIB_VALUE_SIGNED_LABEL:
        return write_name(out, known->labels, known->names, (int32_t)tlib_u32(value));
    case TLIB_VALUE_HEX:
    case TLIB_VALUE_BINARY:
        return write_hex(out, value, attribute->length);
    case TLIB_VALUE_LIST:
        return write_list(csv, out, value, attribute->length);
    default:
        return stopped(csv, TLIB_JSON_ASK);
    }
}

/* The commas from one cell to another. */
static inline uint8_t *skip(uint8_t *out, uint32_t *cell, uint32_t to) {
    memset(out, ',', to - *cell);
    out += to - *cell;
    *cell = to;
    return out;
}

/* The cells of an indexed frame, whose attributes stand in ascending order now. */
static uint8_t *write_frame(tlib_csv *csv, uint8_t *out, const uint8_t *data, uint32_t length, const tlib_workspace *space,
                            const uint64_t *offset, const tlib_wording *error) {
    uint32_t cell = 1;
    int exact = space->ascending;
    csv->replaced = 0;
    out = write_name(out, csv->messages, csv->heads, tlib_u16(data + 4));
    *out++ = ',';
    cell++;
    if (offset != NULL)
        out = tlib_write_u64(out, *offset);
    for (uint32_t i = 0; out != NULL && i < space->count; i++) {
        const tlib_attribute *attribute = &space->attributes[i];
        uint32_t own = csv->attributes[attribute->dense].cell;
        if (!own) {
            exact = 0;
            continue;
        }
        out = write_value(csv, skip(out, &cell, own), data, attribute);
    }
    if (out != NULL && error != NULL) {
        out = tlib_write_wording(skip(out, &cell, csv->frame - 3), error, space, offset == NULL ? 0 : *offset);
        cell = csv->frame - 1;
    }
    if (out != NULL && (!exact || csv->replaced))
        out = write_hex(skip(out, &cell, csv->frame), data, length);
    return out == NULL ? NULL : skip(out, &cell, csv->cells);
}

/* A time: a date and a time of day with microseconds, rounded down. */
static uint8_t *write_time(tlib_csv *csv, uint8_t *out, int64_t time, size_t skipped, const char *zone) {
    uint8_t printed[TLIB_WIDEST_TIME];
    if (time == TLIB_NO_TIME)
        return out;
    tlib_write_time(printed, time, &csv->json->date);
    printed[TLIB_DATE - 1] = ' ';
    out = copy(out, printed + skipped, TLIB_MICROS - skipped);
    return copy(out, zone, strlen(zone));
}

static inline uint8_t *write_number(uint8_t *out, const uint64_t *column, uint64_t i) {
    return column == NULL ? out : tlib_write_u64(out, column[i]);
}

static uint8_t *write_flow(const tlib_csv *csv, uint8_t *out, const tlib_origins *origins, uint64_t i) {
    uint32_t flow = tlib_flow_at(origins, i);
    if (flow == TLIB_NO_FLOW) {
        memset(out, ',', csv->no_flow);
        return out + csv->no_flow;
    }
    uint64_t from = origins->flow_bounds[flow];
    return copy(out, origins->flow_text + from, (size_t)(origins->flow_bounds[flow + 1] - from));
}

static uint8_t *write_origin(tlib_csv *csv, uint8_t *out, const tlib_origins *origins, uint64_t i, int64_t time) {
    tlib_note text = {NULL, NULL, 0, 0};
    uint8_t *notes = NULL;
    csv->json->marked = 0;
    if (origins->note_bounds != NULL) {
        if (tlib_reserve(&csv->json_text, 8 * (size_t)(origins->note_bounds[i + 1] - origins->note_bounds[i]) + 64))
            return stopped(csv, TLIB_JSON_MEMORY);
        notes = tlib_json_notes(csv->json, csv->json_text.at, origins, i, &text);
        if (notes == NULL)
            return NULL;
    }
    for (uint32_t k = 0; out != NULL && k < csv->origin_count; k++) {
        *out++ = ',';
        switch (csv->origins[k]) {
        case TLIB_CSV_FILE:
            out = copy(out, origins->file, origins->file_length);
            break;
        case TLIB_CSV_LINE:
            out = write_number(out, origins->lines, i);
            break;
        case TLIB_CSV_PACKET:
            out = write_number(out, origins->packets, i);
            break;
        case TLIB_CSV_TIME:
            out = write_time(csv, out, time, 0, "Z");
            break;
        case TLIB_CSV_LOCAL_TIME:
            out = write_time(csv, out, tlib_time_at(origins->local_times, i), 0, "");
            break;
        case TLIB_CSV_TIME_OF_DAY:
            out = write_time(csv, out, tlib_time_at(origins->times_of_day, i), TLIB_DATE, "");
            break;
        case TLIB_CSV_FLOW:
            out = write_flow(csv, out, origins, i);
            break;
        case TLIB_CSV_TEXT:
            if (text.value_length)
                out = write_text(csv, out, text.value, text.value_length);
            break;
        default:
            if (notes != NULL && notes != csv->json_text.at)
                out = write_json(csv, out, notes);
        }
    }
    return out;
}

/* Bytes that a row may come to: a list's JSON with every quote doubled. */
static size_t row_room(const tlib_csv *csv, const tlib_frames *frames, const tlib_origins *origins, uint64_t i) {
    size_t room = ROW_ROOM + 2 * tlib_json_list_room((size_t)(frames->bounds[i + 1] - frames->bounds[i]));
    uint32_t flow = tlib_flow_at(origins, i);
    room += (frames->space->count + 1) * (csv->widest + TLIB_COPIED) + origins->file_length + csv->cells;
    if (flow != TLIB_NO_FLOW)
        room += (size_t)(origins->flow_bounds[flow + 1] - origins->flow_bounds[flow]);
    if (origins->note_bounds != NULL)
        room += 18 * (size_t)(origins->note_bounds[i + 1] - origins->note_bounds[i]);
    return room;
}

static uint8_t *write_row(tlib_csv *csv, const tlib_frames *frames, const tlib_origins *origins, uint64_t i, tlib_buffer *buffer) {
    const uint8_t *data = frames->data + frames->bounds[i];
    tlib_workspace *space = frames->space;
    const tlib_wording *error;
    uint16_t number = 0;
    int code = tlib_frames_index(frames, i, &number);
    if (code)
        return stopped(csv, code == TLIB_MORE_CAPACITY ? TLIB_JSON_CAPACITY : TLIB_JSON_ASK);
    if ((csv->json->made && !space->ascending) || !tlib_origin_fits(origins, i))
        return stopped(csv, TLIB_JSON_ASK);
    code = tlib_json_judge(csv->json, frames, origins, i, number, &error);
    if (code)
        return stopped(csv, code);
    int64_t time = tlib_time_at(origins->times, i);
    const tlib_schema *schema = number && error == NULL ? &frames->tables->schemas[number - 1] : NULL;
    if (time == TLIB_NO_TIME && !tlib_json_own_time(csv->json, data, space, schema, &time))
        return stopped(csv, TLIB_JSON_ASK);
    if (tlib_reserve(buffer, row_room(csv, frames, origins, i) + (error == NULL ? 0 : tlib_wording_room(error))))
        return stopped(csv, TLIB_JSON_MEMORY);
    if (!space->ascending)
        tlib_sort(space);
    uint32_t length = (uint32_t)(frames->bounds[i + 1] - frames->bounds[i]);
    const uint64_t *offset = origins->offsets == NULL ? NULL : &origins->offsets[i];
    uint8_t *out = write_frame(csv, buffer->at + buffer->length, data, length, space, offset, error);
    if (out != NULL)
        out = write_origin(csv, out, origins, i, time);
    if (out == NULL)
        return NULL;
    if (error != NULL)
        tlib_json_invalid(csv->json, i);
    *out++ = '\n';
    return out;
}

int tlib_csv_rows(tlib_csv *csv, const tlib_frames *frames, const tlib_origins *origins, uint64_t *place, tlib_buffer *buffer,
                  size_t enough) {
    for (; *place < frames->count; ++*place) {
        if (buffer->length >= enough)
            return TLIB_JSON_FULL;
        uint8_t *out = write_row(csv, frames, origins, *place, buffer);
        if (out == NULL)
            return csv->json->stop;
        buffer->length = (size_t)(out - buffer->at);
    }
    return TLIB_JSON_END;
}
