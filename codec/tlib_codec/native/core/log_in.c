/* The lines of a T-Server log, and the messages that they hold. The strategy stands in log_in.h. */
#include "log_in.h"

#define ENOUGH (4u << 20) /* bytes of frames after which a run ends */
#define MOST_STRAYS 32
#define AHEAD 64 /* bytes that are looked at together */

static int ask(tlib_log *log, int why) {
    return tlib_log_ask(log, why);
}

/* -- the message --------------------------------------------------------------------------------------------- */

static void clear(tlib_log_message *message) {
    for (uint32_t i = 0; i < message->count; i++)
        message->seen[message->items[i].id >> 6] = 0;
    message->values.length = message->notes.length = message->problems.length = message->certain_problems = 0;
    message->count = message->problem_count = 0;
    message->open = message->certain = message->has_text = message->in_list = message->held = message->strays = 0;
    message->aside = message->dropping = 0;
    message->consumed = 0;
    memset(&message->own, 0, sizeof message->own);
}

/* The place of a flow in the output; it is added where it is new. -1 where there is no memory. */
static int64_t flow_of(tlib_log_output *out, const tlib_log_header *header) {
    uint32_t lengths[2] = {(uint32_t)header->peer.length, (uint32_t)header->version.length};
    size_t begin = out->flows.length, size = 9 + header->peer.length + header->version.length;
    if (!header->direction && !lengths[0] && !lengths[1])
        return UINT32_MAX;
    if (tlib_reserve(&out->flows, size))
        return -1;
    uint8_t *at = out->flows.at + begin;
    at[0] = header->direction;
    memcpy(at + 1, lengths, 8);
    if (lengths[0])
        memcpy(at + 9, header->peer.at, lengths[0]);
    if (lengths[1])
        memcpy(at + 9 + lengths[0], header->version.at, lengths[1]);
    uint32_t slot = tlib_hash(at, size) % (4 * TLIB_LOG_FLOWS);
    for (; out->flow_slots[slot]; slot = (slot + 1) % (4 * TLIB_LOG_FLOWS)) {
        uint32_t flow = out->flow_slots[slot] - 1u;
        size_t known = out->flow_at[flow];
        if (out->flow_at[flow + 1] - known == size && memcmp(out->flows.at + known, at, size) == 0)
            return flow;
    }
    out->flow_slots[slot] = (uint16_t)(out->flow_count + 1);
    out->flow_at[out->flow_count] = begin;
    out->flows.length = out->flow_at[out->flow_count + 1] = begin + size;
    return out->flow_count++;
}

static int begin_message(tlib_log *log, tlib_log_output *out, const tlib_log_header *header, tlib_slice line,
                         const tlib_log_before *before) {
    tlib_log_message *message = &log->message;
    int64_t flow = flow_of(out, header);
    if (flow < 0)
        return TLIB_STEP_MEMORY;
    log->unit_clock = log->clock;
    log->unit_before = *before;
    message->open = 1;
    message->certain = header->certain;
    message->number = header->number;
    message->server = header->server;
    message->flow = (uint32_t)flow;
    message->stamp = log->clock.stamp;
    message->carriage_returns = line.length > 0 && line.at[line.length - 1] == '\r';
    log->last = (uint16_t)(header->number & 1023);
    return TLIB_STEP_DONE;
}

/* The explanation before an error's attributes: a remark in parentheses. */
static int remark(tlib_log *log, const uint8_t *p, const uint8_t *end) {
    tlib_log_message *message = &log->message;
    static const uint8_t no_name[8] = {0};
    p = tlib_lstrip(p, end);
    end = tlib_rstrip(p, end);
    if (end - p < 2 || *p != '(' || end[-1] != ')' || message->count > 0 || message->has_text)
        return ask(log, TLIB_ASK_LINE);
    message->certain = 1;
    if (end - p == 2)
        return TLIB_STEP_DONE;
    message->has_text = 1;
    size_t at = message->notes.length + 4;
    if (tlib_add(&message->notes, no_name, 8) || tlib_add(&message->notes, p + 1, (size_t)(end - p) - 2))
        return TLIB_STEP_MEMORY;
    return tlib_log_close(log, TLIB_HELD_NOTE, at);
}

