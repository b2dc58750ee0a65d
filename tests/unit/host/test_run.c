/*
 * One command and its answer: shapes, prompts, URCs in between, errors, echo,
 * line ends, time, buffers that are too small, and answers in pieces of every
 * size.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "script.h"

#define OK "\r\nOK\r\n"

static enum hf_err
run(struct hf_host *h, const char *command, const char *prefix,
    enum hf_shape shape, char *out, size_t cap)
{
	struct hf_call call = {.command = command,
	    .prefix = prefix,
	    .shape = shape,
	    .out = out,
	    .out_cap = cap - 1};
	enum hf_err err = hf_run(h, &call);

	assert_true(call.out_len < cap);
	out[call.out_len] = '\0';
	return err;
}

/* Runs one command against one answer, in pieces of every size. */
static void
check(const char *answer, const char *prefix, enum hf_shape shape,
    enum hf_err want, const char *want_out, const char *want_urcs)
{
	struct script s;
	struct hf_host h;
	char out[64];
	size_t piece;

	for (piece = 1; piece <= strlen(answer) + 1; piece++) {
		script_init(&s, &h);
		script_text(&s, "AT+X\r", answer);
		s.piece = piece;
		assert_int_equal(
		    run(&h, "AT+X", prefix, shape, out, sizeof(out)), want);
		assert_string_equal(out, want_out);
		assert_string_equal(s.urcs, want_urcs);
		if (want != HF_ERR_TIMEOUT)
			script_done(&s);
	}
}

static void
test_lines(void **state)
{
	(void)state;
	check(OK, NULL, HF_SHAPE_LINES, HF_OK, "", "");
	check("\r\n123\r\n" OK, NULL, HF_SHAPE_LINES, HF_OK, "123", "");
	check("\r\na\r\nb\r\n" OK, NULL, HF_SHAPE_LINES, HF_OK, "a\nb", "");
	check("\r\n+X: 1,2\r\n" OK, "+X:", HF_SHAPE_LINES, HF_OK, "1,2", "");
	check("\r\n+X:1 2\r\n" OK, "+X:", HF_SHAPE_LINES, HF_OK, "1 2", "");
	check("\r\n+X:  1\r\n" OK, "+X:", HF_SHAPE_LINES, HF_OK, " 1", "");
	check("\r\n+X: 1\r\n\r\n+X: 2\r\n" OK, "+X:", HF_SHAPE_LINES, HF_OK,
	    "1\n2", "");
	check("\r\n+X:\r\n" OK, "+X:", HF_SHAPE_LINES, HF_OK, "", "");
	check("+X: OK\r\nOK\r\n", "+X:", HF_SHAPE_LINES, HF_OK, "OK", "");
}

static void
test_urcs(void **state)
{
	(void)state;
	check("\r\n+UUSORD: 0,16\r\n\r\n+X: 1\r\n\r\n+CEREG: 5\r\n" OK,
	    "+X:", HF_SHAPE_LINES, HF_OK, "1", "+UUSORD: 0,16\n+CEREG: 5\n");
	check("\r\n+UUSORD: 0,16\r\n" OK, NULL, HF_SHAPE_LINES, HF_OK, "",
	    "+UUSORD: 0,16\n");
	check(
	    "\r\n+XY: 1\r\n" OK, "+X:", HF_SHAPE_LINES, HF_OK, "", "+XY: 1\n");
	check("\r\nOKAY\r\n" OK, "+X:", HF_SHAPE_LINES, HF_OK, "", "OKAY\n");
}

static void
test_echo(void **state)
{
	(void)state;
	check("AT+X\r\r\n+X: 7\r\n" OK, "+X:", HF_SHAPE_LINES, HF_OK, "7", "");
	check("at+x\r\r\n123\r\n" OK, NULL, HF_SHAPE_LINES, HF_OK, "123", "");
	check("AT+X\r" OK, NULL, HF_SHAPE_LINES, HF_OK, "", "");
}

