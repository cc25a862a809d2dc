/* Checks: which demands of its table a frame breaks.
 *
 * Strategy: most frames of an input break nothing, or all break the same. So a frame becomes a signature: its table and the list of its
 * causes (broken demands, attributes outside the table). Signatures are numbered as they appear, and counted; the caller words the first
 * frame of each and adds the rest up. Whatever the core cannot judge for certain, and signatures beyond the limits, are the caller's.
 */
#include "check.h"

int tlib_part_there(const tlib_checks *checks, const tlib_part *part, const uint32_t *at) {
    const uint16_t *slots = checks->slots + part->first;
    for (uint32_t i = 0; i < part->count; i++)
        if ((at[slots[i]] != 0) != part->all)
            return !part->all;
    return part->all;
}

static uint64_t number(const uint8_t *data, const tlib_attribute *a) {
    return a->length == 4 ? tlib_u32(data + a->offset) : tlib_u64(data + a->offset);
}

static int meets(const tlib_checks *checks, const tlib_demand *demand, const uint8_t *data, const tlib_workspace *space) {
    uint32_t other = space->at[demand->other];
    if (demand->test == TLIB_ALWAYS)
        return 1;
    if (demand->test == TLIB_ABSENT)
        return other == 0;
    if (!other)
        return 0;
    const uint64_t *values = checks->values + demand->first_value;
    uint64_t value = number(data, &space->attributes[other - 1]);
    for (uint32_t i = 0; i < demand->value_count; i++)
        if (values[i] == value)
            return demand->test == TLIB_IN;
    return demand->test == TLIB_NOT_IN;
}

static int rule_broken(const tlib_checks *checks, const tlib_demand *demand, const uint8_t *data, const tlib_workspace *space) {
    if (tlib_part_there(checks, &demand->part, space->at) != demand->present)
        return 0;
    for (uint32_t i = 0; i < demand->also_count; i++)
        if (tlib_part_there(checks, &checks->parts[demand->first_also + i], space->at))
            return 0;
    return meets(checks, demand, data, space);
}

/* Whether a text has not the shape: 0, 1, or 2 where its characters would have to be counted. */
static int misshapen(const tlib_checks *checks, const tlib_demand *demand, const uint8_t *text, uint32_t length) {
    const uint8_t *suffix = checks->suffixes + demand->first_suffix;
    uint32_t ending = demand->suffix_length;
    if (length < ending || (ending && memcmp(text + length - ending, suffix, ending) != 0))
        return 1;
    if (!tlib_ascii(text, length))
        return demand->alphabet ? 1 : demand->length >= 0 ? 2 : 0;
    if (demand->length >= 0 && demand->length != length)
        return 1;
    for (uint32_t i = 0; demand->alphabet && i < length; i++)
        if (!(demand->letters[text[i] >> 6] >> (text[i] & 63) & 1))
            return 1;
    return 0;
}

static int broken(const tlib_frames *frames, const tlib_checks *checks, const tlib_demand *demand, const uint8_t *data) {
    const tlib_workspace *space = frames->space;
    if (demand->kind == TLIB_DEMAND_PART)
        return !tlib_part_there(checks, &demand->part, space->at) && !(frames->printed && demand->clients);
    if (demand->kind == TLIB_DEMAND_RULE)
        return rule_broken(checks, demand, data, space);
    uint32_t at = space->at[checks->slots[demand->part.first]];
    const tlib_attribute *a = &space->attributes[at - 1];
    return at ? misshapen(checks, demand, data + a->offset, a->length) : 0;
}

void tlib_check_slots(const tlib_check *table, tlib_workspace *space) {
    if (!space->ascending)
        tlib_sort(space);
    memset(space->at, 0, (table->slot_count + 1) * sizeof *space->at);
    for (uint32_t i = 0; i < space->count; i++)
        space->at[table->slot[space->attributes[i].dense]] = i + 1;
    space->at[0] = 0;
}

/* Append the number that a broken rule compares, whose name is in the rule's text; return the new length, or -1 where that is no number. */
static int64_t with_value(const tlib_demand *demand, const uint8_t *data, const tlib_workspace *space, uint32_t *causes, uint32_t length) {
    uint32_t other = space->at[demand->other];
    if (!other || demand->test == TLIB_ABSENT)
        return length;
    if (demand->test == TLIB_ALWAYS)
        return -1;
    uint64_t value = number(data, &space->attributes[other - 1]);
    causes[length] = (uint32_t)(value >> 32);
    causes[length + 1] = (uint32_t)value;
    return length + 2;
}

/* Append the causes of an indexed frame with a table to `causes`, of which `capacity` fit; return their number, or -1 where the
 * caller has to judge the frame. `worded`: frames with the same causes have the same words too. */
