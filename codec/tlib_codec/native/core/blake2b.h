/* BLAKE2b with a key and digests of 64 bytes (RFC 7693), as hashlib.blake2b(key=…) has it.
 *
 * The key is a block of its own: its state is computed once and copied for each message. A message of up to 128 bytes takes one
 * compression.
 */
#ifndef TLIB_BLAKE2B_H
#define TLIB_BLAKE2B_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { TLIB_BLAKE_BLOCK = 128, TLIB_BLAKE_DIGEST = 64 };

typedef struct {
    uint64_t h[8];
    uint64_t done; /* bytes compressed; a message is shorter than 2^64 bytes */
    uint8_t block[TLIB_BLAKE_BLOCK];
    size_t used;
} tlib_blake;

/* The state behind a key of 1 to 64 bytes, for messages that are not empty. */
void tlib_blake_key(tlib_blake *state, const uint8_t *key, size_t length);
void tlib_blake_update(tlib_blake *state, const uint8_t *data, size_t length);
void tlib_blake_end(tlib_blake *state, uint8_t digest[TLIB_BLAKE_DIGEST]);

#endif
