/* The attributes of a message: printed values by the declaration of their attribute. The strategy stands in formats/logs/values.py.
 *
 * Strategy: a value is appended to the message in the form of the wire. Names are found by a hash, or without it: the attribute that
 * came after the last one before is tried first.
 */
#include "log_in.h"

static int number(const uint8_t *p, const uint8_t *end, int *negative, uint64_t *magnitude) {
    *negative = p < end && *p == '-';
    p += *negative;
    const uint8_t *digits = p;
    uint64_t value = 0;
    for (; p < end && tlib_is(*p, TLIB_DIGIT); p++) {
        uint64_t digit = (uint64_t)(*p - '0');
        if (p - digits >= 19 && (p - digits >= 20 || value > (UINT64_MAX - digit) / 10))
            return 0;
        value = value * 10 + digit;
    }
    if (p == digits)
        return 0;
    p = tlib_skip(p, end, TLIB_SPACE);
    *magnitude = value;
    return p == end || *p == '(' || *p == '[';
}

int tlib_log_whole(const uint8_t *p, const uint8_t *end, int bits, uint64_t *value) {
    int negative;
    uint64_t magnitude, half = UINT64_C(1) << (bits - 1);
    if (!number(p, end, &negative, &magnitude) || magnitude > (negative ? half : half - 1 + half))
        return 0;
    *value = negative ? 0 - magnitude : magnitude;
    return 1;
}

const uint8_t *tlib_log_printed(const uint8_t *p, const uint8_t *end, uint32_t *length, uint8_t first[2], uint32_t *count, int *dots) {
    if (p == end || *p++ != '[')
        return NULL;
    const uint8_t *digits = p;
    for (*length = 0; p < end && p - digits < 10 && tlib_is(*p, TLIB_DIGIT); p++)
        *length = *length * 10 + (uint32_t)(*p - '0');
    if (p == digits || p - digits > 9 || p == end || *p++ != ']')
        return NULL;
    for (*count = 0;; ++*count) {
        const uint8_t *q = tlib_skip(p, end, TLIB_SPACE);
        if (q == p || end - q < 2 || !tlib_is(q[0], TLIB_HEX) || !tlib_is(q[1], TLIB_HEX))
            break;
        if (*count < 2)
            first[*count] = (uint8_t)(tlib_nibble(q[0]) << 4 | tlib_nibble(q[1]));
        p = q + 2;
    }
    p = tlib_skip(p, end, TLIB_SPACE);
    *dots = TLIB_BEGINS(p, end, "..");
    return p + 2 * *dots;
}

int tlib_log_whole_bytes(tlib_buffer *values, const uint8_t *p, const uint8_t *end) {
    uint32_t length, count;
    uint8_t first[2];
    int dots;
    const uint8_t *stop = tlib_log_printed(p, end, &length, first, &count, &dots);
    if (stop == NULL || dots || length != count || tlib_skip(stop, end, TLIB_SPACE) != end)
        return TLIB_STEP_NOT;
    if (tlib_reserve(values, length))
        return TLIB_STEP_MEMORY;
    p = (const uint8_t *)memchr(p, ']', (size_t)(end - p)) + 1;
    for (uint8_t *at = values->at + values->length; count > 0; count--, p += 2) {
        p = tlib_skip(p, end, TLIB_SPACE);
        *at++ = (uint8_t)(tlib_nibble(p[0]) << 4 | tlib_nibble(p[1]));
    }
    values->length += length;
    return TLIB_STEP_DONE;
}

/* -- quoted values ------------------------------------------------------------------------------------------- */

int tlib_log_close(tlib_log *log, int sink, size_t at) {
    tlib_log_message *message = &log->message;
    if (sink == TLIB_HELD_NOTE) {
        uint32_t length = (uint32_t)(message->notes.length - at - 4);
        memcpy(message->notes.at + at, &length, 4);
        return TLIB_STEP_DONE;
    }
    uint8_t *header = message->values.at + at;
    if (sink == TLIB_HELD_PAIR) {
        size_t length = message->values.length - at - 5 - tlib_u16(header + 1);
        if (length > 0xFFFF)
            return tlib_log_ask(log, TLIB_ASK_SIZE);
        tlib_put16(header + 3, (uint32_t)length);
        return TLIB_STEP_DONE;
    }
    size_t length = message->values.length - at - TLIB_ATTRIBUTE;
    if (length > 0xFFFFFF)
        return tlib_log_ask(log, TLIB_ASK_SIZE);
    tlib_put32(header + 2, (uint32_t)header[2] << 24 | (uint32_t)length);
    return TLIB_STEP_DONE;
}

