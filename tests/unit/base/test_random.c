/*
 * The source gets what it was asked for, and its answer comes back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/random.h"

struct counted {
	unsigned calls;
	enum err answer;
};

static enum err
fill(void *ctx, uint8_t *out, size_t len)
{
	struct counted *c = ctx;

	c->calls++;
	memset(out, (int)c->calls, len);
	return c->answer;
}

static void
test_fill(void **state)
{
	struct counted counted = {0, ERR_OK};
	struct random_source source = {fill, &counted};
	uint8_t out[3] = {0};

	(void)state;
	assert_int_equal(random_fill(&source, out, 2), ERR_OK);
	assert_int_equal(out[0], 1);
	assert_int_equal(out[1], 1);
	assert_int_equal(out[2], 0);
	assert_int_equal(random_fill(&source, out, 3), ERR_OK);
	assert_int_equal(out[2], 2);
	assert_int_equal(counted.calls, 2);
}

static void
test_failure(void **state)
{
	struct counted counted = {0, ERR_RANDOM};
	struct random_source source = {fill, &counted};
	uint8_t out[2];

	(void)state;
	assert_int_equal(random_fill(&source, out, 2), ERR_RANDOM);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_fill),
	    cmocka_unit_test(test_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
