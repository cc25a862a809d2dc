/* The clock of a log. The strategy stands in log_clock.h. */
#include "log_clock.h"

#define SECOND INT64_C(1000000000)
#define DAY 86400
#define DAY_NANOS (DAY * SECOND)
#define FAR (2 * 3600)
#define SKEW (120 * SECOND)
#define QUARTER (15 * 60 * SECOND)
#define FURTHEST (15 * 3600 * SECOND)
#define FIRST_DAY (-719162) /* 0001-01-01 */
#define LAST_DAY 2932896    /* 9999-12-31 */

/* The parts of a stamp: where the date (or NULL) and the time of day begin, and the digits of the fraction. */
typedef struct {
    const uint8_t *date;
    const uint8_t *time;
    const uint8_t *fraction;
    const uint8_t *end;
} parts;

static int two(const uint8_t *p) {
    return (p[0] - '0') * 10 + p[1] - '0';
}
static int are_two(const uint8_t *p) {
    return tlib_is(p[0], TLIB_DIGIT) && tlib_is(p[1], TLIB_DIGIT);
}

static int64_t day_of(int year, int month, int day) {
    static const int before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    int whole = year - 1, leap = month > 2 && ((year % 4 == 0 && year % 100) || year % 400 == 0);
    return (int64_t)whole * 365 + whole / 4 - whole / 100 + whole / 400 + before[month - 1] + leap + day - 1 + FIRST_DAY;
}
static int is_date(int year, int month, int day) {
    static const int length[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (year < 1 || month < 1 || month > 12 || day < 1)
        return 0;
    return day <= length[month - 1] + (month == 2 && ((year % 4 == 0 && year % 100) || year % 400 == 0));
}

static int cut(const uint8_t *line, const uint8_t *end, parts *out) {
    const uint8_t *p = tlib_skip(line, end, TLIB_SPACE);
    out->date = NULL;
    if (p < end && *p == '@')
        p++;
    else {
        const uint8_t *d = p < end && *p == '[' ? p + 1 : p;
        if (end - d >= 11 && are_two(d) && are_two(d + 2) && d[4] == '-' && are_two(d + 5) && d[7] == '-' && are_two(d + 8) &&
            (d[10] == 'T' || d[10] == ' ')) {
            out->date = d;
            p = d + 11;
        }
    }
    if (end - p < 12 || !are_two(p) || p[2] != ':' || !are_two(p + 3) || p[5] != ':' || !are_two(p + 6) || (p[8] != '.' && p[8] != ',') ||
        !are_two(p + 9) || !tlib_is(p[11], TLIB_DIGIT))
        return 0;
    out->time = p;
    out->fraction = p + 9;
    p += 12;
    while (p < end && p < out->fraction + 6 && tlib_is(*p, TLIB_DIGIT))
        p++;
    out->end = p;
    return 1;
}

int tlib_has_stamp(const uint8_t *line, const uint8_t *end) {
    parts found;
    return cut(line, end, &found);
}

/* The time that a stamp says; TLIB_TIMELESS where it is none. */
static void moment(tlib_clock *clock, const parts *found) {
    int hour = two(found->time), minute = two(found->time + 3), second = two(found->time + 6);
    int32_t of_day = hour * 3600 + minute * 60 + second;
    int valid = hour < 24 && minute < 60 && second < 60;
    int64_t day;
    clock->stamp.kind = TLIB_TIMELESS;
    if (found->date != NULL) {
        int year = two(found->date) * 100 + two(found->date + 2), month = two(found->date + 5), date = two(found->date + 8);
        if (!is_date(year, month, date))
            return;
        day = clock->day = day_of(year, month, date);
        clock->has_day = 1;
    } else if (!clock->has_day) {
        if (valid) {
            clock->stamp.kind = TLIB_OF_DAY;
            clock->stamp.second = of_day;
        }
        return;
    } else {
        int32_t ahead = of_day - clock->last;
        day = clock->day + (ahead < -FAR ? 1 : ahead > DAY - FAR ? -1 : 0);
        if (day < FIRST_DAY || day > LAST_DAY)
            return;
        if (ahead < -FAR)
            clock->day = day;
    }
    if (!valid)
        return;
    clock->stamp.kind = TLIB_DATED;
    clock->stamp.second = day * DAY + of_day;
    if (day == clock->day)
        clock->last = of_day;
}

/* The nearest multiple of a quarter of an hour; of two that are as near, the even one. */
static int64_t quarters(int64_t nanos) {
    int64_t whole = nanos / QUARTER, rest = nanos % QUARTER;
    if (rest < 0) {
        whole--;
        rest += QUARTER;
    }
    if (rest > QUARTER / 2 || (rest == QUARTER / 2 && (whole & 1)))
        whole++;
    return whole * QUARTER;
}

/* Take the time of a line `Local time:` or `UTC time:`, which begins at `p`. */
static void read_header(tlib_clock *clock, const uint8_t *p, const uint8_t *end, int utc) {
    p = tlib_skip(p, end, TLIB_SPACE);
    if (end - p < 19 || !are_two(p) || !are_two(p + 2) || p[4] != '-' || !are_two(p + 5) || p[7] != '-' || !are_two(p + 8) ||
        (p[10] != 'T' && p[10] != ' ') || !are_two(p + 11) || p[13] != ':' || !are_two(p + 14) || p[16] != ':' || !are_two(p + 17))
        return;
    int year = two(p) * 100 + two(p + 2), month = two(p + 5), date = two(p + 8), hour = two(p + 11), minute = two(p + 14);
    if (!is_date(year, month, date) || hour > 23 || minute > 59 || two(p + 17) > 59)
        return;
    int64_t day = day_of(year, month, date);
    int32_t of_day = hour * 3600 + minute * 60 + two(p + 17);
    int64_t second = day * DAY + of_day;
    if (!utc) {
        clock->day = day;
        clock->has_day = 1;
        clock->last = of_day;
        clock->header = second;
        clock->has_header = 1;
    } else if (clock->has_header && second - clock->header <= FURTHEST / SECOND && clock->header - second <= FURTHEST / SECOND) {
        clock->ahead = quarters((clock->header - second) * SECOND);
        clock->has_ahead = 1;
    }
}

int64_t tlib_clock_read(tlib_clock *clock, const uint8_t *line, const uint8_t *end) {
    parts found;
    if (!cut(line, end, &found)) {
        if (TLIB_BEGINS(line, end, "Local time:"))
            read_header(clock, line + 11, end, 0);
        else if (TLIB_BEGINS(line, end, "UTC time:"))
            read_header(clock, line + 9, end, 1);
        return 0;
    }
    size_t length = (size_t)(found.fraction - line);
    if (length > TLIB_STAMP)
        return -1;
    uint32_t micro = 0;
    for (int i = 0; i < 6; i++)
        micro = micro * 10 + (found.fraction + i < found.end ? (uint32_t)(found.fraction[i] - '0') : 0);
    if (length != clock->length || memcmp(line, clock->text, length) != 0) {
        memcpy(clock->text, line, length);
        clock->length = (uint8_t)length;
        moment(clock, &found);
    }
    clock->stamp.micro = micro;
    return found.end - line;
}

static int64_t nanos_of(const tlib_stamp *stamp) {
    return stamp->second * SECOND + (int64_t)stamp->micro * 1000;
}

static int64_t ahead_of_day(const tlib_stamp *stamp, int64_t own) {
    int64_t ahead = (nanos_of(stamp) - own + DAY_NANOS / 2) % DAY_NANOS;
    return (ahead < 0 ? ahead + DAY_NANOS : ahead) - DAY_NANOS / 2;
}
static int fits(int64_t ahead) {
    int64_t off = ahead - quarters(ahead);
    return off <= SKEW && off >= -SKEW;
}

int tlib_clock_learns_date(const tlib_stamp *stamp, const tlib_own_time *own) {
    return stamp->kind == TLIB_OF_DAY && own->has_seconds && fits(ahead_of_day(stamp, own->seconds * SECOND));
}

static void learn(tlib_clock *clock, tlib_stamp *stamp, int64_t own) {
    if (stamp->kind == TLIB_DATED) {
        int64_t ahead = nanos_of(stamp) - own;
        if (ahead <= FURTHEST && ahead >= -FURTHEST) {
            clock->ahead = quarters(ahead);
            clock->has_ahead = 1;
        }
        return;
    }
    int64_t ahead = ahead_of_day(stamp, own);
    if (!fits(ahead))
        return;
    int64_t local = own + ahead, second = local / SECOND, of_day;
    second -= local % SECOND < 0;
    of_day = second % DAY;
    if (of_day < 0)
        of_day += DAY;
    clock->ahead = quarters(ahead);
    clock->has_ahead = 1;
    clock->day = (second - of_day) / DAY;
    clock->has_day = 1;
    clock->last = (int32_t)of_day;
    clock->length = 0;
    stamp->kind = TLIB_DATED;
    stamp->second = second;
    stamp->micro = (uint32_t)((local - second * SECOND) / 1000);
}

tlib_times tlib_clock_times(tlib_clock *clock, tlib_stamp stamp, const tlib_own_time *own, int zone) {
    tlib_times times = {TLIB_NO_TIME, TLIB_NO_TIME, TLIB_NO_TIME};
    if (stamp.kind == TLIB_TIMELESS)
        return times;
    if (own->has_seconds)
        learn(clock, &stamp, own->seconds * SECOND);
    if (stamp.kind == TLIB_OF_DAY) {
        times.time_of_day = nanos_of(&stamp);
        return times;
    }
    int64_t local = times.local_time = nanos_of(&stamp);
    times.time = clock->has_ahead ? local - clock->ahead : zone ? TLIB_ZONE_TIME : TLIB_NO_TIME;
    if (!own->has_seconds)
        return times;
    int64_t instant = own->seconds * SECOND, away = local - instant;
    if (away > FURTHEST || away < -FURTHEST)
        return times;
    if (own->has_micros && own->micros >= 0 && own->micros < 1000000)
        times.time = instant + own->micros * 1000;
    else if (times.time < instant || times.time >= instant + SECOND)
        times.time = instant;
    return times;
}
