/* A parser of frames, whole and right, into which one of many bugs can be planted with -DBUG=NAME.
 *
 * It reads the pipe protocol, judges each frame by the page on the wire format and by the tables in
 * tables.h (generated from the registry), and answers with JSON or with an error code. Each `bug(X)` is the
 * one place where bug X lives, beside the line that is right.
 */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tables.h"

enum bugs {
    NONE,
    OVER_READ,           /* trusts a key's length */
    OVER_ALLOCATION,     /* reserves what the header announces */
    HANG,                /* an attribute of length 0 at the end is waited for */
    DUPLICATE,           /* takes an id twice */
    BAD_UTF8,            /* takes any bytes as Unicode */
    EMPTY_LIST,          /* refuses a list without pairs */
    WRONG_CLASS,         /* calls a nested list's wrong length a trailing byte */
    NO_DEPTH_LIMIT,      /* follows lists as deep as they go */
    OFF_BY_ONE,          /* refuses a value of 65,535 bytes */
    SIGN,                /* reads an Int pair as unsigned */
    TRAILING,            /* takes bytes behind the frame */
    RULE,                /* ignores the conditional rules */
    FLAGS,               /* does not look at the flags */
    COUNT,               /* believes the pairs, not their count */
    TRUNCATED,           /* takes what there is of a frame that was cut */
    KEY_BUFFER,          /* copies a key into 64 bytes */
    NULL_LIST,           /* touches the first pair of a list that has none */
    STATE,               /* forgets to clear what the frame before had */
    LATIN1               /* writes text that is no UTF-8 as Latin-1 */
};
#ifndef BUG
#define BUG NONE
#endif
#define bug(name) (BUG == name)

#ifdef __SANITIZE_ADDRESS__
const char *__asan_default_options(void) { return "symbolize=0"; } /* names take longer than all the rest */
#endif

static uint32_t u16(const uint8_t *at) { return (uint32_t)at[0] << 8 | at[1]; }
static uint32_t u24(const uint8_t *at) { return (uint32_t)at[0] << 16 | u16(at + 1); }
static uint32_t u32(const uint8_t *at) { return (uint32_t)at[0] << 24 | u24(at + 1); }

/* -- JSON ---------------------------------------------------------------------------------------- */

static char *text;
static size_t length, capacity;

static void put(const void *bytes, size_t count) {
    if (length + count > capacity) {
        capacity = 2 * (length + count);
        text = realloc(text, capacity);
        if (text == NULL) abort();
    }
    memcpy(text + length, bytes, count);
    length += count;
}

static void print(const char *format, ...) {
    char part[64];
    va_list values;
    va_start(values, format);
    put(part, (size_t)vsnprintf(part, sizeof part, format, values));
    va_end(values);
}

static void base64(const uint8_t *data, size_t count) {
    static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < count; i += 3) {
        uint32_t bits = (uint32_t)data[i] << 16 | (i + 1 < count ? (uint32_t)data[i + 1] << 8 : 0) | (i + 2 < count ? data[i + 2] : 0);
        char four[4] = {digit[bits >> 18], digit[bits >> 12 & 63], i + 1 < count ? digit[bits >> 6 & 63] : '=', i + 2 < count ? digit[bits & 63] : '='};
        put(four, 4);
    }
}

/* The length of the character at `at`, or 0 where it is no UTF-8. */
static size_t character(const uint8_t *at, const uint8_t *end) {
    if (at[0] < 0x80) return 1;
    size_t more = at[0] >= 0xF0 ? 3 : at[0] >= 0xE0 ? 2 : 1;
    if (at[0] < 0xC2 || at[0] > 0xF4 || (size_t)(end - at) <= more) return 0;
    if ((at[0] == 0xE0 && at[1] < 0xA0) || (at[0] == 0xED && at[1] > 0x9F) || (at[0] == 0xF0 && at[1] < 0x90) || (at[0] == 0xF4 && at[1] > 0x8F)) return 0;
    for (size_t i = 1; i <= more; i++)
        if ((at[i] & 0xC0) != 0x80) return 0;
    return more + 1;
}

static int is_utf8(const uint8_t *data, size_t count) {
    const uint8_t *end = data + count;
    while (data < end) {
        size_t size = character(data, end);
        if (size == 0) return 0;
        data += size;
    }
    return 1;
}

