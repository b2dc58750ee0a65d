/*
 * The answer to one command, byte by byte: lines of the answer, binary data
 * in quotes, the prompt, the final result; and between them lines that
 * nobody asked for. It holds one line of the module's at most, and writes
 * what was asked for straight to where the caller wants it.
 */
#include <string.h>

#include "internal.h"

#define DIGITS_MAX 8
#define CME "+CME ERROR:"

void
answer_init(struct answer *a, struct hf_host *host, struct hf_call *call)
{
	memset(a, 0, sizeof(*a));
	a->host = host;
	a->call = call;
	if (call != NULL)
		call->out_len = 0;
}

bool
answer_complete(const struct answer *a)
{
	return a->part == PART_END;
}

static bool
line_is(const struct hf_host *h, const char *text)
{
	return strcmp(h->line, text) == 0;
}

static bool
line_starts(const struct hf_host *h, const char *text)
{
	return strncmp(h->line, text, strlen(text)) == 0;
}

static void
out_put(struct answer *a, uint8_t byte)
{
	struct hf_call *call = a->call;

	if (call->out_len == call->out_cap)
		a->over = true;
	else
		((uint8_t *)call->out)[call->out_len++] = byte;
}

/* Parts lines of one answer. */
static void
out_line_begin(struct answer *a)
{
	if (a->seen && a->call->shape == HF_SHAPE_LINES)
		out_put(a, '\n');
	else if (a->seen)
		a->bad = true;
	a->seen = true;
}

/* The number of a +CME ERROR, or -1 when it is a text. */
static int
error_number(const char *text)
{
	int number = 0, digits;

	for (digits = 0; text[digits] >= '0' && text[digits] <= '9'; digits++) {
		if (digits == 5)
			return -1;
		number = 10 * number + (text[digits] - '0');
	}
	return digits > 0 && text[digits] == '\0' ? number : -1;
}

static void
note_error(struct hf_host *h)
{
	const char *text = h->line + sizeof(CME) - 1;
	size_t len;

	text += *text == ' ' ? 1 : 0;
	len = strlen(text);
	len = len < HF_ERROR_MAX ? len : HF_ERROR_MAX;
	memcpy(h->error_text, text, len);
	h->error_text[len] = '\0';
	h->error = error_number(text);
}

/* What a command that was answered with OK is worth. */
static enum hf_err
verdict(const struct answer *a)
{
	const struct hf_call *call = a->call;
	bool data = call->prefix != NULL && call->shape != HF_SHAPE_LINES;

	if (a->bad || (data && !a->seen) || (call->prompt != 0 && !a->prompted))
		return HF_ERR_FORMAT;
	return a->over ? HF_ERR_SPACE : HF_OK;
}

static bool
line_is_final(const struct hf_host *h)
{
	return line_is(h, "OK") || line_is(h, "ERROR") || line_starts(h, CME);
}

/* Says whether the line is the final result, and keeps it. */
static bool
take_final(struct answer *a)
{
	struct hf_host *h = a->host;

	if (!line_is_final(h))
		return false;
	if (line_is(h, "OK")) {
		a->err = verdict(a);
		return true;
	}
	a->err = HF_ERR_MODULE;
	h->error = -1;
	h->error_text[0] = '\0';
	if (line_starts(h, CME))
		note_error(h);
	return true;
}

/* The echo of a command: never an answer, nor a URC. */
static bool
line_is_echo(const struct hf_host *h)
{
	return (h->line[0] == 'A' || h->line[0] == 'a') &&
	       (h->line[1] == 'T' || h->line[1] == 't');
}

static void
urc(struct hf_host *h)
{
	if (h->urc.line != NULL)
		h->urc.line(h->urc.ctx, h->line, h->line_len);
}

/* Says whether the line is one of an answer that has no prefix. */
static bool
take_bare(struct answer *a)
{
	const struct hf_host *h = a->host;
	size_t i;

	if (a->call->prefix != NULL || h->line[0] == '+' ||
	    a->call->out == NULL)
		return false;
	out_line_begin(a);
	for (i = 0; i < h->line_len; i++)
		out_put(a, (uint8_t)h->line[i]);
	return true;
}