static int add_piece(tlib_log *log, int sink, const uint8_t *p, const uint8_t *end) {
    tlib_log_message *message = &log->message;
    return tlib_add(sink == TLIB_HELD_NOTE ? &message->notes : &message->values, p, (size_t)(end - p));
}

/* Add the last piece (ended by a quote) or a further one (the line's end, without its carriage return) of a quoted value. */
static int add_line(tlib_log *log, int sink, size_t at, const uint8_t *p, const uint8_t *end) {
    tlib_log_message *message = &log->message;
    const uint8_t *last = tlib_rstrip(p, end);
    if (last > p && last[-1] == '\'') {
        message->held = TLIB_HELD_NOTHING;
        if (add_piece(log, sink, p, last - (sink != TLIB_HELD_NOTE))) /* a note keeps its quotes */
            return TLIB_STEP_MEMORY;
        return tlib_log_close(log, sink, at);
    }
    message->held = (uint8_t)sink;
    message->held_at = at;
    if (message->carriage_returns && end > p && end[-1] == '\r')
        end--;
    return add_piece(log, sink, p, end) ? TLIB_STEP_MEMORY : TLIB_STEP_DONE;
}

int tlib_log_quoted(tlib_log *log, const uint8_t *p, const uint8_t *end, int sink, size_t at) {
    return add_line(log, sink, at, p, end);
}

/* Whether a line cannot continue a quoted value; also where only Python can say. */
static int stops(tlib_slice line) {
    const uint8_t *p = line.at, *end = p + line.length, *before;
    tlib_slice name;
    if (tlib_has_stamp(p, end) || tlib_log_names_message(line, &before, &name))
        return 1;
    p = tlib_skip(p, end, TLIB_SPACE);
    if (p < end && *p == '\'')
        return memchr(p + 1, '\'', (size_t)(end - p - 1)) != NULL;
    return tlib_unprefixed(p, end) != NULL;
}

int tlib_log_continue(tlib_log *log, tlib_slice line) {
    tlib_log_message *message = &log->message;
    int sink = message->held;
    if (stops(line))
        return tlib_log_ask(log, TLIB_ASK_VALUE);
    if (add_piece(log, sink, (const uint8_t *)"\n", (const uint8_t *)"\n" + 1))
        return TLIB_STEP_MEMORY;
    return add_line(log, sink, message->held_at, line.at, line.at + line.length);
}

/* -- attributes ---------------------------------------------------------------------------------------------- */

int tlib_log_item_begin(tlib_log *log, uint16_t id, uint32_t type) {
    tlib_log_message *message = &log->message;
    if (message->count == TLIB_LOG_ITEMS)
        return tlib_log_ask(log, TLIB_ASK_SIZE);
    if (tlib_reserve(&message->values, TLIB_ATTRIBUTE + 8)) /* a number fits behind the header too */
        return TLIB_STEP_MEMORY;
    uint8_t *header = message->values.at + message->values.length;
    message->items[message->count++] = (tlib_log_item){message->values.length, id};
    message->seen[id >> 6] |= UINT64_C(1) << (id & 63);
    tlib_put16(header, id);
    tlib_put32(header + 2, type << 24);
    message->values.length += TLIB_ATTRIBUTE;
    return TLIB_STEP_DONE;
}

static int add_number(tlib_log *log, uint16_t id, uint32_t type, uint64_t value) {
    int step = tlib_log_item_begin(log, id, type);
    if (step != TLIB_STEP_DONE)
        return step;
    tlib_buffer *values = &log->message.values;
    size_t at = values->length - TLIB_ATTRIBUTE;
    if (type == TLIB_LONG)
        tlib_put64(values->at + values->length, value);
    else
        tlib_put32(values->at + values->length, (uint32_t)value);
    values->length += type == TLIB_LONG ? 8 : 4;
    return tlib_log_close(log, TLIB_HELD_ATTRIBUTE, at);
}

static int add_integer(const tlib_log_tables *tables, tlib_log *log, const tlib_log_attribute *one, uint64_t value) {
    tlib_own_time *own = &log->message.own;
    int is_signed = one->kind == TLIB_LOG_SINT || one->kind == TLIB_LOG_SIGNED_ENUM;
    int64_t seen = is_signed ? (int32_t)(uint32_t)value : (int64_t)(uint32_t)value;
    if (one->id == tables->seconds_id) {
        own->seconds = seen;
        own->has_seconds = 1;
    } else if (one->id == tables->micros_id) {
        own->micros = seen;
        own->has_micros = 1;
    }
    return add_number(log, one->id, TLIB_INT, value);
}

