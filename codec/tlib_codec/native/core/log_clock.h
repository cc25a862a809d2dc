/* The clock of a log: formats/logs/dates.py, whose state it shares.
 *
 * Strategy: the state is plain integers, so Python can store and load it. What the C is not sure of (stamps behind much white space) it
 * asks Python for.
 */
#ifndef TLIB_LOG_CLOCK_H
#define TLIB_LOG_CLOCK_H

#include "log_text.h"

#define TLIB_NO_TIME INT64_MIN
#define TLIB_ZONE_TIME (INT64_MIN + 1) /* the caller has to convert the local time by its zone */
#define TLIB_STAMP 63

enum { TLIB_TIMELESS = 0, TLIB_OF_DAY = 1, TLIB_DATED = 2 };

/* A stamp: seconds of the day, or since 1970 on the log's own clock. */
typedef struct {
    int64_t second;
    uint32_t micro;
    uint8_t kind;
} tlib_stamp;

typedef struct {
    int64_t ahead;  /* nanoseconds by which the log's clock is ahead of UTC */
    int64_t day;    /* since 1970 */
    int64_t header; /* the last `Local time:`, in seconds since 1970 on the log's own clock */
    int32_t last;   /* second of the day */
    uint8_t has_ahead;
    uint8_t has_day;
    uint8_t has_header;
    uint8_t length; /* of `text`, the last stamp down to its second, as it stood in its line */
    uint8_t text[TLIB_STAMP + 1];
    tlib_stamp stamp;
} tlib_clock;

/* Whether the nanoseconds of a stamp fit 64 bits: those of the years 1685 to 2255 do. */
static inline int tlib_stamp_fits(const tlib_stamp *stamp) {
    return stamp->kind != TLIB_DATED || (stamp->second > -INT64_C(9000000000) && stamp->second < INT64_C(9000000000));
}

/* The own time of an event: TimeinSecs and TimeinuSecs, where it has them. */
typedef struct {
    int64_t seconds;
    int64_t micros;
    uint8_t has_seconds;
    uint8_t has_micros;
} tlib_own_time;

/* The times of an origin, in nanoseconds; TLIB_NO_TIME where one is unknown. */
typedef struct {
    int64_t time;
    int64_t local_time;
    int64_t time_of_day;
} tlib_times;

/* Follow the stamp that a line begins with: where it ends, 0 where there is none, -1 to ask. */
int64_t tlib_clock_read(tlib_clock *clock, const uint8_t *line, const uint8_t *end);
/* Whether a stamp stands at the beginning of a line. */
int tlib_has_stamp(const uint8_t *line, const uint8_t *end);
/* Whether `tlib_clock_times` would learn the date from this event: then the stamp of the line at hand has another meaning. */
int tlib_clock_learns_date(const tlib_stamp *stamp, const tlib_own_time *own);
/* The times of a message whose header has `stamp`. `zone`: the caller knows a zone for local times. */
tlib_times tlib_clock_times(tlib_clock *clock, tlib_stamp stamp, const tlib_own_time *own, int zone);

#endif