static void
test_line_ends(void **state)
{
	(void)state;
	check("+X: 1\nOK\n", "+X:", HF_SHAPE_LINES, HF_OK, "1", "");
	check("+X: 1\rOK\r", "+X:", HF_SHAPE_LINES, HF_OK, "1", "");
	check("\r\n\r\n\r\nOK\r\n", "+X:", HF_SHAPE_LINES, HF_OK, "", "");
}

static void
test_binary(void **state)
{
	(void)state;
	check("\r\n+X: 5,\"HE\r\nO\"\r\n" OK, "+X:", HF_SHAPE_BINARY, HF_OK,
	    "HE\r\nO", "");
	check("\r\n+X: 6,\"\r\nOK\r\n\"\r\n" OK, "+X:", HF_SHAPE_BINARY, HF_OK,
	    "\r\nOK\r\n", "");
	check("\r\n+X: 3,\"\"\"\"\"\r\n" OK, "+X:", HF_SHAPE_BINARY, HF_OK,
	    "\"\"\"", "");
	check("\r\n+X: 0,\"\"\r\n" OK, "+X:", HF_SHAPE_BINARY, HF_OK, "", "");
	check("\r\n+X: 0,12,\"Hello world!\"\r\n" OK, "+X:", HF_SHAPE_BINARY,
	    HF_OK, "Hello world!", "");
	check("\r\n+X: \"a1,b\",3,\"abc\"\r\n" OK, "+X:", HF_SHAPE_BINARY,
	    HF_OK, "abc", "");
	check("\r\n+X: 3,\"abc\"\r\n\r\n+URC\r\n" OK, "+X:", HF_SHAPE_BINARY,
	    HF_OK, "abc", "+URC\n");
}

static void
test_binary_bad(void **state)
{
	(void)state;
	/* None at all, none where it should be, too short, no number. */
	check(OK, "+X:", HF_SHAPE_BINARY, HF_ERR_FORMAT, "", "");
	check("+X: 5\r\n" OK, "+X:", HF_SHAPE_BINARY, HF_ERR_FORMAT, "", "");
	check("+X: 2,\"abc\"\r\n" OK, "+X:", HF_SHAPE_BINARY, HF_ERR_FORMAT,
	    "ab", "");
	check("+X: ,\"abc\"\r\n" OK, "+X:", HF_SHAPE_BINARY, HF_ERR_FORMAT, "",
	    "");
	check("+X: 1,\"a\"\r\n+X: 1,\"b\"\r\n" OK, "+X:", HF_SHAPE_BINARY,
	    HF_ERR_FORMAT, "ab", "");
	check(
	    "+X: 123456789,\"", "+X:", HF_SHAPE_BINARY, HF_ERR_TIMEOUT, "", "");
	check("+X: 9,\"abc\"\r\n", "+X:", HF_SHAPE_BINARY, HF_ERR_TIMEOUT,
	    "abc\"\r\n", "");
}

static void
test_quoted(void **state)
{
	(void)state;
	check("\r\n+X: 1,\"-----BEGIN\r\nAT\r\nOK\r\n\"\r\n" OK,
	    "+X:", HF_SHAPE_QUOTED, HF_OK, "-----BEGIN\r\nAT\r\nOK\r\n", "");
	check("\r\n+X: \"\"\r\n" OK, "+X:", HF_SHAPE_QUOTED, HF_OK, "", "");
	check(OK, "+X:", HF_SHAPE_QUOTED, HF_ERR_FORMAT, "", "");
	check("+X: 1\r\n" OK, "+X:", HF_SHAPE_QUOTED, HF_ERR_FORMAT, "", "");
}

/* Too small a buffer: the answer is read to its end all the same. */
static void
test_space(void **state)
{
	static const char *const answers[] = {
	    "\r\n+X: abcdef\r\n" OK,
	    "\r\n+X: 6,\"abcdef\"\r\n" OK,
	    "\r\n+X: \"abcdef\"\r\n" OK,
	};
	struct script s;
	struct hf_host h;
	char out[8];
	size_t shape, cap;

	(void)state;
	for (shape = 0; shape < 3; shape++) {
		for (cap = 1; cap <= 8; cap++) {
			script_init(&s, &h);
			script_text(&s, "AT+X\r", answers[shape]);
			script_text(&s, "AT+X\r", answers[shape]);
			assert_int_equal(run(&h, "AT+X", "+X:",
					     (enum hf_shape)shape, out, cap),
			    cap > 6 ? HF_OK : HF_ERR_SPACE);
			assert_int_equal(strlen(out), cap > 6 ? 6 : cap - 1);
			assert_int_equal(run(&h, "AT+X", "+X:",
					     (enum hf_shape)shape, out, 8),
			    HF_OK);
			assert_string_equal(out, "abcdef");
			script_done(&s);
		}
	}
}

