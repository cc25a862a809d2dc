/* Key-value lists: JSON text to the packed form.
 *
 * Strategy: pairs are written as they come, the lengths of a pair and the count of a list when they end. Nesting is followed with a
 * stack of its own. An object with a key twice is left to the caller: which of them counts is the business of a JSON reader.
 */
#include "json_in.h"
#include "json_read.h"

#define FEW_KEYS 12 /* keys that are compared each with each */

typedef struct {
    size_t start; /* of the count, in the packed bytes */
    size_t pair;  /* header of the pair at hand */
    size_t value; /* its value */
    uint32_t count;
    int array; /* of [key, value] pairs, else an object */
} level;

static int same_key(const uint8_t *one, const uint8_t *other) {
    uint32_t length = tlib_u16(one + 1);
    return length == tlib_u16(other + 1) && tlib_same(one + 5, other + 5, length);
}

static const uint8_t *next_pair(const uint8_t *pair) {
    return pair + 5 + tlib_u16(pair + 1) + tlib_u16(pair + 3);
}

/* Whether a key comes twice in `count` pairs at `first`, each of which begins `start` bytes or more into the buffer. */
static int repeated(const tlib_buffer *packed, size_t first, uint32_t count, tlib_buffer *scratch) {
    const uint8_t *base = packed->at + first, *pair = base;
    if (count <= FEW_KEYS) {
        const uint8_t *before[FEW_KEYS];
        for (uint32_t i = 0; i < count; i++, pair = next_pair(pair)) {
            for (uint32_t k = 0; k < i; k++)
                if (same_key(before[k], pair))
                    return TLIB_READ_ASK;
            before[i] = pair;
        }
        return TLIB_READ_OK;
    }
    uint32_t slots = 64;
    while (slots < 2 * count)
        slots *= 2;
    scratch->length = 0;
    if (tlib_reserve(scratch, slots * sizeof(uint32_t)))
        return TLIB_READ_MEMORY;
    uint32_t *at = (uint32_t *)(void *)scratch->at; /* a place in the packed bytes plus one, 0: free */
    memset(at, 0, slots * sizeof *at);
    for (uint32_t i = 0; i < count; i++, pair = next_pair(pair)) {
        uint32_t slot = tlib_hash(pair + 5, tlib_u16(pair + 1)) & (slots - 1);
        for (; at[slot]; slot = (slot + 1) & (slots - 1))
            if (same_key(base + at[slot] - 1, pair))
                return TLIB_READ_ASK;
        at[slot] = (uint32_t)(pair - base) + 1;
    }
    return TLIB_READ_OK;
}

/* Write the value of an object with one marked member, such as {"$unicode": text}, whose opening brace has been passed: the pair's type,
 * or TLIB_READ_ASK. */
static int marked(tlib_cursor *cursor, tlib_buffer *packed) {
    const uint8_t *name;
    int64_t length = tlib_read_plain(cursor, &name), made;
    int type;
    if (length < 0 || !tlib_read_token(cursor, ':'))
        return TLIB_READ_ASK;
    if (tlib_text_is(name, length, "$unicode"))
        type = TLIB_PAIR_UNICODE;
    else if (tlib_text_is(name, length, "$binary"))
        type = TLIB_PAIR_BINARY;
    else if (tlib_text_is(name, length, "$string"))
        type = TLIB_PAIR_STRING;
    else
        return TLIB_READ_ASK;
    uint8_t *to = packed->at + packed->length;
    made = type == TLIB_PAIR_UNICODE ? tlib_read_string(cursor, to) : tlib_read_base64(cursor, to);
    if (made < 0 || !tlib_read_token(cursor, '}'))
        return TLIB_READ_ASK;
    packed->length += (size_t)made;
    return type;
}

/* Write the header and the key of the pair at the cursor, and move to its value. */
static int open_pair(tlib_cursor *cursor, tlib_buffer *packed, level *top) {
    if (top->array && !tlib_read_token(cursor, '['))
        return TLIB_READ_ASK;
    top->pair = packed->length;
    packed->length += 5;
    uint8_t *key = packed->at + packed->length;
    int64_t length;
    if (top->array && *cursor->at == '{') {
        cursor->at++;
        tlib_read_space(cursor);
        if (marked(cursor, packed) != TLIB_PAIR_STRING)
            return TLIB_READ_ASK;
        length = packed->at + packed->length - key;
    } else {
        length = tlib_read_string(cursor, key);
        if (length < 0 || (!top->array && length && *key == '$'))
            return TLIB_READ_ASK;
        packed->length += (size_t)length;
    }
    if (length > 0xFFFF || !tlib_read_token(cursor, top->array ? ',' : ':'))
        return TLIB_READ_ASK;
    tlib_put16(packed->at + top->pair + 1, (uint32_t)length);
    top->value = packed->length;
    top->count++;
    return TLIB_READ_OK;
}

