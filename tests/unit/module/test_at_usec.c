/*
 * Security commands against a TEE that answers what the test says.
 */
#include "host.h"

#define USEC_TEST(f)                                                           \
	cmocka_unit_test_setup_teardown(f, host_setup, host_teardown)

#define PROFILE "ZqHcyMcPQ3aZDZ8gGEQW2A" /* 22 characters of base64url */

static const uint8_t profile[] = {0x66, 0xa1, 0xdc, 0xc8, 0xc7, 0x0f, 0x43,
    0x76, 0x99, 0x0d, 0x9f, 0x20, 0x18, 0x44, 0x16, 0xd8};

static void
test_rotuid(void **state)
{
	host_ask(*state, "AT+USECROTUID",
	    "\r\n+USECROTUID: \"0002000089282245\"\r\n\r\nOK\r\n");
}

static void
test_seal(void **state)
{
	struct host *h = *state;

	host_ask(
	    h, "AT+USECDEVINFO=\"" PROFILE "\", \"serial-1\"", "\r\nOK\r\n");
	assert_int_equal(h->tee.asked[TEE_SEAL], 1);
	assert_memory_equal(h->tee.profile, profile, sizeof(profile));
	assert_int_equal(h->tee.serial_len, 8);
	assert_memory_equal(h->tee.serial, "serial-1", 8);
	assert_true(h->module.tee_changed);
	/* A second time: OK, and nothing changed. */
	h->module.tee_changed = false;
	h->tee.err = ERR_EXISTS;
	host_ask(
	    h, "AT+USECDEVINFO=\"" PROFILE "\",\"serial-2\"", "\r\nOK\r\n");
	assert_false(h->module.tee_changed);
	h->tee.err = ERR_INVALID;
	host_ask(
	    h, "AT+USECDEVINFO=\"" PROFILE "\",\"\"", "\r\n+CME ERROR: 50\r\n");
}

/* What is malformed does not even reach the TEE. */
static void
test_seal_malformed(void **state)
{
	static const char *const params[] = {"", "\"" PROFILE "\"",
	    "\"" PROFILE "\",5", PROFILE ",\"a\"",
	    "\"" PROFILE "\",\"12345678901234567\"", "\"" PROFILE "\",\"a\",1",
	    "\"ZqHcyMcPQ3aZDZ8gGEQW2\",\"a\"", "\"" PROFILE "A\",\"a\"",
	    "\"ZqHcyMcPQ3aZDZ8gGEQW2+\",\"a\"",
	    "\"ZqHcyMcPQ3aZDZ8gGEQW2B\",\"a\"", "\"" PROFILE "==\",\"a\"",
	    "\"\",\"a\"", "\"ZqHcyMcPQ3aZ DZ8gGEQW2A\",\"a\""};
	struct host *h = *state;
	char line[128];
	size_t i;

	for (i = 0; i < ARRAY_LEN(params); i++) {
		(void)snprintf(
		    line, sizeof(line), "AT+USECDEVINFO=%s", params[i]);
		host_ask(h, line, "\r\n+CME ERROR: 50\r\n");
	}
	assert_int_equal(h->tee.asked[TEE_SEAL], 0);
}

/* The seed's table of states. */
static void
test_devinfo(void **state)
{
	struct host *h = *state;

	host_ask(h, "AT+USECDEVINFO?", "\r\n+USECDEVINFO: 0,0,0\r\n\r\nOK\r\n");
	h->tee.info.module_registered = true;
	h->tee.info.activated = true;
	host_ask(h, "AT+USECDEVINFO?", "\r\n+USECDEVINFO: 1,0,1\r\n\r\nOK\r\n");
	h->tee.info.device_registered = true;
	host_ask(h, "AT+USECDEVINFO?", "\r\n+USECDEVINFO: 1,1,1\r\n\r\nOK\r\n");
	h->tee.info.refused = 17;
	host_ask(h, "AT+USECDEVINFO?", "\r\n+CME ERROR: 1673\r\n");
}