/* Read a line of the open message that is neither an attribute nor a pair. */
static int other(tlib_log *log, tlib_slice line, const uint8_t *p) {
    const uint8_t *before;
    tlib_slice name;
    if (p == line.at || tlib_has_stamp(line.at, line.at + line.length) || tlib_log_names_message(line, &before, &name))
        return TLIB_STEP_NOT;
    return remark(log, line.at, line.at + line.length);
}

/* Take a line; TLIB_STEP_NOT where it is not of the open message. */
static int take(const tlib_log_tables *tables, tlib_log *log, tlib_slice line) {
    tlib_log_message *message = &log->message;
    const uint8_t *end = line.at + line.length, *p = tlib_skip(line.at, end, TLIB_STRIPPED);
    if (p < end && *p >= 0x80 && tlib_wide_space(p, end))
        return ask(log, TLIB_ASK_LINE);
    if (message->strays && !tlib_unprefixed(p, end)) {
        if (p == end || *p != '\'' || !(message->in_list || message->aside || message->dropping))
            return TLIB_STEP_NOT;
        int step = tlib_log_is_pair(p, end) ? tlib_log_resume(tables, log) : ask(log, TLIB_ASK_LINE);
        if (step != TLIB_STEP_DONE)
            return step;
    }
    if (line.length >= tables->message - message->consumed)
        return ask(log, TLIB_ASK_SIZE);
    message->consumed += (uint32_t)line.length + 1;
    if (message->held)
        return tlib_log_continue(log, line);
    if (p == end)
        return TLIB_STEP_NOT;
    uint32_t indent = (uint32_t)(p - line.at);
    if (*p == 'A' || *p == 'I' || *p == 'S')
        if (tlib_unprefixed(p, end))
            return tlib_log_attribute_line(tables, log, p, end, indent);
    if (*p == '\'')
        return tlib_log_pair_line(log, &tables->limits, p, end, indent);
    return other(log, line, p);
}

/* Keep a message open after a line of others, if it may go on: TLIB_STEP_NOT where it may not. */
static int suspend(tlib_log *log, tlib_slice line) {
    const tlib_log_message *message = &log->message;
    if (!message->certain || message->strays >= MOST_STRAYS || tlib_log_is_foreign(line))
        return TLIB_STEP_NOT;
    return tlib_log_stray(log, line);
}

static int add_server(const tlib_log_tables *tables, tlib_log *log) {
    tlib_log_message *message = &log->message;
    uint16_t id = tables->server_id;
    if (!tables->wants_server[message->number] || (message->seen[id >> 6] >> (id & 63) & 1))
        return TLIB_STEP_DONE;
    if (message->server < 0 && !tables->has_server)
        return TLIB_STEP_DONE;
    uint32_t server = message->server >= 0 ? (uint32_t)message->server : tables->server;
    if (!tables->server_readable || (tables->server_readable > 1 && server > INT32_MAX))
        return ask(log, TLIB_ASK_VALUE);
    size_t at = message->values.length;
    int step = tlib_log_item_begin(log, id, TLIB_INT);
    if (step != TLIB_STEP_DONE)
        return step;
    tlib_put32(message->values.at + message->values.length, server); /* tlib_log_item_begin has reserved it */
    message->values.length += 4;
    return tlib_log_close(log, TLIB_HELD_ATTRIBUTE, at);
}

/* Append the frame of the message, its attributes ascending. */
static int write_frame(const tlib_log_tables *tables, tlib_log *log, tlib_buffer *data) {
    tlib_log_message *message = &log->message;
    tlib_log_item *items = message->items;
    if (message->values.length > tables->limits.frame_body)
        return ask(log, TLIB_ASK_SIZE);
    if (tlib_reserve(data, TLIB_HEADER + message->values.length))
        return TLIB_STEP_MEMORY;
    for (uint32_t i = 1; i < message->count; i++) {
        tlib_log_item one = items[i];
        uint32_t j = i;
        for (; j > 0 && items[j - 1].id > one.id; j--)
            items[j] = items[j - 1];
        items[j] = one;
    }
    uint8_t *at = data->at + data->length;
    memcpy(at, "TL\1", 4);
    tlib_put16(at + 4, (uint32_t)message->number);
    tlib_put32(at + 6, (uint32_t)message->values.length);
    at += TLIB_HEADER;
    for (uint32_t i = 0; i < message->count; i++) {
        const uint8_t *from = message->values.at + items[i].at;
        size_t size = TLIB_ATTRIBUTE + tlib_u24(from + 3);
        memcpy(at, from, size);
        at += size;
    }
    data->length = (size_t)(at - data->at);
    return TLIB_STEP_DONE;
}

