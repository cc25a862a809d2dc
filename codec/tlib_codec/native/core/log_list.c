/* Printed key-value lists, packed while their lines come in. The strategy stands in formats/logs/lists.py.
 *
 * Strategy: pairs are appended in the packed form; the counts and lengths of a list are set when it closes. A list that lost its
 * indentation has all pairs in one level: those that belong to its nested lists already stand behind them, so only counts and lengths
 * change.
 */
#include "log_in.h"

#define PAIR 5 /* bytes of a pair's header: type, length of the key, length of the value */
#define LONGEST 0xFFFF

static int list_open(tlib_log *log, size_t pair, size_t count_at, uint32_t base) {
    tlib_log_message *message = &log->message;
    message->levels[message->depth] = (tlib_log_level){.pair = pair, .count_at = count_at, .base = base};
    return TLIB_STEP_DONE;
}

int tlib_log_list_begin(tlib_log *log, const tlib_limits *limits, const uint8_t *p, const uint8_t *end, uint32_t indent) {
    tlib_log_message *message = &log->message;
    static const uint8_t nothing[2] = {0, 0};
    uint32_t length, count;
    uint8_t first[2];
    int dots;
    p = tlib_log_printed(p, end, &length, first, &count, &dots);
    if (p == NULL)
        return tlib_log_ask(log, TLIB_ASK_LIST);
    message->in_list = 1;
    message->flat = 0;
    message->list_indent = indent;
    message->list_count = count > 1 ? (int32_t)tlib_u16(first) : -1;
    message->may_be_empty = count > 1 ? message->list_count == 0 : length <= 2;
    message->list_size = message->depth = 0;
    list_open(log, 0, message->values.length, indent);
    if (tlib_add(&message->values, nothing, 2))
        return TLIB_STEP_MEMORY;
    p = tlib_lstrip(p, end);
    end = tlib_rstrip(p, end);
    if (p == end)
        return TLIB_STEP_DONE;
    if (*p != '\'')
        return tlib_log_ask(log, TLIB_ASK_LIST);
    message->list_indent = UINT32_MAX; /* pairs on the head's own line open no level by their indentation */
    int step = tlib_log_pair_line(log, limits, p, end, indent);
    message->list_indent = indent;
    return step;
}

static int close_level(tlib_log *log) {
    tlib_log_message *message = &log->message;
    tlib_log_level *level = &message->levels[message->depth--];
    size_t inner = message->values.length - level->count_at;
    if (inner > LONGEST - 2)
        return tlib_log_ask(log, TLIB_ASK_SIZE);
    uint8_t *at = message->values.at;
    tlib_put16(at + level->count_at, level->count);
    tlib_put16(at + level->count_at - 2, (uint32_t)inner);
    tlib_put16(at + level->pair + 3, (uint32_t)inner + 2);
    return TLIB_STEP_DONE;
}

/* Begin a line with a pair at `indent`: close the lists that it does not belong to. */
static int list_line(tlib_log *log, uint32_t indent) {
    tlib_log_message *message = &log->message;
    int step = TLIB_STEP_DONE;
    if (indent <= message->list_indent) {
        message->flat = 1;
        while (step == TLIB_STEP_DONE && message->depth > 0)
            step = close_level(log);
        return step;
    }
    while (step == TLIB_STEP_DONE && message->depth > 0) {
        tlib_log_level *top = &message->levels[message->depth];
        if (top->indent == 0) {
            if (indent > top->base) {
                top->indent = indent;
                break;
            }
        } else if (indent >= top->indent)
            break;
        step = close_level(log);
    }
    return step;
}

typedef struct {
    tlib_slice key;
    const uint8_t *value; /* of a list: the rest of the line */
    uint8_t list;
} pair;

