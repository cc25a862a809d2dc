/* Frames as TCP conversations in packets, and packets as the records of a pcap or pcapng file.
 *
 * Strategy: a conversation is two sides with the number of their next byte. A frame becomes segments, each answered by an acknowledgment,
 * in a buffer that the caller writes out. Whatever is the same for all packets of one direction (addresses, ports, their checksum) is laid
 * out when the conversation opens. Conversations stand in a list by their last use, so that the one silent the longest is known.
 */
#ifndef TLIB_PACKETS_OUT_H
#define TLIB_PACKETS_OUT_H

#include "buffer.h"
#include "origins.h"
#include "tlib_core.h"

#define TLIB_MSS 1460
#define TLIB_NO_TALK UINT32_MAX

/* One end of a conversation, as the packets that it sends begin. */
typedef struct {
    uint8_t head[74]; /* Ethernet, IP and TCP headers up to the end of the ports, sums and lengths open */
    uint32_t length;  /* of the Ethernet and IP headers */
    uint32_t ip_sum;  /* of the IP header's constant words */
    uint32_t tcp_sum; /* of the pseudo-header's and TCP header's constant words */
    uint32_t sequence;
} tlib_side;

typedef struct {
    tlib_side sides[2]; /* side 0 is the server: it is heard first */
    uint32_t before, after;
} tlib_talk;

typedef struct {
    tlib_buffer out;
    int ng;
    uint64_t now; /* microseconds since 1970 */
    uint32_t packets;
    tlib_talk *talks;
    uint32_t count, capacity;
    uint32_t first, last; /* the conversation silent the longest, and the one used last */
    uint32_t spare;       /* the first talk that is closed; they are linked by `after` */
} tlib_talks;

/* An end as its owner gives it: an address of 4 or 16 bytes, and a port. */
typedef struct {
    const uint8_t *address;
    uint32_t length;
    uint16_t port;
} tlib_end;

void tlib_talks_init(tlib_talks *talks, int ng);
void tlib_talks_free(tlib_talks *talks);

/* Write the head of the file. These return 0, or -1 where there is no memory. */
int tlib_talks_begin(tlib_talks *talks);
/* Write the handshake of a conversation at `now`; *talk is its number. */
int tlib_talk_open(tlib_talks *talks, tlib_end server, tlib_end client, uint32_t *talk);
/* Write the end of a conversation, and forget it. */
int tlib_talk_close(tlib_talks *talks, uint32_t talk);
/* Write the segments of a frame that a side sends at `now`. */
int tlib_talk_send(tlib_talks *talks, uint32_t talk, int side, const uint8_t *data, size_t length);

/* The time at which a frame of `time` (ns, TLIB_NO_TIME: unknown) is sent. */
uint64_t tlib_talks_next(const tlib_talks *talks, int64_t time);

/* The two attributes that give an event's own time; a dense number of 0 stands for none. */
typedef struct {
    uint16_t seconds, micros;
    uint8_t seconds_signed, micros_signed;
} tlib_own_time;

/* Frames back to back with their times and the conversation of each: `routes` gives for a flow twice the talk plus the side. */
typedef struct {
    const tlib_tables *tables;
    const uint8_t *data;
    const uint64_t *bounds;
    const int64_t *times;   /* NULL: unknown */
    const uint32_t *flows;  /* NULL: none */
    const uint32_t *routes; /* TLIB_NO_TALK: not open yet; the last one is of frames without a flow */
    uint32_t flow_count;
    tlib_own_time own;
    int canonical; /* only frames with ascending ids may be sent as they are */
} tlib_sent;

enum { TLIB_SENT = 0, TLIB_OPEN, TLIB_LEFT, TLIB_FULL };
#define TLIB_WRITTEN (1 << 18) /* bytes of packets that are written together */

/* Send the frames from *at up to `end`. TLIB_SENT: all; TLIB_OPEN: the conversation of frame *at is not open; TLIB_LEFT: the caller must
 * send frame *at itself; TLIB_FULL: write the buffer out first; -1: no memory. */
int tlib_talks_frames(tlib_talks *talks, const tlib_sent *sent, uint64_t *at, uint64_t end, uint32_t *flow, int64_t *time);

#endif
