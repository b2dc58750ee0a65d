/*
 * One confirmable CoAP message at a time, sent again as RFC 7252 says in its
 * section 4.2, byte for byte: nothing in it is made anew. Knows nothing of
 * what the message means.
 */
#include "internal.h"

#include <string.h>

#include "base/wipe.h"

/* RFC 7252, section 4.8. */
#define ACK_TIMEOUT_MS 2000
#define ACK_RANDOM_MS 1000 /* ACK_TIMEOUT * (ACK_RANDOM_FACTOR - 1) */
#define MAX_RETRANSMIT 4

uint16_t
exchange_id(struct device *d)
{
	d->exchange.id = d->next_id++;
	return d->exchange.id;
}

enum err
exchange_start(
    struct device *d, enum device_phase phase, size_t len, uint64_t now_ms)
{
	uint8_t raw[2];
	enum err err;

	err = random_fill(&d->random, raw, sizeof(raw));
	if (err != ERR_OK)
		return err;
	d->phase = phase;
	d->exchange.len = len;
	d->exchange.sent = 0;
	d->exchange.timeout_ms =
	    ACK_TIMEOUT_MS +
	    ((uint64_t)raw[0] << 8 | raw[1]) * ACK_RANDOM_MS / UINT16_MAX;
	d->exchange.due_ms = now_ms;
	return ERR_OK;
}

void
exchange_end(struct device *d)
{
	d->phase = DEVICE_IDLE;
	edhoc_done(&d->edhoc);
	edhoc_done(&d->edhoc_kept);
	oscore_done(&d->oscore);
	wipe(&d->exchange, sizeof(d->exchange));
	wipe(d->request, sizeof(d->request));
	wipe(d->plain, sizeof(d->plain));
	d->request_len = 0;
}

bool
exchange_poll(struct device *d, uint64_t now_ms, struct bytes *ret_datagram)
{
	struct device_exchange *x = &d->exchange;

	if (now_ms < x->due_ms)
		return true;
	if (x->sent > MAX_RETRANSMIT)
		return false;
	x->due_ms = now_ms + (x->timeout_ms << x->sent);
	x->sent++;
	*ret_datagram = bytes_make(x->datagram, x->len);
	return true;
}
