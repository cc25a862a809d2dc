/* Pseudonyms of the same shape; see pseudonym.h. */
#include "pseudonym.h"

enum { ROUNDS = 6, SHORT = 20, SEEN = 40, RUN = 4, CONN_ID = 16, CALL_UUID = 32 };
enum { ROUND_OF = 1, ONLY, STREAM, MORE, BYTES }; /* the first byte of a hashed message: what it is hashed for */
enum { PLAIN = 0, HEX, BASE32 };                  /* the alphabet of a part: that of each character, or one of an identifier */

static const tlib_alphabet HEX_DIGITS = {0xFFFFFF, 16, 0, "0123456789abcdef"};
static const tlib_alphabet BASE32_DIGITS = {0xFFFFFE, 32, 0, "0123456789ABCDEFGHIJKLMNOPQRSTUV"};
static const tlib_alphabet DIGITS = {5, 10, 1, "0123456789"}; /* that of the block of ASCII digits */

/* A number stays between the same two of these. */
static const uint64_t BOUNDS[] = {
    0,
    10,
    100,
    1000,
    10000,
    100000,
    1000000,
    10000000,
    100000000,
    1000000000,
    2147483648,
    4294967296,
    10000000000,
    100000000000,
    1000000000000,
    10000000000000,
    100000000000000,
    1000000000000000,
    10000000000000000,
    100000000000000000,
    1000000000000000000,
    10000000000000000000u,
};
enum { BOUND_COUNT = sizeof BOUNDS / sizeof *BOUNDS };

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

/* The bytes of the character that begins at `text`, and its code point; one byte where that is not UTF-8. */
static uint32_t character(const uint8_t *text, uint32_t left, uint32_t *code) {
    uint8_t lead = text[0];
    *code = lead;
    if (lead < 0x80)
        return 1;
    uint32_t size = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (left < size || tlib_utf8(text, size) != size) {
        *code = TLIB_ESCAPED + lead;
        return 1;
    }
    *code = lead & (0xFFu >> (size + 1));
    for (uint32_t k = 1; k < size; k++)
        *code = *code << 6 | (text[k] & 0x3F);
    return size;
}

/* The alphabet of a code point and its place in it; NULL where it is not replaced. *failed is set where its block cannot be made. */
static const tlib_alphabet *alphabet_of(tlib_pseudonyms *names, int own, uint32_t code, uint8_t *index, int *failed) {
    if (own != PLAIN) {
        const tlib_alphabet *chosen = own == HEX ? &HEX_DIGITS : &BASE32_DIGITS;
        const uint8_t *at = memchr(chosen->letters, (int)code, chosen->count);
        *index = at == NULL ? 0 : (uint8_t)(at - chosen->letters);
        return chosen;
    }
    tlib_code_block *block = names->blocks[code / 64];
    if (block == NULL) {
        block = names->blocks[code / 64] = names->block(names->context, code / 64);
        if (block == NULL) {
            *failed = 1;
            return NULL;
        }
    }
    uint8_t alphabet = block->alphabet[code % 64];
    if (alphabet == TLIB_ALPHABETS || block->alphabets[alphabet].count < 2)
        return NULL;
    *index = block->index[code % 64];
    return &block->alphabets[alphabet];
}

/* -- the cycle ------------------------------------------------------------------------------------ */

/* A place in the cycle through all texts of the same alphabets. */
typedef struct {
    uint64_t numbers[2], sizes[2], step;
    uint32_t start[3];
    size_t length;
    uint8_t message[3 + 8 + 3 * SHORT];
} cycle;

static uint64_t round_of(const tlib_pseudonyms *names, cycle *c, uint8_t purpose, uint32_t turn, uint64_t other) {
    uint8_t digest[TLIB_BLAKE_DIGEST];
    c->message[0] = purpose;
    c->message[1] = (uint8_t)turn;
    for (int k = 0; k < 8; k++)
        c->message[3 + k] = (uint8_t)(other >> (56 - 8 * k));
    digest_of(names, c->message, c->length, NULL, 0, digest);
    return tlib_u64(digest);
}

