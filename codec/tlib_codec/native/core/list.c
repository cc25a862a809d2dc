/* Packed key-value lists, and UTF-8. Nesting is followed with a stack of its own, not by calls. */
#include "tlib_core.h"

typedef struct {
    uint32_t end;
    uint32_t left;
    uint32_t count;
} level;

int tlib_list(const uint8_t *data, uint32_t start, uint32_t end, const tlib_limits *limits, tlib_error *error) {
    level stack[TLIB_DEEPEST];
    uint32_t depth = 0, position = start;

    for (;;) {
        /* Open the list that begins at `position` and ends at `end`. */
        if (end - position < 2)
            return tlib_fail(error, TLIB_LIST_HEADER, position, -1, 2, end - position);
        uint32_t count = tlib_u16(data + position);
        if (count > limits->list_pairs)
            return tlib_fail(error, TLIB_LIST_TOO_MANY_PAIRS, position, -1, limits->list_pairs, count);
        position += 2;
        uint32_t left = count;
        for (;;) {
            if (left == 0) {
                if (position != end)
                    return tlib_fail(error, TLIB_LIST_TRAILING, position, -1, count, end - position);
                if (depth == 0)
                    return TLIB_OK;
                depth--;
                end = stack[depth].end;
                left = stack[depth].left;
                count = stack[depth].count;
                continue;
            }
            left--;
            if (end - position < 5)
                return tlib_fail(error, TLIB_PAIR_HEADER, position, -1, 5, end - position);
            uint8_t type = data[position];
            uint32_t key = tlib_u16(data + position + 1), value = tlib_u16(data + position + 3);
            if (key + value > end - position - 5)
                return tlib_fail(error, TLIB_PAIR_OVERRUN, position, -1, end - position - 5, key + value);
            uint32_t at = position + 5 + key;
            if (type == TLIB_PAIR_INT) {
                if (value != 4)
                    return tlib_fail(error, TLIB_PAIR_INT_LENGTH, at, -1, 4, value);
            } else if (type == TLIB_PAIR_LIST) {
                if (depth + 2 > limits->list_depth || depth + 1 >= TLIB_DEEPEST)
                    return tlib_fail(error, TLIB_LIST_TOO_DEEP, at, -1, limits->list_depth, depth + 2);
                if (value < 2 || tlib_u16(data + at) != value - 2)
                    return tlib_fail(error, TLIB_LIST_LENGTH, at, -1, (int64_t)value - 2, value < 2 ? -1 : tlib_u16(data + at));
                stack[depth].end = end;
                stack[depth].left = left;
                stack[depth].count = count;
                depth++;
                position = at + 2;
                end = at + value;
                break;
            } else if (type == TLIB_PAIR_UNICODE) {
                size_t good = tlib_utf8(data + at, value);
                if (good != value)
                    return tlib_fail(error, TLIB_PAIR_UNICODE_CODE, at + good, -1, 0, data[at + good]);
            } else if (type > TLIB_PAIR_UNICODE) {
                return tlib_fail(error, TLIB_PAIR_TYPE_CODE, position, -1, TLIB_PAIR_UNICODE, type);
            }
            position = at + value;
        }
    }
}

size_t tlib_utf8(const uint8_t *data, size_t length) {
    size_t i = 0;
    while (i < length) {
        if (length - i >= 8) {
            uint64_t word;
            memcpy(&word, data + i, 8);
            if ((word & 0x8080808080808080u) == 0) {
                i += 8;
                continue;
            }
        }
        uint8_t lead = data[i];
        if (lead < 0x80) {
            i++;
            continue;
        }
        size_t more;
        uint8_t low = 0x80, high = 0xBF; /* of the second byte: no overlong form, no surrogate, no more than U+10FFFF */
        if (lead >= 0xC2 && lead <= 0xDF)
            more = 1;
        else if (lead >= 0xE0 && lead <= 0xEF) {
            more = 2;
            if (lead == 0xE0)
                low = 0xA0;
            else if (lead == 0xED)
                high = 0x9F;
        } else if (lead >= 0xF0 && lead <= 0xF4) {
            more = 3;
            if (lead == 0xF0)
                low = 0x90;
            else if (lead == 0xF4)
                high = 0x8F;
        } else
            return i;
        if (length - i <= more || data[i + 1] < low || data[i + 1] > high)
            return i;
        for (size_t k = 2; k <= more; k++)
            if ((data[i + k] & 0xC0) != 0x80)
                return i;
        i += more + 1;
    }
    return i;
}
