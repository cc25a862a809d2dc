/* Fields of frames: see fields.h. */
#include "fields.h"

int tlib_subject_open(tlib_subject *subject, const tlib_frames *frames, uint64_t row, const tlib_limits *limits) {
    tlib_error error;
    uint16_t message;
    uint32_t body;
    uint64_t start = frames->bounds[row], end = frames->bounds[row + 1];
    if (start > end || end > frames->data_length || end - start > UINT32_MAX)
        return TLIB_TRUNCATED_FRAME;
    subject->frames = frames;
    subject->row = row;
    subject->data = frames->data + start;
    subject->length = (uint32_t)(end - start);
    int code = tlib_header(subject->data, subject->length, limits, &message, &body, &error);
    if (code)
        return code;
    if ((uint64_t)body + TLIB_HEADER != subject->length)
        return TLIB_TRUNCATED_FRAME;
    subject->message = message;
    code = tlib_index(subject->tables, limits, subject->data, subject->length, 1, subject->space, &error);
    if (code == TLIB_OK && subject->space->callers)
        return TLIB_ATTRIBUTE_TYPE;
    return code;
}

int tlib_subject_fails(const tlib_subject *subject) {
    uint16_t number = tlib_table(subject->tables, subject->message, subject->data, subject->space);
    if (!number)
        return 0;
    return tlib_fails(subject->tables, &subject->tables->schemas[number - 1], subject->data, subject->space, subject->frames->printed);
}

static const tlib_attribute *attribute_of(const tlib_subject *subject, uint16_t id) {
    const tlib_workspace *space = subject->space;
    for (uint32_t i = 0; i < space->count; i++) {
        if (space->attributes[i].id == id)
            return &space->attributes[i];
        if (space->ascending && space->attributes[i].id > id)
            break;
    }
    return NULL;
}

static void set_long(tlib_value *value, uint64_t number) {
    value->type = TLIB_VALUE_LONG;
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
    if (kind == TLIB_VALUE_UINT)
        value->number = tlib_u32(at);
    else if (kind == TLIB_VALUE_SINT)
        value->number = (int32_t)tlib_u32(at);
    else if (kind == TLIB_VALUE_LONG)
        set_long(value, tlib_u64(at));
    else
        value->number = a->type;
}

int tlib_subject_time(const tlib_subject *subject, int64_t *time) {
    const tlib_frames *frames = subject->frames;
    tlib_value value;
    if (frames->times && frames->times[subject->row] != TLIB_NO_TIME) {
        *time = frames->times[subject->row];
        return 1;
    }
    const tlib_attribute *a = subject->seconds.kind == TLIB_VALUE_RAW ? NULL : attribute_of(subject, subject->seconds.id);
    if (!a)
        return 0;
    value_of(subject, a, subject->seconds.kind, &value);
    if (value.large || value.number > INT32_MAX * 4LL || value.number < -INT32_MAX * 4LL)
        return TLIB_FIELD_ASK; /* beyond what 64 bits of nanoseconds hold, or close to it */
    *time = value.number * 1000000000;
    a = subject->micros.kind == TLIB_VALUE_RAW ? NULL : attribute_of(subject, subject->micros.id);
    if (a) {
        value_of(subject, a, subject->micros.kind, &value);
        if (!value.large && value.number >= 0 && value.number < 1000000)
            *time += value.number * 1000;
    }
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
    static const uint8_t KINDS[] = {TLIB_VALUE_TEXT, TLIB_VALUE_SINT, TLIB_VALUE_BINARY, TLIB_VALUE_LIST, TLIB_VALUE_UNICODE};
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
    value->type = TLIB_VALUE_TEXT;
    value->large = 0;
    value->number = 0;
    value->data = data;
    value->length = length;
}

static int flow_value(const tlib_subject *subject, uint8_t which, tlib_value *value) {
    const tlib_frames *frames = subject->frames;
    const tlib_flow_texts *texts = &frames->texts[which];
    if (!frames->flows || frames->flows[subject->row] >= frames->flow_count)
        return 0;
    uint32_t flow = frames->flows[subject->row];
    if (!texts->kinds[flow])
        return 0;
    set_text(value, texts->text + texts->bounds[flow], texts->bounds[flow + 1] - texts->bounds[flow]);
    if (texts->kinds[flow] == 2) {
        value->type = TLIB_VALUE_SINT;
        value->number = texts->numbers[flow];
    }
    return 1;
}

/* One length and text of the notes at `at`: where it ends, 0 where it does not fit. */
static uint64_t piece(const uint8_t *notes, uint64_t at, uint64_t end, uint32_t *length) {
    if (end - at < 4)
        return 0;
    memcpy(length, notes + at, 4);
    return *length > end - at - 4 ? 0 : at + 4 + *length;
}

/* The last note of the name, as a mapping would keep it; an attribute loses the quotes in which a log prints it. */
static int note_value(const tlib_subject *subject, const tlib_field *field, tlib_value *value) {
    const tlib_frames *frames = subject->frames;
    int there = 0;
    if (!frames->note_bounds)
        return 0;
    uint64_t at = frames->note_bounds[subject->row], end = frames->note_bounds[subject->row + 1];
    if (at > end || end > frames->notes_length)
        return TLIB_FIELD_ASK;
    while (at < end) {
        uint32_t name = 0, length = 0;
        uint64_t middle = piece(frames->notes, at, end, &name);
        uint64_t after = middle ? piece(frames->notes, middle, end, &length) : 0;
        if (!after)
            return TLIB_FIELD_ASK;
        if (name == field->path_length && memcmp(frames->notes + at + 4, field->path, name) == 0) {
            set_text(value, frames->notes + middle + 4, length);
            there = 1;
        }
        at = after;
    }
    if (!there || !field->path_length)
        return there && value->length; /* no explanation is no value */
    const uint8_t *text = value->data;
    if (value->length > 1 && text[0] == text[value->length - 1] && (text[0] == '"' || text[0] == '\''))
        set_text(value, text + 1, value->length - 2);
    return 1;
}

static int only_value(const tlib_subject *subject, const tlib_field *field, tlib_value *value) {
    const tlib_frames *frames = subject->frames;
    int known;
    value->large = 0;
    switch (field->source) {
    case TLIB_FROM_MESSAGE:
        value->type = TLIB_VALUE_UINT;
        value->number = subject->message;
        return 1;
    case TLIB_FROM_NUMBER:
        if (!frames->numbers[field->which])
            return 0;
        set_long(value, frames->numbers[field->which][subject->row]);
        return 1;
    case TLIB_FROM_TIME:
        value->type = TLIB_VALUE_SINT;
        return tlib_subject_time(subject, &value->number);
    case TLIB_FROM_FLOW:
        return flow_value(subject, field->which, value);
    case TLIB_FROM_FILE:
        set_text(value, frames->file, frames->file_length);
        return frames->file_length != 0;
    case TLIB_FROM_NOTE:
        return note_value(subject, field, value);
    case TLIB_FROM_ERRORS:
        known = tlib_subject_fails(subject);
        return known ? TLIB_FIELD_ASK : 0;
    default:
        return TLIB_FIELD_ASK;
    }
}

int tlib_cursor_next(tlib_cursor *cursor, const tlib_subject *subject, const tlib_field *field, tlib_value *value) {
    if (field->source == TLIB_FROM_ATTRIBUTES) {
        while (cursor->next < field->place_count) {
            const tlib_place *place = &field->places[cursor->next++];
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
