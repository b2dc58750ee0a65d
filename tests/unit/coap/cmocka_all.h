/* cmocka wants these before itself. */
#ifndef TESTS_COAP_CMOCKA_ALL_H
#define TESTS_COAP_CMOCKA_ALL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "coap/coap.h"

/* Fails unless b holds exactly the bytes of the array or literal. */
#define assert_bytes(b, ...)                                                   \
	do {                                                                   \
		const uint8_t want_[] = {__VA_ARGS__};                         \
		assert_int_equal((b).len, sizeof(want_));                      \
		assert_memory_equal((b).ptr, want_, sizeof(want_));            \
	} while (0)

/* A view of the bytes that are listed. */
#define B(...)                                                                 \
	bytes_make((const uint8_t[]){__VA_ARGS__},                             \
	    sizeof((const uint8_t[]){__VA_ARGS__}))

#endif
