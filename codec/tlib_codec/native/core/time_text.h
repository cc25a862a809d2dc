/* Times as ISO 8601 text, as `records.iso` prints them. */
#ifndef TLIB_TIME_TEXT_H
#define TLIB_TIME_TEXT_H

#include "digits.h"

#define TLIB_WIDEST_TIME 32      /* bytes of a time */
#define TLIB_SECOND 1000000000LL /* nanoseconds */
#define TLIB_MICROS 26           /* bytes of a time without nanoseconds */
#define TLIB_DATE 11             /* bytes of a date and the T behind it */

/* The date that was written last, and the T behind it. */
typedef struct {
    int64_t days; /* since 1970 */
    uint8_t text[TLIB_DATE];
} tlib_date;

/* Keep the date of days since 1970, from the year 0 to 9999 (the algorithm of Howard Hinnant's civil_from_days). */
static inline void tlib_keep_date(tlib_date *kept, int64_t days) {
    uint32_t shifted = (uint32_t)(days + 719468); /* since 0000-03-01 */
    uint32_t era = shifted / 146097, of_era = shifted % 146097;
    uint32_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    uint32_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    uint32_t march = (5 * of_year + 2) / 153;
    uint32_t day = of_year - (153 * march + 2) / 5 + 1, month = march < 10 ? march + 3 : march - 9;
    uint32_t year = year_of_era + era * 400 + (month <= 2);
    uint8_t *out = tlib_two_digits(tlib_two_digits(kept->text, year / 100), year % 100);
    *out++ = '-';
    out = tlib_two_digits(out, month);
    *out++ = '-';
    out = tlib_two_digits(out, day);
    *out = 'T';
    kept->days = days;
}

/* Seconds since 1970 as 2026-03-14T21:39:12. */
static inline uint8_t *tlib_write_seconds(uint8_t *out, int64_t seconds, tlib_date *kept) {
    int64_t days = seconds / 86400 - (seconds % 86400 < 0);
    uint32_t second = (uint32_t)(seconds - days * 86400);
    if (days != kept->days || !kept->text[0])
        tlib_keep_date(kept, days);
    memcpy(out, kept->text, TLIB_DATE);
    out += TLIB_DATE;
    out = tlib_two_digits(out, second / 3600);
    *out++ = ':';
    out = tlib_two_digits(out, second / 60 % 60);
    *out++ = ':';
    return tlib_two_digits(out, second % 60);
}

/* A fraction of six digits, with its point. */
static inline uint8_t *tlib_write_micros(uint8_t *out, uint32_t micros) {
    *out++ = '.';
    out = tlib_two_digits(out, micros / 10000);
    out = tlib_two_digits(out, micros / 100 % 100);
    return tlib_two_digits(out, micros % 100);
}

/* Nanoseconds since 1970: six decimals, or nine where there are nanoseconds. */
static inline uint8_t *tlib_write_time(uint8_t *out, int64_t time, tlib_date *kept) {
    int64_t seconds = time / TLIB_SECOND - (time % TLIB_SECOND < 0);
    uint32_t nanos = (uint32_t)(time - seconds * TLIB_SECOND);
    out = tlib_write_micros(tlib_write_seconds(out, seconds, kept), nanos / 1000);
    nanos %= 1000;
    if (nanos) {
        *out++ = (uint8_t)('0' + nanos / 100);
        out = tlib_two_digits(out, nanos % 100);
    }
    return out;
}

#endif
