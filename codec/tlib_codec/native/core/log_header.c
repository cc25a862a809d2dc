/* The line that opens a message. The strategy stands in log_in.h, the forms in formats/logs/tserver.py and forms.py. */
#include "log_in.h"

/* Whether p[0..) has `word` in small letters, in whatever case. */
static int same(const uint8_t *p, const uint8_t *end, const char *word, size_t length) {
    if ((size_t)(end - p) < length)
        return 0;
    for (size_t i = 0; i < length; i++)
        if (tlib_lower(p[i]) != (uint8_t)word[i])
            return 0;
    return 1;
}
#define SAME(p, end, word) same(p, end, word, sizeof(word) - 1)

/* Whether a word stands in begin[0..end), bounded by characters of no word; `open`: also where more of a word follows. */
static int has_word(const uint8_t *begin, const uint8_t *end, const char *word, size_t length, int open) {
    const uint8_t *p = begin;
    while ((p = tlib_find(p, end, word, length)) != NULL) {
        if ((p == begin || !tlib_is(p[-1], TLIB_WORD)) && (open || p + length == end || !tlib_is(p[length], TLIB_WORD)))
            return 1;
        p++;
    }
    return 0;
}
#define HAS_WORD(begin, end, word) has_word(begin, end, word, sizeof(word) - 1, 0)

static int is_marked(const uint8_t *begin, const uint8_t *end) {
    return TLIB_FIND(begin, end, "[ISCC]") || TLIB_FIND(begin, end, "[BSYNC]") || HAS_WORD(begin, end, "received from") ||
           HAS_WORD(begin, end, "request to") || has_word(begin, end, "distribute", 10, 1) || HAS_WORD(begin, end, "send_to_client");
}

/* The text without "(refid=123)" at its end. */
static const uint8_t *unnumbered(const uint8_t *begin, const uint8_t *end) {
    if (end == begin || end[-1] != ')')
        return end;
    const uint8_t *p = end - 1;
    while (p > begin && tlib_is(p[-1], TLIB_DIGIT))
        p--;
    size_t digits = (size_t)(end - 1 - p);
    return digits >= 1 && digits <= 10 && p - begin >= 7 && memcmp(p - 7, "(refid=", 7) == 0 ? p - 7 : end;
}

int tlib_log_names_message(tlib_slice line, const uint8_t **before, tlib_slice *name) {
    const uint8_t *begin = line.at, *end = begin + line.length;
    while (end > begin && tlib_is(end[-1], TLIB_SPACE))
        end--;
    const uint8_t *last = unnumbered(begin, end), *p = last;
    while (p > begin && tlib_is(p[-1], TLIB_WORD))
        p--;
    if (p == last || p - begin < 8 || memcmp(p - 8, "message ", 8) != 0)
        return 0;
    if (last - p >= 7 && memcmp(last - 7, "message", 7) == 0 && last < begin + line.length && *last == ' ')
        return 0; /* the name would stand behind this one */
    if (tlib_is(*p, TLIB_DIGIT) && (last - p > 5 || tlib_skip(p, last, TLIB_DIGIT) != last))
        return 0;
    name->at = p;
    name->length = (size_t)(last - p);
    const uint8_t *edge = tlib_rstrip(begin, p - 8);
    *before = edge;
    return edge == begin || edge[-1] == ':' || edge[-1] == ')' || edge[-1] == ']' || is_marked(begin, edge);
}

/* The version of a T-Server: behind a bracket and white space, numbers with two to five dots, then white space. */
static tlib_slice version_in(const uint8_t *p, const uint8_t *end) {
    while ((p = memchr(p, ']', (size_t)(end - p))) != NULL) {
        const uint8_t *at = tlib_skip(++p, end, TLIB_SPACE), *q = tlib_skip(at, end, TLIB_DIGIT);
        int dots = 0;
        if (at == p || q == at)
            continue;
        while (dots < 5 && end - q >= 2 && *q == '.' && tlib_is(q[1], TLIB_DIGIT)) {
            q = tlib_skip(q + 1, end, TLIB_DIGIT);
            dots++;
        }
        if (dots >= 2 && q < end && tlib_is(*q, TLIB_SPACE))
            return (tlib_slice){at, (size_t)(q - at)};
    }
    return (tlib_slice){NULL, 0};
}

enum { NO_WAY = 0, RECEIVED_FROM, SENT_TO, DISTRIBUTED };

/* Which way of a message begins at `p`, and its length. */
static int way_at(const uint8_t *p, const uint8_t *end, size_t *length) {
    switch (tlib_lower(*p)) {
    case 'r':
        *length = 13;
        if (SAME(p, end, "received from"))
            return RECEIVED_FROM;
        *length = 10;
        return SAME(p, end, "request to") ? SENT_TO : NO_WAY;
    case 's':
        *length = 7;
        if (SAME(p, end, "send to") || SAME(p, end, "sent to"))
            return SENT_TO;
        *length = 14;
        return SAME(p, end, "send_to_client") ? DISTRIBUTED : NO_WAY;
    case 'd':
        *length = 10;
        return SAME(p, end, "distribute") ? DISTRIBUTED : NO_WAY;
    default:
        return NO_WAY;
    }
}

