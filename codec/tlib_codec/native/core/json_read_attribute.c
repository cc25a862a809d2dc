/* Attributes: a member of a JSON object becomes the header and the bytes of an attribute. */
#include "json_in.h"
#include "time_read.h"

#define SECOND 1000000000

int64_t tlib_label_number(const tlib_json_words *words, const uint8_t *name, int64_t length) {
    int64_t known = tlib_number(words->labels, name, (size_t)length, -1);
    if (known >= 0 || length < 2 || length > 6 || *name != '#')
        return known;
    int32_t number = tlib_read_digits(name + 1, (int)length - 1);
    return number > 0xFFFF ? -1 : number;
}

/* Write the header of an attribute whose `length` bytes of value stand behind it. */
static int finish(tlib_lines *lines, uint16_t id, uint8_t type, int64_t length) {
    tlib_buffer *body = &lines->body, *written = &lines->written;
    if (length < 0 || length > 0xFFFFFF)
        return TLIB_READ_ASK;
    if (tlib_reserve(written, sizeof(tlib_written)))
        return TLIB_READ_MEMORY;
    uint8_t *head = body->at + body->length;
    tlib_put16(head, id);
    tlib_put32(head + 2, (uint32_t)type << 24 | (uint32_t)length);
    tlib_written *one = (tlib_written *)(void *)(written->at + written->length);
    one->at = (uint32_t)body->length;
    one->length = TLIB_ATTRIBUTE + (uint32_t)length;
    one->id = id;
    written->length += sizeof *one;
    body->length += one->length;
    return TLIB_READ_OK;
}

static int64_t hex_digits(tlib_cursor *cursor, uint8_t *to) {
    const uint8_t *text;
    uint64_t number = 0;
    if (tlib_read_plain(cursor, &text) != 16)
        return TLIB_READ_ASK;
    for (int i = 0; i < 16; i++) {
        uint8_t digit = (uint8_t)(text[i] - '0'), letter = (uint8_t)(text[i] - 'a');
        if (digit > 9 && letter > 5)
            return TLIB_READ_ASK;
        number = number << 4 | (digit <= 9 ? digit : letter + 10u);
    }
    tlib_put64(to, number);
    return 8;
}

/* A number of 32 bits, or of 64 where `wide`. */
static int64_t whole_number(tlib_cursor *cursor, uint8_t *to, int is_signed, int wide) {
    int negative;
    uint64_t number;
    if (tlib_read_number(cursor, &negative, &number) || (negative && !is_signed))
        return TLIB_READ_ASK;
    if (wide) {
        tlib_put64(to, number);
        return 8;
    }
    if (number > (!is_signed ? 0xFFFFFFFFu : negative ? 0x80000000u : 0x7FFFFFFFu))
        return TLIB_READ_ASK;
    tlib_put32(to, negative ? 0u - (uint32_t)number : (uint32_t)number);
    return 4;
}

static int64_t enumerated(tlib_cursor *cursor, const tlib_names *names, uint8_t *to, int is_signed) {
    const uint8_t *text;
    if (*cursor->at != '"')
        return whole_number(cursor, to, is_signed, 0);
    int64_t length = tlib_read_plain(cursor, &text);
    int64_t number = length < 0 ? INT64_MIN : tlib_number(names, text, (size_t)length, INT64_MIN);
    if (is_signed ? number < INT32_MIN || number > INT32_MAX : number < 0 || number > UINT32_MAX)
        return TLIB_READ_ASK;
    tlib_put32(to, (uint32_t)(uint64_t)number);
    return 4;
}

/* An object with one member: a mark and bytes in base64. */
static int64_t marked_bytes(tlib_cursor *cursor, const char *mark, uint8_t *to) {
    const uint8_t *name;
    if (!tlib_read_token(cursor, '{'))
        return TLIB_READ_ASK;
    int64_t length = tlib_read_plain(cursor, &name);
    if (length < 0 || !tlib_text_is(name, length, mark) || !tlib_read_token(cursor, ':'))
        return TLIB_READ_ASK;
    length = tlib_read_base64(cursor, to);
    return tlib_read_token(cursor, '}') ? length : TLIB_READ_ASK;
}

/* An object of a type and bytes, in either order. */
static int64_t raw_value(tlib_cursor *cursor, uint8_t *to, uint8_t *type) {
    int64_t length = -1, kind = -1;
    if (!tlib_read_token(cursor, '{'))
        return TLIB_READ_ASK;
    for (int i = 0; i < 2; i++) {
        const uint8_t *name;
        int64_t size = tlib_read_plain(cursor, &name);
        if (size < 0 || !tlib_read_token(cursor, ':'))
            return TLIB_READ_ASK;
        if (kind < 0 && tlib_text_is(name, size, "type")) {
            int negative;
            uint64_t number;
            if (tlib_read_number(cursor, &negative, &number) || negative || number > 0xFF)
                return TLIB_READ_ASK;
            kind = (int64_t)number;
        } else if (length < 0 && tlib_text_is(name, size, "value")) {
            if ((length = tlib_read_base64(cursor, to)) < 0)
                return TLIB_READ_ASK;
        } else
            return TLIB_READ_ASK;
        if (!tlib_read_token(cursor, i ? '}' : ','))
            return TLIB_READ_ASK;
    }
    *type = (uint8_t)kind;
    return length;
}

