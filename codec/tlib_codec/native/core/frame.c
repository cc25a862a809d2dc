/* Frames: the header, the index of attributes, the rules of severity ERROR. */
#include "tlib_core.h"

#include <stdlib.h>

static const char *const NAMES[TLIB_CODES] = {
    "",
    "truncated-header",
    "truncated-frame",
    "bad-magic",
    "bad-version",
    "bad-flags",
    "trailing-bytes",
    "frame-too-long",
    "attribute-header",
    "attribute-overrun",
    "duplicate-attribute",
    "attribute-type",
    "int-length",
    "long-length",
    "list-header",
    "list-trailing",
    "list-length",
    "list-too-deep",
    "list-too-many-pairs",
    "pair-header",
    "pair-overrun",
    "pair-type",
    "pair-int-length",
    "pair-unicode",
};

const char *tlib_code_name(int code) {
    return code >= 0 && code < TLIB_CODES ? NAMES[code] : "";
}

int tlib_header(const uint8_t *data, size_t length, const tlib_limits *limits, uint16_t *message, uint32_t *body, tlib_error *error) {
    /* Only as much of the header as is there is judged, so garbage is garbage from its first byte. */
    if ((length > 0 && data[0] != 'T') || (length > 1 && data[1] != 'L'))
        return tlib_fail(error, TLIB_BAD_MAGIC, 0, -1, 0, length > 1 ? tlib_u16(data) : data[0]);
    if (length > 2 && data[2] != 1)
        return tlib_fail(error, TLIB_BAD_VERSION, 2, -1, 1, data[2]);
    if (length > 3 && data[3] != 0)
        return tlib_fail(error, TLIB_BAD_FLAGS, 3, -1, 0, data[3]);
    if (length < TLIB_HEADER)
        return tlib_fail(error, TLIB_TRUNCATED_HEADER, 0, -1, TLIB_HEADER, (int64_t)length);
    *message = tlib_u16(data + 4);
    *body = tlib_u32(data + 6);
    if (*body > limits->frame_body)
        return tlib_fail(error, TLIB_FRAME_TOO_LONG, 6, -1, limits->frame_body, *body);
    return TLIB_OK;
}

/* Ids that arrive in ascending order cannot repeat. From the first that does not ascend, the ids
 * seen are kept in a bitmap, which is left all zero again. */
static int repeats(tlib_workspace *space, uint32_t count, uint16_t id, int *marked) {
    uint64_t bit = (uint64_t)1 << (id & 63);
    if (!*marked) {
        *marked = 1;
        for (uint32_t i = 0; i < count; i++) {
            uint16_t seen = space->attributes[i].id;
            space->seen[seen >> 6] |= (uint64_t)1 << (seen & 63);
        }
    }
    if (space->seen[id >> 6] & bit)
        return 1;
    space->seen[id >> 6] |= bit;
    return 0;
}

static void unmark(tlib_workspace *space, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        space->seen[space->attributes[i].id >> 6] = 0;
}

int tlib_index(const tlib_tables *tables, const tlib_limits *limits, const uint8_t *data, uint32_t length, int deep, tlib_workspace *space,
               tlib_error *error) {
    uint32_t position = TLIB_HEADER, count = 0;
    int32_t last = -1;
    int marked = 0, code = TLIB_OK;

    space->callers = 0;
    while (position < length) {
        if (length - position < TLIB_ATTRIBUTE) {
            code = tlib_fail(error, TLIB_ATTRIBUTE_HEADER, position, -1, TLIB_ATTRIBUTE, length - position);
            break;
        }
        const uint8_t *head = data + position;
        uint16_t id = tlib_u16(head);
        uint8_t type = head[2];
        uint32_t size = tlib_u24(head + 3);
        uint32_t at = position + TLIB_ATTRIBUTE;
        if (size > length - at) {
            code = tlib_fail(error, TLIB_ATTRIBUTE_OVERRUN, position, id, length - at, size);
            break;
        }
        if (count == space->capacity) {
            code = TLIB_MORE_CAPACITY;
            break;
        }
        if (marked || (int32_t)id <= last) {
            if (repeats(space, count, id, &marked)) {
                code = tlib_fail(error, TLIB_DUPLICATE_ATTRIBUTE, position, id, id, id);
                break;
            }
        }
        last = id;
        uint16_t dense = tables->dense[id];
        uint8_t declared = tables->declared[dense];
        /* Recorded before its value is judged: unmark() must find it. */
        space->attributes[count].offset = at;
        space->attributes[count].length = size;
        space->attributes[count].id = id;
        space->attributes[count].dense = dense;
        space->attributes[count].type = type;
        count++;
        if (declared != TLIB_UNKNOWN_TYPE) {
            int callers = declared & TLIB_CALLERS_VALUE;
            space->callers |= callers != 0;
            if ((declared & 0x7F) != type) {
                code = tlib_fail(error, TLIB_ATTRIBUTE_TYPE, position, id, declared & 0x7F, type);
                break;
            }
            if (callers) {
                position = at + size;
                continue;
            }
        }
        if (type == TLIB_INT) {
            if (size != 4) {
                code = tlib_fail(error, TLIB_INT_LENGTH, at, id, 4, size);
                break;
            }
        } else if (type == TLIB_LONG) {
            if (size != 8) {
                code = tlib_fail(error, TLIB_LONG_LENGTH, at, id, 8, size);
                break;
            }
        } else if (type == TLIB_LIST && deep) {
            code = tlib_list(data, at, at + size, limits, error);
            if (code) {
                error->attribute = id;
                break;
            }
        }
        position = at + size;
    }
    if (marked)
        unmark(space, count);
    space->count = count;
    space->ascending = !marked;
    return code;
}

