/*
 * What the module remembers: through a file, and through files that somebody
 * has spoilt.
 */
#include "host.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "settings.h"

#define SETTINGS_TEST(f)                                                       \
	cmocka_unit_test_setup_teardown(f, host_setup, host_teardown)

/* The module starts anew with what it has kept. */
static void
start_anew(struct host *h)
{
	memset(&h->module.settings, 0xa5, sizeof(h->module.settings));
	assert_int_equal(
	    settings_load(h->module.state_fd, &h->module.settings), ERR_OK);
}

static void
file_write(struct host *h, const char *text)
{
	int fd = openat(
	    h->module.state_fd, "settings", O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(close(fd), 0);
}

static void
test_kept(void **state)
{
	struct host *h = *state;

	host_ask(h, "AT+CFUN=0", "\r\nOK\r\n");
	host_ask(h, "AT+UMNOPROF=90;+URAT=8,7;+CTZU=0", "\r\nOK\r\n");
	host_ask(h, "AT+CPSMS=1,,,\"01000111\",\"00000010\"", "\r\nOK\r\n");
	host_ask(h, "AT+CSGT=1,\"hello; AT, = ?\"", "\r\nOK\r\n");
	host_ask(h, "AT+CGDCONT=1;+CGDCONT=3,\"IPV6\",\"a b\"", "\r\nOK\r\n");
	host_ask(h, "AT+USECMODE=0", "\r\nOK\r\n");
	start_anew(h);
	host_ask(h, "AT+UMNOPROF?", "\r\n+UMNOPROF: 90\r\n\r\nOK\r\n");
	host_ask(h, "AT+URAT?", "\r\n+URAT: 8,7\r\n\r\nOK\r\n");
	host_ask(h, "AT+CTZU?", "\r\n+CTZU: 0\r\n\r\nOK\r\n");
	host_ask(h, "AT+CPSMS?",
	    "\r\n+CPSMS: 1,,,\"01000111\",\"00000010\"\r\n\r\nOK\r\n");
	host_ask(
	    h, "AT+CSGT?", "\r\n+CSGT: \"hello; AT, = ?\",1\r\n\r\nOK\r\n");
	host_ask(h, "AT+CGDCONT?",
	    "\r\n+CGDCONT: 3,\"IPV6\",\"a b\",\"0.0.0.0\",0,0\r\n\r\nOK\r\n");
	host_ask(h, "AT+USECMODE?", "\r\n+USECMODE: 0\r\n\r\nOK\r\n");
}

static void
test_none(void **state)
{
	struct host *h = *state;

	start_anew(h);
	host_ask(h, "AT+UMNOPROF?", "\r\n+UMNOPROF: 100\r\n\r\nOK\r\n");
	host_ask(h, "AT+USECMODE?", "\r\n+USECMODE: 1\r\n\r\nOK\r\n");
	host_ask(h, "AT+CGDCONT=1;+CGDCONT=1,\"IP\"", "\r\nOK\r\n");
}

/* What makes no sense is passed over, the rest counts. */
static void
test_spoilt(void **state)
{
	struct host *h = *state;
	struct settings *s = &h->module.settings;
	const char *text = "AT+UMNOPROF=1\n"
			   "AT+URAT=8\n" /* refused */
			   "AT+CFUN=0\n" /* not kept */
			   "AT+CTZU?\n" /* not a set form */
			   "AT+CTZU=0;+UMNOPROF=2\n" /* two */
			   "nonsense\n"
			   "\n"
			   "AT+CSGT=1,\"no end\n";

	file_write(h, text);
	start_anew(h);
	assert_int_equal(s->mno_profile, 1);
	assert_int_equal(s->rats[0], 7);
	assert_int_equal(s->time_zone, 1);
	assert_false(s->greeting_on);
	settings_default(s);
	assert_int_equal(settings_decode(bytes_str(text), s), 6);
}

/* A file that is none, or too large, stops the module before it forgets. */
static void
test_unreadable(void **state)
{
	struct host *h = *state;
	int at = h->module.state_fd;
	char *large = malloc(SETTINGS_MAX + 2);

	assert_non_null(large);
	memset(large, '\n', SETTINGS_MAX + 1);
	large[SETTINGS_MAX + 1] = '\0';
	file_write(h, large);
	free(large);
	assert_int_equal(settings_load(at, &h->module.settings), ERR_SPACE);
	assert_int_equal(unlinkat(at, "settings", 0), 0);
	assert_int_equal(symlinkat("/etc/passwd", at, "settings"), 0);
	assert_int_equal(settings_load(at, &h->module.settings), ERR_IO);
	assert_int_equal(unlinkat(at, "settings", 0), 0);
}

/* The power went while a new file was being written: the old one stands. */
static void
test_power_cut(void **state)
{
	struct host *h = *state;
	int at = h->module.state_fd, fd;

	host_ask(h, "AT+CTZU=0", "\r\nOK\r\n");
	fd = openat(at, "settings.new", O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "AT+CTZU=1\nAT+UMNO", 17), 17);
	assert_int_equal(close(fd), 0);
	start_anew(h);
	host_ask(h, "AT+CTZU?", "\r\n+CTZU: 0\r\n\r\nOK\r\n");
	host_ask(h, "AT+CSGT=1,\"x\"", "\r\nOK\r\n");
	assert_int_equal(faccessat(at, "settings.new", F_OK, 0), -1);
	start_anew(h);
	host_ask(h, "AT+CSGT?", "\r\n+CSGT: \"x\",1\r\n\r\nOK\r\n");
	host_ask(h, "AT+CTZU?", "\r\n+CTZU: 0\r\n\r\nOK\r\n");
}

