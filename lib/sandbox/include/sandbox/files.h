/*
 * Files, by Landlock: what a process may still reach. For programs on hosts.
 */
#ifndef SANDBOX_FILES_H
#define SANDBOX_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* A file or directory, and all that is beneath it. */
struct sandbox_place {
	const char *path; /* one that does not exist is passed over */
	int fd; /* instead, when path is NULL */
	bool writable; /* files are made, written and removed, too */
};

/*
 * Takes from this process, for ever, every file but those of count places.
 * Where the kernel can, also: TCP ports, to bind and, unless connects, to
 * connect to; signals to processes that are not in the sandbox, and abstract
 * sockets of theirs. What is open stays open. The process needs
 * no_new_privs.
 *
 * Errors: ERR_UNSUPPORTED (the kernel has no Landlock: nothing was taken),
 * ERR_IO, with errno.
 */
MUST_CHECK enum err sandbox_files(
    const struct sandbox_place *places, size_t count, bool connects);

#endif
