/*
 * The life of a device at the service, as rows: offered, pending, committed,
 * reporting. Which request may do what has been judged before.
 */
#include "service/devices.h"

#include "internal.h"
#include "service/events.h"
#include "store/generations.h"

/* A device may have so many generations, and one more every so often. */
#define GENERATIONS_AT_ONCE 256
#define GENERATION_EVERY_S 3600

/* Contexts that one commit leaves, for the order of their numbers. */
#define LEFT_STEP (PENDING_MAX + 2)

static void
at_least(uint32_t *highest, uint32_t generation)
{
	if (*highest < generation)
		*highest = generation;
}

/* What has a row of its own has been given, too. */
static void
raise_highest(struct judge_device *known)
{
	struct store_device *d = &known->device;

	at_least(&d->generation_max, d->generation);
	for (size_t i = 0; i < known->pending_count; i++)
		at_least(&d->generation_max, known->pending[i].generation);
}

enum err
device_highest(struct store *store, const struct store_device *device,
    uint32_t *ret_generation)
{
	uint32_t highest = 0;
	enum err err = store_pending_highest(store, device->uid, &highest);

	at_least(&highest, device->generation);
	at_least(&highest, device->generation_max);
	*ret_generation = highest;
	return err;
}

enum err
service_device_load(struct store *store, const uint8_t uid[UID_LEN],
    struct judge_device *ret_known)
{
	enum err err = store_device_by_uid(store, uid, &ret_known->device);

	if (err == ERR_OK)
		err = store_pending_by_uid(
		    store, uid, ret_known->pending, &ret_known->pending_count);
	if (err == ERR_OK)
		err = store_left_by_uid(
		    store, uid, ret_known->left, &ret_known->left_count);
	if (err == ERR_OK)
		raise_highest(ret_known);
	return err;
}

static void
copy_text(char *out, size_t cap, struct bytes text)
{
	size_t len = text.len < cap ? text.len : cap - 1;

	if (len > 0)
		memcpy(out, text.ptr, len);
	out[len] = '\0';
}

enum err
device_over_plan(
    struct store *store, const struct store_terms *terms, bool *ret_over)
{
	uint64_t active = 0;
	enum err err;

	*ret_over = false;
	if (!terms->limited)
		return ERR_OK;
	err = store_device_count_active(
	    store, terms->tenant, terms->max_active, &active);
	*ret_over = active >= terms->max_active;
	return err;
}

uint32_t
device_first_features(const struct store_terms *terms)
{
	return terms->features &
	       (~(uint32_t)(SERVICE_PSK | SERVICE_E2E) | terms->services);
}

/* The first profile of a device that belongs to nobody. */
static enum err
offer_owner(struct store *store, const struct bootstrap_request *request,
    struct store_pending *p, enum bootstrap_status *ret_status)
{
	struct store_terms terms;
	bool over = false;
	enum err err;

	copy_text(p->serial, sizeof(p->serial), request->serial);
	err = store_terms_by_profile(store, request->profile, &terms);
	if (err == ERR_NOT_FOUND) {
		*ret_status = BOOTSTRAP_UNKNOWN_PROFILE;
		return ERR_OK;
	}
	if (err == ERR_OK)
		err = device_over_plan(store, &terms, &over);
	if (err != ERR_OK)
		return err;
	p->tenant = terms.tenant;
	p->has_profile = true;
	memcpy(p->profile, request->profile, PROFILE_UID_LEN);
	/* What an operator has set before stands. */
	if (p->features == 0)
		p->features = device_first_features(&terms);
	p->status = over ? DEVICE_INACTIVE : DEVICE_ACTIVE;
	*ret_status = over ? BOOTSTRAP_INACTIVE : BOOTSTRAP_ASSIGNED;
	return ERR_OK;
}

/*
 * The status of an owner's device, which stands; one that was produced anew
 * takes a place in the plan again.
 */
static enum err
standing_status(struct store *store, const struct store_device *device,
    enum store_device_status *ret_status)
{
	struct store_terms terms;
	bool over = false;
	enum err err;

