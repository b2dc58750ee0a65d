/*
 * Requests to the TEE, on a real root of trust and the real state machine.
 */
#include "birth.h"

#include "rot/port_file.h"
#include "tee_device.h"

static char dir[BIRTH_DIR_SIZE];
static struct port_file file;
static struct rot rot;
static struct tee_device device;

static int
setup(void **state)
{
	char path[BIRTH_DIR_SIZE + 8];

	(void)state;
	birth_make(dir);
	(void)snprintf(path, sizeof(path), "%s/rot", dir);
	if (port_file_open(&file, path) != ERR_OK)
		return -1;
	device.rot = &rot;
	device.port = &file.port;
	device.device = malloc(device_size());
	device.config = (struct device_config){.heartbeat_min_s = 300,
	    .heartbeat_s = 604800,
	    .firmware = "1.2.3",
	    .well_known_path = false};
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

/* Does a request at a time; the answer's error. */
static enum err
ask(const struct tee_request *request, uint64_t now_ms,
    struct tee_answer *answer)
{
	memset(answer, 0, sizeof(*answer));
	answer->err = ERR_INTERNAL;
	tee_device_do(&device, request, now_ms, 1700000000, answer);
	return answer->err;
}

static enum err
ask_plain(enum tee_op op, struct tee_answer *answer)
{
	struct tee_request request = {.op = op};

	return ask(&request, 1000, answer);
}

/* How much longer than the data an answer to TEE_E2E may be. */
static size_t
e2e_overhead(void)
{
	const struct tee_request request = {
	    .op = TEE_E2E, .data = BYTES_LIT("HELLO")};

	return tee_device_room(&device, &request) - 5;
}

static void
test_fresh(void **state)
{
	struct tee_answer a;

	(void)state;
	assert_int_equal(ask_plain(TEE_INFO, &a), ERR_OK);
	assert_memory_equal(a.u.info.uid, birth_uid, UID_LEN);
	assert_false(a.u.info.module_registered);
	assert_false(a.u.info.device_registered);
	assert_false(a.u.info.activated);
	assert_false(a.u.info.sealed);
	assert_false(a.u.info.bootstrapping);
	assert_int_equal(a.u.info.generation, 0);
	assert_int_equal(a.u.info.e2e_version, 0);
	assert_int_equal(a.u.info.local_data, ERR_OK);
	assert_int_equal(ask_plain(TEE_HEARTBEAT, &a), ERR_STATE);
	assert_int_equal(ask_plain((enum tee_op)99, &a), ERR_UNSUPPORTED);
}

/* With the network a bootstrap starts, without it nothing is sent. */
static void
test_network(void **state)
{
	struct tee_request up = {.op = TEE_NETWORK, .u.up = true};
	struct tee_request down = {.op = TEE_NETWORK, .u.up = false};
	struct tee_request poll = {.op = TEE_POLL};
	struct tee_request receive = {.op = TEE_RECEIVE};
	struct tee_answer a;

	(void)state;
	assert_int_equal(ask(&poll, 1000, &a), ERR_OK);
	assert_int_equal(a.u.poll.len, 0);
	assert_int_equal(ask(&up, 1000, &a), ERR_OK);
	assert_int_equal(ask(&poll, 1000, &a), ERR_OK);
	/* CoAP version 1, confirmable, POST. */
	assert_true(a.u.poll.len > 40);
	assert_int_equal(a.u.poll.datagram[0] >> 4, 4);
	assert_int_equal(a.u.poll.datagram[1], 2);
	assert_int_equal(ask(&poll, 1000, &a), ERR_OK);
	assert_int_equal(a.u.poll.len, 0);
	assert_in_range(a.u.poll.delay_ms, 1, 10000);
	receive.u.datagram = BYTES_LIT("nonsense");
	assert_int_equal(ask(&receive, 1001, &a), ERR_OK);
	assert_int_equal(ask_plain(TEE_INFO, &a), ERR_OK);
	assert_true(a.u.info.bootstrapping);
	assert_int_equal(ask(&down, 1002, &a), ERR_OK);
	assert_int_equal(ask(&poll, 1000000, &a), ERR_OK);
	assert_int_equal(a.u.poll.len, 0);
}

static void
test_seal(void **state)
{
	struct tee_request seal = {.op = TEE_SEAL};
	struct tee_answer a;

	(void)state;
	seal.u.seal.serial = BYTES_LIT("SN-1");
	assert_int_equal(ask(&seal, 1000, &a), ERR_INVALID); /* profile 0 */
	memset(seal.u.seal.profile, 7, PROFILE_UID_LEN);
	seal.u.seal.serial = BYTES_LIT("");
	assert_int_equal(ask(&seal, 1000, &a), ERR_INVALID);
	seal.u.seal.serial = BYTES_LIT("12345678901234567");
	assert_int_equal(ask(&seal, 1000, &a), ERR_INVALID);
	seal.u.seal.serial = BYTES_LIT("\x01");
	assert_int_equal(ask(&seal, 1000, &a), ERR_INVALID);
	seal.u.seal.serial = BYTES_LIT("SN-1");
	assert_int_equal(ask(&seal, 1000, &a), ERR_OK);
	assert_int_equal(ask(&seal, 1000, &a), ERR_EXISTS);
	assert_int_equal(ask_plain(TEE_RESET, &a), ERR_OK);
	assert_int_equal(ask(&seal, 1000, &a), ERR_EXISTS);
	assert_int_equal(ask_plain(TEE_INFO, &a), ERR_OK);
	assert_true(a.u.info.sealed);
}

/* Before a bootstrap there are no keys to give. */
static void
test_no_keys(void **state)
{
	struct tee_request psk = {.op = TEE_PSK, .u.psk_len = 16};
	struct tee_request e2e = {.op = TEE_E2E};
	static const uint8_t message[40] = {0x12, 0x01};
	struct tee_answer a;
	uint8_t out[64];

	(void)state;
	assert_int_equal(ask(&psk, 1000, &a), ERR_STATE);
	psk.u.psk_len = 24;
	assert_int_equal(ask(&psk, 1000, &a), ERR_INVALID);
	psk.u.psk_len = UINT32_MAX;
	assert_int_equal(ask(&psk, 1000, &a), ERR_INVALID);
	e2e.data = BYTES_LIT("HELLO");
	memset(&a, 0, sizeof(a));
	a.u.data.ptr = out;
	tee_device_do(&device, &e2e, 1000, 0, &a);
	assert_int_equal(a.err, ERR_STATE);
	e2e.op = TEE_E2E_OPEN;
	e2e.data = BYTES_OF(message);
	assert_int_equal(tee_device_room(&device, &e2e), sizeof(message));
	tee_device_do(&device, &e2e, 1000, 0, &a);
	assert_int_equal(a.err, ERR_STATE);
}

/* The choice of envelope is remembered, and says how long answers are. */
static void
test_e2e_version(void **state)
{
	struct tee_request request = {
	    .op = TEE_E2E_VERSION, .u.e2e_version = 1};
	struct tee_answer a;

	(void)state;
	assert_int_equal(e2e_overhead(), 32);
	assert_int_equal(ask(&request, 1000, &a), ERR_OK);
	assert_int_equal(ask_plain(TEE_RESET, &a), ERR_OK);
	assert_int_equal(ask_plain(TEE_INFO, &a), ERR_OK);
	assert_int_equal(a.u.info.e2e_version, 1);
	assert_int_equal(e2e_overhead(), 19);
	request.u.e2e_version = 0;
	assert_int_equal(ask(&request, 1000, &a), ERR_OK);
	assert_int_equal(e2e_overhead(), 32);
}

/* The evaluation: 100 operations, of which the TEE says when they are over. */
static void
test_local(void **state)
{
	struct tee_request seal = {
	    .op = TEE_LOCAL_SEAL, .data = BYTES_LIT("datatoencrypt")};
	struct tee_request open = {.op = TEE_LOCAL_OPEN};
	uint8_t sealed[64], out[64];
	struct tee_answer a;
	int i;

	(void)state;
	seal.u.file = open.u.file = BYTES_LIT("ciphertextfile");
	assert_int_equal(tee_device_room(&device, &seal), 13 + 29);
	for (i = 0; i < 50; i++) {
		memset(&a, 0, sizeof(a));
		a.u.data.ptr = sealed;
		tee_device_do(&device, &seal, 1000, 0, &a);
		assert_int_equal(a.err, ERR_OK);
		assert_int_equal(a.u.data.len, 42);
		open.data = bytes_make(sealed, 42);
		assert_int_equal(tee_device_room(&device, &open), 42);
		a.u.data.ptr = out;
		tee_device_do(&device, &open, 1000, 0, &a);
		assert_int_equal(a.err, ERR_OK);
		assert_int_equal(a.u.data.len, 13);
		assert_memory_equal(out, "datatoencrypt", 13);
	}
	assert_int_equal(ask_plain(TEE_RESET, &a), ERR_OK);
	assert_int_equal(ask_plain(TEE_INFO, &a), ERR_OK);
	assert_int_equal(a.u.info.local_data, ERR_EXHAUSTED);
	a.u.data.ptr = out;
	tee_device_do(&device, &open, 1000, 0, &a);
	assert_int_equal(a.err, ERR_EXHAUSTED);
	open.data.len = 28;
	tee_device_do(&device, &open, 1000, 0, &a);
	assert_int_equal(a.err, ERR_FORMAT);
}

/* Does a request whose data goes beside it; the answer's error. */
static enum err
ask_data(enum tee_op op, const char *name, struct bytes data, uint8_t *out,
    size_t *ret_len)
{
	struct tee_request request = {.op = op, .data = data};
	struct tee_answer a;

	request.u.file = bytes_str(name);
	memset(&a, 0, sizeof(a));
	a.u.data.ptr = out;
	tee_device_do(&device, &request, 1000, 0, &a);
	*ret_len = a.u.data.len;
	return a.err;
}

/*
 * The module's own secrets: as often as it likes, whatever is left of the
 * evaluation; under their names only, and never as a file of the host's.
 */
static void
test_vault(void **state)
{
	uint8_t sealed[64], out[64];
	struct tee_answer a;
	size_t len, i;

	(void)state;
	for (i = 0; i < 120; i++)
		assert_int_equal(ask_data(TEE_VAULT_SEAL, "profile-0",
				     BYTES_LIT("secret"), sealed, &len),
		    ERR_OK);
	assert_int_equal(len, 6 + LOCAL_OVERHEAD);
	assert_int_equal(ask_plain(TEE_INFO, &a), ERR_OK);
	assert_int_equal(a.u.info.local_data, ERR_OK);
	assert_int_equal(ask_data(TEE_VAULT_OPEN, "profile-0",
			     bytes_make(sealed, 35), out, &len),
	    ERR_OK);
	assert_int_equal(len, 6);
	assert_memory_equal(out, "secret", 6);
	assert_int_equal(ask_data(TEE_VAULT_OPEN, "profile-1",
			     bytes_make(sealed, 35), out, &len),
	    ERR_AUTH);
	/* A host that gets hold of it cannot have it opened as a file. */
	assert_int_equal(ask_data(TEE_LOCAL_OPEN, "profile-0",
			     bytes_make(sealed, 35), out, &len),
	    ERR_AUTH);
	for (i = 0; i < 28; i++)
		assert_int_equal(ask_data(TEE_VAULT_OPEN, "profile-0",
				     bytes_make(sealed, i), out, &len),
		    ERR_FORMAT);
	for (i = 1; i < 35; i++) {
		sealed[i] ^= 1;
		assert_int_equal(ask_data(TEE_VAULT_OPEN, "profile-0",
				     bytes_make(sealed, 35), out, &len),
		    ERR_AUTH);
		sealed[i] ^= 1;
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_fresh, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_network, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_seal, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_no_keys, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_e2e_version, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_local, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_vault, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
