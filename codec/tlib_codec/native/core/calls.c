/* Follow the notes of a call: its values, its parties and their states, what its events show. Each step is that of the same name in calls/;
 * where that one would note an anomaly or a missing event, the call is for the caller. */
#include "calls.h"

typedef struct {
    tlib_call *call;
    const tlib_call_event *event;
    const tlib_call_watch *watch;
} step;

static tlib_text text_of(const step *at, const tlib_attribute *attribute) {
    tlib_text made = {NULL, 0};
    if (attribute != NULL) {
        made.at = at->call->notes + attribute->offset;
        made.length = attribute->length;
    }
    return made;
}

static int same(tlib_text one, tlib_text other) {
    return one.length == other.length && (one.length == 0 || memcmp(one.at, other.at, one.length) == 0);
}

static tlib_text name_of(const step *at, int kind) {
    uint16_t place = at->event->names[kind];
    return text_of(at, place ? &tlib_call_attributes(at->event)[place - 1] : NULL);
}

/* The value of an attribute by its number; NULL where the event has none. Those that only name something are no values. */
static const tlib_attribute *value_of(const step *at, uint16_t id) {
    const tlib_attribute *attributes = tlib_call_attributes(at->event);
    for (uint32_t i = at->event->named; i < at->event->attributes; i++)
        if (attributes[i].id == id)
            return &attributes[i];
    return NULL;
}

static tlib_text text_value(const step *at, uint16_t id) {
    return text_of(at, value_of(at, id));
}

/* A number that means something here; TLIB_NUMBERS and more: none. */
static uint32_t number_value(const step *at, uint16_t id) {
    const tlib_attribute *attribute = value_of(at, id);
    return attribute == NULL ? UINT32_MAX : tlib_u32(at->call->notes + attribute->offset);
}

static uint8_t meaning(const uint8_t *table, uint32_t number) {
    return number < TLIB_NUMBERS ? table[number] : 0;
}

/* -- the values of the call ----------------------------------------------------------------------- */

static int told(const step *at, const tlib_attribute *before, const tlib_attribute *after) {
    return at->watch == NULL ? TLIB_CALL_DONE : at->watch->change(at->watch->context, before, after);
}

static int apply_value(const step *at, const tlib_attribute *value, int judged) {
    tlib_call *call = at->call;
    uint8_t traits = call->words->traits[value->dense];
    uint32_t i = 0;
    if (traits & TLIB_TRAIT_EVENT)
        return TLIB_CALL_DONE;
    int empty = value->id == call->words->user_data && tlib_u16(call->notes + value->offset) == 0;
    while (i < call->value_count && call->values[i]->dense != value->dense)
        i++;
    const tlib_attribute *before = i < call->value_count ? call->values[i] : NULL;
    int unchanged = before == NULL ? empty : !empty && before->type == value->type && same(text_of(at, before), text_of(at, value));
    if (unchanged)
        return judged && traits & TLIB_TRAIT_CALL ? TLIB_CALL_ASK : TLIB_CALL_DONE;
    if (empty) {
        memmove(&call->values[i], &call->values[i + 1], (call->value_count - i - 1) * sizeof *call->values);
        call->value_count--;
        return told(at, before, NULL);
    }
    if (before == NULL && call->value_count == TLIB_CALL_VALUES)
        return TLIB_CALL_ASK;
    call->values[i] = value;
    call->value_count += before == NULL;
    return told(at, before, value);
}

/* -- parties -------------------------------------------------------------------------------------- */

static tlib_party *party_of(tlib_call *call, tlib_text dn) {
    for (uint32_t i = 0; i < call->party_count; i++)
        if (same(call->parties[i].dn, dn))
            return &call->parties[i];
    if (call->party_count == TLIB_CALL_PARTIES)
        return NULL;
    tlib_party *made = &call->parties[call->party_count++];
    memset(made, 0, sizeof *made);
    made->dn = dn;
    made->role = -1;
    return made;
}

static uint8_t place_of(const tlib_call *call, const tlib_party *party) {
    return (uint8_t)(party - call->parties);
}

