/* The tokens of JSON text that are rarely met: escapes, base64, values that are passed over. */
#include "json_read.h"
#include "tlib_core.h"

#define DEEPEST 64 /* levels that a value which is passed over may have */

static int digit_of(uint8_t character) {
    if (character >= '0' && character <= '9')
        return character - '0';
    character |= 0x20;
    return character >= 'a' && character <= 'f' ? character - 'a' + 10 : -1;
}

/* The number of four hex digits, or -1; a byte behind them that is none ends the text, so none is read beyond it. */
static int32_t hex4(const uint8_t *at) {
    int32_t number = 0;
    for (int i = 0; i < 4; i++) {
        int digit = digit_of(at[i]);
        if (digit < 0)
            return -1;
        number = number << 4 | digit;
    }
    return number;
}

static size_t put_character(uint8_t *to, uint32_t character) {
    if (character < 0x80) {
        to[0] = (uint8_t)character;
        return 1;
    }
    if (character < 0x800) {
        to[0] = (uint8_t)(0xC0 | character >> 6);
        to[1] = (uint8_t)(0x80 | (character & 0x3F));
        return 2;
    }
    if (character < 0x10000) {
        to[0] = (uint8_t)(0xE0 | character >> 12);
        to[1] = (uint8_t)(0x80 | (character >> 6 & 0x3F));
        to[2] = (uint8_t)(0x80 | (character & 0x3F));
        return 3;
    }
    to[0] = (uint8_t)(0xF0 | character >> 18);
    to[1] = (uint8_t)(0x80 | (character >> 12 & 0x3F));
    to[2] = (uint8_t)(0x80 | (character >> 6 & 0x3F));
    to[3] = (uint8_t)(0x80 | (character & 0x3F));
    return 4;
}

/* Write the character of the escape at *at, behind its backslash, and move behind it: its length, 0 for no escape or half a pair. */
static size_t escape(const uint8_t **at, uint8_t *to) {
    static const char NAMES[] = "\"\\/bfnrt", MEANT[] = "\"\\/\b\f\n\r\t";
    uint8_t name = *(*at)++;
    if (name != 'u') {
        const char *known = name ? strchr(NAMES, name) : NULL;
        if (!known)
            return 0;
        *to = (uint8_t)MEANT[known - NAMES];
        return 1;
    }
    int32_t first = hex4(*at);
    if (first < 0 || (first >= 0xDC00 && first < 0xE000))
        return 0;
    *at += 4;
    if (first < 0xD800 || first >= 0xE000)
        return put_character(to, (uint32_t)first);
    if ((*at)[0] != '\\' || (*at)[1] != 'u')
        return 0;
    int32_t second = hex4(*at + 2);
    if (second < 0xDC00 || second >= 0xE000)
        return 0;
    *at += 6;
    return put_character(to, 0x10000u + ((uint32_t)(first - 0xD800) << 10) + (uint32_t)(second - 0xDC00));
}

int64_t tlib_read_rest(tlib_cursor *cursor, uint8_t *to, size_t made) {
    const uint8_t *at = cursor->at;
    int wide = 0;
    for (;;) {
        uint8_t character = *at;
        if (character == '"')
            break;
        if (character < 0x20)
            return TLIB_READ_ASK;
        at++;
        if (character != '\\') {
            wide |= character >= 0x80;
            to[made++] = character;
            continue;
        }
        size_t length = escape(&at, to + made);
        if (!length)
            return TLIB_READ_ASK;
        made += length;
    }
    /* An escape is a whole character, so the text is UTF-8 where its own bytes are. */
    if (wide && tlib_utf8(to, made) != made)
        return TLIB_READ_ASK;
    cursor->at = at + 1;
    return (int64_t)made;
}

static int sextet(uint8_t character) {
    if (character >= 'A' && character <= 'Z')
        return character - 'A';
    if (character >= 'a' && character <= 'z')
        return character - 'a' + 26;
    if (character >= '0' && character <= '9')
        return character - '0' + 52;
    return character == '+' ? 62 : character == '/' ? 63 : -1;
}

int64_t tlib_read_base64(tlib_cursor *cursor, uint8_t *to) {
    const uint8_t *text;
    int64_t length = tlib_read_plain(cursor, &text);
    if (length < 0 || length % 4)
        return TLIB_READ_ASK;
    const uint8_t *end = text + length;
    int padding = length ? (end[-1] == '=') + (end[-1] == '=' && end[-2] == '=') : 0;
    uint8_t *start = to;
    while (text < end) {
        int last = text + 4 == end ? padding : 0;
        uint32_t word = 0;
        for (int i = 0; i < 4; i++) {
            int bits = i >= 4 - last ? 0 : sextet(text[i]);
            if (bits < 0)
                return TLIB_READ_ASK;
            word = word << 6 | (uint32_t)bits;
        }
        if (last && word & (last == 1 ? 0xFFu : 0xFFFFu))
            return TLIB_READ_ASK;
        to[0] = (uint8_t)(word >> 16);
        to[1] = (uint8_t)(word >> 8);
        to[2] = (uint8_t)word;
        to += 3 - last;
        text += 4;
    }
    return to - start;
}

/* Move behind a value that is no container. */
static int skip_plain(tlib_cursor *cursor, uint8_t *scratch) {
    static const char *const WORDS[] = {"true", "false", "null"};
    int negative;
    uint64_t number;
    if (*cursor->at == '"')
        return tlib_read_string(cursor, scratch) < 0 ? TLIB_READ_ASK : TLIB_READ_OK;
    for (int i = 0; i < 3; i++)
        if (strncmp((const char *)cursor->at, WORDS[i], strlen(WORDS[i])) == 0) {
            cursor->at += strlen(WORDS[i]);
            return TLIB_READ_OK;
        }
    return tlib_read_number(cursor, &negative, &number);
}

static int skip_key(tlib_cursor *cursor, uint8_t *scratch) {
    tlib_read_space(cursor);
    return tlib_read_string(cursor, scratch) >= 0 && tlib_read_token(cursor, ':');
}

int tlib_skip_value(tlib_cursor *cursor, uint8_t *scratch) {
    uint8_t close[DEEPEST];
    uint32_t depth = 0;
    for (;;) {
        if (*cursor->at == '{' || *cursor->at == '[') {
            if (depth == DEEPEST)
                return TLIB_READ_ASK;
            close[depth++] = *cursor->at == '{' ? '}' : ']';
            cursor->at++;
            if (!tlib_read_token(cursor, close[depth - 1])) {
                if (close[depth - 1] == '}' && !skip_key(cursor, scratch))
                    return TLIB_READ_ASK;
                continue;
            }
            depth--;
        } else if (skip_plain(cursor, scratch))
            return TLIB_READ_ASK;
        while (depth && tlib_read_token(cursor, close[depth - 1]))
            depth--;
        if (!depth)
            return TLIB_READ_OK;
        if (!tlib_read_token(cursor, ',') || (close[depth - 1] == '}' && !skip_key(cursor, scratch)))
            return TLIB_READ_ASK;
    }
}
