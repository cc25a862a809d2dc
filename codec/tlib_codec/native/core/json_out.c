/* Frames to JSON lines: the object of an event, its time and its origin. */
#include "json_out.h"
#include "json_text.h"
#include "time_text.h"

#define ATTRIBUTE_ROOM 64 /* bytes around an attribute's name and value */
#define LINE_ROOM 512     /* bytes of a line's own members and numbers */

static inline uint8_t *copy(uint8_t *out, const void *from, size_t length) {
    memcpy(out, from, length);
    return out + length;
}

/* Most texts are short: a copy of a fixed length takes no call. */
static inline uint8_t *put(uint8_t *out, tlib_stored_text text, uint32_t skipped) {
    const uint8_t *from = text.at + skipped;
    uint32_t length = text.length - skipped;
    if (text.length < TLIB_COPIED)
        memcpy(out, from, TLIB_COPIED - 1);
    else
        memcpy(out, from, length);
    return out + length;
}

static uint8_t *write_label(uint8_t *out, const tlib_labels *labels, int64_t number) {
    int32_t label = tlib_label(labels, number);
    if (label < 0)
        return NULL;
    const uint8_t *from = labels->text + labels->offsets[label];
    return copy(out, from, (size_t)(labels->offsets[label + 1] - labels->offsets[label]));
}

/* The value of an attribute; NULL where there is no memory. */
static uint8_t *write_value(tlib_json *json, uint8_t *out, const uint8_t *data, const tlib_attribute *attribute) {
    const tlib_json_attribute *known = &json->attributes[attribute->dense];
    const uint8_t *value = data + attribute->offset;
    uint32_t length = attribute->length;
    uint8_t *end;
    switch (known->kind) {
    case TLIB_VALUE_TEXT:
        return tlib_json_text(out, value, length);
    case TLIB_VALUE_UINT:
        return tlib_write_u32(out, tlib_u32(value));
    case TLIB_VALUE_SINT:
        return tlib_write_i32(out, (int32_t)tlib_u32(value));
    case TLIB_VALUE_LONG:
        return tlib_write_u64(out, tlib_u64(value));
    case TLIB_VALUE_LABEL:
        end = write_label(out, known->labels, tlib_u32(value));
        return end != NULL ? end : tlib_write_u32(out, tlib_u32(value));
    case TLIB_VALUE_SIGNED_LABEL:
        end = write_label(out, known->labels, (int32_t)tlib_u32(value));
        return end != NULL ? end : tlib_write_i32(out, (int32_t)tlib_u32(value));
    case TLIB_VALUE_LIST:
        return tlib_json_list(json, out, value);
    case TLIB_VALUE_HEX:
        *out++ = '"';
        out = tlib_write_hex(out, value, length);
        *out++ = '"';
        return out;
    case TLIB_VALUE_BINARY:
        out = tlib_json_base64(copy(out, "{\"$binary\":", 11), value, length);
        break;
    default:
        out = tlib_write_u32(copy(out, "{\"type\":", 8), attribute->type);
        out = tlib_json_base64(copy(out, ",\"value\":", 9), value, length);
    }
    *out++ = '}';
    return out;
}

/* The name and value of an attribute, into what it reserves: 0, or -1 where there is no memory. `skipped`: 1 without the comma. */
static int write_attribute(tlib_json *json, tlib_buffer *buffer, const uint8_t *data, const tlib_attribute *attribute, uint32_t skipped) {
    int list = json->attributes[attribute->dense].kind == TLIB_VALUE_LIST;
    size_t room = list ? tlib_json_list_room(attribute->length) : tlib_json_room(attribute->length);
    if (tlib_reserve(buffer, room + 2 * json->widest + ATTRIBUTE_ROOM))
        return -1;
    uint8_t *out = buffer->at + buffer->length;
    if (attribute->dense)
        out = put(out, json->attributes[attribute->dense].key, skipped);
    else {
        out = tlib_write_u32(copy(out, ",\"#", 3), attribute->id);
        out = copy(out, "\":", 2);
    }
    out = write_value(json, out, data, attribute);
    if (out == NULL)
        return -1;
    buffer->length = (size_t)(out - buffer->at);
    return 0;
}

