/* Numbers, hex digits and base64 as text. Each function writes at `out` and returns the end of what it wrote. */
#ifndef TLIB_DIGITS_H
#define TLIB_DIGITS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define TLIB_WIDEST_NUMBER 20 /* bytes of a 64-bit number and its sign */

static inline uint8_t *tlib_two_digits(uint8_t *out, uint32_t number) {
    static const char pairs[201] = "0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849"
                                   "5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899";
    memcpy(out, pairs + 2 * number, 2);
    return out + 2;
}

static inline uint8_t *tlib_write_u32(uint8_t *out, uint32_t number) {
    if (number < 100) {
        if (number < 10) {
            *out = (uint8_t)('0' + number);
            return out + 1;
        }
        return tlib_two_digits(out, number);
    }
    uint32_t digits = number < 10000       ? 3 + (number >= 1000)
                      : number < 1000000   ? 5 + (number >= 100000)
                      : number < 100000000 ? 7 + (number >= 10000000)
                                           : 9 + (number >= 1000000000);
    uint8_t *at = out + digits;
    for (; number >= 100; number /= 100) {
        at -= 2;
        tlib_two_digits(at, number % 100);
    }
    if (number >= 10)
        tlib_two_digits(at - 2, number);
    else
        at[-1] = (uint8_t)('0' + number);
    return out + digits;
}

static inline uint8_t *tlib_write_u64(uint8_t *out, uint64_t number) {
    if (number <= UINT32_MAX)
        return tlib_write_u32(out, (uint32_t)number);
    uint8_t digits[TLIB_WIDEST_NUMBER];
    size_t first = sizeof digits;
    while (number >= 100) {
        first -= 2;
        tlib_two_digits(digits + first, (uint32_t)(number % 100));
        number /= 100;
    }
    if (number >= 10) {
        first -= 2;
        tlib_two_digits(digits + first, (uint32_t)number);
    } else
        digits[--first] = (uint8_t)('0' + number);
    memcpy(out, digits + first, sizeof digits - first);
    return out + (sizeof digits - first);
}

static inline uint8_t *tlib_write_i32(uint8_t *out, int32_t number) {
    if (number >= 0)
        return tlib_write_u32(out, (uint32_t)number);
    *out = '-';
    return tlib_write_u32(out + 1, 0u - (uint32_t)number);
}

static inline uint8_t *tlib_write_hex(uint8_t *out, const uint8_t *data, size_t length) {
    static const char digits[17] = "0123456789abcdef";
    for (size_t i = 0; i < length; i++) {
        *out++ = (uint8_t)digits[data[i] >> 4];
        *out++ = (uint8_t)digits[data[i] & 15];
    }
    return out;
}

/* Bytes of the base64 of `length` bytes. */
static inline size_t tlib_base64_length(size_t length) {
    return (length + 2) / 3 * 4;
}

static inline uint8_t *tlib_write_base64(uint8_t *out, const uint8_t *data, size_t length) {
    static const char digits[65] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (; length >= 3; data += 3, length -= 3) {
        uint32_t word = (uint32_t)data[0] << 16 | (uint32_t)data[1] << 8 | data[2];
        for (uint32_t shift = 24; shift;) {
            shift -= 6;
            *out++ = (uint8_t)digits[word >> shift & 63];
        }
    }
    if (length) {
        uint32_t word = (uint32_t)data[0] << 16 | (length > 1 ? (uint32_t)data[1] << 8 : 0);
        *out++ = (uint8_t)digits[word >> 18];
        *out++ = (uint8_t)digits[word >> 12 & 63];
        *out++ = length > 1 ? (uint8_t)digits[word >> 6 & 63] : '=';
        *out++ = '=';
    }
    return out;
}

#endif
