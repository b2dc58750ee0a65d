/*
 * The platform of files: what it writes, what it refuses, and what a
 * half-written file is worth.
 */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "birth.h"
#include "rot/port_file.h"

static char dir[64], inside[128];

static int
setup(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/holdfast-rot-XXXXXX");
	if (mkdtemp(dir) == NULL)
		return 1;
	snprintf(inside, sizeof(inside), "%s/rot", dir);
	return 0;
}

static int
teardown(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", dir);
	return system(command);
}

static void
path_of(char path[256], const char *name)
{
	snprintf(path, 256, "%s/%s", inside, name);
}

static void
file_put(const char *name, const char *content)
{
	char path[256];
	FILE *file;

	path_of(path, name);
	file = fopen(path, "we");
	assert_non_null(file);
	assert_true(fputs(content, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void
test_open_refused(void **state)
{
	struct port_file file, second;

	(void)state;
	assert_int_equal(port_file_open(&file, inside), ERR_NOT_FOUND);
	assert_int_equal(mkdir(inside, 0700), 0);
	assert_int_equal(port_file_create(&file, inside), ERR_EXISTS);
	assert_int_equal(port_file_open(&file, inside), ERR_NOT_FOUND);
	file_put("huk", "short");
	assert_int_equal(port_file_open(&file, inside), ERR_FORMAT);
	file_put("huk", "123456789012345678901234567890123");
	assert_int_equal(port_file_open(&file, inside), ERR_FORMAT);
	file_put("huk", "12345678901234567890123456789012");
	assert_int_equal(port_file_open(&file, inside), ERR_OK);
	assert_int_equal(port_file_open(&second, inside), ERR_BUSY);
	port_file_close(&file);
	port_file_close(&file); /* twice does no harm */
	assert_int_equal(port_file_open(&second, inside), ERR_OK);
	port_file_close(&second);
}

static void
test_slots(void **state)
{
	uint8_t in[ROT_RECORD_MAX], out[ROT_RECORD_MAX];
	struct port_file file;
	size_t len = 0;
	unsigned i;

	(void)state;
	assert_int_equal(port_file_create(&file, inside), ERR_OK);
	assert_int_equal(
	    file.port.slot_read(file.port.ctx, 0, out, sizeof(out), &len),
	    ERR_NOT_FOUND);
	for (i = 0; i < 2; i++) {
		memset(in, (int)i + 1, sizeof(in));
		assert_int_equal(file.port.slot_write(file.port.ctx, i,
				     bytes_make(in, sizeof(in) - i)),
		    ERR_OK);
		assert_int_equal(file.port.slot_read(
				     file.port.ctx, i, out, sizeof(out), &len),
		    ERR_OK);
		assert_int_equal(len, sizeof(in) - i);
		assert_memory_equal(in, out, len);
	}
	port_file_close(&file);
}

/* It only rises, also over a restart; a broken file is no zero. */
static void
test_counter(void **state)
{
	struct port_file file;
	uint64_t value, last = 0;
	unsigned i;

	(void)state;
	assert_int_equal(port_file_create(&file, inside), ERR_OK);
	for (i = 0; i < 10; i++) {
		assert_int_equal(
		    file.port.counter_raise(file.port.ctx, &value), ERR_OK);
		assert_true(value > last);
		last = value;
		port_file_close(&file);
		assert_int_equal(port_file_open(&file, inside), ERR_OK);
	}
	file_put("counter", "broken");
	assert_int_equal(
	    file.port.counter_raise(file.port.ctx, &value), ERR_IO);
	port_file_close(&file);
}

static void
test_modes(void **state)
{
	static const char *const names[] = {"huk", "slot0", "lock"};
	struct port_file file;
	char path[256];
	struct stat st;
	size_t i;

	(void)state;
	umask(0);
	assert_int_equal(port_file_create(&file, inside), ERR_OK);
	assert_int_equal(
	    file.port.slot_write(file.port.ctx, 0, BYTES_LIT("record")),
	    ERR_OK);
	assert_int_equal(stat(inside, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	for (i = 0; i < ARRAY_LEN(names); i++) {
		path_of(path, names[i]);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 0777, 0600);
	}
	port_file_close(&file);
}

/* A device in files: lives, is switched off, and a slot is spoilt. */
static void
test_device(void **state)
{
	struct rot_birth birth;
	struct port_file file;
	struct rot rot;
	char name[8];

	(void)state;
	birth_make(&birth);
	assert_int_equal(port_file_create(&file, inside), ERR_OK);
	assert_int_equal(rot_open(&rot, &file.port), ERR_OK);
	assert_int_equal(rot_provision(&rot, &birth), ERR_OK);
	assert_int_equal(rot_instance_make(&rot), ERR_OK);
	/* A file left over from a cut in the middle of a write. */
	file_put("slot0.new", "half");
	snprintf(name, sizeof(name), "slot%u", rot.slot);
	rot_done(&rot);
	port_file_close(&file);
	assert_int_equal(port_file_open(&file, inside), ERR_OK);
	assert_int_equal(rot_open(&rot, &file.port), ERR_OK);
	assert_true(rot.rec.has_instance);
	file_put(name, "spoilt");
	assert_int_equal(rot_open(&rot, &file.port), ERR_OK);
	assert_false(rot.rec.has_instance);
	rot_done(&rot);
	port_file_close(&file);
}

/* Longer than any record: spoilt, not fatal. */
static void
test_overlong_slot(void **state)
{
	static char big[2 * ROT_RECORD_MAX];
	struct rot_birth birth;
	struct port_file file;
	struct rot rot;

	(void)state;
	birth_make(&birth);
	assert_int_equal(port_file_create(&file, inside), ERR_OK);
	assert_int_equal(rot_open(&rot, &file.port), ERR_OK);
	assert_int_equal(rot_provision(&rot, &birth), ERR_OK);
	memset(big, 'x', sizeof(big) - 1);
	file_put("slot1", big);
	assert_int_equal(rot_open(&rot, &file.port), ERR_OK);
	assert_true(rot.provisioned);
	rot_done(&rot);
	port_file_close(&file);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	    TEST(test_open_refused),
	    TEST(test_slots),
	    TEST(test_counter),
	    TEST(test_modes),
	    TEST(test_device),
	    TEST(test_overlong_slot),
	};

	if (crypto_init() != ERR_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
