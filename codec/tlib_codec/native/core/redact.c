/* Redaction in place of a frame; see redact.h. */
#include "redact.h"

enum { LONGEST_PATH = 4096, ID_DIGITS = 16, UUID_LENGTH = 32, SMALL = 255 };

typedef struct {
    const tlib_redaction *redaction;
    const uint8_t *data; /* the frame */
    uint8_t *out;        /* its copy */
    uint32_t changed;
    int state; /* TLIB_REDACTED, or why the frame is left */
} work;

/* -- shapes --------------------------------------------------------------------------------------- */

/* Whether a key is `prefix`, a hyphen and a number of up to nine digits without leading zeros. */
static int numbered(const uint8_t *key, uint32_t length, const char *prefix, uint32_t prefix_length) {
    if (length < prefix_length + 2 || length > prefix_length + 10 || memcmp(key, prefix, prefix_length) != 0 || key[prefix_length] != '-')
        return 0;
    const uint8_t *digits = key + prefix_length + 1;
    uint32_t count = length - prefix_length - 1;
    for (uint32_t i = 0; i < count; i++)
        if (digits[i] < '0' || digits[i] > '9')
            return 0;
    return digits[0] != '0' || count == 1;
}

/* Whether a pair of Extensions is part of a call on an abstract DN, and may stay. */
static int is_call(const uint8_t *key, uint32_t key_length, uint8_t type, const uint8_t *value, uint32_t length) {
    if (type == TLIB_PAIR_INT)
        return tlib_u32(value) <= SMALL && (numbered(key, key_length, "ct", 2) || numbered(key, key_length, "ps", 2));
    if ((type != TLIB_PAIR_STRING && type != TLIB_PAIR_UNICODE) || !tlib_is_identifier(value, length))
        return 0;
    return length == ID_DIGITS ? numbered(key, key_length, "conn", 4) : numbered(key, key_length, "call-uuid", 9);
}

/* Whether a key is a name of a program: letters, digits, '_', '.' and '-', not four digits in a row. */
static int is_name(const uint8_t *key, uint32_t length) {
    uint32_t digits = 0;
    for (uint32_t i = 0; i < length; i++) {
        uint8_t letter = key[i] | 0x20;
        digits = key[i] >= '0' && key[i] <= '9' ? digits + 1 : 0;
        int inside = (letter >= 'a' && letter <= 'z') || key[i] == '_';
        if (digits == 4 || (!inside && (i == 0 || (!digits && key[i] != '.' && key[i] != '-'))))
            return 0;
    }
    return length > 0;
}

/* -- values --------------------------------------------------------------------------------------- */

static void done(work *w, uint32_t at, uint32_t length, int failed) {
    if (failed)
        w->state = TLIB_FAILED;
    w->changed += memcmp(w->data + at, w->out + at, length) != 0;
}

static void text(work *w, uint32_t at, uint32_t length) {
    done(w, at, length, tlib_pseudonym(w->redaction->names, w->data + at, length, w->out + at));
}

static void data(work *w, uint32_t at, uint32_t length) {
    if (length)
        tlib_pseudonym_data(w->redaction->names, w->data + at, length, w->out + at);
    done(w, at, length, 0);
}

/* A number of 32 bits, signed or not. */
static void number(work *w, uint32_t at, int is_signed) {
    uint32_t value = tlib_u32(w->data + at);
    int negative = is_signed && value >> 31;
    uint32_t replaced =
        (uint32_t)(negative ? tlib_pseudonym_negative(w->redaction->names, 0u - value) : tlib_pseudonym_number(w->redaction->names, value));
    if (negative)
        replaced = 0u - replaced;
    for (uint32_t k = 0; k < 4; k++)
        w->out[at + k] = (uint8_t)(replaced >> (24 - 8 * k));
    done(w, at, 4, 0);
}

