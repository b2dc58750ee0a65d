/*
 * The strict reader. It takes a subset of JSON so small that it cannot
 * differ from the general reader in what it takes.
 */
#include "flat.h"

static void
skip_space(struct reader *r)
{
	uint8_t c;

	while (reader_peek(r, &c) &&
	       (c == ' ' || c == '\t' || c == '\n' || c == '\r'))
		(void)reader_u8(r);
}

/* Skips white space and reads one character, or fails. */
static void
expect(struct reader *r, uint8_t want)
{
	skip_space(r);
	if (reader_u8(r) != want)
		reader_fail(r, ERR_FORMAT);
}

/* A text, after its first quote. */
static struct bytes
text_read(struct reader *r)
{
	const uint8_t *start = r->in.ptr + r->pos;
	size_t len = 0;

	for (;; len++) {
		uint8_t c = reader_u8(r);

		if (c == '"')
			return bytes_make(start, len);
		if (c < ' ' || c > '~' || c == '\\') {
			reader_fail(r, ERR_FORMAT);
			return BYTES_NONE;
		}
	}
}

/* Digits without a leading zero, as many as surely fit an integer. */
static struct bytes
digits_read(struct reader *r)
{
	const uint8_t *start = r->in.ptr + r->pos;
	size_t len = 0;
	uint8_t c;

	for (; reader_peek(r, &c) && c >= '0' && c <= '9'; len++)
		(void)reader_u8(r);
	if (len == 0 || len > 18 || start[0] == '0')
		reader_fail(r, ERR_FORMAT);
	return bytes_make(start, len);
}

static struct bytes
value_read(struct reader *r)
{
	uint8_t c;

	skip_space(r);
	if (!reader_peek(r, &c) || c != '"')
		return digits_read(r);
	(void)reader_u8(r);
	return text_read(r);
}

static size_t
name_index(struct bytes name, const char *const *names, size_t count)
{
	size_t i = 0;

	while (i < count && !bytes_equal(name, bytes_str(names[i])))
		i++;
	return i;
}

static void
field_read(struct reader *r, const char *const *names, size_t count,
    struct bytes *values, bool *seen)
{
	expect(r, '"');
	size_t i = name_index(text_read(r), names, count);

	if (i == count || seen[i]) {
		reader_fail(r, ERR_FORMAT);
		return;
	}
	seen[i] = true;
	expect(r, ':');
	values[i] = value_read(r);
}

bool
flat_read(struct bytes body, const char *const *names, size_t count,
    struct bytes *ret_values)
{
	struct bytes values[FLAT_FIELDS_MAX] = {BYTES_NONE};
	bool seen[FLAT_FIELDS_MAX] = {false};
	struct reader r;
	uint8_t c;

	if (count > FLAT_FIELDS_MAX)
		return false;
	reader_init(&r, body);
	expect(&r, '{');
	field_read(&r, names, count, values, seen);
	skip_space(&r);
	while (reader_peek(&r, &c) && c == ',') {
		(void)reader_u8(&r);
		field_read(&r, names, count, values, seen);
		skip_space(&r);
	}
	expect(&r, '}');
	skip_space(&r);
	if (reader_end(&r) != ERR_OK)
		return false;
	for (size_t i = 0; i < count; i++)
		ret_values[i] = values[i];
	return true;
}
