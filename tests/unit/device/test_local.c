/*
 * Local data protection: what opens where, and who may use it when.
 */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "world.h"

static struct world w;

static int
setup(void **state)
{
	(void)state;
	world_init(&w, 7);
	world_boot(&w);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	world_done(&w);
	return 0;
}

#define NAME BYTES_LIT("ciphertextfile")
#define TEXT BYTES_LIT("datatoencrypt")
#define FILE_LEN (13 + LOCAL_OVERHEAD)

static void
test_what_goes_in_comes_out(void **state)
{
	uint8_t file[FILE_LEN], again[FILE_LEN], out[13];

	(void)state;
	assert_int_equal(device_local_seal(&w.device, NAME, TEXT, file), 0);
	assert_int_equal(file[0], 1);
	assert_int_equal(
	    device_local_open(&w.device, NAME, BYTES_OF(file), out), ERR_OK);
	assert_memory_equal(out, "datatoencrypt", 13);
	/* The same again looks different, and survives a power cut. */
	assert_int_equal(device_local_seal(&w.device, NAME, TEXT, again), 0);
	assert_memory_not_equal(file + 1, again + 1, 12);
	assert_memory_not_equal(file + 13, again + 13, 13);
	world_boot(&w);
	assert_int_equal(
	    device_local_open(&w.device, NAME, BYTES_OF(file), out), ERR_OK);
	assert_memory_equal(out, "datatoencrypt", 13);
}

static void
test_nothing_at_all(void **state)
{
	uint8_t file[LOCAL_OVERHEAD], out[1] = {0x5a};

	(void)state;
	assert_int_equal(
	    device_local_seal(&w.device, NAME, BYTES_NONE, file), ERR_OK);
	assert_int_equal(
	    device_local_open(&w.device, NAME, BYTES_OF(file), out), ERR_OK);
	assert_int_equal(out[0], 0x5a);
}