#define IN(state) (1u << (state))
#define IN_ANY (IN(TLIB_STATES) - 1)

/* The first open span of a party in one of the states; NULL where there is none. */
static const tlib_span_of *current(const tlib_call *call, const tlib_party *party, uint32_t states) {
    for (uint32_t i = 0; i < call->span_count; i++) {
        const tlib_span_of *span = &call->spans[i];
        if (span->party == place_of(call, party) && span->end == TLIB_NO_TIME && states & IN(span->state))
            return span;
    }
    return NULL;
}

static int had(const tlib_call *call, const tlib_party *party, uint32_t states) {
    for (uint32_t i = 0; i < call->span_count; i++)
        if (call->spans[i].party == place_of(call, party) && states & IN(call->spans[i].state))
            return 1;
    return 0;
}

static void end_spans(tlib_call *call, const tlib_party *party, int64_t time, uint32_t states) {
    for (uint32_t i = 0; i < call->span_count; i++) {
        tlib_span_of *span = &call->spans[i];
        if (span->party == place_of(call, party) && span->end == TLIB_NO_TIME && states & IN(span->state))
            span->end = time;
    }
}

static int begin(const step *at, tlib_party *party, uint8_t state) {
    tlib_call *call = at->call;
    party->present = 1;
    party->onward = 0;
    party->left = 0;
    if (current(call, party, IN(state)) != NULL)
        return TLIB_CALL_DONE;
    if (state != TLIB_STATE_HELD)
        end_spans(call, party, at->event->time, IN_ANY);
    if (call->span_count == TLIB_CALL_SPANS)
        return TLIB_CALL_ASK;
    tlib_span_of made = {at->event->time, TLIB_NO_TIME, place_of(call, party), state};
    call->spans[call->span_count++] = made;
    return TLIB_CALL_DONE;
}

static int leave(const step *at, tlib_party *party, uint64_t how, int onward, tlib_text target) {
    end_spans(at->call, party, at->event->time, IN_ANY);
    party->present = 0;
    party->left = how;
    party->released = at->event->time;
    party->onward = (uint8_t)onward;
    party->target = target;
    return TLIB_CALL_DONE;
}

static int shows(tlib_call *call, uint8_t outcome) {
    if (outcome == TLIB_OUTCOME_NONE || (call->shown_count && call->shown[call->shown_count - 1] == outcome))
        return TLIB_CALL_DONE;
    if (call->shown_count == TLIB_CALL_SHOWN)
        return TLIB_CALL_ASK;
    call->shown[call->shown_count++] = outcome;
    return TLIB_CALL_DONE;
}

static int hung_up(const step *at, tlib_text dn, tlib_text first) {
    tlib_call *call = at->call;
    if (call->release_count && (double)(at->event->time - call->releases[call->release_count - 1].time) / 1e6 > call->words->settle)
        call->release_count = 0;
    if (call->release_count == TLIB_CALL_SHOWN)
        return TLIB_CALL_ASK;
    tlib_hang_up made = {dn, first, at->event->time};
    call->releases[call->release_count++] = made;
    return TLIB_CALL_DONE;
}

/* The party that an event names as the one that hung up first: that of the pair ReleasingParty, or the other one. */
static int hung_up_first(const step *at, tlib_text dn, tlib_text *first) {
    static const char key[] = "ReleasingParty";
    const tlib_attribute *extensions = value_of(at, at->call->words->extensions);
    tlib_text said = {NULL, 0}, none = {NULL, 0};
    if (extensions != NULL) {
        const uint8_t *pair = at->call->notes + extensions->offset;
        uint32_t count = tlib_u16(pair);
        pair += 2;
        for (; count; count--) {
            uint32_t length = tlib_u16(pair + 1);
            said.at = pair + 5 + length;
            said.length = tlib_u16(pair + 3);
            if (length == sizeof key - 1 && memcmp(pair + 5, key, length) == 0) {
                if (pair[0] != TLIB_PAIR_STRING && pair[0] != TLIB_PAIR_UNICODE)
                    return TLIB_CALL_ASK;
                break;
            }
            pair = said.at + said.length;
            said.length = 0;
        }
    }
    int remote = number_value(at, at->call->words->call_state) == at->call->words->remote_release;
    if (said.length && said.at[0] == '1')
        *first = dn;
    else
        *first = remote || (said.length && said.at[0] == '2') ? name_of(at, TLIB_NAME_OTHER) : none;
    return TLIB_CALL_DONE;
}