/* Cut a line into key and value, as TServerMessage.pair does. */
static int cut(const uint8_t *p, const uint8_t *end, pair *out) {
    const uint8_t *start = *p == '\'' ? p : memchr(p, '\'', (size_t)(end - p)), *q;
    if (start == NULL)
        return 0;
    start++;
    for (q = start; (q = memchr(q, '\'', (size_t)(end - q))) != NULL; q++) {
        out->key = (tlib_slice){start, (size_t)(q - start)};
        if (TLIB_BEGINS(q, end, "'(list)")) {
            out->list = 1;
            out->value = q + 7;
            return 1;
        }
        if (q + 1 < end && q[1] == '\t') {
            out->list = 0;
            out->value = tlib_lstrip(q + 1, end);
            if (out->value < end)
                return 1;
            break;
        }
    }
    for (q = start; (q = memchr(q, '\'', (size_t)(end - q))) != NULL; q++) { /* a copy that lost its tabs */
        const uint8_t *r = tlib_skip(q + 1, end, TLIB_SPACE);
        if (r > q + 1 && r < end && (*r == '\'' || *r == '[' || *r == '-' || tlib_is(*r, TLIB_DIGIT))) {
            *out = (pair){{start, (size_t)(q - start)}, r, 0};
            return 1;
        }
    }
    return 0;
}

static int add_header(tlib_log *log, int type, tlib_slice key) {
    tlib_log_message *message = &log->message;
    if (key.length > LONGEST)
        return tlib_log_ask(log, TLIB_ASK_SIZE);
    if (tlib_reserve(&message->values, PAIR + key.length + 4))
        return TLIB_STEP_MEMORY;
    uint8_t *at = message->values.at + message->values.length;
    at[0] = (uint8_t)type;
    tlib_put16(at + 1, (uint32_t)key.length);
    memcpy(at + PAIR, key.at, key.length);
    message->values.length += PAIR + key.length;
    message->levels[message->depth].count++;
    message->list_size++;
    return TLIB_STEP_DONE;
}

static int add_value(tlib_log *log, const pair *found, const uint8_t *end) {
    tlib_buffer *values = &log->message.values;
    const uint8_t *p = found->value;
    size_t at = values->length;
    int type = *p == '\'' ? TLIB_PAIR_STRING : *p == '[' ? TLIB_PAIR_BINARY : TLIB_PAIR_INT;
    int step = add_header(log, type, found->key);
    if (step != TLIB_STEP_DONE)
        return step;
    if (type == TLIB_PAIR_STRING)
        return tlib_log_quoted(log, p + 1, end, TLIB_HELD_PAIR, at);
    if (type == TLIB_PAIR_BINARY) {
        step = tlib_log_whole_bytes(values, p, end);
        if (step == TLIB_STEP_NOT)
            return tlib_log_ask(log, TLIB_ASK_VALUE);
        return step == TLIB_STEP_DONE ? tlib_log_close(log, TLIB_HELD_PAIR, at) : step;
    }
    uint64_t number;
    if (!tlib_log_whole(p, end, 32, &number))
        return tlib_log_ask(log, TLIB_ASK_VALUE);
    tlib_put32(values->at + values->length, (uint32_t)number); /* add_header has reserved it */
    values->length += 4;
    return tlib_log_close(log, TLIB_HELD_PAIR, at);
}

/* Open a pair whose value is a list: the rest of the line, and deeper lines, belong to it. */
static int open_nested(tlib_log *log, const tlib_limits *limits, tlib_slice key, uint32_t indent) {
    tlib_log_message *message = &log->message;
    const tlib_log_level *top = &message->levels[message->depth];
    size_t at = message->values.length;
    uint32_t base = message->depth > 0 && top->indent == 0 && top->base + 1 > indent ? top->base + 1 : indent;
    if (message->depth + 1 >= limits->list_depth || message->depth + 1 >= TLIB_LOG_LEVELS)
        return tlib_log_ask(log, TLIB_ASK_SIZE);
    int step = add_header(log, TLIB_PAIR_LIST, key);
    if (step != TLIB_STEP_DONE)
        return step;
    memset(message->values.at + message->values.length, 0, 4); /* add_header has reserved it */
    message->values.length += 4;
    message->depth++;
    return list_open(log, at, message->values.length - 2, base);
}

