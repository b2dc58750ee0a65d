/*
 * The payloads inside OSCORE: golden encodings of PROTOCOL.md both ways, cut
 * at every byte, and the fields that must be refused.
 */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/text.h"
#include "golden.h"
#include "keys/messages.h"

static void
copy_golden(uint8_t *out, const char *name)
{
	struct bytes value = golden(name);

	memcpy(out, value.ptr, value.len);
}

static void
request_make(struct bootstrap_request *m)
{
	memset(m, 0, sizeof(*m));
	copy_golden(m->instance, "instance");
	copy_golden(m->key, "key");
	m->firmware = BYTES_LIT("03.15");
}

static void
request_seal(struct bootstrap_request *m)
{
	m->sealed = true;
	copy_golden(m->profile, "profile");
	m->serial = BYTES_LIT("SN-0001");
}

static void
request_claim(struct bootstrap_request *m)
{
	m->has_claim = true;
	m->claim.generation = 2;
	copy_golden(m->claim.alias, "alias");
	m->claim.n = 7;
	copy_golden(m->claim.tag, "state-tag");
}

static void
request_resume(struct bootstrap_request *m)
{
	m->has_resume = true;
	copy_golden(m->resume.alias, "resume-alias");
	copy_golden(m->resume.tag, "resume-tag");
	copy_golden(m->resume.request_id, "request-id");
	m->resume.has_request_id = true;
}

/* Writes m, and reads it back into ret. */
static void
request_check(const char *name, const struct bootstrap_request *m,
    struct bootstrap_request *ret)
{
	uint8_t out[BOOTSTRAP_REQUEST_MAX];
	struct writer w;
	size_t len;

	writer_init(&w, out, sizeof(out));
	bootstrap_request_write(&w, m);
	assert_int_equal(w.err, ERR_OK);
	golden_equal(name, out, w.len);
	assert_int_equal(bootstrap_request_read(golden(name), ret), ERR_OK);
	for (len = 0; len < w.len; len++)
		assert_int_not_equal(
		    bootstrap_request_read(bytes_make(out, len), ret), ERR_OK);
	assert_int_equal(bootstrap_request_read(golden(name), ret), ERR_OK);
	assert_memory_equal(ret->instance, m->instance, INSTANCE_LEN);
	assert_memory_equal(ret->key, m->key, P256_COMPRESSED_LEN);
	assert_true(bytes_equal(ret->firmware, m->firmware));
	assert_int_equal(ret->sealed, m->sealed);
	assert_memory_equal(ret->profile, m->profile, PROFILE_UID_LEN);
	assert_true(bytes_equal(ret->serial, m->serial));
}

static void
test_request_bare(void **state)
{
	struct bootstrap_request m, back;

	(void)state;
	request_make(&m);
	request_check("request-2-bare", &m, &back);
	assert_false(back.has_resume || back.has_claim || back.ticket.len > 0);
}

static void
test_request_sealed(void **state)
{
	struct bootstrap_request m, back;

	(void)state;
	request_make(&m);
	request_seal(&m);
	request_check("request-2-sealed", &m, &back);
	assert_false(back.has_resume || back.has_claim || back.ticket.len > 0);
}

static void
test_request_claim(void **state)
{
	struct bootstrap_request m, back;

	(void)state;
	request_make(&m);
	request_claim(&m);
	request_check("request-2-claim", &m, &back);
	assert_false(back.has_resume || back.ticket.len > 0);
	assert_true(back.has_claim);
	assert_int_equal(back.claim.generation, 2);
	assert_int_equal(back.claim.n, 7);
	assert_memory_equal(back.claim.alias, m.claim.alias, ALIAS_LEN);
	assert_memory_equal(back.claim.tag, m.claim.tag, STATE_TAG_LEN);
	assert_false(back.claim.has_request_id);
}

static void
test_request_all(void **state)
{
	struct bootstrap_request m, back;

	(void)state;
	request_make(&m);
	request_seal(&m);
	request_claim(&m);
	request_resume(&m);
	m.ticket = golden("ticket");
	request_check("request-2-all", &m, &back);
	assert_true(back.has_resume && back.has_claim);
	assert_memory_equal(back.resume.alias, m.resume.alias, ALIAS_LEN);
	assert_memory_equal(back.resume.tag, m.resume.tag, RESUME_LEN);
	assert_true(back.resume.has_request_id);
	assert_memory_equal(
	    back.resume.request_id, m.resume.request_id, REQUEST_ID_LEN);
	assert_true(bytes_equal(back.ticket, m.ticket));
}

