/*
 * Rules S5 and S6 of the bootstrap. Order matters: what a device may say in
 * good faith after any loss comes first, and only what no loss explains is
 * evidence. A request that was composed before the row changed is stale and
 * never evidence.
 */
#include "base/wipe.h"
#include "service/judge.h"
#include "store/generations.h"

static struct judgement
verdict_of(enum verdict verdict)
{
	return (struct judgement){.verdict = verdict};
}

/* What does not fit: stale when the row moved on, evidence when not. */
static struct judgement
contradiction(const struct judge_case *c, uint32_t generation, const char *why)
{
	struct judgement j = verdict_of(VERDICT_CLONE);

	if (c->changed)
		return verdict_of(VERDICT_STALE);
	j.why = why;
	j.generation = generation;
	return j;
}

/* The same of a sender whose claim is about a key that he holds. */
static struct judgement
fork_of(const struct judge_case *c, uint32_t generation, const char *why)
{
	struct judgement j = contradiction(c, generation, why);

	j.may_resync = j.verdict == VERDICT_CLONE;
	return j;
}

static bool
same_alias(const uint8_t *a, const uint8_t *b)
{
	return memcmp(a, b, ALIAS_LEN) == 0;
}

static bool
same_key(const uint8_t *a, const uint8_t *b)
{
	return memcmp(a, b, P256_POINT_LEN) == 0;
}

static bool
names_last_request(
    const struct store_device *d, bool has_id, const uint8_t *request_id)
{
	return has_id && d->has_last_id &&
	       memcmp(d->last_id, request_id, REQUEST_ID_LEN) == 0;
}

/* S5, resume: says whether it has decided. */
static bool
judge_resume(const struct judge_case *c, struct judgement *ret)
{
	const struct bootstrap_resume *r = &c->request->resume;
	const struct judge_device *k = c->known;
	const struct store_device *d = &k->device;

	for (size_t i = 0; i < k->pending_count; i++) {
		if (!same_alias(k->pending[i].alias, r->alias) ||
		    !ct_equal(k->pending[i].resume, r->tag, RESUME_LEN))
			continue;
		*ret = verdict_of(VERDICT_AGAIN);
		return true;
	}
	if (d->generation == 0 || !same_alias(d->alias, r->alias) ||
	    !ct_equal(d->resume, r->tag, RESUME_LEN))
		return false;
	if (d->n == 1 &&
	    names_last_request(d, r->has_request_id, r->request_id))
		*ret = verdict_of(VERDICT_AGAIN);
	else
		*ret = contradiction(c, d->generation,
		    "resumes a pending that another went on with");
	return true;
}

static struct judgement
new_pending(const struct judge_case *c)
{
	struct judgement j = verdict_of(VERDICT_NEW);
	const struct judge_device *k = c->known;

	for (size_t i = 0; i < k->pending_count; i++)
		if (memcmp(k->pending[i].instance, c->request->instance,
			INSTANCE_LEN) != 0)
			j.other_instance = true;
	return j;
}

/* S5, without a claim: the factory key, and nothing registered. */
static struct judgement
judge_factory(const struct judge_case *c)
{
	const struct store_device *d = &c->known->device;

	if (!same_key(c->key, d->factory_key))
		return verdict_of(VERDICT_MALFORMED);
	if (d->generation > 0)
		return contradiction(c, 0, "factory key after a commit");
	if (d->factory_secret.len == 0)
		return verdict_of(VERDICT_UNKNOWN);
	if (d->renewed && (!d->has_next_instance ||
			      memcmp(d->next_instance, c->request->instance,
				  INSTANCE_LEN) != 0))
		return verdict_of(VERDICT_UNRELEASED);
	return new_pending(c);
}

/* S6: the claim names the current generation. */
static struct judgement
judge_current(const struct judge_case *c)
{
	const struct bootstrap_claim *claim = &c->request->claim;
	const struct store_device *d = &c->known->device;
	struct judgement j = new_pending(c);

	if (!same_key(c->key, d->public_key))
		return verdict_of(VERDICT_MALFORMED);
	if (d->resync != 0)
		return contradiction(c, d->generation,
		    "an operator has released another generation");
	if (claim->generation != d->generation)
		return contradiction(
		    c, d->generation, "names its generation wrongly");
	j.behind = claim->n > d->n;
	if (j.behind)
		return j;
	if (claim->n == d->n && c->tag != NULL &&
	    ct_equal(claim->tag, c->tag, STATE_TAG_LEN))
		return j;
	if (claim->n + 1 == d->n && c->last_tag != NULL &&
	    ct_equal(claim->tag, c->last_tag, STATE_TAG_LEN) &&
	    names_last_request(d, claim->has_request_id, claim->request_id))
		return j;
	return fork_of(c, d->generation, "claims an older or another state");
}

