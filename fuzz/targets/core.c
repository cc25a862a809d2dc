/* Fuzz target: the C core alone, any bytes.
 *
 * Strategy: the input is copied to the heap at its exact size, so that the address sanitizer sees every
 * byte read beyond it, and is taken as a frame, as a packed list, as text and as a stream. What must
 * hold is asserted: an index tiles the frame, an error lies inside the input, a stream's items cover
 * it once whatever the chunks. With clang this is a libFuzzer target; with TLIB_STANDALONE it has a
 * main of its own that replays files and mutates them, for where there is no clang:
 *
 *     core [-runs=N] [-seed=S] FILE...
 */
#include "standalone.h"
#include "tlib_core.h"

/* -- a small protocol: ids 1 to 7, every declared type; message 60 has a table --------------------- */

enum { KNOWN = 7, MESSAGE = 60 };
static const uint8_t DECLARED[KNOWN + 1] = {
    TLIB_UNKNOWN_TYPE, TLIB_STRING, TLIB_INT, TLIB_LIST, TLIB_LONG, TLIB_BINARY, TLIB_CALLERS_VALUE | TLIB_INT, TLIB_UNKNOWN_TYPE,
};
static const uint16_t SLOTS[KNOWN + 1] = {0, 1, 2, 3, 4, 5, 6, 0};
static const uint8_t REQUIRED[KNOWN] = {0, 1, 0, 0, 0, 0, 0};
static const uint64_t VALUES[3] = {1, 2, 0xFFFFFFFFFFFFFFFFu};
static const tlib_rule RULES[4] = {
    {3, 2, 1, TLIB_IN, 0, 2},
    {5, 2, 0, TLIB_NOT_IN, 0, 1},
    {5, 4, 1, TLIB_IN, 2, 1},
    {3, 5, 1, TLIB_ABSENT, 0, 0},
};
static const tlib_schema SCHEMAS[2] = {
    {SLOTS, REQUIRED, 6, 1, 0, RULES, 4, 0, 0, TLIB_ENDS_OTHERWISE, 1, 2, 2, "::"},
    {SLOTS, REQUIRED, 6, 1, 0, RULES, 0, 0, 0, TLIB_ENDS_IN, 1, 0, 2, "::"},
};
static tlib_tables tables;
static tlib_workspace workspace;
static uint32_t slots_at[KNOWN + 1];

static const tlib_limits LIMITS[] = {{16u << 20, 32, 65535}, {200, 2, 3}};

static void prepare(void) {
    if (workspace.at)
        return;
    for (uint16_t id = 1; id <= KNOWN; id++)
        tables.dense[id] = id;
    tables.schema[MESSAGE] = 1;
    tables.declared = DECLARED;
    tables.schemas = SCHEMAS;
    tables.values = VALUES;
    workspace.at = slots_at;
    workspace.capacity = 2; /* small, so that it must grow */
    workspace.attributes = malloc(workspace.capacity * sizeof *workspace.attributes);
    MUST(workspace.attributes);
}

/* -- frames ---------------------------------------------------------------------------------------- */

static void check_index(const uint8_t *data, uint32_t length, const tlib_limits *limits, int deep) {
    tlib_error error = {0};
    int code;
    while ((code = tlib_index(&tables, limits, data, length, deep, &workspace, &error)) == TLIB_MORE_CAPACITY) {
        workspace.capacity *= 2;
        tlib_attribute *more = realloc(workspace.attributes, workspace.capacity * sizeof *more);
        MUST(more);
        workspace.attributes = more;
    }
    for (size_t i = 0; i < sizeof workspace.seen / sizeof *workspace.seen; i++)
        MUST(workspace.seen[i] == 0);
    if (code) {
        MUST(error.code == code && *tlib_code_name(code));
        MUST(error.offset >= TLIB_HEADER && error.offset <= length);
        return;
    }
    uint32_t position = TLIB_HEADER;
    int ascending = 1;
    for (uint32_t i = 0; i < workspace.count; i++) {
        const tlib_attribute *a = &workspace.attributes[i];
        MUST(a->offset == position + TLIB_ATTRIBUTE);
        MUST(a->length <= length - a->offset);
        MUST(a->id == tlib_u16(data + position) && a->type == data[position + 2] && a->dense <= KNOWN);
        MUST(a->type != TLIB_INT || a->length == 4 || DECLARED[a->dense] == (TLIB_CALLERS_VALUE | TLIB_INT));
        MUST(a->type != TLIB_LONG || a->length == 8);
        if (deep && a->type == TLIB_LIST)
            MUST(tlib_list(data, a->offset, a->offset + a->length, limits, &error) == TLIB_OK);
        if (i && a->id <= workspace.attributes[i - 1].id)
            ascending = 0;
        position = a->offset + a->length;
    }
    MUST(position == length);
    MUST(workspace.ascending == ascending);
    if (tlib_u16(data + 4) == MESSAGE && !workspace.callers) {
        uint16_t number = tlib_table(&tables, MESSAGE, data, &workspace);
        MUST(number == 1 || number == 2);
        int before = tlib_fails(&tables, &SCHEMAS[number - 1], data, &workspace, 0);
        MUST(before == 0 || before == 1);
        MUST(tlib_fails(&tables, &SCHEMAS[2 - number], data, &workspace, 0) == 1);
        tlib_sort(&workspace);
        MUST(tlib_table(&tables, MESSAGE, data, &workspace) == number);
        MUST(tlib_fails(&tables, &SCHEMAS[number - 1], data, &workspace, 0) == before);
    }
    tlib_sort(&workspace);
    for (uint32_t i = 1; i < workspace.count; i++)
        MUST(workspace.attributes[i].id > workspace.attributes[i - 1].id);
}

