/*
 * What the TEE may not do.
 */
#ifndef MODULE_TEE_SANDBOX_H
#define MODULE_TEE_SANDBOX_H

#include "base/err.h"

/*
 * Takes from this process, for ever: core dumps and debuggers, new
 * privileges, sockets, processes and programs, signals to others, memory to
 * execute, every file outside dir_fd's directory and every directory but this
 * one. Errors: ERR_NOMEM, ERR_IO, ERR_UNSUPPORTED (the kernel has no seccomp).
 */
MUST_CHECK enum err tee_sandbox(int dir_fd);

#endif