/* Find the place of a text of `count` letters and digits, at least one. */
static void begin_cycle(const tlib_pseudonyms *names, cycle *c, const place *places, uint32_t count) {
    *c = (cycle){.sizes = {1, 1}, .start = {0, (count + 1) / 2, count}, .length = 11 + 3 * (size_t)count};
    for (uint32_t side = 0; side < 2; side++)
        for (uint32_t i = c->start[side]; i < c->start[side + 1]; i++) {
            c->sizes[side] *= places[i].alphabet->count;
            c->numbers[side] = c->numbers[side] * places[i].alphabet->count + places[i].index;
        }
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t k = 0; k < 3; k++)
            c->message[11 + 3 * i + k] = (uint8_t)(places[i].alphabet->id >> (16 - 8 * k));
    c->message[2] = (uint8_t)count;
    if (count == 1) { /* a network of one side has no rounds */
        c->step = 1 + round_of(names, c, ONLY, 0, 0) % (c->sizes[0] - 1);
        return;
    }
    for (uint32_t turn = 0; turn < ROUNDS; turn++) {
        uint64_t size = c->sizes[turn % 2];
        c->numbers[turn % 2] = (c->numbers[turn % 2] + round_of(names, c, ROUND_OF, turn, c->numbers[1 - turn % 2]) % size) % size;
    }
}

/* Move the places to the next text of the cycle. */
static void next_text(const tlib_pseudonyms *names, cycle *c, place *places, uint32_t count) {
    uint64_t found[2];
    if (count == 1)
        c->numbers[0] = (c->numbers[0] + c->step) % c->sizes[0];
    else {
        c->numbers[0] = (c->numbers[0] + 1) % c->sizes[0];
        if (c->numbers[0] == 0)
            c->numbers[1] = (c->numbers[1] + 1) % c->sizes[1];
    }
    memcpy(found, c->numbers, sizeof found);
    for (uint32_t turn = count == 1 ? 0 : ROUNDS; turn-- > 0;) {
        uint64_t size = c->sizes[turn % 2];
        found[turn % 2] = (found[turn % 2] + size - round_of(names, c, ROUND_OF, turn, found[1 - turn % 2]) % size) % size;
    }
    for (uint32_t side = 0; side < 2; side++)
        for (uint32_t i = c->start[side + 1]; i-- > c->start[side];) {
            places[i].now = (uint8_t)(found[side] % places[i].alphabet->count);
            found[side] /= places[i].alphabet->count;
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

/* Whether the character of a place is that of another one in the pseudonym; the digits of ASCII have several alphabets. */
static int is_same(const place *one, const place *other) {
    uint8_t letter = one->alphabet->letters[one->index];
    return letter == other->alphabet->letters[other->now] && (letter < 0x80 || one->alphabet == other->alphabet);
}

/* Whether four consecutive digits of the text occur in the pseudonym. */
static int survives(const place *places, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        if (!run_at(places, count, i))
            continue;
        for (uint32_t j = 0; j < count; j++) {
            uint32_t k = 0;
            while (run_at(places, count, j) && k < RUN && is_same(&places[i + k], &places[j + k]))
                k++;
            if (k == RUN)
                return 1;
        }
    }
    return 0;
}

/* -- numbers -------------------------------------------------------------------------------------- */

static uint64_t make_number(const tlib_pseudonyms *names, uint64_t number) {
    place places[SHORT];
    cycle c;
    uint32_t count = 0, bound = BOUND_COUNT - 1;
    for (uint64_t rest = number; rest || !count; rest /= 10)
        count++;
    while (BOUNDS[bound] > number)
        bound--;
    uint64_t high = bound + 1 < BOUND_COUNT ? BOUNDS[bound + 1] - 1 : UINT64_MAX, unit = 1, rest = number;
    for (uint32_t i = count; i-- > 0; rest /= 10) {
        places[i] = (place){.alphabet = &DIGITS, .character = i, .index = (uint8_t)(rest % 10)};
        unit *= i ? 10 : 1;
    }
    uint32_t least = (uint32_t)(BOUNDS[bound] / unit), most = (uint32_t)(high / unit);
    tlib_alphabet leading = {.id = 0xFFFF00 | least << 4 | most, .count = (uint8_t)(most - least + 1), .decimal = 1};
    memcpy(leading.letters, DIGITS.letters + least, leading.count);
    places[0].alphabet = &leading;
    places[0].index = (uint8_t)(places[0].index - least);
    begin_cycle(names, &c, places, count);
    for (;;) {
        uint64_t value = 0;
        int fits = 1;
        next_text(names, &c, places, count);
        for (uint32_t i = 0; i < count && fits; i++) {
            uint8_t digit = (uint8_t)(places[i].alphabet->letters[places[i].now] - '0');
            fits = value <= (UINT64_MAX - digit) / 10;
            value = 10 * value + digit;
        }
        if (fits && value >= BOUNDS[bound] && value <= high && !survives(places, count))
            return value;
    }
}

/* Whether a part is a decimal number of 64 bits without a leading zero, perhaps negative, and its magnitude. */
static int is_number(const uint8_t *text, uint32_t length, uint64_t *number) {
    uint32_t at = length > 1 && text[0] == '-';
    *number = 0;
    if (length == 0 || length - at > SHORT || (text[at] == '0' && length > 1))
        return 0;
    for (; at < length; at++) {
        uint8_t digit = (uint8_t)(text[at] - '0');
        if (digit > 9 || *number > (UINT64_MAX - digit) / 10)
            return 0;
        *number = 10 * *number + digit;
    }
    return 1;
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
        *one = (place){.at = at + size - 1, .character = characters};
        one->alphabet = alphabet_of(names, own, code, &one->index, &failed);
        if (failed)
            return -1;
        if (one->alphabet == NULL)
            continue;
        if (count == SHORT && characters >= SEEN)
            return shift_long(names, own, text, length, out);
        if (++count > SEEN)
            return shift_long(names, own, text, length, out);
    }
    if (count > SHORT && characters > SEEN)
        return shift_long(names, own, text, length, out);
    if (!count)
        return 0;
    cycle c;
    if (count <= SHORT)
        begin_cycle(names, &c, places, count);
    for (uint32_t attempt = 0;; attempt++) {
        if (count <= SHORT)
            next_text(names, &c, places, count);
        else {
            uint8_t first[TLIB_BLAKE_DIGEST], digest[TLIB_BLAKE_DIGEST];
            begin_stream(names, own, attempt, text, length, first);
            memcpy(digest, first, sizeof first);
            shift(names, places, count, 0, first, digest);
        }
        if (own != PLAIN || !survives(places, count))
            break;
    }
    put(places, count, out);
    return 0;
}

