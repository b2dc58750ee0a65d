/*
 * What the tests of this room share: cmocka with what it wants before itself,
 * and views.
 */
#ifndef TESTS_EDHOC_EDHOC_TEST_H
#define TESTS_EDHOC_EDHOC_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "edhoc/edhoc.h"

/* A view of the bytes that are listed. */
#define B(...)                                                                 \
	bytes_make((const uint8_t[]){__VA_ARGS__},                             \
	    sizeof((const uint8_t[]){__VA_ARGS__}))

#define assert_ok(call) assert_int_equal((call), ERR_OK)

#define assert_view(got, want)                                                 \
	do {                                                                   \
		struct bytes got_ = (got);                                     \
		struct bytes want_ = (want);                                   \
		assert_int_equal(got_.len, want_.len);                         \
		if (want_.len > 0)                                             \
			assert_memory_equal(got_.ptr, want_.ptr, want_.len);   \
	} while (0)

#endif
