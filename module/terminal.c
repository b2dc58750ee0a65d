/*
 * The line discipline of the AT interface: echo, line editing, limits,
 * prompts, the framing of answers. A bad line costs one error and nothing
 * else: the next CR starts afresh.
 *
 * While much is waiting to be sent no command is run, be it the next of the
 * same line; so that there is room for any answer. One that does not fit all
 * the same becomes an error: it leaves whole or not at all. Unsolicited
 * result codes are lost then, as on a serial line that nobody reads.
 *
 * While a chip-to-chip session is open, what goes out is collected as plain
 * text until there is nothing more to do, and then put into frames, a few at
 * a time. Nothing else can leave then. A session begins in earnest with the
 * first frame of the host's; a plain line before that ends it.
 *
 * Spec: ITU-T V.250, sections 5.2 to 5.7.
 */
#include "terminal.h"

#include <stdarg.h>

#include "at_table.h"
#include "base/wipe.h"
#include "module.h"

#define CR '\r'
#define LF '\n'
#define BS 8 /* S5: deletes the byte before it */
#define DEL 0x7f /* what the key sends in most terminal programs */

#define RESULT_MAX 80 /* the line that ends an answer */

/* What TERMINAL_OUTPUT_MAX is in frames, behind what may be there already. */
#define FRAMED_MAX                                                             \
	(TERMINAL_BACKLOG_MAX +                                                \
	    (TERMINAL_OUTPUT_MAX / HF_C2C_MODULE_MAX + 2) *                    \
		HF_C2C_MODULE_FRAME_MAX)

static void
settings_start(struct terminal_settings *s)
{
	memset(s, 0, sizeof(*s));
	s->echo = true;
}

void
terminal_init(struct terminal *t, const char *name, struct module *module,
    uint64_t idle_ms)
{
	memset(t, 0, sizeof(*t));
	(void)snprintf(t->name, sizeof(t->name), "%s", name);
	t->module = module;
	t->idle_ms = idle_ms;
	t->deadline_ms = UINT64_MAX;
	settings_start(&t->settings);
	t->number = ++module->terminal_count;
	t->sibling = module->terminals;
	module->terminals = t;
	buffer_init(&t->data, FILE_SIZE_MAX);
	buffer_init(&t->output, FRAMED_MAX);
	buffer_init(&t->plain, TERMINAL_OUTPUT_MAX);
	buffer_init(&t->urcs, TERMINAL_URCS_MAX);
}

/* --- chip-to-chip --- */

const struct hf_c2c_session *
terminal_session(const struct terminal *t)
{
	return t->frames.open ? &t->frames.session : NULL;
}

void
terminal_session_open(struct terminal *t, struct hf_c2c_session *session)
{
	t->next = SWITCH_OPEN;
	t->next_session = *session;
	wipe(session, sizeof(*session));
}

void
terminal_session_close(struct terminal *t)
{
	t->next = SWITCH_CLOSE;
}

/* Puts plain text into frames: all of it, or as the host reads them. */
static void
session_flush(struct terminal *t, bool all)
{
	while (t->frames.open && buffer_bytes(&t->plain).len > 0 &&
	       (all || buffer_bytes(&t->output).len < TERMINAL_BACKLOG_MAX))
		frames_seal(&t->frames, &t->plain, &t->output);
}

/* The line has been answered: does what its command wanted, or not. */
static void
session_switch(struct terminal *t, bool good)
{
	enum terminal_switch next = good ? t->next : SWITCH_NONE;

	if (next == SWITCH_OPEN) {
		frames_start(&t->frames, &t->next_session);
	} else if (next == SWITCH_CLOSE) {
		session_flush(t, true);
		frames_stop(&t->frames);
	}
	t->next = SWITCH_NONE;
	wipe(&t->next_session, sizeof(t->next_session));
}

/* How much waits to be sent. */
static size_t
backlog(const struct terminal *t)
{
	return buffer_bytes(&t->output).len + buffer_bytes(&t->plain).len;
}

struct terminal *
terminal_find(const struct module *module, uint64_t number)
{
	struct terminal *t = module->terminals;

	while (t != NULL && t->number != number)
		t = t->sibling;
	return t;
}