/* Direction, peer, number of the server and version out of the text before a message's name. */
static int describe(tlib_slice place, tlib_log_header *header) {
    if (place.length > TLIB_LOG_PLACE) {
        place.at += place.length - TLIB_LOG_PLACE;
        place.length = TLIB_LOG_PLACE;
    }
    if (place.length == 0)
        return TLIB_STEP_DONE;
    if (!tlib_ascii(place.at, place.length))
        return TLIB_STEP_ASK;
    const uint8_t *begin = place.at, *end = begin + place.length;
    header->version = version_in(begin, end);
    for (const uint8_t *p = begin; p < end; p++) {
        size_t length;
        if ((p > begin && tlib_is(p[-1], TLIB_WORD)))
            continue;
        int way = way_at(p, end, &length);
        if (way == NO_WAY)
            continue;
        p += length;
        header->direction = way == RECEIVED_FROM ? 1 : 2;
        if (way != DISTRIBUTED) {
            const uint8_t *at = tlib_lstrip(p, end), *stop = tlib_rstrip(at, end);
            while (stop > at && stop[-1] == ':')
                stop--;
            header->peer = (tlib_slice){at, (size_t)(stop - at)};
        }
        if (way == RECEIVED_FROM) {
            const uint8_t *at = tlib_skip(p, end, TLIB_SPACE), *stop = tlib_skip(at, end, TLIB_DIGIT);
            uint64_t number = 0;
            if (stop > at && stop - at <= 10 && stop < end && *stop == '(') {
                while (at < stop)
                    number = number * 10 + (uint64_t)(*at++ - '0');
                header->server = (int64_t)(number & 0xFFFFFFFF);
            }
        }
        break;
    }
    return TLIB_STEP_DONE;
}

/* A header of another program: `opens`, a name, `closes`, the peer. */
static int other_form(const tlib_log_tables *tables, tlib_slice line, const char *opens, size_t opens_length, const char *closes,
                      size_t closes_length, tlib_log_header *header) {
    const uint8_t *p = line.at, *end = p + line.length;
    while ((p = tlib_find(p, end, opens, opens_length)) != NULL) {
        const uint8_t *name = p + opens_length, *last = tlib_skip(name, end, TLIB_WORD), *peer = last + closes_length;
        if ((p == line.at || !tlib_is(p[-1], TLIB_WORD)) && last > name && last - name <= 80 &&
            tlib_begins(last, end, closes, closes_length) && peer < end && !tlib_is(*peer, TLIB_SPACE)) {
            if (!tlib_ascii(peer, (size_t)(end - peer)))
                return TLIB_STEP_ASK;
            peer = tlib_lstrip(peer, end);
            header->name = (tlib_slice){name, (size_t)(last - name)};
            header->peer = (tlib_slice){peer, (size_t)(tlib_rstrip(peer, end) - peer)};
            header->number = tlib_number(tables->messages, name, header->name.length, -1);
            header->direction = 1;
            return TLIB_STEP_DONE;
        }
        p++;
    }
    return TLIB_STEP_NOT;
}

int tlib_log_header_of(const tlib_log_tables *tables, tlib_slice line, int64_t stamped, tlib_slice before, tlib_log_header *header) {
    const uint8_t *edge = NULL, *end = line.at + line.length;
    memset(header, 0, sizeof *header);
    header->server = header->number = -1;
    if (!tlib_log_names_message(line, &edge, &header->name)) {
        int step = other_form(tables, line, "Interaction message \"", 21, "\" received from ", 16, header);
        if (step == TLIB_STEP_NOT)
            step = other_form(tables, line, "Trc 04541 Message ", 18, " received from ", 15, header);
        if (step == TLIB_STEP_NOT && TLIB_FIND(line.at, end, "Server: Switch '"))
            step = TLIB_STEP_ASK; /* a StatServer's, whose attributes have other names */
        return step;
    }
    const uint8_t *p = line.at;
    while (p < edge && (*p == ' ' || *p == '\t' || *p == ':'))
        p++;
    tlib_slice place = before;
    if (p < edge) {
        p = line.at + stamped;
        place = (tlib_slice){p, p < edge ? (size_t)(edge - p) : 0};
    }
    if (describe(place, header) != TLIB_STEP_DONE)
        return TLIB_STEP_ASK;
    header->number = tlib_number(tables->messages, header->name.at, header->name.length, -1);
    if (header->number < 0 && tlib_is(header->name.at[0], TLIB_DIGIT)) {
        header->number = 0;
        for (size_t i = 0; i < header->name.length; i++)
            header->number = header->number * 10 + (header->name.at[i] - '0');
        if (header->number > 0xFFFF)
            header->number = -1;
    }
    header->certain = (stamped > 0 || header->direction) && header->number >= 0;
    return TLIB_STEP_DONE;
}

/* The words of a line that stands inside no other message. */
static int foreign_word(const uint8_t *p, const uint8_t *end) {
    size_t length;
    switch (tlib_lower(*p)) {
    case 'e':
        return SAME(p, end, "event") && end - p > 5 && tlib_lower(p[5]) >= 'a' && tlib_lower(p[5]) <= 'z';
    case 'm':
        return SAME(p, end, "message") && (end - p == 7 || !tlib_is(p[7], TLIB_WORD));
    case 'r':
        if (SAME(p, end, "request") && end - p > 7 && tlib_lower(p[7]) >= 'a' && tlib_lower(p[7]) <= 'z')
            return 1;
        return way_at(p, end, &length) != NO_WAY;
    default:
        return way_at(p, end, &length) != NO_WAY;
    }
}

int tlib_log_is_foreign(tlib_slice line) {
    const uint8_t *p = line.at, *end = p + line.length;
    if (SAME(p, end, "local time:") || SAME(p, end, "utc time:"))
        return 1;
    for (; p < end; p++) {
        if (*p == '[' && (SAME(p, end, "[iscc]") || SAME(p, end, "[bsync]")))
            return 1;
        if (tlib_is(*p, TLIB_WORD) && (p == line.at || !tlib_is(p[-1], TLIB_WORD)) && foreign_word(p, end))
            return 1;
    }
    return 0;
}