static void
test_errors(void **state)
{
	struct script s;
	struct hf_host h;
	char out[8];

	(void)state;
	script_init(&s, &h);
	assert_int_equal(hf_module_error(&h), -1);
	script_text(&s, "AT+X\r", "\r\n+CME ERROR: 30\r\n");
	script_text(&s, "AT+X\r", "\r\nERROR\r\n");
	script_text(&s, "AT+X\r", "\r\n+CME ERROR: No connection to phone\r\n");
	script_text(&s, "AT+X\r", "\r\n+CME ERROR: 1671\r\n");
	assert_int_equal(
	    run(&h, "AT+X", NULL, HF_SHAPE_LINES, out, 8), HF_ERR_MODULE);
	assert_int_equal(hf_module_error(&h), 30);
	assert_string_equal(hf_module_error_text(&h), "30");
	assert_int_equal(
	    run(&h, "AT+X", NULL, HF_SHAPE_LINES, out, 8), HF_ERR_MODULE);
	assert_int_equal(hf_module_error(&h), -1);
	assert_string_equal(hf_module_error_text(&h), "");
	assert_int_equal(
	    run(&h, "AT+X", NULL, HF_SHAPE_LINES, out, 8), HF_ERR_MODULE);
	assert_int_equal(hf_module_error(&h), -1);
	assert_string_equal(hf_module_error_text(&h), "No connection to phone");
	/* The vendor's numbers have four digits. */
	assert_int_equal(
	    run(&h, "AT+X", NULL, HF_SHAPE_LINES, out, 8), HF_ERR_MODULE);
	assert_int_equal(hf_module_error(&h), 1671);
	script_done(&s);
}

/* A text that is longer than there is room, a number that is no number. */
static void
test_odd_errors(void **state)
{
	struct script s;
	struct hf_host h;
	char out[8], line[256];
	size_t i;

	(void)state;
	snprintf(line, sizeof(line), "\r\n+CME ERROR: %0150d\r\n", 7);
	for (i = 0; i < 2; i++) {
		script_init(&s, &h);
		script_text(
		    &s, "AT+X\r", i == 0 ? line : "\r\n+CME ERROR: 3x\r\n");
		assert_int_equal(run(&h, "AT+X", NULL, HF_SHAPE_LINES, out, 8),
		    HF_ERR_MODULE);
		assert_int_equal(hf_module_error(&h), -1);
		assert_int_equal(strlen(hf_module_error_text(&h)),
		    i == 0 ? HF_ERROR_MAX : 2);
	}
}

static enum hf_err
run_data(struct hf_host *h, char prompt, const char *data)
{
	struct hf_call call = {.command = "AT+X=5",
	    .prompt = prompt,
	    .data = (const uint8_t *)data,
	    .data_len = strlen(data)};

	return hf_run(h, &call);
}

static void
test_prompt(void **state)
{
	static const char *const prompts[] = {
	    ">", "\r\n>", "AT+X=5\r\r\n>", "\r\n+URC: 1\r\n>", "@", "\r\n@"};
	struct script s;
	struct hf_host h;
	size_t i, piece;

	(void)state;
	for (i = 0; i < ARRAY_LEN(prompts); i++) {
		for (piece = 1; piece < 16; piece++) {
			script_init(&s, &h);
			s.piece = piece;
			script_text(&s, "AT+X=5\r", prompts[i]);
			script_text(&s, "H>E\r\n", "\r\nOK\r\n");
			assert_int_equal(
			    run_data(&h, i < 4 ? '>' : '@', "H>E\r\n"), HF_OK);
			assert_int_equal(s.waited_ms, 50);
			script_done(&s);
		}
	}
}

