/*
 * The service's own keys: made, written as text, read again, shown.
 *
 *	holdfast-keys 1
 *	kek 1 <32 bytes in hex>
 *	credential 1 <32 bytes in hex>
 *	import <32 bytes in hex>
 *	checksum <SHA-256 of all above, in hex>
 *
 * The reader takes exactly what the writer writes. Public keys are worked
 * out, not kept.
 */
#include "cloud/keys.h"

#include "base/text.h"
#include "base/wipe.h"

#define FIRST_LINE "holdfast-keys 1\n"
#define CHECKSUM_WORD "checksum "

/* --- what follows from the secrets --- */

static enum err
kek_prepare(struct keys_kek *kek)
{
	return keys_expand(BYTES_OF(kek->kek), "profile record", BYTES_NONE,
	    kek->record, sizeof(kek->record));
}

static enum err
state_prepare(struct keys_state *s)
{
	enum err err = ERR_OK;
	size_t i;

	for (i = 0; i < s->kek_count && err == ERR_OK; i++)
		err = kek_prepare(&s->kek[i]);
	for (i = 0; i < s->credential_count && err == ERR_OK; i++)
		err = p256_public(
		    &s->credential[i].secret, &s->credential[i].public_key);
	if (err == ERR_OK)
		err = p256_public(&s->import_secret, &s->import_public);
	return err;
}

static enum err
state_fill(struct keys_state *s)
{
	enum err err;

	s->kek_count = 1;
	s->kek[0].id = 1;
	err = random_fill(s->random, s->kek[0].kek, sizeof(s->kek[0].kek));
	if (err != ERR_OK)
		return err;
	s->credential_count = 1;
	s->credential[0].kid = 1;
	err = p256_generate(
	    s->random, &s->credential[0].secret, &s->credential[0].public_key);
	if (err != ERR_OK)
		return err;
	err = p256_generate(s->random, &s->import_secret, &s->import_public);
	if (err != ERR_OK)
		return err;
	return state_prepare(s);
}

enum err
keys_state_generate(
    const struct random_source *random, struct keys_state *ret_state)
{
	struct keys_state s = {.random = random};
	enum err err = state_fill(&s);

	if (err == ERR_OK)
		*ret_state = s;
	wipe(&s, sizeof(s));
	return err;
}

void
keys_state_done(struct keys_state *state)
{
	wipe(state, sizeof(*state));
}

/* --- text --- */

static void
put_text(struct writer *w, const char *text)
{
	writer_put(w, bytes_str(text));
}

static void
put_hex(struct writer *w, const uint8_t bytes[32])
{
	char hex[HEX_SIZE(32)];

	hex_encode_lower(bytes_make(bytes, 32), hex);
	put_text(w, hex);
	put_text(w, "\n");
	wipe(hex, sizeof(hex));
}

static void
put_numbered(struct writer *w, const char *word, uint8_t number,
    const uint8_t secret[32])
{
	char start[32];

	snprintf(start, sizeof(start), "%s %u ", word, (unsigned)number);
	put_text(w, start);
	put_hex(w, secret);
}

static enum err
put_checksum(struct writer *w, size_t from)
{
	struct bytes above = bytes_make(w->ptr + from, w->len - from);
	uint8_t hash[SHA256_LEN];
	enum err err;

	if (w->err != ERR_OK)
		return w->err;
	err = sha256(&above, 1, hash);
	if (err != ERR_OK)
		return err;
	put_text(w, CHECKSUM_WORD);
	put_hex(w, hash);
	return w->err;
}

enum err
keys_state_encode(const struct keys_state *state, struct writer *out)
{
	size_t from = out->len, i;

	put_text(out, FIRST_LINE);
	for (i = 0; i < state->kek_count; i++)
		put_numbered(out, "kek", state->kek[i].id, state->kek[i].kek);
	for (i = 0; i < state->credential_count; i++)
		put_numbered(out, "credential", state->credential[i].kid,
		    state->credential[i].secret.d);
	put_text(out, "import ");
	put_hex(out, state->import_secret.d);
	return put_checksum(out, from);
}

/* Reads a word that must stand here. */
static void
take_word(struct reader *r, const char *word)
{
	struct bytes want = bytes_str(word);

	if (!bytes_equal(reader_take(r, want.len), want))
		reader_fail(r, ERR_FORMAT);
}

static void
take_hex(struct reader *r, uint8_t out[32])
{
	struct bytes hex = reader_take(r, 64);
	size_t len;

	if (r->err == ERR_OK && hex_decode(hex, out, 32, &len) != ERR_OK)
		reader_fail(r, ERR_FORMAT);
	take_word(r, "\n");
}

/* Reads "NUMBER hex", a number from 1 to 255. */
static void
take_numbered(struct reader *r, uint8_t *ret_number, uint8_t secret[32])
{
	unsigned n = 0, digits = 0;
	uint8_t c;

	while ((c = reader_u8(r)) >= '0' && c <= '9' && digits++ < 3)
		n = n * 10 + (unsigned)(c - '0');
	if (c != ' ' || n == 0 || n > 255)
		reader_fail(r, ERR_FORMAT);
	*ret_number = (uint8_t)n;
	take_hex(r, secret);
}

