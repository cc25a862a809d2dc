/* Characters and texts of a log's lines. The strategy stands in log_text.h. */
#include "log_text.h"

const uint8_t tlib_class[256] = {
    0,  0,  0,  0,  0,  0,  0,  0,  0,  24, 24, 24, 24, 24, 0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0, 16, 16, 16, 16,
    24, 0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  0,  0, 0,  0,  0,  0,
    0,  37, 37, 37, 37, 37, 37, 33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 0, 0,  0,  0,  1,
    0,  5,  5,  5,  5,  5,  5,  1,  1,  1,  1,  1,  1,  1,  1,  1,  1,  1,  1,  1,  1,  1,  1,  1,  1,  1,  1,  0, 0,  0,  0,  0,
};

size_t tlib_wide_space(const uint8_t *p, const uint8_t *end) {
    if (end - p >= 2 && p[0] == 0xC2)
        return p[1] == 0x85 || p[1] == 0xA0 ? 2 : 0;
    if (end - p < 3)
        return 0;
    uint32_t three = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
    if (three >= 0xE28080 && three <= 0xE2808A)
        return 3;
    return three == 0xE19A80 || three == 0xE280A8 || three == 0xE280A9 || three == 0xE280AF || three == 0xE2819F || three == 0xE38080 ? 3
                                                                                                                                      : 0;
}

const uint8_t *tlib_find(const uint8_t *p, const uint8_t *end, const char *word, size_t length) {
    while ((size_t)(end - p) >= length) {
        p = memchr(p, word[0], (size_t)(end - p) - length + 1);
        if (p == NULL)
            return NULL;
        if (memcmp(p, word, length) == 0)
            return p;
        p++;
    }
    return NULL;
}
