/* Lines: the members of an object, its origin, the row that it becomes. */
#include "json_in.h"
#include "time_read.h"

#define NO_TIME INT64_MIN
#define NO_FLOW UINT32_MAX
#define FEW 32 /* attributes that are sorted by insertion */
#define MOST_UNNUMBERED 64

/* Members of a line and of its $source, each of which comes once. */
enum { EVENT = 1, TIME = 2, SOURCE = 4, UNNUMBERED = 8, VIOLATIONS = 16 };
enum { FILE_ = 1, LINE = 2, PACKET = 4, OFFSET = 8, STAMP = 16, TEXT = 32, FLOWS = 64 }; /* from FLOWS on, a bit each */

typedef struct {
    uint8_t shape;
    uint32_t seen;
    uint32_t seen_in_source;
    uint16_t message;
    uint64_t line, packet, offset;
    int64_t clocks[TLIB_CLOCKS];
    const uint8_t *file; /* its JSON text; of no length where there is none */
    size_t file_length;
} row;

static int once(uint32_t *seen, uint32_t bit) {
    int first = !(*seen & bit);
    *seen |= bit;
    return first;
}

/* -- the members of $source ---------------------------------------------------------------------- */

/* Pass a text that is not empty. */
static int some_text(tlib_lines *lines, tlib_cursor *cursor) {
    return tlib_read_string(cursor, lines->body.at + lines->body.length) > 0 ? TLIB_READ_OK : TLIB_READ_ASK;
}

static int natural(tlib_cursor *cursor, uint64_t *number) {
    int negative;
    return tlib_read_number(cursor, &negative, number) || negative ? TLIB_READ_ASK : TLIB_READ_OK;
}

/* The stamp of a log as it is printed: six decimals, or nine whose last three are not 0; without a date six. */
static int stamp(tlib_cursor *cursor, row *made) {
    const uint8_t *text;
    int64_t length = tlib_read_plain(cursor, &text), time = 0;
    if (length == 15 && text[2] == ':') {
        if (tlib_read_clock(text, (size_t)length, &time) != 15)
            return TLIB_READ_ASK;
        made->clocks[TLIB_TIMES_OF_DAY] = time;
        return TLIB_READ_OK;
    }
    if ((length != 26 && length != 29) || tlib_read_iso(text, (size_t)length, &time) != (size_t)length ||
        (length == 29 && time % 1000 == 0))
        return TLIB_READ_ASK;
    made->clocks[TLIB_LOCAL_TIMES] = time;
    return TLIB_READ_OK;
}

/* Write the text at the cursor, or none where that is NULL, behind its length to the notes. */
static int note(tlib_lines *lines, tlib_cursor *cursor, const uint8_t *end) {
    tlib_buffer *notes = &lines->rows.notes;
    if (tlib_reserve(notes, 4 + TLIB_READ_SLACK + (cursor ? (size_t)(end - cursor->at) : 0)))
        return TLIB_READ_MEMORY;
    uint8_t *to = notes->at + notes->length;
    int64_t length = cursor ? tlib_read_string(cursor, to + 4) : 0;
    if (length < 0 || length > (int64_t)UINT32_MAX)
        return TLIB_READ_ASK;
    uint32_t announced = (uint32_t)length;
    memcpy(to, &announced, 4);
    notes->length += 4 + announced;
    return TLIB_READ_OK;
}

/* The number of a member of a flow; -1 for another name. */
enum { CONNECTION = 2 };
static int which_of_flow(const uint8_t *name, int64_t length) {
    if (tlib_text_is(name, length, "src"))
        return 0;
    if (tlib_text_is(name, length, "dst"))
        return 1;
    if (tlib_text_is(name, length, "connection"))
        return CONNECTION;
    if (tlib_text_is(name, length, "direction"))
        return 3;
    if (tlib_text_is(name, length, "peer"))
        return 4;
    return tlib_text_is(name, length, "version") ? 5 : -1;
}

/* Take the member `name` of a flow, which is written to the flow's text as it stands. */
static int flow_member(tlib_lines *lines, tlib_cursor *cursor, const uint8_t *name, size_t name_length, row *made) {
    const uint8_t *value = cursor->at;
    int which = which_of_flow(name, (int64_t)name_length);
    if (which < 0 || !once(&made->seen_in_source, FLOWS << which))
        return TLIB_READ_ASK;
    if (which == CONNECTION && *value != '"') {
        uint64_t number;
        if (natural(cursor, &number))
            return TLIB_READ_ASK;
    } else if (some_text(lines, cursor))
        return TLIB_READ_ASK;
    /* The name, its quotes, whatever stands between it and the value, and the value. */
    size_t length = (size_t)(cursor->at - (name - 1));
    tlib_buffer *flow = &lines->flow;
    if (tlib_reserve(flow, length + 1))
        return TLIB_READ_MEMORY;
    memcpy(flow->at + flow->length, name - 1, length);
    flow->at[flow->length + length] = ',';
    flow->length += length + 1;
    return TLIB_READ_OK;
}

