/* Redaction in place of a frame: pseudonyms have the length of the values, so no length changes.
 *
 * Strategy: the caller decides by attribute, in a table by dense number; here values are replaced in a copy of the frame. Lists are walked
 * with a stack, and the caller is asked about a key only where it has patterns of keys.
 */
#ifndef TLIB_REDACT_H
#define TLIB_REDACT_H

#include "frames.h"
#include "pseudonym.h"

/* What becomes of an attribute. */
enum {
    TLIB_KEEP = 0,
    TLIB_REPLACE_TEXT,
    TLIB_REPLACE_DATA,
    TLIB_REPLACE_LIST,
    TLIB_REPLACE_CALLS,    /* a list that may name the calls on an abstract DN */
    TLIB_REPLACE_LINKS,    /* a list that may name calls at other sites */
    TLIB_REPLACE_RAW,      /* a value of any type */
    TLIB_REPLACE_HEX,      /* 64 bits of a ConnID */
    TLIB_REPLACE_UNSIGNED, /* 32 bits */
    TLIB_REPLACE_SIGNED,   /* 32 bits */
    TLIB_REPLACE_LONG,     /* 64 bits that a log prints in hex or in decimal */
    TLIB_KEEP_IDENTIFIER,  /* a text that stays where it has the shape of an identifier */
    TLIB_KEEP_MEMBER,      /* a number that stays where it is a member of its enumeration, or small */
    TLIB_LEAVE             /* the caller replaces it, and with it the frame */
};

/* What becomes of the value under a key. */
enum { TLIB_KEEP_ALL = 0, TLIB_NOT_WANTED, TLIB_WANTED };

typedef struct {
    tlib_pseudonyms *names;
    const uint8_t *actions; /* by dense number; the first one is of what nobody declared */
    const uint16_t *kept;   /* undeclared ids that stay, in ascending order */
    uint32_t kept_count;
    const uint32_t *members;    /* of enumerations */
    const uint32_t *members_at; /* by dense number, where the members of that one begin; one more at the end */
    int ids;                    /* identifiers of calls are replaced in lists too */
    int every;                  /* all values of lists are replaced: `wants` is not asked */
    void *context;
    /* TLIB_KEEP_ALL … TLIB_WANTED for the key that the path ends with; negative where that failed. */
    int (*wants)(void *context, const uint8_t *path, uint32_t length, uint32_t key, int inside);
} tlib_redaction;

enum { TLIB_REDACTED = 0, TLIB_ASK_FRAME, TLIB_WIDER, TLIB_FAILED };

/* Replace the values of frame `i` in `out`, a copy of the frame. `changed` gets the number of changed values of each attribute of the
 * workspace. TLIB_ASK_FRAME: the caller must do it; TLIB_WIDER: the workspace needs more capacity; TLIB_FAILED: a function of the caller
 * failed. */
int tlib_redact(const tlib_redaction *redaction, const tlib_frames *frames, uint64_t i, uint8_t *out, uint32_t *changed,
                uint32_t changed_count);

#endif
