/*
 * Rules of transfers. A device changes its owner with the acceptance, its
 * root with its next contact: in between its generation is the old owner's
 * still, and gives no key that the device could yet use.
 */
#include "service/transfers.h"

#include "base/text.h"
#include "internal.h"
#include "keys/messages.h"
#include "service/audit.h"
#include "service/events.h"
#include "store/events.h"
#include "store/generations.h"
#include "store/tenants.h"

#define DETAIL_MAX 160
#define NUMBER_SIZE 24
#define DAY_S 86400

_Static_assert(TRANSFER_READS_OLD == KEYSPROTO_READS_OLD &&
		   TRANSFER_READS_NEW == KEYSPROTO_READS_NEW,
    "one set of bits");
_Static_assert(TRANSFER_MAC_LEN == KEYSPROTO_RECORD_LEN, "one MAC");

bool
transfer_expired(const struct store_transfer *transfer, uint64_t time)
{
	return transfer->state == TRANSFER_OFFERED && transfer->expires <= time;
}

void
transfer_show(const struct store_transfer_device *device,
    struct keysproto_transfer *ret_transfer)
{
	memcpy(ret_transfer->from, device->from_profile, PROFILE_UID_LEN);
	memcpy(ret_transfer->to, device->to_profile, PROFILE_UID_LEN);
	ret_transfer->last = device->last;
	ret_transfer->readers = device->readers;
	memcpy(ret_transfer->mac, device->mac, TRANSFER_MAC_LEN);
}

enum err
transfer_right(struct store *store, const struct store_generation *generation,
    struct store_transfer_device *ret_right)
{
	enum err err = store_transfer_of(store, generation->uid,
	    generation->tenant, generation->generation, ret_right);

	if (err == ERR_OK && memcmp(ret_right->from_profile,
				 generation->profile, PROFILE_UID_LEN) != 0)
		err = ERR_NOT_FOUND;
	return err;
}