static inline int is_seen(const tlib_json *json, uint32_t slot) {
    return json->seen[slot >> 6] >> (slot & 63) & 1;
}

/* Whether the attributes of a composite make it present. */
static int is_there(const tlib_json *json, const tlib_json_table *table, const tlib_json_composite *composite) {
    uint32_t needed = 0, any = 0;
    for (uint32_t slot = composite->first; slot < (uint32_t)composite->first + composite->count; slot++) {
        int here = is_seen(json, slot);
        any |= (uint32_t)here;
        needed += here && table->needed[slot];
    }
    return composite->needed ? needed == composite->needed : any != 0;
}

/* Seconds and microseconds of UTC as ISO 8601; NULL where it cannot say the same two numbers. */
static uint8_t *write_own_time(uint8_t *out, uint32_t seconds, const uint32_t *micros) {
    if (micros != NULL && *micros > 999999)
        return NULL;
    *out++ = '"';
    out = tlib_write_seconds(out, seconds);
    if (micros != NULL)
        out = tlib_write_micros(out, *micros);
    return copy(out, "Z\"", 2);
}

/* A composite that is present: TLIB_JSON_END, TLIB_JSON_ASK or TLIB_JSON_MEMORY. */
static int write_composite(tlib_json *json, tlib_buffer *buffer, const uint8_t *data, const tlib_workspace *space,
                           const tlib_json_composite *composite) {
    const tlib_attribute *attributes = space->attributes;
    uint32_t first = composite->first, end = first + composite->count;
    if (composite->form == TLIB_COMPOSITE_ASK)
        return TLIB_JSON_ASK;
    if (tlib_reserve(buffer, json->widest + ATTRIBUTE_ROOM))
        return TLIB_JSON_MEMORY;
    uint8_t *out = put(buffer->at + buffer->length, composite->key, 0);
    if (composite->form == TLIB_COMPOSITE_TIME) {
        uint32_t micros = 0, *fraction = NULL;
        if (is_seen(json, first + 1)) {
            micros = tlib_u32(data + attributes[space->at[first + 1]].offset);
            fraction = &micros;
        }
        uint8_t *after = write_own_time(out, tlib_u32(data + attributes[space->at[first]].offset), fraction);
        if (after != NULL) {
            buffer->length = (size_t)(after - buffer->at);
            return TLIB_JSON_END;
        }
    }
    *out++ = '{';
    buffer->length = (size_t)(out - buffer->at);
    uint32_t skipped = 1;
    for (uint32_t slot = first; slot < end; slot++)
        if (is_seen(json, slot)) {
            if (write_attribute(json, buffer, data, &attributes[space->at[slot]], skipped))
                return TLIB_JSON_MEMORY;
            skipped = 0;
        }
    if (tlib_reserve(buffer, 1))
        return TLIB_JSON_MEMORY;
    buffer->at[buffer->length++] = '}';
    return TLIB_JSON_END;
}

/* The members of the attributes that no table lists, ascending. With a table: those without a slot, or of a composite that is absent. */
static int write_others(tlib_json *json, tlib_buffer *buffer, const uint8_t *data, const tlib_workspace *space, const tlib_schema *schema,
                        const tlib_json_table *table) {
    for (uint32_t i = 0; i < space->count; i++) {
        const tlib_attribute *attribute = &space->attributes[i];
        uint16_t slot = schema == NULL ? 0 : schema->slot[attribute->dense];
        if (slot) {
            uint16_t composite = table->composite[slot];
            if (!composite || is_there(json, table, &table->composites[composite - 1]))
                continue;
        }
        if (write_attribute(json, buffer, data, attribute, 0))
            return TLIB_JSON_MEMORY;
    }
    return TLIB_JSON_END;
}