void
terminal_done(struct terminal *t)
{
	struct terminal **place = &t->module->terminals;

	while (*place != NULL && *place != t)
		place = &(*place)->sibling;
	if (*place == t)
		*place = t->sibling;
	buffer_done(&t->data);
	buffer_done(&t->output);
	buffer_done(&t->plain);
	buffer_done(&t->urcs);
	wipe(t->line, sizeof(t->line));
	frames_stop(&t->frames);
	session_switch(t, false);
}

/* --- output --- */

/* Where text goes. */
static struct buffer *
output_buffer(struct terminal *t)
{
	return t->frames.open ? &t->plain : &t->output;
}

static void
output_put(struct terminal *t, struct bytes b)
{
	if (buffer_put(output_buffer(t), b) != ERR_OK)
		return; /* lost: see the top of this file */
}

/* Puts out part of an answer, if there is room behind it for a result. */
static void
answer_put(struct terminal *t, const struct bytes *parts, size_t count)
{
	size_t i, len = 0;

	for (i = 0; i < count; i++)
		len += parts[i].len;
	if (buffer_reserve(output_buffer(t), len + RESULT_MAX + 4) != ERR_OK) {
		t->unfit = true;
		return;
	}
	for (i = 0; i < count; i++)
		output_put(t, parts[i]);
}

static void
output_line(struct terminal *t, const char *text)
{
	output_put(t, BYTES_LIT("\r\n"));
	output_put(t, bytes_str(text));
	output_put(t, BYTES_LIT("\r\n"));
}

static void
output_result(struct terminal *t, enum at_result result)
{
	char text[RESULT_MAX];

	if (result == AT_DONE) {
		output_line(t, "OK");
		return;
	}
	if (t->settings.cmee == 0)
		(void)snprintf(text, sizeof(text), "ERROR");
	else if (t->settings.cmee == 1)
		(void)snprintf(text, sizeof(text), "+CME ERROR: %u",
		    at_result_number(result));
	else
		(void)snprintf(text, sizeof(text), "+CME ERROR: %s",
		    at_result_text(result));
	output_line(t, text);
}

void
terminal_info(struct terminal *t, const char *format, ...)
{
	char text[TERMINAL_INFO_MAX];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	terminal_info_bytes(t, text, BYTES_NONE);
	wipe(text, sizeof(text));
}

void
terminal_info_bytes(struct terminal *t, const char *head, struct bytes rest)
{
	const struct bytes parts[] = {
	    BYTES_LIT("\r\n"), bytes_str(head), rest, BYTES_LIT("\r\n")};

	answer_put(t, parts, ARRAY_LEN(parts));
}

void
terminal_info_data(struct terminal *t, const char *head, struct bytes data)
{
	const struct bytes parts[] = {BYTES_LIT("\r\n"), bytes_str(head),
	    BYTES_LIT("\""), data, BYTES_LIT("\"\r\n")};

	answer_put(t, parts, ARRAY_LEN(parts));
}

/* Lets result codes out that waited, if this is a quiet moment. */
static void
urcs_flush(struct terminal *t)
{
	struct bytes waiting = buffer_bytes(&t->urcs);

	if (t->state != TERMINAL_LINE || t->line_len > 0 || waiting.len == 0)
		return;
	if (backlog(t) <= TERMINAL_BACKLOG_MAX)
		output_put(t, waiting);
	buffer_drop(&t->urcs, waiting.len);
}

void
terminal_urc(struct terminal *t, const char *format, ...)
{
	char text[TERMINAL_INFO_MAX];
	va_list args;
	int len;

	(void)snprintf(text, sizeof(text), "\r\n");
	va_start(args, format);
	len = vsnprintf(text + 2, sizeof(text) - 4, format, args);
	va_end(args);
	if (len < 0 || (size_t)len >= sizeof(text) - 4)
		return;
	text[len + 2] = CR;
	text[len + 3] = LF;
	if (buffer_put(&t->urcs, bytes_make(text, (size_t)len + 4)) != ERR_OK)
		return; /* lost: see the top of this file */
	urcs_flush(t);
	session_flush(t, false);
}

