/*
 * What secrets need: to be wiped so that no compiler drops it, and to be
 * compared in a time that does not depend on them.
 */
#ifndef BASE_WIPE_H
#define BASE_WIPE_H

#include <stdbool.h>
#include <stddef.h>

/* Overwrites len bytes with zeros, also where the compiler sees no use. */
void wipe(void *ptr, size_t len);

/*
 * Says whether len bytes at a and b are the same, in a time that depends on
 * len only.
 */
bool ct_equal(const void *a, const void *b, size_t len);

#endif