/* No two keys share a number: blobs and devices name them by it. */
static bool
numbers_differ(const struct keys_state *s)
{
	size_t i, k;

	for (i = 1; i < s->kek_count; i++)
		for (k = 0; k < i; k++)
			if (s->kek[i].id == s->kek[k].id)
				return false;
	return s->credential_count < 2 ||
	       s->credential[0].kid != s->credential[1].kid;
}

/* Reads the lines between the first and the checksum. */
static void
take_keys(struct reader *r, struct keys_state *s)
{
	uint8_t first;

	while (reader_peek(r, &first) && first == 'k') {
		if (s->kek_count == KEYS_KEK_MAX) {
			reader_fail(r, ERR_FORMAT);
			return;
		}
		take_word(r, "kek ");
		take_numbered(
		    r, &s->kek[s->kek_count].id, s->kek[s->kek_count].kek);
		s->kek_count++;
	}
	while (reader_peek(r, &first) && first == 'c') {
		if (s->credential_count == KEYSPROTO_CREDENTIALS_MAX) {
			reader_fail(r, ERR_FORMAT);
			return;
		}
		take_word(r, "credential ");
		take_numbered(r, &s->credential[s->credential_count].kid,
		    s->credential[s->credential_count].secret.d);
		s->credential_count++;
	}
	take_word(r, "import ");
	take_hex(r, s->import_secret.d);
	if (s->kek_count == 0 || s->credential_count == 0 || !numbers_differ(s))
		reader_fail(r, ERR_FORMAT);
}

/* The checksum first: a damaged file is said to be damaged. */
static enum err
checksum_check(struct bytes text, struct bytes *ret_above)
{
	size_t tail = strlen(CHECKSUM_WORD) + 2 * SHA256_LEN + 1;
	uint8_t want[SHA256_LEN], have[SHA256_LEN];
	struct bytes above;
	struct reader r;
	enum err err;

	if (text.len < tail)
		return ERR_TRUNCATED;
	above = bytes_make(text.ptr, text.len - tail);
	reader_init(&r, bytes_make(text.ptr + above.len, tail));
	take_word(&r, CHECKSUM_WORD);
	take_hex(&r, want);
	err = reader_end(&r);
	if (err != ERR_OK)
		return err;
	err = sha256(&above, 1, have);
	if (err != ERR_OK)
		return err;
	if (!ct_equal(want, have, sizeof(have)))
		return ERR_AUTH;
	*ret_above = above;
	return ERR_OK;
}

/* Encodes again and compares, so that there is one text of each state. */
static enum err
same_text_check(const struct keys_state *s, struct bytes text)
{
	uint8_t again[KEYS_TEXT_MAX];
	struct writer w;
	enum err err;

	writer_init(&w, again, sizeof(again));
	err = keys_state_encode(s, &w);
	if (err == ERR_OK && !bytes_equal(writer_bytes(&w), text))
		err = ERR_FORMAT;
	wipe(again, sizeof(again));
	return err;
}

static enum err
state_read(struct bytes text, struct keys_state *s)
{
	struct bytes first = BYTES_LIT(FIRST_LINE), above;
	struct reader r;
	enum err err;

	err = checksum_check(text, &above);
	if (err != ERR_OK)
		return err;
	reader_init(&r, above);
	if (!bytes_equal(reader_take(&r, first.len), first))
		return ERR_UNSUPPORTED;
	take_keys(&r, s);
	err = reader_end(&r);
	if (err == ERR_OK)
		err = state_prepare(s);
	if (err == ERR_OK)
		err = same_text_check(s, text);
	return err;
}

enum err
keys_state_decode(struct bytes text, const struct random_source *random,
    struct keys_state *ret_state)
{
	struct keys_state s = {.random = random};
	enum err err = state_read(text, &s);

	if (err == ERR_OK)
		*ret_state = s;
	wipe(&s, sizeof(s));
	return err;
}

/* --- the public side --- */

static void
put_point(struct writer *w, const struct p256_point *point)
{
	uint8_t encoded[P256_POINT_LEN];
	char text[BASE64_SIZE(P256_POINT_LEN)];

	p256_point_encode(point, encoded);
	base64_encode(BYTES_OF(encoded), text);
	put_text(w, text);
}

enum err
keys_state_public_json(const struct keys_state *state, struct writer *out)
{
	char start[64];
	size_t i;

	put_text(out, "{\"ImportKey\": \"");
	put_point(out, &state->import_public);
	put_text(out, "\", \"Credentials\": [");
	for (i = 0; i < state->credential_count; i++) {
		snprintf(start, sizeof(start), "%s{\"Kid\": %u, ",
		    i == 0 ? "" : ", ", (unsigned)state->credential[i].kid);
		put_text(out, start);
		put_text(out, "\"PublicKey\": \"");
		put_point(out, &state->credential[i].public_key);
		put_text(out, "\"}");
	}
	put_text(out, "]}\n");
	return out->err;
}
