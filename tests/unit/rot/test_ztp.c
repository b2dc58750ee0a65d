/*
 * The key for a device's cloud: the same as long as a generation lasts,
 * another one after it, and none without keys.
 */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "birth.h"
#include "internal.h"
#include "keys/objects.h"

static struct ram_port ram;
static struct rot rot;

static int
setup(void **state)
{
	(void)state;
	device_make(&rot, &ram, 1);
	return 0;
}

static struct rot_ztp_key
key_get(void)
{
	static const struct bytes message = {(const uint8_t *)"m", 1};
	uint8_t signature[P256_SIGNATURE_LEN];
	struct rot_ztp_key key;

	assert_int_equal(rot_ztp_key(&rot, &key), ERR_OK);
	assert_int_equal(p256_sign(&key.secret, message, signature), ERR_OK);
	assert_int_equal(
	    p256_verify(&key.public_key, message, signature), ERR_OK);
	return key;
}

static void
test_a_key_for_each_generation(void **state)
{
	struct rot_ztp_key first, again, next, none;

	(void)state;
	assert_int_equal(rot_ztp_key(&rot, &none), ERR_STATE);
	bootstrap_make(&rot, 1);
	first = key_get();
	rot_done(&rot);
	assert_int_equal(rot_open(&rot, &ram.port), ERR_OK);
	again = key_get();
	assert_memory_equal(&first, &again, sizeof(first));
	bootstrap_make(&rot, 2);
	next = key_get();
	assert_memory_not_equal(&first, &next, sizeof(first.secret));
	assert_int_equal(rot_erase(&rot), ERR_OK);
	assert_int_equal(rot_ztp_key(&rot, &none), ERR_STATE);
}

static void
test_the_request_is_under_the_root(void **state)
{
	uint8_t buf[OBJECT_REQUEST_MAX], tag[ZTP_TAG_LEN];
	struct ztp_request m;
	struct writer w;

	(void)state;
	writer_init(&w, buf, sizeof(buf));
	assert_int_equal(rot_ztp_request(&rot, &w), ERR_STATE);
	bootstrap_make(&rot, 1);
	assert_int_equal(rot_ztp_request(&rot, &w), ERR_OK);
	assert_int_equal(ztp_request_read(writer_bytes(&w), &m), ERR_OK);
	assert_int_equal(keys_ztp_tag(&rot.rec.cur.up, m.key, tag), ERR_OK);
	assert_memory_equal(m.tag, tag, sizeof(tag));
	writer_init(&w, buf, 8);
	assert_int_equal(rot_ztp_request(&rot, &w), ERR_SPACE);
}

/* That the objects have come survives the power. */
static void
test_objects_are_done_once(void **state)
{
	struct rot_state s;
	unsigned writes;

	(void)state;
	bootstrap_make(&rot, 1);
	change_begin(&rot)->flags = CHECKIN_OBJECTS | CHECKIN_SUSPENDED;
	assert_int_equal(change_commit(&rot), ERR_OK);
	assert_int_equal(rot_objects_done(&rot), ERR_OK);
	rot_done(&rot);
	assert_int_equal(rot_open(&rot, &ram.port), ERR_OK);
	rot_state(&rot, &s);
	assert_int_equal(s.flags, CHECKIN_SUSPENDED);
	writes = ram.writes;
	assert_int_equal(rot_objects_done(&rot), ERR_OK);
	assert_int_equal(ram.writes, writes);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_a_key_for_each_generation, setup),
	    cmocka_unit_test_setup(test_the_request_is_under_the_root, setup),
	    cmocka_unit_test_setup(test_objects_are_done_once, setup),
	};

	if (crypto_init() != ERR_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
