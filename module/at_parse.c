/*
 * The grammar of an AT command line. It knows no command: which names there
 * are and what their parameters mean is the business of at_table.c.
 *
 * Spec: ITU-T V.250, sections 5.2 to 5.4.
 */
#include "at_parse.h"

static bool
is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static uint8_t
to_upper(uint8_t c)
{
	return c >= 'a' && c <= 'z' ? (uint8_t)(c - 'a' + 'A') : c;
}

static bool
is_letter(uint8_t c)
{
	c = to_upper(c);
	return c >= 'A' && c <= 'Z';
}

/* The byte that stands next after spaces; 0 at the end of the line. */
static uint8_t
line_peek(struct at_line *line)
{
	while (line->pos < line->in.len && line->in.ptr[line->pos] == ' ')
		line->pos++;
	return line->pos < line->in.len ? line->in.ptr[line->pos] : 0;
}

static bool
line_accept(struct at_line *line, uint8_t c)
{
	if (line->pos >= line->in.len || line_peek(line) != c)
		return false;
	line->pos++;
	return true;
}

static bool
line_at_end(struct at_line *line)
{
	(void)line_peek(line);
	return line->pos >= line->in.len;
}

enum err
at_line_start(struct at_line *line, struct bytes in)
{
	line->in = in;
	line->pos = 0;
	if (to_upper(line_peek(line)) != 'A')
		return ERR_FORMAT;
	line->pos++;
	if (line->pos >= in.len || to_upper(in.ptr[line->pos]) != 'T')
		return ERR_FORMAT;
	line->pos++;
	return ERR_OK;
}

bool
at_line_more(struct at_line *line)
{
	return !line_at_end(line);
}

static enum err
name_put(struct at_command *c, size_t *len, uint8_t byte)
{
	if (*len >= AT_NAME_MAX)
		return ERR_SPACE;
	c->name[(*len)++] = (char)to_upper(byte);
	c->name[*len] = '\0';
	return ERR_OK;
}

/* Reads digits; ERR_FORMAT without one, ERR_SPACE above 32 bits. */
static enum err
number_read(struct at_line *line, uint32_t *ret_number)
{
	uint64_t n = 0;
	size_t digits = 0;
	uint8_t c;

	while (line->pos < line->in.len) {
		c = line->in.ptr[line->pos];
		if (!is_digit(c))
			break;
		n = 10 * n + (uint64_t)(c - '0');
		if (n > UINT32_MAX)
			return ERR_SPACE;
		digits++;
		line->pos++;
	}
	if (digits == 0)
		return ERR_FORMAT;
	*ret_number = (uint32_t)n;
	return ERR_OK;
}

/* Reads what stands between quotes; the first quote has been read. */
static enum err
text_read(struct at_line *line, struct bytes *ret_text)
{
	size_t start = line->pos;

	while (line->pos < line->in.len && line->in.ptr[line->pos] != '"')
		line->pos++;
	if (line->pos >= line->in.len)
		return ERR_TRUNCATED;
	*ret_text = bytes_make(line->in.ptr + start, line->pos - start);
	line->pos++;
	return ERR_OK;
}

static enum err
param_read(struct at_line *line, struct at_param *p)
{
	p->type = AT_OMITTED;
	p->number = 0;
	p->text = BYTES_NONE;
	if (line_accept(line, '"')) {
		p->type = AT_TEXT;
		return text_read(line, &p->text);
	}
	if (is_digit(line_peek(line))) {
		p->type = AT_NUMBER;
		return number_read(line, &p->number);
	}
	return ERR_OK;
}

static enum err
params_read(struct at_line *line, struct at_command *c)
{
	enum err err;

	do {
		if (c->count >= AT_PARAMS_MAX)
			return ERR_SPACE;
		err = param_read(line, &c->params[c->count]);
		if (err != ERR_OK)
			return err;
		c->count++;
	} while (line_accept(line, ','));
	return ERR_OK;
}

/* Ends an extended command: a semicolon or the end of the line. */
static enum err
extended_end(struct at_line *line)
{
	if (line_at_end(line) || line_accept(line, ';'))
		return ERR_OK;
	return ERR_FORMAT;
}