static int by_id(const void *a, const void *b) {
    return (int)((const tlib_attribute *)a)->id - (int)((const tlib_attribute *)b)->id;
}

void tlib_sort(tlib_workspace *space) {
    qsort(space->attributes, space->count, sizeof *space->attributes, by_id);
}

static uint64_t number(const uint8_t *data, const tlib_attribute *attribute) {
    return attribute->length == 4 ? tlib_u32(data + attribute->offset) : tlib_u64(data + attribute->offset);
}

static int listed(const uint64_t *values, uint32_t count, uint64_t value) {
    for (uint32_t i = 0; i < count; i++)
        if (values[i] == value)
            return 1;
    return 0;
}

static int circumstance(const tlib_schema *schema, const uint8_t *data, const tlib_workspace *space) {
    if (schema->when == TLIB_EVER)
        return 1;
    for (uint32_t i = 0; i < space->count; i++) {
        const tlib_attribute *a = &space->attributes[i];
        if (a->dense != schema->subject)
            continue;
        uint32_t length = schema->suffix_length;
        int ends = a->length >= length && memcmp(data + a->offset + a->length - length, schema->suffix, length) == 0;
        return ends == (schema->when == TLIB_ENDS_IN);
    }
    return schema->when == TLIB_ENDS_IN;
}

uint16_t tlib_table(const tlib_tables *tables, uint16_t message, const uint8_t *data, const tlib_workspace *space) {
    uint16_t number = tables->schema[message];
    while (number && !circumstance(&tables->schemas[number - 1], data, space))
        number = tables->schemas[number - 1].next;
    return number;
}

int tlib_fails(const tlib_tables *tables, const tlib_schema *schema, const uint8_t *data, tlib_workspace *space, int printed) {
    uint32_t required = 0;
    uint8_t counted = printed ? TLIB_REQUIRED : TLIB_REQUIRED | TLIB_CLIENTS;
    uint32_t *at = space->at;
    if (!circumstance(schema, data, space))
        return 1;
    if (schema->rule_count)
        memset(at, 0, (schema->slot_count + 1) * sizeof *at);
    for (uint32_t i = 0; i < space->count; i++) {
        uint16_t slot = schema->slot[space->attributes[i].dense];
        required += (schema->required[slot] & counted) != 0;
        if (schema->rule_count)
            at[slot] = i + 1;
    }
    if (required != schema->required_count - (printed ? schema->client_count : 0))
        return 1;
    for (uint32_t i = 0; i < schema->rule_count; i++) {
        const tlib_rule *rule = &schema->rules[i];
        if ((at[rule->field] != 0) != rule->present)
            continue;
        uint32_t other = at[rule->other];
        int holds = 1;
        if (rule->test == TLIB_ABSENT)
            holds = other == 0;
        else if (rule->test != TLIB_ALWAYS) {
            int in = other && listed(tables->values + rule->first_value, rule->value_count, number(data, &space->attributes[other - 1]));
            holds = rule->test == TLIB_IN ? in : other && !in;
        }
        if (holds)
            return 1;
    }
    return schema->beyond ? 2 : 0;
}
