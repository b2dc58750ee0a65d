/*
 * System calls, by seccomp: a list of what a process may still ask of its
 * kernel. For programs on hosts.
 *
 * Functions that add to the list keep the first error; sandbox_calls_enter
 * answers it.
 */
#ifndef SANDBOX_CALLS_H
#define SANDBOX_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct sandbox_calls {
	void *filter;
	int error; /* of the first that failed, an errno; or 0 */
};

/* Allows nothing yet: what nobody thinks of fails with EPERM. */
void sandbox_calls_none(struct sandbox_calls *calls);

/* Allows all: for what nobody knows beforehand. */
void sandbox_calls_all(struct sandbox_calls *calls);

/*
 * Allows, or refuses with an error number, calls by their names, NULL at
 * the end. A call that only another architecture has is passed over; a name
 * that libseccomp has never heard of is an error.
 */
void sandbox_allow(struct sandbox_calls *calls, const char *const *names);
void sandbox_refuse(
    struct sandbox_calls *calls, const char *const *names, int number);

/*
 * Allows a call when argument arg (0 to 5) has value in the bits of mask.
 * More conditions on the same call allow more.
 */
void sandbox_allow_if(struct sandbox_calls *calls, const char *name,
    unsigned arg, uint64_t mask, uint64_t value);

#define SANDBOX_WHOLE_INT UINT32_MAX /* the half of an argument an int has */

/* Allows memory, also that of files if maps_files; never to execute it. */
void sandbox_allow_memory(struct sandbox_calls *calls, bool maps_files);

/* Allows abort and the like: signals of this process to itself. */
void sandbox_allow_own_signals(struct sandbox_calls *calls);

/*
 * Takes everything else from this process and the threads it will start, for
 * ever, and sets no_new_privs; threads that run already keep it. The list is
 * used up.
 *
 * Errors, with errno: ERR_NOMEM, ERR_IO (a rule cannot be), ERR_UNSUPPORTED
 * (the kernel does not take the list).
 */
MUST_CHECK enum err sandbox_calls_enter(struct sandbox_calls *calls);

#endif