/* The fields of a table in its order, then the other attributes. */
static int write_fields(tlib_json *json, tlib_buffer *buffer, const uint8_t *data, tlib_workspace *space, const tlib_schema *schema,
                        const tlib_json_table *table) {
    int code = TLIB_JSON_END, others = 0;
    for (uint32_t i = 0; i < space->count; i++) {
        uint16_t slot = schema->slot[space->attributes[i].dense];
        if (!slot) {
            others = 1;
            continue;
        }
        json->seen[slot >> 6] |= (uint64_t)1 << (slot & 63);
        space->at[slot] = i;
    }
    for (uint32_t slot = 1; slot <= schema->slot_count && code == TLIB_JSON_END; slot++) {
        uint64_t rest = json->seen[slot >> 6] >> (slot & 63);
        if (rest == 0) { /* on to the next word */
            slot |= 63;
            continue;
        }
        if (!(rest & 1))
            continue;
        uint16_t number = table->composite[slot];
        if (!number) {
            if (write_attribute(json, buffer, data, &space->attributes[space->at[slot]], 0))
                code = TLIB_JSON_MEMORY;
            continue;
        }
        const tlib_json_composite *composite = &table->composites[number - 1];
        slot = (uint32_t)composite->first + composite->count - 1;
        if (is_there(json, table, composite))
            code = write_composite(json, buffer, data, space, composite);
        else
            others = 1;
    }
    if (code == TLIB_JSON_END && others)
        code = write_others(json, buffer, data, space, schema, table);
    memset(json->seen, 0, (schema->slot_count / 64 + 1) * sizeof *json->seen);
    return code;
}

/* The object of an indexed frame without its closing brace. */
static int write_object(tlib_json *json, const tlib_frames *frames, tlib_buffer *buffer, const uint8_t *data, uint16_t number) {
    tlib_workspace *space = frames->space;
    uint16_t message = tlib_u16(data + 4);
    const tlib_schema *schema = number ? &frames->tables->schemas[number - 1] : NULL;
    const tlib_json_table *table = number ? &json->tables[number - 1] : NULL;
    if (space->callers || (table != NULL && table->ask))
        return TLIB_JSON_ASK;
    if (schema != NULL && tlib_fails(frames->tables, schema, data, space, frames->printed))
        return TLIB_JSON_ASK;
    if (tlib_reserve(buffer, json->widest + ATTRIBUTE_ROOM))
        return TLIB_JSON_MEMORY;
    uint8_t *out = buffer->at + buffer->length, *after = write_label(out, json->messages, message);
    if (after == NULL)
        after = tlib_write_u32(copy(out, "{\"Event\":", 9), message);
    buffer->length = (size_t)(after - buffer->at);
    if (!space->ascending)
        tlib_sort(space);
    return schema == NULL ? write_others(json, buffer, data, space, NULL, NULL) : write_fields(json, buffer, data, space, schema, table);
}

static const tlib_attribute *find(const tlib_workspace *space, uint16_t dense) {
    for (uint32_t i = 0; dense && i < space->count; i++)
        if (space->attributes[i].dense == dense)
            return &space->attributes[i];
    return NULL;
}

