/*
 * libholdfast-host and the module's terminal at both ends of a line that
 * loses a byte, each of them once: the host comes back without a reset.
 */
#include "wire.h"

#define WIRE_TEST(f)                                                           \
	cmocka_unit_test_setup_teardown(f, host_setup, host_teardown)

static void
check_uid(struct wire *w)
{
	uint8_t uid[8];

	assert_int_equal(hf_rot_uid(&w->host, uid), HF_OK);
	assert_memory_equal(uid, w->module->module.uid, sizeof(uid));
}

/*
 * A quote is open in the module: hf_sync closes it, long before the module
 * gives the line up, and nothing of that is executed.
 */
static void
test_open_quote(void **state)
{
	static const char line[] = "AT+UDELFILE=\"a\"";
	struct hf_call call = {.command = line};
	struct wire w;
	size_t at;

	wire_init(&w, *state);
	for (at = 0; at <= strlen(line); at++) {
		wire_lose(&w, at, NO_LOSS);
		if (hf_run(&w.host, &call) == HF_ERR_MODULE)
			continue;
		assert_true(line[at] == '"' || line[at] == '\0');
		assert_int_equal(hf_sync(&w.host, 2), HF_OK);
		if (line[at] == '"')
			assert_int_equal(hf_module_error(&w.host), 25);
		check_uid(&w);
	}
	assert_true(w.module->now_ms < HOST_IDLE_MS);
}

/* A module that is silent, and gets quotes that were not open: three tries. */
static void
test_silence(void **state)
{
	struct wire w;
	size_t at;

	wire_init(&w, *state);
	for (at = 0; at < 6; at++) {
		wire_lose(&w, NO_LOSS, at);
		assert_int_equal(hf_sync(&w.host, 3), HF_OK);
		check_uid(&w);
	}
}

/* An answer comes late, and is no answer to the try that opened a quote. */
static void
test_late(void **state)
{
	struct wire w;
	uint64_t late_ms;

	wire_init(&w, *state);
	for (late_ms = 0; late_ms < 4000; late_ms += 250) {
		w.slow_until_ms = w.module->now_ms + late_ms;
		assert_int_equal(hf_sync(&w.host, 5), HF_OK);
		check_uid(&w);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    WIRE_TEST(test_open_quote),
	    WIRE_TEST(test_silence),
	    WIRE_TEST(test_late),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