int tlib_is_identifier(const uint8_t *text, uint32_t length) {
    if (length != CONN_ID && length != CALL_UUID)
        return 0;
    int letter = text[0] == '0';
    for (uint32_t i = 0; i < length; i++) {
        if (text[i] >= '0' && text[i] <= '9')
            continue;
        uint8_t c = length == CONN_ID ? (uint8_t)(text[i] & 0xDF) : text[i];
        if (c < 'A' || c > (length == CONN_ID ? 'F' : 'V'))
            return 0;
        letter = 1;
    }
    return letter;
}

/* The hex digits of a ConnID in their letter case. */
static int make_hex(tlib_pseudonyms *names, const uint8_t *text, uint8_t *out) {
    uint8_t lower[CONN_ID];
    int upper = 0;
    for (int i = 0; i < CONN_ID; i++) {
        int capital = text[i] >= 'A' && text[i] <= 'Z';
        lower[i] = (uint8_t)(text[i] | (capital ? 0x20 : 0));
        upper |= capital;
    }
    if (make(names, HEX, lower, CONN_ID, out))
        return -1;
    for (int i = 0; i < CONN_ID && upper; i++)
        if (out[i] >= 'a' && out[i] <= 'z')
            out[i] = (uint8_t)(out[i] & ~0x20);
    return 0;
}

/* The bytes of the sign and the first zero of a decimal number that has a leading zero; none of another text. */
static uint32_t padding(const uint8_t *text, uint32_t length) {
    uint32_t kept = 1 + (text[0] == '-');
    if (length <= kept || text[kept - 1] != '0')
        return 0;
    for (uint32_t i = kept; i < length; i++)
        if (text[i] < '0' || text[i] > '9')
            return 0;
    return kept;
}

