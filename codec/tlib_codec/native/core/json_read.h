/* The tokens of JSON text: strings, whole numbers, base64, and any value that is to be passed over.
 *
 * Strategy: a cursor goes over one line. The byte behind the line is readable and no character of JSON (a line feed, or the NUL that
 * ends the buffer), so a comparison at the cursor needs no check of its end. Only the usual form of each token is taken: for another
 * one (a fraction, a lone surrogate, a control character) these functions return TLIB_READ_ASK, and the caller leaves the line to
 * somebody who knows all of JSON.
 */
#ifndef TLIB_JSON_READ_H
#define TLIB_JSON_READ_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { TLIB_READ_OK = 0, TLIB_READ_ASK = -1 };

typedef struct {
    const uint8_t *at;
    const uint8_t *limit; /* the end of the buffer, which is behind the line or at its end */
} tlib_cursor;

/* Bytes that a copy of text may write behind it. */
#define TLIB_READ_SLACK 16

#define TLIB_READ_ONES 0x0101010101010101u
#define TLIB_READ_HIGHS 0x8080808080808080u

static inline void tlib_read_space(tlib_cursor *cursor) {
    while (*cursor->at == ' ' || *cursor->at == '\t' || *cursor->at == '\r')
        cursor->at++;
}

/* Whether the cursor stands at `character`, behind which it then moves, spaces on both sides passed. */
static inline int tlib_read_token(tlib_cursor *cursor, uint8_t character) {
    tlib_read_space(cursor);
    if (*cursor->at != character)
        return 0;
    cursor->at++;
    tlib_read_space(cursor);
    return 1;
}

/* Bits in a word of eight characters: set in the high bit of each that is no plain one of a string, the first of them exactly. */
static inline uint64_t tlib_not_plain(uint64_t word) {
    uint64_t quote = word ^ (TLIB_READ_ONES * '"'), escape = word ^ (TLIB_READ_ONES * '\\');
    return ((word - TLIB_READ_ONES * 0x20) | (quote - TLIB_READ_ONES) | (escape - TLIB_READ_ONES) | word) & TLIB_READ_HIGHS;
}

/* How many of the eight characters come before the first that is marked. */
static inline size_t tlib_plain(uint64_t marks, const uint8_t *at) {
#if defined(__GNUC__) && defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    (void)at;
    return (size_t)__builtin_ctzll(marks) >> 3;
#else
    size_t plain = 0;
    (void)marks;
    while (at[plain] >= 0x20 && at[plain] < 0x80 && at[plain] != '"' && at[plain] != '\\')
        plain++;
    return plain;
#endif
}

/* The rest of a string that has more than plain characters; arguments and result as for tlib_read_string, `made` bytes are written. */
int64_t tlib_read_rest(tlib_cursor *cursor, uint8_t *to, size_t made);

/* Write the text of the string at the cursor, in UTF-8, to `to`, which has space for the rest of the line and TLIB_READ_SLACK.
 * Returns its length, or TLIB_READ_ASK. */
static inline int64_t tlib_read_string(tlib_cursor *cursor, uint8_t *to) {
    const uint8_t *from = cursor->at + 1;
    if (*cursor->at != '"')
        return TLIB_READ_ASK;
    while ((size_t)(cursor->limit - from) >= 8) {
        uint64_t word;
        memcpy(&word, from, 8);
        memcpy(to + (from - cursor->at - 1), &word, 8);
        uint64_t marks = tlib_not_plain(word);
        if (marks) {
            from += tlib_plain(marks, from);
            break;
        }
        from += 8;
    }
    size_t made = (size_t)(from - cursor->at - 1);
    if (*from == '"') {
        cursor->at = from + 1;
        return (int64_t)made;
    }
    cursor->at = from;
    return tlib_read_rest(cursor, to, made);
}

/* The plain text between the quotes at the cursor, where it stands: its length, or TLIB_READ_ASK where it has more than plain
 * characters. */
static inline int64_t tlib_read_plain(tlib_cursor *cursor, const uint8_t **text) {
    const uint8_t *from = cursor->at + 1;
    if (*cursor->at != '"')
        return TLIB_READ_ASK;
    *text = from;
    while ((size_t)(cursor->limit - from) >= 8) {
        uint64_t word;
        memcpy(&word, from, 8);
        uint64_t marks = tlib_not_plain(word);
        if (marks) {
            from += tlib_plain(marks, from);
            break;
        }
        from += 8;
    }
    while (*from >= 0x20 && *from < 0x80 && *from != '"' && *from != '\\')
        from++;
    if (*from != '"')
        return TLIB_READ_ASK;
    cursor->at = from + 1;
    return from - *text;
}

/* The whole number at the cursor as magnitude and sign. TLIB_READ_ASK where it is no whole number, -0, or beyond 64 bits. A fraction or
 * an exponent stays at the cursor, where nobody expects one. */
static inline int tlib_read_number(tlib_cursor *cursor, int *negative, uint64_t *number) {
    const uint8_t *at = cursor->at;
    *negative = *at == '-';
    at += *negative;
    const uint8_t *first = at;
    uint64_t value = 0;
    uint8_t digit;
    while ((digit = (uint8_t)(*at - '0')) < 10) {
        if (at - first >= 19 && value > (UINT64_MAX - digit) / 10)
            return TLIB_READ_ASK;
        value = value * 10 + digit;
        at++;
    }
    if (at == first || (*first == '0' && (at - first > 1 || *negative)))
        return TLIB_READ_ASK;
    cursor->at = at;
    *number = value;
    return TLIB_READ_OK;
}

/* Write the bytes of the base64 string at the cursor to `to`, as for tlib_read_string: their number, or TLIB_READ_ASK where it is not in
 * its one canonical form. */
int64_t tlib_read_base64(tlib_cursor *cursor, uint8_t *to);

/* Move behind the value at the cursor. `scratch` is as for tlib_read_string. */
int tlib_skip_value(tlib_cursor *cursor, uint8_t *scratch);

#endif