/* The enclosing array of each, then what is wrong with it. */
#define BARE "48a0a1a2a3a4a5a6a75821"
#define KEY "02b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecf"
#define PROFILE "50404142434445464748494a4b4c4d4e4f"

static void
refuse(enum err (*read)(struct bytes in), const char *hex)
{
	uint8_t in[512];
	size_t len;

	assert_int_equal(
	    hex_decode(bytes_str(hex), in, sizeof(in), &len), ERR_OK);
	if (read(bytes_make(in, len)) == ERR_OK)
		fail_msg("accepted: %s", hex);
}

static void
accept(enum err (*read)(struct bytes in), const char *hex)
{
	uint8_t in[512];
	size_t len;
	enum err err;

	assert_int_equal(
	    hex_decode(bytes_str(hex), in, sizeof(in), &len), ERR_OK);
	err = read(bytes_make(in, len));
	if (err != ERR_OK)
		fail_msg("refused (%s): %s", err_name(err), hex);
}

static enum err
read_request(struct bytes in)
{
	struct bootstrap_request m;

	return bootstrap_request_read(in, &m);
}

static void
test_request_refused(void **state)
{
	(void)state;
	accept(read_request, "83" BARE KEY "60");
	accept(read_request, "85" BARE KEY "60f6f6");
	accept(read_request, "88" BARE KEY "60f6f6f6f6f6");
	/* counts, trailing bytes */
	refuse(read_request, "84" BARE KEY "60f6");
	refuse(read_request, "86" BARE KEY "60f6f6f6");
	refuse(read_request, "89" BARE KEY "60f6f6f6f6f6f6");
	refuse(read_request, "83" BARE KEY "60f6");
	/* key prefix, instance too short, firmware too long or not text */
	refuse(read_request, "83" BARE "04b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1"
			     "c2c3c4c5c6c7c8c9cacbcccdcecf60");
	refuse(read_request, "8347a0a1a2a3a4a5a65821" KEY "60");
	refuse(read_request, "83" BARE KEY "69313233343536373839");
	refuse(read_request, "83" BARE KEY "6107");
	refuse(read_request, "83" BARE KEY "40");
	/* profile without serial, serial without profile, serial's bounds */
	refuse(read_request, "85" BARE KEY "60" PROFILE "f6");
	refuse(read_request, "85" BARE KEY "60f66131");
	refuse(read_request, "85" BARE KEY "60" PROFILE "60");
	refuse(read_request, "85" BARE KEY "60" PROFILE "7131323334353637383930"
			     "31323334353637");
	refuse(read_request, "85" BARE KEY "60" PROFILE "62c3a4");
	/* resume, claim and ticket of another shape */
	refuse(read_request, "88" BARE KEY "60f6f680f6f6");
	refuse(read_request, "88" BARE KEY "60f6f6f684f6f6");
	refuse(read_request, "88" BARE KEY "60f6f6f6f640");
	refuse(read_request,
	    "88" BARE KEY "60f6f6f6f6583f"
	    "00000000000000000000000000000000000000000000000000000000000000000"
	    "0000000000000000000000000000000000000000000000000000000000000");
}

static enum err
read_response(struct bytes in)
{
	struct bootstrap_response m;

	return bootstrap_response_read(in, &m);
}

static void
response_check(const char *name, const struct bootstrap_response *m)
{
	struct bootstrap_response back;
	uint8_t out[BOOTSTRAP_RESPONSE_MAX];
	struct writer w;

	writer_init(&w, out, sizeof(out));
	bootstrap_response_write(&w, m);
	assert_int_equal(w.err, ERR_OK);
	golden_equal(name, out, w.len);
	assert_int_equal(bootstrap_response_read(golden(name), &back), ERR_OK);
	assert_int_equal(back.status, m->status);
	assert_memory_equal(back.alias, m->alias, ALIAS_LEN);
	assert_int_equal(back.generation, m->generation);
	assert_int_equal(back.features, m->features);
}

static void
test_response(void **state)
{
	struct bootstrap_response m = {.status = BOOTSTRAP_ASSIGNED,
	    .generation = 1,
	    .features = SERVICE_PSK | SERVICE_E2E};

	(void)state;
	copy_golden(m.alias, "alias");
	response_check("response-2-assigned", &m);
	m.status = BOOTSTRAP_REGISTERED;
	m.generation = 70000;
	m.features = 0;
	response_check("response-2-registered", &m);
	memset(&m, 0, sizeof(m));
	m.status = BOOTSTRAP_AGAIN;
	response_check("response-2-again", &m);
	m.status = BOOTSTRAP_CLONE;
	response_check("response-2-clone", &m);
}

