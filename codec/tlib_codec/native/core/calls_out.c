/* The line of a call, as `calls.model.Call.to_data` lays it out. */
#include "calls.h"
#include "json_text.h"

#define MEMBER_ROOM 256             /* bytes of a member's own text and numbers */
#define WIDEST_SUM 1000000000000000 /* microseconds: with more digits, two sums could be one double */

typedef struct {
    tlib_json *json;
    const tlib_call_words *words;
    const uint8_t *notes;
    tlib_text file, flow;
    tlib_buffer *out;
    tlib_buffer *history;
    int changes; /* of the event that is followed, at the end of the history */
} line;

static int append(tlib_buffer *out, const void *from, size_t length) {
    if (tlib_reserve(out, length))
        return TLIB_CALL_MEMORY;
    memcpy(out->at + out->length, from, length);
    out->length += length;
    return TLIB_CALL_DONE;
}

#define APPEND(out, text) append(out, text, sizeof text - 1)

/* Goes on where nothing has failed. */
#define THEN(code, next) ((code) ? (code) : (next))

static int append_text(tlib_buffer *out, tlib_text text) {
    if (tlib_reserve(out, tlib_json_room(text.length)))
        return TLIB_CALL_MEMORY;
    out->length = (size_t)(tlib_json_text(out->at + out->length, text.at, text.length) - out->at);
    return TLIB_CALL_DONE;
}

static int append_time(line *made, tlib_buffer *out, int64_t time) {
    if (tlib_reserve(out, TLIB_WIDEST_TIME + 4))
        return TLIB_CALL_MEMORY;
    uint8_t *at = out->at + out->length;
    *at++ = '"';
    at = tlib_write_micros(tlib_write_seconds(at, time / 1000000, &made->json->date), (uint32_t)(time % 1000000));
    *at++ = 'Z';
    *at++ = '"';
    out->length = (size_t)(at - out->at);
    return TLIB_CALL_DONE;
}

static int append_number(tlib_buffer *out, uint64_t number) {
    uint8_t digits[TLIB_WIDEST_NUMBER];
    return append(out, digits, (size_t)(tlib_write_u64(digits, number) - digits));
}

/* Microseconds as seconds, as a double prints. */
static int append_seconds(tlib_buffer *out, int64_t micros) {
    uint8_t text[2 * TLIB_WIDEST_NUMBER], *at = text;
    if (micros > WIDEST_SUM)
        return TLIB_CALL_ASK;
    if (micros && micros < 10) {
        *at++ = (uint8_t)('0' + micros);
        return THEN(append(out, text, 1), APPEND(out, "e-6"));
    }
    at = tlib_write_micros(tlib_write_u64(at, (uint64_t)micros / 1000000), (uint32_t)(micros % 1000000));
    while (at[-1] == '0' && at[-2] != '.')
        at--;
    return append(out, text, (size_t)(at - text));
}

static int append_value(line *made, tlib_buffer *out, const tlib_attribute *value) {
    if (tlib_reserve(out, made->json->widest + MEMBER_ROOM + tlib_json_list_room(value->length)))
        return TLIB_CALL_MEMORY;
    uint8_t *after = tlib_json_value(made->json, out->at + out->length, made->notes, value);
    if (after == NULL)
        return made->json->stop == TLIB_JSON_MEMORY ? TLIB_CALL_MEMORY : TLIB_CALL_ASK;
    out->length = (size_t)(after - out->at);
    return TLIB_CALL_DONE;
}

/* The origin of an event: the member $source with the comma before it, nothing where it is not known. */
static int append_source(line *made, tlib_buffer *out, const tlib_call_event *event) {
    const uint32_t first = 0;
    const uint64_t bounds[2] = {0, made->flow.length};
    const tlib_note none = {NULL, NULL, 0, 0};
    const tlib_origins origin = {
        .lines = event->known & TLIB_KNOWN_LINE ? &event->line : NULL,
        .packets = event->known & TLIB_KNOWN_PACKET ? &event->packet : NULL,
        .offsets = event->known & TLIB_KNOWN_OFFSET ? &event->offset : NULL,
        .local_times = &event->local_time,
        .times_of_day = &event->time_of_day,
        .flows = &first,
        .flow_count = 1,
        .flow_bounds = bounds,
        .flow_text = made->flow.at,
        .file = made->file.at,
        .file_length = made->file.length,
    };
    if (tlib_reserve(out, MEMBER_ROOM + made->file.length + made->flow.length))
        return TLIB_CALL_MEMORY;
    out->length = (size_t)(tlib_json_source(made->json, out->at + out->length, &origin, 0, &none) - out->at);
    return TLIB_CALL_DONE;
}

/* -- the events ----------------------------------------------------------------------------------- */