	*ret_status = device->status;
	if (!device->renewed)
		return ERR_OK;
	err = store_terms_by_profile(store, device->profile, &terms);
	if (err == ERR_OK)
		err = device_over_plan(store, &terms, &over);
	*ret_status = over ? DEVICE_INACTIVE : DEVICE_ACTIVE;
	return err == ERR_NOT_FOUND ? ERR_CONFLICT : err;
}

static enum err
offer_standing(struct store *store, const struct store_device *device,
    struct store_pending *p, enum bootstrap_status *ret_status)
{
	p->tenant = device->tenant;
	p->has_profile = device->has_profile;
	memcpy(p->profile, device->profile, PROFILE_UID_LEN);
	memcpy(p->serial, device->serial, sizeof(p->serial));
	enum err err = standing_status(store, device, &p->status);

	*ret_status = p->status == DEVICE_INACTIVE ? BOOTSTRAP_INACTIVE
						   : BOOTSTRAP_ASSIGNED;
	return err;
}

/*
 * A device that was produced anew is its owner's still, if it has one, and
 * its first root will be bound to the profile it is sealed with: that has to
 * be one of his.
 */
static enum err
renewed_check(struct store *store, const struct store_device *device,
    const struct bootstrap_request *request)
{
	struct store_terms terms;
	enum err err;

	if (!request->sealed)
		return ERR_DENIED;
	err = store_terms_by_profile(store, request->profile, &terms);
	if (err == ERR_NOT_FOUND ||
	    (err == ERR_OK && terms.tenant != device->tenant))
		return ERR_DENIED;
	return err;
}

/*
 * How many generations a device may have had by now. Each leaves a row for
 * ever, and nothing but its key is needed to ask for one.
 */
static uint64_t
generations_allowed(const struct store_device *device, uint64_t time)
{
	uint64_t age = time > device->created ? time - device->created : 0;

	return GENERATIONS_AT_ONCE + age / GENERATION_EVERY_S;
}

/* One above every number that was ever given to this device. */
static enum err
next_generation(
    const struct store_device *device, uint64_t time, uint32_t *ret_generation)
{
	if (device->generation_max == UINT32_MAX ||
	    device->generation_max >= generations_allowed(device, time))
		return ERR_EXHAUSTED;
	*ret_generation = device->generation_max + 1;
	return ERR_OK;
}

enum err
service_device_offer(struct store *store, const struct store_device *device,
    const struct bootstrap_request *request, struct store_pending *ret_pending,
    enum bootstrap_status *ret_status)
{
	struct store_pending p = *ret_pending;
	enum bootstrap_status status = BOOTSTRAP_REGISTERED;
	enum err err = next_generation(device, p.created, &p.generation);

	if (err != ERR_OK)
		return err;
	memcpy(p.uid, device->uid, UID_LEN);
	memcpy(p.instance, request->instance, INSTANCE_LEN);
	copy_text(p.firmware, sizeof(p.firmware), request->firmware);
	p.status = DEVICE_REGISTERED;
	p.features = device->features;
	if (device->renewed && device->tenant != 0)
		err = renewed_check(store, device, request);
	if (err != ERR_OK)
		return err;
	if (device->tenant != 0)
		err = offer_standing(store, device, &p, &status);
	else if (request->sealed)
		err = offer_owner(store, request, &p, &status);
	if (err != ERR_OK)
		return err;
	*ret_pending = p;
	*ret_status = status;
	return ERR_OK;
}

/* What an operator, or an owner, has decided since a device was judged. */
static bool
decided_otherwise(const struct store_device *a, const struct store_device *b)
{
	return a->erased != b->erased || a->status != b->status ||
	       a->quarantined != b->quarantined || a->resync != b->resync ||
	       a->released != b->released || a->renewed != b->renewed ||
	       a->tenant != b->tenant;
}

