/*
 * Writes the text of commands and reads that of answers. Nothing that a
 * caller hands in can end a quoted string, or a command, early.
 */
#include <string.h>

#include "base/text.h"
#include "base/wipe.h"
#include "internal.h"

#define NUMBER_DIGITS 10

void
command_init(struct command *c, const char *start)
{
	writer_init(&c->writer, (uint8_t *)c->text, HF_COMMAND_MAX);
	command_text(c, start);
}

void
command_text(struct command *c, const char *text)
{
	writer_put(&c->writer, bytes_str(text));
}

void
command_number(struct command *c, size_t number)
{
	uint8_t digits[NUMBER_DIGITS];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (uint8_t)('0' + number % 10);
		number /= 10;
	} while (number > 0 && at > 0);
	if (number > 0)
		writer_fail(&c->writer, ERR_SPACE);
	writer_put(&c->writer, bytes_make(digits + at, sizeof(digits) - at));
}

void
command_quoted(struct command *c, const char *text)
{
	size_t i;

	writer_u8(&c->writer, '"');
	for (i = 0; text[i] != '\0'; i++) {
		uint8_t byte = (uint8_t)text[i];

		if (byte < ' ' || byte == '"' || byte == 0x7F)
			writer_fail(&c->writer, ERR_INVALID);
		writer_u8(&c->writer, byte);
	}
	writer_u8(&c->writer, '"');
}

void
command_hex(struct command *c, struct bytes data)
{
	char hex[HEX_SIZE(1)];
	size_t i;

	writer_u8(&c->writer, '"');
	for (i = 0; i < data.len; i++) {
		hex_encode(bytes_make(data.ptr + i, 1), hex);
		writer_put(&c->writer, bytes_make(hex, 2));
	}
	writer_u8(&c->writer, '"');
}

enum hf_err
command_run(struct hf_host *h, struct command *c, struct hf_call *call)
{
	struct hf_call none = {0};
	struct bytes text;
	enum hf_err err = HF_ERR_INVALID;

	if (call == NULL)
		call = &none;
	if (writer_end(&c->writer, &text) == ERR_OK) {
		c->text[text.len] = '\0';
		call->command = c->text;
		err = hf_run(h, call);
		call->command = NULL;
	}
	wipe(c, sizeof(*c));
	return err;
}

size_t
answer_number(struct reader *r)
{
	size_t number = 0, digits = 0;
	uint8_t byte;

	while (reader_peek(r, &byte) && byte >= '0' && byte <= '9') {
		number = 10 * number + (size_t)(reader_u8(r) - '0');
		if (++digits == NUMBER_DIGITS)
			reader_fail(r, ERR_FORMAT);
	}
	if (digits == 0)
		reader_fail(r, ERR_FORMAT);
	return number;
}

void
answer_comma(struct reader *r)
{
	if (reader_u8(r) != ',')
		reader_fail(r, ERR_FORMAT);
}

struct bytes
answer_quoted(struct reader *r)
{
	struct reader ahead;
	struct bytes text;
	uint8_t byte = 0;
	size_t len = 0;

	if (reader_u8(r) != '"')
		reader_fail(r, ERR_FORMAT);
	ahead = *r;
	while (reader_peek(&ahead, &byte) && byte != '"') {
		(void)reader_u8(&ahead);
		len++;
	}
	if (byte != '"')
		reader_fail(r, ERR_FORMAT);
	text = reader_take(r, len);
	(void)reader_u8(r);
	return text;
}

void
answer_hex(struct reader *r, uint8_t *out, size_t len)
{
	struct bytes text = answer_quoted(r);
	size_t got;

	if (text.len != 2 * len || hex_decode(text, out, len, &got) != ERR_OK)
		reader_fail(r, ERR_FORMAT);
}
