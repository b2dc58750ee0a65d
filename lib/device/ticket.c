/*
 * Recovery tickets: the root of the present generation, sealed by the
 * service for itself, for the day on which it has lost what it knew of this
 * device. The device cannot open it; it keeps it outside of its root of
 * trust, beside the alias of the generation that it belongs to.
 */
#include "internal.h"

#include <string.h>

void
ticket_load(struct device *d)
{
	const struct device_outside *outside = &d->config.outside;
	size_t len = 0;

	d->ticket.there = outside->read != NULL &&
			  outside->read(outside->ctx, d->ticket.b,
			      sizeof(d->ticket.b), &len) == ERR_OK &&
			  len == sizeof(d->ticket.b);
}

struct bytes
ticket_bytes(const struct device *d)
{
	struct rot_state s;

	rot_state(d->rot, &s);
	if (s.generation == 0 || !d->ticket.there ||
	    memcmp(d->ticket.b, s.alias, ALIAS_LEN) != 0)
		return BYTES_NONE;
	return bytes_make(d->ticket.b + ALIAS_LEN, TICKET_LEN);
}

bool
ticket_wanted(const struct device *d)
{
	struct rot_state s;

	rot_state(d->rot, &s);
	return d->config.outside.write != NULL && s.generation > 0 &&
	       !s.pending && !s.erased && !s.erasing &&
	       ticket_bytes(d).len == 0;
}

void
ticket_keep(struct device *d, struct bytes ticket)
{
	const struct device_outside *outside = &d->config.outside;
	struct device_ticket kept = {.there = true};
	struct rot_state s;

	rot_state(d->rot, &s);
	if (outside->write == NULL || s.pending || s.generation == 0 ||
	    ticket.len != TICKET_LEN)
		return;
	memcpy(kept.b, s.alias, ALIAS_LEN);
	memcpy(kept.b + ALIAS_LEN, ticket.ptr, TICKET_LEN);
	/* Not written: asked for again, unless it lies there all the same. */
	if (outside->write(outside->ctx, BYTES_OF(kept.b)) == ERR_OK)
		d->ticket = kept;
	else
		ticket_load(d);
}

enum err
ticket_forget(struct device *d)
{
	const struct device_outside *outside = &d->config.outside;

	d->ticket.there = false;
	if (outside->write == NULL)
		return ERR_OK;
	return outside->write(outside->ctx, BYTES_NONE);
}