static void
test_response_refused(void **state)
{
	(void)state;
	accept(read_response, "84004689291e26ec1a0100");
	accept(read_response, "8117");
	refuse(read_response, "");
	refuse(read_response, "80");
	refuse(read_response, "811818"); /* a status of two bytes */
	refuse(read_response, "8100"); /* new, but without its fields */
	refuse(read_response, "84084689291e26ec1a0100");
	refuse(read_response, "84004689291e26ec1a0000"); /* generation 0 */
	refuse(read_response, "84004589291e26ec0100");
	refuse(read_response, "84004689291e26ec1a1b000000010000000000");
	refuse(read_response, "8108f6");
}

static enum err
read_checkin(struct bytes in)
{
	struct checkin_request m;

	return checkin_request_read(in, &m);
}

static void
test_checkin_request(void **state)
{
	struct checkin_request m = {
	    true, 1700000000, BYTES_LIT("03.15"), false};
	struct checkin_request back;
	uint8_t out[CHECKIN_REQUEST_MAX];
	struct writer w;

	(void)state;
	writer_init(&w, out, sizeof(out));
	checkin_request_write(&w, &m);
	golden_equal("check-in-request", out, w.len);
	assert_int_equal(checkin_request_read(writer_bytes(&w), &back), ERR_OK);
	assert_true(back.has_features_version);
	assert_int_equal(back.features_version, 1700000000);
	assert_true(bytes_equal(back.firmware, m.firmware));

	m.has_features_version = false;
	m.firmware = BYTES_LIT("03.16");
	writer_init(&w, out, sizeof(out));
	checkin_request_write(&w, &m);
	golden_equal("check-in-request-firmware", out, w.len);
	assert_int_equal(checkin_request_read(writer_bytes(&w), &back), ERR_OK);
	assert_false(back.has_features_version);

	m.firmware = BYTES_NONE;
	m.wants_ticket = true;
	writer_init(&w, out, sizeof(out));
	checkin_request_write(&w, &m);
	golden_equal("check-in-request-ticket", out, w.len);
	assert_int_equal(checkin_request_read(writer_bytes(&w), &back), ERR_OK);
	assert_true(back.wants_ticket);

	m.wants_ticket = false;
	writer_init(&w, out, sizeof(out));
	checkin_request_write(&w, &m);
	assert_int_equal(w.len, 0);
	assert_int_equal(checkin_request_read(BYTES_NONE, &back), ERR_OK);
	assert_false(back.has_features_version);
	assert_int_equal(back.firmware.len, 0);
}

static void
test_checkin_request_refused(void **state)
{
	uint8_t big[CHECKIN_REQUEST_MAX + 1] = {0xa1, 0x18, 0x63, 0x58, 0x3c};

	(void)state;
	accept(read_checkin, "a10105");
	accept(read_checkin, "a2010518638102"); /* a key of a later version */
	refuse(read_checkin, "05");
	refuse(read_checkin, "a1");
	refuse(read_checkin, "a201050106"); /* a key twice */
	refuse(read_checkin, "a20261310105");
	refuse(read_checkin, "a10160");
	refuse(read_checkin, "a10260"); /* an empty firmware is not sent */
	accept(read_checkin, "a103f5");
	refuse(read_checkin, "a103f4"); /* who wants none does not say so */
	refuse(read_checkin, "a10301");
	refuse(read_checkin, "a10105f6");
	refuse(read_checkin, "bf0105ff");
	assert_int_equal(
	    read_checkin(bytes_make(big, CHECKIN_REQUEST_MAX + 1)), ERR_SPACE);
	big[4] = CHECKIN_REQUEST_MAX - 5;
	assert_int_equal(
	    read_checkin(bytes_make(big, CHECKIN_REQUEST_MAX)), ERR_OK);
}

static enum err
read_answer(struct bytes in)
{
	struct checkin_response m;

	return checkin_response_read(in, &m);
}

