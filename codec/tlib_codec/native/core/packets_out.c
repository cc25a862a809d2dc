/* Frames as TCP conversations; see packets_out.h. */
#include "packets_out.h"

enum { FIN = 1, SYN = 2, PUSH = 8, ACK = 16 };
enum { ETHERNET = 14, IP4 = 20, IP6 = 40, TCP = 20, BLOCK = 28, RECORD = 16, SNAPLEN = 262144, WINDOW = 65535 };

static const uint8_t SERVER[6] = {2, 0, 0, 0, 0, 1}, CLIENT[6] = {2, 0, 0, 0, 0, 2}; /* locally administered */

/* -- stores -------------------------------------------------------------------------------------- */

static void big16(uint8_t *at, uint32_t value) {
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void big32(uint8_t *at, uint32_t value) {
    big16(at, value >> 16);
    big16(at + 2, value & 0xFFFF);
}

static void little32(uint8_t *at, uint32_t value) {
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
    at[2] = (uint8_t)(value >> 16);
    at[3] = (uint8_t)(value >> 24);
}

/* -- checksums (RFC 1071) ------------------------------------------------------------------------- */

/* The sum of big-endian words of 16 bits, an odd last byte filled with zero; at most 64 KiB of data, so 64 bits hold it. The sum of words
 * in the machine's order is the same with its bytes swapped. */
static uint32_t words(const uint8_t *data, size_t length) {
    uint64_t sum = 0, word = 0;
    size_t i = 0;
    for (; i + 8 <= length; i += 8) {
        memcpy(&word, data + i, 8);
        sum += (word >> 32) + (word & 0xFFFFFFFF);
    }
    word = 0;
    if (i < length)
        memcpy(&word, data + i, length - i);
    sum += (word >> 32) + (word & 0xFFFFFFFF);
    while (sum >> 16)
        sum = (sum >> 16) + (sum & 0xFFFF);
    uint16_t folded = (uint16_t)sum;
    uint8_t bytes[2];
    memcpy(bytes, &folded, 2);
    return tlib_u16(bytes);
}

/* The checksum of a sum that is not 0. */
static uint32_t folded(uint32_t sum) {
    sum = (sum >> 16) + (sum & 0xFFFF);
    sum = (sum >> 16) + (sum & 0xFFFF);
    return 0xFFFF - sum;
}

/* -- records -------------------------------------------------------------------------------------- */

/* Begin the record of a packet and return where the packet goes. The memory is reserved. */
static uint8_t *record(tlib_talks *talks, uint32_t length) {
    uint8_t *at = talks->out.at + talks->out.length;
    if (!talks->ng) {
        little32(at, (uint32_t)(talks->now / 1000000));
        little32(at + 4, (uint32_t)(talks->now % 1000000));
        little32(at + 8, length);
        little32(at + 12, length);
        talks->out.length += RECORD + length;
        return at + RECORD;
    }
    uint32_t padding = (0u - length) & 3, total = BLOCK + length + padding + 4;
    little32(at, 6);
    little32(at + 4, total);
    little32(at + 8, 0);
    little32(at + 12, (uint32_t)(talks->now >> 32));
    little32(at + 16, (uint32_t)talks->now);
    little32(at + 20, length);
    little32(at + 24, length);
    memset(at + BLOCK + length, 0, padding);
    little32(at + BLOCK + length + padding, total);
    talks->out.length += total;
    return at + BLOCK;
}

int tlib_talks_begin(tlib_talks *talks) {
    if (tlib_reserve(&talks->out, 48))
        return -1;
    uint8_t *at = talks->out.at + talks->out.length;
    memset(at, 0, 48);
    if (talks->ng) {
        little32(at, 0x0A0D0D0A); /* section header: byte order, version 1.0, length unknown */
        little32(at + 4, 28);
        little32(at + 8, 0x1A2B3C4D);
        at[12] = 1;
        memset(at + 16, 0xFF, 8);
        little32(at + 24, 28);
        little32(at + 28, 1); /* interface: Ethernet */
        little32(at + 32, 20);
        at[36] = 1;
        little32(at + 40, SNAPLEN);
        little32(at + 44, 20);
        talks->out.length += 48;
    } else {
        little32(at, 0xA1B2C3D4);
        at[4] = 2;
        at[6] = 4;
        little32(at + 16, SNAPLEN);
        at[20] = 1;
        talks->out.length += 24;
    }
    return 0;
}

/* -- packets -------------------------------------------------------------------------------------- */

static void lay_out(tlib_side *side, tlib_end from, tlib_end to, const uint8_t *from_mac, const uint8_t *to_mac, uint32_t sequence) {
    uint8_t *at = side->head, *ip = at + ETHERNET;
    memset(side, 0, sizeof *side);
    memcpy(at, to_mac, 6);
    memcpy(at + 6, from_mac, 6);
    if (from.length == 4) {
        big16(at + 12, 0x0800);
        big16(ip, 0x4500);
        big16(ip + 6, 0x4000); /* do not fragment */
        ip[8] = 64;
        ip[9] = 6;
        memcpy(ip + 12, from.address, 4);
        memcpy(ip + 16, to.address, 4);
        side->ip_sum = words(ip, IP4);
        side->length = ETHERNET + IP4;
    } else {
        big16(at + 12, 0x86DD);
        ip[0] = 0x60;
        ip[6] = 6;
        ip[7] = 64;
        memcpy(ip + 8, from.address, 16);
        memcpy(ip + 24, to.address, 16);
        side->length = ETHERNET + IP6;
    }
    big16(at + side->length, from.port);
    big16(at + side->length + 2, to.port);
    side->tcp_sum = words(from.address, from.length) + words(to.address, to.length) + 6u + from.port + to.port + WINDOW;
    side->sequence = sequence;
}

static void segment(tlib_talks *talks, tlib_talk *talk, int from, uint32_t flags, const uint8_t *data, uint32_t length) {
    tlib_side *side = &talk->sides[from];
    uint32_t acknowledged = flags & ACK ? talk->sides[!from].sequence : 0;
    uint32_t options = flags & SYN ? 4 : 0, size = TCP + options + length;
    uint8_t *at = record(talks, side->length + size), *ip = at + ETHERNET, *tcp = at + side->length;
    memcpy(at, side->head, side->length + 4);
    if (side->length == ETHERNET + IP4) {
        uint32_t id = talks->packets & 0xFFFF;
        big16(ip + 2, IP4 + size);
        big16(ip + 4, id);
        big16(ip + 10, folded(side->ip_sum + IP4 + size + id));
    } else
        big16(ip + 4, size);
    uint32_t offset = (TCP + options) / 4 << 12 | flags;
    big32(tcp + 4, side->sequence);
    big32(tcp + 8, acknowledged);
    big16(tcp + 12, offset);
    big16(tcp + 14, WINDOW);
    big16(tcp + 18, 0);
    uint32_t sum = side->tcp_sum + size + offset + words(tcp + 4, 8);
    if (options) {
        big32(tcp + TCP, 0x02040000 | TLIB_MSS);
        sum += words(tcp + TCP, 4);
    }
    if (length)
        memcpy(tcp + TCP + options, data, length);
    sum += words(data, length);
    big16(tcp + 16, folded(sum));
    talks->packets++;
    side->sequence += length + (flags & (SYN | FIN) ? 1 : 0);
}

/* -- conversations -------------------------------------------------------------------------------- */

void tlib_talks_init(tlib_talks *talks, int ng) {
    memset(talks, 0, sizeof *talks);
    talks->ng = ng;
    talks->first = talks->last = talks->spare = TLIB_NO_TALK;
}

void tlib_talks_free(tlib_talks *talks) {
    tlib_release(&talks->out);
    free(talks->talks);
    talks->talks = NULL;
}

static void detach(tlib_talks *talks, uint32_t number) {
    tlib_talk *talk = &talks->talks[number];
    if (talk->before == TLIB_NO_TALK)
        talks->first = talk->after;
    else
        talks->talks[talk->before].after = talk->after;
    if (talk->after == TLIB_NO_TALK)
        talks->last = talk->before;
    else
        talks->talks[talk->after].before = talk->before;
}

static void attach(tlib_talks *talks, uint32_t number) {
    tlib_talk *talk = &talks->talks[number];
    talk->before = talks->last;
    talk->after = TLIB_NO_TALK;
    if (talks->last == TLIB_NO_TALK)
        talks->first = number;
    else
        talks->talks[talks->last].after = number;
    talks->last = number;
}

/* The bytes that `count` packets without data need at most. */
static size_t most(size_t count) {
    return count * (BLOCK + ETHERNET + IP6 + TCP + 4 + 8);
}

int tlib_talk_open(tlib_talks *talks, tlib_end server, tlib_end client, uint32_t *number) {
    if (tlib_reserve(&talks->out, most(3)))
        return -1;
    if (talks->spare == TLIB_NO_TALK && talks->count == talks->capacity) {
        uint32_t capacity = 2 * talks->capacity + 16;
        tlib_talk *more = realloc(talks->talks, capacity * sizeof *more);
        if (more == NULL)
            return -1;
        talks->talks = more;
        talks->capacity = capacity;
    }
    if (talks->spare == TLIB_NO_TALK)
        *number = talks->count++;
    else {
        *number = talks->spare;
        talks->spare = talks->talks[*number].after;
    }
    tlib_talk *talk = &talks->talks[*number];
    lay_out(&talk->sides[0], server, client, SERVER, CLIENT, 1000);
    lay_out(&talk->sides[1], client, server, CLIENT, SERVER, 2000);
    attach(talks, *number);
    segment(talks, talk, 1, SYN, NULL, 0);
    segment(talks, talk, 0, SYN | ACK, NULL, 0);
    segment(talks, talk, 1, ACK, NULL, 0);
    return 0;
}

int tlib_talk_close(tlib_talks *talks, uint32_t number) {
    tlib_talk *talk = &talks->talks[number];
    if (tlib_reserve(&talks->out, most(3)))
        return -1;
    segment(talks, talk, 0, FIN | ACK, NULL, 0);
    segment(talks, talk, 1, FIN | ACK, NULL, 0);
    segment(talks, talk, 0, ACK, NULL, 0);
    detach(talks, number);
    talk->after = talks->spare;
    talks->spare = number;
    return 0;
}

int tlib_talk_send(tlib_talks *talks, uint32_t number, int side, const uint8_t *data, size_t length) {
    tlib_talk *talk = &talks->talks[number];
    size_t pieces = (length + TLIB_MSS - 1) / TLIB_MSS;
    if (tlib_reserve(&talks->out, length + most(2 * pieces)))
        return -1;
    if (talks->last != number) {
        detach(talks, number);
        attach(talks, number);
    }
    for (size_t start = 0; start < length; start += TLIB_MSS) {
        size_t left = length - start;
        segment(talks, talk, side, left > TLIB_MSS ? ACK : PUSH | ACK, data + start, (uint32_t)(left > TLIB_MSS ? TLIB_MSS : left));
        segment(talks, talk, !side, ACK, NULL, 0);
    }
    return 0;
}

/* -- frames --------------------------------------------------------------------------------------- */

uint64_t tlib_talks_next(const tlib_talks *talks, int64_t time) {
    if (time == TLIB_NO_TIME)
        return talks->now + 1;
    return time > 0 && (uint64_t)time / 1000 > talks->now ? (uint64_t)time / 1000 : talks->now;
}

/* Walk over the attributes of a frame that was checked: its own time, and whether its ids ascend. */
static int64_t own_time(const tlib_sent *sent, const uint8_t *frame, uint64_t length, int *ascending) {
    int32_t last = -1;
    int64_t seconds = TLIB_NO_TIME, micros = 0;
    *ascending = 1;
    for (uint64_t at = TLIB_HEADER; at + TLIB_ATTRIBUTE <= length;) {
        int32_t id = tlib_u16(frame + at);
        uint16_t dense = sent->tables->dense[id];
        uint32_t size = tlib_u24(frame + at + 3);
        at += TLIB_ATTRIBUTE;
        if (size > length - at)
            break;
        if (dense && size == 4 && dense == sent->own.seconds)
            seconds = sent->own.seconds_signed ? (int32_t)tlib_u32(frame + at) : (int64_t)tlib_u32(frame + at);
        else if (dense && size == 4 && dense == sent->own.micros)
            micros = sent->own.micros_signed ? (int32_t)tlib_u32(frame + at) : (int64_t)tlib_u32(frame + at);
        *ascending &= id > last;
        last = id;
        at += size;
    }
    if (seconds == TLIB_NO_TIME)
        return TLIB_NO_TIME;
    return seconds * 1000000000 + (micros >= 0 && micros < 1000000 ? micros * 1000 : 0);
}

int tlib_talks_frames(tlib_talks *talks, const tlib_sent *sent, uint64_t *at, uint64_t end, uint32_t *flow, int64_t *time) {
    for (; *at < end; ++*at) {
        if (talks->out.length > TLIB_WRITTEN)
            return TLIB_FULL;
        const uint8_t *frame = sent->data + sent->bounds[*at];
        uint64_t length = sent->bounds[*at + 1] - sent->bounds[*at];
        *time = sent->times == NULL ? TLIB_NO_TIME : sent->times[*at];
        if (*time == TLIB_NO_TIME || sent->canonical) {
            int ascending;
            int64_t own = own_time(sent, frame, length, &ascending);
            if (sent->canonical && !ascending)
                return TLIB_LEFT;
            if (*time == TLIB_NO_TIME)
                *time = own;
        }
        *flow = sent->flows == NULL || sent->flows[*at] >= sent->flow_count ? sent->flow_count : sent->flows[*at];
        uint32_t route = sent->routes[*flow];
        if (route == TLIB_NO_TALK)
            return TLIB_OPEN;
        talks->now = tlib_talks_next(talks, *time);
        if (tlib_talk_send(talks, route / 2, (int)(route % 2), frame, (size_t)length))
            return -1;
    }
    return TLIB_SENT;
}