/* 64 bits as 16 hex digits; with `decimal`, as a number where a log prints them so: without a leading zero or a letter. */
static void hex(work *w, uint32_t at, int decimal) {
    static const char digits[17] = "0123456789abcdef";
    uint8_t printed[ID_DIGITS], replaced[ID_DIGITS];
    for (uint32_t i = 0; i < ID_DIGITS; i++)
        printed[i] = (uint8_t)digits[w->data[at + i / 2] >> (i % 2 ? 0 : 4) & 15];
    if (decimal && !tlib_is_identifier(printed, ID_DIGITS)) {
        uint64_t value = tlib_pseudonym_number(w->redaction->names, tlib_u64(w->data + at));
        for (uint32_t k = 0; k < 8; k++)
            w->out[at + k] = (uint8_t)(value >> (56 - 8 * k));
        done(w, at, 8, 0);
        return;
    }
    int failed = tlib_pseudonym(w->redaction->names, printed, ID_DIGITS, replaced);
    for (uint32_t i = 0; i < ID_DIGITS && !failed; i += 2) {
        uint32_t high = replaced[i], low = replaced[i + 1];
        high = high >= 'a' ? high - 'a' + 10 : high - '0';
        low = low >= 'a' ? low - 'a' + 10 : low - '0';
        w->out[at + i / 2] = (uint8_t)(high << 4 | low);
    }
    done(w, at, 8, failed);
}

/* A number of an enumeration. */
static void member(work *w, const tlib_attribute *a) {
    const tlib_redaction *redaction = w->redaction;
    uint32_t value = tlib_u32(w->data + a->offset);
    if (value <= SMALL)
        return;
    for (uint32_t i = redaction->members_at[a->dense]; i < redaction->members_at[a->dense + 1]; i++)
        if (redaction->members[i] == value)
            return;
    if (value > INT32_MAX) /* it may be negative */
        w->state = TLIB_ASK_FRAME;
    else
        number(w, a->offset, 0);
}

/* -- lists ---------------------------------------------------------------------------------------- */

typedef struct {
    uint32_t end, left, path;
    int inside;
} level;

static void pair(work *w, uint8_t type, uint32_t at, uint32_t length) {
    if (type == TLIB_PAIR_INT)
        number(w, at, 1);
    else if (type == TLIB_PAIR_BINARY)
        data(w, at, length);
    else
        text(w, at, length);
}

/* Whether a pair links calls. */
static int links(const work *w, int action, uint32_t depth, uint8_t type, const uint8_t *key, uint32_t key_length, uint32_t value,
                 uint32_t length) {
    if (action == TLIB_REPLACE_CALLS)
        return depth == 0 && is_call(key, key_length, type, w->data + value, length);
    return action == TLIB_REPLACE_LINKS && type == TLIB_PAIR_STRING && tlib_is_identifier(w->data + value, length);
}

/* Replace the values of a list that was checked, at w->data[at..end). */
static void list(work *w, uint32_t at, uint32_t end, int action) {
    level stack[TLIB_DEEPEST];
    uint8_t path[LONGEST_PATH];
    const tlib_redaction *redaction = w->redaction;
    uint32_t depth = 0, left = tlib_u16(w->data + at), length = 0;
    int inside = 0;
    at += 2;
    while (w->state == TLIB_REDACTED) {
        if (left == 0) {
            if (depth == 0)
                return;
            depth--;
            end = stack[depth].end;
            left = stack[depth].left;
            length = stack[depth].path;
            inside = stack[depth].inside;
            continue;
        }
        left--;
        uint8_t type = w->data[at];
        uint32_t key = tlib_u16(w->data + at + 1), size = tlib_u16(w->data + at + 3), value = at + 5 + key;
        const uint8_t *name = w->data + at + 5;
        int wanted = TLIB_WANTED;
        uint32_t whole = 0;
        if (!redaction->every) {
            whole = length + (length ? 1 : 0);
            if (whole > LONGEST_PATH || key > LONGEST_PATH - whole) {
                w->state = TLIB_ASK_FRAME;
                return;
            }
            if (length)
                path[length] = '.';
            memcpy(path + whole, name, key);
            whole += key;
            wanted = redaction->wants(redaction->context, path, whole, key, inside);
            if (wanted < 0) {
                w->state = TLIB_FAILED;
                return;
            }
        }
        at = value + size;
        if (wanted == TLIB_KEEP_ALL)
            continue;
        if (wanted == TLIB_WANTED && !is_name(name, key))
            text(w, value - key, key);
        if (type == TLIB_PAIR_LIST) {
            stack[depth++] = (level){end, left, length, inside};
            end = at;
            left = tlib_u16(w->data + value + 2);
            at = value + 4;
            length = whole;
            inside = wanted == TLIB_WANTED;
        } else if (links(w, action, depth, type, name, key, value, size)) {
            if (redaction->ids && type != TLIB_PAIR_INT)
                text(w, value, size);
        } else if (wanted == TLIB_WANTED)
            pair(w, type, value, size);
    }
}

