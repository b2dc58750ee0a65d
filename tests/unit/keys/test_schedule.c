/*
 * The key schedule against every line of the table of keys in PROTOCOL.md.
 */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "golden.h"
#include "keys/schedule.h"

/* Copies a 32-byte key of the document into a struct of one array. */
static void
load_key(uint8_t out[KEY_LEN], const char *name)
{
	struct bytes value = golden(name);

	assert_int_equal(value.len, KEY_LEN);
	memcpy(out, value.ptr, KEY_LEN);
}

static void
test_transcript(void **state)
{
	struct bytes request = golden("request-2-sealed");
	struct bytes response = golden("response-2-assigned");
	uint8_t lens[2][2] = {
	    {0, (uint8_t)request.len}, {0, (uint8_t)response.len}};
	struct bytes parts[] = {golden("uid"), BYTES_OF(lens[0]), request,
	    BYTES_OF(lens[1]), response};
	uint8_t hash[SHA256_LEN];

	(void)state;
	assert_int_equal(sha256(parts, ARRAY_LEN(parts), hash), ERR_OK);
	golden_equal("transcript-hash", hash, sizeof(hash));
}

static void
test_root(void **state)
{
	struct keys_salt salt;
	struct keys_root root;

	(void)state;
	load_key(salt.k, "factory-secret");
	assert_int_equal(keys_root_make(&salt, golden("exporter").ptr,
			     golden("uid").ptr, golden("request-2-sealed"),
			     golden("response-2-assigned"), &root),
	    ERR_OK);
	golden_equal("root", root.k, KEY_LEN);
}

static void
test_root_inputs_matter(void **state)
{
	struct bytes request = golden("request-2-sealed");
	struct bytes response = golden("response-2-assigned");
	struct bytes joint;
	uint8_t both[256];
	struct keys_salt salt;
	struct keys_root a, b;

	(void)state;
	/* One byte moved from the response to the request is another root. */
	memcpy(both, request.ptr, request.len);
	memcpy(both + request.len, response.ptr, response.len);
	joint = bytes_make(both, request.len + 1);
	load_key(salt.k, "factory-secret");
	assert_int_equal(keys_root_make(&salt, golden("exporter").ptr,
			     golden("uid").ptr, bytes_make(both, request.len),
			     bytes_make(both + request.len, response.len), &a),
	    ERR_OK);
	assert_int_equal(
	    keys_root_make(&salt, golden("exporter").ptr, golden("uid").ptr,
		joint, bytes_make(both + joint.len, response.len - 1), &b),
	    ERR_OK);
	assert_memory_not_equal(a.k, b.k, KEY_LEN);
}

static void
test_children(void **state)
{
	struct keys_children c;
	struct keys_root root;

	(void)state;
	load_key(root.k, "root");
	assert_int_equal(keys_children_make(&root, &c), ERR_OK);
	golden_equal("psk", c.psk.k, KEY_LEN);
	golden_equal("up", c.up.k, KEY_LEN);
	golden_equal("down", c.down.k, KEY_LEN);
	golden_equal("ck-0", c.checkin.k, KEY_LEN);
	golden_equal("next", c.next.k, KEY_LEN);
	golden_equal("resume", c.resume, RESUME_LEN);
}

static void
test_single_children(void **state)
{
	struct keys_root root;
	struct keys_psk psk;
	struct keys_up up;
	struct keys_down down;
	struct keys_salt next;

	(void)state;
	load_key(root.k, "root");
	assert_int_equal(keys_psk_prk(&root, &psk), ERR_OK);
	golden_equal("psk", psk.k, KEY_LEN);
	assert_int_equal(keys_up_prk(&root, &up), ERR_OK);
	golden_equal("up", up.k, KEY_LEN);
	assert_int_equal(keys_down_prk(&root, &down), ERR_OK);
	golden_equal("down", down.k, KEY_LEN);
	assert_int_equal(keys_next_salt(&root, &next), ERR_OK);
	golden_equal("next", next.k, KEY_LEN);
}

static void
test_psk(void **state)
{
	const uint8_t *id = golden("psk-identity").ptr;
	uint8_t psk[PSK_MAX] = {0};
	struct keys_psk prk;

	(void)state;
	load_key(prk.k, "psk");
	assert_int_equal(keys_psk_make(&prk, id, psk, 16), ERR_OK);
	golden_equal("psk-16", psk, 16);
	assert_int_equal(keys_psk_make(&prk, id, psk, 32), ERR_OK);
	golden_equal("psk-32", psk, 32);
	assert_int_equal(keys_psk_make(&prk, id, psk, 0), ERR_INVALID);
	assert_int_equal(keys_psk_make(&prk, id, psk, 24), ERR_INVALID);
	golden_equal("psk-32", psk, 32);
}

