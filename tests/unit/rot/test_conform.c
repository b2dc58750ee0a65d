/*
 * What every root of trust must do, on each platform there is: in memory, in
 * memory with a secure element, in files, and with a TPM (swtpm). Each test
 * goes by the functions of the room alone, and boots often.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "birth.h"
#include "rot/port_file.h"
#include "swtpm.h"

static struct {
	struct ram_port ram;
	struct port_file file;
	struct port_tpm2 tpm2;
	struct swtpm swtpm;
	struct tpm2_relay relay;
	char dir[SWTPM_PATH + 16];
} all;

/* A platform: made new, switched off and on, thrown away. */
struct platform {
	void (*make)(void);
	void (*off)(void);
	void (*on)(void);
	void (*end)(void);
	const struct rot_port *port;
	bool key_inside;
};

static const struct platform *platform;
static struct rot rot;

static void
nothing(void)
{
}

static void
ram_make(void)
{
	ram_port_init(&all.ram, 1);
}

static void
element_make(void)
{
	ram_port_init(&all.ram, 1);
	ram_element(&all.ram);
}

static void
temporary(void)
{
	char parent[] = "/tmp/test_conform.XXXXXX";

	assert_non_null(mkdtemp(parent));
	(void)snprintf(all.dir, sizeof(all.dir), "%s/rot", parent);
}

static void
file_make(void)
{
	temporary();
	assert_int_equal(port_file_create(&all.file, all.dir), ERR_OK);
}

static void
file_off(void)
{
	port_file_close(&all.file);
}

static void
file_on(void)
{
	assert_int_equal(port_file_open(&all.file, all.dir), ERR_OK);
}

static void
file_end(void)
{
	char command[sizeof(all.dir) + 32];

	file_off();
	(void)snprintf(
	    command, sizeof(command), "rm -r $(dirname %s)", all.dir);
	assert_int_equal(system(command), 0);
}

static void
tpm2_make(void)
{
	swtpm_start(&all.swtpm);
	(void)snprintf(all.dir, sizeof(all.dir), "%s/rot", all.swtpm.dir);
	assert_int_equal(
	    tpm2_relay_start(all.swtpm.tcti, TPM2_RELAY_WAIT_MS, &all.relay),
	    ERR_OK);
	assert_int_equal(
	    port_tpm2_create(&all.tpm2, all.dir, all.relay.fd, false), ERR_OK);
}

/* The TPM loses its power as well. */
static void
tpm2_off(void)
{
	port_tpm2_close(&all.tpm2);
	tpm2_relay_stop(&all.relay);
	swtpm_kill(&all.swtpm);
}

static void
tpm2_on(void)
{
	swtpm_again(&all.swtpm);
	assert_int_equal(
	    tpm2_relay_start(all.swtpm.tcti, TPM2_RELAY_WAIT_MS, &all.relay),
	    ERR_OK);
	assert_int_equal(
	    port_tpm2_open(&all.tpm2, all.dir, all.relay.fd), ERR_OK);
}

static void
tpm2_end(void)
{
	port_tpm2_close(&all.tpm2);
	tpm2_relay_stop(&all.relay);
	swtpm_stop(&all.swtpm);
}

static const struct platform ram_platform = {
    ram_make, nothing, nothing, nothing, &all.ram.port, false};
static const struct platform element_platform = {
    element_make, nothing, nothing, nothing, &all.ram.port, true};
static const struct platform file_platform = {
    file_make, file_off, file_on, file_end, &all.file.port, false};
static const struct platform tpm2_platform = {
    tpm2_make, tpm2_off, tpm2_on, tpm2_end, &all.tpm2.port, true};

/* --- the tests --- */

static int
setup(void **state)
{
	struct rot_birth birth;

	(void)state;
	platform->make();
	birth_make(&birth);
	birth.key_inside = platform->key_inside;
	assert_int_equal(rot_open(&rot, platform->port), ERR_OK);
	assert_false(rot.provisioned);
	assert_int_equal(rot_provision(&rot, &birth), ERR_OK);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	rot_done(&rot);
	platform->end();
	return 0;
}

static void
boot(void)
{
	rot_done(&rot);
	platform->off();
	platform->on();
	assert_int_equal(rot_open(&rot, platform->port), ERR_OK);
}

/* EDHOC's part: Extract(salt, d * peer), as the peer computes it. */
static void
prk_check(void)
{
	uint8_t salt[SHA256_LEN] = {1, 2, 3}, prk[SHA256_LEN];
	uint8_t shared[P256_LEN], want[SHA256_LEN];
	struct p256_secret peer = {{[31] = 42}};
	struct p256_point peer_public, own;

	assert_int_equal(p256_public(&peer, &peer_public), ERR_OK);
	assert_int_equal(rot_static_prk(&rot, salt, &peer_public, prk), ERR_OK);
	assert_int_equal(rot_public_key(&rot, &own), ERR_OK);
	assert_int_equal(p256_ecdh(&peer, &own, shared), ERR_OK);
	assert_int_equal(
	    hkdf_extract(BYTES_OF(salt), BYTES_OF(shared), want), ERR_OK);
	assert_memory_equal(prk, want, sizeof(want));
	/* The other y gives the same x; a point off the curve gives nothing. */
	peer_public.x[0] ^= 1;
	assert_int_equal(
	    rot_static_prk(&rot, salt, &peer_public, prk), ERR_INVALID);
}

