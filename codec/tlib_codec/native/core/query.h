/* Queries over runs of frames.
 *
 * Strategy: a condition is an array of leaves in reading order. Each names the leaf that follows where it holds and the one where it
 * does not, so "and", "or" and "not" are nothing but the targets, and no stack is needed. A leaf compares the values of a field in a
 * form that C knows, or asks the caller's `judge` about one value. A frame that C is not sure of is left to the caller
 * (TLIB_QUERY_ASK); nothing of it is counted then.
 */
#ifndef TLIB_QUERY_H
#define TLIB_QUERY_H

#include "fields.h"

#define TLIB_ACCEPT (-1)
#define TLIB_REJECT (-2)
#define TLIB_MET_SLOTS 4096u /* a power of two, larger than the values that a leaf keeps */

enum { TLIB_EQ = 0, TLIB_LT, TLIB_LE, TLIB_GT, TLIB_GE };

/* How a leaf tests a value. */
enum {
    TLIB_TEST_JUDGE = 0, /* the caller's judge */
    TLIB_TEST_NUMBER,    /* compare with `number` */
    TLIB_TEST_TEXT,      /* equal to `text`; a number that is printed so is equal too */
    TLIB_TEST_FOLDED,    /* equal to `text`, without regard to the case of ASCII letters */
    TLIB_TEST_BYTES,     /* 8 bytes, equal to `text` */
    TLIB_TEST_GLOB       /* matches the glob `text`: * and ? */
};

/* One comparison or match. `negated`: != holds where no value is equal. */
typedef struct {
    tlib_field field;
    uint8_t test;
    uint8_t order;
    uint8_t negated;
    uint8_t fold;    /* a glob without regard to case */
    uint8_t watched; /* the caller keeps the texts that are not the wanted one */
    uint8_t numeral; /* `text` is how `number` is printed */
    int64_t number;
    const uint8_t *text;
    uint32_t text_length;
    int32_t if_true, if_false; /* the next leaf, or TLIB_ACCEPT, TLIB_REJECT */
    /* counts */
    uint64_t tested;
    uint8_t present, held;
    uint8_t full;    /* the caller keeps no more texts */
    uint8_t outcome; /* in the frame at hand: bits of OUTCOME in query.c */
    uint64_t *met;   /* TLIB_MET_SLOTS hashes of the texts that the caller has; NULL where not watched */
    uint32_t met_count;
} tlib_leaf;

/* The start or end of a span of time. */
enum { TLIB_BOUND_NONE = 0, TLIB_BOUND_INSTANT, TLIB_BOUND_DAILY };
typedef struct {
    uint8_t kind;
    uint8_t local;   /* the person gave a local time, `own` */
    int64_t own;     /* as given: of a day, or on the local clock */
    int64_t instant; /* in UTC */
} tlib_bound;

typedef struct {
    uint8_t asked;     /* there is a span */
    uint8_t settled;   /* its zone will not change */
    uint8_t fixed;     /* clocks of the zone are always `ahead` nanoseconds ahead */
    uint8_t overnight; /* the span has midnight inside */
    int64_t ahead;
    tlib_bound since, until;
} tlib_span;

/* A query. `judge` answers for a value: 0, 1, or below 0 where it failed; `meet` takes a text that is not the wanted one: 0, or below 0. */
typedef struct {
    tlib_leaf *leaves;
    uint32_t leaf_count;
    int32_t first;            /* leaf, TLIB_ACCEPT where there is none */
    const uint64_t *messages; /* a bit a message number; NULL: any */
    const uint8_t *addresses; /* by flow: 0 no address, 1 another one, 2 the wanted one; NULL: not asked */
    uint8_t address_seen;
    tlib_span span;
    void *context;
    int (*judge)(void *context, uint32_t leaf, const tlib_value *value);
    int (*meet)(void *context, uint32_t leaf, const tlib_value *value);
    uint64_t tested, matched;
} tlib_query;

enum { TLIB_QUERY_DONE = 0, TLIB_QUERY_ASK, TLIB_QUERY_CAPACITY, TLIB_QUERY_FAILED };

/* One run: `row` is the next frame. `selected` and `odd` have a place a frame: rows that the query selects, and rows that it does not
 * select and that may hold an invalid event; `odd` NULL: not asked. */
typedef struct {
    tlib_query *query;
    tlib_subject subject; /* its run and origins are set */
    uint64_t row;
    uint64_t *selected, *odd;
    uint64_t selected_count, odd_count;
} tlib_selecting;

/* Go on from `row` until TLIB_QUERY_DONE, or until the caller must look at `row` (which then is its to pass). */
int tlib_query_run(tlib_selecting *run);

#endif
