/* Pseudonyms of the same shape; see pseudonym.h. */
#include "pseudonym.h"

enum { ROUNDS = 8, SHORT = 16, SEEN = 40, AGAIN = 64, RUN = 4 };
enum { ROUND_OF = 1, ONLY, STREAM, MORE, BYTES, ADDRESS, INTEGER }; /* the first byte of a hashed message: what it is hashed for */
enum { NUMBER = 3 };                                                /* beside the alphabets, in the cache */
#define NO_CODE 0xFFFFFFFFu

static const tlib_alphabet HEX = {0xFFFFFF, 16, 0, "0123456789abcdef"};
static const tlib_alphabet BASE32 = {0xFFFFFE, 32, 0, "0123456789ABCDEFGHIJKLMNOPQRSTUV"};
static const tlib_alphabet DIGITS = {TLIB_DECIMAL, 10, 1, "0123456789"};

/* A character that is replaced: where its last byte stands, which character of the text it is, its place in its alphabet. */
typedef struct {
    const tlib_alphabet *alphabet;
    uint32_t at;
    uint32_t character;
    uint8_t index;
    uint8_t now;
} place;

/* -- hashes --------------------------------------------------------------------------------------- */

static void digest_of(const tlib_pseudonyms *names, const uint8_t *head, size_t head_length, const uint8_t *data, size_t length,
                      uint8_t *digest) {
    tlib_blake state = names->keyed;
    tlib_blake_update(&state, head, head_length);
    tlib_blake_update(&state, data, length);
    tlib_blake_end(&state, digest);
}

/* The digest with the number `i` of a stream that begins with `first`. */
static void more_of(const tlib_pseudonyms *names, const uint8_t *first, uint64_t i, uint8_t *digest) {
    uint8_t head[9] = {MORE};
    for (int k = 0; k < 8; k++)
        head[8 - k] = (uint8_t)(i >> 8 * k);
    digest_of(names, head, sizeof head, first, TLIB_BLAKE_DIGEST, digest);
}

/* -- characters ----------------------------------------------------------------------------------- */

/* The bytes of the character that begins at `text`, and its code point; one byte and NO_CODE where that is not UTF-8. */
static uint32_t character(const uint8_t *text, uint32_t left, uint32_t *code) {
    uint8_t lead = text[0];
    *code = lead;
    if (lead < 0x80)
        return 1;
    uint32_t size = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (left < size || tlib_utf8(text, size) != size) {
        *code = NO_CODE;
        return 1;
    }
    *code = lead & (0xFFu >> (size + 1));
    for (uint32_t k = 1; k < size; k++)
        *code = *code << 6 | (text[k] & 0x3F);
    return size;
}

/* The alphabet of a code point and its place in it; NULL where it is not replaced. *failed is set where its block cannot be made. */
static const tlib_alphabet *alphabet_of(tlib_pseudonyms *names, int own, uint32_t code, uint8_t *index, int *failed) {
    const tlib_alphabet *chosen = own == TLIB_HEX ? &HEX : &BASE32;
    if (own && code < 0x80) {
        const uint8_t *at = memchr(chosen->letters, (int)code, chosen->count);
        if (at != NULL) {
            *index = (uint8_t)(at - chosen->letters);
            return chosen;
        }
    }
    if (code == NO_CODE)
        return NULL;
    tlib_code_block *block = names->blocks[code / 64];
    if (block == NULL) {
        block = names->blocks[code / 64] = names->block(names->context, code / 64);
        if (block == NULL) {
            *failed = 1;
            return NULL;
        }
    }
    uint8_t kind = block->kind[code % 64];
    if (kind == TLIB_KINDS || block->alphabets[kind].count < 2)
        return NULL;
    *index = block->index[code % 64];
    return &block->alphabets[kind];
}

/* -- the network ---------------------------------------------------------------------------------- */

