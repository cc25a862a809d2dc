/* Times as ISO 8601 text. */
#ifndef TLIB_TIME_READ_H
#define TLIB_TIME_READ_H

#include <stddef.h>
#include <stdint.h>

/* Days from 1970-01-01 to a date of the Gregorian calendar. */
static inline int64_t tlib_days_of(int32_t year, int32_t month, int32_t day) {
    int32_t y = year - (month <= 2), era = y / 400, of_era = y - era * 400;
    int32_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return (int64_t)era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

/* The number of `count` digits, or -1. */
static inline int32_t tlib_read_digits(const uint8_t *text, int count) {
    int32_t number = 0;
    for (int i = 0; i < count; i++) {
        uint8_t digit = (uint8_t)(text[i] - '0');
        if (digit > 9)
            return -1;
        number = number * 10 + digit;
    }
    return number;
}

/* Read HH:MM:SS and, where a point follows, six or nine digits of a fraction, at the beginning of `text`: nanoseconds since midnight.
 * Returns the length of that text, 0 where there is none. */
static inline size_t tlib_read_clock(const uint8_t *text, size_t length, int64_t *time) {
    if (length < 8 || text[2] != ':' || text[5] != ':')
        return 0;
    int32_t hour = tlib_read_digits(text, 2), minute = tlib_read_digits(text + 3, 2), second = tlib_read_digits(text + 6, 2);
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59)
        return 0;
    *time = ((int64_t)hour * 3600 + minute * 60 + second) * 1000000000;
    if (length == 8 || text[8] != '.')
        return 8;
    int32_t micros = length < 15 ? -1 : tlib_read_digits(text + 9, 6), nanos = length < 18 ? -1 : tlib_read_digits(text + 15, 3);
    if (micros < 0)
        return 0;
    *time += (int64_t)micros * 1000 + (nanos > 0 ? nanos : 0);
    return nanos < 0 ? 15 : 18;
}

/* The same for YYYY-MM-DDTHH:MM:SS of the years 1700 to 2199: nanoseconds since 1970. */
static inline size_t tlib_read_iso(const uint8_t *text, size_t length, int64_t *time) {
    static const uint8_t LAST[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (length < 19 || text[4] != '-' || text[7] != '-' || text[10] != 'T')
        return 0;
    int32_t year = tlib_read_digits(text, 4), month = tlib_read_digits(text + 5, 2), day = tlib_read_digits(text + 8, 2);
    if (year < 1700 || year > 2199 || month < 1 || month > 12 || day < 1)
        return 0;
    int leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    if (day > LAST[month - 1] + (month == 2 && leap))
        return 0;
    size_t clock = tlib_read_clock(text + 11, length - 11, time);
    *time += tlib_days_of(year, month, day) * 86400000000000;
    return clock ? clock + 11 : 0;
}

#endif