static int source_member(tlib_lines *lines, tlib_cursor *cursor, const uint8_t *name, int64_t length, const uint8_t *end, row *made) {
    if (tlib_text_is(name, length, "file")) {
        made->file = cursor->at;
        if (!once(&made->seen_in_source, FILE_) || some_text(lines, cursor))
            return TLIB_READ_ASK;
        made->file_length = (size_t)(cursor->at - made->file);
        return TLIB_READ_OK;
    }
    if (tlib_text_is(name, length, "line")) {
        made->shape |= TLIB_HAS_LINE;
        return once(&made->seen_in_source, LINE) ? natural(cursor, &made->line) : TLIB_READ_ASK;
    }
    if (tlib_text_is(name, length, "packet")) {
        made->shape |= TLIB_HAS_PACKET;
        return once(&made->seen_in_source, PACKET) ? natural(cursor, &made->packet) : TLIB_READ_ASK;
    }
    if (tlib_text_is(name, length, "offset")) {
        made->shape |= TLIB_HAS_OFFSET;
        return once(&made->seen_in_source, OFFSET) ? natural(cursor, &made->offset) : TLIB_READ_ASK;
    }
    if (tlib_text_is(name, length, "time"))
        return once(&made->seen_in_source, STAMP) ? stamp(cursor, made) : TLIB_READ_ASK;
    if (tlib_text_is(name, length, "text")) {
        if (!once(&made->seen_in_source, TEXT) || (cursor->at[0] == '"' && cursor->at[1] == '"'))
            return TLIB_READ_ASK;
        int code = note(lines, NULL, end);
        return code ? code : note(lines, cursor, end);
    }
    return flow_member(lines, cursor, name, (size_t)length, made);
}

static int source(tlib_lines *lines, tlib_cursor *cursor, const uint8_t *end, row *made) {
    if (!tlib_read_token(cursor, '{'))
        return TLIB_READ_ASK;
    made->shape = TLIB_HAS_SOURCE;
    if (tlib_read_token(cursor, '}'))
        return TLIB_READ_OK;
    do {
        const uint8_t *name;
        int64_t length = tlib_read_plain(cursor, &name);
        if (length < 0 || !tlib_read_token(cursor, ':'))
            return TLIB_READ_ASK;
        int code = source_member(lines, cursor, name, length, end, made);
        if (code)
            return code;
    } while (tlib_read_token(cursor, ','));
    return tlib_read_token(cursor, '}') ? TLIB_READ_OK : TLIB_READ_ASK;
}

/* -- the other members --------------------------------------------------------------------------- */

/* Whether the names of the notes from `start` on differ. */
static int distinct(const tlib_buffer *notes, size_t start) {
    size_t names[MOST_UNNUMBERED], count = 0;
    for (size_t at = start; at < notes->length;) {
        uint32_t length, other;
        memcpy(&length, notes->at + at, 4);
        for (size_t i = 0; i < count; i++) {
            memcpy(&other, notes->at + names[i], 4);
            if (other == length && memcmp(notes->at + names[i] + 4, notes->at + at + 4, length) == 0)
                return 0;
        }
        if (count == MOST_UNNUMBERED)
            return 0;
        names[count++] = at;
        at += 4 + length;
        memcpy(&length, notes->at + at, 4);
        at += 4 + length;
    }
    return 1;
}

static int unnumbered(tlib_lines *lines, tlib_cursor *cursor, const uint8_t *end) {
    size_t start = lines->rows.notes.length;
    if (!tlib_read_token(cursor, '{'))
        return TLIB_READ_ASK;
    if (tlib_read_token(cursor, '}'))
        return TLIB_READ_OK;
    do {
        int code = cursor->at[1] == '"' ? TLIB_READ_ASK : note(lines, cursor, end);
        if (!code)
            code = tlib_read_token(cursor, ':') ? note(lines, cursor, end) : TLIB_READ_ASK;
        if (code)
            return code;
    } while (tlib_read_token(cursor, ','));
    return tlib_read_token(cursor, '}') && distinct(&lines->rows.notes, start) ? TLIB_READ_OK : TLIB_READ_ASK;
}