static int note_change(void *context, const tlib_attribute *before, const tlib_attribute *after) {
    line *made = context;
    tlib_buffer *out = made->history;
    const tlib_text *key = &made->json->attributes[(before != NULL ? before : after)->dense].key;
    /* It begins with a comma, before which the first change has its object. */
    int code = made->changes++ ? TLIB_CALL_DONE : APPEND(out, ",\"changes\":{");
    uint32_t skipped = made->changes == 1;
    code = THEN(code, append(out, key->at + skipped, key->length - skipped));
    code = THEN(code, APPEND(out, "{"));
    if (before != NULL)
        code = THEN(THEN(code, APPEND(out, "\"from\":")), append_value(made, out, before));
    if (before != NULL && after != NULL)
        code = THEN(code, APPEND(out, ","));
    if (after != NULL)
        code = THEN(THEN(code, APPEND(out, "\"to\":")), append_value(made, out, after));
    return THEN(code, APPEND(out, "}"));
}

static int note_begin(void *context, const tlib_call_event *event, tlib_text party, tlib_text other) {
    line *made = context;
    tlib_buffer *out = made->history;
    static const char before[] = "{\"Event\":"; /* the heads of lines begin so */
    int32_t head = tlib_label(made->json->messages, event->message);
    if (head < 0)
        return TLIB_CALL_ASK;
    const tlib_text *name = &made->json->heads[head];
    made->changes = 0;
    int code = out->length ? APPEND(out, ",{\"event\":") : APPEND(out, "{\"event\":");
    code = THEN(code, append(out, name->at + sizeof before - 1, name->length - (sizeof before - 1)));
    code = THEN(THEN(code, APPEND(out, ",\"time\":")), append_time(made, out, event->time));
    if (party.length)
        code = THEN(THEN(code, APPEND(out, ",\"party\":")), append_text(out, party));
    if (other.length)
        code = THEN(THEN(code, APPEND(out, ",\"other\":")), append_text(out, other));
    return code;
}

static int note_end(void *context, const tlib_call_event *event) {
    line *made = context;
    tlib_buffer *out = made->history;
    int code = made->changes ? APPEND(out, "}") : TLIB_CALL_DONE;
    size_t source = out->length + 2; /* the $ of the member's name, which has none here */
    code = THEN(code, append_source(made, out, event));
    if (!code && out->length > source) {
        memmove(out->at + source, out->at + source + 1, out->length - source - 1);
        out->length--;
    }
    return THEN(code, APPEND(out, "}"));
}

/* -- the parties ---------------------------------------------------------------------------------- */

static int append_member(tlib_buffer *out, const char *name, size_t length, tlib_text text) {
    return text.length ? THEN(append(out, name, length), append_text(out, text)) : TLIB_CALL_DONE;
}

#define MEMBER(out, name, text) append_member(out, ",\"" name "\":", sizeof ",\"" name "\":" - 1, text)

static int append_spans(line *made, const tlib_call *call, uint32_t party, uint8_t state) {
    static const char *const names[TLIB_STATES] = {",\"queued\":[", ",\"dialing\":[", ",\"ringing\":[", ",\"established\":[",
                                                   ",\"held\":["};
    tlib_buffer *out = made->out;
    int code = TLIB_CALL_DONE, count = 0;
    for (uint32_t i = 0; i < call->span_count; i++) {
        const tlib_span_of *span = &call->spans[i];
        if (span->party != party || span->state != state)
            continue;
        code = THEN(code, count++ ? APPEND(out, ",[") : THEN(append(out, names[state], strlen(names[state])), APPEND(out, "[")));
        code = THEN(THEN(code, append_time(made, out, span->start)), APPEND(out, ","));
        code = THEN(THEN(code, append_time(made, out, span->end)), APPEND(out, "]"));
    }
    return THEN(code, count ? APPEND(out, "]") : TLIB_CALL_DONE);
}

static int append_left(line *made, uint64_t left) {
    static const char *const names[TLIB_LEFT_STATE] = {"", "\"Routed\"", "\"Diverted\"", "\"Abandoned\"", "\"Released\"", "\"Deleted\""};
    tlib_buffer *out = made->out;
    if (left < TLIB_LEFT_STATE)
        return append(out, names[left], strlen(names[left]));
    int32_t label = tlib_label(made->words->states->labels, (int64_t)(left - TLIB_LEFT_STATE));
    if (label >= 0)
        return append(out, made->words->states->names[label].at, made->words->states->names[label].length);
    return THEN(THEN(APPEND(out, "\""), append_number(out, left - TLIB_LEFT_STATE)), APPEND(out, "\""));
}

