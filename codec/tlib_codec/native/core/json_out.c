/* Frames to JSON lines: the object of an event, its time and its origin.
 *
 * Strategy: what a line can come to is reserved before it is begun, so the functions here only move a pointer. One that cannot go on sets
 * `stop` and returns NULL.
 */
#include "json_out.h"
#include "json_text.h"

#define ATTRIBUTE_ROOM 128 /* bytes around an attribute's name and value, and around a composite */
#define LINE_ROOM 512      /* bytes of a line's own members and numbers */

static inline uint8_t *copy(uint8_t *out, const void *from, size_t length) {
    memcpy(out, from, length);
    return out + length;
}

/* Most texts are short: a copy of a fixed length takes no call. The first `skipped` bytes, at most one, are left out. */
static inline uint8_t *put(uint8_t *out, tlib_text text, uint32_t skipped) {
    if (text.length < TLIB_COPIED)
        memcpy(out, text.at + skipped, TLIB_COPIED - 1);
    else
        memcpy(out, text.at + skipped, text.length - skipped);
    return out + (text.length - skipped);
}

static uint8_t *stopped(tlib_json *json, int why) {
    json->stop = why;
    return NULL;
}

static inline uint32_t lowest_bit(uint64_t word) {
#if defined(__GNUC__)
    return (uint32_t)__builtin_ctzll(word);
#else
    uint32_t bit = 0;
    for (; !(word & 1); word >>= 1)
        bit++;
    return bit;
#endif
}

