/*
 * Runs one command at a time: sends it, sends its data when the module asks
 * for them, and waits for the final result. The time of a call is the
 * caller's; the port counts it down.
 */
#include <string.h>

#include "internal.h"

#define PROMPT_PAUSE_MS 50u /* between a prompt and the data */
#define LINE_END_MS 100u
#define POLL_BYTES 4096u /* that one poll takes */
#define SYNC_MS 1000u
#define QUIET_MS 50u

/*
 * Wakes a module that takes what it gets for a part of a quoted string. The
 * quote ends that, and the control character before it makes of the line one
 * that is refused, whatever stands in it. Where no quote was open one is now:
 * the next of these closes it. AT in front lets an echo be known as one.
 */
#define WAKE "AT\x18\"\rAT"

void
hf_init(struct hf_host *h, const struct hf_port *port, const struct hf_urc *urc)
{
	memset(h, 0, sizeof(*h));
	h->port = port;
	if (urc != NULL)
		h->urc = *urc;
	h->error = -1;
}

int
hf_module_error(const struct hf_host *h)
{
	return h->error;
}

const char *
hf_module_error_text(const struct hf_host *h)
{
	return h->error_text;
}

/* Reads until the answer has something to say. */
static enum hf_err
wait_for(struct hf_host *h, struct answer *a, uint32_t *timeout_ms,
    enum answer_event *ret_event)
{
	enum answer_event event = ANSWER_MORE;
	enum hf_err err = HF_OK;
	uint32_t unasked = a->call == NULL ? POLL_BYTES : UINT32_MAX;
	uint8_t byte;

	while (event == ANSWER_MORE) {
		/* A module that talks without end has its turn later. */
		if (unasked-- == 0)
			return HF_ERR_TIMEOUT;
		if (answer_complete(a) && *timeout_ms > LINE_END_MS)
			*timeout_ms = LINE_END_MS;
		err = link_read(h, &byte, timeout_ms);
		if (err == HF_ERR_TIMEOUT && answer_complete(a))
			event = ANSWER_FINAL;
		else if (err != HF_OK)
			return err;
		else
			event = answer_feed(a, byte);
	}
	*ret_event = event;
	return HF_OK;
}

enum hf_err
hf_poll(struct hf_host *h, uint32_t timeout_ms)
{
	enum answer_event event;
	struct answer a;
	enum hf_err err;

	answer_init(&a, h, NULL);
	err = wait_for(h, &a, &timeout_ms, &event);
	return err == HF_ERR_TIMEOUT ? HF_OK : err;
}

static enum hf_err
send_data(struct hf_host *h, const struct hf_call *call)
{
	enum hf_err err = link_pause(h, PROMPT_PAUSE_MS);

	if (err == HF_OK)
		err = link_write(h, bytes_make(call->data, call->data_len));
	return err == HF_OK ? link_flush(h) : err;
}

static enum hf_err
send_command(struct hf_host *h, const char *text)
{
	enum hf_err err = link_write(h, bytes_str(text));

	if (err == HF_OK)
		err = link_write(h, BYTES_LIT("\r"));
	return err == HF_OK ? link_flush(h) : err;
}

enum hf_err
hf_run(struct hf_host *h, struct hf_call *call)
{
	uint32_t time = call->timeout_ms == 0 ? TIMEOUT_MS : call->timeout_ms;
	enum answer_event event = ANSWER_MORE;
	struct answer a;
	enum hf_err err = hf_poll(h, 0);

	answer_init(&a, h, call);
	if (err == HF_OK)
		err = send_command(h, call->command);
	while (err == HF_OK && event != ANSWER_FINAL) {
		err = wait_for(h, &a, &time, &event);
		if (err == HF_OK && event == ANSWER_PROMPT)
			err = send_data(h, call);
	}
	return err == HF_OK ? a.err : err;
}

static enum hf_err
run_text(struct hf_host *h, const char *text, uint32_t timeout_ms)
{
	struct hf_call call = {0};

	call.command = text;
	call.timeout_ms = timeout_ms;
	return hf_run(h, &call);
}

/* Looks for a sign of life, and sets the module to what is needed. */
static enum hf_err
sync_try(struct hf_host *h, const char *text)
{
	bool plain = h->c2c == NULL;
	enum hf_err err = run_text(h, text, SYNC_MS);

	if (err == HF_OK || err == HF_ERR_MODULE)
		err = hf_poll(h, QUIET_MS);
	/* That may have been a late answer; what follows has one of its own. */
	if (err == HF_OK)
		err = run_text(h, plain ? "ATE0" : "AT", SYNC_MS);
	if (err == HF_OK && plain)
		err = run_text(h, "AT+CMEE=1", SYNC_MS);
	return err;
}

static enum hf_err
sync_tries(struct hf_host *h, unsigned tries)
{
	enum hf_err err = HF_ERR_TIMEOUT;
	const char *text = "AT";

	for (; tries > 0; tries--) {
		err = sync_try(h, text);
		text = WAKE;
		if (err != HF_ERR_TIMEOUT && err != HF_ERR_MODULE)
			break;
	}
	return err;
}

/*
 * The same for a module that may be in a session which is not wanted: all of
 * it in plain text first, because a module that is not in it would take frames
 * for more of its line; then in the session, which is closed. There are no
 * keys when the answer to a V3 opening was lost.
 */
static enum hf_err
sync_doubt(struct hf_host *h, unsigned tries)
{
	struct hf_c2c *was = h->c2c;
	bool keys = h->doubt->session.crypto != NULL;
	enum hf_err err;

	link_use(h, NULL);
	err = sync_tries(h, tries);
	if (err == HF_ERR_TIMEOUT && keys) {
		link_use(h, h->doubt);
		err = run_text(h, "AT+USECC2C=2", SYNC_MS);
		link_use(h, NULL);
		if (err == HF_OK)
			err = sync_tries(h, tries);
	}
	if (err == HF_OK)
		hf_c2c_forget(h);
	else
		link_use(h, was);
	return err;
}

enum hf_err
hf_sync(struct hf_host *h, unsigned tries)
{
	return h->doubt != NULL ? sync_doubt(h, tries) : sync_tries(h, tries);
}
