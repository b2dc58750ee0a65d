/*
 * Wiping and constant-time comparison, for hosts and microcontrollers alike.
 * The empty asm statements tell the compiler that somebody looks at the
 * memory, so that it neither drops a wipe nor leaves a comparison early.
 */
#include "base/wipe.h"

#include <stdint.h>
#include <string.h>

void
wipe(void *ptr, size_t len)
{
	if (len > 0)
		memset(ptr, 0, len);
	__asm__ __volatile__("" : : "r"(ptr) : "memory");
}

bool
ct_equal(const void *a, const void *b, size_t len)
{
	const uint8_t *x = a, *y = b;
	unsigned diff = 0;
	size_t i;

	for (i = 0; i < len; i++) {
		diff |= (unsigned)(x[i] ^ y[i]);
		__asm__ __volatile__("" : "+r"(diff));
	}
	return diff == 0;
}
