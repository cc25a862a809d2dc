/* Calls out of the events that tell of them, in the plain case: `calls/` follows a call of any kind, these functions one that is created,
 * told of on one connection, and deleted.
 *
 * Strategy: the caller keeps the notes of each open call: its events one behind the other, each with its attributes. When the call is
 * deleted, tlib_call_follow goes over the notes as the tracker does, and tlib_call_line writes the line. Whatever the tracker would call an
 * anomaly, a link, or an event that is missing makes the call one for the caller, who gives the same notes to the tracker.
 */
#ifndef TLIB_CALLS_H
#define TLIB_CALLS_H

#include "json_out.h"

#define TLIB_CALL_EVENTS 64  /* of a call, at most; the caller follows a longer one */
#define TLIB_CALL_PARTIES 24 /* likewise */
#define TLIB_CALL_SPANS 96
#define TLIB_CALL_VALUES 64
#define TLIB_CALL_SHOWN 32 /* outcomes that events show; parties that hang up */
#define TLIB_NUMBERS 256   /* numbers of an enumeration that mean something here are below it */

/* What an event does: to its call, or to its party; PARTY only names one. Only the caller knows the effect of ASK. */
typedef enum {
    TLIB_EFFECT_ASK = 0,
    TLIB_EFFECT_CREATED,
    TLIB_EFFECT_CHANGED,
    TLIB_EFFECT_DELETED,
    TLIB_EFFECT_PARTY,
    TLIB_EFFECT_QUEUED,
    TLIB_EFFECT_ROUTED,
    TLIB_EFFECT_DIVERTED,
    TLIB_EFFECT_DIALING,
    TLIB_EFFECT_RINGING,
    TLIB_EFFECT_REACHED,
    TLIB_EFFECT_BUSY,
    TLIB_EFFECT_ESTABLISHED,
    TLIB_EFFECT_HELD,
    TLIB_EFFECT_RETRIEVED,
    TLIB_EFFECT_ABANDONED,
    TLIB_EFFECT_RELEASED
} tlib_effect;

/* The outcomes as `calls.outcome.Outcome` lists them. */
enum {
    TLIB_OUTCOME_NONE = 0,
    TLIB_OUTCOME_ANSWERED,
    TLIB_OUTCOME_ABANDONED,
    TLIB_OUTCOME_TRANSFERRED,
    TLIB_OUTCOME_CONFERENCED,
    TLIB_OUTCOME_BUSY,
    TLIB_OUTCOME_NO_ANSWER,
    TLIB_OUTCOME_REDIRECTED,
    TLIB_OUTCOMES
};

/* The states of a party as `calls.party.State` lists them. */
enum { TLIB_STATE_QUEUED = 0, TLIB_STATE_DIALING, TLIB_STATE_RINGING, TLIB_STATE_ESTABLISHED, TLIB_STATE_HELD, TLIB_STATES };

/* The names of an event: the places of the attributes that name its call, its party and the other one. */
enum { TLIB_NAME_UUID = 0, TLIB_NAME_CONN, TLIB_NAME_PARTY, TLIB_NAME_OTHER, TLIB_NAME_KINDS };

/* The columns that know a frame. */
enum { TLIB_KNOWN_LINE = 1, TLIB_KNOWN_PACKET = 2, TLIB_KNOWN_OFFSET = 4 };

/* The traits of an attribute. */
enum {
    TLIB_TRAIT_EVENT = 1, /* of the event: no value of the call */
    TLIB_TRAIT_CALL = 2,  /* of the call: a change of it has to change it */
    TLIB_TRAIT_ASK = 4    /* only the caller can follow an event that has it */
};

/* An event in the notes of a call. `attributes` of them stand behind it, those that name something first; then come their values. Offsets
 * count from the beginning of the notes. `names` are places in the attributes plus one, 0: not named. A time is in microseconds since
 * 1970, `own` in nanoseconds. The rest are the columns of the frame's origin; `known` has the bits of TLIB_KNOWN_LINE and its like. */
typedef struct {
    uint32_t size; /* bytes to the next event */
    uint16_t message;
    uint8_t effect;
    uint8_t known;
    uint16_t names[TLIB_NAME_KINDS];
    uint32_t attributes;
    uint32_t named;
    int64_t time;
    int64_t own;
    uint64_t line, packet, offset;
    int64_t local_time, time_of_day;
} tlib_call_event;

