/* Frames out of a stream, without I/O. The strategy, and why it is linear, stands in stream.py. */
#include "tlib_core.h"

#define PIECE 65536u
#define FREE_WORK 65536u

static const uint8_t START[4] = {'T', 'L', 1, 0};

static uint64_t find_start(const uint8_t *buffer, uint64_t from, uint64_t length) {
    while (length >= 4 && from <= length - 4) {
        const uint8_t *hit = memchr(buffer + from, 'T', length - 3 - from);
        if (!hit)
            break;
        if (memcmp(hit, START, 4) == 0)
            return (uint64_t)(hit - buffer);
        from = (uint64_t)(hit - buffer) + 1;
    }
    return length; /* not there */
}

/* Follow the attribute headers as far as the buffer goes; an error means the length is wrong. */
static int walk(tlib_stream *stream, const uint8_t *buffer, uint64_t length, uint32_t end, tlib_error *error) {
    uint32_t position = stream->walked;
    int code = TLIB_OK;
    while (position < end) {
        if (end - position < TLIB_ATTRIBUTE) {
            code = tlib_fail(error, TLIB_ATTRIBUTE_HEADER, position, -1, TLIB_ATTRIBUTE, end - position);
            break;
        }
        if (length < (uint64_t)position + TLIB_ATTRIBUTE)
            break;
        const uint8_t *head = buffer + position;
        uint32_t size = tlib_u24(head + 3), left = end - position - TLIB_ATTRIBUTE;
        uint8_t type = head[2];
        stream->work++;
        if (size > left) {
            code = tlib_fail(error, TLIB_ATTRIBUTE_OVERRUN, position, tlib_u16(head), left, size);
            break;
        }
        if (type == TLIB_INT && size != 4) {
            code = tlib_fail(error, TLIB_INT_LENGTH, position + TLIB_ATTRIBUTE, tlib_u16(head), 4, size);
            break;
        }
        if (type == TLIB_LONG && size != 8) {
            code = tlib_fail(error, TLIB_LONG_LENGTH, position + TLIB_ATTRIBUTE, tlib_u16(head), 8, size);
            break;
        }
        position += TLIB_ATTRIBUTE + size;
    }
    stream->walked = position;
    return code;
}

static void lose_step(tlib_stream *stream, const tlib_error *error, uint64_t search) {
    stream->out_of_step = 1;
    stream->search = search;
    stream->has_error = error != NULL;
    if (error) {
        stream->error = *error;
        stream->error.offset += stream->base;
    }
}

/* The frame at the buffer's start: its length, or 0 where it is incomplete or there is none. */
static uint64_t frame(tlib_stream *stream, const uint8_t *buffer, uint64_t length, int closed, const tlib_limits *limits) {
    tlib_error error;
    uint32_t body = 0;
    if (buffer[0] != 'T' || (length > 1 && buffer[1] != 'L')) {
        lose_step(stream, NULL, 1);
        return 0;
    }
    stream->message = 0;
    int code = tlib_header(buffer, length < TLIB_HEADER ? (size_t)length : TLIB_HEADER, limits, &stream->message, &body, &error);
    uint64_t end = (uint64_t)TLIB_HEADER + body;
    if (!code && end > UINT32_MAX)
        code = tlib_fail(&error, TLIB_FRAME_TOO_LONG, 6, -1, limits->frame_body, body);
    if (!code) {
        code = walk(stream, buffer, length, (uint32_t)end, &error);
        if (!code && length < end)
            code = tlib_fail(&error, TLIB_TRUNCATED_FRAME, 0, -1, (int64_t)end, (int64_t)length);
    }
    if (!code)
        return end;
    if (closed || (code != TLIB_TRUNCATED_HEADER && code != TLIB_TRUNCATED_FRAME)) {
        int spent = stream->work > FREE_WORK + 8 * stream->base && stream->walked > TLIB_HEADER;
        lose_step(stream, &error, spent ? stream->walked : 1);
    }
    return 0;
}

/* The bytes before the next start of a frame: how many, or 0 where the stream is in step, or may be. */
static uint64_t gap(tlib_stream *stream, const uint8_t *buffer, uint64_t length, int closed) {
    uint64_t lost = find_start(buffer, stream->search, length);
    int whole = lost < length || closed;
    if (!whole) {
        /* The start may have begun at the end. */
        lost = length >= 3 ? length - 3 : 0;
        if (lost < stream->search)
            lost = stream->search;
    }
    stream->search = lost; /* past the buffer's end where skipped headers promised more */
    if (!whole && (lost < length ? lost : length) < PIECE)
        return 0;
    uint64_t piece = lost < PIECE ? lost : PIECE;
    stream->out_of_step = !(whole && piece == lost);
    stream->search = lost - piece;
    if (!piece)
        stream->walked = TLIB_HEADER;
    return piece;
}

int tlib_next(tlib_stream *stream, const uint8_t *buffer, uint64_t length, int closed, const tlib_limits *limits, uint64_t *item,
              int *broken) {
    *broken = 0;
    while (length) {
        int was = stream->out_of_step;
        if (!was) {
            *item = frame(stream, buffer, length, closed, limits);
            if (*item)
                return TLIB_ITEM_FRAME;
        } else {
            *item = gap(stream, buffer, length, closed);
            if (*item) {
                *broken = stream->has_error;
                stream->has_error = 0;
                return TLIB_ITEM_GAP;
            }
        }
        if (was == stream->out_of_step)
            break;
    }
    return TLIB_ITEM_NONE;
}

uint64_t tlib_next_frame(tlib_stream *stream, const uint8_t *buffer, uint64_t length, int closed, const tlib_limits *limits) {
    return length == 0 || stream->out_of_step ? 0 : frame(stream, buffer, length, closed, limits);
}

void tlib_consume(tlib_stream *stream, uint64_t length) {
    stream->base += length;
    stream->walked = TLIB_HEADER;
}
