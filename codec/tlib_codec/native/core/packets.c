#include "packets.h"

#include <stdlib.h>
#include <string.h>

static inline uint16_t big16(const uint8_t *p) {
    return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t big32(const uint8_t *p) {
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline uint32_t little32(const uint8_t *p) {
    return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static inline uint32_t word(const uint8_t *p, int big) {
    return big ? big32(p) : little32(p);
}

static int32_t distance(uint32_t from, uint32_t to) {
    uint32_t ahead = to - from;
    return ahead < 0x80000000u ? (int32_t)ahead : -(int32_t)(~ahead) - 1;
}

/* -- lanes ---------------------------------------------------------------------------------- */

static inline uint64_t rotate(uint64_t x, int by) {
    return x << by | x >> (64 - by);
}

/* SipHash-1-3: keyed, since whoever sends packets chooses their addresses. */
static uint64_t hash(const uint64_t seed[2], const uint8_t *key, size_t length) {
    uint64_t v0 = seed[0] ^ 0x736f6d6570736575u, v1 = seed[1] ^ 0x646f72616e646f6du;
    uint64_t v2 = seed[0] ^ 0x6c7967656e657261u, v3 = seed[1] ^ 0x7465646279746573u;
    size_t at = 0;
#define ROUND                                                                                                                              \
    v0 += v1;                                                                                                                              \
    v1 = rotate(v1, 13) ^ v0;                                                                                                              \
    v0 = rotate(v0, 32);                                                                                                                   \
    v2 += v3;                                                                                                                              \
    v3 = rotate(v3, 16) ^ v2;                                                                                                              \
    v0 += v3;                                                                                                                              \
    v3 = rotate(v3, 21) ^ v0;                                                                                                              \
    v2 += v1;                                                                                                                              \
    v1 = rotate(v1, 17) ^ v2;                                                                                                              \
    v2 = rotate(v2, 32)
    for (;;) {
        uint64_t part = 0;
        size_t left = length - at;
        memcpy(&part, key + at, left < 8 ? left : 8);
        if (left < 8)
            part |= (uint64_t)length << 56;
        v3 ^= part;
        ROUND;
        v0 ^= part;
        if (left < 8)
            break;
        at += 8;
    }
    v2 ^= 0xff;
    ROUND;
    ROUND;
    ROUND;
#undef ROUND
    return v0 ^ v1 ^ v2 ^ v3;
}

int tlib_lanes_init(tlib_lanes *lanes, const uint64_t seed[2]) {
    memset(lanes, 0, sizeof *lanes);
    lanes->seed[0] = seed[0];
    lanes->seed[1] = seed[1];
    lanes->mask = 255;
    lanes->buckets = calloc(lanes->mask + 1, sizeof *lanes->buckets);
    return lanes->buckets ? 0 : -1;
}

tlib_lane *tlib_lanes_get(const tlib_lanes *lanes, const uint8_t *key, uint8_t length) {
    tlib_lane *lane = lanes->buckets[hash(lanes->seed, key, length) & lanes->mask];
    while (lane && (lane->key_length != length || memcmp(lane->key, key, length) != 0))
        lane = lane->chain;
    return lane;
}

static void grow(tlib_lanes *lanes) {
    size_t mask = 2 * lanes->mask + 1, i;
    tlib_lane **buckets = calloc(mask + 1, sizeof *buckets), *lane, *chain, **bucket;
    if (!buckets)
        return; /* longer chains do as well */
    for (i = 0; i <= lanes->mask; i++)
        for (lane = lanes->buckets[i]; lane; lane = chain) {
            chain = lane->chain;
            bucket = &buckets[hash(lanes->seed, lane->key, lane->key_length) & mask];
            lane->chain = *bucket;
            *bucket = lane;
        }
    free(lanes->buckets);
    lanes->buckets = buckets;
    lanes->mask = mask;
}

void tlib_lanes_add(tlib_lanes *lanes, tlib_lane *lane) {
    tlib_lane **bucket;
    if (lanes->count > lanes->mask)
        grow(lanes);
    bucket = &lanes->buckets[hash(lanes->seed, lane->key, lane->key_length) & lanes->mask];
    lane->chain = *bucket;
    *bucket = lane;
    lanes->count++;
}

void tlib_lanes_remove(tlib_lanes *lanes, tlib_lane *lane) {
    tlib_lane **place = &lanes->buckets[hash(lanes->seed, lane->key, lane->key_length) & lanes->mask];
    size_t i, kept = 0;
    while (*place && *place != lane)
        place = &(*place)->chain;
    if (*place) {
        *place = lane->chain;
        lanes->count--;
    }
    if (lane->touched) {
        for (i = 0; i < lanes->dirty_count; i++)
            if (lanes->dirty[i] != lane)
                lanes->dirty[kept++] = lanes->dirty[i];
        lanes->dirty_count = kept;
        lane->touched = 0;
    }
}

int tlib_lanes_touch(tlib_lanes *lanes, tlib_lane *lane) {
    if (lane->touched)
        return 0;
    if (lanes->dirty_count == lanes->dirty_capacity) {
        size_t capacity = lanes->dirty_capacity ? 2 * lanes->dirty_capacity : 64;
        tlib_lane **dirty = realloc(lanes->dirty, capacity * sizeof *dirty);
        if (!dirty)
            return -1;
        lanes->dirty = dirty;
        lanes->dirty_capacity = capacity;
    }
    lane->touched = 1;
    lanes->dirty[lanes->dirty_count++] = lane;
    return 0;
}

void tlib_lane_acknowledge(tlib_lane *lane, uint32_t ack) {
    if (lane->has_ack && distance(lane->ack, ack) <= 0)
        return;
    lane->ack = ack;
    lane->has_ack = 1;
}

int tlib_lane_append(tlib_lane *lane, const uint8_t *data, size_t length, int64_t time, uint64_t packet) {
    if (lane->size + length > lane->capacity) {
        size_t capacity = 2 * (lane->size + length);
        uint8_t *more = realloc(lane->data, capacity);
        if (!more)
            return -1;
        lane->data = more;
        lane->capacity = capacity;
    }
    if (lane->used == lane->marks_capacity) {
        if (lane->first > lane->used / 2) {
            lane->used -= lane->first;
            memmove(lane->marks, lane->marks + lane->first, lane->used * sizeof *lane->marks);
            lane->first = 0;
        } else {
            size_t capacity = lane->marks_capacity ? 2 * lane->marks_capacity : 16;
            tlib_mark *marks = realloc(lane->marks, capacity * sizeof *marks);
            if (!marks)
                return -1;
            lane->marks = marks;
            lane->marks_capacity = capacity;
        }
    }
    memcpy(lane->data + lane->size, data, length);
    lane->size += length;
    lane->pending += length;
    lane->offset += length;
    lane->next += (uint32_t)length;
    lane->marks[lane->used].end = lane->offset;
    lane->marks[lane->used].time = time;
    lane->marks[lane->used].packet = packet;
    lane->used++;
    return 0;
}

/* -- the walk -------------------------------------------------------------------------------- */

enum { STOP = 0, PASSED = 1, NO_MEMORY = -1 };

/* Where the IP packet begins, and its version; 0 where that is not plain, -1 where it is certainly no IP. */
static int network(uint16_t link, const uint8_t *data, uint32_t size, uint32_t *at) {
    uint16_t kind;
    int tags;
    switch (link) {
    case 1:
        if (size < 14)
            return 0;
        kind = big16(data + 12);
        *at = 14;
        break;
    case 113:
        if (size < 16)
            return 0;
        kind = big16(data + 14);
        *at = 16;
        break;
    case 276:
        if (size < 20)
            return 0;
        kind = big16(data);
        *at = 20;
        break;
    case 12:
    case 101:
        if (size < 1)
            return 0;
        *at = 0;
        return data[0] >> 4 == 4 ? 4 : data[0] >> 4 == 6 ? 6 : 0;
    default:
        return 0;
    }
    for (tags = 0; kind == 0x8100 || kind == 0x88a8; tags++) {
        if (tags == 2 || size < *at + 4)
            return 0;
        kind = big16(data + *at + 2);
        *at += 4;
    }
    if (kind == 0x0800)
        return 4;
    if (kind == 0x86dd)
        return 6;
    return kind == 0x0806 ? -1 : 0;
}

static int plain(tlib_lanes *lanes, uint16_t link, const uint8_t *data, uint32_t size, int64_t time, uint64_t number) {
    uint8_t key[TLIB_KEY], key_length, flags;
    uint32_t at = 0, length, header, total;
    tlib_lane *lane;
    int version = network(link, data, size, &at);
    if (version == -1)
        return PASSED;
    if (version == 4) {
        if (size < at + 20 || data[at] != 0x45)
            return STOP;
        if (data[at + 9] != 6)
            return PASSED;
        total = big16(data + at + 2);
        if ((big16(data + at + 6) & 0x3fff) || total < 40 || size - at < total)
            return STOP;
        key_length = 12;
        memcpy(key, data + at + 12, 8);
        at += 20;
        total -= 20;
    } else if (version == 6) {
        if (size < at + 40 || data[at] >> 4 != 6)
            return STOP;
        if (data[at + 6] == 17)
            return PASSED; /* UDP; extension headers may lead to TCP */
        total = big16(data + at + 4);
        if (data[at + 6] != 6 || total < 20 || size - at - 40 < total)
            return STOP;
        key_length = 36;
        memcpy(key, data + at + 8, 32);
        at += 40;
    } else {
        return STOP;
    }
    data += at;
    header = (uint32_t)(data[12] >> 4) * 4;
    flags = data[13];
    if (header < 20 || header > total || (flags & 0x17) != 0x10)
        return STOP; /* ACK, and none of RST, SYN, FIN */
    memcpy(key + key_length - 4, data, 4);
    lane = tlib_lanes_get(lanes, key, key_length);
    if (!lane)
        return STOP;
    length = total - header;
    if (lane->mode == TLIB_SLOW)
        return STOP;
    if (length && lane->mode == TLIB_FAST) {
        if (big32(data + 4) != lane->next)
            return STOP;
        if (tlib_lane_append(lane, data + header, length, time, number) || tlib_lanes_touch(lanes, lane))
            return NO_MEMORY;
    }
    lane->last = number;
    tlib_lane_acknowledge(lane, big32(data + 8));
    return PASSED;
}

int tlib_walk(tlib_lanes *lanes, const tlib_layout *layout, const uint8_t *data, size_t size, size_t *position, uint64_t *number,
              int64_t *time, size_t *last) {
    const int big = layout->big;
    size_t at = *position;
    int done = STOP;
    while (size - at >= 16) {
        const uint8_t *record = data + at;
        const tlib_interface *interface = layout->table;
        uint32_t captured, whole;
        uint64_t stamp;
        int64_t when;
        if (layout->ng) {
            uint32_t kind = word(record, big), which;
            if (kind != 6 || size - at < 32)
                break;
            whole = word(record + 4, big);
            if (whole < 32 || whole % 4 || whole > size - at || word(record + whole - 4, big) != whole)
                break;
            which = word(record + 8, big);
            if (which >= layout->interfaces)
                break;
            interface += which;
            captured = word(record + 20, big);
            if (captured > layout->most || captured > whole - 32)
                break;
            stamp = (uint64_t)word(record + 12, big) << 32 | word(record + 16, big);
            if (!interface->scale || stamp > (uint64_t)(INT64_MAX / 2) / interface->scale)
                break;
            when = (int64_t)(stamp * interface->scale) + interface->offset;
            record += 28;
        } else {
            captured = word(record + 8, big);
            if (captured > layout->most || captured > size - at - 16)
                break;
            when = (int64_t)word(record, big) * 1000000000 + (int64_t)word(record + 4, big) * interface->scale;
            whole = 16 + captured;
            record += 16;
        }
        done = plain(lanes, interface->link, record, captured, when, *number + 1);
        if (done != PASSED)
            break;
        *last = at;
        at += whole;
        ++*number;
        *time = when;
    }
    *position = at;
    return done == NO_MEMORY ? -1 : 0;
}
