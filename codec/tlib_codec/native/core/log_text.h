/* Characters and texts of a log's lines, as Python's str methods and the patterns of formats/logs see them.
 *
 * Strategy: a table gives the classes of ASCII characters. White space has two meanings: that of \s in a pattern with re.ASCII
 * (TLIB_SPACE), and that of str.split and str.strip, which takes four control characters (TLIB_STRIPPED) and some characters beyond
 * ASCII too. Texts are UTF-8, and other bytes stand for themselves.
 */
#ifndef TLIB_LOG_TEXT_H
#define TLIB_LOG_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "buffer.h"

enum { TLIB_WORD = 1, TLIB_DIGIT = 2, TLIB_HEX = 4, TLIB_SPACE = 8, TLIB_STRIPPED = 16, TLIB_UPPER = 32 };

extern const uint8_t tlib_class[256];

static inline int tlib_is(uint8_t c, int class) {
    return tlib_class[c] & class;
}
static inline uint8_t tlib_lower(uint8_t c) {
    return tlib_is(c, TLIB_UPPER) ? (uint8_t)(c | 0x20) : c;
}
static inline uint8_t tlib_nibble(uint8_t c) {
    return (uint8_t)((c & 15) + (c > '9' ? 9 : 0));
}

typedef struct {
    const uint8_t *at;
    size_t length;
} tlib_slice;

/* The length of the white space beyond ASCII at `p`; 0 where there is none. */
size_t tlib_wide_space(const uint8_t *p, const uint8_t *end);

static inline const uint8_t *tlib_skip(const uint8_t *p, const uint8_t *end, int class) {
    while (p < end && tlib_is(*p, class))
        p++;
    return p;
}
/* str.lstrip: the first character that is no white space. */
static inline const uint8_t *tlib_lstrip(const uint8_t *p, const uint8_t *end) {
    size_t wide = 0;
    do
        p = tlib_skip(p + wide, end, TLIB_STRIPPED);
    while (p < end && *p >= 0xC2 && (wide = tlib_wide_space(p, end)) != 0);
    return p;
}
/* str.rstrip: the end of the last character that is no white space. */
static inline const uint8_t *tlib_rstrip(const uint8_t *p, const uint8_t *end) {
    for (;;) {
        while (end > p && tlib_is(end[-1], TLIB_STRIPPED))
            end--;
        if (end == p || end[-1] < 0x80)
            return end;
        if (end - p >= 2 && tlib_wide_space(end - 2, end) == 2)
            end -= 2;
        else if (end - p >= 3 && tlib_wide_space(end - 3, end) == 3)
            end -= 3;
        else
            return end;
    }
}

static inline int tlib_begins(const uint8_t *p, const uint8_t *end, const char *word, size_t length) {
    return (size_t)(end - p) >= length && memcmp(p, word, length) == 0;
}
#define TLIB_BEGINS(p, end, word) tlib_begins(p, end, word, sizeof(word) - 1)

/* Where `word` stands in p[0..end); NULL where it does not. */
const uint8_t *tlib_find(const uint8_t *p, const uint8_t *end, const char *word, size_t length);
#define TLIB_FIND(p, end, word) tlib_find(p, end, word, sizeof(word) - 1)

/* The text after the prefix of an attribute's printed name; NULL where the token at `p` has no prefix. Its first character is not
 * checked. */
static inline const uint8_t *tlib_unprefixed(const uint8_t *p, const uint8_t *end) {
    if (TLIB_BEGINS(p, end, "Attribute"))
        return p + 9;
    if (TLIB_BEGINS(p, end, "ISCCAttribute"))
        return p + 13;
    return TLIB_BEGINS(p, end, "SDAttribute") ? p + 11 : NULL;
}

/* -- bytes ---------------------------------------------------------------------------------------------------- */

static inline int tlib_add(tlib_buffer *buffer, const uint8_t *data, size_t length) {
    if (tlib_reserve(buffer, length))
        return -1;
    if (length)
        memcpy(buffer->at + buffer->length, data, length);
    buffer->length += length;
    return 0;
}

#endif
