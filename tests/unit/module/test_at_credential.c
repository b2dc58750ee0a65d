/*
 * AT+USECMNG: what does not become a certificate or key, and why. That real
 * ones do, and what they are good for, is in the system tests.
 */
#include "host.h"

#include <fcntl.h>
#include <unistd.h>

#include "credentials.h"

#define CREDENTIAL_TEST(f)                                                     \
	cmocka_unit_test_setup_teardown(f, host_setup, host_teardown)

/* A public key of P-256, which type 5 is for. */
static const uint8_t key[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86,
    0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d,
    0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
    /* the base point */
    0x04, 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6,
    0xe5, 0x63, 0xa4, 0x40, 0xf2, 0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33,
    0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96, 0x4f, 0xe3, 0x42,
    0xe2, 0xfe, 0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e,
    0x16, 0x2b, 0xce, 0x33, 0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40,
    0x68, 0x37, 0xbf, 0x51, 0xf5};

#define KEY_MD5 "c0e2e42ce35807f2d84f2126e8c5ba92"

/* Stores it and says what came behind the prompt. */
static void
store(struct host *h, const char *name, const char *answer)
{
	char line[64];

	(void)snprintf(line, sizeof(line), "AT+USECMNG=0,5,\"%s\",%zu\r", name,
	    sizeof(key));
	host_type(h, line);
	host_see(h, ">");
	host_send(h, BYTES_OF(key));
	host_see(h, answer);
}

/* As many files as there may be, or none of them: only their names count. */
static void
fill(struct host *h, bool on)
{
	char path[64];
	unsigned i;
	int fd;

	for (i = 0; i < CREDENTIALS_MAX; i++) {
		(void)snprintf(
		    path, sizeof(path), "USR/usec/credential-0-%024x", i);
		if (!on) {
			(void)unlinkat(h->module.state_fd, path, 0);
			continue;
		}
		fd = openat(h->module.state_fd, path, O_CREAT | O_WRONLY, 0600);
		assert_true(fd >= 0);
		(void)close(fd);
	}
}

static void
test_sizes(void **state)
{
	struct host *h = *state;
	char line[64];

	(void)snprintf(line, sizeof(line), "AT+USECMNG=0,0,\"a\",%d",
	    CREDENTIAL_SIZE_MAX + 1);
	host_ask(h, line, "\r\n+CME ERROR: 1911\r\n");
	(void)snprintf(line, sizeof(line), "AT+UDWNFILE=\"f\",%d\r",
	    CREDENTIAL_SIZE_MAX + 1);
	host_type(h, line);
	for (int i = 0; i <= CREDENTIAL_SIZE_MAX; i++)
		host_type(h, "x");
	host_see(h, ">\r\nOK\r\n");
	host_ask(h, "AT+USECMNG=1,0,\"a\",\"f\"", "\r\n+CME ERROR: 1911\r\n");
}

static void
test_format(void **state)
{
	struct host *h = *state;

	host_type(h, "AT+USECMNG=0,0,\"a\",5\rHELLO");
	host_see(h, ">\r\n+CME ERROR: 1913\r\n");
	host_type(h, "AT+UDWNFILE=\"f\",5\rHELLO");
	host_see(h, ">\r\nOK\r\n");
	host_ask(h, "AT+CMEE=2", "\r\nOK\r\n");
	host_ask(h, "AT+USECMNG=1,0,\"a\",\"f\"",
	    "\r\n+CME ERROR: USECMNG invalid certificate/key format\r\n");
}

static void
test_timeout(void **state)
{
	struct host *h = *state;

	host_type(h, "AT+USECMNG=0,0,\"a\",5\rHELL");
	host_see(h, ">");
	host_pass_ms(h, HOST_IDLE_MS);
	host_see(h, "\r\n+CME ERROR: 1910\r\n");
}

static void
test_full(void **state)
{
	static const char stored[] =
	    "\r\n+USECMNG: 0,5,\"one\",\"" KEY_MD5 "\"\r\n\r\nOK\r\n";
	struct host *h = *state;

	store(h, "one", stored);
	fill(h, true);
	store(h, "two", "\r\n+CME ERROR: 1914\r\n");
	/* What is there can be put anew. */
	store(h, "one", stored);
	fill(h, false);
	host_ask(h, "AT+USECMNG=2,5,\"one\"", "\r\nOK\r\n");
}

/* The file to import is a file like any other. */
static void
test_import(void **state)
{
	struct host *h = *state;

	host_ask(
	    h, "AT+USECMNG=1,0,\"a\",\"none\"", "\r\n+CME ERROR: 1612\r\n");
	host_ask(
	    h, "AT+USECMNG=1,0,\"a\",\"../f\"", "\r\n+CME ERROR: 1638\r\n");
	host_ask(h, "AT+USECMNG=1,0,\"a\",5", "\r\n+CME ERROR: 50\r\n");
}

static void
test_unknown(void **state)
{
	struct host *h = *state;

	host_ask(h, "AT+USECMNG=2,0,\"a\"", "\r\n+CME ERROR: 22\r\n");
	host_ask(h, "AT+USECMNG=4,0,\"a\"", "\r\n+CME ERROR: 22\r\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CREDENTIAL_TEST(test_sizes),
	    CREDENTIAL_TEST(test_format),
	    CREDENTIAL_TEST(test_timeout),
	    CREDENTIAL_TEST(test_full),
	    CREDENTIAL_TEST(test_import),
	    CREDENTIAL_TEST(test_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