static int released(const step *at, tlib_party *party) {
    tlib_call *call = at->call;
    const tlib_call_words *words = call->words;
    const tlib_text none = {NULL, 0};
    if (current(call, party, IN_ANY) == NULL)
        return TLIB_CALL_ASK;
    const tlib_attribute *given = value_of(at, words->call_state);
    uint32_t state = number_value(at, words->call_state);
    int answered = !party->queues && had(call, party, IN(TLIB_STATE_ESTABLISHED));
    int onward = meaning(words->onward, state);
    uint64_t how = given != NULL && state != words->ok ? (uint64_t)state + TLIB_LEFT_STATE : TLIB_LEFT_RELEASED;
    leave(at, party, how, onward, onward ? text_value(at, words->third_party) : none);
    if (onward || party->queues)
        return TLIB_CALL_DONE;
    tlib_text first = none;
    int code = answered ? TLIB_CALL_DONE : shows(call, meaning(words->failed, state));
    if (code == TLIB_CALL_DONE)
        code = hung_up_first(at, party->dn, &first);
    return code == TLIB_CALL_DONE ? hung_up(at, party->dn, first) : code;
}

static int expected(const step *at, const tlib_party *party, uint32_t states) {
    return current(at->call, party, states) == NULL ? TLIB_CALL_ASK : TLIB_CALL_DONE;
}

static int diverted(const step *at, tlib_party *party) {
    tlib_call *call = at->call;
    uint32_t i = call->span_count;
    while (i && call->spans[i - 1].party != place_of(call, party))
        i--;
    if (party->left == TLIB_LEFT_ROUTED && i)
        call->spans[i - 1].end = at->event->time;
    else if (expected(at, party, IN(TLIB_STATE_QUEUED) | IN(TLIB_STATE_RINGING)))
        return TLIB_CALL_ASK;
    tlib_text target = text_value(at, call->words->third_party);
    return leave(at, party, TLIB_LEFT_DIVERTED, 1, target.length ? target : party->target);
}

static int abandoned(const step *at, tlib_party *party) {
    const tlib_text none = {NULL, 0};
    if (party->left != TLIB_LEFT_ROUTED && expected(at, party, IN(TLIB_STATE_QUEUED) | IN(TLIB_STATE_RINGING)))
        return TLIB_CALL_ASK;
    if (shows(at->call, TLIB_OUTCOME_ABANDONED))
        return TLIB_CALL_ASK;
    leave(at, party, TLIB_LEFT_ABANDONED, 0, none);
    tlib_text other = name_of(at, TLIB_NAME_OTHER);
    return hung_up(at, party->dn, other.length ? other : text_value(at, at->call->words->ani));
}

static int take_effect(const step *at, tlib_party *party) {
    switch (at->event->effect) {
    case TLIB_EFFECT_QUEUED:
        party->queues = 1;
        return begin(at, party, TLIB_STATE_QUEUED);
    case TLIB_EFFECT_ROUTED:
        if (expected(at, party, IN(TLIB_STATE_QUEUED)))
            return TLIB_CALL_ASK;
        party->queues = 1;
        return leave(at, party, TLIB_LEFT_ROUTED, 1, text_value(at, at->call->words->third_party));
    case TLIB_EFFECT_DIVERTED:
        return diverted(at, party);
    case TLIB_EFFECT_DIALING:
        return begin(at, party, TLIB_STATE_DIALING);
    case TLIB_EFFECT_RINGING:
        return begin(at, party, TLIB_STATE_RINGING);
    case TLIB_EFFECT_REACHED:
        return expected(at, party, IN(TLIB_STATE_DIALING));
    case TLIB_EFFECT_BUSY:
        return expected(at, party, IN(TLIB_STATE_DIALING)) ? TLIB_CALL_ASK : shows(at->call, TLIB_OUTCOME_BUSY);
    case TLIB_EFFECT_ESTABLISHED:
        if (!party->queues && expected(at, party, IN(TLIB_STATE_RINGING) | IN(TLIB_STATE_DIALING)))
            at->call->doubtful_ring = 1;
        return begin(at, party, TLIB_STATE_ESTABLISHED);
    case TLIB_EFFECT_HELD:
        return expected(at, party, IN(TLIB_STATE_ESTABLISHED)) ? TLIB_CALL_ASK : begin(at, party, TLIB_STATE_HELD);
    case TLIB_EFFECT_RETRIEVED:
        if (expected(at, party, IN(TLIB_STATE_HELD)))
            return TLIB_CALL_ASK;
        end_spans(at->call, party, at->event->time, IN(TLIB_STATE_HELD));
        return TLIB_CALL_DONE;
    case TLIB_EFFECT_ABANDONED:
        return abandoned(at, party);
    default:
        return released(at, party);
    }
}

