/* Partial IVs as numbers, and the replay window against a plain model. */
#include "common.h"
#include "prng.h"

static void
piv_check(uint64_t seq, struct bytes want)
{
	uint8_t piv[OSCORE_PIV_MAX];
	size_t len = oscore_piv_encode(seq, piv);

	assert_view(bytes_make(piv, len), want);
	assert_true(oscore_piv_number(want) == seq);
}

static void
test_piv(void **state UNUSED)
{
	uint8_t piv[OSCORE_PIV_MAX] = {1, 2, 3, 4, 5};

	piv_check(0, B(0));
	piv_check(20, B(0x14));
	piv_check(0xff, B(0xff));
	piv_check(0x100, B(1, 0));
	piv_check(0xffffff, B(0xff, 0xff, 0xff));
	piv_check(0x1000000, B(1, 0, 0, 0));
	piv_check(0xffffffff, B(0xff, 0xff, 0xff, 0xff));
	piv_check(0x100000000, B(1, 0, 0, 0, 0));
	piv_check(0xffffffffff, B(0xff, 0xff, 0xff, 0xff, 0xff));
	assert_int_equal(oscore_piv_encode(0x10000000000, piv), 0);
	assert_int_equal(oscore_piv_encode(UINT64_MAX, piv), 0);
	assert_true(oscore_piv_number(B(0, 0, 7)) == 7);
	assert_true(oscore_piv_number(BYTES_NONE) == 0);
}

static bool
take(struct oscore_window *w, uint64_t seq)
{
	enum err err = oscore_window_check(w, seq);

	if (err == ERR_OK)
		oscore_window_mark(w, seq);
	else
		assert_int_equal(err, ERR_REPLAY);
	return err == ERR_OK;
}

static void
test_in_order(void **state UNUSED)
{
	struct oscore_window w;
	uint64_t seq;

	oscore_window_init(&w);
	for (seq = 0; seq < 100; seq++) {
		assert_true(take(&w, seq));
		assert_false(take(&w, seq));
	}
	for (seq = 0; seq < 100; seq++)
		assert_false(take(&w, seq));
}

static void
test_out_of_order(void **state UNUSED)
{
	struct oscore_window w;

	oscore_window_init(&w);
	assert_true(take(&w, 100));
	assert_true(take(&w, 69)); /* the oldest of 32 */
	assert_false(take(&w, 68)); /* before the window, never seen */
	assert_false(take(&w, 69));
	assert_true(take(&w, 99));
	assert_true(take(&w, 101));
	assert_false(take(&w, 69));
	assert_false(take(&w, 99));
	assert_true(take(&w, 70));
}

static void
test_jumps(void **state UNUSED)
{
	struct oscore_window w;

	oscore_window_init(&w);
	assert_true(take(&w, 5));
	assert_true(take(&w, 5 + 31));
	assert_false(take(&w, 5));
	assert_true(take(&w, 5 + 32));
	assert_true(take(&w, 6));
	assert_false(take(&w, 5));
	assert_true(take(&w, 0xffffffffff));
	assert_false(take(&w, 5 + 32));
	assert_true(take(&w, 0xffffffffff - 31));
	assert_false(take(&w, 0xffffffffff - 32));
}

/* A step of the window's whole width forgets everything but itself. */
static void
test_whole_step(void **state UNUSED)
{
	struct oscore_window w;
	uint64_t seq;

	oscore_window_init(&w);
	for (seq = 0; seq < 40; seq++)
		assert_true(take(&w, seq));
	assert_true(take(&w, 39 + 32));
	assert_false(take(&w, 39));
	for (seq = 40; seq < 39 + 32; seq++)
		assert_true(take(&w, seq));
	assert_int_equal(w.seen, UINT32_MAX);
}

/* Asking is not marking: an unverified message must not move the window. */
static void
test_check_does_not_mark(void **state UNUSED)
{
	struct oscore_window w;
	struct oscore_window before;

	oscore_window_init(&w);
	before = w;
	assert_int_equal(oscore_window_check(&w, 1000), ERR_OK);
	assert_int_equal(oscore_window_check(&w, 1000), ERR_OK);
	assert_true(w.highest == before.highest && w.seen == before.seen);
	assert_true(take(&w, 3));
}

static void
test_mark_of_the_past(void **state UNUSED)
{
	struct oscore_window w;

	oscore_window_init(&w);
	oscore_window_mark(&w, 100);
	oscore_window_mark(&w, 1);
	assert_true(w.highest == 100);
	assert_true(w.seen == 1);
}

#define MODEL 4096

/* The model remembers everything and forgets what is 32 behind. */
static void
test_model(void **state UNUSED)
{
	static bool seen[MODEL];
	struct oscore_window w;
	struct prng p;
	uint64_t highest = 0;
	bool started = false;
	size_t taken = 0;
	size_t i;

	prng_init(&p, 8613);
	oscore_window_init(&w);
	for (i = 0; i < 20000; i++) {
		uint64_t base = highest > 40 ? highest - 40 : 0;
		uint64_t seq = base + prng_below(&p, 45);
		bool fresh;

		if (seq >= MODEL)
			break;
		fresh = !started || seq > highest ||
			(highest - seq < 32 && !seen[seq]);
		assert_int_equal(take(&w, seq), fresh);
		if (!fresh)
			continue;
		seen[seq] = true;
		started = true;
		highest = seq > highest ? seq : highest;
		taken++;
	}
	assert_true(taken > 1000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_piv),
	    cmocka_unit_test(test_in_order),
	    cmocka_unit_test(test_out_of_order),
	    cmocka_unit_test(test_jumps),
	    cmocka_unit_test(test_whole_step),
	    cmocka_unit_test(test_check_does_not_mark),
	    cmocka_unit_test(test_mark_of_the_past),
	    cmocka_unit_test(test_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
