/*
 * What the tests of this room share: cmocka with what it wants before itself,
 * and views of literals.
 */
#ifndef TESTS_COAP_COMMON_H
#define TESTS_COAP_COMMON_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "coap/coap.h"

/* Fails unless a view holds what another one does. */
#define assert_view(got, want)                                                 \
	do {                                                                   \
		struct bytes got_ = (got);                                     \
		struct bytes want_ = (want);                                   \
		assert_int_equal(got_.len, want_.len);                         \
		if (want_.len > 0)                                             \
			assert_memory_equal(got_.ptr, want_.ptr, want_.len);   \
	} while (0)

/* A view of the bytes that are listed. */
#define B(...)                                                                 \
	bytes_make((const uint8_t[]){__VA_ARGS__},                             \
	    sizeof((const uint8_t[]){__VA_ARGS__}))

#endif