static int write_row(const tlib_log_tables *tables, tlib_log *log, tlib_log_output *out) {
    tlib_log_message *message = &log->message;
    uint32_t row = out->count;
    int step = write_frame(tables, log, &out->data);
    if (step != TLIB_STEP_DONE)
        return step;
    if (tlib_add(&out->notes, message->notes.at, message->notes.length) ||
        tlib_add(&out->problems, message->problems.at, message->certain_problems))
        return TLIB_STEP_MEMORY;
    tlib_times times = tlib_clock_times(&log->clock, message->stamp, &message->own, tables->zone);
    out->bounds[row + 1] = out->data.length;
    out->note_bounds[row + 1] = out->notes.length;
    out->lines[row] = log->unit_line;
    out->offsets[row] = log->base + log->unit_at;
    out->times[row] = times.time;
    out->local_times[row] = times.local_time;
    out->times_of_day[row] = times.time_of_day;
    out->flow_of[row] = message->flow;
    out->has_notes |= message->notes.length > 0;
    out->has_times |= times.time != TLIB_NO_TIME;
    out->has_zone_times |= times.time == TLIB_ZONE_TIME;
    out->has_local_times |= times.local_time != TLIB_NO_TIME;
    out->has_times_of_day |= times.time_of_day != TLIB_NO_TIME;
    out->count++;
    log->messages++;
    return TLIB_STEP_DONE;
}

/* End the open message; `at_header`: another one begins with the line at hand. */
static int finish(const tlib_log_tables *tables, tlib_log *log, tlib_log_output *out, int at_header) {
    tlib_log_message *message = &log->message;
    int step = message->held ? ask(log, TLIB_ASK_VALUE) : tlib_log_list_end(log);
    if (step == TLIB_STEP_DONE && message->certain) {
        if (message->number < 0)
            return ask(log, TLIB_ASK_NAME);
        if (!tlib_stamp_fits(&message->stamp))
            return ask(log, TLIB_ASK_CLOCK);
        /* The stamp of the other one was read before the date was known: Python reads both. */
        if (at_header && tlib_clock_learns_date(&message->stamp, &message->own))
            return ask(log, TLIB_ASK_CLOCK);
        step = add_server(tables, log);
        if (step == TLIB_STEP_DONE)
            step = write_row(tables, log, out);
    }
    if (step == TLIB_STEP_DONE) {
        clear(message);
        log->orphaned = 0;
    }
    return step;
}

/* -- lines --------------------------------------------------------------------------------------------------- */

static int is_utf8(tlib_slice line) {
    return tlib_utf8(line.at, line.length) == line.length;
}
/* Whether a line that is not UTF-8 has a character beyond ASCII that is. */
static int has_wide(tlib_slice line) {
    for (size_t at = 0; at < line.length; at++)
        if (line.at[at] >= 0xC2 && tlib_utf8(line.at + at, line.length - at < 4 ? line.length - at : 4) > 0)
            return 1;
    return 0;
}

/* A line whose bytes are characters of a table, in UTF-8. */
static int transcode(const tlib_log_tables *tables, tlib_log *log, tlib_slice *line) {
    tlib_buffer *scratch = &log->scratch;
    scratch->length = 0;
    if (tlib_reserve(scratch, 3 * line->length))
        return TLIB_STEP_MEMORY;
    uint8_t *at = scratch->at;
    for (size_t i = 0; i < line->length; i++) {
        uint8_t c = line->at[i];
        if (c < 0x80) {
            *at++ = c;
            continue;
        }
        const uint8_t *wide = tables->characters[c - 0x80];
        *at++ = wide[0];
        if (wide[0] >= 0xC0)
            *at++ = wide[1];
        if (wide[0] >= 0xE0)
            *at++ = wide[2];
    }
    *line = (tlib_slice){scratch->at, (size_t)(at - scratch->at)};
    return TLIB_STEP_DONE;
}