/* A late result, of a command that nobody waits for any more, is dropped. */
static void
line_end(struct answer *a)
{
	struct hf_host *h = a->host;
	bool asked = a->call != NULL;

	h->line[h->line_len] = '\0';
	if (asked && take_final(a))
		a->part = PART_END;
	else if (h->line_len > 0 && !line_is_echo(h) && !line_is_final(h) &&
		 !(asked && take_bare(a)))
		urc(h);
	h->line_len = 0;
}

static bool
at_prefix(const struct answer *a)
{
	const struct hf_host *h = a->host;
	const char *prefix = a->call == NULL ? NULL : a->call->prefix;

	return prefix != NULL && h->line_len == strlen(prefix) &&
	       memcmp(h->line, prefix, h->line_len) == 0;
}

static bool
at_prompt(const struct answer *a)
{
	return a->call != NULL && a->call->prompt != 0 && !a->prompted &&
	       a->host->line_len == 1 && a->host->line[0] == a->call->prompt;
}

static enum answer_event
feed_line(struct answer *a, uint8_t byte)
{
	struct hf_host *h = a->host;

	if (byte == '\r' || byte == '\n') {
		line_end(a);
		return ANSWER_MORE;
	}
	if (h->line_len < HF_LINE_MAX)
		h->line[h->line_len++] = (char)byte;
	if (at_prompt(a)) {
		h->line_len = 0;
		a->prompted = true;
		return ANSWER_PROMPT;
	}
	if (at_prefix(a)) {
		h->line_len = 0;
		out_line_begin(a);
		a->digits = a->number = 0;
		a->comma = a->spaced = false;
		a->part = PART_INFO;
	}
	return ANSWER_MORE;
}

/* Looks for the number, the comma and the quote before binary data. */
static void
feed_head(struct answer *a, uint8_t byte)
{
	bool digit = byte >= '0' && byte <= '9';

	if (byte == '"') {
		a->data_left = a->number;
		a->part = a->comma ? PART_DATA : PART_NAME;
	}
	if (a->comma || (!digit && byte != ','))
		a->number = a->digits = 0;
	a->comma = byte == ',' && a->digits > 0;
	if (digit && ++a->digits <= DIGITS_MAX)
		a->number = 10 * a->number + (size_t)(byte - '0');
	else if (digit)
		a->bad = true;
}

static void
feed_info(struct answer *a, uint8_t byte)
{
	enum hf_shape shape = a->call->shape;

	if (byte == '\r' || byte == '\n') {
		/* The shape promised data, and none came. */
		a->bad = a->bad || shape != HF_SHAPE_LINES;
		a->part = PART_LINE;
	} else if (shape == HF_SHAPE_BINARY) {
		feed_head(a, byte);
	} else if (shape == HF_SHAPE_QUOTED) {
		a->part = byte == '"' ? PART_DATA : PART_INFO;
	} else if (byte != ' ' || a->spaced) {
		out_put(a, byte);
		a->spaced = true;
	} else {
		a->spaced = true; /* the one behind the prefix */
	}
}

static void
feed_data(struct answer *a, uint8_t byte)
{
	bool binary = a->call->shape == HF_SHAPE_BINARY;

	if (binary && a->data_left > 0) {
		a->data_left--;
		out_put(a, byte);
	} else if (byte == '"') {
		a->part = PART_TAIL;
	} else if (binary) {
		a->bad = true;
		a->part = PART_TAIL;
	} else {
		out_put(a, byte);
	}
}

enum answer_event
answer_feed(struct answer *a, uint8_t byte)
{
	switch (a->part) {
	case PART_LINE:
		return feed_line(a, byte);
	case PART_INFO:
		feed_info(a, byte);
		break;
	case PART_NAME:
		if (byte == '"')
			a->part = PART_INFO;
		break;
	case PART_DATA:
		feed_data(a, byte);
		break;
	case PART_TAIL:
		if (byte == '\r' || byte == '\n')
			a->part = PART_LINE;
		break;
	case PART_END:
		return ANSWER_FINAL;
	}
	return ANSWER_MORE;
}
