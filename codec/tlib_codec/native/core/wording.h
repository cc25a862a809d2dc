/* The words about invalid frames: the caller words the first frame of a signature, the others get a copy with offsets of their own. */
#ifndef TLIB_WORDING_H
#define TLIB_WORDING_H

#include "check.h"

/* A place in a text, behind its first `end` bytes, where an offset stands: that of the first attribute of a frame among `count` ids from
 * `first` on in `tlib_wording.ids`, or of the frame where it has none of them. */
typedef struct {
    uint32_t end;
    uint32_t first;
    uint32_t count;
} tlib_hole;

/* `text` NULL: not worded yet. `ask`: only the caller can word the frames of this signature. */
typedef struct {
    const uint8_t *text;
    const tlib_hole *holes;
    const uint16_t *ids;
    uint32_t length;
    uint32_t hole_count;
    uint8_t ask;
} tlib_wording;

/* `checks` NULL: the caller has not made any of this yet. `known` by number of a signature; `wanted` is the one to be worded. */
typedef struct {
    const tlib_checks *checks;
    tlib_signatures *signatures;
    const tlib_wording *known;
    uint32_t wanted;
} tlib_wordings;

enum { TLIB_WORDED = 0, TLIB_UNWORDED, TLIB_UNSURE };

/* Find the wording of an indexed frame that breaks its table. TLIB_UNWORDED: the caller makes the wording of `wanted`, or `checks`. */
int tlib_find_wording(tlib_wordings *words, const tlib_frames *frames, const uint8_t *data, uint16_t table, int made,
                      const tlib_wording **found);

/* Bytes that a wording may come to. */
size_t tlib_wording_room(const tlib_wording *wording);

/* Write a wording for the indexed frame at offset `base`. */
uint8_t *tlib_write_wording(uint8_t *out, const tlib_wording *wording, const tlib_workspace *space, uint64_t base);

#endif