static void
test_prompt_refused(void **state)
{
	struct script s;
	struct hf_host h;

	(void)state;
	script_init(&s, &h);
	script_text(&s, "AT+X=5\r", "\r\n+CME ERROR: 50\r\n");
	script_text(&s, "AT+X=5\r", "\r\nOK\r\n");
	script_text(&s, "AT+X=5\r", "@");
	assert_int_equal(run_data(&h, '>', "HELLO"), HF_ERR_MODULE);
	assert_int_equal(run_data(&h, '>', "HELLO"), HF_ERR_FORMAT);
	assert_int_equal(run_data(&h, '>', "HELLO"), HF_ERR_TIMEOUT);
	script_done(&s);
}

static void
test_time(void **state)
{
	struct hf_call call = {.command = "AT+X", .timeout_ms = 1234};
	struct script s;
	struct hf_host h;
	char out[8];

	(void)state;
	script_init(&s, &h);
	script_text(&s, "AT+X\r", "\r\n+URC\r\n");
	script_text(&s, "AT+X\r", "");
	assert_int_equal(hf_run(&h, &call), HF_ERR_TIMEOUT);
	assert_int_equal(s.waited_ms, 1234);
	assert_string_equal(s.urcs, "+URC\n");
	assert_int_equal(
	    run(&h, "AT+X", NULL, HF_SHAPE_LINES, out, 8), HF_ERR_TIMEOUT);
	assert_int_equal(s.waited_ms, 1234 + 10000);
}

static void
test_broken_line(void **state)
{
	struct script s;
	struct hf_host h;
	char out[8];

	(void)state;
	script_init(&s, &h);
	s.broken = true;
	assert_int_equal(
	    run(&h, "AT+X", NULL, HF_SHAPE_LINES, out, 8), HF_ERR_IO);
	assert_int_equal(hf_poll(&h, 0), HF_ERR_IO);
	assert_int_equal(hf_sync(&h, 3), HF_ERR_IO);
}

/* A port that claims to have read more than there is room for. */
static int
read_too_much(void *ctx, uint8_t *data, size_t cap, uint32_t *timeout_ms)
{
	(void)ctx;
	(void)data;
	(void)timeout_ms;
	return (int)cap + 1;
}

static void
test_lying_port(void **state)
{
	struct hf_port port = {NULL, read_too_much, NULL};
	struct hf_host h;

	(void)state;
	hf_init(&h, &port, NULL);
	assert_int_equal(hf_poll(&h, 0), HF_ERR_IO);
}

static void
test_poll(void **state)
{
	struct script s;
	struct hf_host h;
	char out[8];

	(void)state;
	script_init(&s, &h);
	s.ready = BYTES_LIT("\r\n+UUSORD: 0,1\r\n\r\n+UUS");
	assert_int_equal(hf_poll(&h, 20), HF_OK);
	assert_string_equal(s.urcs, "+UUSORD: 0,1\n");
	s.ready = BYTES_LIT("ORD: 0,2\r\n\r\nOK\r\n\r\n+U3");
	assert_int_equal(hf_poll(&h, 20), HF_OK);
	assert_string_equal(s.urcs, "+UUSORD: 0,1\n+UUSORD: 0,2\n");
	assert_int_equal(s.waited_ms, 40);
	/* The rest of the line comes with the next answer. */
	script_text(&s, "AT+X\r", "\r\nOK\r\n");
	assert_int_equal(run(&h, "AT+X", NULL, HF_SHAPE_LINES, out, 8), HF_OK);
	assert_string_equal(s.urcs, "+UUSORD: 0,1\n+UUSORD: 0,2\n+U3\n");
}

/* A line without an end stays within its bounds. */
static void
test_long_line(void **state)
{
	static char line[4096];
	static char answer[8192];
	struct script s;
	struct hf_host h;
	char out[8];

	(void)state;
	memset(line, 'x', sizeof(line) - 1);
	snprintf(answer, sizeof(answer), "\r\n+%s\r\n" OK, line);
	script_init(&s, &h);
	script_text(&s, "AT+X\r", answer);
	assert_int_equal(run(&h, "AT+X", NULL, HF_SHAPE_LINES, out, 8), HF_OK);
	assert_int_equal(strlen(s.urcs), HF_LINE_MAX + 1);
}

