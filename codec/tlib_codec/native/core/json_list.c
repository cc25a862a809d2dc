/* Key-value lists as JSON: an object, or an array of pairs where an object cannot hold the keys. */
#include "json_out.h"
#include "json_text.h"

#define BITS 2048   /* of a set of hashes: two of a few dozen keys seldom share a bit */
#define SUSPECTS 16 /* keys of a list that are compared with all before them; a list with more is sorted */

/* A key: its last eight bytes as a number, which tell most keys apart, and itself. */
typedef struct {
    uint64_t tail;
    const uint8_t *at;
    uint32_t length;
} key;

/* The key of the pair at `pair`. Eight bytes before its end are there: the list is inside of a frame, behind two headers. */
static key key_of(const uint8_t *pair) {
    key made = {0, pair + 5, tlib_u16(pair + 1)};
    made.tail = tlib_u64(made.at + made.length - 8);
    if (made.length < 8)
        made.tail &= ((uint64_t)1 << 8 * made.length) - 1;
    return made;
}

static const uint8_t *after(const uint8_t *pair) {
    return pair + 5 + tlib_u16(pair + 1) + tlib_u16(pair + 3);
}

static int order(const void *a, const void *b) {
    const key *one = a, *other = b;
    if (one->tail != other->tail)
        return one->tail < other->tail ? -1 : 1;
    if (one->length != other->length)
        return one->length < other->length ? -1 : 1;
    return memcmp(one->at, other->at, one->length);
}

static int fits(const key *one) {
    return !(one->length && one->at[0] == '$') && (tlib_ascii(one->at, one->length) || tlib_utf8(one->at, one->length) == one->length);
}

/* Whether the key stands among the first `count` pairs from `pair` on. */
static int stands(const uint8_t *pair, uint32_t count, const key *one) {
    for (; count--; pair = after(pair)) {
        key before = key_of(pair);
        if (before.tail == one->tail && order(&before, one) == 0)
            return 1;
    }
    return 0;
}

/* tlib_json_plain for a list of many keys: sort them. */
static int many_are_plain(tlib_json *json, const uint8_t *pair, uint32_t count) {
    json->keys.length = 0;
    if (tlib_reserve(&json->keys, count * sizeof(key)))
        return -1;
    key *keys = (key *)(void *)json->keys.at;
    for (uint32_t i = 0; i < count; i++, pair = after(pair)) {
        keys[i] = key_of(pair);
        if (!fits(&keys[i]))
            return 0;
    }
    qsort(keys, count, sizeof *keys, order);
    for (uint32_t i = 1; i < count; i++)
        if (order(&keys[i - 1], &keys[i]) == 0)
            return 0;
    return 1;
}

int tlib_json_plain(tlib_json *json, const uint8_t *list) {
    uint64_t seen[BITS / 64] = {0};
    uint32_t count = tlib_u16(list), suspects = 0;
    const uint8_t *pair = list + 2;
    for (uint32_t i = 0; i < count; i++, pair = after(pair)) {
        key one = key_of(pair);
        if (!fits(&one))
            return 0;
        uint32_t bit = (uint32_t)((one.tail + one.length) * 0x9E3779B97F4A7C15u >> 53);
        uint64_t *word = &seen[bit / 64], mask = (uint64_t)1 << bit % 64;
        if (*word & mask) {
            if (++suspects > SUSPECTS)
                return many_are_plain(json, list + 2, count);
            if (stands(list + 2, i, &one))
                return 0;
        }
        *word |= mask;
    }
    return 1;
}

static uint8_t *text_of(tlib_json *json, uint8_t *out, const uint8_t *text, uint32_t length) {
    uint8_t *after = tlib_json_string(out, text, length);
    if (after != NULL)
        return after;
    json->marked = 1;
    return tlib_json_marked(out, text, length);
}

static uint8_t *pair_value(tlib_json *json, uint8_t *out, uint8_t type, const uint8_t *value, uint32_t length) {
    switch (type) {
    case TLIB_PAIR_STRING:
        return text_of(json, out, value, length);
    case TLIB_PAIR_INT:
        return tlib_write_i32(out, (int32_t)tlib_u32(value));
    case TLIB_PAIR_BINARY:
        memcpy(out, "{\"$binary\":", 11);
        out = tlib_json_base64(out + 11, value, length);
        break;
    default: /* Unicode, which is UTF-8 */
        memcpy(out, "{\"$unicode\":", 12);
        out = tlib_json_string(out + 12, value, length);
    }
    *out++ = '}';
    return out;
}

typedef struct {
    uint32_t left;
    int plain;
} level;

uint8_t *tlib_json_list(tlib_json *json, uint8_t *out, const uint8_t *list) {
    level stack[TLIB_DEEPEST];
    uint32_t depth = 0;
    const uint8_t *pair = list + 2;
    level now = {tlib_u16(list), tlib_json_plain(json, list)};
    int first = 1;

    if (now.plain < 0) {
        json->stop = TLIB_JSON_MEMORY;
        return NULL;
    }
    *out++ = now.plain ? '{' : '[';
    for (;;) {
        if (now.left == 0) {
            *out++ = now.plain ? '}' : ']';
            if (depth == 0)
                return out;
            now = stack[--depth];
            first = 0;
            if (!now.plain)
                *out++ = ']';
            continue;
        }
        now.left--;
        if (!first)
            *out++ = ',';
        first = 0;
        if (!now.plain)
            *out++ = '[';
        uint32_t key_length = tlib_u16(pair + 1), length = tlib_u16(pair + 3);
        const uint8_t *value = pair + 5 + key_length;
        out = text_of(json, out, pair + 5, key_length);
        *out++ = now.plain ? ':' : ',';
        if (pair[0] == TLIB_PAIR_LIST) {
            stack[depth++] = now;
            list = value + 2;
            now.left = tlib_u16(list);
            now.plain = tlib_json_plain(json, list);
            if (now.plain < 0) {
                json->stop = TLIB_JSON_MEMORY;
                return NULL;
            }
            *out++ = now.plain ? '{' : '[';
            pair = list + 2;
            first = 1;
            continue;
        }
        out = pair_value(json, out, pair[0], value, length);
        if (!now.plain)
            *out++ = ']';
        pair = value + length;
    }
}