/* The integer of hex digits, at most 16, and their count. */
static uint64_t hex(const uint8_t *p, const uint8_t *end, size_t *count, int *letters) {
    uint64_t value = 0;
    const uint8_t *begin = p;
    *letters = 0;
    for (; p < end && p - begin < 17 && tlib_is(*p, TLIB_HEX); p++) {
        *letters |= *p > '9';
        value = value << 4 | tlib_nibble(*p);
    }
    *count = (size_t)(p - begin);
    return value;
}

static int add_enumeration(const tlib_log_tables *tables, tlib_log *log, const tlib_log_attribute *one, const uint8_t *p,
                           const uint8_t *end) {
    uint64_t value;
    if (tlib_is(*p, TLIB_WORD) && !tlib_is(*p, TLIB_DIGIT)) {
        const uint8_t *last = tlib_skip(p, end, TLIB_WORD), *rest = tlib_skip(last, end, TLIB_SPACE);
        int64_t named = tlib_number(one->labels, p, (size_t)(last - p), INT64_MIN);
        if ((rest < end && *rest != '(' && *rest != '[') || named == INT64_MIN)
            return tlib_log_ask(log, TLIB_ASK_VALUE);
        value = (uint64_t)named;
    } else if (!tlib_log_whole(p, end, 32, &value))
        return tlib_log_ask(log, TLIB_ASK_VALUE);
    return add_integer(tables, log, one, value);
}

static int add_conn_id(tlib_log *log, uint16_t id, const uint8_t *p, const uint8_t *end) {
    size_t count;
    int letters;
    uint64_t value = hex(p, end, &count, &letters);
    const uint8_t *rest = tlib_skip(p + count, end, TLIB_SPACE);
    if (count == 0 || count > 16 || (rest < end && *rest != '(' && *rest != '['))
        return tlib_log_ask(log, TLIB_ASK_VALUE);
    return add_number(log, id, TLIB_LONG, value);
}

static int add_long(const tlib_log_tables *tables, tlib_log *log, uint16_t id, const uint8_t *p, const uint8_t *end) {
    size_t count;
    int letters;
    uint64_t value = hex(p, end, &count, &letters);
    int ended = p + count == end || tlib_is(p[count], TLIB_STRIPPED);
    if (id == tables->seconds_id || id == tables->micros_id)
        return tlib_log_ask(log, TLIB_ASK_CLOCK);
    if (!(count == 16 && ended && (letters || *p == '0')) && !tlib_log_whole(p, end, 64, &value))
        return tlib_log_ask(log, TLIB_ASK_VALUE);
    return add_number(log, id, TLIB_LONG, value);
}

static int add_binary(tlib_log *log, uint16_t id, const uint8_t *p, const uint8_t *end) {
    tlib_log_message *message = &log->message;
    size_t at = message->values.length;
    int step = tlib_log_item_begin(log, id, TLIB_BINARY);
    if (step == TLIB_STEP_DONE)
        step = tlib_log_whole_bytes(&message->values, p, end);
    if (step == TLIB_STEP_NOT) {
        message->values.length = at;
        message->seen[id >> 6] &= ~(UINT64_C(1) << (id & 63));
        message->count--;
        return step;
    }
    return step == TLIB_STEP_DONE ? tlib_log_close(log, TLIB_HELD_ATTRIBUTE, at) : step;
}

static int add_text(tlib_log *log, uint16_t id, const uint8_t *p, const uint8_t *end) {
    size_t at = log->message.values.length;
    int step = tlib_log_item_begin(log, id, TLIB_STRING);
    return step == TLIB_STEP_DONE ? tlib_log_quoted(log, p + 1, end, TLIB_HELD_ATTRIBUTE, at) : step;
}

static int add_list(const tlib_log_tables *tables, tlib_log *log, uint16_t id, const uint8_t *p, const uint8_t *end, uint32_t indent) {
    int step = tlib_log_item_begin(log, id, TLIB_LIST);
    return step == TLIB_STEP_DONE ? tlib_log_list_begin(log, &tables->limits, p, end, indent) : step;
}

