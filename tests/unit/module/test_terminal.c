/*
 * Line discipline: echo, framing, errors, limits, prompts, result codes that
 * nobody asked for.
 */
#include "host.h"

#define OK_LINE "\r\nOK\r\n"
#define TERMINAL_TEST(f)                                                       \
	cmocka_unit_test_setup_teardown(f, host_setup, host_teardown)

static void
test_echo(void **state)
{
	struct host *h = *state;

	h->terminal.settings.echo = true;
	host_type(h, "AT\r");
	host_see(h, "AT\r\r\nOK\r\n");
	host_type(h, "ATE0\r");
	host_see(h, "ATE0\r\r\nOK\r\n");
	host_ask(h, "AT", "\r\nOK\r\n");
	host_ask(h, "ate1", "\r\nOK\r\n");
	host_type(h, "AT\r");
	host_see(h, "AT\r\r\nOK\r\n");
}

/* Hosts that end lines with CR LF, and lines that are empty. */
static void
test_line_ends(void **state)
{
	struct host *h = *state;

	host_type(h, "AT\r\nAT\r\n\r\n\r");
	host_see(h, "\r\nOK\r\n\r\nOK\r\n");
	h->terminal.lf_ends = true;
	host_type(h, "AT\nAT\r\n");
	host_see(h, "\r\nOK\r\n\r\nOK\r\n");
}

static void
test_backspace(void **state)
{
	struct host *h = *state;

	host_ask(h, "\b\bATX\b\"\b+CMEE?", "\r\n+CMEE: 1\r\n\r\nOK\r\n");
	/* DEL does the same, and clears it from the screen. */
	h->terminal.settings.echo = true;
	host_type(h, "\177AT+CMEX\177E?\r");
	host_see(h, "AT+CMEX\b \bE?\r\r\n+CMEE: 1\r\n\r\nOK\r\n");
}

/* A closing quote that is taken back leaves the quote open, and timed. */
static void
test_backspace_quote(void **state)
{
	struct host *h = *state;

	host_type(h, "AT+UDELFILE=\"a\"\b\r");
	host_see(h, "");
	host_pass_ms(h, HOST_IDLE_MS);
	host_see(h, "\r\n+CME ERROR: 50\r\n");
	host_ask(h, "AT", "\r\nOK\r\n");
}

static void
test_error_forms(void **state)
{
	struct host *h = *state;

	host_ask(h, "AT+CMEE=0", "\r\nOK\r\n");
	host_ask(h, "AT+NOSUCH", "\r\nERROR\r\n");
	host_ask(h, "AT+CMEE=1", "\r\nOK\r\n");
	host_ask(h, "AT+NOSUCH", "\r\n+CME ERROR: 100\r\n");
	host_ask(h, "AT+CMEE=2", "\r\nOK\r\n");
	host_ask(h, "AT+NOSUCH", "\r\n+CME ERROR: unknown\r\n");
	host_ask(h, "AT+CMEE?", "\r\n+CMEE: 2\r\n\r\nOK\r\n");
	host_ask(h, "AT+CMEE=?", "\r\n+CMEE: (0-2)\r\n\r\nOK\r\n");
	host_ask(h, "AT+CMEE=3", "\r\n+CME ERROR: Incorrect parameters\r\n");
	host_ask(h, "AT+CMEE=1,1", "\r\n+CME ERROR: Incorrect parameters\r\n");
	host_ask(
	    h, "AT+CMEE=\"1\"", "\r\n+CME ERROR: Incorrect parameters\r\n");
	host_ask(h, "AT+CMEE?", "\r\n+CMEE: 2\r\n\r\nOK\r\n");
}

static void
test_several(void **state)
{
	struct host *h = *state;

	host_ask(h, "AT+CMEE=2;+CMEE?;E0", "\r\n+CMEE: 2\r\n\r\nOK\r\n");
	/* What stands behind an error is not done. */
	host_ask(h, "AT+CMEE=1;+NOSUCH;+CMEE=0", "\r\n+CME ERROR: 100\r\n");
	host_ask(h, "AT+CMEE?", "\r\n+CMEE: 1\r\n\r\nOK\r\n");
}