struct bytes
terminal_output(const struct terminal *t)
{
	return buffer_bytes(&t->output);
}

void
terminal_sent(struct terminal *t, size_t len)
{
	buffer_drop(&t->output, len);
	session_flush(t, false);
}

bool
terminal_idle(const struct terminal *t)
{
	return t->state != TERMINAL_WAIT && backlog(t) == 0 &&
	       t->frames.text.len == 0;
}

/* --- running commands --- */

/* Back to a fresh line. */
static void
line_clear(struct terminal *t)
{
	wipe(t->line, t->line_len);
	t->line_len = 0;
	t->in_quotes = false;
	t->bad = false;
	t->unfit = false;
	t->state = TERMINAL_LINE;
	t->deadline_ms = UINT64_MAX;
	buffer_done(&t->data);
}

/* Answers the line and forgets it. */
static void
line_finish(struct terminal *t, enum at_result result)
{
	line_clear(t);
	output_result(t, result);
	session_switch(t, result == AT_DONE);
	urcs_flush(t);
}

/* What a host is told about a line that is no command. */
static enum at_result
syntax_result(enum err err)
{
	return err == ERR_SPACE ? CME_TOO_LONG : CME_BAD_PARAMETERS;
}

/* Runs the next command of the line. */
static enum at_result
command_run(struct terminal *t)
{
	enum err err = at_line_next(&t->rest, &t->command);

	return err != ERR_OK ? syntax_result(err) : at_run(t, &t->command);
}

/* Whether the host has read enough for the next command of the line. */
static enum at_result
backlog_look(struct terminal *t)
{
	return backlog(t) > TERMINAL_BACKLOG_MAX ? AT_LATER : AT_DONE;
}

/* Waits for that, for as long as a host may take that does not read. */
static enum at_result
backlog_wait(struct terminal *t)
{
	enum at_result result = terminal_wait(t, backlog_look, 0);

	t->deadline_ms = UINT64_MAX;
	return result;
}

/* Goes on with the line after a command of it ended with result. */
static void
line_continue(struct terminal *t, enum at_result result)
{
	while (result == AT_DONE && !t->unfit && at_line_more(&t->rest)) {
		if (backlog_look(t) == AT_LATER)
			result = backlog_wait(t);
		else
			result = command_run(t);
	}
	if (result == AT_DONE && t->unfit)
		result = CME_MEMORY_FULL;
	if (result != AT_LATER)
		line_finish(t, result);
}

static void
line_execute(struct terminal *t)
{
	struct bytes in = bytes_make(t->line, t->line_len);

	t->deadline_ms = UINT64_MAX;
	if (t->module != NULL && t->module->refused != NULL) {
		/* Secure boot: nothing is executed, whatever it is. */
		terminal_info(t, BOOT_REFUSED, t->module->refused);
		line_finish(t, CME_NOT_ALLOWED);
	} else if (t->bad)
		line_finish(t, CME_BAD_CHARACTERS);
	else if (at_line_start(&t->rest, in) != ERR_OK)
		line_finish(t, CME_BAD_PARAMETERS);
	else
		line_continue(t, AT_DONE);
}

enum at_result
terminal_prompt(struct terminal *t, size_t size,
    enum at_result (*on_data)(struct terminal *t, struct bytes data))
{
	return terminal_prompt_with(t, ">", size, on_data);
}

enum at_result
terminal_prompt_with(struct terminal *t, const char *prompt, size_t size,
    enum at_result (*on_data)(struct terminal *t, struct bytes data))
{
	if (size > FILE_SIZE_MAX)
		return CME_BAD_PARAMETERS;
	output_put(t, bytes_str(prompt));
	if (size == 0)
		return on_data(t, BYTES_NONE);
	t->on_data = on_data;
	t->data_size = size;
	t->state = TERMINAL_DATA;
	t->late = CME_ABORTED;
	t->deadline_ms = t->now_ms + t->idle_ms;
	return AT_LATER;
}

enum at_result
terminal_wait(struct terminal *t, enum at_result (*on_wait)(struct terminal *t),
    uint64_t timeout_ms)
{
	t->on_wait = on_wait;
	t->state = TERMINAL_WAIT;
	t->late = CME_TIMEOUT;
	t->deadline_ms = t->now_ms + timeout_ms;
	return AT_LATER;
}