static void quoted(const uint8_t *data, size_t count) {
    put("\"", 1);
    for (size_t i = 0; i < count; i++) {
        if (data[i] == '"' || data[i] == '\\' || data[i] < 0x20 || (data[i] >= 0x80 && bug(LATIN1) && !is_utf8(data, count)))
            print("\\u%04x", data[i]);
        else
            put(data + i, 1);
    }
    put("\"", 1);
}

static void string(const uint8_t *data, size_t count) {
    if (is_utf8(data, count) || bug(LATIN1)) {
        quoted(data, count);
        return;
    }
    print("{\"$string\":\"");
    base64(data, count);
    print("\"}");
}

/* -- lists --------------------------------------------------------------------------------------- */

/* NULL, or the error code. JSON goes on being written after an error; nobody reads it then. */
static const char *list(const uint8_t *at, const uint8_t *end, int depth) {
    if (depth > 32 && !bug(NO_DEPTH_LIMIT)) return "list-too-deep";
    if (end - at < 2) return "list-header";
    uint32_t count = u16(at);
    at += 2;
    if (bug(EMPTY_LIST) && count == 0) return "list-header";
    if (bug(NULL_LIST)) {
        volatile const uint8_t *first = count ? at : NULL;
        (void)*first;
    }
    print("[");
    for (uint32_t i = 0; bug(COUNT) ? at < end : i < count; i++) {
        if (end - at < 5) return "pair-header";
        uint32_t type = at[0], key = u16(at + 1), size = u16(at + 3);
        if ((size_t)(end - at - 5) < (size_t)size + (bug(OVER_READ) ? 0 : key)) return "pair-overrun";
        if (bug(OFF_BY_ONE) && size >= 65535) return "pair-overrun";
        if (bug(KEY_BUFFER)) {
            char name[64];
            memcpy(name, at + 5, key);
            put(name, 0);
        }
        const uint8_t *value = at + 5 + key;
        const char *error = NULL;
        print("%s[", i ? "," : "");
        string(at + 5, key);
        print(",");
        if (type == 0) {
            string(value, size);
        } else if (type == 1) {
            if (size != 4) return "pair-int-length";
            if (bug(SIGN)) print("%u", u32(value));
            else print("%d", (int)(int32_t)u32(value));
        } else if (type == 2) {
            print("{\"$binary\":\"");
            base64(value, size);
            print("\"}");
        } else if (type == 3) {
            if (depth >= 32 && !bug(NO_DEPTH_LIMIT)) return "list-too-deep";
            if (size < 2 || u16(value) != size - 2) return bug(WRONG_CLASS) ? "list-trailing" : "list-length";
            error = list(value + 2, value + size, depth + 1);
        } else if (type == 4) {
            if (!is_utf8(value, size) && !bug(BAD_UTF8)) return "pair-unicode";
            print("{\"$unicode\":");
            quoted(value, size);
            print("}");
        } else {
            return "pair-type";
        }
        if (error != NULL) return error;
        print("]");
        at = value + size;
    }
    print("]");
    return at == end ? NULL : "list-trailing";
}

/* -- attributes ---------------------------------------------------------------------------------- */

static volatile unsigned sink;
static uint8_t seen[0x10000];   /* by id: whether it is there */
static uint32_t number[0x10000]; /* by id: the value of an Int */
static const uint8_t *value_at[0x10000];
static size_t value_size[0x10000];

static const char *attribute(const uint8_t *at, const uint8_t *end, uint32_t id, uint32_t type) {
    const struct attribute *known = NULL;
    for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++)
        if (attributes[i].id == id) known = &attributes[i];
    size_t size = (size_t)(end - at);
    if (known != NULL && known->type >= 0 && known->type != (int)type) return "attribute-type";
    if (type == 1 && size != 4) return "int-length";
    if (type == 6 && size != 8) return "long-length";
    if (type == 1) number[id] = u32(at);
    value_at[id] = at;
    value_size[id] = size;
    if (known != NULL && known->type >= 0) print(",\"%s\":", known->name);
    else if (known != NULL) print(",\"%s\":{\"type\":%u,\"value\":\"", known->name, type);
    else print(",\"#%u\":{\"type\":%u,\"value\":\"", id, type);
    const char *error = NULL;
    if (known == NULL || known->type < 0) {
        size_t before = length;
        if (type == 3) error = list(at, end, 1);
        length = before;
        base64(at, size);
        print("\"}");
    } else if (type == 0) {
        string(at, size);
    } else if (type == 1) {
        if (known->form == 's') print("%d", (int)(int32_t)u32(at));
        else print("%u", u32(at));
    } else if (type == 2) {
        print("{\"$binary\":\"");
        base64(at, size);
        print("\"}");
    } else if (type == 3) {
        error = list(at, end, 1);
    } else if (known->form == 'x') {
        print("\"%08x%08x\"", u32(at), u32(at + 4));
    } else {
        print("%llu", (unsigned long long)u32(at) << 32 | u32(at + 4));
    }
    return error;
}

