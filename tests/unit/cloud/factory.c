/*
 * The factory, the device and the honest askers of the tests.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "crypto/hpke.h"
#include "factory.h"
#include "keys/envelope.h"

const uint8_t test_profile[PROFILE_UID_LEN] = {1, 2, 3, 4, 5, 6, 7, 8};
const uint8_t other_profile[PROFILE_UID_LEN] = {9, 9, 9};

static uint8_t random_state[SHA256_LEN];

/* SHA-256 over and over: good enough to look random, the same each time. */
static enum err
test_fill(void *ctx UNUSED, uint8_t *out, size_t len)
{
	struct bytes state = BYTES_OF(random_state);
	uint8_t next[SHA256_LEN];
	size_t i;

	for (i = 0; i < len; i++) {
		if (i % SHA256_LEN == 0) {
			assert_int_equal(sha256(&state, 1, next), ERR_OK);
			memcpy(random_state, next, sizeof(next));
			assert_int_equal(sha256(&state, 1, next), ERR_OK);
		}
		out[i] = next[i % SHA256_LEN];
	}
	return ERR_OK;
}

const struct random_source test_random = {test_fill, NULL};

void
test_random_seed(uint8_t seed)
{
	memset(random_state, seed, sizeof(random_state));
}

static void
draw(void *out, size_t len)
{
	assert_int_equal(random_fill(&test_random, out, len), ERR_OK);
}

struct keysproto_answer
ask(const struct keys_state *state, enum keysproto_asker asker,
    const struct keysproto_request *q)
{
	struct keysproto_answer a;

	assert_int_equal(keys_answer(state, asker, q, &a), ERR_OK);
	assert_int_equal(a.err, ERR_OK);
	return a;
}

/* The factory's part: F sealed to the service, as a production record. */
static void
record_seal(const struct keys_state *state, const struct test_device *d,
    struct keysproto_request *q)
{
	struct keysproto_request info = {.op = KEYSPROTO_INFO};
	struct keysproto_answer a = ask(state, KEYSPROTO_API, &info);
	uint8_t aad[UID_LEN + P256_POINT_LEN];

	memcpy(aad, d->uid, UID_LEN);
	memcpy(aad + UID_LEN, d->public_key, P256_POINT_LEN);
	assert_int_equal(
	    hpke_seal(&test_random, &a.u.info.import_key,
		BYTES_LIT("holdfast factory v1"), BYTES_OF(aad),
		BYTES_OF(d->salt.k), q->u.factory.enc, q->u.factory.sealed),
	    ERR_OK);
}

void
device_make(
    const struct keys_state *state, uint8_t number, struct test_device *ret_d)
{
	struct keysproto_request q = {.op = KEYSPROTO_IMPORT};
	struct p256_secret secret;
	struct p256_point point;
	struct test_device d;

	memset(&d, 0, sizeof(d));
	d.uid[0] = 2;
	d.uid[UID_LEN - 1] = number;
	d.import_id = 77;
	draw(&d.salt, sizeof(d.salt));
	draw(d.exporter, sizeof(d.exporter));
	assert_int_equal(p256_generate(&test_random, &secret, &point), ERR_OK);
	p256_point_encode(&point, d.public_key);
	q.u.factory.import_id = d.import_id;
	d.import_key = ask(state, KEYSPROTO_API, &q).u.blob;
	q.op = KEYSPROTO_FACTORY;
	q.u.factory.import_key = d.import_key;
	memcpy(q.u.factory.uid, d.uid, UID_LEN);
	memcpy(q.u.factory.public_key, d.public_key, P256_POINT_LEN);
	record_seal(state, &d, &q);
	d.factory = ask(state, KEYSPROTO_API, &q).u.blob;
	*ret_d = d;
}

