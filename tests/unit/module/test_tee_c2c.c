/*
 * Chip-to-chip in the TEE, on a real root of trust: who may do what, and
 * what becomes of the records.
 */
#include "birth.h"

#include "c2c/port.h"
#include "c2c/session.h"
#include "crypto/crypto.h"
#include "rot/port_file.h"
#include "tee_device.h"

static char dir[BIRTH_DIR_SIZE];
static struct port_file file;
static struct rot rot;
static struct tee_device device;
static struct hf_crypto port;

/* The records as the front end keeps them. */
static uint8_t db[TEE_C2C_DB_MAX];
static size_t db_len;

static int
setup(void **state)
{
	char path[BIRTH_DIR_SIZE + 8];

	(void)state;
	birth_make(dir);
	(void)snprintf(path, sizeof(path), "%s/rot", dir);
	if (port_file_open(&file, path) != ERR_OK)
		return -1;
	memset(&device, 0, sizeof(device));
	device.rot = &rot;
	device.port = &file.port;
	device.device = malloc(device_size());
	device.config = (struct device_config){
	    .heartbeat_min_s = 300, .heartbeat_s = 604800, .firmware = "1.2.3"};
	db_len = 0;
	c2c_port_init(&port, &crypto_random_source);
	return tee_device_start(&device) == ERR_OK ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	tee_device_stop(&device);
	free(device.device);
	port_file_close(&file);
	birth_remove(dir);
	return 0;
}

static struct tee_request
request_of(enum tee_op op, uint8_t te, const char *terminal)
{
	struct tee_request r;

	memset(&r, 0, sizeof(r));
	r.op = op;
	memset(r.u.c2c.te_secret, te, HF_C2C_TE_LEN);
	r.u.c2c.terminal = bytes_str(terminal);
	r.u.c2c.version = HF_C2C_V2;
	return r;
}

/* Asks with the records, and keeps those that come back. */
static enum err
ask(struct tee_request *request, struct tee_answer *answer)
{
	memset(answer, 0, sizeof(*answer));
	request->u.c2c.db = bytes_make(db, db_len);
	tee_device_do(&device, request, 1000, 1700000000, answer);
	if (answer->err == ERR_OK && answer->u.c2c.db_len > 0) {
		memcpy(db, answer->u.c2c.db, answer->u.c2c.db_len);
		db_len = answer->u.c2c.db_len;
	}
	return answer->err;
}

static enum err
pair_as(uint8_t te, const char *terminal, uint8_t version, struct tee_answer *a)
{
	struct tee_request r = request_of(TEE_C2C_PAIR, te, terminal);

	r.u.c2c.version = version;
	return ask(&r, a);
}

/* Confirms what a pairing answered. */
static enum err
confirm(uint8_t te, const char *terminal, const struct tee_answer *paired)
{
	struct tee_request r = request_of(TEE_C2C_CONFIRM, te, terminal);
	struct hf_c2c_pair pair = paired->u.c2c.pair;
	struct tee_answer a;

	memset(pair.te_secret, te, HF_C2C_TE_LEN);
	assert_int_equal(
	    c2c_confirm_make(&port, &pair, paired->u.c2c.tag, r.u.c2c.confirm),
	    ERR_OK);
	return ask(&r, &a);
}

static enum err
open_as(uint8_t te, const char *terminal, uint8_t version, struct tee_answer *a)
{
	struct tee_request r = request_of(TEE_C2C_OPEN, te, terminal);

	r.u.c2c.version = version;
	return ask(&r, a);
}

