/*
 * The guard: a record that somebody puts back does not open, one step in
 * doubt does, and keys of a secure element that no record names are gone.
 */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "birth.h"

static struct ram_port ram, old;
static struct rot rot;

static int
setup(void **state)
{
	(void)state;
	device_make_element(&rot, &ram, 1);
	return 0;
}

/* The slots of another day, in the chip of today. */
static void
slots_put(const struct ram_port *from)
{
	memcpy(ram.slot, from->slot, sizeof(ram.slot));
	memcpy(ram.slot_len, from->slot_len, sizeof(ram.slot_len));
	memcpy(ram.slot_there, from->slot_there, sizeof(ram.slot_there));
}

static enum err
boot(void)
{
	rot_done(&rot);
	ram_boot(&ram);
	return rot_open(&rot, &ram.port);
}

static void
test_old_record(void **state)
{
	(void)state;
	old = ram;
	assert_int_equal(rot_security_set(&rot, false), ERR_OK);
	slots_put(&old);
	assert_int_equal(boot(), ERR_REPLAY);
	assert_false(rot.provisioned);
	assert_int_equal(rot_security_set(&rot, false), ERR_STATE);
	/* Not even the slot before the last is enough. */
	device_make_element(&rot, &ram, 1);
	assert_int_equal(rot_security_set(&rot, false), ERR_OK);
	assert_int_equal(rot_security_set(&rot, true), ERR_OK);
	ram.slot_there[rot.slot] = false;
	assert_int_equal(boot(), ERR_REPLAY);
}

/* A chip that was put back in place of its record. */
static void
test_old_guard(void **state)
{
	(void)state;
	assert_int_equal(rot_security_set(&rot, false), ERR_OK);
	assert_int_equal(rot_security_set(&rot, true), ERR_OK);
	ram.guard -= 2;
	assert_int_equal(boot(), ERR_REPLAY);
}

/* Written, and cut before the guard went up: it stands, and the old is out. */
static void
test_one_step_in_doubt(void **state)
{
	struct rot_state s;
	struct ram_port before;

	(void)state;
	before = ram;
	ram.writes = 0;
	ram.cut_at = 2;
	ram.tear = RAM_NOTHING;
	assert_int_equal(rot_security_set(&rot, false), ERR_IO);
	assert_true(ram.guard == before.guard);
	assert_int_equal(boot(), ERR_OK);
	rot_state(&rot, &s);
	assert_true(s.security_off);
	assert_true(ram.guard == before.guard + 1);
	slots_put(&before);
	assert_int_equal(boot(), ERR_REPLAY);
}

/* When nobody knows whether the guard went up, only a restart helps. */
static void
test_doubt_ends_writing(void **state)
{
	struct rot_state s;
	unsigned tear;

	(void)state;
	for (tear = 0; tear < RAM_TEARS; tear++) {
		device_make_element(&rot, &ram, 1);
		ram.writes = 0;
		ram.cut_at = 2;
		ram.tear = (enum ram_tear)tear;
		assert_int_equal(rot_security_set(&rot, false), ERR_IO);
		ram_boot(&ram); /* the chip answers again */
		assert_int_equal(rot_e2e_version_set(&rot, 2), ERR_IO);
		assert_int_equal(boot(), ERR_OK);
		rot_state(&rot, &s);
		assert_true(s.security_off);
		assert_int_equal(s.e2e_version, 1);
	}
}

/* A write that failed is made again, and takes no key along. */
static void
test_torn_write_keeps_keys(void **state)
{
	unsigned tear;

	(void)state;
	for (tear = 0; tear < RAM_TEARS; tear++) {
		device_make_element(&rot, &ram, 1);
		ram.writes = 0;
		ram.cut_at = 2; /* 1: the key */
		ram.tear = (enum ram_tear)tear;
		assert_int_equal(rot_next_key_make(&rot), ERR_IO);
		ram_boot(&ram);
		ram.writes = 0;
		ram.cut_at = 2;
		ram.tear = RAM_NOTHING;
		/* Cut again: whatever the slot holds, its keys are there. */
		assert_int_equal(rot_next_key_make(&rot), ERR_IO);
		assert_int_equal(boot(), ERR_OK);
		assert_int_equal(ram_keys(&ram), rot.rec.has_next_key ? 3 : 2);
	}
}

static void
test_keys_that_end(void **state)
{
	(void)state;
	assert_int_equal(ram_keys(&ram), 2); /* d0, F */
	pend_make(&rot, 1, 1);
	assert_int_equal(ram_keys(&ram), 4); /* and d1, next(1) */
	pend_make(&rot, 2, 2);
	/* The salt of the pending that was replaced waits for the next sweep */
	assert_int_equal(ram_keys(&ram), 5);
	checkin_make(&rot);
	assert_int_equal(ram_keys(&ram), 2);
	bootstrap_make(&rot, 3);
	assert_int_equal(ram_keys(&ram), 2);
	assert_int_equal(rot_erase(&rot), ERR_OK);
	assert_int_equal(ram_keys(&ram), 0);
	assert_int_equal(boot(), ERR_OK);
}

static void
test_key_from_outside(void **state)
{
	struct rot_birth birth;

	(void)state;
	ram_port_init(&ram, 1);
	ram_element(&ram);
	birth_make(&birth);
	assert_int_equal(boot(), ERR_OK);
	assert_int_equal(rot_provision(&rot, &birth), ERR_UNSUPPORTED);
	assert_int_equal(ram_keys(&ram), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_old_record, setup),
	    cmocka_unit_test_setup(test_old_guard, setup),
	    cmocka_unit_test_setup(test_one_step_in_doubt, setup),
	    cmocka_unit_test(test_doubt_ends_writing),
	    cmocka_unit_test(test_torn_write_keeps_keys),
	    cmocka_unit_test_setup(test_keys_that_end, setup),
	    cmocka_unit_test(test_key_from_outside),
	};

	if (crypto_init() != ERR_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