static void
test_devinfo_busy_r5(void **state)
{
	struct host *h = *state;

	h->tee.info.bootstrapping = true;
	host_ask(h, "AT+USECDEVINFO?", "\r\n+CME ERROR: 1684\r\n");
	/* Without the network nothing is under way. */
	network_fun_set(&h->module.network, NETWORK_FUN_OFF, h->now_ms);
	host_ask(h, "AT+USECDEVINFO?", "\r\n+USECDEVINFO: 0,0,0\r\n\r\nOK\r\n");
}

static void
test_devinfo_busy_r4(void **state)
{
	struct host *h = *state;

	h->module.model = model_find("sara-r4");
	h->tee.info.bootstrapping = true;
	host_type(h, "AT+USECDEVINFO?\r");
	host_see(h, "");
	host_pass_ms(h, 1000);
	host_see(h, "");
	/* What is typed meanwhile waits. */
	assert_int_equal(
	    terminal_input(&h->terminal, h->now_ms, BYTES_LIT("AT+CMEE?\r")),
	    0);
	h->tee.info.bootstrapping = false;
	h->tee.info.module_registered = true;
	h->tee.info.activated = true;
	host_pass_ms(h, 1);
	host_see(h, "\r\n+USECDEVINFO: 1,0,1\r\n\r\nOK\r\n");
	host_ask(h, "AT+CMEE?", "\r\n+CMEE: 1\r\n\r\nOK\r\n");
	h->tee.info.bootstrapping = true;
	host_type(h, "AT+USECDEVINFO?\r");
	host_pass_ms(h, 299999);
	host_see(h, "");
	host_pass_ms(h, 1);
	host_see(h, "\r\n+CME ERROR: 1678\r\n");
	host_ask(h, "AT", "\r\nOK\r\n");
}

static void
test_conn_r5(void **state)
{
	struct host *h = *state;

	h->tee.heartbeat = ERR_BUSY;
	host_type(h, "AT+USECCONN;+CMEE?\r");
	assert_int_equal(h->tee.asked[TEE_HEARTBEAT], 1);
	assert_true(h->module.tee_changed);
	host_see(h, "");
	host_pass_ms(h, 299999);
	host_see(h, "");
	h->tee.heartbeat = ERR_OK;
	host_pass_ms(h, 0);
	host_see(h, "\r\n+CMEE: 1\r\n\r\nOK\r\n");
	h->tee.heartbeat = ERR_TIMEOUT;
	host_type(h, "AT+USECCONN\r");
	host_pass_ms(h, 0);
	host_see(h, "\r\n+CME ERROR: 1678\r\n");
	h->tee.heartbeat = ERR_BUSY;
	host_type(h, "AT+USECCONN\r");
	host_pass_ms(h, 300000);
	host_see(h, "\r\n+CME ERROR: 1678\r\n");
}

/* Why a heartbeat that was under way did not come about. */
static void
test_conn_failed(void **state)
{
	struct host *h = *state;

	h->tee.heartbeat = ERR_BUSY;
	host_type(h, "AT+USECCONN\r");
	h->tee.info.refused = 17;
	h->tee.heartbeat = ERR_TIMEOUT;
	host_pass_ms(h, 0);
	host_see(h, "\r\n+CME ERROR: 1673\r\n");
	h->tee.heartbeat = ERR_BUSY;
	host_type(h, "AT+USECCONN\r");
	network_fun_set(&h->module.network, NETWORK_FUN_OFF, h->now_ms);
	h->tee.heartbeat = ERR_TIMEOUT;
	host_pass_ms(h, 0);
	host_see(h, "\r\n+CME ERROR: 1672\r\n");
}

static void
test_conn_r4(void **state)
{
	struct host *h = *state;

	h->module.model = model_find("sara-r4");
	h->tee.heartbeat = ERR_BUSY;
	host_ask(h, "AT+USECCONN", "\r\nOK\r\n");
}