static void take_role(const step *at, tlib_party *party, uint16_t id) {
    uint32_t number = number_value(at, id);
    if (party->role < 0 && value_of(at, id) != NULL && !meaning(at->call->words->role_unreal, number))
        party->role = tlib_label(at->call->words->roles->labels, number);
}

static void describe(const step *at, tlib_party *party) {
    tlib_text agent = text_value(at, at->call->words->agent), queue = text_value(at, at->call->words->this_queue);
    if (agent.length && !party->queues)
        party->agent = agent;
    if (queue.length && !same(queue, party->dn))
        party->queue = queue;
}

static int leaves(uint8_t effect) {
    return effect == TLIB_EFFECT_RELEASED || effect == TLIB_EFFECT_ABANDONED || effect == TLIB_EFFECT_DIVERTED;
}

/* Whether the call has had an event of a party already: times do not fall, so it has the time of those just before it. */
static int repeats(const step *at, uint32_t number) {
    const tlib_call *call = at->call;
    while (number--) {
        step before = *at;
        before.event = (const tlib_call_event *)(const void *)(call->notes + call->offsets[number]);
        if (before.event->time != at->event->time)
            return 0;
        if (before.event->message == at->event->message && !before.event->names[TLIB_NAME_UUID] == !at->event->names[TLIB_NAME_UUID] &&
            same(name_of(&before, TLIB_NAME_PARTY), name_of(at, TLIB_NAME_PARTY)) &&
            same(name_of(&before, TLIB_NAME_OTHER), name_of(at, TLIB_NAME_OTHER)))
            return 1;
    }
    return 0;
}

static int party_event(const step *at, uint32_t number) {
    tlib_call *call = at->call;
    const tlib_call_words *words = call->words;
    uint8_t effect = at->event->effect;
    tlib_text dn = name_of(at, TLIB_NAME_PARTY), other_dn = name_of(at, TLIB_NAME_OTHER);
    if (repeats(at, number))
        return TLIB_CALL_ASK;
    if (!dn.length)
        return effect == TLIB_EFFECT_PARTY ? TLIB_CALL_DONE : TLIB_CALL_ASK;
    tlib_party *party = party_of(call, dn);
    if (party == NULL)
        return TLIB_CALL_ASK;
    if (effect != TLIB_EFFECT_PARTY && !leaves(effect) && effect != TLIB_EFFECT_ROUTED)
        party->present = 1;
    take_role(at, party, words->this_role);
    if (other_dn.length) {
        tlib_party *other = party_of(call, other_dn);
        if (other == NULL)
            return TLIB_CALL_ASK;
        take_role(at, other, words->other_role);
    }
    if (effect == TLIB_EFFECT_PARTY)
        return TLIB_CALL_DONE;
    if (shows(call, meaning(words->joined, number_value(at, words->call_state))) ||
        shows(call, meaning(words->role_joined, number_value(at, words->third_role))))
        return TLIB_CALL_ASK;
    if (!leaves(effect))
        call->release_count = 0;
    int code = take_effect(at, party);
    describe(at, party);
    return code;
}