static int instant(tlib_cursor *cursor, row *made) {
    const uint8_t *text;
    int64_t length = tlib_read_plain(cursor, &text);
    size_t read = length < 0 ? 0 : tlib_read_iso(text, (size_t)length, &made->clocks[TLIB_TIMES]);
    return read && read + 1 == (size_t)length && text[read] == 'Z' ? TLIB_READ_OK : TLIB_READ_ASK;
}

/* Pass violations, which are judged anew. Only those without offsets, which belong to no frame, say nothing else. */
static int violations(tlib_cursor *cursor, uint8_t *scratch) {
    static const char NAME[] = "\"offset\"";
    const uint8_t *start = cursor->at;
    if (*start != '[' || tlib_skip_value(cursor, scratch))
        return TLIB_READ_ASK;
    for (const uint8_t *at = start; at < cursor->at; at++)
        if (*at == '\\' || (*at == '"' && cursor->at - at >= 8 && memcmp(at, NAME, 8) == 0))
            return TLIB_READ_ASK;
    return TLIB_READ_OK;
}

static int special_member(tlib_lines *lines, tlib_cursor *cursor, const uint8_t *name, int64_t length, const uint8_t *end, row *made) {
    uint8_t *scratch = lines->body.at + lines->body.length;
    if (tlib_text_is(name, length, "$time"))
        return once(&made->seen, TIME) ? instant(cursor, made) : TLIB_READ_ASK;
    if (tlib_text_is(name, length, "$source"))
        return once(&made->seen, SOURCE) ? source(lines, cursor, end, made) : TLIB_READ_ASK;
    if (tlib_text_is(name, length, "$unnumbered"))
        return once(&made->seen, UNNUMBERED) ? unnumbered(lines, cursor, end) : TLIB_READ_ASK;
    if (tlib_text_is(name, length, "$violations"))
        return once(&made->seen, VIOLATIONS) ? violations(cursor, scratch) : TLIB_READ_ASK;
    if (tlib_text_is(name, length, "$malformed") || tlib_text_is(name, length, "$gap"))
        return TLIB_READ_ASK;
    return tlib_skip_value(cursor, scratch);
}

static int event(const tlib_json_words *words, tlib_cursor *cursor, row *made) {
    const uint8_t *name;
    uint64_t number;
    if (!once(&made->seen, EVENT))
        return TLIB_READ_ASK;
    if (*cursor->at == '"') {
        int64_t length = tlib_read_plain(cursor, &name);
        int64_t known = length < 0 ? -1 : tlib_number(words->messages, name, (size_t)length, -1);
        if (known < 0)
            return TLIB_READ_ASK;
        number = (uint64_t)known;
    } else if (natural(cursor, &number))
        return TLIB_READ_ASK;
    made->message = (uint16_t)number;
    return number > 0xFFFF ? TLIB_READ_ASK : TLIB_READ_OK;
}

static int object(tlib_lines *lines, tlib_cursor *cursor, const uint8_t *end, row *made) {
    if (!tlib_read_token(cursor, '{'))
        return TLIB_READ_ASK;
    do {
        const uint8_t *name;
        int64_t length = tlib_read_plain(cursor, &name);
        if (length < 0 || !tlib_read_token(cursor, ':'))
            return TLIB_READ_ASK;
        int code;
        if (length && *name == '$')
            code = special_member(lines, cursor, name, length, end, made);
        else if (tlib_text_is(name, length, "Event"))
            code = event(lines->words, cursor, made);
        else
            code = tlib_read_attribute(lines, cursor, tlib_label_number(lines->words, name, length));
        if (code)
            return code;
    } while (tlib_read_token(cursor, ','));
    return tlib_read_token(cursor, '}') && cursor->at == end && made->seen & EVENT ? TLIB_READ_OK : TLIB_READ_ASK;
}

/* -- rows ---------------------------------------------------------------------------------------- */

static int by_id(const void *one, const void *other) {
    return (int)((const tlib_written *)one)->id - (int)((const tlib_written *)other)->id;
}

static void sort(tlib_written *written, size_t count) {
    if (count > FEW) {
        qsort(written, count, sizeof *written, by_id);
        return;
    }
    for (size_t i = 1; i < count; i++) {
        tlib_written one = written[i];
        size_t to = i;
        for (; to && written[to - 1].id > one.id; to--)
            written[to] = written[to - 1];
        written[to] = one;
    }
}