static void
test_conn_refused(void **state)
{
	struct host *h = *state;

	h->tee.err = ERR_TOO_SOON;
	host_ask(h, "AT+USECCONN", "\r\n+CME ERROR: 3\r\n");
	h->tee.err = ERR_STATE;
	host_ask(h, "AT+USECCONN", "\r\n+CME ERROR: 1671\r\n");
	host_ask(h, "AT+USECCONN=1", "\r\n+CME ERROR: 4\r\n");
	network_fun_set(&h->module.network, NETWORK_FUN_OFF, h->now_ms);
	h->tee.err = ERR_OK;
	host_ask(h, "AT+CMEE=2", "\r\nOK\r\n");
	host_ask(
	    h, "AT+USECCONN", "\r\n+CME ERROR: No connection to phone\r\n");
	assert_int_equal(h->tee.asked[TEE_HEARTBEAT], 2);
}

static void
test_psk(void **state)
{
	struct host *h = *state;

	host_ask(h, "AT+USECPSK=16",
	    "\r\n+USECPSK: \"1111111111111111111111111111\","
	    "\"A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5\"\r\n\r\nOK\r\n");
	host_ask(h, "AT+USECPK=32",
	    "\r\n+USECPK: \"1111111111111111111111111111\","
	    "\"A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5"
	    "A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5\"\r\n\r\nOK\r\n");
	host_ask(h, "AT+USECPSK=24", "\r\n+CME ERROR: 50\r\n");
	host_ask(h, "AT+USECPSK=16,1", "\r\n+CME ERROR: 50\r\n");
	host_ask(h, "AT+USECPSK=", "\r\n+CME ERROR: 50\r\n");
	assert_int_equal(h->tee.asked[TEE_PSK], 2);
	h->tee.err = ERR_DISABLED;
	h->tee.info.generation = 1;
	host_ask(h, "AT+USECPSK=16", "\r\n+CME ERROR: 1673\r\n");
	h->terminal.settings.cmee = 2;
	host_ask(h, "AT+USECPSK=16",
	    "\r\n+CME ERROR: E2ESymmetricKMS is not enabled\r\n");
	/* It is on: something else stands in the way. */
	h->tee.info.features = TEE_FEATURE_PSK;
	host_ask(h, "AT+USECPSK=16",
	    "\r\n+CME ERROR: SEC remote object wrong state\r\n");
	h->terminal.settings.cmee = 1;
	host_ask(h, "AT+USECPSK=16", "\r\n+CME ERROR: 1670\r\n");
	h->tee.err = ERR_STATE;
	host_ask(h, "AT+USECPSK=16", "\r\n+CME ERROR: 1671\r\n");
	h->tee.err = ERR_EXHAUSTED;
	host_ask(h, "AT+USECPSK=16", "\r\n+CME ERROR: 1676\r\n");
	h->tee.err = ERR_TIMEOUT;
	host_ask(h, "AT+USECPSK=16", "\r\n+CME ERROR: 1678\r\n");
	h->tee.err = ERR_CRYPTO;
	host_ask(h, "AT+USECPSK=16", "\r\n+CME ERROR: 0\r\n");
}

static void
test_opcmd(void **state)
{
	struct host *h = *state;

	host_ask(h, "AT+USECOPCMD=\"e2e_enc\"",
	    "\r\n+USECOPCMD: \"e2e_enc\",0\r\n\r\nOK\r\n");
	host_ask(h, "AT+USECOPCMD=\"e2e_enc\",1", "\r\nOK\r\n");
	host_ask(h, "AT+USECOPCMD=\"e2e_enc\"",
	    "\r\n+USECOPCMD: \"e2e_enc\",1\r\n\r\nOK\r\n");
	host_ask(h, "AT+USECOPCMD=\"e2e_enc\",2", "\r\n+CME ERROR: 50\r\n");
	host_ask(h, "AT+USECOPCMD=\"other\",1", "\r\n+CME ERROR: 50\r\n");
	host_ask(h, "AT+USECOPCMD=\"e2e_enc\",", "\r\n+CME ERROR: 50\r\n");
	assert_int_equal(h->tee.info.e2e_version, 1);
}

