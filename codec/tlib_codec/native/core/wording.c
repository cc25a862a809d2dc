/* The words about invalid frames.
 *
 * Strategy: frames with the same signature differ in the offsets of their violations alone. So a wording is a text with holes, and each
 * hole knows the attributes at one of which its offset points.
 */
#include "wording.h"
#include "digits.h"

int tlib_find_wording(tlib_wordings *words, const tlib_frames *frames, const uint8_t *data, uint16_t table, int made,
                      const tlib_wording **found) {
    if (words->checks == NULL)
        return TLIB_UNWORDED;
    words->wanted = tlib_check_worded(frames, words->checks, words->signatures, data, table, made);
    *found = &words->known[words->wanted];
    if (!words->wanted || (*found)->ask)
        return TLIB_UNSURE;
    return (*found)->text == NULL ? TLIB_UNWORDED : TLIB_WORDED;
}

size_t tlib_wording_room(const tlib_wording *wording) {
    return wording->length + (size_t)wording->hole_count * TLIB_WIDEST_NUMBER;
}

static const tlib_attribute *find(const tlib_workspace *space, uint16_t id) {
    for (uint32_t i = 0; i < space->count; i++)
        if (space->attributes[i].id == id)
            return &space->attributes[i];
    return NULL;
}

uint8_t *tlib_write_wording(uint8_t *out, const tlib_wording *wording, const tlib_workspace *space, uint64_t base) {
    uint32_t from = 0;
    for (uint32_t i = 0; i < wording->hole_count; i++) {
        const tlib_hole *hole = &wording->holes[i];
        const tlib_attribute *attribute = NULL;
        memcpy(out, wording->text + from, hole->end - from);
        out += hole->end - from;
        from = hole->end;
        for (uint32_t k = 0; attribute == NULL && k < hole->count; k++)
            attribute = find(space, wording->ids[hole->first + k]);
        out = tlib_write_u64(out, attribute == NULL ? base : base + attribute->offset - TLIB_ATTRIBUTE);
    }
    memcpy(out, wording->text + from, wording->length - from);
    return out + (wording->length - from);
}
