/*
 * A fleet from nothing: every secret is a hash of the device's number, so
 * that tests can compute what a device would.
 */
#include "fleet.h"

#include "keys/schedule.h"
#include "store/devices.h"
#include "store/generations.h"
#include "wrap.h"

static void
need(enum err err)
{
	if (err == ERR_OK)
		return;
	(void)fprintf(stderr, "fleet: %s\n", err_name(err));
	abort();
}

static void
derive(const char *what, unsigned i, uint8_t out[SHA256_LEN])
{
	uint8_t number[4] = {(uint8_t)(i >> 24), (uint8_t)(i >> 16),
	    (uint8_t)(i >> 8), (uint8_t)i};
	const struct bytes parts[] = {bytes_str(what), BYTES_OF(number)};

	need(sha256(parts, ARRAY_LEN(parts), out));
}

void
fleet_uid(unsigned i, uint8_t ret_uid[UID_LEN])
{
	const uint8_t uid[UID_LEN] = {0, 2, 0, 0, (uint8_t)(i >> 24),
	    (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i};

	memcpy(ret_uid, uid, sizeof(uid));
}

void
fleet_alias(unsigned i, uint8_t ret_alias[ALIAS_LEN])
{
	uint8_t hash[SHA256_LEN];

	derive("alias", i, hash);
	memcpy(ret_alias, hash, ALIAS_LEN);
}

struct keys_root
fleet_root(unsigned i)
{
	struct keys_root root;

	derive("root", i, root.k);
	return root;
}

static struct store_blob
root_wrap(const struct fleet *fleet, const uint8_t *uid, unsigned i)
{
	const struct blob_name name = {.kind = BLOB_ROOT,
	    .uid = uid,
	    .generation = 1,
	    .profile = fleet->profile};
	struct keys_root root = fleet_root(i);
	struct keysproto_blob blob;
	struct store_blob out = {.len = 0};

	need(wrap_seal(fleet->keys, &name, root.k, &blob));
	memcpy(out.b, blob.b, blob.len);
	out.len = blob.len;
	return out;
}

static void
device_add(const struct fleet *fleet, unsigned i)
{
	struct store_device d = {.created = 1};
	struct store_generation g = {.generation = 1, .created = 1};

	fleet_uid(i, d.uid);
	fleet_alias(i, d.alias);
	need(store_device_add(fleet->store, &d));
	d.tenant = fleet->tenant;
	d.has_profile = true;
	memcpy(d.profile, fleet->profile, sizeof(d.profile));
	(void)snprintf(d.serial, sizeof(d.serial), "S%u", i);
	d.status = DEVICE_ACTIVE;
	d.has_instance = true;
	d.generation = 1;
	d.n = 1;
	d.features = fleet->features;
	d.confirmed = fleet->features;
	d.registered = 1;
	d.seen = 1;
	/* Nobody opens it here: any blob will do. */
	d.ck = root_wrap(fleet, d.uid, i);
	need(store_device_commit(fleet->store, &d));
	memcpy(g.alias, d.alias, sizeof(g.alias));
	memcpy(g.uid, d.uid, sizeof(g.uid));
	g.tenant = fleet->tenant;
	memcpy(g.profile, fleet->profile, sizeof(g.profile));
	g.root = root_wrap(fleet, d.uid, i);
	need(store_generation_add(fleet->store, &g));
}

void
fleet_add(const struct fleet *fleet, unsigned first, unsigned count)
{
	need(store_begin(fleet->store));
	for (unsigned i = first; i < first + count; i++)
		device_add(fleet, i);
	need(store_commit(fleet->store));
}
