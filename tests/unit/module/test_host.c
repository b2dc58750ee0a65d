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

/* What a host does with chip-to-chip, in turn. */
enum step { PAIR, CONFIRM, OPEN, USE, REKEY, CLOSE };

static const enum step steps[] = {
    PAIR, CONFIRM, OPEN, USE, REKEY, CONFIRM, OPEN, USE, CLOSE, USE};

/* A host on its way through the steps. */
struct trip {
	struct wire w;
	enum hf_c2c_version version;
	bool sync; /* after a failure; else an opening is just repeated */
	struct hf_c2c_pair pair;
	uint8_t tag[HF_C2C_TAG_LEN];
};

/* A name is new each time: V1 pairs it once, whoever heard the answer. */
static enum hf_err
trip_pair(struct trip *t)
{
	uint8_t te[HF_C2C_TE_LEN];

	assert_int_equal(hf_c2c_te_secret(&t->w.crypto, te), HF_OK);
	return hf_c2c_pair(&t->w.host, t->version, te, &t->pair, t->tag);
}

static enum hf_err
trip_use(struct trip *t)
{
	uint8_t uid[8];
	enum hf_err err = hf_rot_uid(&t->w.host, uid);

	if (err == HF_OK)
		assert_memory_equal(uid, t->w.module->module.uid, sizeof(uid));
	return err;
}

static enum hf_err
trip_step(struct trip *t, enum step step)
{
	struct wire *w = &t->w;

	switch (step) {
	case PAIR:
		return trip_pair(t);
	case CONFIRM:
		return t->version == HF_C2C_V1
			   ? HF_OK
			   : hf_c2c_confirm(
				 &w->host, &w->crypto, &t->pair, t->tag);
	case OPEN:
		return hf_c2c_open(&w->host, &w->c2c, &w->crypto, &t->pair);
	case USE:
		return trip_use(t);
	case REKEY:
		return t->version == HF_C2C_V1
			   ? hf_c2c_close(&w->host)
			   : hf_c2c_rekey(&w->host, &t->pair, t->tag);
	case CLOSE:
		return hf_c2c_close(&w->host);
	}
	return HF_ERR_INVALID;
}

/* Nothing is left of it all, at either end. */
static void
check_plain(struct trip *t)
{
	const struct terminal *terminal = &t->w.module->terminal;

	assert_null(t->w.host.c2c);
	assert_null(terminal_session(terminal));
	assert_int_equal(terminal->line_len, 0);
	assert_false(terminal->in_quotes);
}

/* The step to go on with after one that failed, in the state that follows. */
static size_t
trip_mend(struct trip *t, size_t at, enum hf_err err)
{
	if (err == HF_ERR_MODULE || (steps[at] == OPEN && !t->sync))
		return at;
	assert_int_equal(hf_sync(&t->w.host, 3), HF_OK);
	if (steps[at] != USE || at + 1 == ARRAY_LEN(steps))
		check_plain(t);
	if (steps[at] == REKEY)
		return at - 2; /* closed, with the old keys */
	return steps[at] == CLOSE ? at + 1 : at;
}

/* Goes all the way; false when the step was over before the byte came. */
static bool
trip_go(struct trip *t, size_t lossy, size_t to_module, size_t to_host)
{
	size_t at = 0, failed = 0;
	bool lost = false;
	enum hf_err err;

	wire_start(&t->w);
	while (at < ARRAY_LEN(steps)) {
		if (at == lossy && !lost)
			wire_lose(&t->w, to_module, to_host);
		err = trip_step(t, steps[at]);
		lost = lost || t->w.to_module.count > t->w.to_module.lose ||
		       t->w.to_host.count > t->w.to_host.lose;
		wire_lose(&t->w, NO_LOSS, NO_LOSS);
		if (err == HF_OK) {
			at++;
			continue;
		}
		/* A line without its CR may cost the next one, too. */
		assert_true(lost && ++failed <= 2);
		at = trip_mend(t, at, err);
	}
	check_plain(t);
	return lost;
}

/* Each byte of one step in one direction is lost once; says how many. */
static size_t
check_step(struct trip *t, size_t step, bool to_host)
{
	size_t at = 0;

	while (trip_go(t, step, to_host ? NO_LOSS : at, to_host ? at : NO_LOSS))
		at++;
	return at;
}

static void
check_trips(struct host *module, enum hf_c2c_version version)
{
	static struct trip t;
	size_t step, way, count;

	wire_init(&t.w, module);
	module->module.c2c_v1 = version == HF_C2C_V1;
	t.version = version;
	for (step = 0; step < ARRAY_LEN(steps); step++) {
		for (way = 0; way < 4; way++) {
			t.sync = way < 2;
			count = check_step(&t, step, way % 2 == 1);
			/* V1 confirms nothing; the shortest answer is OK. */
			assert_int_equal(count >= 6,
			    version != HF_C2C_V1 || steps[step] != CONFIRM);
		}
	}
}

static void
test_lost_v1(void **state)
{
	check_trips(*state, HF_C2C_V1);
}

static void
test_lost_v2(void **state)
{
	check_trips(*state, HF_C2C_V2);
}

static void
test_lost_v3(void **state)
{
	check_trips(*state, HF_C2C_V3);
}

/* One pair is erased, or all of them; never within a session. */
static void
test_erase(void **state)
{
	static struct trip t;
	struct hf_host *h = &t.w.host;
	struct hf_c2c_pair other;

	wire_init(&t.w, *state);
	t.version = HF_C2C_V2;
	wire_start(&t.w);
	assert_int_equal(trip_pair(&t), HF_OK);
	assert_int_equal(trip_step(&t, CONFIRM), HF_OK);
	other = t.pair;
	assert_int_equal(trip_pair(&t), HF_OK);
	assert_int_equal(trip_step(&t, CONFIRM), HF_OK);
	assert_int_equal(hf_c2c_erase(h, other.te_secret), HF_OK);
	assert_int_equal(hf_c2c_erase(h, other.te_secret), HF_ERR_MODULE);
	assert_int_equal(trip_step(&t, OPEN), HF_OK);
	assert_int_equal(hf_c2c_erase(h, NULL), HF_ERR_STATE);
	assert_int_equal(trip_step(&t, CLOSE), HF_OK);
	assert_int_equal(hf_c2c_erase(h, NULL), HF_OK);
	assert_int_equal(trip_step(&t, OPEN), HF_ERR_MODULE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    WIRE_TEST(test_open_quote),
	    WIRE_TEST(test_silence),
	    WIRE_TEST(test_late),
	    WIRE_TEST(test_lost_v1),
	    WIRE_TEST(test_lost_v2),
	    WIRE_TEST(test_lost_v3),
	    WIRE_TEST(test_erase),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