/* -- events of the call --------------------------------------------------------------------------- */

static int call_event(const step *at, tlib_text controlling) {
    tlib_call *call = at->call;
    const tlib_attribute *attributes = tlib_call_attributes(at->event);
    int code = TLIB_CALL_DONE;
    if (!at->event->names[TLIB_NAME_UUID])
        return TLIB_CALL_ASK;
    for (uint32_t i = at->event->named; code == TLIB_CALL_DONE && i < at->event->attributes; i++)
        code = apply_value(at, &attributes[i], at->event->effect == TLIB_EFFECT_CHANGED);
    if (code == TLIB_CALL_DONE && controlling.length && party_of(call, controlling) == NULL)
        return TLIB_CALL_ASK;
    return code;
}

/* The end: a party that caused it hung up first, where no event says otherwise, and every party leaves. */
static int deleted(const step *at, tlib_text controlling) {
    tlib_call *call = at->call;
    const tlib_text none = {NULL, 0};
    int named = 0;
    for (uint32_t i = 0; i < call->release_count; i++)
        named |= call->releases[i].first.length != 0;
    if (controlling.length && !named) {
        if (call->release_count == TLIB_CALL_SHOWN)
            return TLIB_CALL_ASK;
        tlib_hang_up made = {controlling, controlling, at->event->time};
        call->releases[call->release_count++] = made;
    }
    for (uint32_t i = 0; i < call->party_count; i++)
        if (call->parties[i].present)
            leave(at, &call->parties[i], TLIB_LEFT_DELETED, 0, none);
    for (uint32_t i = 0; i < call->span_count; i++)
        if (call->spans[i].end == TLIB_NO_TIME)
            return TLIB_CALL_ASK;
    return TLIB_CALL_DONE;
}

int tlib_call_follow(tlib_call *call, const tlib_call_words *words, const uint8_t *notes, size_t length, const tlib_call_watch *watch) {
    int64_t before = INT64_MIN;
    call->words = words;
    call->notes = notes;
    call->event_count = call->party_count = call->span_count = call->value_count = call->shown_count = call->release_count = 0;
    call->doubtful_ring = 0;
    for (size_t offset = 0; offset < length;) {
        step at = {call, (const tlib_call_event *)(const void *)(notes + offset), watch};
        const tlib_call_event *event = at.event;
        tlib_text party = name_of(&at, TLIB_NAME_PARTY), other = name_of(&at, TLIB_NAME_OTHER);
        if (call->event_count == TLIB_CALL_EVENTS || event->time < before || (event->effect == TLIB_EFFECT_CREATED) != (offset == 0))
            return TLIB_CALL_ASK;
        int of_call = event->effect < TLIB_EFFECT_PARTY;
        if (of_call) {
            party = text_value(&at, words->controlling);
            other.length = 0;
        }
        int code = watch == NULL ? TLIB_CALL_DONE : watch->begin(watch->context, event, party, other);
        if (code == TLIB_CALL_DONE)
            code = of_call ? call_event(&at, party) : party_event(&at, call->event_count);
        if (code == TLIB_CALL_DONE && event->effect == TLIB_EFFECT_DELETED)
            code = deleted(&at, party);
        if (code == TLIB_CALL_DONE && watch != NULL)
            code = watch->end(watch->context, event);
        if (code != TLIB_CALL_DONE)
            return code;
        call->offsets[call->event_count++] = (uint32_t)offset;
        before = event->time;
        offset += event->size;
        if (event->effect == TLIB_EFFECT_DELETED)
            return offset == length ? TLIB_CALL_DONE : TLIB_CALL_ASK;
    }
    return TLIB_CALL_ASK;
}

/* -- the outcome and the times -------------------------------------------------------------------- */

static int shown(const tlib_call *call, uint8_t outcome) {
    for (uint32_t i = 0; i < call->shown_count; i++)
        if (call->shown[i] == outcome)
            return 1;
    return 0;
}