/* Move the places to the image of their characters under a permutation of all texts of the same alphabets. */
static void permute(const tlib_pseudonyms *names, place *places, uint32_t count) {
    uint8_t message[3 + 8 + 3 * SHORT] = {0}, digest[TLIB_BLAKE_DIGEST];
    uint32_t half = (count + 1) / 2, start[3] = {0, half, count};
    uint64_t numbers[2] = {0, 0}, sizes[2] = {1, 1};
    for (uint32_t side = 0; side < 2; side++)
        for (uint32_t i = start[side]; i < start[side + 1]; i++) {
            sizes[side] *= places[i].alphabet->count;
            numbers[side] = numbers[side] * places[i].alphabet->count + places[i].now;
        }
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t k = 0; k < 3; k++)
            message[11 + 3 * i + k] = (uint8_t)(places[i].alphabet->id >> (16 - 8 * k));
    message[2] = (uint8_t)count;
    size_t length = 11 + 3 * (size_t)count;
    if (count == 1) {
        message[0] = ONLY;
        digest_of(names, message, length, NULL, 0, digest);
        numbers[0] = (numbers[0] + 1 + tlib_u64(digest) % (sizes[0] - 1)) % sizes[0];
    } else
        for (uint8_t turn = 0; turn < ROUNDS; turn++) {
            uint64_t other = numbers[1 - turn % 2];
            message[0] = ROUND_OF;
            message[1] = turn;
            for (int k = 0; k < 8; k++)
                message[3 + k] = (uint8_t)(other >> (56 - 8 * k));
            digest_of(names, message, length, NULL, 0, digest);
            numbers[turn % 2] = (numbers[turn % 2] + tlib_u64(digest) % sizes[turn % 2]) % sizes[turn % 2];
        }
    for (uint32_t side = 0; side < 2; side++)
        for (uint32_t i = start[side + 1]; i-- > start[side];) {
            places[i].now = (uint8_t)(numbers[side] % places[i].alphabet->count);
            numbers[side] /= places[i].alphabet->count;
        }
}

/* -- what must not survive ------------------------------------------------------------------------ */

/* Whether a run of decimal digits begins at the place. */
static int run_at(const place *places, uint32_t count, uint32_t i) {
    if (i + RUN > count || places[i + RUN - 1].character != places[i].character + RUN - 1)
        return 0;
    for (uint32_t k = 0; k < RUN; k++)
        if (!places[i + k].alphabet->decimal)
            return 0;
    return 1;
}

/* Whether four consecutive digits of the text occur in the pseudonym, or a text without four is its own pseudonym. */
static int survives(const place *places, uint32_t count) {
    int any = 0, same = 1;
    for (uint32_t i = 0; i < count; i++) {
        same &= places[i].now == places[i].index;
        if (!run_at(places, count, i))
            continue;
        any = 1;
        for (uint32_t j = 0; j < count; j++) {
            uint32_t k = 0;
            while (run_at(places, count, j) && k < RUN && places[i + k].alphabet == places[j + k].alphabet &&
                   places[i + k].index == places[j + k].now)
                k++;
            if (k == RUN)
                return 1;
        }
    }
    return !any && same && count;
}

/* -- texts ---------------------------------------------------------------------------------------- */

/* Move each place by a step of its own, which is not zero; `from` places came before. */
static void shift(const tlib_pseudonyms *names, place *places, uint32_t count, uint64_t from, const uint8_t *first, uint8_t *digest) {
    enum { STEPS = TLIB_BLAKE_DIGEST / 2 };
    for (uint32_t i = 0; i < count; i++) {
        uint64_t step = from + i;
        if (step && step % STEPS == 0)
            more_of(names, first, step / STEPS, digest);
        uint32_t word = tlib_u16(digest + 2 * (step % STEPS)), size = places[i].alphabet->count;
        places[i].now = (uint8_t)((places[i].index + 1 + word % (size - 1)) % size);
    }
}

