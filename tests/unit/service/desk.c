/*
 * The service at a desk.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/wipe.h"
#include "desk.h"
#include "keys/messages.h"
#include "service/apikeys.h"
#include "service/profiles.h"
#include "store/devices.h"
#include "store/generations.h"
#include "wrap.h"

#define START 1700000000

static int64_t
desk_now(void *ctx)
{
	return ((struct desk *)ctx)->now;
}

/* SHA-256 of a counter: the same in every run, never twice the same. */
static enum err
desk_fill(void *ctx, uint8_t *out, size_t len)
{
	struct desk *d = ctx;
	uint8_t hash[SHA256_LEN];

	for (size_t i = 0; i < len; i++) {
		if (i % sizeof(hash) == 0) {
			struct bytes in =
			    bytes_make(&d->drawn, sizeof(d->drawn));

			assert_int_equal(sha256(&in, 1, hash), ERR_OK);
			d->drawn++;
		}
		out[i] = hash[i % sizeof(hash)];
	}
	return ERR_OK;
}

int
desk_setup(void **state)
{
	struct desk *d = calloc(1, sizeof(*d));
	struct store *store = NULL;

	assert_non_null(d);
	assert_int_equal(crypto_init(), ERR_OK);
	d->now = START;
	d->random = (struct random_source){desk_fill, d};
	assert_int_equal(store_open(":memory:", &store, NULL), ERR_OK);
	assert_int_equal(
	    service_init(&d->s, store, &d->random, desk_now, d), ERR_OK);
	assert_int_equal(keys_state_generate(&d->random, &d->keys), ERR_OK);
	*state = d;
	return 0;
}

int
desk_teardown(void **state)
{
	struct desk *d = *state;

	service_done(&d->s);
	store_close(d->s.store);
	keys_state_done(&d->keys);
	free(d);
	return 0;
}

struct keysproto_answer
desk_ask(struct desk *d, const struct keysproto_request *q)
{
	struct keysproto_answer a;

	assert_int_equal(keys_answer(&d->keys, KEYSPROTO_API, q, &a), ERR_OK);
	return a;
}

/* The actor of an API key, as its token says. */
static struct actor
actor_of(struct desk *d, const char *apikey, const char *secret)
{
	struct token_pair pair;
	struct actor actor;

	assert_int_equal(tokens_authenticate(&d->s, bytes_str(apikey),
			     bytes_str(secret), &pair),
	    ERR_OK);
	assert_int_equal(
	    tokens_check(&d->s, bytes_str(pair.auth), &actor), ERR_OK);
	service_read_end(&d->s);
	return actor;
}

void
desk_init(
    struct desk *d, struct setup_result *ret_result, struct actor *ret_actor)
{
	char token[TOKEN_TEXT_SIZE];
	struct setup_plan plan;
	struct keysproto_request q;

	assert_int_equal(setup_prepare(&d->s, token), ERR_OK);
	const struct setup_wish wish = {.token = bytes_str(token),
	    .tenant = BYTES_LIT("first"),
	    .email = BYTES_LIT("admin@example.com"),
	    .profile = BYTES_LIT("default")};

	assert_int_equal(setup_begin(&d->s, &wish, &plan, &q), ERR_OK);
	struct keysproto_answer a = desk_ask(d, &q);

	assert_int_equal(
	    setup_finish(&d->s, &plan, a.u.record, "192.0.2.1:1", ret_result),
	    ERR_OK);
	*ret_actor = actor_of(d, ret_result->apikey, ret_result->secret);
}

struct actor
desk_tenant(struct desk *d, const char *name, const char *plan,
    struct store_profile *ret_profile)
{
	struct store_tenant t = {.created = d->now};
	char apikey[APIKEY_NAME_MAX + 1], secret[TOKEN_TEXT_SIZE];
	struct keysproto_request q;

	(void)snprintf(t.name, sizeof(t.name), "%s", name);
	(void)snprintf(t.plan, sizeof(t.plan), "%s", plan);
	assert_int_equal(service_write(&d->s), ERR_OK);
	assert_int_equal(store_tenant_next(d->s.store, &t.id), ERR_OK);
	assert_int_equal(store_tenant_add(d->s.store, &t), ERR_OK);
	assert_int_equal(apikey_make(&d->s, t.id, apikey, secret), ERR_OK);
	assert_int_equal(store_commit(d->s.store), ERR_OK);
	struct actor actor = actor_of(d, apikey, secret);

	assert_int_equal(profile_begin(&d->s, t.id, actor.services,
			     BYTES_LIT("p"), 0, 0, ret_profile, &q),
	    ERR_OK);
	struct keysproto_answer a = desk_ask(d, &q);

	assert_int_equal(profile_finish(&d->s, &actor, "192.0.2.1:1",
			     ret_profile, a.u.record),
	    ERR_OK);
	return actor;
}

static struct store_blob
root_wrap(struct desk *d, const struct desk_device *device,
    const struct store_profile *profile)
{
	const struct blob_name name = {.kind = BLOB_ROOT,
	    .uid = device->uid,
	    .generation = 1,
	    .profile = profile->uid};
	struct keysproto_blob blob;
	struct store_blob out = {.len = 0};

	assert_int_equal(
	    wrap_seal(&d->keys, &name, device->root.k, &blob), ERR_OK);
	memcpy(out.b, blob.b, blob.len);
	out.len = blob.len;
	return out;
}

struct desk_device
desk_device_add(struct desk *d, const struct actor *actor,
    const struct store_profile *profile, unsigned number)
{
	struct desk_device device = {
	    .uid = {0, 2, 0, 0, 0, 0, (uint8_t)(number >> 8), (uint8_t)number}};
	struct store_device row = {.created = 1};
	struct store_generation g = {
	    .generation = 1, .tenant = actor->tenant, .created = 1};

	assert_int_equal(
	    random_fill(&d->random, device.alias, ALIAS_LEN), ERR_OK);
	assert_int_equal(
	    random_fill(&d->random, device.root.k, KEY_LEN), ERR_OK);
	memcpy(row.uid, device.uid, UID_LEN);
	assert_int_equal(service_write(&d->s), ERR_OK);
	assert_int_equal(store_device_add(d->s.store, &row), ERR_OK);
	row.tenant = actor->tenant;
	row.has_profile = true;
	memcpy(row.profile, profile->uid, sizeof(row.profile));
	(void)snprintf(row.serial, sizeof(row.serial), "S%u", number);
	row.status = DEVICE_ACTIVE;
	row.has_instance = true;
	row.generation = 1;
	row.n = 1;
	row.features = profile->features;
	row.registered = 1;
	row.seen = 1;
	memcpy(row.alias, device.alias, ALIAS_LEN);
	row.ck = root_wrap(d, &device, profile);
	assert_int_equal(store_device_commit(d->s.store, &row), ERR_OK);
	memcpy(g.alias, device.alias, ALIAS_LEN);
	memcpy(g.uid, device.uid, UID_LEN);
	memcpy(g.profile, profile->uid, sizeof(g.profile));
	g.root = root_wrap(d, &device, profile);
	assert_int_equal(store_generation_add(d->s.store, &g), ERR_OK);
	assert_int_equal(store_commit(d->s.store), ERR_OK);
	return device;
}
