/*
 * The keys process against a device that goes its own way to each key, and
 * against askers that lie.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "factory.h"
#include "keys/envelope.h"
#include "keys/objects.h"
#include "pki/certificate.h"
#include "wrap.h"

static struct keys_state state;

static int
setup(void **ignored UNUSED)
{
	assert_int_equal(crypto_init(), ERR_OK);
	test_random_seed(1);
	assert_int_equal(keys_state_generate(&test_random, &state), ERR_OK);
	return 0;
}

/* Asks for something that must be refused, with nothing but the error. */
static void
assert_refused(
    enum keysproto_asker asker, const struct keysproto_request *q, enum err err)
{
	struct keysproto_answer a, nothing;

	memset(&nothing, 0, sizeof(nothing));
	memset(&a, 0xa5, sizeof(a));
	assert_int_equal(keys_answer(&state, asker, q, &a), err);
	assert_int_equal(a.err, err);
	a.err = ERR_OK;
	assert_memory_equal(&a, &nothing, sizeof(a));
}

static void
device_registered(struct test_device *d)
{
	device_make(&state, 1, d);
	device_bootstrap(&state, d, test_profile, BOOTSTRAP_ASSIGNED, 1);
}

static void
test_info_says_the_public_keys(void **ignored UNUSED)
{
	struct keysproto_request q = {.op = KEYSPROTO_INFO};
	struct keysproto_answer a = ask(&state, KEYSPROTO_DEVICES, &q);
	struct p256_point want;

	assert_int_equal(a.u.info.credential_count, 1);
	assert_int_equal(a.u.info.credential[0].kid, 1);
	assert_int_equal(
	    p256_public(&state.credential[0].secret, &want), ERR_OK);
	assert_memory_equal(
	    &a.u.info.credential[0].public_key, &want, sizeof(want));
	assert_int_equal(p256_public(&state.import_secret, &want), ERR_OK);
	assert_memory_equal(&a.u.info.import_key, &want, sizeof(want));
}

static void
test_prk_is_the_extract_of_both_sides(void **ignored UNUSED)
{
	struct keysproto_request q = {.op = KEYSPROTO_PRK};
	struct keysproto_answer a;
	struct p256_secret secret;
	uint8_t shared[P256_LEN], want[SHA256_LEN];

	assert_int_equal(
	    p256_generate(&test_random, &secret, &q.u.prk.peer), ERR_OK);
	memset(q.u.prk.salt, 7, sizeof(q.u.prk.salt));
	q.u.prk.kid = 1;
	a = ask(&state, KEYSPROTO_DEVICES, &q);
	assert_int_equal(
	    p256_ecdh(&secret, &state.credential[0].public_key, shared),
	    ERR_OK);
	assert_int_equal(
	    hkdf_extract(BYTES_OF(q.u.prk.salt), BYTES_OF(shared), want),
	    ERR_OK);
	assert_memory_equal(a.u.prk, want, sizeof(want));
}

static void
test_prk_refuses_other_kids_and_bad_points(void **ignored UNUSED)
{
	struct keysproto_request q = {.op = KEYSPROTO_PRK};

	q.u.prk.kid = 2;
	q.u.prk.peer = state.import_public;
	assert_refused(KEYSPROTO_DEVICES, &q, ERR_NOT_FOUND);
	q.u.prk.kid = 1;
	q.u.prk.peer.y[31] ^= 1;
	assert_refused(KEYSPROTO_DEVICES, &q, ERR_INVALID);
	memset(&q.u.prk.peer, 0, sizeof(q.u.prk.peer));
	assert_refused(KEYSPROTO_DEVICES, &q, ERR_INVALID);
	memset(&q.u.prk.peer, 0xff, sizeof(q.u.prk.peer));
	assert_refused(KEYSPROTO_DEVICES, &q, ERR_INVALID);
}

static void
test_nobody_asks_for_what_is_not_his(void **ignored UNUSED)
{
	struct keysproto_request q;
	unsigned op;

	for (op = 1; op <= 22; op++) {
		memset(&q, 0, sizeof(q));
		q.op = (enum keysproto_op)op;
		if (op > 8 && op < 16) {
			assert_refused(KEYSPROTO_API, &q, ERR_UNSUPPORTED);
			continue;
		}
		if (op != KEYSPROTO_INFO)
			assert_refused(
			    op < 16 ? KEYSPROTO_API : KEYSPROTO_DEVICES, &q,
			    ERR_DENIED);
	}
}

static void
test_a_psk_is_the_devices(void **ignored UNUSED)
{
	struct keysproto_request q;
	struct keysproto_answer a;
	struct test_device d;
	uint8_t want[PSK_MAX];

	device_registered(&d);
	q = psk_request(&state, &d);
	a = ask(&state, KEYSPROTO_API, &q);
	assert_int_equal(a.u.key.len, 16);
	assert_int_equal(
	    keys_psk_make(&d.children.psk, q.u.derive.id, want, 16), ERR_OK);
	assert_memory_equal(a.u.key.key, want, 16);
	q.u.derive.key_len = 32;
	a = ask(&state, KEYSPROTO_API, &q);
	assert_int_equal(a.u.key.len, 32);
	assert_int_equal(
	    keys_psk_make(&d.children.psk, q.u.derive.id, want, 32), ERR_OK);
	assert_memory_equal(a.u.key.key, want, 32);
	q.u.derive.key_len = 24;
	assert_refused(KEYSPROTO_API, &q, ERR_INVALID);
}

static void
test_an_e2e_key_is_the_devices(void **ignored UNUSED)
{
	struct envelope_header h = {
	    .version = ENVELOPE_V2, .direction = ENVELOPE_UP, .counter = 9};
	struct keysproto_request q;
	struct keysproto_answer a;
	struct test_device d;
	uint8_t want[E2E_KEY_LEN];

	device_registered(&d);
	q = e2e_request(&state, &d);
	assert_int_equal(q.u.derive.id_len, 16);
	a = ask(&state, KEYSPROTO_API, &q);
	assert_int_equal(a.u.key.len, E2E_KEY_LEN);
	assert_int_equal(
	    keys_up_key(&d.children.up, bytes_make(q.u.derive.id, 16), want),
	    ERR_OK);
	assert_memory_equal(a.u.key.key, want, sizeof(want));
	memcpy(h.alias, d.alias, ALIAS_LEN);
	assert_int_equal(
	    envelope_header_encode(&h, q.u.derive.id, &q.u.derive.id_len),
	    ERR_OK);
	assert_int_equal(q.u.derive.id_len, 11);
	a = ask(&state, KEYSPROTO_API, &q);
	assert_int_equal(
	    keys_up_key(&d.children.up, bytes_make(q.u.derive.id, 11), want),
	    ERR_OK);
	assert_memory_equal(a.u.key.key, want, sizeof(want));
}

