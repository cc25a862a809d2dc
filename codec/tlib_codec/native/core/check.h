/* Demands on a frame: every rule of both severities, and the attributes outside the table. */
#ifndef TLIB_CHECK_H
#define TLIB_CHECK_H

#include "frames.h"

#define TLIB_MAX_SIGNATURES 4096u
#define TLIB_MAX_CAUSES (1u << 16) /* of all signatures together */
#define TLIB_MAX_UNLISTED 64u      /* attributes outside the table of one frame; the caller judges a frame with more */
#define TLIB_UNLISTED 0x80000000u  /* a cause: or'ed to the id of an attribute outside the table */
#define TLIB_MADE 0x40000000u      /* a cause: the reader made the frame, so its violations have no offsets */

/* A part of an event: `count` slots from `first` on in `tlib_checks.slots`, of which all or any must be there. */
typedef struct {
    uint32_t first;
    uint32_t count;
    uint8_t all;
} tlib_part;

enum { TLIB_DEMAND_PART = 0, TLIB_DEMAND_RULE, TLIB_DEMAND_SHAPE };

/* One demand of a table: the part must be there (where `clients`, not in a log); or a rule, broken when the part is present (or absent)
 * while the slot `other` is as `test` says and none of the parts `first_also`.. is there; or the text of the part's slot has a shape: a
 * length in characters (-1: any), an alphabet of ASCII (a bit a character; `alphabet` 0: any), a suffix of ASCII. */
typedef struct {
    tlib_part part;
    uint8_t kind;
    uint8_t clients;
    uint8_t present;
    uint8_t test;
    uint16_t other;
    uint32_t first_value, value_count;
    uint32_t first_also, also_count;
    int64_t length;
    uint8_t alphabet;
    uint64_t letters[2];
    uint32_t first_suffix, suffix_length;
} tlib_demand;

/* The demands of one table, in the order of its violations. `slot_part` by slot plus one gives the part that has to be there for the
 * attribute to count as listed: one more than its place in `tlib_checks.parts`, 0 where the slot is a part of its own. */
typedef struct {
    const uint16_t *slot;
    uint32_t slot_count;
    const tlib_demand *demands;
    uint32_t demand_count;
    const uint32_t *slot_part;
    uint8_t partial; /* any attribute may stand outside the table */
    uint8_t ask;     /* only the caller can judge its frames */
} tlib_check;

/* The demands of a registry. `common` by dense number: any table may carry the attribute. */
typedef struct {
    const tlib_check *tables;
    const tlib_part *parts;
    const uint16_t *slots;
    const uint64_t *values;
    const uint8_t *suffixes;
    const uint8_t *common;
} tlib_checks;

/* What a frame is and breaks: its message, its table (number plus one, 0: none), and the demands and attributes, as `length` causes. */
typedef struct {
    uint32_t first; /* in tlib_signatures.causes */
    uint32_t length;
    uint32_t hash;
    uint32_t run;   /* of tlib_signatures, in which it was last seen */
    uint32_t count; /* of frames in that run */
    uint64_t place; /* of the first of them */
    uint16_t message;
    uint16_t table;
} tlib_signature;

/* The signatures seen so far, numbered from 1. Zero it, and lend it memory of the size that the limits above give. `order` has those of
 * the last run in order of appearance. */
typedef struct {
    tlib_signature *known; /* TLIB_MAX_SIGNATURES + 1 */
    uint32_t *causes;      /* TLIB_MAX_CAUSES */
    uint16_t *slots;       /* 2 * TLIB_MAX_SIGNATURES: a hash */
    uint32_t *order;       /* TLIB_MAX_SIGNATURES */
    uint32_t count, used, run, seen;
} tlib_signatures;

/* Whether all or any slots of a part are there, by the places `at` of the attributes in the slots. */
int tlib_part_there(const tlib_checks *checks, const tlib_part *part, const uint32_t *at);

/* Set `space->at` to the places of an indexed frame's attributes, plus one, in the slots of its table; sort the attributes by id. */
void tlib_check_slots(const tlib_check *table, tlib_workspace *space);

/* Whether the attribute in a slot counts as listed: it is a field, or a part of one that is there. */
static inline int tlib_check_listed(const tlib_checks *checks, const tlib_check *table, uint16_t slot, const uint32_t *at) {
    return slot && (!table->slot_part[slot] || tlib_part_there(checks, &checks->parts[table->slot_part[slot] - 1], at));
}

/* Begin a run: nothing has been seen in it. */
void tlib_check_begin(tlib_signatures *signatures);

/* Write to numbers[i] the number of each frame's signature from `from` on, 0 where the caller has to judge it; return the place reached,
 * which is below the count only where the workspace needs more capacity. */
uint64_t tlib_check_run(const tlib_frames *frames, const tlib_checks *checks, tlib_signatures *signatures, uint64_t from,
                        uint32_t *numbers);

/* The number of the signature of an indexed frame that breaks its table, 0 where only the caller can word it. Frames with one number break
 * their table in the same words, offsets apart. */
uint32_t tlib_check_worded(const tlib_frames *frames, const tlib_checks *checks, tlib_signatures *signatures, const uint8_t *data,
                           uint16_t table, int made);

#endif