static enum err
extended_name(struct at_line *line, struct at_command *c)
{
	size_t len = 0;
	enum err err = name_put(c, &len, '+');
	uint8_t byte;

	while (err == ERR_OK && line->pos < line->in.len) {
		byte = line->in.ptr[line->pos];
		if (!is_letter(byte) && !is_digit(byte))
			break;
		err = name_put(c, &len, byte);
		line->pos++;
	}
	if (err == ERR_OK && (len < 2 || !is_letter((uint8_t)c->name[1])))
		return ERR_FORMAT;
	return err;
}

static enum err
extended_read(struct at_line *line, struct at_command *c)
{
	enum err err = extended_name(line, c);

	if (err != ERR_OK)
		return err;
	if (line_accept(line, '?')) {
		c->form = AT_READ;
	} else if (line_accept(line, '=')) {
		if (line_accept(line, '?')) {
			c->form = AT_TEST;
		} else {
			c->form = AT_SET;
			err = params_read(line, c);
			if (err != ERR_OK)
				return err;
		}
	}
	return extended_end(line);
}

/* Reads the one number of a basic command. */
static enum err
basic_number(struct at_line *line, struct at_command *c)
{
	c->form = AT_SET;
	c->count = 1;
	c->params[0].type = AT_NUMBER;
	c->params[0].text = BYTES_NONE;
	(void)line_peek(line);
	return number_read(line, &c->params[0].number);
}

/* S parameters: S3, S3?, S3=13. The S has been read. */
static enum err
register_read(struct at_line *line, struct at_command *c, size_t len)
{
	enum err err = ERR_OK;

	if (!is_digit(line_peek(line)))
		return ERR_FORMAT;
	while (err == ERR_OK && line->pos < line->in.len &&
	       is_digit(line->in.ptr[line->pos]))
		err = name_put(c, &len, line->in.ptr[line->pos++]);
	if (err != ERR_OK)
		return err;
	if (line_accept(line, '?'))
		c->form = AT_READ;
	else if (line_accept(line, '='))
		return basic_number(line, c);
	return ERR_OK;
}

static enum err
basic_read(struct at_line *line, struct at_command *c)
{
	size_t len = 0;
	enum err err = ERR_OK;

	if (line_accept(line, '&'))
		err = name_put(c, &len, '&');
	if (err != ERR_OK || line_at_end(line) || !is_letter(line_peek(line)))
		return ERR_FORMAT;
	err = name_put(c, &len, line->in.ptr[line->pos++]);
	if (err == ERR_OK && len == 1 && c->name[0] == 'S')
		err = register_read(line, c, len);
	else if (err == ERR_OK && is_digit(line_peek(line)))
		err = basic_number(line, c);
	/* V.250 wants no semicolon here, but hosts write one. */
	if (err == ERR_OK)
		(void)line_accept(line, ';');
	return err;
}

enum err
at_line_next(struct at_line *line, struct at_command *ret_command)
{
	ret_command->name[0] = '\0';
	ret_command->form = AT_EXECUTE;
	ret_command->count = 0;
	if (line_accept(line, '+'))
		return extended_read(line, ret_command);
	return basic_read(line, ret_command);
}

bool
at_param_number(const struct at_command *command, size_t i, uint32_t min,
    uint32_t max, uint32_t *ret_number)
{
	const struct at_param *p = &command->params[i];

	if (i >= command->count || p->type != AT_NUMBER)
		return false;
	if (p->number < min || p->number > max)
		return false;
	*ret_number = p->number;
	return true;
}

bool
at_param_number_or(const struct at_command *command, size_t i, uint32_t min,
    uint32_t max, uint32_t otherwise, uint32_t *ret_number)
{
	if (i >= command->count || command->params[i].type == AT_OMITTED) {
		*ret_number = otherwise;
		return true;
	}
	return at_param_number(command, i, min, max, ret_number);
}

bool
at_param_text(
    const struct at_command *command, size_t i, struct bytes *ret_text)
{
	if (i >= command->count || command->params[i].type != AT_TEXT)
		return false;
	*ret_text = command->params[i].text;
	return true;
}

bool
at_param_copy(
    const struct at_command *command, size_t i, char *out, size_t size)
{
	struct bytes text;
	size_t k;

	if (!at_param_text(command, i, &text) || text.len >= size)
		return false;
	for (k = 0; k < text.len; k++) {
		if (text.ptr[k] < 0x20 || text.ptr[k] == 0x7f)
			return false;
	}
	if (text.len > 0)
		memcpy(out, text.ptr, text.len);
	out[text.len] = '\0';
	return true;
}