static void
test_garbage(void **state)
{
	struct host *h = *state;

	host_ask(h, "hello", "\r\n+CME ERROR: 50\r\n");
	host_send(h, bytes_make("AT\x01\r", 4));
	host_see(h, "\r\n+CME ERROR: 25\r\n");
	host_send(h, bytes_make("AT+X=\"a\0b\"\r", 11));
	host_see(h, "\r\n+CME ERROR: 25\r\n");
	host_ask(h, "AT\xff", "\r\n+CME ERROR: 50\r\n");
	host_ask(h, "AT", "\r\nOK\r\n");
}

/* A line of 64 KiB costs one error, and the next CR starts afresh. */
static void
test_overlong(void **state)
{
	struct host *h = *state;
	size_t i;

	host_type(h, "AT+CMEE=0;+X=\"");
	for (i = 0; i < 65536; i++)
		host_type(h, i % 100 == 99 ? "\"" : "x");
	host_see(h, "");
	host_type(h, "\r");
	host_see(h, "\r\n+CME ERROR: 1650\r\n");
	host_ask(h, "AT+CMEE?", "\r\n+CMEE: 1\r\n\r\nOK\r\n");
}

/* A CR between quotes ends no line, however long that is. */
static void
test_overlong_quotes(void **state)
{
	struct host *h = *state;
	size_t i, len;

	/* The line becomes too long before, at and behind its quote. */
	for (len = AT_LINE_MAX - 2; len < AT_LINE_MAX + 3; len++) {
		host_type(h, "AT+X=");
		for (i = 5; i < len; i++)
			host_type(h, "x");
		host_type(h, "\"1234\rAT+CMEE=0\r\"");
		host_see(h, "");
		host_type(h, "\r");
		host_see(h, "\r\n+CME ERROR: 1650\r\n");
		host_ask(h, "AT+CMEE?", "\r\n+CMEE: 1\r\n\r\nOK\r\n");
	}
	/* Who has lost a quote waits so long, and not for ever. */
	host_type(h, "AT+X=\"");
	for (i = 0; i < AT_LINE_MAX; i++)
		host_type(h, "x");
	host_pass_ms(h, HOST_IDLE_MS - 1);
	host_type(h, "\rAT\r");
	host_see(h, "");
	host_pass_ms(h, 1);
	host_see(h, "\r\n+CME ERROR: 1650\r\n");
	host_ask(h, "AT", "\r\nOK\r\n");
}

static void
test_longest(void **state)
{
	struct host *h = *state;
	char line[AT_LINE_MAX + 2];

	memset(line, ' ', sizeof(line));
	memcpy(line, "AT", 2);
	line[AT_LINE_MAX] = '\0';
	host_ask(h, line, "\r\nOK\r\n");
	line[AT_LINE_MAX] = ' ';
	line[AT_LINE_MAX + 1] = '\0';
	host_ask(h, line, "\r\n+CME ERROR: 1650\r\n");
}

/* A quote holds CR and LF; one that is never closed runs out of time. */
static void
test_quotes(void **state)
{
	struct host *h = *state;

	host_ask(h, "AT+UDELFILE=\"a\r\nb\"", "\r\n+CME ERROR: 1638\r\n");
	host_type(h, "AT+UDELFILE=\"a\rAT\r");
	host_see(h, "");
	host_pass_ms(h, HOST_IDLE_MS - 1);
	host_see(h, "");
	host_pass_ms(h, 1);
	host_see(h, "\r\n+CME ERROR: 50\r\n");
	host_ask(h, "AT", "\r\nOK\r\n");
	/* Whatever is sent in the meantime: it would never end otherwise. */
	host_type(h, "AT+UDELFILE=\"a\r");
	host_pass_ms(h, HOST_IDLE_MS - 1);
	host_type(h, "AT\r");
	host_see(h, "");
	host_pass_ms(h, 1);
	host_see(h, "\r\n+CME ERROR: 50\r\n");
	host_ask(h, "AT", "\r\nOK\r\n");
	/* Nor does a closed one wait for anything. */
	host_type(h, "AT+X=\"a\"");
	host_pass_ms(h, 10 * HOST_IDLE_MS);
	host_see(h, "");
}

/* The longest quote, sent at little more than 700 baud, is in time. */
static void
test_slow_quote(void **state)
{
	struct host *h = *state;
	size_t i;

	host_type(h, "AT+NOSUCH=\"");
	for (i = 0; i < AT_LINE_MAX - 12; i++) {
		host_type(h, i % 64 == 63 ? "\r" : "x");
		host_pass_ms(h, 14);
	}
	host_see(h, "");
	host_type(h, "\"\r");
	host_see(h, "\r\n+CME ERROR: 100\r\n");
}

