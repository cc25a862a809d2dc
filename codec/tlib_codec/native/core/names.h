/* The words of a registry: names of numbers, and numbers of names.
 *
 * Strategy: both are tables that the caller makes once from its registry. A label is found by an index or a binary search, a
 * name by a hash that the caller has filled with open addressing. Nothing is allocated here.
 */
#ifndef TLIB_NAMES_H
#define TLIB_NAMES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The names of numbers. Label i is text[offsets[i]..offsets[i + 1]); `direct` gives the label of the
 * numbers below direct_count, -1 where there is none; the others stand in `numbers`, ascending. */
typedef struct {
    const int32_t *direct;
    uint32_t direct_count;
    const int64_t *numbers;
    const int32_t *label_of;
    uint32_t number_count;
    const uint8_t *text;
    const int32_t *offsets;
    uint32_t count;
} tlib_labels;

/* The label of a number; -1 where it has none. */
static inline int32_t tlib_label(const tlib_labels *labels, int64_t number) {
    if (number >= 0 && number < labels->direct_count)
        return labels->direct[number];
    uint32_t low = 0, high = labels->number_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (labels->numbers[middle] < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low < labels->number_count && labels->numbers[low] == number ? labels->label_of[low] : -1;
}

/* The numbers of names. Name i is text[offsets[i]..offsets[i + 1]) and stands for numbers[i]; `slots` has a power of two
 * entries, each the index of a name plus one or 0; `mask` is their count less one. */
typedef struct {
    const uint8_t *text;
    const uint32_t *offsets;
    const int64_t *numbers;
    const uint32_t *slots;
    uint32_t mask;
} tlib_names;

/* The hash of a text, eight bytes at a time; the caller that fills the slots uses it too, on the same machine. */
static inline uint32_t tlib_hash(const uint8_t *text, size_t length) {
    const uint64_t factor = 0x9E3779B97F4A7C15u;
    uint64_t hash = length * factor, word = 0;
    size_t left = length;
    for (; left > 8; left -= 8, text += 8) {
        memcpy(&word, text, 8);
        hash = (hash ^ word) * factor;
        hash ^= hash >> 32;
    }
    if (length >= 8) {
        memcpy(&word, text + left - 8, 8); /* the last eight, some of them again */
    } else if (length >= 4) {
        uint32_t first, last;
        memcpy(&first, text, 4);
        memcpy(&last, text + length - 4, 4);
        word = (uint64_t)first << 32 | last;
    } else if (length) {
        word = (uint64_t)text[0] << 16 | (uint64_t)text[length / 2] << 8 | text[length - 1];
    }
    hash = (hash ^ word) * factor;
    return (uint32_t)(hash >> 32);
}

/* Whether two texts of one length are equal; most are short. */
static inline int tlib_same(const uint8_t *one, const uint8_t *other, size_t length) {
    uint64_t a, b, c, d;
    uint32_t e, f, g, h;
    if (length > 16)
        return memcmp(one, other, length) == 0;
    if (length >= 8) {
        memcpy(&a, one, 8);
        memcpy(&b, other, 8);
        memcpy(&c, one + length - 8, 8);
        memcpy(&d, other + length - 8, 8);
        return a == b && c == d;
    }
    if (length >= 4) {
        memcpy(&e, one, 4);
        memcpy(&f, other, 4);
        memcpy(&g, one + length - 4, 4);
        memcpy(&h, other + length - 4, 4);
        return e == f && g == h;
    }
    for (size_t i = 0; i < length; i++)
        if (one[i] != other[i])
            return 0;
    return 1;
}

/* The place of a name; -1 where it is not known. */
static inline int64_t tlib_place(const tlib_names *names, const uint8_t *text, size_t length) {
    for (uint32_t at = tlib_hash(text, length) & names->mask; names->slots[at]; at = (at + 1) & names->mask) {
        uint32_t name = names->slots[at] - 1;
        const uint8_t *known = names->text + names->offsets[name];
        if (names->offsets[name + 1] - names->offsets[name] == length && tlib_same(known, text, length))
            return name;
    }
    return -1;
}

/* The number of a name, or `otherwise` where it is not known. */
static inline int64_t tlib_number(const tlib_names *names, const uint8_t *text, size_t length, int64_t otherwise) {
    int64_t place = tlib_place(names, text, length);
    return place < 0 ? otherwise : names->numbers[place];
}

#endif