#define WAKE "AT\x18\"\rAT\r" /* what hf_sync sends when AT is not answered */

static void
test_sync(void **state)
{
	struct script s;
	struct hf_host h;

	(void)state;
	script_init(&s, &h);
	script_text(&s, "AT\r", "");
	script_text(&s, WAKE, "\xFF\xFE");
	script_text(&s, WAKE, "AT\r\r\nOK\r\n\r\nOK\r\n\r\n+URC\r\n");
	script_text(&s, "ATE0\r", "ATE0\r\r\nOK\r\n");
	script_text(&s, "AT+CMEE=1\r", "\r\nOK\r\n");
	assert_int_equal(hf_sync(&h, 3), HF_OK);
	script_done(&s);
	assert_int_equal(s.waited_ms, 2000 + 50);
	script_init(&s, &h);
	script_text(&s, "AT\r", "");
	script_text(&s, WAKE, "");
	assert_int_equal(hf_sync(&h, 2), HF_ERR_TIMEOUT);
	assert_int_equal(hf_sync(&h, 0), HF_ERR_TIMEOUT);
}

/* An echo of what wakes the module is none of its lines. */
static void
test_sync_echo(void **state)
{
	struct script s;
	struct hf_host h;

	(void)state;
	script_init(&s, &h);
	script_text(&s, "AT\r", "AT\r");
	script_text(&s, WAKE, "AT\x18\"\r\r\n+CME ERROR: 25\r\nAT\r\r\nOK\r\n");
	script_text(&s, "ATE0\r", "ATE0\r\r\nOK\r\n");
	script_text(&s, "AT+CMEE=1\r", "\r\nOK\r\n");
	assert_int_equal(hf_sync(&h, 2), HF_OK);
	script_done(&s);
	assert_string_equal(s.urcs, "");
}

/* What sets the module up was lost: the next try does it. */
static void
test_sync_again(void **state)
{
	struct script s;
	struct hf_host h;

	(void)state;
	script_init(&s, &h);
	script_text(&s, "AT\r", "\r\nOK\r\n");
	script_text(&s, "ATE0\r", "\r\nOK\r\n");
	script_text(&s, "AT+CMEE=1\r", "\r\nERROR\r\n");
	script_text(&s, WAKE, "\r\nERROR\r\n\r\nOK\r\n");
	script_text(&s, "ATE0\r", "");
	script_text(&s, WAKE, "\r\nERROR\r\n\r\nOK\r\n");
	script_text(&s, "ATE0\r", "\r\nOK\r\n");
	script_text(&s, "AT+CMEE=1\r", "\r\nOK\r\n");
	assert_int_equal(hf_sync(&h, 3), HF_OK);
	script_done(&s);
	/* A module that refuses all is found, and says so. */
	script_init(&s, &h);
	script_text(&s, "AT\r", "\r\nERROR\r\n");
	script_text(&s, "ATE0\r", "\r\nERROR\r\n");
	assert_int_equal(hf_sync(&h, 1), HF_ERR_MODULE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lines),
	    cmocka_unit_test(test_urcs),
	    cmocka_unit_test(test_echo),
	    cmocka_unit_test(test_line_ends),
	    cmocka_unit_test(test_binary),
	    cmocka_unit_test(test_binary_bad),
	    cmocka_unit_test(test_quoted),
	    cmocka_unit_test(test_space),
	    cmocka_unit_test(test_errors),
	    cmocka_unit_test(test_odd_errors),
	    cmocka_unit_test(test_prompt),
	    cmocka_unit_test(test_prompt_refused),
	    cmocka_unit_test(test_time),
	    cmocka_unit_test(test_broken_line),
	    cmocka_unit_test(test_lying_port),
	    cmocka_unit_test(test_poll),
	    cmocka_unit_test(test_long_line),
	    cmocka_unit_test(test_sync),
	    cmocka_unit_test(test_sync_echo),
	    cmocka_unit_test(test_sync_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
