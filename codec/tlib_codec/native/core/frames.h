/* Runs of frames: the verdict on each, by the rules of its table. */
#ifndef TLIB_FRAMES_H
#define TLIB_FRAMES_H

#include "tlib_core.h"

/* The verdict on a frame: valid (or a message without a table), breaks a rule of severity ERROR, or the caller must look: it is
 * malformed, or has a rule or a value that only the caller can evaluate. */
enum { TLIB_VALID = 0, TLIB_INVALID = 1, TLIB_ASK = 2 };

/* Frames back to back in `data`: frame i is data[bounds[i]..bounds[i + 1]). The caller has checked that the bounds ascend within the data.
 */
typedef struct {
    const tlib_tables *tables;
    tlib_limits limits;
    tlib_workspace *space;
    const uint8_t *data;
    const uint64_t *bounds;
    uint64_t count;
    int printed; /* the frames hold events of a log */
} tlib_frames;

/* Whether the bounds ascend and end within `length` bytes. */
int tlib_bounds_fit(const uint64_t *bounds, uint64_t count, uint64_t length);

/* Index frame `i`, lists checked: TLIB_OK with its number of a table (0: none), TLIB_MORE_CAPACITY, or the code of its error. */
int tlib_frames_index(const tlib_frames *frames, uint64_t i, uint16_t *table);

/* Write the verdict on each frame from `from` on to out[i]; return the place reached, which is below the count only where the
 * workspace needs more capacity. */
uint64_t tlib_frames_verdicts(const tlib_frames *frames, uint64_t from, uint8_t *out);

#endif
