/* Attack the reader of logs in C, without Python.
 *
 * Strategy: the input is a log. It is read whole and in pieces, each run over a copy at its exact size, so that the address sanitizer sees
 * every byte read beyond it; a unit for which the reader asks is answered by leaving its first line out. What must hold is asserted: both
 * ways make the same frames at the same places, a frame is whole and its attributes ascend. With clang this is a libFuzzer target; with
 * TLIB_STANDALONE it has a main of its own that replays files and mutates them:
 *
 *     log [-runs=N] [-seed=S] FILE...
 */
#include "log_in.h"
#include "standalone.h"

/* -- names, as engine.pyx makes them ------------------------------------------------------------------------- */

enum { SLOTS = 256, MOST = 64 };
typedef struct {
    tlib_names names;
    uint8_t text[2048];
    uint32_t offsets[MOST + 1];
    int64_t numbers[MOST];
    uint32_t slots[SLOTS];
    uint32_t count;
} words;

static void add_word(words *all, const char *prefix, const char *name, int64_t number) {
    uint32_t begin = all->offsets[all->count], length = (uint32_t)(strlen(prefix) + strlen(name));
    MUST(all->count < MOST && begin + length < sizeof all->text);
    memcpy(all->text + begin, prefix, strlen(prefix));
    memcpy(all->text + begin + strlen(prefix), name, strlen(name));
    uint32_t at = tlib_hash(all->text + begin, length) & (SLOTS - 1);
    while (all->slots[at])
        at = (at + 1) & (SLOTS - 1);
    all->numbers[all->count] = number;
    all->slots[at] = ++all->count;
    all->offsets[all->count] = begin + length;
    all->names = (tlib_names){all->text, all->offsets, all->numbers, all->slots, SLOTS - 1};
}

/* -- a small protocol ---------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    const char *folded;
    uint16_t id;
    uint8_t kind;
} ATTRIBUTES[] = {
    {"ThisDN", "thisdn", 35, TLIB_LOG_TEXT},
    {"ANI", "ani", 9, TLIB_LOG_TEXT},
    {"DNIS", "dnis", 10, TLIB_LOG_TEXT},
    {"ConnID", "connid", 8, TLIB_LOG_CONN_ID},
    {"CallID", "callid", 11, TLIB_LOG_UINT},
    {"TimeinSecs", "timeinsecs", 1, TLIB_LOG_UINT},
    {"TimeinuSecs", "timeinusecs", 2, TLIB_LOG_SINT},
    {"CallType", "calltype", 12, TLIB_LOG_ENUM},
    {"ErrorCode", "errorcode", 13, TLIB_LOG_SIGNED_ENUM},
    {"EventSequenceNumber", "eventsequencenumber", 14, TLIB_LOG_LONG},
    {"ReferenceID", "referenceid", 15, TLIB_LOG_BINARY},
    {"UserData", "userdata", 30, TLIB_LOG_LIST},
    {"Extensions", "extensions", 31, TLIB_LOG_ANY},
    {"Server", "server", 40, TLIB_LOG_UINT},
    {"Place", "place", 41, TLIB_LOG_CALLERS},
};
enum { COUNT = sizeof ATTRIBUTES / sizeof ATTRIBUTES[0] };

static tlib_log_tables tables;
static tlib_log_attribute attributes[COUNT];
static words exact, folded, messages, labels;
static uint16_t by_id[1 << 16];
static uint8_t wants[1 << 16];

static void prepare(void) {
    if (tables.exact)
        return;
    add_word(&labels, "", "Inbound", 2);
    add_word(&labels, "", "Unknown", 0);
    for (uint16_t i = 0; i < COUNT; i++) {
        attributes[i] = (tlib_log_attribute){ATTRIBUTES[i].id, ATTRIBUTES[i].kind, &labels.names};
        by_id[ATTRIBUTES[i].id] = (uint16_t)(i + 1);
        add_word(&exact, "Attribute", ATTRIBUTES[i].name, i);
        add_word(&folded, "", ATTRIBUTES[i].folded, i);
    }
    add_word(&messages, "", "EventRinging", 60);
    add_word(&messages, "", "EventOnHook", 87);
    add_word(&messages, "", "EventError", 52);
    wants[60] = 1;
    tables = (tlib_log_tables){.attributes = attributes, .exact = &exact.names, .folded = &folded.names, .by_id = by_id};
    tables.messages = &messages.names;
    tables.wants_server = wants;
    tables.server_id = 40;
    tables.seconds_id = 1;
    tables.micros_id = 2;
    tables.server_readable = 1;
    tables.has_server = 1;
    tables.server = 5;
    for (int i = 0; i < 128; i++) { /* Latin-1 */
        tables.characters[i][0] = (uint8_t)(i < 0x40 ? 0xC2 : 0xC3);
        tables.characters[i][1] = (uint8_t)(0x80 | (i & 0x3F));
    }
}

