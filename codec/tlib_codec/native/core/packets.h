/* Plain TCP packets out of capture records: in order, whole, of a connection that is known.
 *
 * Strategy: the walk deals with what is plain and stops before the first record that is not: a flag
 * but ACK, PSH and URG, a fragment, a segment out of order, an unknown connection, a record that is
 * cut or odd. The caller reads that one by itself, in full. So nothing here has to report anything,
 * and what is read here is read as the caller would have.
 *
 * Lanes are found by key (addresses and ports as they stand in the packet) in a chained hash table
 * whose hash is keyed, so that hostile addresses cannot be chosen to collide.
 */
#ifndef TLIB_PACKETS_H
#define TLIB_PACKETS_H

#include <stddef.h>
#include <stdint.h>

enum { TLIB_KEY = 36 };
enum { TLIB_SLOW, TLIB_FAST, TLIB_SKIP };

typedef struct tlib_mark {
    uint64_t end; /* of the stream, when this packet had come */
    int64_t time; /* ns since 1970 */
    uint64_t packet;
} tlib_mark;

typedef struct tlib_lane {
    struct tlib_lane *chain;
    uint8_t key[TLIB_KEY];
    uint8_t key_length;
    uint8_t mode;
    uint8_t touched;
    uint8_t has_ack;
    uint32_t next, ack;
    uint64_t offset; /* stream offset of `next` */
    uint64_t last;   /* number of the last packet */
    uint8_t *data;   /* ends at `offset` */
    size_t size, capacity, pending;
    tlib_mark *marks; /* those from `first` on are in use */
    size_t first, used, marks_capacity;
    void *owner;
} tlib_lane;

typedef struct tlib_lanes {
    tlib_lane **buckets;
    size_t mask, count;
    uint64_t seed[2];
    tlib_lane **dirty;
    size_t dirty_count, dirty_capacity;
} tlib_lanes;

typedef struct tlib_interface {
    uint16_t link;
    uint32_t scale; /* ns in a unit of time; 0: not a whole number */
    int64_t offset; /* ns */
} tlib_interface;

typedef struct tlib_layout {
    int ng, big;
    uint32_t most; /* bytes of a packet */
    uint32_t interfaces;
    const tlib_interface *table;
} tlib_layout;

/* These return 0, or -1 where there is no memory. */
int tlib_lane_append(tlib_lane *lane, const uint8_t *data, size_t length, int64_t time, uint64_t packet);
int tlib_lanes_init(tlib_lanes *lanes, const uint64_t seed[2]);
int tlib_lanes_touch(tlib_lanes *lanes, tlib_lane *lane);

void tlib_lanes_add(tlib_lanes *lanes, tlib_lane *lane);
tlib_lane *tlib_lanes_get(const tlib_lanes *lanes, const uint8_t *key, uint8_t length);
void tlib_lanes_remove(tlib_lanes *lanes, tlib_lane *lane);
void tlib_lane_acknowledge(tlib_lane *lane, uint32_t ack);

/* Deal with the plain packets of data[*position:size]; moves *position and *number past them, and sets *time and *last to the time of the
 * last one and where its record begins. */
int tlib_walk(tlib_lanes *lanes, const tlib_layout *layout, const uint8_t *data, size_t size, size_t *position, uint64_t *number,
              int64_t *time, size_t *last);

#endif