static void put(const place *places, uint32_t count, uint8_t *out) {
    for (uint32_t i = 0; i < count; i++)
        out[places[i].at] = places[i].alphabet->letters[places[i].now];
}

static void begin_stream(const tlib_pseudonyms *names, int own, uint32_t attempt, const uint8_t *text, uint32_t length, uint8_t *digest) {
    uint8_t head[3] = {STREAM, (uint8_t)own, (uint8_t)attempt};
    digest_of(names, head, sizeof head, text, length, digest);
}

/* A text of more characters than are looked at together: no digit of it is searched for in its pseudonym. */
static int shift_long(tlib_pseudonyms *names, int own, const uint8_t *text, uint32_t length, uint8_t *out) {
    uint8_t first[TLIB_BLAKE_DIGEST], digest[TLIB_BLAKE_DIGEST];
    uint64_t done = 0;
    uint32_t code, size;
    int failed = 0;
    begin_stream(names, own, 0, text, length, first);
    memcpy(digest, first, sizeof first);
    for (uint32_t at = 0; at < length; at += size) {
        place one = {0};
        size = character(text + at, length - at, &code);
        one.alphabet = alphabet_of(names, own, code, &one.index, &failed);
        if (failed)
            return -1;
        if (one.alphabet == NULL)
            continue;
        one.at = at + size - 1;
        shift(names, &one, 1, done++, first, digest);
        put(&one, 1, out);
    }
    return 0;
}

static int make(tlib_pseudonyms *names, int own, const uint8_t *text, uint32_t length, uint8_t *out) {
    place places[SEEN + 1];
    uint32_t count = 0, characters = 0, code, size;
    int failed = 0;
    memcpy(out, text, length);
    for (uint32_t at = 0; at < length; at += size, characters++) {
        size = character(text + at, length - at, &code);
        place *one = &places[count];
        one->alphabet = alphabet_of(names, own, code, &one->index, &failed);
        if (failed)
            return -1;
        if (one->alphabet == NULL)
            continue;
        one->now = one->index;
        one->at = at + size - 1;
        one->character = characters;
        if (count == SHORT && characters >= SEEN)
            return shift_long(names, own, text, length, out);
        if (++count > SEEN)
            return shift_long(names, own, text, length, out);
    }
    if (count > SHORT && characters > SEEN)
        return shift_long(names, own, text, length, out);
    if (!count)
        return 0;
    for (uint32_t attempt = 0; attempt < AGAIN; attempt++) {
        if (count <= SHORT)
            permute(names, places, count);
        else {
            uint8_t first[TLIB_BLAKE_DIGEST], digest[TLIB_BLAKE_DIGEST];
            begin_stream(names, own, attempt, text, length, first);
            memcpy(digest, first, sizeof first);
            shift(names, places, count, 0, first, digest);
        }
        if (own || !survives(places, count))
            break;
    }
    put(places, count, out);
    return 0;
}

/* The entry of the cache where a text belongs; *hit says whether it is there, else it is the entry's text from now on. */
static tlib_kept_pseudonym *kept_for(tlib_pseudonyms *names, int own, const uint8_t *text, uint32_t length, int *hit) {
    uint32_t hash = 2166136261u ^ (uint32_t)own;
    for (uint32_t i = 0; i < length; i++)
        hash = (hash ^ text[i]) * 16777619u;
    tlib_kept_pseudonym *set = &names->cache[(hash ^ hash >> 15) % (TLIB_CACHE / TLIB_WAYS) * TLIB_WAYS], *kept = set;
    for (int way = 0; way < TLIB_WAYS; way++, kept++) {
        *hit = kept->length == length && kept->own == own && memcmp(kept->text, text, length) == 0;
        if (*hit)
            return kept;
    }
    kept = set + set->next;
    set->next = (uint8_t)((set->next + 1) % TLIB_WAYS);
    memcpy(kept->text, text, length);
    kept->own = (uint8_t)own;
    kept->length = (uint8_t)length;
    return kept;
}