/* -- reading ------------------------------------------------------------------------------------------------- */

typedef struct {
    tlib_log log;
    tlib_log_output out;
    tlib_buffer window;
    uint64_t sum; /* of all that came out */
    uint64_t frames;
} reader;

static void mix(reader *one, const void *data, size_t length) {
    const uint8_t *p = data;
    for (size_t i = 0; i < length; i++)
        one->sum = (one->sum ^ p[i]) * UINT64_C(1099511628211);
}

static void check_frame(const uint8_t *data, size_t length) {
    uint16_t message;
    uint32_t body;
    int32_t last = -1;
    tlib_error error;
    MUST(tlib_header(data, length, &tables.limits, &message, &body, &error) == 0 && length == TLIB_HEADER + body);
    for (size_t at = TLIB_HEADER; at < length;) {
        MUST(length - at >= TLIB_ATTRIBUTE && tlib_u16(data + at) > last);
        last = tlib_u16(data + at);
        size_t size = tlib_u24(data + at + 3), value = at + TLIB_ATTRIBUTE;
        MUST(length - value >= size);
        if (data[at + 2] == TLIB_LIST)
            MUST(tlib_list(data, (uint32_t)value, (uint32_t)(value + size), &tables.limits, &error) == 0);
        at = value + size;
    }
}

static void take(reader *one) {
    tlib_log_output *out = &one->out;
    for (uint32_t i = 0; i < out->count; i++) {
        size_t begin = i ? out->bounds[i] : 0;
        check_frame(out->data.at + begin, out->bounds[i + 1] - begin);
        mix(one, out->data.at + begin, out->bounds[i + 1] - begin);
        size_t note = i ? out->note_bounds[i] : 0;
        if (out->note_bounds[i + 1] > note)
            mix(one, out->notes.at + note, out->note_bounds[i + 1] - note);
        mix(one, &out->lines[i], 8);
        mix(one, &out->offsets[i], 8);
        mix(one, &out->times[i], 8);
        mix(one, &out->local_times[i], 8);
        mix(one, &out->times_of_day[i], 8);
        if (out->flow_of[i] != UINT32_MAX) {
            MUST(out->flow_of[i] < out->flow_count);
            size_t flow = out->flow_at[out->flow_of[i]];
            mix(one, out->flows.at + flow, out->flow_at[out->flow_of[i] + 1] - flow);
        }
    }
    mix(one, out->problems.at, out->problems.length);
    one->frames += out->count;
    tlib_log_taken(&one->log, out);
}

/* Leave a line out, as far as it is there: 0 where its end is not. */
static int skip_line(reader *one, int closed) {
    tlib_log *log = &one->log;
    size_t left = one->window.length - log->at;
    const uint8_t *begin = one->window.at + log->at, *feed = left ? memchr(begin, '\n', left) : NULL;
    if (feed == NULL && !closed)
        return 0;
    log->at += feed == NULL ? left : (size_t)(feed - begin) + 1;
    log->line++;
    log->before = (tlib_log_before){.kept = 1};
    log->announced = 1;
    log->orphaned = 1;
    return 1;
}