static int make_part(tlib_pseudonyms *names, const uint8_t *text, uint32_t length, uint8_t *out) {
    uint64_t number;
    if (is_number(text, length, &number)) {
        int negative = text[0] == '-';
        number = negative ? tlib_pseudonym_negative(names, number) : make_number(names, number);
        for (uint32_t i = length; i-- > (uint32_t)negative; number /= 10)
            out[i] = (uint8_t)('0' + number % 10);
        if (negative)
            out[0] = '-';
        return 0;
    }
    uint32_t kept = padding(text, length);
    if (kept || !tlib_is_identifier(text, length)) {
        memcpy(out, text, kept);
        return make(names, PLAIN, text + kept, length - kept, out + kept);
    }
    return length == CONN_ID ? make_hex(names, text, out) : make(names, BASE32, text, length, out);
}

static int is_separator(uint8_t c) {
    return memchr("@:;,/|=<>&?+*#\"\\[]{}\t\n\r", c, 23) != NULL;
}

/* Replace the parts between separators. */
static int make_text(tlib_pseudonyms *names, const uint8_t *text, uint32_t length, uint8_t *out) {
    uint32_t from = 0;
    for (uint32_t at = 0; at <= length; at++) {
        if (at < length && !is_separator(text[at]))
            continue;
        if (at > from && make_part(names, text + from, at - from, out + from))
            return -1;
        if (at < length)
            out[at] = text[at];
        from = at + 1;
    }
    return 0;
}

/* -- the cache ------------------------------------------------------------------------------------ */

/* The entry of the cache where a text belongs; *hit says whether it is there, else it is the entry's text from now on. */
static tlib_kept_pseudonym *kept_for(tlib_pseudonyms *names, int number, const uint8_t *text, uint32_t length, int *hit) {
    uint32_t hash = 2166136261u ^ (uint32_t)number;
    for (uint32_t i = 0; i < length; i++)
        hash = (hash ^ text[i]) * 16777619u;
    tlib_kept_pseudonym *set = &names->cache[(hash ^ hash >> 15) % (TLIB_CACHE / TLIB_WAYS) * TLIB_WAYS], *kept = set;
    for (int way = 0; way < TLIB_WAYS; way++, kept++) {
        *hit = kept->length == length && kept->number == number && memcmp(kept->text, text, length) == 0;
        if (*hit)
            return kept;
    }
    kept = set + set->next;
    set->next = (uint8_t)((set->next + 1) % TLIB_WAYS);
    memcpy(kept->text, text, length);
    kept->number = (uint8_t)number;
    kept->length = (uint8_t)length;
    return kept;
}

int tlib_pseudonym(tlib_pseudonyms *names, const uint8_t *text, uint32_t length, uint8_t *out) {
    if (length > TLIB_CACHED_BYTES)
        return make_text(names, text, length, out);
    if (!length)
        return 0;
    int hit;
    tlib_kept_pseudonym *kept = kept_for(names, 0, text, length, &hit);
    if (!hit && make_text(names, text, length, kept->pseudonym)) {
        kept->length = 0;
        return -1;
    }
    memcpy(out, kept->pseudonym, length);
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

uint64_t tlib_pseudonym_number(tlib_pseudonyms *names, uint64_t number) {
    int hit;
    tlib_kept_pseudonym *kept = kept_for(names, 1, (const uint8_t *)&number, sizeof number, &hit);
    if (!hit) {
        uint64_t found = make_number(names, number);
        memcpy(kept->pseudonym, &found, sizeof found);
    }
    memcpy(&number, kept->pseudonym, sizeof number);
    return number;
}

uint64_t tlib_pseudonym_negative(tlib_pseudonyms *names, uint64_t magnitude) {
    uint64_t found = tlib_pseudonym_number(names, magnitude - (magnitude == (uint64_t)1 << 31)); /* -2^31 has no neighbour of 32 bits */
    return found ? found : tlib_pseudonym_number(names, 0);                                      /* 0 has no sign */
}
