/* The pairs of a checked list: iterate them, find one by its key.
 *
 * Strategy: a list that tlib_list has accepted is followed without a check; nothing is copied. Keys are compared as bytes:
 * two texts of valid UTF-8 are equal where their bytes are.
 */
#ifndef TLIB_PAIRS_H
#define TLIB_PAIRS_H

#include "tlib_core.h"

/* One pair. The next one begins behind its value. The value of a nested list is the list's length in 2 bytes, and the list. */
typedef struct {
    const uint8_t *key;
    const uint8_t *value;
    uint32_t key_length;
    uint32_t length;
    uint8_t type;
} tlib_pair;

/* The pair that begins at `at`. */
static inline tlib_pair tlib_pair_at(const uint8_t *at) {
    tlib_pair pair;
    pair.type = at[0];
    pair.key_length = tlib_u16(at + 1);
    pair.length = tlib_u16(at + 3);
    pair.key = at + 5;
    pair.value = at + 5 + pair.key_length;
    return pair;
}

/* Find the first pair of `key` in a list; return whether there is one. */
static inline int tlib_find_pair(const uint8_t *list, const void *key, size_t length, tlib_pair *pair) {
    const uint8_t *at = list + 2;
    for (uint32_t left = tlib_u16(list); left; left--) {
        size_t key_length = tlib_u16(at + 1);
        if (key_length == length && memcmp(at + 5, key, length) == 0) {
            *pair = tlib_pair_at(at);
            return 1;
        }
        at += 5 + key_length + tlib_u16(at + 3);
    }
    return 0;
}

#endif
