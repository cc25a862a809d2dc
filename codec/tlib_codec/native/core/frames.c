/* Runs of frames: the verdict on each.
 *
 * Strategy: a frame is indexed with its lists and judged by the table that holds for it, as the decoder does, and no value is made.
 * A malformed frame is not worded here: the caller decodes it and gets its error.
 */
#include "frames.h"

int tlib_bounds_fit(const uint64_t *bounds, uint64_t count, uint64_t length) {
    for (uint64_t i = 0; i < count; i++)
        if (bounds[i] > bounds[i + 1])
            return 0;
    return bounds[count] <= length;
}

int tlib_frames_index(const tlib_frames *frames, uint64_t i, uint16_t *table) {
    const uint8_t *data = frames->data + frames->bounds[i];
    uint64_t length = frames->bounds[i + 1] - frames->bounds[i];
    uint16_t message;
    uint32_t body;
    tlib_error error;
    int code = tlib_header(data, (size_t)length, &frames->limits, &message, &body, &error);
    if (code)
        return code;
    if (length != (uint64_t)body + TLIB_HEADER || length > UINT32_MAX)
        return TLIB_TRUNCATED_FRAME;
    code = tlib_index(frames->tables, &frames->limits, data, (uint32_t)length, 1, frames->space, &error);
    if (!code)
        *table = tlib_table(frames->tables, message, data, frames->space);
    return code;
}

uint64_t tlib_frames_verdicts(const tlib_frames *frames, uint64_t from, uint8_t *out) {
    uint64_t i;
    for (i = from; i < frames->count; i++) {
        uint16_t table = 0;
        int code = tlib_frames_index(frames, i, &table);
        if (code == TLIB_MORE_CAPACITY)
            break;
        if (code || frames->space->callers || (table && frames->tables->schemas[table - 1].own))
            out[i] = TLIB_ASK;
        else if (!table)
            out[i] = TLIB_VALID;
        else
            out[i] = (uint8_t)tlib_fails(frames->tables, &frames->tables->schemas[table - 1], frames->data + frames->bounds[i],
                                         frames->space, frames->printed);
    }
    return i;
}
