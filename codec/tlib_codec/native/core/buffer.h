/* A buffer that grows: bytes are written at its end, within what was reserved. */
#ifndef TLIB_BUFFER_H
#define TLIB_BUFFER_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    uint8_t *at;
    size_t length;
    size_t capacity;
} tlib_buffer;

/* Make place for `more` bytes behind the length: 0, or -1 where there is no memory. */
static inline int tlib_reserve(tlib_buffer *buffer, size_t more) {
    if (buffer->capacity - buffer->length >= more)
        return 0;
    if (more > SIZE_MAX / 2 - buffer->length)
        return -1;
    size_t capacity = buffer->length + more;
    capacity += capacity / 2;
    uint8_t *at = realloc(buffer->at, capacity);
    if (at == NULL)
        return -1;
    buffer->at = at;
    buffer->capacity = capacity;
    return 0;
}

static inline void tlib_release(tlib_buffer *buffer) {
    free(buffer->at);
    memset(buffer, 0, sizeof *buffer);
}

#endif