void
device_exchange(struct test_device *d, const uint8_t *profile, unsigned status,
    uint32_t generation)
{
	struct bootstrap_request request = {
	    .firmware = BYTES_LIT("03.15"), .serial = BYTES_LIT("SERIAL-1")};
	struct bootstrap_response response = {.status = status,
	    .generation = generation,
	    .features = FEATURE_ALL};
	struct p256_point point;
	struct writer w;

	assert_int_equal(
	    p256_point_decode(BYTES_OF(d->public_key), &point), ERR_OK);
	p256_point_compress(&point, request.key);
	request.instance[0] = 1;
	request.sealed = profile != NULL;
	if (profile != NULL)
		memcpy(request.profile, profile, PROFILE_UID_LEN);
	writer_init(&w, d->request, sizeof(d->request));
	bootstrap_request_write(&w, &request);
	assert_int_equal(w.err, ERR_OK);
	d->request_len = w.len;
	memcpy(response.alias, "alias", ALIAS_LEN);
	response.alias[ALIAS_LEN - 1] = (uint8_t)generation;
	memcpy(d->alias, response.alias, ALIAS_LEN);
	writer_init(&w, d->response, sizeof(d->response));
	bootstrap_response_write(&w, &response);
	assert_int_equal(w.err, ERR_OK);
	d->response_len = w.len;
}

struct keysproto_request
root_request(const struct test_device *d)
{
	struct keysproto_request q = {.op = KEYSPROTO_ROOT};

	memcpy(q.u.root.uid, d->uid, UID_LEN);
	memcpy(q.u.root.exporter, d->exporter, sizeof(d->exporter));
	if (d->generation == 0) {
		q.u.root.factory = d->factory;
		q.u.root.import_id = d->import_id;
		q.u.root.import_key = d->import_key;
	} else {
		q.u.root.root = d->root;
		q.u.root.root_generation = d->generation;
		memcpy(q.u.root.root_profile, d->profile, PROFILE_UID_LEN);
	}
	q.u.root.request = bytes_make(d->request, d->request_len);
	q.u.root.response = bytes_make(d->response, d->response_len);
	return q;
}

void
device_bootstrap(const struct keys_state *state, struct test_device *d,
    const uint8_t *profile, unsigned status, uint32_t generation)
{
	struct keysproto_request q;
	struct keysproto_answer a;
	struct keys_root root;

	device_exchange(d, profile, status, generation);
	q = root_request(d);
	a = ask(state, KEYSPROTO_DEVICES, &q);
	d->root = a.u.root.root;
	d->ck = a.u.root.ck;
	memcpy(d->profile, a.u.root.profile, PROFILE_UID_LEN);
	d->generation = generation;
	/* The device's own way to the same keys. */
	assert_int_equal(keys_root_make(&d->salt, d->exporter, d->uid,
			     q.u.root.request, q.u.root.response, &root),
	    ERR_OK);
	assert_int_equal(keys_children_make(&root, &d->children), ERR_OK);
	assert_memory_equal(
	    a.u.root.resume, d->children.resume, sizeof(a.u.root.resume));
	d->salt = d->children.next;
}

static struct keysproto_request
derive_request(const struct keys_state *state, const struct test_device *d,
    enum keysproto_op op)
{
	struct keysproto_request q = {.op = op};
	struct keysproto_request record = {.op = KEYSPROTO_PROFILE};
	struct keysproto_owner *owner = &q.u.derive.owner;

	record.u.profile.tenant = 5;
	memcpy(record.u.profile.profile, test_profile, PROFILE_UID_LEN);
	owner->tenant = 5;
	memcpy(owner->profile, test_profile, PROFILE_UID_LEN);
	memcpy(owner->record, ask(state, KEYSPROTO_API, &record).u.record,
	    KEYSPROTO_RECORD_LEN);
	memcpy(q.u.derive.uid, d->uid, UID_LEN);
	q.u.derive.generation = d->generation;
	q.u.derive.root = d->root;
	return q;
}

struct keysproto_request
psk_request(const struct keys_state *state, const struct test_device *d)
{
	struct keysproto_request q = derive_request(state, d, KEYSPROTO_PSK);
	struct psk_identity id = {.counter = 42};

	memcpy(id.alias, d->alias, ALIAS_LEN);
	assert_int_equal(psk_identity_encode(&id, q.u.derive.id), ERR_OK);
	q.u.derive.id_len = PSK_ID_LEN;
	q.u.derive.key_len = 16;
	return q;
}

struct keysproto_request
e2e_request(const struct keys_state *state, const struct test_device *d)
{
	struct keysproto_request q = derive_request(state, d, KEYSPROTO_E2E);
	struct envelope_header h = {
	    .version = ENVELOPE_V1, .direction = ENVELOPE_UP, .counter = 43};

	memcpy(h.alias, d->alias, ALIAS_LEN);
	assert_int_equal(
	    envelope_header_encode(&h, q.u.derive.id, &q.u.derive.id_len),
	    ERR_OK);
	return q;
}