enum err
service_device_pend(struct store *store, const struct store_pending *pending,
    const struct judge_device *judged, bool stands)
{
	const struct judge_device *known = judged;
	struct judge_device now;
	enum err err = ERR_OK;

	if (!stands) {
		known = &now;
		err = service_device_load(store, pending->uid, &now);
		if (err == ERR_OK && judged != NULL &&
		    decided_otherwise(&now.device, &judged->device))
			err = ERR_CONFLICT;
	}
	if (err == ERR_OK &&
	    pending->generation <= known->device.generation_max)
		err = ERR_CONFLICT;
	/* The oldest goes silently: its device starts over. */
	if (err == ERR_OK && known->pending_count == PENDING_MAX)
		err = store_pending_delete(store, known->pending[0].alias);
	return err == ERR_OK ? store_pending_add(store, pending) : err;
}

/* The old current generation goes to the contexts left. */
static enum err
leave_current(struct store *store, const struct store_device *d,
    uint64_t changed, uint64_t time)
{
	const struct store_generation_name name = {
	    d->uid, d->generation, d->alias};
	struct store_left left = {.generation = d->generation,
	    .ck = d->ck,
	    .left_at = time,
	    .number = changed * LEFT_STEP};
	enum err err;

	if (d->generation == 0)
		return ERR_OK;
	memcpy(left.alias, d->alias, ALIAS_LEN);
	memcpy(left.uid, d->uid, UID_LEN);
	memcpy(left.public_key, d->public_key, P256_POINT_LEN);
	err = store_generation_end(store, &name, time);
	return err == ERR_OK ? store_left_add(store, &left) : err;
}

static enum err
leave_pendings(struct store *store, const struct judge_device *known,
    const uint8_t *but, uint64_t changed, uint64_t time)
{
	const struct store_pending *p;
	struct store_left left;
	enum err err = ERR_OK;

	for (size_t i = 0; i < known->pending_count && err == ERR_OK; i++) {
		p = &known->pending[i];
		err = store_pending_delete(store, p->alias);
		if (err != ERR_OK || memcmp(p->alias, but, ALIAS_LEN) == 0)
			continue;
		left = (struct store_left){.generation = p->generation,
		    .ck = p->ck,
		    .left_at = time,
		    .number = changed * LEFT_STEP + 1 + i};
		memcpy(left.alias, p->alias, ALIAS_LEN);
		memcpy(left.uid, p->uid, UID_LEN);
		memcpy(left.public_key, p->public_key, P256_POINT_LEN);
		err = store_left_add(store, &left);
	}
	return err;
}

enum err
device_leave(struct store *store, const struct judge_device *known,
    const uint8_t but[ALIAS_LEN], uint64_t changed, uint64_t time)
{
	enum err err = leave_current(store, &known->device, changed, time);

	if (err == ERR_OK)
		err = leave_pendings(store, known, but, changed, time);
	return err;
}

/*
 * A device that waits with a transfer is done with a root of its new owner's.
 * One that was made for the old owner still is his, and the device shall
 * rotate again; one of anybody else's tells of a time that was forgotten.
 * Says whose the root is.
 */
static enum err
take_transfer(struct store *store, const struct store_pending *p,
    const struct store_device *d, uint64_t time, uint64_t *ret_tenant,
    bool *ret_rotate)
{
	struct store_transfer_device t;
	enum err err = store_transfer_waiting(store, d->uid, &t);

	*ret_tenant = d->tenant;
	*ret_rotate = false;
	if (err == ERR_NOT_FOUND)
		return ERR_OK;
	if (err != ERR_OK)
		return err;
	if (memcmp(p->root_profile, t.to_profile, PROFILE_UID_LEN) == 0)
		return transfer_end(
		    store, &t, "transfer_done", p->generation, time);
	if (memcmp(p->root_profile, t.from_profile, PROFILE_UID_LEN) != 0)
		return store_transfer_done(store, t.transfer, t.uid, time);
	*ret_tenant = t.from;
	/* A root that the right does not reach would follow itself for ever. */
	*ret_rotate = p->generation <= t.last;
	return ERR_OK;
}

