/*
 * Generations: what request 2 says in each state, what response 2 must be,
 * and the chain of check-ins against the key schedule.
 */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "birth.h"
#include "internal.h"

static struct ram_port ram;
static struct rot rot;
static uint8_t request_bytes[BOOTSTRAP_REQUEST_MAX];

static int
setup(void **state)
{
	(void)state;
	device_make(&rot, &ram, 1);
	return 0;
}

/* W0, W1 and request 2, read back. */
static struct bytes
request_make(struct bootstrap_request *ret)
{
	struct writer w;

	assert_int_equal(rot_instance_make(&rot), ERR_OK);
	assert_int_equal(rot_next_key_make(&rot), ERR_OK);
	writer_init(&w, request_bytes, sizeof(request_bytes));
	assert_int_equal(
	    rot_request_write(&rot, BYTES_LIT("03.15"), BYTES_NONE, &w),
	    ERR_OK);
	assert_int_equal(bootstrap_request_read(writer_bytes(&w), ret), ERR_OK);
	return writer_bytes(&w);
}

static void
test_request_of_the_factory(void **state)
{
	uint8_t key[P256_COMPRESSED_LEN];
	struct bootstrap_request q;
	struct writer w;

	(void)state;
	writer_init(&w, request_bytes, sizeof(request_bytes));
	assert_int_equal(
	    rot_request_write(&rot, BYTES_LIT("03.15"), BYTES_NONE, &w),
	    ERR_STATE);
	(void)request_make(&q);
	assert_memory_equal(q.instance, rot.rec.instance, INSTANCE_LEN);
	p256_point_compress(&rot.rec.next_key.public_key, key);
	assert_memory_equal(q.key, key, sizeof(key));
	assert_true(bytes_equal(q.firmware, BYTES_LIT("03.15")));
	assert_false(q.sealed || q.has_resume || q.has_claim);
	writer_init(&w, request_bytes, sizeof(request_bytes));
	assert_int_equal(
	    rot_request_write(&rot, BYTES_LIT("123456789"), BYTES_NONE, &w),
	    ERR_INVALID);
	writer_init(&w, request_bytes, 40);
	assert_int_equal(
	    rot_request_write(&rot, BYTES_LIT("03.15"), BYTES_NONE, &w),
	    ERR_SPACE);
	assert_int_equal(rot_seal(&rot, test_profile, BYTES_LIT("SN")), ERR_OK);
	(void)request_make(&q);
	assert_true(q.sealed);
	assert_memory_equal(q.profile, test_profile, PROFILE_UID_LEN);
	assert_true(bytes_equal(q.serial, BYTES_LIT("SN")));
}

/* In doubt about a confirm: resume names it, with the request id if any. */
static void
test_request_with_resume(void **state)
{
	struct bootstrap_request q;

	(void)state;
	pend_make(&rot, 1, 1);
	(void)request_make(&q);
	assert_true(q.has_resume);
	assert_false(q.has_claim || q.resume.has_request_id);
	assert_memory_equal(q.resume.alias, rot.rec.pend.alias, ALIAS_LEN);
	assert_memory_equal(q.resume.tag, rot.rec.resume, RESUME_LEN);
	assert_int_equal(
	    rot_checkin_begin(&rot, BYTES_LIT("03.15"), 0, false), ERR_OK);
	(void)request_make(&q);
	assert_true(q.resume.has_request_id);
	assert_memory_equal(
	    q.resume.request_id, rot.rec.pend.request.id, REQUEST_ID_LEN);
}

static void
test_request_with_claim(void **state)
{
	uint8_t tag[STATE_TAG_LEN];
	struct bootstrap_request q;

	(void)state;
	bootstrap_make(&rot, 1);
	checkin_make(&rot);
	assert_int_equal(
	    rot_checkin_begin(&rot, BYTES_LIT("03.15"), 0, false), ERR_OK);
	(void)request_make(&q);
	assert_true(q.has_claim && q.claim.has_request_id);
	assert_false(q.has_resume);
	assert_int_equal(q.claim.generation, 1);
	assert_int_equal(q.claim.n, 2);
	assert_memory_equal(q.claim.alias, rot.rec.cur.alias, ALIAS_LEN);
	assert_int_equal(keys_checkin_state(&rot.rec.cur.ck, tag), ERR_OK);
	assert_memory_equal(q.claim.tag, tag, sizeof(tag));
	pend_make(&rot, 2, 1);
	(void)request_make(&q);
	assert_true(q.has_claim && q.has_resume);
}