static int attribute(tlib_lines *lines, tlib_cursor *cursor, uint16_t id) {
    const tlib_json_words *words = lines->words;
    uint16_t dense = words->tables->dense[id];
    uint8_t kind = words->kinds[dense], type = words->tables->declared[dense];
    tlib_buffer *body = &lines->body;
    size_t start = body->length;
    uint8_t *to = body->at + start + TLIB_ATTRIBUTE;
    int64_t length;
    int code;
    switch (kind) {
    case TLIB_KIND_STRING:
        length = *cursor->at == '{' ? marked_bytes(cursor, "$string", to) : tlib_read_string(cursor, to);
        break;
    case TLIB_KIND_UINT:
    case TLIB_KIND_SINT:
    case TLIB_KIND_LONG:
        length = whole_number(cursor, to, kind == TLIB_KIND_SINT, kind == TLIB_KIND_LONG);
        break;
    case TLIB_KIND_ENUM:
    case TLIB_KIND_SIGNED_ENUM:
        length = enumerated(cursor, words->enumerations[dense], to, kind == TLIB_KIND_SIGNED_ENUM);
        break;
    case TLIB_KIND_CONN_ID:
        length = hex_digits(cursor, to);
        break;
    case TLIB_KIND_BINARY:
        length = marked_bytes(cursor, "$binary", to);
        break;
    case TLIB_KIND_LIST:
        body->length += TLIB_ATTRIBUTE;
        code = tlib_read_list(cursor, &words->limits, body, &lines->scratch);
        length = (int64_t)(body->length - start - TLIB_ATTRIBUTE);
        body->length = start;
        if (code)
            return code;
        break;
    case TLIB_KIND_RAW:
        length = raw_value(cursor, to, &type);
        lines->raw = 1;
        break;
    default: /* a construct of the caller's own */
        return TLIB_READ_ASK;
    }
    return finish(lines, id, type, length);
}

static int timestamp(tlib_lines *lines, tlib_cursor *cursor, const tlib_composite *composite) {
    const uint8_t *text;
    int64_t length = tlib_read_plain(cursor, &text), time = 0;
    size_t read = length < 0 || !composite->timestamp ? 0 : tlib_read_iso(text, (size_t)length, &time);
    if (!read || read + 1 != (size_t)length || text[read] != 'Z' || time < 0 || time / SECOND > UINT32_MAX)
        return TLIB_READ_ASK;
    tlib_put32(lines->body.at + lines->body.length + TLIB_ATTRIBUTE, (uint32_t)(time / SECOND));
    int code = finish(lines, composite->seconds, TLIB_INT, 4);
    if (code || read == sizeof "2026-03-14T21:39:12" - 1) /* no fraction */
        return code;
    tlib_put32(lines->body.at + lines->body.length + TLIB_ATTRIBUTE, (uint32_t)(time % SECOND / 1000));
    return finish(lines, composite->microseconds, TLIB_INT, 4);
}

static int parts(tlib_lines *lines, tlib_cursor *cursor, const tlib_composite *composite) {
    cursor->at++;
    if (tlib_read_token(cursor, '}'))
        return TLIB_READ_OK;
    do {
        const uint8_t *name;
        tlib_read_space(cursor);
        int64_t length = tlib_read_plain(cursor, &name);
        int64_t id = length < 0 ? -1 : tlib_number(composite->parts, name, (size_t)length, -1);
        if (id < 0 || !tlib_read_token(cursor, ':'))
            return TLIB_READ_ASK;
        int code = attribute(lines, cursor, (uint16_t)id);
        if (code)
            return code;
    } while (tlib_read_token(cursor, ','));
    return tlib_read_token(cursor, '}') ? TLIB_READ_OK : TLIB_READ_ASK;
}

int tlib_read_attribute(tlib_lines *lines, tlib_cursor *cursor, int64_t label) {
    if (label < 0)
        return TLIB_READ_ASK;
    if (label < TLIB_COMPOSITE)
        return attribute(lines, cursor, (uint16_t)label);
    /* An empty composite writes nothing that would show when its name comes again. */
    uint32_t which = (uint32_t)(label - TLIB_COMPOSITE);
    uint64_t bit = (uint64_t)1 << (which & 63);
    if (which > 63 || lines->composites & bit)
        return TLIB_READ_ASK;
    lines->composites |= bit;
    const tlib_composite *composite = &lines->words->composites[which];
    return *cursor->at == '{' ? parts(lines, cursor, composite) : timestamp(lines, cursor, composite);
}