/* Write the lengths and type of the pair whose value has been written. */
static int close_pair(tlib_cursor *cursor, tlib_buffer *packed, const level *top, int type) {
    size_t length = packed->length - top->value;
    if (length > 0xFFFF || (top->array && !tlib_read_token(cursor, ']')))
        return TLIB_READ_ASK;
    packed->at[top->pair] = (uint8_t)type;
    tlib_put16(packed->at + top->pair + 3, (uint32_t)length);
    return TLIB_READ_OK;
}

/* Write a value that is no list: the type of the pair, or TLIB_READ_ASK. */
static int plain_value(tlib_cursor *cursor, tlib_buffer *packed) {
    uint8_t *to = packed->at + packed->length;
    if (*cursor->at == '"') {
        int64_t length = tlib_read_string(cursor, to);
        packed->length += length < 0 ? 0 : (size_t)length;
        return length < 0 ? TLIB_READ_ASK : TLIB_PAIR_STRING;
    }
    int negative;
    uint64_t number;
    if (tlib_read_number(cursor, &negative, &number) || number > (negative ? 0x80000000u : 0x7FFFFFFFu))
        return TLIB_READ_ASK;
    tlib_put32(to, negative ? 0u - (uint32_t)number : (uint32_t)number);
    packed->length += 4;
    return TLIB_PAIR_INT;
}

/* Begin the list at the cursor. */
static void open_list(tlib_cursor *cursor, tlib_buffer *packed, level *top) {
    top->array = *cursor->at++ == '[';
    top->count = 0;
    top->start = packed->length;
    packed->length += 2;
    tlib_read_space(cursor);
}

static int close_list(tlib_buffer *packed, const level *top, const tlib_limits *limits, tlib_buffer *scratch) {
    if (top->count > limits->list_pairs || top->count > 0xFFFF)
        return TLIB_READ_ASK;
    tlib_put16(packed->at + top->start, top->count);
    return top->array ? TLIB_READ_OK : repeated(packed, top->start + 2, top->count, scratch);
}

int tlib_read_list(tlib_cursor *cursor, const tlib_limits *limits, tlib_buffer *packed, tlib_buffer *scratch) {
    level stack[TLIB_DEEPEST];
    level *top = stack;
    int code;
    if (*cursor->at != '{' && *cursor->at != '[')
        return TLIB_READ_ASK;
    open_list(cursor, packed, top);
    int empty = tlib_read_token(cursor, top->array ? ']' : '}');
    for (;;) {
        while (!empty) {
            if (open_pair(cursor, packed, top))
                return TLIB_READ_ASK;
            int type, list = *cursor->at == '[' || *cursor->at == '{';
            if (list) {
                const uint8_t *opening = cursor->at++;
                tlib_read_space(cursor);
                list = *opening == '[' || cursor->at[0] != '"' || cursor->at[1] != '$';
                if (list)
                    cursor->at = opening;
                type = list ? TLIB_PAIR_LIST : marked(cursor, packed);
            } else
                type = plain_value(cursor, packed);
            if (type < 0)
                return TLIB_READ_ASK;
            if (list) {
                if (top - stack + 2 > (ptrdiff_t)limits->list_depth || top - stack + 1 == TLIB_DEEPEST)
                    return TLIB_READ_ASK;
                packed->length += 2; /* its length */
                open_list(cursor, packed, ++top);
                empty = tlib_read_token(cursor, top->array ? ']' : '}');
                continue;
            }
            if (close_pair(cursor, packed, top, type))
                return TLIB_READ_ASK;
            empty = !tlib_read_token(cursor, ',');
            if (empty && !tlib_read_token(cursor, top->array ? ']' : '}'))
                return TLIB_READ_ASK;
        }
        if ((code = close_list(packed, top, limits, scratch)) || top == stack)
            return code;
        top--;
        size_t length = packed->length - top->value - 2;
        if (length > 0xFFFF || close_pair(cursor, packed, top, TLIB_PAIR_LIST))
            return TLIB_READ_ASK;
        tlib_put16(packed->at + top->value, (uint32_t)length);
        empty = !tlib_read_token(cursor, ',');
        if (empty && !tlib_read_token(cursor, top->array ? ']' : '}'))
            return TLIB_READ_ASK;
    }
}