/* The children are those of the schedule; the root is nowhere. */
static void
test_pend(void **state)
{
	uint8_t buf[BOOTSTRAP_RESPONSE_MAX], exporter[32] = {7};
	struct keys_children children;
	struct bootstrap_request q;
	struct keys_root root;
	struct rot_birth birth;
	struct bytes request, response;

	(void)state;
	birth_make(&birth);
	request = request_make(&q);
	response = response_make(buf, BOOTSTRAP_REGISTERED, 5, 1);
	assert_int_equal(
	    rot_pend_make(&rot, exporter, request, response), ERR_OK);
	assert_int_equal(keys_root_make(&birth.factory, exporter, birth.uid,
			     request, response, &root),
	    ERR_OK);
	assert_int_equal(keys_children_make(&root, &children), ERR_OK);
	assert_memory_equal(rot.rec.pend.psk.k, children.psk.k, KEY_LEN);
	assert_memory_equal(rot.rec.pend.up.k, children.up.k, KEY_LEN);
	assert_memory_equal(rot.rec.pend.down.k, children.down.k, KEY_LEN);
	assert_memory_equal(rot.rec.pend.next.h, children.next.k, KEY_LEN);
	assert_memory_equal(rot.rec.pend.ck.k, children.checkin.k, KEY_LEN);
	assert_memory_equal(rot.rec.resume, children.resume, RESUME_LEN);
	assert_int_equal(rot.rec.pend.number, 5);
	assert_int_equal(rot.rec.pend.status, BOOTSTRAP_REGISTERED);
	/* D1: until the confirm the device has no generation. */
	assert_int_equal(rot.rec.cur.number, 0);
	/* A later one replaces it, whatever its number is. */
	request = request_make(&q);
	response = response_make(buf, BOOTSTRAP_ASSIGNED, 4, 9);
	assert_int_equal(
	    rot_pend_make(&rot, exporter, request, response), ERR_OK);
	assert_int_equal(rot.rec.pend.number, 4);
	assert_int_equal(rot.rec.pend.alias[0], 9);
}

static enum err
pend_with(struct bytes request, unsigned status, uint32_t generation)
{
	uint8_t buf[BOOTSTRAP_RESPONSE_MAX], exporter[32] = {0};

	return rot_pend_make(
	    &rot, exporter, request, response_make(buf, status, generation, 1));
}

static void
test_pend_refused(void **state)
{
	uint8_t changed[BOOTSTRAP_REQUEST_MAX], exporter[32] = {0};
	struct bootstrap_request q;
	struct bytes request;

	(void)state;
	assert_int_equal(
	    rot_pend_make(&rot, exporter, BYTES_NONE, BYTES_NONE), ERR_STATE);
	request = request_make(&q);
	assert_int_not_equal(
	    rot_pend_make(&rot, exporter, request, BYTES_NONE), ERR_OK);
	assert_int_not_equal(
	    rot_pend_make(&rot, exporter, BYTES_NONE, BYTES_NONE), ERR_OK);
	assert_int_equal(pend_with(request, BOOTSTRAP_AGAIN, 1), ERR_INVALID);
	assert_int_equal(pend_with(request, BOOTSTRAP_STALE, 1), ERR_INVALID);
	/* A request with another key than the one that was written. */
	memcpy(changed, request.ptr, request.len);
	changed[20] ^= 1;
	assert_int_equal(
	    pend_with(bytes_make(changed, request.len), BOOTSTRAP_ASSIGNED, 1),
	    ERR_INVALID);
	assert_false(rot.rec.has_pend);
	/* A generation only grows. */
	bootstrap_make(&rot, 3);
	request = request_make(&q);
	assert_int_equal(
	    pend_with(request, BOOTSTRAP_ASSIGNED, 3), ERR_INVALID);
	assert_int_equal(
	    pend_with(request, BOOTSTRAP_ASSIGNED, 2), ERR_INVALID);
	assert_int_equal(pend_with(request, BOOTSTRAP_ASSIGNED, 4), ERR_OK);
}

/* --- check-ins --- */