/* Read what is there; a copy of the window at its exact size shows a byte read beyond it. */
static void run(reader *one, int *asked, int closed) {
    for (;;) {
        if (*asked && !skip_line(one, closed))
            return;
        *asked = 0;
        uint8_t *copy = malloc(one->window.length ? one->window.length : 1);
        MUST(copy);
        if (one->window.length)
            memcpy(copy, one->window.at, one->window.length);
        int state = tlib_log_run(&tables, &one->log, &one->out, copy, one->window.length, closed);
        free(copy);
        MUST(state != TLIB_LOG_MEMORY && one->log.at <= one->window.length);
        take(one);
        *asked = state == TLIB_LOG_ASK;
        if (state == TLIB_LOG_MORE)
            return;
    }
}

static void feed(reader *one, const uint8_t *data, size_t length) {
    size_t first = tlib_log_first(&one->log);
    if (first) {
        tlib_log_forget(&one->log, one->window.at, first);
        one->window.length -= first;
        memmove(one->window.at, one->window.at + first, one->window.length);
    }
    MUST(tlib_reserve(&one->window, length + 1) == 0);
    memcpy(one->window.at + one->window.length, data, length);
    one->window.length += length;
}

static uint64_t read_log(const uint8_t *data, size_t length, size_t piece) {
    reader *one = calloc(1, sizeof *one);
    int asked = 0;
    MUST(one);
    one->log.line = 1;
    for (size_t at = 0; at < length; at += piece) {
        feed(one, data + at, length - at < piece ? length - at : piece);
        run(one, &asked, 0);
    }
    run(one, &asked, 1);
    uint64_t sum = one->sum ^ one->frames;
    tlib_release(&one->window);
    tlib_log_release(&one->log, &one->out);
    free(one);
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length) {
    prepare();
    uint8_t first = length ? data[0] : 0;
    tables.encoding = first % 7 == 0 ? TLIB_ENCODING_UTF8 : first % 7 == 1 ? TLIB_ENCODING_BYTES : TLIB_ENCODING_GUESS;
    tables.zone = first & 1;
    tables.problems = first % 11 == 0 ? 2 : 100;
    tables.line = 1u << 20; /* which line is cut depends on the pieces only in the caller's hands */
    tables.message = first % 5 == 0 ? 300 : 1u << 20;
    tables.limits = first % 3 == 0 ? (tlib_limits){16u << 20, 3, 4} : (tlib_limits){16u << 20, 32, 65535};
    uint64_t whole = read_log(data, length, length ? length : 1);
    MUST(read_log(data, length, 1 + first % 50) == whole);
    return 0;
}

#ifdef TLIB_STANDALONE

enum { LARGEST = 1 << 16 };

static const char *const TOKENS[] = {
    "\n\tAttributeThisDN\t'1'\n",
    "\n\tAttributeUserData\t[9] 00 01 ..\n\t\t'k'\t'v'\n",
    "'",
    "'(list)",
    "\n",
    "\t",
    "message EventRinging\n",
    "\n\n",
    "\r",
    "\xc2\xa0",
    "\xff",
    "@16:45:24.594 ",
    "[2] 00 ff",
    "\n\tAttributeTimeinSecs\t1432917924\n",
    "\n\tAttributeMystery\t'x'\n",
    "-1",
    "\n\tAttributeMystery2\t'a\nb'\n",
    "(text)",
    " received from 1(A): ",
    "\n\tAttribute#9\t'x\ny'\n",
};

static size_t mutate(uint8_t *data, size_t length, char **paths, int count) {
    (void)paths, (void)count;
    const char *token = TOKENS[next_random(sizeof TOKENS / sizeof TOKENS[0])];
    size_t size = strlen(token), at = next_random((uint32_t)length + 1), gone;
    switch (next_random(4)) {
    case 0:
        if (at < length)
            data[at] = (uint8_t)next_random(256);
        return length;
    case 1:
        gone = next_random(40);
        gone = gone > length - at ? length - at : gone;
        memmove(data + at, data + at + gone, length - at - gone);
        return length - gone;
    default:
        if (length + size > LARGEST)
            return length;
        memmove(data + at + size, data + at, length - at);
        memcpy(data + at, token, size);
        return length + size;
    }
}

int main(int count, char **arguments) {
    static uint8_t data[LARGEST];
    return attack("log", data, LARGEST / 2, mutate, count, arguments);
}

#endif