static void
test_prompt(void **state)
{
	struct host *h = *state;

	host_type(h, "AT+UDWNFILE=\"a\",8\r");
	host_see(h, ">");
	host_send(h, bytes_make("\r\n\0\b\"A", 6));
	host_see(h, "");
	host_send(h, bytes_make("T\r\r", 3));
	host_see(h, "\r\nOK\r\n");
	host_type(h, "AT+URDFILE=\"a\"\r");
	host_see_bytes(
	    h, BYTES_LIT("\r\n+URDFILE: \"a\",8,\"\r\n\0\b\"AT\r\"\r\n"
			 "\r\nOK\r\n"));
}

/* All in one piece, with a CR after the data and a command after that. */
static void
test_prompt_at_once(void **state)
{
	struct host *h = *state;

	host_type(h, "AT+UDWNFILE=\"a\",5;+CMEE=2\rHELLO\rAT+CMEE?\r");
	host_see(h, ">\r\nOK\r\n\r\n+CMEE: 2\r\n\r\nOK\r\n");
}

static void
test_prompt_idle(void **state)
{
	struct host *h = *state;

	host_type(h, "AT+UDWNFILE=\"a\",8\r1234");
	host_see(h, ">");
	host_pass_ms(h, HOST_IDLE_MS - 1);
	host_type(h, "5");
	host_pass_ms(h, HOST_IDLE_MS - 1);
	host_see(h, "");
	host_pass_ms(h, 1);
	host_see(h, "\r\n+CME ERROR: 1649\r\n");
	host_ask(h, "AT+URDFILE=\"a\"", "\r\n+CME ERROR: 1612\r\n");
}

static void
test_hangup(void **state)
{
	struct host *h = *state;

	host_type(h, "AT+CMEE=2;+X");
	terminal_hangup(&h->terminal);
	host_ask(h, "AT+CMEE?", "\r\n+CMEE: 1\r\n\r\nOK\r\n");
	host_type(h, "AT+UDWNFILE=\"a\",8\r1234");
	terminal_hangup(&h->terminal);
	host_ask(h, "AT", "\r\nOK\r\n");
}

static void
test_urc(void **state)
{
	struct host *h = *state;

	terminal_urc(&h->terminal, "+TEST: %d", 1);
	host_see(h, "\r\n+TEST: 1\r\n");
	host_type(h, "AT");
	terminal_urc(&h->terminal, "+TEST: 2");
	host_see(h, "");
	host_type(h, "\r");
	host_see(h, "\r\nOK\r\n\r\n+TEST: 2\r\n");
	host_type(h, "AT+UDWNFILE=\"a\",1\r");
	terminal_urc(&h->terminal, "+TEST: 3");
	host_see(h, ">");
	host_type(h, "1");
	host_see(h, "\r\nOK\r\n\r\n+TEST: 3\r\n");
}

/* A host that does not read costs no memory. */
static void
test_backlog(void **state)
{
	struct host *h = *state;
	size_t i, taken = 0;

	for (i = 0; i < 100000; i++)
		taken +=
		    terminal_input(&h->terminal, h->now_ms, BYTES_LIT("ATI\r"));
	assert_true(taken < 100000);
	for (i = 0; i < 100000; i++)
		terminal_urc(&h->terminal, "+TEST: %zu", i);
	assert_true(
	    terminal_output(&h->terminal).len < 2 * TERMINAL_BACKLOG_MAX);
	terminal_sent(&h->terminal, terminal_output(&h->terminal).len);
	terminal_hangup(&h->terminal);
	host_ask(h, "AT", "\r\nOK\r\n");
}

/* Makes a file of len bytes; its name is one letter. */
static void
file_make(struct host *h, char name, size_t len)
{
	char line[64];
	uint8_t *data = malloc(len);

	assert_non_null(data);
	memset(data, name, len);
	(void)snprintf(
	    line, sizeof(line), "AT+UDWNFILE=\"%c\",%zu\r", name, len);
	host_type(h, line);
	host_send(h, bytes_make(data, len));
	host_see(h, ">" OK_LINE);
	free(data);
}

