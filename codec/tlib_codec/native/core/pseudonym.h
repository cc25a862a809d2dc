/* Pseudonyms of the same shape and length, as redact/pseudonym.py describes them.
 *
 * Strategy: the alphabets of Unicode come from the caller, a block of 64 code points at a time when a text first has one of it: within a
 * block all characters have the same length in UTF-8, and only their last byte differs. Pseudonyms of short texts are kept in a cache of
 * fixed size, in which a new text takes the place of another one.
 */
#ifndef TLIB_PSEUDONYM_H
#define TLIB_PSEUDONYM_H

#include "blake2b.h"
#include "tlib_core.h"

enum { TLIB_ALPHABETS = 24, TLIB_CODE_BLOCKS = 0x110000 / 64, TLIB_ESCAPED = 0xDC00 };

/* The characters that may stand for one another, by the last byte of each. */
typedef struct {
    uint32_t id;
    uint8_t count;
    uint8_t decimal;
    uint8_t letters[64];
} tlib_alphabet;

/* Of each code point of a block its alphabet, TLIB_ALPHABETS where it has none, and its place in it. A byte that is no UTF-8 has the code
 * point TLIB_ESCAPED + byte. */
typedef struct {
    uint8_t alphabet[64];
    uint8_t index[64];
    tlib_alphabet alphabets[TLIB_ALPHABETS];
} tlib_code_block;

/* The cache has sets of TLIB_WAYS entries: a text stands in one of its set, and a new one takes the places of its set in turn. */
enum { TLIB_CACHED_BYTES = 54, TLIB_WAYS = 4, TLIB_CACHE = 4096 * TLIB_WAYS };

typedef struct {
    uint8_t length; /* 0: nothing is kept here */
    uint8_t number; /* the text is a number of 64 bits */
    uint8_t next;   /* of the first entry of a set: the one that goes next */
    uint8_t text[TLIB_CACHED_BYTES];
    uint8_t pseudonym[TLIB_CACHED_BYTES];
} tlib_kept_pseudonym;

typedef struct {
    tlib_blake keyed;
    tlib_code_block *blocks[TLIB_CODE_BLOCKS];
    tlib_kept_pseudonym *cache; /* TLIB_CACHE entries, lent */
    void *context;
    tlib_code_block *(*block)(void *context, uint32_t number); /* NULL where it cannot be made */
} tlib_pseudonyms;

/* These write as many bytes as they read, and return 0, or -1 where a block cannot be made. `out` is not the text itself. */
int tlib_pseudonym(tlib_pseudonyms *names, const uint8_t *text, uint32_t length, uint8_t *out);
void tlib_pseudonym_data(tlib_pseudonyms *names, const uint8_t *data, uint32_t length, uint8_t *out);
/* The pseudonym of a number: as many digits, on the same side of 2^31 and 2^32. */
uint64_t tlib_pseudonym_number(tlib_pseudonyms *names, uint64_t number);
/* The magnitude of the pseudonym of a negative number. */
uint64_t tlib_pseudonym_negative(tlib_pseudonyms *names, uint64_t magnitude);

/* Whether a text has the shape of a ConnID or CallUUID and is no decimal number without a leading zero. */
int tlib_is_identifier(const uint8_t *text, uint32_t length);

#endif