/* Messages to the device have keys of their own. */
static void
test_a_downlink_key_is_the_devices(void **ignored UNUSED)
{
	struct envelope_header h = {
	    .version = ENVELOPE_V1, .direction = ENVELOPE_DOWN, .counter = 9};
	struct keysproto_request q;
	struct keysproto_answer a;
	struct test_device d;
	uint8_t want[E2E_KEY_LEN], up[E2E_KEY_LEN];

	device_registered(&d);
	memcpy(h.alias, d.alias, ALIAS_LEN);
	for (; h.version <= ENVELOPE_V2; h.version++) {
		q = e2e_request(&state, &d);
		assert_int_equal(envelope_header_encode(
				     &h, q.u.derive.id, &q.u.derive.id_len),
		    ERR_OK);
		a = ask(&state, KEYSPROTO_API, &q);
		struct bytes header =
		    bytes_make(q.u.derive.id, q.u.derive.id_len);

		assert_int_equal(
		    keys_down_key(&d.children.down, header, want), ERR_OK);
		assert_memory_equal(a.u.key.key, want, sizeof(want));
		assert_int_equal(
		    keys_up_key(&d.children.up, header, up), ERR_OK);
		assert_memory_not_equal(a.u.key.key, up, sizeof(up));
	}
}

static void
test_headers_are_parsed_here(void **ignored UNUSED)
{
	struct keysproto_request q, bad;
	struct test_device d;

	device_registered(&d);
	q = e2e_request(&state, &d);
	bad = q;
	bad.u.derive.id[15] = 1; /* the two zeros of V1 */
	assert_refused(KEYSPROTO_API, &bad, ERR_FORMAT);
	bad = q;
	bad.u.derive.id_len = 15;
	assert_refused(KEYSPROTO_API, &bad, ERR_FORMAT);
	bad.u.derive.id_len = 17;
	assert_refused(KEYSPROTO_API, &bad, ERR_FORMAT);
	/* A PSK identity is no header, nor a header an identity. */
	bad = psk_request(&state, &d);
	bad.op = KEYSPROTO_E2E;
	assert_refused(KEYSPROTO_API, &bad, ERR_FORMAT);
	bad = q;
	bad.op = KEYSPROTO_PSK;
	assert_refused(KEYSPROTO_API, &bad, ERR_FORMAT);
	bad = psk_request(&state, &d);
	bad.u.derive.id[0] = 0x12;
	assert_refused(KEYSPROTO_API, &bad, ERR_FORMAT);
}

static void
test_a_key_is_its_owners(void **ignored UNUSED)
{
	struct keysproto_request q, bad;
	struct keysproto_request record = {.op = KEYSPROTO_PROFILE};
	struct test_device d;

	device_registered(&d);
	q = psk_request(&state, &d);
	bad = q;
	bad.u.derive.owner.tenant++;
	assert_refused(KEYSPROTO_API, &bad, ERR_DENIED);
	bad = q;
	bad.u.derive.owner.record[15] ^= 1;
	assert_refused(KEYSPROTO_API, &bad, ERR_DENIED);
	bad = q;
	memcpy(bad.u.derive.owner.profile, other_profile, PROFILE_UID_LEN);
	assert_refused(KEYSPROTO_API, &bad, ERR_DENIED);
	/* An honest record of somebody else opens nothing of this device. */
	record.u.profile.tenant = 6;
	memcpy(record.u.profile.profile, other_profile, PROFILE_UID_LEN);
	bad.u.derive.owner.tenant = 6;
	memcpy(bad.u.derive.owner.record,
	    ask(&state, KEYSPROTO_API, &record).u.record, KEYSPROTO_RECORD_LEN);
	assert_refused(KEYSPROTO_API, &bad, ERR_AUTH);
	bad.op = KEYSPROTO_E2E;
	bad.u.derive.id_len = 16;
	memcpy(bad.u.derive.id, e2e_request(&state, &d).u.derive.id, 16);
	assert_refused(KEYSPROTO_API, &bad, ERR_AUTH);
}

static void
test_the_profile_of_nobody_owns_nothing(void **ignored UNUSED)
{
	struct keysproto_request record = {.op = KEYSPROTO_PROFILE};
	struct keysproto_request q;
	struct test_device d;

	assert_refused(KEYSPROTO_API, &record, ERR_INVALID);
	device_make(&state, 1, &d);
	device_bootstrap(&state, &d, NULL, BOOTSTRAP_REGISTERED, 1);
	q = psk_request(&state, &d);
	memset(q.u.derive.owner.profile, 0, PROFILE_UID_LEN);
	assert_refused(KEYSPROTO_API, &q, ERR_DENIED);
}

static void
test_a_root_is_of_its_device_and_generation(void **ignored UNUSED)
{
	struct keysproto_request q, bad;
	struct test_device d;

	device_registered(&d);
	q = psk_request(&state, &d);
	bad = q;
	bad.u.derive.uid[0] ^= 1;
	assert_refused(KEYSPROTO_API, &bad, ERR_AUTH);
	bad = q;
	bad.u.derive.generation++;
	assert_refused(KEYSPROTO_API, &bad, ERR_AUTH);
	bad = q;
	bad.u.derive.root.len = 61;
	assert_refused(KEYSPROTO_API, &bad, ERR_AUTH);
	bad = q;
	bad.u.derive.root = d.ck;
	assert_refused(KEYSPROTO_API, &bad, ERR_AUTH);
	bad = q;
	bad.u.derive.root = d.import_key;
	assert_refused(KEYSPROTO_API, &bad, ERR_AUTH);
}

