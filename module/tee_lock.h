/*
 * Memory that is never swapped out.
 */
#ifndef MODULE_TEE_LOCK_H
#define MODULE_TEE_LOCK_H

#include "base/err.h"

/*
 * Locks all memory of this process, and what it will get, where that is
 * allowed without limit; else its heap, with room to grow into, and its
 * stack, which fit the usual limit of 8 MiB. Call it when what is large has
 * been allocated, and before files are out of reach.
 *
 * Error: ERR_NOMEM (the limit of locked memory, ulimit -l, is too low).
 */
MUST_CHECK enum err tee_lock(void);

#endif