static enum err
keep_generation(struct store *store, const struct store_pending *p,
    uint64_t tenant, uint64_t time)
{
	struct store_generation g = {.generation = p->generation,
	    .tenant = tenant,
	    .root = p->root,
	    .created = time};

	memcpy(g.alias, p->alias, ALIAS_LEN);
	memcpy(g.uid, p->uid, UID_LEN);
	memcpy(g.profile, p->root_profile, PROFILE_UID_LEN);
	memcpy(g.public_key, p->public_key, P256_POINT_LEN);
	return store_generation_add(store, &g);
}

/*
 * The owner of the pending, unless the device has got one meanwhile. The
 * plan is asked again: several pendings may have counted the same free place.
 */
static enum err
take_owner(
    struct store *store, const struct store_pending *p, struct store_device *d)
{
	struct store_terms terms;
	bool over = false;
	enum err err;

	if (d->tenant != 0)
		return standing_status(store, d, &d->status);
	/* An operator's word about what is nobody's stands. */
	if (d->status == DEVICE_DECOMMISSIONED)
		return ERR_OK;
	d->status = p->status;
	memcpy(d->serial, p->serial, sizeof(d->serial));
	if (p->tenant == 0)
		return ERR_OK;
	d->tenant = p->tenant;
	d->has_profile = p->has_profile;
	memcpy(d->profile, p->profile, PROFILE_UID_LEN);
	if (p->status != DEVICE_ACTIVE)
		return ERR_OK;
	err = store_terms_by_profile(store, p->profile, &terms);
	if (err == ERR_OK)
		err = device_over_plan(store, &terms, &over);
	if (err == ERR_OK && over)
		d->status = DEVICE_INACTIVE;
	return err == ERR_NOT_FOUND ? ERR_CONFLICT : err;
}

/* Features of the pending are the owner's first; later ones stand. */
static void
take_features(const struct store_pending *p, bool first, struct store_device *d)
{
	if (first || d->generation == 0 || d->features_version == 0)
		d->features = p->features;
	d->confirmed = p->features;
}

static void
take_state(const struct store_pending *p, const struct service_commit *c,
    struct store_device *d)
{
	d->generation = p->generation;
	d->has_instance = true;
	memcpy(d->instance, p->instance, INSTANCE_LEN);
	memcpy(d->alias, p->alias, ALIAS_LEN);
	memcpy(d->public_key, p->public_key, P256_POINT_LEN);
	memcpy(d->resume, p->resume, RESUME_LEN);
	memcpy(d->firmware, p->firmware, sizeof(d->firmware));
	d->n = c->confirmed ? 1 : 0;
	d->ck = c->confirmed ? c->next_ck : p->ck;
	d->last_ck = c->confirmed ? p->ck : (struct store_blob){.len = 0};
	d->has_last_id = c->confirmed;
	memcpy(d->last_id, c->request_id, REQUEST_ID_LEN);
	d->period = c->period;
	d->flags = c->flags;
	d->rooted = c->time;
	d->objects = (c->flags & CHECKIN_OBJECTS) != 0;
	d->seen = c->time;
	if (d->registered == 0)
		d->registered = c->time;
	copy_text(d->address, sizeof(d->address), bytes_str(c->address));
	d->changed = c->changed;
}

static enum err
replace_current(struct store *store, const struct judge_device *known,
    const struct store_pending *p, const struct service_commit *c)
{
	struct store_device d = known->device;
	struct checkin_response ignored;
	bool was_factory = d.factory_secret.len > 0 && d.import_id != 0;
	uint64_t tenant = 0;
	bool rotate = false;
	enum err err;

	err = take_owner(store, p, &d);
	if (err == ERR_OK)
		err = take_transfer(store, p, &d, c->time, &tenant, &rotate);
	if (err != ERR_OK)
		return err;
	take_features(p, known->device.tenant == 0, &d);
	take_state(p, c, &d);
	d.rotate = false;
	if (c->confirmed)
		service_device_report(&d, &c->request, c->period,
		    known->device.generation > 0, c->time, &ignored);
	/* The answer said no such thing: the next one does. */
	d.rotate = rotate;
	err = keep_generation(store, p, tenant, c->time);
	if (err == ERR_OK)
		err = store_device_commit(store, &d);
	if (err == ERR_OK && was_factory)
		err = store_import_confirmed(store, d.import_id);
	return err;
}

