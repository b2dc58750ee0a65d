/*
 * Adoption: a row that is rebuilt, or brought forward, from a ticket. That
 * the ticket is genuine, and its sender has the key it names, has been shown
 * before. Nothing that the old row forbids is allowed by a ticket.
 */
#include "service/tickets.h"

#include "internal.h"
#include "service/devices.h"
#include "service/events.h"
#include "service/transfers.h"
#include "store/generations.h"

/* As device_generations_allowed counts them, at the least. */
#define GENERATION_EVERY_S 3600

/* What it was told last is not known: it will be told anew. */
#define PERIOD_UNKNOWN 1

static const uint8_t nobody[PROFILE_UID_LEN];

void
service_ticket_generation(
    const struct service_adoption *a, struct store_generation *ret_generation)
{
	*ret_generation = (struct store_generation){.generation = a->generation,
	    .tenant = a->tenant,
	    .root = a->root,
	    .created = a->time};
	memcpy(ret_generation->alias, a->alias, ALIAS_LEN);
	memcpy(ret_generation->uid, a->uid, UID_LEN);
	memcpy(ret_generation->profile, a->profile, PROFILE_UID_LEN);
	memcpy(ret_generation->public_key, a->public_key, P256_POINT_LEN);
}

static void
raise_features(const struct service_adoption *a, struct store_device *d)
{
	if (d->features_version < a->time)
		d->features_version = a->time;
	else
		d->features_version++;
}

/* Whether the profile's owner has given it to the one whom the row names. */
static enum err
given_away(struct store *store, const struct service_adoption *a,
    const struct store_device *d, bool *ret_given)
{
	struct store_generation g;

	service_ticket_generation(a, &g);
	*ret_given = false;
	if (d->tenant == 0 || a->tenant == 0 || d->tenant == a->tenant)
		return ERR_OK;
	return transfer_reaches(store, &g, d->tenant, ret_given);
}

/*
 * The owner is the profile's; whom the row named before counts only if that
 * one gave it to him.
 */
static enum err
take_owner(
    struct store *store, struct service_adoption *a, struct store_device *d)
{
	uint64_t before = d->tenant;
	bool given = false;
	bool was_active = d->status == DEVICE_ACTIVE;
	struct store_terms terms;
	bool over = false;
	enum err err;

	err = memcmp(a->profile, nobody, PROFILE_UID_LEN) == 0
		  ? ERR_NOT_FOUND
		  : store_terms_by_profile(store, a->profile, &terms);
	a->tenant = err == ERR_OK ? terms.tenant : 0;
	if (err == ERR_OK)
		err = given_away(store, a, d, &given);
	if (given) {
		raise_features(a, d);
		return ERR_OK;
	}
	d->tenant = 0;
	d->has_profile = false;
	d->status = DEVICE_REGISTERED;
	if (err == ERR_NOT_FOUND)
		return ERR_OK;
	if (err == ERR_OK && !(was_active && before == terms.tenant))
		err = device_over_plan(store, &terms, &over);
	if (err != ERR_OK)
		return err;
	d->tenant = terms.tenant;
	d->has_profile = true;
	memcpy(d->profile, a->profile, PROFILE_UID_LEN);
	d->status = over ? DEVICE_INACTIVE : DEVICE_ACTIVE;
	if (before != terms.tenant)
		d->features = device_first_features(&terms);
	raise_features(a, d);
	return ERR_OK;
}

/*
 * A row of a device whose import is gone. The factory's key is not known any
 * more; the one that the ticket names stands in its place, which is no
 * factory's: without F nothing can be asked with it. It is taken for as old
 * as its generations need.
 */
static struct store_device
row_anew(const struct service_adoption *a)
{
	struct store_device d = {.created = a->time};
	uint64_t age = (uint64_t)a->generation * GENERATION_EVERY_S;

	memcpy(d.uid, a->uid, UID_LEN);
	memcpy(d.factory_key, a->public_key, P256_POINT_LEN);
	d.created = a->time > age ? a->time - age : 0;
	return d;
}