static void
test_every_bit_of_a_blob_counts(void **ignored UNUSED)
{
	struct keysproto_request q, bad;
	struct test_device d;
	size_t bit;

	device_registered(&d);
	q = psk_request(&state, &d);
	for (bit = 0; bit < 8 * BLOB_MAX; bit++) {
		bad = q;
		bad.u.derive.root.b[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_refused(KEYSPROTO_API, &bad, ERR_AUTH);
	}
}

/* Whose profile stands in the root after a bootstrap. */
static void
assert_profile(const uint8_t *sent, unsigned status, const uint8_t *want)
{
	static const uint8_t none[PROFILE_UID_LEN];
	struct test_device d;

	device_make(&state, 1, &d);
	device_bootstrap(&state, &d, sent, status, 1);
	assert_memory_equal(
	    d.profile, want == NULL ? none : want, PROFILE_UID_LEN);
}

static void
test_the_profile_follows_the_status(void **ignored UNUSED)
{
	assert_profile(test_profile, BOOTSTRAP_ASSIGNED, test_profile);
	assert_profile(test_profile, BOOTSTRAP_INACTIVE, test_profile);
	assert_profile(test_profile, BOOTSTRAP_UNKNOWN_PROFILE, NULL);
	assert_profile(test_profile, BOOTSTRAP_REGISTERED, NULL);
	assert_profile(NULL, BOOTSTRAP_REGISTERED, NULL);
	assert_profile(NULL, BOOTSTRAP_ASSIGNED, NULL);
}

static void
test_a_later_generation_keeps_its_owner(void **ignored UNUSED)
{
	struct keysproto_request q;
	struct keysproto_answer a;
	struct test_device d;
	uint8_t want[16];

	device_registered(&d);
	device_bootstrap(&state, &d, other_profile, BOOTSTRAP_ASSIGNED, 2);
	assert_memory_equal(d.profile, test_profile, PROFILE_UID_LEN);
	q = psk_request(&state, &d);
	a = ask(&state, KEYSPROTO_API, &q);
	assert_int_equal(
	    keys_psk_make(&d.children.psk, q.u.derive.id, want, 16), ERR_OK);
	assert_memory_equal(a.u.key.key, want, 16);
	/* One that nobody owned takes the profile that it sends then. */
	device_make(&state, 2, &d);
	device_bootstrap(&state, &d, NULL, BOOTSTRAP_REGISTERED, 1);
	device_bootstrap(&state, &d, other_profile, BOOTSTRAP_ASSIGNED, 5);
	assert_memory_equal(d.profile, other_profile, PROFILE_UID_LEN);
}

static void
test_a_root_needs_its_prior(void **ignored UNUSED)
{
	struct keysproto_request q, bad;
	struct test_device d;

	device_make(&state, 1, &d);
	device_exchange(&d, test_profile, BOOTSTRAP_ASSIGNED, 1);
	q = root_request(&d);
	bad = q;
	bad.u.root.uid[7] ^= 1;
	assert_refused(KEYSPROTO_DEVICES, &bad, ERR_AUTH);
	bad = q;
	bad.u.root.import_id++;
	assert_refused(KEYSPROTO_DEVICES, &bad, ERR_AUTH);
	bad = q;
	bad.u.root.factory.b[30] ^= 1;
	assert_refused(KEYSPROTO_DEVICES, &bad, ERR_AUTH);
	bad = q;
	bad.u.root.factory = q.u.root.import_key;
	assert_refused(KEYSPROTO_DEVICES, &bad, ERR_AUTH);
	bad = q;
	bad.u.root.factory.len = 0;
	assert_refused(KEYSPROTO_DEVICES, &bad, ERR_INVALID);
	bad = q;
	bad.u.root.root = q.u.root.factory;
	assert_refused(KEYSPROTO_DEVICES, &bad, ERR_INVALID);
	device_bootstrap(&state, &d, test_profile, BOOTSTRAP_ASSIGNED, 1);
	device_exchange(&d, test_profile, BOOTSTRAP_ASSIGNED, 2);
	q = root_request(&d);
	bad = q;
	memcpy(bad.u.root.root_profile, other_profile, PROFILE_UID_LEN);
	assert_refused(KEYSPROTO_DEVICES, &bad, ERR_AUTH);
	bad = q;
	bad.u.root.root_generation = 0;
	assert_refused(KEYSPROTO_DEVICES, &bad, ERR_AUTH);
	bad = q;
	bad.u.root.root = d.ck;
	assert_refused(KEYSPROTO_DEVICES, &bad, ERR_AUTH);
}

static void
test_payloads_are_parsed_here(void **ignored UNUSED)
{
	static const uint8_t refusals[] = {8, 9, 16, 17, 18, 19, 20};
	struct keysproto_request q, bad;
	struct test_device d;
	size_t i;

	device_make(&state, 1, &d);
	device_exchange(&d, test_profile, BOOTSTRAP_ASSIGNED, 1);
	q = root_request(&d);
	bad = q;
	bad.u.root.request.len--;
	assert_refused(KEYSPROTO_DEVICES, &bad, ERR_FORMAT);
	bad = q;
	bad.u.root.response.len--;
	assert_refused(KEYSPROTO_DEVICES, &bad, ERR_FORMAT);
	bad = q;
	bad.u.root.response = BYTES_NONE;
	assert_refused(KEYSPROTO_DEVICES, &bad, ERR_FORMAT);
	/* Only what makes a new pending makes a root. */
	for (i = 0; i < ARRAY_LEN(refusals); i++) {
		const uint8_t response[] = {0x81, refusals[i]};

		bad = q;
		bad.u.root.response = BYTES_OF(response);
		assert_refused(KEYSPROTO_DEVICES, &bad, ERR_INVALID);
	}
	device_exchange(&d, test_profile, BOOTSTRAP_ASSIGNED, 0);
	bad = root_request(&d);
	assert_refused(KEYSPROTO_DEVICES, &bad, ERR_FORMAT);
	/* Generations only grow. */
	device_bootstrap(&state, &d, test_profile, BOOTSTRAP_ASSIGNED, 3);
	device_exchange(&d, test_profile, BOOTSTRAP_ASSIGNED, 3);
	bad = root_request(&d);
	assert_refused(KEYSPROTO_DEVICES, &bad, ERR_INVALID);
}

static struct keysproto_request
checkin_request(const struct test_device *d, enum keysproto_op op)
{
	struct keysproto_request q = {.op = op};

	memcpy(q.u.checkin.uid, d->uid, UID_LEN);
	q.u.checkin.generation = d->generation;
	q.u.checkin.ck = d->ck;
	if (op == KEYSPROTO_ADVANCE) {
		memcpy(q.u.checkin.request_id, "\1\2\3\4\5", REQUEST_ID_LEN);
		q.u.checkin.payload = BYTES_LIT("\xa1\1\2");
	}
	return q;
}

static void
test_check_in_keys_follow_the_device(void **ignored UNUSED)
{
	struct keysproto_request q;
	struct keysproto_answer a;
	struct keys_checkin ck, next;
	struct test_device d;
	int n;

	device_registered(&d);
	ck = d.children.checkin;
	for (n = 0; n < 3; n++) {
		q = checkin_request(&d, KEYSPROTO_CHECKIN);
		a = ask(&state, KEYSPROTO_DEVICES, &q);
		assert_memory_equal(&a.u.ck, &ck, sizeof(ck));
		q = checkin_request(&d, KEYSPROTO_ADVANCE);
		d.ck = ask(&state, KEYSPROTO_DEVICES, &q).u.blob;
		assert_int_equal(keys_checkin_next(&ck, q.u.checkin.request_id,
				     q.u.checkin.payload, &next),
		    ERR_OK);
		ck = next;
	}
}

/* A key that was opened for one question is there for the next: once. */
static void
test_an_opened_check_in_key_is_kept_once(void **ignored UNUSED)
{
	static struct keys_memo memo;
	static const struct keys_memo nothing;
	struct keysproto_request q, open, bad;
	struct keysproto_answer a;
	struct keys_checkin next;
	struct test_device d;

	device_registered(&d);
	open = checkin_request(&d, KEYSPROTO_CHECKIN);
	q = checkin_request(&d, KEYSPROTO_ADVANCE);
	assert_int_equal(
	    keys_checkin_next(&d.children.checkin, q.u.checkin.request_id,
		q.u.checkin.payload, &next),
	    ERR_OK);
	state.memo = &memo;
	(void)ask(&state, KEYSPROTO_DEVICES, &open);
	assert_true(memo.used);
	/* What stands there is of this blob, device and generation alone. */
	bad = q;
	bad.u.checkin.generation++;
	assert_refused(KEYSPROTO_DEVICES, &bad, ERR_AUTH);
	bad = q;
	bad.u.checkin.uid[0] ^= 1;
	assert_refused(KEYSPROTO_DEVICES, &bad, ERR_AUTH);
	for (size_t i = 0; i < BLOB_MAX; i++) {
		bad = q;
		bad.u.checkin.ck.b[i] ^= 1;
		assert_refused(KEYSPROTO_DEVICES, &bad, ERR_AUTH);
	}
	/* From the memo, and when it is gone from there. */
	for (int i = 0; i < 2; i++) {
		a = ask(&state, KEYSPROTO_DEVICES, &q);
		open.u.checkin.ck = a.u.blob;
		memo.used = false;
		assert_memory_equal(&memo, &nothing, sizeof(memo));
		state.memo = NULL;
		a = ask(&state, KEYSPROTO_DEVICES, &open);
		assert_memory_equal(&a.u.ck, &next, sizeof(next));
		state.memo = &memo;
	}
	/* A refused blob leaves nothing. */
	bad = open;
	bad.u.checkin.generation++;
	assert_refused(KEYSPROTO_DEVICES, &bad, ERR_AUTH);
	assert_memory_equal(&memo, &nothing, sizeof(memo));
	(void)ask(&state, KEYSPROTO_DEVICES, &open);
	keys_memo_wipe(&memo);
	assert_memory_equal(&memo, &nothing, sizeof(memo));
	state.memo = NULL;
}

static void
test_a_check_in_key_is_no_other_blob(void **ignored UNUSED)
{
	enum keysproto_op ops[] = {KEYSPROTO_CHECKIN, KEYSPROTO_ADVANCE};
	struct keysproto_request q, bad;
	struct test_device d;
	size_t i;

	device_registered(&d);
	for (i = 0; i < ARRAY_LEN(ops); i++) {
		q = checkin_request(&d, ops[i]);
		bad = q;
		bad.u.checkin.generation++;
		assert_refused(KEYSPROTO_DEVICES, &bad, ERR_AUTH);
		bad = q;
		bad.u.checkin.uid[3] ^= 0x80;
		assert_refused(KEYSPROTO_DEVICES, &bad, ERR_AUTH);
		/* Nobody gets a root or F by calling it a check-in key. */
		bad = q;
		bad.u.checkin.ck = d.root;
		assert_refused(KEYSPROTO_DEVICES, &bad, ERR_AUTH);
		bad.u.checkin.ck = d.factory;
		bad.u.checkin.generation = 0;
		assert_refused(KEYSPROTO_DEVICES, &bad, ERR_AUTH);
		bad.u.checkin.ck = d.import_key;
		assert_refused(KEYSPROTO_DEVICES, &bad, ERR_AUTH);
	}
}

/* Tickets are made by the keys process too; here with its own hands. */
static struct keysproto_request
ticket_request(const struct test_device *d, const struct keys_root *root,
    struct keysproto_blob *ret_ticket)
{
	struct keysproto_request q = {.op = KEYSPROTO_TICKET};
	uint8_t more[BLOB_TICKET_MORE];
	struct blob_name name = {.kind = BLOB_TICKET,
	    .uid = d->uid,
	    .generation = d->generation,
	    .profile = d->profile,
	    .more = BYTES_OF(more)};

	assert_int_equal(
	    p256_point_decode(BYTES_OF(d->public_key), &q.u.ticket.public_key),
	    ERR_OK);
	memcpy(more, d->alias, ALIAS_LEN);
	p256_point_compress(&q.u.ticket.public_key, more + ALIAS_LEN);
	assert_int_equal(wrap_seal(&state, &name, root->k, ret_ticket), ERR_OK);
	memcpy(q.u.ticket.uid, d->uid, UID_LEN);
	memcpy(q.u.ticket.alias, d->alias, ALIAS_LEN);
	memcpy(q.u.ticket.profile, d->profile, PROFILE_UID_LEN);
	q.u.ticket.generation = d->generation;
	q.u.ticket.ticket = wrap_blob_bytes(ret_ticket);
	return q;
}

static void
test_a_ticket_comes_back_as_a_root(void **ignored UNUSED)
{
	struct keysproto_request q, psk;
	struct keysproto_answer before, after;
	struct keysproto_blob ticket;
	struct keys_root root;
	struct test_device d;
	struct blob_name name = {.kind = BLOB_ROOT,
	    .uid = d.uid,
	    .generation = 1,
	    .profile = d.profile};

	device_registered(&d);
	assert_int_equal(
	    wrap_open(&state, &name, wrap_blob_bytes(&d.root), root.k), ERR_OK);
	psk = psk_request(&state, &d);
	before = ask(&state, KEYSPROTO_API, &psk);
	q = ticket_request(&d, &root, &ticket);
	d.root = ask(&state, KEYSPROTO_DEVICES, &q).u.blob;
	psk = psk_request(&state, &d);
	after = ask(&state, KEYSPROTO_API, &psk);
	assert_memory_equal(&before, &after, sizeof(before));
}

static void
test_a_ticket_is_of_its_device(void **ignored UNUSED)
{
	static const uint8_t rubbish[BLOB_MAX + 1] = {1, 1};
	struct keysproto_request q, bad;
	struct keysproto_blob ticket;
	struct keys_root root = {{1}};
	struct test_device d;

	device_registered(&d);
	q = ticket_request(&d, &root, &ticket);
	bad = q;
	bad.u.ticket.uid[0] ^= 1;
	assert_refused(KEYSPROTO_DEVICES, &bad, ERR_AUTH);
	bad = q;
	bad.u.ticket.alias[0] ^= 1;
	assert_refused(KEYSPROTO_DEVICES, &bad, ERR_AUTH);
	bad = q;
	bad.u.ticket.generation++;
	assert_refused(KEYSPROTO_DEVICES, &bad, ERR_AUTH);
	bad = q;
	memcpy(bad.u.ticket.profile, other_profile, PROFILE_UID_LEN);
	assert_refused(KEYSPROTO_DEVICES, &bad, ERR_AUTH);
	bad = q;
	bad.u.ticket.public_key = state.import_public;
	assert_refused(KEYSPROTO_DEVICES, &bad, ERR_AUTH);
	bad = q;
	bad.u.ticket.ticket = wrap_blob_bytes(&d.root);
	assert_refused(KEYSPROTO_DEVICES, &bad, ERR_AUTH);
	bad.u.ticket.ticket = BYTES_OF(rubbish);
	assert_refused(KEYSPROTO_DEVICES, &bad, ERR_AUTH);
	bad.u.ticket.ticket = BYTES_NONE;
	assert_refused(KEYSPROTO_DEVICES, &bad, ERR_AUTH);
}

/* As it is really made: of the wrapped root, which nothing else passes for. */
static void
test_a_ticket_is_made_of_a_root(void **ignored UNUSED)
{
	struct keysproto_request make = {.op = KEYSPROTO_TICKET_MAKE}, q, psk;
	struct keysproto_answer before, after;
	struct keysproto_blob ticket, root;
	struct keys_root unused = {{1}};
	struct test_device d;

	device_registered(&d);
	psk = psk_request(&state, &d);
	before = ask(&state, KEYSPROTO_API, &psk);
	q = ticket_request(&d, &unused, &ticket);
	make.u.ticket = q.u.ticket;
	make.u.ticket.ticket = BYTES_NONE;
	make.u.ticket.root = d.root;
	ticket = ask(&state, KEYSPROTO_DEVICES, &make).u.blob;
	root = d.root;
	q.u.ticket.ticket = wrap_blob_bytes(&ticket);
	d.root = ask(&state, KEYSPROTO_DEVICES, &q).u.blob;
	psk = psk_request(&state, &d);
	after = ask(&state, KEYSPROTO_API, &psk);
	assert_memory_equal(&before, &after, sizeof(before));
	make.u.ticket.root = ticket;
	assert_refused(KEYSPROTO_DEVICES, &make, ERR_AUTH);
	make.u.ticket.root = d.ck;
	assert_refused(KEYSPROTO_DEVICES, &make, ERR_AUTH);
	make.u.ticket.root = root;
	memcpy(make.u.ticket.profile, other_profile, PROFILE_UID_LEN);
	assert_refused(KEYSPROTO_DEVICES, &make, ERR_AUTH);
	assert_refused(KEYSPROTO_API, &make, ERR_DENIED);
}

static void
test_a_production_record_is_checked(void **ignored UNUSED)
{
	struct keysproto_request q = {.op = KEYSPROTO_FACTORY}, bad;
	struct test_device d;

	device_make(&state, 1, &d);
	q.u.factory.import_id = d.import_id;
	q.u.factory.import_key = d.import_key;
	memcpy(q.u.factory.uid, d.uid, UID_LEN);
	memcpy(q.u.factory.public_key, d.public_key, P256_POINT_LEN);
	memcpy(q.u.factory.enc, d.public_key, P256_POINT_LEN);
	assert_refused(KEYSPROTO_API, &q, ERR_AUTH);
	bad = q;
	bad.u.factory.enc[64] ^= 1;
	assert_refused(KEYSPROTO_API, &bad, ERR_INVALID);
	bad = q;
	bad.u.factory.public_key[64] ^= 1;
	assert_refused(KEYSPROTO_API, &bad, ERR_INVALID);
	bad = q;
	bad.u.factory.public_key[0] = 2;
	assert_refused(KEYSPROTO_API, &bad, ERR_INVALID);
}

static void
test_each_import_has_its_own_key(void **ignored UNUSED)
{
	struct keysproto_request q = {.op = KEYSPROTO_IMPORT}, root;
	struct keysproto_answer a;
	struct test_device d;

	device_make(&state, 1, &d);
	device_exchange(&d, NULL, BOOTSTRAP_REGISTERED, 1);
	root = root_request(&d);
	/* A second key of the same number opens nothing of the first. */
	q.u.factory.import_id = d.import_id;
	a = ask(&state, KEYSPROTO_API, &q);
	root.u.root.import_key = a.u.blob;
	assert_refused(KEYSPROTO_DEVICES, &root, ERR_AUTH);
	assert_int_equal(d.factory.b[0], 1);
	assert_int_equal(d.factory.b[1], 0);
	assert_int_equal(d.import_key.b[1], 1);
}

static struct keysproto_request
ca_request(struct bytes name)
{
	struct keysproto_request q = {.op = KEYSPROTO_CA};

	q.u.certificate.ca_id = 7;
	q.u.certificate.tenant = 3;
	q.u.certificate.name = name;
	q.u.certificate.serial[0] = 1;
	q.u.certificate.not_before = 1700000000;
	q.u.certificate.not_after = 1800000000;
	return q;
}

/* The request for a proof of a CA that keys has made. */
static struct keysproto_request
pop_request(const struct keysproto_answer *ca)
{
	struct keysproto_request q = ca_request(BYTES_LIT("code"));

	q.op = KEYSPROTO_POP;
	q.u.certificate.key = ca->u.certificate.key;
	q.u.certificate.issuer =
	    bytes_make(ca->u.certificate.der, ca->u.certificate.len);
	return q;
}

static void
test_a_ca_signs_for_its_tenant_alone(void **ignored UNUSED)
{
	struct keysproto_request q = ca_request(BYTES_LIT("test-ca")), bad;
	struct keysproto_answer ca = ask(&state, KEYSPROTO_API, &q);
	struct keysproto_answer other = ask(&state, KEYSPROTO_API, &q);
	struct keysproto_request pop = pop_request(&ca);
	struct pki_issuer issuer;

	assert_int_equal(
	    pki_issuer_read(pop.u.certificate.issuer, &issuer), ERR_OK);
	assert_string_equal(issuer.name, "test-ca");
	assert_true(ask(&state, KEYSPROTO_API, &pop).u.certificate.len > 0);
	bad = pop;
	bad.u.certificate.tenant++;
	assert_refused(KEYSPROTO_API, &bad, ERR_AUTH);
	bad = pop;
	bad.u.certificate.ca_id++;
	assert_refused(KEYSPROTO_API, &bad, ERR_AUTH);
	/* Another certificate under the same name is not this key's. */
	bad = pop;
	bad.u.certificate.issuer =
	    bytes_make(other.u.certificate.der, other.u.certificate.len);
	assert_refused(KEYSPROTO_API, &bad, ERR_AUTH);
	bad.u.certificate.issuer = BYTES_LIT("0");
	assert_refused(KEYSPROTO_API, &bad, ERR_FORMAT);
	bad = pop;
	bad.u.certificate.name = BYTES_NONE;
	assert_refused(KEYSPROTO_API, &bad, ERR_INVALID);
	assert_refused(KEYSPROTO_DEVICES, &pop, ERR_DENIED);
	assert_refused(KEYSPROTO_DEVICES, &q, ERR_DENIED);
}

/* The request for a certificate of a key, by a CA of the device's owner. */
static struct keysproto_request
ztp_request_make(const struct test_device *d, const struct keysproto_answer *ca)
{
	struct keysproto_request owned = psk_request(&state, d);
	struct keysproto_request q = {.op = KEYSPROTO_ZTP};
	struct p256_secret secret;
	struct p256_point point;

	assert_int_equal(p256_generate(&test_random, &secret, &point), ERR_OK);
	q.u.ztp.owner = owned.u.derive.owner;
	memcpy(q.u.ztp.uid, d->uid, UID_LEN);
	q.u.ztp.generation = d->generation;
	q.u.ztp.root = d->root;
	p256_point_compress(&point, q.u.ztp.key);
	assert_int_equal(
	    keys_ztp_tag(&d->children.up, q.u.ztp.key, q.u.ztp.tag), ERR_OK);
	q.u.ztp.ca_id = 7;
	q.u.ztp.ca_key = ca->u.certificate.key;
	q.u.ztp.issuer =
	    bytes_make(ca->u.certificate.der, ca->u.certificate.len);
	q.u.ztp.serial[0] = 9;
	q.u.ztp.not_before = 1700000000;
	q.u.ztp.not_after = 1800000000;
	return q;
}

static void
test_a_certificate_needs_the_device(void **ignored UNUSED)
{
	struct keysproto_request ca_wish = ca_request(BYTES_LIT("ca")), q, bad;
	struct keysproto_answer ca, a;
	struct test_device d;

	device_registered(&d);
	ca_wish.u.certificate.tenant =
	    psk_request(&state, &d).u.derive.owner.tenant;
	ca = ask(&state, KEYSPROTO_API, &ca_wish);
	q = ztp_request_make(&d, &ca);
	a = ask(&state, KEYSPROTO_DEVICES, &q);
	assert_true(a.u.certificate.len > 0);
	bad = q; /* a key that the device has not asked for */
	bad.u.ztp.key[0] ^= 1;
	assert_refused(KEYSPROTO_DEVICES, &bad, ERR_AUTH);
	bad = q;
	bad.u.ztp.tag[0] ^= 1;
	assert_refused(KEYSPROTO_DEVICES, &bad, ERR_AUTH);
	bad = q; /* another device's name */
	bad.u.ztp.uid[0] ^= 1;
	assert_refused(KEYSPROTO_DEVICES, &bad, ERR_AUTH);
	bad = q; /* another owner */
	bad.u.ztp.owner.tenant++;
	assert_refused(KEYSPROTO_DEVICES, &bad, ERR_DENIED);
	assert_refused(KEYSPROTO_API, &q, ERR_DENIED);
}

static void
test_a_ca_signs_for_devices_of_its_tenant(void **ignored UNUSED)
{
	struct keysproto_request ca_wish = ca_request(BYTES_LIT("ca")), q;
	struct keysproto_answer ca;
	struct test_device d;

	device_registered(&d);
	ca_wish.u.certificate.tenant =
	    psk_request(&state, &d).u.derive.owner.tenant + 1;
	ca = ask(&state, KEYSPROTO_API, &ca_wish);
	q = ztp_request_make(&d, &ca);
	assert_refused(KEYSPROTO_DEVICES, &q, ERR_AUTH);
}

static void
test_another_service_opens_nothing(void **ignored UNUSED)
{
	struct keys_state other;
	struct keysproto_request q;
	struct keysproto_answer a;
	struct test_device d;

	device_registered(&d);
	q = psk_request(&state, &d);
	assert_int_equal(keys_state_generate(&test_random, &other), ERR_OK);
	assert_int_equal(
	    keys_answer(&other, KEYSPROTO_API, &q, &a), ERR_DENIED);
	memcpy(q.u.derive.owner.record,
	    psk_request(&other, &d).u.derive.owner.record,
	    KEYSPROTO_RECORD_LEN);
	assert_int_equal(keys_answer(&other, KEYSPROTO_API, &q, &a), ERR_AUTH);
}

static void
test_an_older_key_encryption_key_still_opens(void **ignored UNUSED)
{
	struct keys_state newer, both;
	static struct keys_memo memo;
	struct keysproto_request q, after;
	struct keysproto_answer a, b;
	struct test_device d;

	device_registered(&d);
	q = psk_request(&state, &d);
	a = ask(&state, KEYSPROTO_API, &q);
	assert_int_equal(keys_state_generate(&test_random, &newer), ERR_OK);
	both = state;
	both.kek[1] = newer.kek[0];
	both.kek[1].id = 2;
	both.kek_count = 2;
	b = ask(&both, KEYSPROTO_API, &q);
	assert_memory_equal(&a, &b, sizeof(a));
	/* A check-in key moves to it, also when it was opened before. */
	for (int i = 0; i < 2; i++) {
		q = checkin_request(&d, KEYSPROTO_CHECKIN);
		both.memo = i == 0 ? NULL : &memo;
		assert_int_equal(q.u.checkin.ck.b[1], 1);
		(void)ask(&both, KEYSPROTO_DEVICES, &q);
		q = checkin_request(&d, KEYSPROTO_ADVANCE);
		a = ask(&both, KEYSPROTO_DEVICES, &q);
		assert_int_equal(a.u.blob.b[1], 2);
	}
	q = psk_request(&state, &d);
	/* New blobs and records are under the newer one. */
	device_bootstrap(&both, &d, test_profile, BOOTSTRAP_ASSIGNED, 2);
	assert_int_equal(d.root.b[1], 2);
	after = psk_request(&both, &d);
	assert_memory_not_equal(after.u.derive.owner.record,
	    q.u.derive.owner.record, KEYSPROTO_RECORD_LEN);
	ask(&both, KEYSPROTO_API, &after);
	assert_refused(KEYSPROTO_API, &after, ERR_DENIED);
}

static void
test_the_direct_port_answers_each(void **ignored UNUSED)
{
	struct keys_direct direct = {&state, KEYSPROTO_API};
	struct keysproto_port port = keys_port_direct(&direct);
	struct keysproto_request q[2] = {
	    {.op = KEYSPROTO_INFO}, {.op = KEYSPROTO_PRK}};
	struct keysproto_answer a[2];

	assert_int_equal(port.call(port.ctx, q, 2, a), ERR_OK);
	assert_int_equal(a[0].err, ERR_OK);
	assert_int_equal(a[0].u.info.credential_count, 1);
	assert_int_equal(a[1].err, ERR_DENIED);
	assert_int_equal(port.call(port.ctx, q, 0, a), ERR_INVALID);
	assert_int_equal(
	    port.call(port.ctx, q, KEYSPROTO_BATCH_MAX + 1, a), ERR_INVALID);
}

/* --- transfers --- */

static const uint8_t buyer_profile[PROFILE_UID_LEN] = "the buyer's own";

static struct keysproto_owner
owner_of(uint64_t tenant, const uint8_t *profile)
{
	struct keysproto_request q = {.op = KEYSPROTO_PROFILE};
	struct keysproto_owner owner = {.tenant = tenant};

	q.u.profile.tenant = tenant;
	memcpy(q.u.profile.profile, profile, PROFILE_UID_LEN);
	memcpy(owner.profile, profile, PROFILE_UID_LEN);
	memcpy(owner.record, ask(&state, KEYSPROTO_API, &q).u.record,
	    KEYSPROTO_RECORD_LEN);
	return owner;
}

static struct keysproto_request
transfer_request(const struct test_device *d, uint8_t readers)
{
	struct keysproto_request q = {.op = KEYSPROTO_TRANSFER};

	q.u.transfer.from = owner_of(5, test_profile);
	q.u.transfer.to = owner_of(6, buyer_profile);
	memcpy(q.u.transfer.uid, d->uid, UID_LEN);
	q.u.transfer.generation = d->generation;
	q.u.transfer.root = d->root;
	q.u.transfer.last = d->generation;
	q.u.transfer.readers = readers;
	return q;
}

/* The right as it is shown, made for a device. */
static struct keysproto_transfer
right_of(const struct test_device *d, uint8_t readers)
{
	struct keysproto_request q = transfer_request(d, readers);
	struct keysproto_transfer t = {
	    .last = q.u.transfer.last, .readers = readers};

	memcpy(t.from, test_profile, PROFILE_UID_LEN);
	memcpy(t.to, buyer_profile, PROFILE_UID_LEN);
	memcpy(t.mac, ask(&state, KEYSPROTO_API, &q).u.record, sizeof(t.mac));
	return t;
}

static void
test_a_right_needs_both_owners_and_the_root(void **ignored UNUSED)
{
	struct test_device d;
	struct keysproto_request q;

	device_registered(&d);
	q = transfer_request(&d, KEYSPROTO_READS_OLD);
	assert_refused(KEYSPROTO_DEVICES, &q, ERR_DENIED);
	q.u.transfer.from.tenant++;
	assert_refused(KEYSPROTO_API, &q, ERR_DENIED);
	q.u.transfer.from.tenant--;
	q.u.transfer.to.tenant++;
	assert_refused(KEYSPROTO_API, &q, ERR_DENIED);
	q.u.transfer.to.tenant--;
	q.u.transfer.uid[0] ^= 1;
	assert_refused(KEYSPROTO_API, &q, ERR_AUTH);
	q.u.transfer.uid[0] ^= 1;
	/* A thief has profiles of his own, but not the device's root under one. */
	q.u.transfer.from = owner_of(7, buyer_profile);
	assert_refused(KEYSPROTO_API, &q, ERR_AUTH);
	q = transfer_request(&d, KEYSPROTO_READS_OLD);
	q.u.transfer.last = 0;
	assert_refused(KEYSPROTO_API, &q, ERR_INVALID);
}

static void
test_a_right_moves_the_next_root(void **ignored UNUSED)
{
	struct test_device d;
	struct keysproto_transfer right;
	struct keysproto_request q, bad;
	struct keysproto_answer a;

	device_registered(&d);
	right = right_of(&d, KEYSPROTO_READS_NEW);
	/* Request 2 brings the old owner's sealed profile: it does not count. */
	device_exchange(&d, test_profile, BOOTSTRAP_ASSIGNED, 2);
	q = root_request(&d);
	a = ask(&state, KEYSPROTO_DEVICES, &q);
	assert_memory_equal(a.u.root.profile, test_profile, PROFILE_UID_LEN);
	q.u.root.has_transfer = true;
	q.u.root.transfer = right;
	a = ask(&state, KEYSPROTO_DEVICES, &q);
	assert_memory_equal(a.u.root.profile, buyer_profile, PROFILE_UID_LEN);
	for (size_t i = 0;
	     i < offsetof(struct keysproto_transfer, mac) + sizeof(right.mac);
	     i++) {
		bad = q;
		((uint8_t *)&bad.u.root.transfer)[i] ^= 1;
		assert_refused(KEYSPROTO_DEVICES, &bad, ERR_DENIED);
	}
	/* Another device's right is none. */
	bad = q;
	bad.u.root.uid[0] ^= 1;
	assert_int_not_equal(
	    keys_answer(&state, KEYSPROTO_DEVICES, &bad, &a), ERR_OK);
	/* Nor does it move what came after it: the new owner's own root. */
	device_bootstrap(&state, &d, test_profile, BOOTSTRAP_ASSIGNED, 2);
	device_exchange(&d, test_profile, BOOTSTRAP_ASSIGNED, 3);
	q = root_request(&d);
	q.u.root.has_transfer = true;
	q.u.root.transfer = right;
	assert_refused(KEYSPROTO_DEVICES, &q, ERR_DENIED);
}

static void
test_a_right_opens_what_was_before(void **ignored UNUSED)
{
	struct test_device d;
	struct keysproto_request q;
	struct keysproto_answer old, now;

	device_registered(&d);
	q = e2e_request(&state, &d);
	old = ask(&state, KEYSPROTO_API, &q);
	q.u.derive.owner = owner_of(6, buyer_profile);
	assert_refused(KEYSPROTO_API, &q, ERR_AUTH);
	q.u.derive.has_transfer = true;
	q.u.derive.transfer = right_of(&d, KEYSPROTO_READS_OLD);
	assert_refused(KEYSPROTO_API, &q, ERR_DENIED);
	/* The bit alone does not help: it is under the MAC. */
	q.u.derive.transfer.readers |= KEYSPROTO_READS_NEW;
	assert_refused(KEYSPROTO_API, &q, ERR_DENIED);
	q.u.derive.transfer = right_of(&d, KEYSPROTO_READS_NEW);
	now = ask(&state, KEYSPROTO_API, &q);
	assert_memory_equal(now.u.key.key, old.u.key.key, E2E_KEY_LEN);
	q.u.derive.owner = owner_of(7, test_profile);
	assert_refused(KEYSPROTO_API, &q, ERR_DENIED);
	q.u.derive.owner = owner_of(6, buyer_profile);
	q.u.derive.generation = 2;
	assert_refused(KEYSPROTO_API, &q, ERR_DENIED);
	q.u.derive.generation = 1;
	/* A message to the device is not something to read. */
	q.u.derive.id[0] = 0x12;
	assert_refused(KEYSPROTO_API, &q, ERR_DENIED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_right_needs_both_owners_and_the_root),
	    cmocka_unit_test(test_a_right_moves_the_next_root),
	    cmocka_unit_test(test_a_right_opens_what_was_before),
	    cmocka_unit_test(test_info_says_the_public_keys),
	    cmocka_unit_test(test_prk_is_the_extract_of_both_sides),
	    cmocka_unit_test(test_prk_refuses_other_kids_and_bad_points),
	    cmocka_unit_test(test_nobody_asks_for_what_is_not_his),
	    cmocka_unit_test(test_a_psk_is_the_devices),
	    cmocka_unit_test(test_an_e2e_key_is_the_devices),
	    cmocka_unit_test(test_a_downlink_key_is_the_devices),
	    cmocka_unit_test(test_headers_are_parsed_here),
	    cmocka_unit_test(test_a_key_is_its_owners),
	    cmocka_unit_test(test_the_profile_of_nobody_owns_nothing),
	    cmocka_unit_test(test_a_root_is_of_its_device_and_generation),
	    cmocka_unit_test(test_every_bit_of_a_blob_counts),
	    cmocka_unit_test(test_the_profile_follows_the_status),
	    cmocka_unit_test(test_a_later_generation_keeps_its_owner),
	    cmocka_unit_test(test_a_root_needs_its_prior),
	    cmocka_unit_test(test_payloads_are_parsed_here),
	    cmocka_unit_test(test_check_in_keys_follow_the_device),
	    cmocka_unit_test(test_an_opened_check_in_key_is_kept_once),
	    cmocka_unit_test(test_a_check_in_key_is_no_other_blob),
	    cmocka_unit_test(test_a_ticket_comes_back_as_a_root),
	    cmocka_unit_test(test_a_ticket_is_of_its_device),
	    cmocka_unit_test(test_a_ticket_is_made_of_a_root),
	    cmocka_unit_test(test_a_production_record_is_checked),
	    cmocka_unit_test(test_each_import_has_its_own_key),
	    cmocka_unit_test(test_a_ca_signs_for_its_tenant_alone),
	    cmocka_unit_test(test_a_certificate_needs_the_device),
	    cmocka_unit_test(test_a_ca_signs_for_devices_of_its_tenant),
	    cmocka_unit_test(test_another_service_opens_nothing),
	    cmocka_unit_test(test_an_older_key_encryption_key_still_opens),
	    cmocka_unit_test(test_the_direct_port_answers_each),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
