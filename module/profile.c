/*
 * Values of security profiles and their one encoding, which is strict both
 * ways: what decodes could have been set.
 */
#include "profile.h"

#include "base/text.h"
#include "base/wipe.h"

#define ENCODING 1

enum { FLAG_ROT_PSK = 1, FLAG_RESUME = 2, FLAG_ALL = 3 };

void
profile_default(struct profile *p, unsigned validation)
{
	wipe(p, sizeof(*p));
	p->validation = validation;
}

struct profile_text *
profile_text(struct profile *p, enum profile_op op)
{
	return &p->texts[op - PROFILE_TEXT_FIRST];
}

const struct profile_text *
profile_text_of(const struct profile *p, enum profile_op op)
{
	return &p->texts[op - PROFILE_TEXT_FIRST];
}

size_t
profile_text_max(enum profile_op op)
{
	switch (op) {
	case PROFILE_CA:
	case PROFILE_CERT:
	case PROFILE_KEY:
		return CREDENTIAL_NAME_MAX;
	case PROFILE_PASSWORD:
	case PROFILE_PSK:
	case PROFILE_PSK_ID:
		return PROFILE_SECRET_MAX;
	default:
		return PROFILE_TEXT_MAX;
	}
}

static bool
printable(struct bytes text)
{
	size_t i;

	for (i = 0; i < text.len; i++) {
		if (text.ptr[i] < 0x20 || text.ptr[i] == 0x7f)
			return false;
	}
	return true;
}

/* Whether digits have the form of +USECPSK's identities. */
static bool
is_root_identity(struct bytes digits)
{
	static const char head[] = "1101";

	return digits.len == 28 &&
	       memcmp(digits.ptr, head, sizeof(head) - 1) == 0;
}

enum err
profile_text_set(
    struct profile *p, enum profile_op op, struct bytes text, bool hex)
{
	struct profile_text *t = profile_text(p, op);
	uint8_t raw[PROFILE_TEXT_MAX];
	size_t len;
	enum err err = ERR_OK;

	if (hex && op != PROFILE_PSK && op != PROFILE_PSK_ID)
		return ERR_INVALID;
	if (text.len > profile_text_max(op))
		return ERR_SPACE;
	if (!printable(text))
		return ERR_INVALID;
	if (hex)
		err = hex_decode(text, raw, sizeof(raw), &len);
	wipe(raw, sizeof(raw));
	if (err != ERR_OK)
		return err;
	wipe(t, sizeof(*t));
	t->hex = hex;
	t->digits = hex && op == PROFILE_PSK_ID && is_root_identity(text);
	t->len = (uint8_t)text.len;
	if (text.len > 0)
		memcpy(t->text, text.ptr, text.len);
	return ERR_OK;
}

void
profile_text_bytes(
    const struct profile_text *text, uint8_t *out, size_t *ret_len)
{
	*ret_len = 0;
	if (!text->hex || text->digits) {
		memcpy(out, text->text, text->len);
		*ret_len = text->len;
	} else if (hex_decode(bytes_make(text->text, text->len), out,
		       PROFILE_TEXT_MAX, ret_len) != ERR_OK) {
		*ret_len = 0;
	}
}

static size_t
suite_find(const struct profile *p, uint16_t suite)
{
	size_t i = 0;

	while (i < p->suite_count && p->suites[i] != suite)
		i++;
	return i;
}

enum err
profile_suite_add(struct profile *p, uint16_t suite)
{
	if (suite_find(p, suite) < p->suite_count)
		return ERR_OK;
	if (p->suite_count >= PROFILE_SUITES_MAX)
		return ERR_SPACE;
	p->suites[p->suite_count++] = suite;
	return ERR_OK;
}

enum err
profile_suite_remove(struct profile *p, uint16_t suite)
{
	size_t i = suite_find(p, suite);

	if (i == p->suite_count)
		return ERR_NOT_FOUND;
	p->suite_count--;
	memmove(&p->suites[i], &p->suites[i + 1],
	    (p->suite_count - i) * sizeof(p->suites[0]));
	return ERR_OK;
}

enum err
profile_encode(const struct profile *p, struct writer *out)
{
	unsigned flags = 0;
	size_t i;

	flags |= p->rot_psk ? FLAG_ROT_PSK : 0;
	flags |= p->resume ? FLAG_RESUME : 0;
	writer_u8(out, ENCODING);
	writer_u8(out, (uint8_t)p->validation);
	writer_u8(out, (uint8_t)p->version);
	writer_u8(out, (uint8_t)flags);
	writer_u8(out, (uint8_t)p->ztp);
	writer_u8(out, (uint8_t)p->suites_form);
	writer_u8(out, (uint8_t)p->suite_count);
	for (i = 0; i < p->suite_count; i++)
		writer_u16(out, p->suites[i]);
	for (i = 0; i < PROFILE_TEXTS; i++) {
		writer_u8(out, p->texts[i].hex ? 1 : 0);
		writer_u8(out, p->texts[i].len);
		writer_put(out, bytes_make(p->texts[i].text, p->texts[i].len));
	}
	return out->err;
}

static unsigned
number_read(struct reader *r, unsigned max)
{
	unsigned n = reader_u8(r);

	if (n > max)
		reader_fail(r, ERR_FORMAT);
	return n;
}

static void
suites_read(struct reader *r, struct profile *p)
{
	size_t i, count;

	p->suites_form = reader_u8(r);
	count = number_read(r, PROFILE_SUITES_MAX);
	if (p->suites_form != SUITES_DEFAULT && p->suites_form != SUITES_ONE &&
	    p->suites_form != SUITES_LIST)
		reader_fail(r, ERR_FORMAT);
	if ((p->suites_form == SUITES_DEFAULT && count != 0) ||
	    (p->suites_form == SUITES_ONE && count != 1))
		reader_fail(r, ERR_FORMAT);
	for (i = 0; i < count && r->err == ERR_OK; i++) {
		if (profile_suite_add(p, reader_u16(r)) != ERR_OK ||
		    p->suite_count != i + 1)
			reader_fail(r, ERR_FORMAT);
	}
}

static void
text_read(struct reader *r, struct profile *p, enum profile_op op)
{
	bool hex = number_read(r, 1) == 1;
	struct bytes text = reader_take(r, reader_u8(r));

	if (r->err == ERR_OK && profile_text_set(p, op, text, hex) != ERR_OK)
		reader_fail(r, ERR_FORMAT);
}

enum err
profile_decode(struct bytes in, struct profile *ret_profile)
{
	struct reader r;
	unsigned flags, op;
	enum err err;

	profile_default(ret_profile, VALIDATE_NOTHING);
	reader_init(&r, in);
	if (reader_u8(&r) != ENCODING)
		reader_fail(&r, ERR_FORMAT);
	ret_profile->validation = number_read(&r, VALIDATE_DATE);
	ret_profile->version = number_read(&r, VERSION_1_3);
	flags = number_read(&r, FLAG_ALL);
	ret_profile->rot_psk = (flags & FLAG_ROT_PSK) != 0;
	ret_profile->resume = (flags & FLAG_RESUME) != 0;
	ret_profile->ztp = number_read(&r, ZTP_WITHOUT_CA);
	suites_read(&r, ret_profile);
	for (op = PROFILE_TEXT_FIRST; op <= PROFILE_TEXT_LAST; op++)
		text_read(&r, ret_profile, (enum profile_op)op);
	err = reader_end(&r);
	if (err != ERR_OK)
		wipe(ret_profile, sizeof(*ret_profile));
	return err;
}