/* Reads a file's answer, in pieces as a host does; the rest stays. */
static void
file_see(struct host *h, char name, size_t len)
{
	char head[64];
	struct bytes out;
	size_t i, n, got = 0;

	(void)snprintf(
	    head, sizeof(head), "\r\n+URDFILE: \"%c\",%zu,\"", name, len);
	out = terminal_output(&h->terminal);
	assert_true(out.len >= strlen(head));
	assert_memory_equal(out.ptr, head, strlen(head));
	terminal_sent(&h->terminal, strlen(head));
	while (got < len) {
		out = terminal_output(&h->terminal);
		n = out.len < len - got ? out.len : len - got;
		assert_true(n > 0);
		for (i = 0; i < n; i++)
			if (out.ptr[i] != (uint8_t)name)
				fail();
		terminal_sent(&h->terminal, n);
		got += n;
	}
	terminal_poll(&h->terminal, h->now_ms);
	out = terminal_output(&h->terminal);
	assert_true(out.len >= 3);
	assert_memory_equal(out.ptr, "\"\r\n", 3);
	terminal_sent(&h->terminal, 3);
}

/* Two answers of the largest size on one line: the second waits its turn. */
static void
test_two_large(void **state)
{
	struct host *h = *state;

	file_make(h, 'a', FILE_SIZE_MAX);
	file_make(h, 'b', FILE_SIZE_MAX);
	host_type(h, "AT+URDFILE=\"a\";+URDFILE=\"b\"\r");
	assert_int_equal(
	    terminal_input(&h->terminal, h->now_ms, BYTES_LIT("AT\r")), 0);
	assert_false(terminal_idle(&h->terminal));
	/* However long the host takes. */
	host_pass_ms(h, 1000 * HOST_IDLE_MS);
	file_see(h, 'a', FILE_SIZE_MAX);
	file_see(h, 'b', FILE_SIZE_MAX);
	host_see(h, OK_LINE);
	host_ask(h, "AT", OK_LINE);
	/* A reset does not wait for a host that does not read. */
	host_type(h, "AT+URDFILE=\"a\";+URDFILE=\"b\"\r");
	terminal_reset(&h->terminal);
	file_see(h, 'a', FILE_SIZE_MAX);
	host_see(h, "\r\n+CME ERROR: 52\r\n");
}

/* An answer that does not fit is an error, and nothing of it leaves. */
static void
test_no_room(void **state)
{
	struct host *h = *state;

	file_make(h, 'a', 4000);
	h->terminal.output.max = 4000;
	host_ask(h, "AT+URDFILE=\"a\"", "\r\n+CME ERROR: 20\r\n");
	host_ask(h, "AT+CMEE?;+URDFILE=\"a\";+CMEE?",
	    "\r\n+CMEE: 1\r\n\r\n+CME ERROR: 20\r\n");
	host_ask(h, "AT", OK_LINE);
	h->terminal.output.max = 4200;
	host_type(h, "AT+URDFILE=\"a\"\r");
	file_see(h, 'a', 4000);
	host_see(h, OK_LINE);
}

static void
test_reset(void **state)
{
	struct host *h = *state;

	host_type(h, "AT+UDWNFILE=\"a\",8\r1234");
	terminal_reset(&h->terminal);
	host_see(h, ">\r\n+CME ERROR: 52\r\n");
	host_type(h, "AT+CMEE?\r");
	host_see(h, "AT+CMEE?\r\r\n+CMEE: 0\r\n\r\nOK\r\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TERMINAL_TEST(test_echo),
	    TERMINAL_TEST(test_line_ends),
	    TERMINAL_TEST(test_backspace),
	    TERMINAL_TEST(test_backspace_quote),
	    TERMINAL_TEST(test_error_forms),
	    TERMINAL_TEST(test_several),
	    TERMINAL_TEST(test_garbage),
	    TERMINAL_TEST(test_overlong),
	    TERMINAL_TEST(test_overlong_quotes),
	    TERMINAL_TEST(test_longest),
	    TERMINAL_TEST(test_quotes),
	    TERMINAL_TEST(test_slow_quote),
	    TERMINAL_TEST(test_prompt),
	    TERMINAL_TEST(test_prompt_at_once),
	    TERMINAL_TEST(test_prompt_idle),
	    TERMINAL_TEST(test_hangup),
	    TERMINAL_TEST(test_urc),
	    TERMINAL_TEST(test_backlog),
	    TERMINAL_TEST(test_two_large),
	    TERMINAL_TEST(test_no_room),
	    TERMINAL_TEST(test_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
