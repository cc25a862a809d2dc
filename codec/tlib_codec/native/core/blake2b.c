/* BLAKE2b (RFC 7693); see blake2b.h. */
#include "blake2b.h"

static const uint64_t START[8] = {
    0x6a09e667f3bcc908u, 0xbb67ae8584caa73bu, 0x3c6ef372fe94f82bu, 0xa54ff53a5f1d36f1u,
    0x510e527fade682d1u, 0x9b05688c2b3e6c1fu, 0x1f83d9abfb41bd6bu, 0x5be0cd19137e2179u,
};

static uint64_t little64(const uint8_t *p) {
    return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 24 | (uint64_t)p[4] << 32 |
           (uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 | (uint64_t)p[7] << 56;
}

static uint64_t turned(uint64_t word, int by) {
    return word >> by | word << (64 - by);
}

#define MIX(a, b, c, d, x, y)                                                                                                              \
    do {                                                                                                                                   \
        a += b + (x);                                                                                                                      \
        d = turned(d ^ a, 32);                                                                                                             \
        c += d;                                                                                                                            \
        b = turned(b ^ c, 24);                                                                                                             \
        a += b + (y);                                                                                                                      \
        d = turned(d ^ a, 16);                                                                                                             \
        c += d;                                                                                                                            \
        b = turned(b ^ c, 63);                                                                                                             \
    } while (0)

/* A round with the order of the message's words as constants, so that nothing is looked up. */
#define ROUND(s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, s12, s13, s14, s15)                                                        \
    do {                                                                                                                                   \
        MIX(v[0], v[4], v[8], v[12], m[s0], m[s1]);                                                                                        \
        MIX(v[1], v[5], v[9], v[13], m[s2], m[s3]);                                                                                        \
        MIX(v[2], v[6], v[10], v[14], m[s4], m[s5]);                                                                                       \
        MIX(v[3], v[7], v[11], v[15], m[s6], m[s7]);                                                                                       \
        MIX(v[0], v[5], v[10], v[15], m[s8], m[s9]);                                                                                       \
        MIX(v[1], v[6], v[11], v[12], m[s10], m[s11]);                                                                                     \
        MIX(v[2], v[7], v[8], v[13], m[s12], m[s13]);                                                                                      \
        MIX(v[3], v[4], v[9], v[14], m[s14], m[s15]);                                                                                      \
    } while (0)

static void compress(tlib_blake *state, const uint8_t *block, int last) {
    uint64_t m[16], v[16];
    for (int i = 0; i < 16; i++)
        m[i] = little64(block + 8 * i);
    for (int i = 0; i < 8; i++) {
        v[i] = state->h[i];
        v[i + 8] = START[i];
    }
    v[12] ^= state->done;
    if (last)
        v[14] = ~v[14];
    ROUND(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    ROUND(14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3);
    ROUND(11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4);
    ROUND(7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8);
    ROUND(9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13);
    ROUND(2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9);
    ROUND(12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11);
    ROUND(13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10);
    ROUND(6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5);
    ROUND(10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0);
    ROUND(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    ROUND(14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3);
    for (int i = 0; i < 8; i++)
        state->h[i] ^= v[i] ^ v[i + 8];
}

void tlib_blake_key(tlib_blake *state, const uint8_t *key, size_t length) {
    memset(state, 0, sizeof *state);
    memcpy(state->h, START, sizeof START);
    state->h[0] ^= 0x01010000u ^ (uint64_t)length << 8 ^ TLIB_BLAKE_DIGEST;
    memcpy(state->block, key, length);
    state->done = TLIB_BLAKE_BLOCK;
    compress(state, state->block, 0);
}

/* A full block waits until more comes, since the last one is compressed in its own way. */
void tlib_blake_update(tlib_blake *state, const uint8_t *data, size_t length) {
    while (length) {
        if (state->used == TLIB_BLAKE_BLOCK) {
            state->done += TLIB_BLAKE_BLOCK;
            compress(state, state->block, 0);
            state->used = 0;
        }
        size_t count = TLIB_BLAKE_BLOCK - state->used < length ? TLIB_BLAKE_BLOCK - state->used : length;
        memcpy(state->block + state->used, data, count);
        state->used += count;
        data += count;
        length -= count;
    }
}

void tlib_blake_end(tlib_blake *state, uint8_t digest[TLIB_BLAKE_DIGEST]) {
    memset(state->block + state->used, 0, TLIB_BLAKE_BLOCK - state->used);
    state->done += state->used;
    compress(state, state->block, 1);
    for (int i = 0; i < TLIB_BLAKE_DIGEST; i++)
        digest[i] = (uint8_t)(state->h[i / 8] >> 8 * (i % 8));
}
