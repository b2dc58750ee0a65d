/*
 * What a process gives up for good before it serves: files by Landlock,
 * system calls by seccomp, new privileges altogether.
 */
#ifndef CLOUD_SANDBOX_H
#define CLOUD_SANDBOX_H

#include "base/err.h"
#include "cloud/config.h"

/*
 * The sandboxes of the three processes, which nobody leaves. keys opens
 * nothing any more; devices and api reach the directory of the database and
 * nothing else in DATA. Threads that run already are not in it: call it
 * before any is started. When the kernel has no Landlock, a warning is logged
 * and seccomp stands alone.
 *
 * No new TCP socket can be bound or connected in it: bind and listen before.
 * Forbidden system calls fail with EPERM.
 *
 * Errors, with errno: ERR_IO, ERR_NOMEM, ERR_UNSUPPORTED. Do not serve then.
 */
MUST_CHECK enum err sandbox_keys(void);
MUST_CHECK enum err sandbox_devices(const struct config *config);
MUST_CHECK enum err sandbox_api(const struct config *config);

#endif