/* The text of a line with bytes beyond ASCII. */
static int decode(const tlib_log_tables *tables, tlib_log *log, tlib_slice *line) {
    if (log->line == 1)
        return ask(log, TLIB_ASK_ENCODING); /* a byte order mark may stand there */
    if (tables->encoding == TLIB_ENCODING_BYTES)
        return transcode(tables, log, line);
    if (tables->encoding == TLIB_ENCODING_UTF8 || is_utf8(*line))
        return TLIB_STEP_DONE;
    if (!log->announced)
        return ask(log, TLIB_ASK_ENCODING);
    return has_wide(*line) ? TLIB_STEP_DONE : transcode(tables, log, line);
}

/* Move `clear`, which is in the line that ends at `end`, to a byte behind the line, or to the first one beyond ASCII. */
static void look_ahead(tlib_log *log, const uint8_t *data, size_t end, size_t length) {
    while (length - log->clear >= AHEAD && tlib_ascii(data + log->clear, AHEAD))
        log->clear += AHEAD;
    while (log->clear < end && data[log->clear] < 0x80)
        log->clear++;
}

static tlib_slice before_of(const tlib_log *log, const tlib_log_before *before, const uint8_t *data) {
    return (tlib_slice){before->kept ? log->kept_before : data + before->at, before->length};
}

/* Read a line that the open message, if any, has not taken. */
static int between(const tlib_log_tables *tables, tlib_log *log, tlib_log_output *out, const uint8_t *data, tlib_slice line,
                   size_t length) {
    const uint8_t *end = line.at + line.length, *p = tlib_lstrip(line.at, end);
    tlib_log_before before = log->before;
    tlib_log_header header;
    int step = TLIB_STEP_NOT, open = log->message.open;
    if (p == end) {
        step = open ? finish(tables, log, out, 0) : TLIB_STEP_DONE;
        if (step == TLIB_STEP_DONE)
            log->orphaned = 0;
        return step;
    }
    int64_t stamped = tlib_clock_read(&log->clock, line.at, end);
    if (stamped < 0)
        return ask(log, TLIB_ASK_CLOCK);
    step = tlib_log_header_of(tables, line, stamped, before_of(log, &before, data), &header);
    if (step == TLIB_STEP_ASK)
        return ask(log, TLIB_ASK_HEADER);
    if (open) {
        int suspended = step == TLIB_STEP_NOT ? suspend(log, line) : TLIB_STEP_NOT;
        if (suspended == TLIB_STEP_DONE)
            log->before = (tlib_log_before){log->at, length, 0};
        if (suspended != TLIB_STEP_NOT)
            return suspended;
        int ended = finish(tables, log, out, step == TLIB_STEP_DONE);
        if (ended != TLIB_STEP_DONE)
            return ended;
        log->unit_at = log->at;
        log->unit_line = log->line;
    }
    if (step == TLIB_STEP_DONE) {
        step = begin_message(log, out, &header, line, &before);
        if (step != TLIB_STEP_DONE)
            return step;
    } else {
        const uint8_t *bare = tlib_unprefixed(p, end);
        if (bare != NULL && !log->orphaned)
            return ask(log, TLIB_ASK_ORPHAN); /* or no attribute: Python says which */
    }
    log->before = (tlib_log_before){log->at, length, 0};
    return TLIB_STEP_DONE;
}

static int read_line(const tlib_log_tables *tables, tlib_log *log, tlib_log_output *out, const uint8_t *data, size_t end, size_t length) {
    tlib_slice line = {data + log->at, end - log->at};
    size_t raw = line.length;
    if (!log->message.open) {
        log->unit_at = log->at;
        log->unit_line = log->line;
    }
    if (raw > tables->line)
        return ask(log, TLIB_ASK_SIZE);
    if (log->clear < end) {
        if (log->clear < log->at)
            log->clear = log->at;
        look_ahead(log, data, end, length);
        if (log->clear < end) {
            int step = decode(tables, log, &line);
            if (step != TLIB_STEP_DONE)
                return step;
        }
    }
    int step = log->message.open ? take(tables, log, line) : TLIB_STEP_NOT;
    return step == TLIB_STEP_NOT ? between(tables, log, out, data, line, raw) : step;
}