/* --- input --- */

static void
data_complete(struct terminal *t)
{
	enum at_result result;

	t->skip_cr = true;
	t->state = TERMINAL_LINE;
	t->deadline_ms = UINT64_MAX;
	result = t->on_data(t, buffer_bytes(&t->data));
	if (t->state != TERMINAL_DATA)
		buffer_done(&t->data);
	line_continue(t, result);
}

/* Takes data for a prompt, no more than it wants. */
static void
data_take(struct terminal *t, struct bytes in)
{
	if (buffer_put(&t->data, in) != ERR_OK) {
		line_finish(t, CME_MEMORY_FULL);
		return;
	}
	t->deadline_ms = t->now_ms + t->idle_ms;
	if (buffer_bytes(&t->data).len == t->data_size)
		data_complete(t);
}

/*
 * A byte has come or gone: an open quote waits only so long to be closed. A
 * host that has lost one may go on to send, and all of it falls between the
 * quotes: so bytes give no more time.
 */
static void
line_touched(struct terminal *t, uint8_t byte)
{
	if (byte != '"')
		return;
	t->in_quotes = !t->in_quotes;
	t->deadline_ms = t->in_quotes ? t->now_ms + t->idle_ms : UINT64_MAX;
}

/*
 * A byte of a line that is too long. Quotes are still quotes, or else a CR
 * between them would make commands of the rest; but a host that has lost one
 * is not to wait for ever, whatever it sends.
 */
static void
line_overlong(struct terminal *t, uint8_t byte)
{
	bool in_quotes = t->in_quotes != (byte == '"');

	if (t->state != TERMINAL_OVERLONG) {
		line_clear(t);
		t->state = TERMINAL_OVERLONG;
		t->deadline_ms = t->now_ms + t->idle_ms;
	}
	t->in_quotes = in_quotes;
}

static void
line_append(struct terminal *t, uint8_t byte)
{
	if (t->line_len >= AT_LINE_MAX) {
		line_overlong(t, byte);
		return;
	}
	t->line[t->line_len++] = byte;
	line_touched(t, byte);
}

static void
line_erase(struct terminal *t)
{
	if (t->line_len > 0)
		line_touched(t, t->line[--t->line_len]);
}

/* Which bytes may not stand where this one does. */
static bool
byte_is_bad(const struct terminal *t, uint8_t byte)
{
	if (byte == CR || byte == LF || byte == '\t')
		return !t->in_quotes;
	return byte < 0x20;
}

static bool
byte_ends_line(const struct terminal *t, uint8_t byte)
{
	if (t->in_quotes)
		return false;
	return byte == CR ||
	       (t->lf_ends && byte == LF &&
		   (t->line_len > 0 || t->state == TERMINAL_OVERLONG));
}

static void
line_end(struct terminal *t)
{
	if (t->state == TERMINAL_OVERLONG)
		line_finish(t, CME_LINE_TOO_LONG);
	else if (t->line_len > 0 || t->bad)
		line_execute(t);
}

/* Who types DEL looks at a screen: the character goes there too. */
static void
byte_echo(struct terminal *t, uint8_t byte)
{
	if (!t->settings.echo || t->state != TERMINAL_LINE)
		return;
	if (byte == DEL)
		output_put(
		    t, t->line_len > 0 ? BYTES_LIT("\b \b") : BYTES_NONE);
	else
		output_put(t, bytes_make(&byte, 1));
}

static void
line_byte(struct terminal *t, uint8_t byte)
{
	bool skip = t->skip_cr && byte == CR;

	t->skip_cr = false;
	/* Spaces, LF and NUL before a line are noise of the host's. */
	if (t->state == TERMINAL_LINE && t->line_len == 0)
		skip = skip || byte == LF || byte == 0 || byte == ' ';
	if (skip)
		return;
	byte_echo(t, byte);
	if (byte_ends_line(t, byte)) {
		line_end(t);
	} else if (t->state == TERMINAL_LINE) {
		if (byte == BS || byte == DEL)
			line_erase(t);
		else if (byte_is_bad(t, byte))
			t->bad = true;
		else
			line_append(t, byte);
	} else if (t->state == TERMINAL_OVERLONG) {
		line_overlong(t, byte);
	}
}