/* -- frames --------------------------------------------------------------------------------------- */

static void raw(work *w, const tlib_attribute *a) {
    if (a->type == TLIB_STRING)
        text(w, a->offset, a->length);
    else if (a->type == TLIB_LIST)
        list(w, a->offset, a->offset + a->length, TLIB_REPLACE_LIST);
    else if (a->type == TLIB_INT)
        number(w, a->offset, 0);
    else if (a->type == TLIB_LONG)
        hex(w, a->offset, 1);
    else
        data(w, a->offset, a->length);
    w->changed = w->changed != 0; /* it is one value */
}

static int kept(const tlib_redaction *redaction, uint16_t id) {
    for (uint32_t i = 0; i < redaction->kept_count; i++)
        if (redaction->kept[i] == id)
            return 1;
    return 0;
}

static void attribute(work *w, const tlib_attribute *a) {
    switch (w->redaction->actions[a->dense]) {
    case TLIB_KEEP:
        break;
    case TLIB_REPLACE_TEXT:
        text(w, a->offset, a->length);
        break;
    case TLIB_REPLACE_DATA:
        data(w, a->offset, a->length);
        break;
    case TLIB_REPLACE_LIST:
    case TLIB_REPLACE_CALLS:
    case TLIB_REPLACE_LINKS:
        list(w, a->offset, a->offset + a->length, w->redaction->actions[a->dense]);
        break;
    case TLIB_REPLACE_RAW:
        if (a->dense || !kept(w->redaction, a->id))
            raw(w, a);
        break;
    case TLIB_REPLACE_HEX:
        hex(w, a->offset, 0);
        break;
    case TLIB_REPLACE_UNSIGNED:
        number(w, a->offset, 0);
        break;
    case TLIB_REPLACE_SIGNED:
        number(w, a->offset, 1);
        break;
    case TLIB_REPLACE_LONG:
        hex(w, a->offset, 1);
        break;
    case TLIB_KEEP_IDENTIFIER:
        if (!tlib_is_identifier(w->data + a->offset, a->length))
            text(w, a->offset, a->length);
        break;
    case TLIB_KEEP_MEMBER:
        member(w, a);
        break;
    default:
        w->state = TLIB_ASK_FRAME;
    }
}

int tlib_redact(const tlib_redaction *redaction, const tlib_frames *frames, uint64_t i, uint8_t *out, uint32_t *changed,
                uint32_t changed_count) {
    uint16_t table = 0;
    int code = tlib_frames_index(frames, i, &table);
    const tlib_workspace *space = frames->space;
    if (code == TLIB_MORE_CAPACITY || (!code && space->count > changed_count))
        return TLIB_WIDER;
    if (code || space->callers || !space->ascending || (table && frames->tables->schemas[table - 1].own))
        return TLIB_ASK_FRAME;
    work w = {redaction, frames->data + frames->bounds[i], out, 0, TLIB_REDACTED};
    for (uint32_t k = 0; k < space->count; k++) {
        w.changed = 0;
        attribute(&w, &space->attributes[k]);
        if (w.state != TLIB_REDACTED)
            return w.state;
        changed[k] = w.changed;
    }
    return TLIB_REDACTED;
}