static void
test_checkin_response(void **state)
{
	struct checkin_response m, back;
	uint8_t out[CHECKIN_RESPONSE_MAX];
	struct writer w;

	(void)state;
	memset(&m, 0, sizeof(m));
	m.time = 1700000001;
	writer_init(&w, out, sizeof(out));
	checkin_response_write(&w, &m);
	golden_equal("check-in-response", out, w.len);
	assert_int_equal(
	    checkin_response_read(writer_bytes(&w), &back), ERR_OK);
	assert_int_equal(back.time, m.time);
	assert_false(back.has_period || back.has_flags || back.has_features);

	m.has_period = m.has_flags = m.has_features = true;
	m.period = 604800;
	m.flags = CHECKIN_ROTATE | CHECKIN_OBJECTS;
	m.features = FEATURE_ALL;
	m.features_version = 1700000000;
	writer_init(&w, out, sizeof(out));
	checkin_response_write(&w, &m);
	golden_equal("check-in-response-all", out, w.len);
	assert_int_equal(
	    checkin_response_read(writer_bytes(&w), &back), ERR_OK);
	assert_true(back.has_period && back.has_flags && back.has_features);
	assert_int_equal(back.period, m.period);
	assert_int_equal(back.flags, m.flags);
	assert_int_equal(back.features, m.features);
	assert_int_equal(back.features_version, m.features_version);
}

/* Beside all else, with the longest numbers that a service says. */
static void
test_checkin_response_with_ticket(void **state)
{
	struct checkin_response m, back;
	uint8_t out[CHECKIN_RESPONSE_MAX];
	struct writer w;

	(void)state;
	memset(&m, 0, sizeof(m));
	m.time = 1700000001;
	m.ticket = golden("ticket");
	writer_init(&w, out, sizeof(out));
	checkin_response_write(&w, &m);
	golden_equal("check-in-response-ticket", out, w.len);
	assert_int_equal(
	    checkin_response_read(writer_bytes(&w), &back), ERR_OK);
	assert_true(bytes_equal(back.ticket, m.ticket));
	m.has_period = m.has_flags = m.has_features = true;
	m.period = UINT32_MAX;
	m.flags = 15;
	m.features = FEATURE_ALL;
	m.features_version = UINT64_C(1) << 48;
	writer_init(&w, out, sizeof(out));
	checkin_response_write(&w, &m);
	assert_int_equal(
	    checkin_response_read(writer_bytes(&w), &back), ERR_OK);
	assert_true(bytes_equal(back.ticket, m.ticket));
	/* A ticket has one length. */
	m.ticket.len--;
	writer_init(&w, out, sizeof(out));
	checkin_response_write(&w, &m);
	assert_int_equal(
	    checkin_response_read(writer_bytes(&w), &back), ERR_INVALID);
}

static void
test_checkin_response_refused(void **state)
{
	(void)state;
	accept(read_answer, "8201a0");
	accept(read_answer, "8201a118636161");
	refuse(read_answer, "");
	refuse(read_answer, "a0");
	refuse(read_answer, "8101");
	refuse(read_answer, "8301a0a0");
	refuse(read_answer, "20"); /* a negative time */
	refuse(read_answer, "0101");
	refuse(read_answer, "8201a101200000");
	refuse(read_answer, "8201a1011b0000000100000000");
	refuse(read_answer, "8201a202010101");
	refuse(read_answer, "8201a1038101");
	refuse(read_answer, "8201a1031801");
}

static void
test_features(void **state)
{
	uint32_t bit;

	(void)state;
	for (bit = 1; bit <= FEATURE_ALL; bit <<= 1) {
		assert_non_null(feature_name(bit));
		assert_int_equal(
		    feature_bit(bytes_str(feature_name(bit))), bit);
	}
	assert_null(feature_name(bit));
	assert_null(feature_name(0));
	assert_null(feature_name(3));
	assert_int_equal(
	    feature_bit(BYTES_LIT("LocalDPR")), FEATURE_LOCAL_DATA);
	assert_int_equal(feature_bit(BYTES_LIT("LocalC2")), 0);
	assert_int_equal(feature_bit(BYTES_NONE), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_request_bare),
	    cmocka_unit_test(test_request_sealed),
	    cmocka_unit_test(test_request_claim),
	    cmocka_unit_test(test_request_all),
	    cmocka_unit_test(test_request_refused),
	    cmocka_unit_test(test_response),
	    cmocka_unit_test(test_response_refused),
	    cmocka_unit_test(test_checkin_request),
	    cmocka_unit_test(test_checkin_request_refused),
	    cmocka_unit_test(test_checkin_response),
	    cmocka_unit_test(test_checkin_response_with_ticket),
	    cmocka_unit_test(test_checkin_response_refused),
	    cmocka_unit_test(test_features),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
