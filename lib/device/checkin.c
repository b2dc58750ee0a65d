/*
 * Exchange 3 and every heartbeat after it: the request that the root of
 * trust has written is sent, and sent again the same, until its answer is
 * here. Whatever else goes out under the same key has another Partial IV.
 */
#include "internal.h"

#include <string.h>

#include "base/wipe.h"
#include "coap/echo.h"

#define ECHOES_MAX 3 /* of one attempt */

/* Writes the request under a Partial IV, with an Echo if there is one. */
static enum err
request_write(struct device *d, const struct rot_request *request,
    struct bytes piv, struct bytes echo, size_t *ret_len)
{
	struct oscore_outer outer = {.type = COAP_CON, .id = exchange_id(d)};
	struct oscore_inner inner = {COAP_POST, BYTES_NONE,
	    bytes_make(request->payload, request->payload_len)};
	uint8_t options[COAP_ECHO_MAX + 4];
	struct coap_writer inside;
	struct writer w;
	enum err err;

	coap_write_body(&inside, options, sizeof(options));
	if (echo.len > 0)
		coap_write_echo(&inside, echo);
	err = coap_write_end(&inside, &inner.options);
	if (err != ERR_OK)
		return err;
	writer_init(&w, d->exchange.datagram, sizeof(d->exchange.datagram));
	err = oscore_protect_request(
	    &d->oscore, &outer, piv, false, BYTES_NONE, &inner, &w, &d->ref);
	if (err == ERR_OK)
		err = w.err;
	if (err == ERR_OK)
		*ret_len = w.len;
	return err;
}

/*
 * A confirm, of a generation or of features, is no heartbeat, nor is asking
 * for a ticket: it leaves the time of the last one alone.
 */
static enum err
request_begin(struct device *d, uint64_t now_ms, uint64_t wall_s)
{
	struct rot_state s;
	bool confirms, wants_ticket = ticket_wanted(d);
	enum err err;

	rot_state(d->rot, &s);
	confirms = !s.features_told || (wants_ticket && !d->ticket_denied);
	confirms = s.pending || (confirms && !d->asked);
	err = rot_checkin_begin(d->rot, bytes_str(d->firmware),
	    confirms ? 0 : wall_now(d, now_ms, wall_s), wants_ticket);
	if (err == ERR_OK && !confirms && !s.has_request) {
		d->beat_known = true;
		d->beat_ms = now_ms;
	}
	return err;
}

/* Whether the request that stands asks for a ticket. */
static bool
asks_for_ticket(const struct rot_request *request)
{
	struct checkin_request m;

	return checkin_request_read(
		   bytes_make(request->payload, request->payload_len), &m) ==
		   ERR_OK &&
	       m.wants_ticket;
}

enum err
checkin_start(struct device *d, uint64_t now_ms, uint64_t wall_s)
{
	struct rot_request request;
	size_t len;
	enum err err;

	err = request_begin(d, now_ms, wall_s);
	if (err == ERR_OK)
		err = rot_checkin_open(d->rot, &request, &d->oscore);
	if (err != ERR_OK)
		return err;
	d->ticket_asked = asks_for_ticket(&request);
	err =
	    request_write(d, &request, BYTES_OF(request.id), BYTES_NONE, &len);
	if (err == ERR_OK)
		err = exchange_start(d, DEVICE_CHECKIN, len, now_ms);
	if (err != ERR_OK) {
		exchange_end(d);
		return err;
	}
	if (d->unanswered == 0)
		d->unanswered_ms = now_ms;
	return ERR_OK;
}

/* --- answers --- */

/* A Partial IV that is not the request id's. */
static enum err
piv_draw(struct device *d, const struct rot_request *request,
    uint8_t ret_piv[REQUEST_ID_LEN])
{
	enum err err;

	do {
		err = random_fill(&d->random, ret_piv, REQUEST_ID_LEN);
	} while (err == ERR_OK &&
		 (ret_piv[0] == 0 ||
		     memcmp(ret_piv, request->id, REQUEST_ID_LEN) == 0));
	return err;
}

/*
 * D3: a protected challenge in the active context to the request that
 * stands. The Echo names the request to the service.
 */
static enum err
echo_take(struct device *d, uint64_t now_ms, struct bytes options)
{
	uint8_t piv[REQUEST_ID_LEN];
	struct rot_request request;
	struct bytes echo;
	size_t len;
	enum err err;

	if (!coap_echo_find(options, &echo) || d->exchange.echoes >= ECHOES_MAX)
		return ERR_DENIED;
	err = rot_checkin_open(d->rot, &request, &d->oscore);
	if (err == ERR_OK)
		err = piv_draw(d, &request, piv);
	if (err == ERR_OK)
		err = request_write(d, &request, BYTES_OF(piv), echo, &len);
	if (err == ERR_OK)
		err = exchange_start(d, DEVICE_CHECKIN, len, now_ms);
	if (err == ERR_OK)
		d->exchange.echoes++;
	return err;
}

/* W4 or W6; the request goes on being repeated if it cannot be written. */
static void
done_take(struct device *d, uint64_t now_ms, struct bytes payload)
{
	struct checkin_response answer;
	struct rot_state before;

	if (checkin_response_read(payload, &answer) != ERR_OK) {
		attempt_failed(d, now_ms);
		return;
	}
	rot_state(d->rot, &before);
	/* First: a cut after it has the request repeated, and nothing lost. */
	ticket_keep(d, answer.ticket);
	if (rot_checkin_done(d->rot, &answer) != ERR_OK)
		return;
	/* Told before: this was the last check-in, and it has arrived. */
	if (before.erasing)
		(void)!device_erase(d); /* or by the next attempt */
	d->time_known = true;
	d->time_s = answer.time;
	d->time_ms = now_ms;
	if (d->asked && !before.pending) {
		d->asked = false;
		d->asked_result = ERR_OK;
	}
	/* Not over and over: the next heartbeat asks once more. */
	d->ticket_denied = !before.pending &&
			   (d->ticket_denied || d->ticket_asked) &&
			   ticket_wanted(d);
	attempt_succeeded(d);
	heartbeat_plan(d, now_ms);
}

void
checkin_answer(struct device *d, uint64_t now_ms, const struct coap_message *m)
{
	struct oscore_inner inner;
	enum err err;

	err = answer_open(d, m, &inner);
	/* An error without protection is anybody's: no answer, no more. */
	if (err == ERR_NOT_FOUND)
		attempt_failed(d, now_ms);
	if (err != ERR_OK)
		return;
	if (inner.code == COAP_CHANGED) {
		done_take(d, now_ms, inner.payload);
		return;
	}
	if (inner.code == COAP_UNAUTHORIZED &&
	    echo_take(d, now_ms, inner.options) == ERR_OK)
		return;
	/* Under a key that is ours alone: EDHOC will tell the rest. */
	if (inner.code == COAP_FORBIDDEN)
		d->in_doubt = true;
	attempt_failed(d, now_ms);
}
