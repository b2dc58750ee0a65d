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

/* What a process keeps besides files, of that which kernels can take. */
enum sandbox_keeps {
	SANDBOX_CONNECTS = 1, /* TCP connections to others */
	/*
	 * Signals to processes outside. The death signal that a child asked
	 * for is one: it comes in the name of the parent that dies.
	 */
	SANDBOX_SIGNALS = 2
};

/*
 * Takes from this process, for ever, every file but those of count places.
 * Where the kernel can, also: TCP ports to bind and to connect to; signals to
 * processes that are not in the sandbox, and abstract sockets of theirs.
 * keeps is a set of sandbox_keeps. What is open stays open. The process needs
 * no_new_privs.
 *
 * Errors, with errno: ERR_UNSUPPORTED (the kernel has no Landlock),
 * ERR_DENIED (it may not even be asked, as in some containers), ERR_IO. The
 * first two took nothing.
 */
MUST_CHECK enum err sandbox_files(
    const struct sandbox_place *places, size_t count, unsigned keeps);

#endif