static void check_frame(const uint8_t *data, size_t length, const tlib_limits *limits) {
    tlib_error error = {0};
    uint16_t message = 0;
    uint32_t body = 0;
    int code = tlib_header(data, length, limits, &message, &body, &error);
    if (code) {
        MUST(error.code == code && error.offset <= length);
    } else {
        MUST(length >= TLIB_HEADER && body <= limits->frame_body);
    }
    if (length >= TLIB_HEADER) { /* whatever the header says: the index reads the attributes only */
        check_index(data, (uint32_t)length, limits, 1);
        check_index(data, (uint32_t)length, limits, 0);
    }
    code = tlib_list(data, 0, (uint32_t)length, limits, &error);
    MUST(code == TLIB_OK || (error.code == code && error.offset <= length));
    size_t good = tlib_utf8(data, length);
    MUST(good <= length && tlib_utf8(data, good) == good);
    int ascii = 1;
    for (size_t i = 0; i < length; i++)
        ascii &= data[i] < 0x80;
    MUST(tlib_ascii(data, length) == ascii);
    MUST(!ascii || good == length);
}

/* -- streams --------------------------------------------------------------------------------------- */

typedef struct {
    uint64_t base, length, offset;
    int kind, broken, code;
} item;

typedef struct {
    item *items;
    size_t count, capacity;
} items;

static void add(items *all, item one) {
    if (all->count == all->capacity) {
        all->capacity = all->capacity ? 2 * all->capacity : 64;
        item *more = realloc(all->items, all->capacity * sizeof *more);
        MUST(more);
        all->items = more;
    }
    all->items[all->count++] = one;
}

/* The items of a stream that arrives in chunks of `chunk` bytes, each look at it from a heap block of its own. */
static void decode(const uint8_t *data, size_t length, size_t chunk, const tlib_limits *limits, items *all) {
    tlib_stream stream;
    uint64_t start = 0, fed = 0;
    memset(&stream, 0, sizeof stream);
    stream.walked = TLIB_HEADER;
    for (;;) {
        int closed = fed == length;
        if (!closed)
            fed = length - fed > chunk ? fed + chunk : length;
        size_t here = (size_t)(fed - start);
        uint8_t *buffer = malloc(here ? here : 1);
        MUST(buffer);
        memcpy(buffer, data + start, here);
        uint64_t used = 0;
        while (used < here) {
            uint64_t size = 0;
            int broken = 0;
            int kind = tlib_next(&stream, buffer + used, here - used, closed, limits, &size, &broken);
            if (kind == TLIB_ITEM_NONE)
                break;
            MUST(size > 0 && size <= here - used);
            item one = {stream.base, size, 0, kind, broken, 0};
            if (broken) {
                MUST(kind == TLIB_ITEM_GAP && *tlib_code_name(stream.error.code));
                /* Inside the frame as its header promises it: a header that cannot fit is known before it arrives. */
                uint64_t end = here - used < TLIB_HEADER ? here - used : TLIB_HEADER + (uint64_t)tlib_u32(buffer + used + 6);
                MUST(stream.error.offset >= stream.base && stream.error.offset <= stream.base + end);
                one.code = stream.error.code;
                one.offset = stream.error.offset;
            }
            if (kind == TLIB_ITEM_FRAME)
                MUST(size == TLIB_HEADER + (uint64_t)tlib_u32(buffer + used + 6));
            add(all, one);
            used += size;
            tlib_consume(&stream, size);
        }
        free(buffer);
        start += used;
        MUST(start == stream.base);
        if (closed)
            break;
    }
    MUST(start == length); /* every byte is in one item, or was consumed before */
}

