/* Fields of frames: see fields.h. */
#include "fields.h"

int tlib_subject_open(tlib_subject *subject, uint64_t row) {
    const tlib_frames *frames = subject->frames;
    subject->row = row;
    subject->data = frames->data + frames->bounds[row];
    int code = tlib_frames_index(frames, row, &subject->table);
    if (code)
        return code;
    subject->message = tlib_u16(subject->data + 4);
    int asks = frames->space->callers || (subject->table && subject->asks[subject->table - 1]);
    return asks ? TLIB_ATTRIBUTE_TYPE : TLIB_OK;
}

static const tlib_schema *schema_of(const tlib_subject *subject) {
    return subject->table ? &subject->frames->tables->schemas[subject->table - 1] : NULL;
}

int tlib_subject_fails(const tlib_subject *subject) {
    const tlib_frames *frames = subject->frames;
    const tlib_schema *schema = schema_of(subject);
    return schema ? tlib_fails(frames->tables, schema, subject->data, frames->space, frames->printed) : 0;
}

static const tlib_attribute *attribute_of(const tlib_subject *subject, uint16_t id) {
    const tlib_workspace *space = subject->frames->space;
    for (uint32_t i = 0; i < space->count; i++) {
        if (space->attributes[i].id == id)
            return &space->attributes[i];
        if (space->ascending && space->attributes[i].id > id)
            break;
    }
    return NULL;
}

static void set_long(tlib_value *value, uint64_t number) {
    value->type = TLIB_FIELD_LONG;
    value->large = number > INT64_MAX;
    memcpy(&value->number, &number, 8);
}

/* The value of an attribute that tlib_index has passed: its length fits its declared kind. */
static void value_of(const tlib_subject *subject, const tlib_attribute *a, uint8_t kind, tlib_value *value) {
    const uint8_t *at = subject->data + a->offset;
    value->type = kind;
    value->large = 0;
    value->data = at;
    value->length = a->length;
    if (kind == TLIB_FIELD_UINT)
        value->number = tlib_u32(at);
    else if (kind == TLIB_FIELD_SINT)
        value->number = (int32_t)tlib_u32(at);
    else if (kind == TLIB_FIELD_LONG)
        set_long(value, tlib_u64(at));
    else
        value->number = a->type;
}

int tlib_subject_time(const tlib_subject *subject, int64_t *time) {
    const tlib_schema *schema = schema_of(subject);
    tlib_value value;
    *time = tlib_time_at(subject->origins->times, subject->row);
    if (*time != TLIB_NO_TIME)
        return 1;
    const tlib_attribute *whole = subject->seconds.kind == TLIB_FIELD_RAW ? NULL : attribute_of(subject, subject->seconds.id);
    if (!whole)
        return 0;
    value_of(subject, whole, subject->seconds.kind, &value);
    if (value.large || value.number > UINT32_MAX)
        return TLIB_ASK; /* perhaps beyond 64 bits of nanoseconds */
    *time = value.number * 1000000000;
    const tlib_attribute *part = subject->micros.kind == TLIB_FIELD_RAW ? NULL : attribute_of(subject, subject->micros.id);
    if (!part)
        return 1;
    /* A table that lists the fraction and not the seconds: whether the two belong together is for the caller. */
    if (schema && schema->slot[part->dense] && !schema->slot[whole->dense])
        return TLIB_ASK;
    value_of(subject, part, subject->micros.kind, &value);
    if (!value.large && value.number >= 0 && value.number < 1000000)
        *time += value.number * 1000;
    return 1;
}

/* -- key-value lists ------------------------------------------------------------------------------- */

static void open_list(tlib_cursor *cursor, uint32_t start, uint32_t end, uint32_t matched) {
    cursor->end[cursor->depth] = end;
    cursor->at[cursor->depth] = start;
    cursor->matched[cursor->depth] = matched;
    cursor->depth++;
}

static void pair_value(const uint8_t *at, uint8_t type, uint32_t length, tlib_value *value) {
    static const uint8_t KINDS[] = {TLIB_FIELD_TEXT, TLIB_FIELD_SINT, TLIB_FIELD_BINARY, TLIB_FIELD_LIST, TLIB_FIELD_UNICODE};
    value->type = KINDS[type];
    value->large = 0;
    value->data = at;
    value->length = length;
    value->number = type == TLIB_PAIR_INT ? (int32_t)tlib_u32(at) : 0;
    if (type == TLIB_PAIR_LIST) { /* without the length that repeats the pair's */
        value->data = at + 2;
        value->length = length - 2;
    }
}