static int64_t causes_of(const tlib_frames *frames, const tlib_checks *checks, const tlib_check *table, const uint8_t *data, int worded,
                         uint32_t *causes, uint32_t capacity) {
    tlib_workspace *space = frames->space;
    uint32_t unlisted = 0;
    int64_t length = 0;
    if (capacity < 3 * table->demand_count + TLIB_MAX_UNLISTED)
        return -1;
    tlib_check_slots(table, space);
    for (uint32_t i = 0; i < table->demand_count; i++) {
        const tlib_demand *demand = &table->demands[i];
        int verdict = broken(frames, checks, demand, data);
        if (verdict > 1 || (verdict && worded && demand->kind == TLIB_DEMAND_SHAPE))
            return -1;
        if (!verdict)
            continue;
        causes[length++] = i;
        if (worded && demand->kind == TLIB_DEMAND_RULE)
            length = with_value(demand, data, space, causes, (uint32_t)length);
        if (length < 0)
            return -1;
    }
    for (uint32_t i = 0; !table->partial && i < space->count; i++) {
        const tlib_attribute *a = &space->attributes[i];
        if (checks->common[a->dense] || tlib_check_listed(checks, table, table->slot[a->dense], space->at))
            continue;
        if (unlisted++ == TLIB_MAX_UNLISTED)
            return -1;
        causes[length++] = TLIB_UNLISTED | a->id;
    }
    return length;
}

static uint32_t hash_of(uint16_t message, uint16_t table, const uint32_t *causes, uint32_t length) {
    uint32_t hash = 2166136261u ^ ((uint32_t)message << 16 | table);
    for (uint32_t i = 0; i < length; i++)
        hash = (hash ^ causes[i]) * 16777619u;
    return hash ^ hash >> 15;
}

/* The number of a signature whose causes stand behind those in use; 0 where there are too many. */
static uint32_t number_of(tlib_signatures *signatures, uint16_t message, uint16_t table, uint32_t length) {
    const uint32_t mask = 2 * TLIB_MAX_SIGNATURES - 1, *causes = signatures->causes + signatures->used;
    uint32_t hash = hash_of(message, table, causes, length), slot = hash & mask;
    for (; signatures->slots[slot]; slot = (slot + 1) & mask) {
        const tlib_signature *one = &signatures->known[signatures->slots[slot]];
        if (one->hash == hash && one->message == message && one->table == table && one->length == length &&
            memcmp(signatures->causes + one->first, causes, length * sizeof *causes) == 0)
            return signatures->slots[slot];
    }
    if (signatures->count == TLIB_MAX_SIGNATURES)
        return 0;
    signatures->slots[slot] = (uint16_t)++signatures->count;
    tlib_signature *made = &signatures->known[signatures->count];
    memset(made, 0, sizeof *made);
    made->first = signatures->used;
    made->length = length;
    made->hash = hash;
    made->message = message;
    made->table = table;
    signatures->used += length;
    return signatures->count;
}

void tlib_check_begin(tlib_signatures *signatures) {
    signatures->run++;
    signatures->seen = 0;
}

static void count(tlib_signatures *signatures, uint32_t which, uint64_t place) {
    tlib_signature *one = &signatures->known[which];
    if (one->run != signatures->run) {
        one->run = signatures->run;
        one->count = 0;
        one->place = place;
        signatures->order[signatures->seen++] = which;
    }
    one->count++;
}

uint64_t tlib_check_run(const tlib_frames *frames, const tlib_checks *checks, tlib_signatures *signatures, uint64_t from,
                        uint32_t *numbers) {
    uint64_t i;
    for (i = from; i < frames->count; i++) {
        const uint8_t *data = frames->data + frames->bounds[i];
        uint16_t table = 0;
        int64_t length = 0;
        int code = tlib_frames_index(frames, i, &table);
        if (code == TLIB_MORE_CAPACITY)
            break;
        numbers[i] = 0;
        if (code || frames->space->callers || (table && checks->tables[table - 1].ask))
            continue;
        if (table)
            length = causes_of(frames, checks, &checks->tables[table - 1], data, 0, signatures->causes + signatures->used,
                               TLIB_MAX_CAUSES - signatures->used);
        if (length >= 0)
            numbers[i] = number_of(signatures, tlib_u16(data + 4), table, (uint32_t)length);
        if (numbers[i])
            count(signatures, numbers[i], i);
    }
    return i;
}

uint32_t tlib_check_worded(const tlib_frames *frames, const tlib_checks *checks, tlib_signatures *signatures, const uint8_t *data,
                           uint16_t table, int made) {
    uint32_t *causes = signatures->causes + signatures->used, capacity = TLIB_MAX_CAUSES - signatures->used;
    if (checks->tables[table - 1].ask || frames->space->callers || capacity == 0)
        return 0;
    causes[0] = made ? TLIB_MADE : 0;
    int64_t length = causes_of(frames, checks, &checks->tables[table - 1], data, 1, causes + 1, capacity - 1);
    return length < 0 ? 0 : number_of(signatures, tlib_u16(data + 4), table, (uint32_t)length + 1);
}