static void check_stream(const uint8_t *data, size_t length, const tlib_limits *limits) {
    items whole = {0};
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ data[i]) * 16777619u;
    decode(data, length, length + 1, limits, &whole);
    uint64_t position = 0;
    for (size_t i = 0; i < whole.count; i++) {
        MUST(whole.items[i].base == position);
        position += whole.items[i].length;
    }
    MUST(position == length);
    size_t chunks[] = {1, 2 + hash % 19};
    for (size_t c = length > 256; c < 2; c++) { /* a byte at a time is quadratic here */
        items parts = {0};
        decode(data, length, chunks[c], limits, &parts);
        MUST(parts.count == whole.count);
        for (size_t i = 0; i < whole.count; i++) {
            const item *a = &whole.items[i], *b = &parts.items[i];
            MUST(a->base == b->base && a->length == b->length && a->kind == b->kind);
            MUST(a->broken == b->broken && a->code == b->code && a->offset == b->offset);
        }
        free(parts.items);
    }
    free(whole.items);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length) {
    if (length > 1u << 20)
        return 0;
    prepare();
    uint8_t *data = malloc(length ? length : 1);
    MUST(data);
    if (length)
        memcpy(data, input, length);
    for (size_t i = 0; i < sizeof LIMITS / sizeof *LIMITS; i++) {
        check_frame(data, length, &LIMITS[i]);
        check_stream(data, length, &LIMITS[i]);
    }
    free(data);
    return 0;
}

#ifndef TLIB_STANDALONE

/* -- libFuzzer's mutations, inside the structure ----------------------------------------------------- */

size_t LLVMFuzzerMutate(uint8_t *data, size_t length, size_t most);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t length, size_t most, unsigned seed);

/* Where the attribute stands that `seed` chooses, as far as the chain of their headers holds; 0 for none. */
static size_t choose(const uint8_t *data, size_t length, unsigned seed) {
    size_t found = 0, count = 0, at = TLIB_HEADER;
    while (at + TLIB_ATTRIBUTE <= length) {
        size_t size = tlib_u24(data + at + 3);
        if (size > length - at - TLIB_ATTRIBUTE)
            break;
        if (seed % ++count == 0)
            found = at;
        at += TLIB_ATTRIBUTE + size;
    }
    return found;
}

/* Half of the mutations are of any bytes; the others of one attribute's value, whose length and the frame's are then true. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t length, size_t most, unsigned seed) {
    size_t at = seed & 1 ? choose(data, length, seed >> 1) : 0;
    if (!at || most < length)
        return LLVMFuzzerMutate(data, length, most);
    size_t value = at + TLIB_ATTRIBUTE, size = tlib_u24(data + at + 3), rest = length - value - size;
    uint8_t *tail = malloc(rest ? rest : 1);
    MUST(tail);
    memcpy(tail, data + value + size, rest);
    size = LLVMFuzzerMutate(data + value, size, most - value - rest);
    memcpy(data + value + size, tail, rest);
    free(tail);
    length = value + size + rest;
    data[at + 3] = (uint8_t)(size >> 16), data[at + 4] = (uint8_t)(size >> 8), data[at + 5] = (uint8_t)size;
    for (int i = 0; i < 4; i++)
        data[6 + i] = (uint8_t)((length - TLIB_HEADER) >> (8 * (3 - i)));
    return length;
}

#else

enum { LARGEST = 4096 };

static size_t mutate(uint8_t *data, size_t length, char **paths, int count) {
    static const uint8_t TELLING[] = {0, 1, 2, 3, 4, 5, 6, 0x7F, 0x80, 0xC0, 0xED, 0xF4, 0xFF};
    uint8_t other[LARGEST];
    size_t at = length ? next_random((uint32_t)length) : 0, more;
    switch (next_random(8)) {
    case 0:
        if (length)
            data[at] ^= (uint8_t)(1u << next_random(8));
        break;
    case 1:
        if (length)
            data[at] = TELLING[next_random(sizeof TELLING)];
        break;
    case 2:
        return at;
    case 3: /* bytes twice */
        more = 1 + next_random(16);
        if (at + more > length || length + more > LARGEST)
            break;
        memmove(data + at + more, data + at, length - at);
        return length + more;
    case 4: /* bytes left out */
        more = 1 + next_random(16);
        if (at + more > length)
            break;
        memmove(data + at, data + at + more, length - at - more);
        return length - more;
    case 5: /* the tail of another file */
        more = load(paths[next_random((uint32_t)count)], other, LARGEST);
        if (at + more > LARGEST)
            break;
        memcpy(data + at, other, more);
        return at + more;
    case 6:
        if (length >= 10)
            data[6 + next_random(4)] = (uint8_t)next_random(256);
        break;
    default: /* the header's length made true */
        if (length >= 10) {
            memcpy(data, "TL\1\0\0\x3c\0\0", 8);
            data[8] = (uint8_t)((length - 10) >> 8);
            data[9] = (uint8_t)(length - 10);
        }
    }
    return length;
}

int main(int count, char **arguments) {
    static uint8_t data[LARGEST];
    int status = attack("core", data, LARGEST, mutate, count, arguments);
    free(workspace.attributes);
    return status;
}

#endif