static void
test_chain(void **state)
{
	struct oscore_context context;
	struct rot_request request, again;
	struct keys_checkin want;
	unsigned i, writes;

	(void)state;
	bootstrap_make(&rot, 1);
	for (i = 1; i < 5; i++) {
		assert_int_equal(rot.rec.cur.n, i);
		assert_int_equal(
		    rot_checkin_open(&rot, &request, &context), ERR_STATE);
		assert_int_equal(
		    rot_checkin_begin(&rot, BYTES_LIT("03.15"), 0, false),
		    ERR_OK);
		assert_int_equal(
		    rot_checkin_open(&rot, &request, &context), ERR_OK);
		/* D2: begun again, over power-off too, it is the same one. */
		writes = ram.writes;
		rot_done(&rot);
		assert_int_equal(rot_open(&rot, &ram.port), ERR_OK);
		assert_int_equal(
		    rot_checkin_begin(&rot, BYTES_LIT("other"), 1, false),
		    ERR_OK);
		assert_int_equal(ram.writes, writes);
		assert_int_equal(
		    rot_checkin_open(&rot, &again, &context), ERR_OK);
		assert_memory_equal(request.id, again.id, REQUEST_ID_LEN);
		assert_int_equal(request.payload_len, again.payload_len);
		assert_int_equal(
		    keys_checkin_next(&rot.rec.cur.ck, request.id,
			bytes_make(request.payload, request.payload_len),
			&want),
		    ERR_OK);
		checkin_make(&rot);
		assert_memory_equal(rot.rec.cur.ck.k, want.k, KEY_LEN);
		assert_false(rot.rec.cur.has_request);
	}
}

static void
test_context(void **state)
{
	uint8_t secret[16];
	struct oscore_context context, want;
	struct rot_request request;

	(void)state;
	pend_make(&rot, 1, 1);
	assert_int_equal(
	    rot_checkin_begin(&rot, BYTES_LIT("03.15"), 0, false), ERR_OK);
	assert_int_equal(rot_checkin_open(&rot, &request, &context), ERR_OK);
	assert_int_equal(keys_checkin_oscore(&rot.rec.pend.ck, secret), ERR_OK);
	assert_int_equal(oscore_derive(&want, BYTES_OF(secret), BYTES_NONE,
			     NULL, BYTES_OF(rot.rec.pend.alias), BYTES_NONE),
	    ERR_OK);
	assert_memory_equal(
	    context.sender_key, want.sender_key, OSCORE_KEY_LEN);
	assert_memory_equal(context.common_iv, want.common_iv, OSCORE_IV_LEN);
	assert_int_equal(context.sender.len, ALIAS_LEN);
	assert_int_equal(context.recipient.len, 0);
}

static void
test_commit(void **state)
{
	struct keys_psk psk;
	struct p256_point key;
	struct rot_state s;

	(void)state;
	assert_int_equal(rot_seal(&rot, test_profile, BYTES_LIT("SN")), ERR_OK);
	pend_make(&rot, 1, 1);
	psk = rot.rec.pend.psk;
	key = rot.rec.next_key.public_key;
	checkin_make(&rot);
	rot_state(&rot, &s);
	assert_int_equal(s.generation, 1);
	assert_int_equal(s.status, BOOTSTRAP_ASSIGNED);
	assert_true(s.with_profile);
	assert_false(s.pending || s.has_request);
	assert_int_equal(s.features, SERVICE_PSK | SERVICE_E2E);
	assert_int_equal(s.answered_s, 1700000000);
	assert_int_equal(rot.rec.cur.n, 1);
	assert_memory_equal(rot.rec.cur.psk.k, psk.k, KEY_LEN);
	assert_memory_equal(&rot.rec.key.public_key, &key, sizeof(key));
	assert_false(rot.rec.has_next_key);
}

static void
test_done_without_request(void **state)
{
	struct checkin_response answer = {.time = 1};
	uint8_t secret[16];

	(void)state;
	assert_int_equal(
	    rot_checkin_begin(&rot, BYTES_LIT("03.15"), 0, false), ERR_STATE);
	assert_int_equal(rot_checkin_done(&rot, &answer), ERR_STATE);
	assert_int_equal(rot_bulk_secret(&rot, secret), ERR_STATE);
	bootstrap_make(&rot, 1);
	assert_int_equal(rot_checkin_done(&rot, &answer), ERR_STATE);
	assert_int_equal(
	    rot_checkin_begin(&rot, BYTES_LIT("123456789"), 0, false),
	    ERR_INVALID);
	assert_int_equal(rot_bulk_secret(&rot, secret), ERR_OK);
	pend_make(&rot, 2, 1);
	assert_int_equal(rot_bulk_secret(&rot, secret), ERR_STATE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_request_of_the_factory, setup),
	    cmocka_unit_test_setup(test_request_with_resume, setup),
	    cmocka_unit_test_setup(test_request_with_claim, setup),
	    cmocka_unit_test_setup(test_pend, setup),
	    cmocka_unit_test_setup(test_pend_refused, setup),
	    cmocka_unit_test_setup(test_chain, setup),
	    cmocka_unit_test_setup(test_context, setup),
	    cmocka_unit_test_setup(test_commit, setup),
	    cmocka_unit_test_setup(test_done_without_request, setup),
	};

	if (crypto_init() != ERR_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