static bool
accepts(const struct terminal *t)
{
	return t->state != TERMINAL_WAIT && backlog(t) <= TERMINAL_BACKLOG_MAX;
}

/* How much of len bytes can be taken in one step. */
static size_t
step_len(const struct terminal *t, size_t len)
{
	size_t want;

	if (t->state != TERMINAL_DATA)
		return 1;
	want = t->data_size - buffer_bytes(&t->data).len;
	return len < want ? len : want;
}

static void
step_take(struct terminal *t, struct bytes in)
{
	if (t->state == TERMINAL_DATA)
		data_take(t, in);
	else
		line_byte(t, *in.ptr);
}

/* Takes one step of a frame's text, which may end the session. */
static void
text_step(struct terminal *t)
{
	struct bytes *text = &t->frames.text;
	struct bytes step = bytes_make(text->ptr, step_len(t, text->len));

	text->ptr += step.len;
	text->len -= step.len;
	step_take(t, step);
}

static void
text_take(struct terminal *t)
{
	while (t->frames.text.len > 0 && accepts(t))
		text_step(t);
}

/*
 * Takes bytes of an open session. A plain line instead of the first frame is
 * that of a host which knows of no session; who has no keys gains nothing by
 * it, for nothing was said in the session yet.
 */
static size_t
frames_take(struct terminal *t, struct bytes in)
{
	if (!t->frames.heard)
		in.len = 1; /* the next may be of a plain line */
	if (!frames_see_plain(&t->frames, *in.ptr))
		return frames_feed(&t->frames, in);
	session_flush(t, true);
	frames_stop(&t->frames);
	line_byte(t, 'A'); /* was taken for noise */
	line_byte(t, *in.ptr);
	return 1;
}

size_t
terminal_input(struct terminal *t, uint64_t now_ms, struct bytes in)
{
	size_t len, pos = 0;

	t->now_ms = now_ms;
	text_take(t);
	while (pos < in.len && accepts(t)) {
		if (t->frames.open) {
			pos += frames_take(
			    t, bytes_make(in.ptr + pos, in.len - pos));
			text_take(t);
		} else {
			len = step_len(t, in.len - pos);
			step_take(t, bytes_make(in.ptr + pos, len));
			pos += len;
		}
	}
	session_flush(t, false);
	return pos;
}

static enum at_result
timeout_result(const struct terminal *t)
{
	if (t->state == TERMINAL_WAIT || t->state == TERMINAL_DATA)
		return t->late;
	if (t->state == TERMINAL_OVERLONG)
		return CME_LINE_TOO_LONG;
	return CME_BAD_PARAMETERS; /* a quote was never closed */
}

/* Looks again at a command that goes on. */
static void
wait_look(struct terminal *t)
{
	enum at_result result;

	t->state = TERMINAL_LINE;
	result = t->on_wait(t);
	if (result == AT_LATER) {
		t->state = TERMINAL_WAIT;
		return;
	}
	t->deadline_ms = UINT64_MAX;
	line_continue(t, result);
}

void
terminal_poll(struct terminal *t, uint64_t now_ms)
{
	t->now_ms = now_ms;
	if (t->state == TERMINAL_WAIT)
		wait_look(t);
	if (now_ms >= t->deadline_ms)
		line_finish(t, timeout_result(t));
	text_take(t);
	session_flush(t, false);
}

void
terminal_hangup(struct terminal *t)
{
	line_clear(t);
	t->skip_cr = false;
	session_switch(t, false);
	frames_hangup(&t->frames);
	buffer_done(&t->output);
	buffer_done(&t->plain);
	buffer_done(&t->urcs);
}

void
terminal_reset(struct terminal *t)
{
	if (t->state == TERMINAL_DATA || t->state == TERMINAL_WAIT)
		line_finish(t, CME_ABORTED);
	else
		line_clear(t);
	session_flush(t, true);
	frames_stop(&t->frames);
	session_switch(t, false);
	buffer_done(&t->urcs);
	settings_start(&t->settings);
}