/* Add the pair, or the pairs of lists opened one in the other, of a line. */
static int add_pair(tlib_log *log, const tlib_limits *limits, const uint8_t *p, const uint8_t *end, uint32_t indent) {
    pair found;
    while (cut(p, end, &found)) {
        if (log->message.list_size >= limits->list_pairs)
            return tlib_log_ask(log, TLIB_ASK_SIZE);
        if (!found.list)
            return add_value(log, &found, end);
        int step = open_nested(log, limits, found.key, indent);
        if (step != TLIB_STEP_DONE)
            return step;
        p = tlib_lstrip(found.value, end);
        end = tlib_rstrip(p, end);
        if (p == end)
            return TLIB_STEP_DONE;
    }
    return tlib_log_ask(log, TLIB_ASK_LIST);
}

int tlib_log_is_pair(const uint8_t *p, const uint8_t *end) {
    pair found;
    return cut(p, end, &found);
}

/* Add a pair to the text of an attribute without a number; leave out one of a value that is not kept. */
static int add_aside(tlib_log *log, const uint8_t *p, const uint8_t *end) {
    tlib_log_message *message = &log->message;
    pair found;
    if ((!message->aside && !message->dropping) || !cut(p, end, &found))
        return tlib_log_ask(log, TLIB_ASK_LIST);
    if (!message->aside)
        return TLIB_STEP_DONE;
    end = tlib_rstrip(p, end);
    if (tlib_add(&message->notes, (const uint8_t *)"\n", 1) || tlib_add(&message->notes, p, (size_t)(end - p)))
        return TLIB_STEP_MEMORY;
    return tlib_log_close(log, TLIB_HELD_NOTE, message->aside_at);
}

int tlib_log_pair_line(tlib_log *log, const tlib_limits *limits, const uint8_t *p, const uint8_t *end, uint32_t indent) {
    if (!log->message.in_list)
        return add_aside(log, p, end);
    int step = log->message.list_indent == UINT32_MAX ? TLIB_STEP_DONE : list_line(log, indent);
    return step == TLIB_STEP_DONE ? add_pair(log, limits, p, end, indent) : step;
}

/* Move pairs of a list without indentation into the nested lists before them, until the list has as many of its own as it prints. */
static int arrange(tlib_log *log) {
    tlib_log_message *message = &log->message;
    tlib_log_level *root = &message->levels[0];
    uint8_t *data = message->values.at, *current = NULL;
    uint32_t own = message->list_count > 0 ? (uint32_t)message->list_count : 0, nested = 0;
    uint32_t spare = root->count > own ? root->count - own : 0;
    for (size_t at = root->count_at + 2; at < message->values.length;) {
        uint32_t key = tlib_u16(data + at + 1), value = tlib_u16(data + at + 3), size = PAIR + key + value;
        if (data[at] == TLIB_PAIR_LIST) {
            current = data + at;
            nested++;
        } else if (current != NULL && spare > 0) {
            uint32_t before = tlib_u16(current + 3) + size;
            uint8_t *inner = current + PAIR + tlib_u16(current + 1);
            if (before > LONGEST)
                return tlib_log_ask(log, TLIB_ASK_SIZE);
            tlib_put16(current + 3, before);
            tlib_put16(inner, before - 2);
            tlib_put16(inner + 2, tlib_u16(inner + 2) + 1u);
            spare--;
            root->count--;
        }
        at += size;
    }
    return nested > (message->list_count >= 0) ? tlib_log_ask(log, TLIB_ASK_LIST) : TLIB_STEP_DONE;
}

int tlib_log_list_end(tlib_log *log) {
    tlib_log_message *message = &log->message;
    int step = TLIB_STEP_DONE;
    if (!message->in_list)
        return TLIB_STEP_DONE;
    message->in_list = 0;
    if (message->list_size == 0 && !message->may_be_empty)
        return tlib_log_ask(log, TLIB_ASK_LIST);
    while (step == TLIB_STEP_DONE && message->depth > 0)
        step = close_level(log);
    if (step == TLIB_STEP_DONE && message->flat)
        step = arrange(log);
    if (step != TLIB_STEP_DONE)
        return step;
    tlib_log_level *root = &message->levels[0];
    if (message->list_count >= 0 && root->count != (uint32_t)message->list_count)
        return tlib_log_ask(log, TLIB_ASK_LIST);
    tlib_put16(message->values.at + root->count_at, root->count);
    return tlib_log_close(log, TLIB_HELD_ATTRIBUTE, message->items[message->count - 1].at);
}
