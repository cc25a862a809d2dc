/* What the fuzz targets in C share: an assertion, and with TLIB_STANDALONE a main that replays files and mutates them.
 *
 * Strategy: a target defines LARGEST (bytes of an input), its own mutation and LLVMFuzzerTestOneInput, and its main calls `attack`. The
 * same seed gives the same run.
 */
#ifndef TLIB_FUZZ_STANDALONE_H
#define TLIB_FUZZ_STANDALONE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MUST(what)                                                                                                                         \
    do {                                                                                                                                   \
        if (!(what)) {                                                                                                                     \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #what);                                                      \
            abort();                                                                                                                       \
        }                                                                                                                                  \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length);

#ifdef TLIB_STANDALONE

static uint64_t state;

static uint32_t next_random(uint32_t below) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)((state >> 32) % below);
}

/* Read at most `most` bytes of a file. */
static size_t load(const char *path, uint8_t *data, size_t most) {
    FILE *file = fopen(path, "rb");
    if (!file) {
        perror(path);
        exit(2);
    }
    size_t length = fread(data, 1, most, file);
    fclose(file);
    return length;
}

/* Replay the files, then mutated ones: one to four mutations each. `data` holds LARGEST bytes, of which a file fills `most`. */
static int attack(const char *name, uint8_t *data, size_t most, size_t (*mutate)(uint8_t *, size_t, char **, int), int count,
                  char **arguments) {
    unsigned long runs = 100000, seed = 1;
    int files = 0;
    for (int i = 1; i < count; i++)
        if (sscanf(arguments[i], "-runs=%lu", &runs) != 1 && sscanf(arguments[i], "-seed=%lu", &seed) != 1)
            arguments[files++] = arguments[i];
    if (!files) {
        fprintf(stderr, "give files to begin with: %s [-runs=N] [-seed=S] FILE...\n", name);
        return 2;
    }
    state = UINT64_C(0x9E3779B97F4A7C15) ^ seed;
    for (int i = 0; i < files; i++)
        LLVMFuzzerTestOneInput(data, load(arguments[i], data, most));
    for (unsigned long run = 0; run < runs; run++) {
        size_t length = load(arguments[next_random((uint32_t)files)], data, most);
        for (uint32_t n = 1 + next_random(4); n; n--)
            length = mutate(data, length, arguments, files);
        LLVMFuzzerTestOneInput(data, length);
    }
    printf("%s: %d files and %lu mutated inputs (seed %lu), everything holds\n", name, files, runs, seed);
    return 0;
}

#endif
#endif