static void
test_message_keys(void **state)
{
	uint8_t key[E2E_KEY_LEN];
	struct keys_sender sender;
	struct keys_up up;
	struct keys_down down;

	(void)state;
	load_key(up.k, "up");
	load_key(down.k, "down");
	assert_int_equal(keys_sender_init(&up, &sender), ERR_OK);
	assert_int_equal(
	    keys_sender_key(&sender, golden("up-v1-header"), key), ERR_OK);
	golden_equal("up-v1-key", key, sizeof(key));
	assert_int_equal(
	    keys_sender_key(&sender, golden("up-v2-header"), key), ERR_OK);
	golden_equal("up-v2-key", key, sizeof(key));
	assert_int_equal(
	    keys_sender_key(&sender, golden("psk-identity"), key), ERR_INVALID);
	assert_int_equal(keys_up_key(&up, golden("up-v1-header"), key), ERR_OK);
	golden_equal("up-v1-key", key, sizeof(key));
	assert_int_equal(keys_up_key(&up, golden("up-v2-header"), key), ERR_OK);
	golden_equal("up-v2-key", key, sizeof(key));
	assert_int_equal(
	    keys_down_key(&down, golden("down-v1-header"), key), ERR_OK);
	golden_equal("down-v1-key", key, sizeof(key));
	assert_int_equal(
	    keys_down_key(&down, golden("down-v2-header"), key), ERR_OK);
	golden_equal("down-v2-key", key, sizeof(key));
	assert_int_equal(
	    keys_up_key(&up, golden("psk-identity"), key), ERR_INVALID);
	assert_int_equal(keys_down_key(&down, BYTES_NONE, key), ERR_INVALID);
}

static void
test_checkin(void **state)
{
	const uint8_t *id = golden("request-id").ptr;
	uint8_t secret[16], tag[STATE_TAG_LEN];
	struct keys_checkin ck, next;

	(void)state;
	load_key(ck.k, "ck-0");
	assert_int_equal(
	    keys_checkin_next(&ck, id, golden("check-in-request"), &next),
	    ERR_OK);
	golden_equal("ck-1", next.k, KEY_LEN);
	assert_int_equal(keys_checkin_next(&ck, id, BYTES_NONE, &next), ERR_OK);
	golden_equal("ck-1-empty", next.k, KEY_LEN);
	assert_int_equal(keys_checkin_oscore(&ck, secret), ERR_OK);
	golden_equal("check-in-master-secret", secret, sizeof(secret));
	assert_int_equal(keys_checkin_bulk(&ck, secret), ERR_OK);
	golden_equal("bulk-master-secret", secret, sizeof(secret));
	assert_int_equal(keys_checkin_state(&ck, tag), ERR_OK);
	golden_equal("check-in-state-tag", tag, sizeof(tag));
}

static void
test_checkin_next_in_place(void **state)
{
	struct keys_checkin ck;

	(void)state;
	load_key(ck.k, "ck-0");
	assert_int_equal(
	    keys_checkin_next(&ck, golden("request-id").ptr, BYTES_NONE, &ck),
	    ERR_OK);
	golden_equal("ck-1-empty", ck.k, KEY_LEN);
}

/* The lines of the table whose owners call keys_expand themselves. */
static void
test_expand_elsewhere(void **state)
{
	static const struct {
		const char *from, *purpose, *name;
	} lines[] = {
	    {"huk", "storage", "storage-key"},
	    {"huk", "c2c records", "c2c-record-key"},
	    {"huk", "random", "random-key"},
	    {"kek", "profile record", "record-key"},
	};
	uint8_t wrap_context[1 + UID_LEN] = {2};
	uint8_t slot = 3;
	uint8_t key[KEY_LEN];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(lines); i++) {
		assert_int_equal(
		    keys_expand(golden(lines[i].from), lines[i].purpose,
			BYTES_NONE, key, sizeof(key)),
		    ERR_OK);
		golden_equal(lines[i].name, key, sizeof(key));
	}
	memcpy(wrap_context + 1, golden("uid").ptr, UID_LEN);
	assert_int_equal(keys_expand(golden("kek"), "wrap",
			     BYTES_OF(wrap_context), key, sizeof(key)),
	    ERR_OK);
	golden_equal("wrapping-key-root", key, sizeof(key));
	assert_int_equal(keys_expand(golden("huk"), "local data",
			     bytes_make(&slot, 1), key, sizeof(key)),
	    ERR_OK);
	golden_equal("local-data-key-slot-3", key, sizeof(key));
}

static void
test_expand_bounds(void **state)
{
	const char *longest = "12345678901234567890123456789012";
	uint8_t context[KEYS_CONTEXT_MAX + 1] = {0};
	uint8_t key[KEY_LEN];
	struct bytes prk = golden("root");

	(void)state;
	assert_int_equal(strlen(longest), 32);
	assert_int_equal(keys_expand(prk, longest,
			     bytes_make(context, KEYS_CONTEXT_MAX), key, 32),
	    ERR_OK);
	assert_int_equal(
	    keys_expand(prk, "psk", BYTES_OF(context), key, 32), ERR_INVALID);
	assert_int_equal(keys_expand(prk, "123456789012345678901234567890123",
			     BYTES_NONE, key, 32),
	    ERR_INVALID);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_transcript),
	    cmocka_unit_test(test_root),
	    cmocka_unit_test(test_root_inputs_matter),
	    cmocka_unit_test(test_children),
	    cmocka_unit_test(test_single_children),
	    cmocka_unit_test(test_psk),
	    cmocka_unit_test(test_message_keys),
	    cmocka_unit_test(test_checkin),
	    cmocka_unit_test(test_checkin_next_in_place),
	    cmocka_unit_test(test_expand_elsewhere),
	    cmocka_unit_test(test_expand_bounds),
	};

	if (crypto_init() != ERR_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