int tlib_json_own_time(const tlib_json *json, const uint8_t *data, const tlib_workspace *space, const tlib_schema *schema, int64_t *time) {
    const tlib_attribute *seconds = find(space, json->seconds), *micros = find(space, json->micros);
    *time = TLIB_NO_TIME;
    if (seconds == NULL)
        return 1;
    const uint8_t *at = data + seconds->offset;
    int64_t number;
    switch (json->attributes[json->seconds].kind) {
    case TLIB_VALUE_UINT:
        number = tlib_u32(at);
        break;
    case TLIB_VALUE_SINT:
        number = (int32_t)tlib_u32(at);
        break;
    case TLIB_VALUE_LONG:
        if (tlib_u64(at) > UINT32_MAX) /* perhaps beyond the calendar */
            return 0;
        number = (int64_t)tlib_u64(at);
        break;
    default:
        return 1;
    }
    *time = number * TLIB_SECOND;
    if (micros == NULL)
        return 1;
    /* A table that lists the fraction and not the seconds: whether the two belong together is for the caller. */
    if (schema != NULL && schema->slot[micros->dense] && !schema->slot[seconds->dense])
        return 0;
    at = data + micros->offset;
    switch (json->attributes[json->micros].kind) {
    case TLIB_VALUE_UINT:
    case TLIB_VALUE_SINT:
        *time += tlib_u32(at) < 1000000 ? tlib_u32(at) * 1000LL : 0;
        break;
    case TLIB_VALUE_LONG:
        *time += tlib_u64(at) < 1000000 ? (int64_t)tlib_u64(at) * 1000 : 0;
        break;
    default:
        break;
    }
    return 1;
}

/* Whether a name stands among the entries before it, from `at` to `end`. */
static int repeats(const uint8_t *notes, uint64_t at, uint64_t end, const tlib_note *note) {
    tlib_note before;
    while (at < end && tlib_note_at(notes, &at, end, &before) && before.name < note->name)
        if (before.name_length == note->name_length && memcmp(before.name, note->name, note->name_length) == 0)
            return 1;
    return 0;
}

#define MOST_NOTES 64 /* entries of a frame whose names are compared here */

/* The member $unnumbered, and the text of the origin. */
static int write_notes(tlib_buffer *buffer, const tlib_origins *origins, uint64_t i, tlib_note *text) {
    uint64_t start = origins->note_bounds[i], end = origins->note_bounds[i + 1], at = start;
    uint32_t count = 0, members = 0;
    tlib_note note;
    if (start > end || end > origins->notes_length)
        return TLIB_JSON_ASK;
    while (at < end) {
        if (!tlib_note_at(origins->notes, &at, end, &note) || ++count > MOST_NOTES)
            return TLIB_JSON_ASK;
        if (note.name_length == 0) {
            *text = note;
            continue;
        }
        if (repeats(origins->notes, start, end, &note))
            return TLIB_JSON_ASK;
        if (tlib_reserve(buffer, tlib_json_room(note.name_length) + tlib_json_room(note.value_length) + 32))
            return TLIB_JSON_MEMORY;
        uint8_t *out = buffer->at + buffer->length;
        out = members++ == 0 ? copy(out, ",\"$unnumbered\":{", 16) : copy(out, ",", 1);
        out = tlib_json_string(out, note.name, note.name_length);
        if (out == NULL) /* a name that is not UTF-8 */
            return TLIB_JSON_ASK;
        *out++ = ':';
        out = tlib_json_text(out, note.value, note.value_length);
        buffer->length = (size_t)(out - buffer->at);
    }
    if (members) {
        if (tlib_reserve(buffer, 1))
            return TLIB_JSON_MEMORY;
        buffer->at[buffer->length++] = '}';
    }
    return TLIB_JSON_END;
}

static uint8_t *write_number(uint8_t *out, const char *name, size_t length, const uint64_t *column, uint64_t i) {
    if (column == NULL)
        return out;
    out = tlib_write_u64(copy(out, name, length), column[i]);
    *out++ = ',';
    return out;
}