static void
test_pair_confirm_open(void **state)
{
	struct tee_answer paired, a;
	uint8_t zero[HF_C2C_KEY_LEN] = {0};

	(void)state;
	assert_int_equal(open_as(1, "pty1", 2, &a), ERR_NOT_FOUND);
	assert_int_equal(pair_as(1, "pty1", 2, &paired), ERR_OK);
	assert_int_equal(open_as(1, "pty1", 2, &a), ERR_STATE);
	assert_memory_equal(a.u.c2c.pair.key, zero, sizeof(zero));
	assert_int_equal(confirm(1, "pty1", &paired), ERR_OK);
	assert_int_equal(confirm(1, "pty1", &paired), ERR_OK);
	assert_int_equal(open_as(1, "pty1", 2, &a), ERR_OK);
	assert_int_equal(a.u.c2c.pair.version, HF_C2C_V2);
	assert_memory_equal(a.u.c2c.pair.key, paired.u.c2c.pair.key, 16);
	assert_memory_equal(
	    a.u.c2c.pair.hmac_key, paired.u.c2c.pair.hmac_key, 16);
	/* The pair is of this terminal, and it is of V2. */
	assert_int_equal(open_as(1, "tcp1", 2, &a), ERR_NOT_FOUND);
	assert_int_equal(open_as(1, "pty1", 3, &a), ERR_INVALID);
	/* Once; it survives a reset. */
	assert_int_equal(pair_as(1, "pty1", 2, &a), ERR_EXISTS);
	assert_int_equal(pair_as(1, "tcp1", 3, &paired), ERR_OK);
	assert_int_equal(confirm(1, "tcp1", &paired), ERR_OK);
	assert_int_equal(open_as(1, "tcp1", 2, &a), ERR_INVALID);
	assert_int_equal(open_as(1, "tcp1", 3, &a), ERR_OK);
	tee_device_stop(&device);
	assert_int_equal(tee_device_start(&device), ERR_OK);
	assert_int_equal(open_as(1, "tcp1", 3, &a), ERR_OK);
	assert_memory_equal(a.u.c2c.pair.key, paired.u.c2c.pair.key, 16);
}

static void
test_wrong_confirmation(void **state)
{
	struct tee_answer paired, a;

	(void)state;
	memset(&a, 0, sizeof(a));
	assert_int_equal(confirm(1, "pty1", &a), ERR_NOT_FOUND);
	assert_int_equal(pair_as(1, "pty1", 2, &paired), ERR_OK);
	paired.u.c2c.tag[15] ^= 1;
	assert_int_equal(confirm(1, "pty1", &paired), ERR_AUTH);
	assert_int_equal(open_as(1, "pty1", 2, &a), ERR_STATE);
	paired.u.c2c.tag[15] ^= 1;
	assert_int_equal(confirm(1, "pty1", &paired), ERR_OK);
	assert_int_equal(open_as(1, "pty1", 2, &a), ERR_OK);
}

/* A session's new keys wait; the old ones stand until they are confirmed. */
static void
test_rekey(void **state)
{
	struct tee_request r = request_of(TEE_C2C_PAIR, 1, "pty1");
	struct tee_answer old, new, a;

	(void)state;
	r.u.c2c.rekey = true;
	assert_int_equal(ask(&r, &a), ERR_NOT_FOUND);
	assert_int_equal(pair_as(1, "pty1", 2, &old), ERR_OK);
	assert_int_equal(ask(&r, &a), ERR_NOT_FOUND); /* never opened */
	assert_int_equal(confirm(1, "pty1", &old), ERR_OK);
	assert_int_equal(ask(&r, &new), ERR_OK);
	assert_memory_not_equal(
	    old.u.c2c.pair.key, new.u.c2c.pair.key, HF_C2C_KEY_LEN);
	assert_int_equal(open_as(1, "pty1", 2, &a), ERR_OK);
	assert_memory_equal(a.u.c2c.pair.key, old.u.c2c.pair.key, 16);
	assert_int_equal(confirm(1, "pty1", &new), ERR_OK);
	assert_int_equal(open_as(1, "pty1", 2, &a), ERR_OK);
	assert_memory_equal(a.u.c2c.pair.key, new.u.c2c.pair.key, 16);
	r.u.c2c.version = HF_C2C_V3;
	assert_int_equal(ask(&r, &a), ERR_NOT_FOUND);
}

static void
test_v1(void **state)
{
	struct tee_answer a;

	(void)state;
	assert_int_equal(pair_as(1, "pty1", HF_C2C_V1, &a), ERR_DISABLED);
	device.c2c_v1 = true;
	assert_int_equal(pair_as(1, "pty1", HF_C2C_V1, &a), ERR_OK);
	assert_int_equal(open_as(1, "pty1", 2, &a), ERR_OK);
	assert_int_equal(a.u.c2c.pair.version, HF_C2C_V1);
	device.c2c_v1 = false;
	assert_int_equal(open_as(1, "pty1", 2, &a), ERR_DISABLED);
}

