/* Strings of JSON, escaped as msgspec writes them. Each function writes at `out` and returns the end of what it wrote.
 *
 * Strategy: eight bytes at once are copied while none of them needs an escape; the first that does is dealt with alone.
 */
#ifndef TLIB_JSON_TEXT_H
#define TLIB_JSON_TEXT_H

#include "digits.h"
#include "tlib_core.h"

/* Most bytes that `length` bytes of text become, marked or not; eight may be written beyond. */
static inline size_t tlib_json_room(size_t length) {
    return 6 * length + 32;
}

/* Whether one of eight bytes is a control, a quote, a backslash or no ASCII. */
static inline int tlib_json_special(uint64_t word) {
    const uint64_t ones = 0x0101010101010101u;
    uint64_t quote = word ^ ones * '"', backslash = word ^ ones * '\\';
    return (((word - ones * 0x20) | (quote - ones) | (backslash - ones) | word) & ones * 0x80) != 0;
}

/* The last bytes of a text, fewer than eight, as the first bytes of a word; the others are spaces. */
#if defined(_WIN32) || (defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
#define TLIB_LAST_BYTES 1
static inline uint64_t tlib_last_bytes(const uint8_t *text, size_t length) {
    uint64_t word;
    if (length >= 4) {
        uint32_t head, tail;
        memcpy(&head, text, 4);
        memcpy(&tail, text + length - 4, 4);
        word = head | (uint64_t)tail << 8 * (length - 4);
    } else
        word = text[0] | (uint64_t)text[length >> 1] << 8 * (length >> 1) | (uint64_t)text[length - 1] << 8 * (length - 1);
    return word | 0x2020202020202020u << 8 * length;
}
#endif

static inline uint8_t *tlib_json_escape(uint8_t *out, uint8_t byte) {
    static const char letters[32] = {['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't'};
    *out++ = '\\';
    if (byte >= 0x20)
        *out++ = byte;
    else if (letters[byte])
        *out++ = (uint8_t)letters[byte];
    else {
        memcpy(out, "u00", 3);
        out = tlib_write_hex(out + 3, &byte, 1);
    }
    return out;
}

/* A string, its quotes included; NULL where the text is not UTF-8. */
static inline uint8_t *tlib_json_string(uint8_t *out, const uint8_t *text, size_t length) {
    const uint8_t *end = text + length;
    int checked = 0;
    *out++ = '"';
    while (text < end) {
        if (end - text >= 8) {
            uint64_t word;
            memcpy(&word, text, 8);
            if (!tlib_json_special(word)) {
                memcpy(out, &word, 8);
                out += 8;
                text += 8;
                continue;
            }
        }
#ifdef TLIB_LAST_BYTES
        else {
            uint64_t word = tlib_last_bytes(text, (size_t)(end - text));
            if (!tlib_json_special(word)) {
                memcpy(out, &word, 8);
                out += end - text;
                break;
            }
        }
#endif
        /* The rest, or eight bytes with a special one among them. */
        const uint8_t *stop = end - text >= 8 ? text + 8 : end;
        for (; text < stop; text++) {
            uint8_t byte = *text;
            if (byte < 0x20 || byte == '"' || byte == '\\')
                out = tlib_json_escape(out, byte);
            else {
                if (byte >= 0x80 && !checked) {
                    if (tlib_utf8(text, (size_t)(end - text)) != (size_t)(end - text))
                        return NULL;
                    checked = 1;
                }
                *out++ = byte;
            }
        }
    }
    *out++ = '"';
    return out;
}

/* Base64 as a string. */
static inline uint8_t *tlib_json_base64(uint8_t *out, const uint8_t *data, size_t length) {
    *out++ = '"';
    out = tlib_write_base64(out, data, length);
    *out++ = '"';
    return out;
}

/* A text that is not UTF-8: {"$string": base64}. */
static inline uint8_t *tlib_json_marked(uint8_t *out, const uint8_t *text, size_t length) {
    memcpy(out, "{\"$string\":", 11);
    out = tlib_json_base64(out + 11, text, length);
    *out++ = '}';
    return out;
}

/* A text: a string, or marked where it is not UTF-8. */
static inline uint8_t *tlib_json_text(uint8_t *out, const uint8_t *text, size_t length) {
    uint8_t *after = tlib_json_string(out, text, length);
    return after != NULL ? after : tlib_json_marked(out, text, length);
}

#endif