/* Bootstrapped, so that the allowance does not end the test. */
static void
test_every_change_shows(void **state)
{
	uint8_t file[FILE_LEN], out[FILE_LEN];
	enum err err;

	(void)state;
	world_reach(&w, 1);
	w.rot.rec.features |= FEATURE_LOCAL_DATA;
	assert_int_equal(device_local_seal(&w.device, NAME, TEXT, file), 0);
	for (size_t bit = 0; bit < 8 * sizeof(file); bit++) {
		file[bit / 8] ^= (uint8_t)(1 << bit % 8);
		err = device_local_open(&w.device, NAME, BYTES_OF(file), out);
		assert_int_equal(err, bit < 8 ? ERR_FORMAT : ERR_AUTH);
		file[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	for (size_t len = 0; len < sizeof(file); len++) {
		err = device_local_open(
		    &w.device, NAME, bytes_make(file, len), out);
		assert_int_equal(
		    err, len < LOCAL_OVERHEAD ? ERR_FORMAT : ERR_AUTH);
	}
	assert_int_equal(
	    device_local_open(&w.device, NAME, BYTES_OF(file), out), ERR_OK);
}

static void
test_bound_to_the_name(void **state)
{
	static const uint8_t long_name[LOCAL_NAME_MAX + 1] = {'x'};
	uint8_t file[FILE_LEN], out[13];

	(void)state;
	assert_int_equal(device_local_seal(&w.device, NAME, TEXT, file), 0);
	assert_int_equal(device_local_open(&w.device,
			     BYTES_LIT("ciphertextfil"), BYTES_OF(file), out),
	    ERR_AUTH);
	assert_int_equal(device_local_open(&w.device,
			     BYTES_LIT("Ciphertextfile"), BYTES_OF(file), out),
	    ERR_AUTH);
	assert_int_equal(
	    device_local_seal(&w.device, BYTES_NONE, TEXT, file), ERR_INVALID);
	assert_int_equal(
	    device_local_seal(&w.device, BYTES_OF(long_name), TEXT, file),
	    ERR_INVALID);
	assert_int_equal(device_local_open(&w.device, BYTES_OF(long_name),
			     BYTES_OF(file), out),
	    ERR_INVALID);
}

static void
test_bound_to_the_module(void **state)
{
	uint8_t file[FILE_LEN], out[13];

	(void)state;
	assert_int_equal(device_local_seal(&w.device, NAME, TEXT, file), 0);
	/* Another device on the same silicon, and the same on another. */
	w.rot.rec.uid[0] ^= 1;
	assert_int_equal(
	    device_local_open(&w.device, NAME, BYTES_OF(file), out), ERR_AUTH);
	w.rot.rec.uid[0] ^= 1;
	w.ram.huk[0] ^= 1;
	assert_int_equal(
	    device_local_open(&w.device, NAME, BYTES_OF(file), out), ERR_AUTH);
	w.ram.huk[0] ^= 1;
	assert_int_equal(
	    device_local_open(&w.device, NAME, BYTES_OF(file), out), ERR_OK);
}

static void
test_the_evaluation_ends(void **state)
{
	uint8_t file[FILE_LEN], out[13];

	(void)state;
	for (int i = 0; i < 50; i++) {
		assert_int_equal(
		    device_local_seal(&w.device, NAME, TEXT, file), ERR_OK);
		/* What is no file at all costs nothing. */
		assert_int_equal(
		    device_local_open(&w.device, NAME, BYTES_LIT("x"), out),
		    ERR_FORMAT);
		assert_int_equal(device_local_check(&w.device), ERR_OK);
		assert_int_equal(
		    device_local_open(&w.device, NAME, BYTES_OF(file), out),
		    ERR_OK);
	}
	assert_int_equal(device_local_check(&w.device), ERR_EXHAUSTED);
	assert_int_equal(
	    device_local_seal(&w.device, NAME, TEXT, file), ERR_EXHAUSTED);
	world_boot(&w);
	assert_int_equal(
	    device_local_open(&w.device, NAME, BYTES_OF(file), out),
	    ERR_EXHAUSTED);
}

static void
test_the_feature_decides_after_the_bootstrap(void **state)
{
	uint8_t file[FILE_LEN], out[13];

	(void)state;
	assert_int_equal(device_local_seal(&w.device, NAME, TEXT, file), 0);
	world_reach(&w, 1);
	assert_int_equal(device_local_check(&w.device), ERR_DISABLED);
	assert_int_equal(
	    device_local_open(&w.device, NAME, BYTES_OF(file), out),
	    ERR_DISABLED);
	assert_int_equal(
	    device_local_seal(&w.device, NAME, TEXT, file), ERR_DISABLED);
	w.rot.rec.features |= FEATURE_LOCAL_DATA;
	/* What was sealed before the bootstrap still opens. */
	assert_int_equal(
	    device_local_open(&w.device, NAME, BYTES_OF(file), out), ERR_OK);
	w.rot.rec.flags = CHECKIN_SUSPENDED;
	assert_int_equal(
	    device_local_open(&w.device, NAME, BYTES_OF(file), out),
	    ERR_DISABLED);
	w.rot.rec.flags = 0;
	assert_int_equal(rot_security_set(&w.rot, false), ERR_OK);
	assert_int_equal(device_local_check(&w.device), ERR_DISABLED);
	assert_int_equal(rot_security_set(&w.rot, true), ERR_OK);
	assert_int_equal(rot_erase(&w.rot), ERR_OK);
	assert_int_equal(device_local_check(&w.device), ERR_STATE);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_what_goes_in_comes_out),
	    TEST(test_nothing_at_all),
	    TEST(test_every_change_shows),
	    TEST(test_bound_to_the_name),
	    TEST(test_bound_to_the_module),
	    TEST(test_the_evaluation_ends),
	    TEST(test_the_feature_decides_after_the_bootstrap),
	};

	if (crypto_init() != ERR_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