static int append_party(line *made, const tlib_call *call, uint32_t i) {
    tlib_buffer *out = made->out;
    const tlib_party *party = &call->parties[i];
    int code = THEN(APPEND(out, "{\"dn\":"), append_text(out, party->dn));
    if (party->role >= 0) {
        const tlib_text *role = &made->words->roles->names[party->role];
        code = THEN(THEN(code, APPEND(out, ",\"role\":")), append(out, role->at, role->length));
    }
    code = THEN(code, MEMBER(out, "agent", party->agent));
    code = THEN(code, MEMBER(out, "queue", party->queue));
    for (uint8_t state = 0; state < TLIB_STATES; state++)
        code = THEN(code, append_spans(made, call, i, state));
    if (party->left) {
        code = THEN(THEN(code, APPEND(out, ",\"left\":")), append_left(made, party->left));
        code = THEN(THEN(code, APPEND(out, ",\"released\":")), append_time(made, out, party->released));
    }
    code = THEN(code, MEMBER(out, "target", party->target));
    return THEN(code, APPEND(out, "}"));
}

/* -- the line ------------------------------------------------------------------------------------- */

static int append_values(line *made, const tlib_call *call) {
    int code = APPEND(made->out, "{");
    for (uint32_t i = 0; i < call->value_count; i++) {
        const tlib_text *key = &made->json->attributes[call->values[i]->dense].key;
        uint32_t skipped = i == 0; /* the comma */
        code = THEN(code, append(made->out, key->at + skipped, key->length - skipped));
        code = THEN(code, append_value(made, made->out, call->values[i]));
    }
    return code;
}

static int append_sum(tlib_buffer *out, const char *name, int64_t micros) {
    return micros < 0 ? TLIB_CALL_DONE : THEN(append(out, name, strlen(name)), append_seconds(out, micros));
}

static int append_times(line *made, const tlib_call *call, int64_t first, int64_t last) {
    static const char *const names[TLIB_SUMS] = {",\"$queue\":", ",\"$ring\":", ",\"$talk\":", ",\"$hold\":"};
    tlib_buffer *out = made->out;
    int64_t sums[TLIB_SUMS];
    int outcome = tlib_call_outcome(call);
    int code = THEN(APPEND(out, ",\"$begin\":"), append_time(made, out, first));
    code = THEN(THEN(code, APPEND(out, ",\"$end\":")), append_time(made, out, last));
    code = THEN(code, append_sum(out, ",\"$duration\":", last - first));
    if (outcome) {
        const tlib_text *name = &made->words->outcomes[outcome];
        code = THEN(THEN(code, APPEND(out, ",\"$outcome\":")), append(out, name->at, name->length));
    }
    tlib_call_sums(call, sums);
    for (int i = 0; i < TLIB_SUMS; i++)
        code = THEN(code, append_sum(out, names[i], sums[i]));
    return code;
}

static tlib_text hung_up_first(const tlib_call *call) {
    const tlib_text none = {NULL, 0};
    for (uint32_t i = 0; i < call->release_count; i++)
        if (call->releases[i].first.length)
            return call->releases[i].first;
    return call->release_count > 1 ? call->releases[0].dn : none;
}

static int append_line(line *made, const tlib_call *call) {
    tlib_buffer *out = made->out;
    const tlib_call_event *first = (const tlib_call_event *)(const void *)call->notes;
    const tlib_call_event *last = (const tlib_call_event *)(const void *)(call->notes + call->offsets[call->event_count - 1]);
    int code = append_values(made, call);
    code = THEN(code, append_times(made, call, first->time, last->time));
    code = THEN(code, MEMBER(out, "$released_first", hung_up_first(call)));
    code = THEN(code, APPEND(out, ",\"$ending\":\"deleted\",\"$created\":true,\"$complete\":true,\"$events\":"));
    code = THEN(code, append_number(out, call->event_count));
    for (uint32_t i = 0; i < call->party_count; i++)
        code = THEN(THEN(code, i ? APPEND(out, ",") : APPEND(out, ",\"$parties\":[")), append_party(made, call, i));
    code = THEN(code, call->party_count ? APPEND(out, "]") : TLIB_CALL_DONE);
    if (made->words->history)
        code =
            THEN(THEN(THEN(code, APPEND(out, ",\"$history\":[")), append(out, made->history->at, made->history->length)), APPEND(out, "]"));
    return THEN(THEN(code, append_source(made, out, first)), APPEND(out, "}\n"));
}

int tlib_call_line(tlib_json *json, const tlib_call_words *words, const uint8_t *notes, size_t length, tlib_text file, tlib_text flow,
                   tlib_buffer *out, tlib_buffer *history) {
    tlib_call call;
    line made = {json, words, notes, file, flow, out, history, 0};
    const tlib_call_watch watch = {&made, note_begin, note_change, note_end};
    size_t before = out->length;
    history->length = 0;
    int code = THEN(tlib_call_follow(&call, words, notes, length, words->history ? &watch : NULL), append_line(&made, &call));
    if (code)
        out->length = before;
    return code;
}