/* The sender has the key of the generation that he claims. */
static bool
is_claimed(const struct judge_case *c)
{
	return c->claimed != NULL && c->claimed->root.len > 0 &&
	       memcmp(c->claimed->uid, c->known->device.uid, UID_LEN) == 0 &&
	       same_key(c->claimed->public_key, c->key);
}

/* S6: the claim names a pending or a context that was left. */
static struct judgement
judge_other(const struct judge_case *c)
{
	const struct bootstrap_claim *claim = &c->request->claim;
	const struct judge_device *k = c->known;
	struct judgement j = verdict_of(VERDICT_COMMIT);

	for (j.pending = 0; j.pending < k->pending_count; j.pending++)
		if (same_alias(k->pending[j.pending].alias, claim->alias) &&
		    same_key(k->pending[j.pending].public_key, c->key))
			return j;
	for (size_t i = 0; i < k->left_count; i++)
		if (same_alias(k->left[i].alias, claim->alias) &&
		    same_key(k->left[i].public_key, c->key))
			return fork_of(c, k->left[i].generation,
			    "claims a generation left");
	/* Left so long ago that its context is forgotten, but not its root. */
	if (is_claimed(c))
		return fork_of(
		    c, c->claimed->generation, "claims a generation left");
	return verdict_of(VERDICT_UNKNOWN);
}

/*
 * A credential by value verifies with any key. One that is not the device's
 * learns as little as if nobody knew the device.
 */
static bool
is_stranger(const struct judge_case *c)
{
	const struct judge_device *k = c->known;

	if (same_key(c->key, k->device.factory_key))
		return false;
	if (k->device.generation > 0 && same_key(c->key, k->device.public_key))
		return false;
	for (size_t i = 0; i < k->pending_count; i++)
		if (same_key(c->key, k->pending[i].public_key))
			return false;
	for (size_t i = 0; i < k->left_count; i++)
		if (same_key(c->key, k->left[i].public_key))
			return false;
	return !is_claimed(c);
}

struct judgement
judge_ticket(const struct judge_case *c)
{
	struct judgement j = {.verdict = VERDICT_NEW, .behind = true};
	uint32_t g = c->request->claim.generation;
	const struct store_device *d;

	if (c->known == NULL)
		return j;
	d = &c->known->device;
	if (d->erased != 0 || d->status == DEVICE_DECOMMISSIONED)
		return verdict_of(VERDICT_DECOMMISSIONED);
	if (d->quarantined)
		return verdict_of(VERDICT_QUARANTINED);
	if (d->resync != 0)
		return contradiction(
		    c, g, "an operator has released another generation");
	if (d->renewed && g <= d->generation_max)
		return contradiction(
		    c, g, "brings a generation that was decommissioned");
	if (g < d->generation)
		return contradiction(c, g, "brings an older generation");
	return j;
}

bool
judge_needs_tags(
    const struct store_device *device, const struct bootstrap_request *request)
{
	return request->has_claim && device->generation > 0 &&
	       device->erased == 0 &&
	       same_alias(device->alias, request->claim.alias) &&
	       request->claim.n <= device->n && device->ck.len > 0;
}

struct judgement
judge_bootstrap(const struct judge_case *c)
{
	const struct bootstrap_request *r = c->request;
	const struct store_device *d = &c->known->device;
	struct judgement j;

	if (is_stranger(c))
		return verdict_of(VERDICT_UNKNOWN);
	if (d->erased != 0)
		return verdict_of(VERDICT_DECOMMISSIONED);
	if (d->quarantined)
		return verdict_of(VERDICT_QUARANTINED);
	if (r->has_resume && judge_resume(c, &j))
		return j;
	if (!r->has_claim)
		return judge_factory(c);
	if (d->generation > 0 && same_alias(d->alias, r->claim.alias))
		return judge_current(c);
	return judge_other(c);
}