/* The words of a registry: the numbers of attributes, and by number what a CallState, a role or a Cause means: outcomes, or 0 and 1. */
typedef struct {
    const uint8_t *traits; /* by dense number */
    uint16_t agent, ani, call_state, cause, controlling, extensions, other_role, third_party, third_role, this_role, this_queue, user_data;
    const tlib_json_attribute *states, *roles; /* with the names of their numbers */
    uint8_t joined[TLIB_NUMBERS];              /* CallState: the outcome of a call that was transferred or conferenced */
    uint8_t failed[TLIB_NUMBERS];              /* CallState of a party that did not answer */
    uint8_t onward[TLIB_NUMBERS];              /* CallState: the call goes on without the party */
    uint8_t role_joined[TLIB_NUMBERS];         /* ThirdPartyDNRole */
    uint8_t role_unreal[TLIB_NUMBERS];         /* a role that is none */
    uint8_t causes[TLIB_NUMBERS];              /* Cause: the outcome of a call without events of parties */
    uint32_t ok, remote_release;               /* CallState */
    tlib_text outcomes[TLIB_OUTCOMES];         /* in quotes */
    double settle;                             /* seconds between two releases that belong together */
    int history;                               /* write the events too */
} tlib_call_words;

/* How a party left: 0 not at all, one of these, or a CallState plus TLIB_LEFT_STATE. */
enum { TLIB_LEFT_ROUTED = 1, TLIB_LEFT_DIVERTED, TLIB_LEFT_ABANDONED, TLIB_LEFT_RELEASED, TLIB_LEFT_DELETED, TLIB_LEFT_STATE };

typedef struct {
    tlib_text dn, agent, queue, target; /* a length of 0: none */
    int64_t released;
    uint64_t left;
    int32_t role; /* the label, -1: none */
    uint8_t queues, present, onward;
} tlib_party;

/* A time in a state; while it is open, the end is TLIB_NO_TIME. */
typedef struct {
    int64_t start, end;
    uint8_t party, state;
} tlib_span_of;

typedef struct {
    tlib_text dn, first; /* the party that hung up, and the one that did so first where the event says so */
    int64_t time;
} tlib_hang_up;

/* A call as far as its notes were followed. */
typedef struct {
    const tlib_call_words *words;
    const uint8_t *notes;
    uint32_t offsets[TLIB_CALL_EVENTS];
    uint32_t event_count, party_count, span_count, value_count, shown_count, release_count;
    const tlib_attribute *values[TLIB_CALL_VALUES];
    tlib_party parties[TLIB_CALL_PARTIES];
    tlib_span_of spans[TLIB_CALL_SPANS];
    uint8_t shown[TLIB_CALL_SHOWN]; /* outcomes */
    tlib_hang_up releases[TLIB_CALL_SHOWN];
    int doubtful_ring;
} tlib_call;

enum { TLIB_CALL_DONE = 0, TLIB_CALL_ASK, TLIB_CALL_MEMORY };

/* Takes each event, then each change of a value that it makes (NULL: absent), then its end. All return one of
 * TLIB_CALL_DONE. */
typedef struct {
    void *context;
    int (*begin)(void *context, const tlib_call_event *event, tlib_text party, tlib_text other);
    int (*change)(void *context, const tlib_attribute *before, const tlib_attribute *after);
    int (*end)(void *context, const tlib_call_event *event);
} tlib_call_watch;

/* Follow the notes of a call to its deletion; `watch` may be NULL. TLIB_CALL_ASK: the call is for the caller. */
int tlib_call_follow(tlib_call *call, const tlib_call_words *words, const uint8_t *notes, size_t length, const tlib_call_watch *watch);

/* The outcome of a call that is over. */
int tlib_call_outcome(const tlib_call *call);

/* The sums of times in microseconds, -1 where there is none: in queues, ringing, talking, on hold. */
enum { TLIB_SUM_QUEUE = 0, TLIB_SUM_RING, TLIB_SUM_TALK, TLIB_SUM_HOLD, TLIB_SUMS };
void tlib_call_sums(const tlib_call *call, int64_t *sums);

/* Follow the notes of a call and append its line, as `calls.model.Call.to_data` lays it out. `file` and `flow` are members of $source, each
 * with a comma behind it; `history` is lent. */
int tlib_call_line(tlib_json *json, const tlib_call_words *words, const uint8_t *notes, size_t length, tlib_text file, tlib_text flow,
                   tlib_buffer *out, tlib_buffer *history);

static inline const tlib_attribute *tlib_call_attributes(const tlib_call_event *event) {
    return (const tlib_attribute *)(const void *)(event + 1);
}

#endif