/* The value of an attribute. */
static inline uint8_t *write_value(tlib_json *json, uint8_t *out, const uint8_t *data, const tlib_attribute *attribute) {
    const tlib_json_attribute *known = &json->attributes[attribute->dense];
    const uint8_t *value = data + attribute->offset;
    uint32_t length = attribute->length;
    int32_t label;
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
        label = tlib_label(known->labels, tlib_u32(value));
        return label >= 0 ? put(out, known->names[label], 0) : tlib_write_u32(out, tlib_u32(value));
    case TLIB_VALUE_SIGNED_LABEL:
        label = tlib_label(known->labels, (int32_t)tlib_u32(value));
        return label >= 0 ? put(out, known->names[label], 0) : tlib_write_i32(out, (int32_t)tlib_u32(value));
    case TLIB_VALUE_LIST:
        return tlib_json_list(json, out, value);
    case TLIB_VALUE_HEX:
        *out++ = '"';
        out = tlib_write_hex(out, value, 8);
        *out++ = '"';
        return out;
    case TLIB_VALUE_ASK:
        return stopped(json, TLIB_JSON_ASK);
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

/* The name and value of an attribute; `skipped` is 1 for none of the comma before it. */
static inline uint8_t *write_attribute(tlib_json *json, uint8_t *out, const uint8_t *data, const tlib_attribute *attribute,
                                       uint32_t skipped) {
    if (attribute->dense)
        out = put(out, json->attributes[attribute->dense].key, skipped);
    else
        out = copy(tlib_write_u32(copy(out, ",\"#", 3), attribute->id), "\":", 2);
    return write_value(json, out, data, attribute);
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

/* A time of seconds and, where the next slot has one, a fraction: ISO 8601; NULL where that cannot say the same two numbers. */
static uint8_t *write_own_time(tlib_json *json, uint8_t *out, const uint8_t *data, const tlib_workspace *space, uint32_t slot) {
    const tlib_attribute *attributes = space->attributes;
    int fraction = is_seen(json, slot + 1);
    uint32_t micros = fraction ? tlib_u32(data + attributes[space->at[slot + 1]].offset) : 0;
    if (micros > 999999)
        return NULL;
    *out++ = '"';
    out = tlib_write_seconds(out, tlib_u32(data + attributes[space->at[slot]].offset), &json->date);
    if (fraction)
        out = tlib_write_micros(out, micros);
    return copy(out, "Z\"", 2);
}

/* A composite that is present. */
static uint8_t *write_composite(tlib_json *json, uint8_t *out, const uint8_t *data, const tlib_workspace *space,
                                const tlib_json_composite *composite) {
    if (composite->form == TLIB_COMPOSITE_ASK)
        return stopped(json, TLIB_JSON_ASK);
    out = put(out, composite->key, 0);
    if (composite->form == TLIB_COMPOSITE_TIME) {
        uint8_t *after = write_own_time(json, out, data, space, composite->first);
        if (after != NULL)
            return after;
    }
    *out++ = '{';
    uint32_t skipped = 1;
    for (uint32_t slot = composite->first; out != NULL && slot < (uint32_t)composite->first + composite->count; slot++)
        if (is_seen(json, slot)) {
            out = write_attribute(json, out, data, &space->attributes[space->at[slot]], skipped);
            skipped = 0;
        }
    if (out != NULL)
        *out++ = '}';
    return out;
}

/* The members of the attributes that no table lists, ascending. With a table: those without a slot, or of a composite that is absent. */
static uint8_t *write_others(tlib_json *json, uint8_t *out, const uint8_t *data, const tlib_workspace *space, const tlib_schema *schema,
                             const tlib_json_table *table) {
    for (uint32_t i = 0; out != NULL && i < space->count; i++) {
        const tlib_attribute *attribute = &space->attributes[i];
        uint16_t slot = schema == NULL ? 0 : schema->slot[attribute->dense];
        if (slot) {
            uint16_t composite = table->composite[slot];
            if (!composite || is_there(json, table, &table->composites[composite - 1]))
                continue;
        }
        out = write_attribute(json, out, data, attribute, 0);
    }
    return out;
}

/* Note which slots are filled, and where; return whether an attribute has none. */
static int mark(tlib_json *json, tlib_workspace *space, const tlib_schema *schema) {
    int others = 0;
    for (uint32_t i = 0; i < space->count; i++) {
        uint16_t slot = schema->slot[space->attributes[i].dense];
        others |= slot == 0;
        json->seen[slot >> 6] |= (uint64_t)1 << (slot & 63);
        space->at[slot] = i;
    }
    json->seen[0] &= ~(uint64_t)1; /* of no slot */
    return others;
}

/* The fields of a table in its order, then the other attributes. */
static uint8_t *write_fields(tlib_json *json, uint8_t *out, const uint8_t *data, tlib_workspace *space, const tlib_schema *schema,
                             const tlib_json_table *table) {
    int others = mark(json, space, schema);
    uint32_t words = schema->slot_count / 64 + 1, done = 0; /* the slots below it */
    for (uint32_t word = 0; word < words; word++)
        for (uint64_t rest = json->seen[word]; out != NULL && rest; rest &= rest - 1) {
            uint32_t slot = 64 * word + lowest_bit(rest);
            if (slot < done)
                continue;
            uint16_t number = table->composite[slot];
            if (!number) {
                out = write_attribute(json, out, data, &space->attributes[space->at[slot]], 0);
                continue;
            }
            const tlib_json_composite *composite = &table->composites[number - 1];
            done = (uint32_t)composite->first + composite->count;
            if (is_there(json, table, composite))
                out = write_composite(json, out, data, space, composite);
            else
                others = 1;
        }
    if (out != NULL && others)
        out = write_others(json, out, data, space, schema, table);
    memset(json->seen, 0, words * sizeof *json->seen);
    return out;
}

int tlib_json_judge(tlib_json *json, const tlib_frames *frames, const tlib_origins *origins, uint64_t i, uint16_t table,
                    const tlib_wording **wording) {
    const uint8_t *data = frames->data + frames->bounds[i];
    *wording = NULL;
    if (frames->space->callers || (table && json->tables[table - 1].ask))
        return TLIB_JSON_ASK;
    int fails = table ? tlib_fails(frames->tables, &frames->tables->schemas[table - 1], data, frames->space, frames->printed) : 0;
    if (!fails)
        return TLIB_JSON_END;
    if (fails > 1 || json->words == NULL || tlib_json_offset(origins, i) > INT64_MAX) /* an offset of the frame's may be beyond 64 bits */
        return TLIB_JSON_ASK;
    if (tlib_reserve(&json->invalid, sizeof i))
        return TLIB_JSON_MEMORY;
    int known = tlib_find_wording(json->words, frames, data, table, json->made, wording);
    return known == TLIB_WORDED ? TLIB_JSON_END : known == TLIB_UNWORDED ? TLIB_JSON_WORD : TLIB_JSON_ASK;
}

/* The object of an indexed frame without its closing brace; with the table NULL, all attributes in ascending order. */
static uint8_t *write_object(tlib_json *json, const tlib_frames *frames, uint8_t *out, const uint8_t *data, const tlib_schema *schema,
                             const tlib_json_table *table) {
    tlib_workspace *space = frames->space;
    uint16_t message = tlib_u16(data + 4);
    int32_t head = tlib_label(json->messages, message);
    if (head >= 0)
        out = put(out, json->heads[head], 0);
    else
        out = tlib_write_u32(copy(out, "{\"Event\":", 9), message);
    if (!space->ascending)
        tlib_sort(space);
    return schema == NULL ? write_others(json, out, data, space, NULL, NULL) : write_fields(json, out, data, space, schema, table);
}

static const tlib_attribute *find(const tlib_workspace *space, uint16_t dense) {
    for (uint32_t i = 0; dense && i < space->count; i++)
        if (space->attributes[i].dense == dense)
            return &space->attributes[i];
    return NULL;
}

int tlib_json_own_time(const tlib_json *json, const uint8_t *data, const tlib_workspace *space, const tlib_schema *schema, int64_t *time) {
    const tlib_attribute *seconds = find(space, json->seconds);
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
    const tlib_attribute *micros = find(space, json->micros);
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

/* Whether the name of an entry stands among those before it, from `at` on. */
static int repeats(const uint8_t *notes, uint64_t at, uint64_t end, const tlib_note *note) {
    tlib_note before;
    while (tlib_note_at(notes, &at, end, &before) && before.name < note->name)
        if (before.name_length == note->name_length && memcmp(before.name, note->name, note->name_length) == 0)
            return 1;
    return 0;
}

#define MOST_NOTES 64 /* entries of a frame whose names are compared here */

uint8_t *tlib_json_notes(tlib_json *json, uint8_t *out, const tlib_origins *origins, uint64_t i, tlib_note *text) {
    uint64_t start = origins->note_bounds[i], end = origins->note_bounds[i + 1], at = start;
    uint32_t count = 0, members = 0;
    tlib_note note;
    while (at < end) {
        if (!tlib_note_at(origins->notes, &at, end, &note) || ++count > MOST_NOTES)
            return stopped(json, TLIB_JSON_ASK);
        if (note.name_length == 0) {
            *text = note;
            continue;
        }
        if (repeats(origins->notes, start, end, &note))
            return stopped(json, TLIB_JSON_ASK);
        *out++ = members++ == 0 ? '{' : ',';
        out = tlib_json_string(out, note.name, note.name_length);
        if (out == NULL) /* a name that is not UTF-8 */
            return stopped(json, TLIB_JSON_ASK);
        *out++ = ':';
        uint8_t *value = out;
        out = tlib_json_string(value, note.value, note.value_length);
        if (out == NULL) {
            json->marked = 1;
            out = tlib_json_marked(value, note.value, note.value_length);
        }
    }
    if (members)
        *out++ = '}';
    return out;
}

static inline uint8_t *write_number(uint8_t *out, const char *name, size_t length, const uint64_t *column, uint64_t i) {
    if (column == NULL)
        return out;
    out = tlib_write_u64(copy(out, name, length), column[i]);
    *out++ = ',';
    return out;
}

/* The member $source, whose members end in a comma each; nothing where the origin is not known. */
static uint8_t *write_source(tlib_json *json, uint8_t *out, const tlib_origins *origins, uint64_t i, const tlib_note *text) {
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
        size_t length = (size_t)(tlib_write_time(printed, local != TLIB_NO_TIME ? local : daily, &json->date) - printed);
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

uint8_t *tlib_json_value(tlib_json *json, uint8_t *out, const uint8_t *data, const tlib_attribute *attribute) {
    return write_value(json, out, data, attribute);
}

uint8_t *tlib_json_source(tlib_json *json, uint8_t *out, const tlib_origins *origins, uint64_t i, const tlib_note *text) {
    return write_source(json, out, origins, i, text);
}

/* What follows the attributes: $time, $unnumbered, $source, the end of the line. */
static uint8_t *write_origin(tlib_json *json, uint8_t *out, const tlib_origins *origins, uint64_t i, int64_t time) {
    tlib_note text = {NULL, NULL, 0, 0};
    if (time != TLIB_NO_TIME) {
        out = tlib_write_time(copy(out, ",\"$time\":\"", 10), time, &json->date);
        out = copy(out, "Z\"", 2);
    }
    if (origins->note_bounds != NULL) {
        uint8_t *before = out, *object = copy(out, ",\"$unnumbered\":", 15);
        out = tlib_json_notes(json, object, origins, i, &text);
        out = out == object ? before : out;
    }
    if (out != NULL)
        out = copy(write_source(json, out, origins, i, &text), "}\n", 2);
    return out;
}

int tlib_origin_fits(const tlib_origins *origins, uint64_t i) {
    uint32_t flow = tlib_flow_at(origins, i);
    if (flow != TLIB_NO_FLOW && flow >= origins->flow_count)
        return 0;
    const uint64_t *bounds = origins->note_bounds;
    return bounds == NULL || (bounds[i] <= bounds[i + 1] && bounds[i + 1] <= origins->notes_length);
}

/* Bytes that a line may come to: each byte of a list or text by the worst of its escapes, each name by the longest. */
static size_t line_room(const tlib_json *json, const tlib_frames *frames, const tlib_origins *origins, uint64_t i) {
    size_t room = LINE_ROOM + json->widest + tlib_json_list_room((size_t)(frames->bounds[i + 1] - frames->bounds[i]));
    uint32_t flow = tlib_flow_at(origins, i);
    room += frames->space->count * (3 * json->widest + ATTRIBUTE_ROOM) + origins->file_length;
    if (flow != TLIB_NO_FLOW)
        room += (size_t)(origins->flow_bounds[flow + 1] - origins->flow_bounds[flow]);
    if (origins->note_bounds != NULL)
        room += 8 * (size_t)(origins->note_bounds[i + 1] - origins->note_bounds[i]);
    return room;
}

static uint8_t *write_line(tlib_json *json, const tlib_frames *frames, const tlib_origins *origins, uint64_t i, tlib_buffer *buffer) {
    const uint8_t *data = frames->data + frames->bounds[i];
    const tlib_wording *wording;
    uint16_t number = 0;
    int code = tlib_frames_index(frames, i, &number);
    if (code)
        return stopped(json, code == TLIB_MORE_CAPACITY ? TLIB_JSON_CAPACITY : TLIB_JSON_ASK);
    if (!tlib_origin_fits(origins, i))
        return stopped(json, TLIB_JSON_ASK);
    code = tlib_json_judge(json, frames, origins, i, number, &wording);
    if (code)
        return stopped(json, code);
    if (tlib_reserve(buffer, line_room(json, frames, origins, i) + (wording == NULL ? 0 : tlib_wording_room(wording))))
        return stopped(json, TLIB_JSON_MEMORY);
    int listed = number && wording == NULL;
    const tlib_schema *schema = listed ? &frames->tables->schemas[number - 1] : NULL;
    uint8_t *out = write_object(json, frames, buffer->at + buffer->length, data, schema, listed ? &json->tables[number - 1] : NULL);
    int64_t time = tlib_time_at(origins->times, i);
    if (out != NULL && time == TLIB_NO_TIME && !tlib_json_own_time(json, data, frames->space, schema, &time))
        return stopped(json, TLIB_JSON_ASK);
    if (out != NULL && wording != NULL)
        out = tlib_write_wording(out, wording, frames->space, tlib_json_offset(origins, i));
    if (out != NULL)
        out = write_origin(json, out, origins, i, time);
    if (out != NULL && wording != NULL)
        tlib_json_invalid(json, i);
    return out;
}

int tlib_json_lines(tlib_json *json, const tlib_frames *frames, const tlib_origins *origins, uint64_t *place, tlib_buffer *buffer,
                    size_t enough) {
    for (; *place < frames->count; ++*place) {
        if (buffer->length >= enough)
            return TLIB_JSON_FULL;
        uint8_t *out = write_line(json, frames, origins, *place, buffer);
        if (out == NULL)
            return json->stop;
        buffer->length = (size_t)(out - buffer->at);
    }
    return TLIB_JSON_END;
}