static const struct store_pending *
pending_of(const struct judge_device *known, const uint8_t alias[ALIAS_LEN])
{
	for (size_t i = 0; i < known->pending_count; i++)
		if (memcmp(known->pending[i].alias, alias, ALIAS_LEN) == 0)
			return &known->pending[i];
	return NULL;
}

enum err
service_device_commit(struct store *store, const struct service_commit *commit,
    const struct store_device *device)
{
	const struct store_pending *pending;
	struct judge_device known = {.left_count = 0};
	enum err err = ERR_OK;

	if (device != NULL)
		known.device = *device;
	else
		err = store_device_by_uid(store, commit->uid, &known.device);
	if (err == ERR_OK)
		err = store_pending_by_uid(
		    store, commit->uid, known.pending, &known.pending_count);
	if (err != ERR_OK)
		return err;
	pending = pending_of(&known, commit->alias);
	if (pending == NULL)
		return ERR_CONFLICT;
	raise_highest(&known);
	err = device_leave(
	    store, &known, pending->alias, commit->changed, commit->time);
	if (err == ERR_OK)
		err = replace_current(store, &known, pending, commit);
	return err;
}

/* F5: versions only grow, also past what a device brings along. */
static void
report_features(struct store_device *d, uint64_t reported, uint64_t time)
{
	d->confirmed_version = reported;
	if (reported == d->features_version)
		d->confirmed = d->features;
	else if (reported > d->features_version)
		d->features_version = reported + 1 > time ? reported + 1 : time;
}

void
service_device_report(struct store_device *device,
    const struct checkin_request *request, uint32_t period, bool all,
    uint64_t time, struct checkin_response *ret_response)
{
	uint32_t told = device->period != 0 ? device->period : PERIOD_DEFAULT;
	uint32_t flags =
	    (device->rotate ? CHECKIN_ROTATE : 0u) |
	    (device->suspended ? CHECKIN_SUSPENDED : 0u) |
	    (device->status == DEVICE_DECOMMISSIONED ? CHECKIN_ERASE : 0u) |
	    (device->objects ? CHECKIN_OBJECTS : 0u);
	struct checkin_response r = {.time = time};

	if (request->has_features_version)
		report_features(device, request->features_version, time);
	if (request->firmware.len > 0)
		copy_text(device->firmware, sizeof(device->firmware),
		    request->firmware);
	r.has_period = period != told || (all && device->period != 0);
	r.period = period;
	r.has_flags = all || flags != 0 || device->flags != 0;
	r.flags = flags;
	r.has_features = device->features_version > device->confirmed_version;
	r.features = device->features;
	r.features_version = device->features_version;
	device->period = r.has_period ? period : device->period;
	device->flags = flags;
	*ret_response = r;
}

enum err
service_device_terms(struct store *store, const struct store_device *device,
    const struct service_terms *fallback, struct service_terms *ret_terms)
{
	struct store_times times = {.period = 0};
	enum err err = ERR_OK;

	if (device->has_profile)
		err = store_times_by_profile(store, device->profile, &times);
	if (err == ERR_NOT_FOUND)
		err = ERR_OK;
	if (err != ERR_OK)
		return err;
	*ret_terms = (struct service_terms){
	    .period = times.period != 0 ? times.period : fallback->period,
	    .rotation =
		times.rotation != 0 ? times.rotation : fallback->rotation};
	return ERR_OK;
}

bool
service_device_root_old(
    const struct store_device *device, uint32_t rotation, uint64_t time)
{
	return rotation != 0 && device->rooted != 0 && time > device->rooted &&
	       time - device->rooted >= rotation;
}
