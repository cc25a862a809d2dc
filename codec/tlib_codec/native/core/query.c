/* Queries over runs of frames: see query.h. */
#include "query.h"

#define FAILED (-1)
#define ASK TLIB_ASK
#define DAY ((int64_t)86400 * 1000000000)

enum { TESTED = 1, PRESENT = 2, HELD = 4 };

/* -- tests of one value ---------------------------------------------------------------------------- */

static int ordered(uint8_t order, int compared) {
    switch (order) {
    case TLIB_EQ:
        return compared == 0;
    case TLIB_LT:
        return compared < 0;
    case TLIB_LE:
        return compared <= 0;
    case TLIB_GT:
        return compared > 0;
    default:
        return compared >= 0;
    }
}

static int is_number(const tlib_value *value) {
    return value->type == TLIB_FIELD_UINT || value->type == TLIB_FIELD_SINT || value->type == TLIB_FIELD_LONG;
}

static int is_text(const tlib_value *value) {
    return value->type == TLIB_FIELD_TEXT || value->type == TLIB_FIELD_UNICODE;
}

static uint8_t lower(uint8_t c) {
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

static int same_folded(const uint8_t *one, const uint8_t *folded, uint32_t length) {
    for (uint32_t i = 0; i < length; i++)
        if (lower(one[i]) != folded[i])
            return 0;
    return 1;
}

/* Whether ASCII text matches a glob of * and ?: on a mismatch the last * takes one byte more. */
static int glob(const uint8_t *pattern, uint32_t pattern_length, const uint8_t *text, uint32_t length, int fold) {
    uint32_t p = 0, t = 0, star = UINT32_MAX, mark = 0;
    while (t < length) {
        uint8_t c = fold ? lower(text[t]) : text[t];
        if (p < pattern_length && pattern[p] == '*') {
            star = p++;
            mark = t;
        } else if (p < pattern_length && (pattern[p] == '?' || pattern[p] == c)) {
            p++;
            t++;
        } else if (star != UINT32_MAX) {
            p = star + 1;
            t = ++mark;
        } else
            return 0;
    }
    while (p < pattern_length && pattern[p] == '*')
        p++;
    return p == pattern_length;
}

static int judged(tlib_query *query, uint32_t which, const tlib_value *value) {
    return value->type == TLIB_FIELD_LIST ? ASK : query->judge(query->context, which, value);
}

static int test_glob(tlib_query *query, uint32_t which, const tlib_value *value) {
    static const char DIGITS[] = "0123456789abcdef";
    const tlib_leaf *leaf = &query->leaves[which];
    uint8_t digits[16];
    if (is_text(value) && tlib_ascii(value->data, value->length))
        return glob(leaf->text, leaf->text_length, value->data, value->length, leaf->fold);
    if (value->type != TLIB_FIELD_HEX)
        return judged(query, which, value);
    for (int i = 0; i < 8; i++) {
        digits[2 * i] = (uint8_t)DIGITS[value->data[i] >> 4];
        digits[2 * i + 1] = (uint8_t)DIGITS[value->data[i] & 15];
    }
    return glob(leaf->text, leaf->text_length, digits, 16, leaf->fold);
}

static int test(tlib_query *query, uint32_t which, const tlib_value *value) {
    const tlib_leaf *leaf = &query->leaves[which];
    switch (leaf->test) {
    case TLIB_TEST_NUMBER:
        if (!is_number(value))
            break;
        return ordered(leaf->order, value->large ? 1 : (value->number > leaf->number) - (value->number < leaf->number));
    case TLIB_TEST_TEXT:
        if (is_text(value))
            return value->length == leaf->text_length && memcmp(value->data, leaf->text, value->length) == 0;
        if (is_number(value) && !value->large)
            return leaf->numeral && value->number == leaf->number;
        break;
    case TLIB_TEST_FOLDED:
        if (is_text(value) && tlib_ascii(value->data, value->length))
            return value->length == leaf->text_length && same_folded(value->data, leaf->text, value->length);
        break;
    case TLIB_TEST_BYTES:
        if (value->type == TLIB_FIELD_HEX)
            return memcmp(value->data, leaf->text, 8) == 0;
        break;
    case TLIB_TEST_GLOB:
        return test_glob(query, which, value);
    default:
        break;
    }
    return judged(query, which, value);
}

/* -- leaves ---------------------------------------------------------------------------------------- */

static uint64_t hash_of(const tlib_value *value) {
    uint64_t hash = 14695981039346656037u;
    for (uint32_t i = 0; i < value->length; i++)
        hash = (hash ^ value->data[i]) * 1099511628211u;
    return hash ? hash : 1;
}

/* Whether the caller has been given this text before; it counts as given from now on. */
static int met_before(tlib_leaf *leaf, const tlib_value *value) {
    uint64_t hash = hash_of(value);
    uint32_t at = (uint32_t)hash & (TLIB_MET_SLOTS - 1);
    for (; leaf->met[at]; at = (at + 1) & (TLIB_MET_SLOTS - 1))
        if (leaf->met[at] == hash)
            return 1;
    if (leaf->met_count < TLIB_MET_SLOTS / 2) {
        leaf->met[at] = hash;
        leaf->met_count++;
    }
    return 0;
}

static int meet_all(tlib_query *query, uint32_t which, const tlib_subject *subject) {
    tlib_leaf *leaf = &query->leaves[which];
    tlib_cursor cursor;
    tlib_value value;
    tlib_cursor_begin(&cursor);
    while (tlib_cursor_next(&cursor, subject, &leaf->field, &value) == 1)
        if ((is_text(&value) || value.type == TLIB_FIELD_HEX) && !met_before(leaf, &value) &&
            query->meet(query->context, which, &value) < 0)
            return FAILED;
    return 0;
}

/* Whether the leaf holds for a frame: 0, 1, ASK, FAILED. An absent value fulfils no comparison. */
static int holds(tlib_query *query, uint32_t which, const tlib_subject *subject) {
    tlib_leaf *leaf = &query->leaves[which];
    tlib_cursor cursor;
    tlib_value value;
    int more, some = 0;
    leaf->outcome = TESTED;
    tlib_cursor_begin(&cursor);
    while (!some && (more = tlib_cursor_next(&cursor, subject, &leaf->field, &value)) != 0) {
        if (more != 1)
            return more;
        leaf->outcome |= PRESENT;
        some = test(query, which, &value);
        if (some != 0 && some != 1)
            return some;
    }
    if (!(leaf->outcome & PRESENT))
        return 0;
    if (some != leaf->negated) {
        leaf->outcome |= HELD;
        return 1;
    }
    return leaf->watched && !leaf->held && !leaf->full && meet_all(query, which, subject) < 0 ? FAILED : 0;
}

/* -- times ----------------------------------------------------------------------------------------- */

static int64_t of_day(int64_t time) {
    int64_t rest = time % DAY;
    return rest < 0 ? rest + DAY : rest;
}

/* Whether a frame's time has reached a bound: 0, 1, ASK; -1 where it has no time to compare. */
static int reached(const tlib_span *span, const tlib_bound *bound, const tlib_subject *subject, int timed, int64_t time) {
    int64_t local = tlib_time_at(subject->origins->local_times, subject->row);
    if (bound->kind == TLIB_BOUND_DAILY) {
        int64_t day = tlib_time_at(subject->origins->times_of_day, subject->row);
        if (timed) {
            if (!span->fixed || time > INT64_MAX - DAY || time < INT64_MIN + DAY)
                return ASK;
            day = of_day(time + span->ahead);
        } else if (local != TLIB_NO_TIME)
            day = of_day(local);
        return day == TLIB_NO_TIME ? -1 : day >= bound->own;
    }
    if (timed)
        return time >= bound->instant;
    if (local == TLIB_NO_TIME)
        return -1;
    return bound->local ? local >= bound->own : ASK;
}

static int in_span(const tlib_span *span, const tlib_subject *subject) {
    int64_t time = 0;
    int timed = tlib_subject_time(subject, &time), begun = 1, running = 1, known;
    if (timed == ASK || (timed && !span->settled))
        return ASK;
    if (span->since.kind) {
        known = reached(span, &span->since, subject, timed, time);
        if (known == ASK)
            return ASK;
        begun = known == 1;
    }
    if (span->until.kind) {
        known = reached(span, &span->until, subject, timed, time);
        if (known == ASK)
            return ASK;
        running = known == 0;
    }
    return span->overnight ? begun || running : begun && running;
}

/* -- frames ---------------------------------------------------------------------------------------- */

/* Whether the query selects a frame: 0, 1, ASK, FAILED. */
static int selects(tlib_query *query, const tlib_subject *subject) {
    if (query->addresses) {
        uint32_t flow = tlib_flow_at(subject->origins, subject->row);
        uint8_t known = flow < subject->origins->flow_count ? query->addresses[flow] : 0;
        query->address_seen |= known;
        if (known != 2)
            return 0;
    }
    if (query->messages && !(query->messages[subject->message >> 6] >> (subject->message & 63) & 1))
        return 0;
    int32_t leaf = query->first;
    while (leaf >= 0) {
        int known = holds(query, (uint32_t)leaf, subject);
        if (known != 0 && known != 1)
            return known;
        leaf = known ? query->leaves[leaf].if_true : query->leaves[leaf].if_false;
    }
    if (leaf == TLIB_REJECT)
        return 0;
    return query->span.asked ? in_span(&query->span, subject) : 1;
}

/* Count the outcome of the leaves, or forget it. */
static void settle(tlib_query *query, int counted) {
    for (uint32_t i = 0; i < query->leaf_count; i++) {
        tlib_leaf *leaf = &query->leaves[i];
        if (counted) {
            leaf->tested += leaf->outcome & TESTED;
            leaf->present |= (leaf->outcome & PRESENT) != 0;
            leaf->held |= (leaf->outcome & HELD) != 0;
        }
        leaf->outcome = 0;
    }
}

int tlib_query_run(tlib_selecting *run) {
    tlib_query *query = run->query;
    for (; run->row < run->subject.frames->count; run->row++) {
        int code = tlib_subject_open(&run->subject, run->row);
        if (code)
            return code == TLIB_MORE_CAPACITY ? TLIB_QUERY_CAPACITY : TLIB_QUERY_ASK;
        int known = selects(query, &run->subject);
        settle(query, known == 0 || known == 1);
        if (known == FAILED)
            return TLIB_QUERY_FAILED;
        if (known == ASK)
            return TLIB_QUERY_ASK;
        query->tested++;
        if (known) {
            query->matched++;
            run->selected[run->selected_count++] = run->row;
        } else if (run->odd && tlib_subject_fails(&run->subject))
            run->odd[run->odd_count++] = run->row;
    }
    return TLIB_QUERY_DONE;
}
