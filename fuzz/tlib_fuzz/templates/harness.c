/* A harness: calls a parser and answers `tlib fuzz run`.
 *
 *     cc -g -fsanitize=address,undefined harness.c -o harness
 *     tlib fuzz run --target ./harness
 *
 * The standard input has frames, each after its length (4 bytes, big-endian). For each frame, write one line
 * to the standard output, in the same order: "accept", "accept JSON", "reject", "reject CODE" or "skip".
 * Print nothing else there; the standard error is free.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static uint32_t u32(const uint8_t *at) {
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* Put the call of your parser here. Give NULL for a frame that it takes, an error code, or "", for one that it refuses;
 * `json` may be set to one line of JSON. */
static const char *parse(const uint8_t *frame, size_t size, const char **json) {
    static const uint8_t start[4] = {'T', 'L', 1, 0};
    static const char *const wrong[4] = {"bad-magic", "bad-magic", "bad-version", "bad-flags"};
    (void)json;
    for (size_t at = 0; at < 4 && at < size; at++)
        if (frame[at] != start[at])
            return wrong[at];
    if (size < 10)
        return "truncated-header";
    uint32_t length = u32(frame + 6);
    if (length > 16u << 20)
        return "frame-too-long";
    if (size - 10 < length)
        return "truncated-frame";
    if (size - 10 > length)
        return "trailing-bytes";
    return NULL;
}

int main(void) {
    uint8_t head[4];
    while (fread(head, 1, 4, stdin) == 4) {
        size_t size = u32(head);
        uint8_t *frame = malloc(size ? size : 1); /* of its own size, so that a sanitizer sees a byte too far */
        if (frame == NULL || fread(frame, 1, size, stdin) != size)
            return 2;
        const char *json = NULL;
        const char *error = parse(frame, size, &json);
        if (error != NULL)
            printf(*error ? "reject %s\n" : "reject\n", error);
        else
            printf(json ? "accept %s\n" : "accept\n", json);
        fflush(stdout);
        free(frame);
    }
    return 0;
}