/* The answer is binary: quotes, CR and LF in it are only bytes. */
static void
test_e2e_data(void **state)
{
	struct host *h = *state;

	host_ask(h, "AT+USECE2EDATAENC=5", "\r\n+CME ERROR: 1671\r\n");
	h->tee.info.generation = 1;
	host_ask(h, "AT+USECE2EDATAENC=5", "\r\n+CME ERROR: 1673\r\n");
	h->terminal.settings.cmee = 2;
	host_ask(h, "AT+USECE2EDATAENC=5",
	    "\r\n+CME ERROR: E2EDataProtection is not enabled\r\n");
	h->terminal.settings.cmee = 1;
	h->tee.info.features = TEE_FEATURE_E2E;
	host_type(h, "AT+USECE2EDATAENC=5\r");
	host_see(h, ">");
	host_type(h, "HE\rLO\r");
	assert_int_equal(h->tee.plaintext_len, 5);
	assert_memory_equal(h->tee.plaintext, "HE\rLO", 5);
	host_see(h, "\r\n+USECE2EDATAENC: 4,\"\x11\r\n\"\"\r\n\r\nOK\r\n");
	host_ask(h, "AT+USECE2EDATAENC=0", "\r\n+CME ERROR: 50\r\n");
	host_ask(h, "AT+USECE2EDATAENC=16777216", "\r\n+CME ERROR: 50\r\n");
	host_ask(h, "AT+USECE2EDATAENC=\"5\"", "\r\n+CME ERROR: 50\r\n");
	h->tee.err = ERR_DISABLED;
	host_type(h, "AT+USECE2EDATAENC=5\rHELLO");
	host_see(h, ">\r\n+CME ERROR: 1670\r\n");
}

/* The largest there is, to the last byte. */
static void
test_e2e_largest(void **state)
{
	struct host *h = *state;
	static uint8_t part[1 << 20];
	size_t sent, len;

	h->tee.info.generation = 1;
	h->tee.info.features = TEE_FEATURE_E2E;
	memset(part, '\r', sizeof(part));
	host_type(h, "AT+USECE2EDATAENC=16777215\r");
	host_see(h, ">");
	for (sent = 0; sent < E2E_PLAINTEXT_MAX; sent += len) {
		len = E2E_PLAINTEXT_MAX - sent;
		len = len < sizeof(part) ? len : sizeof(part);
		host_see(h, "");
		host_send(h, bytes_make(part, len));
	}
	assert_int_equal(h->tee.plaintext_len, E2E_PLAINTEXT_MAX);
	host_see(h, "\r\n+USECE2EDATAENC: 4,\"\x11\r\n\"\"\r\n\r\nOK\r\n");
}

static void
test_e2e_file(void **state)
{
	struct host *h = *state;

	host_ask(h, "AT+USECE2EFILEENC=\"f\"", "\r\n+CME ERROR: 1612\r\n");
	host_type(h, "AT+UDWNFILE=\"f\",5\rHELLO");
	host_see(h, ">\r\nOK\r\n");
	host_type(h, "AT+USECE2EFILEENC=\"f\"\r");
	assert_int_equal(h->tee.plaintext_len, 5);
	assert_memory_equal(h->tee.plaintext, "HELLO", 5);
	host_see(h, "\r\n+USECE2EFILEENC: 4,\"\x11\r\n\"\"\r\n\r\nOK\r\n");
	host_ask(h, "AT+USECE2EFILEENC=\"../f\"", "\r\n+CME ERROR: 1638\r\n");
	host_ask(h, "AT+USECE2EFILEENC=\"f\",1", "\r\n+CME ERROR: 50\r\n");
}