/* The member $source, whose members end in a comma each; nothing where the origin is not known. */
static uint8_t *write_source(uint8_t *out, const tlib_origins *origins, uint64_t i, const tlib_note *text) {
    uint8_t *start = out;
    uint8_t *members = out = copy(out, ",\"$source\":{", 12);
    out = copy(out, origins->file, origins->file_length);
    out = write_number(out, "\"line\":", 7, origins->lines, i);
    out = write_number(out, "\"packet\":", 9, origins->packets, i);
    out = write_number(out, "\"offset\":", 9, origins->offsets, i);
    int64_t local = tlib_time_at(origins->local_times, i), daily = tlib_time_at(origins->times_of_day, i);
    if (local != TLIB_NO_TIME || daily != TLIB_NO_TIME) {
        uint8_t printed[TLIB_WIDEST_TIME];
        size_t skipped = local != TLIB_NO_TIME ? 0 : TLIB_DATE;
        size_t length = (size_t)(tlib_write_time(printed, local != TLIB_NO_TIME ? local : daily) - printed);
        out = copy(copy(out, "\"time\":\"", 8), printed + skipped, length - skipped);
        out = copy(out, "\",", 2);
    }
    uint32_t flow = tlib_flow_at(origins, i);
    if (flow != TLIB_NO_FLOW) {
        uint64_t from = origins->flow_bounds[flow];
        out = copy(out, origins->flow_text + from, (size_t)(origins->flow_bounds[flow + 1] - from));
    }
    if (text->value_length) {
        out = tlib_json_text(copy(out, "\"text\":", 7), text->value, text->value_length);
        *out++ = ',';
    }
    if (out == members)
        return start;
    out[-1] = '}';
    return out;
}

/* What follows the attributes: $time, $unnumbered, $source, the end of the line. */
static int write_origin(tlib_buffer *buffer, const tlib_origins *origins, uint64_t i, int64_t time) {
    uint32_t flow = tlib_flow_at(origins, i);
    tlib_note text = {NULL, NULL, 0, 0};
    if (flow != TLIB_NO_FLOW && flow >= origins->flow_count)
        return TLIB_JSON_ASK;
    if (tlib_reserve(buffer, LINE_ROOM))
        return TLIB_JSON_MEMORY;
    if (time != TLIB_NO_TIME) {
        uint8_t *out = tlib_write_time(copy(buffer->at + buffer->length, ",\"$time\":\"", 10), time);
        out = copy(out, "Z\"", 2);
        buffer->length = (size_t)(out - buffer->at);
    }
    if (origins->note_bounds != NULL) {
        int code = write_notes(buffer, origins, i, &text);
        if (code != TLIB_JSON_END)
            return code;
    }
    size_t flow_length = flow == TLIB_NO_FLOW ? 0 : (size_t)(origins->flow_bounds[flow + 1] - origins->flow_bounds[flow]);
    if (tlib_reserve(buffer, LINE_ROOM + origins->file_length + flow_length + tlib_json_room(text.value_length)))
        return TLIB_JSON_MEMORY;
    uint8_t *out = write_source(buffer->at + buffer->length, origins, i, &text);
    out = copy(out, "}\n", 2);
    buffer->length = (size_t)(out - buffer->at);
    return TLIB_JSON_END;
}

static int write_line(tlib_json *json, const tlib_frames *frames, const tlib_origins *origins, uint64_t i, tlib_buffer *out) {
    const uint8_t *data = frames->data + frames->bounds[i];
    uint16_t table = 0;
    int code = tlib_frames_index(frames, i, &table);
    if (code)
        return code == TLIB_MORE_CAPACITY ? TLIB_JSON_CAPACITY : TLIB_JSON_ASK;
    code = write_object(json, frames, out, data, table);
    if (code)
        return code;
    int64_t time = tlib_time_at(origins->times, i);
    const tlib_schema *schema = table ? &frames->tables->schemas[table - 1] : NULL;
    if (time == TLIB_NO_TIME && !tlib_json_own_time(json, data, frames->space, schema, &time))
        return TLIB_JSON_ASK;
    return write_origin(out, origins, i, time);
}

int tlib_json_lines(tlib_json *json, const tlib_frames *frames, const tlib_origins *origins, uint64_t *place, tlib_buffer *out,
                    size_t enough) {
    for (; *place < frames->count; ++*place) {
        size_t before = out->length;
        if (before >= enough)
            return TLIB_JSON_FULL;
        int code = write_line(json, frames, origins, *place, out);
        if (code) {
            out->length = before;
            return code;
        }
    }
    return TLIB_JSON_END;
}