/* The outcome of a call that nobody answered, abandoned or refused. */
static int unanswered(const tlib_call *call) {
    const tlib_party *last = NULL;
    int offered = shown(call, TLIB_OUTCOME_NO_ANSWER);
    for (uint32_t i = 0; i < call->party_count; i++) {
        const tlib_party *party = &call->parties[i];
        if (party->left && (last == NULL || party->released > last->released))
            last = party;
        offered |= had(call, party, IN(TLIB_STATE_RINGING) | IN(TLIB_STATE_DIALING));
    }
    if (last != NULL && last->onward)
        return TLIB_OUTCOME_REDIRECTED;
    return offered ? TLIB_OUTCOME_NO_ANSWER : TLIB_OUTCOME_NONE;
}

int tlib_call_outcome(const tlib_call *call) {
    for (uint32_t i = call->shown_count; i; i--)
        if (call->shown[i - 1] == TLIB_OUTCOME_TRANSFERRED || call->shown[i - 1] == TLIB_OUTCOME_CONFERENCED)
            return call->shown[i - 1];
    for (uint32_t i = 0; i < call->party_count; i++)
        if (!call->parties[i].queues && had(call, &call->parties[i], IN(TLIB_STATE_ESTABLISHED)))
            return TLIB_OUTCOME_ANSWERED;
    if (shown(call, TLIB_OUTCOME_ABANDONED))
        return TLIB_OUTCOME_ABANDONED;
    if (shown(call, TLIB_OUTCOME_BUSY))
        return TLIB_OUTCOME_BUSY;
    if (call->span_count)
        return unanswered(call);
    for (uint32_t i = 0; i < call->value_count; i++)
        if (call->values[i]->id == call->words->cause)
            return meaning(call->words->causes, tlib_u32(call->notes + call->values[i]->offset));
    return TLIB_OUTCOME_NONE;
}

typedef struct {
    int64_t time;
    int depth, without;
} edge;

/* The microseconds that at least one span in `states` covers and none in `without`; of parties that are no queue where `talking`. -1: there
 * is no such span. */
static int64_t covered(const tlib_call *call, uint32_t states, uint32_t without, int talking) {
    edge edges[2 * TLIB_CALL_SPANS];
    uint32_t count = 0;
    int any = 0, depth = 0, apart = 0;
    for (uint32_t i = 0; i < call->span_count; i++) {
        const tlib_span_of *span = &call->spans[i];
        int in = (states & IN(span->state)) != 0, out = (without & IN(span->state)) != 0;
        if ((!in && !out) || (talking && call->parties[span->party].queues))
            continue;
        any |= in;
        for (int ends = 0; ends < 2; ends++) {
            edge made = {ends ? span->end : span->start, in ? 1 - 2 * ends : 0, out ? 1 - 2 * ends : 0};
            uint32_t at = count++;
            for (; at && edges[at - 1].time > made.time; at--)
                edges[at] = edges[at - 1];
            edges[at] = made;
        }
    }
    int64_t total = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (i && depth && !apart)
            total += edges[i].time - edges[i - 1].time;
        depth += edges[i].depth;
        apart += edges[i].without;
    }
    return any ? total : -1;
}

void tlib_call_sums(const tlib_call *call, int64_t *sums) {
    const uint32_t talk = IN(TLIB_STATE_ESTABLISHED), hold = IN(TLIB_STATE_HELD);
    sums[TLIB_SUM_QUEUE] = covered(call, IN(TLIB_STATE_QUEUED), 0, 0);
    sums[TLIB_SUM_RING] = covered(call, IN(TLIB_STATE_RINGING), 0, 0);
    if (sums[TLIB_SUM_RING] < 0)
        sums[TLIB_SUM_RING] = covered(call, IN(TLIB_STATE_DIALING), 0, 0);
    if (call->doubtful_ring)
        sums[TLIB_SUM_RING] = -1;
    sums[TLIB_SUM_TALK] = covered(call, talk, hold, 1);
    sums[TLIB_SUM_HOLD] = sums[TLIB_SUM_TALK] < 0 ? -1 : covered(call, hold, 0, 1);
    if (sums[TLIB_SUM_TALK] >= 0 && sums[TLIB_SUM_HOLD] < 0)
        sums[TLIB_SUM_HOLD] = 0;
}