/* Copy an attribute; sixteen bytes more may be read and written. Most are short. */
static inline void copy(uint8_t *to, const uint8_t *from, size_t length) {
    if (length > 64)
        memcpy(to, from, length);
    else
        for (size_t done = 0; done < length; done += 16)
            memcpy(to + done, from + done, 16);
}

/* Write the frame of the line's attributes behind the data, without taking it. TLIB_LINES_END: written. */
static int frame(tlib_lines *lines, uint16_t message) {
    tlib_buffer *data = &lines->rows.data;
    tlib_written *written = (tlib_written *)(void *)lines->written.at;
    size_t count = lines->written.length / sizeof *written;
    sort(written, count);
    if (lines->body.length > lines->words->limits.frame_body)
        return TLIB_LINES_ASK;
    if (tlib_reserve(data, TLIB_HEADER + lines->body.length + 16))
        return TLIB_LINES_MEMORY;
    uint8_t *start = data->at + data->length, *to = start + TLIB_HEADER;
    memcpy(start, "TL\x01\x00", 4);
    tlib_put16(start + 4, message);
    tlib_put32(start + 6, (uint32_t)lines->body.length);
    for (size_t i = 0; i < count; i++) {
        if (i && written[i].id == written[i - 1].id)
            return TLIB_LINES_ASK;
        copy(to, lines->body.at + written[i].at, written[i].length);
        to += written[i].length;
    }
    if (lines->raw) {
        tlib_error error;
        int code = tlib_index(lines->words->tables, &lines->words->limits, start, (uint32_t)(to - start), 1, lines->space, &error);
        if (code)
            return code == TLIB_MORE_CAPACITY ? TLIB_LINES_CAPACITY : TLIB_LINES_ASK;
    }
    return TLIB_LINES_END;
}

static int fits(const tlib_rows *rows, const row *made) {
    return made->shape == rows->shape && made->file_length == rows->file.length &&
           (!made->file_length || memcmp(made->file, rows->file.at, made->file_length) == 0);
}

/* The number of the line's flow; NO_FLOW where there are too many. */
static uint32_t flow_number(tlib_lines *lines) {
    tlib_flow_texts *flows = &lines->flows;
    const uint8_t *text = lines->flow.at;
    size_t length = lines->flow.length;
    uint32_t slot = tlib_hash(text, length) % (2 * TLIB_MOST_FLOWS);
    for (; flows->slots[slot]; slot = (slot + 1) % (2 * TLIB_MOST_FLOWS)) {
        uint32_t known = flows->slots[slot] - 1u;
        size_t at = flows->bounds[known];
        if (flows->bounds[known + 1] - at == length && memcmp(flows->text.at + at, text, length) == 0)
            return known;
    }
    if (flows->count == TLIB_MOST_FLOWS || tlib_reserve(&flows->text, length))
        return NO_FLOW;
    memcpy(flows->text.at + flows->text.length, text, length);
    flows->text.length += length;
    flows->slots[slot] = (uint16_t)++flows->count;
    flows->bounds[flows->count] = flows->text.length;
    return flows->count - 1;
}

static void put(tlib_buffer *column, const void *number, size_t size) {
    memcpy(column->at + column->length, number, size);
    column->length += size;
}

/* The columns have capacity for the rows of a run from its first one on. */
static int begin(tlib_rows *rows, const row *made) {
    tlib_buffer *columns[] = {&rows->bounds,    &rows->lines,     &rows->packets, &rows->offsets,    &rows->clocks[0],
                              &rows->clocks[1], &rows->clocks[2], &rows->flows,   &rows->note_bounds};
    static const uint64_t zero = 0;
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        columns[i]->length = 0;
        if (tlib_reserve(columns[i], (TLIB_MOST_ROWS + 1) * sizeof(uint64_t)))
            return -1;
    }
    rows->file.length = 0;
    if (tlib_reserve(&rows->file, made->file_length + 1))
        return -1;
    if (made->file_length)
        put(&rows->file, made->file, made->file_length);
    rows->shape = made->shape;
    memset(rows->any, 0, sizeof rows->any);
    rows->any_flow = 0;
    put(&rows->bounds, &zero, sizeof zero);
    put(&rows->note_bounds, &zero, sizeof zero);
    return 0;
}

