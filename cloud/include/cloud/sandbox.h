/*
 * What a process gives up for good before it serves: files by Landlock,
 * system calls by seccomp, new privileges altogether.
 */
#ifndef CLOUD_SANDBOX_H
#define CLOUD_SANDBOX_H

#include "base/err.h"
#include "cloud/config.h"

enum sandbox_calls {
	SANDBOX_CALLS_KEYS, /* reads, writes and memory: opens nothing */
	SANDBOX_CALLS_SERVER /* files, sockets that exist, threads */
};

/*
 * readable: files and directories that may be read; writable: directories
 * under which everything may be done. Both end with NULL; what does not
 * exist is passed over. Nothing else can be opened.
 */
struct sandbox {
	enum sandbox_calls calls;
	const char *const *readable;
	const char *const *writable;
};

/*
 * Enters a sandbox, which nobody leaves. Threads that run already are not in
 * it: call it before any is started. When the kernel has no Landlock, a
 * warning is logged and seccomp stands alone.
 *
 * No new TCP socket can be bound or connected in it: bind and listen before.
 * Forbidden system calls fail with EPERM.
 *
 * Error: ERR_IO, with errno: do not serve then.
 */
MUST_CHECK enum err sandbox_enter(const struct sandbox *sandbox);

/*
 * The sandboxes of the three processes. keys opens nothing any more; devices
 * and api reach the directory of the database and nothing else in DATA.
 */
MUST_CHECK enum err sandbox_keys(void);
MUST_CHECK enum err sandbox_devices(const struct config *config);
MUST_CHECK enum err sandbox_api(const struct config *config);

#endif