enum err
transfer_reaches(struct store *store, const struct store_generation *generation,
    uint64_t tenant, bool *ret_reaches)
{
	struct store_transfer_device right;
	enum err err;

	*ret_reaches = generation->tenant == tenant;
	if (*ret_reaches)
		return ERR_OK;
	err = transfer_right(store, generation, &right);
	*ret_reaches = err == ERR_OK && right.to == tenant;
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

enum err
transfer_end(struct store *store, const struct store_transfer_device *t,
    const char *kind, uint32_t generation, uint64_t time)
{
	const uint64_t party[] = {t->from, t->to};
	struct service_event event;
	enum err err = store_transfer_done(store, t->transfer, t->uid, time);

	for (size_t i = 0; i < ARRAY_LEN(party) && err == ERR_OK; i++) {
		service_event_start(&event, kind, t->uid, party[i], time);
		service_event_number(&event, "TransferID", t->transfer);
		service_event_number(&event, "Generation", generation);
		err = service_event_add(store, &event);
	}
	return err;
}

/* --- what both sides hear of it --- */

static enum err
event_add(
    struct service *s, uint64_t tenant, const char *kind, const char *detail)
{
	const struct store_event event = {.time = (uint64_t)service_now(s),
	    .tenant = tenant,
	    .kind = bytes_str(kind),
	    .detail = bytes_str(detail)};

	return store_event_add(s->store, &event);
}

/*
 * The log of the caller and of the other party, if there is one, and the
 * other's events.
 */
static enum err
tell(struct service *s, const struct actor *actor, const char *source,
    const char *what, const struct store_transfer *t)
{
	char action[32], kind[32], object[NUMBER_SIZE], detail[DETAIL_MAX];
	uint64_t other = t->from == actor->tenant ? t->to : t->from;
	enum err err;

	(void)snprintf(action, sizeof(action), "transfer.%s", what);
	(void)snprintf(kind, sizeof(kind), "transfer_%s", what);
	(void)snprintf(
	    object, sizeof(object), "%llu", (unsigned long long)t->id);
	(void)snprintf(detail, sizeof(detail),
	    "{\"TransferID\":%llu,\"FromTenantID\":%llu,\"ToTenantID\":%llu,"
	    "\"Devices\":%llu,\"Going\":%llu}",
	    (unsigned long long)t->id, (unsigned long long)t->from,
	    (unsigned long long)t->to, (unsigned long long)t->devices,
	    (unsigned long long)t->waiting);
	err = audit_add_by(s, actor, source, action, object, detail);
	if (err != ERR_OK || t->to_nobody)
		return err;
	err = audit_add(s, &(struct audit_change){.tenant = other,
			       .actor = "other-party",
			       .action = action,
			       .object = object,
			       .detail = detail,
			       .source = ""});
	return err == ERR_OK ? event_add(s, other, kind, detail) : err;
}

/* --- what can go --- */

/* Why a device of a tenant cannot go; NULL: it can. Errors: the store's. */
static enum err
hindrance(struct service *s, const struct store_device *d, uint64_t tenant,
    const char **ret_why)
{
	struct store_transfer_device other;
	enum err err;

	*ret_why = NULL;
	if (d->tenant != tenant)
		*ret_why = "not the sender's";
	else if (d->status == DEVICE_DECOMMISSIONED)
		*ret_why = "decommissioned";
	else if (d->quarantined)
		*ret_why = "quarantined";
	else if (d->generation == 0)
		*ret_why = "not bootstrapped";
	else if (d->resync != 0)
		*ret_why = "awaits who was released";
	if (*ret_why != NULL)
		return ERR_OK;
	err = store_transfer_waiting(s->store, d->uid, &other);
	if (err == ERR_OK)
		*ret_why = "on its way";
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

/* --- offers --- */

static enum err
device_offer(struct service *s, const struct actor *actor, uint64_t transfer,
    const uint8_t uid[UID_LEN])
{
	struct store_device d;
	const char *why = NULL;
	bool stands = false;
	enum err err = store_device_by_uid(s->store, uid, &d);

	/* Somebody else's looks as if it were not there. */
	if (err == ERR_OK && d.tenant != actor->tenant)
		err = ERR_NOT_FOUND;
	if (err == ERR_OK)
		err = hindrance(s, &d, actor->tenant, &why);
	if (err == ERR_OK)
		err = store_transfer_stands(
		    s->store, uid, (uint64_t)service_now(s), &stands);
	if (err == ERR_OK && (why != NULL || stands))
		err = ERR_STATE;
	return err == ERR_OK
		   ? store_transfer_device_add(s->store, transfer, uid)
		   : err;
}

static enum err
devices_offer(struct service *s, const struct actor *actor, uint64_t transfer,
    const uint8_t (*uids)[UID_LEN], size_t count, uint8_t ret_bad[UID_LEN])
{
	enum err err = ERR_OK;

	if (count == 0)
		return ERR_TRUNCATED;
	if (count > TRANSFER_DEVICES_MAX)
		return ERR_EXHAUSTED;
	for (size_t i = 0; i < count && err == ERR_OK; i++) {
		memcpy(ret_bad, uids[i], UID_LEN);
		err = device_offer(s, actor, transfer, uids[i]);
	}
	return err;
}

static enum err
profile_offer(struct service *s, const struct actor *actor, uint64_t transfer,
    const uint8_t *profile, uint8_t ret_bad[UID_LEN])
{
	uint8_t(*uids)[UID_LEN];
	struct store_profile ignored;
	size_t count = 0;
	enum err err =
	    store_profile_get(s->store, actor->tenant, profile, &ignored);

	if (err != ERR_OK)
		return err;
	/* One more than may go says that there are too many. */
	uids = calloc(TRANSFER_DEVICES_MAX + 1, sizeof(*uids));
	if (uids == NULL)
		return ERR_NOMEM;
	err = store_transfer_candidates(s->store, actor->tenant, profile, uids,
	    TRANSFER_DEVICES_MAX + 1, &count);
	if (err == ERR_OK)
		err = devices_offer(s, actor, transfer,
		    (const uint8_t(*)[UID_LEN])uids, count, ret_bad);
	free(uids);
	return err;
}

/*
 * What one tenant can make another hear and keep is bounded; what the other
 * accepts does not count.
 */
static enum err
load_check(struct service *s, const struct store_transfer *t)
{
	struct store_transfer_load load;
	enum err err = store_transfer_load(
	    s->store, t->from, t->to, t->created, t->created - DAY_S, &load);

	if (err != ERR_OK)
		return err;
	if (load.standing >= TRANSFERS_STANDING_MAX ||
	    load.standing_pair >= TRANSFERS_STANDING_PAIR_MAX)
		return ERR_SPACE;
	return load.in_vain >= TRANSFERS_IN_VAIN_MAX ? ERR_TOO_SOON : ERR_OK;
}

static enum err
offer_write(struct service *s, const struct actor *actor, const char *source,
    const struct transfer_wish *w, struct store_transfer *t,
    uint8_t ret_bad[UID_LEN])
{
	struct store_tenant to;
	uint64_t id = 0;
	enum err err = store_tenant_get(s->store, w->to, &to);

	t->to_nobody = err == ERR_NOT_FOUND;
	if (err == ERR_OK || err == ERR_NOT_FOUND)
		err = load_check(s, t);
	if (err == ERR_OK)
		err = store_transfer_add(s->store, t, &id);
	if (err == ERR_OK)
		err = w->profile != NULL
			  ? profile_offer(s, actor, id, w->profile, ret_bad)
			  : devices_offer(
				s, actor, id, w->uids, w->count, ret_bad);
	if (err == ERR_OK)
		err = store_transfer_get(s->store, actor->tenant, id, t);
	return err == ERR_OK ? tell(s, actor, source, "offered", t) : err;
}

enum err
transfer_offer(struct service *s, const struct actor *actor, const char *source,
    const struct transfer_wish *wish, struct store_transfer *ret_transfer,
    uint8_t ret_bad[UID_LEN])
{
	const uint64_t now = (uint64_t)service_now(s);
	struct store_transfer t = {.from = actor->tenant,
	    .to = wish->to,
	    .readers = wish->readers,
	    .created = now,
	    .expires = now + wish->expires_s};
	enum err err;

	memset(ret_bad, 0, UID_LEN);
	if (wish->readers == 0 ||
	    wish->readers > (TRANSFER_READS_OLD | TRANSFER_READS_NEW) ||
	    wish->expires_s < TRANSFER_EXPIRES_MIN ||
	    wish->expires_s > TRANSFER_EXPIRES_MAX || wish->to == 0 ||
	    wish->to == actor->tenant)
		return ERR_INVALID;
	err = service_write(s);
	if (err != ERR_OK)
		return err;
	err = service_write_end(
	    s, offer_write(s, actor, source, wish, &t, ret_bad));
	if (err == ERR_OK)
		*ret_transfer = t;
	return err;
}

/* --- the end of an offer --- */

/* Reads an offer that stands. Errors: ERR_NOT_FOUND, ERR_STATE. */
static enum err
standing_get(struct service *s, const struct actor *actor, uint64_t id,
    bool as_sender, struct store_transfer *t)
{
	enum err err = store_transfer_get(s->store, actor->tenant, id, t);

	if (err != ERR_OK)
		return err;
	if ((as_sender ? t->from : t->to) != actor->tenant)
		return ERR_NOT_FOUND;
	if (t->state != TRANSFER_OFFERED ||
	    transfer_expired(t, (uint64_t)service_now(s)))
		return ERR_STATE;
	return ERR_OK;
}

static enum err
offer_close(struct service *s, const struct actor *actor, const char *source,
    uint64_t id, enum store_transfer_state state,
    struct store_transfer *ret_transfer)
{
	bool withdrawn = state == TRANSFER_WITHDRAWN;
	struct store_transfer t;
	enum err err = service_write(s);

	if (err != ERR_OK)
		return err;
	err = standing_get(s, actor, id, withdrawn, &t);
	if (err == ERR_OK)
		err = store_transfer_close(
		    s->store, id, state, NULL, (uint64_t)service_now(s));
	if (err == ERR_OK)
		err = store_transfer_get(s->store, actor->tenant, id, &t);
	if (err == ERR_OK)
		err = tell(
		    s, actor, source, withdrawn ? "withdrawn" : "declined", &t);
	err = service_write_end(s, err);
	if (err == ERR_OK)
		*ret_transfer = t;
	return err;
}

enum err
transfer_decline(struct service *s, const struct actor *actor,
    const char *source, uint64_t id, struct store_transfer *ret_transfer)
{
	return offer_close(
	    s, actor, source, id, TRANSFER_DECLINED, ret_transfer);
}

enum err
transfer_withdraw(struct service *s, const struct actor *actor,
    const char *source, uint64_t id, struct store_transfer *ret_transfer)
{
	return offer_close(
	    s, actor, source, id, TRANSFER_WITHDRAWN, ret_transfer);
}

/* --- acceptance --- */

static void
move_leave(struct transfer_move *m, const char *why)
{
	m->row.state = TRANSFER_DEVICE_LEFT;
	(void)snprintf(m->row.why, sizeof(m->row.why), "%s", why);
}

/* The device as it stands, with what keys are to be shown of it. */
static enum err
move_read(
    struct service *s, const struct store_transfer *t, struct transfer_move *m)
{
	struct store_generation g;
	struct store_profile profile;
	struct store_device d;
	const char *why = NULL;
	enum err err = store_device_by_uid(s->store, m->row.uid, &d);

	if (err == ERR_OK)
		err = hindrance(s, &d, t->from, &why);
	if (err != ERR_OK || why != NULL) {
		move_leave(m, why != NULL ? why : "");
		return err;
	}
	err = store_generation_by_alias(s->store, d.alias, &g);
	if (err == ERR_OK)
		err = store_profile_get(s->store, t->from, g.profile, &profile);
	/* Nobody's root: one of a device that was assigned later. */
	if (err == ERR_NOT_FOUND ||
	    (err == ERR_OK && (g.tenant != t->from || g.root.len == 0))) {
		move_leave(m, "has no root of its owner");
		return ERR_OK;
	}
	if (err != ERR_OK)
		return err;
	err = device_highest(s->store, &d, &m->row.last);
	if (err != ERR_OK)
		return err;
	m->row.state = TRANSFER_DEVICE_WAITING;
	memcpy(m->row.from_profile, g.profile, PROFILE_UID_LEN);
	memcpy(m->record, profile.record, sizeof(m->record));
	m->generation = g.generation;
	m->root = g.root;
	return ERR_OK;
}

static enum err
acceptance_read(struct service *s, struct transfer_acceptance *a)
{
	struct store_transfer_device *rows =
	    calloc(TRANSFER_DEVICES_MAX, sizeof(*rows));
	enum err err = ERR_NOMEM;

	a->moves = calloc(TRANSFER_DEVICES_MAX, sizeof(*a->moves));
	if (rows != NULL && a->moves != NULL)
		err = store_transfer_devices(s->store, a->transfer.id,
		    BYTES_NONE, rows, TRANSFER_DEVICES_MAX, &a->count);
	for (size_t i = 0; i < a->count && err == ERR_OK; i++) {
		a->moves[i].row = rows[i];
		err = move_read(s, &a->transfer, &a->moves[i]);
	}
	free(rows);
	return err;
}

enum err
transfer_accept_begin(struct service *s, const struct actor *actor, uint64_t id,
    const uint8_t profile[PROFILE_UID_LEN],
    struct transfer_acceptance *ret_acceptance)
{
	struct transfer_acceptance a = {.count = 0};
	enum err err = service_read(s);

	if (err == ERR_OK)
		err = standing_get(s, actor, id, false, &a.transfer);
	if (err != ERR_OK)
		return err;
	err = store_profile_get(s->store, actor->tenant, profile, &a.profile);
	if (err == ERR_NOT_FOUND)
		return ERR_INVALID;
	if (err == ERR_OK)
		err = acceptance_read(s, &a);
	if (err != ERR_OK) {
		transfer_acceptance_done(&a);
		return err;
	}
	*ret_acceptance = a;
	return ERR_OK;
}

void
transfer_acceptance_done(struct transfer_acceptance *a)
{
	free(a->moves);
	a->moves = NULL;
	a->count = 0;
}

bool
transfer_accept_ask(
    struct transfer_acceptance *a, struct keysproto_request *ret_request)
{
	struct keysproto_request q = {.op = KEYSPROTO_TRANSFER};
	const struct transfer_move *m;

	while (a->asks < a->count &&
	       a->moves[a->asks].row.state != TRANSFER_DEVICE_WAITING)
		a->asks++;
	if (a->asks == a->count)
		return false;
	m = &a->moves[a->asks];
	q.u.transfer.from.tenant = a->transfer.from;
	memcpy(q.u.transfer.from.profile, m->row.from_profile, PROFILE_UID_LEN);
	memcpy(q.u.transfer.from.record, m->record, PROFILE_RECORD_LEN);
	q.u.transfer.to.tenant = a->transfer.to;
	memcpy(q.u.transfer.to.profile, a->profile.uid, PROFILE_UID_LEN);
	memcpy(q.u.transfer.to.record, a->profile.record, PROFILE_RECORD_LEN);
	memcpy(q.u.transfer.uid, m->row.uid, UID_LEN);
	q.u.transfer.generation = m->generation;
	memcpy(q.u.transfer.root.b, m->root.b, m->root.len);
	q.u.transfer.root.len = m->root.len;
	q.u.transfer.last = m->row.last;
	q.u.transfer.readers = a->transfer.readers;
	*ret_request = q;
	return true;
}

enum err
transfer_accept_answer(
    struct transfer_acceptance *a, const struct keysproto_answer *answer)
{
	if (answer->err != ERR_OK)
		return answer->err;
	memcpy(a->moves[a->asks++].row.mac, answer->u.record, TRANSFER_MAC_LEN);
	return ERR_OK;
}

/* Nothing that the right speaks of has changed since keys made it. */
static enum err
move_check(struct service *s, const struct store_transfer *t,
    const struct transfer_move *m)
{
	struct transfer_move now = {.row = m->row};
	enum err err = move_read(s, t, &now);

	if (err != ERR_OK)
		return err;
	if (now.row.state != m->row.state || now.row.last != m->row.last ||
	    now.generation != m->generation ||
	    memcmp(now.row.from_profile, m->row.from_profile,
		PROFILE_UID_LEN) != 0)
		return ERR_CONFLICT;
	return ERR_OK;
}

/* Places that the new owner's plan has left. */
static enum err
places_count(
    struct service *s, const struct store_terms *terms, uint64_t *ret_places)
{
	uint64_t active = 0;
	enum err err;

	*ret_places = UINT64_MAX;
	if (!terms->limited)
		return ERR_OK;
	err = store_device_count_active(
	    s->store, terms->tenant, terms->max_active, &active);
	*ret_places =
	    active < terms->max_active ? terms->max_active - active : 0;
	return err;
}

static enum err
moves_write(struct service *s, struct transfer_acceptance *a)
{
	const uint64_t now = (uint64_t)service_now(s);
	struct store_terms terms;
	uint64_t places = 0;
	uint32_t features;
	enum err err = store_terms_by_profile(s->store, a->profile.uid, &terms);

	if (err == ERR_OK)
		err = places_count(s, &terms, &places);
	if (err != ERR_OK)
		return err;
	features = device_first_features(&terms);
	for (size_t i = 0; i < a->count && err == ERR_OK; i++) {
		const struct transfer_move *m = &a->moves[i];

		err = move_check(s, &a->transfer, m);
		if (err == ERR_OK)
			err = store_transfer_device_set(s->store, &m->row);
		if (err != ERR_OK || m->row.state != TRANSFER_DEVICE_WAITING)
			continue;
		err = store_transfer_owner(s->store, m->row.uid, a->transfer.to,
		    a->profile.uid,
		    places > 0 ? DEVICE_ACTIVE : DEVICE_INACTIVE, features,
		    now);
		places -= places > 0 && terms.limited;
	}
	return err;
}

enum err
transfer_accept_finish(struct service *s, const struct actor *actor,
    const char *source, struct transfer_acceptance *a)
{
	struct store_transfer t;
	enum err err = service_write(s);

	if (err != ERR_OK)
		return err;
	err = standing_get(s, actor, a->transfer.id, false, &t);
	if (err == ERR_OK)
		err = moves_write(s, a);
	if (err == ERR_OK)
		err = store_transfer_close(s->store, t.id, TRANSFER_ACCEPTED,
		    a->profile.uid, (uint64_t)service_now(s));
	if (err == ERR_OK)
		err = store_transfer_get(s->store, actor->tenant, t.id, &t);
	if (err == ERR_OK)
		err = tell(s, actor, source, "accepted", &t);
	err = service_write_end(s, err);
	if (err == ERR_OK)
		a->transfer = t;
	return err;
}