/* What does not open looks the same, whatever is wrong with it. */
static void
test_e2e_open(void **state)
{
	static const enum err errs[] = {
	    ERR_AUTH, ERR_REPLAY, ERR_NOT_FOUND, ERR_FORMAT, ERR_TRUNCATED};
	struct host *h = *state;
	size_t i;

	host_ask(h, "AT+USECE2EDATADEC=19", "\r\n+CME ERROR: 1671\r\n");
	h->tee.info.generation = 1;
	host_ask(h, "AT+USECE2EDATADEC=19", "\r\n+CME ERROR: 1673\r\n");
	h->tee.info.features = TEE_FEATURE_E2E;
	host_ask(h, "AT+USECE2EDATADEC=18", "\r\n+CME ERROR: 50\r\n");
	host_ask(h, "AT+USECE2EDATADEC=16777216", "\r\n+CME ERROR: 50\r\n");
	host_ask(h, "AT+USECE2EDATADEC=24", ">");
	host_type(h, "\"\r\nabcdefghijklmnopqrstu");
	host_see(h, "\r\n+USECE2EDATADEC: 5,\"HELLO\"\r\n\r\nOK\r\n");
	assert_int_equal(h->tee.plaintext_len, 24);
	assert_memory_equal(
	    h->tee.plaintext, "\"\r\nabcdefghijklmnopqrstu", 24);
	for (i = 0; i < ARRAY_LEN(errs); i++) {
		h->tee.err = errs[i];
		host_ask(h, "AT+USECE2EDATADEC=24", ">");
		host_type(h, "abcdefghijklmnopqrstuvwx");
		host_see(h, "\r\n+CME ERROR: 1679\r\n");
	}
}

/* The service is on, but there is no certificate yet. */
static void
test_devcert(void **state)
{
	struct host *h = *state;

	h->tee.err = ERR_NOT_FOUND;
	host_ask(h, "AT+USECDEVCERT?", "\r\n+USECDEVCERT: 1,1,1\r\n\r\nOK\r\n");
	host_ask(h, "AT+USECDEVCERT=1", "\r\n+CME ERROR: 1677\r\n");
	host_ask(h, "AT+USECDEVCERT=3", "\r\n+CME ERROR: 50\r\n");
	h->tee.err = ERR_BUSY;
	host_ask(h, "AT+USECDEVCERT=1", "\r\n+CME ERROR: 1684\r\n");
}

/* Off: nothing of the client's is done, but who it is can be asked. */
static void
test_mode(void **state)
{
	struct host *h = *state;

	host_ask(h, "AT+USECMODE?", "\r\n+USECMODE: 1\r\n\r\nOK\r\n");
	host_ask(h, "AT+USECMODE=2", "\r\n+CME ERROR: 50\r\n");
	host_ask(h, "AT+USECMODE=0", "\r\nOK\r\n");
	assert_true(h->module.tee_changed);
	host_ask(h, "AT+USECPSK=16", "\r\n+CME ERROR: 51\r\n");
	host_ask(h, "AT+USECE2EDATAENC=5", "\r\n+CME ERROR: 51\r\n");
	host_ask(h, "AT+USECDATAENC=5,\"f\"", "\r\n+CME ERROR: 51\r\n");
	assert_int_equal(h->tee.asked[TEE_PSK], 0);
	host_ask(h, "AT+USECROTUID",
	    "\r\n+USECROTUID: \"0002000089282245\"\r\n\r\nOK\r\n");
	host_ask(h, "AT+USECMODE=1", "\r\nOK\r\n");
	host_type(h, "AT+USECPSK=16\r");
	assert_int_equal(h->tee.asked[TEE_PSK], 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    USEC_TEST(test_rotuid),
	    USEC_TEST(test_seal),
	    USEC_TEST(test_seal_malformed),
	    USEC_TEST(test_devinfo),
	    USEC_TEST(test_devinfo_busy_r5),
	    USEC_TEST(test_devinfo_busy_r4),
	    USEC_TEST(test_conn_r5),
	    USEC_TEST(test_conn_r4),
	    USEC_TEST(test_conn_failed),
	    USEC_TEST(test_conn_refused),
	    USEC_TEST(test_psk),
	    USEC_TEST(test_opcmd),
	    USEC_TEST(test_e2e_data),
	    USEC_TEST(test_e2e_largest),
	    USEC_TEST(test_e2e_file),
	    USEC_TEST(test_e2e_open),
	    USEC_TEST(test_devcert),
	    USEC_TEST(test_mode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