static void
take_state(const struct service_adoption *a, struct store_device *d)
{
	d->generation = a->generation;
	if (d->generation_max < a->generation)
		d->generation_max = a->generation;
	memcpy(d->alias, a->alias, ALIAS_LEN);
	memcpy(d->public_key, a->public_key, P256_POINT_LEN);
	d->has_instance = true;
	memcpy(d->instance, a->instance, INSTANCE_LEN);
	/* Whatever state the device claims is ahead of this. */
	d->n = 0;
	d->ck.len = 0;
	d->last_ck.len = 0;
	d->has_last_id = false;
	memset(d->resume, 0, sizeof(d->resume));
	d->period = PERIOD_UNKNOWN;
	d->flags = 0;
	d->confirmed = 0;
	d->rooted = a->time;
	d->seen = a->time;
	if (d->registered == 0)
		d->registered = a->time;
	(void)snprintf(d->address, sizeof(d->address), "%s", a->address);
	d->changed = a->changed;
}

enum err
service_ticket_row(struct store *store, const struct judge_device *known,
    struct service_adoption *adoption, struct store_device *ret_row)
{
	struct store_device d =
	    known != NULL ? known->device : row_anew(adoption);
	enum err err;

	if (adoption->serial[0] != '\0')
		memcpy(d.serial, adoption->serial, sizeof(d.serial));
	err = take_owner(store, adoption, &d);
	if (err != ERR_OK)
		return err;
	take_state(adoption, &d);
	d.factory_secret.len = 0;
	*ret_row = d;
	return ERR_OK;
}

/* Without a right that reaches the generation there is nothing to wait for. */
static enum err
undo_transfer(struct store *store, const struct service_adoption *a,
    const struct store_device *row)
{
	struct store_transfer_device t;
	enum err err = store_transfer_waiting(store, a->uid, &t);

	if (err == ERR_NOT_FOUND || (err == ERR_OK && t.to == row->tenant))
		return ERR_OK;
	if (err != ERR_OK)
		return err;
	/* What was given to read stays given. */
	return transfer_end(
	    store, &t, "transfer_undone", a->generation, a->time);
}

static enum err
write_row(struct store *store, const struct judge_device *known,
    const struct service_adoption *a, const struct store_device *row)
{
	struct store_generation g;
	bool was_factory = known != NULL &&
			   known->device.factory_secret.len > 0 &&
			   known->device.import_id != 0;
	enum err err = ERR_OK;

	if (known == NULL)
		err = store_device_add(store, row);
	else
		err = device_leave(store, known, a->alias, a->changed, a->time);
	service_ticket_generation(a, &g);
	if (err == ERR_OK)
		err = store_generation_add(store, &g);
	if (err == ERR_OK)
		err = undo_transfer(store, a, row);
	if (err == ERR_OK)
		err = store_device_commit(store, row);
	if (err == ERR_OK && was_factory)
		err = store_import_confirmed(store, row->import_id);
	return err;
}

enum err
service_ticket_adopt(struct store *store, struct service_adoption *adoption)
{
	struct judge_device found, *known = &found;
	struct store_device row;
	enum err err = service_device_load(store, adoption->uid, &found);

	if (err == ERR_NOT_FOUND) {
		known = NULL;
		err = ERR_OK;
	}
	if (err == ERR_OK && known != NULL &&
	    (known->device.generation > adoption->generation ||
		known->device.quarantined || known->device.erased != 0 ||
		known->device.resync != 0 ||
		known->device.status == DEVICE_DECOMMISSIONED))
		err = ERR_CONFLICT;
	if (err == ERR_OK)
		err = service_ticket_row(store, known, adoption, &row);
	return err == ERR_OK ? write_row(store, known, adoption, &row) : err;
}
