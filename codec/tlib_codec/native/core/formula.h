/* Texts that a spreadsheet takes for a formula. The rule is that of formats/csv_text.py. */
#ifndef TLIB_FORMULA_H
#define TLIB_FORMULA_H

#include <stddef.h>
#include <stdint.h>

static inline int tlib_is_dialled(uint8_t c) {
    return (c >= '0' && c <= '9') || c == ' ' || c == '(' || c == ')' || c == '-' || c == '.';
}

/* The full-width = + - @, after the first of their three bytes. */
static inline int tlib_is_wide_operator(const uint8_t *rest) {
    return rest[0] == 0xBC && (rest[1] == 0x9D || rest[1] == 0x8B || rest[1] == 0x8D || rest[1] == 0xA0);
}

/* Whether a text begins, behind any apostrophes, as a formula does. A number with a sign is none. */
static inline int tlib_is_formula(const uint8_t *text, size_t length) {
    size_t i = 0;
    while (i < length && text[i] == '\'')
        i++;
    if (i == length)
        return 0;
    switch (text[i]) {
    case '=':
    case '@':
    case '\t':
    case '\r':
    case '\n':
        return 1;
    case '+':
    case '-':
        break;
    case 0xEF:
        return length - i >= 3 && tlib_is_wide_operator(text + i + 1);
    default:
        return 0;
    }
    if (i)
        return 1;
    for (i = 1; i < length; i++)
        if (!tlib_is_dialled(text[i]))
            return 1;
    return 0;
}

#endif