/* Add the line to the run. */
static int take(tlib_lines *lines, const row *made) {
    tlib_rows *rows = &lines->rows;
    uint32_t flow = NO_FLOW;
    if (rows->rows && !fits(rows, made))
        return TLIB_LINES_RUN;
    int code = frame(lines, made->message);
    if (code)
        return code;
    if (!rows->rows && begin(rows, made))
        return TLIB_LINES_MEMORY;
    if (lines->flow.length && (flow = flow_number(lines)) == NO_FLOW)
        return rows->rows ? TLIB_LINES_RUN : TLIB_LINES_MEMORY;
    rows->data.length += TLIB_HEADER + lines->body.length;
    uint64_t end = rows->data.length, note_end = rows->notes.length;
    put(&rows->bounds, &end, sizeof end);
    put(&rows->lines, &made->line, sizeof made->line);
    put(&rows->packets, &made->packet, sizeof made->packet);
    put(&rows->offsets, &made->offset, sizeof made->offset);
    for (int i = 0; i < TLIB_CLOCKS; i++) {
        put(&rows->clocks[i], &made->clocks[i], sizeof made->clocks[i]);
        rows->any[i] |= made->clocks[i] != NO_TIME;
    }
    put(&rows->flows, &flow, sizeof flow);
    rows->any_flow |= flow != NO_FLOW;
    put(&rows->note_bounds, &note_end, sizeof note_end);
    rows->rows++;
    return TLIB_LINES_END;
}

/* Read one line that is not blank, the cursor behind its spaces. */
static int read_line(tlib_lines *lines, tlib_cursor *cursor, const uint8_t *end) {
    row made = {.line = lines->line, .clocks = {NO_TIME, NO_TIME, NO_TIME}, .shape = TLIB_HAS_LINE};
    size_t notes = lines->rows.notes.length;
    lines->body.length = lines->written.length = lines->flow.length = 0;
    lines->composites = 0;
    lines->raw = 0;
    /* No member is longer as an attribute than twice its text: the shortest pair of a list is "":0, and takes nine bytes. */
    if (tlib_reserve(&lines->body, 2 * (size_t)(end - cursor->at) + 64))
        return TLIB_LINES_MEMORY;
    int code = object(lines, cursor, end, &made);
    if (!code)
        code = take(lines, &made);
    else
        code = code == TLIB_READ_MEMORY ? TLIB_LINES_MEMORY : TLIB_LINES_ASK;
    if (code)
        lines->rows.notes.length = notes;
    return code;
}

static const uint8_t *end_of_line(const uint8_t *line, const uint8_t *end) {
    const uint8_t *feed = memchr(line, '\n', (size_t)(end - line));
    return feed ? feed : end;
}

int tlib_lines_run(tlib_lines *lines, const uint8_t *block, uint64_t length) {
    const uint8_t *end = block + length;
    while (lines->at < length) {
        const uint8_t *line = block + lines->at, *feed = end_of_line(line, end);
        if ((uint64_t)(feed - line) > lines->longest)
            return TLIB_LINES_ASK;
        if (lines->rows.rows == TLIB_MOST_ROWS)
            return TLIB_LINES_RUN;
        if (lines->line == 1 && feed - line >= 3 && memcmp(line, "\xEF\xBB\xBF", 3) == 0)
            line += 3;
        tlib_cursor cursor = {line, end};
        tlib_read_space(&cursor);
        if (cursor.at != feed) {
            int code = read_line(lines, &cursor, feed);
            if (code)
                return code;
        }
        tlib_lines_pass(lines, block, length);
    }
    return TLIB_LINES_END;
}

uint64_t tlib_lines_pass(tlib_lines *lines, const uint8_t *block, uint64_t length) {
    const uint8_t *line = block + lines->at, *feed = end_of_line(line, block + length);
    lines->at = (uint64_t)(feed - block) + (feed < block + length);
    lines->line++;
    return (uint64_t)(feed - line);
}

void tlib_lines_taken(tlib_lines *lines) {
    lines->rows.rows = 0;
    lines->rows.data.length = 0;
    lines->rows.notes.length = 0;
    if (lines->flows.count > TLIB_MOST_FLOWS / 2) {
        lines->flows.count = 0;
        lines->flows.text.length = 0;
        memset(lines->flows.slots, 0, sizeof lines->flows.slots);
    }
}

void tlib_lines_free(tlib_lines *lines) {
    tlib_rows *rows = &lines->rows;
    tlib_buffer *buffers[] = {&rows->data,        &rows->bounds,    &rows->lines,    &rows->packets, &rows->offsets,     &rows->clocks[0],
                              &rows->clocks[1],   &rows->clocks[2], &rows->flows,    &rows->notes,   &rows->note_bounds, &rows->file,
                              &lines->flows.text, &lines->body,     &lines->written, &lines->flow,   &lines->scratch};
    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++)
        tlib_release(buffers[i]);
}