/* The next value at the path. The lists have passed tlib_list: lengths fit, and lists nest less than TLIB_DEEPEST deep. */
static int next_in_list(tlib_cursor *cursor, const tlib_subject *subject, const tlib_field *field, tlib_value *value) {
    const uint8_t *data = subject->data;
    if (!cursor->next) {
        cursor->next = 1;
        const tlib_attribute *a = attribute_of(subject, field->places[0].id);
        if (a)
            open_list(cursor, a->offset + 2, a->offset + a->length, 0);
    }
    while (cursor->depth) {
        uint32_t top = cursor->depth - 1, at = cursor->at[top];
        if (at >= cursor->end[top]) {
            cursor->depth--;
            continue;
        }
        const uint8_t *head = data + at;
        uint32_t key = tlib_u16(head + 1), length = tlib_u16(head + 3);
        uint32_t matched = cursor->matched[top], left = field->path_length - matched;
        const uint8_t *path = field->path + matched;
        cursor->at[top] = at + 5 + key + length;
        if (key > left || memcmp(head + 5, path, key) != 0)
            continue;
        if (key == left) {
            pair_value(head + 5 + key, head[0], length, value);
            return 1;
        }
        if (head[0] == TLIB_PAIR_LIST && path[key] == '.' && cursor->depth < TLIB_DEEPEST)
            open_list(cursor, at + 5 + key + 4, at + 5 + key + length, matched + key + 1);
    }
    return 0;
}

/* -- origins --------------------------------------------------------------------------------------- */

static void set_text(tlib_value *value, const uint8_t *data, uint32_t length) {
    value->type = TLIB_FIELD_TEXT;
    value->large = 0;
    value->number = 0;
    value->data = data;
    value->length = length;
}

static int flow_value(const tlib_subject *subject, uint8_t which, tlib_value *value) {
    const tlib_flow_texts *texts = &subject->flows[which];
    uint32_t flow = tlib_flow_at(subject->origins, subject->row);
    if (flow >= subject->origins->flow_count || !texts->kinds[flow])
        return 0;
    set_text(value, texts->text + texts->bounds[flow], texts->bounds[flow + 1] - texts->bounds[flow]);
    if (texts->kinds[flow] == 2) {
        value->type = TLIB_FIELD_SINT;
        value->number = texts->numbers[flow];
    }
    return 1;
}

/* The last note of the name, as a mapping would keep it; an attribute loses the quotes in which a log prints it. */
static int note_value(const tlib_subject *subject, const tlib_field *field, tlib_value *value) {
    const tlib_origins *origins = subject->origins;
    int there = 0;
    tlib_note note;
    if (!origins->note_bounds)
        return 0;
    uint64_t at = origins->note_bounds[subject->row], end = origins->note_bounds[subject->row + 1];
    if (at > end || end > origins->notes_length)
        return TLIB_ASK;
    while (at < end) {
        if (!tlib_note_at(origins->notes, &at, end, &note))
            return TLIB_ASK;
        if (note.name_length == field->path_length && memcmp(note.name, field->path, note.name_length) == 0) {
            set_text(value, note.value, note.value_length);
            there = 1;
        }
    }
    if (!there || !field->path_length)
        return there && value->length; /* no explanation is no value */
    const uint8_t *text = value->data;
    if (value->length > 1 && text[0] == text[value->length - 1] && (text[0] == '"' || text[0] == '\''))
        set_text(value, text + 1, value->length - 2);
    return 1;
}

static int number_value(const tlib_subject *subject, uint8_t which, tlib_value *value) {
    const tlib_origins *origins = subject->origins;
    const uint64_t *columns[] = {origins->lines, origins->packets, origins->offsets};
    if (!columns[which])
        return 0;
    set_long(value, columns[which][subject->row]);
    return 1;
}

/* The value of a field that has one at most. */
static int only_value(const tlib_subject *subject, const tlib_field *field, tlib_value *value) {
    value->large = 0;
    switch (field->source) {
    case TLIB_FROM_MESSAGE:
        value->type = TLIB_FIELD_UINT;
        value->number = subject->message;
        return 1;
    case TLIB_FROM_NUMBER:
        return number_value(subject, field->which, value);
    case TLIB_FROM_TIME:
        value->type = TLIB_FIELD_SINT;
        return tlib_subject_time(subject, &value->number);
    case TLIB_FROM_FLOW:
        return flow_value(subject, field->which, value);
    case TLIB_FROM_FILE:
        set_text(value, subject->origins->file, (uint32_t)subject->origins->file_length);
        return value->length != 0;
    case TLIB_FROM_NOTE:
        return note_value(subject, field, value);
    case TLIB_FROM_ERRORS:
        return tlib_subject_fails(subject) ? TLIB_ASK : 0;
    default:
        return TLIB_ASK;
    }
}

int tlib_cursor_next(tlib_cursor *cursor, const tlib_subject *subject, const tlib_field *field, tlib_value *value) {
    if (field->source == TLIB_FROM_ATTRIBUTES) {
        while (cursor->next < field->place_count) {
            const tlib_field_place *place = &field->places[cursor->next++];
            const tlib_attribute *a = attribute_of(subject, place->id);
            if (a) {
                value_of(subject, a, place->kind, value);
                return 1;
            }
        }
        return 0;
    }
    if (field->source == TLIB_FROM_LIST)
        return next_in_list(cursor, subject, field, value);
    if (cursor->next++)
        return 0;
    return only_value(subject, field, value);
}