/* What could not be kept is not done either. */
static void
test_write_fails(void **state)
{
	struct host *h = *state;
	int at = h->module.state_fd;

	assert_int_equal(mkdirat(at, "settings.new", 0700), 0);
	host_ask(h, "AT+CTZU=0", "\r\n+CME ERROR: 23\r\n");
	host_ask(h, "AT+CTZU?", "\r\n+CTZU: 1\r\n\r\nOK\r\n");
	/* What stands already needs no writing. */
	host_ask(h, "AT+CTZU=1", "\r\nOK\r\n");
	assert_int_equal(unlinkat(at, "settings.new", AT_REMOVEDIR), 0);
	host_ask(h, "AT+CTZU=0", "\r\nOK\r\n");
}

/* All values at their longest fit the file. */
static void
test_longest(void **state)
{
	struct host *h = *state;
	struct settings *s = &h->module.settings;
	uint8_t file[SETTINGS_MAX];
	struct settings again;
	struct writer out;
	size_t i;

	s->mno_profile = 201;
	s->rats[1] = 9;
	s->greeting_on = s->psm = s->security_off = true;
	memset(s->greeting, 'g', GREETING_MAX);
	for (i = 0; i < PDP_CONTEXTS; i++) {
		s->pdp[i].type = PDP_IPV4V6;
		memset(s->pdp[i].apn, 'a', APN_MAX);
	}
	writer_init(&out, file, sizeof(file));
	assert_int_equal(settings_encode(s, &out), ERR_OK);
	settings_default(&again);
	assert_int_equal(settings_decode(writer_bytes(&out), &again), 0);
	assert_memory_equal(&again, s, sizeof(again));
	writer_init(&out, file, 40);
	assert_int_equal(settings_encode(s, &out), ERR_SPACE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    SETTINGS_TEST(test_kept),
	    SETTINGS_TEST(test_none),
	    SETTINGS_TEST(test_spoilt),
	    SETTINGS_TEST(test_unreadable),
	    SETTINGS_TEST(test_power_cut),
	    SETTINGS_TEST(test_write_fails),
	    SETTINGS_TEST(test_longest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