/* A value of an attribute whose type is not declared, as the type that it looks like. */
static int add_any(const tlib_log_tables *tables, tlib_log *log, uint16_t id, const uint8_t *p, const uint8_t *end, uint32_t indent) {
    if (*p == '\'')
        return add_text(log, id, p, end);
    if (*p == '[') {
        int step = add_binary(log, id, p, end);
        return step == TLIB_STEP_NOT ? add_list(tables, log, id, p, end, indent) : step;
    }
    size_t count;
    int letters;
    uint64_t value = hex(p, end, &count, &letters);
    if (count == 16 && tlib_rstrip(p, end) == p + 16 && (letters || *p == '0'))
        return add_number(log, id, TLIB_LONG, value);
    if (tlib_log_whole(p, end, 32, &value))
        return add_number(log, id, TLIB_INT, value);
    return tlib_log_whole(p, end, 64, &value) ? add_number(log, id, TLIB_LONG, value) : tlib_log_ask(log, TLIB_ASK_VALUE);
}

/* Add the value of an attribute; TLIB_STEP_NOT where it certainly has no value of the attribute's type. */
static int add_value(const tlib_log_tables *tables, tlib_log *log, const tlib_log_attribute *one, const uint8_t *p, const uint8_t *end,
                     uint32_t indent) {
    uint64_t value;
    int step;
    switch (one->kind) {
    case TLIB_LOG_ANY:
        return add_any(tables, log, one->id, p, end, indent);
    case TLIB_LOG_TEXT:
        return *p == '\'' ? add_text(log, one->id, p, end) : tlib_log_ask(log, TLIB_ASK_VALUE);
    case TLIB_LOG_UINT:
    case TLIB_LOG_SINT:
        return tlib_log_whole(p, end, 32, &value) ? add_integer(tables, log, one, value) : TLIB_STEP_NOT;
    case TLIB_LOG_ENUM:
    case TLIB_LOG_SIGNED_ENUM:
        return add_enumeration(tables, log, one, p, end);
    case TLIB_LOG_LONG:
        return add_long(tables, log, one->id, p, end);
    case TLIB_LOG_CONN_ID:
        return add_conn_id(log, one->id, p, end);
    case TLIB_LOG_BINARY:
        step = add_binary(log, one->id, p, end);
        return step == TLIB_STEP_NOT ? tlib_log_ask(log, TLIB_ASK_VALUE) : step;
    case TLIB_LOG_LIST:
        return add_list(tables, log, one->id, p, end, indent);
    default:
        return tlib_log_ask(log, TLIB_ASK_VALUE);
    }
}

/* Keep an attribute without a public number as it is printed. */
static int add_note(tlib_log *log, tlib_slice name, const uint8_t *p, const uint8_t *end) {
    tlib_log_message *message = &log->message;
    tlib_buffer *notes = &message->notes;
    uint32_t length = (uint32_t)name.length;
    for (size_t at = 0; at < notes->length;) {
        uint32_t known, value;
        memcpy(&known, notes->at + at, 4);
        memcpy(&value, notes->at + at + 4 + known, 4);
        if (known == length && memcmp(notes->at + at + 4, name.at, length) == 0)
            return tlib_log_ask(log, TLIB_ASK_LINE);
        at += 8 + known + value;
    }
    if (tlib_reserve(notes, 8 + name.length))
        return TLIB_STEP_MEMORY;
    memcpy(notes->at + notes->length, &length, 4);
    memcpy(notes->at + notes->length + 4, name.at, length);
    memset(notes->at + notes->length + 4 + length, 0, 4);
    size_t at = notes->length += 4 + length;
    notes->length += 4;
    if (p < end && *p == '\'')
        return tlib_add(notes, p, 1) ? TLIB_STEP_MEMORY : tlib_log_quoted(log, p + 1, end, TLIB_HELD_NOTE, at);
    message->aside = 1;
    message->aside_at = at;
    if (tlib_add(notes, p, (size_t)(tlib_rstrip(p, end) - p)))
        return TLIB_STEP_MEMORY;
    return tlib_log_close(log, TLIB_HELD_NOTE, at);
}

/* The id that a name "#200" is; -1 where it is none. */
static int32_t numbered(const uint8_t *p, const uint8_t *end) {
    int32_t id = 0;
    if (end - p < 2 || end - p > 6 || *p != '#' || tlib_skip(p + 1, end, TLIB_DIGIT) != end)
        return -1;
    while (++p < end)
        id = id * 10 + (*p - '0');
    return id <= 0xFFFF ? id : -1;
}