/* The table of a message: with a subject, the one whose suffix the subject's text has (or has not). */
static uint32_t table_of(uint32_t message) {
    uint32_t i, count = sizeof selectors / sizeof *selectors;
    for (i = 0; i < count; i++) {
        const struct selector *one = &selectors[i];
        size_t size = strlen(one->suffix);
        if (one->message != message) continue;
        if (!one->subject) break;
        if (!seen[one->subject]) {
            if (one->ends) break;
            continue;
        }
        int ends = value_size[one->subject] >= size && memcmp(value_at[one->subject] + value_size[one->subject] - size, one->suffix, size) == 0;
        if (ends == one->ends) break;
    }
    return i;
}

static const char *judged(uint32_t message) {
    uint32_t table = table_of(message);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        const struct field *field = &fields[i];
        if (field->table != table) continue;
        int all = field->count > 0, any = 0;
        for (int j = 0; j < field->count; j++) {
            any |= seen[field->ids[j]];
            all &= seen[field->ids[j]];
        }
        if (field->mandatory && !(field->any ? any : all)) return "mandatory-missing";
    }
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        const struct rule *rule = &rules[i];
        if (rule->table != table || seen[rule->id] != rule->present || bug(RULE)) continue;
        if (rule->among == 2) {
            int any = 0;
            for (int j = 0; j < rule->count; j++) any |= seen[rule->values[j]];
            if (!any) return rule->code;
            continue;
        }
        if (!seen[rule->other]) continue;
        int among = 0;
        for (int j = 0; j < rule->count; j++) among |= number[rule->other] == rule->values[j];
        if (among == rule->among) return rule->code;
    }
    return NULL;
}

static const char *frame(const uint8_t *at, size_t size) {
    static const uint8_t sign[] = {'T', 'L', 1, 0};
    static const char *const wrong[] = {"bad-magic", "bad-magic", "bad-version", "bad-flags"};
    for (size_t i = 0; i < 4 && i < size; i++)
        if (at[i] != sign[i] && !(bug(FLAGS) && i == 3)) return wrong[i];
    if (size < 10) return "truncated-header";
    uint32_t message = u16(at + 4), body = u32(at + 6);
    if (bug(OVER_ALLOCATION)) {
        uint8_t *copy = malloc(body);
        if (copy == NULL) abort();
        free(copy);
    }
    if (body > 16u << 20) return "frame-too-long";
    if (size - 10 < body) {
        if (!bug(TRUNCATED)) return "truncated-frame";
        body = (uint32_t)size - 10;
    }
    if (size - 10 > body && !bug(TRAILING)) return "trailing-bytes";
    const uint8_t *end = at + 10 + body;
    if (!bug(STATE)) memset(seen, 0, sizeof seen);
    print("{\"Event\":%u", message);
    for (at += 10; at < end;) {
        if (end - at < 6) return "attribute-header";
        uint32_t id = u16(at), type = at[2], count = u24(at + 3);
        if ((size_t)(end - at - 6) < count) return "attribute-overrun";
        if (seen[id] && !bug(DUPLICATE) && !bug(STATE)) return "duplicate-attribute";
        seen[id] = 1;
        const char *error = attribute(at + 6, at + 6 + count, id, type);
        if (error != NULL) return error;
        while (bug(HANG) && count == 0 && at + 6 == end) sink++;
        at += 6 + count;
    }
    print("}");
    return judged(message);
}

int main(void) {
    uint8_t head[4];
    uint8_t *data = NULL;
    while (fread(head, 1, 4, stdin) == 4) {
        size_t size = u32(head);
        data = realloc(NULL, size + (size == 0)); /* of its own size, so that a sanitizer sees a byte too far */
        if (data == NULL || fread(data, 1, size, stdin) != size) return 2;
        length = 0;
        const char *error = frame(data, size);
        if (error != NULL) {
            printf("reject %s\n", error);
        } else {
            printf("accept ");
            fwrite(text, 1, length, stdout);
            putchar('\n');
        }
        fflush(stdout);
        free(data);
    }
    return 0;
}