static void
test_key(void **state)
{
	struct p256_point factory, own;

	(void)state;
	assert_int_equal(rot_public_key(&rot, &factory), ERR_OK);
	prk_check();
	boot();
	prk_check();
	bootstrap_make(&rot, 1);
	assert_int_equal(rot_public_key(&rot, &own), ERR_OK);
	assert_memory_not_equal(&own, &factory, sizeof(own));
	prk_check();
	boot();
	prk_check();
}

/* The root that the service computes from F, and then from next(1). */
static void
root_check(struct keys_salt *salt, uint32_t generation)
{
	uint8_t request[BOOTSTRAP_REQUEST_MAX], buf[BOOTSTRAP_RESPONSE_MAX];
	uint8_t exporter[32] = {7};
	struct keys_children children;
	struct bytes response;
	struct keys_root root;
	struct rot_state s;
	struct writer w;

	assert_int_equal(rot_instance_make(&rot), ERR_OK);
	assert_int_equal(rot_next_key_make(&rot), ERR_OK);
	boot();
	writer_init(&w, request, sizeof(request));
	assert_int_equal(
	    rot_request_write(&rot, BYTES_LIT("03.15"), BYTES_NONE, &w),
	    ERR_OK);
	response = response_make(buf, BOOTSTRAP_ASSIGNED, generation, 1);
	rot_state(&rot, &s);
	assert_int_equal(keys_root_make(salt, exporter, s.uid, writer_bytes(&w),
			     response, &root),
	    ERR_OK);
	assert_int_equal(keys_children_make(&root, &children), ERR_OK);
	assert_int_equal(
	    rot_pend_make(&rot, exporter, writer_bytes(&w), response), ERR_OK);
	boot();
	checkin_make(&rot);
	assert_memory_equal(rot.rec.cur.psk.k, children.psk.k, KEY_LEN);
	*salt = children.next;
}

static void
test_roots(void **state)
{
	struct rot_birth birth;
	struct keys_salt salt;
	uint32_t g;

	(void)state;
	birth_make(&birth);
	salt = birth.factory;
	for (g = 1; g <= 4; g++)
		root_check(&salt, g);
	boot();
	root_check(&salt, 5);
}

/* No boot, and no cut of a stride, repeats a counter. */
static void
test_counters(void **state)
{
	uint8_t id[PSK_ID_LEN], last[PSK_ID_LEN] = {0}, psk[32], out[64];
	size_t len;
	int i;

	(void)state;
	assert_int_equal(rot_psk(&rot, 16, id, psk), ERR_STATE);
	bootstrap_make(&rot, 1);
	for (i = 0; i < 6; i++) {
		assert_int_equal(rot_psk(&rot, 32, id, psk), ERR_OK);
		if (i > 0)
			assert_true(memcmp(id, last, sizeof(id)) > 0);
		memcpy(last, id, sizeof(id));
		assert_int_equal(rot_e2e_seal(&rot, ENVELOPE_V2,
				     BYTES_LIT("HELLO"), out, &len),
		    ERR_OK);
		if (i % 2 == 1)
			boot();
	}
}

static void
test_settings_stay(void **state)
{
	uint8_t before[KEY_LEN], after[KEY_LEN];
	struct rot_state s;

	(void)state;
	assert_int_equal(rot_local_data_key(&rot, 0, before), ERR_OK);
	assert_int_equal(
	    rot_seal(&rot, test_profile, BYTES_LIT("SN-0001")), ERR_OK);
	assert_int_equal(rot_e2e_version_set(&rot, 2), ERR_OK);
	boot();
	rot_state(&rot, &s);
	assert_true(s.sealed);
	assert_int_equal(s.e2e_version, 2);
	assert_int_equal(rot_local_data_key(&rot, 0, after), ERR_OK);
	assert_memory_equal(before, after, KEY_LEN);
}

/* A pending generation that is replaced again and again needs no room. */
static void
test_pending_again(void **state)
{
	uint8_t i;

	(void)state;
	for (i = 1; i <= 8; i++) {
		pend_make(&rot, 1, i);
		if (i % 3 == 0)
			boot();
	}
	checkin_make(&rot);
	prk_check();
}

static void
test_erase(void **state)
{
	uint8_t salt[SHA256_LEN] = {0}, prk[SHA256_LEN];
	struct p256_point peer;
	struct rot_state s;

	(void)state;
	bootstrap_make(&rot, 1);
	assert_int_equal(rot_credential(&rot, 1, &peer), ERR_OK);
	assert_int_equal(rot_erase(&rot), ERR_OK);
	assert_int_equal(rot_static_prk(&rot, salt, &peer, prk), ERR_STATE);
	boot();
	rot_state(&rot, &s);
	assert_true(s.provisioned && s.erased);
	assert_int_equal(rot_next_key_make(&rot), ERR_STATE);
}

static int
run(const char *name, const struct platform *p)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_key, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_roots, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_counters, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_settings_stay, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_pending_again, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_erase, setup, teardown),
	};

	platform = p;
	return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}

int
main(void)
{
	if (crypto_init() != ERR_OK)
		return 1;
	return run("memory", &ram_platform) +
	       run("element", &element_platform) + run("file", &file_platform) +
	       run("tpm2", &tpm2_platform);
}