/* Go back to the beginning of the unit at hand. */
static int stop(tlib_log *log, int step) {
    if (step == TLIB_STEP_MEMORY)
        return TLIB_LOG_MEMORY;
    if (log->message.open) {
        log->clock = log->unit_clock;
        log->before = log->unit_before;
    }
    log->at = log->unit_at;
    log->line = log->unit_line;
    if (log->clear > log->at)
        log->clear = log->at;
    clear(&log->message);
    return TLIB_LOG_ASK;
}

int tlib_log_run(const tlib_log_tables *tables, tlib_log *log, tlib_log_output *out, const uint8_t *data, size_t length, int closed) {
    while (log->at < length) {
        if (out->count == TLIB_LOG_ROWS || out->data.length > ENOUGH || out->flow_count == TLIB_LOG_FLOWS || out->problems.length)
            return TLIB_LOG_FULL;
        const uint8_t *feed = memchr(data + log->at, '\n', length - log->at);
        size_t end = feed == NULL ? length : (size_t)(feed - data);
        if (feed == NULL && !closed) {
            if (length - log->at <= tables->line)
                return TLIB_LOG_MORE;
            if (!log->message.open) {
                log->unit_at = log->at;
                log->unit_line = log->line;
            }
            return stop(log, ask(log, TLIB_ASK_SIZE));
        }
        int step = read_line(tables, log, out, data, end, length);
        if (step != TLIB_STEP_DONE)
            return stop(log, step);
        log->at = end + (feed != NULL);
        log->line++;
    }
    if (closed && log->message.open) {
        if (out->count == TLIB_LOG_ROWS || out->problems.length)
            return TLIB_LOG_FULL;
        int step = finish(tables, log, out, 0);
        if (step != TLIB_STEP_DONE)
            return stop(log, step);
    }
    return TLIB_LOG_MORE;
}

/* -- for the caller ------------------------------------------------------------------------------------------ */

size_t tlib_log_first(const tlib_log *log) {
    return log->message.open ? log->unit_at : log->at;
}

static void forget(tlib_log *log, tlib_log_before *before, const uint8_t *data, size_t count) {
    if (before->kept)
        return;
    if (before->at >= count) {
        before->at -= count;
        return;
    }
    size_t more = before->length > TLIB_LOG_BEFORE ? before->length - TLIB_LOG_BEFORE : 0;
    before->length -= more;
    memcpy(log->kept_before, data + before->at + more, before->length);
    before->kept = 1;
}

void tlib_log_forget(tlib_log *log, const uint8_t *data, size_t count) {
    /* Only one of them is gone: while a message is open, the line before the one at hand is of it or behind it. */
    if (log->message.open)
        forget(log, &log->unit_before, data, count);
    forget(log, &log->before, data, count);
    log->at -= count;
    log->unit_at -= log->unit_at < count ? log->unit_at : count;
    log->clear -= log->clear < count ? log->clear : count;
    log->base += count;
}

/* Keep only the flow of the open message. */
static void drop_flows(tlib_log *log, tlib_log_output *out) {
    uint32_t flow = log->message.flow;
    memset(out->flow_slots, 0, sizeof out->flow_slots);
    out->flow_count = 0;
    out->flows.length = 0;
    if (!log->message.open || flow == UINT32_MAX)
        return;
    size_t begin = out->flow_at[flow], size = out->flow_at[flow + 1] - begin;
    memmove(out->flows.at, out->flows.at + begin, size);
    out->flow_slots[tlib_hash(out->flows.at, size) % (4 * TLIB_LOG_FLOWS)] = 1;
    out->flow_at[0] = 0;
    out->flow_at[1] = out->flows.length = size;
    out->flow_count = 1;
    log->message.flow = 0;
}

void tlib_log_taken(tlib_log *log, tlib_log_output *out) {
    out->data.length = out->notes.length = out->problems.length = 0;
    out->count = 0;
    out->has_notes = out->has_times = out->has_local_times = out->has_times_of_day = out->has_zone_times = 0;
    if (out->flow_count > TLIB_LOG_FLOWS / 2)
        drop_flows(log, out);
}

void tlib_log_release(tlib_log *log, tlib_log_output *out) {
    tlib_release(&log->message.values);
    tlib_release(&log->message.notes);
    tlib_release(&log->message.problems);
    tlib_release(&log->scratch);
    tlib_release(&out->data);
    tlib_release(&out->notes);
    tlib_release(&out->flows);
    tlib_release(&out->problems);
}