/* The place of the attribute of a printed name, in any letter case; -1 where there is none. */
static int64_t folded(const tlib_log_tables *tables, const uint8_t *p, const uint8_t *end) {
    uint8_t small[64];
    size_t length = (size_t)(end - p);
    if (length > sizeof small)
        return -1;
    for (size_t i = 0; i < length; i++)
        small[i] = tlib_lower(p[i]);
    return tlib_number(tables->folded, small, length, -1);
}

/* The place among the exact names of the one that last came after the name before this one, if it stands at `p` again; else -1. */
static int64_t predicted(const tlib_names *exact, const tlib_log *log, const uint8_t *p, const uint8_t *end) {
    uint16_t guess = log->predicted[log->last & 1023];
    if (!guess)
        return -1;
    uint32_t at = exact->offsets[guess - 1u];
    size_t length = exact->offsets[guess] - at, left = (size_t)(end - p);
    if (left < length || !tlib_same(exact->text + at, p, length) || (left > length && !tlib_is(p[length], TLIB_STRIPPED)))
        return -1;
    return guess - 1;
}

/* The length of the name at `p`, as str.split gives it; 0 where Python must say. */
static size_t name_length(const uint8_t *p, const uint8_t *end) {
    const uint8_t *q = p, *bare = tlib_unprefixed(p, end);
    while (q < end && *q < 0x80 && !tlib_is(*q, TLIB_STRIPPED))
        q++;
    if ((q < end && *q >= 0x80) || bare >= q || (!tlib_is(*bare, TLIB_UPPER) && *bare != '#'))
        return 0;
    return (size_t)(q - p);
}

/* The attribute that is printed as `name`; `place` is its place among the exact names, -1 where none is predicted. 0: it has no number. */
static int find(const tlib_log_tables *tables, tlib_log *log, tlib_slice name, int64_t place, tlib_log_attribute *out) {
    const uint8_t *end = name.at + name.length, *bare = tlib_unprefixed(name.at, end);
    if (place < 0 && (place = tlib_place(tables->exact, name.at, name.length)) >= 0 && place < UINT16_MAX)
        log->predicted[log->last & 1023] = (uint16_t)(place + 1);
    if (place >= 0) {
        log->last = (uint16_t)place;
        place = tables->exact->numbers[place];
    } else {
        int32_t id = numbered(bare, end);
        if (id >= 0 && tables->by_id[id] == 0) {
            *out = (tlib_log_attribute){.id = (uint16_t)id, .kind = TLIB_LOG_ANY};
            return 1;
        }
        place = id >= 0 ? tables->by_id[id] - 1 : folded(tables, bare, end);
    }
    if (place < 0)
        return 0;
    *out = tables->attributes[place];
    return 1;
}

int tlib_log_attribute_line(const tlib_log_tables *tables, tlib_log *log, const uint8_t *p, const uint8_t *end, uint32_t indent) {
    tlib_log_message *message = &log->message;
    int64_t place = predicted(tables->exact, log, p, end);
    tlib_slice name = {p, place < 0 ? name_length(p, end) : tables->exact->offsets[place + 1] - tables->exact->offsets[place]};
    if (!name.length)
        return tlib_log_ask(log, TLIB_ASK_LINE);
    int step = tlib_log_list_end(log);
    if (step != TLIB_STEP_DONE)
        return step;
    message->aside = message->dropping = 0;
    message->certain = 1;
    const uint8_t *value = tlib_lstrip(p + name.length, end);
    tlib_log_attribute one;
    int known = find(tables, log, name, place, &one), again = known && (message->seen[one.id >> 6] >> (one.id & 63) & 1);
    if (message->strays) {
        step = again ? tlib_log_ask(log, TLIB_ASK_LINE) : tlib_log_resume(tables, log); /* again: of a message whose header is lost */
        if (step != TLIB_STEP_DONE)
            return step;
    }
    if (!known)
        return add_note(log, name, value, end);
    if (again) {
        message->dropping = 1;
        return tlib_log_problem_of(tables, log, TLIB_PROBLEM_AGAIN, name, (tlib_slice){end, 0});
    }
    if (value == end)
        return tlib_log_ask(log, TLIB_ASK_VALUE);
    step = add_value(tables, log, &one, value, end, indent);
    if (step != TLIB_STEP_NOT)
        return step;
    message->dropping = 1;
    return tlib_log_problem_of(tables, log, TLIB_PROBLEM_VALUE, name, (tlib_slice){value, (size_t)(end - value)});
}