/* Fifty pairings, a hundred openings and closings, and not one more. */
static void
test_trial(void **state)
{
	struct tee_request close_it = {.op = TEE_C2C_CLOSE};
	struct tee_answer paired, a;
	int i;

	(void)state;
	for (i = 0; i < 50; i++)
		assert_int_equal(pair_as(1, "pty1", 2, &paired), ERR_OK);
	assert_int_equal(pair_as(1, "pty1", 2, &a), ERR_EXHAUSTED);
	assert_int_equal(a.u.c2c.db_len, 0);
	assert_int_equal(pair_as(2, "pty1", 2, &a), ERR_EXHAUSTED);
	assert_int_equal(confirm(1, "pty1", &paired), ERR_OK);
	for (i = 0; i < 49; i++) {
		assert_int_equal(open_as(1, "pty1", 2, &a), ERR_OK);
		assert_int_equal(ask(&close_it, &a), ERR_OK);
	}
	assert_int_equal(open_as(1, "pty1", 2, &a), ERR_OK);
	assert_int_equal(open_as(1, "pty1", 2, &a), ERR_OK);
	assert_int_equal(open_as(1, "pty1", 2, &a), ERR_EXHAUSTED);
	/* What is open can be closed. */
	assert_int_equal(ask(&close_it, &a), ERR_OK);
}

/*
 * Nine do not fit: one that was never confirmed goes, one that was never
 * does. A pairing that fails costs nothing of the trial.
 */
static void
test_eight(void **state)
{
	struct tee_answer paired, a;
	uint8_t te;
	int i;

	(void)state;
	for (te = 0; te < 8; te++) {
		assert_int_equal(pair_as(te, "pty1", 3, &paired), ERR_OK);
		if (te != 3)
			assert_int_equal(confirm(te, "pty1", &paired), ERR_OK);
	}
	assert_int_equal(pair_as(8, "pty1", 3, &paired), ERR_OK);
	assert_int_equal(open_as(3, "pty1", 3, &a), ERR_NOT_FOUND);
	for (i = 0; i < 40; i++)
		assert_int_equal(pair_as(9, "pty1", 3, &paired), ERR_OK);
	assert_int_equal(confirm(9, "pty1", &paired), ERR_OK);
	for (i = 0; i < 50; i++)
		assert_int_equal(pair_as(3, "pty1", 3, &a), ERR_SPACE);
	assert_int_equal(open_as(0, "pty1", 3, &a), ERR_OK);
	assert_int_equal(open_as(9, "pty1", 3, &a), ERR_OK);
}

/* A trial erases nothing, or a name could be paired twice. */
static void
test_trial_erases_nothing(void **state)
{
	struct tee_request r = request_of(TEE_C2C_ERASE, 1, "pty1");
	struct tee_answer paired, a;

	(void)state;
	assert_int_equal(pair_as(1, "pty1", 2, &paired), ERR_OK);
	assert_int_equal(confirm(1, "pty1", &paired), ERR_OK);
	assert_int_equal(ask(&r, &a), ERR_DENIED);
	r.u.c2c.all = true;
	assert_int_equal(ask(&r, &a), ERR_DENIED);
	assert_int_equal(open_as(1, "pty1", 2, &a), ERR_OK);
}

static void
test_decommissioned(void **state)
{
	struct tee_answer a;

	(void)state;
	assert_int_equal(rot_erase(&rot), ERR_OK);
	assert_int_equal(pair_as(1, "pty1", 2, &a), ERR_DENIED);
	assert_int_equal(open_as(1, "pty1", 2, &a), ERR_DENIED);
}

/* Every byte of the records counts, and each writing looks different. */
static void
test_sealed(void **state)
{
	uint8_t before[TEE_C2C_DB_MAX];
	size_t before_len, i;
	struct tee_answer a;

	(void)state;
	assert_int_equal(pair_as(1, "pty1", 2, &a), ERR_OK);
	memcpy(before, db, db_len);
	before_len = db_len;
	assert_int_equal(pair_as(1, "pty1", 2, &a), ERR_OK);
	assert_int_equal(db_len, before_len);
	assert_memory_not_equal(db, before, 12);
	for (i = 0; i < db_len; i++) {
		db[i] ^= 0x80;
		assert_int_equal(pair_as(2, "pty1", 2, &a), ERR_CONFLICT);
		db[i] ^= 0x80;
	}
	for (i = 1, before_len = db_len; i < before_len; i++) {
		db_len = i;
		assert_int_equal(pair_as(2, "pty1", 2, &a), ERR_CONFLICT);
	}
	db_len = before_len;
	assert_int_equal(pair_as(2, "pty1", 2, &a), ERR_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		test_pair_confirm_open, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_wrong_confirmation, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_rekey, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_v1, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_trial, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_eight, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_trial_erases_nothing, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_decommissioned, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_sealed, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
