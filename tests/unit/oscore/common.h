/*
 * What the tests of this room share: cmocka with what it wants before itself,
 * views of literals, and a pair of contexts that face each other.
 */
#ifndef TESTS_OSCORE_COMMON_H
#define TESTS_OSCORE_COMMON_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "oscore/oscore.h"

/* A view of the bytes that are listed. */
#define B(...)                                                                 \
	bytes_make((const uint8_t[]){__VA_ARGS__},                             \
	    sizeof((const uint8_t[]){__VA_ARGS__}))

#define assert_view(got, want)                                                 \
	do {                                                                   \
		struct bytes got_ = (got);                                     \
		struct bytes want_ = (want);                                   \
		assert_int_equal(got_.len, want_.len);                         \
		if (want_.len > 0)                                             \
			assert_memory_equal(got_.ptr, want_.ptr, want_.len);   \
	} while (0)

/* A device, kid "device", and its service, kid empty. */
static inline void
contexts_make(struct oscore_context *ret_device,
    struct oscore_context *ret_service, const struct bytes *id_context)
{
	struct bytes secret = BYTES_LIT("0123456789abcdef");
	struct bytes kid = BYTES_LIT("device");

	assert_int_equal(crypto_init(), ERR_OK);
	assert_int_equal(oscore_derive(ret_device, secret, BYTES_NONE,
			     id_context, kid, BYTES_NONE),
	    ERR_OK);
	assert_int_equal(oscore_derive(ret_service, secret, BYTES_NONE,
			     id_context, BYTES_NONE, kid),
	    ERR_OK);
}

#endif