int tlib_pseudonym(tlib_pseudonyms *names, int own, const uint8_t *text, uint32_t length, uint8_t *out) {
    if (length > TLIB_CACHED_BYTES)
        return make(names, own, text, length, out);
    if (!length)
        return 0;
    int hit;
    tlib_kept_pseudonym *kept = kept_for(names, own, text, length, &hit);
    if (!hit && make(names, own, text, length, kept->pseudonym)) {
        kept->length = 0;
        return -1;
    }
    memcpy(out, kept->pseudonym, length);
    return 0;
}

int tlib_pseudonym_hex(tlib_pseudonyms *names, const uint8_t *text, uint8_t *out) {
    uint8_t lower[16];
    int upper = 0;
    for (int i = 0; i < 16; i++) {
        int capital = text[i] >= 'A' && text[i] <= 'Z';
        lower[i] = (uint8_t)(text[i] | (capital ? 0x20 : 0));
        upper |= capital;
    }
    if (tlib_pseudonym(names, TLIB_HEX, lower, 16, out))
        return -1;
    for (int i = 0; i < 16 && upper; i++)
        if (out[i] >= 'a' && out[i] <= 'z')
            out[i] = (uint8_t)(out[i] & ~0x20);
    return 0;
}

void tlib_pseudonym_data(tlib_pseudonyms *names, const uint8_t *data, uint32_t length, uint8_t *out) {
    uint8_t head = BYTES, first[TLIB_BLAKE_DIGEST], digest[TLIB_BLAKE_DIGEST];
    digest_of(names, &head, 1, data, length, first);
    memcpy(digest, first, sizeof first);
    for (uint32_t at = 0; at < length; at += TLIB_BLAKE_DIGEST) {
        if (at)
            more_of(names, first, at / TLIB_BLAKE_DIGEST, digest);
        memcpy(out + at, digest, length - at < TLIB_BLAKE_DIGEST ? length - at : TLIB_BLAKE_DIGEST);
    }
}

static uint32_t make_number(const tlib_pseudonyms *names, uint32_t number, uint32_t most) {
    place places[10];
    uint8_t digits[11] = {INTEGER}, digest[TLIB_BLAKE_DIGEST];
    uint32_t count = 0;
    uint64_t low = 1;
    for (uint64_t rest = number; rest || !count; rest /= 10) {
        count++;
        low *= 10;
    }
    uint64_t high = low - 1 < most ? low - 1 : most;
    low = count > 1 ? low / 10 : 0;
    for (uint32_t i = count, rest = number; i-- > 0; rest /= 10) {
        places[i].alphabet = &DIGITS;
        places[i].character = i;
        places[i].index = places[i].now = (uint8_t)(rest % 10);
        digits[1 + i] = (uint8_t)('0' + rest % 10);
    }
    for (;;) {
        uint64_t value = 0;
        permute(names, places, count);
        for (uint32_t i = 0; i < count; i++)
            value = 10 * value + places[i].now;
        if (value >= low && value <= high && !survives(places, count))
            return (uint32_t)value;
        if (value == number)
            break; /* it would go round for ever */
    }
    digest_of(names, digits, 1 + (size_t)count, NULL, 0, digest);
    return (uint32_t)(low + (number - low + 1 + tlib_u64(digest) % (high - low)) % (high - low + 1));
}

uint32_t tlib_pseudonym_number(tlib_pseudonyms *names, uint32_t number, uint32_t most) {
    uint32_t key[2] = {number, most}, found;
    int hit;
    tlib_kept_pseudonym *kept = kept_for(names, NUMBER, (const uint8_t *)key, sizeof key, &hit);
    if (!hit) {
        found = make_number(names, number, most);
        memcpy(kept->pseudonym, &found, sizeof found);
    }
    memcpy(&found, kept->pseudonym, sizeof found);
    return found;
}
